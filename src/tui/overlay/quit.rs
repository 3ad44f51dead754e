//! The one question before leaving with unsaved answers.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use crate::tui::keys::Action;
use crate::tui::look::Tone;
use crate::tui::message::Command;
use crate::tui::screen::{Offer, Screen};
use crate::tui::shared::Shared;
use crate::tui::widgets::{pane, text};

/// The open question; staying is what Enter does unless one moves to leaving.
#[derive(Debug, Default)]
pub struct QuitQuestion {
    chosen: usize,
}

/// The buttons, from left to right.
const BUTTONS: [&str; 3] = ["tui.quit.stay", "tui.quit.save", "tui.quit.leave"];

impl Screen for QuitQuestion {
    fn offers(&self, _shared: &Shared) -> Vec<Offer> {
        vec![
            Offer::hinted(Action::Activate).named(BUTTONS[self.chosen]),
            Offer::hinted(Action::Left).named("tui.action.choose"),
            Offer::hinted(Action::Right).named("tui.action.choose"),
            Offer::quiet(Action::NextPane).named("tui.action.choose"),
            Offer::quiet(Action::PreviousPane).named("tui.action.choose"),
            Offer::hinted(Action::Close).named("tui.quit.stay"),
            Offer::hinted(Action::Quit).named("tui.quit.leave"),
        ]
    }

    fn act(&mut self, action: Action, _shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Quit => vec![Command::Quit],
            Action::Activate => match self.chosen {
                0 => vec![Command::CloseOverlay],
                1 => vec![Command::CloseOverlay, Command::SaveAndQuit],
                _ => vec![Command::Quit],
            },
            Action::Left | Action::PreviousPane => {
                self.chosen = (self.chosen + BUTTONS.len() - 1) % BUTTONS.len();
                Vec::new()
            }
            Action::Right | Action::NextPane => {
                self.chosen = (self.chosen + 1) % BUTTONS.len();
                Vec::new()
            }
            _ => vec![Command::CloseOverlay],
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let look = shared.look;
        let locale = look.locale;
        let place = pane::middle(area, 64, 8);
        let inner = pane::window(frame, place, &t!("tui.quit.title", locale = locale), look);
        let columns = usize::from(inner.width).saturating_sub(4);
        let mut lines: Vec<Line<'static>> =
            text::wrap(&t!("tui.quit.text", locale = locale), columns).into_iter().map(Line::raw).collect();
        lines.truncate(3);
        lines.resize(4, Line::default());
        let mut buttons = Line::default();
        for (index, word) in BUTTONS.into_iter().enumerate() {
            let is_focused = index == self.chosen;
            let mark = if is_focused { ">" } else { " " };
            let tone = if is_focused { Tone::Cursor } else { Tone::Plain };
            text::push(&mut buttons, format!("{mark}[ {} ]", t!(word, locale = locale)), tone, look);
            text::push(&mut buttons, "   ", Tone::Plain, look);
        }
        lines.push(buttons);
        for (row, line) in (1..inner.height).zip(lines) {
            let at =
                Rect { x: inner.x + 2, y: inner.y + row, width: inner.width.saturating_sub(4), height: 1 };
            frame.render_widget(line, at);
        }
    }

    fn help(&self) -> &'static str {
        "tui.help.quit"
    }
}
