//! The pane of a row: its choices, its result, what it does to everybody, or the edit that is open.

use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::editor::Editor;
use super::lines::{LABEL_FIELD, long, masked};
use super::table::Shown;
use super::{FieldMapping, Focus, table};
use crate::config::draft::{on_empty_word, when_word};
use crate::core::expression::{Completion, signature};
use crate::core::profile::{MappingRow, When};
use crate::core::survey::{Extent, Report};
use crate::tui::look::{Look, Tone};
use crate::tui::shared::Shared;
use crate::tui::widgets::figures::number;
use crate::tui::widgets::text;

impl FieldMapping {
    /// The lines of a row that is not being edited.
    pub(super) fn pane_lines(&self, shown: &Shown, area: Rect, shared: &Shared) -> Vec<Line<'static>> {
        let look = shared.look;
        let locale = look.locale;
        let mark = |focus: Focus| if self.focus == focus { ">" } else { " " };
        let label = t!("mapping.label", locale = locale);
        let mut lines = vec![Line::default()];
        text::push(&mut lines[0], format!("{} {label} ", mark(Focus::Label)), Tone::Plain, look);
        text::push(&mut lines[0], " ".repeat(usize::from(LABEL_FIELD)), Tone::Plain, look);
        let when = t!(format!("mapping.when.{}", when_word(shown.row.when)), locale = locale);
        let on_empty = t!(format!("mapping.on_empty.{}", on_empty_word(shown.row.on_empty)), locale = locale);
        for (focus, word, value) in [
            (Focus::When, t!("mapping.when.label", locale = locale), when),
            (Focus::OnEmpty, t!("mapping.on_empty.label", locale = locale), on_empty),
        ] {
            // A narrow pane is a high one: each choice has a line of its own there.
            if area.height > 6 {
                lines.push(Line::default());
            } else {
                text::push(&mut lines[0], " ", Tone::Plain, look);
            }
            let Some(line) = lines.last_mut() else { break };
            text::push(line, format!("{} {word} ", mark(focus)), Tone::Plain, look);
            let tone = if self.focus == focus { Tone::Cursor } else { Tone::Plain };
            text::push(line, format!("[ {value} ]"), tone, look);
        }
        lines.extend(self.result_line(&shown.row, area, shared));
        match self.report(&shown.row.field) {
            Some(Ok(report)) => {
                lines.extend(wrapped(&self.report_text(shown, report, shared), Tone::Plain, area, look))
            }
            Some(Err(error)) => {
                lines.extend(wrapped(&format!("X {}", look.said(error)), Tone::Bad, area, look));
            }
            None => {}
        }
        lines
    }

    fn result_line(&self, row: &MappingRow, area: Rect, shared: &Shared) -> Vec<Line<'static>> {
        let look = shared.look;
        let locale = look.locale;
        let label = t!("mapping.result", locale = locale);
        let (told, tone) = match self.result(row, shared) {
            None => return Vec::new(),
            Some(Err(error)) => (format!("X {}", look.said(&error)), Tone::Bad),
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
                changes = number(report.changes),
                matched = number(report.matched),
                locale = locale
            )
            .into_owned(),
        }];
        if report.empty > 0 {
            words.push(t!("mapping.empty", count = number(report.empty), locale = locale).into_owned());
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
                    let told =
                        told.map_or_else(|| t!("mapping.type", locale = locale).into_owned(), str::to_owned);
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
            return if is_known {
                t!("scenario.counting", locale = locale).into_owned()
            } else {
                String::new()
            };
        };
        let shown = Shown { row: editor.row(), own: None, default: None };
        if report.extent != Extent::Compared {
            return self.report_text(&shown, report, shared);
        }
        let (changes, matched) = (number(impact.changes), number(impact.matched));
        let mut words =
            vec![t!("mapping.changes", changes = changes, matched = matched, locale = locale).into_owned()];
        for (reason, count) in &impact.newly {
            words.push(
                t!("mapping.newly", what = long(*reason, *count, locale), locale = locale).into_owned(),
            );
        }
        words.join(if locale == "en" { "; " } else { "；" })
    }
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
fn completion_line(chosen: usize, completions: &[Completion], columns: usize, look: Look) -> Line<'static> {
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
