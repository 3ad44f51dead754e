//! What the source wishes of each record, as a mark: the same wish has the same mark, however it was read. A record
//! that differs in DingTalk although its mark has not changed was changed there. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Subject;
use super::view::View;
use crate::core::error::{Error, ErrorKind};
use crate::core::mapping::{Draft, FieldMapping, Include};
use crate::core::plan::Entity;
use crate::core::profile::Profile;
use crate::core::source::{Account, AccountId, OrganizationalUnit, UnitId};

/// The mark of what does not exist.
const GONE: i64 = 0;

/// The compiled settings that wishes depend on.
pub(super) struct Desired {
    users: FieldMapping,
    departments: FieldMapping,
    include: Include,
    scope: Vec<UnitId>,
    /// What all marks were computed by.
    pub profile: String,
}

#[derive(Serialize)]
struct UserWish<'w> {
    values: Vec<(&'w str, Option<&'w str>)>,
    units: BTreeSet<&'w str>,
    is_enabled: bool,
    is_kept: Option<bool>,
}

#[derive(Serialize)]
struct DepartmentWish<'w> {
    values: Vec<(&'w str, Option<&'w str>)>,
    parent: Option<&'w str>,
    is_in_scope: bool,
}

impl Desired {
    pub(super) fn compile(profile: &Profile) -> Result<Self, Error> {
        let include = Include::compile(&profile.scenario.include)
            .map_err(|error| Error::new(ErrorKind::Settings, format!("scenario.include: {error}")))?;
        Ok(Self {
            users: FieldMapping::compile(&profile.user_rows(), Entity::User)?,
            departments: FieldMapping::compile(&profile.department_rows(), Entity::Department)?,
            include,
            scope: profile.scenario.scope.iter().flat_map(|pair| pair.sources.iter().cloned()).collect(),
            profile: wish_profile(profile),
        })
    }

    /// The units of the scope: the source units and everything below them.
    pub(super) fn units_in_scope<'v>(&self, view: &'v View) -> HashSet<&'v str> {
        let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
        for unit in &view.source.units {
            if let Some(parent) = unit.parent.as_deref() {
                children.entry(parent).or_default().push(&unit.id);
            }
        }
        let roots = self.scope.iter().filter_map(|id| view.unit(id)).map(|unit| unit.id.as_str());
        let (mut found, mut open) = (HashSet::new(), roots.collect::<Vec<_>>());
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(children.get(id).map(Vec::as_slice).unwrap_or_default());
            }
        }
        found
    }

    /// The mark of a source object's wish.
    pub(super) fn mark(&self, subject: &Subject, view: &View, in_scope: &HashSet<&str>, now_ms: i64) -> i64 {
        match subject {
            Subject::Account(id) => view.account(id).map_or(GONE, |one| self.account(one, in_scope, now_ms)),
            Subject::Unit(id) => view.unit(id).map_or(GONE, |unit| self.unit(unit, in_scope)),
            Subject::User(_) | Subject::Department(_) => GONE,
        }
    }

    /// The mapped values of an account.
    pub(super) fn draft<'d>(&'d self, account: &'d Account) -> Draft<'d> {
        self.users.draft_user(account)
    }

    /// The mapped name of a unit.
    pub(super) fn department_name(&self, unit: &OrganizationalUnit) -> String {
        let draft = self.departments.draft_department(unit);
        draft.value("name").unwrap_or(&unit.name).to_owned()
    }

    fn account(&self, account: &Account, in_scope: &HashSet<&str>, now_ms: i64) -> i64 {
        let draft = self.users.draft_user(account);
        let units = account.units.iter().map(|membership| membership.unit.0.as_str());
        mark_of(&UserWish {
            values: values(&draft),
            units: units.filter(|unit| in_scope.contains(unit)).collect(),
            is_enabled: account.is_enabled_at(now_ms),
            is_kept: self.include.keeps(account).ok(),
        })
    }

    fn unit(&self, unit: &OrganizationalUnit, in_scope: &HashSet<&str>) -> i64 {
        let draft = self.departments.draft_department(unit);
        mark_of(&DepartmentWish {
            values: values(&draft),
            parent: unit.parent.as_deref(),
            is_in_scope: in_scope.contains(unit.id.as_str()),
        })
    }
}

fn values<'d>(draft: &'d Draft<'_>) -> Vec<(&'d str, Option<&'d str>)> {
    draft.values.iter().map(|value| (value.field().as_str(), value.value.as_deref())).collect()
}

fn mark_of<T: Serialize>(wish: &T) -> i64 {
    let text = serde_json::to_vec(wish).unwrap_or_default();
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(text)[..8]);
    // What does not exist keeps a mark of its own.
    i64::from_le_bytes(first) | 1
}

/// What wishes depend on: switching the modes of following on or off changes nobody's wish.
pub(super) fn wish_profile(profile: &Profile) -> String {
    let mut plain = profile.clone();
    plain.scenario.incremental = false;
    plain.scenario.qr_logon = false;
    plain.fingerprint()
}

/// Every account and unit a view knows.
pub(super) fn subjects(view: &View) -> impl Iterator<Item = Subject> {
    let units = view.source.units.iter().map(|unit| Subject::Unit(UnitId(unit.id.clone())));
    units.chain(view.source.accounts.iter().map(|account| Subject::Account(AccountId(account.id.clone()))))
}
