//! Opens the terminal interface for a command line: `dingsync` alone, `dingsync demo` on a terminal. The commands know
//! no screen and the screens no command line, so this is the one place that uses both.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc::UnboundedSender;

use crate::cli::args::{Cli, Command};
use crate::cli::context::Context;
use crate::cli::demo::{Demo, pass};
use crate::cli::{Exit, HEADLESS};
use crate::config::Config;
use crate::core::error::{Error, ErrorKind};
use crate::live::{self, Place};
use crate::simulator::changes::Company;
use crate::tui::day::{Day, Says};
use crate::tui::look::Look;
use crate::tui::screen::ScreenId;
use crate::tui::{self, Ended, How, Start};

/// The exit code of a process whose terminal hung up, as shells have it.
const HUNG_UP: i32 = 129;
/// How long a demo's run may take to stop, before and after it is pressed.
const LONGEST_STOP: Duration = Duration::from_secs(3);

/// Whether the command line asks for the interface. One that asks for it and cannot have it is refused by [`run`].
pub fn is_wanted(cli: &Cli) -> bool {
    match &cli.command {
        None => !cli.common.json,
        Some(Command::Demo(args)) => {
            let is_paper = !std::io::IsTerminal::is_terminal(&std::io::stdout());
            !(args.headless || args.day || cli.common.json || cli.common.plain || is_paper)
        }
        // Without a terminal attach prints event lines.
        Some(Command::Attach(_)) => !cli.common.json && Context::new(cli.common.clone()).is_screen(),
        Some(_) => false,
    }
}

/// Runs the interface and says goodbye.
pub async fn run(cli: Cli) -> Exit {
    let context = Context::new(cli.common);
    let opened = if !context.is_screen() {
        Err(refusal(cli.command.is_some()))
    } else {
        open(cli.command, &context).await
    };
    match opened {
        Ok(ended) => goodbye(&ended, &context),
        Err(error) => {
            context.print_error(&error);
            Exit::of(&error)
        }
    }
}

async fn open(command: Option<Command>, context: &Context) -> Result<Ended, Error> {
    match command {
        None => tui::run(where_it_goes_on(start(context), context)).await,
        Some(Command::Attach(args)) => {
            let config = context.config()?;
            if let Some(run) = &args.run {
                refuse_unknown(run, &config)?;
            }
            tui::run(Start { at: Some(ScreenId::Sync), run: args.run, ..start(context) }).await
        }
        Some(_) => demo(context).await,
    }
}

/// A run without an event file cannot be watched.
fn refuse_unknown(run: &str, config: &Config) -> Result<(), Error> {
    let path = Place::of(&config.state_path).events(run);
    if path.is_some_and(|path| path.exists()) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::State, format!("no events of run `{run}` are kept"))
        .with_hint("list the runs with: dingsync runs; look at one with: dingsync report RUN"))
}

/// A run that goes on is what is shown first.
fn where_it_goes_on(start: Start, context: &Context) -> Start {
    let goes_on = |config: &Config| live::holder(Place::of(&config.state_path).state());
    let holder = context.config().ok().as_ref().and_then(goes_on);
    // Whoever watches for changes has no end to wait for.
    let is_run = holder.is_some_and(|holder| holder.command != "watch");
    Start { at: if is_run { Some(ScreenId::Sync) } else { start.at }, ..start }
}

async fn demo(context: &Context) -> Result<Ended, Error> {
    let demo = Demo::start_telling().await?;
    let own = demo.context(context);
    let day: Arc<dyn Day> = Arc::new(DemoDay { company: demo.company(), context: own.clone() });
    // Everything is filled in, and Enter leads through it.
    let at = Some(ScreenId::Application);
    let start = Start { at, is_own_world: true, day: Some(day), ..start(&own) };
    let ended = tui::run(start).await;
    if let Ok(config) = own.config() {
        end_run(&config).await;
    }
    demo.stop().await;
    ended
}

/// A day at the demo's company.
#[derive(Debug)]
struct DemoDay {
    company: Company,
    context: Context,
}

#[async_trait]
impl Day for DemoDay {
    async fn pass(&self, told: UnboundedSender<Says>) -> Result<(), Error> {
        // Whoever left does not want to hear it any more.
        pass(&self.company, &self.context, |says| drop(told.send(says))).await
    }
}

/// The demo's services end with this process, so a run against them ends first, as the operator's stop would end it.
async fn end_run(config: &Config) {
    let state = Place::of(&config.state_path).state().to_owned();
    // Nobody is left to be told whether it could.
    drop(tokio::task::spawn_blocking(move || live::stop_and_wait(&state, LONGEST_STOP)).await);
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
        day: None,
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
