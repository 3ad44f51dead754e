//! Answers as other programs read them: JSON in which nothing is left that a terminal would obey, CSV for a
//! spreadsheet; and a plan saved to a file. Commands and screens write the same bytes. Contract section 5 (CSV),
//! section 7 points 5 and 6.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::core::error::{Error, ErrorKind};
use crate::core::normalise::mask_mobile;
use crate::core::plan::{Change, FieldValue, Plan};
use crate::core::text;

/// The columns of a plan: a line for each field that changes, one for a row without any.
const COLUMNS: [&str; 12] = [
    "entity",
    "action",
    "source_id",
    "target_id",
    "name",
    "matched_by",
    "reason",
    "detail",
    "warnings",
    "field",
    "before",
    "after",
];

/// Writes JSON piece by piece, with C1 controls, line separators and bidirectional controls escaped too: a plan of
/// 100,000 rows is never in memory twice.
pub fn write_json<T: Serialize>(out: impl Write, value: &T) -> std::io::Result<()> {
    serde_json::to_writer(Escaping(out), value).map_err(std::io::Error::from)
}

/// Writes a plan's rows as CSV. Mobiles are masked, as in every text that people pass around.
pub fn write_csv(out: impl Write, plan: &Plan, all: bool) -> std::io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    for change in plan.document(all).changes {
        for field in change.fields.iter().map(Some).chain(change.fields.is_empty().then_some(None)) {
            let cells = field.map_or_else(Default::default, |field| {
                let name = field.field.as_str();
                [name.to_owned(), cell(name, &field.before), cell(name, &field.after)]
            });
            writer.write_record(record(change).into_iter().chain(cells).map(|cell| harmless(&cell)))?;
        }
    }
    writer.flush()
}

/// Saves the plan document for `sync --plan`, readable by its owner only; an existing file is replaced whole or not
/// at all.
pub fn save_plan(path: &Path, plan: &Plan, all: bool) -> Result<(), Error> {
    save(path, |mut out| {
        write_json(&mut out, &plan.document(all))?;
        writeln!(out)
    })
}

/// Saves a plan's rows as CSV, in the same manner.
pub fn save_csv(path: &Path, plan: &Plan, all: bool) -> Result<(), Error> {
    save(path, |out| write_csv(out, plan, all))
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe, unless it is a number.
pub fn harmless(cell: &str) -> String {
    let cleaned = text::clean(cell);
    let is_number = cell.parse::<f64>().is_ok_and(f64::is_finite);
    // What is left out in front must not bring a formula to the front either.
    let begins = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let is_formula = (begins(cell) || begins(&cleaned)) && !is_number;
    if is_formula { format!("'{cleaned}") } else { cleaned.into_owned() }
}

fn record(change: &Change) -> [String; 9] {
    let entity = match change.entity {
        crate::core::plan::Entity::Department => "department",
        crate::core::plan::Entity::User => "user",
    };
    let warnings: Vec<&str> = change.warnings.iter().map(|warning| warning.as_str()).collect();
    [
        entity.to_owned(),
        change.action.as_str().to_owned(),
        change.source_id.clone().unwrap_or_default(),
        change.target_id.clone().unwrap_or_default(),
        change.name.clone(),
        change.matched_by.map(|by| by.as_str().to_owned()).unwrap_or_default(),
        change.reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
        change.detail.clone().unwrap_or_default(),
        warnings.join(" "),
    ]
}

fn cell(field: &str, value: &FieldValue) -> String {
    match value {
        FieldValue::Empty(()) => String::new(),
        FieldValue::Text(text) if field == "mobile" || field == "exclusive_mobile" => mask_mobile(text),
        FieldValue::Text(text) => text.clone(),
        FieldValue::List(values) => values.join(" "),
    }
}

fn save(
    path: &Path,
    fill: impl FnOnce(&mut std::io::BufWriter<std::fs::File>) -> std::io::Result<()>,
) -> Result<(), Error> {
    use std::os::unix::fs::OpenOptionsExt;
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::State, format!("cannot save {}: {error}", path.display()))
            .with_hint("choose a place that can be written, with room on the disk")
    };
    let fill = |file: std::fs::File| {
        let mut file = std::io::BufWriter::new(file);
        fill(&mut file)?;
        file.flush()?;
        Ok(file)
    };
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    // A pipe or a device (/dev/stdout) takes what is written; it must not be replaced by a file.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return options.open(path).and_then(fill).map(drop).map_err(failed);
    }
    // A symbolic link stays one: what it points to is replaced.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let temporary = Path::new(&name);
    options.create(true).truncate(true).mode(0o600);
    let written = options
        .open(temporary)
        .and_then(fill)
        .and_then(|file| file.get_ref().sync_all())
        .and_then(|()| std::fs::rename(temporary, &path));
    if written.is_err() {
        drop(std::fs::remove_file(temporary));
    }
    written.map_err(failed)
}

/// Escapes what `serde_json` leaves as it is although a terminal would obey it. Its pieces end between characters.
struct Escaping<W>(W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.iter().all(|byte| byte.is_ascii() && *byte != 0x7f) {
            return self.0.write_all(bytes).map(|()| bytes.len());
        }
        let piece = std::str::from_utf8(bytes).map_err(std::io::Error::other)?;
        let mut rest = piece;
        while let Some((at, character)) =
            rest.char_indices().find(|(_, character)| text::is_unsafe(*character))
        {
            self.0.write_all(&rest.as_bytes()[..at])?;
            write!(self.0, "\\u{:04x}", u32::from(character))?;
            rest = &rest[at + character.len_utf8()..];
        }
        self.0.write_all(rest.as_bytes()).map(|()| bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_be_a_formula_is_made_harmless_and_a_number_is_left_alone() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            ("+852-51234567", "'+852-51234567"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-5", "-5"),
            ("+3.5", "+3.5"),
            ("-", "'-"),
            ("plain", "plain"),
            ("\tx", "' x"),
            ("\u{1b}=1+1", "'=1+1"),
            ("\u{202e}@SUM(A1)", "'@SUM(A1)"),
        ] {
            assert_eq!(harmless(cell), expected, "{cell:?}");
        }
    }
}
