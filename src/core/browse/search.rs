//! Text search: one text of everything a row can be found by, in the form in which texts are compared.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::row_set::RowSet;
use super::tree::Tree;
use crate::core::plan::{Change, Entity, Plan};
use crate::core::target::TargetSnapshot;

/// Between rows; no text that is looked for holds it.
const END: char = '\n';

/// What can be found, row after row.
#[derive(Debug)]
pub(super) struct Haystack {
    text: String,
    /// Where each row begins, and the end.
    starts: Vec<u32>,
}

impl Haystack {
    /// Name, ids, department, mobile and what is sent. Mobiles are masked where they are shown and found in full.
    pub(super) fn new(plan: &Plan, target: &TargetSnapshot, tree: &Tree) -> Self {
        let mobiles: HashMap<&str, &str> = target
            .users
            .iter()
            .filter_map(|user| Some((user.id.0.as_str(), user.mobile.as_deref()?)))
            .collect();
        let mut haystack = Self { text: String::new(), starts: Vec::with_capacity(plan.changes.len() + 1) };
        for (row, change) in (0..).zip(&plan.changes) {
            haystack.starts.push(u32::try_from(haystack.text.len()).unwrap_or(u32::MAX));
            haystack.describe(change, tree.name_of_row(row), &mobiles);
            haystack.text.push(END);
        }
        haystack.starts.push(u32::try_from(haystack.text.len()).unwrap_or(u32::MAX));
        haystack.text.shrink_to_fit();
        haystack
    }

    /// Of rows that are found by these texts.
    pub(super) fn of<'t>(rows: impl Iterator<Item = [&'t str; 3]>) -> Self {
        let mut haystack = Self { text: String::new(), starts: Vec::new() };
        for texts in rows {
            haystack.starts.push(u32::try_from(haystack.text.len()).unwrap_or(u32::MAX));
            texts.into_iter().for_each(|text| haystack.add(text));
            haystack.text.push(END);
        }
        haystack.starts.push(u32::try_from(haystack.text.len()).unwrap_or(u32::MAX));
        haystack
    }

    fn describe(&mut self, change: &Change, department: Option<&str>, mobiles: &HashMap<&str, &str>) {
        self.add(&change.name);
        self.add(change.source_id.as_deref().unwrap_or_default());
        self.add(change.target_id.as_deref().unwrap_or_default());
        if change.entity == Entity::User {
            self.add(department.unwrap_or_default());
            let target_id = change.target_id.as_deref().unwrap_or_default();
            self.add(mobiles.get(target_id).copied().unwrap_or_default());
        }
        for field in &change.fields {
            if field.field.as_str() != "parent_id" && field.field.as_str() != "name" {
                self.add(field.after.as_text().unwrap_or_default());
            }
        }
    }

    fn add(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.text.push(' ');
        if text.is_ascii() {
            self.text.extend(text.bytes().map(|byte| char::from(plain(byte).to_ascii_lowercase())));
        } else {
            self.text.extend(folded(text));
        }
    }

    /// The rows that hold every word.
    pub(super) fn find(&self, text: &str) -> RowSet {
        let rows = self.starts.len() - 1;
        let mut found: Option<RowSet> = None;
        for word in text.split_whitespace() {
            let word: String = folded(word).collect();
            let holding = self.holding(&word);
            match &mut found {
                Some(found) => found.intersect(&holding),
                None => found = Some(holding),
            }
        }
        found.unwrap_or_else(|| RowSet::of(rows, (0..).take(rows)))
    }

    fn holding(&self, word: &str) -> RowSet {
        let mut set = RowSet::new(self.starts.len() - 1);
        let finder = memchr::memmem::Finder::new(word);
        let (bytes, mut from, mut row) = (self.text.as_bytes(), 0, 0);
        while let Some(at) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
            let at = u32::try_from(from + at).unwrap_or(u32::MAX);
            // Hits come in order: the row lies ahead, near by as a rule.
            row += self.starts[row..].partition_point(|start| *start <= at) - 1;
            set.insert(u32::try_from(row).unwrap_or(u32::MAX));
            from = self.starts[row + 1] as usize;
        }
        set
    }
}

fn plain(byte: u8) -> u8 {
    if byte == b'\n' { b' ' } else { byte }
}

/// NFC and lower case.
fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfc().flat_map(char::to_lowercase).map(|character| if character == END { ' ' } else { character })
}
