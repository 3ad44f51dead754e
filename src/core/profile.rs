//! The wizard's saved answers: what to bring where and how. No secrets, no addresses.
//! Keys and defaults: contract section 3.

use serde::{Deserialize, Serialize};

use super::source::UnitId;
use super::target::DepartmentId;

/// The DingTalk edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// Standard DingTalk.
    #[default]
    Standard,
    /// Dedicated ("exclusive") DingTalk.
    Dedicated,
}

/// Everything a run is decided by, apart from addresses and secrets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The connection's display name.
    pub display_name: String,
    /// IDaaS instance id.
    pub instance_id: String,
    /// DingTalk CorpId.
    pub corp_id: String,
    /// DingTalk edition.
    pub edition: Edition,
    /// Step 3.
    pub scenario: Scenario,
    /// Step 4.
    pub mapping: Mapping,
    /// The guards.
    pub limits: SafetyLimits,
}

/// What is synchronised and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scenario {
    /// Source units → the department they are written under.
    pub scope: Vec<ScopePair>,
    /// `false`: the source unit itself maps onto the target; `true`: it becomes a child of it.
    pub create_source_unit: bool,
    /// Incremental synchronisation is wished for.
    pub incremental: bool,
    /// DingTalk QR code logon is wished for.
    pub qr_logon: bool,
    /// Expression that keeps an account; empty keeps all.
    pub include: String,
    /// What happens to disabled accounts.
    pub disabled_accounts: DisabledAccounts,
    /// What happens to leavers.
    pub leavers: Leavers,
    /// Where leavers go under [`Leavers::Move`].
    pub leavers_department: Option<DepartmentId>,
}

/// One synchronization direction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopePair {
    /// Source units.
    pub sources: Vec<UnitId>,
    /// The department they are written under.
    pub target: DepartmentId,
}

/// What happens to disabled accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledAccounts {
    /// Bound ones are held, others ignored.
    #[default]
    Keep,
    /// Treated as enabled.
    Update,
    /// Treated as leavers.
    Leave,
}

/// What happens to bound records that left the source or the scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leavers {
    /// Listed, nothing written.
    #[default]
    Hold,
    /// People move to the leavers department; departments are held.
    Move,
    /// Deleted.
    Remove,
}

/// Field mapping and mapping identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Identity fields in order; the first that finds exactly one wins; empty = none.
    pub identity: Vec<IdentityField>,
    /// User rows, defaults not yet merged in.
    pub user: Vec<MappingRow>,
    /// Department rows, defaults not yet merged in.
    pub department: Vec<MappingRow>,
}

/// A field that may recognise the same person (contract 3, "Identity").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityField {
    /// Compared as E.164.
    Mobile,
    /// Trimmed, lower-cased.
    Email,
    /// Case-sensitive.
    JobNumber,
    /// Case-sensitive.
    Userid,
    /// Trimmed, lower-cased.
    OrgEmail,
    /// Trimmed, NFC.
    Telephone,
    /// Trimmed, NFC.
    Name,
}

impl IdentityField {
    /// Every field that may be an identity.
    pub const ALL: [Self; 7] = [
        Self::Mobile,
        Self::Email,
        Self::JobNumber,
        Self::Userid,
        Self::OrgEmail,
        Self::Telephone,
        Self::Name,
    ];

    /// The DingTalk field name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::JobNumber => "job_number",
            Self::Userid => "userid",
            Self::OrgEmail => "org_email",
            Self::Telephone => "telephone",
            Self::Name => "name",
        }
    }
}

/// One mapping row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingRow {
    /// Field name: for display only.
    #[serde(default)]
    pub label: String,
    /// Field identity: DingTalk's own name.
    pub field: String,
    /// Expression; empty switches the field off.
    pub value: String,
    /// When the value is sent.
    #[serde(default)]
    pub when: When,
    /// What an empty value does.
    #[serde(default)]
    pub on_empty: OnEmpty,
}

/// When a mapped value is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// On create, link and whenever it differs.
    #[default]
    Always,
    /// On create only.
    Create,
    /// Only while the target's field is empty.
    IfEmpty,
}

/// What an empty value does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnEmpty {
    /// The field is left as it is.
    #[default]
    Skip,
    /// The field is cleared.
    Clear,
    /// The record is blocked.
    Block,
}

/// The guards of a run (contract 3, `[limits]`). Exceeding is strictly greater.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SafetyLimits {
    /// Users removed in one run.
    pub remove_users: u64,
    /// Departments removed in one run.
    pub remove_departments: u64,
    /// Removals, percent of all bindings before the run.
    pub remove_percent: u64,
    /// Updates and moves, percent of all bindings before the run; not applied to a first run.
    pub update_percent: u64,
    /// Accounts fewer than at the last complete read, percent.
    pub source_shrink_percent: u64,
    /// Failed attempts among at least 50, percent.
    pub failed_percent: u64,
}

impl Default for SafetyLimits {
    fn default() -> Self {
        Self {
            remove_users: 30,
            remove_departments: 10,
            remove_percent: 10,
            update_percent: 80,
            source_shrink_percent: 30,
            failed_percent: 20,
        }
    }
}

impl Profile {
    /// The user rows with the default of every field that has no row of its own (contract 3, "Default rows"),
    /// switched-off fields left out.
    pub fn user_rows(&self) -> Vec<MappingRow> {
        merge(default_user_rows(self.edition), &self.mapping.user)
    }

    /// The department rows with the defaults merged in.
    pub fn department_rows(&self) -> Vec<MappingRow> {
        merge(default_department_rows(), &self.mapping.department)
    }
}

/// The user rows of settings that name none.
pub fn default_user_rows(edition: Edition) -> Vec<MappingRow> {
    let mut defaults = vec![
        row("Name", "name", "Coalesce(user.displayName, user.username)", When::Always),
        row("Mobile", "mobile", "DingMobile(user.phoneRegion, user.phoneNumber)", When::Always),
        row("Mailbox", "email", "user.email", When::Always),
    ];
    if edition == Edition::Dedicated {
        defaults.insert(0, row("Userid", "userid", "user.userId", When::Create));
    }
    defaults
}

/// The department rows of settings that name none.
pub fn default_department_rows() -> Vec<MappingRow> {
    vec![row("Name", "name", "ou.organizationalUnitName", When::Always)]
}

fn row(label: &str, field: &str, value: &str, when: When) -> MappingRow {
    MappingRow {
        label: label.into(),
        field: field.into(),
        value: value.into(),
        when,
        on_empty: OnEmpty::Skip,
    }
}

fn merge(defaults: Vec<MappingRow>, own: &[MappingRow]) -> Vec<MappingRow> {
    let mut rows: Vec<MappingRow> =
        defaults.into_iter().filter(|default| own.iter().all(|r| r.field != default.field)).collect();
    rows.extend(own.iter().cloned());
    rows.retain(|r| !r.value.trim().is_empty());
    rows
}
