//! The mapping language: paths, text, numbers, comparisons and functions. Pure, total and bounded; errors name the
//! row and the column. Source: contract section 3 "Expressions"; reference `outbound-semantics.md` section 2.9.

mod complete;
mod evaluate;
mod functions;
mod parser;
mod paths;
mod texts;
mod value;

pub use complete::{Completion, complete, signature};
pub use evaluate::{EvalError, Scope};
pub use functions::{FUNCTIONS, Function};
pub use paths::{OU_PATHS, USER_PATHS};
pub use value::Value;

use std::borrow::Cow;

use parser::Node;

/// Which model the paths of an expression start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// `user.…`
    User,
    /// `ou.…`
    Unit,
}

/// A checked expression.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
    text: Box<str>,
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column {column}: {message}")]
pub struct ExpressionError {
    /// From 1.
    pub row: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

impl Expression {
    /// Parses and checks: syntax, function names, argument counts, paths of the model.
    pub fn parse(text: &str, model: Model) -> Result<Self, ExpressionError> {
        parser::parse(text, model)
            .map(|root| Self { root, text: text.into() })
            .map_err(|(offset, message)| place(text, offset, message))
    }

    /// The value for one record.
    pub fn evaluate(&self, scope: Scope<'_>) -> Result<Value, EvalError> {
        evaluate::evaluate(&self.root, scope).map_err(|trouble| {
            let ExpressionError { row, column, message } = place(&self.text, trouble.at, trouble.message);
            let line = if row > 1 { format!("line {row}, ") } else { String::new() };
            EvalError(format!("{line}column {column}: {message}"))
        })
    }

    /// The text of its value for one record, not copied where it stands in the record; `None` for null. An error when
    /// there is no value, or no text for it.
    pub fn text<'a>(&self, scope: Scope<'a>) -> Result<Option<Cow<'a, str>>, EvalError> {
        if let Some(text) = evaluate::as_it_stands(&self.root, scope) {
            return Ok(text.map(Cow::Borrowed));
        }
        let text = self.evaluate(scope)?.into_text().map_err(EvalError::of_whole)?;
        Ok(text.map(Cow::Owned))
    }

    /// The paths it reads, each once, in order of appearance.
    pub fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.root.visit(&mut |node| {
            if let Node::Path(segments) = node {
                let path = segments.join(".");
                if !found.contains(&path) {
                    found.push(path);
                }
            }
        });
        found
    }

    /// Whether it reads what only a single account read returns.
    pub fn needs_details(&self) -> bool {
        self.paths().iter().any(|path| paths::needs_details(path))
    }
}

fn place(text: &str, offset: usize, message: String) -> ExpressionError {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let row = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    ExpressionError { row, column: before[line_start..].chars().count() + 1, message }
}

#[cfg(test)]
mod tests;
