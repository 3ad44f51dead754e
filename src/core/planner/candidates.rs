//! The users an account could be linked to by decision: those that have something in common with it and are free.

use std::borrow::Cow;
use std::collections::HashSet;

use super::{PlanInput, Rules};
use crate::core::error::Error;
use crate::core::field::FieldName;
use crate::core::mapping::Draft;
use crate::core::matching::unique_key;
use crate::core::source::Account;
use crate::core::target::{User, UserId};

/// How many are worth showing.
const MOST: usize = 20;
/// Fields in which a person can be recognised.
const FIELDS: [&str; 7] = ["mobile", "email", "job_number", "telephone", "org_email", "name", "userid"];

/// A user somebody could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The user.
    pub user: User,
    /// The fields that agree.
    pub agrees: Vec<FieldName>,
}

/// The free users with something in common with an account, those with most in common first.
pub fn candidates(input: &PlanInput<'_>, account_id: &str) -> Result<Vec<Candidate>, Error> {
    let account = input.source.accounts.iter().find(|account| account.id == account_id);
    let Some(account) = account else { return Ok(Vec::new()) };
    let rules = Rules::compile(input.profile)?;
    let draft = rules.users.draft_user(account);
    let wanted = values(&draft, account);
    let bound: HashSet<&UserId> = input.memory.users.values().collect();
    let mut found: Vec<Candidate> = input
        .target
        .users
        .iter()
        .filter(|user| !bound.contains(&user.id))
        .filter_map(|user| {
            let agrees: Vec<FieldName> = wanted
                .iter()
                .filter(|(field, key)| {
                    user.value(field).and_then(|value| unique_key(field, value)).as_ref() == Some(key)
                })
                .map(|(field, _)| FieldName::new(field))
                .collect();
            (!agrees.is_empty()).then(|| Candidate { user: user.clone(), agrees })
        })
        .collect();
    found.sort_by(|a, b| b.agrees.len().cmp(&a.agrees.len()).then_with(|| a.user.id.cmp(&b.user.id)));
    found.truncate(MOST);
    Ok(found)
}

/// What the mapping makes of the account, in the form in which values are compared.
fn values<'d>(draft: &'d Draft<'_>, account: &'d Account) -> Vec<(&'static str, Cow<'d, str>)> {
    let of_field = |field: &'static str| {
        let value = match field {
            "userid" => draft.value(field).or(Some(&account.id)),
            field => draft.value(field),
        };
        value.and_then(|value| unique_key(field, value)).map(|key| (field, key))
    };
    FIELDS.into_iter().filter_map(of_field).collect()
}
