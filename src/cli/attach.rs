//! `dingsync attach`: follows a run that another process carries out, from its beginning to its end. Reads only: a run
//! goes on whether or not somebody watches.

use std::time::Duration;

use rust_i18n::t;

use super::Exit;
use super::args::AttachArgs;
use super::context::Context;
use super::progress::Progress;
use super::retry::unknown_run;
use super::sync::exit_of;
use crate::config::Config;
use crate::connect::open_state;
use crate::core::error::{Error, ErrorKind};
use crate::core::event::{Event, RunStatus};
use crate::core::journal::{Journal, RunRecord};
use crate::core::line::{Line, Note, Told};
use crate::live::{Follower, Place, holder};

/// How often the event file is looked at.
const EVERY: Duration = Duration::from_millis(200);

/// Prints the lines of a run until it ends, and ends as it did.
pub async fn run(args: &AttachArgs, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let place = Place::of(&config.state_path);
    let run = choose(args.run.as_deref(), &config, &place, context, locale).await?;
    let mut follower = match place.events(&run) {
        Some(path) if path.exists() => Follower::new(path),
        Some(_) | None => return from_history(&run, &config, context, locale).await,
    };
    let mut printing = Printing::new(context, locale);
    loop {
        // Asked before reading: what a run wrote before it ended is read after it was seen to live.
        let is_alive = is_carried_out(&place, &printing);
        let lines = follower.read().map_err(|error| {
            Error::new(ErrorKind::State, format!("the events of run `{run}` cannot be read: {error}"))
        })?;
        let is_quiet = lines.is_empty();
        lines.into_iter().for_each(|line| printing.show(line));
        match printing.end {
            Some(status) if is_quiet => return Ok(exit_of(status)),
            None if is_quiet && !is_alive => return printing.interrupted(&run),
            Some(_) | None => {}
        }
        if is_quiet {
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// The run that is meant: the named one, the one that goes on, else the last.
async fn choose(
    named: Option<&str>,
    config: &Config,
    place: &Place,
    context: &Context,
    locale: &str,
) -> Result<String, Error> {
    let store = open_state(config)?;
    if let Some(run) = named {
        let known = store.runs().await?.into_iter().any(|known| known.run == run);
        return if known { Ok(run.to_owned()) } else { Err(unknown_run(run)) };
    }
    let mut is_told = false;
    loop {
        let going_on = holder(store.path());
        let Some(going_on) = going_on else {
            let newest = store.runs().await?.into_iter().next();
            return newest.map(|newest| newest.run).ok_or_else(|| {
                Error::new(ErrorKind::State, "there is no run yet").with_hint("begin with: dingsync sync")
            });
        };
        if let Some(run) = place.carried_out_by(&going_on) {
            return Ok(run);
        }
        if !is_told {
            is_told = true;
            let (command, pid) = (going_on.command, going_on.pid);
            context.note(t!("attach.reading", command = command, pid = pid, locale = locale));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether the process that writes the lines still holds the lock.
fn is_carried_out(place: &Place, printing: &Printing<'_>) -> bool {
    let Some(now) = holder(place.state()) else { return false };
    printing.holder.as_ref().is_none_or(|(pid, host)| *pid == now.pid && *host == now.host)
}

fn interrupted(run: &str) -> Error {
    Error::new(
        ErrorKind::State,
        format!("run `{run}` is no longer going on: its process ended before the run did"),
    )
    .with_hint("finish it with: dingsync resume")
}

/// A run whose event file is gone, as the journal has it.
async fn from_history(run: &str, config: &Config, context: &Context, locale: &str) -> Result<Exit, Error> {
    let Some((record, _, mut ended)) = open_state(config)?.run(run).await? else {
        return Err(unknown_run(run));
    };
    let RunRecord { plan_id, total, status, summary, .. } = record;
    ended.sort_by_key(|end| end.event.seq);
    let mut printing = Printing::new(context, locale);
    printing.event(Event::Started { run: run.to_owned(), plan_id, total });
    ended.into_iter().for_each(|end| printing.event(Event::Record(end.event)));
    if status == RunStatus::Running {
        return printing.interrupted(run);
    }
    printing.event(Event::Finished { run: run.to_owned(), status, summary });
    Ok(exit_of(status))
}

/// The lines on their way out: the contract's lines as JSON, or a line now and then for a person.
struct Printing<'a> {
    context: &'a Context,
    progress: Option<Progress<'a>>,
    holder: Option<(u32, String)>,
    end: Option<RunStatus>,
    has_started: bool,
}

impl<'a> Printing<'a> {
    fn new(context: &'a Context, locale: &'a str) -> Self {
        let is_text = context.options.plain && !context.options.json;
        let progress = is_text.then(|| Progress::new(context, locale));
        Self { context, progress, holder: None, end: None, has_started: false }
    }

    /// The run's process ended before the run did. Once `started` was printed no error line follows it.
    fn interrupted(&self, run: &str) -> Result<Exit, Error> {
        let error = interrupted(run);
        if !self.has_started {
            return Err(error);
        }
        self.context.note(format!("dingsync: {}", error.message));
        self.context.note(format!("  {}", error.hint.unwrap_or_default()));
        Ok(Exit::Failed)
    }

    fn show(&mut self, line: Line) {
        match line.told {
            Told::Event(event) => self.event(event),
            Told::Note(Note::Process(process)) => {
                // Whoever went on with the run has not ended it yet.
                self.end = None;
                self.holder = Some((process.holder.pid, process.holder.host));
            }
            Told::Note(Note::Trouble { message, hint, .. }) => {
                self.context.note(format!("dingsync: {message}"));
                if let Some(hint) = hint {
                    self.context.note(format!("  {hint}"));
                }
            }
            Told::Note(Note::Pace { .. } | Note::Logon { .. } | Note::Lost { .. }) => {}
        }
    }

    fn event(&mut self, event: Event) {
        self.has_started = true;
        if let Event::Finished { status, .. } = &event {
            self.end = Some(*status);
        }
        match &mut self.progress {
            Some(progress) => progress.show(&event),
            None => drop(self.context.json(&event)),
        }
    }
}
