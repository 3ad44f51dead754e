//! QR code logon: names and the chosen provider among the remembered things, and calls in a table of their own.

use rusqlite::Connection;

use crate::core::logon::journal::{LogonCall, LogonEnd, LogonEntry, LogonLesson};
use crate::core::logon::{LogonMemory, ProviderId};
use crate::core::source::AccountId;

use super::fault::Fault;
use super::memory::{forget, put};
use super::seal::{seal, verify};

const CHOSEN: &str = "logon_provider";
const NAME: &str = "logon_name";

/// The table, also for state files of before QR code logon.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS logon_call (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    call   TEXT NOT NULL,
    at_ms  INTEGER NOT NULL,
    seal   INTEGER NOT NULL,
    ended  TEXT,
    ended_seal INTEGER
);";

/// Everything planning depends on.
pub(crate) fn load(connection: &Connection) -> Result<LogonMemory, Fault> {
    let mut memory = LogonMemory::default();
    let mut statement =
        connection.prepare("SELECT kind, key, value, seal FROM memory WHERE kind IN (?1, ?2)")?;
    let mut rows = statement.query((CHOSEN, NAME))?;
    while let Some(row) = rows.next()? {
        let (kind, key, value): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        verify(row.get(3)?, "memory", &[&kind, &key, &value])?;
        if kind == CHOSEN {
            memory.chosen = Some(ProviderId(value));
        } else {
            memory.names.insert(AccountId(key), serde_json::from_str(&value)?);
        }
    }
    Ok(memory)
}

/// Stores what reading or a call taught.
pub(crate) fn learn(connection: &Connection, lessons: &[LogonLesson]) -> Result<(), Fault> {
    for lesson in lessons {
        match lesson {
            LogonLesson::Chosen(Some(provider)) => put(connection, CHOSEN, "provider", &provider.0)?,
            LogonLesson::Chosen(None) => forget(connection, CHOSEN, "provider")?,
            LogonLesson::Named(account, Some(name)) => {
                put(connection, NAME, &account.0, &serde_json::to_string(name)?)?;
            }
            LogonLesson::Named(account, None) => forget(connection, NAME, &account.0)?,
        }
    }
    Ok(())
}

/// Stores a call about to be sent.
pub(crate) fn intend(connection: &Connection, call: &LogonCall, at_ms: i64) -> Result<i64, Fault> {
    let call = serde_json::to_string(call)?;
    connection
        .prepare_cached("INSERT INTO logon_call (call, at_ms, seal) VALUES (?1, ?2, ?3)")?
        .execute((&call, at_ms, seal("logon_call", &[&call])))?;
    Ok(connection.last_insert_rowid())
}

/// Stores how a call ended, with what it taught.
pub(crate) fn end(
    connection: &Connection,
    id: i64,
    end: &LogonEnd,
    lessons: &[LogonLesson],
) -> Result<(), Fault> {
    let end = serde_json::to_string(end)?;
    let changed = connection
        .prepare_cached("UPDATE logon_call SET ended = ?2, ended_seal = ?3 WHERE id = ?1")?
        .execute((id, &end, seal("logon_end", &[&id.to_string(), &end])))?;
    if changed != 1 {
        return Err(Fault::Damaged(format!("logon call {id} was never begun")));
    }
    learn(connection, lessons)
}

/// Every call, the oldest first.
pub(crate) fn history(connection: &Connection) -> Result<Vec<LogonEntry>, Fault> {
    let sql = "SELECT id, call, at_ms, seal, ended, ended_seal FROM logon_call ORDER BY id";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, call, ended): (i64, String, Option<String>) = (row.get(0)?, row.get(1)?, row.get(4)?);
        verify(row.get(3)?, "logon_call", &[&call])?;
        if let Some(ended) = &ended {
            verify(row.get(5)?, "logon_end", &[&id.to_string(), ended])?;
        }
        entries.push(LogonEntry {
            id,
            at_ms: row.get(2)?,
            call: serde_json::from_str(&call)?,
            ended: ended.map(|ended| serde_json::from_str(&ended)).transpose()?,
        });
    }
    Ok(entries)
}
