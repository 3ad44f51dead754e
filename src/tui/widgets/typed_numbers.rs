//! The numbers that approve a plan: its writes, and where a limit on removals is exceeded its removals too.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use super::text;
use super::text_field::TextField;
use crate::tui::look::{Look, Tone};

/// Columns of a number.
const NUMBER: u16 = 14;

/// What is being typed; one of the two is in focus.
#[derive(Debug)]
pub struct TypedNumbers {
    writes: TextField,
    removals: Option<TextField>,
    is_at_removals: bool,
}

impl TypedNumbers {
    /// Nothing is typed yet.
    pub fn new(with_removals: bool) -> Self {
        let removals = with_removals.then(|| TextField::new(""));
        Self { writes: TextField::new(""), removals, is_at_removals: false }
    }

    /// The field in focus.
    pub fn field(&mut self) -> &mut TextField {
        match (&mut self.removals, self.is_at_removals) {
            (Some(removals), true) => removals,
            _ => &mut self.writes,
        }
    }

    /// To the other number.
    pub fn next_field(&mut self) {
        self.is_at_removals = self.removals.is_some() && !self.is_at_removals;
    }

    /// Whether there is another number.
    pub fn has_two(&self) -> bool {
        self.removals.is_some()
    }

    /// The removals that are approved beyond the limits, when the right numbers are typed; else what is wrong, with the
    /// focus on it.
    pub fn approved(&mut self, writes: u64, removals: u64, locale: &str) -> Result<Option<u64>, String> {
        let typed = |field: &TextField| field.text().replace([',', ' '], "").parse::<u64>().ok();
        if typed(&self.writes) != Some(writes) {
            self.is_at_removals = false;
            return Err(t!("plan.confirm.not_writes", count = writes, locale = locale).into_owned());
        }
        let Some(field) = &self.removals else { return Ok(None) };
        if typed(field) != Some(removals) {
            self.is_at_removals = true;
            return Err(t!("plan.confirm.not_removals", count = removals, locale = locale).into_owned());
        }
        Ok(Some(removals))
    }

    /// Draws the two lines in a window, the first so many rows above its lower edge.
    pub fn render(&self, frame: &mut Frame<'_>, window: Rect, above: u16, look: Look) {
        let (writes, removals) = lines(window, above);
        label(frame, writes, "plan.confirm.type_writes", look);
        self.writes.render(frame, number(writes), !self.is_at_removals, true, look);
        if let Some(field) = &self.removals {
            label(frame, removals, "plan.confirm.type_removals", look);
            field.render(frame, number(removals), self.is_at_removals, true, look);
        }
    }

    /// Where the next digit goes.
    pub fn cursor(&self, window: Rect, above: u16) -> Option<Position> {
        let (writes, removals) = lines(window, above);
        match (&self.removals, self.is_at_removals) {
            (Some(field), true) => field.cursor(number(removals), true),
            _ => self.writes.cursor(number(writes), true),
        }
    }
}

fn lines(window: Rect, above: u16) -> (Rect, Rect) {
    let line = |above: u16| Rect {
        x: window.x + 2,
        y: window.bottom().saturating_sub(above),
        width: window.width.saturating_sub(4),
        height: 1,
    };
    (line(above), line(above.saturating_sub(1)))
}

fn number(line: Rect) -> Rect {
    Rect { x: line.right().saturating_sub(NUMBER), width: NUMBER.min(line.width), ..line }
}

fn label(frame: &mut Frame<'_>, line: Rect, key: &str, look: Look) {
    let room = line.width.saturating_sub(NUMBER);
    let shown = text::cell(&t!(key, locale = look.locale), usize::from(room.saturating_sub(1)), look);
    frame.render_widget(Line::styled(shown, look.style(Tone::Strong)), Rect { width: room, ..line });
}
