//! `dingsync preview`: every change before anything is written, as text or as the plan document.

use std::collections::BTreeMap;

use rust_i18n::t;

use super::Exit;
use super::args::{PreviewArgs, PreviewFormat};
use super::context::Context;
use super::{marks, pauses};
use crate::connect::Connection;
use crate::core::error::Error;
use crate::core::plan::{Action, ActionCounts, Entity, Plan};
use crate::core::preview::preview;
use crate::export;

/// Reads, plans, prints; saves with `--out`.
pub async fn run(args: &PreviewArgs, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let reading = connection.reading();
    let plan = pauses::told(preview(&reading), reading.target, context, locale).await?.plan;
    if let Some(path) = &args.out {
        export::save_plan(path, &plan, args.all)?;
    }
    match if context.options.json { PreviewFormat::Json } else { args.format } {
        PreviewFormat::Json => context.json(&plan.document(args.all))?,
        PreviewFormat::Csv => context.stream(|out| export::write_csv(out, &plan, args.all)),
        PreviewFormat::Text => {
            print_plan(&plan, args.all, usize::MAX, context, locale);
            super::logon::print_planned(&connection, &plan, context, locale).await;
            if let Some(path) = &args.out {
                context.line(t!("preview.saved", path = path.display(), locale = locale));
            }
        }
    }
    Ok(if args.detailed_exitcode && !plan.is_empty() { Exit::Changes } else { Exit::Done })
}

/// Prints a plan as text, of each kind of row so many at most.
pub(super) fn print_plan(plan: &Plan, all: bool, most: usize, context: &Context, locale: &str) {
    context.line(t!("preview.title", connection = plan.connection, locale = locale));
    if plan.first_run {
        context.line(t!("preview.first_run", locale = locale));
    }
    if !plan.complete {
        context.line(format!("! {}", t!("preview.incomplete", locale = locale)));
    }
    print_counts(plan, context, locale);
    let mut shown: BTreeMap<(Entity, Action), usize> = BTreeMap::new();
    let mut hidden = 0;
    for change in &plan.document(all).changes {
        let of_kind = shown.entry((change.entity, change.action)).or_default();
        *of_kind += 1;
        if *of_kind <= most {
            context.raw(&format!("{}\n", marks::row(change, locale)));
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 {
        context.line(t!("preview.more", count = hidden, locale = locale));
    }
    if plan.is_empty() {
        context.line(format!("= {}", t!("preview.empty", locale = locale)));
    }
    for limit in &plan.limits {
        context.line(format!(
            "! {}",
            t!(
                "preview.limit",
                limit = limit.limit,
                planned = limit.planned,
                allowed = limit.allowed,
                locale = locale
            )
        ));
    }
}

fn print_counts(plan: &Plan, context: &Context, locale: &str) {
    let (source, target, calls) = (plan.source, plan.target, plan.calls);
    context.line(t!(
        "preview.source",
        accounts = source.accounts,
        units = source.units,
        ignored = source.ignored,
        locale = locale
    ));
    context.line(t!(
        "preview.target",
        users = target.users,
        departments = target.departments,
        locale = locale
    ));
    context.line(t!("preview.calls", read = calls.read, write = calls.write, locale = locale));
    let counts = [("preview.departments", plan.summary.departments), ("preview.users", plan.summary.users)];
    for (label, counts) in counts {
        let label = crate::core::text::pad(&t!(label, locale = locale), 12);
        context.line(format!("{label}  {}", counts_line(&counts, locale)));
    }
}

fn counts_line(counts: &ActionCounts, locale: &str) -> String {
    let words: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(action, count)| {
            let word = t!(format!("action.{}", action.as_str()), locale = locale);
            format!("{} {count} {word}", marks::mark(action))
        })
        .collect();
    if words.is_empty() { "-".to_owned() } else { words.join("  ") }
}
