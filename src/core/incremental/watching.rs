//! What following works with, and what comes to it from outside.

use tokio::sync::mpsc::UnboundedReceiver;

use super::port::{Edit, Inbox, Waiting};
use super::refresh::Services;
use super::status::{Callbacks, Line};
use crate::core::clock::Clock;
use crate::core::journal::Journal;
use crate::core::profile::Profile;
use crate::core::source::{AccountCache, Source};
use crate::core::target::Target;

/// Where lines go.
pub type Tell<'t> = &'t (dyn Fn(Line) + Send + Sync);

/// What watching works with.
pub struct Watching<'a> {
    /// The wizard's answers.
    pub profile: &'a Profile,
    /// IDaaS.
    pub source: &'a dyn Source,
    /// DingTalk.
    pub target: &'a dyn Target,
    /// Where every call is written down.
    pub journal: &'a dyn Journal,
    /// Where events are kept.
    pub inbox: &'a dyn Inbox,
    /// Remembered account details.
    pub cache: &'a dyn AccountCache,
    /// Time.
    pub clock: &'a dyn Clock,
    /// What the receiver of callbacks has seen.
    pub callbacks: &'a Callbacks,
    /// Seconds between two polls.
    pub poll_seconds: u64,
    /// Where callbacks are received, for the lines.
    pub address: String,
    /// This process.
    pub pid: u32,
}

impl<'a> Watching<'a> {
    pub(super) fn services(&self) -> Services<'a> {
        Services { source: self.source, target: self.target }
    }
}

/// What comes from outside.
pub struct Feeds {
    /// Events of the source, stored already.
    pub events: UnboundedReceiver<Waiting>,
    /// What DingTalk itself tells.
    pub edits: UnboundedReceiver<Edit>,
}
