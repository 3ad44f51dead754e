//! What the preview's keys can do now, and why not.

use rust_i18n::t;

use super::PreviewScreen;
use super::confirm::{self, Obstacle};
use super::sheet::{Pane, Sheet};
use crate::core::plan::{Action as RowAction, Change, Entity};
use crate::tui::keys::Action;
use crate::tui::screen::Offer;

/// The keys of the kinds, in the order of the counts.
pub(super) const KINDS: [Action; 9] = [
    Action::Kind1,
    Action::Kind2,
    Action::Kind3,
    Action::Kind4,
    Action::Kind5,
    Action::Kind6,
    Action::Kind7,
    Action::Kind8,
    Action::Kind9,
];

impl PreviewScreen {
    pub(super) fn waiting_offers(&self) -> Vec<Offer> {
        let mut offers = Vec::new();
        if self.reading.is_some() {
            offers.push(Offer::hinted(Action::Close).named("plan.cancel"));
        } else {
            offers.push(Offer::hinted(Action::Again).named("plan.read_again"));
            offers.push(Offer::quiet(Action::AllAgain).named("plan.read_again"));
            if self.sheet.is_some() {
                offers.push(Offer::hinted(Action::Close).named("plan.back_to_plan"));
            }
        }
        offers.push(Offer::hinted(Action::Back));
        offers
    }

    pub(super) fn sheet_offers(&self, sheet: &Sheet, locale: &str) -> Vec<Offer> {
        let refused = |key: &str| Some(t!(key, locale = locale).into_owned());
        let current = sheet.current().map(|(_, change)| change);
        let has_row = sheet.listed() > 0;
        let is_logon = sheet.current_logon().is_some();
        let writes = current.is_some_and(|change| change.action.is_writing());
        let decision = current.and_then(refusal_to_decide).and_then(refused);
        let is_conflict = current.is_some_and(|change| change.action == RowAction::Conflict);
        let in_tree = sheet.pane == Pane::Branches;
        let commit = match confirm::obstacle(sheet) {
            Some(Obstacle::Empty) => refused("preview.empty"),
            Some(Obstacle::Limit | Obstacle::Logon) | None => None,
        };
        let decide = if is_conflict { Offer::hinted } else { Offer::quiet };
        let mut offers = vec![
            Offer::hinted(Action::Commit).unless(commit),
            Offer::hinted(Action::LeaveOut).unless(match (is_logon, writes) {
                (true, _) => refused("plan.logon.not_left_out"),
                (false, false) => refused("plan.writes_nothing"),
                (false, true) => None,
            }),
            decide(Action::Decide).unless(match (is_logon, current) {
                (true, _) => refused("plan.logon.no_decision"),
                (false, None) => refused("plan.no_row"),
                (false, Some(_)) => decision,
            }),
            Offer::hinted(Action::NextProblem),
            Offer::hinted(Action::PreviousProblem),
        ];
        let no_logon = sheet.logon().is_none().then(|| refused("plan.logon.none")).flatten();
        offers.extend(KINDS[..8].iter().copied().map(Offer::hinted));
        offers.push(Offer::hinted(Action::Kind9).unless(no_logon));
        offers.extend([
            Offer::hinted(Action::Filter),
            Offer::hinted(Action::Activate)
                .named(if in_tree { "plan.show_branch" } else { "plan.details" })
                .unless((!in_tree && !has_row).then(|| refused("plan.no_row")).flatten()),
            Offer::hinted(Action::Why).unless((!has_row).then(|| refused("plan.no_row")).flatten()),
            Offer::hinted(Action::NextPane).named(if in_tree { "plan.to_rows" } else { "plan.to_tree" }),
            Offer::quiet(Action::PreviousPane).named(if in_tree { "plan.to_rows" } else { "plan.to_tree" }),
        ]);
        offers.extend(
            [
                Action::Up,
                Action::Down,
                Action::PageUp,
                Action::PageDown,
                Action::First,
                Action::Last,
                Action::EveryKind,
                Action::FilterMenu,
                Action::LeaveOutShown,
                Action::Decisions,
                Action::Budget,
                Action::Export,
                Action::CommandLine,
                Action::Reveal,
                Action::Copy,
                Action::AllAgain,
                Action::Back,
            ]
            .map(Offer::quiet),
        );
        let is_filtered = sheet.filter.is_narrowing() || sheet.filter.every;
        let clear = Offer::quiet(Action::Close).named("plan.search.clear");
        offers.push(clear.unless((!is_filtered).then(|| refused("plan.no_filter")).flatten()));
        offers
    }
}

/// Why nothing can be decided about a row.
fn refusal_to_decide(change: &Change) -> Option<&'static str> {
    let has_source = change.source_id.is_some();
    match (change.entity, change.action) {
        (_, RowAction::Unmanaged) => Some("plan.not_ours"),
        // Whoever is bound wrongly can be bound otherwise, whatever its row does.
        (Entity::Department, RowAction::Remove | RowAction::Hold) => Some("plan.no_decision"),
        (Entity::Department, _) if has_source => None,
        (Entity::Department, _) => Some("plan.no_decision"),
        (Entity::User, RowAction::Remove | RowAction::Unchanged | RowAction::Update | RowAction::Move) => {
            Some("plan.no_decision")
        }
        (Entity::User, _) if has_source => None,
        (Entity::User, _) => Some("plan.no_decision"),
    }
}
