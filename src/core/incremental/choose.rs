//! Which rows of a whole plan are carried out, and which were made by hand. Pure.
//!
//! A row is taken when an event names its source object or its source object wishes something else than when both
//! sides last agreed; with it goes what it needs: departments that must exist first, and whoever gives up a value it
//! claims. Every other row that would write is drift.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Subject;
use super::view::View;
use crate::core::matching;
use crate::core::normalise;
use crate::core::plan::{Change, Entity, FieldValue, Plan};
use crate::core::target::{Department, DepartmentId, UserId};

/// Values that only one user may have.
pub(super) const UNIQUE: [&str; 4] = ["mobile", "email", "telephone", "userid"];

/// Rows by what is done about them, as indices into the plan.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Carried out.
    pub taken: BTreeSet<usize>,
    /// Shown, and not fought.
    pub drift: Vec<usize>,
}

/// What a choice depends on besides the plan.
pub(super) struct Standing<'s> {
    /// Source objects that events name.
    pub hinted: &'s HashSet<Subject>,
    /// Whether a source object wishes something else than at the last agreement.
    pub is_changed: &'s dyn Fn(&Subject) -> bool,
    /// Whether the row was refused with this content not long ago.
    pub is_refused: &'s dyn Fn(&Subject, &Change) -> bool,
}

/// Chooses.
pub(super) fn choose(plan: &Plan, view: &View, standing: &Standing<'_>) -> Choice {
    let mut choice = Choice::default();
    let mut others = Vec::new();
    for (index, change) in plan.changes.iter().enumerate().filter(|(_, change)| change.action.is_writing()) {
        let Some(subject) = Subject::of(change) else { continue };
        if standing.hinted.contains(&subject) {
            choice.taken.insert(index);
        } else if (standing.is_refused)(&subject, change) {
            continue;
        } else if (standing.is_changed)(&subject) {
            choice.taken.insert(index);
        } else {
            others.push(index);
        }
    }
    if !choice.taken.is_empty() {
        take_needed(plan, view, &mut choice.taken);
    }
    choice.drift = others.into_iter().filter(|index| !choice.taken.contains(index)).collect();
    choice
}

fn take_needed(plan: &Plan, view: &View, taken: &mut BTreeSet<usize>) {
    let rows = Rows::of(plan);
    let mut open: Vec<usize> = taken.iter().copied().collect();
    while let Some(index) = open.pop() {
        for needed in rows.needed(view, &plan.changes[index]) {
            if plan.changes[needed].action.is_writing() && taken.insert(needed) {
                open.push(needed);
            }
        }
    }
}

/// The rows of a plan by what other rows call them.
struct Rows<'p> {
    by_unit: HashMap<&'p str, usize>,
    by_department: HashMap<&'p str, usize>,
    by_user: HashMap<&'p str, usize>,
}

impl<'p> Rows<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut rows =
            Self { by_unit: HashMap::new(), by_department: HashMap::new(), by_user: HashMap::new() };
        for (index, change) in plan.changes.iter().enumerate() {
            let target = change.target_id.as_deref();
            match change.entity {
                Entity::Department => {
                    rows.by_unit.extend(change.source_id.as_deref().map(|id| (id, index)));
                    rows.by_department.extend(target.map(|id| (id, index)));
                }
                Entity::User => rows.by_user.extend(target.map(|id| (id, index))),
            }
        }
        rows
    }

    fn needed(&self, view: &View, change: &Change) -> Vec<usize> {
        let mut needed: Vec<usize> =
            new_units(change).iter().filter_map(|unit| self.by_unit.get(unit.as_str())).copied().collect();
        match change.entity {
            Entity::User => {
                let rivals = rivals_of_user(view, change);
                needed.extend(rivals.iter().filter_map(|id| self.by_user.get(id.0.as_str())));
            }
            Entity::Department => {
                let rival = rival_of_department(view, change).map(|id| id.to_string());
                needed.extend(rival.and_then(|id| self.by_department.get(id.as_str())));
            }
        }
        needed
    }
}

/// Units whose departments must be created before a row.
fn new_units(change: &Change) -> Vec<String> {
    let mut units = Vec::new();
    for field in &change.fields {
        match (field.field.as_str(), &field.after) {
            ("parent_id", FieldValue::Text(text)) => {
                units.extend(text.strip_prefix("new:").map(str::to_owned))
            }
            ("dept_id_list", FieldValue::List(list)) => {
                units.extend(list.iter().filter_map(|text| text.strip_prefix("new:")).map(str::to_owned));
            }
            _ => {}
        }
    }
    units
}

/// Other users who hold a unique value that a row claims.
pub(super) fn rivals_of_user(view: &View, change: &Change) -> Vec<UserId> {
    let claims = change.fields.iter().filter_map(|field| {
        let unique = UNIQUE.into_iter().find(|unique| *unique == field.field.as_str())?;
        Some((unique, field.after.as_text()?.to_owned()))
    });
    let own = change.target_id.as_deref();
    holders(view, claims).into_iter().filter(|id| Some(id.0.as_str()) != own).collect()
}

/// Users who hold one of these unique values.
pub(super) fn holders(view: &View, claims: impl Iterator<Item = (&'static str, String)>) -> Vec<UserId> {
    let mut found: Vec<UserId> = Vec::new();
    for (field, value) in claims {
        let Some(key) = matching::unique_key(field, &value) else { continue };
        for user in view.users_with(field, &value) {
            let held = user.value(field).and_then(|held| matching::unique_key(field, held));
            if held.as_ref() == Some(&key) && !found.contains(&user.id) {
                found.push(user.id.clone());
            }
        }
    }
    found
}

/// Another department that has the name a row claims, under the parent it claims.
pub(super) fn rival_of_department(view: &View, change: &Change) -> Option<DepartmentId> {
    let own = change.target_id.as_deref().and_then(|id| id.parse().ok()).map(DepartmentId);
    let current: Option<&Department> = own.and_then(|id| view.department(id));
    let after = |name: &str| {
        change
            .fields
            .iter()
            .find(|field| field.field.as_str() == name)
            .and_then(|field| field.after.as_text())
    };
    let name = normalise::text(after("name").or(current.map(|one| one.name.as_str()))?);
    let parent = match after("parent_id") {
        Some(text) => Some(DepartmentId(text.parse().ok()?)),
        None => current.and_then(|one| one.parent),
    };
    named_child(view, parent?, &name).filter(|id| Some(*id) != own)
}

/// The child of a department with a name in its normal form.
pub(super) fn named_child(view: &View, parent: DepartmentId, name: &str) -> Option<DepartmentId> {
    let departments = view.target.departments.iter();
    departments
        .filter(|one| one.parent == Some(parent))
        .find(|one| normalise::text(&one.name) == name)
        .map(|one| one.id)
}
