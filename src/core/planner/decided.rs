//! What operators decided about conflicts, as planning takes it. Rule: reference `outbound-semantics.md` section 7, M6.

use std::collections::{HashMap, HashSet};

use super::PlanInput;
use super::target::TargetIndex;
use super::users::{Person, UNIQUE, shared_targets, sharing};
use crate::core::journal::Decision;
use crate::core::target::{User, UserId};

/// Why a bound record that a decision leaves out is held.
pub(super) const LEFT_OUT: &str = "left out by a decision";

/// The user each account is to be linked to, by account id. Bindings go before decisions: an account that is bound,
/// and a user that somebody is bound to, are not decided about.
pub(super) fn links<'a>(
    input: &PlanInput<'a>,
    target: &TargetIndex<'a>,
    people: &[Person<'a>],
    bound: &HashSet<&UserId>,
) -> HashMap<&'a str, &'a User> {
    let decided = people.iter().filter_map(|person| {
        let id = person.account.account_id();
        match input.memory.decisions.get(&id) {
            Some(Decision::LinkTo(user))
                if !bound.contains(user) && !input.memory.users.contains_key(&id) =>
            {
                Some((person.account.id.as_str(), target.users.get(user).copied()?))
            }
            Some(Decision::LinkTo(_) | Decision::LeaveOut | Decision::Keep) | None => None,
        }
    });
    decided.collect()
}

/// Marks the people for whom DingTalk keeps what is in conflict and takes back the values they share with others of
/// the source. Those who have no user of their own are taken out; answers how many.
pub(super) fn keep(input: &PlanInput<'_>, people: &mut Vec<Person<'_>>) -> u64 {
    let is_kept = |person: &Person<'_>| {
        input.memory.decisions.get(&person.account.account_id()) == Some(&Decision::Keep)
    };
    if input.memory.decisions.is_empty() || !people.iter().any(is_kept) {
        return 0;
    }
    let shared = shared_targets(people);
    let mut ignored = 0;
    let mut index = 0;
    people.retain_mut(|person| {
        let is_shared = shared.contains_key(&index);
        index += 1;
        if !is_kept(person) {
            return true;
        }
        let is_bound = input.memory.users.contains_key(&person.account.account_id());
        person.keeps = is_bound || (person.found.user().is_some() && !is_shared);
        ignored += u64::from(!person.keeps);
        person.keeps
    });
    for field in UNIQUE {
        for index in sharing(people, field).into_iter().flatten() {
            if people[index].keeps {
                people[index].draft.values.retain(|value| value.field.as_str() != field);
            }
        }
    }
    ignored
}
