//! `completions` and `man`: made from the command definition itself.

use clap::CommandFactory;

use super::Exit;
use super::args::Cli;
use super::context::Context;
use crate::core::error::{Error, ErrorKind};

/// Prints completions for one shell.
pub fn run(shell: clap_complete::Shell, context: &Context) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dingsync", &mut script);
    context.raw(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}

/// Prints the manual page in roff.
pub fn man(context: &Context) -> Result<Exit, Error> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut page)
        .map_err(|error| Error::new(ErrorKind::State, format!("cannot render the manual page: {error}")))?;
    context.raw(&String::from_utf8_lossy(&page));
    Ok(Exit::Done)
}
