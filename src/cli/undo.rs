//! `dingsync undo`: the inverse of a run, shown; applied when it is approved.

use rust_i18n::t;

use super::Exit;
use super::args::UndoArgs;
use super::context::Context;
use super::preview::print_plan;
use super::retry::{not_finished, unknown_run};
use super::sync::{Again, apply};
use crate::connect::Connection;
use crate::core::error::Error;
use crate::core::journal::RunKind;
use crate::core::plan::{Action, Plan};
use crate::core::preview::inverse;
use crate::core::synchronize;

/// Prints the inverse of a run; with `--yes` applies it.
pub async fn run(args: &UndoArgs, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let _lock = if context.options.yes { Some(connection.lock("undo")?) } else { None };
    let journal = &connection.journal;
    if let Some(unfinished) = journal.unfinished().await? {
        if unfinished.run == args.run {
            return Err(not_finished(&args.run));
        }
        if context.options.yes {
            let superseded = unfinished.run.clone();
            synchronize::settle(&connection.work(), unfinished).await?;
            context.note(t!("sync.superseded", run = superseded, locale = locale));
        }
    }
    let Some((inverse, target)) = inverse(&connection.reading(), &args.run).await? else {
        return Err(unknown_run(&args.run));
    };
    if !context.options.yes {
        return show(&inverse, context, locale);
    }
    let again =
        Again { kind: RunKind::Undo, of_run: Some(args.run.clone()), removals: args.approve_removals };
    apply(&config, context, &connection, (inverse, target), again).await
}

/// What cannot be undone comes first, so that nobody approves the rest without having read it.
fn show(plan: &Plan, context: &Context, locale: &str) -> Result<Exit, Error> {
    if context.options.json {
        context.json(&plan.document(false))?;
        return Ok(Exit::Done);
    }
    let lost: Vec<_> = plan.changes.iter().filter(|change| change.action == Action::Blocked).collect();
    if !lost.is_empty() {
        context.line(t!("undo.cannot", count = lost.len(), locale = locale));
        for change in lost {
            let detail = change.detail.as_deref().unwrap_or_default();
            context.line(format!("  {}: {detail}", change.name));
        }
    }
    print_plan(plan, false, usize::MAX, context, locale);
    if !plan.is_empty() {
        context.line(t!("undo.how", locale = locale));
    }
    Ok(Exit::Done)
}
