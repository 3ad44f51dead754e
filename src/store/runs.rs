//! Runs: begun with their whole plan, finished with their totals, and the history.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::core::event::{RunStatus, RunSummary};
use crate::core::journal::{RecordEnd, RunRecord, RunStart, UnfinishedRun};
use crate::core::plan::Plan;

use super::calls;
use super::fault::Fault;
use super::seal::{seal, verify};
use super::seen;

/// Columns of a [`RunRecord`]; the plan itself is left out, as it can be large.
const HEAD: &str = "id, kind, plan_id, started_at_ms, finished_at_ms, status, total, summary, planned";

/// Begins a run; answers its id.
pub(crate) fn begin(connection: &Connection, start: &RunStart) -> Result<String, Fault> {
    let id = next_id(connection, start.started_at_ms)?;
    let plan = serde_json::to_string(&start.plan)?;
    let total = start.plan.changes.iter().filter(|change| change.action.is_writing()).count();
    connection.execute(
        "INSERT INTO run (id, kind, plan_id, plan, planned, total, of_run, started_at_ms, seal, status) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'running')",
        (
            &id,
            serde_json::to_string(&start.kind)?,
            &start.plan.plan_id,
            &plan,
            serde_json::to_string(&start.plan.summary)?,
            i64::try_from(total).unwrap_or(i64::MAX),
            &start.of_run,
            start.started_at_ms,
            seal("run", &[&id, &plan]),
        ),
    )?;
    seen::keep(connection, &id, &start.seen)?;
    Ok(id)
}

/// Stores the end of a run.
pub(crate) fn finish(
    connection: &Connection,
    run: &str,
    status: RunStatus,
    summary: &RunSummary,
    finished_at_ms: i64,
    source_accounts: Option<u64>,
) -> Result<(), Fault> {
    let accounts = source_accounts.map(|accounts| i64::try_from(accounts).unwrap_or(i64::MAX));
    let changed = connection.execute(
        "UPDATE run SET status = ?2, summary = ?3, finished_at_ms = ?4, source_accounts = ?5 WHERE id = ?1",
        (run, status.as_str(), serde_json::to_string(summary)?, finished_at_ms, accounts),
    )?;
    if changed != 1 {
        return Err(Fault::Damaged(format!("run {run} was never begun")));
    }
    seen::forget(connection, run)
}

/// The latest run that has begun and not finished.
pub(crate) fn unfinished(connection: &Connection) -> Result<Option<UnfinishedRun>, Fault> {
    let found: Option<(String, String, i64)> = connection
        .query_row(
            "SELECT id, kind, started_at_ms FROM run WHERE finished_at_ms IS NULL \
             ORDER BY started_at_ms DESC, id DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((run, kind, started_at_ms)) = found else { return Ok(None) };
    Ok(Some(UnfinishedRun {
        kind: serde_json::from_str(&kind)?,
        plan: plan_of(connection, &run)?,
        started_at_ms,
        seen: seen::of(connection, &run)?,
        ended: calls::ended(connection, &run)?,
        in_flight: calls::in_flight(connection, &run)?,
        run,
    }))
}

/// The history, newest first.
pub(crate) fn all(connection: &Connection) -> Result<Vec<RunRecord>, Fault> {
    let sql = format!("SELECT {HEAD} FROM run ORDER BY started_at_ms DESC, id DESC");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(record(connection, row)?);
    }
    Ok(records)
}

/// One run with its plan and ended rows.
pub(crate) fn one(
    connection: &Connection,
    run: &str,
) -> Result<Option<(RunRecord, Plan, Vec<RecordEnd>)>, Fault> {
    let mut statement = connection.prepare(&format!("SELECT {HEAD} FROM run WHERE id = ?1"))?;
    let mut rows = statement.query([run])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let record = record(connection, row)?;
    Ok(Some((record, plan_of(connection, run)?, calls::ended(connection, run)?)))
}

/// `20260131-0001`: the day in UTC and a number within it.
fn next_id(connection: &Connection, at_ms: i64) -> Result<String, Fault> {
    let day: String = rfc3339(at_ms)?.chars().take(10).filter(|c| *c != '-').collect();
    let taken: i64 = connection.query_row(
        "SELECT coalesce(max(CAST(substr(id, 10) AS INTEGER)), 0) FROM run WHERE substr(id, 1, 9) = ?1",
        [format!("{day}-")],
        |row| row.get(0),
    )?;
    Ok(format!("{day}-{:04}", taken + 1))
}

fn plan_of(connection: &Connection, run: &str) -> Result<Plan, Fault> {
    let (plan, sealed): (String, i64) =
        connection.query_row("SELECT plan, seal FROM run WHERE id = ?1", [run], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    verify(sealed, "run", &[run, &plan])?;
    Ok(serde_json::from_str(&plan)?)
}

fn record(connection: &Connection, row: &Row<'_>) -> Result<RunRecord, Fault> {
    let run: String = row.get(0)?;
    let (kind, status, planned): (String, String, String) = (row.get(1)?, row.get(5)?, row.get(8)?);
    let finished: Option<i64> = row.get(4)?;
    let summary: Option<String> = row.get(7)?;
    Ok(RunRecord {
        kind: serde_json::from_str(&kind)?,
        plan_id: row.get(2)?,
        started_at: rfc3339(row.get(3)?)?,
        finished_at: finished.map(rfc3339).transpose()?,
        status: serde_json::from_value(serde_json::Value::String(status))?,
        total: u64::try_from(row.get::<_, i64>(6)?).unwrap_or_default(),
        summary: match summary {
            Some(summary) => serde_json::from_str(&summary)?,
            None => counted(connection, &run)?,
        },
        planned: serde_json::from_str(&planned)?,
        run,
    })
}

/// The totals so far of a run that has not finished.
fn counted(connection: &Connection, run: &str) -> Result<RunSummary, Fault> {
    let mut summary = RunSummary::default();
    let mut statement =
        connection.prepare("SELECT outcome, count(*) FROM record WHERE run = ?1 GROUP BY outcome")?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let count = u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default();
        match row.get::<_, String>(0)?.as_str() {
            "applied" => summary.applied = count,
            "failed" => summary.failed = count,
            "skipped" => summary.skipped = count,
            _ => summary.pending = count,
        }
    }
    let calls: i64 =
        connection.query_row("SELECT count(*) FROM call WHERE run = ?1", [run], |row| row.get(0))?;
    summary.calls = u64::try_from(calls).unwrap_or_default();
    Ok(summary)
}

/// RFC 3339 in UTC, whole seconds.
fn rfc3339(at_ms: i64) -> Result<String, Fault> {
    Timestamp::from_second(at_ms.div_euclid(1000))
        .map(|at| at.to_string())
        .map_err(|_| Fault::Damaged("a time is out of range".into()))
}
