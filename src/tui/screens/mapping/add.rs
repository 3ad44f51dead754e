//! "Add field": the fields of DingTalk that have no row yet, found as one types; others are taken by name.

use rust_i18n::t;

use super::table;
use crate::config::draft::Draft;
use crate::core::field::{DEPARTMENT_FIELDS, USER_FIELDS};
use crate::core::plan::Entity;
use crate::tui::keys::{Action, Key};
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::text_field::TextField;

/// The open list.
#[derive(Debug, Clone)]
pub(super) struct Adding {
    /// What is typed.
    pub(super) name: TextField,
    /// The chosen line.
    pub(super) scroll: Scroll,
}

/// Fields an administrator asks for first.
const FIRST: [&str; 7] =
    ["title", "job_number", "work_place", "telephone", "org_email", "remark", "hired_date"];

impl Adding {
    /// Opens the list.
    pub(super) fn open() -> Self {
        Self { name: TextField::new(""), scroll: Scroll::default() }
    }

    /// The lines: field names to choose from, the typed one last where it is none of them.
    pub(super) fn lines(&self, draft: &Draft, entity: Entity, locale: &str) -> Vec<String> {
        let typed = self.name.text().trim();
        let wanted = typed.to_lowercase();
        let has_row = |name: &str| table::shown(draft, entity).iter().any(|shown| shown.row.field == name);
        let matches = |name: &str| {
            let label = table::label(&table::blank(name, String::new()), entity, locale);
            name.contains(&wanted) || label.to_lowercase().contains(&wanted)
        };
        let known = match entity {
            Entity::User => USER_FIELDS,
            Entity::Department => DEPARTMENT_FIELDS,
        };
        let mut lines: Vec<String> =
            known.iter().map(|field| field.name.to_owned()).filter(|n| !has_row(n) && matches(n)).collect();
        lines.sort_by_key(|name| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
        if !typed.is_empty() && !lines.iter().any(|line| line == typed) {
            lines.push(typed.to_owned());
        }
        lines
    }

    /// Why a name cannot be a field; `None` when it can.
    pub(super) fn refusal(name: &str, draft: &Draft, entity: Entity, locale: &str) -> Option<String> {
        let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        let key = name.strip_prefix("extension.");
        let reason = if table::shown(draft, entity).iter().any(|shown| shown.row.field == name) {
            "mapping.add.twice"
        } else if ["dept_id_list", "parent_id", "source_identifier"].contains(&name) {
            "mapping.add.derived"
        } else if name == "extension" || key == Some("") {
            "mapping.add.extension_key"
        } else if key.is_some_and(|key| key.chars().any(|c| c.is_whitespace() || c.is_control()))
            || (key.is_none() && !is_word)
        {
            "mapping.add.no_name"
        } else {
            return None;
        };
        Some(t!(reason, name = name, locale = locale).into_owned())
    }

    /// A key for the name.
    pub(super) fn key(&mut self, key: Key) {
        if self.name.key(key) {
            self.scroll = Scroll::default();
        }
    }

    /// Moves in the list.
    pub(super) fn act(&mut self, action: Action, length: usize) {
        self.scroll.act(action, length, 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_fields_are_offered_and_any_other_name_is_taken_last() {
        let draft = Draft::default();
        let mut adding = Adding::open();
        let all = adding.lines(&draft, Entity::User, "en");
        assert_eq!(all[0], "title");
        assert!(!all.contains(&"email".to_owned()), "it has a row");
        adding.name.set("work_pl");
        assert_eq!(adding.lines(&draft, Entity::User, "en"), ["work_place", "work_pl"]);
        adding.name.set("extension.成本中心");
        assert_eq!(adding.lines(&draft, Entity::User, "en"), ["extension.成本中心"]);
    }

    #[test]
    fn a_name_that_cannot_be_says_why() {
        let refusal = |name| Adding::refusal(name, &Draft::default(), Entity::User, "en");
        for name in ["email", "dept_id_list", "extension.", "extension", "two words"] {
            assert!(refusal(name).is_some(), "{name}");
        }
        for name in ["title", "something_new", "extension.CostCentre"] {
            assert_eq!(refusal(name), None);
        }
    }
}
