//! The headless commands: one file each. They print what `core` made and decide nothing.

pub mod args;
pub mod attach;
pub mod check;
pub mod completions;
pub mod config;
pub mod context;
pub mod demo;
pub mod drift;
pub mod links;
pub mod logon;
mod pauses;
pub mod preview;
pub mod progress;
pub mod report;
pub mod resume;
pub mod retry;
pub mod runs;
pub mod simulate;
pub mod sync;
pub mod telling;
pub mod undo;
pub mod watch;
pub mod why;

use std::process::ExitCode;

use crate::marks;

use crate::core::error::{Error, ErrorKind};
use args::{Cli, Command};
use context::Context;

/// What to use where the interface cannot be shown.
pub const HEADLESS: &str =
    "without one use the commands: dingsync check, dingsync preview, dingsync sync; all: dingsync --help";

/// How a command ends, with the contract's codes (section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Could not start, or the run failed as a whole.
    Failed,
    /// `preview --detailed-exitcode`: something would be written.
    Changes,
    /// Done, but some records failed, or are blocked or in conflict.
    Partial,
    /// Refused: limit, approval, stale plan, lock.
    Refused,
    /// `check`: an item failed.
    CheckFailed,
    /// Wrong command line.
    Usage,
    /// Wrong settings.
    Settings,
    /// Interrupted by the operator.
    Interrupted,
}

impl Exit {
    /// The process exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changes => 2,
            Self::Partial => 3,
            Self::Refused => 4,
            Self::CheckFailed => 5,
            Self::Usage => 64,
            Self::Settings => 78,
            Self::Interrupted => 130,
        }
    }

    /// The exit an error leads to.
    pub fn of(error: &Error) -> Self {
        match error.kind {
            ErrorKind::Limit | ErrorKind::Approval | ErrorKind::Stale | ErrorKind::Locked => Self::Refused,
            ErrorKind::Settings => Self::Settings,
            ErrorKind::Usage => Self::Usage,
            ErrorKind::Interrupted => Self::Interrupted,
            ErrorKind::Credentials
            | ErrorKind::Permission
            | ErrorKind::Network
            | ErrorKind::Service
            | ErrorKind::State => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Prints the JSON line of a wrong command line.
pub fn print_usage_error(text: &str) {
    let lines = text.lines().take_while(|line| !line.trim().is_empty()).map(str::trim);
    let message = lines.collect::<Vec<_>>().join(" ");
    let message = message.trim_start_matches("error: ");
    let error = Error::new(ErrorKind::Usage, message).with_hint("see: dingsync --help");
    context::print_json_error(&error);
}

/// Carries out one command and prints its error, if any.
pub async fn run(cli: Cli) -> Exit {
    let context = Context::new(cli.common);
    expect_requests();
    if context.options.detached.is_some() {
        crate::live::leave_terminal();
    }
    let Some(command) = cli.command else {
        let error = Error::new(
            ErrorKind::Usage,
            "the terminal interface needs a terminal at standard input and output",
        )
        .with_hint(HEADLESS);
        context.print_error(&error);
        return Exit::Usage;
    };
    let only_answers = only_answers(&command);
    let outcome = tokio::select! {
        outcome = dispatch(command, &context) => match context.unwritten().filter(|_| only_answers) {
            Some(unwritten) if outcome.is_ok() => Err(unwritten),
            Some(_) | None => outcome,
        },
        () = interrupted(&context) => Err(Error::new(ErrorKind::Interrupted, "interrupted; nothing was written")),
    };
    match outcome {
        Ok(exit) => exit,
        Err(error) => {
            context.print_error(&error);
            Exit::of(&error)
        }
    }
}

/// Whether a command is nothing but its answer: without it, it has failed. What a run did counts whether or not its
/// lines could be printed.
fn only_answers(command: &Command) -> bool {
    match command {
        Command::Demo(_)
        | Command::Simulate(_)
        | Command::Sync(_)
        | Command::Attach(_)
        | Command::Resume
        | Command::Retry { .. }
        | Command::Undo(_)
        | Command::Watch
        | Command::Drift { .. }
        | Command::Links { .. }
        | Command::Logon { .. } => false,
        Command::Check
        | Command::Preview(_)
        | Command::Why { .. }
        | Command::Runs
        | Command::Report(_)
        | Command::Config { .. }
        | Command::Completions { .. }
        | Command::Man => true,
    }
}

/// Resolves when the operator interrupts a command that has nothing to drain.
async fn interrupted(context: &Context) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if !context.signals_are_taken() {
            return;
        }
    }
}

/// Requests to pause and to go on are no reason to die, not even for a command that has nothing to pause yet.
fn expect_requests() {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::user_defined1(), SignalKind::user_defined2()] {
        // Listening once replaces what the system would do; where it cannot be replaced nothing is lost.
        drop(signal(kind));
    }
}

async fn dispatch(command: Command, context: &Context) -> Result<Exit, Error> {
    match command {
        Command::Demo(args) => demo::run(&args, context).await,
        Command::Simulate(args) => {
            context.take_signals();
            simulate::run(args, context.options.state.clone()).await.map(|()| Exit::Done)
        }
        Command::Check => check::run(context).await,
        Command::Preview(args) => preview::run(&args, context).await,
        Command::Sync(args) => sync::run(&args, context).await,
        Command::Attach(args) => attach::run(&args, context).await,
        Command::Resume => resume::run(context).await,
        Command::Retry { run, approve_removals } => {
            retry::run(run.as_deref(), approve_removals, context).await
        }
        Command::Undo(args) => undo::run(&args, context).await,
        Command::Watch => watch::run(context).await,
        Command::Drift { command } => drift::run(&command, context).await,
        Command::Why { id } => why::run(&id, context).await,
        Command::Runs => runs::run(context).await,
        Command::Report(args) => report::run(&args, context).await,
        Command::Links { command } => links::run(&command, context).await,
        Command::Logon { command } => logon::run(command, context).await,
        Command::Config { command } => {
            let mut answer = Vec::new();
            config::run(&command, &context.load_options(), context.options.json, &mut answer)?;
            context.raw(&String::from_utf8_lossy(&answer));
            Ok(Exit::Done)
        }
        Command::Completions { shell } => completions::run(shell, context),
        Command::Man => completions::man(context),
    }
}
