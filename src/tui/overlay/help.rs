//! Help for the pane below: its text, then every key that works there.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use crate::tui::dispatch;
use crate::tui::keys::Action;
use crate::tui::look::Tone;
use crate::tui::message::Command;
use crate::tui::screen::{Offer, Screen};
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Top;
use crate::tui::widgets::{pane, text};

/// Columns of the window.
const COLUMNS: u16 = 76;

/// The open help.
#[derive(Debug)]
pub struct Help {
    topic: &'static str,
    offers: Vec<Offer>,
    top: Top,
}

impl Help {
    /// Help on a topic and on what is offered there.
    pub fn new(topic: &'static str, offers: Vec<Offer>) -> Self {
        Self { topic, offers, top: Top::default() }
    }

    fn lines(&self, columns: usize, locale: &str) -> Vec<String> {
        let mut lines = text::wrap(&t!(self.topic, locale = locale), columns);
        lines.push(String::new());
        lines.push(t!("tui.help.keys", locale = locale).into_owned());
        for offer in &self.offers {
            let keys: Vec<String> = offer.action.keys().iter().map(|key| key.name(locale)).collect();
            let about = dispatch::about(offer, locale);
            let shown = format!("  {} {about}", crate::core::text::pad(&keys.join(", "), 16));
            lines.extend(text::wrap(&shown, columns));
        }
        lines
    }

    fn room(shared: &Shared) -> (usize, usize) {
        let (columns, rows) = shared.size;
        (usize::from(columns.min(COLUMNS)).saturating_sub(4), usize::from(rows).saturating_sub(7).max(1))
    }
}

impl Screen for Help {
    fn offers(&self, _shared: &Shared) -> Vec<Offer> {
        vec![
            Offer::hinted(Action::Up).named("tui.action.scroll"),
            Offer::hinted(Action::Down).named("tui.action.scroll"),
            Offer::quiet(Action::PageUp),
            Offer::quiet(Action::PageDown),
            Offer::quiet(Action::First),
            Offer::quiet(Action::Last),
            Offer::hinted(Action::Close),
            Offer::quiet(Action::Help).named("tui.action.close"),
        ]
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        let (columns, page) = Self::room(shared);
        let lines = self.lines(columns, shared.look.locale).len();
        if self.top.act(action, lines, page) { Vec::new() } else { vec![Command::CloseOverlay] }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let look = shared.look;
        let (columns, rows) = Self::room(shared);
        let lines = self.lines(columns, look.locale);
        let title = t!("tui.help.title", locale = look.locale);
        let place = pane::middle(area, COLUMNS, (lines.len() as u16).saturating_add(2));
        let inner = pane::window(frame, place, &title, look);
        let top = self.top.first(lines.len(), rows);
        for (row, line) in (0..inner.height).zip(lines.iter().skip(top)) {
            let at =
                Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), y: inner.y + row, height: 1 };
            frame.render_widget(Line::styled(line.clone(), look.style(Tone::Plain)), at);
        }
    }

    fn help(&self) -> &'static str {
        self.topic
    }
}
