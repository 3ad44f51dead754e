//! The lines of step 4: identity, table, the summary, the buttons.

use ratatui::text::Line;
use rust_i18n::t;

use super::numbers::{Record, Standing};
use super::table::Shown;
use super::{FieldMapping, Focus, table};
use crate::core::normalise::mask_mobile;
use crate::core::plan::{Entity, Reason};
use crate::core::survey::{Report, Sampled};
use crate::tui::look::Tone;
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::figures::number;
use crate::tui::widgets::{gauge, text};

/// Columns of the label's field.
pub(super) const LABEL_FIELD: u16 = 16;
/// Columns of a label and of a field's name in the table.
const NAME: usize = 12;

impl FieldMapping {
    pub(super) fn identity_line(&self, columns: usize, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let names: Vec<&str> = shared.draft.identity.iter().map(|field| field.as_str()).collect();
        let none = t!("mapping.identity.none", locale = locale);
        let names = if names.is_empty() { none.into_owned() } else { names.join(", ") };
        let is_focused = self.focus == Focus::Identity;
        let mut line = Line::default();
        text::push(&mut line, if is_focused { " > " } else { "   " }, Tone::Plain, look);
        text::push(
            &mut line,
            format!("{}  ", t!("mapping.identity.label", locale = locale)),
            Tone::Plain,
            look,
        );
        let tone = if is_focused { Tone::Cursor } else { Tone::Strong };
        text::push(&mut line, format!("[ {} v ]", text::fit(&names, 28, look)), tone, look);
        let room = columns.saturating_sub(line.width() + 3);
        let (told, tone) = self.identity_counts(room, shared);
        text::push(&mut line, format!("   {}", text::fit(&told, room, look)), tone, look);
        line
    }

    /// How many people the identity finds, in words; in fewer words where there is less room.
    pub(super) fn identity_counts(&self, room: usize, shared: &Shared) -> (String, Tone) {
        let look = shared.look;
        let locale = look.locale;
        if let Loadable::Loading(since) = shared.survey.sides {
            let waited = gauge::waited(since, shared.now_ms, look);
            return (format!("{} {waited}", t!("scenario.reading", locale = locale)), Tone::Quiet);
        }
        if let Loadable::Failed(message, _) = &shared.survey.sides {
            return (format!("X {}", shared.look.said(message)), Tone::Bad);
        }
        if shared.draft.identity.is_empty() {
            return (format!("! {}", t!("mapping.identity.nobody", locale = locale)), Tone::Bad);
        }
        match (&shared.survey.counted, shared.survey.is_counting) {
            (Some(Ok(counted)), _) => {
                let counts = &counted.people.identity;
                let told = |word: &str| {
                    let (matched, unclear) = (number(counts.matched), number(counts.unclear));
                    let (nobody, of) = (number(counts.nobody), number(counted.people.accounts.len() as u64));
                    t!(word, matched = matched, of = of, unclear = unclear, nobody = nobody, locale = locale)
                };
                let long = told("mapping.identity.counts");
                let told = if text::width(&long) > room { told("mapping.identity.short") } else { long };
                (told.into_owned(), if counts.unclear > 0 { Tone::Warning } else { Tone::Plain })
            }
            (Some(Err((message, _))), _) => (format!("X {}", shared.look.said(message)), Tone::Bad),
            (None, true) => (t!("scenario.counting", locale = locale).into_owned(), Tone::Quiet),
            (None, false) => (String::new(), Tone::Plain),
        }
    }

    pub(super) fn head_line(&self, columns: usize, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let (value, _) = widths(columns);
        let sample = match self.sampled(shared) {
            Some((record, number, of)) => {
                let (Record::Account(_) | Record::Unit(_)) = record;
                let name = match record {
                    Record::Account(account) => {
                        account.display_name.as_deref().or(account.username.as_deref()).unwrap_or(&account.id)
                    }
                    Record::Unit(unit) => &unit.name,
                };
                let which = if self.pinned.is_some() { "!".to_owned() } else { format!("{number}/{of}") };
                format!("{} ({which})", text::fit(name, 16, look))
            }
            None => String::new(),
        };
        let kind = match self.entity {
            Entity::User => t!("mapping.people", locale = locale),
            Entity::Department => t!("mapping.departments", locale = locale),
        };
        let line = format!(
            "   {} {} {} {sample}",
            text::cell(&kind, NAME, look),
            text::cell(&t!("mapping.column.id", locale = locale), NAME, look),
            text::cell(&t!("mapping.column.value", locale = locale), value, look),
        );
        Line::styled(text::fit(&line, columns, look), look.style(Tone::Strong))
    }

    pub(super) fn table_line(
        &self,
        shown: &Shown,
        is_here: bool,
        columns: usize,
        shared: &Shared,
    ) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let (value, result) = widths(columns);
        let standing = self.standing(shown);
        let mark = match (is_here, standing) {
            (true, Standing::Fine) => ">  ",
            (true, Standing::Warning) => "> !",
            (true, Standing::Error) => "> X",
            (false, Standing::Fine) => "   ",
            (false, Standing::Warning) => "  !",
            (false, Standing::Error) => "  X",
        };
        let edited = self.editor.as_ref().filter(|_| is_here).map(|editor| editor.row().value);
        let expression = if let Some(edited) = &edited {
            edited.replace('\n', " ")
        } else if shown.is_off() {
            t!("mapping.off", locale = locale).into_owned()
        } else {
            shown.row.value.replace('\n', " ")
        };
        let (told, tone) =
            if edited.is_some() { (String::new(), Tone::Plain) } else { self.told(shown, shared) };
        let mut line = Line::default();
        let tone_row = match (is_here && self.focus == Focus::Rows && self.editor.is_none(), shown.is_off()) {
            (true, _) => Tone::Cursor,
            (false, true) => Tone::Quiet,
            (false, false) => Tone::Plain,
        };
        let left = format!(
            "{mark}{} {} {} ",
            text::cell(&table::label(&shown.row, self.entity, locale), NAME, look),
            text::cell(&shown.row.field, NAME, look),
            text::cell(&expression, value, look)
        );
        text::push(&mut line, left, tone_row, look);
        let tone = if tone_row == Tone::Cursor { Tone::Cursor } else { tone };
        text::push(&mut line, text::cell(&told, result, look), tone, look);
        line
    }

    /// The last column: what is wrong with the row, else its result for the sample.
    fn told(&self, shown: &Shown, shared: &Shared) -> (String, Tone) {
        let look = shared.look;
        let locale = look.locale;
        if shown.is_off() {
            return (String::new(), Tone::Quiet);
        }
        let report = self.report(&shown.row.field);
        if let Some(Ok(report)) = report
            && let Some((reason, count)) = worst(report)
        {
            let tone = if reason == Reason::DuplicateInSource { Tone::Bad } else { Tone::Warning };
            return (short(reason, count, locale), tone);
        }
        match self.result(&shown.row, shared) {
            Some(Err(error)) => (format!("X {}", shared.look.said(&error)), Tone::Bad),
            Some(Ok(Sampled { value: Some(value), .. })) => (masked(&shown.row.field, &value), Tone::Plain),
            Some(Ok(Sampled { value: None, .. })) => match report {
                Some(Ok(report)) if report.empty > 0 => {
                    let empty = t!("mapping.empty_for", count = number(report.empty), locale = locale);
                    (empty.into_owned(), Tone::Warning)
                }
                _ => (t!("row.empty", locale = locale).into_owned(), Tone::Quiet),
            },
            None => (String::new(), Tone::Plain),
        }
    }

    pub(super) fn summary_line(&self, columns: usize, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let rows = self.shown(shared);
        let count = |standing| rows.iter().filter(|shown| self.standing(shown) == standing).count();
        let (fine, warnings, errors) =
            (count(Standing::Fine), count(Standing::Warning), count(Standing::Error));
        let counts =
            t!("mapping.summary", fine = fine, warnings = warnings, errors = errors, locale = locale);
        let mut line = Line::default();
        text::push(&mut line, format!("   {counts}"), Tone::Plain, look);
        let room = columns.saturating_sub(line.width() + 4);
        if let Some((_, field, reason)) = self.obstacle(shared) {
            let field = if field.is_empty() { String::new() } else { format!("{field}: ") };
            let told = text::fit(&format!("X {field}{reason}"), room, look);
            text::push(&mut line, format!("   {told}"), Tone::Bad, look);
        } else if let Some(shown) = rows.iter().find(|shown| self.standing(shown) == Standing::Error)
            && let Some(Ok(report)) = self.report(&shown.row.field)
            && let Some((reason, count)) = worst(report)
        {
            let told = format!("X {}: {}", shown.row.field, long(reason, count, locale));
            text::push(&mut line, format!("   {}", text::fit(&told, room, look)), Tone::Bad, look);
        }
        line
    }

    pub(super) fn button_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let mut line = Line::default();
        for (focus, word) in [
            (Focus::Preview, "mapping.button.preview"),
            (Focus::SaveOnly, "mapping.button.save"),
            (Focus::SaveAndSync, "mapping.button.save_and_sync"),
        ] {
            let is_focused = self.focus == focus;
            text::push(&mut line, if is_focused { " >" } else { "  " }, Tone::Plain, look);
            let tone = match (is_focused, focus) {
                (true, _) => Tone::Cursor,
                (false, Focus::Preview) => Tone::Strong,
                (false, _) => Tone::Plain,
            };
            text::push(&mut line, format!("[ {} ]", t!(word, locale = look.locale)), tone, look);
            text::push(&mut line, " ", Tone::Plain, look);
        }
        line
    }
}

/// What of a row is told first: one value for several people, else the most frequent trouble.
fn worst(report: &Report) -> Option<(Reason, u64)> {
    let counts = report.counts();
    let clash = counts.iter().find(|(reason, _)| *reason == Reason::DuplicateInSource);
    clash.or_else(|| counts.first()).copied()
}

/// How many people a field recognised, in words.
pub(super) fn matches(count: u64, locale: &str) -> String {
    t!("mapping.identity.by", count = number(count), locale = locale).into_owned()
}

/// Columns of the expression and of the result.
fn widths(columns: usize) -> (usize, usize) {
    let rest = columns.saturating_sub(2 * NAME + 3 + 3 + 1);
    let value = rest * 3 / 5;
    (value, rest - value)
}

/// A mobile is shown without its middle.
pub(super) fn masked(field: &str, value: &str) -> String {
    if field == "mobile" { mask_mobile(value) } else { value.to_owned() }
}

fn short(reason: Reason, count: u64, locale: &str) -> String {
    let word = match reason {
        Reason::DuplicateInSource => "duplicate_in_source",
        Reason::ValueTaken => "value_taken",
        Reason::ValueTooLong => "value_too_long",
        Reason::MissingName | Reason::MissingMobile | Reason::RequiredEmpty => "missing",
        Reason::MappingError => "mapping_error",
        _ => "invalid",
    };
    t!(format!("mapping.short.{word}"), count = number(count), locale = locale).into_owned()
}

pub(super) fn long(reason: Reason, count: u64, locale: &str) -> String {
    let why = t!(format!("reason.{}", reason.as_str()), locale = locale);
    t!("mapping.long", count = number(count), why = why, locale = locale).into_owned()
}
