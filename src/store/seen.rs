//! What the plan of an unfinished run was made from: kept beside the run until it is finished.

use rusqlite::Connection;

use crate::core::journal::Seen;

use super::fault::Fault;
use super::seal::{seal, verify};

/// The table, also for state files of before it.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS seen (
    run   TEXT PRIMARY KEY REFERENCES run (id),
    value TEXT NOT NULL,
    seal  INTEGER NOT NULL
);";

/// Keeps what a run's plan was made from.
pub(crate) fn keep(connection: &Connection, run: &str, seen: &Seen) -> Result<(), Fault> {
    let value = serde_json::to_string(seen)?;
    connection.prepare_cached("INSERT INTO seen (run, value, seal) VALUES (?1, ?2, ?3)")?.execute((
        run,
        &value,
        seal("seen", &[run, &value]),
    ))?;
    Ok(())
}

/// What a run's plan was made from; `None` of a run that an older dingsync began.
pub(crate) fn of(connection: &Connection, run: &str) -> Result<Option<Seen>, Fault> {
    // All of them, not by name: a flipped bit in a name is to be noticed. Only unfinished runs are there.
    let mut statement = connection.prepare("SELECT run, value, seal FROM seen")?;
    let mut rows = statement.query([])?;
    let mut found = None;
    while let Some(row) = rows.next()? {
        let (named, value): (String, String) = (row.get(0)?, row.get(1)?);
        verify(row.get(2)?, "seen", &[&named, &value])?;
        if named == run {
            found = Some(serde_json::from_str(&value)?);
        }
    }
    Ok(found)
}

/// Forgets what a finished run's plan was made from: nobody resumes it any more.
pub(crate) fn forget(connection: &Connection, run: &str) -> Result<(), Fault> {
    connection.prepare_cached("DELETE FROM seen WHERE run = ?1")?.execute([run])?;
    Ok(())
}
