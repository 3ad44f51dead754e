//! The words for rows: kinds, fields, places, what changes, why, and what to do about it.

use std::collections::BTreeSet;

use rust_i18n::t;

use super::sheet::Sheet;
use crate::core::browse::{Kind, KindCounts};
use crate::core::journal::Decision;
use crate::core::leave_out::LeftOut;
use crate::core::normalise::mask_mobile;
use crate::core::plan::{Action, Change, Entity, FieldChange, FieldValue, MatchedBy, Warning};
use crate::core::sentences::in_language;
use crate::core::source::AccountId;
use crate::tui::look::Tone;
use crate::tui::worker::preview::View;

/// A number with its thousands apart: `4,061`.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// The word of a kind.
pub(super) fn kind(kind: Kind, locale: &str) -> String {
    t!(format!("plan.kind.{}", kind.as_str()), locale = locale).into_owned()
}

/// The tone of a kind.
pub(super) fn tone(kind: Kind) -> Tone {
    match kind {
        Kind::Create => Tone::Good,
        Kind::Link | Kind::Logon => Tone::Accent,
        Kind::Update | Kind::Move => Tone::Plain,
        Kind::Remove | Kind::NeedsYou => Tone::Bad,
        Kind::Hold => Tone::Warning,
        Kind::Unchanged | Kind::Unmanaged => Tone::Quiet,
    }
}

/// `+ 208 * 3,601`: the kinds there are.
pub(super) fn counts(counts: &KindCounts, kinds: &[Kind]) -> String {
    let there = kinds.iter().filter(|kind| counts.of(**kind) > 0);
    let pieces: Vec<String> =
        there.map(|kind| format!("{} {}", kind.mark(), number(u64::from(counts.of(*kind))))).collect();
    if pieces.is_empty() { "-".to_owned() } else { pieces.join(" ") }
}

/// A department or a user, short.
pub(super) fn entity(entity: Entity, locale: &str) -> String {
    match entity {
        Entity::Department => t!("plan.entity.department", locale = locale).into_owned(),
        Entity::User => t!("plan.entity.user", locale = locale).into_owned(),
    }
}

/// A field as an operator reads it: DingTalk's own name, but places by their meaning.
pub(super) fn field(name: &str, locale: &str) -> String {
    match name {
        "dept_id_list" | "parent_id" | "source_identifier" | "binding" => {
            t!(format!("plan.field.{name}"), locale = locale).into_owned()
        }
        other => other.to_owned(),
    }
}

/// A name, marked where hidden characters were taken out of it.
pub(super) fn name(change: &Change) -> String {
    let is_marked = change.warnings.contains(&Warning::ControlCharacters);
    let mark = if is_marked { "<!> " } else { "" };
    format!("{mark}{}", change.name)
}

/// A field's value in words; mobiles are masked unless they are revealed.
pub(super) fn value(view: &View, name: &str, value: &FieldValue, is_revealed: bool, locale: &str) -> String {
    match value {
        FieldValue::Empty(()) => t!("row.empty", locale = locale).into_owned(),
        FieldValue::Text(text) if name == "parent_id" => place(view, text),
        FieldValue::Text(text) => mobile(name, text, is_revealed),
        FieldValue::List(list) => {
            list.iter().map(|reference| place(view, reference)).collect::<Vec<_>>().join(", ")
        }
    }
}

/// A text that is masked when it is a mobile.
pub(super) fn mobile(name: &str, text: &str, is_revealed: bool) -> String {
    let is_mobile = matches!(name, "mobile" | "exclusive_mobile") || name.contains("phoneNumber");
    if is_mobile && !is_revealed { mask_mobile(text) } else { text.to_owned() }
}

fn place(view: &View, reference: &str) -> String {
    match view.browser.tree().path_of_reference(reference) {
        Some(path) if reference.starts_with("new:") => path,
        Some(path) => format!("{path} ({reference})"),
        None => reference.to_owned(),
    }
}

/// What a row comes to, in one line.
pub(super) fn summary(sheet: &Sheet, row: u32, change: &Change, locale: &str) -> String {
    if let Some(out) = left_out(sheet, row, locale) {
        return out;
    }
    let mut parts = match change.action {
        Action::Create => vec![t!("plan.row.new", locale = locale).into_owned()],
        Action::Link => {
            let by = recognised(&sheet.view, change, locale).unwrap_or_default();
            vec![t!("plan.row.by", by = by, locale = locale).into_owned(), fields(change, &[], locale)]
        }
        Action::Update => vec![fields(change, &[], locale)],
        Action::Move => {
            vec![moved(&sheet.view, change, locale), fields(change, &["dept_id_list", "parent_id"], locale)]
        }
        Action::Remove | Action::Hold | Action::Conflict | Action::Blocked => {
            vec![reason(change, locale)]
        }
        Action::Unchanged => vec![],
        Action::Unmanaged => vec![t!("plan.row.unmanaged", locale = locale).into_owned()],
    };
    parts.extend(change.warnings.iter().map(|warning| format!("! {}", warning_word(*warning, locale))));
    parts.retain(|part| !part.is_empty());
    parts.join("; ")
}

/// How a record was recognised: by a decision, by the binding, by a field.
pub(super) fn recognised(view: &View, change: &Change, locale: &str) -> Option<String> {
    let by = change.matched_by?;
    let decision = view.memory.decisions.get(&AccountId(change.source_id.clone().unwrap_or_default()));
    let is_decided = change.entity == Entity::User
        && by == MatchedBy::Userid
        && matches!(decision, Some(Decision::LinkTo(user)) if Some(&user.0) == change.target_id.as_ref());
    Some(match is_decided {
        true => t!("plan.field.decision", locale = locale).into_owned(),
        false => field(by.as_str(), locale),
    })
}

/// That a row is left out, and for the sake of which.
pub(super) fn left_out(sheet: &Sheet, row: u32, locale: &str) -> Option<String> {
    Some(match sheet.out.get(&(row as usize))? {
        LeftOut::Chosen => t!("plan.row.left_out", locale = locale).into_owned(),
        LeftOut::Needs(needed) => {
            let name = sheet.view.plan().changes.get(*needed).map(name).unwrap_or_default();
            t!("plan.row.needs", name = name, locale = locale).into_owned()
        }
    })
}

/// The reason in words, with what the plan knows about it.
pub(super) fn reason(change: &Change, locale: &str) -> String {
    let word = change.reason.map(|reason| t!(format!("reason.{}", reason.as_str()), locale = locale));
    match (word, &change.detail) {
        (Some(word), _) => word.into_owned(),
        (None, Some(detail)) => in_language(detail, locale).into_owned(),
        (None, None) => String::new(),
    }
}

/// The words of a warning.
pub(super) fn warning_word(warning: Warning, locale: &str) -> String {
    t!(format!("warning.{}", warning.as_str()), locale = locale).into_owned()
}

/// The fields that change, by name.
pub(super) fn fields(change: &Change, without: &[&str], locale: &str) -> String {
    let named: Vec<String> = change
        .fields
        .iter()
        .map(|changed| changed.field.as_str())
        .filter(|name| !without.contains(name))
        .map(|name| field(name, locale))
        .collect();
    named.join(", ")
}

/// Where a moved record comes from; somebody who only gets a further department, which.
fn moved(view: &View, change: &Change, locale: &str) -> String {
    let is_place = |field: &&FieldChange| matches!(field.field.as_str(), "dept_id_list" | "parent_id");
    let Some(places) = change.fields.iter().find(is_place) else { return String::new() };
    let (before, after) = (references(&places.before), references(&places.after));
    let named = |references: &[String]| {
        let tree = view.browser.tree();
        let path =
            |reference: &String| tree.path_of_reference(reference).unwrap_or_else(|| reference.clone());
        references.iter().map(path).collect::<Vec<_>>().join(", ")
    };
    let gone: Vec<String> = before.difference(&after).cloned().collect();
    let come: Vec<String> = after.difference(&before).cloned().collect();
    if gone.is_empty() {
        t!("plan.row.also", places = named(&come), locale = locale).into_owned()
    } else {
        t!("plan.row.from", places = named(&gone), locale = locale).into_owned()
    }
}

fn references(value: &FieldValue) -> BTreeSet<String> {
    match value {
        FieldValue::List(list) => list.iter().cloned().collect(),
        FieldValue::Text(text) => BTreeSet::from([text.clone()]),
        FieldValue::Empty(()) => BTreeSet::new(),
    }
}
