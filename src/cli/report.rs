//! `dingsync report`: one run in full, as text, JSON, CSV or Markdown.

use rust_i18n::t;
use serde::Serialize;
use serde_json::json;

use super::Exit;
use super::args::{ReportArgs, ReportFormat};
use super::context::Context;
use super::marks;
use super::retry::unknown_run;
use crate::connect::open_state;
use crate::core::error::{Error, ErrorKind};
use crate::core::event::{Outcome, RecordEvent};
use crate::core::journal::{Journal, RunRecord};
use crate::core::plan::{Change, FieldChange};
use crate::core::refusal;
use crate::core::sentences::in_language;
use crate::core::text;
use crate::export::harmless;

/// One record of a run: what was planned and what became of it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    event: &'a RecordEvent,
    name: &'a str,
    reason: Option<&'a str>,
    fields: &'a [FieldChange],
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

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
    let Some((record, plan, mut ended)) = store.run(&run).await? else { return Err(unknown_run(&run)) };
    ended.sort_by_key(|end| end.event.seq);
    let blank: &[FieldChange] = &[];
    let rows: Vec<Row<'_>> = ended
        .iter()
        .map(|end| {
            let change: Option<&Change> = plan.changes.get(end.row);
            Row {
                event: &end.event,
                name: change.map_or("", |change| change.name.as_str()),
                reason: change.and_then(|change| change.reason).map(|reason| reason.as_str()),
                fields: change.map_or(blank, |change| change.fields.as_slice()),
                request_id: end.request_id.as_deref(),
            }
        })
        .collect();
    let format = if context.options.json { ReportFormat::Json } else { args.format };
    match format {
        ReportFormat::Json => {
            context.json(&json!({"format": "dingsync.report/1", "run": record, "records": rows}))?;
        }
        ReportFormat::Text => print_text(&record, &rows, context, locale),
        ReportFormat::Csv => context.raw(&csv(&rows, locale)?),
        ReportFormat::Markdown => context.raw(&markdown(&record, &rows, locale)),
    }
    Ok(Exit::Done)
}

fn print_text(record: &RunRecord, rows: &[Row<'_>], context: &Context, locale: &str) {
    context.line(headline(record, locale));
    for row in rows {
        let event = row.event;
        let id = event.source_id.as_deref().or(event.target_id.as_deref()).unwrap_or("-");
        let mark = if event.outcome == Outcome::Failed { '!' } else { marks::mark(event.action) };
        let name = text::for_display(row.name, 60);
        let entity = marks::entity(event.entity, locale);
        let end = ending(event, locale);
        context.line(format!(
            "{mark} {entity:<10} {name}  [{id}]  {} {end}",
            marks::action(event.action, locale)
        ));
        for field in row.fields {
            context.line(format!("      {}", marks::field_line(field, locale)));
        }
    }
}

fn headline(record: &RunRecord, locale: &str) -> String {
    let summary = &record.summary;
    t!(
        "records.headline",
        run = record.run,
        status = marks::status(record.status, locale),
        applied = summary.applied,
        failed = summary.failed,
        skipped = summary.skipped,
        pending = summary.pending,
        calls = summary.calls,
        throttled = summary.throttled,
        locale = locale
    )
    .into_owned()
}

fn ending(event: &RecordEvent, locale: &str) -> String {
    let outcome = marks::outcome(event.outcome, locale);
    let said = event.message.as_deref().map(|message| in_language(message, locale));
    let Some(code) = &event.code else { return outcome };
    let known = refusal::explain(code).map(|known| known.text(locale).into());
    let meaning = known.or(said).unwrap_or_default();
    format!("{outcome} {code}: {meaning}")
}

fn fields_text(row: &Row<'_>, locale: &str) -> String {
    row.fields.iter().map(|field| marks::field_line(field, locale)).collect::<Vec<_>>().join("; ")
}

fn csv(rows: &[Row<'_>], locale: &str) -> Result<String, Error> {
    let failed =
        |error: &dyn std::fmt::Display| Error::new(ErrorKind::State, format!("cannot write CSV: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    let head = [
        "seq",
        "entity",
        "action",
        "source_id",
        "target_id",
        "name",
        "outcome",
        "code",
        "message",
        "attempts",
        "elapsed_ms",
        "fields",
    ];
    writer.write_record(head).map_err(|error| failed(&error))?;
    for row in rows {
        let event = row.event;
        let cells = [
            event.seq.to_string(),
            marks::entity(event.entity, "en"),
            event.action.as_str().to_owned(),
            event.source_id.clone().unwrap_or_default(),
            event.target_id.clone().unwrap_or_default(),
            row.name.to_owned(),
            event.outcome.as_str().to_owned(),
            event.code.clone().unwrap_or_default(),
            event.message.clone().unwrap_or_default(),
            event.attempts.to_string(),
            event.elapsed_ms.to_string(),
            fields_text(row, locale),
        ];
        writer.write_record(cells.map(|cell| harmless(&cell))).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn markdown(record: &RunRecord, rows: &[Row<'_>], locale: &str) -> String {
    let mut page = format!("# {}\n\n", text::clean(&headline(record, locale)));
    page.push_str(
        "| seq | entity | action | name | ids | outcome | fields |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let event = row.event;
        let ids: Vec<&str> =
            [event.source_id.as_deref(), event.target_id.as_deref()].into_iter().flatten().collect();
        let cells = [
            event.seq.to_string(),
            marks::entity(event.entity, locale),
            event.action.as_str().to_owned(),
            row.name.to_owned(),
            ids.join(" → "),
            ending(event, locale),
            fields_text(row, locale),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| cell_text(cell)).collect();
        page.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    page
}

/// Text that no Markdown reader takes for markup.
fn cell_text(cell: &str) -> String {
    let mut escaped = String::with_capacity(cell.len());
    for character in text::clean(cell).chars() {
        if matches!(character, '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_name_stays_text() {
        assert_eq!(cell_text("a|b *c* <i>"), "a\\|b \\*c\\* \\<i\\>");
    }
}
