//! Bound records that left the source or the scope: held, moved or removed. Rules: contract section 4 "Leavers".

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::PlanInput;
use super::departments::{Departments, references};
use super::places::Places;
use super::scope::Scope;
use super::target::TargetIndex;
use super::users::{Users, leaver_row};
use crate::core::field::FieldName;
use crate::core::plan::{Action, Change, DepartmentRef, Entity, FieldChange, MatchedBy, Reason, Warning};
use crate::core::profile::Leavers;
use crate::core::source::UnitId;
use crate::core::target::{Department, DepartmentId, User, UserId};
use crate::core::text;

/// Adds the rows of bound accounts that are no longer meant.
pub(super) fn users<'a>(input: &PlanInput<'a>, all_accounts: u64, users: &mut Users<'a>, places: &Places) {
    let mut leaving = std::mem::take(&mut users.bound);
    leaving.retain(|(account, ..)| users.active.binary_search(&account.0.as_str()).is_err());
    leaving.sort();
    let known = LazyCell::new(|| -> HashSet<&str> {
        input.source.accounts.iter().map(|account| account.id.as_str()).collect()
    });
    for (account, user_id, position) in leaving {
        let user = &input.target.users[position];
        let reason = match users.leaving.get(account.0.as_str()) {
            Some(reason) => *reason,
            None if known.contains(account.0.as_str()) => Reason::OutOfScope,
            None => Reason::Gone,
        };
        let mut change = blank(Entity::User, account.0.clone(), user_id.to_string(), reason);
        change.name = text::for_display(user.field("name").unwrap_or(&user_id.0), 400);
        if users.held.contains(account.0.as_str()) {
            change.detail = Some(super::decided::LEFT_OUT.to_owned());
        } else {
            decide(input, all_accounts, user, places, &mut change);
        }
        users.taken[position] = true;
        users.rows.push(leaver_row(change, position));
    }
}

fn decide(input: &PlanInput<'_>, all_accounts: u64, user: &User, places: &Places, change: &mut Change) {
    let is_kept = change.reason == Some(Reason::Disabled)
        && input.profile.scenario.disabled_accounts == crate::core::profile::DisabledAccounts::Keep;
    let wish = if is_kept { Leavers::Hold } else { input.profile.scenario.leavers };
    // An incomplete or empty read proves nobody's leaving.
    let is_proved = input.target.is_complete && all_accounts > 0;
    match (wish, input.profile.scenario.leavers_department) {
        (Leavers::Hold, _) | (Leavers::Move, None) => {}
        (Leavers::Move | Leavers::Remove, _) if user.is_administrator => {
            change.warnings.insert(Warning::Administrator);
        }
        (Leavers::Move | Leavers::Remove, _) if !is_proved => {
            change.detail = Some("the read was incomplete or empty".to_owned());
        }
        (Leavers::Remove, _) => change.action = Action::Remove,
        (Leavers::Move, Some(leavers)) => move_away(user, leavers, places, change),
    }
}

fn move_away(user: &User, leavers: DepartmentId, places: &Places, change: &mut Change) {
    let mut wanted = vec![DepartmentRef::Existing(leavers)];
    let own = user.departments.iter().filter(|id| **id != leavers && !places.bound.contains(id));
    wanted.extend(own.map(|id| DepartmentRef::Existing(*id)));
    let current: Vec<DepartmentRef> =
        user.departments.iter().map(|id| DepartmentRef::Existing(*id)).collect();
    let is_there = wanted.len() == current.len() && wanted.iter().all(|place| current.contains(place));
    if is_there {
        change.action = Action::Unchanged;
        change.reason = None;
        return;
    }
    change.action = Action::Move;
    change.fields.push(FieldChange {
        field: FieldName::new("dept_id_list"),
        before: references(&current),
        after: references(&wanted),
    });
}

/// Adds the rows of bound departments whose unit is no longer meant.
pub(super) fn departments(
    input: &PlanInput<'_>,
    scope: &Scope<'_>,
    target: &TargetIndex<'_>,
    departments: &mut Departments,
    users: &Users<'_>,
) {
    let targets: HashSet<DepartmentId> =
        input.profile.scenario.scope.iter().map(|pair| pair.target).collect();
    let mut leaving: Vec<(&UnitId, &Department)> = input
        .memory
        .departments
        .iter()
        .filter(|(unit, id)| scope.unit(&unit.0).is_none() && !targets.contains(id))
        .filter(|(_, id)| !departments.taken.contains(id))
        .filter_map(|(unit, id)| Some((unit, target.own(*id)?)))
        .collect();
    leaving.sort_by_key(|(unit, department)| (target.level(department.id), *unit));
    let is_held = |unit: &UnitId| scope.left_out.contains(unit.0.as_str());
    let ids: HashSet<DepartmentId> =
        leaving.iter().filter(|(unit, _)| !is_held(unit)).map(|(_, department)| department.id).collect();
    let may_remove = input.profile.scenario.leavers == Leavers::Remove
        && input.target.is_complete
        && scope.all_accounts > 0;
    let emptied = LazyCell::new(|| Emptied {
        input,
        target,
        ids: &ids,
        members: target.members(&ids),
        leaves: leaves_by_user(users),
        arrivals: arrivals(users),
    });
    let mut memo = HashMap::new();
    for (unit, department) in leaving {
        let is_known = scope.units.contains_key(unit.0.as_str());
        let reason = match (is_held(unit), is_known) {
            (true, _) => Reason::Excluded,
            (false, true) => Reason::OutOfScope,
            (false, false) => Reason::Gone,
        };
        let mut change = blank(Entity::Department, unit.0.clone(), department.id.to_string(), reason);
        change.name = text::for_display(&department.name, 400);
        if is_held(unit) {
            change.detail = Some(super::decided::LEFT_OUT.to_owned());
        } else if may_remove {
            match emptied.obstacle(department.id, departments, &mut memo) {
                None => change.action = Action::Remove,
                Some(obstacle) => change.detail = Some(obstacle),
            }
        }
        departments.depths.insert(unit.0.clone(), target.level(department.id));
        departments.taken.insert(department.id);
        departments.changes.push(change);
    }
}

/// Which departments each user is in after the plan, where the plan says so; an empty list for removed users.
fn leaves_by_user<'u>(users: &'u Users<'_>) -> HashMap<&'u str, Vec<String>> {
    let mut leaves = HashMap::new();
    for row in &users.rows {
        let Some(id) = row.change.target_id.as_deref() else { continue };
        if row.change.action == Action::Remove {
            leaves.insert(id, Vec::new());
        } else if let Some(crate::core::plan::FieldValue::List(list)) = row
            .change
            .fields
            .iter()
            .find(|field| field.field.as_str() == "dept_id_list")
            .map(|field| &field.after)
        {
            leaves.insert(id, list.clone());
        }
    }
    leaves
}

/// Departments that somebody is put into by the plan.
fn arrivals(users: &Users<'_>) -> HashSet<String> {
    let mut arrivals = HashSet::new();
    for field in users.rows.iter().flat_map(|row| &row.change.fields) {
        if let crate::core::plan::FieldValue::List(list) = &field.after {
            arrivals.extend(list.iter().cloned());
        }
    }
    arrivals
}

struct Emptied<'a, 'i> {
    input: &'i PlanInput<'a>,
    target: &'i TargetIndex<'a>,
    ids: &'i HashSet<DepartmentId>,
    members: HashMap<DepartmentId, Vec<&'a UserId>>,
    leaves: HashMap<&'i str, Vec<String>>,
    arrivals: HashSet<String>,
}

impl Emptied<'_, '_> {
    /// What keeps a department from being removed; `None` when nothing does.
    fn obstacle(
        &self,
        id: DepartmentId,
        departments: &Departments,
        memo: &mut HashMap<DepartmentId, Option<String>>,
    ) -> Option<String> {
        if let Some(known) = memo.get(&id) {
            return known.clone();
        }
        // Guards against a cycle in what was read: a department met again keeps itself.
        memo.insert(id, Some("it lies inside itself".to_owned()));
        let found = self.own_obstacle(id).or_else(|| {
            self.target.children(id).iter().find_map(|child| {
                if !self.ids.contains(&child.id) && !self.moves_away(child, departments) {
                    return Some(format!("department {} below it stays", child.id));
                }
                let is_leaving = self.ids.contains(&child.id);
                let below = if is_leaving { self.obstacle(child.id, departments, memo) } else { None };
                below.map(|_| format!("department {} below it is held", child.id))
            })
        });
        memo.insert(id, found.clone());
        found
    }

    fn own_obstacle(&self, id: DepartmentId) -> Option<String> {
        let text = id.to_string();
        if self.arrivals.contains(&text) {
            return Some("somebody is placed in it".to_owned());
        }
        if self.input.profile.scenario.leavers_department == Some(id) {
            return Some("it is the leavers department".to_owned());
        }
        let members = self.members.get(&id).map(Vec::as_slice).unwrap_or_default();
        let staying = members
            .iter()
            .find(|user| self.leaves.get(user.0.as_str()).is_none_or(|after| after.contains(&text)));
        staying.map(|user| format!("user {user} stays in it"))
    }

    /// Whether the plan moves a child under another parent.
    fn moves_away(&self, child: &Department, departments: &Departments) -> bool {
        let id = child.id.to_string();
        departments.changes.iter().any(|change| {
            change.target_id.as_deref() == Some(id.as_str())
                && matches!(change.action, Action::Move | Action::Link)
                && change.fields.iter().any(|field| field.field.as_str() == "parent_id")
        })
    }
}

fn blank(entity: Entity, source_id: String, target_id: String, reason: Reason) -> Change {
    Change {
        entity,
        action: Action::Hold,
        source_id: Some(source_id),
        target_id: Some(target_id),
        name: String::new(),
        matched_by: Some(MatchedBy::Binding),
        fields: Vec::new(),
        reason: Some(reason),
        detail: None,
        warnings: BTreeSet::new(),
    }
}
