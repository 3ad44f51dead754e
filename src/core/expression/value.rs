//! The values an expression computes with.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

/// A value. Numbers are IEEE doubles: times in milliseconds and counts are exact.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Missing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object, its members in a fixed order.
    Object(Vec<(&'static str, Value)>),
}

impl Value {
    /// From optional text.
    pub fn text(text: Option<&str>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.to_owned()))
    }

    /// From an optional integer.
    #[expect(clippy::cast_precision_loss, reason = "Unix milliseconds are far below 2^53")]
    pub fn integer(number: Option<i64>) -> Self {
        number.map_or(Self::Null, |number| Self::Number(number as f64))
    }

    /// Null, empty text or an empty list.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Bool(_) | Self::Number(_) | Self::Object(_) => false,
        }
    }

    /// What the value is called in an error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The text of a scalar; `None` for null; an error names what cannot be text.
    pub fn to_text(&self) -> Result<Option<Cow<'_, str>>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Bool(value) => Ok(Some(Cow::Owned(value.to_string()))),
            Self::Number(number) => Ok(Some(Cow::Owned(number_text(*number)))),
            Self::Text(text) => Ok(Some(Cow::Borrowed(text))),
            Self::List(_) | Self::Object(_) => Err(format!("{} is no text", self.kind())),
        }
    }

    /// [`Value::to_text`] without a copy of what is text already.
    pub fn into_text(self) -> Result<Option<String>, String> {
        match self {
            Self::Text(text) => Ok(Some(text)),
            other => Ok(other.to_text()?.map(Cow::into_owned)),
        }
    }

    /// The member of an object; null where there is none.
    pub fn member(&self, name: &str) -> Self {
        match self {
            Self::Object(members) => {
                members.iter().find(|(key, _)| *key == name).map_or(Self::Null, |(_, value)| value.clone())
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::List(_) => Self::Null,
        }
    }

    /// As JSON.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(number) => integral(*number)
                .map(Json::from)
                .or_else(|| serde_json::Number::from_f64(*number).map(Json::Number))
                .unwrap_or(Json::Null),
            Self::Text(text) => Json::String(text.clone()),
            Self::List(list) => Json::Array(list.iter().map(Self::to_json).collect()),
            Self::Object(members) => Json::Object(
                members
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// A number as people write it: without a fraction where it has none.
pub(super) fn number_text(number: f64) -> String {
    integral(number).map_or_else(|| number.to_string(), |integer| integer.to_string())
}

/// The integer a number is exactly, within the range where doubles are exact.
#[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
pub(super) fn integral(number: f64) -> Option<i64> {
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    exact.then_some(number as i64)
}
