//! Incremental synchronization: source events become small plans on the same path as a full sync.
//!
//! An event is a hint, not the truth: its object is read again (`refresh`) and taken into what is known of both sides
//! (`view`). The planner then plans what was touched and whoever shares a value with it (`part`), or everything after a
//! complete read; only rows whose source changed are carried out (`choose`), together with what they need. A difference
//! whose source did not change was made by hand in DingTalk: it is shown (`drift`) and never fought. When to act on
//! which object is the business of `backlog`, what happens at once that of `batch`, and the order of it all that of
//! `follow`. Rules: reference `outbound-semantics.md` section 7 (R, X).

mod backlog;
mod batch;
mod choose;
mod desired;
mod drift;
mod escrow;
mod finish;
mod follow;
mod keys;
mod part;
mod poll;
mod port;
mod refresh;
mod remembering;
mod removals;
mod start;
mod status;
mod view;

pub use drift::{Decided, decide};
pub use follow::{Feeds, Tell, Watching, follow};
pub use port::{
    Baseline, Delivery, Drift, DriftDecision, DriftState, Edit, EventEnd, EventState, Inbox, Receipt,
    SourceEvent, Waiting,
};
pub use start::may_watch;
pub use status::{CallbackTotals, Callbacks, Line, Notice, WatchStatus};

use std::fmt;

use serde::{Deserialize, Serialize};

use super::plan::{Change, Entity};
use super::source::{AccountId, UnitId};
use super::target::{DepartmentId, UserId};

/// The object that an event is about. Ordered as objects are dealt with: departments before people.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An organizational unit of IDaaS.
    Unit(UnitId),
    /// A department of DingTalk, changed by somebody else.
    Department(DepartmentId),
    /// An account of IDaaS.
    Account(AccountId),
    /// A user of DingTalk, changed by somebody else.
    User(UserId),
}

impl Subject {
    /// The source object of a row.
    pub fn of(change: &Change) -> Option<Self> {
        let id = change.source_id.clone()?;
        Some(match change.entity {
            Entity::Department => Self::Unit(UnitId(id)),
            Entity::User => Self::Account(AccountId(id)),
        })
    }

    /// The target object of a row.
    pub fn target_of(change: &Change) -> Option<Self> {
        let id = change.target_id.clone()?;
        Some(match change.entity {
            Entity::Department => Self::Department(DepartmentId(id.parse().ok()?)),
            Entity::User => Self::User(UserId(id)),
        })
    }

    /// Whether it is an object of IDaaS.
    pub fn is_source(&self) -> bool {
        matches!(self, Self::Unit(_) | Self::Account(_))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(id) => write!(f, "{id}"),
            Self::Department(id) => write!(f, "{id}"),
            Self::Account(id) => write!(f, "{id}"),
            Self::User(id) => write!(f, "{id}"),
        }
    }
}
