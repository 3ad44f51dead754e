//! A choice of a few words: closed it shows the chosen one, open it lists them all.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::scroll::Scroll;
use super::{pane, text};
use crate::tui::keys::Action;
use crate::tui::look::{Look, Tone};

/// The chosen one of several options; the words come from the caller, so that they follow the language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The chosen option.
    pub chosen: usize,
    open: Option<Scroll>,
}

impl Choice {
    /// With this option chosen.
    pub fn of(chosen: usize) -> Self {
        Self { chosen, open: None }
    }

    /// Whether the list is open; it takes Up, Down, Enter and Esc then.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Opens the list at the chosen option.
    pub fn open(&mut self) {
        self.open = Some(Scroll { chosen: self.chosen });
    }

    /// Does what the action means for a choice of so many options. `true` when another option was chosen.
    pub fn act(&mut self, action: Action, options: usize) -> bool {
        let before = self.chosen;
        match (action, &mut self.open) {
            (Action::Activate, Some(scroll)) => {
                self.chosen = scroll.chosen;
                self.open = None;
            }
            (Action::Close, Some(_)) => self.open = None,
            (action, Some(scroll)) => {
                scroll.act(action, options, options);
            }
            (Action::Activate, None) => self.open(),
            (Action::Right | Action::Toggle, None) => self.chosen = (self.chosen + 1) % options.max(1),
            (Action::Left, None) => self.chosen = (self.chosen + options.max(1) - 1) % options.max(1),
            (_, None) => {}
        }
        before != self.chosen
    }

    /// The closed choice: `[ standard v ]`.
    pub fn closed(&self, options: &[String]) -> String {
        format!("[ {} v ]", options.get(self.chosen).map_or("", String::as_str))
    }

    /// Draws the open list below or above a place, inside `within`.
    pub fn render_open(&self, frame: &mut Frame<'_>, at: Rect, within: Rect, options: &[String], look: Look) {
        let Some(scroll) = self.open else { return };
        let columns = options.iter().map(|option| text::width(option)).max().unwrap_or(0) as u16 + 6;
        let rows = (options.len() as u16 + 2).min(within.height);
        let width = columns.min(within.width);
        let below = at.y + 1;
        let y = if below + rows <= within.bottom() { below } else { within.bottom().saturating_sub(rows) };
        let x = at.x.min(within.right().saturating_sub(width));
        let inner = pane::window(frame, Rect::new(x, y, width, rows), "", look);
        for (line, index) in (0..inner.height).zip(scroll.visible(options.len(), usize::from(inner.height))) {
            let is_chosen = index == scroll.chosen;
            let mark = if is_chosen { "> " } else { "  " };
            let shown = text::cell(&format!("{mark}{}", options[index]), usize::from(inner.width), look);
            let tone = if is_chosen { Tone::Cursor } else { Tone::Plain };
            let row = Rect { y: inner.y + line, height: 1, ..inner };
            frame.render_widget(Line::styled(shown, look.style(tone)), row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_list_chooses_with_enter_and_keeps_with_esc() {
        let mut choice = Choice::of(0);
        choice.act(Action::Activate, 3);
        choice.act(Action::Down, 3);
        assert!(!choice.act(Action::Close, 3));
        choice.act(Action::Activate, 3);
        choice.act(Action::Down, 3);
        assert!(choice.act(Action::Activate, 3));
        assert_eq!(choice.chosen, 1);
    }

    #[test]
    fn a_closed_choice_turns_with_left_and_right() {
        let mut choice = Choice::of(0);
        choice.act(Action::Left, 3);
        assert_eq!(choice.chosen, 2);
        choice.act(Action::Right, 3);
        assert_eq!(choice.chosen, 0);
    }
}
