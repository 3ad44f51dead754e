//! The one question before leaving with unsaved answers, or while something goes on that ends with the program.

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
#[derive(Debug)]
pub struct QuitQuestion {
    /// Locale keys of the title and of the text.
    about: (&'static str, &'static str),
    /// From left to right.
    buttons: &'static [Button],
    chosen: usize,
}

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Stay,
    Save,
    Leave,
    /// Leaving stops what goes on.
    Stop,
}

impl Button {
    fn word(self) -> &'static str {
        match self {
            Self::Stay => "tui.quit.stay",
            Self::Save => "tui.quit.save",
            Self::Leave => "tui.quit.leave",
            Self::Stop => "tui.quit.stop",
        }
    }
}

impl QuitQuestion {
    /// Answers are not in the settings file.
    pub fn unsaved() -> Self {
        let buttons = &[Button::Stay, Button::Save, Button::Leave];
        Self { about: ("tui.quit.title", "tui.quit.text"), buttons, chosen: 0 }
    }

    /// Something goes on and ends with this program.
    pub fn goes_on() -> Self {
        let buttons = &[Button::Stay, Button::Stop];
        Self { about: ("tui.quit.goes_on_title", "tui.quit.goes_on"), buttons, chosen: 0 }
    }

    fn leave(&self) -> &'static str {
        if self.buttons.contains(&Button::Stop) { "tui.quit.stop" } else { "tui.quit.leave" }
    }
}

impl Screen for QuitQuestion {
    fn offers(&self, _shared: &Shared) -> Vec<Offer> {
        vec![
            Offer::hinted(Action::Activate).named(self.buttons[self.chosen].word()),
            Offer::hinted(Action::Left).named("tui.action.choose"),
            Offer::hinted(Action::Right).named("tui.action.choose"),
            Offer::quiet(Action::NextPane).named("tui.action.choose"),
            Offer::quiet(Action::PreviousPane).named("tui.action.choose"),
            Offer::hinted(Action::Close).named("tui.quit.stay"),
            Offer::hinted(Action::Quit).named(self.leave()),
        ]
    }

    fn act(&mut self, action: Action, _shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Quit => vec![Command::Quit],
            Action::Activate => match self.buttons[self.chosen] {
                Button::Stay => vec![Command::CloseOverlay],
                Button::Save => vec![Command::CloseOverlay, Command::SaveAndQuit],
                Button::Leave | Button::Stop => vec![Command::Quit],
            },
            Action::Left | Action::PreviousPane => {
                self.chosen = (self.chosen + self.buttons.len() - 1) % self.buttons.len();
                Vec::new()
            }
            Action::Right | Action::NextPane => {
                self.chosen = (self.chosen + 1) % self.buttons.len();
                Vec::new()
            }
            _ => vec![Command::CloseOverlay],
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let look = shared.look;
        let locale = look.locale;
        let place = pane::middle(area, 64, 8);
        let inner = pane::window(frame, place, &t!(self.about.0, locale = locale), look);
        let columns = usize::from(inner.width).saturating_sub(4);
        let mut lines: Vec<Line<'static>> =
            text::wrap(&t!(self.about.1, locale = locale), columns).into_iter().map(Line::raw).collect();
        lines.truncate(3);
        lines.resize(4, Line::default());
        let mut buttons = Line::default();
        for (index, button) in self.buttons.iter().enumerate() {
            let word = button.word();
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
