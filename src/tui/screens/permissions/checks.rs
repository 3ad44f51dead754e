//! The items of the check as they come in: which waits, runs, ended, and what that means for going on.

use crate::core::check::{CheckId, CheckItem, CheckStatus};

/// How far an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage<'a> {
    /// Nobody asked yet.
    Idle,
    /// Its turn has not come.
    Waiting,
    /// It runs since then, Unix milliseconds.
    Running(i64),
    /// It ended, after so many milliseconds.
    Done(&'a CheckItem, u64),
}

/// All items.
#[derive(Debug, Clone, Default)]
pub(super) struct Checks {
    done: Vec<(CheckItem, u64)>,
    running: Option<Running>,
    /// Why nothing could be checked.
    pub(super) failure: Option<(String, Option<String>)>,
}

#[derive(Debug, Clone, Copy)]
struct Running {
    only: Option<CheckId>,
    /// Since when the item of each side runs: DingTalk, IDaaS.
    since: [i64; 2],
}

impl Checks {
    /// A check of everything, or of one item, begins.
    pub(super) fn begin(&mut self, only: Option<CheckId>, now_ms: i64) {
        match only {
            Some(id) => self.done.retain(|(item, _)| item.id != id),
            None => self.done.clear(),
        }
        self.failure = None;
        self.running = Some(Running { only, since: [now_ms, now_ms] });
    }

    /// An item ended.
    pub(super) fn take(&mut self, item: CheckItem, elapsed_ms: u64, now_ms: i64) {
        if let Some(running) = &mut self.running {
            running.since[usize::from(item.id.is_source())] = now_ms;
        }
        self.done.retain(|(known, _)| known.id != item.id);
        self.done.push((item, elapsed_ms));
    }

    /// The check ended, or was cancelled.
    pub(super) fn end(&mut self) {
        self.running = None;
    }

    /// Whether a check runs.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// How far an item is.
    pub(super) fn stage(&self, id: CheckId) -> Stage<'_> {
        if let Some((item, elapsed_ms)) = self.done.iter().find(|(item, _)| item.id == id) {
            return Stage::Done(item, *elapsed_ms);
        }
        let Some(running) = self.running else { return Stage::Idle };
        match running.only {
            Some(only) if only == id => Stage::Running(running.since[0]),
            Some(_) => Stage::Idle,
            None if self.first_open(id.is_source()) == Some(id) => {
                Stage::Running(running.since[usize::from(id.is_source())])
            }
            None => Stage::Waiting,
        }
    }

    /// The item that has been running longest, and since when: it may be out of sight.
    pub(super) fn longest(&self) -> Option<(CheckId, i64)> {
        let running = CheckId::ALL.into_iter().filter_map(|id| match self.stage(id) {
            Stage::Running(since) => Some((id, since)),
            Stage::Idle | Stage::Waiting | Stage::Done(..) => None,
        });
        running.min_by_key(|(_, since)| *since)
    }

    /// The item, once it ended.
    pub(super) fn item(&self, id: CheckId) -> Option<&CheckItem> {
        self.done.iter().map(|(item, _)| item).find(|item| item.id == id)
    }

    /// How many ended so.
    pub(super) fn count(&self, status: CheckStatus) -> usize {
        self.done.iter().filter(|(item, _)| item.status == status).count()
    }

    /// Those that failed, in order.
    pub(super) fn failed(&self) -> Vec<CheckId> {
        let is_failed = |id: &CheckId| self.item(*id).is_some_and(|item| item.status == CheckStatus::Fail);
        CheckId::ALL.into_iter().filter(is_failed).collect()
    }

    /// Every item ended, and none failed.
    pub(super) fn is_passed(&self) -> bool {
        self.done.len() == CheckId::ALL.len() && self.failed().is_empty()
    }

    /// Every item ended.
    pub(super) fn is_complete(&self) -> bool {
        self.done.len() == CheckId::ALL.len()
    }

    /// Whether an item needs somebody's attention.
    pub(super) fn is_problem(&self, id: CheckId) -> bool {
        self.item(id).is_some_and(|item| matches!(item.status, CheckStatus::Fail | CheckStatus::Warn))
    }

    fn first_open(&self, is_source: bool) -> Option<CheckId> {
        CheckId::ALL.into_iter().find(|id| id.is_source() == is_source && self.item(*id).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::check::Finding;

    fn item(id: CheckId, status: CheckStatus) -> CheckItem {
        Finding::new(status, "").into_item(id)
    }

    #[test]
    fn both_sides_run_one_item_each() {
        let mut checks = Checks::default();
        assert_eq!(checks.stage(CheckId::Token), Stage::Idle);
        checks.begin(None, 5);
        assert_eq!(checks.stage(CheckId::Token), Stage::Running(5));
        assert_eq!(checks.stage(CheckId::SourceCredentials), Stage::Running(5));
        assert_eq!(checks.stage(CheckId::Corp), Stage::Waiting);
        checks.take(item(CheckId::Token, CheckStatus::Pass), 12, 17);
        assert_eq!(checks.stage(CheckId::Corp), Stage::Running(17));
        assert!(matches!(checks.stage(CheckId::Token), Stage::Done(_, 12)));
    }

    #[test]
    fn a_failure_is_neither_passed_nor_forgotten_when_another_item_runs_again() {
        let mut checks = Checks::default();
        checks.begin(None, 0);
        for id in CheckId::ALL {
            let failed = id == CheckId::WritePermission;
            checks.take(item(id, if failed { CheckStatus::Fail } else { CheckStatus::Pass }), 1, 1);
        }
        checks.end();
        assert!(checks.is_complete() && !checks.is_passed());
        checks.begin(Some(CheckId::Token), 2);
        assert_eq!(checks.stage(CheckId::Token), Stage::Running(2));
        assert_eq!(checks.failed(), [CheckId::WritePermission]);
    }
}
