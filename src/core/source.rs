//! The side that is read: accounts and organizational units of IDaaS, and the port through which they come.
//! Field meanings: reference `idaas-eiam-api.md` sections 2.1, 2.2 and 3.

use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::check::{CheckContext, CheckId, Finding};
use super::error::Error;

/// An IDaaS account id (`user_…`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub String);

/// An IDaaS organizational unit id (`ou_…`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub String);

impl std::borrow::Borrow<str> for AccountId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for UnitId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person in IDaaS. Absent, null and empty text of the wire are all `None` here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// `UserId`.
    pub id: String,
    /// `Username`.
    pub username: Option<String>,
    /// `DisplayName`.
    pub display_name: Option<String>,
    /// `Email`.
    pub email: Option<String>,
    /// `PhoneRegion`, digits without `+`, for example `86`.
    pub phone_region: Option<String>,
    /// `PhoneNumber`, digits.
    pub phone_number: Option<String>,
    /// `UserExternalId`.
    pub external_id: Option<String>,
    /// `UserSourceType`: `build_in`, `ding_talk`, … opaque otherwise.
    pub source_type: Option<String>,
    /// `UserSourceId`; for `ding_talk` the CorpId it was imported from.
    pub source_id: Option<String>,
    /// `Status` is `enabled`.
    pub enabled: bool,
    /// `Description`.
    pub description: Option<String>,
    /// `PreferredLanguage` (GetUser only).
    pub preferred_language: Option<String>,
    /// `PasswordSet`.
    pub password_set: Option<bool>,
    /// Unix milliseconds; `None` = never.
    pub account_expire_time: Option<i64>,
    /// Unix milliseconds; `None` = not locked.
    pub lock_expire_time: Option<i64>,
    /// Unix milliseconds; `None` = never.
    pub password_expire_time: Option<i64>,
    /// Unix milliseconds.
    pub register_time: Option<i64>,
    /// Unix milliseconds.
    pub create_time: Option<i64>,
    /// Unix milliseconds.
    pub update_time: Option<i64>,
    /// The organizational units the account is in, the primary one first.
    pub units: Vec<Membership>,
    /// Groups (GetUser only).
    pub groups: Vec<Group>,
    /// Custom fields by name, values always text (GetUser only), sorted by name.
    pub custom_fields: Vec<(String, String)>,
}

impl Account {
    /// The id as a newtype.
    pub fn account_id(&self) -> AccountId {
        AccountId(self.id.clone())
    }

    /// Whether the account counts as enabled at `now_ms` (contract 3: an expired one counts as disabled,
    /// a locked one as enabled).
    pub fn is_enabled_at(&self, now_ms: i64) -> bool {
        self.enabled && self.account_expire_time.is_none_or(|at| at > now_ms)
    }
}

/// One membership of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The unit.
    pub unit: UnitId,
    /// Its name as the account's record gives it, where it does.
    pub name: Option<String>,
    /// Whether it is the account's primary unit.
    pub primary: bool,
}

/// A group of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// `GroupId`.
    pub id: String,
    /// `GroupName`.
    pub name: Option<String>,
    /// `Description`.
    pub description: Option<String>,
}

/// A node of the IDaaS tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// `OrganizationalUnitId`.
    pub id: String,
    /// `OrganizationalUnitName`.
    pub name: String,
    /// `ParentId`; `None` on the root.
    pub parent: Option<String>,
    /// `Description`.
    pub description: Option<String>,
    /// `OrganizationalUnitExternalId`.
    pub external_id: Option<String>,
    /// `OrganizationalUnitSourceType`.
    pub source_type: Option<String>,
    /// `OrganizationalUnitSourceId`.
    pub source_id: Option<String>,
    /// Unix milliseconds.
    pub create_time: Option<i64>,
    /// Unix milliseconds.
    pub update_time: Option<i64>,
}

impl OrganizationalUnit {
    /// The id as a newtype.
    pub fn organizational_unit_id(&self) -> UnitId {
        UnitId(self.id.clone())
    }
}

/// The IDaaS instance, as GetInstance describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instance {
    /// `InstanceId`.
    pub id: String,
    /// `Status`, for example `running`.
    pub status: Option<String>,
    /// The address people log on at: `DomainConfig.DefaultDomain`, else `InitDomain`.
    pub domain: Option<String>,
    /// `EgressAddresses`.
    pub egress_addresses: Vec<String>,
    /// `Description`.
    pub description: Option<String>,
}

/// How much of each account a run needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The listing plus memberships: what the unit listings can give where they suffice.
    Memberships,
    /// Everything: custom fields, groups, preferred language. One `GetUser` for each account not in the cache.
    Everything,
}

/// What a snapshot of the source shall contain.
#[derive(Debug, Clone)]
pub struct SourceRequest {
    /// The source units whose subtrees are in scope; none means the whole instance.
    pub scope: Vec<UnitId>,
    /// How much of each account in scope.
    pub detail: Detail,
}

/// A read of the source that was proved complete (reference `faults.md` section 2).
#[derive(Debug, Clone, Default)]
pub struct SourceSnapshot {
    /// Every unit of the instance, the root included, sorted by id.
    pub units: Vec<OrganizationalUnit>,
    /// Every account of the instance, sorted by id. Memberships and details are filled in for accounts of the
    /// scope only; an account outside may have an empty `units`.
    pub accounts: Vec<Account>,
    /// Calls that this read took; one that had to be repeated counts once.
    pub calls: u64,
}

/// Remembered `GetUser` answers, valid for one `UpdateTime` (reference `idaas-eiam-api.md` section 0 point 3).
/// Implementations answer from memory or disk; errors of the cache are misses.
pub trait AccountCache: Send + Sync {
    /// The remembered account, when it was stored for exactly this `update_time` (Unix ms) and is not due for its
    /// rotating re-check.
    fn get(&self, id: &str, update_time: i64) -> Option<Account>;
    /// Remembers full accounts.
    fn put(&self, accounts: &[Account]);
}

/// A cache that remembers nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCache;

impl AccountCache for NoCache {
    fn get(&self, _id: &str, _update_time: i64) -> Option<Account> {
        None
    }
    fn put(&self, _accounts: &[Account]) {}
}

/// The directory that is read.
#[async_trait]
pub trait Source: Send + Sync {
    /// A complete read of units and accounts, or an error; never a partial one. One restart is allowed when the
    /// count moves while reading.
    async fn snapshot(
        &self,
        request: &SourceRequest,
        cache: &dyn AccountCache,
    ) -> Result<SourceSnapshot, Error>;
    /// Every unit and every account as the listings alone give them, proved complete: without memberships and details.
    async fn listing(&self) -> Result<SourceSnapshot, Error>;
    /// One account in full; `None` when it does not exist.
    async fn account(&self, id: &AccountId) -> Result<Option<Account>, Error>;
    /// One unit; `None` when it does not exist.
    async fn unit(&self, id: &UnitId) -> Result<Option<OrganizationalUnit>, Error>;
    /// The instance the settings name.
    async fn instance(&self) -> Result<Instance, Error>;
    /// Carries out one `source_*` item of the check. Never fails: a failure is a finding.
    async fn check(&self, item: CheckId, context: &CheckContext) -> Finding;
    /// Calls made so far, retries included.
    fn calls(&self) -> u64;
}
