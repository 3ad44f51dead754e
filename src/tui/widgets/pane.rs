//! A framed pane with a title, in box-drawing characters or `+-|`.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr;

use super::text;
use crate::tui::look::{Look, Tone};

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// Draws the frame and answers the room inside. A pane in focus has a strong title.
pub fn draw(frame: &mut Frame<'_>, area: Rect, title: &str, is_focused: bool, look: Look) -> Rect {
    let tone = if is_focused { Tone::Strong } else { Tone::Plain };
    let room = usize::from(area.width).saturating_sub(4);
    let mut block = Block::bordered().border_set(if look.is_ascii { ASCII } else { border::PLAIN });
    if !title.is_empty() {
        let title = format!(" {} ", text::fit(title, room.saturating_sub(2), look));
        block = block.title(ratatui::text::Span::styled(title, look.style(tone)));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// Draws the frame of a window over what is there.
pub fn window(frame: &mut Frame<'_>, area: Rect, title: &str, look: Look) -> Rect {
    // A wide character that reaches under the left border would hide it.
    let left = Rect { x: area.x.saturating_sub(1), width: u16::from(area.x > 0), ..area };
    for place in left.intersection(frame.area()).positions() {
        if let Some(cell) = frame.buffer_mut().cell_mut(place)
            && cell.symbol().width() > 1
        {
            cell.reset();
        }
    }
    frame.render_widget(Clear, area);
    draw(frame, area, title, true, look)
}

/// The middle of an area, at most so many columns and rows.
pub fn middle(area: Rect, columns: u16, rows: u16) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

/// A horizontal rule over so many columns.
pub fn rule(columns: usize, look: Look) -> String {
    if look.is_ascii { "-" } else { "─" }.repeat(columns)
}
