//! Whose user is whose: identity fields in order, compared in their normal form. Pure.
//! Rules: contract section 3 "Identity".

use std::borrow::Cow;
use std::collections::HashMap;

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
    by_field: Vec<(IdentityField, HashMap<Cow<'a, str>, Hits<'a>>)>,
}

/// Who has a value; nearly always one.
#[derive(Debug)]
enum Hits<'a> {
    One(&'a User),
    Several(Vec<&'a User>),
}

impl<'a> Hits<'a> {
    fn add(&mut self, user: &'a User) {
        match self {
            Self::One(first) => *self = Self::Several(vec![first, user]),
            Self::Several(users) => users.push(user),
        }
    }
}

impl<'a> Candidates<'a> {
    /// Indexes users: those that are not bound.
    pub fn new(identity: &[IdentityField], free: impl Iterator<Item = &'a User> + Clone) -> Self {
        let by_field = identity
            .iter()
            .map(|field| {
                let mut index: HashMap<Cow<'_, str>, Hits<'_>> = HashMap::new();
                for user in free.clone() {
                    if let Some(key) =
                        user_value(user, *field).and_then(|v| normalise::identity_key(*field, v))
                    {
                        index.entry(key).and_modify(|hits| hits.add(user)).or_insert(Hits::One(user));
                    }
                }
                (*field, index)
            })
            .collect();
        Self { by_field }
    }

    /// The first field that finds exactly one wins; no value, no hit and several hits pass on to the next.
    pub fn find(&self, draft: &Draft<'_>, account: &Account) -> Match<'a> {
        let mut several = None;
        for (field, index) in &self.by_field {
            let Some(key) =
                account_value(draft, account, *field).and_then(|v| normalise::identity_key(*field, v))
            else {
                continue;
            };
            match index.get(&*key) {
                None => {}
                Some(Hits::One(user)) => return Match::One(user, matched_by(*field)),
                Some(Hits::Several(users)) => {
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
pub(in crate::core) fn account_value<'d>(
    draft: &'d Draft<'_>,
    account: &'d Account,
    field: IdentityField,
) -> Option<&'d str> {
    let mapped = draft.values.iter().find(|value| value.field().as_str() == field.as_str());
    match (mapped, field) {
        (Some(value), _) => value.value.as_deref(),
        (None, IdentityField::Userid) => Some(&account.id),
        (None, _) => None,
    }
}

pub(in crate::core) fn user_value(user: &User, field: IdentityField) -> Option<&str> {
    user.value(field.as_str())
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
pub fn unique_key<'v>(field: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let key = match field {
        "mobile" => return normalise::e164_of(value),
        "email" => normalise::email(value),
        _ => normalise::text(value),
    };
    (!key.is_empty()).then_some(key)
}

/// Who holds each value of a unique field in the target, by the [`unique_key`] of the value.
pub fn holders<'u>(field: &str, users: &'u [User]) -> HashMap<Cow<'u, str>, &'u UserId> {
    let mut held = HashMap::new();
    for user in users {
        if let Some(key) = user.value(field).and_then(|value| unique_key(field, value)) {
            held.entry(key).or_insert(&user.id);
        }
    }
    held
}
