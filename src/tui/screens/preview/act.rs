//! What the preview's keys do.

use std::sync::Arc;

use rust_i18n::t;

use super::PreviewScreen;
use super::confirm::{self, Confirm, Obstacle};
use super::counts::KEYED;
use super::menu::{Choice, Menu};
use super::places::Places;
use super::reader::{self, Page, Reader};
use super::sheet::{Pane, Sheet};
use super::window::{LinkTo, Window};
use crate::core::journal::{Decision, Learned};
use crate::core::plan::{Action as RowAction, Change, Entity};
use crate::core::source::{AccountId, UnitId};
use crate::core::target::UserId;
use crate::tui::keys::Action;
use crate::tui::message::Command;
use crate::tui::screen::{Offer, ScreenId};
use crate::tui::shared::Shared;
use crate::tui::widgets::text_field::TextField;
use crate::tui::worker::preview::{Request, Told};

/// The keys of the kinds, in the order of the counts.
const KINDS: [Action; 8] = [
    Action::Kind1,
    Action::Kind2,
    Action::Kind3,
    Action::Kind4,
    Action::Kind5,
    Action::Kind6,
    Action::Kind7,
    Action::Kind8,
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
        let writes = current.is_some_and(|change| change.action.is_writing());
        let decision = current.and_then(|change| refusal_to_decide(change)).and_then(refused);
        let is_conflict = current.is_some_and(|change| change.action == RowAction::Conflict);
        let in_tree = sheet.pane == Pane::Branches;
        let commit = match confirm::obstacle(sheet) {
            Some(Obstacle::Empty) => refused("preview.empty"),
            Some(Obstacle::Limit) | None => None,
        };
        let decide = if is_conflict { Offer::hinted } else { Offer::quiet };
        let mut offers = vec![
            Offer::hinted(Action::Activate).named(if in_tree { "plan.show_branch" } else { "plan.details" }),
            Offer::hinted(Action::NextProblem),
            Offer::hinted(Action::PreviousProblem),
            decide(Action::Decide).unless(if current.is_none() { refused("plan.no_row") } else { decision }),
        ];
        offers.extend(KINDS.map(Offer::hinted));
        offers.extend([
            Offer::hinted(Action::Filter),
            Offer::hinted(Action::Why).unless(current.is_none().then(|| refused("plan.no_row")).flatten()),
            Offer::hinted(Action::LeaveOut).unless((!writes).then(|| refused("plan.writes_nothing")).flatten()),
            Offer::hinted(Action::Commit).unless(commit),
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

    pub(super) fn act_waiting(&mut self, action: Action, shared: &Shared) -> Vec<Command> {
        match action {
            Action::Close if self.reading.take().is_some() => vec![Command::Preview(Request::Stop)],
            Action::Close => {
                self.failure = None;
                Vec::new()
            }
            Action::Back => vec![Command::Preview(Request::Stop), Command::Go(ScreenId::Mapping)],
            Action::Again | Action::AllAgain => self.read(shared),
            _ => Vec::new(),
        }
    }

    pub(super) fn act_in_sheet(&mut self, action: Action, shared: &Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        if self.search.is_some() {
            return self.act_in_search(action, shared);
        }
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        let note = |key: &str| vec![Command::Note(t!(key, locale = locale).into_owned())];
        match action {
            Action::NextProblem | Action::PreviousProblem => {
                sheet.pane = Pane::Rows;
                if !sheet.go_to_problem(action == Action::NextProblem) {
                    return note("plan.no_problem");
                }
            }
            Action::EveryKind => sheet.every_kind(),
            Action::Filter => {
                sheet.pane = Pane::Rows;
                self.search = Some(TextField::new(&sheet.filter.text));
            }
            Action::FilterMenu => self.window = Some(Window::Menu(Menu::filters(&sheet.view))),
            Action::Close => {
                sheet.filter = Default::default();
                sheet.refilter();
            }
            Action::NextPane | Action::PreviousPane => {
                sheet.pane = match sheet.pane {
                    Pane::Rows => Pane::Branches,
                    Pane::Branches => Pane::Rows,
                };
            }
            Action::Activate => return self.activate(),
            Action::LeaveOut => {
                let row = sheet.current().map(|(row, _)| row as usize);
                if row.is_some_and(|row| !sheet.toggle(row)) {
                    return note("plan.needs_other");
                }
            }
            Action::LeaveOutShown => sheet.toggle_shown(),
            Action::Decide => return self.decide(),
            Action::Decisions => self.window = Some(Window::Menu(Menu::decisions(&sheet.view))),
            Action::Budget => self.window = Some(Window::Reader(Reader::new(Page::Budget))),
            Action::CommandLine => self.window = Some(Window::Reader(Reader::new(Page::Commands))),
            Action::Export => self.window = Some(Window::Menu(Menu::exports())),
            Action::Commit => self.window = Some(Window::Confirm(Confirm::new(sheet))),
            Action::Why => {
                let (view, id) = (Arc::clone(&sheet.view), sheet.current().map(|(_, c)| c.id().to_owned()));
                return id.map(|id| Command::Preview(Request::Explain(view, id))).into_iter().collect();
            }
            Action::Copy => return sheet.current().map(|(_, c)| copied(c, locale)).unwrap_or_default(),
            Action::Reveal => self.is_revealed = !self.is_revealed,
            Action::AllAgain => return self.read(shared),
            Action::Back => return vec![Command::Go(ScreenId::Mapping)],
            _ => self.move_or_choose(action, shared),
        }
        Vec::new()
    }

    fn move_or_choose(&mut self, action: Action, shared: &Shared) {
        let Some(sheet) = &mut self.sheet else { return };
        if let Some(kind) = KINDS.iter().position(|key| *key == action) {
            sheet.pane = Pane::Rows;
            sheet.choose_kind(KEYED[kind]);
            return;
        }
        let page = usize::from(Places::now(shared).list.height);
        match sheet.pane {
            Pane::Rows => sheet.rows.act(action, sheet.hits.rows.len(), page),
            Pane::Branches => sheet.at_branch.act(action, sheet.branches.len(), page),
        };
    }

    fn act_in_search(&mut self, action: Action, shared: &Shared) -> Vec<Command> {
        match action {
            Action::Activate => self.search = None,
            Action::Close => {
                self.search = None;
                if let Some(sheet) = &mut self.sheet {
                    sheet.filter.text.clear();
                    sheet.refilter();
                }
            }
            _ => self.move_or_choose(action, shared),
        }
        Vec::new()
    }

    /// Enter: the row in full, or the rows of the branch.
    fn activate(&mut self) -> Vec<Command> {
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        match sheet.pane {
            Pane::Rows if sheet.current().is_some() => {
                self.window = Some(Window::Reader(Reader::new(Page::Details)));
            }
            Pane::Rows => {}
            Pane::Branches => {
                let branch = sheet.current_branch().map(|(branch, _)| branch);
                sheet.filter.branch = if sheet.filter.branch == branch { None } else { branch };
                sheet.pane = Pane::Rows;
                sheet.refilter();
            }
        }
        Vec::new()
    }

    fn decide(&mut self) -> Vec<Command> {
        let Some(sheet) = &self.sheet else { return Vec::new() };
        let Some((_, change)) = sheet.current() else { return Vec::new() };
        let view = Arc::clone(&sheet.view);
        let id = change.source_id.clone().unwrap_or_default();
        let is_free = change.entity == Entity::User && !view.memory.users.contains_key(&AccountId(id.clone()));
        self.window = Some(Window::Menu(Menu::decide(&view, change)));
        if is_free { vec![Command::Preview(Request::Candidates(view, id))] } else { Vec::new() }
    }

    pub(super) fn act_in_window(&mut self, action: Action, shared: &Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        let (Some(sheet), Some(window)) = (&mut self.sheet, &mut self.window) else { return Vec::new() };
        match (window, action) {
            (Window::Confirm(confirm), Action::Close) if confirm.verifying.take().is_some() => {
                return vec![Command::Preview(Request::Stop)];
            }
            (_, Action::Close) | (Window::Reader(_), Action::Activate) => self.window = None,
            (Window::Reader(_), Action::Reveal) => self.is_revealed = !self.is_revealed,
            (Window::Reader(_), Action::Copy) => {
                let text = reader::commands(sheet, shared).join("\n");
                return vec![
                    Command::Copy(text),
                    Command::Note(t!("tui.note.copied", locale = locale).into_owned()),
                ];
            }
            (Window::Reader(reader), action) => {
                reader.scroll(action, sheet, self.is_revealed, shared);
            }
            (Window::Menu(menu), action) => {
                let about = menu.about.clone();
                return match menu.act(action) {
                    Some(choice) => self.choose(choice, about.unwrap_or_default()),
                    None => Vec::new(),
                };
            }
            (Window::LinkTo(link), _) => {
                let (account, id) = (link.account.clone(), link.field.text().trim().to_owned());
                match refusal_to_link(sheet, &id, locale) {
                    Some(refusal) => link.refusal = Some(refusal),
                    None => return self.link(account, UserId(id)),
                }
            }
            (Window::Confirm(confirm), Action::NextPane) => confirm.next_field(),
            (Window::Confirm(confirm), _) => match confirm.approval(sheet, locale) {
                Ok(_) => {
                    confirm.failure = None;
                    confirm.verifying = Some((shared.now_ms, 0, 0));
                    let (view, out) = (Arc::clone(&sheet.view), sheet.out.clone());
                    return vec![Command::Preview(Request::Verify(view, out))];
                }
                Err(wrong) => confirm.failure = Some((wrong, None)),
            },
        }
        Vec::new()
    }

    fn choose(&mut self, choice: Choice, about: String) -> Vec<Command> {
        let Some(sheet) = &mut self.sheet else { return Vec::new() };
        self.window = None;
        if let Some(filter) = choice.applied_to(&sheet.filter) {
            sheet.filter = filter;
            sheet.pane = Pane::Rows;
            sheet.refilter();
            return Vec::new();
        }
        let account = AccountId(about.clone());
        let view = Arc::clone(&sheet.view);
        let learned = match choice {
            Choice::Link(candidate) => return self.link(about, candidate.user.id.clone()),
            Choice::TypeLink => {
                let field = TextField::new("");
                self.window = Some(Window::LinkTo(LinkTo { account: about, field, refusal: None }));
                return Vec::new();
            }
            Choice::Export(format) => {
                return vec![Command::Preview(Request::Export(view, sheet.out.clone(), format))];
            }
            Choice::Keep { .. } => Learned::Decided(account, Some(Decision::Keep)),
            Choice::LeaveOut => Learned::Decided(account, Some(Decision::LeaveOut)),
            Choice::LeaveOutUnit => Learned::LeftOutUnit(UnitId(about), true),
            Choice::Forget(forget) => forget.learned,
            Choice::Everything | Choice::Field(..) | Choice::Reason(..) | Choice::Warning(..) => {
                return Vec::new();
            }
        };
        vec![Command::Preview(Request::Decide(view, vec![learned]))]
    }

    fn link(&mut self, account: String, user: UserId) -> Vec<Command> {
        self.window = None;
        let Some(sheet) = &self.sheet else { return Vec::new() };
        let learned = Learned::Decided(AccountId(account), Some(Decision::LinkTo(user)));
        vec![Command::Preview(Request::Decide(Arc::clone(&sheet.view), vec![learned]))]
    }

    /// The worker's answers that concern an open window.
    pub(super) fn take_rest(&mut self, told: &Told, shared: &Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        match told {
            Told::Candidates(account, found) => {
                if let Some(Window::Menu(menu)) = &mut self.window
                    && menu.about.as_ref() == Some(account)
                {
                    menu.add_candidates(found.clone());
                }
            }
            Told::Explained(explanation) if self.window.is_none() => {
                self.window = Some(Window::Reader(Reader::new(Page::Why(explanation.clone()))));
            }
            Told::Moved(stale, view) => {
                self.sheet = Some(super::Sheet::new(Arc::clone(view), self.sheet.as_ref()));
                self.window = Some(Window::Reader(Reader::new(Page::Moved(stale.clone()))));
            }
            Told::NotDecided(error) => match &mut self.window {
                Some(Window::Confirm(confirm)) => {
                    confirm.verifying = None;
                    confirm.failure = Some((error.message.clone(), error.hint.clone()));
                }
                _ => return vec![Command::Note(error.message.clone())],
            },
            Told::Holds(plan) => return self.start(plan, shared),
            Told::Explained(_) | Told::Reading(..) | Told::Ready(_) | Told::Failed(_) => {}
        }
        let _ = locale;
        Vec::new()
    }
}

/// Why nothing can be decided about a row.
fn refusal_to_decide(change: &Change) -> Option<&'static str> {
    let has_source = change.source_id.is_some();
    match (change.entity, change.action) {
        (_, RowAction::Unmanaged) => Some("plan.not_ours"),
        (Entity::Department, RowAction::Conflict | RowAction::Blocked | RowAction::Create) if has_source => None,
        (Entity::Department, _) => Some("plan.no_decision"),
        (Entity::User, RowAction::Remove | RowAction::Unchanged | RowAction::Update | RowAction::Move) => {
            Some("plan.no_decision")
        }
        (Entity::User, _) if has_source => None,
        (Entity::User, _) => Some("plan.no_decision"),
    }
}

/// Why an account cannot be linked to a user.
fn refusal_to_link(sheet: &Sheet, id: &str, locale: &str) -> Option<String> {
    let user = UserId(id.to_owned());
    if !sheet.view.target.users.iter().any(|known| known.id == user) {
        return Some(t!("plan.link_unknown", id = id, locale = locale).into_owned());
    }
    let bound = sheet.view.memory.users.iter().find(|(_, bound)| **bound == user);
    bound.map(|(account, _)| t!("plan.link_bound", id = id, account = account, locale = locale).into_owned())
}

fn copied(change: &Change, locale: &str) -> Vec<Command> {
    let ids: Vec<&str> =
        [change.source_id.as_deref(), change.target_id.as_deref()].into_iter().flatten().collect();
    vec![
        Command::Copy(format!("{}  {}", change.name, ids.join("  "))),
        Command::Note(t!("tui.note.copied", locale = locale).into_owned()),
    ]
}
