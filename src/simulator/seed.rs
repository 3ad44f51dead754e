//! What a simulated company starts with: the IDaaS side and the years of history on the DingTalk side.
//! Plain records without behaviour; made by `company`, or read from `assets/demo`.

use serde::{Deserialize, Serialize};

/// Both sides of an invented company.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Seed {
    /// IDaaS units; the root `ou_root` is among them and has no parent.
    pub units: Vec<SeedUnit>,
    /// IDaaS accounts.
    pub accounts: Vec<SeedAccount>,
    /// DingTalk departments; the root 1 is among them and has no parent.
    pub departments: Vec<SeedDepartment>,
    /// DingTalk users.
    pub users: Vec<SeedUser>,
}

/// One IDaaS organizational unit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SeedUnit {
    /// `ou_…`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Parent unit id; `None` on the root.
    #[serde(default)]
    pub parent: Option<String>,
}

/// One IDaaS account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SeedAccount {
    /// `user_…`.
    pub id: String,
    /// Username.
    pub username: String,
    /// Display name.
    #[serde(default)]
    pub display_name: Option<String>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<String>,
    /// Digits without `+`.
    #[serde(default)]
    pub phone_region: Option<String>,
    /// Digits.
    #[serde(default)]
    pub phone_number: Option<String>,
    /// `disabled` accounts carry `true`.
    #[serde(default)]
    pub disabled: bool,
    /// Unix milliseconds.
    #[serde(default)]
    pub account_expire_time: Option<i64>,
    /// Unix milliseconds.
    #[serde(default)]
    pub lock_expire_time: Option<i64>,
    /// Imported from: `ding_talk` and the CorpId; `None` = built in.
    #[serde(default)]
    pub source: Option<(String, String)>,
    /// Unit ids, the primary first; never empty.
    pub units: Vec<String>,
    /// Custom fields.
    #[serde(default)]
    pub custom_fields: Vec<(String, String)>,
}

/// One DingTalk department.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SeedDepartment {
    /// `dept_id`.
    pub id: i64,
    /// Name.
    pub name: String,
    /// Parent id; `None` on the root.
    #[serde(default)]
    pub parent: Option<i64>,
    /// `source_identifier`.
    #[serde(default)]
    pub source_identifier: Option<String>,
    /// Of an associated organisation.
    #[serde(default)]
    pub from_union_org: bool,
}

/// One DingTalk user.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SeedUser {
    /// `userid`.
    pub userid: String,
    /// Name.
    pub name: String,
    /// `state_code`, digits.
    #[serde(default)]
    pub state_code: Option<String>,
    /// National number.
    #[serde(default)]
    pub mobile: Option<String>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<String>,
    /// Position.
    #[serde(default)]
    pub title: Option<String>,
    /// Employee id.
    #[serde(default)]
    pub job_number: Option<String>,
    /// Extension number.
    #[serde(default)]
    pub telephone: Option<String>,
    /// `dept_id`s; never empty.
    pub departments: Vec<i64>,
    /// 1 primary administrator, 2 sub-administrator.
    #[serde(default)]
    pub sys_level: Option<u8>,
}
