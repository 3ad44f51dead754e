//! A saved plan against the present: it is applied exactly, or its stale rows are named. Contract section 5.

use std::collections::HashMap;
use std::fmt;

use super::error::{Error, ErrorKind};
use super::journal::Memory;
use super::plan::{Change, Entity, LimitExceeded, Plan};
use super::planner::limits;
use super::profile::{Profile, SafetyLimits};

/// A row that would now be planned differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Department or user.
    pub entity: Entity,
    /// The row's IDaaS id, else its DingTalk id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for Stale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

/// A plan made for another connection or mapping is stale as a whole.
pub fn belongs(plan: &Plan, profile: &Profile) -> Result<(), Error> {
    if plan.profile == profile.fingerprint() {
        return Ok(());
    }
    let message = format!("the plan of \"{}\" was made for another connection or mapping", plan.connection);
    Err(Error::new(ErrorKind::Stale, message).with_hint("make a new one with: dingsync preview --out FILE"))
}

/// The saved plan without its stale rows, and these. Rows that the saved plan does not write do not matter. Its limits
/// are counted for what it writes, which may be less than what a new plan would; how far the source shrank is seen
/// in the new one.
pub fn reconcile(saved: Plan, fresh: &Plan, limits: &SafetyLimits, memory: &Memory) -> (Plan, Vec<Stale>) {
    let present: HashMap<(Entity, &str), &Change> =
        fresh.changes.iter().map(|change| ((change.entity, change.id()), change)).collect();
    let is_stale = |change: &Change| {
        change.action.is_writing()
            && !present.get(&(change.entity, change.id())).is_some_and(|now| is_as(now, change))
    };
    let stale: Vec<Stale> = saved
        .changes
        .iter()
        .filter(|change| is_stale(change))
        .map(|change| Stale { entity: change.entity, id: change.id().to_owned(), name: change.name.clone() })
        .collect();
    let mut plan = saved;
    if !stale.is_empty() {
        plan = plan.restricted_to(|change| !is_stale(change));
    }
    let is_shrink = |limit: &&LimitExceeded| limit.limit == "source_shrink_percent";
    let mut exceeded = limits::exceeded(&plan, limits, memory);
    exceeded.retain(|limit| !is_shrink(&limit));
    exceeded.extend(fresh.limits.iter().filter(is_shrink).cloned());
    plan.limits = exceeded;
    (plan, stale)
}

/// Whether two rows do the same; what is only said about them may differ.
fn is_as(now: &Change, then: &Change) -> bool {
    now.action == then.action && now.target_id == then.target_id && now.fields == then.fields
}
