//! Draws step 4; at 120 columns and more the pane of the row stands at the right.
//!
//! ```text
//!  Mapping identity  [ mobile, email v ]   matches 3,870 of 4,102; 12 unclear; 220 nobody
//!    field       id           value                        欧阳娜娜 (1/20)
//!  > Mailbox     email        Lower(user.email)            ouyang@example.com
//!  ┌ Mailbox -> email ───────────────────────────── at most 50 characters, unique ┐
//!  │ Lower(user.email)                                                             │
//!  │ result  ouyang@example.com                                                    │
//!  └───────────────────────────────────────────────────────────────────────────────┘
//!  6 rows fine   1 warning   1 error
//!  [ Preview ]   [ Save only ]   [ Save and sync ]
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use super::add::Adding;
use super::identity::Choosing;
use super::{FieldMapping, Focus, Window, table};
use crate::config::settings_file::DiffLine;
use crate::tui::look::Tone;
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::{pane, text};

/// Rows of the pane below the table.
const PANE: u16 = 6;
/// From so many columns on the pane stands at the right.
const WIDE: u16 = 120;

/// Where everything stands.
pub(super) struct Places {
    pub(super) identity: Rect,
    pub(super) head: Rect,
    pub(super) table: Rect,
    pub(super) pane: Rect,
    pub(super) summary: Rect,
    pub(super) buttons: Rect,
}

pub(super) fn places(area: Rect, is_full: bool) -> Places {
    let row = |index: u16| Rect { y: area.y + index, height: 1, ..area }.intersection(area);
    let middle = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
    let (left, pane) = if area.width >= WIDE {
        let columns = area.width * 3 / 5;
        (
            Rect { width: columns, ..middle },
            Rect { x: area.x + columns, width: (area.width - columns).saturating_sub(1), ..middle },
        )
    } else {
        let rows = middle.height.saturating_sub(PANE);
        (
            Rect { height: rows, ..middle },
            Rect { x: area.x + 1, y: middle.y + rows, width: area.width.saturating_sub(2), height: PANE },
        )
    };
    let pane = if is_full { Rect { x: area.x, y: area.y, ..area } } else { pane };
    Places {
        identity: row(0),
        head: Rect { height: 1, ..left },
        table: Rect { y: left.y + 1, height: left.height.saturating_sub(1), ..left },
        pane: pane.intersection(area),
        summary: row(area.height.saturating_sub(2)),
        buttons: row(area.height.saturating_sub(1)),
    }
}

/// The expression's part of the pane's inside.
pub(super) fn expression_area(inner: Rect, is_full: bool) -> Rect {
    let below = if is_full { 8 } else { 3 };
    let most = if is_full { u16::MAX } else { 6 };
    Rect { height: inner.height.saturating_sub(below).clamp(1, most), ..inner }.intersection(inner)
}

impl FieldMapping {
    fn is_full(&self) -> bool {
        self.editor.as_ref().is_some_and(|editor| editor.is_full)
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let places = places(area, self.is_full());
        if !self.is_full() {
            frame.render_widget(self.identity_line(usize::from(area.width), shared), places.identity);
            frame.render_widget(self.head_line(usize::from(places.head.width), shared), places.head);
            self.draw_table(frame, places.table, shared);
            frame.render_widget(self.summary_line(usize::from(area.width), shared), places.summary);
            frame.render_widget(self.button_line(shared), places.buttons);
        }
        self.draw_pane(frame, places.pane, shared);
        match &self.window {
            Some(Window::Add(adding)) => self.draw_add(frame, area, adding, shared),
            Some(Window::Identity(choosing)) => self.draw_identity(frame, area, choosing, shared),
            Some(Window::Command(from)) => self.draw_command(frame, area, *from, shared),
            None => {}
        }
    }

    pub(super) fn text_cursor(&self, area: Rect, shared: &Shared) -> Option<Position> {
        if let Some(Window::Add(adding)) = &self.window {
            return adding.name.cursor(name_area(add_window(area)), true);
        }
        let inner = inside(places(area, self.is_full()).pane);
        match (&self.window, &self.editor) {
            (None, Some(editor)) => editor.cursor(expression_area(inner, editor.is_full)),
            (None, None) if self.focus == Focus::Label => {
                self.label.cursor(self.label_area(inner, shared), true)
            }
            _ => None,
        }
    }

    fn draw_table(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let rows = self.shown(shared);
        let here = self.current(shared).map_or(0, |(place, _)| place);
        let scroll = Scroll { chosen: here };
        let columns = usize::from(area.width);
        for (line, place) in (0..area.height).zip(scroll.visible(rows.len(), usize::from(area.height))) {
            let at = Rect { y: area.y + line, height: 1, ..area };
            frame.render_widget(self.table_line(&rows[place], place == here, columns, shared), at);
        }
    }

    fn draw_pane(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let look = shared.look;
        let Some((_, shown)) = self.current(shared) else { return };
        let arrow = if look.is_ascii { "->" } else { "→" };
        let label = table::label(&shown.row, self.entity, look.locale);
        let mut title = format!("{label} {arrow} {}", shown.row.field);
        let limits = table::limits(self.entity, &shown.row.field, look.locale);
        if area.height <= PANE {
            title.push_str(&format!(": {limits}"));
        }
        let is_focused =
            self.editor.is_some() || matches!(self.focus, Focus::Label | Focus::When | Focus::OnEmpty);
        let inner = if self.is_full() {
            pane::window(frame, area, &title, look)
        } else {
            pane::draw(frame, area, &title, is_focused, look)
        };
        let place = expression_area(inner, self.is_full());
        match &self.editor {
            Some(editor) => frame.render_widget(editor.area(), place),
            None => {
                let wrapped = text::wrap(&shown.row.value.replace('\n', " "), usize::from(place.width));
                let shown_lines = usize::from(place.height);
                for (row, line) in (0..place.height).zip(&wrapped) {
                    let is_cut = usize::from(row) + 1 == shown_lines && wrapped.len() > shown_lines;
                    let line = if is_cut { shown.row.value.replace('\n', " ") } else { line.clone() };
                    let at = Rect { y: place.y + row, height: 1, ..place };
                    let line = text::fit(&line, usize::from(place.width), look);
                    frame.render_widget(Line::styled(line, look.style(Tone::Strong)), at);
                }
            }
        }
        let rest = Rect { y: place.bottom(), height: inner.bottom().saturating_sub(place.bottom()), ..inner };
        let mut lines = match &self.editor {
            Some(editor) => self.editor_lines(editor, rest, shared),
            None => self.pane_lines(&shown, rest, shared),
        };
        if area.height > PANE {
            lines.push(Line::default());
            let wrapped = text::wrap(&limits, usize::from(rest.width).saturating_sub(3));
            lines.extend(
                wrapped.into_iter().map(|line| Line::styled(format!("  {line}"), look.style(Tone::Quiet))),
            );
        }
        lines.truncate(usize::from(rest.height));
        for (row, line) in (0..rest.height).zip(lines) {
            frame.render_widget(line, Rect { y: rest.y + row, height: 1, ..rest });
        }
        if self.editor.is_none() {
            let at = self.label_area(inner, shared);
            self.label.render(frame, at, self.focus == Focus::Label, true, look);
        }
    }

    /// The label's field in the first line below the expression.
    pub(super) fn label_area(&self, inner: Rect, shared: &Shared) -> Rect {
        let skipped = text::width(&t!("mapping.label", locale = shared.look.locale)) as u16 + 3;
        let y = expression_area(inner, false).bottom();
        Rect { x: inner.x + skipped, y, width: super::lines::LABEL_FIELD, height: 1 }.intersection(inner)
    }

    fn draw_add(&self, frame: &mut Frame<'_>, area: Rect, adding: &Adding, shared: &Shared) {
        let look = shared.look;
        let locale = look.locale;
        let place = add_window(area);
        let inner = pane::window(frame, place, &t!("mapping.add.title", locale = locale), look);
        let label = Rect { height: 1, ..inner }.intersection(inner);
        frame.render_widget(Line::raw(format!(" {}", t!("mapping.add.name", locale = locale))), label);
        adding.name.render(frame, name_area(place).intersection(inner), true, true, look);
        let lines = adding.lines(&shared.draft, self.entity, locale);
        let rows = inner.height.saturating_sub(2);
        let columns = usize::from(inner.width);
        for (row, index) in (1..=rows).zip(adding.scroll.visible(lines.len(), usize::from(rows))) {
            let name = &lines[index];
            let is_chosen = index == adding.scroll.chosen;
            let mark = if is_chosen { ">" } else { " " };
            let label = table::label(&table::blank(name, String::new()), self.entity, locale);
            let told = match Adding::refusal(name, &shared.draft, self.entity, locale) {
                Some(refusal) => refusal,
                None => table::limits(self.entity, name, locale),
            };
            let label = if label == *name { String::new() } else { label };
            let line =
                format!("{mark} {} {} {told}", text::cell(name, 24, look), text::cell(&label, 14, look));
            let tone = if is_chosen { Tone::Cursor } else { Tone::Plain };
            let at = Rect { y: inner.y + row, height: 1, ..inner }.intersection(inner);
            frame.render_widget(Line::styled(text::cell(&line, columns, look), look.style(tone)), at);
        }
        let hint = Rect { y: inner.bottom().saturating_sub(1), height: 1, ..inner };
        let told = text::fit(&t!("mapping.add.hint", locale = locale), columns.saturating_sub(2), look);
        frame.render_widget(Line::styled(format!(" {told}"), look.style(Tone::Quiet)), hint);
    }

    fn draw_identity(&self, frame: &mut Frame<'_>, area: Rect, choosing: &Choosing, shared: &Shared) {
        let look = shared.look;
        let locale = look.locale;
        let identity = &shared.draft.identity;
        let lines = Choosing::lines(identity);
        let place = pane::middle(area, 66, lines.len() as u16 + 5);
        let inner = pane::window(frame, place, &t!("mapping.identity.title", locale = locale), look);
        let columns = usize::from(inner.width);
        let matched = shared.survey.people().map(|people| &people.identity);
        for (row, (index, field)) in (0..inner.height).zip(lines.iter().enumerate()) {
            let is_chosen = index == choosing.scroll.chosen;
            let mark = if is_chosen { ">" } else { " " };
            let number = match identity.iter().position(|other| other == field) {
                Some(place) => format!("[{}]", place + 1),
                None => "[ ]".to_owned(),
            };
            let label = t!(format!("mapping.field.{}", field.as_str()), locale = locale);
            let by =
                matched.and_then(|counts| counts.by.iter().find(|(by, _)| by.as_str() == field.as_str()));
            let count = by.map(|(_, count)| super::lines::matches(*count, locale)).unwrap_or_default();
            let line = format!(
                "{mark} {number} {} {} {count}",
                text::cell(field.as_str(), 12, look),
                text::cell(&label, 14, look)
            );
            let tone = if is_chosen { Tone::Cursor } else { Tone::Plain };
            let at = Rect { y: inner.y + row, height: 1, ..inner };
            frame.render_widget(Line::styled(text::cell(&line, columns, look), look.style(tone)), at);
        }
        let told = [
            self.identity_counts(columns.saturating_sub(2), shared),
            (t!("mapping.identity.hint", locale = locale).into_owned(), Tone::Quiet),
        ];
        for (row, (line, tone)) in (lines.len() as u16 + 1..inner.height).zip(told) {
            let at = Rect { y: inner.y + row, height: 1, ..inner };
            let line = text::fit(&line, columns.saturating_sub(2), look);
            frame.render_widget(Line::styled(format!(" {line}"), look.style(tone)), at);
        }
    }

    fn draw_command(&self, frame: &mut Frame<'_>, area: Rect, from: usize, shared: &Shared) {
        let look = shared.look;
        let locale = look.locale;
        let inner = pane::window(frame, area, &t!("mapping.command.title", locale = locale), look);
        let columns = usize::from(inner.width).saturating_sub(2);
        let mut lines: Vec<(String, Tone)> =
            vec![(t!("mapping.command.same", locale = locale).into_owned(), Tone::Plain)];
        for verb in ["preview", "sync"] {
            let command = shared.file.command(verb).replace(" --", " \\\n    --");
            let lines_of = command.split('\n').flat_map(|line| text::wrap(line, columns.saturating_sub(2)));
            lines.extend(lines_of.map(|line| (format!("  {line}"), Tone::Strong)));
        }
        let path = shared.file.path.display().to_string();
        lines.push((String::new(), Tone::Plain));
        lines.push((t!("mapping.command.changes", path = path, locale = locale).into_owned(), Tone::Plain));
        let diff = shared.file.diff(&shared.draft);
        if diff.is_empty() {
            lines.push((format!("  {}", t!("mapping.command.nothing", locale = locale)), Tone::Quiet));
        }
        lines.extend(diff.into_iter().skip(from).map(|line| match line {
            DiffLine::Removed(text) => (format!("  - {text}"), Tone::Bad),
            DiffLine::Added(text) => (format!("  + {text}"), Tone::Good),
        }));
        for (row, (line, tone)) in (0..inner.height).zip(lines) {
            let at = Rect { y: inner.y + row, height: 1, ..inner };
            frame.render_widget(
                Line::styled(format!(" {}", text::fit(&line, columns, look)), look.style(tone)),
                at,
            );
        }
    }
}

/// The inside of a framed area.
fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

fn add_window(area: Rect) -> Rect {
    pane::middle(area, 76, area.height.min(20))
}

fn name_area(window: Rect) -> Rect {
    Rect { x: window.x + 18, y: window.y + 1, width: window.width.saturating_sub(20), height: 1 }
}
