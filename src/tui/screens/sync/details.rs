//! What one looks into: the records of one cause with who has to do what, and the log.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::picture::{outcome_tone, record};
use super::{Sync, words};
use crate::core::course::{Course, Ended};
use crate::tui::look::{Look, Tone};
use crate::tui::shared::Shared;
use crate::tui::widgets::{figures, pane, text};

/// The records of one cause.
pub(super) fn cause(screen: &Sync, code: &str, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let course = screen.shown();
    let Some(cause) = course.causes.get(code) else { return };
    let records = figures::number(cause.count);
    let title = t!("live.cause_title", code = code, records = records, locale = look.locale);
    let inner = pane::draw(frame, area, &title, true, look);
    let columns = usize::from(inner.width).saturating_sub(2);
    let meaning = words::meaning(code, cause, look.locale);
    let mut told = text::wrap(&meaning, columns);
    let remedy = t!("live.what_to_do", remedy = words::remedy(code, look.locale), locale = look.locale);
    told.extend(text::wrap(&remedy, columns));
    if let Some(message) = cause.message.as_deref().filter(|message| *message != meaning) {
        told.extend(text::wrap(
            &t!("live.as_told", message = look.said(message), locale = look.locale),
            columns,
        ));
    }
    told.truncate(6);
    told.push(String::new());
    let mut y = 0;
    for line in told {
        row(frame, inner, y, Line::raw(format!(" {line}")));
        y += 1;
    }
    let rows: Vec<&Ended> = cause.records.iter().collect();
    list(screen, course, &rows, frame, below(inner, y), look);
}

/// Every record that is kept, the newest last.
pub(super) fn log(screen: &Sync, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let course = screen.shown();
    let records = figures::number(course.recent.len() as u64);
    let title = t!("live.log_title", records = records, locale = look.locale);
    let inner = pane::draw(frame, area, &title, true, look);
    let rows: Vec<&Ended> = course.recent.iter().collect();
    list(screen, course, &rows, frame, inner, look);
}

fn list(screen: &Sync, course: &Course, rows: &[&Ended], frame: &mut Frame<'_>, area: Rect, look: Look) {
    let visible = screen.list.visible(rows.len(), usize::from(area.height));
    for (y, index) in visible.enumerate() {
        let ended = rows[index];
        let is_chosen = index == screen.list.chosen;
        let id = ended.record.source_id.as_deref().or(ended.record.target_id.as_deref()).unwrap_or("-");
        let mark = if is_chosen { ">" } else { " " };
        let left = format!("{mark} {}", record(course, ended, look));
        let shown = text::between(&left, &format!("{id} "), usize::from(area.width), look);
        let tone = if is_chosen { Tone::Cursor } else { outcome_tone(ended.record.outcome) };
        let mut line = Line::default();
        text::push(&mut line, shown, tone, look);
        row(frame, area, y as u16, line);
    }
}

fn row(frame: &mut Frame<'_>, area: Rect, y: u16, line: Line<'static>) {
    let place = Rect { x: area.x, y: area.y + y, width: area.width, height: 1 };
    frame.render_widget(line, place.intersection(area));
}

fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect { y: area.y + rows, height: area.height - rows, ..area }
}
