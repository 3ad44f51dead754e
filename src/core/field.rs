//! The fields of a DingTalk user and department that a mapping may fill: their limits and peculiarities as data.
//! Source: reference `dingtalk-api.md` sections 3 and 4, `outbound-semantics.md` section 2.7.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// DingTalk's own name of a field ("field identity"), for example `work_place` or `extension.CostCentre`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldName(Arc<str>);

impl FieldName {
    /// A name from text.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(Arc::from(name.as_ref()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a custom attribute, for `extension.<key>`.
    pub fn extension_key(&self) -> Option<&str> {
        self.0.strip_prefix("extension.")
    }
}

impl fmt::Debug for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for FieldName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl std::borrow::Borrow<str> for FieldName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for FieldName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FieldName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// What a field holds on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text of at most so many characters.
    Text(usize),
    /// A decimal integer.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A mobile: bare 11 digits for the mainland, `+code-number` elsewhere.
    Mobile,
    /// A comma list in requests, an array in answers.
    List,
}

/// How a field can be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readable {
    /// In `user/list` pages (users) or `department/get` (departments).
    Listed,
    /// Only in `user/get`: comparing it costs one call a user.
    Single,
    /// Never returned: it is sent on create and never compared.
    Never,
}

/// One field a mapping may fill.
#[derive(Debug, Clone, Copy)]
pub struct FieldSpec {
    /// DingTalk's name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// How it can be read back.
    pub readable: Readable,
    /// Unique in the corporation.
    pub is_unique: bool,
    /// Sent on create only: `update` cannot change it.
    pub is_create_only: bool,
    /// Hidden without the field permission "e-mail and other personal data".
    pub is_personal: bool,
}

impl FieldSpec {
    /// Whether an existing record's value can be read and changed.
    pub fn is_comparable(&self) -> bool {
        self.readable != Readable::Never && !self.is_create_only
    }
}

const fn spec(name: &'static str, kind: FieldKind, readable: Readable) -> FieldSpec {
    FieldSpec { name, kind, readable, is_unique: false, is_create_only: false, is_personal: false }
}

const fn unique(mut field: FieldSpec) -> FieldSpec {
    field.is_unique = true;
    field
}

const fn create_only(mut field: FieldSpec) -> FieldSpec {
    field.is_create_only = true;
    field
}

const fn personal(mut field: FieldSpec) -> FieldSpec {
    field.is_personal = true;
    field
}

use FieldKind::{Boolean, List, Mobile, Number, Text};
use Readable::{Listed, Never, Single};

/// Every known user field.
pub const USER_FIELDS: &[FieldSpec] = &[
    create_only(unique(spec("userid", Text(64), Listed))),
    spec("name", Text(80), Listed),
    create_only(unique(spec("mobile", Mobile, Listed))),
    spec("hide_mobile", Boolean, Listed),
    unique(spec("telephone", Text(50), Listed)),
    spec("job_number", Text(50), Listed),
    spec("title", Text(200), Listed),
    personal(unique(spec("email", Text(50), Listed))),
    personal(spec("org_email", Text(100), Listed)),
    spec("org_email_type", Text(32), Never),
    personal(spec("work_place", Text(100), Listed)),
    personal(spec("remark", Text(2000), Listed)),
    spec("hired_date", Number, Listed),
    spec("manager_userid", Text(64), Single),
    spec("senior_mode", Boolean, Single),
    spec("login_email", Text(64), Never),
    spec("language", Text(16), Never),
    spec("nickname", Text(64), Never),
    create_only(spec("exclusive_account", Boolean, Listed)),
    create_only(spec("exclusive_account_type", Text(16), Never)),
    create_only(spec("login_id", Text(64), Never)),
    create_only(spec("send_password_to_user", Boolean, Never)),
    spec("exclusive_mobile", Text(32), Never),
    create_only(spec("outer_exclusive_corpid", Text(64), Never)),
    create_only(spec("outer_exclusive_userid", Text(64), Never)),
];

/// Every known department field. `parent_id` and `source_identifier` are the plan's own business.
pub const DEPARTMENT_FIELDS: &[FieldSpec] = &[
    spec("name", Text(64), Listed),
    spec("order", Number, Listed),
    spec("code", Text(30), Listed),
    spec("hide_dept", Boolean, Listed),
    spec("outer_dept", Boolean, Listed),
    spec("outer_dept_only_self", Boolean, Listed),
    spec("create_dept_group", Boolean, Listed),
    spec("auto_add_user", Boolean, Listed),
    spec("auto_approve_apply", Boolean, Listed),
    spec("group_contain_sub_dept", Boolean, Listed),
    spec("group_contain_outer_dept", Boolean, Listed),
    spec("group_contain_hidden_dept", Boolean, Listed),
    spec("dept_permits", List, Listed),
    spec("user_permits", List, Listed),
    spec("outer_permit_depts", List, Listed),
    spec("outer_permit_users", List, Listed),
    spec("dept_manager_userid_list", List, Listed),
    spec("org_dept_owner", Text(64), Listed),
    spec("brief", Text(255), Listed),
    spec("telephone", Text(50), Listed),
    spec("language", Text(16), Never),
];

/// The specification of a user field; `extension.<key>` is text of at most 2000 characters that is personal data;
/// `None` for an unknown name.
pub fn user_field(name: &str) -> Option<FieldSpec> {
    if name.strip_prefix("extension.").is_some_and(|key| !key.is_empty()) {
        return Some(personal(spec("extension", Text(2000), Listed)));
    }
    USER_FIELDS.iter().copied().find(|field| field.name == name)
}

/// The specification of a department field; `None` for an unknown name.
pub fn department_field(name: &str) -> Option<FieldSpec> {
    DEPARTMENT_FIELDS.iter().copied().find(|field| field.name == name)
}
