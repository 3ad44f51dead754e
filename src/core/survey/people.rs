//! Whom a scenario is about and whom the mapping identity recognises them as; decided by the planner, counted here.

use std::collections::HashMap;

use super::Survey;
use crate::core::error::Error;
use crate::core::matching::Match;
use crate::core::plan::MatchedBy;
use crate::core::planner::{Recognised, recognised};
use crate::core::profile::Profile;

/// The records of a scenario by their place in the survey, each with the record it was recognised as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// Accounts that are rows: index of the account, index of the user.
    pub accounts: Vec<(usize, Option<usize>)>,
    /// Units that are rows: index of the unit, index of the department.
    pub units: Vec<(usize, Option<usize>)>,
    /// Accounts with a membership in scope.
    pub in_scope: u64,
    /// Of these, left aside because they are disabled.
    pub disabled: u64,
    /// Of these, left out by `include` or by a decision.
    pub excluded: u64,
    /// Of these, not decided by `include`, which failed on them.
    pub failed: u64,
    /// How `include` failed first.
    pub failure: Option<String>,
    /// What the mapping identity finds.
    pub identity: IdentityCounts,
}

/// How many people a mapping identity would match, leave unclear, or not find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityCounts {
    /// Recognised as exactly one user each.
    pub matched: u64,
    /// Several users fit, or several accounts fit one user.
    pub unclear: u64,
    /// Nobody found: would be created.
    pub nobody: u64,
    /// The matched by what recognised them.
    pub by: Vec<(MatchedBy, u64)>,
}

/// Recognises everybody of a scenario; the errors are those of a plan.
pub fn people(survey: &Survey, profile: &Profile) -> Result<People, Error> {
    let input = survey.input(profile);
    let found = recognised(&input)?;
    let users: HashMap<&str, usize> =
        survey.target.users.iter().enumerate().map(|(index, user)| (user.id.0.as_str(), index)).collect();
    let identity = counts(&found);
    let accounts = by_id(&survey.source.accounts, |account| &account.id);
    let units = by_id(&survey.source.units, |unit| &unit.id);
    let departments: HashMap<i64, usize> =
        survey.target.departments.iter().enumerate().map(|(index, d)| (d.id.0, index)).collect();
    let kept = found.accounts.len() as u64;
    Ok(People {
        accounts: found
            .accounts
            .iter()
            .filter_map(|(account, found)| {
                let user = found.user().and_then(|user| users.get(user.id.0.as_str()).copied());
                Some((*accounts.get(account.id.as_str())?, user))
            })
            .collect(),
        units: found
            .units
            .iter()
            .filter_map(|(unit, department)| {
                let department = department.and_then(|department| departments.get(&department.id.0).copied());
                Some((*units.get(unit.id.as_str())?, department))
            })
            .collect(),
        in_scope: found.in_scope,
        disabled: found.disabled,
        excluded: found.in_scope.saturating_sub(kept + found.disabled + found.failed),
        failed: found.failed,
        failure: found.failure,
        identity,
    })
}

fn by_id<T>(records: &[T], id: fn(&T) -> &String) -> HashMap<&str, usize> {
    records.iter().enumerate().map(|(index, record)| (id(record).as_str(), index)).collect()
}

fn counts(found: &Recognised<'_>) -> IdentityCounts {
    let mut fits: HashMap<&str, u64> = HashMap::new();
    for user in found.accounts.iter().filter_map(|(_, found)| found.user()) {
        *fits.entry(user.id.0.as_str()).or_default() += 1;
    }
    let mut counts = IdentityCounts::default();
    for (_, found) in &found.accounts {
        match found {
            Match::Nobody => counts.nobody += 1,
            Match::Ambiguous(_) => counts.unclear += 1,
            Match::Hidden(_) => counts.matched += 1,
            Match::One(user, _) if fits.get(user.id.0.as_str()).is_some_and(|fits| *fits > 1) => {
                counts.unclear += 1;
            }
            Match::One(_, by) => {
                counts.matched += 1;
                match counts.by.iter_mut().find(|(known, _)| known == by) {
                    Some((_, count)) => *count += 1,
                    None => counts.by.push((*by, 1)),
                }
            }
        }
    }
    counts
}
