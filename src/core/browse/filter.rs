//! Which rows are shown: conditions that hold together.

use super::row_set::RowSet;
use super::{Browser, Kind, KindCounts};
use crate::core::field::FieldName;
use crate::core::plan::{Reason, Warning};

/// Conditions; a row is shown when all of them hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Unchanged and unmanaged rows too.
    pub every: bool,
    /// In or below this branch of the tree.
    pub branch: Option<u32>,
    /// This field changes.
    pub field: Option<FieldName>,
    /// For this reason.
    pub reason: Option<Reason>,
    /// With this warning.
    pub warning: Option<Warning>,
    /// Every word of this text is found.
    pub text: String,
}

impl Filter {
    /// Whether it keeps some listed row out.
    pub fn is_narrowing(&self) -> bool {
        let Self { kind, every: _, branch, field, reason, warning, text } = self;
        kind.is_some()
            || branch.is_some()
            || field.is_some()
            || reason.is_some()
            || warning.is_some()
            || !text.trim().is_empty()
    }

    /// Unchanged or unmanaged rows were asked for.
    fn shows_all(&self) -> bool {
        self.every || matches!(self.kind, Some(Kind::Unchanged | Kind::Unmanaged))
    }
}

/// The rows a filter keeps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hits {
    /// In the order of the plan.
    pub rows: Vec<u32>,
    /// By kind.
    pub counts: KindCounts,
}

impl Hits {
    /// Where a row stands, or the one that would follow it.
    pub fn position(&self, row: u32) -> usize {
        self.rows.partition_point(|other| *other < row).min(self.rows.len().saturating_sub(1))
    }
}

impl Browser {
    /// The rows a filter keeps.
    pub fn hits(&self, filter: &Filter) -> Hits {
        let rows = self.kinds.len();
        let mut set = if filter.shows_all() { None } else { Some(self.listed.clone()) };
        let mut narrow = |other: RowSet| match &mut set {
            Some(set) => set.intersect(&other),
            None => set = Some(other),
        };
        if !filter.text.trim().is_empty() {
            narrow(self.haystack.find(&filter.text));
        }
        if let Some(branch) = filter.branch {
            narrow(RowSet::of(rows, self.tree.rows_below(branch)));
        }
        let posted = |rows_of: Option<&Vec<u32>>| RowSet::of(rows, rows_of.into_iter().flatten().copied());
        if let Some(field) = &filter.field {
            narrow(posted(self.fields.get(field)));
        }
        if let Some(reason) = filter.reason {
            narrow(posted(self.reasons.get(&reason)));
        }
        if let Some(warning) = filter.warning {
            narrow(posted(self.warnings.get(&warning)));
        }
        let set = set.unwrap_or_else(|| RowSet::of(rows, (0..).take(rows)));
        let mut hits = Hits::default();
        for row in set.iter() {
            let kind = self.kind(row);
            if filter.kind.is_none_or(|wanted| wanted == kind) {
                hits.rows.push(row);
                hits.counts.add(kind);
            }
        }
        hits
    }
}
