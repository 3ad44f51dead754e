//! A run that was interrupted: it goes on where it stopped, by the reading its plan was made from. Rows with a call in
//! flight find out first what became of it; all others go on at once.

use std::collections::{HashMap, HashSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::graph::{Task, graph};
use super::open::{Found, settle_one};
use super::record::Done;
use super::run::{Earlier, Run};
use super::seen;
use super::shared::Shared;
use super::{Events, RunReport, StopSignal, Work, write};
use crate::core::error::Error;
use crate::core::event::{Outcome, RunStatus, RunSummary};
use crate::core::field::user_field;
use crate::core::journal::{CallEnd, Intent, Learned, RunKind, Seen, UnfinishedRun};
use crate::core::plan::Action;
use crate::core::target::TargetRequest;

/// Calls whose outcome is looked up side by side.
const SIDE_BY_SIDE: usize = 64;

/// Finishes an interrupted run under its own id. `request` is what a preview reads of the target, for a run whose own
/// reading was not kept. Errors only before the first event; afterwards the report has them.
pub async fn resume(
    work: &Work<'_>,
    unfinished: UnfinishedRun,
    request: &TargetRequest,
    events: Events<'_>,
    stop: &StopSignal,
) -> Result<RunReport, Error> {
    let UnfinishedRun { run, kind, plan, ended, in_flight, seen, .. } = unfinished;
    let is_reread = seen.is_none();
    let snapshot = match seen {
        Some(seen) => seen::snapshot(seen),
        None => work.target.snapshot(request).await?,
    };
    let memory = work.journal.memory().await?;
    let calls = work.journal.calls_of(&run).await?;
    let mut shared = Shared::new(work, &run, &plan, &snapshot, &memory);
    shared.is_reread = is_reread;
    shared.is_undo = kind == RunKind::Undo;
    for (id, intent) in in_flight.into_iter().filter(|(_, intent)| intent.row < plan.changes.len()) {
        shared.leave_open(id, intent);
    }
    let mut earlier = Earlier { calls: calls.len() as u64, ..Earlier::default() };
    let done: HashSet<usize> = ended.iter().map(|end| end.row).collect();
    let mut rows: HashMap<usize, Vec<(Intent, Option<CallEnd>)>> = HashMap::new();
    for (intent, end) in calls {
        rows.entry(intent.row).or_default().push((intent, end));
    }
    take_in(&shared, &rows, &mut earlier);
    for (row, calls) in rows.into_iter().filter(|(row, _)| !done.contains(row)) {
        earlier.settled.extend(outcome(&shared, row, &calls).map(|done| (row, done)));
    }
    earlier.settled.sort_by_key(|(row, _)| *row);
    earlier.ended = ended;
    Ok(Run::new(&shared, kind, earlier).carry_out(events, stop).await)
}

/// Finds out what became of the calls in flight of a run that will not go on, and closes it as cancelled.
pub async fn settle(work: &Work<'_>, unfinished: UnfinishedRun) -> Result<(), Error> {
    let UnfinishedRun { run, plan, ended, in_flight, .. } = unfinished;
    let memory = work.journal.memory().await?;
    let nothing_read = seen::snapshot(Seen { read_at_ms: work.clock.now_ms(), ..Seen::default() });
    let shared = Shared::new(work, &run, &plan, &nothing_read, &memory);
    let shared = &shared;
    let _: Vec<Found> =
        stream::iter(in_flight.into_iter().filter(|(_, intent)| intent.row < plan.changes.len()))
            .map(|(id, intent)| async move { settle_one(shared, id, &intent).await })
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
    let mut summary =
        RunSummary { calls: work.journal.calls_of(&run).await?.len() as u64, ..RunSummary::default() };
    for end in ended {
        match end.event.outcome {
            Outcome::Applied => summary.applied += 1,
            Outcome::Failed => summary.failed += 1,
            Outcome::Skipped => summary.skipped += 1,
            Outcome::Pending => summary.pending += 1,
        }
    }
    work.journal.finish(&run, RunStatus::Cancelled, summary, work.clock.now_ms(), None).await
}

/// What earlier calls did besides carrying out their rows: numbered steps, departments made, values freed.
fn take_in(
    shared: &Shared<'_>,
    rows: &HashMap<usize, Vec<(Intent, Option<CallEnd>)>>,
    earlier: &mut Earlier,
) {
    let can_clear = |field: &crate::core::field::FieldName| {
        user_field(field.as_str()).is_some_and(|spec| !spec.is_create_only)
    };
    let mut freed: HashSet<(usize, String)> = HashSet::new();
    for (row, calls) in rows.iter().filter(|(row, _)| **row < shared.plan.changes.len()) {
        shared.update_sent(*row, |sent| {
            sent.steps = u32::try_from(calls.len()).unwrap_or(u32::MAX);
            sent.attempts = sent.steps;
            sent.first_ms = calls.first().map(|(intent, _)| intent.at_ms);
            let unanswered = Some(CallEnd::NotApplied { code: None });
            sent.was_ambiguous = calls.iter().any(|(_, end)| *end == unanswered);
        });
        for (intent, end) in calls {
            let Some(CallEnd::Applied(written)) = end else { continue };
            if !intent.is_preparation {
                let bound: Vec<Learned> =
                    write::bind_department(shared.change(*row), Some(written)).into_iter().collect();
                shared.learn(&bound);
            } else if let Some(change) = intent.before.first() {
                shared.prepare(*row, change.clone());
                freed.insert((*row, change.field.as_str().to_owned()));
            }
        }
    }
    for node in graph(&shared.plan.changes, shared.snapshot, &can_clear).nodes {
        if let Task::Prepare(row, preparation) = node.task
            && freed.contains(&(row, preparation.field().to_owned()))
        {
            earlier.prepared.insert((row, preparation));
        }
    }
}

/// The end of a row whose calls tell it.
fn outcome(shared: &Shared<'_>, row: usize, calls: &[(Intent, Option<CallEnd>)]) -> Option<Done> {
    let change = shared.plan.changes.get(row)?;
    let (intent, end) = calls.last()?;
    match end {
        Some(CallEnd::Applied(written)) if !intent.is_preparation => {
            let mut done = Done::new(shared, row, Outcome::Applied);
            done.target_id = write::id_of(change, Some(written));
            Some(done)
        }
        // An invitation went out; another would only annoy.
        Some(CallEnd::NotApplied { code: Some(code) }) if change.action == Action::Create => {
            let account = shared.account(change)?;
            let is_pending = shared.memory.pending.contains_key(&account);
            is_pending.then(|| {
                let message = "the invitation waits for the person's consent";
                Done::new(shared, row, Outcome::Pending).because(code.clone(), message)
            })
        }
        _ => None,
    }
}
