//! What step 3 offers, by the field in focus.

use rust_i18n::t;

use super::Scenario;
use super::field::Field;
use crate::tui::keys::Action;
use crate::tui::screen::Offer;
use crate::tui::shared::{Loadable, Shared};

impl Scenario {
    /// The dispatch table.
    pub(super) fn offered(&self, shared: &Shared) -> Vec<Offer> {
        if self.typed.is_some() || self.searches() {
            let enter = if self.typed.is_some() { "scenario.offer.take_id" } else { "scenario.offer.found" };
            let mut offers = vec![Offer::hinted(Action::Activate).named(enter), Offer::hinted(Action::Close)];
            if self.typed.is_none() {
                offers.extend([Offer::hinted(Action::Up), Offer::hinted(Action::Down)]);
            }
            return offers;
        }
        if self.open_choice() {
            return vec![
                Offer::hinted(Action::Activate).named("scenario.offer.take"),
                Offer::hinted(Action::Up),
                Offer::hinted(Action::Down),
                Offer::hinted(Action::Close),
            ];
        }
        let mut offers = match self.focus {
            Field::Units | Field::Departments => self.tree_offers(shared),
            Field::Leavers | Field::Disabled => vec![
                Offer::hinted(Action::Activate).named("scenario.offer.choose"),
                Offer::quiet(Action::Left).named("tui.action.choose"),
                Offer::quiet(Action::Right).named("tui.action.choose"),
            ],
            Field::Pairs => vec![
                Offer::hinted(Action::Toggle).named("scenario.offer.next_pair"),
                Offer::quiet(Action::Activate).named("scenario.offer.next_pair"),
                Offer::quiet(Action::Left).named("scenario.offer.next_pair"),
                Offer::quiet(Action::Right).named("scenario.offer.next_pair"),
            ],
            Field::Next => vec![Offer::hinted(Action::Activate).named("scenario.offer.next")],
            Field::Include | Field::LeaversDepartment => {
                vec![Offer::hinted(Action::Activate).named("scenario.offer.next_field")]
            }
            Field::Incremental | Field::QrLogon | Field::CreateUnit | Field::Agree => vec![
                Offer::hinted(Action::Toggle).named("scenario.offer.switch"),
                Offer::quiet(Action::Activate).named("scenario.offer.switch"),
            ],
        };
        offers.extend(self.pair_offers(shared));
        offers.extend([
            Offer::hinted(Action::NextPane),
            Offer::quiet(Action::PreviousPane),
            Offer::quiet(Action::Up),
            Offer::quiet(Action::Down),
            Offer::hinted(Action::Next),
            Offer::hinted(Action::Back),
            Offer::quiet(Action::Save),
        ]);
        offers
    }

    fn tree_offers(&self, shared: &Shared) -> Vec<Offer> {
        let is_units = self.focus == Field::Units;
        let mark = if is_units { "scenario.offer.mark" } else { "scenario.offer.target" };
        let mut offers = vec![
            Offer::hinted(Action::Toggle).named(mark),
            Offer::hinted(Action::Activate).named("scenario.offer.unfold"),
            Offer::hinted(Action::Filter).named("scenario.offer.find"),
            Offer::hinted(Action::TypeId),
            Offer::quiet(Action::Left),
            Offer::quiet(Action::Right),
        ];
        offers.extend(
            [Action::PageUp, Action::PageDown, Action::First, Action::Last].into_iter().map(Offer::quiet),
        );
        let is_read = matches!(shared.survey.sides, Loadable::Ready(_) | Loadable::Failed(..));
        let again = Offer::quiet(Action::Again).named("scenario.offer.again");
        offers.push(if matches!(shared.survey.sides, Loadable::Failed(..)) {
            Offer::hinted(Action::Again).named("scenario.offer.again")
        } else {
            again.unless((!is_read).then(|| t!("scenario.reading", locale = shared.look.locale).into_owned()))
        });
        offers
    }

    fn pair_offers(&self, shared: &Shared) -> Vec<Offer> {
        let only = (shared.draft.scope.len() < 2)
            .then(|| t!("scenario.pairs.last", locale = shared.look.locale).into_owned());
        let is_pairs = self.focus == Field::Pairs;
        let offer = if is_pairs { Offer::hinted } else { Offer::quiet };
        vec![
            offer(Action::Add).named("scenario.offer.add_pair"),
            offer(Action::Delete).named("scenario.offer.delete_pair").unless(only),
        ]
    }

    pub(super) fn open_choice(&self) -> bool {
        self.leavers.is_open() || self.disabled.is_open()
    }

    pub(super) fn searches(&self) -> bool {
        match self.focus {
            Field::Units => self.units.search.is_some(),
            Field::Departments => self.departments.search.is_some(),
            _ => false,
        }
    }
}
