//! What becomes of the answers: saved, kept when the terminal is lost, given up; and what is said at the end.

use rust_i18n::t;

use super::{App, FAREWELL_LINES, NOTE_MS};
use crate::config::settings_file::SettingsFile;
use crate::core::error::Error;
use crate::tui::draft::{self, Draft};
use crate::tui::kept;
use crate::tui::message::Command;

impl App {
    /// Takes up what a lost session kept.
    pub fn take_up(&mut self, kept: Draft) {
        self.shared.draft = kept;
        self.is_kept = true;
        let told = t!("tui.note.taken_up", locale = self.shared.look.locale);
        self.note = Some((told.into_owned(), self.shared.now_ms + NOTE_MS));
    }

    pub(super) fn wrote(&self, path: &str, failure: Option<&str>) -> Command {
        let locale = self.shared.look.locale;
        Command::Note(match failure {
            None => t!("tui.note.written", path = path, locale = locale).into_owned(),
            Some(error) => {
                t!("tui.note.not_written", path = path, error = error, locale = locale).into_owned()
            }
        })
    }

    /// The terminal is lost or the machine goes down: nobody can be asked, so what is unsaved is kept.
    pub(super) fn leave(&mut self) -> Vec<Command> {
        self.is_kept = false;
        let kept = kept::text(&self.shared.file, &self.shared.draft);
        let name = kept::name(&self.shared.file);
        let keeping = kept.map(|text| Command::WriteFile { name, text });
        keeping.into_iter().chain([Command::Quit]).collect()
    }

    /// What is said on the normal screen: where the settings are, what is not in them, how to go on.
    pub(super) fn say_goodbye(&mut self) {
        let (shared, locale) = (&self.shared, self.shared.look.locale);
        let mut lines = Vec::new();
        if shared.is_own_world {
            lines.push(t!("tui.farewell.demo", locale = locale).into_owned());
        } else {
            let path = shared.file.path.display().to_string();
            let word = match (shared.file.exists, shared.is_unsaved()) {
                (true, false) => "tui.farewell.settings",
                (true, true) => "tui.farewell.unsaved",
                (false, _) => "tui.farewell.no_settings",
            };
            lines.push(t!(word, path = path, locale = locale).into_owned());
            let is_whole = draft::first_incomplete(&shared.file.saved, &shared.file).is_none();
            let verb = if is_whole { shared.file.command("preview") } else { shared.file.command("") };
            lines.push(
                t!("tui.farewell.next", command = verb.replace("  ", " "), locale = locale).into_owned(),
            );
        }
        let room = FAREWELL_LINES.saturating_sub(self.farewell.len());
        self.farewell.extend(lines.into_iter().take(room));
    }

    pub(super) fn forget_kept(&mut self) -> Option<Command> {
        let is_kept = std::mem::take(&mut self.is_kept);
        is_kept.then(|| Command::RemoveFile(kept::name(&self.shared.file)))
    }

    pub(super) fn save(&self) -> Command {
        Command::SaveTo(Box::new(self.shared.file.clone()), Box::new(self.shared.draft.clone()))
    }

    /// What was typed while the file was written stays as it is, unsaved.
    pub(super) fn saved(&mut self, draft: &Draft, result: &Result<Box<SettingsFile>, Error>) -> Vec<Command> {
        let locale = self.shared.look.locale;
        let leaves = std::mem::take(&mut self.leaves_when_saved);
        match result {
            Ok(file) => {
                if self.shared.draft == *draft {
                    self.shared.draft = file.saved.clone();
                }
                self.shared.file = (**file).clone();
                let path = file.path.display().to_string();
                let told = t!("tui.note.saved", path = path, locale = locale).into_owned();
                let then = if leaves { Command::Quit } else { Command::Note(told) };
                self.forget_kept().into_iter().chain([then]).collect()
            }
            Err(error) => vec![Command::Note(self.shared.look.said(&error.message).into_owned())],
        }
    }
}
