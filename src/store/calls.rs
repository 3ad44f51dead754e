//! Every call before it is sent and after it is answered, and how each record ended.

use rusqlite::{Connection, Row};

use crate::core::journal::{CallEnd, CallId, Intent, Learned, RecordEnd};

use super::fault::Fault;
use super::memory;
use super::seal::{seal, verify};

const COLUMNS: &str = "id, run, row, step, write, before, at_ms, seal, ended, ended_seal, is_preparation";

/// Stores a write about to be sent.
pub(crate) fn intend(connection: &Connection, intent: &Intent) -> Result<CallId, Fault> {
    let (row, step) = (number(intent.row)?, i64::from(intent.step));
    let (write, before) = (serde_json::to_string(&intent.write)?, serde_json::to_string(&intent.before)?);
    let sealed = seal_of(&intent.run, row, step, &write, &before);
    connection
        .prepare_cached(
            "INSERT INTO call (run, row, step, write, before, is_preparation, at_ms, seal) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((&intent.run, row, step, &write, &before, intent.is_preparation, intent.at_ms, sealed))?;
    Ok(CallId(connection.last_insert_rowid()))
}

/// Stores how a call ended, with what it taught.
pub(crate) fn end_call(
    connection: &Connection,
    call: CallId,
    end: &CallEnd,
    learned: &[Learned],
) -> Result<(), Fault> {
    let text = serde_json::to_string(end)?;
    let sealed = seal("end", &[&call.0.to_string(), &text]);
    let changed = connection
        .prepare_cached("UPDATE call SET ended = ?2, ended_seal = ?3 WHERE id = ?1")?
        .execute((call.0, &text, sealed))?;
    if changed != 1 {
        return Err(Fault::Damaged(format!("call {} was never begun", call.0)));
    }
    memory::learn(connection, learned)
}

/// Stores how a record ended, with what it taught. A record that ends again, after a resume, is replaced.
pub(crate) fn end_record(
    connection: &Connection,
    run: &str,
    end: &RecordEnd,
    learned: &[Learned],
) -> Result<(), Fault> {
    let (row, event) = (number(end.row)?, serde_json::to_string(&end.event)?);
    let sealed = seal("record", &[run, &row.to_string(), &event]);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO record (run, row, outcome, event, request_id, seal) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((run, row, end.event.outcome.as_str(), event, &end.request_id, sealed))?;
    memory::learn(connection, learned)
}

/// A run's calls in the order they were intended.
pub(crate) fn of_run(connection: &Connection, run: &str) -> Result<Vec<(Intent, Option<CallEnd>)>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM call WHERE run = ?1 ORDER BY id");
    Ok(select(connection, &sql, [run])?.into_iter().map(|(_, intent, end)| (intent, end)).collect())
}

/// A run's calls that have no end. Found without an index, whose damage the check on opening would not notice; and among
/// the calls of every run, so that a flipped bit in a run's name or in what is no end is noticed.
pub(crate) fn in_flight(connection: &Connection, run: &str) -> Result<Vec<(CallId, Intent)>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM call WHERE typeof(ended) <> 'text' ORDER BY id");
    let open = select(connection, &sql, [])?.into_iter().map(|(id, intent, _)| (id, intent));
    Ok(open.filter(|(_, intent)| intent.run == run).collect())
}

/// A run's ended records in the order they ended.
pub(crate) fn ended(connection: &Connection, run: &str) -> Result<Vec<RecordEnd>, Fault> {
    let mut statement =
        connection.prepare("SELECT row, event, request_id, seal FROM record WHERE run = ?1")?;
    let mut rows = statement.query([run])?;
    let mut ends: Vec<RecordEnd> = Vec::new();
    while let Some(row) = rows.next()? {
        let (index, event): (i64, String) = (row.get(0)?, row.get(1)?);
        verify(row.get(3)?, "record", &[run, &index.to_string(), &event])?;
        ends.push(RecordEnd {
            row: position(index)?,
            event: serde_json::from_str(&event)?,
            request_id: row.get(2)?,
        });
    }
    ends.sort_by_key(|end| (end.event.seq, end.row));
    Ok(ends)
}

type Call = (CallId, Intent, Option<CallEnd>);

fn select(connection: &Connection, sql: &str, of: impl rusqlite::Params) -> Result<Vec<Call>, Fault> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query(of)?;
    let mut calls = Vec::new();
    while let Some(row) = rows.next()? {
        calls.push(call(row)?);
    }
    Ok(calls)
}

fn call(row: &Row<'_>) -> Result<Call, Fault> {
    let (run, index, step): (String, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let (write, before): (String, String) = (row.get(4)?, row.get(5)?);
    let sealed: i64 = row.get(7)?;
    if sealed != seal_of(&run, index, step, &write, &before) {
        return Err(Fault::Damaged("a row of `call` does not fit its seal".into()));
    }
    let (id, end): (i64, Option<String>) = (row.get(0)?, row.get(8)?);
    if let Some(end) = &end {
        verify(row.get(9)?, "end", &[&id.to_string(), end])?;
    }
    let intent = Intent {
        row: position(index)?,
        step: u32::try_from(step).map_err(|_| Fault::Damaged("a call's step is no step".into()))?,
        write: serde_json::from_str(&write)?,
        before: serde_json::from_str(&before)?,
        is_preparation: row.get(10)?,
        at_ms: row.get(6)?,
        run,
    };
    Ok((CallId(id), intent, end.map(|end| serde_json::from_str(&end)).transpose()?))
}

fn seal_of(run: &str, row: i64, step: i64, write: &str, before: &str) -> i64 {
    seal("call", &[run, &row.to_string(), &step.to_string(), write, before])
}

fn number(row: usize) -> Result<i64, Fault> {
    i64::try_from(row).map_err(|_| Fault::Damaged("a row's index is too large".into()))
}

fn position(row: i64) -> Result<usize, Fault> {
    usize::try_from(row).map_err(|_| Fault::Damaged("a row's index is negative".into()))
}
