//! What must survive between events: the events themselves, what each object was last known to be wished as, and
//! what was found changed by hand. The port behind which the state file lives.

use std::collections::HashMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Subject;
use crate::core::error::Error;
use crate::core::plan::{Action, Change, Entity, FieldChange};

/// One event of the source, as far as it is believed: which object, and what is said to have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceEvent {
    /// `eventId`.
    pub id: String,
    /// The event type after its common beginning: `user:create`.
    pub kind: String,
    /// What it is about.
    pub subject: Subject,
    /// `eventTime`, Unix milliseconds.
    pub at_ms: Option<i64>,
}

/// The events of one request.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// `jti`; a second request with it is a replay.
    pub token_id: String,
    /// When the request's signature expires, Unix milliseconds: until then a replay must be recognised.
    pub expires_ms: i64,
    /// Its events.
    pub events: Vec<SourceEvent>,
    /// Ids of events that are only remembered so that a repetition is recognised.
    pub remembered: Vec<String>,
    /// When it came, Unix milliseconds.
    pub received_at_ms: i64,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Event ids that were known before.
    pub repeated: Vec<String>,
    /// The whole request was known before.
    pub is_replay: bool,
}

/// An event that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The event.
    pub event: SourceEvent,
    /// When it came, Unix milliseconds.
    pub received_at_ms: i64,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventState {
    /// Not yet dealt with.
    Waiting,
    /// DingTalk is as the source wishes.
    Done,
    /// The record is blocked or in conflict.
    Held,
    /// It could not be carried out; a full sync is needed.
    Failed,
}

impl EventState {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }
}

/// The end of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEnd {
    /// `eventId`.
    pub id: String,
    /// What became of it.
    pub state: EventState,
    /// Why, where it is not done.
    pub note: Option<String>,
}

/// What every object was wished as when both sides last agreed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// What it was computed by: another profile makes other marks.
    pub profile: Option<String>,
    /// The mark of each object's wish.
    pub marks: HashMap<Subject, i64>,
}

/// A difference that somebody made by hand in DingTalk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Department or user.
    pub entity: Entity,
    /// IDaaS id.
    pub source_id: String,
    /// DingTalk id as text.
    pub target_id: String,
    /// The name to show.
    pub name: String,
    /// What re-applying does: `update` and `move` write the differences back, `create` makes it again.
    pub action: Action,
    /// `before` is what DingTalk holds, `after` what was agreed.
    pub fields: Vec<FieldChange>,
    /// When it was found, Unix milliseconds.
    pub found_at_ms: i64,
    /// Whether somebody has accepted it.
    pub state: DriftState,
}

impl Drift {
    /// A row of a plan as drift; `bound` is the DingTalk id the record had, for one that is gone.
    pub fn of(change: &Change, bound: Option<String>, found_at_ms: i64) -> Option<Self> {
        Some(Self {
            entity: change.entity,
            source_id: change.source_id.clone()?,
            target_id: change.target_id.clone().or(bound)?,
            name: change.name.clone(),
            action: change.action,
            fields: change.fields.clone(),
            found_at_ms,
            state: DriftState::Open,
        })
    }

    /// Whether two findings are the same, whenever they were made.
    pub fn is_same(&self, other: &Self) -> bool {
        self.target_id == other.target_id && self.action == other.action && self.fields == other.fields
    }
}

/// How a drift stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftState {
    /// Nobody has decided.
    Open,
    /// Somebody said that it may stay.
    Accepted,
    /// It was written back.
    Reapplied,
    /// It went away by itself.
    Gone,
}

/// What somebody decided on a drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftDecision {
    /// Write back what was agreed.
    Reapply,
    /// Leave it, and do not show it again.
    Accept,
}

/// What the feed of DingTalk's own events tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// The feed is connected.
    Connected,
    /// The feed was lost; the reason.
    Lost(String),
    /// An object was changed, by us or by somebody else.
    Changed(Subject),
}

/// The durable side of incremental synchronization. Every method resolves after its data is flushed to disk.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Stores the events of a request that are not known yet.
    async fn receive(&self, delivery: Delivery) -> Result<Receipt, Error>;
    /// Events that wait, in the order they came.
    async fn waiting(&self) -> Result<Vec<Waiting>, Error>;
    /// Stores what became of events.
    async fn end(&self, ends: Vec<EventEnd>, at_ms: i64) -> Result<(), Error>;
    /// Events that were not carried out, by their state.
    async fn unsuccessful(&self) -> Result<(u64, u64), Error>;
    /// What every object was wished as when both sides last agreed.
    async fn baseline(&self) -> Result<Baseline, Error>;
    /// Stores marks; `None` forgets. Another profile than the stored one forgets all others.
    async fn agree(&self, profile: &str, marks: Vec<(Subject, Option<i64>)>) -> Result<(), Error>;
    /// Every drift, with what was decided on it and not yet carried out.
    async fn drifts(&self) -> Result<Vec<(Drift, Option<DriftDecision>)>, Error>;
    /// Stores a drift; whatever was decided on an earlier finding of the record is forgotten.
    async fn put_drift(&self, drift: &Drift) -> Result<(), Error>;
    /// Forgets the drift of a record.
    async fn drop_drift(&self, entity: Entity, source_id: &str) -> Result<(), Error>;
    /// Stores a decision for whoever watches; `false` when there is no such drift.
    async fn decide(&self, entity: Entity, source_id: &str, decision: DriftDecision) -> Result<bool, Error>;
}
