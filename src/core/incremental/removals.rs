//! The guard on removals per rolling hour: many small plans together may not remove more than one large plan may.

use std::collections::VecDeque;

use crate::core::error::Error;
use crate::core::event::Outcome;
use crate::core::journal::{Journal, RunKind};
use crate::core::plan::{Action, Entity, LimitExceeded, Plan};
use crate::core::planner::limits;
use crate::core::profile::SafetyLimits;

const HOUR_MS: i64 = 3_600_000;

/// What was removed within the last hour.
#[derive(Debug, Default)]
pub(super) struct Removals(VecDeque<(i64, Entity)>);

impl Removals {
    /// What earlier processes removed within the last hour.
    pub(super) async fn load(journal: &dyn Journal, now: i64) -> Result<Self, Error> {
        let mut removals = Self::default();
        let since = crate::core::planner::rfc3339(now - HOUR_MS);
        let runs = journal.runs().await?;
        // Newest first; RFC 3339 in UTC compares as text.
        for run in runs.into_iter().take_while(|run| run.started_at >= since) {
            if run.kind != RunKind::Watch || run.planned.users.remove + run.planned.departments.remove == 0 {
                continue;
            }
            let Some((_, _, ended)) = journal.run(&run.run).await? else { continue };
            for end in ended {
                if end.event.action == Action::Remove && end.event.outcome == Outcome::Applied {
                    removals.add(now, end.event.entity);
                }
            }
        }
        Ok(removals)
    }

    /// Something was removed.
    pub(super) fn add(&mut self, now: i64, entity: Entity) {
        self.0.push_back((now, entity));
    }

    /// The limits that a plan would exceed together with what was removed within the last hour.
    pub(super) fn exceeded(
        &mut self,
        plan: &Plan,
        guards: &SafetyLimits,
        bindings: u64,
        now: i64,
    ) -> Vec<LimitExceeded> {
        self.0.retain(|(at, _)| now - at < HOUR_MS);
        if plan.removals() == 0 {
            return Vec::new();
        }
        let mut whole = plan.clone().restricted_to(|_| false);
        let count = |of: Entity| self.0.iter().filter(|(_, entity)| *entity == of).count() as u64;
        whole.summary.users.remove = plan.summary.users.remove + count(Entity::User);
        whole.summary.departments.remove = plan.summary.departments.remove + count(Entity::Department);
        limits::removals(&whole, guards, bindings + self.0.len() as u64)
    }
}
