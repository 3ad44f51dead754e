//! The seam to the mapping language: an expression of the settings either parses or is a settings error.

use crate::core::expression::{Expression, Model};

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

/// What is wrong with an expression, with its column in characters from 1 (and its line, when it has several).
pub(crate) fn check(purpose: Purpose, expression: &str) -> Result<(), String> {
    let model = match purpose {
        Purpose::UserValue | Purpose::Include => Model::User,
        Purpose::DepartmentValue => Model::Unit,
    };
    match Expression::parse(expression, model) {
        Ok(_) => Ok(()),
        Err(error) if error.row > 1 => {
            Err(format!("line {}, column {}: {}", error.row, error.column, error.message))
        }
        Err(error) => Err(format!("column {}: {}", error.column, error.message)),
    }
}
