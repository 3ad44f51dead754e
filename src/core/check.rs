//! The check of credentials and permissions: the items in the contract's order, what each needs, and the report.
//! Source: contract section 4 "Check as JSON"; reference `dingtalk-api.md` section 2.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::field::FieldName;
use super::profile::IdentityField;
use super::source::UnitId;
use super::target::DepartmentId;

/// One item of the check, in the order it is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckId {
    /// IDaaS accepts key, signature and clock.
    SourceCredentials,
    /// The instance exists and runs.
    SourceInstance,
    /// The source units can be read.
    SourceUnits,
    /// Accounts can be listed and read in full.
    SourceAccounts,
    /// DingTalk gives a token for AppKey and AppSecret.
    Token,
    /// The CorpId belongs to the app.
    Corp,
    /// This host's address may call.
    EgressIp,
    /// Departments can be read.
    DepartmentsReadable,
    /// Userids of a department's members can be read.
    MemberIdsReadable,
    /// Members can be read in full.
    MembersReadable,
    /// Mobiles are in the answers.
    MobileReadable,
    /// E-mail and other personal data are in the answers.
    EmailReadable,
    /// The app may change the address book.
    WritePermission,
    /// The contacts range.
    Range,
    /// The target department exists, is in the range and is not foreign.
    TargetDepartment,
}

impl CheckId {
    /// Every item, in the contract's order.
    pub const ALL: [Self; 15] = [
        Self::SourceCredentials,
        Self::SourceInstance,
        Self::SourceUnits,
        Self::SourceAccounts,
        Self::Token,
        Self::Corp,
        Self::EgressIp,
        Self::DepartmentsReadable,
        Self::MemberIdsReadable,
        Self::MembersReadable,
        Self::MobileReadable,
        Self::EmailReadable,
        Self::WritePermission,
        Self::Range,
        Self::TargetDepartment,
    ];

    /// The contract's id: `source_credentials`, …
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SourceCredentials => "source_credentials",
            Self::SourceInstance => "source_instance",
            Self::SourceUnits => "source_units",
            Self::SourceAccounts => "source_accounts",
            Self::Token => "token",
            Self::Corp => "corp",
            Self::EgressIp => "egress_ip",
            Self::DepartmentsReadable => "departments_readable",
            Self::MemberIdsReadable => "member_ids_readable",
            Self::MembersReadable => "members_readable",
            Self::MobileReadable => "mobile_readable",
            Self::EmailReadable => "email_readable",
            Self::WritePermission => "write_permission",
            Self::Range => "range",
            Self::TargetDepartment => "target_department",
        }
    }

    /// Whether the item concerns IDaaS.
    pub fn is_source(self) -> bool {
        matches!(
            self,
            Self::SourceCredentials | Self::SourceInstance | Self::SourceUnits | Self::SourceAccounts
        )
    }
}

/// How an item ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Holds.
    Pass,
    /// Does not stop a run.
    Warn,
    /// Stops a run.
    Fail,
    /// A prerequisite failed.
    NotRun,
}

/// What the profile asks of the two sides while they are checked.
#[derive(Debug, Clone, Default)]
pub struct CheckContext {
    /// Source units of every pair.
    pub source_units: Vec<UnitId>,
    /// Target departments of every pair, and the leavers department.
    pub target_departments: Vec<DepartmentId>,
    /// The mapping identity.
    pub identity: Vec<IdentityField>,
    /// User fields the mapping compares.
    pub user_fields: BTreeSet<FieldName>,
    /// The configured egress addresses.
    pub egress_ips: Vec<String>,
}

/// What one item found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it ended.
    pub status: CheckStatus,
    /// The service's code, where there was one.
    pub code: Option<String>,
    /// What was found.
    pub message: String,
    /// What to do, where something is to be done.
    pub fix: Option<String>,
    /// Permission points that are missing.
    pub missing: Vec<String>,
}

impl Finding {
    /// A finding without code or remedy.
    pub fn new(status: CheckStatus, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into(), fix: None, missing: Vec::new() }
    }

    /// The same finding with a remedy.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckItem {
    /// Which item.
    pub id: CheckId,
    /// How it ended.
    pub status: CheckStatus,
    /// The service's code.
    pub code: Option<String>,
    /// What was found.
    pub message: String,
    /// What to do.
    pub fix: Option<String>,
    /// Permission points that are missing.
    pub missing: Vec<String>,
}

/// The whole report (`dingsync.check/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Always `dingsync.check/1`.
    pub format: String,
    /// The worst status of all items.
    pub result: CheckStatus,
    /// All fifteen items in order.
    pub items: Vec<CheckItem>,
}
