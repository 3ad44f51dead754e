//! When the loop has something to do: what is due next, and how long a service that cannot be reached is left alone.

use super::telling::STATUS_EVERY_MS;
use super::{FULL_FROM, Following};
use crate::core::clock::elapsed_ms;
use crate::core::error::Error;
use crate::core::incremental::Subject;
use crate::core::incremental::backlog::Entry;

/// Waits while a service cannot be reached: the first, and the longest.
pub(super) const FIRST_WAIT_MS: i64 = 2_000;
pub(super) const LONGEST_WAIT_MS: i64 = 60_000;

impl Following<'_> {
    /// Whether events are dealt with one by one; too many wait for a read of everything.
    pub(super) fn takes_events(&self) -> bool {
        !self.is_burst || self.backlog.sources() <= FULL_FROM
    }

    /// Milliseconds until something is due.
    pub(super) fn wait(&self) -> u64 {
        let now = self.watching.clock.now_ms();
        let mut next = now + STATUS_EVERY_MS;
        if self.idle.is_some() {
            let work = [
                Some(self.next_decisions_ms),
                self.backlog.next_ms(!self.is_burst).filter(|_| self.takes_events()),
                self.read.as_ref().map(|_| now),
            ];
            let work = work.into_iter().flatten().min().map(|at| at.max(self.resume_ms));
            next = next.min(work.unwrap_or(next));
            if self.reading.is_none() {
                next = next.min(self.polls.next_ms.max(self.resume_ms));
            }
        }
        elapsed_ms(now, next).max(1)
    }

    /// A service cannot be reached: everything waits, longer each time.
    pub(super) fn postpone(&mut self, entries: Vec<(Subject, Entry)>, error: &Error, now: i64) {
        self.resume_ms = now + self.wait_ms;
        self.backlog.postpone(entries, self.resume_ms);
        self.trouble(&error.message, self.wait_ms);
        self.wait_ms = (self.wait_ms * 2).min(LONGEST_WAIT_MS);
    }
}
