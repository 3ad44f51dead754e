//! Which object is dealt with when: the first event of an idle object at once, those that follow within two seconds
//! together, what lacks a prerequisite later and later for up to ten minutes. Pure.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Subject;
use crate::core::source::AccountId;

/// Events of one object within this time are one.
const TOGETHER_MS: i64 = 2_000;
/// How long a missing prerequisite is waited for.
const PATIENCE_MS: i64 = 600_000;
/// The first wait of an object that lacks something, and the longest.
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 30_000;
/// Objects of DingTalk looked at in one go: what we wrote ourselves is told there too, and must not hold up events.
const EDITS_AT_ONCE: usize = 8;
/// How often an object that somebody changed meanwhile is planned again without waiting.
const AT_ONCE: u32 = 3;

/// One object that waits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entry {
    /// Its events.
    pub events: Vec<String>,
    /// One of them says that it is gone.
    pub is_deleted: bool,
    /// When the oldest event came.
    pub since_ms: i64,
    /// When the youngest event came.
    pub last_ms: i64,
    /// When it is to be dealt with.
    ready_ms: i64,
    /// How often it was dealt with in vain.
    pub attempts: u32,
    /// When it was first dealt with in vain.
    parked_ms: Option<i64>,
}

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    entries: BTreeMap<Subject, Entry>,
    /// When each object was last dealt with.
    acted: HashMap<Subject, i64>,
}

impl Backlog {
    /// Takes in an event of an object.
    pub(super) fn add(
        &mut self,
        subject: Subject,
        event: Option<String>,
        is_deleted: bool,
        since_ms: i64,
        now: i64,
    ) {
        let last = self.acted.get(&subject).copied().filter(|at| now - at < TOGETHER_MS && *at <= now);
        let ready_ms = last.map_or(now, |at| at + TOGETHER_MS);
        let entry =
            self.entries.entry(subject).or_insert_with(|| Entry { since_ms, ready_ms, ..Entry::default() });
        entry.events.extend(event);
        entry.is_deleted |= is_deleted;
        entry.last_ms = entry.last_ms.max(now);
        if entry.parked_ms.is_some() {
            // Something happened to it: what it lacked may be there.
            entry.ready_ms = entry.ready_ms.min(ready_ms);
        }
    }

    /// Takes out what is due, at most so many: departments before people; objects of DingTalk only when they are asked
    /// for and none of the source is due, and few of them at once.
    pub(super) fn take(&mut self, now: i64, most: usize, with_edits: bool) -> Vec<(Subject, Entry)> {
        self.acted.retain(|_, at| now - *at < TOGETHER_MS);
        let due =
            || self.entries.iter().filter(|(_, entry)| entry.ready_ms <= now).map(|(subject, _)| subject);
        let is_waited_for = !with_edits || due().any(Subject::is_source);
        let most = if is_waited_for { most } else { most.min(EDITS_AT_ONCE) };
        let due: Vec<Subject> =
            due().filter(|subject| subject.is_source() == is_waited_for).take(most).cloned().collect();
        let mut taken = Vec::with_capacity(due.len());
        for subject in due {
            if let Some(entry) = self.entries.remove(&subject) {
                self.acted.insert(subject.clone(), now);
                taken.push((subject, entry));
            }
        }
        taken
    }

    /// Takes out whatever is due and has had no event since a moment: what a complete read that began then shows.
    pub(super) fn take_until(&mut self, moment_ms: i64, now: i64) -> Vec<(Subject, Entry)> {
        let is_shown = |entry: &Entry| entry.ready_ms <= now && entry.last_ms < moment_ms;
        let shown = self.entries.iter().filter(|(_, entry)| is_shown(entry));
        let shown: Vec<Subject> = shown.map(|(subject, _)| subject.clone()).collect();
        self.acted.extend(shown.iter().map(|subject| (subject.clone(), now)));
        shown.into_iter().filter_map(|subject| self.entries.remove_entry(&subject)).collect()
    }

    /// Puts an object back because somebody changed it meanwhile: at once, a few times.
    pub(super) fn again(&mut self, subject: Subject, mut entry: Entry, now: i64) {
        entry.attempts += 1;
        entry.ready_ms = if entry.attempts <= AT_ONCE { now } else { now + LONGEST_WAIT_MS };
        self.put_back(subject, entry);
    }

    /// Puts an object back because it lacks something; gives it up (`Some`) when it has waited long enough.
    pub(super) fn park(&mut self, subject: Subject, mut entry: Entry, now: i64) -> Option<Entry> {
        let since = *entry.parked_ms.get_or_insert(now);
        if now - since >= PATIENCE_MS {
            return Some(entry);
        }
        let doubled = FIRST_WAIT_MS.saturating_mul(1 << entry.attempts.min(16));
        entry.attempts += 1;
        entry.ready_ms = now + doubled.min(LONGEST_WAIT_MS);
        self.put_back(subject, entry);
        None
    }

    /// Puts objects back because a service cannot be reached: all of them, after a wait.
    pub(super) fn postpone(&mut self, entries: Vec<(Subject, Entry)>, until_ms: i64) {
        for (subject, mut entry) in entries {
            entry.ready_ms = until_ms;
            self.put_back(subject, entry);
        }
    }

    /// Lets everything that lacks something try again: a prerequisite may have come.
    pub(super) fn wake(&mut self, now: i64) {
        for entry in self.entries.values_mut().filter(|entry| entry.parked_ms.is_some()) {
            entry.ready_ms = entry.ready_ms.min(now);
        }
    }

    /// Accounts that wait.
    pub(super) fn accounts(&self) -> HashSet<AccountId> {
        let account = |subject: &Subject| match subject {
            Subject::Account(id) => Some(id.clone()),
            Subject::Unit(_) | Subject::User(_) | Subject::Department(_) => None,
        };
        self.entries.keys().filter_map(account).collect()
    }

    /// When something is due next, objects of DingTalk only when they are asked for.
    pub(super) fn next_ms(&self, with_edits: bool) -> Option<i64> {
        let waiting = self.entries.iter().filter(|(subject, _)| with_edits || subject.is_source());
        waiting.map(|(_, entry)| entry.ready_ms).min()
    }

    /// Objects that wait.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Objects of the source that wait. What DingTalk tells of our own writes is no burst.
    pub(super) fn sources(&self) -> usize {
        self.entries.keys().filter(|subject| subject.is_source()).count()
    }

    /// Objects that wait because they lack something.
    pub(super) fn parked(&self) -> usize {
        self.entries.values().filter(|entry| entry.parked_ms.is_some()).count()
    }

    /// When the oldest waiting event came.
    pub(super) fn oldest_ms(&self) -> Option<i64> {
        self.entries.values().map(|entry| entry.since_ms).min()
    }

    fn put_back(&mut self, subject: Subject, mut entry: Entry) {
        if let Some(newer) = self.entries.remove(&subject) {
            entry.events.extend(newer.events);
            entry.is_deleted |= newer.is_deleted;
            entry.last_ms = entry.last_ms.max(newer.last_ms);
            entry.ready_ms = entry.ready_ms.min(newer.ready_ms);
        }
        self.entries.insert(subject, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::source::UnitId;

    fn account(id: &str) -> Subject {
        Subject::Account(AccountId(id.into()))
    }

    fn taken(backlog: &mut Backlog, now: i64) -> Vec<String> {
        backlog.take(now, 100, true).into_iter().map(|(subject, _)| subject.to_string()).collect()
    }

    #[test]
    fn the_first_event_is_acted_on_at_once_and_the_next_ones_together_two_seconds_later() {
        let mut backlog = Backlog::default();
        backlog.add(account("a"), Some("e1".into()), false, 0, 0);
        assert_eq!(taken(&mut backlog, 0), ["a"]);
        backlog.add(account("a"), Some("e2".into()), false, 100, 100);
        backlog.add(account("a"), Some("e3".into()), false, 1900, 1900);
        backlog.add(account("b"), Some("e4".into()), false, 1900, 1900);
        assert_eq!(taken(&mut backlog, 1900), ["b"], "a second object does not wait for the first");
        assert!(taken(&mut backlog, 1999).is_empty());
        let merged = backlog.take(2000, 100, true);
        assert_eq!(merged.len(), 1);
        assert_eq!(merged[0].1.events, ["e2", "e3"]);
    }

    #[test]
    fn what_dingtalk_tells_waits_for_events_of_the_source() {
        let mut backlog = Backlog::default();
        for number in 0..20 {
            backlog.add(Subject::Department(crate::core::target::DepartmentId(number)), None, false, 0, 0);
        }
        backlog.add(account("a"), Some("e".into()), false, 0, 0);
        assert_eq!(taken(&mut backlog, 0), ["a"]);
        assert_eq!(taken(&mut backlog, 0).len(), 8);
        backlog.add(account("b"), Some("e".into()), false, 0, 0);
        assert_eq!(taken(&mut backlog, 0), ["b"]);
        assert_eq!(backlog.len(), 12);
    }

    #[test]
    fn a_complete_read_takes_out_what_it_shows_however_much_it_is() {
        let mut backlog = Backlog::default();
        for number in 0..300 {
            backlog.add(account(&format!("before{number}")), Some("e".into()), false, 0, 0);
        }
        backlog.add(account("before0"), Some("again".into()), false, 50, 50);
        backlog.add(account("after"), Some("e".into()), false, 70, 70);
        let taken = backlog.take_until(50, 100);
        assert_eq!(taken.len(), 299, "what had an event while the read went on is read again");
        assert_eq!(backlog.len(), 2);
    }

    #[test]
    fn departments_come_before_people() {
        let mut backlog = Backlog::default();
        backlog.add(account("a"), None, false, 0, 0);
        backlog.add(Subject::Unit(UnitId("z".into())), None, false, 0, 0);
        assert_eq!(taken(&mut backlog, 0), ["z", "a"]);
    }

    #[test]
    fn what_lacks_something_is_given_up_after_ten_minutes() {
        let mut backlog = Backlog::default();
        backlog.add(account("a"), Some("e".into()), false, 0, 0);
        let (mut now, mut tries) = (0, 0);
        loop {
            let (subject, entry) = backlog.take(now, 1, true).remove(0);
            tries += 1;
            if backlog.park(subject, entry, now).is_some() {
                break;
            }
            assert_eq!(backlog.parked(), 1);
            now = backlog.next_ms(true).unwrap();
        }
        assert!((600_000..=630_000).contains(&now), "given up after {now} ms");
        assert!((20..40).contains(&tries), "{tries} attempts");
    }

    #[test]
    fn a_new_event_lets_a_parked_object_try_again() {
        let mut backlog = Backlog::default();
        backlog.add(account("a"), Some("e1".into()), false, 0, 0);
        let (subject, mut entry) = backlog.take(0, 1, true).remove(0);
        entry.attempts = 10;
        assert!(backlog.park(subject, entry, 0).is_none());
        assert_eq!(backlog.next_ms(true), Some(30_000));
        backlog.add(account("a"), Some("e2".into()), false, 5000, 5000);
        assert_eq!(backlog.next_ms(true), Some(5000));
        let (_, entry) = backlog.take(5000, 1, true).remove(0);
        assert_eq!(entry.events, ["e1", "e2"]);
    }
}
