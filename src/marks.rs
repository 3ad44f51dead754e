//! How a row looks in text: its mark, its words, its fields. Mobiles are masked; nothing a terminal obeys gets through.

use rust_i18n::t;

use crate::core::event::{Outcome, RunStatus};
use crate::core::normalise::mask_mobile;
use crate::core::plan::{Action, Change, Entity, FieldChange, FieldValue};
use crate::core::sentences::in_language;
use crate::core::text;

/// The sign of an action, readable without colour.
pub fn mark(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Link => '*',
        Action::Update => '~',
        Action::Move => '>',
        Action::Remove => '-',
        Action::Hold => '?',
        Action::Conflict | Action::Blocked => '!',
        Action::Unchanged => '=',
        Action::Unmanaged => '.',
    }
}

/// The word for an entity.
pub fn entity(entity: Entity, locale: &str) -> String {
    match entity {
        Entity::Department => t!("entity.department", locale = locale).into_owned(),
        Entity::User => t!("entity.user", locale = locale).into_owned(),
    }
}

/// The word for an action.
pub fn action(action: Action, locale: &str) -> String {
    t!(format!("action.{}", action.as_str()), locale = locale).into_owned()
}

/// The word for what became of a record.
pub fn outcome(outcome: Outcome, locale: &str) -> String {
    t!(format!("records.outcome.{}", outcome.as_str()), locale = locale).into_owned()
}

/// The word for how a run ended.
pub fn status(status: RunStatus, locale: &str) -> String {
    t!(format!("records.status.{}", status.as_str()), locale = locale).into_owned()
}

/// One row as the lines a person reads.
pub fn row(change: &Change, locale: &str) -> String {
    let mut line = format!(
        "{} {:<10} {}",
        mark(change.action),
        entity(change.entity, locale),
        text::for_display(&change.name, 80)
    );
    let ids: Vec<&str> =
        [change.source_id.as_deref(), change.target_id.as_deref()].into_iter().flatten().collect();
    if !ids.is_empty() {
        line.push_str(&format!("  [{}]", text::for_display(&ids.join(" -> "), 200)));
    }
    if let Some(matched) = change.matched_by
        && change.action == Action::Link
    {
        line.push_str(&format!("  {}", t!("row.matched_by", by = matched.as_str(), locale = locale)));
    }
    if let Some(reason) = change.reason {
        let word = t!(format!("reason.{}", reason.as_str()), locale = locale);
        line.push_str(&format!("  {}: {word}", reason.as_str()));
    }
    if let Some(detail) = &change.detail {
        line.push_str(&format!(" ({})", text::for_display(&in_language(detail, locale), 300)));
    }
    for warning in &change.warnings {
        line.push_str(&format!("  [{}]", t!(format!("warning.{}", warning.as_str()), locale = locale)));
    }
    for field in &change.fields {
        line.push_str(&format!("\n      {}", field_line(field, locale)));
    }
    line
}

/// One field: `title: (empty) -> Engineer`.
pub fn field_line(field: &FieldChange, locale: &str) -> String {
    let name = field.field.as_str();
    format!("{name}: {} -> {}", value(name, &field.before, locale), value(name, &field.after, locale))
}

fn value(field: &str, value: &FieldValue, locale: &str) -> String {
    match value {
        FieldValue::Empty(()) => t!("row.empty", locale = locale).into_owned(),
        FieldValue::Text(text) if field == "mobile" || field == "exclusive_mobile" => mask_mobile(text),
        FieldValue::Text(text) => text::for_display(text, 120),
        FieldValue::List(values) => text::clean(&values.join(", ")).into_owned(),
    }
}
