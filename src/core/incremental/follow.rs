//! The loop: events, edits, polls and decisions become batches, one after the other; complete reads go on beside them.

mod due;
mod telling;

use std::future::pending;

use futures::future::{BoxFuture, FutureExt};
use tokio::sync::mpsc::UnboundedReceiver;

use super::Subject;
use super::backlog::{Backlog, Entry};
use super::batch::{self, Batch, Report, State};
use super::finish::Ended;
use super::poll::{self, Known, Polls, Renewal};
use super::port::{Edit, EventEnd, EventState, Inbox, Waiting};
use super::refresh::Services;
use super::remembering::Remembering;
use super::start;
use super::status::{Callbacks, Line, Notice, WatchStatus};
use crate::core::clock::Clock;
use crate::core::error::{Error, ErrorKind};
use crate::core::journal::Journal;
use crate::core::profile::Profile;
use crate::core::source::{AccountCache, Source};
use crate::core::synchronize::StopSignal;
use crate::core::target::Target;
use due::{FIRST_WAIT_MS, LONGEST_WAIT_MS};

/// Objects dealt with at once.
const MOST_AT_ONCE: usize = 64;
/// More objects than this wait: a complete read is cheaper than single ones.
const FULL_FROM: usize = 500;
/// How often decisions are looked for.
const DECISIONS_EVERY_MS: i64 = 1_000;
/// Where lines go.
pub type Tell<'t> = &'t (dyn Fn(Line) + Send + Sync);

/// What watching works with.
pub struct Watching<'a> {
    /// The wizard's answers.
    pub profile: &'a Profile,
    /// IDaaS.
    pub source: &'a dyn Source,
    /// DingTalk.
    pub target: &'a dyn Target,
    /// Where every call is written down.
    pub journal: &'a dyn Journal,
    /// Where events are kept.
    pub inbox: &'a dyn Inbox,
    /// Remembered account details.
    pub cache: &'a dyn AccountCache,
    /// Time.
    pub clock: &'a dyn Clock,
    /// What the receiver of callbacks has seen.
    pub callbacks: &'a Callbacks,
    /// Seconds between two polls.
    pub poll_seconds: u64,
    /// Where callbacks are received, for the lines.
    pub address: String,
    /// This process.
    pub pid: u32,
}

impl<'a> Watching<'a> {
    pub(super) fn services(&self) -> Services<'a> {
        Services { source: self.source, target: self.target }
    }
}

/// What comes from outside.
pub struct Feeds {
    /// Events of the source, stored already.
    pub events: UnboundedReceiver<Waiting>,
    /// What DingTalk itself tells.
    pub edits: UnboundedReceiver<Edit>,
}

/// Follows both sides until it is asked to stop. Errors: the state cannot be used; the first read fails.
pub async fn follow(
    watching: &Watching<'_>,
    feeds: Feeds,
    tell: Tell<'_>,
    stop: &StopSignal,
) -> Result<(), Error> {
    let journal = Remembering::new(watching.journal);
    let watching = &Watching { journal: &journal, address: watching.address.clone(), ..*watching };
    let started = start::start(watching, journal.lessons.clone()).await?;
    tell(Notice::Listening { address: watching.address.clone() }.into());
    if let Some(records) = started.adopted {
        tell(Notice::MappingChanged { records }.into());
    }
    Following::new(watching, started, tell, stop).run(feeds).await
}

type Working<'f> = BoxFuture<'f, (State, Batch, Result<Report, Error>)>;
type Reading<'f> = BoxFuture<'f, Result<Renewal, Error>>;

struct Following<'f> {
    watching: &'f Watching<'f>,
    tell: Tell<'f>,
    stop: &'f StopSignal,
    backlog: Backlog,
    /// The state, while no batch has it.
    idle: Option<State>,
    working: Option<Working<'f>>,
    reading: Option<Reading<'f>>,
    /// When what is being read, or was read last, began.
    reading_since_ms: i64,
    read: Option<Renewal>,
    /// So much waits that everything is to be looked at.
    is_burst: bool,
    polls: Polls,
    next_decisions_ms: i64,
    /// The feed of edits was connected once, and is not.
    has_lost_edits: bool,
    /// Nothing is tried before this moment: a service cannot be reached.
    resume_ms: i64,
    wait_ms: i64,
    status: WatchStatus,
    told: WatchStatus,
}

impl<'f> Following<'f> {
    fn new(
        watching: &'f Watching<'f>,
        started: start::Started,
        tell: Tell<'f>,
        stop: &'f StopSignal,
    ) -> Self {
        let now = watching.clock.now_ms();
        let start::Started { state, renewal, backlog, took_ms, status, .. } = started;
        Self {
            watching,
            tell,
            stop,
            backlog,
            idle: Some(state),
            working: None,
            reading: None,
            reading_since_ms: now - took_ms,
            read: Some(renewal),
            is_burst: false,
            polls: Polls::new(watching.poll_seconds, now, took_ms),
            next_decisions_ms: now,
            has_lost_edits: false,
            resume_ms: now,
            wait_ms: FIRST_WAIT_MS,
            told: WatchStatus::default(),
            status,
        }
    }

    async fn run(mut self, mut feeds: Feeds) -> Result<(), Error> {
        loop {
            if self.stop.is_requested() && self.working.is_none() {
                self.tell_status(true);
                return Ok(());
            }
            // The read first: a batch takes the state, and a backlog that does not end would put every read off.
            self.start_reading();
            self.start_batch().await?;
            self.tell_status(false);
            let wait = self.wait();
            tokio::select! {
                biased;
                (state, batch, result) = next(&mut self.working) => self.batch_ended(state, batch, result).await?,
                read = next(&mut self.reading) => self.read_ended(read),
                Some(waiting) = feeds.events.recv() => self.event(waiting),
                Some(edit) = feeds.edits.recv() => self.edit(edit),
                () = self.stop.reached(1), if self.working.is_none() => {}
                () = self.watching.clock.sleep(wait) => {}
            }
            while let Ok(waiting) = feeds.events.try_recv() {
                self.event(waiting);
            }
        }
    }

    fn event(&mut self, waiting: Waiting) {
        let now = self.watching.clock.now_ms();
        self.status.last_event_at_ms = Some(waiting.received_at_ms);
        let is_deleted = waiting.event.kind.ends_with(":delete");
        let Waiting { event, received_at_ms } = waiting;
        self.backlog.add(event.subject, Some(event.id), is_deleted, received_at_ms, now);
    }

    fn edit(&mut self, edit: Edit) {
        let now = self.watching.clock.now_ms();
        match edit {
            Edit::Changed(subject) => self.backlog.add(subject, None, false, now, now),
            Edit::Connected => {
                if self.has_lost_edits {
                    // What was changed meanwhile, nobody has told.
                    self.has_lost_edits = false;
                    self.polls.want_full(now);
                }
                self.status.edits_connected = true;
            }
            Edit::Lost(_) => {
                self.has_lost_edits |= self.status.edits_connected;
                self.status.edits_connected = false;
            }
        }
    }

    /// Gives the idle state something to do, when there is anything.
    async fn start_batch(&mut self) -> Result<(), Error> {
        let now = self.watching.clock.now_ms();
        if self.idle.is_none() || self.stop.is_requested() || now < self.resume_ms {
            return Ok(());
        }
        let mut batch = Batch { renewal: self.read.take(), ..Batch::default() };
        if now >= self.next_decisions_ms {
            self.next_decisions_ms = now + DECISIONS_EVERY_MS;
            let drifts = self.watching.inbox.drifts().await?;
            batch.decisions =
                drifts.into_iter().filter_map(|(drift, decision)| Some((drift, decision?))).collect();
        }
        // What a burst names is read as a whole, and a whole read covers every object. What DingTalk told waits for it,
        // and events of the source do where they are too many.
        if self.backlog.len() > FULL_FROM && !self.is_burst && batch.renewal.is_none() {
            self.is_burst = true;
            self.polls.want_full(now);
            self.start_reading();
        }
        if let Some(Renewal::Full { .. }) = &batch.renewal {
            self.is_burst = false;
            batch.entries = self.backlog.take_until(self.reading_since_ms, now);
            batch.covered = batch.entries.iter().map(|(subject, _)| subject.clone()).collect();
        }
        if self.takes_events() {
            batch.entries.extend(self.backlog.take(now, MOST_AT_ONCE, !self.is_burst));
        }
        if batch.entries.is_empty() && batch.renewal.is_none() && batch.decisions.is_empty() {
            return Ok(());
        }
        let Some(mut state) = self.idle.take() else { return Ok(()) };
        let (watching, tell, stop) = (self.watching, self.tell, self.stop);
        self.working = Some(
            async move {
                let result = batch::carry_out(watching, &mut state, &mut batch, tell, stop).await;
                (state, batch, result)
            }
            .boxed(),
        );
        Ok(())
    }

    async fn batch_ended(
        &mut self,
        state: State,
        batch: Batch,
        result: Result<Report, Error>,
    ) -> Result<(), Error> {
        let now = self.watching.clock.now_ms();
        self.status.refused = state.escrow.len() as u64;
        self.status.drift =
            state.drifts.values().filter(|drift| drift.state == super::DriftState::Open).count() as u64;
        self.idle = Some(state);
        match result {
            Ok(report) => {
                self.wait_ms = FIRST_WAIT_MS;
                self.status.trouble = None;
                if report.written > 0 {
                    self.status.last_write_at_ms = Some(now);
                }
                self.take_ends(report, now).await
            }
            Err(error) if matches!(error.kind, ErrorKind::State | ErrorKind::Settings) => Err(error),
            Err(error) => {
                // What was read and not taken in is taken in with the next batch.
                self.read = batch.renewal.or(self.read.take());
                self.postpone(batch.entries, &error, now);
                Ok(())
            }
        }
    }

    async fn take_ends(&mut self, report: Report, now: i64) -> Result<(), Error> {
        let mut ends = Vec::new();
        for (subject, ended) in report.ended {
            match ended {
                Ended::With(entry, state, note) => self.end(&subject, entry, state, note, &mut ends),
                Ended::Again(entry) => self.backlog.again(subject, entry, now),
                Ended::Parked(entry, why) => {
                    if let Some(entry) = self.backlog.park(subject.clone(), entry, now) {
                        let note = format!("needs a full sync: {why}");
                        self.end(&subject, entry, EventState::Failed, Some(note), &mut ends);
                    }
                }
            }
        }
        if report.has_placed {
            self.backlog.wake(now);
        }
        if !ends.is_empty() {
            let counts = ends.iter().any(|end| end.state != EventState::Done);
            self.watching.inbox.end(ends, now).await?;
            if counts {
                (self.status.held, self.status.failed) = self.watching.inbox.unsuccessful().await?;
            }
        }
        Ok(())
    }

    fn end(
        &self,
        subject: &Subject,
        entry: Entry,
        state: EventState,
        note: Option<String>,
        ends: &mut Vec<EventEnd>,
    ) {
        if state != EventState::Done {
            let reason = note.clone().unwrap_or_default();
            (self.tell)(Notice::Attention { source_id: subject.to_string(), state, reason }.into());
        }
        ends.extend(entry.events.into_iter().map(|id| EventEnd { id, state, note: note.clone() }));
    }

    fn start_reading(&mut self) {
        let now = self.watching.clock.now_ms();
        let Some(state) = self.idle.as_ref() else { return };
        let is_due = now >= self.polls.next_ms && now >= self.resume_ms;
        if !is_due || self.reading.is_some() || self.read.is_some() || self.stop.is_requested() {
            return;
        }
        let watching = self.watching;
        self.reading_since_ms = now;
        self.reading = Some(if self.polls.begin(now) {
            let moment = state.view.moment();
            poll::full(watching, moment, self.backlog.accounts()).boxed()
        } else {
            let known = Known::of(&state.view, self.polls.turn, watching.poll_seconds);
            poll::source(watching, known).boxed()
        });
    }

    fn read_ended(&mut self, read: Result<Renewal, Error>) {
        let now = self.watching.clock.now_ms();
        match read {
            Ok(renewal) => {
                if self.polls.ended(now) {
                    self.status.last_repair_at_ms = Some(now);
                }
                if self.is_burst && !matches!(renewal, Renewal::Full { .. }) {
                    self.polls.want_full(now);
                }
                self.status.next_repair_at_ms = Some(self.polls.next_full_ms());
                self.read = Some(renewal);
            }
            Err(error) => {
                let wait = self.polls.failed(now, LONGEST_WAIT_MS);
                self.trouble(&error.message, wait);
            }
        }
    }
}

/// The end of what goes on; never, when nothing does.
async fn next<T>(going_on: &mut Option<BoxFuture<'_, T>>) -> T {
    match going_on.as_mut() {
        Some(future) => {
            let ended = future.await;
            *going_on = None;
            ended
        }
        None => pending().await,
    }
}
