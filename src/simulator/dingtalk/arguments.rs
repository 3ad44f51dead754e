//! What a caller sent, however it was sent: query, form, or JSON; nested values as JSON text; numbers and truth
//! values as text (reference `dingtalk-api.md` sections 0 and 12.7).

use serde_json::{Map, Value};

/// The merged arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Arguments(Map<String, Value>);

impl Arguments {
    /// Query first, then the body; `Err` for a JSON body that is none.
    pub(super) fn read(query: &str, content_type: &str, body: &[u8]) -> Result<Self, ()> {
        let mut merged = Map::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            merged.insert(name.into_owned(), Value::String(value.into_owned()));
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(merged));
        }
        if content_type.contains("x-www-form-urlencoded") {
            for (name, value) in url::form_urlencoded::parse(body) {
                merged.insert(name.into_owned(), Value::String(value.into_owned()));
            }
        } else if let Value::Object(members) = serde_json::from_slice(body).map_err(|_| ())? {
            merged.extend(members);
        }
        Ok(Self(merged))
    }

    /// Text; numbers and truth values become text. `None` when absent or null.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            nested @ (Value::Array(_) | Value::Object(_)) => Some(nested.to_string()),
        }
    }

    /// An integer, also as text.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A truth value, also as text.
    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => text.trim().to_lowercase().parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A comma list of numbers, or an array of them; `None` when absent, `Err` when an element is no number.
    pub(super) fn ids(&self, name: &str) -> Option<Result<Vec<i64>, ()>> {
        let parse = |text: &str| text.trim().parse::<i64>().map_err(|_| ());
        match self.0.get(name)? {
            Value::Array(list) => Some(
                list.iter()
                    .map(|item| item.as_i64().ok_or(()).or_else(|()| item.as_str().map_or(Err(()), parse)))
                    .collect(),
            ),
            Value::Number(number) => Some(number.as_i64().map(|id| vec![id]).ok_or(())),
            Value::String(text) if text.trim().is_empty() => Some(Ok(Vec::new())),
            Value::String(text) => Some(text.split(',').map(parse).collect()),
            Value::Null | Value::Bool(_) | Value::Object(_) => None,
        }
    }

    /// An object, also as JSON text.
    pub(super) fn object(&self, name: &str) -> Option<Result<Map<String, Value>, ()>> {
        match self.0.get(name)? {
            Value::Object(members) => Some(Ok(members.clone())),
            Value::String(text) if text.trim().is_empty() => Some(Ok(Map::new())),
            Value::String(text) => Some(serde_json::from_str(text).map_err(|_| ())),
            Value::Null => None,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => Some(Err(())),
        }
    }

    /// The raw value.
    pub(super) fn raw(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}
