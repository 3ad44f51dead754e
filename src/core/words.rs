//! The contract's words for a row: what will happen to it, why, what to know besides (contract section 4).

use serde::{Deserialize, Serialize};

/// A department or a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// A DingTalk department, an IDaaS unit.
    Department,
    /// A DingTalk user, an IDaaS account.
    User,
}

impl Entity {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Department => "department",
            Self::User => "user",
        }
    }
}

/// What will happen to one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Will be created.
    Create,
    /// Exists unlinked and was recognised: will be bound, differing fields written.
    Link,
    /// Bound; fields other than its place differ.
    Update,
    /// Bound; its parent or departments change, alone or with fields.
    Move,
    /// Bound; will be deleted.
    Remove,
    /// Bound, but gone, out of scope, or disabled: nothing is written.
    Hold,
    /// Bound, nothing to do.
    Unchanged,
    /// A decision is needed; nothing is written.
    Conflict,
    /// Cannot be sent as it is; nothing is written.
    Blocked,
    /// In DingTalk, bound to nothing: never touched.
    Unmanaged,
}

impl Action {
    /// Whether the action writes or binds.
    pub fn is_writing(self) -> bool {
        matches!(self, Self::Create | Self::Link | Self::Update | Self::Move | Self::Remove)
    }

    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Link => "link",
            Self::Update => "update",
            Self::Move => "move",
            Self::Remove => "remove",
            Self::Hold => "hold",
            Self::Unchanged => "unchanged",
            Self::Conflict => "conflict",
            Self::Blocked => "blocked",
            Self::Unmanaged => "unmanaged",
        }
    }
}

/// Why a record is in conflict, blocked, held or removed. Conflicts come before blocks, each in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Conflict: a unique value occurs twice in the source.
    DuplicateInSource,
    /// Conflict: several users fit.
    AmbiguousMatch,
    /// Conflict: several accounts fit one user.
    SameTarget,
    /// Conflict: a unique value belongs to another user.
    ValueTaken,
    /// Conflict: two units of one parent with the same name.
    DuplicateSibling,
    /// Blocked: no name.
    MissingName,
    /// Blocked: an ordinary user needs a mobile.
    MissingMobile,
    /// Blocked: the mobile is malformed.
    InvalidMobile,
    /// Blocked: longer than DingTalk takes.
    ValueTooLong,
    /// Blocked: `-`, `,` or `，` in a department name.
    IllegalDepartmentName,
    /// Blocked: below the deepest level.
    TooDeep,
    /// Blocked: the parent department cannot be placed.
    ParentBlocked,
    /// Blocked: none of the account's units can be placed.
    NoDepartment,
    /// Blocked: an expression failed on this record.
    MappingError,
    /// Blocked: `on_empty = "block"`.
    RequiredEmpty,
    /// Blocked: the account was imported from this very DingTalk.
    Echo,
    /// Hold, remove: left the source.
    Gone,
    /// Hold, remove: disabled or expired.
    Disabled,
    /// Hold, remove: left the scope.
    OutOfScope,
    /// Hold, remove: left out by `include`.
    Excluded,
}

impl Reason {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DuplicateInSource => "duplicate_in_source",
            Self::AmbiguousMatch => "ambiguous_match",
            Self::SameTarget => "same_target",
            Self::ValueTaken => "value_taken",
            Self::DuplicateSibling => "duplicate_sibling",
            Self::MissingName => "missing_name",
            Self::MissingMobile => "missing_mobile",
            Self::InvalidMobile => "invalid_mobile",
            Self::ValueTooLong => "value_too_long",
            Self::IllegalDepartmentName => "illegal_department_name",
            Self::TooDeep => "too_deep",
            Self::ParentBlocked => "parent_blocked",
            Self::NoDepartment => "no_department",
            Self::MappingError => "mapping_error",
            Self::RequiredEmpty => "required_empty",
            Self::Echo => "echo",
            Self::Gone => "gone",
            Self::Disabled => "disabled",
            Self::OutOfScope => "out_of_scope",
            Self::Excluded => "excluded",
        }
    }
}

/// Something to know about a record that does not stop it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// The mobile differs and DingTalk's update call cannot change it.
    MobileNotUpdatable,
    /// The userid is not the account's id (dedicated edition logs on by it).
    UseridDiffers,
    /// The matched user lives outside the target department.
    OutsideTarget,
    /// Outside the app's contacts range.
    OutsidePermission,
    /// A mapped field the app may not read: not compared.
    FieldUnreadable,
    /// An administrator of the DingTalk organisation: never removed or taken out of a department.
    Administrator,
    /// An invitation waits for the person's consent.
    PendingConsent,
    /// Control and bidirectional characters were left out of what is sent.
    ControlCharacters,
}

impl Warning {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MobileNotUpdatable => "mobile_not_updatable",
            Self::UseridDiffers => "userid_differs",
            Self::OutsideTarget => "outside_target",
            Self::OutsidePermission => "outside_permission",
            Self::FieldUnreadable => "field_unreadable",
            Self::Administrator => "administrator",
            Self::PendingConsent => "pending_consent",
            Self::ControlCharacters => "control_characters",
        }
    }
}

/// How a record was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the contract's word or an identity field")]
pub enum MatchedBy {
    Binding,
    SourceIdentifier,
    Userid,
    Mobile,
    Email,
    JobNumber,
    OrgEmail,
    Telephone,
    Name,
}

impl MatchedBy {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::SourceIdentifier => "source_identifier",
            Self::Userid => "userid",
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::JobNumber => "job_number",
            Self::OrgEmail => "org_email",
            Self::Telephone => "telephone",
            Self::Name => "name",
        }
    }
}
