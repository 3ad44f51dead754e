//! The settings file as text with positions: parsed into plain nodes that remember where they stand.

use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, TableLike};

use super::problem::{Problems, quoted};

/// A value of the file, with the byte at which it starts.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// A float or a date: no setting takes one.
    Other(&'static str),
}

/// A key of a table with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) at: usize,
    pub(crate) node: Node,
}

impl Node {
    /// The node under a dotted path such as `idaas.region`.
    pub(crate) fn get(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, key| node.entry(key).map(|entry| &entry.node))
    }

    /// The entry of a key, when this is a table that has it.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries, when this is a table.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::List(_) | Value::Other(_) => &[],
        }
    }

    /// The elements, when this is a list.
    pub(crate) fn elements(&self) -> &[Self] {
        match &self.value {
            Value::List(elements) => elements,
            Value::Text(_) | Value::Integer(_) | Value::Boolean(_) | Value::Table(_) | Value::Other(_) => &[],
        }
    }

    /// The text, when this is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, when this is one.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self.value {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }

    /// The boolean, when this is one.
    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.value {
            Value::Boolean(boolean) => Some(boolean),
            _ => None,
        }
    }

    /// The kind in words, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "text",
            Value::Integer(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
            Value::Other(kind) => kind,
        }
    }
}

/// The text of a settings file and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// `file:line:column` of a byte, both counted from 1, columns in characters.
    pub(crate) fn place(&self, at: usize) -> String {
        let (line, column) = self.position(at);
        format!("{}:{line}:{column}", self.shown())
    }

    /// The file's name as it is shown in messages.
    pub(crate) fn shown(&self) -> String {
        shown(&self.path)
    }

    /// Line and column of a byte, both counted from 1, columns in characters.
    pub(crate) fn position(&self, at: usize) -> (usize, usize) {
        let mut end = at.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// The file's root table; `None` after a syntax error, which is added to `problems`.
    pub(crate) fn parse(&self, problems: &mut Problems) -> Option<Node> {
        match Document::parse(self.text.as_str()) {
            Ok(document) => Some(table(document.as_table(), 0)),
            Err(error) => {
                // The error's own text repeats the line, which may hold a secret: only its message is kept.
                let at = error.span().map_or(0, |span| span.start);
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                problems.add(at, "", format!("not valid TOML: {message}"));
                None
            }
        }
    }
}

/// A path as it is shown in messages: control characters escaped.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if text.chars().any(char::is_control) { quoted(&text) } else { text }
}

fn table(table: &dyn TableLike, at: usize) -> Node {
    let entries = table.iter().filter_map(|(key, item)| {
        let key_at = table.key(key).and_then(|key| key.span()).map(|span| span.start);
        let node = node(item, key_at.unwrap_or(at))?;
        // A key inside a dotted header may carry no place of its own; the value's is the next best.
        Some(Entry { key: key.to_owned(), at: key_at.unwrap_or(node.at), node })
    });
    Node { at, value: Value::Table(entries.collect()) }
}

fn node(item: &Item, near: usize) -> Option<Node> {
    let at = item.span().map_or(near, |span| span.start);
    match item {
        Item::None => None,
        Item::Table(inner) => Some(table(inner, at)),
        Item::ArrayOfTables(tables) => {
            let elements =
                tables.iter().map(|inner| table(inner, inner.span().map_or(at, |span| span.start)));
            Some(Node { at, value: Value::List(elements.collect()) })
        }
        Item::Value(inner) => Some(value(inner, at)),
    }
}

fn value(value: &toml_edit::Value, near: usize) -> Node {
    use toml_edit::Value as Toml;
    let at = value.span().map_or(near, |span| span.start);
    let held = match value {
        Toml::String(text) => Value::Text(text.value().clone()),
        Toml::Integer(number) => Value::Integer(*number.value()),
        Toml::Boolean(boolean) => Value::Boolean(*boolean.value()),
        Toml::Float(_) => Value::Other("a number with a point"),
        Toml::Datetime(_) => Value::Other("a date"),
        Toml::Array(array) => Value::List(array.iter().map(|element| self::value(element, at)).collect()),
        Toml::InlineTable(inner) => return table(inner, at),
    };
    Node { at, value: held }
}
