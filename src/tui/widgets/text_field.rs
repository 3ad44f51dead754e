//! One line of text being typed, over tui-textarea: pasted text is trimmed, a secret is masked, and the hardware
//! cursor stands where the next letter goes, so that an input method shows its candidates there.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use secrecy::SecretString;
use tui_textarea::{CursorMove, Input, Key as Typed, TextArea};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::core::text;
use crate::tui::keys::Key;
use crate::tui::look::{Look, Tone};

/// Characters a field takes at most.
const LONGEST: usize = 4096;

/// A field of one line.
#[derive(Debug, Clone)]
pub struct TextField {
    area: TextArea<'static>,
    is_secret: bool,
}

/// What became of pasted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pasted {
    /// Characters taken into the field.
    pub taken: usize,
    /// Blanks, line ends and control characters left out.
    pub trimmed: usize,
}

impl Default for TextField {
    fn default() -> Self {
        Self::new("")
    }
}

impl TextField {
    /// A field with this text, the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut field = Self { area: TextArea::default(), is_secret: false };
        field.set(text);
        field
    }

    /// An empty field whose text is masked.
    pub fn secret() -> Self {
        let mut field = Self::new("");
        field.is_secret = true;
        // No copies of a secret in the history of edits.
        field.area.set_max_histories(0);
        field
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        let is_secret = self.is_secret;
        self.area = TextArea::new(vec![one_line(text)]);
        self.area.move_cursor(CursorMove::End);
        if is_secret {
            self.area.set_max_histories(0);
        }
    }

    /// The text as it stands.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// The text as a secret.
    pub fn as_secret(&self) -> SecretString {
        SecretString::from(self.text().trim())
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// A key for the field. `true` when the text changed.
    pub fn key(&mut self, key: Key) -> bool {
        let typed = match key {
            Key::Char(letter) if text::is_unsafe(letter) => return false,
            Key::Char(_) if self.text().chars().count() >= LONGEST => return false,
            Key::Char(letter) => Typed::Char(letter),
            Key::Left => Typed::Left,
            Key::Right => Typed::Right,
            Key::Home => Typed::Home,
            Key::End => Typed::End,
            Key::Backspace => Typed::Backspace,
            Key::Delete => Typed::Delete,
            _ => return false,
        };
        self.area.input_without_shortcuts(Input { key: typed, ctrl: false, alt: false, shift: false })
            || self.move_cursor(key)
    }

    fn move_cursor(&mut self, key: Key) -> bool {
        let way = match key {
            Key::Left => CursorMove::Back,
            Key::Right => CursorMove::Forward,
            Key::Home => CursorMove::Head,
            Key::End => CursorMove::End,
            _ => return false,
        };
        self.area.move_cursor(way);
        false
    }

    /// Takes pasted text: blanks around it, line ends and control characters are left out.
    pub fn paste(&mut self, pasted: &str) -> Pasted {
        let kept: String = one_line(pasted.trim())
            .chars()
            .take(LONGEST - self.text().chars().count().min(LONGEST))
            .collect();
        let taken = kept.chars().count();
        self.area.insert_str(&kept);
        Pasted { taken, trimmed: pasted.chars().count().saturating_sub(taken) }
    }

    /// Draws the field over a row: its text, then underscores to its end. A secret shows stars unless revealed.
    pub fn render(&self, frame: &mut Frame<'_>, area: Rect, is_focused: bool, is_revealed: bool, look: Look) {
        if area.is_empty() {
            return;
        }
        let (shown, _) = self.window(area.width, is_revealed);
        let rest = usize::from(area.width).saturating_sub(shown.width());
        let tone = if is_focused { Tone::Strong } else { Tone::Plain };
        let line = Line::from(vec![
            Span::styled(shown, look.style(tone)),
            Span::styled("_".repeat(rest), look.style(Tone::Quiet)),
        ]);
        frame.render_widget(line, Rect { height: 1, ..area });
    }

    /// Where the next letter goes.
    pub fn cursor(&self, area: Rect, is_revealed: bool) -> Option<Position> {
        (!area.is_empty()).then(|| Position::new(area.x + self.window(area.width, is_revealed).1, area.y))
    }

    /// What of the text is visible in so many columns, and the cursor's column in it.
    fn window(&self, columns: u16, is_revealed: bool) -> (String, u16) {
        let columns = usize::from(columns.max(1));
        let text = self.text();
        let at = self.area.cursor().1;
        let before: String = text.chars().take(at).collect();
        let (shown, before) = if self.is_secret && !is_revealed {
            ("*".repeat(text.chars().count()), "*".repeat(at))
        } else {
            (text.to_owned(), before)
        };
        // One column stays free for the cursor behind the last letter.
        let skipped = before.width().saturating_sub(columns - 1);
        let (mut visible, mut passed) = (String::new(), 0);
        let mut start = 0;
        for grapheme in shown.graphemes(true) {
            if passed < skipped {
                passed += grapheme.width();
                start = passed;
            } else if visible.width() + grapheme.width() <= columns {
                visible.push_str(grapheme);
            } else {
                break;
            }
        }
        let cursor = before.width().saturating_sub(start).min(columns - 1);
        (visible, u16::try_from(cursor).unwrap_or(0))
    }
}

/// The text without line ends and other characters that deceive.
fn one_line(text: &str) -> String {
    text.chars().filter(|letter| !text::is_unsafe(*letter)).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_text_is_trimmed_and_counted() {
        let mut field = TextField::new("");
        assert_eq!(field.paste("  研发中心\r\n"), Pasted { taken: 4, trimmed: 4 });
        assert_eq!(field.text(), "研发中心");
    }

    #[test]
    fn letters_go_where_the_cursor_is() {
        let mut field = TextField::new("ac");
        field.key(Key::Left);
        assert!(field.key(Key::Char('b')));
        assert_eq!(field.text(), "abc");
        field.key(Key::Home);
        assert!(field.key(Key::Delete));
        field.key(Key::End);
        assert!(field.key(Key::Backspace));
        assert_eq!(field.text(), "b");
        assert!(!field.key(Key::Char('\u{202e}')));
    }

    #[test]
    fn a_secret_shows_stars_and_the_cursor_behind_them() {
        let mut field = TextField::secret();
        field.paste("hunter2");
        assert_eq!(field.window(20, false), ("*******".to_owned(), 7));
        assert_eq!(field.window(20, true), ("hunter2".to_owned(), 7));
    }

    #[test]
    fn a_long_text_scrolls_by_whole_characters() {
        let field = TextField::new("欧阳娜娜司马光明");
        let (shown, cursor) = field.window(8, false);
        assert_eq!(shown, "马光明");
        assert_eq!(cursor, 6);
    }
}
