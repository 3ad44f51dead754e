//! The seam to the expression engine: an expression of the settings either compiles or is a settings error.

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A user row's value.
    UserValue,
    /// A department row's value.
    DepartmentValue,
    /// `scenario.include`.
    Include,
}

/// Checks an expression; an error comes with its column in characters from 1, where it has one.
pub(crate) fn check(_purpose: Purpose, _expression: &str) -> Result<(), (Option<usize>, String)> {
    Ok(())
}
