//! Differences made by hand in DingTalk: told once, kept until somebody decides or they go away, never fought.

use std::collections::HashSet;

use super::Subject;
use super::batch::{Planned, State};
use super::follow::{Tell, Watching};
use super::port::{Drift, DriftDecision, DriftState, Inbox};
use super::status::Line;
use crate::core::error::Error;
use crate::core::journal::{Decision, Journal, Learned, LockHolder, Memory, Unstored, UnstoredKey};
use crate::core::plan::{Action, Change, Entity};
use crate::core::source::{AccountId, UnitId};

/// Whether a row is drift that was told before.
pub(super) fn is_known(state: &State, change: &Change) -> bool {
    let Some(id) = change.source_id.clone() else { return false };
    state.drifts.get(&(change.entity, id)).is_some_and(|known| {
        known.action == change.action
            && known.fields == change.fields
            && change.target_id.as_ref().is_none_or(|target| *target == known.target_id)
    })
}

/// Tells drift that was not there before and drift that has gone; answers how much is open.
pub(super) async fn tell(
    watching: &Watching<'_>,
    state: &mut State,
    planned: &Planned,
    tell: Tell<'_>,
) -> Result<u64, Error> {
    let now = watching.clock.now_ms();
    let mut present = HashSet::new();
    for change in planned.choice.drift.iter().map(|index| &planned.plan.changes[*index]) {
        let Some(drift) = Drift::of(change, bound(change, &planned.memory), now) else { continue };
        let key = (drift.entity, drift.source_id.clone());
        present.insert(key.clone());
        if state.drifts.get(&key).is_some_and(|known| known.is_same(&drift)) {
            continue;
        }
        watching.inbox.put_drift(&drift).await?;
        tell(Line::drift(&drift, DriftState::Open));
        state.drifts.insert(key, drift);
    }
    let writing = planned.plan.changes.iter().filter(|change| change.action.is_writing());
    let writing: HashSet<(Entity, &str)> =
        writing.filter_map(|change| Some((change.entity, change.source_id.as_deref()?))).collect();
    let is_refused = |key: &(Entity, String)| writing.contains(&(key.0, key.1.as_str()));
    let taken: HashSet<(Entity, String)> = planned
        .choice
        .taken
        .iter()
        .map(|index| &planned.plan.changes[*index])
        .filter_map(|change| Some((change.entity, change.source_id.clone()?)))
        .collect();
    let gone: Vec<(Entity, String)> = state
        .drifts
        .keys()
        .filter(|key| planned.extent.covers(key.0, &key.1))
        .filter(|key| !present.contains(key) && (taken.contains(key) || !is_refused(key)))
        .cloned()
        .collect();
    for key in gone {
        let Some(drift) = state.drifts.remove(&key) else { continue };
        watching.inbox.drop_drift(key.0, &key.1).await?;
        let state = if taken.contains(&key) { DriftState::Reapplied } else { DriftState::Gone };
        tell(Line::drift(&drift, state));
    }
    Ok(state.drifts.values().filter(|drift| drift.state == DriftState::Open).count() as u64)
}

/// The DingTalk id that a record which is gone had.
fn bound(change: &Change, memory: &Memory) -> Option<String> {
    let id = change.source_id.clone()?;
    match change.entity {
        Entity::User => memory.users.get(&AccountId(id)).map(ToString::to_string),
        Entity::Department => memory.departments.get(&UnitId(id)).map(ToString::to_string),
    }
}

/// Carries out decisions; answers the source objects that are to be written back.
pub(super) async fn decided(
    watching: &Watching<'_>,
    state: &mut State,
    decisions: Vec<(Drift, DriftDecision)>,
    tell: Tell<'_>,
) -> Result<Vec<Subject>, Error> {
    let mut reapplied = Vec::new();
    for (drift, decision) in decisions {
        match decision {
            DriftDecision::Reapply => reapplied.push(match drift.entity {
                Entity::Department => Subject::Unit(UnitId(drift.source_id)),
                Entity::User => Subject::Account(AccountId(drift.source_id)),
            }),
            DriftDecision::Accept => accept(watching, state, drift, tell).await?,
        }
    }
    Ok(reapplied)
}

async fn accept(
    watching: &Watching<'_>,
    state: &mut State,
    mut drift: Drift,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let key = (drift.entity, drift.source_id.clone());
    let learned = accepted(&drift);
    if learned.is_empty() {
        // A department that was deleted: nothing but this note says that it may stay away.
        drift.state = DriftState::Accepted;
        watching.inbox.put_drift(&drift).await?;
        tell(Line::drift(&drift, DriftState::Accepted));
        state.drifts.insert(key, drift);
        return Ok(());
    }
    watching.journal.learn(learned).await?;
    watching.inbox.drop_drift(key.0, &key.1).await?;
    state.drifts.remove(&key);
    tell(Line::drift(&drift, DriftState::Accepted));
    Ok(())
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// There is no such drift.
    Unknown,
    /// It is stored; whoever watches carries it out.
    Stored,
    /// Nobody watches, and it was carried out at once.
    CarriedOut,
}

/// Stores a decision of an operator; an acceptance is carried out at once where nobody watches.
pub async fn decide(
    (inbox, journal): (&dyn Inbox, &dyn Journal),
    holder: LockHolder,
    (entity, source_id): (Entity, &str),
    decision: DriftDecision,
) -> Result<Decided, Error> {
    if !inbox.decide(entity, source_id, decision).await? {
        return Ok(Decided::Unknown);
    }
    // Whoever holds the lock sees to it, now or when its run has ended.
    let Ok(_lock) = journal.lock(holder) else { return Ok(Decided::Stored) };
    let found = inbox.drifts().await?.into_iter().map(|(drift, _)| drift);
    let drift = found.into_iter().find(|one| one.entity == entity && one.source_id == source_id);
    match (drift, decision) {
        (None, _) | (_, DriftDecision::Reapply) => Ok(Decided::Stored),
        (Some(drift), DriftDecision::Accept) => {
            let learned = accepted(&drift);
            if learned.is_empty() {
                inbox.put_drift(&Drift { state: DriftState::Accepted, ..drift }).await?;
            } else {
                journal.learn(learned).await?;
                inbox.drop_drift(entity, source_id).await?;
            }
            Ok(Decided::CarriedOut)
        }
    }
}

/// What remembers that a drift may stay: each difference until either side changes again; of a user who was deleted
/// that the account is left out.
fn accepted(drift: &Drift) -> Vec<Learned> {
    if drift.action == Action::Create {
        let account = AccountId(drift.source_id.clone());
        return match drift.entity {
            Entity::User => vec![
                Learned::UnbindUser(account.clone()),
                Learned::Decided(account, Some(Decision::LeaveOut)),
            ],
            Entity::Department => Vec::new(),
        };
    }
    let learn = |field: &crate::core::plan::FieldChange| {
        let key = UnstoredKey {
            entity: drift.entity,
            target_id: drift.target_id.clone(),
            field: field.field.clone(),
        };
        let value = Unstored { sent: field.after.to_text(), read_back: field.before.to_text() };
        Learned::Unstored(key, value)
    };
    drift.fields.iter().map(learn).collect()
}
