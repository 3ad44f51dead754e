//! The inverse of a run as a plan: what it created is removed, what it changed is changed back, what it linked is
//! bound no more. Rules: contract section 5, `undo`.

use std::collections::HashMap;

use super::field::FieldName;
use super::journal::{Intent, Memory, RecordEnd, RunKind};
use super::plan::{
    Action, CallCounts, Change, DepartmentRef, Entity, FieldChange, FieldValue, MatchedBy, Plan, Summary,
    TargetCounts,
};
use super::planner::{limits, write_calls};
use super::profile::SafetyLimits;
use super::source::UnitId;
use super::target::{DepartmentId, TargetSnapshot};

/// What an undo is made from.
pub struct UndoInput<'a> {
    /// What the run was for.
    pub kind: RunKind,
    /// The run's plan.
    pub plan: &'a Plan,
    /// How its records ended.
    pub ended: &'a [RecordEnd],
    /// The calls it sent, for the values before a removal.
    pub calls: &'a [Intent],
    /// A new read of the target.
    pub target: &'a TargetSnapshot,
    /// Bindings.
    pub memory: &'a Memory,
    /// Limits on removals count here too.
    pub limits: &'a SafetyLimits,
    /// RFC 3339.
    pub created_at: String,
}

/// The inverse plan. What cannot be undone is a `blocked` row that says why.
pub fn undo(input: &UndoInput<'_>) -> Plan {
    let places = Places::of(input);
    let applied = input.ended.iter().filter(|end| is_applied(end));
    let mut rows: Vec<(usize, Change)> = applied
        .filter_map(|end| Some((end.row, inverse(input, &places, end, input.plan.changes.get(end.row)?))))
        .collect();
    // The order of the run's plan: departments first, parents before children.
    rows.sort_by_key(|(row, _)| *row);
    let changes: Vec<Change> = rows.into_iter().map(|(_, change)| change).collect();
    let mut summary = Summary::default();
    for change in &changes {
        match change.entity {
            Entity::Department => summary.departments.add(change.action),
            Entity::User => summary.users.add(change.action),
        }
    }
    let target = TargetCounts {
        users: input.target.users.len() as u64,
        departments: input.target.departments.iter().filter(|department| department.parent.is_some()).count()
            as u64,
    };
    let mut plan = Plan {
        created_at: input.created_at.clone(),
        first_run: false,
        complete: input.target.is_complete,
        target,
        calls: CallCounts { read: input.target.calls, write: changes.iter().map(write_calls).sum() },
        limits: Vec::new(),
        summary,
        changes,
        ..head(input.plan)
    };
    plan.limits = limits::removals(&plan, input.limits, input.memory.bindings());
    plan.plan_id = plan.compute_id();
    plan
}

/// The plan without its rows.
fn head(plan: &Plan) -> Plan {
    Plan {
        format: plan.format.clone(),
        plan_id: String::new(),
        connection: plan.connection.clone(),
        profile: plan.profile.clone(),
        created_at: String::new(),
        changes: Vec::new(),
        limits: Vec::new(),
        ..*plan
    }
}

fn is_applied(end: &RecordEnd) -> bool {
    use super::event::Outcome::{Applied, Pending};
    matches!(end.event.outcome, Applied | Pending)
}

fn inverse(input: &UndoInput<'_>, places: &Places, end: &RecordEnd, done: &Change) -> Change {
    let base = Change {
        target_id: end.event.target_id.clone().or_else(|| done.target_id.clone()),
        fields: Vec::new(),
        reason: None,
        detail: None,
        warnings: std::collections::BTreeSet::new(),
        ..done.clone()
    };
    if end.event.outcome == super::event::Outcome::Pending {
        return cannot(base, "an invitation that was sent cannot be taken back");
    }
    let was_unlinked = input.kind == RunKind::Undo && done.matched_by != Some(MatchedBy::Binding);
    match (done.entity, done.action) {
        (_, Action::Create) => Change {
            action: Action::Remove,
            fields: created(input, places, done),
            matched_by: Some(MatchedBy::Binding),
            ..base
        },
        (_, Action::Update | Action::Move) if was_unlinked => {
            Change { action: Action::Link, fields: back(places, done), ..base }
        }
        (_, Action::Link | Action::Update | Action::Move) => {
            let fields = back(places, done);
            let moves = fields.iter().any(|field| is_place(&field.field));
            Change { action: if moves { Action::Move } else { Action::Update }, fields, ..base }
        }
        (Entity::Department, Action::Remove) => recreated(input, places, end.row, base),
        (Entity::User, Action::Remove) => {
            cannot(base, "a removed user cannot be brought back: DingTalk gives out a new account")
        }
        (_, Action::Hold | Action::Unchanged | Action::Conflict | Action::Blocked | Action::Unmanaged) => {
            cannot(base, "nothing was written")
        }
    }
}

fn cannot(base: Change, why: &str) -> Change {
    Change { action: Action::Blocked, detail: Some(why.to_owned()), ..base }
}

/// What a create wrote, so that what was changed since is seen; values that DingTalk may not keep tell nothing.
fn created(input: &UndoInput<'_>, places: &Places, done: &Change) -> Vec<FieldChange> {
    let is_kept = |field: &&FieldChange| {
        !matches!(field.field.as_str(), "org_email" | "login_email" | "userid")
            && field.field.extension_key().is_none()
            && !input.memory.unstored.keys().any(|key| {
                key.entity == done.entity
                    && done.target_id.as_ref() == Some(&key.target_id)
                    && key.field == field.field
            })
    };
    done.fields
        .iter()
        .filter(is_kept)
        .map(|field| FieldChange {
            field: field.field.clone(),
            before: places.now(field),
            after: FieldValue::EMPTY,
        })
        .collect()
}

/// The fields of a row the other way round.
fn back(places: &Places, done: &Change) -> Vec<FieldChange> {
    done.fields
        .iter()
        .map(|field| FieldChange {
            field: field.field.clone(),
            before: places.now(field),
            after: places.again(&field.field, &field.before),
        })
        .collect()
}

/// A removed department, made anew as it was read before its removal.
fn recreated(input: &UndoInput<'_>, places: &Places, row: usize, base: Change) -> Change {
    let Some(call) = input.calls.iter().rfind(|call| call.row == row) else {
        return cannot(base, "the journal does not hold what the department was");
    };
    let fields: Vec<FieldChange> = call
        .before
        .iter()
        .filter(|lost| lost.before != FieldValue::EMPTY)
        .map(|lost| FieldChange {
            field: lost.field.clone(),
            before: FieldValue::EMPTY,
            after: places.again(&lost.field, &lost.before),
        })
        .collect();
    if !fields.iter().any(|field| field.field.as_str() == "parent_id") {
        return cannot(base, "the journal does not hold the department's parent");
    }
    Change { action: Action::Create, target_id: None, matched_by: None, fields, ..base }
}

fn is_place(field: &FieldName) -> bool {
    matches!(field.as_str(), "parent_id" | "dept_id_list")
}

/// What department references of the run mean now.
struct Places {
    /// Departments the run created.
    made: HashMap<UnitId, DepartmentId>,
    /// Departments the run removed and the undo makes anew.
    removed: HashMap<String, UnitId>,
}

impl Places {
    fn of(input: &UndoInput<'_>) -> Self {
        let (mut made, mut removed) = (input.memory.departments.clone(), HashMap::new());
        for end in input.ended.iter().filter(|end| is_applied(end) && end.event.entity == Entity::Department)
        {
            let (Some(unit), Some(id)) = (&end.event.source_id, &end.event.target_id) else { continue };
            match (end.event.action, id.parse()) {
                (Action::Create, Ok(number)) => {
                    made.insert(UnitId(unit.clone()), DepartmentId(number));
                }
                (Action::Remove, _) => {
                    removed.insert(id.clone(), UnitId(unit.clone()));
                }
                _ => {}
            }
        }
        Self { made, removed }
    }

    /// A value the run wrote, as it is read now.
    fn now(&self, field: &FieldChange) -> FieldValue {
        map(&field.field, &field.after, |text| match DepartmentRef::try_from(text.to_owned()) {
            Ok(DepartmentRef::New(unit)) => {
                self.made.get(&unit).map_or_else(|| text.to_owned(), ToString::to_string)
            }
            _ => text.to_owned(),
        })
    }

    /// A value from before the run, as it can be had again.
    fn again(&self, field: &FieldName, value: &FieldValue) -> FieldValue {
        map(field, value, |text| {
            let unit = self.removed.get(text);
            unit.map_or_else(|| text.to_owned(), |unit| DepartmentRef::New(unit.clone()).to_string())
        })
    }
}

/// Department references are translated, every other text is as it is.
fn map(field: &FieldName, value: &FieldValue, text: impl Fn(&str) -> String) -> FieldValue {
    match value {
        other if !is_place(field) => other.clone(),
        FieldValue::Empty(()) => FieldValue::EMPTY,
        FieldValue::Text(one) => FieldValue::Text(text(one)),
        FieldValue::List(list) => FieldValue::List(list.iter().map(|one| text(one)).collect()),
    }
}
