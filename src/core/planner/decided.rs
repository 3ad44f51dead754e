//! What operators decided about conflicts, as planning takes it. Rule: reference `outbound-semantics.md` section 7, M6.

use std::collections::HashMap;

use super::PlanInput;
use super::target::TargetIndex;
use super::users::{Person, UNIQUE, shared_targets, sharing};
use crate::core::journal::Decision;
use crate::core::target::User;

/// Why a bound record that a decision leaves out is held.
pub(super) const LEFT_OUT: &str = "left out by a decision";

/// The user each account is to be linked to, by account id. Bindings go before decisions: an account that is bound,
/// and a user that somebody is bound to, are not decided about.
pub(super) fn links<'a>(
    input: &PlanInput<'a>,
    target: &TargetIndex<'a>,
    people: &[Person<'a, '_>],
    is_bound: &[bool],
) -> HashMap<&'a str, &'a User> {
    if input.memory.decisions.is_empty() {
        return HashMap::new();
    }
    let decided =
        people.iter().filter_map(|person| match input.memory.decisions.get(person.account.id.as_str()) {
            Some(Decision::LinkTo(user)) if person.bound.is_none() => {
                let position = target.position(user).filter(|position| !is_bound[*position])?;
                Some((person.account.id.as_str(), &input.target.users[position]))
            }
            Some(Decision::LinkTo(_) | Decision::LeaveOut | Decision::Keep) | None => None,
        });
    decided.collect()
}

/// Marks the people for whom DingTalk keeps what is in conflict and takes back the values they share with others of
/// the source. Those who have no user of their own are taken out; answers how many.
pub(super) fn keep(input: &PlanInput<'_>, people: &mut Vec<Person<'_, '_>>) -> u64 {
    let is_kept = |person: &Person<'_, '_>| {
        input.memory.decisions.get(person.account.id.as_str()) == Some(&Decision::Keep)
    };
    if input.memory.decisions.is_empty() || !people.iter().any(is_kept) {
        return 0;
    }
    let shared = shared_targets(people, input.target.users.len());
    let mut ignored = 0;
    let mut index = 0;
    people.retain_mut(|person| {
        let is_shared = shared.contains_key(&index);
        index += 1;
        if !is_kept(person) {
            return true;
        }
        person.keeps = person.bound.is_some() || (person.found.user().is_some() && !is_shared);
        ignored += u64::from(!person.keeps);
        person.keeps
    });
    for field in UNIQUE {
        for index in sharing(people, field).into_iter().flatten() {
            if people[index].keeps {
                people[index].draft.values.retain(|value| value.field().as_str() != field);
            }
        }
    }
    ignored
}
