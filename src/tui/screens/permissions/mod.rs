//! Step 2: the check of core, live. Each item with what it is needed for, what is missing, who can grant it and a text
//! to send to them. A failure blocks the next step unless somebody gives a reason.

mod checks;
mod draw;
mod request;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use rust_i18n::t;

use self::checks::Checks;
use crate::core::check::{CheckId, CheckStatus};
use crate::tui::chrome;
use crate::tui::draft::Draft;
use crate::tui::keys::{Action, Key};
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::text_field::TextField;
use crate::tui::worker::permissions::{Answer as Told, Request};

/// The state of step 2.
#[derive(Debug, Default)]
pub struct Permissions {
    checks: Checks,
    scroll: Scroll,
    /// The answers that the results speak about.
    checked: Option<Draft>,
    /// The operator chose an item: it stays chosen when results come in.
    is_steered: bool,
    is_overridden: bool,
    /// Being typed: why to go on in spite of failures.
    reason: Option<TextField>,
}

impl Permissions {
    fn chosen(&self) -> CheckId {
        CheckId::ALL[self.scroll.chosen.min(CheckId::ALL.len() - 1)]
    }

    fn begin(&mut self, only: Option<CheckId>, shared: &mut Shared) -> Vec<Command> {
        self.checks.begin(only, shared.now_ms);
        self.is_overridden = false;
        if only.is_none() {
            self.is_steered = false;
            shared.check_warnings = 0;
        }
        self.checked = Some(shared.draft.clone());
        let (file, draft) = (Box::new(shared.file.clone()), Box::new(shared.draft.clone()));
        vec![Command::Permissions(Request::Check { file, draft, only })]
    }

    /// The next or previous item that failed or warns, around the end.
    fn choose_problem(&mut self, steps: usize) {
        let count = CheckId::ALL.len();
        let found = (1..=count)
            .map(|step| (self.scroll.chosen + step * steps) % count)
            .find(|index| self.checks.is_problem(CheckId::ALL[*index]));
        if let Some(index) = found {
            self.scroll.chosen = index;
            self.is_steered = true;
        }
    }

    /// Why the next step has to wait.
    fn obstacle(&self, locale: &str) -> Option<String> {
        let word = if self.checks.is_running() {
            "permissions.obstacle.running"
        } else if self.checks.failure.is_some() || !self.checks.is_complete() {
            "permissions.obstacle.open"
        } else if !self.checks.failed().is_empty() && !self.is_overridden {
            "permissions.obstacle.failed"
        } else {
            return None;
        };
        Some(t!(word, count = self.checks.failed().len(), locale = locale).into_owned())
    }

    fn copy(&self, shared: &Shared) -> Vec<Command> {
        let Some(item) = self.checks.item(self.chosen()) else { return Vec::new() };
        vec![Command::Copy(request::text(item, shared)), note("tui.note.copied", shared)]
    }

    /// All requests in one file.
    fn export(&self, shared: &Shared) -> Vec<Command> {
        let problems = CheckId::ALL.into_iter().filter(|id| self.checks.is_problem(*id));
        let texts: Vec<String> =
            problems.filter_map(|id| self.checks.item(id)).map(|item| request::text(item, shared)).collect();
        let text = format!("{}\n", texts.join("\n\n"));
        vec![Command::WriteFile { name: "permission-requests.txt".to_owned(), text }]
    }

    fn type_reason(&mut self, action: Action, shared: &Shared) -> Vec<Command> {
        let Some(reason) = self.reason.take() else { return Vec::new() };
        if action != Action::Activate {
            return Vec::new();
        }
        let typed = reason.text().trim().to_owned();
        if typed.is_empty() {
            self.reason = Some(reason);
            return vec![note("permissions.override.empty", shared)];
        }
        self.is_overridden = true;
        let failed = self.checks.failed();
        vec![
            Command::Permissions(Request::Record { reason: typed, failed }),
            note("permissions.override.done", shared),
        ]
    }

    fn told(&mut self, told: &Told, shared: &mut Shared) -> Vec<Command> {
        match told {
            Told::Item { item, elapsed_ms } => {
                self.checks.take(item.clone(), *elapsed_ms, shared.now_ms);
                let is_first_failure = self.checks.failed().first() == Some(&item.id);
                if is_first_failure && !self.is_steered {
                    self.scroll.chosen = CheckId::ALL.iter().position(|id| *id == item.id).unwrap_or(0);
                }
            }
            Told::Failed(error) => {
                self.checks.failure = Some((error.message.clone(), error.hint.clone()));
                self.checks.end();
            }
            Told::Finished => self.checks.end(),
        }
        shared.check_warnings = self.checks.count(CheckStatus::Warn);
        Vec::new()
    }
}

impl Screen for Permissions {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        if self.reason.is_some() {
            return vec![
                Offer::hinted(Action::Activate).named("permissions.override.accept"),
                Offer::hinted(Action::Close).named("application.cancel"),
            ];
        }
        let locale = shared.look.locale;
        let is_done = self.checks.item(self.chosen()).is_some();
        let nothing = |word: &str| Some(t!(word, locale = locale).into_owned());
        let has_problem = CheckId::ALL.into_iter().any(|id| self.checks.is_problem(id));
        let running = self.checks.is_running().then(|| nothing("permissions.obstacle.running")).flatten();
        let no_problem = (!has_problem).then(|| nothing("permissions.obstacle.none")).flatten();
        let can_override =
            !self.checks.failed().is_empty() && !self.checks.is_running() && !self.is_overridden;
        let mut offers = vec![
            Offer::hinted(Action::Activate).named("tui.action.next").unless(self.obstacle(locale)),
            Offer::hinted(Action::Next).unless(self.obstacle(locale)),
            Offer::hinted(Action::Copy)
                .unless((!is_done).then(|| nothing("application.note.nothing_to_copy")).flatten()),
            Offer::hinted(Action::Again).unless(running.clone()),
            Offer::hinted(Action::AllAgain).unless(running),
            Offer::hinted(Action::Override)
                .unless((!can_override).then(|| nothing("permissions.obstacle.none")).flatten()),
            Offer::hinted(Action::Back),
            Offer::hinted(Action::Up),
            Offer::hinted(Action::Down),
            Offer::hinted(Action::NextProblem).unless(no_problem.clone()),
            Offer::hinted(Action::PreviousProblem).unless(no_problem.clone()),
            Offer::quiet(Action::Export).unless(no_problem),
        ];
        offers.extend([Action::PageUp, Action::PageDown, Action::First, Action::Last].map(Offer::quiet));
        if self.checks.is_running() {
            offers.insert(0, Offer::hinted(Action::Close).named("application.cancel"));
        }
        offers
    }

    fn is_typing(&self) -> bool {
        self.reason.is_some()
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        if self.checks.is_running() || self.checked.as_ref() == Some(&shared.draft) {
            return Vec::new();
        }
        self.begin(None, shared)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        if self.reason.is_some() {
            return self.type_reason(action, shared);
        }
        match action {
            Action::Next | Action::Activate => return vec![Command::Go(ScreenId::Scenario)],
            Action::Back => return vec![Command::Go(ScreenId::Application)],
            Action::Again => return self.begin(Some(self.chosen()), shared),
            Action::AllAgain => return self.begin(None, shared),
            Action::Copy => return self.copy(shared),
            Action::Export => return self.export(shared),
            Action::Override => self.reason = Some(TextField::new("")),
            Action::NextProblem => self.choose_problem(1),
            Action::PreviousProblem => self.choose_problem(CheckId::ALL.len() - 1),
            Action::Close => {
                self.checks.end();
                self.checked = None;
                return vec![
                    Command::Permissions(Request::Cancel),
                    note("application.note.cancelled", shared),
                ];
            }
            action => {
                let height = chrome::body(Rect::new(0, 0, shared.size.0, shared.size.1)).height;
                self.is_steered |= self.scroll.act(action, CheckId::ALL.len(), draw::page(height));
            }
        }
        Vec::new()
    }

    fn type_in(&mut self, key: Key, _shared: &mut Shared) -> Vec<Command> {
        if let Some(reason) = &mut self.reason {
            reason.key(key);
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str, _shared: &mut Shared) -> Vec<Command> {
        if let Some(reason) = &mut self.reason {
            reason.paste(text);
        }
        Vec::new()
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Permissions(told) => self.told(told, shared),
            // Saving moves typed secrets into files; what was checked with them still holds.
            Answer::Saved { draft, result: Ok(file) } if self.checked.as_ref() == Some(&**draft) => {
                self.checked = Some(file.saved.clone());
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn is_complete(&self, _shared: &Shared) -> bool {
        self.checks.is_passed() || self.is_overridden
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        draw::draw(self, frame, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        draw::cursor(self, area)
    }

    fn help(&self) -> &'static str {
        "permissions.help"
    }
}

fn note(key: &'static str, shared: &Shared) -> Command {
    Command::Note(t!(key, locale = shared.look.locale).into_owned())
}
