//! Everything a run would do, as data: the same `Plan` for screens, JSON and sync.
//! Shapes, words and rules: contract section 4.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::field::FieldName;
use super::source::UnitId;
use super::target::DepartmentId;

pub use super::words::{Action, Entity, MatchedBy, Reason, Warning};

/// The format mark of a plan document.
pub const PLAN_FORMAT: &str = "dingsync.plan/1";

/// Everything to do, with the counts and limits that decide whether it may be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Always [`PLAN_FORMAT`].
    pub format: String,
    /// `sha256:` of the content without `created_at` and without rows that only `--all` lists.
    pub plan_id: String,
    /// The connection's display name.
    pub connection: String,
    /// `sha256:` of the profile (instance, CorpId, scenario, mapping): a plan fits this connection and mapping only.
    pub profile: String,
    /// RFC 3339, UTC, seconds.
    pub created_at: String,
    /// No full sync of this connection has finished before.
    pub first_run: bool,
    /// Both sides were read completely; `false` never removes anything.
    pub complete: bool,
    /// What was read from IDaaS.
    pub source: SourceCounts,
    /// What was read from DingTalk.
    pub target: TargetCounts,
    /// What reading cost and writing will cost.
    pub calls: CallCounts,
    /// Limits this plan exceeds.
    pub limits: Vec<LimitExceeded>,
    /// Counts by entity and action.
    pub summary: Summary,
    /// The rows: departments before users, parents before children, then by source id.
    pub changes: Vec<Change>,
}

/// Accounts and units of the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceCounts {
    /// Accounts in scope, ignored ones included.
    pub accounts: u64,
    /// Units in scope; a source unit that maps onto its target is not counted.
    pub units: u64,
    /// Accounts in scope that are no rows (disabled, or left out by `include`).
    pub ignored: u64,
}

/// Users and departments read from DingTalk; the root is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TargetCounts {
    /// Users.
    pub users: u64,
    /// Departments without the root.
    pub departments: u64,
}

/// Calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallCounts {
    /// Calls that reading both sides took; one that had to be repeated counts once.
    pub read: u64,
    /// Calls that applying this plan needs.
    pub write: u64,
}

/// A limit and by how much it is exceeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitExceeded {
    /// The settings key, for example `remove_users`.
    pub limit: String,
    /// The settings' value.
    pub allowed: u64,
    /// What is planned: a count, or a percentage rounded up.
    pub planned: u64,
}

/// Counts by entity and action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Departments.
    pub departments: ActionCounts,
    /// Users.
    pub users: ActionCounts,
}

/// Counts by action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field counts the action of its name")]
pub struct ActionCounts {
    pub create: u64,
    pub link: u64,
    pub update: u64,
    #[serde(rename = "move")]
    pub moved: u64,
    pub remove: u64,
    pub hold: u64,
    pub unchanged: u64,
    pub conflict: u64,
    pub blocked: u64,
    pub unmanaged: u64,
}

impl ActionCounts {
    /// Counts one row.
    pub fn add(&mut self, action: Action) {
        *self.slot(action) += 1;
    }

    /// Every action with its count, in the order an operator reads them.
    pub fn iter(&self) -> impl Iterator<Item = (Action, u64)> {
        [
            (Action::Create, self.create),
            (Action::Link, self.link),
            (Action::Update, self.update),
            (Action::Move, self.moved),
            (Action::Remove, self.remove),
            (Action::Conflict, self.conflict),
            (Action::Blocked, self.blocked),
            (Action::Hold, self.hold),
            (Action::Unchanged, self.unchanged),
            (Action::Unmanaged, self.unmanaged),
        ]
        .into_iter()
    }

    /// Rows that write.
    pub fn writing(&self) -> u64 {
        self.create + self.link + self.update + self.moved + self.remove
    }

    fn slot(&mut self, action: Action) -> &mut u64 {
        match action {
            Action::Create => &mut self.create,
            Action::Link => &mut self.link,
            Action::Update => &mut self.update,
            Action::Move => &mut self.moved,
            Action::Remove => &mut self.remove,
            Action::Hold => &mut self.hold,
            Action::Unchanged => &mut self.unchanged,
            Action::Conflict => &mut self.conflict,
            Action::Blocked => &mut self.blocked,
            Action::Unmanaged => &mut self.unmanaged,
        }
    }
}

/// A department that exists, or one that this plan creates: `"913402776"` or `"new:ou_a"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DepartmentRef {
    /// Exists.
    Existing(DepartmentId),
    /// Will be created for this unit.
    New(UnitId),
}

impl fmt::Display for DepartmentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Existing(id) => write!(f, "{id}"),
            Self::New(unit) => write!(f, "new:{unit}"),
        }
    }
}

impl From<DepartmentRef> for String {
    fn from(reference: DepartmentRef) -> Self {
        reference.to_string()
    }
}

impl TryFrom<String> for DepartmentRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.strip_prefix("new:") {
            Some(unit) if !unit.is_empty() => Ok(Self::New(UnitId(unit.to_owned()))),
            _ => text
                .parse()
                .map(|id| Self::Existing(DepartmentId(id)))
                .map_err(|_| format!("`{text}` is no department reference")),
        }
    }
}

/// The text of a field before or after; a list for `dept_id_list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// Empty.
    Empty(()),
    /// Text; for `parent_id` a department reference.
    Text(String),
    /// Department references.
    List(Vec<String>),
}

impl FieldValue {
    /// Empty.
    pub const EMPTY: Self = Self::Empty(());

    /// From optional text.
    pub fn from_option(text: Option<String>) -> Self {
        text.map_or(Self::EMPTY, Self::Text)
    }

    /// The value as one text, whatever it is: a list sorted and joined. `None` when empty.
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Empty(()) => None,
            Self::Text(text) => Some(text.clone()),
            Self::List(list) => Some(list_text(list.iter())),
        }
    }

    /// The text, when it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Empty(()) | Self::List(_) => None,
        }
    }
}

/// A list as one text, whatever its order.
pub fn list_text<'l>(list: impl Iterator<Item = &'l String>) -> String {
    let mut list: Vec<&str> = list.map(String::as_str).collect();
    list.sort_unstable();
    list.join(",")
}

/// One field that will change. In creates and links `before` is what the target holds now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// DingTalk's name of the field; also `parent_id`, `dept_id_list`, `source_identifier`.
    pub field: FieldName,
    /// What the target holds.
    pub before: FieldValue,
    /// What it will hold.
    pub after: FieldValue,
}

/// One record's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Department or user.
    pub entity: Entity,
    /// What will happen.
    pub action: Action,
    /// IDaaS id.
    pub source_id: Option<String>,
    /// DingTalk id as text.
    pub target_id: Option<String>,
    /// The name to show: the mapped one, else the target's, else the id.
    pub name: String,
    /// How it was recognised.
    pub matched_by: Option<MatchedBy>,
    /// What changes.
    pub fields: Vec<FieldChange>,
    /// Why it is held, removed, blocked or in conflict.
    pub reason: Option<Reason>,
    /// The reason in words: which value, which other records.
    pub detail: Option<String>,
    /// What to know besides.
    pub warnings: BTreeSet<Warning>,
}

impl Change {
    /// What names the record: its IDaaS id, else its DingTalk id.
    pub fn id(&self) -> &str {
        self.source_id.as_deref().or(self.target_id.as_deref()).unwrap_or_default()
    }
}

/// How an operator approved a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approval {
    /// The exact number of users and departments to be removed, when the operator named it.
    pub removals: Option<u64>,
}

/// A plan that a person or the limits let through: the only thing a sync accepts.
#[derive(Debug, Clone)]
pub struct ApprovedPlan(pub(crate) Plan);

impl ApprovedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.0
    }
}
