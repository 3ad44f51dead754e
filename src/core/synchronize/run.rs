//! A run from its first event to its last: what may be done is started, what has ended is stored and told, and the
//! run stops when the operator, a refusal that concerns every record, or too many failures say so.

use std::collections::HashSet;

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesOrdered, FuturesUnordered, StreamExt};

use super::graph::{Preparation, Task, graph};
use super::open::settle_one;
use super::progress::{EVERY_MS, Progress, Tally};
use super::queue::{Queue, Ready};
use super::record::{Done, Ended, carry_out, prepare};
use super::shared::Shared;
use super::{Events, RunReport, StopSignal};
use crate::core::clock::elapsed_ms;
use crate::core::error::{Error, ErrorKind};
use crate::core::event::{Event, Outcome, RecordEvent, RunStatus, RunSummary};
use crate::core::field::user_field;
use crate::core::journal::{RecordEnd, RunKind};
use crate::core::plan::{Action, Entity};

/// Attempts below which the share of failures says nothing (contract section 3, `failed_percent`).
const FEWEST_ATTEMPTS: u64 = 50;

/// What an earlier process did of the same run.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Rows that have ended.
    pub ended: Vec<RecordEnd>,
    /// Rows whose write has an outcome, while their end was never stored.
    pub settled: Vec<(usize, Done)>,
    /// Values that were freed ahead of their rows.
    pub prepared: HashSet<(usize, Preparation)>,
    /// Write calls sent.
    pub calls: u64,
}

type Working<'r> = BoxFuture<'r, (usize, Ended)>;
type Storing<'r> = BoxFuture<'r, Result<RecordEvent, Error>>;

/// A run as it goes on.
pub(super) struct Run<'r> {
    shared: &'r Shared<'r>,
    kind: RunKind,
    queue: Queue,
    working: FuturesUnordered<Working<'r>>,
    storing: FuturesOrdered<Storing<'r>>,
    /// Calls in flight of rows that have ended: their ends are only stored.
    leftovers: FuturesUnordered<BoxFuture<'r, Result<(), Error>>>,
    /// Rows with an end.
    ended: HashSet<usize>,
    earlier_calls: u64,
    /// Outcomes of an earlier process: who resumes a run has seen its failures.
    earlier_summary: RunSummary,
    seq: u64,
    summary: RunSummary,
    tally: Tally,
    error: Option<Error>,
    is_cancelled: bool,
}

impl<'r> Run<'r> {
    /// A run that begins, or goes on after what an earlier process did.
    pub(super) fn new(shared: &'r Shared<'r>, kind: RunKind, earlier: Earlier) -> Self {
        let changes = &shared.plan.changes;
        let can_clear = |field: &crate::core::field::FieldName| {
            user_field(field.as_str()).is_some_and(|spec| !spec.is_create_only)
        };
        let queue = Queue::new(graph(changes, shared.snapshot, &can_clear), changes);
        let total = shared.plan.writes().saturating_sub(earlier.ended.len() as u64);
        let mut run = Self {
            shared,
            kind,
            queue,
            working: FuturesUnordered::new(),
            storing: FuturesOrdered::new(),
            leftovers: FuturesUnordered::new(),
            ended: HashSet::new(),
            earlier_calls: earlier.calls,
            earlier_summary: RunSummary::default(),
            seq: 0,
            summary: RunSummary::default(),
            tally: Tally { done: 0, total, running: 0, settling: 0, is_paused: false },
            error: None,
            is_cancelled: false,
        };
        run.take_over(earlier);
        run
    }

    fn take_over(&mut self, earlier: Earlier) {
        let shared = self.shared;
        for end in &earlier.ended {
            for (id, intent) in shared.take_open(end.row) {
                self.leftovers.push(async move { settle_one(shared, id, &intent).await.map(drop) }.boxed());
            }
            self.ended.insert(end.row);
            self.seq = self.seq.max(end.event.seq);
            self.count(end.event.outcome);
        }
        self.earlier_summary = self.summary;
        for (row, done) in earlier.settled {
            self.end(row, done);
        }
        for end in earlier.ended {
            let failure = failure(end.event.outcome, end.event.message.as_deref());
            self.finish_row(end.row, failure.as_deref());
        }
        for (row, preparation) in earlier.prepared {
            if let Some(node) = self.queue.node_of(&Task::Prepare(row, preparation)) {
                self.queue.finish(node, None);
            }
        }
    }

    /// Does the work and answers the report; never an error once `started` was told.
    pub(super) async fn carry_out(mut self, events: Events<'_>, stop: &StopSignal) -> RunReport {
        let shared = self.shared;
        let clock = shared.work.clock;
        let started_ms = clock.now_ms();
        let before = shared.work.target.pace();
        let mut progress = Progress::new(started_ms, &before);
        let (run, plan_id) = (shared.run.clone(), shared.plan.plan_id.clone());
        events(Event::Started { run, plan_id, total: self.tally.total });
        loop {
            self.start_what_may_start();
            if self.working.is_empty() && self.storing.is_empty() && self.leftovers.is_empty() {
                break;
            }
            let (is_halted, is_paused) = (shared.is_halted(), shared.is_paused());
            let mut is_due = false;
            tokio::select! {
                biased;
                Some(stored) = self.storing.next() => match stored {
                    Ok(event) => { self.tally.done += 1; events(Event::Record(event)) }
                    Err(error) => self.fail(error),
                },
                Some(settled) = self.leftovers.next() => settled.unwrap_or_else(|error| self.fail(error)),
                Some((node, ended)) = self.working.next() => self.ended_with(node, ended),
                () = stop.reached(1), if !is_halted => { self.is_cancelled = true; shared.halt() }
                () = stop.reached(2), if self.is_cancelled => break,
                () = stop.turned(!is_paused) => { shared.pause(!is_paused); is_due = true }
                () = clock.sleep(EVERY_MS) => {}
            }
            let now = clock.now_ms();
            if is_due || progress.is_due(now) {
                let tally = Tally {
                    running: self.working.len(),
                    settling: shared.settling(),
                    is_paused: shared.is_paused(),
                    ..self.tally
                };
                events(progress.event(now, tally, &shared.work.target.pace()));
            }
        }
        let after = shared.work.target.pace();
        self.summary.calls = self.earlier_calls + after.calls.saturating_sub(before.calls);
        self.summary.throttled = after.throttled.saturating_sub(before.throttled);
        self.summary.elapsed_ms = elapsed_ms(started_ms, clock.now_ms());
        self.close(events).await
    }

    fn start_what_may_start(&mut self) {
        let shared = self.shared;
        if self.error.is_some() || shared.is_halted() {
            return;
        }
        while let Some(ready) = self.queue.next() {
            match ready {
                Ready::Blocked(node, why) => self.skip(node, &why),
                Ready::Do(node) => match self.queue.task(node).clone() {
                    Task::Barrier => self.queue.finish(node, None),
                    Task::Row(row) | Task::Prepare(row, _) if self.ended.contains(&row) => {
                        self.queue.leave(node);
                        self.queue.finish(node, None);
                    }
                    Task::Row(row) => {
                        self.working.push(working(shared, node, carry_out(shared, row)));
                    }
                    Task::Prepare(row, what) => {
                        let prepared = async move { prepare(shared, row, &what).await };
                        self.working.push(working(shared, node, prepared));
                    }
                },
            }
        }
    }

    /// Something it needs was not done.
    fn skip(&mut self, node: usize, why: &str) {
        if let Task::Row(row) = *self.queue.task(node)
            && !self.ended.contains(&row)
        {
            let done = Done::new(self.shared, row, Outcome::Skipped).because("blocked_by", why);
            self.end(row, done);
            return;
        }
        self.queue.finish(node, Some(why));
    }

    fn ended_with(&mut self, node: usize, ended: Ended) {
        self.queue.leave(node);
        let row = match self.queue.task(node) {
            Task::Row(row) | Task::Prepare(row, _) => *row,
            Task::Barrier => return,
        };
        match ended {
            Ended::Done(done) => {
                if matches!(self.queue.task(node), Task::Prepare(..)) {
                    let why = failure(done.outcome, done.message.as_deref());
                    self.queue.finish(node, why.as_deref());
                }
                self.end(row, done);
            }
            Ended::Prepared => self.queue.finish(node, None),
            Ended::Abandoned => {}
            Ended::Broken(error) => self.fail(error),
        }
    }

    /// A row has ended: its end is stored, and whoever waited for it may go on.
    fn end(&mut self, row: usize, done: Done) {
        if !self.ended.insert(row) {
            return;
        }
        let shared = self.shared;
        self.count(done.outcome);
        self.seq += 1;
        let change = shared.change(row);
        let event = RecordEvent {
            seq: self.seq,
            entity: change.entity,
            action: change.action,
            source_id: change.source_id.clone(),
            target_id: done.target_id,
            outcome: done.outcome,
            code: done.code,
            message: done.message,
            attempts: done.attempts,
            elapsed_ms: done.elapsed_ms,
        };
        let why = failure(event.outcome, event.message.as_deref());
        let learned = done.learned;
        self.storing.push_back(
            async move {
                let end = RecordEnd { row, event: event.clone(), request_id: None };
                shared.work.journal.end_record(&shared.run, end, learned).await.map(|()| event)
            }
            .boxed(),
        );
        self.finish_row(row, why.as_deref());
        self.stop_after_too_many_failures();
    }

    fn finish_row(&mut self, row: usize, failure: Option<&str>) {
        let change = self.shared.change(row);
        if let (Some(why), Entity::Department, Action::Create, Some(unit)) =
            (failure, change.entity, change.action, &change.source_id)
        {
            self.shared.miss(unit, &format!("{} ({why})", change.name));
        }
        if let Some(node) = self.queue.node_of(&Task::Row(row)) {
            self.queue.finish(node, failure);
        }
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Applied => self.summary.applied += 1,
            Outcome::Failed => self.summary.failed += 1,
            Outcome::Skipped => self.summary.skipped += 1,
            Outcome::Pending => self.summary.pending += 1,
        }
    }

    fn stop_after_too_many_failures(&mut self) {
        let (all, earlier) = (self.summary, self.earlier_summary);
        let failed = all.failed - earlier.failed;
        let attempts = failed + all.applied - earlier.applied + all.pending - earlier.pending;
        let allowed = self.shared.work.limits.failed_percent;
        if attempts < FEWEST_ATTEMPTS || failed * 100 <= allowed * attempts || self.error.is_some() {
            return;
        }
        let message =
            format!("{failed} of {attempts} records failed, more than limits.failed_percent ({allowed})");
        let error = Error::new(ErrorKind::Limit, message)
            .with_hint("look at the causes with: dingsync report RUN; then go on with: dingsync resume");
        self.fail(error);
    }

    /// Something concerns every record: nothing more is sent, what is on its way is waited for.
    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
        self.shared.halt();
    }

    /// Stores the end of the run, unless it is to be resumed, and tells it.
    async fn close(mut self, events: Events<'_>) -> RunReport {
        let shared = self.shared;
        let summary = self.summary;
        let left = shared.plan.writes().saturating_sub(self.ended.len() as u64);
        if left > 0 && self.error.is_none() && !self.is_cancelled {
            let message = format!("{left} records of run {} were never reached", shared.run);
            let hint = "this is a defect of dingsync: please report it; `dingsync sync` plans them afresh";
            self.error = Some(Error::new(ErrorKind::State, message).with_hint(hint));
        }
        let is_partial = summary.failed + summary.skipped > 0 || shared.plan.needs_attention() > 0;
        let mut status = match (&self.error, self.is_cancelled, is_partial) {
            (Some(_), ..) => RunStatus::Failed,
            (None, true, _) => RunStatus::Cancelled,
            (None, false, true) => RunStatus::PartialSuccess,
            (None, false, false) => RunStatus::Success,
        };
        if matches!(status, RunStatus::PartialSuccess | RunStatus::Success) {
            let accounts = (self.kind == RunKind::Sync).then_some(shared.plan.source.accounts);
            let now = shared.work.clock.now_ms();
            let finished = shared.work.journal.finish(&shared.run, status, summary, now, accounts).await;
            if let Err(error) = finished {
                status = RunStatus::Failed;
                self.error = Some(error);
            }
        }
        events(Event::Finished { run: shared.run.clone(), status, summary });
        RunReport { run: shared.run.clone(), status, summary, error: self.error }
    }
}

/// A node at work; what is begun during a pause waits for its end before it so much as reads.
fn working<'r>(
    shared: &'r Shared<'r>,
    node: usize,
    work: impl Future<Output = Ended> + Send + 'r,
) -> Working<'r> {
    async move {
        shared.awake().await;
        (node, work.await)
    }
    .boxed()
}

/// Why whoever needs a record cannot go on, when it was not done.
fn failure(outcome: Outcome, message: Option<&str>) -> Option<String> {
    match outcome {
        Outcome::Applied => None,
        Outcome::Failed | Outcome::Skipped | Outcome::Pending => {
            Some(message.unwrap_or(outcome.as_str()).to_owned())
        }
    }
}
