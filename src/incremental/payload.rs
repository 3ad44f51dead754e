//! The events of a request: data → `eventData` → `bizData`, each JSON inside a text; names of old and new instances.

use serde_json::Value;

use super::refusal::Refusal;
use crate::core::incremental::{SourceEvent, Subject};
use crate::core::source::{AccountId, UnitId};

const PREFIX: &str = "urn:alibaba:idaas:app:event:";
/// Characters of the longest id.
const LONGEST_ID: usize = 256;
/// Events of the largest request.
const MOST_EVENTS: usize = 10_000;

/// What one event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// An object is to be looked at.
    Look(SourceEvent),
    /// The connection is tried.
    Test(String),
    /// Nothing that concerns us.
    Nothing(String),
    /// It cannot be understood: the event's id, and why.
    Bad(String, &'static str),
}

/// The events of a request's data, in order.
pub(super) fn events(data: &Value) -> Result<Vec<Asked>, Refusal> {
    let malformed = |description: &str| Refusal::bad("malformed", description);
    let list = match data.get("eventData") {
        Some(Value::String(text)) => {
            serde_json::from_str(text).map_err(|_| malformed("eventData is no JSON"))?
        }
        Some(Value::Array(list)) => Value::Array(list.clone()),
        _ => return Err(malformed("the data has no eventData")),
    };
    let Value::Array(list) = list else { return Err(malformed("eventData is no list")) };
    if list.len() > MOST_EVENTS {
        return Err(malformed("the request has too many events"));
    }
    Ok(list.iter().map(asked).collect())
}

fn asked(event: &Value) -> Asked {
    let Some(id) = text(event, "eventId") else { return Asked::Bad(String::new(), "it has no eventId") };
    let Some(kind) = text(event, "eventType") else { return Asked::Bad(id, "it has no eventType") };
    let kind = kind.strip_prefix(PREFIX).unwrap_or(&kind);
    if kind == "common:test" {
        return Asked::Test(id);
    }
    let kind = kind.strip_prefix("ud:").unwrap_or(kind).to_owned();
    let record = match event.get("bizData") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
        Some(record) => record.clone(),
        None => Value::Null,
    };
    let account = || text(&record, "userId");
    let named = text(event, "bizId");
    let subject = match kind.split_once(':') {
        Some(("user", "update_password")) => return Asked::Nothing(id),
        Some(("user", _)) => account().or(named).map(|id| Subject::Account(AccountId(id))),
        Some(("organizational_unit", "add_user" | "remove_user")) => {
            let unit = named.map(|id| Subject::Unit(UnitId(id)));
            account().map(|id| Subject::Account(AccountId(id))).or(unit)
        }
        Some(("organizational_unit", _)) => {
            text(&record, "organizationalUnitId").or(named).map(|id| Subject::Unit(UnitId(id)))
        }
        // A group may matter to a mapping, but only through the account in it.
        Some(("group", "add_user" | "remove_user")) => match account() {
            Some(id) => Some(Subject::Account(AccountId(id))),
            None => return Asked::Nothing(id),
        },
        _ => return Asked::Nothing(id),
    };
    match subject {
        Some(subject) => {
            let at_ms = number(event, "eventTime");
            Asked::Look(SourceEvent { id, kind, subject, at_ms })
        }
        None => Asked::Bad(id, "it does not say which object it is about"),
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?;
    let is_plain = !text.is_empty() && text.len() <= LONGEST_ID && !text.chars().any(char::is_control);
    is_plain.then(|| text.to_owned())
}

/// A number, or a text that is one.
fn number(value: &Value, name: &str) -> Option<i64> {
    match value.get(name)? {
        Value::String(text) => text.parse().ok(),
        value => value.as_i64(),
    }
}
