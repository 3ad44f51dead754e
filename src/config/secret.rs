//! Secrets: where each one comes from, and fetching it when it is needed. The value itself is never kept here,
//! printed or put into an error; a command's text is not shown either, as it may hold a secret.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::core::error::Error;

use super::environment::Environment;
use super::problem::{quoted, settings_error};
use super::source::shown;

/// Bytes a secret may have at most.
const LONGEST: u64 = 64 * 1024;

/// Where a secret comes from. Prints only that.
#[derive(Clone)]
pub struct SecretSource {
    /// The settings key, for messages.
    pub key: String,
    /// `file:line:column`, for messages.
    pub place: String,
    /// How it is fetched.
    pub way: SecretWay,
    directory: PathBuf,
    environment: Environment,
}

/// How a secret is fetched.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretWay {
    /// From an environment variable.
    Env(String),
    /// From a file that only its owner can read; the path is absolute or relative to the settings file.
    File(PathBuf),
    /// From what a shell command prints.
    Command(String),
}

impl SecretSource {
    pub(crate) fn new(
        key: &str,
        place: String,
        way: SecretWay,
        directory: PathBuf,
        environment: Environment,
    ) -> Self {
        Self { key: key.to_owned(), place, way, directory, environment }
    }

    /// Fetches the secret. Surrounding white space is left out. Errors are of kind settings and name file, line and
    /// key; an empty secret is one. Runs a command for up to 30 seconds, so keep it off an asynchronous thread.
    pub fn resolve(&self) -> Result<SecretString, Error> {
        let fetched = match &self.way {
            SecretWay::Env(name) => self.read_variable(name),
            SecretWay::File(path) => from_file(&self.directory.join(path)),
            SecretWay::Command(command) => super::command::output(command, &self.directory, LONGEST),
        };
        let text = fetched.map_err(|reason| self.error(&reason))?;
        match text.trim() {
            "" => Err(self.error(&format!("the secret from {} is empty", self.origin()))),
            secret if secret.chars().any(char::is_control) => {
                Err(self.error(&format!("the secret from {} has more than one line", self.origin())))
            }
            secret => Ok(SecretString::from(secret)),
        }
    }

    /// The source in words: `variable `NAME``, `file `PATH``, `its command`.
    pub fn origin(&self) -> String {
        match &self.way {
            SecretWay::Env(name) => format!("variable {}", quoted(name)),
            SecretWay::File(path) => format!("file `{}`", shown(&self.directory.join(path))),
            SecretWay::Command(_) => "its command".to_owned(),
        }
    }

    fn read_variable(&self, name: &str) -> Result<String, String> {
        let value = self.environment.variable(name);
        let value = value.ok_or_else(|| format!("environment variable {} is not set", quoted(name)))?;
        value.into_string().map_err(|_| format!("environment variable {} is not valid text", quoted(name)))
    }

    fn error(&self, reason: &str) -> Error {
        let hint = match self.way {
            SecretWay::Env(_) => "set the variable in the environment that starts dingsync",
            SecretWay::File(_) => "put the secret into that file and allow nobody else to read it: chmod 600",
            SecretWay::Command(_) => "run the command by hand: it must end with 0 and print only the secret",
        };
        settings_error(format!("{}: {}: {reason}", self.place, self.key)).with_hint(hint)
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.way.fmt(f)
    }
}

impl fmt::Debug for SecretWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "{{ env = {name:?} }}"),
            Self::File(path) => write!(f, "{{ file = {path:?} }}"),
            Self::Command(_) => f.write_str("{ command = \"***\" }"),
        }
    }
}

fn from_file(path: &Path) -> Result<String, String> {
    let name = shown(path);
    let file = open(path).map_err(|error| format!("file `{name}` cannot be read: {error}"))?;
    let metadata = file.metadata().map_err(|error| format!("file `{name}` cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err(format!("`{name}` is not a regular file"));
    }
    private(&metadata).map_err(|reason| format!("file `{name}` {reason}"))?;
    let mut text = String::new();
    // The reading error may quote bytes of the file, so only its kind is told.
    file.take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| format!("file `{name}` cannot be read: {}", error.kind()))?;
    if text.len() as u64 > LONGEST {
        Err(format!("file `{name}` is too long for a secret"))
    } else {
        Ok(text)
    }
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Without this flag a named pipe would block until somebody writes.
    File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn private(metadata: &std::fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(format!("can be read by others (mode {mode:04o}, needed is 0600)"));
    }
    let us = rustix::process::geteuid().as_raw();
    if metadata.uid() != us && metadata.uid() != 0 {
        return Err(format!("belongs to another user (uid {})", metadata.uid()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn private(_metadata: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}
