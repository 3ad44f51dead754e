//! Rows that DingTalk refused: not tried again with the same content until much later, so that one poisoned record
//! neither blocks the others nor is sent at every poll. Pure.

use std::collections::HashMap;

use super::Subject;
use crate::core::plan::{Action, Change, FieldChange};

const HOUR_MS: i64 = 3_600_000;
/// Hours until the next attempt: after the first, the second and every further refusal.
const WAITS: [i64; 3] = [6, 12, 24];

#[derive(Debug)]
struct Refused {
    action: Action,
    fields: Vec<FieldChange>,
    times: usize,
    until_ms: i64,
}

/// Refused rows by their source object.
#[derive(Debug, Default)]
pub(super) struct Escrow(HashMap<Subject, Refused>);

impl Escrow {
    /// A row was refused.
    pub(super) fn refuse(&mut self, subject: Subject, change: &Change, now: i64) {
        let times = self.0.get(&subject).filter(|known| is_as(known, change)).map_or(0, |known| known.times);
        let hours = WAITS[times.min(WAITS.len() - 1)];
        let refused = Refused {
            action: change.action,
            fields: change.fields.clone(),
            times: times + 1,
            until_ms: now + hours * HOUR_MS,
        };
        self.0.insert(subject, refused);
    }

    /// Whether a row was refused with just this content, not long ago.
    pub(super) fn holds(&self, subject: &Subject, change: &Change, now: i64) -> bool {
        self.0.get(subject).is_some_and(|known| now < known.until_ms && is_as(known, change))
    }

    /// The record is as wished.
    pub(super) fn forget(&mut self, subject: &Subject) {
        self.0.remove(subject);
    }

    /// Rows that are held back.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

fn is_as(known: &Refused, change: &Change) -> bool {
    known.action == change.action && known.fields == change.fields
}
