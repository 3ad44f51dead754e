//! What can go wrong with the state file, as errors that name the file, the reason and the way out.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::core::error::{Error, ErrorKind};

/// A failure inside one piece of work on the database.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The database refused.
    Sql(rusqlite::Error),
    /// What is stored makes no sense.
    Damaged(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        // Only the kind and place: the text itself may quote personal data.
        Self::Damaged(format!(
            "a stored record cannot be read ({:?} at {})",
            error.classify(),
            error.column()
        ))
    }
}

impl Fault {
    /// The error for the file at `path`.
    pub(crate) fn at(self, path: &Path) -> Error {
        match self {
            Self::Damaged(reason) => damaged(path, &reason),
            Self::Sql(error) => of_database(path, &error),
        }
    }

    /// Whether the storage itself failed, after which nothing may be trusted to be flushed.
    pub(crate) fn is_storage(&self) -> bool {
        let code = match self {
            Self::Sql(error) => error.sqlite_error_code(),
            Self::Damaged(_) => None,
        };
        matches!(code, Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt))
    }
}

/// A state error about `path`.
pub(crate) fn state_error(path: &Path, reason: &str) -> Error {
    Error::new(ErrorKind::State, format!("state file `{}` {reason}", path.display()))
}

/// The error for a file that is ours but broken.
pub(crate) fn damaged(path: &Path, reason: &str) -> Error {
    state_error(path, &format!("is damaged: {reason}")).with_hint(
        "restore the file from a backup, or move it aside: the next preview then recognises everybody again \
         by the mapping identity and removes nobody",
    )
}

/// The error for a file-system failure about `path`.
pub(crate) fn of_system(path: &Path, verb: &str, error: &std::io::Error) -> Error {
    state_error(path, &format!("cannot be {verb}: {error}"))
        .with_hint("make the place writable, or name another one with --state")
}

fn of_database(path: &Path, error: &rusqlite::Error) -> Error {
    let reason = match error {
        rusqlite::Error::SqliteFailure(failure, text) => text.clone().unwrap_or_else(|| failure.to_string()),
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => state_error(path, "cannot be written: the disk is full")
            .with_hint("make room; what was acknowledged is kept, and `dingsync resume` goes on"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(path, &reason),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            state_error(path, &format!("cannot be written: {reason}"))
                .with_hint("make the file and its directory writable, or name another one with --state")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            state_error(path, "is in use by another program").with_hint("try again when it has finished")
        }
        Some(ErrorCode::SystemIoFailure) => {
            state_error(path, &format!("cannot be read or written: {reason}"))
                .with_hint("check the disk and the room on it; `dingsync resume` goes on afterwards")
        }
        _ => state_error(path, &format!("does not work: {reason}")),
    }
}
