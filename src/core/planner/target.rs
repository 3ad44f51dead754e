//! The address book as read, by every key that planning asks for.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::core::error::{Error, ErrorKind};
use crate::core::normalise;
use crate::core::plan::{Action, Change, Entity};
use crate::core::profile::Profile;
use crate::core::target::{Department, DepartmentId, Range, TargetSnapshot, User, UserId};

use super::PlanInput;

/// An index over a target snapshot.
#[derive(Debug)]
pub(super) struct TargetIndex<'a> {
    /// Departments by id.
    pub departments: HashMap<DepartmentId, &'a Department>,
    users: &'a [User],
    by_id: HashMap<&'a str, usize>,
    children: HashMap<DepartmentId, Vec<&'a Department>>,
    /// The first child of a department with a name in its normal form.
    names: HashMap<(DepartmentId, Cow<'a, str>), &'a Department>,
    foreign: HashSet<DepartmentId>,
    is_incomplete: bool,
    is_partial: bool,
}

impl<'a> TargetIndex<'a> {
    /// Indexes a snapshot.
    pub(super) fn new(snapshot: &'a TargetSnapshot) -> Self {
        let users = snapshot.users.iter().enumerate();
        let mut index = Self {
            departments: snapshot.departments.iter().map(|department| (department.id, department)).collect(),
            users: &snapshot.users,
            by_id: users.map(|(position, user)| (user.id.0.as_str(), position)).collect(),
            children: HashMap::new(),
            names: HashMap::new(),
            foreign: HashSet::new(),
            is_incomplete: !snapshot.is_complete,
            is_partial: snapshot.range != Range::All,
        };
        for department in &snapshot.departments {
            if let Some(parent) = department.parent {
                index.children.entry(parent).or_default().push(department);
            }
        }
        for (parent, siblings) in &mut index.children {
            siblings.sort_by_key(|department| department.id);
            for child in siblings {
                index.names.entry((*parent, normalise::text(&child.name))).or_insert(child);
            }
        }
        for department in snapshot.departments.iter().filter(|department| department.is_foreign) {
            index.foreign.insert(department.id);
            index.foreign.extend(index.below(department.id));
        }
        index
    }

    /// Where a user stands in the snapshot's list.
    pub(super) fn position(&self, id: &UserId) -> Option<usize> {
        self.by_id.get(id.0.as_str()).copied()
    }

    /// The direct members of some departments.
    pub(super) fn members(&self, of: &HashSet<DepartmentId>) -> HashMap<DepartmentId, Vec<&'a UserId>> {
        let mut members: HashMap<DepartmentId, Vec<&UserId>> = HashMap::new();
        for user in self.users {
            for department in user.departments.iter().filter(|id| of.contains(id)) {
                members.entry(*department).or_default().push(&user.id);
            }
        }
        members
    }

    /// Every target and the leavers department must exist and be ours.
    pub(super) fn require(&self, profile: &Profile) -> Result<(), Error> {
        let targets = profile.scenario.scope.iter().map(|pair| pair.target);
        for id in targets.chain(profile.scenario.leavers_department) {
            if !self.departments.contains_key(&id) {
                let hidden = if self.is_partial { " or is outside the app's contacts range" } else { "" };
                let message = format!("target department {id} does not exist{hidden}");
                return Err(Error::new(ErrorKind::Service, message).with_hint(
                    "find its id in the DingTalk admin console by editing the department; the root is 1",
                ));
            }
            if self.foreign.contains(&id) {
                let message = format!("target department {id} belongs to an associated organisation");
                return Err(
                    Error::new(ErrorKind::Service, message).with_hint("choose a department of your own")
                );
            }
        }
        Ok(())
    }

    /// A department that may be planned against.
    pub(super) fn own(&self, id: DepartmentId) -> Option<&'a Department> {
        self.departments.get(&id).copied().filter(|_| !self.foreign.contains(&id))
    }

    /// The direct children of a department, foreign ones included, by id.
    pub(super) fn children(&self, id: DepartmentId) -> &[&'a Department] {
        self.children.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a department may be planned against.
    pub(super) fn is_own(&self, id: DepartmentId) -> bool {
        !self.foreign.contains(&id)
    }

    /// Whether something may exist that was not read: outside the app's range, or left out of a list.
    pub(super) fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// Every department below one, without it.
    pub(super) fn below(&self, id: DepartmentId) -> HashSet<DepartmentId> {
        let (mut found, mut open) = (HashSet::new(), vec![id]);
        while let Some(id) = open.pop() {
            for child in self.children(id) {
                if found.insert(child.id) {
                    open.push(child.id);
                }
            }
        }
        found
    }

    /// Levels below the root; a child of the root is level 1.
    pub(super) fn level(&self, id: DepartmentId) -> usize {
        let (mut level, mut at, mut steps) = (0, id, 0);
        while let Some(parent) = self.departments.get(&at).and_then(|department| department.parent) {
            level += 1;
            at = parent;
            steps += 1;
            if steps > self.departments.len() {
                break;
            }
        }
        level
    }

    /// Departments without the root.
    pub(super) fn departments_without_root(&self) -> u64 {
        self.departments.keys().filter(|id| **id != DepartmentId::ROOT).count() as u64
    }

    /// The child of a department with a name, compared trimmed and in NFC.
    pub(super) fn child_named(&self, parent: DepartmentId, name: &str) -> Option<&'a Department> {
        self.names.get(&(parent, normalise::text(name))).copied()
    }

    /// Rows for what is bound to nothing and never touched; `users` says of each user whether a row is about it.
    pub(super) fn unmanaged(
        &self,
        input: &PlanInput<'a>,
        departments: &HashSet<DepartmentId>,
        users: &[bool],
    ) -> impl Iterator<Item = Change> {
        let targets: HashSet<DepartmentId> =
            input.profile.scenario.scope.iter().map(|pair| pair.target).chain([DepartmentId::ROOT]).collect();
        let own = input.target.departments.iter();
        let departments = own
            .filter(move |department| {
                !targets.contains(&department.id) && !departments.contains(&department.id)
            })
            .map(|department| row(Entity::Department, department.id.to_string(), &department.name));
        let free = input.target.users.iter().zip(users).filter(|(_, is_taken)| !**is_taken);
        let users = free.map(|(user, _)| {
            let name = user.field("name").unwrap_or(&user.id.0);
            row(Entity::User, user.id.0.clone(), name)
        });
        departments.chain(users)
    }
}

fn row(entity: Entity, target_id: String, name: &str) -> Change {
    Change {
        entity,
        action: Action::Unmanaged,
        source_id: None,
        target_id: Some(target_id),
        name: name.to_owned(),
        matched_by: None,
        fields: Vec::new(),
        reason: None,
        detail: None,
        warnings: BTreeSet::new(),
    }
}
