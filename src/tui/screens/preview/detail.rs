//! One row in full: ids, how it was recognised, every field before and after, why, and what one can do about it.

use rust_i18n::t;

use super::sheet::{Entry, Sheet};
use super::{logon, words};
use crate::core::browse::{Branch, Kind};
use crate::core::journal::Decision;
use crate::core::plan::{Change, Entity, FieldValue, Warning};
use crate::core::sentences::in_language;
use crate::core::source::AccountId;
use crate::tui::look::{Look, Tone};
use crate::tui::widgets::text;

/// What the row at the cursor is called.
pub(super) fn title_of_current(sheet: &Sheet, locale: &str) -> String {
    match sheet.entry(sheet.rows.chosen) {
        Some(Entry::Change(row, change)) => title(sheet, row, change, locale),
        Some(Entry::Logon(_, row)) => logon::title(row),
        None => String::new(),
    }
}

/// Name, ids and the number of fields.
fn title(sheet: &Sheet, row: u32, change: &Change, locale: &str) -> String {
    let mark = sheet.view.browser.kind(row).mark();
    let ids = match (&change.source_id, &change.target_id) {
        (Some(source), Some(target)) => format!("{source} {mark} {target}"),
        (Some(id), None) | (None, Some(id)) => format!("{mark} {id}"),
        (None, None) => mark.to_string(),
    };
    let fields = match change.fields.len() {
        0 => String::new(),
        1 => t!("plan.detail.field", locale = locale).into_owned(),
        count => t!("plan.detail.fields", count = count, locale = locale).into_owned(),
    };
    format!("{}  {ids}  {fields}", words::name(change)).trim_end().to_owned()
}

/// A branch of the tree: everything in and below it by kind.
pub(super) fn branch_lines(branch: &Branch, locale: &str) -> Vec<(Tone, String)> {
    let there = Kind::ALL.iter().filter(|kind| branch.counts.of(**kind) > 0);
    there
        .map(|kind| {
            let count = words::number(u64::from(branch.counts.of(*kind)));
            (words::tone(*kind), format!("{} {count:>7}  {}", kind.mark(), words::kind(*kind, locale)))
        })
        .collect()
}

/// The lines of the row at the cursor in so many columns.
pub(super) fn current(sheet: &Sheet, columns: usize, is_revealed: bool, look: Look) -> Vec<(Tone, String)> {
    match sheet.entry(sheet.rows.chosen) {
        Some(Entry::Change(row, change)) => lines(sheet, row, change, columns, is_revealed, look),
        Some(Entry::Logon(place, row)) => {
            let mut lines = Lines { columns, out: Vec::new() };
            for (tone, line) in logon::lines(sheet, (place, row), look.locale) {
                lines.add(tone, &line);
            }
            lines.out
        }
        None => Vec::new(),
    }
}

/// The lines of a row of the plan in so many columns.
fn lines(
    sheet: &Sheet,
    row: u32,
    change: &Change,
    columns: usize,
    is_revealed: bool,
    look: Look,
) -> Vec<(Tone, String)> {
    let locale = look.locale;
    let mut lines = Lines { columns, out: Vec::new() };
    if let Some(out) = words::left_out(sheet, row, locale) {
        lines.add(Tone::Strong, &format!("x {out}"));
    }
    if change.reason.is_some() || change.detail.is_some() {
        why(&mut lines, sheet, row, change, locale);
    }
    fields(&mut lines, sheet, change, is_revealed, look);
    if change.fields.is_empty() && sheet.view.browser.kind(row) == Kind::Link {
        lines.add(Tone::Plain, &t!("plan.detail.only_bound", locale = locale));
    }
    for warning in &change.warnings {
        let word = words::warning_word(*warning, locale);
        lines.add(Tone::Warning, &format!("! {word}"));
        lines.add(Tone::Plain, &warning_remedy(sheet, *warning, locale));
    }
    if let Some(decision) = decided(sheet, change, locale) {
        lines.add(Tone::Accent, &decision);
    }
    let place = sheet.view.browser.tree().path_around(row);
    if !place.is_empty() {
        lines.add(Tone::Quiet, &t!("plan.detail.place", place = place, locale = locale));
    }
    if let Some(by) = words::recognised(&sheet.view, change, locale) {
        lines.add(Tone::Quiet, &t!("row.matched_by", by = by, locale = locale));
    }
    lines.out
}

struct Lines {
    columns: usize,
    out: Vec<(Tone, String)>,
}

impl Lines {
    fn add(&mut self, tone: Tone, text: &str) {
        self.out.extend(text::wrap(text, self.columns).into_iter().map(|line| (tone, line)));
    }
}

fn why(lines: &mut Lines, sheet: &Sheet, row: u32, change: &Change, locale: &str) {
    let is_problem = sheet.view.browser.kind(row) == Kind::NeedsYou;
    let tone = if is_problem { Tone::Bad } else { Tone::Plain };
    let mark = sheet.view.browser.kind(row).mark();
    lines.add(tone, &format!("{mark} {}", words::reason(change, locale)));
    if let Some(detail) = change.detail.as_deref().filter(|_| change.reason.is_some()) {
        lines.add(Tone::Plain, &format!("  {}", in_language(detail, locale)));
    }
    if let Some(reason) = change.reason {
        lines.add(Tone::Plain, &t!(format!("plan.remedy.{}", reason.as_str()), locale = locale));
    }
}

fn fields(lines: &mut Lines, sheet: &Sheet, change: &Change, is_revealed: bool, look: Look) {
    let locale = look.locale;
    let label = |name: &str| words::field(name, locale);
    let width = change.fields.iter().map(|field| text::width(&label(field.field.as_str()))).max();
    let width = width.unwrap_or(0).min(20);
    for field in &change.fields {
        let name = field.field.as_str();
        let shown = |value: &FieldValue| words::value(&sheet.view, name, value, is_revealed, locale);
        let is_new = change.target_id.is_none();
        let mut head = text::cell(&label(name), width, look);
        if !is_new {
            side(lines, &head, '-', &shown(&field.before), look);
            head = " ".repeat(width);
        }
        side(lines, &head, '+', &shown(&field.after), look);
    }
}

/// `email   - old@example.com`, long values broken under each other.
fn side(lines: &mut Lines, head: &str, sign: char, value: &str, look: Look) {
    let room = lines.columns.saturating_sub(text::width(head) + 4).max(8);
    // What is shown in full is cleaned and marked in the same way as what is cut.
    let marked = text::fit(value, 4000, look);
    for (index, piece) in text::wrap(&marked, room).into_iter().enumerate() {
        let line = match index {
            0 => format!("{head}  {sign} {piece}"),
            _ => format!("{}    {piece}", " ".repeat(text::width(head))),
        };
        let tone = if sign == '+' { Tone::Good } else { Tone::Plain };
        lines.out.push((tone, line));
    }
}

/// What one can do about a warning; for fields nobody may read, which permission would help.
fn warning_remedy(sheet: &Sheet, warning: Warning, locale: &str) -> String {
    let unreadable: Vec<&str> = sheet.view.target.unreadable.iter().map(|field| field.as_str()).collect();
    let key = format!("plan.warning_remedy.{}", warning.as_str());
    t!(key, fields = unreadable.join(", "), locale = locale).into_owned()
}

/// What was decided about the record, when something was.
fn decided(sheet: &Sheet, change: &Change, locale: &str) -> Option<String> {
    if change.entity != Entity::User {
        return None;
    }
    let decision = sheet.view.memory.decisions.get(&AccountId(change.source_id.clone()?))?;
    let target = match decision {
        Decision::LinkTo(user) => format!(" {user}"),
        Decision::LeaveOut | Decision::Keep => String::new(),
    };
    let word = t!(format!("decision.{}", decision.as_str()), locale = locale);
    Some(format!("{word}{target}"))
}
