//! Text in a number of columns: cleaned, cut between graphemes by width, padded. Nothing else may touch the text of a
//! service on its way to a cell.

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::core::text;
use crate::tui::look::{Look, Tone};

/// What shows that a name holds characters which could deceive a reader.
const HIDDEN: &str = "<!>";

/// The columns of a text.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many columns, cut between graphemes and marked with `…` (`..` in ASCII). Unsafe characters
/// are left out and their place is marked at the end.
pub fn fit(text: &str, columns: usize, look: Look) -> String {
    // A grapheme may carry thousands of combining marks; what is scanned is bounded first.
    let bounded: String = text.chars().take(columns.saturating_mul(8).max(64)).collect();
    let mut cleaned = text::clean(&bounded).into_owned();
    if bounded.chars().any(|letter| text::is_unsafe(letter) && !matches!(letter, '\n' | '\t')) {
        cleaned.push_str(HIDDEN);
    }
    if bounded.len() == text.len() && cleaned.width() <= columns {
        return cleaned;
    }
    let mark = if look.is_ascii { ".." } else { "…" };
    let mut kept = cut(&cleaned, columns.saturating_sub(mark.width())).to_owned();
    kept.push_str(mark);
    if kept.width() > columns { cut(&kept, columns).to_owned() } else { kept }
}

/// The text in exactly so many columns.
pub fn cell(text: &str, columns: usize, look: Look) -> String {
    text::pad(&fit(text, columns, look), columns)
}

/// The text in exactly so many columns, its end at the right.
pub fn cell_right(text: &str, columns: usize, look: Look) -> String {
    let shown = fit(text, columns, look);
    format!("{}{shown}", " ".repeat(columns.saturating_sub(shown.width())))
}

/// The longest beginning of a clean text that has at most so many columns.
pub fn cut(text: &str, columns: usize) -> &str {
    let (mut end, mut used) = (0, 0);
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > columns {
            break;
        }
        end += grapheme.len();
    }
    &text[..end]
}

/// A line with text at both ends; what stands right is kept, what stands left is cut.
pub fn between(left: &str, right: &str, columns: usize, look: Look) -> String {
    let right = fit(right, columns, look);
    let room = columns.saturating_sub(right.width() + usize::from(!right.is_empty()));
    format!("{}{right}", text::pad(&fit(left, room, look), columns.saturating_sub(right.width())))
}

/// The text broken between words, and between graphemes where a script has no spaces, to lines of so many columns.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    text.split('\n').flat_map(|paragraph| wrap_paragraph(&text::clean(paragraph), columns.max(2))).collect()
}

fn wrap_paragraph(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(text) {
        if used + word.width() > columns && used > 0 {
            lines.push(String::new());
            used = 0;
            if word.trim().is_empty() {
                continue;
            }
        }
        for grapheme in word.graphemes(true) {
            if used + grapheme.width() > columns && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(grapheme);
            }
            used += grapheme.width();
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The words of a text; punctuation that closes stays with the word before it, what opens with the word behind it.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for piece in text.split_word_bounds() {
        let is_closing = piece.chars().all(|letter| ".,;:!?)]}，。；：、！？）】」》%".contains(letter));
        match words.last_mut() {
            // An address stays in one piece, so that it can be selected.
            Some(last) if last.starts_with("http") && !piece.starts_with(char::is_whitespace) => {
                last.push_str(piece);
            }
            Some(last) if is_closing && !last.trim().is_empty() => last.push_str(piece),
            Some(last) if last.ends_with(['(', '[', '（', '【', '「', '《']) => last.push_str(piece),
            _ => words.push(piece.to_owned()),
        }
    }
    words
}

/// Adds a styled piece to a line.
pub fn push(line: &mut Line<'static>, text: impl Into<String>, tone: Tone, look: Look) {
    line.spans.push(Span::styled(text.into(), look.style(tone)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOOK: Look = Look { locale: "en", is_ascii: false, has_colour: false };

    #[test]
    fn names_are_cut_between_characters_and_marked() {
        assert_eq!(fit("欧阳娜娜司马光明", 8, LOOK), "欧阳娜…");
        assert_eq!(fit("欧阳娜娜司马光明", 8, Look { is_ascii: true, ..LOOK }), "欧阳娜..");
        assert_eq!(cell("张三", 6, LOOK), "张三  ");
        assert_eq!(cell_right("7", 3, LOOK), "  7");
    }

    #[test]
    fn hidden_characters_are_left_out_and_marked() {
        assert_eq!(fit("a\u{202e}b", 10, LOOK), "ab<!>");
    }

    #[test]
    fn what_stands_right_is_kept() {
        assert_eq!(between("a long connection", "en", 12, LOOK), "a long c… en");
    }

    #[test]
    fn text_is_broken_between_words_and_chinese_between_characters() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("统一身份认证", 6), ["统一身", "份认证"]);
        assert_eq!(wrap("统一身份。认证", 8), ["统一身", "份。认证"]);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_its_cell(text in "\\PC{0,40}", columns in 0usize..30) {
            prop_assert!(fit(&text, columns, LOOK).width() <= columns);
            prop_assert!(cell(&text, columns, LOOK).width() == columns);
            for line in wrap(&text, columns.max(2)) {
                prop_assert!(line.width() <= columns.max(2) || line.graphemes(true).count() == 1);
            }
        }
    }
}
