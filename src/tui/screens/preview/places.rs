//! Where everything stands at each size.
//!
//! ```text
//!  80 columns            120 columns              180 columns and more
//!  counts                counts                   counts
//!  rows                  rows       │ details     branches │ rows    │ details
//!  filter, line          filter     │             (tree)   │ filter  │
//!  details               costs                    costs
//!  costs
//! ```

use ratatui::layout::Rect;

use crate::tui::chrome;
use crate::tui::shared::Shared;

/// Columns from which the details stand at the right.
const WIDE: u16 = 120;
/// Columns from which the tree has a place of its own.
const VERY_WIDE: u16 = 180;
/// Columns of the tree.
const TREE: u16 = 44;

/// The parts of the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    /// Counts of departments and people.
    pub(super) counts: Rect,
    /// The tree, where it has a place of its own.
    pub(super) tree: Option<Rect>,
    /// The names of the columns.
    pub(super) head: Rect,
    /// The list: rows, or the tree where it has no place of its own.
    pub(super) list: Rect,
    /// Filter, or the text one looks for, and the line.
    pub(super) status: Rect,
    /// The row at the cursor in full.
    pub(super) detail: Rect,
    /// Calls, time, removals.
    pub(super) costs: Rect,
}

impl Places {
    /// In the screen's body.
    pub(super) fn of(area: Rect) -> Self {
        let line = |y: u16| Rect { y: area.y + y, height: 1, ..area };
        let room = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
        let costs = line(area.height.saturating_sub(1));
        let (tree, rest) = if area.width >= VERY_WIDE {
            let tree = Rect { width: TREE, ..room };
            (Some(tree), Rect { x: room.x + TREE + 1, width: room.width - TREE - 1, ..room })
        } else {
            (None, room)
        };
        let (left, detail) = if area.width >= WIDE {
            let columns = rest.width * 2 / 5;
            let left = Rect { width: rest.width - columns, ..rest };
            (left, Rect { x: left.right(), width: columns, ..rest })
        } else {
            let rows = (rest.height / 3).clamp(7, 14).min(rest.height.saturating_sub(4));
            let left = Rect { height: rest.height - rows, ..rest };
            (left, Rect { y: left.bottom(), height: rows, ..rest })
        };
        Self {
            counts: line(0),
            tree,
            head: Rect { height: 1, ..left },
            list: Rect { y: left.y + 1, height: left.height.saturating_sub(2), ..left },
            status: Rect { y: left.bottom().saturating_sub(1), height: 1, ..left },
            detail,
            costs,
        }
    }

    /// Everything together.
    pub(super) fn whole(&self) -> Rect {
        self.counts.union(self.costs)
    }

    /// Of the whole window.
    pub(super) fn now(shared: &Shared) -> Self {
        let (columns, rows) = shared.size;
        Self::of(chrome::body(Rect::new(0, 0, columns, rows)))
    }
}
