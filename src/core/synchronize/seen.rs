//! What a plan was made from, cut down to what applying it depends on, and back again.

use std::collections::{BTreeSet, HashSet};

use crate::core::field::user_field;
use crate::core::journal::{RunKind, Seen};
use crate::core::plan::{Action, Change, Entity, Plan};
use crate::core::target::{Department, Range, TargetSnapshot};

/// What has to survive of a reading.
pub(super) fn seen(plan: &Plan, snapshot: &TargetSnapshot, kind: RunKind) -> Seen {
    let of = |entity: Entity| {
        plan.changes.iter().filter(move |change| change.entity == entity && change.action.is_writing())
    };
    let is_undo = kind == RunKind::Undo;
    let touched: HashSet<&str> =
        of(Entity::Department).filter_map(|change| change.target_id.as_deref()).collect();
    // Who moves below whom, and which names are taken, concerns the whole tree.
    let departments = if touched.is_empty() { &[] } else { snapshot.departments.as_slice() };
    // Sorted by id, as those of a snapshot are.
    let whole: BTreeSet<&str> = of(Entity::User)
        .filter(|change| is_undo || needs_the_rest(change))
        .filter_map(|change| change.target_id.as_deref())
        .collect();
    Seen {
        read_at_ms: snapshot.read_at_ms,
        departments: departments
            .iter()
            .map(|found| match touched.contains(found.id.to_string().as_str()) {
                true => found.clone(),
                false => Department { fields: Vec::new(), ..found.clone() },
            })
            .collect(),
        users: whole.into_iter().filter_map(|id| snapshot.user(id)).cloned().collect(),
    }
}

/// Whether a user's row needs more than its own fields: a removal is compared with everything, attributes are sent
/// together, and a unique value may have to be freed ahead of time.
fn needs_the_rest(change: &Change) -> bool {
    let is_special =
        |name: &str| name.starts_with("extension.") || user_field(name).is_some_and(|spec| spec.is_unique);
    match change.action {
        Action::Create => false,
        Action::Remove => true,
        _ => change.fields.iter().any(|field| is_special(field.field.as_str())),
    }
}

/// The reading a resumed run judges by. It proves nothing about what it does not hold.
pub(super) fn snapshot(seen: Seen) -> TargetSnapshot {
    TargetSnapshot {
        departments: seen.departments,
        users: seen.users,
        is_complete: false,
        range: Range::All,
        unreadable: std::collections::BTreeSet::new(),
        calls: 0,
        read_at_ms: seen.read_at_ms,
    }
}
