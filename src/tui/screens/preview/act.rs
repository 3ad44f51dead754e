//! What the preview's keys do.

use std::sync::Arc;

use rust_i18n::t;

use super::PreviewScreen;
use super::confirm::Confirm;
use super::counts::KEYED;
use super::links;
use super::menu::{Choice, Menu};
use super::offers::KINDS;
use super::places::Places;
use super::reader::{self, Page, Reader};
use super::sheet::{Entry, Pane, Sheet};
use super::window::{LinkTo, Window};
use crate::core::journal::{Decision, Learned};
use crate::core::plan::{Entity, Plan};
use crate::core::source::{AccountId, UnitId};
use crate::live::Errand;
use crate::tui::keys::Action;
use crate::tui::message::Command;
use crate::tui::screen::ScreenId;
use crate::tui::shared::Shared;
use crate::tui::widgets::text_field::TextField;
use crate::tui::worker::preview::{Request, Told, View};
use crate::tui::worker::run;

impl PreviewScreen {
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
            Action::FilterMenu => self.window = Some(Box::new(Window::Menu(Menu::filters(&sheet.view)))),
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
            Action::Decisions => self.window = Some(Box::new(Window::Menu(Menu::decisions(&sheet.view)))),
            Action::Budget => self.window = Some(Box::new(Window::Reader(Reader::new(Page::Budget)))),
            Action::CommandLine => self.window = Some(Box::new(Window::Reader(Reader::new(Page::Commands)))),
            Action::Export => self.window = Some(Box::new(Window::Menu(Menu::exports()))),
            Action::Commit => self.window = Some(Box::new(Window::Confirm(Confirm::new(sheet)))),
            Action::Why if sheet.current_logon().is_some() => {
                self.window = Some(Box::new(Window::Reader(Reader::new(Page::WhyLogon))));
            }
            Action::Why => {
                let (view, id) = (Arc::clone(&sheet.view), sheet.current().map(|(_, c)| c.id().to_owned()));
                return id.map(|id| Command::Preview(Request::Explain(view, id))).into_iter().collect();
            }
            Action::Copy => return copied(sheet, locale),
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
            Pane::Rows => sheet.rows.act(action, sheet.listed(), page),
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
            Pane::Rows if sheet.listed() > 0 => {
                self.window = Some(Box::new(Window::Reader(Reader::new(Page::Details))));
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
        let is_free =
            change.entity == Entity::User && !view.memory.users.contains_key(&AccountId(id.clone()));
        let is_unit = change.entity == Entity::Department;
        self.window = Some(Box::new(Window::Menu(Menu::decide(&view, change))));
        match (is_unit, is_free) {
            (true, _) => vec![Command::Preview(Request::UnitCandidates(view, id))],
            (false, true) => vec![Command::Preview(Request::Candidates(view, id))],
            (false, false) => Vec::new(),
        }
    }

    pub(super) fn act_in_window(&mut self, action: Action, shared: &Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        let (Some(sheet), Some(window)) = (&mut self.sheet, self.window.as_deref_mut()) else {
            return Vec::new();
        };
        match (window, action) {
            (Window::Confirm(confirm), Action::Close) if confirm.verifying.is_some() => {
                confirm.call_off();
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
                    Some(choice) => self.choose(choice, about.unwrap_or_default(), shared),
                    None => Vec::new(),
                };
            }
            (Window::LinkTo(link), _) => {
                let (source, id) = (link.source.clone(), link.field.text().trim().to_owned());
                let linked = match link.entity {
                    Entity::User => links::user(sheet, source, &id, locale),
                    Entity::Department => links::unit(sheet, source, &id, locale),
                };
                match linked {
                    Err(refusal) => link.refusal = Some(refusal),
                    Ok(learned) => return self.link(learned, shared),
                }
            }
            (Window::Confirm(confirm), Action::NextPane) => confirm.next_field(),
            (Window::Confirm(confirm), _) => match confirm.approval(sheet, locale) {
                Ok(approval) => {
                    confirm.verify(approval, shared.now_ms);
                    let (view, out) = (Arc::clone(&sheet.view), sheet.out.clone());
                    return vec![Command::Preview(Request::Verify(view, out))];
                }
                Err(wrong) => confirm.refuse(wrong, None),
            },
        }
        Vec::new()
    }

    fn choose(&mut self, choice: Choice, about: String, shared: &Shared) -> Vec<Command> {
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
            Choice::Link(candidate) => {
                Learned::Decided(account, Some(Decision::LinkTo(candidate.user.id.clone())))
            }
            Choice::LinkUnit(candidate) => Learned::BindDepartment(UnitId(about), candidate.department.id),
            Choice::UnlinkUnit(_) => Learned::UnbindDepartment(UnitId(about)),
            Choice::TypeLink | Choice::TypeUnitLink => {
                let is_user = matches!(choice, Choice::TypeLink);
                let entity = if is_user { Entity::User } else { Entity::Department };
                let (source, field) = (about, TextField::new(""));
                let link = LinkTo { entity, source, field, refusal: None };
                self.window = Some(Box::new(Window::LinkTo(link)));
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
        decided(view, learned, shared)
    }

    /// Hands the approved plan over to a run of a process of its own, unless the commit was called off meanwhile.
    fn start(&mut self, plan: &Arc<Plan>, shared: &Shared) -> Vec<Command> {
        let Some(Window::Confirm(confirm)) = self.window.as_deref_mut() else { return Vec::new() };
        let Some(approval) = confirm.approved() else { return Vec::new() };
        if let Err(error) = plan.permits(&approval) {
            confirm.refuse(error.message, error.hint);
            return Vec::new();
        }
        self.window = None;
        // What is written makes this plan old.
        self.made_for = None;
        let errand = Errand::Sync { plan: Arc::clone(plan), removals: approval.removals };
        vec![Command::Run(run::Request::Start(errand, shared.look.locale)), Command::Go(ScreenId::Sync)]
    }

    fn link(&mut self, learned: Learned, shared: &Shared) -> Vec<Command> {
        self.window = None;
        let Some(sheet) = &self.sheet else { return Vec::new() };
        decided(Arc::clone(&sheet.view), learned, shared)
    }

    fn is_verifying(&self) -> bool {
        matches!(self.window.as_deref(), Some(Window::Confirm(confirm)) if confirm.verifying.is_some())
    }

    /// The worker's answers that concern an open window.
    pub(super) fn take_rest(&mut self, told: &Told, shared: &Shared) -> Vec<Command> {
        match told {
            Told::Candidates(account, found) => {
                if let Some(Window::Menu(menu)) = self.window.as_deref_mut()
                    && menu.about.as_ref() == Some(account)
                {
                    menu.add_candidates(found.clone());
                }
            }
            Told::UnitCandidates(unit, found) => {
                if let Some(Window::Menu(menu)) = self.window.as_deref_mut()
                    && menu.about.as_ref() == Some(unit)
                {
                    menu.add_departments(found.clone());
                }
            }
            Told::Explained(explanation) if self.window.is_none() => {
                self.window = Some(Box::new(Window::Reader(Reader::new(Page::Why(explanation.clone())))));
            }
            Told::Moved(stale, view) if self.is_verifying() => {
                let before = self.sheet.take();
                let approved = before.as_ref().map(|sheet| Arc::clone(sheet.view.plan()));
                let rows = approved.map(|approved| reader::moved_rows(stale, &approved, view.plan()));
                let sheet = Sheet::new(Arc::clone(view), before.as_ref());
                let logon = before.map(|before| (before.logon_writes(), sheet.logon_writes()));
                let page = Page::Moved(rows.unwrap_or_default(), logon.filter(|(then, now)| then != now));
                self.sheet = Some(sheet);
                self.window = Some(Box::new(Window::Reader(Reader::new(page))));
            }
            Told::NotDecided(error) => match self.window.as_deref_mut() {
                Some(Window::Confirm(confirm)) => confirm.refuse(error.message.clone(), error.hint.clone()),
                _ => return vec![Command::Note(shared.look.said(&error.message).into_owned())],
            },
            Told::Holds(plan) => return self.start(plan, shared),
            Told::Moved(..) | Told::Explained(_) | Told::Reading(..) | Told::Ready(_) | Told::Failed(_) => {}
        }
        Vec::new()
    }
}

/// Remembers a decision and plans again from what was read.
fn decided(view: Arc<View>, learned: Learned, shared: &Shared) -> Vec<Command> {
    let note = t!("plan.remembered", locale = shared.look.locale).into_owned();
    vec![Command::Preview(Request::Decide(view, vec![learned])), Command::Note(note)]
}

/// Name and ids of the row at the cursor.
fn copied(sheet: &Sheet, locale: &str) -> Vec<Command> {
    let (name, ids) = match sheet.entry(sheet.rows.chosen) {
        Some(Entry::Change(_, change)) => (&change.name, [&change.source_id, &change.target_id]),
        Some(Entry::Logon(_, row)) => (&row.name, [&row.source_id, &row.target_id]),
        None => return Vec::new(),
    };
    let ids: Vec<&str> = ids.into_iter().filter_map(Option::as_deref).collect();
    vec![
        Command::Copy(format!("{name}  {}", ids.join("  "))),
        Command::Note(t!("tui.note.copied", locale = locale).into_owned()),
    ]
}
