//! The expression being edited: its text, what completes it, what it makes of the sample, what it makes different.

use std::sync::Arc;

use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use tui_textarea::{CursorMove, Input, Key as Typed, TextArea, WrapMode};

use crate::core::expression::{Completion, Model, complete};
use crate::core::mapping::FieldMapping;
use crate::core::plan::Entity;
use crate::core::profile::MappingRow;
use crate::core::survey::{Impact, Report};
use crate::core::text;
use crate::tui::keys::{Action, Key};

/// Characters an expression takes at most.
const LONGEST: usize = 16 * 1024;

/// An open edit.
#[derive(Debug, Clone)]
pub(super) struct Editor {
    /// The row as it was.
    pub(super) before: MappingRow,
    /// The row was added for this edit.
    pub(super) is_added: bool,
    /// The editor has the whole height.
    pub(super) is_full: bool,
    /// What the edit makes different, for the text as it stands; `None` while it is computed.
    pub(super) impact: Option<Impact>,
    /// The report of the text as it stands.
    pub(super) report: Option<Result<Arc<Report>, String>>,
    /// Which question the answers above belong to.
    pub(super) ticket: u64,
    /// The completion that Tab takes.
    pub(super) chosen: usize,
    area: TextArea<'static>,
    entity: Entity,
}

impl Editor {
    /// Opens a row.
    pub(super) fn open(row: MappingRow, entity: Entity, is_added: bool) -> Self {
        let lines = row.value.split('\n').map(str::to_owned).collect();
        let mut area = TextArea::new(lines);
        area.set_cursor_line_style(Style::new());
        // The hardware cursor stands where the text area's own would be.
        area.set_cursor_style(Style::new());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        let (impact, report) = (None, None);
        let (ticket, chosen, is_full) = (0, 0, false);
        Self { before: row, is_added, is_full, impact, report, ticket, chosen, area, entity }
    }

    /// The row as it stands.
    pub(super) fn row(&self) -> MappingRow {
        MappingRow { value: self.area.lines().join("\n"), ..self.before.clone() }
    }

    /// Why the text is no expression; `None` when it is one, or empty.
    pub(super) fn error(&self) -> Option<String> {
        let row = self.row();
        if row.value.trim().is_empty() {
            return None;
        }
        FieldMapping::compile(std::slice::from_ref(&row), self.entity).err().map(|error| error.problem)
    }

    /// The small editor, or the one at full height.
    pub(super) fn turn_full(&mut self) {
        self.is_full = !self.is_full;
        self.area.set_wrap_mode(if self.is_full { WrapMode::WordOrGlyph } else { WrapMode::None });
    }

    /// A key for the text. `true` when it changed.
    pub(super) fn key(&mut self, key: Key) -> bool {
        let typed = match key {
            Key::Char(letter) if text::is_unsafe(letter) => return false,
            Key::Char(_) if self.length() >= LONGEST => return false,
            Key::Char(letter) => Typed::Char(letter),
            Key::Backspace => Typed::Backspace,
            Key::Delete => Typed::Delete,
            Key::Enter => Typed::Enter,
            _ => {
                self.move_cursor(key);
                return false;
            }
        };
        self.chosen = 0;
        self.area.input_without_shortcuts(Input { key: typed, ctrl: false, alt: false, shift: false })
    }

    fn move_cursor(&mut self, key: Key) {
        self.chosen = 0;
        self.area.move_cursor(match key {
            Key::Left => CursorMove::Back,
            Key::Right => CursorMove::Forward,
            Key::Home => CursorMove::Head,
            Key::End => CursorMove::End,
            Key::Up => CursorMove::Up,
            Key::Down => CursorMove::Down,
            _ => return,
        });
    }

    /// Pasted text; line ends become blanks in the small editor. Answers how many characters were left out.
    pub(super) fn paste(&mut self, pasted: &str) -> usize {
        let room = LONGEST.saturating_sub(self.length());
        let is_kept = |c: &char| !text::is_unsafe(*c) || *c == '\n';
        let kept: String = pasted
            .trim()
            .replace("\r\n", "\n")
            .chars()
            .filter(is_kept)
            .map(|c| if c == '\n' && !self.is_full { ' ' } else { c })
            .take(room)
            .collect();
        self.area.insert_str(&kept);
        self.chosen = 0;
        pasted.chars().count().saturating_sub(kept.chars().count())
    }

    /// What may complete the word at the cursor.
    pub(super) fn completions(&self, custom_fields: &[String]) -> Vec<Completion> {
        let model = match self.entity {
            Entity::User => Model::User,
            Entity::Department => Model::Unit,
        };
        complete(&self.before_cursor(), model, custom_fields)
    }

    /// The text before the cursor.
    pub(super) fn before_cursor(&self) -> String {
        let cursor = self.area.cursor();
        let mut before: String =
            self.area.lines().iter().take(cursor.0).flat_map(|line| [line.as_str(), "\n"]).collect();
        before
            .extend(self.area.lines().get(cursor.0).into_iter().flat_map(|line| line.chars().take(cursor.1)));
        before
    }

    /// Takes the chosen completion. `false` when there is none.
    pub(super) fn take_completion(&mut self, custom_fields: &[String]) -> bool {
        let completions = self.completions(custom_fields);
        let Some(completion) = completions.get(self.chosen.min(completions.len().saturating_sub(1))) else {
            return false;
        };
        for _ in 0..completion.replaces {
            self.area.delete_char();
        }
        self.area.insert_str(&completion.text);
        self.chosen = 0;
        true
    }

    /// Moves among the completions, or among the lines at full height.
    pub(super) fn go(&mut self, action: Action, completions: usize) {
        match (action, completions) {
            (Action::Up, 0) if self.is_full => self.move_cursor(Key::Up),
            (Action::Down, 0) if self.is_full => self.move_cursor(Key::Down),
            (Action::Up, 1..) => self.chosen = (self.chosen + completions - 1) % completions,
            (Action::Down, 1..) => self.chosen = (self.chosen + 1) % completions,
            _ => {}
        }
    }

    /// The text area, to be drawn.
    pub(super) fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// Where the next letter goes in the area it was drawn into.
    pub(super) fn cursor(&self, area: Rect) -> Option<Position> {
        let (top, left) = self.area.scroll_offset();
        let cursor = self.area.screen_cursor();
        let row = u16::try_from(cursor.row).ok()?.checked_sub(top)?;
        let column = u16::try_from(cursor.col).ok()?.checked_sub(left)?;
        (row < area.height && column < area.width).then(|| Position::new(area.x + column, area.y + row))
    }

    fn length(&self) -> usize {
        self.area.lines().iter().map(|line| line.chars().count() + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::blank;
    use super::*;

    fn typed(text: &str) -> Editor {
        let mut editor = Editor::open(blank("title", String::new()), Entity::User, true);
        for letter in text.chars() {
            editor.key(Key::Char(letter));
        }
        editor
    }

    #[test]
    fn a_completion_replaces_the_word_at_the_cursor() {
        let mut editor = typed("Lower(user.em");
        assert!(editor.take_completion(&[]));
        editor.key(Key::Char(')'));
        assert_eq!(editor.row().value, "Lower(user.email)");
        assert_eq!(editor.error(), None);
        assert!(!editor.take_completion(&[]), "a whole word has none");
    }

    #[test]
    fn an_error_names_the_column() {
        assert!(typed("Lower(user.emial)").error().is_some_and(|error| error.contains("column 7")));
        assert_eq!(typed("").error(), None);
    }

    #[test]
    fn pasted_lines_are_one_line_in_the_small_editor_and_lines_at_full_height() {
        let mut editor = typed("");
        assert_eq!(editor.paste("Lower(\n  user.email)\r\n"), 2);
        assert_eq!(editor.row().value, "Lower(   user.email)");
        let mut editor = typed("");
        editor.turn_full();
        editor.paste("Lower(\nuser.email)");
        assert_eq!(editor.row().value, "Lower(\nuser.email)");
        assert_eq!(editor.error(), None);
    }
}
