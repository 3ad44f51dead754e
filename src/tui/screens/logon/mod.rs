//! DingTalk QR code logon: the chain from a scan to a session, what is to be done with its typed confirmation, and the
//! logon address as a QR code.

mod draw;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use rust_i18n::t;

use crate::core::logon::apply::LogonReport;
use crate::core::logon::policy;
use crate::core::logon::{LogonAction, LogonChange};
use crate::tui::keys::{Action, Key};
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::text_field::TextField;
use crate::tui::worker::logon::{Request, Told, View};

/// The state of the screen.
#[derive(Debug, Default)]
pub struct LogonScreen {
    seen: Loadable<Box<View>>,
    scroll: Scroll,
    /// Only the QR code, as large as it is.
    is_code_alone: bool,
    /// Being typed: the number of writes.
    approval: Option<TextField>,
    /// Being carried out since then, and rows that ended.
    applying: Option<(i64, u64)>,
    report: Option<LogonReport>,
}

impl LogonScreen {
    fn view(&self) -> Option<&View> {
        match &self.seen {
            Loadable::Ready(view) => Some(view),
            Loadable::Idle | Loadable::Loading(_) | Loadable::Failed(..) => None,
        }
    }

    /// Rows that something happens to, or that stand in the way.
    fn rows(&self) -> Vec<&LogonChange> {
        let rows = self.view().map(|view| view.plan.changes.as_slice()).unwrap_or_default();
        rows.iter().filter(|row| row.action != LogonAction::Unchanged).collect()
    }

    fn look(&mut self, shared: &Shared) -> Vec<Command> {
        self.seen = Loadable::Loading(shared.now_ms);
        vec![Command::Logon(Request::Look)]
    }

    /// Why nothing can be carried out now.
    fn obstacle(&self, shared: &Shared) -> Option<String> {
        let key = if self.applying.is_some() {
            "logon.obstacle.applying"
        } else if self.view().is_none() {
            "logon.obstacle.unseen"
        } else if self.view().is_some_and(|view| view.plan.count(LogonAction::Blocked) > 0) {
            "logon.reason.no_callback_domain"
        } else if self.view().is_some_and(|view| view.plan.is_empty()) {
            "logon.nothing"
        } else {
            return None;
        };
        Some(t!(key, locale = shared.look.locale).into_owned())
    }

    fn approve(&mut self, shared: &Shared) -> Vec<Command> {
        let writes = self.view().map_or(0, |view| view.plan.writes());
        let typed = self.approval.as_ref().map(|field| field.text().trim().to_owned());
        if typed.as_deref() != Some(writes.to_string().as_str()) {
            let text = t!("logon.confirm.wrong", writes = writes, locale = shared.look.locale);
            return vec![Command::Note(text.into_owned())];
        }
        self.approval = None;
        self.report = None;
        self.applying = Some((shared.now_ms, 0));
        vec![Command::Logon(Request::Apply)]
    }

    fn told(&mut self, told: &Told, shared: &Shared) -> Vec<Command> {
        match told {
            Told::Seen(Ok(view)) => {
                self.seen = Loadable::Ready(view.clone());
                let length = self.rows().len();
                self.scroll.keep_within(length);
            }
            Told::Seen(Err(error)) => {
                self.seen = Loadable::Failed(error.message.clone(), error.hint.clone());
            }
            Told::Progress(ended) => {
                if let Some((_, count)) = &mut self.applying {
                    *count = *ended;
                }
            }
            Told::Applied(result) => {
                self.applying = None;
                self.report = Some(match result {
                    Ok(report) => report.clone(),
                    Err(error) => LogonReport { error: Some(error.clone()), ..LogonReport::default() },
                });
                return self.look(shared);
            }
        }
        Vec::new()
    }
}

impl Screen for LogonScreen {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        if self.approval.is_some() {
            return vec![
                Offer::hinted(Action::Activate).named("logon.confirm.write"),
                Offer::hinted(Action::Close),
            ];
        }
        let has_code = self.view().is_some_and(|view| view.chain.address.is_some());
        let no_code = (!has_code).then(|| t!("logon.no_address", locale = shared.look.locale).into_owned());
        let mut offers = vec![
            Offer::hinted(Action::Activate).named("logon.apply").unless(self.obstacle(shared)),
            Offer::hinted(Action::Toggle).named("logon.code").unless(no_code.clone()),
            Offer::hinted(Action::Again).named("logon.look"),
            Offer::hinted(Action::Copy).unless(no_code),
            Offer::hinted(Action::Export).named("logon.policy"),
            Offer::hinted(Action::Back).named("logon.back"),
        ];
        offers.extend(
            [Action::Up, Action::Down, Action::PageUp, Action::PageDown, Action::First, Action::Last]
                .map(Offer::quiet),
        );
        if self.is_code_alone {
            offers.insert(0, Offer::hinted(Action::Close));
        }
        offers
    }

    fn is_typing(&self) -> bool {
        self.approval.is_some()
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        if self.applying.is_some() { Vec::new() } else { self.look(shared) }
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        let address = self.view().and_then(|view| view.chain.address.clone());
        match action {
            Action::Activate if self.approval.is_some() => return self.approve(shared),
            Action::Activate => self.approval = Some(TextField::new("")),
            Action::Close if self.approval.is_some() => self.approval = None,
            Action::Close => self.is_code_alone = false,
            Action::Toggle => self.is_code_alone = !self.is_code_alone,
            Action::Again => return self.look(shared),
            Action::Copy => return address.map(Command::Copy).into_iter().collect(),
            Action::Export => {
                let text = policy::policy() + "\n";
                return vec![Command::WriteFile { name: "dingsync-ram-policy.json".to_owned(), text }];
            }
            Action::Back => return vec![Command::Go(ScreenId::Scenario)],
            action => {
                let (length, page) = (self.rows().len(), draw::page(shared));
                self.scroll.act(action, length, page);
            }
        }
        Vec::new()
    }

    fn type_in(&mut self, key: Key, _shared: &mut Shared) -> Vec<Command> {
        if let Some(field) = &mut self.approval {
            field.key(key);
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str, _shared: &mut Shared) -> Vec<Command> {
        if let Some(field) = &mut self.approval {
            field.paste(text);
        }
        Vec::new()
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Logon(told) => self.told(told, shared),
            // Another choice or another app: what was seen does not hold any more.
            Answer::Saved { result: Ok(_), .. } => {
                self.seen = Loadable::Idle;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        draw::draw(self, frame, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.approval.as_ref().and_then(|field| field.cursor(draw::field(area), true))
    }

    fn help(&self) -> &'static str {
        "logon.help"
    }
}
