//! A list of which only the visible rows are built: where it starts, which row is chosen.

use std::ops::Range;

use crate::tui::keys::Action;

/// The place in a list of any length. The chosen row is always one that exists (or 0 in an empty list).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The chosen row.
    pub chosen: usize,
}

impl Scroll {
    /// Moves as the action says; `page` is the number of visible rows. `false` when the action moves nothing.
    pub fn act(&mut self, action: Action, length: usize, page: usize) -> bool {
        let last = length.saturating_sub(1);
        self.chosen = match action {
            Action::Up => self.chosen.saturating_sub(1),
            Action::Down => self.chosen + 1,
            Action::PageUp => self.chosen.saturating_sub(page.max(1)),
            Action::PageDown => self.chosen + page.max(1),
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        };
        self.keep_within(length);
        true
    }

    /// After the list changed: the chosen row exists.
    pub fn keep_within(&mut self, length: usize) {
        self.chosen = self.chosen.min(length.saturating_sub(1));
    }

    /// The rows to build for so many visible ones: the chosen row stays near the middle, the list's ends at the ends.
    pub fn visible(&self, length: usize, height: usize) -> Range<usize> {
        let top = self.chosen.saturating_sub(height / 2).min(length.saturating_sub(height));
        top..length.min(top + height)
    }
}

/// Where a text that is only read begins to be visible.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Top(usize);

impl Top {
    /// Moves through so many lines, of which `page` are visible. `false` when the action moves nothing.
    pub fn act(&mut self, action: Action, lines: usize, page: usize) -> bool {
        let last = lines.saturating_sub(page.max(1));
        let top = match action {
            Action::Up => self.0.saturating_sub(1),
            Action::Down => self.0 + 1,
            Action::PageUp => self.0.saturating_sub(page),
            Action::PageDown => self.0 + page,
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        };
        self.0 = top.min(last);
        true
    }

    /// The first visible line; the last one stays at the bottom where the window grew.
    pub fn first(self, lines: usize, page: usize) -> usize {
        self.0.min(lines.saturating_sub(page))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_moves_and_stops_at_the_end() {
        let mut scroll = Scroll::default();
        assert!(scroll.act(Action::PageDown, 25, 10));
        assert!(scroll.act(Action::PageDown, 25, 10));
        assert!(scroll.act(Action::PageDown, 25, 10));
        assert_eq!(scroll.chosen, 24);
        assert_eq!(scroll.visible(25, 10), 15..25);
        assert!(!scroll.act(Action::Copy, 25, 10));
    }

    #[test]
    fn a_text_is_read_to_its_end_and_no_further() {
        let mut top = Top::default();
        assert!(top.act(Action::PageDown, 25, 10) && top.act(Action::PageDown, 25, 10));
        assert_eq!((top.first(25, 10), top.first(25, 20), top.first(5, 10)), (15, 5, 0));
        assert!(top.act(Action::First, 25, 10) && top.act(Action::Up, 25, 10));
        assert_eq!(top.first(25, 10), 0);
        assert!(!top.act(Action::Copy, 25, 10));
    }

    proptest! {
        #[test]
        fn the_chosen_row_is_always_visible(chosen in 0usize..200, length in 1usize..200, height in 1usize..60) {
            let mut scroll = Scroll { chosen };
            scroll.keep_within(length);
            prop_assert!(scroll.visible(length, height).contains(&scroll.chosen));
            prop_assert!(scroll.visible(length, height).len() <= height);
        }
    }
}
