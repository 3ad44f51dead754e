//! What step 1 does: tries the connections, goes on, takes what was typed, copies and writes developer information.

use super::form::{EDITIONS, Field, Kind};
use super::trial::Trial;
use super::{Application, developer, note, own_errors};
use crate::tui::keys::Action;
use crate::tui::message::Command;
use crate::tui::screen::ScreenId;
use crate::tui::shared::Shared;
use crate::tui::worker::application::{Answer as Told, Request};

impl Application {
    pub(super) fn test(&mut self, shared: &Shared) -> Vec<Command> {
        self.trial = Trial::default();
        self.judge(shared);
        if self.focus_on_first_error(shared) {
            return vec![note("application.note.first_these", shared)];
        }
        self.trial = Trial::begun(shared.now_ms);
        let (file, draft) = (Box::new(shared.file.clone()), Box::new(shared.draft.clone()));
        vec![Command::Application(Request::Test { file, draft })]
    }

    pub(super) fn next(&mut self, shared: &Shared) -> Vec<Command> {
        self.judge(shared);
        // What the last test found is for step 2 to judge again.
        if own_errors(shared).is_empty() {
            return vec![Command::Go(ScreenId::Permissions)];
        }
        self.focus_on_first_error(shared);
        vec![note("application.note.first_these", shared)]
    }

    pub(super) fn activate(&mut self, shared: &mut Shared) -> Vec<Command> {
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

    pub(super) fn choose(&mut self, action: Action, shared: &mut Shared) {
        if self.edition.act(action, EDITIONS.len()) {
            shared.draft.edition = EDITIONS[self.edition.chosen];
        }
    }

    /// What was typed becomes the answer; what was tried with the old one says nothing about it.
    pub(super) fn store(&mut self, shared: &mut Shared) {
        if let Some(typed) = self.fields.get(&self.focus) {
            let before = shared.draft.clone();
            self.focus.put(typed, shared);
            if before != shared.draft && self.focus.kind() != Kind::Developer {
                self.trial = Trial::default();
            }
        }
        self.judge(shared);
    }

    pub(super) fn close(&mut self, shared: &Shared) -> Vec<Command> {
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

    pub(super) fn copy(&self, shared: &Shared) -> Vec<Command> {
        let text = developer::value(self.focus, &self.trial, shared);
        if text.is_empty() {
            return vec![note("application.note.nothing_to_copy", shared)];
        }
        vec![Command::Copy(text), note("tui.note.copied", shared)]
    }

    pub(super) fn export(&self, shared: &Shared) -> Vec<Command> {
        let (name, text) = if self.focus == Field::Policy {
            ("ram-policy.json", developer::POLICY.to_owned())
        } else {
            ("developer-information.txt", developer::text(&self.trial, shared))
        };
        vec![Command::WriteFile { name: name.to_owned(), text }]
    }

    pub(super) fn told(&mut self, told: &Told, shared: &mut Shared) -> Vec<Command> {
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
}
