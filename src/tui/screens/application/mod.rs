//! Step 1: the two applications. Names, ids, secrets; what has to be pasted into the consoles; a test of both
//! connections in place.

mod developer;
mod draw;
mod form;
mod trial;

use std::collections::BTreeMap;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use rust_i18n::t;

use self::form::{EDITIONS, Field, Kind};
use self::trial::Trial;
use crate::tui::draft;
use crate::tui::keys::{Action, Key};
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::Shared;
use crate::tui::widgets::choice::Choice;
use crate::tui::widgets::text_field::TextField;
use crate::tui::worker::application::{Answer as Told, Request};

/// The state of step 1 besides the answers.
#[derive(Debug)]
pub struct Application {
    focus: Field,
    fields: BTreeMap<Field, TextField>,
    edition: Choice,
    /// A developer row is being typed into.
    is_editing: bool,
    is_revealed: bool,
    /// Errors of fields nobody came to yet are shown too: somebody wanted to go on.
    shows_all: bool,
    visited: Vec<Field>,
    errors: BTreeMap<Field, String>,
    trial: Trial,
    /// The policy is shown in full, from this line on.
    policy: Option<usize>,
}

impl Default for Application {
    fn default() -> Self {
        let field = |field: &Field| match field.kind() {
            Kind::Text | Kind::Developer => Some((*field, TextField::new(""))),
            Kind::Secret => Some((*field, TextField::secret())),
            Kind::Choice | Kind::Policy | Kind::Button => None,
        };
        Self {
            focus: Field::DisplayName,
            fields: Field::ALL.iter().filter_map(field).collect(),
            edition: Choice::default(),
            is_editing: false,
            is_revealed: false,
            shows_all: false,
            visited: Vec::new(),
            errors: BTreeMap::new(),
            trial: Trial::default(),
            policy: None,
        }
    }
}

impl Application {
    /// Texts follow the answers, which another screen or a save may have changed; errors follow both.
    fn refresh(&mut self, shared: &Shared) {
        for (field, typed) in &mut self.fields {
            let is_in_hand = *field == self.focus && (self.is_editing || field.kind() == Kind::Text);
            let text = field.text(&shared.draft);
            if field.kind() != Kind::Secret && !is_in_hand && typed.text() != text {
                typed.set(&text);
            }
        }
        let edition = EDITIONS.iter().position(|edition| *edition == shared.draft.edition);
        if !self.edition.is_open() {
            self.edition = Choice::of(edition.unwrap_or(0));
        }
        self.judge(shared);
    }

    fn judge(&mut self, shared: &Shared) {
        let locale = shared.look.locale;
        let own = draft::errors(ScreenId::Application, &shared.draft, &shared.file, locale);
        self.errors = self.trial.refusals(locale).into_iter().collect();
        for error in own.into_iter().rev() {
            self.errors.insert(Field::of_setting(&error.field), error.text);
        }
    }

    /// The error of a field, once it is time to show it.
    fn error(&self, field: Field) -> Option<&str> {
        let is_time = self.shows_all || self.visited.contains(&field) || !self.trial.is_idle();
        self.errors.get(&field).filter(|_| is_time).map(String::as_str)
    }

    fn focus_on(&mut self, field: Field, shared: &Shared) {
        let (left, typed) = (self.focus, self.fields.get(&self.focus));
        if typed.is_some_and(|typed| !typed.is_empty()) && !self.visited.contains(&left) {
            self.visited.push(left);
        }
        self.is_editing = false;
        self.focus = field;
        self.refresh(shared);
    }

    /// To the first field that is wrong; `false` when none is.
    fn focus_on_first_error(&mut self, shared: &Shared) -> bool {
        let first = self.errors.keys().next().copied();
        if let Some(field) = first {
            self.shows_all = true;
            self.focus_on(field, shared);
        }
        first.is_some()
    }

    fn test(&mut self, shared: &Shared) -> Vec<Command> {
        self.trial = Trial::default();
        self.judge(shared);
        if self.focus_on_first_error(shared) {
            return vec![note("application.note.first_these", shared)];
        }
        self.trial = Trial::begun(shared.now_ms);
        let (file, draft) = (Box::new(shared.file.clone()), Box::new(shared.draft.clone()));
        vec![Command::Application(Request::Test { file, draft })]
    }

    fn next(&mut self, shared: &Shared) -> Vec<Command> {
        self.judge(shared);
        // What the last test found is for step 2 to judge again.
        let own = draft::errors(ScreenId::Application, &shared.draft, &shared.file, shared.look.locale);
        if own.is_empty() {
            return vec![Command::Go(ScreenId::Permissions)];
        }
        self.focus_on_first_error(shared);
        vec![note("application.note.first_these", shared)]
    }

    fn activate(&mut self, shared: &mut Shared) -> Vec<Command> {
        match (self.focus, self.focus.kind()) {
            (Field::Test, _) => return self.test(shared),
            (Field::Next, _) => return self.next(shared),
            (_, Kind::Choice) => self.choose(Action::Activate, shared),
            (_, Kind::Policy) => self.policy = Some(0),
            (_, Kind::Developer) if !self.is_editing => {
                let suggestion = developer::value(self.focus, &self.trial, shared);
                if let Some(typed) = self.fields.get_mut(&self.focus) {
                    typed.set(&suggestion);
                }
                self.is_editing = true;
            }
            (_, Kind::Developer) => {
                self.store(shared);
                self.is_editing = false;
                self.refresh(shared);
            }
            _ => self.focus_on(self.focus.moved(1), shared),
        }
        Vec::new()
    }

    fn choose(&mut self, action: Action, shared: &mut Shared) {
        if self.edition.act(action, EDITIONS.len()) {
            shared.draft.edition = EDITIONS[self.edition.chosen];
        }
    }

    /// What was typed becomes the answer; what was tried with the old one says nothing about it.
    fn store(&mut self, shared: &mut Shared) {
        if let Some(typed) = self.fields.get(&self.focus) {
            let before = shared.draft.clone();
            self.focus.put(typed, shared);
            if before != shared.draft && self.focus.kind() != Kind::Developer {
                self.trial = Trial::default();
            }
        }
        self.judge(shared);
    }

    fn close(&mut self, shared: &Shared) -> Vec<Command> {
        if self.policy.take().is_some() {
            return Vec::new();
        }
        if std::mem::take(&mut self.is_editing) {
            let text = self.focus.text(&shared.draft);
            if let Some(typed) = self.fields.get_mut(&self.focus) {
                typed.set(&text);
            }
            return Vec::new();
        }
        if self.trial.running_since.take().is_some() {
            return vec![Command::Application(Request::Cancel), note("application.note.cancelled", shared)];
        }
        Vec::new()
    }

    fn copy(&self, shared: &Shared) -> Vec<Command> {
        let text = developer::value(self.focus, &self.trial, shared);
        if text.is_empty() {
            return vec![note("application.note.nothing_to_copy", shared)];
        }
        vec![Command::Copy(text), note("tui.note.copied", shared)]
    }

    fn export(&self, shared: &Shared) -> Vec<Command> {
        let (name, text) = if self.focus == Field::Policy {
            ("ram-policy.json", developer::POLICY.to_owned())
        } else {
            ("developer-information.txt", developer::text(&self.trial, shared))
        };
        vec![Command::WriteFile { name: name.to_owned(), text }]
    }

    fn told(&mut self, told: &Told, shared: &mut Shared) -> Vec<Command> {
        match told {
            Told::Tried { id, finding, elapsed_ms } => self.trial.take(*id, finding.clone(), *elapsed_ms),
            Told::Instance(instance) => {
                let domain = instance.domain.as_deref().unwrap_or_default();
                if shared.draft.callback_domain.is_empty() && !domain.is_empty() {
                    shared.draft.callback_domain = format!("https://{domain}");
                    self.refresh(shared);
                    return vec![note("application.note.domain", shared)];
                }
            }
            Told::Failed(error) => {
                self.trial.running_since = None;
                self.trial.failure = Some(error.message.clone());
            }
            Told::Finished => {
                self.trial.running_since = None;
                self.judge(shared);
                let is_waiting = self.focus == Field::Test;
                let first = self.errors.keys().next().copied().filter(|_| is_waiting);
                match first {
                    Some(field) => self.focus_on(field, shared),
                    None if is_waiting => self.focus_on(Field::Next, shared),
                    None => {}
                }
            }
        }
        Vec::new()
    }

    fn activation(&self) -> &'static str {
        match (self.focus, self.focus.kind()) {
            (Field::Test, _) => "application.enter.test",
            (Field::Next, _) => "tui.action.next",
            (_, Kind::Choice) if self.edition.is_open() => "application.enter.take",
            (_, Kind::Choice) => "application.enter.choose",
            (_, Kind::Policy) => "application.enter.policy",
            (_, Kind::Developer) if self.is_editing => "application.enter.done",
            (_, Kind::Developer) => "application.enter.edit",
            _ => "application.enter.next_field",
        }
    }
}

impl Screen for Application {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        if self.policy.is_some() {
            return [Action::Copy, Action::Export, Action::Close].map(Offer::hinted).to_vec();
        }
        let mut offers = vec![Offer::hinted(Action::Activate).named(self.activation())];
        if self.edition.is_open() {
            offers.extend([Action::Up, Action::Down, Action::Close].map(Offer::hinted));
            return offers;
        }
        offers.push(Offer::hinted(Action::NextPane).named("application.field"));
        offers.extend([Action::PreviousPane, Action::Up, Action::Down].map(Offer::quiet));
        match self.focus.kind() {
            Kind::Secret => offers.push(Offer::hinted(Action::Reveal)),
            Kind::Choice => {
                offers.extend([Action::Left, Action::Right, Action::Toggle].map(Offer::quiet));
            }
            Kind::Policy | Kind::Developer if !self.is_editing => {
                offers.extend([Action::Copy, Action::Export].map(Offer::hinted));
            }
            Kind::Button => offers.push(Offer::quiet(Action::Export)),
            Kind::Text | Kind::Policy | Kind::Developer => {}
        }
        if self.is_editing || self.trial.running_since.is_some() {
            offers.push(Offer::hinted(Action::Close).named("application.cancel"));
        }
        offers.push(Offer::hinted(Action::Next));
        let nothing = t!("application.note.nothing_to_save", locale = shared.look.locale).into_owned();
        offers.push(Offer::hinted(Action::Save).unless((!shared.is_unsaved()).then_some(nothing)));
        offers
    }

    fn is_typing(&self) -> bool {
        match self.focus.kind() {
            Kind::Text | Kind::Secret => true,
            Kind::Developer => self.is_editing,
            Kind::Choice | Kind::Policy | Kind::Button => false,
        }
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        // Answers that hold are led through with Enter.
        self.focus = Field::Next;
        self.refresh(shared);
        self.focus = self.errors.keys().next().copied().unwrap_or(Field::Next);
        Vec::new()
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Activate => return self.activate(shared),
            Action::Close if !self.edition.is_open() => return self.close(shared),
            Action::Next => return self.next(shared),
            Action::Copy => return self.copy(shared),
            Action::Export => return self.export(shared),
            Action::Save => return vec![Command::Save],
            Action::Reveal => self.is_revealed = !self.is_revealed,
            action if self.focus.kind() == Kind::Choice && !matches!(action, Action::NextPane) => {
                let moves = matches!(action, Action::Up | Action::Down | Action::PreviousPane);
                match (action, moves && !self.edition.is_open()) {
                    (Action::Up | Action::PreviousPane, true) => self.focus_on(self.focus.moved(-1), shared),
                    (_, true) => self.focus_on(self.focus.moved(1), shared),
                    _ => self.choose(action, shared),
                }
            }
            Action::NextPane | Action::Down => self.focus_on(self.focus.moved(1), shared),
            Action::PreviousPane | Action::Up => self.focus_on(self.focus.moved(-1), shared),
            _ => {}
        }
        Vec::new()
    }

    fn type_in(&mut self, key: Key, shared: &mut Shared) -> Vec<Command> {
        let is_changed = self.fields.get_mut(&self.focus).is_some_and(|typed| typed.key(key));
        if is_changed && !self.is_editing {
            self.store(shared);
        }
        Vec::new()
    }

    fn paste(&mut self, text: &str, shared: &mut Shared) -> Vec<Command> {
        let Some(typed) = self.fields.get_mut(&self.focus) else { return Vec::new() };
        let pasted = typed.paste(text);
        if !self.is_editing {
            self.store(shared);
        }
        let locale = shared.look.locale;
        let told = t!("tui.note.pasted", taken = pasted.taken, trimmed = pasted.trimmed, locale = locale);
        vec![Command::Note(told.into_owned())]
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Application(told) => self.told(told, shared),
            Answer::Saved { result: Ok(_), .. } => {
                // The copies of typed secrets go with their fields.
                for field in [Field::AppSecret, Field::KeySecret] {
                    self.fields.insert(field, TextField::secret());
                }
                self.refresh(shared);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn is_complete(&self, shared: &Shared) -> bool {
        draft::errors(ScreenId::Application, &shared.draft, &shared.file, shared.look.locale).is_empty()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        draw::draw(self, frame, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        let typed = self.fields.get(&self.focus).filter(|_| self.is_typing())?;
        typed.cursor(draw::input(self.focus, area), self.is_revealed)
    }

    fn help(&self) -> &'static str {
        "application.help"
    }
}

fn note(key: &'static str, shared: &Shared) -> Command {
    Command::Note(t!(key, locale = shared.look.locale).into_owned())
}
