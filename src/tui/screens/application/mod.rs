//! Step 1: the two applications. Names, ids, secrets; what has to be pasted into the consoles; a test of both
//! connections in place.

mod deeds;
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
        self.errors = self.trial.refusals(locale).into_iter().collect();
        if self.trial.seen_ip().is_some() {
            self.errors.insert(Field::Egress, developer::egress(&self.trial, shared).0);
        }
        self.errors.extend(own_errors(shared));
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
        own_errors(shared).is_empty()
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

/// What is open or wrong in the answers alone.
fn own_errors(shared: &Shared) -> BTreeMap<Field, String> {
    let locale = shared.look.locale;
    let missing = t!("application.error.missing", locale = locale);
    let open = Field::ALL.into_iter().filter(|field| field.is_open(&shared.draft));
    let mut errors: BTreeMap<Field, String> = open.map(|field| (field, missing.to_string())).collect();
    let is_anything_open = !errors.is_empty();
    for error in draft::errors(ScreenId::Application, &shared.draft, &shared.file, locale).into_iter().rev() {
        let field = Field::of_setting(&error.field);
        // A section that is missing as a whole is told by its fields.
        if !(field == Field::Next && is_anything_open) {
            errors.entry(field).or_insert(error.text);
        }
    }
    errors
}

fn note(key: &'static str, shared: &Shared) -> Command {
    Command::Note(t!(key, locale = shared.look.locale).into_owned())
}
