//! What step 4 offers, by what is open and what has the focus.

use rust_i18n::t;

use super::{FieldMapping, Focus, Window};
use crate::core::plan::Entity;
use crate::core::source::Detail;
use crate::tui::keys::Action;
use crate::tui::screen::Offer;
use crate::tui::shared::{Loadable, Shared};

impl FieldMapping {
    /// The dispatch table.
    pub(super) fn offered(&self, shared: &Shared) -> Vec<Offer> {
        match (&self.window, &self.editor) {
            (Some(window), _) => window_offers(window),
            (None, Some(editor)) => editor_offers(editor.is_full),
            (None, None) => self.row_offers(shared),
        }
    }

    fn row_offers(&self, shared: &Shared) -> Vec<Offer> {
        let locale = shared.look.locale;
        let enter = match self.focus {
            Focus::Identity => "mapping.offer.identity",
            Focus::Rows => "mapping.offer.edit",
            Focus::Label => "mapping.offer.next_field",
            Focus::When | Focus::OnEmpty => "mapping.offer.turn",
            Focus::Preview => "mapping.offer.preview",
            Focus::SaveOnly => "mapping.offer.save",
            Focus::SaveAndSync => "mapping.offer.save_and_sync",
        };
        let other = match self.entity {
            Entity::User => "mapping.offer.departments",
            Entity::Department => "mapping.offer.people",
        };
        let is_off = self.current(shared).is_some_and(|(_, shown)| shown.is_off());
        let delete = if is_off { "mapping.offer.restore" } else { "tui.action.delete" };
        let nothing = self.undo.is_empty().then(|| t!("mapping.note.no_undo", locale = locale).into_owned());
        let mut offers = vec![Offer::hinted(Action::Activate).named(enter)];
        match self.focus {
            Focus::Rows => offers.push(Offer::hinted(Action::Right).named(other)),
            Focus::When | Focus::OnEmpty => {
                offers.push(Offer::quiet(Action::Right).named("mapping.offer.turn"))
            }
            _ => {}
        }
        if matches!(self.focus, Focus::Rows | Focus::When | Focus::OnEmpty) {
            let label = if self.focus == Focus::Rows { other } else { "mapping.offer.turn" };
            offers.push(Offer::quiet(Action::Left).named(label));
            offers.push(Offer::quiet(Action::Toggle).named(label));
        }
        offers.extend([
            Offer::hinted(Action::Add),
            Offer::hinted(Action::Delete).named(delete),
            Offer::hinted(Action::Undo).unless(nothing),
            Offer::hinted(Action::NextSample).named("mapping.offer.sample"),
            Offer::hinted(Action::NextProblem),
            Offer::hinted(Action::PreviousProblem),
            Offer::hinted(Action::CommandLine),
            Offer::quiet(Action::NextPane),
            Offer::quiet(Action::PreviousPane),
            Offer::quiet(Action::FullHeight),
        ]);
        offers.extend([Action::Up, Action::Down, Action::PageUp, Action::PageDown].map(Offer::quiet));
        offers.extend([Action::First, Action::Last].map(Offer::quiet));
        offers.extend(self.reading_offers(shared));
        offers.push(Offer::hinted(Action::Next).named("mapping.offer.preview"));
        offers.push(Offer::quiet(Action::Back));
        offers.push(Offer::quiet(Action::Save));
        offers
    }

    fn reading_offers(&self, shared: &Shared) -> Vec<Offer> {
        let locale = shared.look.locale;
        let is_reading = matches!(shared.survey.sides, Loadable::Loading(_));
        let reading = is_reading.then(|| t!("scenario.reading", locale = locale).into_owned());
        let is_full = shared.survey.ready().is_some_and(|sides| sides.survey.detail == Detail::Everything);
        let all = is_full.then(|| t!("mapping.note.full", locale = locale).into_owned());
        vec![
            Offer::quiet(Action::Again).named("scenario.offer.again").unless(reading.clone()),
            Offer::quiet(Action::AllAgain).named("mapping.offer.read_in_full").unless(reading.or(all)),
        ]
    }
}

fn editor_offers(is_full: bool) -> Vec<Offer> {
    let enter = if is_full { "mapping.offer.line" } else { "mapping.offer.keep" };
    let mut offers = vec![
        Offer::hinted(Action::Activate).named(enter),
        Offer::hinted(Action::Close).named("mapping.offer.drop"),
        Offer::hinted(Action::NextPane).named("mapping.offer.complete"),
        Offer::hinted(Action::Up),
        Offer::hinted(Action::Down),
    ];
    offers.extend(
        [Action::PageDown, Action::PageUp].map(|page| Offer::quiet(page).named("mapping.offer.sample")),
    );
    let height = if is_full { "mapping.offer.small" } else { "tui.action.full_height" };
    offers.push(Offer::hinted(Action::FullHeight).named(height));
    offers.push(Offer::hinted(Action::Save).named("mapping.offer.keep"));
    if !is_full {
        offers.pop();
    }
    offers
}

fn window_offers(window: &Window) -> Vec<Offer> {
    let scroll = [Offer::hinted(Action::Up), Offer::hinted(Action::Down)];
    let pages = [Action::PageUp, Action::PageDown].map(Offer::quiet);
    let mut offers = match window {
        Window::Add(_) => vec![Offer::hinted(Action::Activate).named("mapping.offer.add")],
        Window::Identity(_) => vec![
            Offer::hinted(Action::Toggle).named("mapping.offer.take_in"),
            Offer::hinted(Action::Left).named("mapping.offer.earlier"),
            Offer::hinted(Action::Right).named("mapping.offer.later"),
            Offer::hinted(Action::Activate).named("mapping.offer.done"),
        ],
        Window::Command(_) => vec![
            Offer::hinted(Action::Copy),
            Offer::quiet(Action::CommandLine).named("tui.action.close"),
            Offer::quiet(Action::Activate).named("tui.action.close"),
        ],
    };
    offers.extend(scroll);
    offers.extend(pages);
    offers.push(Offer::hinted(Action::Close));
    offers
}
