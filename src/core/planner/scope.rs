//! Which units and accounts are meant: the subtrees of the source units, each under its target.

use std::collections::{HashMap, HashSet};

use crate::core::error::{Error, ErrorKind};
use crate::core::profile::Profile;
use crate::core::source::{Account, OrganizationalUnit, SourceSnapshot, UnitId};
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
    /// Units of the scope that a decision leaves out, those below them included.
    pub left_out: HashSet<&'a str>,
    /// Accounts with a membership in scope or left out of it, sorted by id.
    pub accounts: Vec<&'a Account>,
    /// How many there are, those that a part does not hold included.
    pub all_accounts: u64,
}

impl<'a> Scope<'a> {
    /// Walks the subtrees but for the units left out; an unknown, repeated or nested source unit is an error.
    pub(super) fn new(
        profile: &Profile,
        source: &'a SourceSnapshot,
        left_out: &HashSet<UnitId>,
    ) -> Result<Self, Error> {
        let units: HashMap<&str, &OrganizationalUnit> =
            source.units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
        let mut children: HashMap<&str, Vec<&OrganizationalUnit>> = HashMap::new();
        for unit in &source.units {
            if let Some(parent) = unit.parent.as_deref() {
                children.entry(parent).or_default().push(unit);
            }
        }
        children.values_mut().for_each(|siblings| siblings.sort_by(|a, b| a.id.cmp(&b.id)));
        let mut scope = Self {
            units,
            scoped: Vec::new(),
            by_id: HashMap::new(),
            left_out: HashSet::new(),
            accounts: Vec::new(),
            all_accounts: 0,
        };
        let walk = Walk { create: profile.scenario.create_source_unit, children: &children, left_out };
        for pair in &profile.scenario.scope {
            for id in &pair.sources {
                scope.walk(&id.0, pair.target, &walk)?;
            }
        }
        scope.accounts = source.accounts.iter().filter(|account| scope.holds(account)).collect();
        scope.accounts.sort_by(|a, b| a.id.cmp(&b.id));
        scope.all_accounts = scope.accounts.len() as u64;
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

    fn holds(&self, account: &Account) -> bool {
        let is_of = |unit: &str| self.by_id.contains_key(unit) || self.left_out.contains(unit);
        account.units.iter().any(|membership| is_of(membership.unit.0.as_str()))
    }

    fn leave_out(&mut self, unit: &'a str, walk: &Walk<'a, '_>) {
        let mut open = vec![unit];
        while let Some(id) = open.pop() {
            if self.left_out.insert(id) {
                open.extend(walk.children.get(id).into_iter().flatten().map(|unit| unit.id.as_str()));
            }
        }
    }

    fn walk(&mut self, source: &str, target: DepartmentId, walk: &Walk<'a, '_>) -> Result<(), Error> {
        let Some(unit) = self.units.get(source).copied() else {
            return Err(Error::new(
                ErrorKind::Service,
                format!("source unit `{source}` does not exist in IDaaS"),
            )
            .with_hint("correct scenario.scope; unit ids stand in the IDaaS console"));
        };
        let mut seen = HashSet::new();
        let mut level = vec![ScopedUnit { unit, target, parent: None, is_target: !walk.create }];
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
                if !scoped.is_target && walk.left_out.contains(&scoped.unit.organizational_unit_id()) {
                    self.leave_out(id, walk);
                    continue;
                }
                self.by_id.insert(id, self.scoped.len());
                self.scoped.push(scoped);
                let below = walk.children.get(id).map(Vec::as_slice).unwrap_or_default();
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

/// What a walk through the source depends on.
struct Walk<'a, 'w> {
    create: bool,
    children: &'w HashMap<&'a str, Vec<&'a OrganizationalUnit>>,
    left_out: &'w HashSet<UnitId>,
}

fn nested(unit: &str, source: &str) -> Error {
    Error::new(
        ErrorKind::Service,
        format!("unit `{unit}` is in scope twice, the second time below `{source}`"),
    )
    .with_hint("source units of scenario.scope must not lie inside each other")
}
