//! The guards of a run, computed for a plan. Exceeding is strictly greater; percentages are of all bindings before
//! the run. Source: contract section 3 `[limits]` and section 4 "Limits".

use super::PlanInput;
use crate::core::plan::{LimitExceeded, Plan};

/// The limits a plan exceeds.
pub(super) fn exceeded(plan: &Plan, input: &PlanInput<'_>) -> Vec<LimitExceeded> {
    let limits = &input.profile.limits;
    let (departments, users) = (plan.summary.departments, plan.summary.users);
    let bindings = (input.memory.users.len() + input.memory.departments.len()) as u64;
    let mut found = Vec::new();
    let mut count = |limit: &str, allowed: u64, planned: u64| {
        if planned > allowed {
            found.push(LimitExceeded { limit: limit.to_owned(), allowed, planned });
        }
    };
    count("remove_users", limits.remove_users, users.remove);
    count("remove_departments", limits.remove_departments, departments.remove);
    let removals = users.remove + departments.remove;
    count_share("remove_percent", limits.remove_percent, removals, bindings, &mut count);
    if !plan.first_run {
        let updates = users.update + users.moved + departments.update + departments.moved;
        count_share("update_percent", limits.update_percent, updates, bindings, &mut count);
    }
    if let Some(last) = input.memory.last_source_accounts {
        let missing = last.saturating_sub(plan.source.accounts);
        count_share("source_shrink_percent", limits.source_shrink_percent, missing, last, &mut count);
    }
    found
}

fn count_share(limit: &str, allowed: u64, part: u64, whole: u64, count: &mut impl FnMut(&str, u64, u64)) {
    if whole > 0 && part * 100 > allowed * whole {
        count(limit, allowed, (part * 100).div_ceil(whole));
    }
}
