//! A run that was interrupted: first what became of the calls in flight, then the rows that have no end.

use std::collections::{HashMap, HashSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::graph::{Task, graph};
use super::record::Done;
use super::run::{Earlier, Run};
use super::settle::{Settled, settle as settle_write};
use super::shared::Shared;
use super::{Events, RunReport, StopSignal, Work, write};
use crate::core::error::Error;
use crate::core::event::{Outcome, RunStatus, RunSummary};
use crate::core::field::user_field;
use crate::core::journal::{CallEnd, CallId, Intent, Learned, Memory, RunKind, UnfinishedRun};
use crate::core::plan::{Action, Plan};
use crate::core::target::TargetSnapshot;

/// Calls whose outcome is looked up side by side.
const SIDE_BY_SIDE: usize = 64;

/// Finishes an interrupted run under its own id. `snapshot` is a new read of the target. Errors only before the first
/// event; afterwards the report has them.
pub async fn resume(
    work: &Work<'_>,
    unfinished: UnfinishedRun,
    snapshot: &TargetSnapshot,
    events: Events<'_>,
    stop: &StopSignal,
) -> Result<RunReport, Error> {
    let UnfinishedRun { run, kind, plan, ended, in_flight, .. } = unfinished;
    let memory = work.journal.memory().await?;
    let unknown = settle_all(work, &run, &plan, snapshot, &memory, in_flight).await?;
    let memory = work.journal.memory().await?;
    let calls = work.journal.calls_of(&run).await?;
    let mut shared = Shared::new(work, &run, &plan, snapshot, &memory);
    shared.is_resumed = true;
    shared.is_undo = kind == RunKind::Undo;
    let mut earlier = Earlier { calls: calls.len() as u64, ..Earlier::default() };
    let done: HashSet<usize> = ended.iter().map(|end| end.row).collect();
    let mut rows: HashMap<usize, Vec<(Intent, Option<CallEnd>)>> = HashMap::new();
    for (intent, end) in calls {
        rows.entry(intent.row).or_default().push((intent, end));
    }
    take_in(&shared, &rows, &mut earlier);
    for (row, calls) in rows.into_iter().filter(|(row, _)| !done.contains(row)) {
        let why = unknown.get(&row).map(String::as_str);
        earlier.settled.extend(outcome(&shared, row, &calls, why).map(|done| (row, done)));
    }
    earlier.settled.sort_by_key(|(row, _)| *row);
    earlier.ended = ended;
    Ok(Run::new(&shared, kind, earlier).carry_out(events, stop).await)
}

/// Finds out what became of the calls in flight of a run that will not go on, and closes it as cancelled.
pub async fn settle(work: &Work<'_>, unfinished: UnfinishedRun) -> Result<(), Error> {
    let UnfinishedRun { run, plan, ended, in_flight, .. } = unfinished;
    let memory = work.journal.memory().await?;
    let nothing_read = nothing_read(work);
    settle_all(work, &run, &plan, &nothing_read, &memory, in_flight).await?;
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

/// Settles every call in flight and stores its end; answers the rows whose call nobody can tell about, with the why.
async fn settle_all(
    work: &Work<'_>,
    run: &str,
    plan: &Plan,
    snapshot: &TargetSnapshot,
    memory: &Memory,
    in_flight: Vec<(CallId, Intent)>,
) -> Result<HashMap<usize, String>, Error> {
    let mut shared = Shared::new(work, run, plan, snapshot, memory);
    shared.is_resumed = true;
    let known: Vec<(CallId, Intent)> =
        in_flight.into_iter().filter(|(_, intent)| intent.row < plan.changes.len()).collect();
    let shared = &shared;
    let settled: Vec<Option<(usize, String)>> = stream::iter(known)
        .map(|(id, intent)| settle_one(shared, id, intent))
        .buffer_unordered(SIDE_BY_SIDE)
        .try_collect()
        .await?;
    Ok(settled.into_iter().flatten().collect())
}

async fn settle_one(
    shared: &Shared<'_>,
    id: CallId,
    intent: Intent,
) -> Result<Option<(usize, String)>, Error> {
    let end = match settle_write(shared.work.target, shared.work.clock, shared, &intent.write).await {
        Settled::Applied(written) => CallEnd::Applied(written),
        Settled::NotApplied => CallEnd::NotApplied { code: None },
        Settled::Unknown(why) => return Ok(Some((intent.row, why))),
        Settled::Broken(error) => return Err(error),
    };
    let learned = match &end {
        CallEnd::Applied(written) if !intent.is_preparation => {
            write::learned(shared, shared.change(intent.row), Some(written))
        }
        CallEnd::Applied(_) | CallEnd::NotApplied { .. } => Vec::new(),
    };
    shared.work.journal.end_call(id, end, learned).await?;
    Ok(None)
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
fn outcome(
    shared: &Shared<'_>,
    row: usize,
    calls: &[(Intent, Option<CallEnd>)],
    unknown: Option<&str>,
) -> Option<Done> {
    let change = shared.plan.changes.get(row)?;
    if let Some(why) = unknown {
        return Some(Done::new(shared, row, Outcome::Failed).because("ambiguous", why));
    }
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

fn nothing_read(work: &Work<'_>) -> TargetSnapshot {
    TargetSnapshot {
        departments: Vec::new(),
        users: Vec::new(),
        is_complete: false,
        range: crate::core::target::Range::All,
        unreadable: std::collections::BTreeSet::new(),
        calls: 0,
        read_at_ms: work.clock.now_ms(),
    }
}
