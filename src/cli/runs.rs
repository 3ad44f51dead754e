//! `dingsync runs`: the history, newest first.

use rust_i18n::t;
use serde_json::json;

use super::Exit;
use super::context::Context;
use super::marks;
use crate::connect::open_state;
use crate::core::error::Error;
use crate::core::journal::Journal;

/// Prints one line a run, or one object with all of them.
pub async fn run(context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let runs = open_state(&config)?.runs().await?;
    if context.options.json {
        context.json(&json!({"format": "dingsync.runs/1", "runs": runs}))?;
        return Ok(Exit::Done);
    }
    if runs.is_empty() {
        context.line(t!("runs.none", locale = locale));
    }
    for run in runs {
        let counts = &run.summary;
        context.line(t!(
            "records.line",
            run = run.run,
            started = run.started_at,
            status = crate::core::text::pad(&marks::status(run.status, locale), 15),
            applied = counts.applied,
            failed = counts.failed,
            skipped = counts.skipped,
            pending = counts.pending,
            total = run.total,
            locale = locale
        ));
    }
    Ok(Exit::Done)
}
