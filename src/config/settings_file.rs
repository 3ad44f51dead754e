//! The settings file that the wizard edits: opened whether or not it holds, asked what would be wrong with a draft,
//! saved with typed secrets in files of their own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use crate::core::error::Error;
use crate::core::target::DepartmentId;

use super::diff;
use super::draft::{APP_SECRET_FILE, Draft, DraftPair, DraftSecret, KEY_SECRET_FILE};
use super::edit::{self, Changes, Setting};
use super::problem::{Finding, settings_error};
use super::secret::SecretWay;
use super::source::shown;
use super::{Config, LoadOptions, config_path, findings, load_text, place, write};

pub use super::diff::DiffLine;

/// Variables that stand for typed secrets until they are saved; no process has variables of such names.
const TYPED_APP_SECRET: &str = "typed AppSecret";
const TYPED_KEY_SECRET: &str = "typed AccessKey secret";

/// A settings file as it was opened or saved last.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// The answers it holds.
    pub saved: Draft,
    text: String,
    options: LoadOptions,
}

impl SettingsFile {
    /// Reads the file, which need not exist or hold. Kind settings when it is there and is no text or no TOML: then
    /// nothing may be written over it.
    pub fn open(options: &LoadOptions) -> Result<Self, Error> {
        let path = config_path(options)?;
        let path = std::path::absolute(&path).unwrap_or(path);
        let exists = path.exists();
        let text = if exists { place::read(&path)? } else { edit::SKELETON.to_owned() };
        let saved = Draft::read(&path, &text)?;
        Ok(Self { path, exists, saved, text, options: options.clone() })
    }

    /// The text the file would have.
    pub fn text_with(&self, draft: &Draft) -> Result<String, Error> {
        edit::apply(&self.path, self.text.clone(), &draft.changes(&self.saved))
    }

    /// Everything that would be wrong with the file, by key. Touches no disk.
    pub fn findings(&self, draft: &Draft) -> Vec<Finding> {
        match self.text_with(draft) {
            Ok(text) => findings(&self.path, text, &self.options.environment),
            Err(error) => vec![Finding { key: String::new(), text: error.message }],
        }
    }

    /// The lines that saving would change.
    pub fn diff(&self, draft: &Draft) -> Vec<DiffLine> {
        let before = if self.exists { self.text.as_str() } else { "" };
        let after = self.text_with(draft).unwrap_or_else(|_| self.text.clone());
        let lines = diff::lines(before, &after);
        let is_blank = |line: &DiffLine| match line {
            DiffLine::Removed(text) | DiffLine::Added(text) => text.trim().is_empty(),
        };
        lines.into_iter().filter(|line| !is_blank(line)).collect()
    }

    /// Effective settings of a whole draft that need not be saved; typed secrets are at hand. Kind settings when the
    /// draft does not hold.
    pub fn config(&self, draft: &Draft) -> Result<Config, Error> {
        self.load(draft)
    }

    /// Settings by which both services can be reached while scenario and mapping are still open: those are as if
    /// nobody had answered, and the scope is empty.
    pub fn services(&self, draft: &Draft) -> Result<Config, Error> {
        let fresh = Draft::default();
        let placeholder =
            DraftPair { sources: vec!["any".to_owned()], target: DepartmentId::ROOT.to_string() };
        let open = Draft {
            scope: vec![placeholder],
            include: fresh.include,
            leavers: fresh.leavers,
            leavers_department: fresh.leavers_department,
            identity: fresh.identity,
            user_rows: fresh.user_rows,
            department_rows: fresh.department_rows,
            ..draft.clone()
        };
        let mut config = self.load(&open)?;
        config.profile.scenario.scope.clear();
        Ok(config)
    }

    fn load(&self, draft: &Draft) -> Result<Config, Error> {
        let (mut options, mut changes) = (self.options.clone(), Changes::new());
        for (key, name, secret) in [
            ("dingtalk.app_secret", TYPED_APP_SECRET, &draft.app_secret),
            ("idaas.access_key_secret", TYPED_KEY_SECRET, &draft.access_key_secret),
        ] {
            if let DraftSecret::Typed(secret) = secret {
                let value = OsString::from(secret.expose_secret());
                options.environment = options.environment.with(name, value);
                changes = changes.set(key, Setting::Secret(SecretWay::Env(name.to_owned())));
            }
        }
        let text = edit::apply(&self.path, self.text_with(draft)?, &changes)?;
        load_text(&self.path, text, &options)
    }

    /// Stores typed secrets in files that only their owner can read, then the settings; comments and order of the file
    /// as it is by then are kept. Answers the file as it is afterwards. Kind settings when something cannot be
    /// written; secrets stored on the way are taken away again.
    pub fn save(&self, draft: &Draft) -> Result<Self, Error> {
        let mut kept = draft.clone();
        let mut stored = Vec::new();
        let saved = self.keep(&mut kept, &mut stored).and_then(|()| {
            edit::save(&self.path, &kept.changes(&self.saved))?;
            Self::open(&self.options_here())
        });
        if saved.is_err() {
            stored.iter().for_each(|path| drop(std::fs::remove_file(path)));
        }
        saved
    }

    /// The command that does headless what the wizard's last button does.
    pub fn command(&self, verb: &str) -> String {
        let usual = config_path(&LoadOptions { config: None, ..self.options.clone() }).ok();
        let mut words = vec!["dingsync".to_owned(), verb.to_owned()];
        if usual.is_none_or(|usual| usual != self.path) {
            words.extend(["--config".to_owned(), shell_word(&self.path.display().to_string())]);
        }
        if let Some(state) = &self.options.state {
            words.extend(["--state".to_owned(), shell_word(&state.display().to_string())]);
        }
        words.join(" ")
    }

    fn options_here(&self) -> LoadOptions {
        LoadOptions { config: Some(self.path.clone()), ..self.options.clone() }
    }

    fn keep(&self, draft: &mut Draft, stored: &mut Vec<PathBuf>) -> Result<(), Error> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        for (secret, before, name) in [
            (&mut draft.app_secret, &self.saved.app_secret, APP_SECRET_FILE),
            (&mut draft.access_key_secret, &self.saved.access_key_secret, KEY_SECRET_FILE),
        ] {
            let DraftSecret::Typed(typed) = secret else { continue };
            let content = format!("{}\n", typed.expose_secret().trim());
            let path = match before {
                DraftSecret::Kept(SecretWay::File(path)) => {
                    let written = write::replace_private(&directory.join(path), content.as_bytes());
                    written.map(|()| path.clone()).map_err(|error| (directory.join(path), error))
                }
                DraftSecret::Kept(_) | DraftSecret::Missing | DraftSecret::Typed(_) => {
                    let created = write::create_private(directory, name, content.as_bytes());
                    created
                        .inspect(|file| stored.push(directory.join(file)))
                        .map_err(|e| (directory.join(name), e))
                }
            };
            let path = path.map_err(|(path, error)| {
                settings_error(format!("secret file `{}` cannot be written: {error}", shown(&path)))
                    .with_hint("make the settings' directory writable, or name the secret by env or command")
            })?;
            *secret = DraftSecret::Kept(SecretWay::File(path));
        }
        Ok(())
    }
}

/// A word as a shell takes it.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
