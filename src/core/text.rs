//! Text from either service is data: what a terminal could obey is left out, and what is shown has a bounded width.
//! Promise: contract section 7, point 6.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Whether a terminal or a reader could be deceived by the character: C0, DEL, C1, line and paragraph separators,
/// bidirectional controls.
pub fn is_unsafe(character: char) -> bool {
    matches!(
        character,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Whether [`clean`] would change nothing.
pub fn is_clean(text: &str) -> bool {
    let is_printable = |byte: u8| (b' '..0x7f).contains(&byte);
    text.bytes().all(is_printable) || !text.chars().any(is_unsafe)
}

/// The text without unsafe characters; a tab or line end becomes a space.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_clean(text) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|character| match character {
        '\t' | '\n' => Some(' '),
        character if is_unsafe(character) => None,
        character => Some(character),
    });
    Cow::Owned(kept.collect())
}

/// The cleaned text in at most so many columns, cut between graphemes and marked with `..`.
pub fn for_display(text: &str, columns: usize) -> String {
    // No character is wider than it has bytes.
    if text.len() <= columns {
        return clean(text).into_owned();
    }
    // A grapheme may carry thousands of combining marks; what is scanned is bounded first.
    let bounded: String = text.chars().take(columns.saturating_mul(8).max(64)).collect();
    let cleaned = clean(&bounded);
    if bounded.len() == text.len() && cleaned.width() <= columns {
        return cleaned.into_owned();
    }
    let room = columns.saturating_sub(2);
    let (mut shown, mut used) = (String::new(), 0);
    for grapheme in cleaned.graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        shown.push_str(grapheme);
    }
    shown.push_str("..");
    shown
}

/// The text followed by spaces up to so many columns.
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escape_sequences_lose_what_makes_them_work() {
        assert_eq!(clean("\u{1b}[31mRED\u{7}\u{9b}2J"), "[31mRED2J");
        assert_eq!(clean("a\u{202e}b\u{2066}c"), "abc");
        assert_eq!(clean("two\nlines\tand\ra tab"), "two lines anda tab");
    }

    #[test]
    fn a_long_name_is_cut_between_characters_by_width() {
        assert_eq!(for_display("欧阳娜娜司马光明", 8), "欧阳娜..");
        assert_eq!(for_display("short", 8), "short");
        assert!(for_display(&"é\u{301}".repeat(70_000), 20).width() <= 20);
    }

    #[test]
    fn no_character_is_wider_than_it_has_bytes() {
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            assert!(text.width() <= text.len(), "{character:?}");
            let emoji = format!("{character}\u{fe0f}");
            assert!(emoji.width() <= emoji.len(), "{emoji:?}");
        }
    }

    #[test]
    fn padding_counts_columns_not_characters() {
        assert_eq!(pad("张三", 6), "张三  ");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in "\\PC*|[\\x00-\\x9f\u{202a}-\u{202e}]*") {
            let cleaned = clean(&text).into_owned();
            prop_assert!(is_clean(&cleaned));
        }
    }
}
