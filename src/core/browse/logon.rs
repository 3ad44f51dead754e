//! The rows of QR code logon, looked through with the same filter as the plan they follow.

use super::search::holds_every_word;
use super::{Filter, Kind};
use crate::core::logon::{LogonAction, LogonChange, LogonPlan};

/// The rows a filter keeps, by their place in the logon plan. What only rows of the plan have (a branch, a field, a
/// reason, a warning) keeps every one of them out.
pub fn logon_hits(plan: &LogonPlan, filter: &Filter) -> Vec<u32> {
    let Filter { kind, every, branch, field, reason, warning, text } = filter;
    let is_elsewhere = branch.is_some() || field.is_some() || reason.is_some() || warning.is_some();
    if is_elsewhere || kind.is_some_and(|kind| kind != Kind::Logon) {
        return Vec::new();
    }
    let is_shown = |row: &LogonChange| {
        let texts = [Some(row.name.as_str()), row.source_id.as_deref(), row.target_id.as_deref()];
        (*every || row.action != LogonAction::Unchanged) && holds_every_word(&texts, text)
    };
    (0..).zip(&plan.changes).filter(|(_, row)| is_shown(row)).map(|(index, _)| index).collect()
}

/// Whether a row needs somebody's eye: nothing can be done about it here, or it carries a warning.
pub fn is_logon_problem(row: &LogonChange) -> bool {
    matches!(row.action, LogonAction::Conflict | LogonAction::Blocked) || !row.warnings.is_empty()
}
