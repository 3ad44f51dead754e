//! The check of credentials and permissions: the items in the contract's order, what each needs, and the report.
//! Source: contract section 4 "Check as JSON"; reference `dingtalk-api.md` section 2.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::field::FieldName;
use super::profile::IdentityField;
use super::source::{Source, UnitId};
use super::target::{DepartmentId, Target};

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
    /// The address from which the service saw us, where it said so.
    pub seen_ip: Option<String>,
}

impl Finding {
    /// A finding without code or remedy.
    pub fn new(status: CheckStatus, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into(), fix: None, missing: Vec::new(), seen_ip: None }
    }

    /// The line of the report.
    pub fn into_item(self, id: CheckId) -> CheckItem {
        let Self { status, code, message, fix, missing, seen_ip: _ } = self;
        CheckItem { id, status, code, message, fix, missing }
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

/// Verb 1: carries out every item in order, the two sides side by side; an item whose prerequisite failed is
/// `not_run`. `on_item` hears of each item as soon as it is known.
pub async fn check(
    source: &dyn Source,
    target: &dyn Target,
    context: &CheckContext,
    on_item: &(dyn Fn(&CheckItem) + Sync),
) -> CheckReport {
    let source_side = async {
        let mut items = Vec::new();
        for id in CheckId::ALL.into_iter().filter(|id| id.is_source()) {
            let finding = match blocking_prerequisite(id, &items) {
                Some(failed) => not_run(failed),
                None => source.check(id, context).await,
            };
            push(&mut items, id, finding, on_item);
        }
        items
    };
    let target_side = async {
        let mut items = Vec::new();
        for id in CheckId::ALL.into_iter().filter(|id| !id.is_source()) {
            let finding = match blocking_prerequisite(id, &items) {
                Some(failed) => not_run(failed),
                None => target.check(id, context).await,
            };
            push(&mut items, id, finding, on_item);
        }
        items
    };
    let (mut items, target_items) = futures::join!(source_side, target_side);
    items.extend(target_items);
    let worst = items.iter().map(|item| item.status).max_by_key(|status| severity(*status));
    CheckReport {
        format: "dingsync.check/1".to_owned(),
        result: match worst {
            Some(CheckStatus::Fail) => CheckStatus::Fail,
            Some(CheckStatus::Warn) => CheckStatus::Warn,
            Some(CheckStatus::Pass | CheckStatus::NotRun) | None => CheckStatus::Pass,
        },
        items,
    }
}

/// What each item cannot do without.
fn prerequisites(id: CheckId) -> &'static [CheckId] {
    match id {
        CheckId::SourceCredentials | CheckId::Token => &[],
        CheckId::SourceInstance => &[CheckId::SourceCredentials],
        CheckId::SourceUnits | CheckId::SourceAccounts => &[CheckId::SourceInstance],
        CheckId::Corp | CheckId::EgressIp => &[CheckId::Token],
        CheckId::DepartmentsReadable
        | CheckId::MemberIdsReadable
        | CheckId::MembersReadable
        | CheckId::WritePermission
        | CheckId::Range => &[CheckId::EgressIp],
        CheckId::MobileReadable | CheckId::EmailReadable => &[CheckId::MembersReadable],
        CheckId::TargetDepartment => &[CheckId::DepartmentsReadable],
    }
}

fn blocking_prerequisite(id: CheckId, done: &[CheckItem]) -> Option<CheckId> {
    prerequisites(id).iter().copied().find(|needed| {
        done.iter()
            .any(|item| item.id == *needed && matches!(item.status, CheckStatus::Fail | CheckStatus::NotRun))
    })
}

fn not_run(failed: CheckId) -> Finding {
    Finding::new(CheckStatus::NotRun, format!("not checked because {} failed", failed.as_str()))
}

fn push(items: &mut Vec<CheckItem>, id: CheckId, finding: Finding, on_item: &(dyn Fn(&CheckItem) + Sync)) {
    let item = finding.into_item(id);
    on_item(&item);
    items.push(item);
}

fn severity(status: CheckStatus) -> u8 {
    match status {
        CheckStatus::Pass => 0,
        CheckStatus::NotRun => 1,
        CheckStatus::Warn => 2,
        CheckStatus::Fail => 3,
    }
}
