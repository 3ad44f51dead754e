//! Answers as the vendor's sender expects them.

use serde::Serialize;

use super::payload::Asked;
use super::refusal::Refusal;

/// What became of each event of a request.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    success_events: Vec<EventAnswer>,
    skipped_events: Vec<EventAnswer>,
    failed_events: Vec<EventAnswer>,
    retried_events: Vec<EventAnswer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct EventAnswer {
    event_id: String,
    event_code: &'static str,
    event_message: String,
}

/// A request refused as a whole.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorAnswer {
    error: &'static str,
    error_description: String,
}

impl From<&Refusal> for ErrorAnswer {
    fn from(refusal: &Refusal) -> Self {
        Self { error: refusal.error(), error_description: refusal.description.clone() }
    }
}

impl Answer {
    /// Events that were taken, repeated ones apart.
    pub(super) fn taken(asked: &[Asked], repeated: &[String]) -> Self {
        let mut answer = Self::default();
        for one in asked {
            match one {
                Asked::Bad(id, why) => answer.failed_events.push(event(id, "bad_event", *why)),
                Asked::Look(_) | Asked::Test(_) | Asked::Nothing(_)
                    if repeated.iter().any(|id| id == one.id()) =>
                {
                    answer.skipped_events.push(event(one.id(), "duplicate", "it was received before"));
                }
                Asked::Look(_) | Asked::Test(_) => {
                    answer.success_events.push(event(one.id(), "SUCCESS", "SUCCESS"));
                }
                Asked::Nothing(id) => {
                    answer.skipped_events.push(event(id, "auto_skipped", "nothing depends on it"));
                }
            }
        }
        answer
    }

    /// Nothing could be stored: the sender tries again.
    pub(super) fn retried(asked: &[Asked], why: &str) -> Self {
        let mut answer = Self::taken(asked, &[]);
        for mut one in answer.success_events.drain(..) {
            one.event_code = "exception";
            one.event_message = why.to_owned();
            answer.retried_events.push(one);
        }
        answer
    }
}

impl Asked {
    /// The event's id.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Look(event) => &event.id,
            Self::Test(id) | Self::Nothing(id) | Self::Bad(id, _) => id,
        }
    }
}

fn event(id: &str, code: &'static str, message: impl Into<String>) -> EventAnswer {
    EventAnswer { event_id: id.to_owned(), event_code: code, event_message: message.into() }
}
