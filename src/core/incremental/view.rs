//! Both sides as they are known: the last complete read, with everything read and written since.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::Subject;
use super::keys::{Keyring, Keys};
use super::remembering::Lesson;
use crate::core::event::{Outcome, RecordEvent};
use crate::core::field::FieldName;
use crate::core::journal::{Decision, Learned, Memory};
use crate::core::normalise;
use crate::core::plan::{Action, Change, DepartmentRef, Entity, FieldValue};
use crate::core::source::{Account, AccountId, OrganizationalUnit, SourceSnapshot, UnitId};
use crate::core::target::{Department, DepartmentId, TargetSnapshot, User, UserId};

/// Both sides as they are known.
#[derive(Debug)]
pub(super) struct View {
    /// IDaaS.
    pub source: SourceSnapshot,
    /// DingTalk.
    pub target: TargetSnapshot,
    /// What earlier runs left behind.
    pub memory: Arc<Memory>,
    /// Counts the changes.
    number: u64,
    /// At which change each object was last changed.
    changed: HashMap<Subject, u64>,
    ring: Keyring,
    /// What ties the accounts of the source, in their order, to others.
    accounts: Keys,
    /// What ties the users of the target, in their order, to others.
    users: Keys,
    pub(super) open: Open,
}

/// What has changed since the last plan that was carried out.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// Objects, each with the number of its last change.
    pub subjects: BTreeMap<Subject, u64>,
    /// Keys that somebody had and has no more, each with the number of the change.
    pub keys: Vec<(u64, u64)>,
    /// Accounts as they were, each with the number of its first change, for whoever counts them.
    pub accounts: BTreeMap<AccountId, (u64, Option<Account>)>,
}

impl View {
    /// Of two sides; nobody's keys are known before they are read again.
    pub(super) fn new(ring: Keyring, source: SourceSnapshot, target: TargetSnapshot) -> Self {
        let nobody = || Keys::new(ring.width(), std::iter::empty());
        Self {
            accounts: nobody(),
            users: nobody(),
            source,
            target,
            memory: Arc::default(),
            number: 0,
            changed: HashMap::new(),
            ring,
            open: Open::default(),
        }
    }

    /// Makes the keys of everybody.
    fn index(&mut self) {
        let (ring, memory) = (&self.ring, &self.memory);
        let accounts = self.source.accounts.iter();
        self.accounts =
            Keys::new(ring.width(), accounts.map(|one| ring.of_account(one, user_of(memory, &one.id))));
        self.users = Keys::new(ring.width(), self.target.users.iter().map(|user| ring.of_user(user)));
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
        let old_source = std::mem::replace(&mut self.source, source);
        let old_target = std::mem::replace(&mut self.target, target);
        let younger = self.changed.iter().filter(|(_, at)| **at > moment).map(|(subject, _)| subject.clone());
        let younger: Vec<Subject> = younger.collect();
        self.changed.clear();
        self.index();
        for subject in younger {
            match &subject {
                Subject::Account(id) => self.put_account(id, account_of(&old_source, id).cloned()),
                Subject::Unit(id) => self.put_unit(id, unit_of(&old_source, id).cloned()),
                Subject::User(id) => self.put_user(id, user_in(&old_target, id).cloned()),
                Subject::Department(id) => self.put_department(*id, department_of(&old_target, *id).cloned()),
            }
        }
    }

    /// Takes in what is remembered, with what was learned since the last time.
    pub(super) fn remember(&mut self, memory: Arc<Memory>, lessons: &[Lesson]) {
        self.memory = memory;
        for Lesson { learned, was } in lessons {
            if let Some(user) = was {
                self.open(Subject::User(user.clone()));
            }
            match learned {
                Learned::BindUser(account, _)
                | Learned::UnbindUser(account)
                | Learned::Pending(account, _)
                | Learned::NotPending(account)
                | Learned::MovedLeaver(account)
                | Learned::NotLeaver(account)
                | Learned::Decided(account, _) => {
                    if let Ok(position) = position_of(&self.source.accounts, |one| one.id.cmp(&account.0)) {
                        self.key_account(position, position..position + 1);
                    }
                    self.open(Subject::Account(account.clone()));
                }
                Learned::BindDepartment(unit, _)
                | Learned::UnbindDepartment(unit)
                | Learned::LeftOutUnit(unit, _) => {
                    self.open(Subject::Unit(unit.clone()));
                }
                Learned::Unstored(key, _) => {
                    self.open(match key.entity {
                        Entity::User => Subject::User(UserId(key.target_id.clone())),
                        Entity::Department => match key.target_id.parse() {
                            Ok(id) => Subject::Department(DepartmentId(id)),
                            Err(_) => continue,
                        },
                    });
                }
            }
        }
    }

    /// Lets go of what is remembered, so that it can be changed without a copy.
    pub(super) fn forget(&mut self) {
        self.memory = Arc::default();
    }

    /// What was open at a moment has been planned and carried out.
    pub(super) fn close(&mut self, moment: u64) {
        self.open.subjects.retain(|_, at| *at > moment);
        self.open.keys.retain(|(_, at)| *at > moment);
        self.open.accounts.retain(|_, (at, _)| *at > moment);
    }

    pub(super) fn account(&self, id: &AccountId) -> Option<&Account> {
        account_of(&self.source, id)
    }

    pub(super) fn unit(&self, id: &UnitId) -> Option<&OrganizationalUnit> {
        unit_of(&self.source, id)
    }

    pub(super) fn user(&self, id: &UserId) -> Option<&User> {
        user_in(&self.target, id)
    }

    pub(super) fn department(&self, id: DepartmentId) -> Option<&Department> {
        department_of(&self.target, id)
    }

    /// What ties people together, of the accounts and of the users, in the order of their lists.
    pub(super) fn keys(&self) -> (&Keys, &Keys) {
        (&self.accounts, &self.users)
    }

    /// The users who have a value of a unique or identity field.
    pub(super) fn users_with(&self, field: &str, value: &str) -> Vec<&User> {
        let Some((column, key)) = self.ring.of_value(field, value) else { return Vec::new() };
        self.users.with(column, key).map(|position| &self.target.users[position]).collect()
    }

    /// The key of a binding to a user.
    pub(super) fn key_of(&self, user: &UserId) -> u64 {
        self.ring.of_binding(user)
    }

    /// Takes in an account as read; `None`: it does not exist.
    pub(super) fn put_account(&mut self, id: &AccountId, account: Option<Account>) {
        self.touch(Subject::Account(id.clone()));
        let is_there = account.is_some();
        let (range, position, old) = put(&mut self.source.accounts, account, |one| one.id.cmp(&id.0));
        if is_there {
            self.key_account(position, range);
        } else {
            self.accounts.put(range, None, &mut self.open.keys, self.number);
        }
        self.open.accounts.entry(id.clone()).or_insert((self.number, old));
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
        let keys = user.as_ref().map(|user| self.ring.of_user(user));
        let (range, ..) = put(&mut self.target.users, user, |one| one.id.cmp(id));
        self.users.put(range, keys, &mut self.open.keys, self.number);
    }

    /// Takes in a department as read; `None`: it does not exist.
    pub(super) fn put_department(&mut self, id: DepartmentId, department: Option<Department>) {
        self.touch(Subject::Department(id));
        put(&mut self.target.departments, department, |one| one.id.cmp(&id));
    }

    /// Makes the keys of the account at a position in place of those in a range.
    fn key_account(&mut self, position: usize, range: Range<usize>) {
        let account = &self.source.accounts[position];
        let keys = self.ring.of_account(account, user_of(&self.memory, &account.id));
        self.accounts.put(range, Some(keys), &mut self.open.keys, self.number);
    }

    /// Takes in what a run wrote.
    pub(super) fn absorb(&mut self, change: &Change, record: &RecordEvent, placed: &Placed) {
        if record.outcome != Outcome::Applied {
            return;
        }
        let Some(target_id) = record.target_id.clone() else { return };
        match change.entity {
            Entity::User => self.absorb_user(change, UserId(target_id), placed),
            Entity::Department => {
                if let Ok(id) = target_id.parse() {
                    self.absorb_department(change, DepartmentId(id), placed);
                }
            }
        }
    }

    fn absorb_user(&mut self, change: &Change, id: UserId, placed: &Placed) {
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
                    user.departments = list.iter().filter_map(|text| resolve(text, placed)).collect();
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

    fn absorb_department(&mut self, change: &Change, id: DepartmentId, placed: &Placed) {
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
                "parent_id" => department.parent = text.and_then(|text| resolve(text, placed)),
                _ => set(&mut department.fields, &field.field, text),
            }
        }
        self.put_department(id, Some(department));
    }

    fn touch(&mut self, subject: Subject) {
        self.open(subject.clone());
        self.changed.insert(subject, self.number);
    }

    /// An object whose row may be another than at the last plan.
    fn open(&mut self, subject: Subject) {
        self.number += 1;
        self.open.subjects.insert(subject, self.number);
    }
}

fn account_of<'s>(source: &'s SourceSnapshot, id: &AccountId) -> Option<&'s Account> {
    position_of(&source.accounts, |one| one.id.cmp(&id.0)).ok().map(|index| &source.accounts[index])
}

fn unit_of<'s>(source: &'s SourceSnapshot, id: &UnitId) -> Option<&'s OrganizationalUnit> {
    position_of(&source.units, |one| one.id.cmp(&id.0)).ok().map(|index| &source.units[index])
}

fn user_in<'t>(target: &'t TargetSnapshot, id: &UserId) -> Option<&'t User> {
    position_of(&target.users, |one| one.id.cmp(id)).ok().map(|index| &target.users[index])
}

fn department_of(target: &TargetSnapshot, id: DepartmentId) -> Option<&Department> {
    position_of(&target.departments, |one| one.id.cmp(&id)).ok().map(|index| &target.departments[index])
}

/// The user an account is bound to, or by decision linked to.
fn user_of<'m>(memory: &'m Memory, account: &str) -> Option<&'m UserId> {
    memory.users.get(account).or_else(|| match memory.decisions.get(account) {
        Some(Decision::LinkTo(user)) => Some(user),
        Some(Decision::LeaveOut | Decision::Keep) | None => None,
    })
}

/// The departments that units are bound to.
type Placed = HashMap<UnitId, DepartmentId>;

/// The department a reference means, now that it exists.
fn resolve(text: &str, placed: &Placed) -> Option<DepartmentId> {
    match DepartmentRef::try_from(text.to_owned()).ok()? {
        DepartmentRef::Existing(id) => Some(id),
        DepartmentRef::New(unit) => placed.get(&unit).copied(),
    }
}

/// Where the one that compares equal stands in a sorted list, or would stand.
fn position_of<T>(list: &[T], compare: impl Fn(&T) -> std::cmp::Ordering) -> Result<usize, usize> {
    list.binary_search_by(compare)
}

/// Replaces, inserts or removes the one that compares equal, in a sorted list. Answers which positions it took before,
/// where it stands, and what it replaced.
fn put<T>(
    list: &mut Vec<T>,
    value: Option<T>,
    compare: impl Fn(&T) -> std::cmp::Ordering,
) -> (Range<usize>, usize, Option<T>) {
    match (position_of(list, compare), value) {
        (Ok(index), Some(value)) => {
            let old = std::mem::replace(&mut list[index], value);
            (index..index + 1, index, Some(old))
        }
        (Err(index), Some(value)) => {
            list.insert(index, value);
            (index..index, index, None)
        }
        (Ok(index), None) => (index..index + 1, index, Some(list.remove(index))),
        (Err(index), None) => (index..index, index, None),
    }
}

fn set(fields: &mut Vec<(FieldName, String)>, name: &FieldName, value: Option<&str>) {
    fields.retain(|(known, _)| known != name);
    if let Some(value) = value {
        fields.push((name.clone(), value.to_owned()));
        fields.sort();
    }
}
