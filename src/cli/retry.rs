//! `dingsync retry`: tries a run's failed records again, planned afresh.

use std::collections::HashSet;

use rust_i18n::t;

use super::Exit;
use super::context::Context;
use super::{pauses, sync};
use crate::connect::Connection;
use crate::core::error::{Error, ErrorKind};
use crate::core::event::Outcome;
use crate::core::journal::RunKind;
use crate::core::plan::{Change, Entity};
use crate::core::preview::preview;
use crate::core::synchronize;

/// Plans afresh and keeps the rows whose records failed or were skipped in the run.
pub async fn run(run: Option<&str>, removals: Option<u64>, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let _lock = connection.lock("retry")?;
    let run = match run {
        Some(run) => run.to_owned(),
        None => last_run(&connection).await?,
    };
    let Some((_, plan, ended)) = connection.journal.run(&run).await? else {
        return Err(unknown_run(&run));
    };
    let failed: HashSet<(Entity, String)> = ended
        .iter()
        .filter(|end| matches!(end.event.outcome, Outcome::Failed | Outcome::Skipped))
        .filter_map(|end| plan.changes.get(end.row))
        .map(|change| (change.entity, key(change)))
        .collect();
    if let Some(unfinished) = connection.journal.unfinished().await? {
        if unfinished.run == run && failed.is_empty() {
            return Err(not_finished(&run));
        }
        let superseded = unfinished.run.clone();
        synchronize::settle(&connection.work(), unfinished).await?;
        context.note(t!("sync.superseded", run = superseded, locale = locale));
    }
    if failed.is_empty() {
        context.note(t!("sync.retry_nothing", run = run, locale = locale));
    }
    let reading = connection.reading();
    let fresh = pauses::told(preview(&reading), reading.target, context, locale).await?;
    let plan = fresh.plan.restricted_to(|change| failed.contains(&(change.entity, key(change))));
    let again = sync::Again { kind: RunKind::Retry, of_run: Some(run), removals };
    sync::apply(&config, context, &connection, (plan, fresh.target), again).await
}

/// The newest run; an error when there is none.
pub(super) async fn last_run(connection: &Connection) -> Result<String, Error> {
    let newest = connection.journal.runs().await?.into_iter().next();
    newest.map(|run| run.run).ok_or_else(|| {
        Error::new(ErrorKind::State, "there is no run yet").with_hint("begin with: dingsync sync")
    })
}

/// The error for a run that the journal does not know.
pub(super) fn unknown_run(run: &str) -> Error {
    Error::new(ErrorKind::State, format!("there is no run `{run}`"))
        .with_hint("list them with: dingsync runs")
}

/// The error for a run that still has records which nobody tried.
pub(super) fn not_finished(run: &str) -> Error {
    Error::new(ErrorKind::State, format!("run `{run}` is not finished"))
        .with_hint("finish it with: dingsync resume")
}

fn key(change: &Change) -> String {
    change.source_id.clone().or_else(|| change.target_id.clone()).unwrap_or_default()
}
