//! The windows over the preview. One is open at most; keys reach it first.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use super::confirm::Confirm;
use super::menu::Menu;
use super::reader::Reader;
use super::sheet::Sheet;
use crate::core::plan::Entity;
use crate::tui::keys::Action;
use crate::tui::look::Tone;
use crate::tui::screen::Offer;
use crate::tui::shared::Shared;
use crate::tui::widgets::text_field::TextField;
use crate::tui::widgets::{pane, text};

/// Columns of the window in which an id is typed.
const COLUMNS: u16 = 70;

/// The open window; always boxed, so that a big one costs nothing while it is closed.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at most, and it is boxed")]
pub(super) enum Window {
    /// Text to read.
    Reader(Reader),
    /// A choice.
    Menu(Menu),
    /// The id an account or a unit is linked to is typed.
    LinkTo(LinkTo),
    /// The typed confirmation.
    Confirm(Confirm),
}

/// The id of a user or a department being typed.
#[derive(Debug)]
pub(super) struct LinkTo {
    /// What is linked to it.
    pub(super) entity: Entity,
    /// The account or unit.
    pub(super) source: String,
    /// The id.
    pub(super) field: TextField,
    /// Why it was refused.
    pub(super) refusal: Option<String>,
}

impl Window {
    /// Whether a text field has the focus.
    pub(super) fn is_typing(&self, sheet: &Sheet) -> bool {
        match self {
            Self::LinkTo(_) => true,
            Self::Confirm(confirm) => confirm.is_typing(sheet),
            Self::Reader(_) | Self::Menu(_) => false,
        }
    }

    /// The field in focus.
    pub(super) fn field(&mut self) -> Option<&mut TextField> {
        match self {
            Self::LinkTo(link) => Some(&mut link.field),
            Self::Confirm(confirm) => Some(confirm.field()),
            Self::Reader(_) | Self::Menu(_) => None,
        }
    }

    /// What keys do here.
    pub(super) fn offers(&self, sheet: &Sheet, shared: &Shared) -> Vec<Offer> {
        match self {
            Self::Reader(reader) => reader.offers(),
            Self::Menu(menu) => menu.offers(shared.look),
            Self::LinkTo(_) => {
                vec![Offer::hinted(Action::Activate).named("plan.link"), Offer::hinted(Action::Close)]
            }
            Self::Confirm(confirm) => confirm.offers(sheet),
        }
    }

    /// Draws the window.
    pub(super) fn render(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        sheet: &Sheet,
        is_revealed: bool,
        shared: &Shared,
    ) {
        match self {
            Self::Reader(reader) => reader.render(frame, area, sheet, is_revealed, shared),
            Self::Menu(menu) => menu.render(frame, area, sheet, shared.look),
            Self::LinkTo(link) => link.render(frame, area, shared),
            Self::Confirm(confirm) => confirm.render(frame, area, sheet, shared.now_ms, shared.look),
        }
    }

    /// Where the hardware cursor belongs.
    pub(super) fn cursor(&self, area: Rect, sheet: &Sheet) -> Option<Position> {
        match self {
            Self::LinkTo(link) => link.field.cursor(LinkTo::line(area, 2), true),
            Self::Confirm(confirm) => confirm.cursor(area, sheet),
            Self::Reader(_) | Self::Menu(_) => None,
        }
    }
}

impl LinkTo {
    fn place(area: Rect) -> Rect {
        pane::middle(area, COLUMNS, 7)
    }

    fn line(area: Rect, row: u16) -> Rect {
        let place = Self::place(area);
        Rect { x: place.x + 2, y: place.y + 1 + row, width: place.width.saturating_sub(4), height: 1 }
            .intersection(area)
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let look = shared.look;
        let (title, intro) = match self.entity {
            Entity::User => ("plan.title.link_to", "plan.link_intro"),
            Entity::Department => ("plan.title.link_unit_to", "plan.link_unit_intro"),
        };
        let title = format!("{}  {}", t!(title, locale = look.locale), self.source);
        pane::window(frame, Self::place(area), &title, look);
        let columns = usize::from(Self::line(area, 0).width);
        let intro = t!(intro, locale = look.locale);
        for (row, line) in (0..2).zip(text::wrap(&intro, columns)) {
            frame.render_widget(Line::styled(line, look.style(Tone::Quiet)), Self::line(area, row));
        }
        self.field.render(frame, Self::line(area, 2), true, true, look);
        if let Some(refusal) = &self.refusal {
            let shown = text::fit(&format!("! {refusal}"), columns, look);
            frame.render_widget(Line::styled(shown, look.style(Tone::Bad)), Self::line(area, 4));
        }
    }
}
