//! The overview of a configured connection: whether both services answer, what goes on, what needs somebody, what was
//! done last, and what one can do next.

mod picture;

pub(in crate::tui::screens) use picture::run_line;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::core::event::RunStatus;
use crate::core::journal::{RunKind, RunRecord};
use crate::live::Errand;
use crate::tui::day;
use crate::tui::keys::Action;
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Scroll;
use crate::tui::worker::past::{Failure, Request, Standing, Told, Tried};
use crate::tui::worker::run;

/// What one can do next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// The run that goes on.
    Watch,
    /// Finish an interrupted run.
    Resume(String),
    /// See every change.
    Preview,
    /// Failed records of this run again.
    Retry(String),
    /// Every run.
    History,
    /// Step 2.
    Check,
    /// The wizard.
    Modify,
    /// QR logon.
    Logon,
    /// Incremental synchronization.
    Follow,
    /// A day at the demo's company.
    Day,
}

impl Next {
    fn label(&self) -> &'static str {
        match self {
            Self::Watch => "overview.next.watch",
            Self::Resume(_) => "overview.next.resume",
            Self::Preview => "overview.next.preview",
            Self::Retry(_) => "overview.next.retry",
            Self::History => "overview.next.history",
            Self::Check => "overview.next.check",
            Self::Modify => "overview.next.modify",
            Self::Logon => "overview.next.logon",
            Self::Follow => "overview.next.follow",
            Self::Day => "overview.next.day",
        }
    }

    /// The run it is about.
    fn run(&self) -> &str {
        match self {
            Self::Resume(run) | Self::Retry(run) => run,
            Self::Watch
            | Self::Preview
            | Self::History
            | Self::Check
            | Self::Modify
            | Self::Logon
            | Self::Day
            | Self::Follow => "",
        }
    }
}

/// The screen.
#[derive(Debug, Default)]
pub struct Overview {
    standing: Option<std::sync::Arc<Standing>>,
    failure: Option<Failure>,
    idaas: Option<Tried>,
    dingtalk: Option<Tried>,
    tried_at_ms: i64,
    chosen: Scroll,
    has_day: bool,
}

impl Overview {
    /// The newest run, when its process is gone and it has no end.
    fn interrupted(&self) -> Option<&RunRecord> {
        let standing = self.standing.as_ref()?;
        let newest = standing.runs.first()?;
        (newest.status == RunStatus::Running && standing.holder.is_none()).then_some(newest)
    }

    /// The last run, when it left failures behind.
    fn failed(&self) -> Option<&RunRecord> {
        let newest = self.standing.as_ref()?.runs.first()?;
        let is_over = newest.finished_at.is_some();
        (is_over && newest.summary.failed + newest.summary.skipped > 0).then_some(newest)
    }

    /// The last full synchronization: its plan says who needs a decision.
    fn last_sync(&self) -> Option<&RunRecord> {
        self.standing.as_ref()?.runs.iter().find(|run| run.kind == RunKind::Sync)
    }

    fn goes_on(&self) -> bool {
        let holder = self.standing.as_ref().and_then(|standing| standing.holder.as_ref());
        holder.is_some_and(|holder| holder.command != "watch")
    }

    fn menu(&self) -> Vec<Next> {
        let mut menu = Vec::new();
        if self.goes_on() {
            menu.push(Next::Watch);
        }
        menu.extend(self.interrupted().map(|run| Next::Resume(run.run.clone())));
        menu.push(Next::Preview);
        if !self.goes_on() {
            menu.extend(self.failed().map(|run| Next::Retry(run.run.clone())));
        }
        menu.extend([Next::History, Next::Follow, Next::Check, Next::Modify]);
        if super::build(ScreenId::Logon).is_some() {
            menu.push(Next::Logon);
        }
        menu.extend(self.has_day.then_some(Next::Day));
        menu
    }

    fn try_services(&mut self, now_ms: i64) -> Command {
        (self.idaas, self.dingtalk, self.tried_at_ms) = (None, None, now_ms);
        Command::Past(Request::Services)
    }

    fn open(&self, next: &Next, shared: &mut Shared) -> Vec<Command> {
        let start = |errand| {
            vec![Command::Run(run::Request::Start(errand, shared.look.locale)), Command::Go(ScreenId::Sync)]
        };
        match next {
            Next::Resume(_) => start(Errand::Resume),
            Next::Retry(run) => start(Errand::Retry(run.clone())),
            Next::Watch => {
                shared.run = None;
                vec![Command::Go(ScreenId::Sync)]
            }
            Next::Preview => vec![Command::Go(ScreenId::Preview)],
            Next::History => vec![Command::Go(ScreenId::History)],
            Next::Check => vec![Command::Go(ScreenId::Permissions)],
            Next::Modify => vec![Command::Go(ScreenId::Application)],
            Next::Logon => vec![Command::Go(ScreenId::Logon)],
            Next::Follow => vec![Command::Go(ScreenId::Watch)],
            Next::Day => vec![Command::Act(Action::Day)],
        }
    }
}

impl Screen for Overview {
    fn offers(&self, _shared: &Shared) -> Vec<Offer> {
        let menu = self.menu();
        let chosen = menu.get(self.chosen.chosen).unwrap_or(&Next::Preview);
        let mut offers = vec![
            Offer::hinted(Action::Activate).named(chosen.label()),
            Offer::hinted(Action::Up),
            Offer::hinted(Action::Down),
        ];
        offers.extend([Action::First, Action::Last].map(Offer::quiet));
        offers.push(Offer::hinted(Action::AllAgain).named("overview.again"));
        offers
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.has_day = shared.day != day::Standing::None;
        vec![Command::Past(Request::Standing), self.try_services(shared.now_ms)]
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Activate => {
                let menu = self.menu();
                menu.get(self.chosen.chosen).map_or_else(Vec::new, |next| self.open(next, shared))
            }
            Action::AllAgain => vec![Command::Past(Request::Standing), self.try_services(shared.now_ms)],
            action => {
                self.chosen.act(action, self.menu().len(), 5);
                Vec::new()
            }
        }
    }

    fn receive(&mut self, answer: &Answer, _shared: &mut Shared) -> Vec<Command> {
        let Answer::Past(told) = answer else { return Vec::new() };
        match told {
            Told::Standing(Ok(standing)) => {
                let kept =
                    self.standing.is_some().then(|| self.menu().get(self.chosen.chosen).cloned()).flatten();
                (self.standing, self.failure) = (Some(standing.clone()), None);
                // The menu may have grown above the chosen line.
                let again = kept.and_then(|kept| self.menu().iter().position(|next| *next == kept));
                self.chosen.chosen = again.unwrap_or_default();
            }
            Told::Standing(Err(failure)) => self.failure = Some(failure.clone()),
            Told::Idaas(tried) => self.idaas = Some(tried.clone()),
            Told::Dingtalk(tried) => self.dingtalk = Some(tried.clone()),
            Told::Report(_) | Told::Undo(..) => {}
        }
        Vec::new()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        picture::draw(self, frame, area, shared);
    }

    fn state(&self, shared: &Shared) -> Option<String> {
        Some(picture::state(self, shared))
    }

    fn help(&self) -> &'static str {
        "overview.help"
    }
}
