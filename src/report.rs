//! One run in full, as text, JSON, CSV or Markdown: the same bytes for the command and for the screens.

use rust_i18n::t;
use serde::Serialize;
use serde_json::json;

use crate::core::error::{Error, ErrorKind};
use crate::core::event::{Outcome, RecordEvent};
use crate::core::journal::{RecordEnd, RunRecord};
use crate::core::plan::{FieldChange, Plan};
use crate::core::refusal;
use crate::core::sentences::in_language;
use crate::core::text;
use crate::export::harmless;
use crate::marks;

/// A run with its records.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The run.
    pub run: RunRecord,
    /// Its records, in the order in which they ended.
    pub rows: Vec<Row>,
}

/// One record of a run: what was planned and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What became of it.
    #[serde(flatten)]
    pub event: RecordEvent,
    /// Its name.
    pub name: String,
    /// Why it was planned so.
    pub reason: Option<&'static str>,
    /// What changed.
    pub fields: Vec<FieldChange>,
    /// What the service calls the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Report {
    /// From what the journal has.
    pub fn new(run: RunRecord, plan: &Plan, mut ended: Vec<RecordEnd>) -> Self {
        ended.sort_by_key(|end| end.event.seq);
        let rows = ended.into_iter().map(|end| {
            let change = plan.changes.get(end.row);
            Row {
                event: end.event,
                name: change.map(|change| change.name.clone()).unwrap_or_default(),
                reason: change.and_then(|change| change.reason).map(|reason| reason.as_str()),
                fields: change.map(|change| change.fields.clone()).unwrap_or_default(),
                request_id: end.request_id,
            }
        });
        Self { run, rows: rows.collect() }
    }

    /// The JSON document.
    pub fn json(&self) -> serde_json::Value {
        json!({"format": "dingsync.report/1", "run": self.run, "records": self.rows})
    }

    /// Text for people; clean.
    pub fn text(&self, locale: &str) -> String {
        let mut page = String::new();
        let mut line = |line: String| {
            page.push_str(&text::clean(&line));
            page.push('\n');
        };
        line(headline(&self.run, locale));
        for row in &self.rows {
            let event = &row.event;
            let id = event.source_id.as_deref().or(event.target_id.as_deref()).unwrap_or("-");
            let mark = if event.outcome == Outcome::Failed { '!' } else { marks::mark(event.action) };
            let name = text::for_display(&row.name, 60);
            let entity = marks::entity(event.entity, locale);
            let end = ending(event, locale);
            let action = marks::action(event.action, locale);
            line(format!("{mark} {entity:<10} {name}  [{id}]  {action} {end}"));
            for field in &row.fields {
                line(format!("      {}", marks::field_line(field, locale)));
            }
        }
        page
    }

    /// A line for each record, for a spreadsheet.
    pub fn csv(&self, locale: &str) -> Result<String, Error> {
        csv(&self.rows, locale)
    }

    /// A table in Markdown.
    pub fn markdown(&self, locale: &str) -> String {
        markdown(&self.run, &self.rows, locale)
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

fn fields_text(row: &Row, locale: &str) -> String {
    row.fields.iter().map(|field| marks::field_line(field, locale)).collect::<Vec<_>>().join("; ")
}

fn csv(rows: &[Row], locale: &str) -> Result<String, Error> {
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
        let event = &row.event;
        let cells = [
            event.seq.to_string(),
            marks::entity(event.entity, "en"),
            event.action.as_str().to_owned(),
            event.source_id.clone().unwrap_or_default(),
            event.target_id.clone().unwrap_or_default(),
            row.name.clone(),
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

fn markdown(record: &RunRecord, rows: &[Row], locale: &str) -> String {
    let mut page = format!("# {}\n\n", text::clean(&headline(record, locale)));
    page.push_str(
        "| seq | entity | action | name | ids | outcome | fields |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let event = &row.event;
        let ids: Vec<&str> =
            [event.source_id.as_deref(), event.target_id.as_deref()].into_iter().flatten().collect();
        let cells = [
            event.seq.to_string(),
            marks::entity(event.entity, locale),
            event.action.as_str().to_owned(),
            row.name.clone(),
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
