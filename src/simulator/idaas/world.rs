//! The directory a simulated IDaaS holds, with the indexes its listings need.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::mappings::Mapping;
use super::providers::Provider;
use super::provisioning::Application;
use crate::simulator::options::Options;
use crate::simulator::seed::{Seed, SeedAccount, SeedUnit};

/// 2025-01-01 in Unix milliseconds: when the first record was created.
const FIRST_CREATED: i64 = 1_735_689_600_000;

/// An account with its times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredAccount {
    /// The record.
    pub account: SeedAccount,
    /// Unix milliseconds.
    pub created: i64,
    /// Unix milliseconds.
    pub updated: i64,
    /// Likewise, of what memberships and custom fields are no part of.
    #[serde(default)]
    pub changed: i64,
}

/// A unit with its times.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredUnit {
    /// The record.
    pub unit: SeedUnit,
    /// Unix milliseconds.
    pub created: i64,
    /// Unix milliseconds.
    pub updated: i64,
}

/// Units and accounts, and what is set up around them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct World {
    /// By id.
    pub units: BTreeMap<String, StoredUnit>,
    /// By id.
    pub accounts: HashMap<String, StoredAccount>,
    /// Account ids by creation time, then id: the order of every listing.
    order: BTreeSet<(i64, String)>,
    #[serde(skip)]
    by_unit: HashMap<String, BTreeSet<(i64, String)>>,
    ticks: i64,
    /// Identity providers by id.
    #[serde(default)]
    pub providers: BTreeMap<String, Provider>,
    /// Which account logs on as whom at which provider.
    #[serde(default)]
    pub mappings: Vec<Mapping>,
    /// Applications by id.
    #[serde(default)]
    pub applications: BTreeMap<String, Application>,
}

impl World {
    /// A directory from a seed.
    pub fn new(seed: &Seed) -> Self {
        let mut world = Self::default();
        for unit in &seed.units {
            let now = world.tick();
            world
                .units
                .insert(unit.id.clone(), StoredUnit { unit: unit.clone(), created: now, updated: now });
        }
        for account in &seed.accounts {
            world.put(account.clone());
        }
        world
    }

    /// Makes sure of the application that the options name, and sets its callbacks up where they say so.
    pub(super) fn register(&mut self, options: &Options) {
        let credentials = &options.credentials;
        let id = credentials.application_id.clone();
        match &options.callback {
            None => {
                let scope = vec!["ou_root".to_owned()];
                let application = Application { scope, ..Application::default() };
                self.applications.entry(id).or_insert(application);
            }
            Some(callback) => {
                let key = callback.is_encrypted.then_some(credentials.encryption_key.as_str());
                self.applications.insert(id, Application::telling(&callback.url, key));
            }
        }
    }

    /// A time after every earlier one, Unix milliseconds.
    pub fn tick(&mut self) -> i64 {
        self.ticks += 1;
        FIRST_CREATED + self.ticks
    }

    /// Adds or replaces an account.
    pub fn put(&mut self, account: SeedAccount) {
        let now = self.tick();
        let old = self.remove(&account.id);
        let created = old.as_ref().map_or(now, |old| old.created);
        let changed = old.filter(|old| is_same_person(&old.account, &account)).map_or(now, |old| old.changed);
        let key = (created, account.id.clone());
        for unit in &account.units {
            self.by_unit.entry(unit.clone()).or_default().insert(key.clone());
        }
        self.order.insert(key);
        self.accounts.insert(account.id.clone(), StoredAccount { account, created, updated: now, changed });
    }

    /// Takes an account out.
    pub fn remove(&mut self, id: &str) -> Option<StoredAccount> {
        let old = self.accounts.remove(id)?;
        let key = (old.created, id.to_owned());
        self.order.remove(&key);
        for unit in &old.account.units {
            if let Some(members) = self.by_unit.get_mut(unit) {
                members.remove(&key);
            }
        }
        Some(old)
    }

    /// Builds the indexes that are not stored.
    pub fn index(&mut self) {
        for stored in self.accounts.values() {
            for unit in &stored.account.units {
                let key = (stored.created, stored.account.id.clone());
                self.by_unit.entry(unit.clone()).or_default().insert(key);
            }
        }
    }

    /// Every account in listing order.
    pub fn listed(&self) -> impl Iterator<Item = &StoredAccount> {
        self.listed_from(0)
    }

    /// The accounts behind the first so many; these are passed over without being looked up.
    pub fn listed_from(&self, start: usize) -> impl Iterator<Item = &StoredAccount> {
        self.order.iter().skip(start).map(|(_, id)| &self.accounts[id])
    }

    /// The accounts of a unit in listing order.
    pub fn members<'w>(&'w self, unit: &str) -> impl Iterator<Item = &'w StoredAccount> {
        self.by_unit.get(unit).into_iter().flatten().map(|(_, id)| &self.accounts[id])
    }

    /// The direct children of a unit.
    pub fn children<'w>(&'w self, parent: &'w str) -> impl Iterator<Item = &'w StoredUnit> {
        self.units.values().filter(move |unit| unit.unit.parent.as_deref() == Some(parent))
    }

    /// A unit and everything below it.
    pub fn subtree(&self, root: &str) -> BTreeSet<String> {
        let (mut found, mut open) = (BTreeSet::new(), vec![root.to_owned()]);
        while let Some(id) = open.pop() {
            if found.insert(id.clone()) {
                open.extend(self.children(&id).map(|unit| unit.unit.id.clone()));
            }
        }
        found
    }

    /// A unit and those above it.
    pub fn chain(&self, unit: &str) -> Vec<String> {
        let (mut chain, mut at) = (Vec::new(), Some(unit.to_owned()));
        while let Some(id) = at.filter(|id| !chain.contains(id)) {
            at = self.units.get(&id).and_then(|stored| stored.unit.parent.clone());
            chain.push(id);
        }
        chain
    }

    /// The root's id.
    pub fn root(&self) -> Option<&StoredUnit> {
        self.units.values().find(|unit| unit.unit.parent.is_none())
    }
}

/// Whether two records differ in memberships and custom fields at most.
fn is_same_person(one: &SeedAccount, other: &SeedAccount) -> bool {
    let own = |account: &SeedAccount| {
        let (units, custom_fields) = (Vec::new(), Vec::new());
        format!("{:?}", SeedAccount { units, custom_fields, ..account.clone() })
    };
    own(one) == own(other)
}
