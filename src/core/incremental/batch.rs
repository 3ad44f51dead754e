//! One batch: its objects are read again, everything is planned, what the source changed is written, what was changed
//! by hand is told.

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::Subject;
use super::backlog::Entry;
use super::choose::{Choice, Standing, choose};
use super::desired::Desired;
use super::drift;
use super::escrow::Escrow;
use super::finish::{self, Done, Ended};
use super::follow::{Tell, Watching};
use super::part::{self, Extent, Standing as PlanStanding};
use super::poll::Renewal;
use super::port::{Drift, DriftDecision};
use super::refresh::{self, Fresh};
use super::remembering::Lessons;
use super::removals::Removals;
use super::status::{Line, Notice};
use super::view::View;
use crate::core::error::Error;
use crate::core::event::{Event, Outcome, RecordEvent};
use crate::core::journal::{Memory, RunKind};
use crate::core::plan::{Action, Approval, Change, Entity, LimitExceeded, Plan};
use crate::core::planner::limits;
use crate::core::source::UnitId;
use crate::core::synchronize::{self, StopSignal, Work};
use crate::core::target::DepartmentId;

/// How often a plan is made anew because it rests on something not read yet.
const ROUNDS: usize = 6;

/// What outlives a batch.
pub(super) struct State {
    pub view: View,
    /// What the last plan that was carried out found of everything.
    pub standing: Option<PlanStanding>,
    /// What the journal was taught since it was last asked.
    pub lessons: Lessons,
    pub desired: Desired,
    /// What each source object was wished as when both sides last agreed.
    pub marks: HashMap<Subject, i64>,
    pub escrow: Escrow,
    pub removals: Removals,
    pub drifts: HashMap<(Entity, String), Drift>,
    /// A run ended without an end: its calls in flight must be settled first.
    pub is_unsettled: bool,
    /// Limits that were told as exceeded.
    pub withheld: Vec<LimitExceeded>,
}

/// What a batch is about.
#[derive(Default)]
pub(super) struct Batch {
    /// Objects that events name.
    pub entries: Vec<(Subject, Entry)>,
    /// A read of one or both sides that has just ended.
    pub renewal: Option<Renewal>,
    /// Objects of the entries that this read shows as they were after their last event.
    pub covered: HashSet<Subject>,
    /// What was decided on drifts.
    pub decisions: Vec<(Drift, DriftDecision)>,
}

/// What a batch came to.
#[derive(Default)]
pub(super) struct Report {
    /// Objects and what became of them.
    pub ended: Vec<(Subject, Ended)>,
    /// Records written.
    pub written: u64,
    /// A unit got its department: whoever waits for one may try again.
    pub has_placed: bool,
}

/// The plan of a batch with everything it was chosen by.
pub(super) struct Planned {
    pub plan: Plan,
    pub extent: Extent,
    pub choice: Choice,
    pub memory: Arc<Memory>,
    pub hinted: HashSet<Subject>,
    pub fresh: Fresh,
    /// Whether one or both sides were read as a whole.
    pub is_renewal: bool,
}

/// Carries out a batch. Errors concern every object of it.
pub(super) async fn carry_out(
    watching: &Watching<'_>,
    state: &mut State,
    batch: &mut Batch,
    tell: Tell<'_>,
    stop: &StopSignal,
) -> Result<Report, Error> {
    if state.is_unsettled {
        settle(watching).await?;
        state.is_unsettled = false;
    }
    let planned = planned(watching, state, batch, tell).await?;
    let told = drift::tell(watching, state, &planned, tell).await?;
    if planned.is_renewal {
        let missed = planned.choice.taken.len() as u64;
        let full = planned.fresh.all_target;
        tell(Notice::Repair { missed, drift: told, full }.into());
    }
    let (approved, withheld) = within_limits(watching, state, &planned, tell);
    let (records, trouble) = apply(watching, state, &planned, approved, tell, stop).await;
    finish::agree(watching, state, &planned, &records).await?;
    if let Some(error) = trouble {
        state.is_unsettled = true;
        return Err(error);
    }
    let entries = std::mem::take(&mut batch.entries);
    let done = Done { records: &records, withheld: &withheld };
    let report = finish::ended(watching, state, &planned, entries, done).await?;
    state.view.close(planned.extent.moment);
    state.standing = Some(planned.extent.standing);
    Ok(report)
}

/// Finds out what became of calls in flight of runs that have no end, and closes them. What they had still to do is
/// planned afresh.
pub(super) async fn settle(watching: &Watching<'_>) -> Result<(), Error> {
    let work = work(watching);
    while let Some(unfinished) = watching.journal.unfinished().await? {
        synchronize::settle(&work, unfinished).await?;
    }
    Ok(())
}

fn work<'a>(watching: &Watching<'a>) -> Work<'a> {
    Work {
        target: watching.target,
        journal: watching.journal,
        clock: watching.clock,
        limits: &watching.profile.limits,
    }
}

/// Reads and plans until every row to be written rests on what was read in this batch.
async fn planned(
    watching: &Watching<'_>,
    state: &mut State,
    batch: &mut Batch,
    tell: Tell<'_>,
) -> Result<Planned, Error> {
    let services = watching.services();
    let mut fresh = Fresh::default();
    let is_renewal = batch.renewal.is_some();
    let reapplied = drift::decided(watching, state, std::mem::take(&mut batch.decisions), tell).await?;
    let memory = remember(watching, state).await?;
    if let Some(renewal) = batch.renewal.take() {
        renewal.into_view(state, &mut fresh);
        // Whatever was read may be another than it was.
        state.standing = None;
    }
    let named: Vec<Subject> =
        batch.entries.iter().map(|(subject, _)| subject.clone()).chain(reapplied.iter().cloned()).collect();
    let unread: Vec<Subject> =
        named.iter().filter(|subject| !batch.covered.contains(subject)).cloned().collect();
    refresh::named(services, &mut state.view, &mut fresh, (&state.desired, &memory), &unread).await?;
    let seeds: HashSet<Subject> = named.iter().cloned().collect();
    let hinted: HashSet<Subject> = named.into_iter().filter(Subject::is_source).collect();
    for round in 1.. {
        let now = watching.clock.now_ms();
        let (plan, extent) = part::make(watching.profile, &state.view, state.standing.as_ref(), &seeds, now)?;
        let choice = chosen(state, &plan, &hinted, now);
        let conflicts = plan.changes.iter().enumerate().filter(|(_, change)| {
            change.action == Action::Conflict && Subject::of(change).is_some_and(|one| hinted.contains(&one))
        });
        let rests_on: BTreeSet<usize> = choice
            .taken
            .iter()
            .copied()
            .chain(
                choice.drift.iter().copied().filter(|index| !drift::is_known(state, &plan.changes[*index])),
            )
            .chain(conflicts.map(|(index, _)| index))
            .collect();
        let open: Vec<Subject> = rests_on
            .into_iter()
            .flat_map(|index| refresh::missing(&state.view, &fresh, &state.desired, &plan.changes[index]))
            .collect();
        if open.is_empty() || round >= ROUNDS {
            return Ok(Planned { plan, extent, choice, memory, hinted, fresh, is_renewal });
        }
        refresh::read(services, &mut state.view, &mut fresh, open).await?;
    }
    Err(Error::new(crate::core::error::ErrorKind::State, "a batch was never planned to its end"))
}

/// Takes up what the journal has learned. Nothing else learns while a batch is planned.
async fn remember(watching: &Watching<'_>, state: &mut State) -> Result<Arc<Memory>, Error> {
    state.view.forget();
    let memory = watching.journal.memory().await?;
    let lessons = std::mem::take(&mut *state.lessons.lock().unwrap_or_else(PoisonError::into_inner));
    state.view.remember(Arc::clone(&memory), &lessons);
    Ok(memory)
}

fn chosen(state: &State, plan: &Plan, hinted: &HashSet<Subject>, now: i64) -> Choice {
    let in_scope = LazyCell::new(|| state.desired.units_in_scope(&state.view));
    let is_changed = |subject: &Subject| {
        let wish = state.desired.mark(subject, &state.view, &in_scope, now);
        state.marks.get(subject) != Some(&wish)
    };
    let is_refused = |subject: &Subject, change: &Change| state.escrow.holds(subject, change, now);
    let standing = Standing { hinted, is_changed: &is_changed, is_refused: &is_refused };
    choose(plan, &state.view, &standing)
}

/// The rows that the limits let through, and the source objects of those they do not.
fn within_limits(
    watching: &Watching<'_>,
    state: &mut State,
    planned: &Planned,
    tell: Tell<'_>,
) -> (Plan, HashSet<Subject>) {
    let now = watching.clock.now_ms();
    let taken: HashSet<Subject> =
        planned.choice.taken.iter().filter_map(|index| Subject::of(&planned.plan.changes[*index])).collect();
    let is_taken = |change: &Change| {
        change.action.is_writing() && Subject::of(change).is_some_and(|subject| taken.contains(&subject))
    };
    let mut chosen = planned.plan.some_of(is_taken);
    let guards = &watching.profile.limits;
    let removals = state.removals.exceeded(&chosen, guards, planned.memory.bindings(), now);
    let mut withheld = HashSet::new();
    if !removals.is_empty() {
        withheld.extend(
            chosen.changes.iter().filter(|change| change.action == Action::Remove).filter_map(Subject::of),
        );
        chosen = chosen.restricted_to(|change| change.action != Action::Remove);
    }
    let mut exceeded = limits::exceeded(&chosen, guards, &planned.memory);
    // A source that shrank matters for what is removed; the removals of a rolling hour were looked at above.
    exceeded.retain(|limit| limit.limit == "update_percent");
    if !exceeded.is_empty() {
        withheld.extend(chosen.changes.iter().filter_map(Subject::of));
        chosen = chosen.restricted_to(|_| false);
    }
    exceeded.extend(removals);
    let shrunk = planned.plan.limits.iter().find(|limit| limit.limit == "source_shrink_percent");
    if let Some(limit) = shrunk
        && !chosen.is_empty()
    {
        withheld.extend(chosen.changes.iter().filter_map(Subject::of));
        chosen = chosen.restricted_to(|_| false);
        exceeded.push(limit.clone());
    }
    if exceeded != state.withheld && !exceeded.is_empty() {
        tell(Notice::Withheld { limits: exceeded.clone(), records: withheld.len() as u64 }.into());
    }
    state.withheld = exceeded;
    chosen.limits.clear();
    chosen.plan_id = chosen.compute_id();
    (chosen, withheld)
}

/// Writes; answers what became of each row, and what stopped the run.
async fn apply(
    watching: &Watching<'_>,
    state: &mut State,
    planned: &Planned,
    chosen: Plan,
    tell: Tell<'_>,
    stop: &StopSignal,
) -> (Vec<(Change, RecordEvent)>, Option<Error>) {
    if chosen.is_empty() {
        return (Vec::new(), None);
    }
    let rows = chosen.changes.clone();
    let approved = match chosen.approve(&Approval { removals: None }) {
        Ok(approved) => approved,
        Err(error) => return (Vec::new(), Some(error)),
    };
    // Everything that is written rests on what was read just now.
    state.view.target.read_at_ms = watching.clock.now_ms();
    let told: Mutex<Vec<RecordEvent>> = Mutex::default();
    let mut events = |event: Event| {
        if let Event::Record(record) = &event {
            told.lock().unwrap_or_else(PoisonError::into_inner).push(record.clone());
        }
        tell(Line::Run(event));
    };
    let work = work(watching);
    let ran =
        synchronize::apply(&work, approved, &state.view.target, RunKind::Watch, None, &mut events, stop)
            .await;
    let told = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    let records = matched(rows, told);
    absorb(state, &records, &planned.memory, watching.clock.now_ms());
    let trouble = match ran {
        Ok(report) => {
            state.is_unsettled |= stop.is_requested();
            report.error
        }
        Err(error) => Some(error),
    };
    (records, trouble)
}

fn matched(rows: Vec<Change>, told: Vec<RecordEvent>) -> Vec<(Change, RecordEvent)> {
    let mut by_id: HashMap<(Entity, Option<String>), Change> =
        rows.into_iter().map(|change| ((change.entity, change.source_id.clone()), change)).collect();
    let pair = |record: RecordEvent| {
        by_id.remove(&(record.entity, record.source_id.clone())).map(|change| (change, record))
    };
    told.into_iter().filter_map(pair).collect()
}

/// Takes what was written into what is known.
fn absorb(state: &mut State, records: &[(Change, RecordEvent)], memory: &Memory, now: i64) {
    let mut placed = memory.departments.clone();
    for (change, record) in records.iter().filter(|(_, record)| record.outcome == Outcome::Applied) {
        if change.entity == Entity::Department
            && let (Some(unit), Some(Ok(id))) =
                (&change.source_id, record.target_id.as_deref().map(str::parse))
        {
            placed.insert(UnitId(unit.clone()), DepartmentId(id));
        }
        if change.action == Action::Remove {
            state.removals.add(now, change.entity);
        }
    }
    for (change, record) in records {
        state.view.absorb(change, record, &placed);
    }
}
