//! Departments of one parent have different names: what is refused because of another of the same name.

use std::collections::HashMap;

use super::{Planning, Row};
use crate::core::normalise;
use crate::core::plan::{DepartmentRef, MatchedBy, Reason};
use crate::core::target::{Department, DepartmentId};

impl<'a> Planning<'a, '_> {
    /// Siblings of one name: nobody can say which of them a department would be.
    pub(super) fn refuse_duplicates(&mut self, rows: &mut [Row<'_>]) {
        let mut named: HashMap<(DepartmentRef, String), Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            if let (Some(parent), Some(name)) = (&row.parent, row.draft.value("name")) {
                named.entry((parent.clone(), normalise::text(name).into_owned())).or_default().push(index);
            }
        }
        for indices in named.into_values().filter(|indices| indices.len() > 1) {
            let ids: Vec<String> = indices.iter().map(|index| rows[*index].scoped.unit.id.clone()).collect();
            for index in indices {
                let own = &rows[index].scoped.unit.id;
                let others: Vec<&str> = ids.iter().map(String::as_str).filter(|id| id != own).collect();
                let detail = format!("same name and parent as {}", others.join(", "));
                self.refuse(rows, index, Reason::DuplicateSibling, detail);
            }
        }
    }

    /// A name that another department of the parent keeps; repeated, because a refused row keeps its name too. What
    /// stands before the first row that counts on another to give its name up is not looked at again.
    pub(super) fn refuse_taken_names(&mut self, rows: &mut [Row<'_>]) {
        let mut by_found: HashMap<DepartmentId, Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            row.found.iter().for_each(|(found, _)| by_found.entry(found.id).or_default().push(index));
        }
        let (mut index, mut relying) = (0, None);
        while index < rows.len() {
            let Some(holder) = self.rival(&rows[index]) else {
                index += 1;
                continue;
            };
            let holding = by_found.get(&holder.id).map(Vec::as_slice).unwrap_or_default();
            if holding.iter().any(|row| gives_up_name(&rows[*row], holder)) {
                relying.get_or_insert(index);
                index += 1;
                continue;
            }
            let detail = format!("department {} has this name under the same parent", holder.id);
            self.refuse(rows, index, Reason::ValueTaken, detail);
            index = relying.take().unwrap_or(index + 1);
        }
    }

    /// Another department that has the name of a row under its parent.
    fn rival(&self, row: &Row<'_>) -> Option<&'a Department> {
        let Some(DepartmentRef::Existing(parent)) = row.parent else { return None };
        let holder = self.target.child_named(parent, row.name()).filter(|_| row.reasons.is_empty())?;
        let is_own = row.found.is_some_and(|(department, _)| department.id == holder.id);
        (!is_own).then_some(holder)
    }

    /// Refuses a row, and with it everything below that was to be created under it.
    fn refuse(&mut self, rows: &mut [Row<'_>], index: usize, reason: Reason, detail: String) {
        rows[index].reasons.push((reason, detail));
        let is_bound = matches!(rows[index].found, Some((_, MatchedBy::Binding)));
        if is_bound {
            return;
        }
        let unit = rows[index].scoped.unit.id.clone();
        self.places.remove(&unit);
        // Rows are in the order of their levels, children after their parents.
        let children: Vec<usize> = (index + 1..rows.len())
            .filter(|child| rows[*child].scoped.parent == Some(unit.as_str()))
            .collect();
        for child in children {
            rows[child].parent = None;
            let detail = format!("the unit above it, {unit}, cannot be placed");
            self.refuse(rows, child, Reason::ParentBlocked, detail);
        }
    }
}

/// Whether the row of a department gives up the name that the department has.
fn gives_up_name(row: &Row<'_>, holder: &Department) -> bool {
    let leaves = row.parent != holder.parent.map(DepartmentRef::Existing)
        || normalise::text(row.name()) != normalise::text(&holder.name);
    row.reasons.is_empty() && leaves
}
