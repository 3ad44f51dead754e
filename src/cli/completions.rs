//! `completions` and `man`: made from the command definition itself.

use clap::CommandFactory;
use serde_json::json;

use super::Exit;
use super::args::Cli;
use super::context::Context;
use crate::core::error::{Error, ErrorKind};

/// Prints completions for one shell.
pub fn run(shell: clap_complete::Shell, context: &Context) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dingsync", &mut script);
    let script = String::from_utf8_lossy(&script);
    if context.options.json {
        context.json(&json!({
            "format": "dingsync.completions/1", "shell": shell.to_string(), "script": script
        }))?;
    } else {
        context.raw(&script);
    }
    Ok(Exit::Done)
}

/// Prints the manual page in roff.
pub fn man(context: &Context) -> Result<Exit, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Error::new(ErrorKind::State, format!("cannot render the manual page: {error}")))?;
    let page = String::from_utf8_lossy(&page);
    if context.options.json {
        context.json(&json!({"format": "dingsync.man/1", "page": page}))?;
    } else {
        context.raw(&page);
    }
    Ok(Exit::Done)
}
