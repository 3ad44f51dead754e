//! Opens the terminal interface for a command line: `dingsync` alone, `dingsync demo` on a terminal. The commands know
//! no screen and the screens no command line, so this is the one place that uses both.

use std::io::Write;

use crate::cli::args::{Cli, Command};
use crate::cli::context::Context;
use crate::cli::demo::Demo;
use crate::cli::{Exit, HEADLESS};
use crate::core::error::{Error, ErrorKind};
use crate::tui::look::Look;
use crate::tui::screen::ScreenId;
use crate::tui::{self, Ended, How, Start};

/// The exit code of a process whose terminal hung up, as shells have it.
const HUNG_UP: i32 = 129;

/// Whether the command line asks for the interface. One that asks for it and cannot have it is refused by [`run`].
pub fn is_wanted(cli: &Cli) -> bool {
    match &cli.command {
        None => !cli.common.json,
        Some(Command::Demo(args)) => {
            let is_paper = !std::io::IsTerminal::is_terminal(&std::io::stdout());
            !(args.headless || cli.common.json || cli.common.plain || is_paper)
        }
        Some(_) => false,
    }
}

/// Runs the interface and says goodbye.
pub async fn run(cli: Cli) -> Exit {
    let context = Context::new(cli.common);
    let opened = if !context.is_screen() {
        Err(refusal(cli.command.is_some()))
    } else if cli.command.is_some() {
        demo(&context).await
    } else {
        tui::run(start(&context)).await
    };
    match opened {
        Ok(ended) => goodbye(&ended, &context),
        Err(error) => {
            context.print_error(&error);
            Exit::of(&error)
        }
    }
}

async fn demo(context: &Context) -> Result<Ended, Error> {
    let demo = Demo::start().await?;
    // Everything is filled in, and Enter leads through it.
    let start = Start { at: Some(ScreenId::Application), ..start(&demo.context(context)) };
    let ended = tui::run(start).await;
    demo.stop().await;
    ended
}

fn start(context: &Context) -> Start {
    let config = context.config().ok();
    let look = Look {
        locale: context.locale(config.as_ref()),
        is_ascii: context.is_ascii(),
        has_colour: context.has_colour(),
    };
    Start {
        load: context.load_options(),
        look,
        is_verbose: context.options.verbose > 0,
        at: None,
        run: None,
        is_own_world: false,
    }
}

fn refusal(is_demo: bool) -> Error {
    let hint = if is_demo { "without one use: dingsync demo --headless" } else { HEADLESS };
    Error::new(
        ErrorKind::Usage,
        "the terminal interface needs a terminal at standard input and output, and a TERM other than dumb",
    )
    .with_hint(hint)
}

fn goodbye(ended: &Ended, context: &Context) -> Exit {
    match ended.how {
        // Whatever was written now would end in an error nobody sees.
        How::HungUp => std::process::exit(HUNG_UP),
        How::Left | How::Terminated => {
            for line in &ended.farewell {
                context.line(line);
            }
            drop(std::io::stdout().flush());
            if ended.how == How::Left { Exit::Done } else { Exit::Interrupted }
        }
    }
}
