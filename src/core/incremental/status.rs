//! What whoever watches the watching is told: lines as things happen, and how it all stands.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::port::{Drift, DriftState};
use crate::core::event::Event;
use crate::core::plan::{Action, Entity, FieldChange, LimitExceeded};

/// One line of `watch --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Line {
    /// A line of a small run.
    Run(Event),
    /// Anything else.
    Notice(Notice),
}

/// A line that a full sync has not.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Notice {
    /// Everything is read; events are dealt with from here on.
    Listening {
        /// Where callbacks are received.
        address: String,
    },
    /// A difference made by hand in DingTalk: found, decided on, or gone.
    Drift {
        /// Department or user.
        entity: Entity,
        /// IDaaS id.
        source_id: String,
        /// DingTalk id.
        target_id: String,
        /// The record's name.
        name: String,
        /// What re-applying does.
        action: Action,
        /// What DingTalk holds and what was agreed.
        fields: Vec<FieldChange>,
        /// How it stands.
        state: DriftState,
    },
    /// Both sides were compared; what was missed is written after this line.
    Repair {
        /// Records whose source changed without an event that arrived.
        missed: u64,
        /// Records changed by hand in DingTalk.
        drift: u64,
        /// Whether DingTalk was read too, or the source alone.
        full: bool,
    },
    /// An event was given up, or its record cannot be sent.
    Attention {
        /// IDaaS id.
        source_id: String,
        /// `held` or `failed`.
        state: super::port::EventState,
        /// Why.
        reason: String,
    },
    /// Rows are withheld because a limit would be exceeded.
    Withheld {
        /// Which.
        limits: Vec<LimitExceeded>,
        /// Rows withheld.
        records: u64,
    },
    /// The mapping or scenario changed since the last full sync: unchanged people are not sent again by watching.
    MappingChanged {
        /// Records that differ.
        records: u64,
    },
    /// A service or the feed cannot be reached; it is tried again.
    Trouble {
        /// Why.
        message: String,
        /// Seconds until the next attempt.
        retry_seconds: u64,
    },
    /// How it all stands.
    Status(Box<WatchStatus>),
}

impl From<Notice> for Line {
    fn from(notice: Notice) -> Self {
        Self::Notice(notice)
    }
}

impl Line {
    /// The line about a drift.
    pub(super) fn drift(drift: &Drift, state: DriftState) -> Self {
        let Drift { entity, action, .. } = *drift;
        Self::Notice(Notice::Drift {
            entity,
            source_id: drift.source_id.clone(),
            target_id: drift.target_id.clone(),
            name: drift.name.clone(),
            action,
            fields: drift.fields.clone(),
            state,
        })
    }
}

/// How watching stands; also the status file beside the state and the answer of the health address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WatchStatus {
    /// Where callbacks are received.
    pub address: String,
    /// Process id of the watching process.
    pub pid: u32,
    /// Unix milliseconds.
    pub started_at_ms: i64,
    /// Unix milliseconds of this status.
    pub at_ms: i64,
    /// Objects that wait.
    pub backlog: u64,
    /// Age of the oldest waiting event, milliseconds.
    pub oldest_age_ms: u64,
    /// Objects that wait for something they lack.
    pub parked: u64,
    /// Events whose record is blocked or in conflict.
    pub held: u64,
    /// Events that were given up.
    pub failed: u64,
    /// Rows that DingTalk refused, tried again much later.
    pub refused: u64,
    /// Records changed by hand that nobody has decided on.
    pub drift: u64,
    /// When the last event came.
    pub last_event_at_ms: Option<i64>,
    /// When the last record was written.
    pub last_write_at_ms: Option<i64>,
    /// When both sides were last compared.
    pub last_repair_at_ms: Option<i64>,
    /// When they are compared next.
    pub next_repair_at_ms: Option<i64>,
    /// Whether the feed of DingTalk's own events is connected.
    pub edits_connected: bool,
    /// Why nothing can be done for the moment.
    pub trouble: Option<String>,
    /// The mapping changed since the last full sync.
    pub mapping_changed: bool,
    /// More waits than single reads are good for: a full sync is quicker.
    pub suggests_full: bool,
    /// What the receiver of callbacks has seen.
    pub callbacks: CallbackTotals,
}

impl WatchStatus {
    /// Whether events are dealt with: none waits much longer than a missing prerequisite is waited for.
    pub fn is_well(&self) -> bool {
        const LONGEST_MS: u64 = 15 * 60 * 1000;
        self.oldest_age_ms < LONGEST_MS
    }

    /// The same but for what changes with every second.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        let plain = |status: &Self| Self { at_ms: 0, oldest_age_ms: 0, ..status.clone() };
        plain(self) == plain(other)
    }
}

/// What the receiver of callbacks has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallbackTotals {
    /// Requests that were accepted.
    pub accepted: u64,
    /// Events that were stored.
    pub events: u64,
    /// Events that came again.
    pub repeated: u64,
    /// Requests that came again.
    pub replayed: u64,
    /// Requests that were refused, by the reason.
    pub refused: BTreeMap<String, u64>,
    /// When the last request was accepted, Unix milliseconds.
    pub last_at_ms: Option<i64>,
    /// When the last test event came, Unix milliseconds.
    pub test_seen_at_ms: Option<i64>,
}

/// The receiver's totals, shared between it and whoever tells them.
#[derive(Debug, Default)]
pub struct Callbacks(Mutex<CallbackTotals>);

impl Callbacks {
    /// The totals.
    pub fn totals(&self) -> CallbackTotals {
        self.lock().clone()
    }

    /// Changes the totals.
    pub fn count(&self, change: impl FnOnce(&mut CallbackTotals)) {
        change(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, CallbackTotals> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
