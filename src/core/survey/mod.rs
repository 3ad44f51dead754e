//! What the wizard knows of both sides before anything is planned: read once, counted as often as an answer changes.
//! Everything but [`read`] is a plain function of that read.

mod estimate;
mod people;
mod rows;
mod scope;
mod tree;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use estimate::{Estimate, Paces, estimate};
pub use people::{IdentityCounts, People, people};
pub use rows::{Extent, Impact, Report, Sampled, Trouble, report, sample};
pub use scope::{Refusal, RefusalKind, Selection, refusals, selection};
pub use tree::{Node, Tree, departments, units};

use super::error::Error;
use super::field::FieldName;
use super::journal::{Journal, Memory};
use super::planner::PlanInput;
use super::preview::Needs;
use super::profile::Profile;
use super::source::{AccountCache, Detail, Source, SourceRequest, SourceSnapshot};
use super::target::{Target, TargetRequest, TargetSnapshot};

/// Both sides as read, whatever the scope.
#[derive(Debug, Clone)]
pub struct Survey {
    /// Every unit and account of the instance.
    pub source: SourceSnapshot,
    /// DingTalk.
    pub target: TargetSnapshot,
    /// What earlier runs left behind.
    pub memory: Memory,
    /// How much of each account was read.
    pub detail: Detail,
    /// User fields that were asked for.
    pub user_fields: BTreeSet<FieldName>,
    /// When the read ended, Unix milliseconds.
    pub read_at_ms: i64,
}

/// What a survey reads from.
pub struct Reading<'a> {
    /// IDaaS.
    pub source: &'a dyn Source,
    /// DingTalk.
    pub target: &'a dyn Target,
    /// Bindings and history; `None` before there is a state.
    pub journal: Option<&'a dyn Journal>,
    /// Remembered account details.
    pub cache: &'a dyn AccountCache,
}

/// Reads both sides side by side, all of the instance. Errors: an incomplete read of either.
pub async fn read(reading: &Reading<'_>, needs: Needs, now_ms: i64) -> Result<Survey, Error> {
    let memory = match reading.journal {
        Some(journal) => Arc::unwrap_or_clone(journal.memory().await?),
        None => Memory::default(),
    };
    let detail = needs.source.detail;
    let request = SourceRequest { scope: Vec::new(), detail };
    let target_request = TargetRequest { user_fields: needs.target.user_fields.clone(), ..needs.target };
    let (source, target) = futures::try_join!(
        reading.source.snapshot(&request, reading.cache),
        reading.target.snapshot(&target_request),
    )?;
    let user_fields = target_request.user_fields;
    Ok(Survey { source, target, memory, detail, user_fields, read_at_ms: now_ms })
}

impl Survey {
    /// What a plan of these two sides is made from.
    fn input<'a>(&'a self, profile: &'a Profile) -> PlanInput<'a> {
        PlanInput {
            profile,
            source: &self.source,
            target: &self.target,
            memory: &self.memory,
            now_ms: self.read_at_ms,
            read_calls: self.source.calls + self.target.calls,
        }
    }
}

#[cfg(test)]
mod tests;
