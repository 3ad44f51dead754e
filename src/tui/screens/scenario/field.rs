//! The fields of step 3 in the order of Tab, and the words of its choices.

use crate::core::profile::{DisabledAccounts, Leavers};

/// Everything that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Field {
    #[default]
    Units,
    Departments,
    Pairs,
    Incremental,
    QrLogon,
    Leavers,
    LeaversDepartment,
    Disabled,
    CreateUnit,
    Include,
    Agree,
    Next,
}

impl Field {
    pub(super) const ALL: [Self; 12] = [
        Self::Units,
        Self::Departments,
        Self::Pairs,
        Self::Incremental,
        Self::QrLogon,
        Self::Leavers,
        Self::LeaversDepartment,
        Self::Disabled,
        Self::CreateUnit,
        Self::Include,
        Self::Agree,
        Self::Next,
    ];

    /// The field of a settings key.
    pub(super) fn of_setting(key: &str) -> Self {
        match key {
            "scenario.scope.target" => Self::Departments,
            "scenario.leavers" => Self::Leavers,
            "scenario.leavers_department" => Self::LeaversDepartment,
            "scenario.include" => Self::Include,
            _ => Self::Units,
        }
    }
}

/// The choices for leavers, in the order they are shown.
pub(super) const LEAVERS: [Leavers; 3] = [Leavers::Hold, Leavers::Move, Leavers::Remove];
/// The choices for disabled accounts, in the order they are shown.
pub(super) const DISABLED: [DisabledAccounts; 3] =
    [DisabledAccounts::Keep, DisabledAccounts::Update, DisabledAccounts::Leave];
