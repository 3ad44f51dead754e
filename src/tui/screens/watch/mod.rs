//! Following, live: what waits and how old it is, what was last received and written, what was changed by hand in
//! DingTalk with a decision on each, and what has to be set up in IDaaS. The following itself is a process of its own.

mod draw;
mod guide;

use ratatui::Frame;
use ratatui::layout::Rect;
use rust_i18n::t;

use crate::core::incremental::{Decided, Drift, DriftDecision};
use crate::tui::chrome;
use crate::tui::keys::Action;
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::scroll::Scroll;
use crate::tui::worker::watch::{Request, Seen, Told};

/// The part of the screen that keys reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Pane {
    #[default]
    Drift,
    Guide,
}

/// The state of the screen.
#[derive(Debug, Default)]
pub struct Watch {
    seen: Loadable<Box<Seen>>,
    pane: Pane,
    drift: Scroll,
    guide: Scroll,
}

impl Watch {
    fn seen(&self) -> Option<&Seen> {
        match &self.seen {
            Loadable::Ready(seen) => Some(seen),
            Loadable::Idle | Loadable::Loading(_) | Loadable::Failed(..) => None,
        }
    }

    fn chosen(&self) -> Option<&Drift> {
        self.seen()?.drift.get(self.drift.chosen)
    }

    fn decide(&self, decision: DriftDecision) -> Vec<Command> {
        let Some(drift) = self.chosen() else { return Vec::new() };
        let (entity, source_id) = (drift.entity, drift.source_id.clone());
        vec![Command::Watch(Request::Decide { entity, source_id, decision })]
    }

    fn told(&mut self, told: &Told, shared: &Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        match told {
            Told::Seen(seen) => {
                self.drift.keep_within(seen.drift.len());
                self.seen = Loadable::Ready(seen.clone());
                Vec::new()
            }
            Told::Failed(error) => {
                self.seen = Loadable::Failed(error.message.clone(), error.hint.clone());
                Vec::new()
            }
            Told::Decided { source_id, decision, decided } => {
                let key = match (decision, decided) {
                    (_, Decided::Unknown) => "following.note.unknown",
                    (DriftDecision::Reapply, _) if self.seen().is_some_and(|seen| seen.status.is_none()) => {
                        "following.note.reapplied_later"
                    }
                    (DriftDecision::Reapply, _) => "following.note.reapplied",
                    (DriftDecision::Accept, _) => "following.note.accepted",
                };
                vec![Command::Note(t!(key, source = source_id, locale = locale).into_owned())]
            }
        }
    }
}

impl Screen for Watch {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        let locale = shared.look.locale;
        let is_elsewhere = self.pane != Pane::Drift || self.chosen().is_none();
        let nothing = is_elsewhere.then(|| t!("following.nothing_chosen", locale = locale).into_owned());
        let mut offers = vec![
            Offer::hinted(Action::Again).named("following.reapply").unless(nothing.clone()),
            Offer::hinted(Action::Add).named("following.accept").unless(nothing),
            Offer::hinted(Action::Up),
            Offer::hinted(Action::Down),
            Offer::hinted(Action::NextPane),
            Offer::hinted(Action::Copy).named("following.copy_address"),
            Offer::quiet(Action::PreviousPane),
        ];
        offers.extend([Action::PageUp, Action::PageDown, Action::First, Action::Last].map(Offer::quiet));
        offers.push(Offer::quiet(Action::Close).named("following.back"));
        offers
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        if self.seen == Loadable::Idle {
            self.seen = Loadable::Loading(shared.now_ms);
        }
        vec![Command::Watch(Request::Follow)]
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Again => return self.decide(DriftDecision::Reapply),
            Action::Add => return self.decide(DriftDecision::Accept),
            Action::Copy => {
                let path = self.seen().map(|seen| guide::receive_address(&seen.setup));
                return path.map(Command::Copy).into_iter().collect();
            }
            Action::Close => return vec![Command::Go(ScreenId::Overview)],
            Action::NextPane | Action::PreviousPane => {
                self.pane = if self.pane == Pane::Drift { Pane::Guide } else { Pane::Drift };
            }
            action => {
                let body = chrome::body(Rect::new(0, 0, shared.size.0, shared.size.1));
                let page = draw::page(body);
                match self.pane {
                    Pane::Drift => {
                        let length = self.seen().map_or(0, |seen| seen.drift.len());
                        self.drift.act(action, length, page);
                    }
                    Pane::Guide => {
                        let lines = self.seen().map_or(0, |seen| draw::guide_lines(seen, body, shared).len());
                        self.guide.act(action, lines, page);
                    }
                }
            }
        }
        Vec::new()
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Watch(told) => self.told(told, shared),
            _ => Vec::new(),
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        draw::draw(self, frame, area, shared);
    }

    fn state(&self, shared: &Shared) -> Option<String> {
        let follows = self.seen().is_some_and(|seen| seen.status.is_some());
        let key = if follows { "following.state.on" } else { "following.state.off" };
        Some(t!(key, locale = shared.look.locale).into_owned())
    }

    fn help(&self) -> &'static str {
        "following.help"
    }
}
