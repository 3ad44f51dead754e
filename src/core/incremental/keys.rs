//! What ties people of both sides together: values by which they are recognised or which only one may have, and their
//! bindings. Kept as hashes beside the lists of people; two values with one hash are only looked at together in vain.
//! Pure.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::choose::UNIQUE;
use crate::core::error::Error;
use crate::core::mapping::FieldMapping;
use crate::core::matching::unique_key;
use crate::core::normalise;
use crate::core::plan::Entity;
use crate::core::profile::{IdentityField, Profile};
use crate::core::source::Account;
use crate::core::target::{User, UserId};

/// The key of what is empty.
const NOTHING: u64 = 0;

/// Makes the keys of people.
#[derive(Debug, Clone)]
pub(super) struct Keyring {
    users: FieldMapping,
    fields: Vec<&'static str>,
    /// Whoever has no userid mapped is recognised by the account's id.
    is_known_by_id: bool,
    hasher: RandomState,
}

impl Keyring {
    pub(super) fn new(profile: &Profile) -> Result<Self, Error> {
        let identity = &profile.mapping.identity;
        let mut fields = UNIQUE.to_vec();
        fields.extend(identity.iter().map(|field| field.as_str()).filter(|field| !UNIQUE.contains(field)));
        Ok(Self {
            users: FieldMapping::compile(&profile.user_rows(), Entity::User)?,
            fields,
            is_known_by_id: identity.contains(&IdentityField::Userid),
            hasher: RandomState::new(),
        })
    }

    /// How many keys everybody has.
    pub(super) fn width(&self) -> usize {
        self.fields.len() + 1
    }

    /// The keys of an account that is bound or by decision linked to a user.
    pub(super) fn of_account(&self, account: &Account, user: Option<&UserId>) -> Vec<u64> {
        let draft = self.users.draft_user(account);
        let own = Some(account.id.as_str()).filter(|_| self.is_known_by_id);
        let value = |field: &str| draft.value(field).or(own.filter(|_| field == "userid"));
        self.keys(value, user.map(|user| user.0.as_str()))
    }

    /// The keys of a user.
    pub(super) fn of_user(&self, user: &User) -> Vec<u64> {
        self.keys(|field| user.value(field), Some(&user.id.0))
    }

    /// Where the key of a field stands, and the key of a value.
    pub(super) fn of_value(&self, field: &str, value: &str) -> Option<(usize, u64)> {
        let column = self.fields.iter().position(|known| *known == field)?;
        Some((column, self.key(column, normal(field, value)?)))
    }

    fn keys<'v>(&self, value: impl Fn(&str) -> Option<&'v str>, user: Option<&str>) -> Vec<u64> {
        let fields = self.fields.iter().enumerate();
        let keys = fields.map(|(column, field)| {
            let normal = value(field).and_then(|value| normal(field, value));
            normal.map_or(NOTHING, |value| self.key(column, value))
        });
        let bound = user.map_or(NOTHING, |user| self.bound(user));
        keys.chain([bound]).collect()
    }

    /// The key of a binding to a user.
    pub(super) fn of_binding(&self, user: &UserId) -> u64 {
        self.bound(&user.0)
    }

    fn bound(&self, user: &str) -> u64 {
        self.key(self.fields.len(), Cow::Borrowed(user))
    }

    fn key(&self, column: usize, value: Cow<'_, str>) -> u64 {
        self.hasher.hash_one((column, value)).max(NOTHING + 1)
    }
}

/// The form in which the value of a field is compared.
fn normal<'v>(field: &str, value: &'v str) -> Option<Cow<'v, str>> {
    match field {
        "org_email" => normalise::identity_key(IdentityField::OrgEmail, value),
        field => unique_key(field, value),
    }
}

/// The keys of a list of people, in its order: so many to each.
#[derive(Debug)]
pub(super) struct Keys {
    all: Vec<u64>,
    width: usize,
}

impl Keys {
    pub(super) fn new(width: usize, all: impl Iterator<Item = Vec<u64>>) -> Self {
        Self { all: all.flatten().collect(), width }
    }

    /// The keys of the one at a position.
    pub(super) fn at(&self, position: usize) -> &[u64] {
        &self.all[position * self.width..(position + 1) * self.width]
    }

    /// Puts the keys of one in place of those from one position up to another; whatever they were goes to `gone`, with
    /// the number of the change.
    pub(super) fn put(
        &mut self,
        positions: std::ops::Range<usize>,
        keys: Option<Vec<u64>>,
        gone: &mut Vec<(u64, u64)>,
        number: u64,
    ) {
        let range = positions.start * self.width..positions.end * self.width;
        let keys = keys.unwrap_or_default();
        let old = self.all.splice(range, keys.iter().copied());
        gone.extend(old.filter(|key| *key != NOTHING && !keys.contains(key)).map(|key| (key, number)));
    }

    /// The positions of those who have a key in a column.
    pub(super) fn with(&self, column: usize, key: u64) -> impl Iterator<Item = usize> {
        let column = self.all.iter().skip(column).step_by(self.width).enumerate();
        column.filter(move |(_, held)| **held == key).map(|(position, _)| position)
    }

    /// The positions of those who have one of some keys.
    pub(super) fn with_any(&self, keys: &Sought) -> impl Iterator<Item = usize> {
        let all = self.all.chunks_exact(self.width).enumerate();
        all.filter(|(_, held)| held.iter().any(|key| keys.has(*key))).map(|(position, _)| position)
    }
}

/// Keys that are looked for among very many.
#[derive(Debug)]
pub(super) struct Sought {
    keys: HashSet<u64>,
    /// A bit for every value of a key's last bits: nearly all of the many are told by it.
    bits: Vec<u64>,
}

impl Default for Sought {
    fn default() -> Self {
        Self { keys: HashSet::new(), bits: vec![0; 1 << 10] }
    }
}

impl Sought {
    /// Looks for some more; answers whether there was one that was not looked for already.
    pub(super) fn add(&mut self, keys: &[u64]) -> bool {
        let mut is_more = false;
        for key in keys.iter().copied().filter(|key| *key != NOTHING) {
            let (word, bit) = place(key);
            self.bits[word] |= bit;
            is_more |= self.keys.insert(key);
        }
        is_more
    }

    /// How many are looked for.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    fn has(&self, key: u64) -> bool {
        let (word, bit) = place(key);
        self.bits[word] & bit != 0 && self.keys.contains(&key)
    }
}

/// The word of 1,024 and the bit in it for a key.
fn place(key: u64) -> (usize, u64) {
    let word = (key >> 6) as usize & 0x3ff;
    (word, 1 << (key & 63))
}
