//! What can go wrong for a whole command, in words a person can act on: the thing, the reason, the way out.
//! One bad record is never an `Error`; it is a held change or a failed outcome.

use serde::Serialize;

/// The family of an [`Error`], as the contract's `error.kind`; it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// A safety limit was exceeded.
    Limit,
    /// A person's approval is missing or does not fit.
    Approval,
    /// A saved plan no longer describes the present.
    Stale,
    /// Another run holds the connection's lock.
    Locked,
    /// The settings are wrong.
    Settings,
    /// The command line is wrong.
    Usage,
    /// A service refused our credentials.
    Credentials,
    /// A service refused our rights: permission point, range or address list.
    Permission,
    /// A service could not be reached.
    Network,
    /// A service answered with something we cannot go on with.
    Service,
    /// The state file is broken, foreign, or cannot be written.
    State,
    /// The operator interrupted.
    Interrupted,
}

/// A failure of a whole command. The message is lower-case without a full stop; the hint says what to do next.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The family.
    pub kind: ErrorKind,
    /// What failed, on what, and why.
    pub message: String,
    /// The way out, as a sentence.
    pub hint: Option<String>,
    /// The service's own effective code, where there was one.
    pub code: Option<String>,
    /// The permission points that are missing, where the service named them.
    pub missing: Vec<String>,
}

impl Error {
    /// An error of `kind` with its message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, code: None, missing: Vec::new() }
    }

    /// The same error with the way out.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with the service's code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }
}
