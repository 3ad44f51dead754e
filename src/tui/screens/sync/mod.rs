//! The live picture of a run that a process of its own carries out: how far it is, what slows it, who needs attention.
//! The screen is a client: closing it changes nothing about the run.

mod details;
mod lanes;
mod picture;
mod words;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use crate::core::course::{Cause, Course};
use crate::core::event::RunStatus;
use crate::core::journal::LockHolder;
use crate::live::{Ask, Errand};
use crate::tui::keys::Action;
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Scroll;
use crate::tui::worker::run::{Request, Told};

/// Within this time a second request to stop means at once, milliseconds.
const AT_ONCE_MS: i64 = 3_000;

/// How far one is from seeing a run.
#[derive(Debug, Clone, Default)]
enum Stage {
    /// Nothing goes on.
    #[default]
    Idle,
    /// Somebody's process reads both sides.
    Waiting(LockHolder),
    /// Our process does, since then.
    Starting(i64),
    /// It did not start: message and way out.
    Refused(String, Option<String>),
    /// Lines come.
    Following,
}

/// What fills the pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum View {
    /// Progress.
    #[default]
    Live,
    /// The records of one cause.
    Cause(String),
    /// Every record.
    Log,
}

/// The screen.
#[derive(Debug, Default)]
pub struct Sync {
    course: Course,
    frozen: Option<Box<Course>>,
    stage: Stage,
    is_alive: bool,
    view: View,
    causes: Scroll,
    list: Scroll,
    /// When a stop was asked for, Unix milliseconds.
    stop_asked: Option<i64>,
}

impl Sync {
    /// What is shown: the run, or the picture that is kept still.
    fn shown(&self) -> &Course {
        self.frozen.as_deref().unwrap_or(&self.course)
    }

    fn is_running(&self) -> bool {
        self.is_alive && self.course.finished.is_none() && matches!(self.stage, Stage::Following)
    }

    /// Nothing more comes: it has ended, or nobody carries it out.
    fn is_over(&self) -> bool {
        !self.is_alive || self.course.finished.is_some()
    }

    /// Its process is gone and the run has no end.
    fn is_lost(&self) -> bool {
        matches!(self.stage, Stage::Following)
            && !self.is_alive
            && !self.is_logon_lost()
            && self.course.finished.is_none_or(|(status, _)| is_open(status))
            && !self.course.run.is_empty()
    }

    /// Its process went after the run's own end, in the middle of QR code logon: there is no run to be finished, and the
    /// rest of logon is planned with the next preview.
    fn is_logon_lost(&self) -> bool {
        let course = &self.course;
        let is_begun = course.logon.done > 0 && course.done >= course.total;
        matches!(self.stage, Stage::Following) && !self.is_alive && course.finished.is_none() && is_begun
    }

    fn has_failures(&self) -> bool {
        self.course
            .finished
            .is_some_and(|(status, summary)| !is_open(status) && summary.failed + summary.skipped > 0)
            && !self.is_alive
    }

    fn chosen_cause(&self) -> Option<(&String, &Cause)> {
        self.shown().ranked().nth(self.causes.chosen)
    }

    /// Rows of the list that is open.
    fn listed(&self) -> usize {
        match &self.view {
            View::Live => self.shown().causes.len(),
            View::Cause(code) => self.shown().causes.get(code).map_or(0, |cause| cause.records.len()),
            View::Log => self.shown().recent.len(),
        }
    }

    fn begin(&mut self, stage: Stage) {
        *self = Self { stage, ..Self::default() };
    }

    fn take(&mut self, told: &Told, shared: &Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        match told {
            Told::Starting => self.begin(Stage::Starting(shared.now_ms)),
            Told::Refused(message, hint) => self.begin(Stage::Refused(message.clone(), hint.clone())),
            Told::Idle => self.begin(Stage::Idle),
            Told::Waiting(holder) => self.begin(Stage::Waiting(holder.clone())),
            Told::Following(_) => self.begin(Stage::Following),
            Told::Lines(lines, is_alive) => {
                let follows = self.view == View::Log && self.list.chosen + 1 >= self.listed();
                lines.iter().for_each(|line| self.course.take(line.clone()));
                self.is_alive = *is_alive;
                if follows && self.frozen.is_none() {
                    self.list.chosen = self.listed().saturating_sub(1);
                }
                self.causes.keep_within(self.shown().causes.len());
            }
            Told::Asked(_, Err((message, _))) => {
                return vec![Command::Note(shared.look.said(message).into_owned())];
            }
            Told::Asked(ask, Ok(())) => {
                let word = match ask {
                    Ask::Pause => "live.asked.pause",
                    Ask::GoOn => "live.asked.go_on",
                    Ask::Stop => "live.asked.stop",
                };
                return vec![Command::Note(t!(word, locale = locale).into_owned())];
            }
        }
        Vec::new()
    }

    /// The first time the run drains; again within three seconds it stops at once.
    fn stop(&mut self, shared: &Shared) -> Vec<Command> {
        let before = self.stop_asked.replace(shared.now_ms);
        let is_at_once = before.is_some_and(|at| shared.now_ms - at <= AT_ONCE_MS);
        if before.is_none() || is_at_once {
            return vec![Command::Run(Request::Ask(Ask::Stop))];
        }
        vec![Command::Note(t!("live.stop_again", locale = shared.look.locale).into_owned())]
    }

    fn pause(&self) -> Vec<Command> {
        let ask = if self.course.is_paused_by_operator() { Ask::GoOn } else { Ask::Pause };
        vec![Command::Run(Request::Ask(ask))]
    }

    /// What failed again, or what was interrupted to its end.
    fn again(&mut self, shared: &mut Shared) -> Vec<Command> {
        let errand = if self.is_lost() { Errand::Resume } else { Errand::Retry(self.course.run.clone()) };
        shared.run = None;
        self.begin(Stage::Starting(shared.now_ms));
        vec![Command::Run(Request::Start(errand, shared.look.locale))]
    }

    fn goodbye(&self, shared: &Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        if self.course.run.is_empty() {
            return Vec::new();
        }
        let run = &self.course.run;
        let line = match (self.is_running(), shared.is_own_world, self.is_lost()) {
            (true, false, _) => t!("live.bye.running", run = run, locale = locale),
            (true, true, _) => t!("live.bye.stopped", run = run, locale = locale),
            (false, _, true) => t!("live.bye.lost", run = run, locale = locale),
            (false, ..) => t!("live.bye.ended", run = run, locale = locale),
        };
        vec![Command::Farewell(line.into_owned())]
    }

    /// The preview where there is something to decide or to begin, else the overview.
    fn way_back(&self) -> ScreenId {
        let is_undecided = self.course.finished.is_some() && self.course.undecided() > 0;
        let logon = &self.course.logon;
        let is_logon_left = self.course.finished.is_some() && (logon.failed > 0 || logon.done < logon.total);
        let is_undecided = is_undecided || is_logon_left || self.is_logon_lost();
        match self.stage {
            Stage::Idle | Stage::Refused(..) => ScreenId::Preview,
            Stage::Following if is_undecided => ScreenId::Preview,
            Stage::Waiting(_) | Stage::Starting(_) | Stage::Following => ScreenId::Overview,
        }
    }

    fn live_offers(&self, shared: &Shared) -> Vec<Offer> {
        let mut offers = Vec::new();
        if self.is_running() {
            let word =
                if self.course.is_paused_by_operator() { "live.offer.go_on" } else { "tui.action.pause" };
            offers.extend([Offer::hinted(Action::Pause).named(word), Offer::hinted(Action::Stop)]);
            offers.push(Offer::hinted(Action::Freeze));
        }
        if self.is_lost() {
            offers.push(Offer::hinted(Action::Again).named("live.offer.resume"));
        } else if self.has_failures() {
            offers.push(Offer::hinted(Action::Again).named("live.offer.retry"));
        }
        if !self.shown().causes.is_empty() {
            offers.push(Offer::hinted(Action::Activate).named("live.offer.cause"));
            offers.extend([Action::Up, Action::Down, Action::First, Action::Last].map(Offer::quiet));
            offers.extend([Action::NextProblem, Action::PreviousProblem].map(Offer::quiet));
        }
        if !self.shown().recent.is_empty() {
            offers.push(Offer::hinted(Action::Log));
        }
        if self.is_running() && !shared.is_own_world {
            offers.push(Offer::hinted(Action::Detach));
        }
        if self.course.finished.is_some() {
            offers.push(Offer::hinted(Action::Next).named("live.offer.report"));
        }
        let (back, label) = match self.way_back() {
            ScreenId::Preview => (Offer::hinted(Action::Back), "live.offer.preview"),
            _ if self.is_running() => (Offer::quiet(Action::Back), "live.offer.overview"),
            _ => (Offer::hinted(Action::Back), "live.offer.overview"),
        };
        offers.push(back.named(label));
        offers
    }
}

/// Stopped by the operator, or by what concerned every record: it can be gone on with.
fn is_open(status: RunStatus) -> bool {
    matches!(status, RunStatus::Cancelled | RunStatus::Failed | RunStatus::Running)
}

impl Screen for Sync {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        if self.view == View::Live {
            return self.live_offers(shared);
        }
        let mut offers =
            vec![Offer::hinted(Action::Close), Offer::hinted(Action::Up), Offer::hinted(Action::Down)];
        offers.extend([Action::PageUp, Action::PageDown, Action::First, Action::Last].map(Offer::quiet));
        if self.is_running() {
            offers.extend([
                Offer::hinted(Action::Freeze),
                Offer::quiet(Action::Stop),
                Offer::quiet(Action::Pause),
            ]);
        }
        if matches!(self.view, View::Cause(_)) {
            offers.push(Offer::hinted(Action::Copy));
        }
        offers
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.view = View::Live;
        if std::mem::take(&mut shared.is_run_starting) {
            // What was shown of an earlier run is not this one's picture.
            self.begin(Stage::Starting(shared.now_ms));
            shared.is_run_going_on = true;
            return Vec::new();
        }
        let is_wanted = shared.run.as_deref().is_none_or(|wanted| wanted == self.course.run);
        if matches!(self.stage, Stage::Starting(_)) || (is_wanted && self.is_running()) {
            return Vec::new();
        }
        vec![Command::Run(Request::Follow(shared.run.clone()))]
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Pause => return self.pause(),
            Action::Stop => return self.stop(shared),
            Action::Again => return self.again(shared),
            Action::Detach => return vec![Command::Quit],
            Action::Back => return vec![Command::Go(self.way_back())],
            Action::Next => {
                shared.run = Some(self.course.run.clone());
                return vec![Command::Go(ScreenId::History)];
            }
            Action::Copy => return self.copy(shared),
            Action::Freeze => {
                self.frozen = match self.frozen {
                    Some(_) => None,
                    None => Some(Box::new(self.course.clone())),
                };
            }
            Action::Log => {
                self.view = View::Log;
                self.list.chosen = self.listed().saturating_sub(1);
            }
            Action::Close => self.view = View::Live,
            Action::Activate => {
                if let Some((code, _)) = self.chosen_cause() {
                    self.view = View::Cause(code.clone());
                    self.list = Scroll::default();
                }
            }
            Action::NextProblem => drop(self.causes.act(Action::Down, self.listed(), 1)),
            Action::PreviousProblem => drop(self.causes.act(Action::Up, self.listed(), 1)),
            action => {
                let (length, page) = (self.listed(), usize::from(shared.size.1.saturating_sub(9)));
                let scroll = if self.view == View::Live { &mut self.causes } else { &mut self.list };
                scroll.act(action, length, page);
            }
        }
        Vec::new()
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Run(told) => {
                if matches!(told, Told::Starting) {
                    shared.is_run_starting = false;
                }
                let commands = self.take(told, shared);
                shared.is_run_going_on = self.is_running() || matches!(self.stage, Stage::Starting(_));
                commands
            }
            _ => Vec::new(),
        }
    }

    fn leave(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.goodbye(shared)
    }

    fn banner(&self, shared: &Shared) -> Option<Line<'static>> {
        Some(picture::banner(self, shared))
    }

    fn state(&self, shared: &Shared) -> Option<String> {
        words::state(self, shared)
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        match &self.view {
            View::Live => picture::draw(self, frame, area, shared),
            View::Cause(code) => details::cause(self, code, frame, area, shared),
            View::Log => details::log(self, frame, area, shared),
        }
    }

    fn help(&self) -> &'static str {
        "live.help"
    }
}

impl Sync {
    fn copy(&self, shared: &Shared) -> Vec<Command> {
        let View::Cause(code) = &self.view else { return Vec::new() };
        let Some(cause) = self.shown().causes.get(code) else { return Vec::new() };
        let locale = shared.look.locale;
        let mut text =
            format!("{code} {}\n{}\n", words::meaning(code, cause, locale), words::remedy(code, locale));
        for ended in &cause.records {
            let id = ended.record.source_id.as_deref().or(ended.record.target_id.as_deref()).unwrap_or("-");
            text.push_str(&format!("{}  {id}\n", crate::core::text::clean(ended.shown())));
        }
        vec![Command::Copy(text), Command::Note(t!("tui.note.copied", locale = locale).into_owned())]
    }
}
