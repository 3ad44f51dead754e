//! The guards of a run, computed for a plan. Exceeding is strictly greater; percentages are of all bindings before
//! the run. Source: contract section 3 `[limits]` and section 4 "Limits".

use super::PlanInput;
use crate::core::plan::{LimitExceeded, Plan};
use crate::core::profile::SafetyLimits;

/// The limits a plan exceeds.
pub(in crate::core) fn exceeded(plan: &Plan, input: &PlanInput<'_>) -> Vec<LimitExceeded> {
    let limits = &input.profile.limits;
    let (departments, users) = (plan.summary.departments, plan.summary.users);
    let bindings = input.memory.bindings();
    let mut found = removals(plan, limits, bindings);
    if !plan.first_run {
        let updates = users.update + users.moved + departments.update + departments.moved;
        count_share("update_percent", limits.update_percent, updates, bindings, &mut found);
    }
    if let Some(last) = input.memory.last_source_accounts {
        let missing = last.saturating_sub(plan.source.accounts);
        count_share("source_shrink_percent", limits.source_shrink_percent, missing, last, &mut found);
    }
    found
}

/// The limits on removals that a plan exceeds.
pub(in crate::core) fn removals(plan: &Plan, limits: &SafetyLimits, bindings: u64) -> Vec<LimitExceeded> {
    let (departments, users) = (plan.summary.departments.remove, plan.summary.users.remove);
    let mut found = Vec::new();
    count("remove_users", limits.remove_users, users, &mut found);
    count("remove_departments", limits.remove_departments, departments, &mut found);
    count_share("remove_percent", limits.remove_percent, users + departments, bindings, &mut found);
    found
}

fn count(limit: &str, allowed: u64, planned: u64, found: &mut Vec<LimitExceeded>) {
    if planned > allowed {
        found.push(LimitExceeded { limit: limit.to_owned(), allowed, planned });
    }
}

fn count_share(limit: &str, allowed: u64, part: u64, whole: u64, found: &mut Vec<LimitExceeded>) {
    if whole > 0 && part * 100 > allowed * whole {
        count(limit, allowed, (part * 100).div_ceil(whole), found);
    }
}
