//! Reading without an event: the source alone at the least cost (its listings, then single reads of what moved and of
//! a few in rotation), or both sides as a whole.

use std::collections::{HashMap, HashSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::Subject;
use super::batch::State;
use super::follow::Watching;
use super::refresh::Fresh;
use super::view::View;
use crate::core::error::Error;
use crate::core::preview::needs;
use crate::core::source::{Account, AccountCache, AccountId, OrganizationalUnit, SourceSnapshot, UnitId};
use crate::core::target::TargetSnapshot;

/// Single reads under way at once: few, because what an event names is read in the same lane and waits behind them.
const WIDTH: usize = 2;
/// Within this time every account is read singly once, whatever its listing says: a membership may change without
/// moving the time of the last change.
const ROTATION_SECONDS: u64 = 86_400;

/// A comparison that takes longer than this is made so rarely that it takes a sixtieth of the time.
const SHORT_MS: i64 = 5_000;
const SHARE: i64 = 60;

/// When what is read: at every interval the source at least, and both sides where that is not too much to ask.
#[derive(Debug)]
pub(super) struct Polls {
    /// When the next read is due.
    pub next_ms: i64,
    /// Counts the reads of the source alone.
    pub turn: u64,
    interval_ms: i64,
    full_ms: i64,
    began_ms: i64,
    is_full: bool,
}

impl Polls {
    /// From a first comparison that took so long.
    pub(super) fn new(poll_seconds: u64, now: i64, took_ms: i64) -> Self {
        let interval_ms = i64::try_from(poll_seconds.saturating_mul(1000)).unwrap_or(i64::MAX / 4);
        let mut polls = Self {
            next_ms: now + interval_ms,
            turn: 0,
            interval_ms,
            full_ms: now,
            began_ms: now,
            is_full: false,
        };
        polls.full_ms = now + polls.full_after(took_ms);
        polls
    }

    /// Both sides are to be compared as soon as possible.
    pub(super) fn want_full(&mut self, now: i64) {
        self.next_ms = now;
        self.full_ms = now;
    }

    /// A read begins; answers whether it is one of both sides.
    pub(super) fn begin(&mut self, now: i64) -> bool {
        self.began_ms = now;
        self.is_full = now >= self.full_ms;
        self.turn += u64::from(!self.is_full);
        self.is_full
    }

    /// The read ended; answers whether it was one of both sides.
    pub(super) fn ended(&mut self, now: i64) -> bool {
        self.next_ms = now + self.interval_ms;
        if self.is_full {
            self.full_ms = now + self.full_after(now - self.began_ms);
        }
        self.is_full
    }

    /// The read failed; answers how long to wait for the next one, at most `longest`.
    pub(super) fn failed(&mut self, now: i64, longest: i64) -> i64 {
        let wait = self.interval_ms.min(longest);
        self.next_ms = now + wait;
        wait
    }

    /// When both sides are compared next.
    pub(super) fn next_full_ms(&self) -> i64 {
        self.full_ms.max(self.next_ms)
    }

    fn full_after(&self, took_ms: i64) -> i64 {
        let rare = if took_ms > SHORT_MS { took_ms.saturating_mul(SHARE) } else { 0 };
        rare.max(self.interval_ms)
    }
}

/// A read of one or both sides.
pub(super) enum Renewal {
    /// Both sides as a whole.
    Full {
        source: SourceSnapshot,
        target: TargetSnapshot,
        /// What is younger than this stays as it is known.
        moment: u64,
    },
    /// The source: every unit, the accounts that moved, the ids of those that are gone.
    Source { units: Vec<OrganizationalUnit>, accounts: Vec<Account>, gone: Vec<AccountId>, moment: u64 },
}

/// What is known of the accounts: what a poll compares its listing with.
pub(super) struct Known {
    update_times: HashMap<String, Option<i64>>,
    rotated: HashSet<String>,
    moment: u64,
}

impl Known {
    /// Of a view; `turn` counts the polls and decides whose rotating read it is.
    pub(super) fn of(view: &View, turn: u64, poll_seconds: u64) -> Self {
        let turns = (ROTATION_SECONDS / poll_seconds.max(1)).max(1);
        let is_due = |index: usize| index as u64 % turns == turn % turns;
        let accounts = &view.source.accounts;
        Self {
            update_times: accounts.iter().map(|one| (one.id.clone(), one.update_time)).collect(),
            rotated: accounts
                .iter()
                .enumerate()
                .filter(|(index, _)| is_due(*index))
                .map(|(_, one)| one.id.clone())
                .collect(),
            moment: view.moment(),
        }
    }
}

/// What is remembered of accounts, without those that events name: something happened to them, whatever their time of
/// the last change says.
struct Unnamed<'a> {
    cache: &'a dyn AccountCache,
    named: HashSet<AccountId>,
}

impl AccountCache for Unnamed<'_> {
    fn get(&self, id: &str, update_time: i64) -> Option<Account> {
        let is_named = self.named.contains(&AccountId(id.to_owned()));
        if is_named { None } else { self.cache.get(id, update_time) }
    }

    fn put(&self, accounts: &[Account]) {
        self.cache.put(accounts);
    }
}

/// Both sides as a whole; `named` are the accounts that waiting events are about.
pub(super) async fn full(
    watching: &Watching<'_>,
    moment: u64,
    named: HashSet<AccountId>,
) -> Result<Renewal, Error> {
    let needs = needs(watching.profile)?;
    let cache = Unnamed { cache: watching.cache, named };
    let (source, target) = futures::try_join!(
        watching.source.snapshot(&needs.source, &cache),
        watching.target.snapshot(&needs.target),
    )?;
    Ok(Renewal::Full { source, target, moment })
}

/// The source at the least cost.
pub(super) async fn source(watching: &Watching<'_>, known: Known) -> Result<Renewal, Error> {
    let listing = watching.source.listing().await?;
    let listed: HashSet<&str> = listing.accounts.iter().map(|account| account.id.as_str()).collect();
    let mut gone: Vec<AccountId> = known
        .update_times
        .keys()
        .filter(|id| !listed.contains(id.as_str()))
        .map(|id| AccountId(id.clone()))
        .collect();
    let moved: Vec<AccountId> = listing
        .accounts
        .iter()
        .filter(|account| {
            let is_as_known = known.update_times.get(&account.id) == Some(&account.update_time);
            !is_as_known || account.update_time.is_none() || known.rotated.contains(&account.id)
        })
        .map(Account::account_id)
        .collect();
    let read: Vec<(AccountId, Option<Account>)> = stream::iter(moved)
        .map(|id| async move {
            let account = watching.source.account(&id).await?;
            Ok::<_, Error>((id, account))
        })
        .buffer_unordered(WIDTH)
        .try_collect()
        .await?;
    let mut accounts = Vec::new();
    for (id, account) in read {
        match account {
            Some(account) => accounts.push(account),
            None => gone.push(id),
        }
    }
    Ok(Renewal::Source { units: listing.units, accounts, gone, moment: known.moment })
}

impl Renewal {
    /// Takes the read in; objects that were changed or read since it began stay as they are known.
    pub(super) fn into_view(self, state: &mut State, fresh: &mut Fresh) {
        fresh.all_source = true;
        match self {
            Self::Full { source, target, moment } => {
                fresh.all_target = true;
                state.view.renew(source, target, moment);
            }
            Self::Source { units, accounts, gone, moment } => {
                let view = &mut state.view;
                for account in accounts {
                    let id = account.account_id();
                    if !view.is_younger(&Subject::Account(id.clone()), moment) {
                        view.put_account(&id, Some(account));
                    }
                }
                for id in gone {
                    if !view.is_younger(&Subject::Account(id.clone()), moment) {
                        view.put_account(&id, None);
                    }
                }
                take_in_units(view, units, moment);
            }
        }
    }
}

fn take_in_units(view: &mut View, units: Vec<OrganizationalUnit>, moment: u64) {
    let listed: HashSet<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
    let gone: Vec<UnitId> = view
        .source
        .units
        .iter()
        .filter(|unit| !listed.contains(unit.id.as_str()))
        .map(|unit| UnitId(unit.id.clone()))
        .collect();
    for id in gone {
        if !view.is_younger(&Subject::Unit(id.clone()), moment) {
            view.put_unit(&id, None);
        }
    }
    for unit in units {
        let id = UnitId(unit.id.clone());
        if view.unit(&id) != Some(&unit) && !view.is_younger(&Subject::Unit(id.clone()), moment) {
            view.put_unit(&id, Some(unit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers everybody.
    struct Everybody;

    impl AccountCache for Everybody {
        fn get(&self, id: &str, _: i64) -> Option<Account> {
            Some(Account { id: id.to_owned(), ..Account::default() })
        }
        fn put(&self, _: &[Account]) {}
    }

    #[test]
    fn who_is_named_by_an_event_is_not_remembered_but_read() {
        let cache = Unnamed { cache: &Everybody, named: HashSet::from([AccountId("a".into())]) };
        assert!(cache.get("a", 1).is_none());
        assert!(cache.get("b", 1).is_some());
    }
}
