//! The side that is written: users and departments of DingTalk, and the port through which they are read and
//! changed. Field meanings: reference `dingtalk-api.md` sections 3 and 4.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::check::{CheckContext, CheckId, Finding};
use super::error::Error;
use super::field::FieldName;

/// A DingTalk `userid`: text even where it is all digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub String);

/// A DingTalk `dept_id`; the root is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DepartmentId(pub i64);

impl DepartmentId {
    /// The root department.
    pub const ROOT: Self = Self(1);
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for DepartmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A person in DingTalk, as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `userid`.
    pub id: UserId,
    /// The mobile as E.164 (`+8613…`), from `state_code` and `mobile`; `None` when empty or unreadable.
    pub mobile: Option<String>,
    /// `dept_id_list`, without duplicates.
    pub departments: Vec<DepartmentId>,
    /// Every other readable field that has a value, as text, sorted by name: `name`, `email`, `title`, …; booleans
    /// are `true`/`false`, numbers decimal, each key of the extension is `extension.<key>`.
    pub fields: Vec<(FieldName, String)>,
    /// `admin` or `boss` is true, or the administrators' list names the user.
    pub is_administrator: bool,
    /// `active`: has logged in.
    pub is_active: bool,
}

impl User {
    /// A field's text; `None` when empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(f, _)| f.as_str() == name).map(|(_, v)| v.as_str())
    }

    /// The text of any field, `mobile` and `userid` included; `None` when empty.
    pub fn value(&self, name: &str) -> Option<&str> {
        match name {
            "mobile" => self.mobile.as_deref(),
            "userid" => Some(&self.id.0),
            other => self.field(other),
        }
    }
}

/// A node of the DingTalk tree, as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// `dept_id`.
    pub id: DepartmentId,
    /// `parent_id`; `None` on the root.
    pub parent: Option<DepartmentId>,
    /// `name`.
    pub name: String,
    /// `source_identifier`, when set and readable.
    pub source_identifier: Option<String>,
    /// Every other readable field that has a value, as text, sorted by name.
    pub fields: Vec<(FieldName, String)>,
    /// Belongs to an associated organisation or to education: never planned against (`from_union_org`, `tags`).
    pub is_foreign: bool,
}

impl Department {
    /// A field's text (`name`, `source_identifier` included); `None` when empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        match name {
            "name" => Some(&self.name),
            "source_identifier" => self.source_identifier.as_deref(),
            _ => self.fields.iter().find(|(f, _)| f.as_str() == name).map(|(_, v)| v.as_str()),
        }
    }
}

/// The contacts range granted to the app (`/auth/scopes`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// All employees.
    All,
    /// Only these departments with their subtrees, and these users.
    Partial {
        /// `authed_dept`.
        departments: Vec<DepartmentId>,
        /// `authed_user`.
        users: Vec<UserId>,
    },
}

/// What a snapshot of the target shall contain.
#[derive(Debug, Clone, Default)]
pub struct TargetRequest {
    /// User fields the mapping compares; those that only a single read returns cost one call a user.
    pub user_fields: BTreeSet<FieldName>,
    /// Department fields the mapping compares besides `name` and `source_identifier`.
    pub department_fields: BTreeSet<FieldName>,
}

/// A read of the target.
#[derive(Debug, Clone)]
pub struct TargetSnapshot {
    /// Every readable department, the root included where it is readable, sorted by id.
    pub departments: Vec<Department>,
    /// Every readable user, sorted by id, each once.
    pub users: Vec<User>,
    /// Whether every department in the corporation and its members could be read; `false` under a partial range or
    /// when the head-count does not fit after one re-read. Without it nothing is ever removed.
    pub is_complete: bool,
    /// The app's range.
    pub range: Range,
    /// Fields the app may not read: never compared.
    pub unreadable: BTreeSet<FieldName>,
    /// Calls that this read took; one that had to be repeated counts once.
    pub calls: u64,
    /// When the read ended, Unix milliseconds.
    pub read_at_ms: i64,
}

impl TargetSnapshot {
    /// The user of an id.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.binary_search_by(|user| user.id.0.as_str().cmp(id)).ok().map(|at| &self.users[at])
    }
}

/// A department to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentDraft {
    /// `parent_id`.
    pub parent: DepartmentId,
    /// Fields to send, `name` and `source_identifier` included, `parent_id` not.
    pub fields: BTreeMap<FieldName, String>,
}

/// A person to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDraft {
    /// `dept_id_list`, the primary first.
    pub departments: Vec<DepartmentId>,
    /// Fields to send: `name`, `userid`, `extension.<key>` …; `mobile` in the form the API takes.
    pub fields: BTreeMap<FieldName, String>,
}

/// A change of an existing department. Only what is named is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentUpdate {
    /// Which one.
    pub id: DepartmentId,
    /// A new parent.
    pub parent: Option<DepartmentId>,
    /// Fields to send; `None` clears.
    pub fields: BTreeMap<FieldName, Option<String>>,
}

/// A change of an existing user. Only what is named is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserUpdate {
    /// Which one.
    pub id: UserId,
    /// The whole new `dept_id_list`, when it changes; never empty.
    pub departments: Option<Vec<DepartmentId>>,
    /// Fields to send; `None` clears.
    pub fields: BTreeMap<FieldName, Option<String>>,
    /// The extension as read, so that keys which the mapping does not own are preserved.
    pub extension_as_read: BTreeMap<String, String>,
}

/// One call that changes DingTalk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Write {
    /// `department/create`.
    CreateDepartment(DepartmentDraft),
    /// `department/update`.
    UpdateDepartment(DepartmentUpdate),
    /// `department/delete`.
    DeleteDepartment {
        /// Which one.
        id: DepartmentId,
    },
    /// `user/create`.
    CreateUser(UserDraft),
    /// `user/update`.
    UpdateUser(UserUpdate),
    /// `user/delete`.
    DeleteUser {
        /// Which one.
        id: UserId,
    },
}

/// The six interfaces that write, each with a lane of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interface {
    /// `department/create`.
    DepartmentCreate,
    /// `department/update`.
    DepartmentUpdate,
    /// `department/delete`.
    DepartmentDelete,
    /// `user/create`.
    UserCreate,
    /// `user/update`.
    UserUpdate,
    /// `user/delete`.
    UserDelete,
}

impl Interface {
    /// Every interface, in the order a screen lists them.
    pub const ALL: [Self; 6] = [
        Self::DepartmentCreate,
        Self::DepartmentUpdate,
        Self::DepartmentDelete,
        Self::UserCreate,
        Self::UserUpdate,
        Self::UserDelete,
    ];

    /// The name an operator reads: `user/create`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DepartmentCreate => "department/create",
            Self::DepartmentUpdate => "department/update",
            Self::DepartmentDelete => "department/delete",
            Self::UserCreate => "user/create",
            Self::UserUpdate => "user/update",
            Self::UserDelete => "user/delete",
        }
    }
}

impl Write {
    /// The interface this call goes to.
    pub fn interface(&self) -> Interface {
        match self {
            Self::CreateDepartment(_) => Interface::DepartmentCreate,
            Self::UpdateDepartment(_) => Interface::DepartmentUpdate,
            Self::DeleteDepartment { .. } => Interface::DepartmentDelete,
            Self::CreateUser(_) => Interface::UserCreate,
            Self::UpdateUser(_) => Interface::UserUpdate,
            Self::DeleteUser { .. } => Interface::UserDelete,
        }
    }
}

/// What a successful write returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// The new department's id.
    Department(DepartmentId),
    /// The new user's id.
    User(UserId),
    /// Nothing beyond success.
    Done,
}

/// Why a write was refused, as far as the run has to tell refusals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalClass {
    /// The object does not exist (60121, 60003, 60004 …).
    NotFound,
    /// A sibling department has the name (60021, 60008).
    DuplicateName,
    /// Another user has the mobile (60104, 60107).
    MobileTaken,
    /// Another user has the userid (60102).
    UseridTaken,
    /// Another unique value is taken (60106, 40100, 40101).
    ValueTaken,
    /// An invitation was sent and waits for consent (40103): no failure.
    Pending,
    /// The department still has members or children (60005, 60006).
    NotEmpty,
    /// Outside the app's range (50002, 50004).
    OutOfRange,
    /// A parameter was refused.
    Parameter,
    /// The service stayed busy or broken after every retry; certainly not applied.
    Busy,
    /// A quota or head-count is used up.
    Quota,
    /// Any other code, unknown ones included: stops this record only.
    Other,
}

/// A refusal of one record's write; certainly not applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The effective code, as text.
    pub code: String,
    /// What the service said, cleaned for display.
    pub message: String,
    /// What to make of it.
    pub class: RefusalClass,
}

/// How a write can fail.
#[derive(Debug, Clone)]
pub enum WriteFailure {
    /// The service refused this record; nothing was applied.
    Refused(Refusal),
    /// Nobody knows whether it was applied (connection lost, timed out, 5xx): settle by reading, never repeat blindly.
    Ambiguous(String),
    /// Concerns every record: permission revoked, credentials gone, address not allowed. Nothing was applied.
    Fatal(Error),
}

/// A turn in an interface's lane; spent by one write.
#[derive(Debug)]
pub struct Permit {
    /// The lane it belongs to.
    pub interface: Interface,
}

/// What one lane is doing, for progress and gauges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaneReport {
    /// The interface's name, for example `user/create`.
    pub interface: String,
    /// The pace it keeps, calls per second.
    pub limit: f64,
    /// Calls in the last second.
    pub recent: f64,
    /// Calls refused for flow control so far.
    pub throttled: u64,
}

/// What all lanes are doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PaceReport {
    /// Every lane used so far.
    pub lanes: Vec<LaneReport>,
    /// Calls made so far, retries included.
    pub calls: u64,
    /// Calls refused for flow control so far.
    pub throttled: u64,
    /// Seconds until an all-lanes pause (90002 or an IP ban) ends.
    pub paused_seconds: Option<u64>,
}

/// The address book that is read and written. Retries, token renewal and pace are this side's own business;
/// what comes back is final.
#[async_trait]
pub trait Target: Send + Sync {
    /// A read of departments and users with the proof of its completeness.
    async fn snapshot(&self, request: &TargetRequest) -> Result<TargetSnapshot, Error>;
    /// One user in full; `None` when not found.
    async fn user(&self, id: &UserId) -> Result<Option<User>, Error>;
    /// One department in full; `None` when not found.
    async fn department(&self, id: DepartmentId) -> Result<Option<Department>, Error>;
    /// The direct children of a department, in full.
    async fn children(&self, id: DepartmentId) -> Result<Vec<Department>, Error>;
    /// The userids of a department's direct members.
    async fn members(&self, id: DepartmentId) -> Result<Vec<UserId>, Error>;
    /// The user with a mobile (form as sent in `user/create`), found organisation-wide; `None` when nobody has it.
    async fn user_by_mobile(&self, mobile: &str) -> Result<Option<UserId>, Error>;
    /// Waits for a turn in a lane. Dropping the future gives the turn up.
    async fn permit(&self, interface: Interface) -> Permit;
    /// Sends one write. Flow control and a stale token are retried inside; an unknown outcome never is.
    async fn write(&self, permit: Permit, write: &Write) -> Result<Written, WriteFailure>;
    /// Carries out one DingTalk item of the check. Never fails: a failure is a finding.
    async fn check(&self, item: CheckId, context: &CheckContext) -> Finding;
    /// What the lanes are doing.
    fn pace(&self) -> PaceReport;
    /// Calls made so far, retries included.
    fn calls(&self) -> u64;
}
