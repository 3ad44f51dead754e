//! Both sides as they are known: the last complete read, with everything read and written since.

use std::collections::HashMap;

use super::Subject;
use crate::core::event::{Outcome, RecordEvent};
use crate::core::field::FieldName;
use crate::core::journal::Memory;
use crate::core::normalise;
use crate::core::plan::{Action, Change, DepartmentRef, Entity, FieldValue};
use crate::core::source::{Account, AccountId, OrganizationalUnit, SourceSnapshot, UnitId};
use crate::core::target::{Department, DepartmentId, TargetSnapshot, User, UserId};

/// Both sides as they are known.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// IDaaS.
    pub source: SourceSnapshot,
    /// DingTalk.
    pub target: TargetSnapshot,
    /// Counts the changes.
    number: u64,
    /// At which change each object was last changed.
    changed: HashMap<Subject, u64>,
}

impl View {
    pub(super) fn new(source: SourceSnapshot, target: TargetSnapshot) -> Self {
        Self { source, target, number: 0, changed: HashMap::new() }
    }

    /// The moment: what changes afterwards is younger.
    pub(super) fn moment(&self) -> u64 {
        self.number
    }

    /// Whether an object was changed after a moment.
    pub(super) fn is_younger(&self, subject: &Subject, moment: u64) -> bool {
        self.changed.get(subject).is_some_and(|at| *at > moment)
    }

    /// Takes in a complete read that began at `moment`; what is younger stays as it is known.
    pub(super) fn renew(&mut self, source: SourceSnapshot, target: TargetSnapshot, moment: u64) {
        let fresh = Self { source, target, number: self.number, changed: HashMap::new() };
        let old = std::mem::replace(self, fresh);
        for (subject, _) in old.changed.iter().filter(|(_, at)| **at > moment) {
            match subject {
                Subject::Account(id) => self.put_account(id, old.account(id).cloned()),
                Subject::Unit(id) => self.put_unit(id, old.unit(id).cloned()),
                Subject::User(id) => self.put_user(id, old.user(id).cloned()),
                Subject::Department(id) => self.put_department(*id, old.department(*id).cloned()),
            }
        }
    }

    pub(super) fn account(&self, id: &AccountId) -> Option<&Account> {
        let accounts = &self.source.accounts;
        accounts.binary_search_by(|account| account.id.cmp(&id.0)).ok().map(|index| &accounts[index])
    }

    pub(super) fn unit(&self, id: &UnitId) -> Option<&OrganizationalUnit> {
        let units = &self.source.units;
        units.binary_search_by(|unit| unit.id.cmp(&id.0)).ok().map(|index| &units[index])
    }

    pub(super) fn user(&self, id: &UserId) -> Option<&User> {
        let users = &self.target.users;
        users.binary_search_by(|user| user.id.cmp(id)).ok().map(|index| &users[index])
    }

    pub(super) fn department(&self, id: DepartmentId) -> Option<&Department> {
        let departments = &self.target.departments;
        departments.binary_search_by(|one| one.id.cmp(&id)).ok().map(|index| &departments[index])
    }

    /// Takes in an account as read; `None`: it does not exist.
    pub(super) fn put_account(&mut self, id: &AccountId, account: Option<Account>) {
        self.touch(Subject::Account(id.clone()));
        put(&mut self.source.accounts, account, |one| one.id.cmp(&id.0));
    }

    /// Takes in a unit as read; `None`: it does not exist.
    pub(super) fn put_unit(&mut self, id: &UnitId, unit: Option<OrganizationalUnit>) {
        self.touch(Subject::Unit(id.clone()));
        put(&mut self.source.units, unit, |one| one.id.cmp(&id.0));
    }

    /// Takes in a user as read; `None`: it does not exist. Who administers is only known from the complete read.
    pub(super) fn put_user(&mut self, id: &UserId, user: Option<User>) {
        let was_administrator = self.user(id).is_some_and(|known| known.is_administrator);
        let user = user.map(|mut user| {
            user.is_administrator |= was_administrator;
            user
        });
        self.touch(Subject::User(id.clone()));
        put(&mut self.target.users, user, |one| one.id.cmp(id));
    }

    /// Takes in a department as read; `None`: it does not exist.
    pub(super) fn put_department(&mut self, id: DepartmentId, department: Option<Department>) {
        self.touch(Subject::Department(id));
        put(&mut self.target.departments, department, |one| one.id.cmp(&id));
    }

    /// Takes in what a run wrote.
    pub(super) fn absorb(&mut self, change: &Change, record: &RecordEvent, memory: &Memory) {
        if record.outcome != Outcome::Applied {
            return;
        }
        let Some(target_id) = record.target_id.clone() else { return };
        match change.entity {
            Entity::User => self.absorb_user(change, UserId(target_id), memory),
            Entity::Department => {
                if let Ok(id) = target_id.parse() {
                    self.absorb_department(change, DepartmentId(id), memory);
                }
            }
        }
    }

    fn absorb_user(&mut self, change: &Change, id: UserId, memory: &Memory) {
        if change.action == Action::Remove {
            return self.put_user(&id, None);
        }
        let mut user = self.user(&id).cloned().unwrap_or_else(|| User {
            id: id.clone(),
            mobile: None,
            departments: Vec::new(),
            fields: Vec::new(),
            is_administrator: false,
            is_active: false,
        });
        for field in &change.fields {
            match (field.field.as_str(), &field.after) {
                ("dept_id_list", FieldValue::List(list)) => {
                    user.departments = list.iter().filter_map(|text| resolve(text, memory)).collect();
                }
                ("mobile", after) => {
                    user.mobile = after.as_text().and_then(|mobile| normalise::e164(None, mobile));
                }
                ("userid", _) => {}
                (_, after) => set(&mut user.fields, &field.field, after.as_text()),
            }
        }
        self.put_user(&id, Some(user));
    }

    fn absorb_department(&mut self, change: &Change, id: DepartmentId, memory: &Memory) {
        if change.action == Action::Remove {
            return self.put_department(id, None);
        }
        let mut department = self.department(id).cloned().unwrap_or_else(|| Department {
            id,
            parent: None,
            name: change.name.clone(),
            source_identifier: None,
            fields: Vec::new(),
            is_foreign: false,
        });
        for field in &change.fields {
            let text = field.after.as_text();
            match field.field.as_str() {
                "name" => department.name = text.unwrap_or_default().to_owned(),
                "source_identifier" => department.source_identifier = text.map(str::to_owned),
                "parent_id" => department.parent = text.and_then(|text| resolve(text, memory)),
                _ => set(&mut department.fields, &field.field, text),
            }
        }
        self.put_department(id, Some(department));
    }

    fn touch(&mut self, subject: Subject) {
        self.number += 1;
        self.changed.insert(subject, self.number);
    }
}

/// The department a reference means, now that it exists.
pub(super) fn resolve(text: &str, memory: &Memory) -> Option<DepartmentId> {
    match DepartmentRef::try_from(text.to_owned()).ok()? {
        DepartmentRef::Existing(id) => Some(id),
        DepartmentRef::New(unit) => memory.departments.get(&unit).copied(),
    }
}

/// Replaces, inserts or removes the one that compares equal, in a sorted list.
fn put<T>(list: &mut Vec<T>, value: Option<T>, compare: impl Fn(&T) -> std::cmp::Ordering) {
    match (list.binary_search_by(compare), value) {
        (Ok(index), Some(value)) => list[index] = value,
        (Err(index), Some(value)) => list.insert(index, value),
        (Ok(index), None) => drop(list.remove(index)),
        (Err(_), None) => {}
    }
}

fn set(fields: &mut Vec<(FieldName, String)>, name: &FieldName, value: Option<&str>) {
    fields.retain(|(known, _)| known != name);
    if let Some(value) = value {
        fields.push((name.clone(), value.to_owned()));
        fields.sort();
    }
}
