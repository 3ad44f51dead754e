//! Runs of processes of their own: started, followed through their event files, paused and stopped.

use std::time::Duration;

use super::Reply;
use super::desk::{Desk, off_the_screen};
use crate::core::error::{Error, ErrorKind};
use crate::core::journal::LockHolder;
use crate::core::line::{self, Line, Note};
use crate::live::{self, Ask, Errand, Follower, Place, Start, Started, holder};
use crate::tui::message::Answer;

/// The slot of what follows a run: one at a time.
pub(super) const FOLLOWING: &str = "run";
/// Between two looks at a run that goes on, and at one that does not: a list that changes more often is not read, and
/// would only keep the wire busy.
const LOOK: Duration = Duration::from_millis(250);
const IDLE_LOOK: Duration = Duration::from_secs(1);

/// What is asked.
#[derive(Debug, Clone)]
pub enum Request {
    /// Start a process that does this, and follow its run; it speaks this language.
    Start(Errand, &'static str),
    /// Follow this run, or the one that goes on, else wait for one.
    Follow(Option<String>),
    /// Ask the run that goes on.
    Ask(Ask),
    /// Follow no further.
    Forget,
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Told {
    /// A process was started; it reads both sides before its run begins.
    Starting,
    /// It did not get as far as a run: message and way out.
    Refused(String, Option<String>),
    /// Nothing goes on.
    Idle,
    /// Somebody holds the connection's lock and has not begun a run.
    Waiting(LockHolder),
    /// The lines of this run follow, from its beginning.
    Following(String),
    /// Further lines, and whether the run's process lives.
    Lines(Vec<Line>, bool),
    /// The run was asked, or why it could not be.
    Asked(Ask, Result<(), (String, Option<String>)>),
}

/// Starts a process and follows its run.
pub(super) async fn start(desk: Desk, errand: Errand, locale: &'static str, reply: Reply) {
    tell(&reply, Told::Starting).await;
    match started(&desk, errand, locale).await {
        Ok(Started::Run(run)) => follow(desk, Some(run), reply).await,
        Ok(Started::Refused(message, hint)) => tell(&reply, Told::Refused(message, hint)).await,
        Err(error) => tell(&reply, Told::Refused(error.message, error.hint)).await,
    }
}

async fn started(desk: &Desk, errand: Errand, locale: &'static str) -> Result<Started, Error> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::State, format!("the run cannot be started: {error}"))
            .with_hint("it needs room and rights beside the state file")
    };
    let (place, config) = (place(desk).await?, desk.settings_path.clone());
    let program = std::env::current_exe().map_err(failed)?;
    let start = Start { program, config, place, locale, errand };
    let mut starting = off_the_screen(move || start.spawn()).await?.map_err(failed)?;
    loop {
        if let Some(started) = starting.poll() {
            starting.let_go();
            return Ok(started);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Follows a run for as long as anybody wants to see it: one that has ended may be gone on with. When no run was named,
/// the next one that begins takes its place.
pub(super) async fn follow(desk: Desk, run: Option<String>, reply: Reply) {
    let place = match place(&desk).await {
        Ok(place) => place,
        Err(error) => return tell(&reply, Told::Refused(error.message, error.hint)).await,
    };
    loop {
        let shown = match &run {
            Some(run) => run.clone(),
            None => wait_for_run(&place, &reply).await,
        };
        let Some(path) = place.events(&shown) else { return tell(&reply, Told::Idle).await };
        tell(&reply, Told::Following(shown)).await;
        if follow_one(&place, Follower::new(path), run.is_none(), &reply).await.is_none() {
            return;
        }
    }
}

/// Follows one event file; ends where another process has a run instead and any run is meant.
async fn follow_one(place: &Place, mut follower: Follower, is_any: bool, reply: &Reply) -> Option<()> {
    let (mut was_alive, mut process): (Option<bool>, Option<LockHolder>) = (None, None);
    loop {
        let (looked_at, known) = (place.clone(), process.clone());
        let look = off_the_screen(move || {
            // Asked before reading: what a run wrote before it ended is read after it was seen to live.
            let holder = holder(looked_at.state());
            let lines = follower.read().unwrap_or_default();
            let is_of_other =
                |holder: &LockHolder| !known.as_ref().is_some_and(|known| is_same(known, holder));
            let other = holder.as_ref().filter(|holder| is_of_other(holder));
            let other = other.and_then(|holder| looked_at.carried_out_by(holder));
            (follower, lines, holder, other)
        });
        let (back, lines, holder, other) = look.await.ok()?;
        follower = back;
        process = writer(&lines).or(process);
        let is_alive =
            holder.zip(process.as_ref()).is_some_and(|(holder, process)| is_same(&holder, process));
        let is_busy = !lines.is_empty();
        if is_busy || was_alive != Some(is_alive) {
            was_alive = Some(is_alive);
            tell(reply, Told::Lines(lines, is_alive)).await;
        }
        if is_any && !is_alive && !is_busy && other.is_some() {
            return Some(());
        }
        tokio::time::sleep(if is_alive || is_busy { LOOK } else { IDLE_LOOK }).await;
    }
}

/// Asks the run that goes on.
pub(super) async fn ask(desk: Desk, ask: Ask, reply: Reply) {
    let asked = match place(&desk).await {
        Ok(place) => off_the_screen(move || live::ask(place.state(), ask)).await.flatten(),
        Err(error) => Err(error),
    };
    let result = asked.map(drop).map_err(|error| (error.message, error.hint));
    tell(&reply, Told::Asked(ask, result)).await;
}

async fn wait_for_run(place: &Place, reply: &Reply) -> String {
    let mut told = None;
    loop {
        let looked_at = place.clone();
        let found = off_the_screen(move || {
            let holder = holder(looked_at.state());
            let run = match &holder {
                Some(holder) => looked_at.carried_out_by(holder),
                // Nothing goes on: the last run, as it ended.
                None => looked_at.runs().into_iter().next(),
            };
            (holder, run)
        });
        let (holder, run) = found.await.unwrap_or_default();
        if let Some(run) = run {
            return run;
        }
        if told.as_ref() != Some(&holder) {
            told = Some(holder.clone());
            tell(reply, holder.map_or(Told::Idle, Told::Waiting)).await;
        }
        tokio::time::sleep(IDLE_LOOK).await;
    }
}

/// Who wrote the latest of these lines, where one says so.
fn writer(lines: &[Line]) -> Option<LockHolder> {
    lines.iter().rev().find_map(|line| match &line.told {
        line::Told::Note(Note::Process(process)) => Some(process.holder.clone()),
        line::Told::Note(_) | line::Told::Event(_) => None,
    })
}

/// Whether two notes are of one process; each says since when in its own words.
fn is_same(one: &LockHolder, other: &LockHolder) -> bool {
    one.pid == other.pid && one.host == other.host
}

async fn place(desk: &Desk) -> Result<Place, Error> {
    Ok(Place::of(&desk.config().await?.state_path))
}

async fn tell(reply: &Reply, told: Told) {
    reply.send(Answer::Run(told)).await;
}
