//! `dingsync report`: one run in full, as text, JSON, CSV or Markdown.

use super::Exit;
use super::args::{ReportArgs, ReportFormat};
use super::context::Context;
use super::retry::unknown_run;
use crate::connect::open_state;
use crate::core::error::{Error, ErrorKind};
use crate::core::journal::Journal;
use crate::report::Report;

/// Prints a run.
pub async fn run(args: &ReportArgs, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let store = open_state(&config)?;
    let run = match &args.run {
        Some(run) => run.clone(),
        None => store.runs().await?.into_iter().next().map(|run| run.run).ok_or_else(|| {
            Error::new(ErrorKind::State, "there is no run yet").with_hint("begin with: dingsync sync")
        })?,
    };
    let Some((record, plan, ended)) = store.run(&run).await? else { return Err(unknown_run(&run)) };
    let report = Report::new(record, &plan, ended);
    let format = if context.options.json { ReportFormat::Json } else { args.format };
    match format {
        ReportFormat::Json => context.json(&report.json())?,
        ReportFormat::Text => context.raw(&report.text(locale)),
        ReportFormat::Csv => context.raw(&report.csv(locale)?),
        ReportFormat::Markdown => context.raw(&report.markdown(locale)),
    }
    Ok(Exit::Done)
}
