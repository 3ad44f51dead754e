//! The history: every run, one run's report with its failures first, and what undoing it would do.

mod approval;
mod picture;
mod undo;

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use rust_i18n::t;

use crate::core::event::Outcome;
use crate::core::plan::Plan;
use crate::report::{Report, Row};
use crate::tui::keys::{Action, Key};
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::text_field::TextField;
use crate::tui::worker::past::{Failure, Request, Standing, Told};
use approval::Approval;

/// What fills the pane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum View {
    /// Every run.
    #[default]
    Runs,
    /// One run in full.
    Report,
    /// What undoing it would do.
    Undo,
}

/// The screen.
#[derive(Debug, Default)]
pub struct History {
    view: View,
    runs: Loadable<Arc<Standing>>,
    report: Loadable<Arc<Report>>,
    undo: Loadable<Arc<Plan>>,
    /// Being typed: that the inverse is to be applied.
    approval: Option<Approval>,
    list: Scroll,
    rows: Scroll,
    undone: Scroll,
    /// Places in the report's rows: failures first, as filtered.
    order: Vec<usize>,
    filter: TextField,
    is_filtering: bool,
}

impl History {
    fn runs(&self) -> &[crate::core::journal::RunRecord] {
        match &self.runs {
            Loadable::Ready(standing) => &standing.runs,
            Loadable::Idle | Loadable::Loading(_) | Loadable::Failed(..) => &[],
        }
    }

    fn chosen_run(&self) -> Option<String> {
        self.runs().get(self.list.chosen).map(|run| run.run.clone())
    }

    fn report(&self) -> Option<&Report> {
        match &self.report {
            Loadable::Ready(report) => Some(report),
            Loadable::Idle | Loadable::Loading(_) | Loadable::Failed(..) => None,
        }
    }

    fn chosen_row(&self) -> Option<&Row> {
        self.report()?.rows.get(*self.order.get(self.rows.chosen)?)
    }

    /// Failures first, then what was skipped or waits, then the rest; as filtered.
    fn arrange(&mut self) {
        let wanted = self.filter.text().trim().to_lowercase();
        let Some(report) = self.report() else {
            self.order.clear();
            return;
        };
        let mut order: Vec<usize> = (0..report.rows.len())
            .filter(|row| wanted.is_empty() || has(&report.rows[*row], &wanted))
            .collect();
        order.sort_by_key(|row| rank(report.rows[*row].event.outcome));
        self.order = order;
        self.rows.keep_within(self.order.len());
    }

    fn open(&mut self, run: String, now_ms: i64) -> Vec<Command> {
        (self.view, self.report, self.rows) = (View::Report, Loadable::Loading(now_ms), Scroll::default());
        self.filter.set("");
        self.order.clear();
        vec![Command::Past(Request::Report(run))]
    }

    /// The next or previous row that was not applied.
    fn jump_to_problem(&mut self, is_forward: bool) {
        let Some(report) = self.report() else { return };
        let is_problem = |place: &usize| report.rows[self.order[*place]].event.outcome != Outcome::Applied;
        let found = if is_forward {
            (self.rows.chosen + 1..self.order.len()).find(is_problem)
        } else {
            (0..self.rows.chosen.min(self.order.len())).rev().find(is_problem)
        };
        self.rows.chosen = found.unwrap_or(self.rows.chosen);
    }

    fn close(&mut self) {
        match self.view {
            View::Report if !self.filter.is_empty() => {
                self.filter.set("");
                self.arrange();
            }
            View::Report => self.view = View::Runs,
            View::Undo if self.approval.take().is_some() => {}
            View::Undo => self.view = View::Report,
            View::Runs => {}
        }
    }

    fn scroll(&mut self, action: Action, page: usize) {
        let length = match self.view {
            View::Runs => self.runs().len(),
            View::Report => self.order.len(),
            View::Undo => self.inverse().len(),
        };
        let scroll = match self.view {
            View::Runs => &mut self.list,
            View::Report => &mut self.rows,
            View::Undo => &mut self.undone,
        };
        scroll.act(action, length, page);
    }
}

/// Whether a row mentions it: name, ids, code, action, outcome.
fn has(row: &Row, wanted: &str) -> bool {
    let event = &row.event;
    let texts = [
        Some(row.name.as_str()),
        event.source_id.as_deref(),
        event.target_id.as_deref(),
        event.code.as_deref(),
        Some(event.action.as_str()),
        Some(event.outcome.as_str()),
    ];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(wanted))
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Failed => 0,
        Outcome::Skipped => 1,
        Outcome::Pending => 2,
        Outcome::Applied => 3,
    }
}

fn loaded<T: Clone>(result: &Result<T, Failure>) -> Loadable<T> {
    match result {
        Ok(value) => Loadable::Ready(value.clone()),
        Err((message, hint)) => Loadable::Failed(message.clone(), hint.clone()),
    }
}

impl Screen for History {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        if let Some(approval) = &self.approval {
            let mut offers = Vec::new();
            if approval.checking.is_none() {
                offers.push(Offer::hinted(Action::Activate).named("history.confirm.write"));
            }
            if approval.has_two() && approval.checking.is_none() {
                offers.push(Offer::hinted(Action::NextPane).named("plan.other_number"));
            }
            offers.push(Offer::hinted(Action::Close));
            return offers;
        }
        if self.is_filtering {
            return vec![
                Offer::hinted(Action::Activate).named("history.offer.filter"),
                Offer::hinted(Action::Close),
            ];
        }
        let mut offers = Vec::new();
        match self.view {
            View::Runs if self.runs().is_empty() => {}
            View::Runs => offers.push(Offer::hinted(Action::Activate).named("history.offer.open")),
            View::Report => {
                offers.extend(
                    [Action::NextProblem, Action::PreviousProblem, Action::Filter].map(Offer::hinted),
                );
                offers.push(Offer::hinted(Action::Export));
                offers.push(Offer::hinted(Action::Undo).named("history.offer.undo"));
                offers.push(Offer::hinted(Action::Close));
            }
            View::Undo => {
                let obstacle = self.inverted().map_or_else(
                    || Some(t!("history.confirm.unread", locale = shared.look.locale).into_owned()),
                    |plan| approval::obstacle(plan, shared.look),
                );
                offers.push(Offer::hinted(Action::Commit).named("history.offer.commit").unless(obstacle));
                offers.extend([Action::Copy, Action::Close].map(Offer::hinted));
            }
        }
        offers.extend([Action::Up, Action::Down].map(Offer::hinted));
        offers.extend([Action::PageUp, Action::PageDown, Action::First, Action::Last].map(Offer::quiet));
        if self.view == View::Runs {
            offers.push(Offer::hinted(Action::AllAgain).named("history.offer.again"));
            offers.push(Offer::hinted(Action::Back).named("history.offer.overview"));
        }
        offers
    }

    fn is_typing(&self) -> bool {
        let is_approving = self.approval.as_ref().is_some_and(|approval| approval.checking.is_none());
        self.is_filtering || is_approving
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.runs = Loadable::Loading(shared.now_ms);
        let mut commands = vec![Command::Past(Request::Standing)];
        (self.view, self.approval) = (View::Runs, None);
        if let Some(run) = shared.run.take() {
            commands.extend(self.open(run, shared.now_ms));
        }
        commands
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        if let Some(approval) = &mut self.approval {
            match action {
                Action::NextPane => approval.next_field(),
                Action::Activate => return self.approve(shared),
                _ => self.close(),
            }
            return Vec::new();
        }
        if self.is_filtering {
            self.is_filtering = false;
            if action == Action::Close {
                self.filter.set("");
                self.arrange();
            }
            return Vec::new();
        }
        match action {
            Action::Activate => {
                return self.chosen_run().map_or_else(Vec::new, |run| self.open(run, shared.now_ms));
            }
            Action::Filter => self.is_filtering = true,
            Action::NextProblem => self.jump_to_problem(true),
            Action::PreviousProblem => self.jump_to_problem(false),
            Action::Close => self.close(),
            Action::AllAgain => return self.enter(shared),
            Action::Back => return vec![Command::Go(ScreenId::Overview)],
            Action::Export => {
                let run = self.report().map(|report| report.run.run.clone());
                let locale = shared.look.locale;
                return run.map(|run| Command::Past(Request::Export(run, locale))).into_iter().collect();
            }
            Action::Undo => {
                let Some(run) = self.report().map(|report| report.run.run.clone()) else { return Vec::new() };
                (self.view, self.undo, self.undone) =
                    (View::Undo, Loadable::Loading(shared.now_ms), Scroll::default());
                return vec![Command::Past(Request::Undo(run))];
            }
            Action::Commit => self.approval = self.inverted().map(|plan| Approval::new(plan)),
            Action::Copy => {
                let note = t!("tui.note.copied", locale = shared.look.locale).into_owned();
                return vec![Command::Copy(self.undo_command()), Command::Note(note)];
            }
            action => self.scroll(action, usize::from(shared.size.1.saturating_sub(14))),
        }
        Vec::new()
    }

    fn type_in(&mut self, key: Key, _shared: &mut Shared) -> Vec<Command> {
        if let Some(approval) = &mut self.approval {
            approval.field().key(key);
        } else if self.filter.key(key) {
            self.arrange();
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str, _shared: &mut Shared) -> Vec<Command> {
        if let Some(approval) = &mut self.approval {
            approval.field().paste(text);
            return Vec::new();
        }
        self.filter.paste(text);
        self.arrange();
        Vec::new()
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        let Answer::Past(told) = answer else { return Vec::new() };
        match told {
            Told::Standing(standing) => {
                self.runs = loaded(standing);
                self.list.keep_within(self.runs().len());
            }
            Told::Report(report) => {
                self.report = loaded(report);
                self.arrange();
            }
            Told::Undo(run, plan) => return self.take_inverse(run, plan, shared),
            Told::Idaas(_) | Told::Dingtalk(_) => {}
        }
        Vec::new()
    }

    fn state(&self, shared: &Shared) -> Option<String> {
        picture::state(self, shared)
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        picture::draw(self, frame, area, shared);
        if let (Some(approval), Some(plan), Some(report)) = (&self.approval, self.inverted(), self.report()) {
            approval.render(frame, area, (&report.run.run, plan), shared.now_ms, shared.look);
        }
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        if let Some(approval) = self.approval.as_ref().filter(|_| self.is_typing()) {
            return approval.cursor(area);
        }
        if self.is_filtering { self.filter.cursor(picture::filter_row(area), false) } else { None }
    }

    fn help(&self) -> &'static str {
        "history.help"
    }
}
