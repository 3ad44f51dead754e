//! What the rows of people depend on besides people: where each unit's accounts are placed, which departments are
//! ours. Pure; says the same as a plan.

use std::collections::{HashMap, HashSet};

use super::{PlanInput, Rules, departments, scope, target};
use crate::core::error::Error;
use crate::core::journal::Memory;
use crate::core::plan::DepartmentRef;
use crate::core::source::Account;
use crate::core::target::DepartmentId;

/// What two sides hold, as far as a plan counts it.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::core) struct Whole {
    /// Accounts in scope.
    pub(in crate::core) accounts: u64,
    /// Of these, no rows.
    pub(in crate::core) ignored: u64,
    /// Units in scope.
    pub(in crate::core) units: u64,
    /// Users of the target.
    pub(in crate::core) users: u64,
    /// Departments of the target.
    pub(in crate::core) departments: u64,
}

/// Where people are placed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::core) struct Places {
    /// Units of the scope with where their accounts go; `None`: nowhere.
    pub(super) units: HashMap<String, Option<DepartmentRef>>,
    /// Units of the scope that a decision leaves out.
    pub(super) left_out: HashSet<String>,
    /// Departments bound to a unit before or by this plan, targets included.
    pub(super) bound: HashSet<DepartmentId>,
    /// Departments at or below a target.
    pub(super) inside: HashSet<DepartmentId>,
}

impl Places {
    /// Whether an account is in scope, or left out of it by decision.
    pub(in crate::core) fn holds(&self, account: &Account) -> bool {
        let is_of = |unit: &str| self.units.contains_key(unit) || self.left_out.contains(unit);
        account.units.iter().any(|membership| is_of(&membership.unit.0))
    }

    /// Whether every unit that would bring an account into the scope is left out.
    pub(super) fn leaves_out(&self, account: &Account) -> bool {
        !account.units.iter().any(|membership| self.units.contains_key(&membership.unit.0))
    }

    /// Where accounts of a unit go.
    pub(super) fn of(&self, unit: &str) -> Option<&DepartmentRef> {
        self.units.get(unit)?.as_ref()
    }

    /// Whether both have the same units in scope, wherever they are placed.
    pub(in crate::core) fn has_scope_of(&self, other: &Self) -> bool {
        let all = |places: &Self| places.units.len() + places.left_out.len();
        let is_of = |unit: &String| other.units.contains_key(unit) || other.left_out.contains(unit);
        all(self) == all(other) && self.units.keys().chain(&self.left_out).all(is_of)
    }

    /// The units and the departments of which the two say different things.
    pub(in crate::core) fn differences<'p>(
        &'p self,
        other: &'p Self,
    ) -> (HashSet<&'p str>, HashSet<DepartmentId>) {
        let placed = |one: &'p Self, other: &'p Self| {
            one.units
                .iter()
                .filter(|(unit, place)| other.units.get(*unit) != Some(place))
                .map(|(unit, _)| unit)
        };
        let units = placed(self, other).chain(placed(other, self));
        let units = units.chain(self.left_out.symmetric_difference(&other.left_out));
        let departments = self.bound.symmetric_difference(&other.bound);
        let departments = departments.chain(self.inside.symmetric_difference(&other.inside));
        (units.map(String::as_str).collect(), departments.copied().collect())
    }

    /// The departments that a unit outside the scope is bound to.
    pub(in crate::core) fn left_behind(&self, memory: &Memory) -> HashSet<DepartmentId> {
        let bound = memory.departments.iter();
        bound.filter(|(unit, _)| !self.units.contains_key(&unit.0)).map(|(_, id)| *id).collect()
    }
}

/// Places the units of both sides; people are not looked at. Errors: as a plan's.
pub(in crate::core) fn places(input: &PlanInput<'_>) -> Result<Places, Error> {
    let rules = Rules::compile(input.profile)?;
    let target = target::TargetIndex::new(input.target);
    let scope = scope::Scope::new(input.profile, input.source, &input.memory.left_out_units)?;
    target.require(input.profile)?;
    Ok(departments::plan(input, &rules, &scope, &target).places)
}
