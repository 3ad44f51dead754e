//! Parses the command line, carries out one command, exits with its code.

use std::process::ExitCode;

use clap::error::ErrorKind;
use dingsync::cli::{self, Exit};
use dingsync::interface;

fn main() -> ExitCode {
    let cli = match cli::args::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            let exit = runtime.block_on(async {
                if interface::is_wanted(&cli) { interface::run(cli).await } else { cli::run(cli).await }
            });
            // A read of standard input or a secret's command may still hang; nobody waits for it.
            runtime.shutdown_background();
            exit.into()
        }
        Err(_) => Exit::Failed.into(),
    }
}

/// Help and version are answers; everything else is a wrong command line, told as JSON where JSON was asked for.
fn refuse(error: &clap::Error) -> ExitCode {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !is_answer && std::env::args().any(|argument| argument == "--json") {
        cli::print_usage_error(&error.render().to_string());
    }
    drop(error.print());
    if is_answer { ExitCode::SUCCESS } else { Exit::Usage.into() }
}
