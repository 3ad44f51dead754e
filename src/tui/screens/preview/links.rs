//! Links by a typed id: what is remembered, or why it cannot be.

use rust_i18n::t;

use super::sheet::Sheet;
use crate::core::journal::{Decision, Learned};
use crate::core::planner::{NotLinkable, refusal_to_link_unit};
use crate::core::source::{AccountId, UnitId};
use crate::core::target::{DepartmentId, UserId};

/// An account to a user, who must be there and bound to nobody.
pub(super) fn user(sheet: &Sheet, account: String, id: &str, locale: &str) -> Result<Learned, String> {
    let user = UserId(id.to_owned());
    if !sheet.view.target.users.iter().any(|known| known.id == user) {
        return Err(t!("plan.link_unknown", id = id, locale = locale).into_owned());
    }
    let bound = sheet.view.memory.users.iter().find(|(_, bound)| **bound == user);
    if let Some((account, _)) = bound {
        return Err(t!("plan.link_bound", id = id, account = account, locale = locale).into_owned());
    }
    Ok(Learned::Decided(AccountId(account), Some(Decision::LinkTo(user))))
}

/// A unit to a department, which must be there, ours, no target, and bound to no other unit.
pub(super) fn unit(sheet: &Sheet, unit: String, id: &str, locale: &str) -> Result<Learned, String> {
    let refused = |key: &str| Err(t!(format!("plan.link_unit.{key}"), id = id, locale = locale).into_owned());
    let Ok(department) = id.parse().map(DepartmentId) else { return refused("no_number") };
    let unit = UnitId(unit);
    match refusal_to_link_unit(&sheet.view.input(), &unit, department) {
        None => Ok(Learned::BindDepartment(unit, department)),
        Some(NotLinkable::Unknown) => refused("unknown"),
        Some(NotLinkable::Foreign) => refused("foreign"),
        Some(NotLinkable::Target) => refused("target"),
        Some(NotLinkable::Bound(other)) => {
            Err(t!("plan.link_unit.bound", id = id, unit = other, locale = locale).into_owned())
        }
    }
}
