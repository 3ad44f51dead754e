//! The guards of a run, computed for a plan. Exceeding is strictly greater; percentages are of all bindings before
//! the run. Source: contract section 3 `[limits]` and section 4 "Limits".

use crate::core::journal::Memory;
use crate::core::plan::{LimitExceeded, Plan};
use crate::core::profile::SafetyLimits;

/// A limit and what a plan uses of it: a budget that a screen can show before it is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitUse {
    /// The settings key, for example `remove_users`.
    pub limit: &'static str,
    /// The settings' value.
    pub allowed: u64,
    /// What is planned: a count, or a percentage rounded up.
    pub planned: u64,
}

impl LimitUse {
    /// Whether the plan is beyond the limit.
    pub fn is_exceeded(&self) -> bool {
        self.planned > self.allowed
    }

    /// Whether both numbers are percentages.
    pub fn is_share(&self) -> bool {
        self.limit.ends_with("_percent")
    }
}

/// Every limit that applies to a plan, with what the plan uses of it.
pub fn budget(plan: &Plan, limits: &SafetyLimits, memory: &Memory) -> Vec<LimitUse> {
    let (departments, users) = (plan.summary.departments, plan.summary.users);
    let bindings = memory.bindings();
    let mut uses = removal_budget(plan, limits, bindings);
    if !plan.first_run {
        let updates = users.update + users.moved + departments.update + departments.moved;
        uses.extend(share("update_percent", limits.update_percent, updates, bindings));
    }
    if let Some(last) = memory.last_source_accounts {
        let missing = last.saturating_sub(plan.source.accounts);
        uses.extend(share("source_shrink_percent", limits.source_shrink_percent, missing, last));
    }
    uses
}

/// The limits a plan exceeds.
pub(in crate::core) fn exceeded(plan: &Plan, limits: &SafetyLimits, memory: &Memory) -> Vec<LimitExceeded> {
    beyond(budget(plan, limits, memory))
}

/// The limits on removals that a plan exceeds.
pub(in crate::core) fn removals(plan: &Plan, limits: &SafetyLimits, bindings: u64) -> Vec<LimitExceeded> {
    beyond(removal_budget(plan, limits, bindings))
}

fn removal_budget(plan: &Plan, limits: &SafetyLimits, bindings: u64) -> Vec<LimitUse> {
    let (departments, users) = (plan.summary.departments.remove, plan.summary.users.remove);
    let mut uses = vec![
        LimitUse { limit: "remove_users", allowed: limits.remove_users, planned: users },
        LimitUse { limit: "remove_departments", allowed: limits.remove_departments, planned: departments },
    ];
    uses.extend(share("remove_percent", limits.remove_percent, users + departments, bindings));
    uses
}

fn share(limit: &'static str, allowed: u64, part: u64, whole: u64) -> Option<LimitUse> {
    (whole > 0).then(|| LimitUse { limit, allowed, planned: (part * 100).div_ceil(whole) })
}

fn beyond(uses: Vec<LimitUse>) -> Vec<LimitExceeded> {
    uses.into_iter()
        .filter(LimitUse::is_exceeded)
        .map(|used| LimitExceeded {
            limit: used.limit.to_owned(),
            allowed: used.allowed,
            planned: used.planned,
        })
        .collect()
}
