//! `dingsync runs`: the history, newest first.

use rust_i18n::t;
use serde_json::json;

use super::Exit;
use super::context::Context;
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
        context.line(format!(
            "{}  {}  {:<15} {} applied, {} failed, {} skipped, {} pending of {}",
            run.run,
            run.started_at,
            run.status.as_str(),
            counts.applied,
            counts.failed,
            counts.skipped,
            counts.pending,
            run.total
        ));
    }
    Ok(Exit::Done)
}
