//! The lines of step 4: identity, table, the pane of a row, the summary, the buttons.

use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::editor::Editor;
use super::numbers::{Record, Standing};
use super::table::Shown;
use super::{FieldMapping, Focus, table};
use crate::config::draft::{on_empty_word, when_word};
use crate::core::expression::signature;
use crate::core::normalise::mask_mobile;
use crate::core::plan::{Entity, Reason};
use crate::core::profile::When;
use crate::core::survey::{Extent, Report, Sampled};
use crate::tui::look::{Look, Tone};
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::number::grouped;
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
        text::push(&mut line, format!("{}  ", t!("mapping.identity.label", locale = locale)), Tone::Plain, look);
        let tone = if is_focused { Tone::Cursor } else { Tone::Strong };
        text::push(&mut line, format!("[ {} v ]", text::fit(&names, 28, look)), tone, look);
        let (told, tone) = self.identity_counts(shared);
        let room = columns.saturating_sub(line.width() + 3);
        text::push(&mut line, format!("   {}", text::fit(&told, room, look)), tone, look);
        line
    }

    /// How many people the identity finds, in words.
    pub(super) fn identity_counts(&self, shared: &Shared) -> (String, Tone) {
        let look = shared.look;
        let locale = look.locale;
        if let Loadable::Loading(since) = shared.survey.sides {
            let waited = gauge::waited(since, shared.now_ms, look);
            return (format!("{} {waited}", t!("scenario.reading", locale = locale)), Tone::Quiet);
        }
        if let Loadable::Failed(message, _) = &shared.survey.sides {
            return (format!("X {message}"), Tone::Bad);
        }
        if shared.draft.identity.is_empty() {
            return (format!("! {}", t!("mapping.identity.nobody", locale = locale)), Tone::Bad);
        }
        match (&shared.survey.counted, shared.survey.is_counting) {
            (Some(Ok(counted)), _) => {
                let counts = &counted.people.identity;
                let told = t!(
                    "mapping.identity.counts",
                    matched = grouped(counts.matched),
                    of = grouped(counted.people.accounts.len() as u64),
                    unclear = grouped(counts.unclear),
                    nobody = grouped(counts.nobody),
                    locale = locale
                );
                (told.into_owned(), if counts.unclear > 0 { Tone::Warning } else { Tone::Plain })
            }
            (Some(Err((message, _))), _) => (format!("X {message}"), Tone::Bad),
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

    pub(super) fn table_line(&self, shown: &Shown, is_here: bool, columns: usize, shared: &Shared) -> Line<'static> {
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
        let expression = if shown.is_off() {
            t!("mapping.off", locale = locale).into_owned()
        } else {
            shown.row.value.replace('\n', " ")
        };
        let (told, tone) = self.told(shown, shared);
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
            && let Some((reason, count)) = report.counts().first()
        {
            let tone = if *reason == Reason::DuplicateInSource { Tone::Bad } else { Tone::Warning };
            return (short(*reason, *count, locale), tone);
        }
        match self.result(&shown.row, shared) {
            Some(Err(error)) => (format!("X {error}"), Tone::Bad),
            Some(Ok(Sampled { value: Some(value), .. })) => (masked(&shown.row.field, &value), Tone::Plain),
            Some(Ok(Sampled { value: None, .. })) => match report {
                Some(Ok(report)) if report.empty > 0 => {
                    let empty = t!("mapping.empty_for", count = grouped(report.empty), locale = locale);
                    (empty.into_owned(), Tone::Warning)
                }
                _ => (t!("row.empty", locale = locale).into_owned(), Tone::Quiet),
            },
            None => (String::new(), Tone::Plain),
        }
    }

    /// The lines of a row that is not being edited.
    pub(super) fn pane_lines(&self, shown: &Shown, area: Rect, shared: &Shared) -> Vec<Line<'static>> {
        let look = shared.look;
        let locale = look.locale;
        let mut first = Line::default();
        let mark = |focus: Focus| if self.focus == focus { ">" } else { " " };
        let label = t!("mapping.label", locale = locale);
        text::push(&mut first, format!("{} {label} ", mark(Focus::Label)), Tone::Plain, look);
        text::push(&mut first, " ".repeat(usize::from(LABEL_FIELD)), Tone::Plain, look);
        for (focus, word, value) in [
            (Focus::When, "mapping.when.label", t!(format!("mapping.when.{}", when_word(shown.row.when)), locale = locale)),
            (
                Focus::OnEmpty,
                "mapping.on_empty.label",
                t!(format!("mapping.on_empty.{}", on_empty_word(shown.row.on_empty)), locale = locale),
            ),
        ] {
            text::push(&mut first, format!(" {} {} ", mark(focus), t!(word, locale = locale)), Tone::Plain, look);
            let tone = if self.focus == focus { Tone::Cursor } else { Tone::Plain };
            text::push(&mut first, format!("[ {value} ]"), tone, look);
        }
        let mut lines = vec![first];
        lines.extend(self.result_line(&shown.row, area, shared));
        match self.report(&shown.row.field) {
            Some(Ok(report)) => lines.extend(wrapped(&self.report_text(shown, report, shared), Tone::Plain, area, look)),
            Some(Err(error)) => lines.extend(wrapped(&format!("X {error}"), Tone::Bad, area, look)),
            None => {}
        }
        lines
    }

    fn result_line(&self, row: &crate::core::profile::MappingRow, area: Rect, shared: &Shared) -> Vec<Line<'static>> {
        let look = shared.look;
        let locale = look.locale;
        let label = t!("mapping.result", locale = locale);
        let (told, tone) = match self.result(row, shared) {
            None => return Vec::new(),
            Some(Err(error)) => (format!("X {error}"), Tone::Bad),
            Some(Ok(sampled)) => {
                let value = sampled.value.map(|value| masked(&row.field, &value));
                let value = value.unwrap_or_else(|| t!("row.empty", locale = locale).into_owned());
                match sampled.trouble {
                    Some((reason, detail)) => {
                        let why = t!(format!("reason.{}", reason.as_str()), locale = locale);
                        let detail = if locale == "en" { format!(" ({detail})") } else { String::new() };
                        (format!("{value}  ! {why}{detail}"), Tone::Warning)
                    }
                    None => (value, Tone::Strong),
                }
            }
        };
        let room = usize::from(area.width).saturating_sub(text::width(&label) + 4);
        let mut line = Line::default();
        text::push(&mut line, format!("  {label}  "), Tone::Quiet, look);
        text::push(&mut line, text::fit(&told, room, look), tone, look);
        vec![line]
    }

    fn report_text(&self, shown: &Shown, report: &Report, shared: &Shared) -> String {
        let locale = shared.look.locale;
        let mut words = vec![match report.extent {
            Extent::Off => t!("mapping.off_long", locale = locale).into_owned(),
            Extent::NeedsDetails => t!("mapping.needs_details", locale = locale).into_owned(),
            Extent::NotCompared => {
                let is_create = shown.row.when == When::Create
                    || table::spec(self.entity, &shown.row.field).is_none_or(|spec| !spec.is_comparable());
                let word = if is_create { "mapping.create_only" } else { "mapping.not_compared" };
                t!(word, locale = locale).into_owned()
            }
            Extent::Compared => t!(
                "mapping.changes",
                changes = grouped(report.changes),
                matched = grouped(report.matched),
                locale = locale
            )
            .into_owned(),
        }];
        if report.empty > 0 {
            words.push(t!("mapping.empty", count = grouped(report.empty), locale = locale).into_owned());
        }
        words.extend(report.counts().into_iter().map(|(reason, count)| long(reason, count, locale)));
        words.join(if locale == "en" { "; " } else { "；" })
    }

    /// The lines below an expression that is being edited.
    pub(super) fn editor_lines(&self, editor: &Editor, area: Rect, shared: &Shared) -> Vec<Line<'static>> {
        let look = shared.look;
        let locale = look.locale;
        let completions = editor.completions(&self.custom_fields(shared));
        let mut lines = Vec::new();
        if !completions.is_empty() {
            lines.push(completion_line(editor.chosen, &completions, usize::from(area.width), look));
        }
        let error = editor.error();
        if completions.is_empty() || area.height > 3 {
            match &error {
                Some(error) => lines.extend(wrapped(&format!("X {error}"), Tone::Bad, area, look)),
                None => {
                    let told = signature(&editor.before_cursor());
                    let told = told.map_or_else(|| t!("mapping.type", locale = locale).into_owned(), str::to_owned);
                    lines.extend(wrapped(&told, Tone::Quiet, area, look));
                }
            }
        }
        if error.is_none() {
            lines.extend(self.result_line(&editor.row(), area, shared));
            lines.extend(wrapped(&self.impact_text(editor, shared), Tone::Plain, area, look));
        }
        lines
    }

    fn impact_text(&self, editor: &Editor, shared: &Shared) -> String {
        let locale = shared.look.locale;
        if editor.row().value.trim().is_empty() {
            return t!("mapping.off_long", locale = locale).into_owned();
        }
        let (Some(Ok(report)), Some(impact)) = (&editor.report, &editor.impact) else {
            let is_known = editor.ticket > 0 && shared.survey.people().is_some();
            return if is_known { t!("scenario.counting", locale = locale).into_owned() } else { String::new() };
        };
        let shown = Shown { row: editor.row(), own: None, default: None };
        if report.extent != Extent::Compared {
            return self.report_text(&shown, report, shared);
        }
        let (changes, matched) = (grouped(impact.changes), grouped(impact.matched));
        let mut words =
            vec![t!("mapping.changes", changes = changes, matched = matched, locale = locale).into_owned()];
        for (reason, count) in &impact.newly {
            words.push(t!("mapping.newly", what = long(*reason, *count, locale), locale = locale).into_owned());
        }
        words.join(if locale == "en" { "; " } else { "；" })
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
            && let Some((reason, count)) = report.counts().first()
        {
            let told = format!("X {}: {}", shown.row.field, long(*reason, *count, locale));
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

/// How many people a field recognised, in words.
pub(super) fn matches(count: u64, locale: &str) -> String {
    t!("mapping.identity.by", count = grouped(count), locale = locale).into_owned()
}

/// Columns of the expression and of the result.
fn widths(columns: usize) -> (usize, usize) {
    let rest = columns.saturating_sub(2 * NAME + 3 + 3 + 1);
    let value = rest * 3 / 5;
    (value, rest - value)
}

/// A mobile is shown without its middle.
fn masked(field: &str, value: &str) -> String {
    if field == "mobile" || field == "telephone" { mask_mobile(value) } else { value.to_owned() }
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
    t!(format!("mapping.short.{word}"), count = grouped(count), locale = locale).into_owned()
}

fn long(reason: Reason, count: u64, locale: &str) -> String {
    let why = t!(format!("reason.{}", reason.as_str()), locale = locale);
    t!("mapping.long", count = grouped(count), why = why, locale = locale).into_owned()
}

fn wrapped(told: &str, tone: Tone, area: Rect, look: Look) -> Vec<Line<'static>> {
    let columns = usize::from(area.width).saturating_sub(3);
    if area.height <= 3 {
        return vec![Line::styled(format!("  {}", text::fit(told, columns, look)), look.style(tone))];
    }
    let lines = text::wrap(told, columns);
    lines.into_iter().map(|line| Line::styled(format!("  {line}"), look.style(tone))).collect()
}

/// As many completions as have room, the chosen one among them.
fn completion_line(
    chosen: usize,
    completions: &[crate::core::expression::Completion],
    columns: usize,
    look: Look,
) -> Line<'static> {
    let mut line = Line::default();
    text::push(&mut line, "  Tab ", Tone::Quiet, look);
    for (index, completion) in completions.iter().enumerate().skip(chosen.saturating_sub(1)) {
        let shown = text::fit(&completion.shown, 40, look);
        if line.width() + text::width(&shown) + 2 > columns {
            break;
        }
        let tone = if index == chosen { Tone::Cursor } else { Tone::Plain };
        text::push(&mut line, shown, tone, look);
        text::push(&mut line, "  ", Tone::Plain, look);
    }
    line
}
