//! The records a plan would be about and whom each was recognised as, without the rows: what a wizard counts.

use super::users::{self, Users};
use super::{PlanInput, Rules, departments, refuse_unreadable_identity, scope, target};
use crate::core::error::Error;
use crate::core::matching::Match;
use crate::core::plan::DepartmentRef;
use crate::core::profile::DisabledAccounts;
use crate::core::source::{Account, OrganizationalUnit};
use crate::core::target::Department;

/// Accounts and units of a scope, each with what it was recognised as.
pub(in crate::core) struct Recognised<'a> {
    /// Accounts that are rows.
    pub(in crate::core) accounts: Vec<(&'a Account, Match<'a>)>,
    /// Units that are rows.
    pub(in crate::core) units: Vec<(&'a OrganizationalUnit, Option<&'a Department>)>,
    /// Accounts with a membership in scope.
    pub(in crate::core) in_scope: u64,
    /// Of these, left aside because they are disabled.
    pub(in crate::core) disabled: u64,
    /// Of these, not decided by `include`, which failed on them.
    pub(in crate::core) failed: u64,
    /// How `include` failed first.
    pub(in crate::core) failure: Option<String>,
}

/// Recognises as [`super::plan`] does; its errors are the same.
pub(in crate::core) fn recognised<'a>(input: &PlanInput<'a>) -> Result<Recognised<'a>, Error> {
    refuse_unreadable_identity(input)?;
    let rules = Rules::compile(input.profile)?;
    let index = target::TargetIndex::new(input.target);
    let scope = scope::Scope::new(input.profile, input.source, &input.memory.left_out_units)?;
    index.require(input.profile)?;
    let departments = departments::plan(input, &rules, &scope, &index);
    let mut others = Users::default();
    let mut people =
        users::gather(input, &rules, (&scope.accounts, &departments.places), &index, &mut others);
    users::recognise(input, &index, &mut people);
    let units = scope.row_units().map(|scoped| {
        let found = match departments.places.of(&scoped.unit.id) {
            Some(DepartmentRef::Existing(id)) => index.departments.get(id).copied(),
            Some(DepartmentRef::New(_)) | None => None,
        };
        (scoped.unit, found)
    });
    let ignores_disabled = input.profile.scenario.disabled_accounts != DisabledAccounts::Update;
    let is_disabled = |account: &&&Account| ignores_disabled && !account.is_enabled_at(input.now_ms);
    Ok(Recognised {
        units: units.collect(),
        accounts: people.into_iter().map(|person| (person.account, person.found)).collect(),
        in_scope: scope.all_accounts,
        disabled: scope.accounts.iter().filter(is_disabled).count() as u64,
        failed: others.rows.len() as u64,
        failure: others.rows.into_iter().find_map(|row| row.reasons.into_iter().next()).map(|(_, why)| why),
    })
}
