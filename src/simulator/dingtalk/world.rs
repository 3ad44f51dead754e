//! The address book a simulated DingTalk holds, with the indexes its rules need.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::simulator::seed::Seed;

/// The root department.
pub(super) const ROOT: i64 = 1;

/// A department.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Department {
    /// `dept_id`.
    pub id: i64,
    /// `parent_id`; `None` on the root.
    pub parent: Option<i64>,
    /// `name`.
    pub name: String,
    /// `source_identifier`.
    pub source_identifier: Option<String>,
    /// Of an associated organisation.
    pub from_union_org: bool,
    /// Every other stored field, as sent.
    pub fields: BTreeMap<String, Value>,
    /// When it was created, milliseconds since the start; hidden until the visibility delay is over.
    #[serde(skip)]
    pub born_ms: u64,
}

/// A user.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct User {
    /// `userid`.
    pub userid: String,
    /// `unionid`.
    pub unionid: String,
    /// `name`.
    pub name: String,
    /// `state_code`.
    pub state_code: String,
    /// National number.
    pub mobile: String,
    /// `dept_id_list`.
    pub departments: Vec<i64>,
    /// `email`, `title`, … as sent; never empty text.
    pub fields: BTreeMap<String, Value>,
    /// The extension, key by key.
    pub extension: Map<String, Value>,
    /// 1 primary administrator, 2 sub-administrator.
    pub sys_level: Option<u8>,
    /// Has logged in.
    pub active: bool,
    /// When it was created, milliseconds since the start.
    #[serde(skip)]
    pub born_ms: u64,
}

impl User {
    /// A text field; empty when not set.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Departments and users.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct World {
    /// By id.
    pub departments: BTreeMap<i64, Department>,
    /// By userid.
    pub users: BTreeMap<String, User>,
    /// Who was invited and has not answered, by mobile.
    #[serde(default)]
    pub invitations: BTreeMap<String, User>,
    next_id: i64,
    #[serde(skip)]
    children: HashMap<i64, BTreeSet<i64>>,
    #[serde(skip)]
    members: HashMap<i64, BTreeSet<String>>,
    #[serde(skip)]
    unique: HashMap<(&'static str, String), String>,
}

/// Fields whose value only one user may have.
const UNIQUE: [&str; 2] = ["email", "telephone"];

impl World {
    /// An address book from a seed.
    pub fn new(seed: &Seed) -> Self {
        let mut world = Self { next_id: 100_000_000, ..Self::default() };
        let root = Department { id: ROOT, name: "Simulated company".to_owned(), ..Department::default() };
        world.put_department(root);
        for department in &seed.departments {
            world.put_department(Department {
                id: department.id,
                parent: department.parent,
                name: department.name.clone(),
                source_identifier: department.source_identifier.clone(),
                from_union_org: department.from_union_org,
                ..Department::default()
            });
        }
        for user in &seed.users {
            let mut fields = BTreeMap::new();
            let given = [
                ("email", &user.email),
                ("title", &user.title),
                ("job_number", &user.job_number),
                ("telephone", &user.telephone),
            ];
            for (name, value) in given {
                if let Some(value) = value {
                    fields.insert(name.to_owned(), Value::String(value.clone()));
                }
            }
            world.put_user(User {
                unionid: union_id(&user.userid),
                userid: user.userid.clone(),
                name: user.name.clone(),
                state_code: user.state_code.clone().unwrap_or_default(),
                mobile: user.mobile.clone().unwrap_or_default(),
                departments: user.departments.clone(),
                fields,
                sys_level: user.sys_level,
                active: true,
                ..User::default()
            });
        }
        world
    }

    /// Builds the indexes that are not stored.
    pub fn index(&mut self) {
        let departments: Vec<Department> = self.departments.values().cloned().collect();
        let users: Vec<User> = std::mem::take(&mut self.users).into_values().collect();
        self.children.clear();
        self.members.clear();
        self.unique.clear();
        departments.into_iter().for_each(|department| self.put_department(department));
        users.into_iter().for_each(|user| self.put_user(user));
    }

    /// A department id nobody has.
    pub fn new_id(&mut self) -> i64 {
        self.next_id += 7;
        self.next_id
    }

    /// Adds or replaces a department.
    pub fn put_department(&mut self, department: Department) {
        if let Some(old) = self.departments.get(&department.id)
            && let Some(parent) = old.parent
            && let Some(siblings) = self.children.get_mut(&parent)
        {
            siblings.remove(&department.id);
        }
        if let Some(parent) = department.parent {
            self.children.entry(parent).or_default().insert(department.id);
        }
        self.next_id = self.next_id.max(department.id);
        self.departments.insert(department.id, department);
    }

    /// Takes a department out; its children must be gone.
    pub fn remove_department(&mut self, id: i64) {
        if let Some(parent) = self.departments.remove(&id).and_then(|department| department.parent)
            && let Some(siblings) = self.children.get_mut(&parent)
        {
            siblings.remove(&id);
        }
    }

    /// Adds or replaces a user.
    pub fn put_user(&mut self, user: User) {
        self.remove_user(&user.userid);
        for department in &user.departments {
            self.members.entry(*department).or_default().insert(user.userid.clone());
        }
        for (field, value) in unique_values(&user) {
            self.unique.insert((field, value), user.userid.clone());
        }
        self.users.insert(user.userid.clone(), user);
    }

    /// Somebody accepts an invitation; whether there was one.
    pub fn accept(&mut self, mobile: &str) -> bool {
        let invited = self.invitations.remove(mobile);
        let is_invited = invited.is_some();
        invited.into_iter().for_each(|user| self.put_user(user));
        is_invited
    }

    /// Takes a user out.
    pub fn remove_user(&mut self, userid: &str) -> Option<User> {
        let old = self.users.remove(userid)?;
        for department in &old.departments {
            if let Some(members) = self.members.get_mut(department) {
                members.remove(userid);
            }
        }
        for key in unique_values(&old) {
            if self.unique.get(&key).is_some_and(|holder| holder == userid) {
                self.unique.remove(&key);
            }
        }
        Some(old)
    }

    /// Who has a unique value: `mobile` as state code and number, `email`, `telephone`.
    pub fn holder(&self, field: &'static str, value: &str) -> Option<&str> {
        self.unique.get(&(field, value.to_lowercase())).map(String::as_str)
    }

    /// The direct children of a department.
    pub fn children(&self, id: i64) -> impl Iterator<Item = &Department> {
        self.children.get(&id).into_iter().flatten().filter_map(|id| self.departments.get(id))
    }

    /// How many direct children.
    pub fn child_count(&self, id: i64) -> usize {
        self.children.get(&id).map_or(0, BTreeSet::len)
    }

    /// The direct members of a department, by userid.
    pub fn members(&self, id: i64) -> impl Iterator<Item = &User> {
        self.members.get(&id).into_iter().flatten().filter_map(|userid| self.users.get(userid))
    }

    /// How many direct members.
    pub fn member_count(&self, id: i64) -> usize {
        self.members.get(&id).map_or(0, BTreeSet::len)
    }

    /// A department and everything below it.
    pub fn subtree(&self, id: i64) -> BTreeSet<i64> {
        let (mut found, mut open) = (BTreeSet::new(), vec![id]);
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.children(id).map(|child| child.id));
            }
        }
        found
    }

    /// A department's ancestors, itself first, the root last.
    pub fn ancestors(&self, id: i64) -> Vec<i64> {
        let (mut chain, mut at) = (Vec::new(), Some(id));
        while let Some(id) = at {
            if chain.contains(&id) {
                break;
            }
            chain.push(id);
            at = self.departments.get(&id).and_then(|department| department.parent);
        }
        chain
    }
}

fn unique_values(user: &User) -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    if !user.mobile.is_empty() {
        values.push(("mobile", format!("{}-{}", user.state_code, user.mobile)));
    }
    for field in UNIQUE {
        if !user.text(field).is_empty() {
            values.push((field, user.text(field).to_lowercase()));
        }
    }
    values
}

/// A unionid of the vendor's shape, the same for the same user.
pub(super) fn union_id(userid: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in userid.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("u{hash:016x}iEiE")
}
