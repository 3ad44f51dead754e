//! Calls that an earlier process left in flight: what became of each is found out before anything else is sent for its
//! row. Rows that have nothing to do with them do not wait.

use std::sync::atomic::Ordering;

use super::record::{Done, Ended};
use super::settle::{Settled, settle};
use super::shared::Shared;
use super::write;
use crate::core::error::Error;
use crate::core::event::Outcome;
use crate::core::journal::{CallEnd, CallId, Intent};
use crate::core::target::Written;

/// What became of a call in flight.
pub(super) enum Found {
    /// It was applied.
    Applied(Written),
    /// It was certainly not applied.
    NotApplied,
    /// Nobody can find out: why. Its end stays open.
    Unknown(String),
}

/// Finds out what became of the calls that are open for a row; an end when nothing is left to be done for it.
pub(super) async fn take_up(shared: &Shared<'_>, row: usize) -> Option<Ended> {
    for (id, intent) in shared.take_open(row) {
        match settle_one(shared, id, &intent).await {
            Err(error) => return Some(Ended::Broken(error)),
            Ok(Found::Unknown(why)) => {
                return Some(Ended::Done(Done::new(shared, row, Outcome::Failed).because("ambiguous", why)));
            }
            Ok(Found::Applied(written)) if !intent.is_preparation => {
                let mut done = Done::new(shared, row, Outcome::Applied);
                done.target_id = write::id_of(shared.change(row), Some(&written));
                return Some(Ended::Done(done));
            }
            Ok(Found::Applied(_)) => {
                if let Some(freed) = intent.before.into_iter().next() {
                    shared.prepare(row, freed);
                }
            }
            Ok(Found::NotApplied) => shared.update_sent(row, |sent| sent.was_ambiguous = true),
        }
    }
    None
}

/// Finds out what became of one call in flight and stores its end.
pub(super) async fn settle_one(shared: &Shared<'_>, id: CallId, intent: &Intent) -> Result<Found, Error> {
    shared.settling.fetch_add(1, Ordering::Relaxed);
    let settled = settle(shared.work.target, shared.work.clock, shared, &intent.write, intent.at_ms).await;
    shared.settling.fetch_sub(1, Ordering::Relaxed);
    let (end, found) = match settled {
        Settled::Applied(written) => (CallEnd::Applied(written.clone()), Found::Applied(written)),
        Settled::NotApplied => (CallEnd::NotApplied { code: None }, Found::NotApplied),
        Settled::Unknown(why) => return Ok(Found::Unknown(why)),
        Settled::Broken(error) => return Err(error),
    };
    let learned = match &end {
        CallEnd::Applied(written) if !intent.is_preparation => {
            write::learned(shared, shared.change(intent.row), Some(written))
        }
        CallEnd::Applied(_) | CallEnd::NotApplied { .. } => Vec::new(),
    };
    shared.learn(&learned);
    shared.work.journal.end_call(id, end, learned).await?;
    Ok(found)
}
