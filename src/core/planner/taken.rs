//! Unique values that another user has: claimed only when that user gives them up. Rules: contract section 4.

use std::collections::HashMap;

use super::PlanInput;
use super::users::{UNIQUE, UserRow, Users};
use crate::core::matching;
use crate::core::plan::{Action, Reason};
use crate::core::target::UserId;

/// Unique values that somebody else keeps. Repeated, because a refused row gives nothing up.
pub(super) fn settle_conflicts(input: &PlanInput<'_>, users: &mut Users) {
    let holders = matching::holders(&UNIQUE, &input.target.users);
    users.rows.iter_mut().for_each(UserRow::refuse);
    loop {
        let rows: HashMap<&str, &UserRow> =
            users.rows.iter().filter_map(|row| Some((row.change.target_id.as_deref()?, row))).collect();
        let mut refused = Vec::new();
        for (index, row) in users.rows.iter().enumerate() {
            let own = row.change.target_id.as_deref();
            let taken = row.claims().find_map(|(field, value)| {
                let holder = holders.of(field, &value)?;
                let is_free = Some(holder.0.as_str()) == own || gives_up(&rows, holder, field);
                (!is_free).then(|| (field, format!("{field} belongs to user {holder}")))
            });
            refused.extend(taken.map(|(field, detail)| (index, field, detail)));
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

fn gives_up(rows: &HashMap<&str, &UserRow>, holder: &UserId, field: &str) -> bool {
    let Some(row) = rows.get(holder.0.as_str()) else { return false };
    match row.change.action {
        Action::Remove => true,
        Action::Link | Action::Update | Action::Move => {
            row.change.fields.iter().any(|change| change.field.as_str() == field)
        }
        Action::Create
        | Action::Hold
        | Action::Unchanged
        | Action::Conflict
        | Action::Blocked
        | Action::Unmanaged => false,
    }
}
