//! The palette: every action with its key, filtered as one types; Enter runs the chosen one, and what cannot be run
//! says why.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use crate::tui::dispatch;
use crate::tui::keys::{Action, Key};
use crate::tui::look::Tone;
use crate::tui::message::Command;
use crate::tui::screen::{Offer, Screen};
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::text_field::TextField;
use crate::tui::widgets::{pane, text};

/// Columns of the window.
const COLUMNS: u16 = 76;
/// Columns of the keys.
const KEYS: usize = 18;

/// The open palette.
#[derive(Debug)]
pub struct Palette {
    offers: Vec<Offer>,
    filter: TextField,
    scroll: Scroll,
    topic: &'static str,
}

impl Palette {
    /// With what the pane below offers; the actions it does not have come last.
    pub fn new(topic: &'static str, mut offers: Vec<Offer>, locale: &str) -> Self {
        offers.sort_by_key(|offer| offer.refusal.is_some());
        let elsewhere = t!("tui.palette.elsewhere", locale = locale).into_owned();
        for action in Action::ALL {
            if offers.iter().all(|offer| offer.action != *action) {
                offers.push(Offer::quiet(*action).unless(Some(elsewhere.clone())));
            }
        }
        Self { offers, filter: TextField::new(""), scroll: Scroll::default(), topic }
    }

    fn found(&self, locale: &str) -> Vec<&Offer> {
        let wanted = self.filter.text().trim().to_lowercase();
        self.offers
            .iter()
            .filter(|offer| {
                let texts = [dispatch::about(offer, locale), dispatch::label(offer, locale)];
                texts.iter().any(|text| text.to_lowercase().contains(&wanted))
                    || offer.action.keys().iter().any(|key| key.name(locale).to_lowercase() == wanted)
            })
            .collect()
    }

    fn row(offer: &Offer, columns: usize, is_chosen: bool, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let keys: Vec<String> = offer.action.keys().iter().map(|key| key.name(look.locale)).collect();
        let told = match &offer.refusal {
            None => dispatch::about(offer, look.locale),
            Some(reason) => format!("{}: {reason}", dispatch::label(offer, look.locale)),
        };
        let mark = if is_chosen { ">" } else { " " };
        let keys = text::cell(&keys.join(", "), KEYS, look);
        let shown = text::cell(&format!("{mark} {keys} {told}"), columns, look);
        let tone = match (is_chosen, &offer.refusal) {
            (true, _) => Tone::Cursor,
            (false, Some(_)) => Tone::Quiet,
            (false, None) => Tone::Plain,
        };
        Line::styled(shown, look.style(tone))
    }

    fn place(area: Rect) -> Rect {
        pane::middle(area, COLUMNS, area.height)
    }

    fn filter_area(place: Rect) -> Rect {
        Rect::new(place.x + 4, place.y + 1, place.width.saturating_sub(6), 1)
    }
}

impl Screen for Palette {
    fn offers(&self, _shared: &Shared) -> Vec<Offer> {
        vec![
            Offer::hinted(Action::Activate).named("tui.palette.run"),
            Offer::hinted(Action::Up),
            Offer::hinted(Action::Down),
            Offer::quiet(Action::PageUp),
            Offer::quiet(Action::PageDown),
            Offer::hinted(Action::Close),
        ]
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        let found = self.found(shared.look.locale);
        match action {
            Action::Activate => match found.get(self.scroll.chosen) {
                None => Vec::new(),
                Some(Offer { refusal: Some(reason), .. }) => vec![Command::Note(reason.clone())],
                Some(offer) => vec![Command::CloseOverlay, Command::Act(offer.action)],
            },
            Action::Close => vec![Command::CloseOverlay],
            _ => {
                let length = found.len();
                self.scroll.act(action, length, 10);
                Vec::new()
            }
        }
    }

    fn type_in(&mut self, key: Key, _shared: &mut Shared) -> Vec<Command> {
        if self.filter.key(key) {
            self.scroll = Scroll::default();
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str, _shared: &mut Shared) -> Vec<Command> {
        self.filter.paste(text);
        self.scroll = Scroll::default();
        Vec::new()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let look = shared.look;
        let place = Self::place(area);
        let inner = pane::window(frame, place, &t!("tui.palette.title", locale = look.locale), look);
        frame.render_widget(Line::raw(" : "), Rect { height: 1, ..inner }.intersection(inner));
        self.filter.render(frame, Self::filter_area(place).intersection(inner), true, true, look);
        let found = self.found(look.locale);
        let rows = inner.height.saturating_sub(1);
        for (row, index) in (1..=rows).zip(self.scroll.visible(found.len(), usize::from(rows))) {
            let line = Self::row(found[index], usize::from(inner.width), index == self.scroll.chosen, shared);
            frame.render_widget(line, Rect { y: inner.y + row, height: 1, ..inner });
        }
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.filter.cursor(Self::filter_area(Self::place(area)), true)
    }

    fn help(&self) -> &'static str {
        self.topic
    }
}
