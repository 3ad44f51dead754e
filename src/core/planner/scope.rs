//! Which units and accounts are meant: the subtrees of the source units, each under its target.

use std::collections::{HashMap, HashSet};

use crate::core::error::{Error, ErrorKind};
use crate::core::profile::Profile;
use crate::core::source::{Account, OrganizationalUnit, SourceSnapshot};
use crate::core::target::DepartmentId;

/// A unit in scope.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScopedUnit<'a> {
    /// The unit.
    pub unit: &'a OrganizationalUnit,
    /// The target of its pair.
    pub target: DepartmentId,
    /// The unit above it in scope; `None` directly under the target.
    pub parent: Option<&'a str>,
    /// Maps onto the target itself: no row.
    pub is_target: bool,
}

/// The scope of a profile in a source.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    /// Every unit of the instance.
    pub units: HashMap<&'a str, &'a OrganizationalUnit>,
    /// Units in scope, parents before children.
    pub scoped: Vec<ScopedUnit<'a>>,
    by_id: HashMap<&'a str, usize>,
    /// Accounts with a membership in scope, sorted by id.
    pub accounts: Vec<&'a Account>,
}

impl<'a> Scope<'a> {
    /// Walks the subtrees; an unknown, repeated or nested source unit is an error.
    pub(super) fn new(profile: &Profile, source: &'a SourceSnapshot) -> Result<Self, Error> {
        let units: HashMap<&str, &OrganizationalUnit> =
            source.units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
        let mut children: HashMap<&str, Vec<&OrganizationalUnit>> = HashMap::new();
        for unit in &source.units {
            if let Some(parent) = unit.parent.as_deref() {
                children.entry(parent).or_default().push(unit);
            }
        }
        children.values_mut().for_each(|siblings| siblings.sort_by(|a, b| a.id.cmp(&b.id)));
        let mut scope = Self { units, scoped: Vec::new(), by_id: HashMap::new(), accounts: Vec::new() };
        let create = profile.scenario.create_source_unit;
        for pair in &profile.scenario.scope {
            for id in &pair.sources {
                scope.walk(&id.0, pair.target, create, &children)?;
            }
        }
        scope.accounts = source.accounts.iter().filter(|account| scope.holds(account)).collect();
        scope.accounts.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(scope)
    }

    /// The scoped unit of an id.
    pub(super) fn unit(&self, id: &str) -> Option<&ScopedUnit<'a>> {
        self.by_id.get(id).map(|index| &self.scoped[*index])
    }

    /// Units that are rows.
    pub(super) fn row_units(&self) -> impl Iterator<Item = &ScopedUnit<'a>> {
        self.scoped.iter().filter(|unit| !unit.is_target)
    }

    /// Accounts with a membership in scope.
    pub(super) fn accounts_in_scope(&self) -> u64 {
        self.accounts.len() as u64
    }

    fn holds(&self, account: &Account) -> bool {
        account.units.iter().any(|membership| self.by_id.contains_key(membership.unit.0.as_str()))
    }

    fn walk(
        &mut self,
        source: &str,
        target: DepartmentId,
        create: bool,
        children: &HashMap<&'a str, Vec<&'a OrganizationalUnit>>,
    ) -> Result<(), Error> {
        let Some(unit) = self.units.get(source).copied() else {
            return Err(Error::new(
                ErrorKind::Service,
                format!("source unit `{source}` does not exist in IDaaS"),
            )
            .with_hint("correct scenario.scope; unit ids stand in the IDaaS console"));
        };
        let mut seen = HashSet::new();
        let mut level = vec![ScopedUnit { unit, target, parent: None, is_target: !create }];
        while !level.is_empty() {
            let mut next = Vec::new();
            for scoped in level {
                let id = scoped.unit.id.as_str();
                // A unit that is its own ancestor is met again here and left alone.
                if !seen.insert(id) {
                    continue;
                }
                if self.by_id.contains_key(id) {
                    return Err(nested(id, source));
                }
                self.by_id.insert(id, self.scoped.len());
                self.scoped.push(scoped);
                let below = children.get(id).map(Vec::as_slice).unwrap_or_default();
                next.extend(below.iter().map(|unit| ScopedUnit {
                    unit,
                    target,
                    parent: Some(id),
                    is_target: false,
                }));
            }
            next.sort_by(|a, b| a.unit.id.cmp(&b.unit.id));
            level = next;
        }
        Ok(())
    }
}

fn nested(unit: &str, source: &str) -> Error {
    Error::new(
        ErrorKind::Service,
        format!("unit `{unit}` is in scope twice, the second time below `{source}`"),
    )
    .with_hint("source units of scenario.scope must not lie inside each other")
}
