//! What whoever watches the watching is told by the loop itself: how it stands, and what is in the way.

use super::{FULL_FROM, Following};
use crate::core::clock::elapsed_ms;
use crate::core::incremental::status::Notice;

/// How often a changed status is told.
pub(super) const STATUS_EVERY_MS: i64 = 1_000;
/// How often the growing age of what waits is told.
const AGE_EVERY_MS: i64 = 10_000;

impl Following<'_> {
    pub(super) fn trouble(&mut self, message: &str, wait_ms: i64) {
        self.status.trouble = Some(message.to_owned());
        let retry_seconds = u64::try_from(wait_ms / 1000).unwrap_or(0);
        (self.tell)(Notice::Trouble { message: message.to_owned(), retry_seconds }.into());
    }

    pub(super) fn tell_status(&mut self, is_last: bool) {
        let now = self.watching.clock.now_ms();
        if !is_last && now - self.told.at_ms < STATUS_EVERY_MS {
            return;
        }
        self.status.backlog = self.backlog.len() as u64;
        self.status.parked = self.backlog.parked() as u64;
        self.status.oldest_age_ms = self.backlog.oldest_ms().map_or(0, |since| elapsed_ms(since, now));
        self.status.suggests_full = self.backlog.len() > FULL_FROM;
        self.status.callbacks = self.watching.callbacks.totals();
        let is_old = self.status.backlog > 0 && now - self.told.at_ms >= AGE_EVERY_MS;
        if !self.status.is_as(&self.told) || is_old || is_last {
            self.status.at_ms = now;
            self.told = self.status.clone();
            (self.tell)(Notice::Status(Box::new(self.status.clone())).into());
        }
    }
}
