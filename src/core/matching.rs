//! Whose user is whose: identity fields in order, compared in their normal form. Pure.
//! Rules: contract section 3 "Identity".

use std::collections::{HashMap, HashSet};

use super::mapping::Draft;
use super::normalise;
use super::plan::MatchedBy;
use super::profile::IdentityField;
use super::source::Account;
use super::target::{User, UserId};

/// What an account was recognised as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<'a> {
    /// Nobody: will be created.
    Nobody,
    /// Exactly one user.
    One(&'a User, MatchedBy),
    /// Nobody alone, but several on the way; which ones, in words.
    Ambiguous(String),
    /// Bound to a user that an incomplete read does not show.
    Hidden(UserId),
}

impl<'a> Match<'a> {
    /// The user, when there is exactly one.
    pub fn user(&self) -> Option<&'a User> {
        match self {
            Self::One(user, _) => Some(user),
            Self::Nobody | Self::Ambiguous(_) | Self::Hidden(_) => None,
        }
    }

    /// How it was recognised.
    pub fn by(&self) -> Option<MatchedBy> {
        match self {
            Self::One(_, by) => Some(*by),
            Self::Nobody | Self::Ambiguous(_) | Self::Hidden(_) => None,
        }
    }
}

/// Users nobody is bound to, by every identity field.
#[derive(Debug)]
pub struct Candidates<'a> {
    by_field: Vec<(IdentityField, HashMap<String, Vec<&'a User>>)>,
}

impl<'a> Candidates<'a> {
    /// Indexes the users that are not bound.
    pub fn new(identity: &[IdentityField], users: &'a [User], bound: &HashSet<&UserId>) -> Self {
        let by_field = identity
            .iter()
            .map(|field| {
                let mut index: HashMap<String, Vec<&User>> = HashMap::new();
                for user in users.iter().filter(|user| !bound.contains(&user.id)) {
                    if let Some(key) =
                        user_value(user, *field).and_then(|v| normalise::identity_key(*field, v))
                    {
                        index.entry(key).or_default().push(user);
                    }
                }
                (*field, index)
            })
            .collect();
        Self { by_field }
    }

    /// The first field that finds exactly one wins; no value, no hit and several hits pass on to the next.
    pub fn find(&self, draft: &Draft, account: &Account) -> Match<'a> {
        let mut several = None;
        for (field, index) in &self.by_field {
            let Some(key) =
                account_value(draft, account, *field).and_then(|v| normalise::identity_key(*field, v))
            else {
                continue;
            };
            match index.get(&key).map(Vec::as_slice) {
                None | Some([]) => {}
                Some([user]) => return Match::One(user, matched_by(*field)),
                Some(users) => {
                    let ids: Vec<&str> = users.iter().take(5).map(|user| user.id.0.as_str()).collect();
                    let detail = || format!("users {} have this {}", ids.join(", "), field.as_str());
                    several.get_or_insert_with(detail);
                }
            }
        }
        several.map_or(Match::Nobody, Match::Ambiguous)
    }
}

/// The value an account is recognised by: what the mapping computes; `userid` without a row is the account's id.
fn account_value<'d>(draft: &'d Draft, account: &'d Account, field: IdentityField) -> Option<&'d str> {
    let mapped = draft.values.iter().find(|value| value.field.as_str() == field.as_str());
    match (mapped, field) {
        (Some(value), _) => value.value.as_deref(),
        (None, IdentityField::Userid) => Some(&account.id),
        (None, _) => None,
    }
}

fn user_value(user: &User, field: IdentityField) -> Option<&str> {
    match field {
        IdentityField::Mobile => user.mobile.as_deref(),
        IdentityField::Userid => Some(&user.id.0),
        IdentityField::Email
        | IdentityField::JobNumber
        | IdentityField::OrgEmail
        | IdentityField::Telephone
        | IdentityField::Name => user.field(field.as_str()),
    }
}

fn matched_by(field: IdentityField) -> MatchedBy {
    match field {
        IdentityField::Mobile => MatchedBy::Mobile,
        IdentityField::Email => MatchedBy::Email,
        IdentityField::JobNumber => MatchedBy::JobNumber,
        IdentityField::Userid => MatchedBy::Userid,
        IdentityField::OrgEmail => MatchedBy::OrgEmail,
        IdentityField::Telephone => MatchedBy::Telephone,
        IdentityField::Name => MatchedBy::Name,
    }
}

/// The form in which a unique value is compared.
pub fn unique_key(field: &str, value: &str) -> Option<String> {
    let key = match field {
        "mobile" => return normalise::e164(None, value),
        "email" => normalise::email(value),
        _ => normalise::text(value),
    };
    (!key.is_empty()).then_some(key)
}

/// Who holds each unique value in the target.
pub fn holders<'f>(fields: &[&'f str], users: &[User]) -> Holders<'f> {
    let mut held: HashMap<&'f str, HashMap<String, UserId>> = HashMap::new();
    for field in fields {
        let by_value = held.entry(field).or_default();
        for user in users {
            let value = match *field {
                "mobile" => user.mobile.as_deref(),
                "userid" => Some(user.id.0.as_str()),
                other => user.field(other),
            };
            if let Some(key) = value.and_then(|value| unique_key(field, value)) {
                by_value.entry(key).or_insert_with(|| user.id.clone());
            }
        }
    }
    Holders(held)
}

/// Unique values of the target by field.
#[derive(Debug)]
pub struct Holders<'f>(HashMap<&'f str, HashMap<String, UserId>>);

impl Holders<'_> {
    /// Who holds a value, given in its [`unique_key`] form.
    pub fn of(&self, field: &str, key: &str) -> Option<&UserId> {
        self.0.get(field)?.get(key)
    }
}
