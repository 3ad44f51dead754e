//! The preview: every change before it is made. Counts by kind, departments as a tree, rows, the row at the cursor in
//! full; filters, decisions, rows left out, and the typed confirmation that leads to the run. What a row is, needs or
//! costs is core's business.

mod act;
mod confirm;
mod counts;
mod detail;
mod links;
mod list;
mod logon;
mod menu;
mod offers;
mod places;
mod reader;
mod sheet;
mod window;
mod words;

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use super::super::keys::{Action, Key};
use super::super::message::{Answer, Command};
use super::super::screen::{Offer, Screen};
use super::super::shared::Shared;
use crate::config::draft::Draft;
use crate::core::error::Error;
use crate::tui::look::Tone;
use crate::tui::widgets::text_field::TextField;
use crate::tui::widgets::{gauge, pane, text};
use crate::tui::worker::preview::{Request, Told, short_id};
use places::Places;
use sheet::{Pane, Sheet};
use window::Window;

/// Both sides are being read.
#[derive(Debug, Clone, Copy)]
struct Reading {
    since_ms: i64,
    source: u64,
    target: u64,
}

/// The preview.
#[derive(Debug, Default)]
pub struct PreviewScreen {
    sheet: Option<Sheet>,
    reading: Option<Reading>,
    failure: Option<Error>,
    window: Option<Box<Window>>,
    /// The text one looks for, while it is typed.
    search: Option<TextField>,
    is_revealed: bool,
    /// The answers the plan was made by.
    made_for: Option<Draft>,
}

impl PreviewScreen {
    fn read(&mut self, shared: &Shared) -> Vec<Command> {
        self.reading = Some(Reading { since_ms: shared.now_ms, source: 0, target: 0 });
        self.failure = None;
        self.window = None;
        self.search = None;
        self.made_for = Some(shared.file.saved.clone());
        vec![Command::Preview(Request::Read)]
    }

    /// The sheet, when it is what is shown.
    fn shown(&self) -> Option<&Sheet> {
        self.sheet.as_ref().filter(|_| self.reading.is_none() && self.failure.is_none())
    }

    fn take(&mut self, told: &Told, shared: &Shared) -> Vec<Command> {
        let verifying = match self.window.as_deref_mut() {
            Some(Window::Confirm(confirm)) => Some(confirm),
            _ => None,
        };
        match (told, verifying) {
            (Told::Reading(source, target), Some(confirm)) => {
                if let Some(verifying) = &mut confirm.verifying {
                    (verifying.1, verifying.2) = (*source, *target);
                }
            }
            (Told::Reading(source, target), None) => {
                if let Some(reading) = &mut self.reading {
                    (reading.source, reading.target) = (*source, *target);
                }
            }
            (Told::Ready(view), _) => {
                self.sheet = Some(Sheet::new(Arc::clone(view), self.sheet.as_ref()));
                self.reading = None;
                self.failure = None;
            }
            (Told::Failed(error), _) => {
                self.reading = None;
                self.failure = Some(error.clone());
            }
            (told, _) => return self.take_rest(told, shared),
        }
        Vec::new()
    }
}

impl Screen for PreviewScreen {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        let Some(sheet) = self.shown() else { return self.waiting_offers() };
        if let Some(window) = &self.window {
            return window.offers(sheet, shared);
        }
        if self.search.is_some() {
            return vec![
                Offer::hinted(Action::Activate).named("plan.search.keep"),
                Offer::hinted(Action::Up).named("tui.action.choose"),
                Offer::hinted(Action::Down).named("tui.action.choose"),
                Offer::hinted(Action::Close).named("plan.search.clear"),
            ];
        }
        self.sheet_offers(sheet, shared.look.locale)
    }

    fn is_typing(&self) -> bool {
        let Some(sheet) = self.shown() else { return false };
        match &self.window {
            Some(window) => window.is_typing(sheet),
            None => self.search.is_some(),
        }
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        let is_same = self.made_for.as_ref() == Some(&shared.file.saved);
        if is_same && (self.sheet.is_some() || self.reading.is_some()) {
            Vec::new()
        } else {
            self.read(shared)
        }
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        if self.shown().is_none() {
            return self.act_waiting(action, shared);
        }
        if self.window.is_some() {
            return self.act_in_window(action, shared);
        }
        self.act_in_sheet(action, shared)
    }

    fn type_in(&mut self, key: Key, _shared: &mut Shared) -> Vec<Command> {
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        match (&mut self.window, &mut self.search) {
            (Some(window), _) => {
                if let Some(field) = window.field() {
                    field.key(key);
                }
            }
            (None, Some(search)) => {
                if search.key(key) {
                    sheet.filter.text = search.text().to_owned();
                    sheet.refilter();
                }
            }
            (None, None) => {}
        }
        Vec::new()
    }

    fn paste(&mut self, pasted: &str, shared: &mut Shared) -> Vec<Command> {
        let field = match (&mut self.window, &mut self.search) {
            (Some(window), _) => window.field(),
            (None, search) => search.as_mut(),
        };
        let Some(field) = field else { return Vec::new() };
        let what = field.paste(pasted);
        if let (None, Some(search), Some(sheet)) = (&self.window, &self.search, &mut self.sheet) {
            sheet.filter.text = search.text().to_owned();
            sheet.refilter();
        }
        let locale = shared.look.locale;
        let note = t!("tui.note.pasted", taken = what.taken, trimmed = what.trimmed, locale = locale);
        vec![Command::Note(note.into_owned())]
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Preview(told) => self.take(told, shared),
            _ => Vec::new(),
        }
    }

    fn banner(&self, shared: &Shared) -> Option<Line<'static>> {
        let columns = usize::from(shared.size.0);
        self.shown().map(|sheet| counts::banner(sheet, columns, shared.look))
    }

    fn state(&self, shared: &Shared) -> Option<String> {
        let nothing = t!("plan.nothing_written", locale = shared.look.locale);
        let plan = self.sheet.as_ref().map(|sheet| short_id(&sheet.view.plan().plan_id).to_owned());
        Some(match plan {
            Some(id) => format!("{nothing}  {}", t!("plan.id", id = id, locale = shared.look.locale)),
            None => nothing.into_owned(),
        })
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let Some(sheet) = self.shown() else { return self.render_waiting(frame, area, shared) };
        self.render_sheet(frame, area, sheet, shared);
        if let Some(window) = &self.window {
            window.render(frame, area, sheet, self.is_revealed, shared);
        }
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        let sheet = self.shown()?;
        match (&self.window, &self.search) {
            (Some(window), _) => window.cursor(area, sheet),
            (None, Some(search)) => search.cursor(search_line(Places::of(area).status), true),
            (None, None) => None,
        }
    }

    fn help(&self) -> &'static str {
        "plan.help"
    }
}

impl PreviewScreen {
    fn render_sheet(&self, frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, shared: &Shared) {
        let look = shared.look;
        let places = Places::of(area);
        let columns = usize::from(area.width);
        frame.render_widget(Line::raw(counts::apart(sheet, columns, look)), places.counts);
        let is_in_tree = sheet.pane == Pane::Branches;
        let listed = if places.tree.is_some() { Pane::Rows } else { sheet.pane };
        if let Some(tree) = places.tree {
            list::branches(frame, tree, sheet, is_in_tree, look);
        }
        frame.render_widget(list::head(listed, places.head.width, look), places.head);
        match listed {
            Pane::Rows => list::rows(frame, places.list, sheet, !is_in_tree, look),
            Pane::Branches => list::branches(frame, places.list, sheet, true, look),
        }
        match &self.search {
            Some(search) => {
                frame.render_widget(Line::raw(" /"), places.status);
                search.render(frame, search_line(places.status), true, true, look);
                let hits =
                    t!("plan.hits", count = words::number(sheet.listed() as u64), locale = look.locale);
                let width = (text::width(&hits) as u16).min(places.status.width);
                let at = Rect { x: places.status.right() - width, width, ..places.status };
                frame.render_widget(Line::raw(hits.into_owned()), at);
            }
            None => {
                let width = usize::from(places.status.width);
                frame.render_widget(list::status(sheet, width, look), places.status);
            }
        }
        self.render_detail(frame, places.detail, sheet, shared);
        frame.render_widget(counts::costs(sheet, columns, look), places.costs);
    }

    fn render_detail(&self, frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, shared: &Shared) {
        let look = shared.look;
        let columns = usize::from(area.width).saturating_sub(4);
        let (title, mut lines) = match (sheet.pane, sheet.current_branch()) {
            (Pane::Branches, Some((index, branch))) => {
                (sheet.view.browser.tree().path(index), detail::branch_lines(branch, look.locale))
            }
            (Pane::Branches, None) => (String::new(), Vec::new()),
            (Pane::Rows, _) => (
                detail::title_of_current(sheet, look.locale),
                detail::current(sheet, columns, self.is_revealed, look),
            ),
        };
        let inner = pane::draw(frame, area, &title, false, look);
        let rows = usize::from(inner.height);
        if lines.len() > rows && rows > 0 {
            let more = lines.len() - rows + 1;
            lines.truncate(rows - 1);
            lines.push((Tone::Quiet, t!("plan.more_lines", count = more, locale = look.locale).into_owned()));
        }
        for (line, (tone, shown)) in (0..inner.height).zip(lines) {
            let at =
                Rect { x: inner.x + 1, y: inner.y + line, width: inner.width.saturating_sub(2), height: 1 };
            frame.render_widget(Line::styled(shown, look.style(tone)), at);
        }
    }

    fn render_waiting(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let look = shared.look;
        let locale = look.locale;
        let columns = usize::from(area.width).saturating_sub(6);
        let mut lines: Vec<(Tone, String)> = Vec::new();
        let mut add = |tone: Tone, text: &str| {
            lines.extend(text::wrap(text, columns).into_iter().map(|line| (tone, line)));
        };
        match (&self.reading, &self.failure) {
            (Some(reading), _) => {
                add(Tone::Strong, &t!("plan.reading.title", locale = locale));
                let waited = gauge::waited(reading.since_ms, shared.now_ms, look);
                let calls = t!(
                    "plan.reading.calls",
                    source = words::number(reading.source),
                    target = words::number(reading.target),
                    locale = locale
                );
                add(Tone::Plain, &format!("{calls} {waited}"));
                add(Tone::Quiet, &t!("plan.reading.nothing", locale = locale));
            }
            (None, Some(error)) => {
                add(Tone::Bad, &format!("! {}", t!("plan.failed", locale = locale)));
                add(Tone::Plain, &look.said(&error.message));
                error.hint.iter().for_each(|hint| add(Tone::Plain, &look.said(hint)));
                error.missing.iter().for_each(|missing| add(Tone::Plain, &format!("  {missing}")));
            }
            (None, None) => add(Tone::Plain, &t!("plan.stopped", locale = locale)),
        }
        for (row, (tone, line)) in (2..area.height).zip(lines) {
            let at = Rect { x: area.x + 3, y: area.y + row, width: area.width.saturating_sub(6), height: 1 };
            frame.render_widget(Line::styled(line, look.style(tone)), at);
        }
    }
}

/// Where the text one looks for is typed.
fn search_line(status: Rect) -> Rect {
    Rect { x: status.x + 2, width: status.width.saturating_sub(20), ..status }
}
