//! Changing the settings file in place: comments, order and everything unknown survive. Used by the wizard.

use std::path::Path;

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::core::error::Error;
use crate::core::profile::{MappingRow, OnEmpty, ScopePair, When};

use super::problem::{Problems, settings_error};
use super::secret::SecretWay;
use super::source::{Source, shown};
use super::write;

/// What a new settings file starts with.
pub(crate) const SKELETON: &str =
    "# Settings of dingsync. Every key: assets/dingsync.example.toml\nversion = 1\n";

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Text.
    Text(String),
    /// A number.
    Integer(i64),
    /// `true` or `false`.
    Boolean(bool),
    /// A list of text.
    List(Vec<String>),
    /// Where a secret comes from.
    Secret(SecretWay),
    /// `scenario.scope`.
    Scope(Vec<ScopePair>),
    /// `mapping.user` or `mapping.department`.
    Rows(Vec<MappingRow>),
    /// The key is taken out of the file.
    Absent,
}

/// Changes to be made together, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes(Vec<(String, Setting)>);

impl Changes {
    /// No changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the change of a dotted path such as `idaas.region`.
    #[must_use]
    pub fn set(mut self, path: &str, setting: Setting) -> Self {
        self.0.push((path.to_owned(), setting));
        self
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Makes the changes in the settings file, which is created when there is none. The file is replaced in one step.
/// Kind settings when the file is not valid TOML, a path is no setting, or the file cannot be written.
pub fn save(path: &Path, changes: &Changes) -> Result<(), Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => SKELETON.to_owned(),
        Err(error) => return Err(unreadable(path, "read", &error)),
    };
    let edited = apply(path, text, changes)?;
    write::replace(path, edited.as_bytes()).map_err(|error| unreadable(path, "written", &error))
}

/// A settings text with the changes made; `path` is named in errors only.
pub fn apply(path: &Path, text: String, changes: &Changes) -> Result<String, Error> {
    let source = Source { path: path.to_owned(), text };
    let mut problems = Problems::new(source.clone());
    if source.parse(&mut problems).is_none() {
        return Err(problems.into_error());
    }
    let mut document: DocumentMut =
        source.text.parse().map_err(|_| settings_error(format!("`{}` is not valid TOML", shown(path))))?;
    for (key, setting) in &changes.0 {
        if super::schema::find(key).is_none() {
            return Err(settings_error(format!("`{key}` is no setting")));
        }
        change(document.as_table_mut(), key, setting)?;
    }
    Ok(document.to_string())
}

fn unreadable(path: &Path, verb: &str, error: &std::io::Error) -> Error {
    settings_error(format!("settings file `{}` cannot be {verb}: {error}", shown(path)))
}

fn change(root: &mut Table, path: &str, setting: &Setting) -> Result<(), Error> {
    match path.split_once('.') {
        None => put(root, path, setting),
        Some((section, key)) => {
            if *setting == Setting::Absent && !root.contains_key(section) {
                return Ok(());
            }
            let table = root.entry(section).or_insert_with(|| {
                let mut table = Table::new();
                table.decor_mut().set_prefix("\n");
                Item::Table(table)
            });
            let table = table.as_table_like_mut();
            put(table.ok_or_else(|| settings_error(format!("`{section}` is no table")))?, key, setting)
        }
    }
}

fn put(table: &mut dyn TableLike, key: &str, setting: &Setting) -> Result<(), Error> {
    let value = match setting {
        Setting::Absent => {
            table.remove(key);
            return Ok(());
        }
        Setting::Scope(pairs) => return scope(table, key, pairs),
        Setting::Rows(rows) => {
            mapping_rows(table, key, rows);
            return Ok(());
        }
        Setting::Text(text) => Value::from(text.as_str()),
        Setting::Integer(number) => Value::from(*number),
        Setting::Boolean(boolean) => Value::from(*boolean),
        Setting::List(list) => Value::Array(list.iter().map(String::as_str).collect()),
        Setting::Secret(way) => Value::InlineTable(secret(way)),
    };
    put_value(table, key, value);
    Ok(())
}

/// Sets a value and keeps the comment beside the one it replaces; an equal value is left untouched.
fn put_value(table: &mut dyn TableLike, key: &str, mut value: Value) {
    match table.get_mut(key) {
        Some(Item::Value(old)) => {
            if !is_equal(old, &value) {
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
        }
        Some(item) => *item = Item::Value(value),
        None => {
            table.insert(key, Item::Value(value));
        }
    }
}

/// Whether two values mean the same, however they are written.
fn is_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.value() == b.value(),
        (Value::Integer(a), Value::Integer(b)) => a.value() == b.value(),
        (Value::Boolean(a), Value::Boolean(b)) => a.value() == b.value(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| is_equal(a, b))
        }
        (Value::InlineTable(a), Value::InlineTable(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| is_equal(value, other)))
        }
        _ => false,
    }
}

fn secret(way: &SecretWay) -> InlineTable {
    let (form, text) = match way {
        SecretWay::Env(name) => ("env", name.clone()),
        SecretWay::File(path) => ("file", path.display().to_string()),
        SecretWay::Command(command) => ("command", command.clone()),
    };
    InlineTable::from_iter([(form, Value::from(text))])
}

fn scope(table: &mut dyn TableLike, key: &str, pairs: &[ScopePair]) -> Result<(), Error> {
    if let Some(Item::ArrayOfTables(tables)) = table.get_mut(key) {
        resize(tables, pairs.len());
        for (table, pair) in tables.iter_mut().zip(pairs) {
            put_pair(table, pair);
        }
        return Ok(());
    }
    if table.get(key).is_none_or(|item| !item.is_array()) {
        table.insert(key, Item::Value(Value::Array(Array::new())));
    }
    let array = table.get_mut(key).and_then(Item::as_array_mut);
    let array = array.ok_or_else(|| settings_error(format!("`{key}` is no list")))?;
    while array.len() > pairs.len() {
        array.remove(array.len() - 1);
    }
    while array.len() < pairs.len() {
        array.push(InlineTable::new());
    }
    for (element, pair) in array.iter_mut().zip(pairs) {
        if element.as_inline_table().is_none() {
            *element = Value::InlineTable(InlineTable::new());
        }
        if let Some(inline) = element.as_inline_table_mut() {
            put_pair(inline, pair);
        }
    }
    Ok(())
}

fn put_pair(table: &mut dyn TableLike, pair: &ScopePair) {
    put_value(table, "sources", Value::Array(pair.sources.iter().map(|unit| unit.0.as_str()).collect()));
    put_value(table, "target", Value::from(pair.target.0));
}

/// Makes the rows of the file those given. A row keeps its comments as long as its field stays.
fn mapping_rows(table: &mut dyn TableLike, key: &str, rows: &[MappingRow]) {
    let old = match table.remove(key) {
        Some(Item::ArrayOfTables(tables)) => tables.into_iter().collect(),
        Some(Item::Value(Value::Array(array))) => {
            array.into_iter().filter_map(|v| Item::Value(v).into_table().ok()).collect()
        }
        _ => Vec::new(),
    };
    let mut old: Vec<Table> = old;
    let mut tables = ArrayOfTables::new();
    for row in rows {
        let found = old.iter().position(|table| field_of(table) == Some(row.field.as_str()));
        let mut table = found.map_or_else(new_row, |index| old.remove(index));
        put_row(&mut table, row);
        tables.push(table);
    }
    if !rows.is_empty() {
        renumber(&mut tables);
        table.insert(key, Item::ArrayOfTables(tables));
    }
}

fn field_of(table: &Table) -> Option<&str> {
    table.get("field").and_then(Item::as_str)
}

fn new_row() -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table
}

/// Tables are printed by position: those of reordered rows have to follow their new order.
fn renumber(tables: &mut ArrayOfTables) {
    let mut positions: Vec<isize> = tables.iter().filter_map(Table::position).collect();
    positions.sort_unstable();
    let Some(last) = positions.last().copied() else { return };
    let mut positions = positions.into_iter();
    for table in tables.iter_mut() {
        table.set_position(Some(positions.next().unwrap_or(last)));
    }
}

fn put_row(table: &mut Table, row: &MappingRow) {
    let when = match row.when {
        When::Always => "always",
        When::Create => "create",
        When::IfEmpty => "if_empty",
    };
    let on_empty = match row.on_empty {
        OnEmpty::Skip => "skip",
        OnEmpty::Clear => "clear",
        OnEmpty::Block => "block",
    };
    if !row.label.is_empty() || table.contains_key("label") {
        put_value(table, "label", Value::from(row.label.as_str()));
    }
    put_value(table, "field", Value::from(row.field.as_str()));
    put_value(table, "value", Value::from(row.value.as_str()));
    for (key, word, is_default) in
        [("when", when, row.when == When::Always), ("on_empty", on_empty, row.on_empty == OnEmpty::Skip)]
    {
        if table.contains_key(key) || !is_default {
            put_value(table, key, Value::from(word));
        }
    }
}

fn resize(tables: &mut ArrayOfTables, length: usize) {
    while tables.len() > length {
        tables.remove(tables.len() - 1);
    }
    while tables.len() < length {
        tables.push(new_row());
    }
}
