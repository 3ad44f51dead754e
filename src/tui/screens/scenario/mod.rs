//! Step 3: which units of IDaaS are written under which departments of DingTalk, and how. Both trees side by side or
//! typed ids; what is refused says why; the numbers of the choice stand beside the warning to start small.

mod draw;
mod field;
mod lines;
mod offers;
mod pairs;
mod side;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use rust_i18n::t;

use self::field::{DISABLED, Field, LEAVERS};
use self::side::Side;
use crate::core::profile::Leavers;
use crate::core::survey::Tree;
use crate::tui::draft::{self, FieldError};
use crate::tui::keys::{Action, Key};
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::Shared;
use crate::tui::widgets::choice::Choice;
use crate::tui::widgets::text_field::TextField;

/// The state of step 3 besides the answers.
#[derive(Debug, Default)]
pub struct Scenario {
    focus: Field,
    units: Side,
    departments: Side,
    /// The pair that marks and targets belong to.
    pair: usize,
    /// An id that is being typed for the tree in focus.
    typed: Option<TextField>,
    leavers: Choice,
    disabled: Choice,
    leavers_department: TextField,
    include: TextField,
    /// Everything under the root was agreed to for this scope.
    agreed: Option<Vec<draft::DraftPair>>,
    /// Errors are shown although nobody came to their field yet: somebody wanted to go on.
    shows_all: bool,
    errors: Vec<FieldError>,
    is_entered: bool,
}

impl Scenario {
    /// Texts and choices follow the answers; errors follow both.
    fn refresh(&mut self, shared: &Shared) {
        let draft = &shared.draft;
        for (field, typed, text) in [
            (Field::Include, &mut self.include, &draft.include),
            (Field::LeaversDepartment, &mut self.leavers_department, &draft.leavers_department),
        ] {
            if self.focus != field && typed.text() != text {
                typed.set(text);
            }
        }
        if !self.leavers.is_open() {
            self.leavers = Choice::of(LEAVERS.iter().position(|l| *l == draft.leavers).unwrap_or(0));
        }
        if !self.disabled.is_open() {
            self.disabled =
                Choice::of(DISABLED.iter().position(|d| *d == draft.disabled_accounts).unwrap_or(0));
        }
        self.pair = self.pair.min(draft.scope.len().saturating_sub(1));
        self.errors = draft::errors(ScreenId::Scenario, draft, &shared.file, shared.look.locale);
        if !self.fields(shared).contains(&self.focus) {
            self.focus = Field::Next;
        }
    }

    /// The fields there are now, in the order of Tab.
    fn fields(&self, shared: &Shared) -> Vec<Field> {
        let is_there = |field: &Field| match field {
            Field::LeaversDepartment => shared.draft.leavers == Leavers::Move,
            Field::Agree => self.needs_agreement(shared),
            _ => true,
        };
        Field::ALL.into_iter().filter(is_there).collect()
    }

    fn focus_on(&mut self, field: Field, shared: &Shared) {
        self.focus = field;
        self.typed = None;
        self.refresh(shared);
    }

    fn move_focus(&mut self, by: isize, shared: &Shared) {
        let fields = self.fields(shared);
        let here = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let length = isize::try_from(fields.len()).unwrap_or(1);
        let to = (isize::try_from(here).unwrap_or(0) + by).rem_euclid(length);
        if let Some(field) = usize::try_from(to).ok().and_then(|to| fields.get(to)) {
            self.focus_on(*field, shared);
        }
    }

    /// The tree in focus with its state.
    fn tree<'s>(&mut self, shared: &'s Shared) -> Option<(&mut Side, &'s Tree)> {
        let sides = shared.survey.ready()?;
        match self.focus {
            Field::Units => Some((&mut self.units, &sides.units)),
            Field::Departments => Some((&mut self.departments, &sides.departments)),
            _ => None,
        }
    }

    /// Both trees unfolded as far as the answers ask.
    fn reveal(&mut self, shared: &Shared) {
        let Some(sides) = shared.survey.ready() else { return };
        let sources: Vec<String> = shared.draft.scope.iter().flat_map(|pair| pair.sources.clone()).collect();
        let targets: Vec<String> = shared.draft.scope.iter().map(|pair| pair.target.clone()).collect();
        self.units.reveal(&sides.units, &sources);
        self.departments.reveal(&sides.departments, &targets);
    }

    /// After an answer changed: texts, errors and numbers follow.
    fn changed(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.refresh(shared);
        let Shared { draft, file, survey, .. } = shared;
        survey.recount(draft, file)
    }

    /// Why the step is not done, and where.
    fn obstacle(&self, shared: &Shared) -> Option<(Field, String)> {
        if let Some(error) = self.errors.first() {
            return Some((Field::of_setting(&error.field), error.text.clone()));
        }
        if let Some((field, text)) = self.refused(shared) {
            return Some((field, text));
        }
        let locale = shared.look.locale;
        self.needs_agreement(shared).then(|| {
            let is_agreed = self.agreed.as_ref() == Some(&shared.draft.scope);
            (!is_agreed).then(|| (Field::Agree, t!("scenario.agree.missing", locale = locale).into_owned()))
        })?
    }

    /// Everything of IDaaS under the root of DingTalk takes a confirmation of its own, unless it was saved so before.
    fn needs_agreement(&self, shared: &Shared) -> bool {
        let Some(sides) = shared.survey.ready() else { return false };
        let is_root =
            |id: &String| sides.units.find(id).is_some_and(|index| sides.units.nodes[index].parent.is_none());
        let scope = &shared.draft.scope;
        *scope != shared.file.saved.scope
            && scope.iter().any(|pair| pair.target.trim() == "1" && pair.sources.iter().any(is_root))
    }

    fn next(&mut self, shared: &Shared) -> Vec<Command> {
        self.refresh(shared);
        match self.obstacle(shared) {
            None => vec![Command::Go(ScreenId::Mapping)],
            Some((field, text)) => {
                self.shows_all = true;
                self.focus_on(field, shared);
                vec![Command::Note(text)]
            }
        }
    }

    fn activate(&mut self, shared: &mut Shared) -> Vec<Command> {
        if let Some(typed) = self.typed.take() {
            return self.take_id(typed.text(), shared);
        }
        match self.focus {
            Field::Units | Field::Departments => {
                if let Some((side, tree)) = self.tree(shared) {
                    match side.search.take_if(|_| true) {
                        // The search ends where the cursor is: its surroundings become visible.
                        Some(_) => side.reveal_here(tree),
                        None => side.act(Action::Activate, tree, 1),
                    }
                }
                Vec::new()
            }
            Field::Leavers | Field::Disabled => self.choose(Action::Activate, shared),
            Field::Next => self.next(shared),
            Field::Include | Field::LeaversDepartment => {
                self.move_focus(1, shared);
                Vec::new()
            }
            Field::Pairs | Field::Incremental | Field::QrLogon | Field::CreateUnit | Field::Agree => {
                self.toggle(shared)
            }
        }
    }

    fn choose(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match self.focus {
            Field::Leavers if self.leavers.act(action, LEAVERS.len()) => {
                shared.draft.leavers = LEAVERS[self.leavers.chosen];
            }
            Field::Disabled if self.disabled.act(action, DISABLED.len()) => {
                shared.draft.disabled_accounts = DISABLED[self.disabled.chosen];
            }
            _ => {}
        }
        self.changed(shared)
    }

    fn toggle(&mut self, shared: &mut Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        match self.focus {
            Field::Units => return self.mark_unit(shared),
            Field::Departments => return self.choose_target(shared),
            Field::Leavers | Field::Disabled => return self.choose(Action::Toggle, shared),
            Field::Incremental => shared.draft.incremental = !shared.draft.incremental,
            Field::QrLogon if shared.draft.callback_domain.trim().is_empty() && !shared.draft.qr_logon => {
                return vec![Command::Note(t!("scenario.qr.no_domain", locale = locale).into_owned())];
            }
            Field::QrLogon => shared.draft.qr_logon = !shared.draft.qr_logon,
            Field::CreateUnit => shared.draft.create_source_unit = !shared.draft.create_source_unit,
            Field::Agree => {
                let scope = &shared.draft.scope;
                self.agreed = (self.agreed.as_ref() != Some(scope)).then(|| scope.clone());
            }
            Field::Pairs => self.turn_pair(1, shared),
            Field::Include | Field::LeaversDepartment | Field::Next => {}
        }
        self.changed(shared)
    }

    fn close(&mut self, shared: &mut Shared) {
        if self.typed.take().is_some() {
            return;
        }
        let (leavers, disabled) = (LEAVERS.len(), DISABLED.len());
        self.leavers.act(Action::Close, leavers);
        self.disabled.act(Action::Close, disabled);
        if let Some((side, tree)) = self.tree(shared) {
            side.search = None;
            side.reveal_here(tree);
        }
    }

    /// The text field that takes letters now.
    fn text_field(&mut self) -> Option<&mut TextField> {
        if self.typed.is_some() {
            return self.typed.as_mut();
        }
        match self.focus {
            Field::Include => Some(&mut self.include),
            Field::LeaversDepartment => Some(&mut self.leavers_department),
            Field::Units => self.units.search.as_mut(),
            Field::Departments => self.departments.search.as_mut(),
            _ => None,
        }
    }

    /// What was typed becomes the answer, or moves the search.
    fn typed_in(&mut self, shared: &mut Shared) -> Vec<Command> {
        if self.typed.is_some() {
            return Vec::new();
        }
        match self.focus {
            Field::Include => shared.draft.include = self.include.text().to_owned(),
            Field::LeaversDepartment => {
                shared.draft.leavers_department = self.leavers_department.text().trim().to_owned();
            }
            _ => {
                if let Some((side, tree)) = self.tree(shared) {
                    side.follow(tree);
                }
                return Vec::new();
            }
        }
        self.changed(shared)
    }
}

impl Screen for Scenario {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        self.offered(shared)
    }

    fn is_typing(&self) -> bool {
        self.typed.is_some()
            || self.searches()
            || matches!(self.focus, Field::Include | Field::LeaversDepartment)
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.shows_all = false;
        self.refresh(shared);
        self.reveal(shared);
        if !std::mem::replace(&mut self.is_entered, true) && self.errors.is_empty() {
            self.focus = Field::Next;
        }
        let Shared { draft, file, survey, now_ms, .. } = shared;
        survey.begin(draft, file, *now_ms)
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Next => return self.next(shared),
            Action::Back => return vec![Command::Go(ScreenId::Permissions)],
            Action::Save => return vec![Command::Save],
            Action::Close => self.close(shared),
            Action::Activate => return self.activate(shared),
            Action::Toggle => return self.toggle(shared),
            Action::NextPane => self.move_focus(1, shared),
            Action::PreviousPane => self.move_focus(-1, shared),
            Action::Add => return self.add_pair(shared),
            Action::Delete => return self.delete_pair(shared),
            Action::TypeId => self.typed = Some(TextField::new("")),
            Action::Again => {
                let Shared { draft, file, survey, now_ms, .. } = shared;
                return survey.read_again(draft, file, *now_ms, false);
            }
            Action::Filter => {
                if let Some((side, _)) = self.tree(shared) {
                    side.search = Some(TextField::new(""));
                }
            }
            _ if self.open_choice() => return self.choose(action, shared),
            Action::Left | Action::Right if matches!(self.focus, Field::Leavers | Field::Disabled) => {
                return self.choose(action, shared);
            }
            Action::Left | Action::Right if self.focus == Field::Pairs => {
                self.turn_pair(if action == Action::Left { -1 } else { 1 }, shared);
            }
            _ => {
                let page = usize::from(shared.size.1 / 3);
                match self.tree(shared) {
                    Some((side, tree)) => side.act(action, tree, page),
                    None if action == Action::Up => self.move_focus(-1, shared),
                    None if action == Action::Down => self.move_focus(1, shared),
                    None => {}
                }
            }
        }
        Vec::new()
    }

    fn type_in(&mut self, key: Key, shared: &mut Shared) -> Vec<Command> {
        match self.text_field() {
            Some(field) => {
                field.key(key);
                self.typed_in(shared)
            }
            None => Vec::new(),
        }
    }

    fn paste(&mut self, text: &str, shared: &mut Shared) -> Vec<Command> {
        let Some(pasted) = self.text_field().map(|field| field.paste(text)) else { return Vec::new() };
        let mut commands = self.typed_in(shared);
        if pasted.trimmed > 0 {
            let (taken, trimmed) = (pasted.taken, pasted.trimmed);
            let note = t!("tui.note.pasted", taken = taken, trimmed = trimmed, locale = shared.look.locale);
            commands.push(Command::Note(note.into_owned()));
        }
        commands
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Survey(news) if matches!(**news, crate::tui::survey::SurveyNews::Read(_)) => {
                self.reveal(shared);
                self.changed(shared)
            }
            Answer::Saved { .. } => {
                self.refresh(shared);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn is_complete(&self, shared: &Shared) -> bool {
        let locale = shared.look.locale;
        draft::errors(ScreenId::Scenario, &shared.draft, &shared.file, locale).is_empty()
            && self.refused(shared).is_none()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        self.draw(frame, area, shared);
    }

    fn cursor(&self, area: Rect, shared: &Shared) -> Option<Position> {
        self.text_cursor(area, shared)
    }

    fn help(&self) -> &'static str {
        "scenario.help"
    }
}
