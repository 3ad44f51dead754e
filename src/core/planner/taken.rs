//! Unique values that another user has: claimed only when that user gives them up. Rules: contract section 4.

use std::borrow::Cow;
use std::collections::HashMap;

use super::PlanInput;
use super::users::{UNIQUE, UserRow, Users};
use crate::core::matching;
use crate::core::plan::{Action, Reason};
use crate::core::target::User;

/// A unique value that a row would send and that a user has.
struct Claim {
    row: usize,
    field: &'static str,
    /// Where the first user who has it stands in the target's list.
    holder: usize,
}

/// Unique values that somebody else keeps. Repeated, because a refused row gives nothing up.
pub(super) fn settle_conflicts(input: &PlanInput<'_>, users: &mut Users<'_>) {
    users.rows.iter_mut().for_each(UserRow::refuse);
    let claims = claims(users, &input.target.users);
    if claims.is_empty() {
        return;
    }
    let row_of = rows_by_user(users, input.target.users.len());
    loop {
        let mut refused: Vec<(usize, &'static str, String)> = Vec::new();
        for claim in &claims {
            // One value taken is enough; a row that was refused or gave the field up claims it no more.
            let is_counted = refused.last().is_some_and(|(row, ..)| *row == claim.row);
            if is_counted || !users.rows[claim.row].sends(claim.field) {
                continue;
            }
            let giver = row_of[claim.holder].map(|row| &users.rows[row]);
            if !giver.is_some_and(|row| gives_up(row, claim.field)) {
                let holder = &input.target.users[claim.holder].id;
                refused.push((claim.row, claim.field, format!("{} belongs to user {holder}", claim.field)));
            }
        }
        if refused.is_empty() {
            break;
        }
        for (index, field, detail) in refused {
            if users.rows[index].keeps {
                users.rows[index].give_up(field);
                continue;
            }
            users.rows[index].reasons.push((Reason::ValueTaken, detail));
            users.rows[index].refuse();
        }
    }
}

/// The claims on what another user has, in the order of rows and fields. Few values are claimed and many held, so the
/// claimed ones are looked for among the held.
fn claims(users: &Users<'_>, held: &[User]) -> Vec<Claim> {
    if held.is_empty() {
        return Vec::new();
    }
    let mut holders: [HashMap<Cow<'_, str>, Option<usize>>; UNIQUE.len()] = Default::default();
    for (field, key) in users.rows.iter().flat_map(UserRow::claims) {
        if let Some(slot) = UNIQUE.iter().position(|unique| *unique == field) {
            holders[slot].insert(key, None);
        }
    }
    for (field, claimed) in UNIQUE.iter().zip(&mut holders).filter(|(_, claimed)| !claimed.is_empty()) {
        for (position, user) in held.iter().enumerate() {
            let Some(key) = user.value(field).and_then(|value| matching::unique_key(field, value)) else {
                continue;
            };
            if let Some(holder) = claimed.get_mut(&*key) {
                holder.get_or_insert(position);
            }
        }
    }
    let held_by_another = |(row, (field, key)): (usize, (&'static str, Cow<'_, str>))| {
        let slot = UNIQUE.iter().position(|unique| *unique == field)?;
        let holder = holders[slot].get(&*key).copied().flatten()?;
        (users.rows[row].user != Some(holder)).then_some(Claim { row, field, holder })
    };
    let rows = users.rows.iter().enumerate();
    rows.flat_map(|(row, found)| found.claims().map(move |claim| (row, claim)))
        .filter_map(held_by_another)
        .collect()
}

/// The row that is about each user.
fn rows_by_user(users: &Users<'_>, count: usize) -> Vec<Option<usize>> {
    let mut row_of = vec![None; count];
    for (index, row) in users.rows.iter().enumerate() {
        row.user.into_iter().for_each(|position| row_of[position] = Some(index));
    }
    row_of
}

fn gives_up(row: &UserRow, field: &str) -> bool {
    match row.change.action {
        Action::Remove => true,
        Action::Link | Action::Update | Action::Move => row.sends(field),
        Action::Create
        | Action::Hold
        | Action::Unchanged
        | Action::Conflict
        | Action::Blocked
        | Action::Unmanaged => false,
    }
}
