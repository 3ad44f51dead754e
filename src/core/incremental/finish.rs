//! What became of the objects of a batch, and on what both sides agree from here on.

use std::collections::{HashMap, HashSet};

use super::Subject;
use super::backlog::Entry;
use super::batch::{Planned, Report, State};
use super::follow::Watching;
use super::port::EventState;
use super::refresh;
use crate::core::error::Error;
use crate::core::event::{Outcome, RecordEvent};
use crate::core::plan::{Action, Change, Entity, Reason};
use crate::core::refusal::{self, CodeClass};

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// Its events have this end, for this reason.
    With(Entry, EventState, Option<String>),
    /// It is planned again at once.
    Again(Entry),
    /// It lacks this, and is tried again later.
    Parked(Entry, String),
}

/// What a batch did.
#[derive(Clone, Copy)]
pub(super) struct Done<'d> {
    /// Rows that were carried out.
    pub records: &'d [(Change, RecordEvent)],
    /// Source objects whose rows the limits withhold.
    pub withheld: &'d HashSet<Subject>,
}

/// Stores the marks of every record on which both sides agree.
pub(super) async fn agree(
    watching: &Watching<'_>,
    state: &mut State,
    planned: &Planned,
    records: &[(Change, RecordEvent)],
) -> Result<(), Error> {
    let now = watching.clock.now_ms();
    let in_scope = state.desired.units_in_scope(&state.view);
    let mut marks: Vec<(Subject, Option<i64>)> = Vec::new();
    let agreed = planned.plan.changes.iter().filter(|change| change.action == Action::Unchanged);
    let applied = records.iter().filter(|(_, record)| record.outcome == Outcome::Applied);
    for change in agreed.chain(applied.map(|(change, _)| change)) {
        let Some(subject) = Subject::of(change) else { continue };
        state.escrow.forget(&subject);
        let known = state.marks.get(&subject).copied();
        if change.action == Action::Remove {
            marks.push((subject, None));
            continue;
        }
        // A whole plan has many unchanged rows; only objects of this batch can have another mark than before.
        let is_of_batch = planned.is_renewal || planned.hinted.contains(&subject) || known.is_none();
        if !is_of_batch && change.action == Action::Unchanged {
            continue;
        }
        let mark = state.desired.mark(&subject, &state.view, &in_scope, now);
        if known != Some(mark) {
            marks.push((subject, Some(mark)));
        }
    }
    if marks.is_empty() {
        return Ok(());
    }
    for (subject, mark) in &marks {
        match mark {
            Some(mark) => state.marks.insert(subject.clone(), *mark),
            None => state.marks.remove(subject),
        };
    }
    watching.inbox.agree(&state.desired.profile, marks).await
}

/// What became of each object that events named.
pub(super) async fn ended(
    watching: &Watching<'_>,
    state: &mut State,
    planned: &Planned,
    entries: Vec<(Subject, Entry)>,
    done: Done<'_>,
) -> Result<Report, Error> {
    let Done { records, withheld } = done;
    let now = watching.clock.now_ms();
    let mut report = Report { has_placed: has_placed(records), ..Report::default() };
    report.written = records.iter().filter(|(_, record)| record.outcome == Outcome::Applied).count() as u64;
    let by_subject: HashMap<Subject, &(Change, RecordEvent)> =
        records.iter().filter_map(|pair| Some((Subject::of(&pair.0)?, pair))).collect();
    let of_hinted = if planned.hinted.is_empty() { &[] } else { planned.plan.changes.as_slice() };
    let rows: HashMap<Subject, &Change> = of_hinted
        .iter()
        .filter_map(|change| Some((Subject::of(change)?, change)))
        .filter(|(subject, _)| planned.hinted.contains(subject))
        .collect();
    let named: HashSet<Subject> = entries.iter().map(|(subject, _)| subject.clone()).collect();
    for (subject, entry) in entries {
        let unreadable = planned.fresh.unreadable.iter().find(|(one, _)| *one == subject);
        let end = match (unreadable, by_subject.get(&subject)) {
            (Some((_, why)), _) => Ended::Parked(entry, format!("it cannot be read: {why}")),
            (None, _) if withheld.contains(&subject) => {
                Ended::Parked(entry, "it is beyond the limits".to_owned())
            }
            (None, Some((change, record))) => tried(state, entry, &subject, (change, record), now),
            (None, None) => untried(state, entry, &subject, rows.get(&subject).copied()),
        };
        report.ended.push((subject, end));
    }
    let refused: Vec<&Change> = records
        .iter()
        .filter(|(_, record)| record.outcome == Outcome::Failed)
        .map(|(change, _)| change)
        .collect();
    let mut fresh = refresh::Fresh::default();
    for change in refused {
        let subject = Subject::of(change);
        if let Some(subject) = subject.filter(|subject| !named.contains(subject)) {
            state.escrow.refuse(subject, change, now);
        }
        refresh::around(watching.services(), &mut state.view, &mut fresh, &state.desired, change).await?;
    }
    Ok(report)
}

/// An object whose row was carried out.
fn tried(
    state: &mut State,
    entry: Entry,
    subject: &Subject,
    (change, record): (&Change, &RecordEvent),
    now: i64,
) -> Ended {
    let why = || {
        let code = record.code.as_deref().unwrap_or("failed");
        record.message.as_ref().map_or_else(|| code.to_owned(), |message| format!("{code}: {message}"))
    };
    match record.outcome {
        Outcome::Applied | Outcome::Pending => Ended::With(entry, EventState::Done, None),
        Outcome::Skipped if record.code.as_deref() == Some("stale") => Ended::Again(entry),
        Outcome::Skipped => Ended::Parked(entry, why()),
        Outcome::Failed if is_passing(record) => Ended::Parked(entry, why()),
        // What is known may be old: once more after everything around it was read.
        Outcome::Failed if entry.attempts == 0 => Ended::Again(entry),
        Outcome::Failed => {
            state.escrow.refuse(subject.clone(), change, now);
            Ended::With(entry, EventState::Failed, Some(why()))
        }
    }
}

/// Whether the same write may succeed in a while.
fn is_passing(record: &RecordEvent) -> bool {
    let Some(code) = record.code.as_deref() else { return false };
    let class = refusal::explain(code).map(|known| known.class);
    code == "ambiguous"
        || matches!(class, Some(CodeClass::Busy | CodeClass::ThrottleLane | CodeClass::ThrottleAll))
}

/// An object about which nothing was to be written.
fn untried(state: &State, entry: Entry, subject: &Subject, row: Option<&Change>) -> Ended {
    let exists = match subject {
        Subject::Account(id) => state.view.account(id).is_some(),
        Subject::Unit(id) => state.view.unit(id).is_some(),
        Subject::User(_) | Subject::Department(_) => true,
    };
    let Some(change) = row else {
        // An event that says it is there, while it is not: it may not be readable yet.
        return if exists || entry.is_deleted || state.marks.contains_key(subject) {
            Ended::With(entry, EventState::Done, None)
        } else {
            Ended::Parked(entry, "it does not exist in IDaaS".to_owned())
        };
    };
    let reason = || {
        let word = change.reason.map(Reason::as_str).unwrap_or_else(|| change.action.as_str());
        change.detail.as_ref().map_or_else(|| word.to_owned(), |detail| format!("{word}: {detail}"))
    };
    match (change.action, change.reason) {
        (Action::Blocked, Some(Reason::NoDepartment | Reason::ParentBlocked)) => {
            Ended::Parked(entry, reason())
        }
        (Action::Blocked | Action::Conflict, _) => Ended::With(entry, EventState::Held, Some(reason())),
        (
            Action::Create
            | Action::Link
            | Action::Update
            | Action::Move
            | Action::Remove
            | Action::Hold
            | Action::Unchanged
            | Action::Unmanaged,
            _,
        ) => Ended::With(entry, EventState::Done, None),
    }
}

fn has_placed(records: &[(Change, RecordEvent)]) -> bool {
    records.iter().any(|(change, record)| {
        change.entity == Entity::Department
            && record.outcome == Outcome::Applied
            && matches!(change.action, Action::Create | Action::Link)
    })
}
