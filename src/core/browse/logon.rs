//! The rows of QR code logon, looked through with the same filter as the plan they follow.

use super::row_set::RowSet;
use super::search::Haystack;
use super::{Filter, Kind};
use crate::core::logon::{LogonAction, LogonChange, LogonPlan};

/// A logon plan with what its rows can be found by.
#[derive(Debug)]
pub struct LogonBrowser {
    plan: LogonPlan,
    haystack: Haystack,
}

impl LogonBrowser {
    /// Looks through a plan once.
    pub fn new(plan: LogonPlan) -> Self {
        let texts = plan.changes.iter().map(|row| {
            let ids = [row.source_id.as_deref(), row.target_id.as_deref()];
            [row.name.as_str(), ids[0].unwrap_or_default(), ids[1].unwrap_or_default()]
        });
        Self { haystack: Haystack::of(texts), plan }
    }

    /// The plan.
    pub fn plan(&self) -> &LogonPlan {
        &self.plan
    }

    /// The rows a filter keeps, by their place in the plan. What only rows of the plan itself have (a branch, a field,
    /// a reason, a warning) keeps every one of them out.
    pub fn hits(&self, filter: &Filter) -> Vec<u32> {
        let Filter { kind, every, branch, field, reason, warning, text } = filter;
        let is_elsewhere = branch.is_some() || field.is_some() || reason.is_some() || warning.is_some();
        if is_elsewhere || kind.is_some_and(|kind| kind != Kind::Logon) {
            return Vec::new();
        }
        let found: Option<RowSet> = (!text.trim().is_empty()).then(|| self.haystack.find(text));
        let is_shown = |(index, row): &(u32, &LogonChange)| {
            (*every || row.action != LogonAction::Unchanged)
                && found.as_ref().is_none_or(|found| found.contains(*index))
        };
        (0..).zip(&self.plan.changes).filter(is_shown).map(|(index, _)| index).collect()
    }
}

/// Whether a row needs somebody's eye: nothing can be done about it here, or it carries a warning.
pub fn is_logon_problem(row: &LogonChange) -> bool {
    matches!(row.action, LogonAction::Conflict | LogonAction::Blocked) || !row.warnings.is_empty()
}
