//! What must survive: bindings, runs, every call before it is sent and after it is answered. The port behind which
//! the embedded database lives. Promises: contract section 7, point 2.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::event::{RecordEvent, RunStatus, RunSummary};
use super::field::FieldName;
use super::plan::{Entity, FieldChange, Plan};
use super::source::{AccountId, UnitId};
use super::target::{Department, DepartmentId, User, UserId, Write, Written};

/// What earlier runs left behind, as far as planning depends on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Account ↔ user.
    pub users: HashMap<AccountId, UserId>,
    /// Unit ↔ department.
    pub departments: HashMap<UnitId, DepartmentId>,
    /// Values that DingTalk accepted but does not store.
    pub unstored: HashMap<UnstoredKey, Unstored>,
    /// Accounts with an invitation waiting for consent, with the mobile it went to.
    pub pending: HashMap<AccountId, String>,
    /// Decisions on conflicts.
    pub decisions: HashMap<AccountId, Decision>,
    /// Units that are left out by decision, each with everything below it.
    pub left_out_units: HashSet<UnitId>,
    /// Bound users that were moved to the leavers department, and stay bound.
    pub moved_leavers: HashSet<AccountId>,
    /// Accounts in scope at the last complete read that led to a finished full sync.
    pub last_source_accounts: Option<u64>,
    /// Full syncs that finished.
    pub finished_full_syncs: u64,
}

impl Memory {
    /// Bound users and departments.
    pub fn bindings(&self) -> u64 {
        (self.users.len() + self.departments.len()) as u64
    }

    /// Takes in what was learned.
    pub fn learn(&mut self, lesson: Learned) {
        match lesson {
            Learned::BindUser(account, user) => drop(self.users.insert(account, user)),
            Learned::UnbindUser(account) => drop(self.users.remove(&account)),
            Learned::BindDepartment(unit, id) => drop(self.departments.insert(unit, id)),
            Learned::UnbindDepartment(unit) => drop(self.departments.remove(&unit)),
            Learned::Pending(account, mobile) => drop(self.pending.insert(account, mobile)),
            Learned::NotPending(account) => drop(self.pending.remove(&account)),
            Learned::Unstored(key, value) => drop(self.unstored.insert(key, value)),
            Learned::MovedLeaver(account) => drop(self.moved_leavers.insert(account)),
            Learned::NotLeaver(account) => drop(self.moved_leavers.remove(&account)),
            Learned::Decided(account, Some(decision)) => drop(self.decisions.insert(account, decision)),
            Learned::Decided(account, None) => drop(self.decisions.remove(&account)),
            Learned::LeftOutUnit(unit, true) => drop(self.left_out_units.insert(unit)),
            Learned::LeftOutUnit(unit, false) => drop(self.left_out_units.remove(&unit)),
        }
    }
}

/// Which field of which record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnstoredKey {
    /// Department or user.
    pub entity: Entity,
    /// DingTalk id as text.
    pub target_id: String,
    /// The field.
    pub field: FieldName,
}

/// A value that was sent and accepted, and what was read back instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unstored {
    /// Sent; `None` = cleared.
    pub sent: Option<String>,
    /// Read back; `None` = empty.
    pub read_back: Option<String>,
}

/// An operator's remembered decision on a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Link to this user, whom no identity field may find for anybody else.
    LinkTo(UserId),
    /// Leave the account out: nothing is written for it and it reserves no value. One that is bound stays bound and
    /// is held, whatever happens to leavers.
    LeaveOut,
    /// DingTalk keeps what it has where that is in conflict; what is not in conflict is written. Creates nobody.
    Keep,
}

impl Decision {
    /// Its word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::LinkTo(_) => "link_to",
            Self::LeaveOut => "leave_out",
            Self::Keep => "keep",
        }
    }
}

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// A full synchronization.
    Sync,
    /// Failed records again.
    Retry,
    /// The inverse of a run.
    Undo,
    /// Incremental.
    Watch,
}

/// A run about to begin.
#[derive(Debug, Clone)]
pub struct RunStart {
    /// What for.
    pub kind: RunKind,
    /// The approved plan, whole.
    pub plan: Plan,
    /// What was read, as far as a resume judges by it.
    pub seen: Seen,
    /// The run whose records are tried again or undone.
    pub of_run: Option<String>,
    /// When, Unix milliseconds.
    pub started_at_ms: i64,
}

/// What a plan was made from, as far as applying it depends on it: whoever resumes a run judges by the same reading,
/// and need not read everything again. Kept until the run is finished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When it was read, Unix milliseconds.
    pub read_at_ms: i64,
    /// Departments; none where no row changes or removes one.
    pub departments: Vec<Department>,
    /// Users that a row removes, or changes in a way that needs the rest of them.
    pub users: Vec<User>,
}

/// A write about to be sent: stored and flushed before it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// Run id.
    pub run: String,
    /// Index of the row in the plan's `changes`.
    pub row: usize,
    /// Which call of the row, from 0.
    pub step: u32,
    /// The call.
    pub write: Write,
    /// The values before the write, for an undo.
    pub before: Vec<FieldChange>,
    /// Whether it only frees a value ahead of the row itself.
    pub is_preparation: bool,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

/// A stored intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub i64);

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// Applied, as answered or as found by reading.
    Applied(Written),
    /// Certainly not applied.
    NotApplied {
        /// The service's code.
        code: Option<String>,
    },
}

/// What a call or record taught: stored in the same transaction as the end it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// An account is bound to a user.
    BindUser(AccountId, UserId),
    /// An account's binding ended.
    UnbindUser(AccountId),
    /// A unit is bound to a department.
    BindDepartment(UnitId, DepartmentId),
    /// A unit's binding ended.
    UnbindDepartment(UnitId),
    /// An invitation to this mobile waits for consent.
    Pending(AccountId, String),
    /// No invitation waits any more.
    NotPending(AccountId),
    /// A value was accepted but not stored.
    Unstored(UnstoredKey, Unstored),
    /// The user was moved to the leavers department.
    MovedLeaver(AccountId),
    /// The user is no leaver any more.
    NotLeaver(AccountId),
    /// A decision on a conflict; `None` forgets it.
    Decided(AccountId, Option<Decision>),
    /// A unit is left out with everything below it, or no longer.
    LeftOutUnit(UnitId, bool),
}

/// A record's end, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEnd {
    /// Index of the row in the plan's `changes`.
    pub row: usize,
    /// The event line.
    pub event: RecordEvent,
    /// What the service calls the request, where it said so.
    pub request_id: Option<String>,
}

/// A run that has begun and not finished.
#[derive(Debug, Clone)]
pub struct UnfinishedRun {
    /// Run id.
    pub run: String,
    /// What for.
    pub kind: RunKind,
    /// Its plan.
    pub plan: Plan,
    /// When it started, Unix milliseconds.
    pub started_at_ms: i64,
    /// What its plan was made from; `None` of a run that an older dingsync began.
    pub seen: Option<Seen>,
    /// Rows that have ended.
    pub ended: Vec<RecordEnd>,
    /// Calls that were intended and have no end: in flight when the process died.
    pub in_flight: Vec<(CallId, Intent)>,
}

/// A run in the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Run id.
    pub run: String,
    /// What for.
    pub kind: RunKind,
    /// The plan's id.
    pub plan_id: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC; `None` while it has not ended.
    pub finished_at: Option<String>,
    /// How it ended.
    pub status: RunStatus,
    /// Rows with a writing action.
    pub total: u64,
    /// Totals.
    pub summary: RunSummary,
    /// Counts of the plan it applied.
    pub planned: super::plan::Summary,
}

/// The lock of a connection: held while the value lives.
pub trait RunLock: Send + Sync {}

/// Who holds a connection's lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// Process id.
    pub pid: u32,
    /// Host name.
    pub host: String,
    /// User name.
    pub user: String,
    /// What it does, for example `sync`.
    pub command: String,
    /// RFC 3339, UTC.
    pub since: String,
}

/// The durable side of a connection. Every `async` method resolves after its data is flushed to disk.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Everything planning depends on.
    async fn memory(&self) -> Result<Arc<Memory>, Error>;
    /// Begins a run with its whole plan; answers its id, unique and sortable (`20260131-0001`).
    async fn begin(&self, start: RunStart) -> Result<String, Error>;
    /// Stores a write about to be sent.
    async fn intend(&self, intent: Intent) -> Result<CallId, Error>;
    /// Stores how a call ended, with what it taught.
    async fn end_call(&self, call: CallId, end: CallEnd, learned: Vec<Learned>) -> Result<(), Error>;
    /// Stores how a record ended, with what it taught.
    async fn end_record(&self, run: &str, end: RecordEnd, learned: Vec<Learned>) -> Result<(), Error>;
    /// Stores the end of a run. `source_accounts` is given when a full sync read the source completely and ended
    /// with success or partial success.
    async fn finish(
        &self,
        run: &str,
        status: RunStatus,
        summary: RunSummary,
        finished_at_ms: i64,
        source_accounts: Option<u64>,
    ) -> Result<(), Error>;
    /// The latest run that has begun and not finished.
    async fn unfinished(&self) -> Result<Option<UnfinishedRun>, Error>;
    /// The history, newest first.
    async fn runs(&self) -> Result<Vec<RunRecord>, Error>;
    /// One run's plan and ended rows; `None` when there is no such run.
    async fn run(&self, run: &str) -> Result<Option<(RunRecord, Plan, Vec<RecordEnd>)>, Error>;
    /// One run's calls in the order they were intended, with their ends.
    async fn calls_of(&self, run: &str) -> Result<Vec<(Intent, Option<CallEnd>)>, Error>;
    /// Changes bindings, decisions and the like outside a run.
    async fn learn(&self, learned: Vec<Learned>) -> Result<(), Error>;
    /// Takes the connection's lock, or says who holds it (kind `locked`).
    fn lock(&self, holder: LockHolder) -> Result<Box<dyn RunLock>, Error>;
}
