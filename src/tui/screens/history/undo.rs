//! Undoing a run: its inverse as rows, the command that applies it, and the approval that starts it.

use std::sync::Arc;

use rust_i18n::t;

use super::{History, loaded};
use crate::core::plan::{Action as Planned, Change, Plan};
use crate::live::Errand;
use crate::tui::message::Command;
use crate::tui::screen::ScreenId;
use crate::tui::shared::{Loadable, Shared};
use crate::tui::worker::past::{Failure, Request};
use crate::tui::worker::run;

impl History {
    /// The inverse's rows: what cannot be undone first.
    pub(super) fn inverse(&self) -> Vec<&Change> {
        let Loadable::Ready(plan) = &self.undo else { return Vec::new() };
        let is_lost = |change: &&Change| change.action == Planned::Blocked;
        let lost = plan.changes.iter().filter(is_lost);
        lost.chain(plan.changes.iter().filter(|change| !is_lost(change))).collect()
    }

    pub(super) fn inverted(&self) -> Option<&Arc<Plan>> {
        match &self.undo {
            Loadable::Ready(plan) => Some(plan),
            Loadable::Idle | Loadable::Loading(_) | Loadable::Failed(..) => None,
        }
    }

    /// The numbers are typed: the inverse is made again, and applied when it is still the same.
    pub(super) fn approve(&mut self, shared: &Shared) -> Vec<Command> {
        let run = self.report().map(|report| report.run.run.clone());
        let (Some(run), Some(plan)) = (run, self.inverted().cloned()) else { return Vec::new() };
        let Some(approval) = &mut self.approval else { return Vec::new() };
        if !approval.is_right(&plan, shared.look.locale) {
            return Vec::new();
        }
        approval.checking = Some((shared.now_ms, plan.plan_id.clone()));
        vec![Command::Past(Request::Undo(run))]
    }

    /// The inverse as it is now: shown, or applied where it is what was approved.
    pub(super) fn take_inverse(
        &mut self,
        run: &str,
        plan: &Result<Arc<Plan>, Failure>,
        shared: &Shared,
    ) -> Vec<Command> {
        let approved = self.approval.as_mut().and_then(|approval| approval.checking.take());
        let Some((_, approved)) = approved else {
            self.undo = loaded(plan);
            return Vec::new();
        };
        let locale = shared.look.locale;
        match (plan, &mut self.approval) {
            (Ok(plan), Some(approval)) if plan.plan_id == approved => {
                let errand = Errand::Undo { run: run.to_owned(), removals: approval.removals(plan) };
                self.approval = None;
                vec![Command::Run(run::Request::Start(errand, locale)), Command::Go(ScreenId::Sync)]
            }
            (Ok(plan), _) => {
                (self.undo, self.approval) = (Loadable::Ready(plan.clone()), None);
                vec![Command::Note(t!("history.confirm.moved", locale = locale).into_owned())]
            }
            (Err((message, _)), Some(approval)) => {
                approval.refusal = Some(message.clone());
                Vec::new()
            }
            (Err(_), None) => Vec::new(),
        }
    }

    /// The command that applies the inverse.
    pub(super) fn undo_command(&self) -> String {
        let run = self.report().map_or("RUN", |report| report.run.run.as_str());
        let mut command = format!("dingsync undo {run} --yes");
        if let Loadable::Ready(plan) = &self.undo
            && !plan.limits.is_empty()
        {
            command.push_str(&format!(" --approve-removals {}", plan.removals()));
        }
        command
    }
}
