//! What a logon plan is made from, read once: a decision in the preview plans again without asking IDaaS again.

use std::collections::HashMap;

use super::apply::LogonWork;
use super::{LogonMemory, LogonPlan, LogonWish, Provider, plan};
use crate::core::error::Error;
use crate::core::plan::Plan;
use crate::core::source::AccountId;
use crate::core::target::UserId;

/// What the settings say, what IDaaS has, and what is remembered.
#[derive(Debug, Clone)]
pub struct LogonBasis {
    /// What the settings say.
    pub wish: LogonWish,
    /// Every outbound DingTalk identity provider of the instance.
    pub providers: Vec<Provider>,
    /// Names that were given or seen.
    pub memory: LogonMemory,
}

impl LogonBasis {
    /// Reads; nothing is written. Where nothing is chosen and nothing was, IDaaS is not asked: the key then needs no
    /// further rights.
    pub async fn read(work: &LogonWork<'_>) -> Result<Self, Error> {
        let memory = work.journal.logon_memory().await?;
        let is_concerned = work.wish.is_chosen || memory.chosen.is_some();
        let providers = if is_concerned { work.logon.providers().await? } else { Vec::new() };
        Ok(Self { wish: work.wish.clone(), providers, memory })
    }

    /// The plan, on top of a synchronization that is about to be applied.
    pub fn plan(&self, users: &HashMap<AccountId, UserId>, sync: Option<&Plan>) -> LogonPlan {
        plan(&self.wish, &self.providers, users, &self.memory, sync)
    }

    /// What follows a synchronization; `None` where it concerns nobody.
    pub fn following(&self, users: &HashMap<AccountId, UserId>, sync: &Plan) -> Option<LogonPlan> {
        let plan = self.plan(users, Some(sync));
        (plan.chosen || !plan.changes.is_empty()).then_some(plan)
    }
}
