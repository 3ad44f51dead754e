//! The value of a checked tree for one record. Total: it ends for every input, within fixed bounds.

use super::functions;
use super::parser::{Comparison, Node};
use super::paths;
use super::value::Value;
use crate::core::normalise;
use crate::core::source::{Account, OrganizationalUnit};

/// Nodes that may be computed for one record.
const MOST_STEPS: usize = 100_000;

/// The record an expression is computed for.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// `user.…`
    Account(&'a Account),
    /// `ou.…`
    Unit(&'a OrganizationalUnit),
}

/// Why an expression has no value for a record, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvalError(pub String);

impl EvalError {
    /// Of the value of the whole expression.
    pub(in crate::core) fn of_whole(why: String) -> Self {
        Self(format!("column 1: {why}"))
    }
}

/// What went wrong, and the byte offset of the call in which it did; 0 outside of any.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Computes the tree.
pub(super) fn evaluate(root: &Node, scope: Scope<'_>) -> Result<Value, Trouble> {
    Evaluation { scope, item: None, steps: 0, at: 0 }.value(root)
}

/// A text that needs no computing because it stands in the record as it is: a field, the first of several that is not
/// empty, a mobile of the mainland. The outer `None`: it has to be computed. Most rows of most mappings are such.
pub(super) fn as_it_stands<'a>(node: &Node, scope: Scope<'a>) -> Option<Option<&'a str>> {
    match node {
        Node::Path(segments) => match (scope, segments.split_first()?) {
            (Scope::Account(account), (first, rest)) if first == "user" => paths::account_text(account, rest),
            (Scope::Account(_) | Scope::Unit(_), _) => None,
        },
        Node::Call { function, arguments, .. } if function.is_first_of() => {
            for argument in arguments {
                let text = as_it_stands(argument, scope)?;
                if text.is_some_and(|text| !text.is_empty()) {
                    return Some(text);
                }
            }
            Some(None)
        }
        Node::Call { function, arguments, .. } if function.name == "DingMobile" => {
            let [region, number] = arguments.as_slice() else { return None };
            let (region, number) = (as_it_stands(region, scope)?, as_it_stands(number, scope)?);
            match number.filter(|number| !number.trim().is_empty()) {
                Some(number) => normalise::mainland(region, number).map(Some),
                None => Some(None),
            }
        }
        Node::Literal(_)
        | Node::Call { .. }
        | Node::Not(_)
        | Node::Compare(..)
        | Node::And(_)
        | Node::Or(_) => None,
    }
}

/// One computation.
pub(super) struct Evaluation<'a> {
    scope: Scope<'a>,
    item: Option<Value>,
    steps: usize,
    /// The call that is being computed.
    at: usize,
}

impl Evaluation<'_> {
    /// The value of a node.
    pub(super) fn value(&mut self, node: &Node) -> Result<Value, Trouble> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(self.trouble(format!("more than {MOST_STEPS} steps")));
        }
        match node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Path(segments) => Ok(self.path(segments)),
            Node::Call { at, function, arguments, pattern } => {
                let outer = std::mem::replace(&mut self.at, *at);
                let value = functions::call(function, arguments, pattern.as_ref(), self);
                self.at = outer;
                value
            }
            Node::Not(inner) => Ok(Value::Bool(!self.truth(inner)?)),
            Node::Compare(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                Ok(Value::Bool(compare(*operator, &left, &right)))
            }
            Node::And(parts) => self.until(parts, false),
            Node::Or(parts) => self.until(parts, true),
        }
    }

    /// The truth of a node; null is false, anything else that is no truth value is an error.
    pub(super) fn truth(&mut self, node: &Node) -> Result<bool, Trouble> {
        match self.value(node)? {
            Value::Bool(truth) => Ok(truth),
            Value::Null => Ok(false),
            other => Err(self.trouble(format!("{} stands where true or false is needed", other.kind()))),
        }
    }

    /// The value of a node with `__item` bound.
    pub(super) fn with_item(&mut self, item: Value, node: &Node) -> Result<Value, Trouble> {
        let outer = self.item.replace(item);
        let value = self.value(node);
        self.item = outer;
        value
    }

    /// Something wrong in the call that is being computed.
    pub(super) fn trouble(&self, message: String) -> Trouble {
        Trouble { at: self.at, message }
    }

    fn until(&mut self, parts: &[Node], decisive: bool) -> Result<Value, Trouble> {
        for part in parts {
            if self.truth(part)? == decisive {
                return Ok(Value::Bool(decisive));
            }
        }
        Ok(Value::Bool(!decisive))
    }

    fn path(&self, segments: &[String]) -> Value {
        let Some((first, rest)) = segments.split_first() else { return Value::Null };
        if first == "__item" {
            let item = self.item.clone().unwrap_or(Value::Null);
            return rest.iter().fold(item, |value, segment| value.member(segment));
        }
        match self.scope {
            Scope::Account(account) => paths::account(account, rest),
            Scope::Unit(unit) => paths::unit(unit, rest),
        }
    }
}

/// Values of different kinds are different; only two numbers or two texts have an order.
fn compare(operator: Comparison, left: &Value, right: &Value) -> bool {
    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => None,
    };
    match operator {
        Comparison::Equal => left == right,
        Comparison::Different => left != right,
        Comparison::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Comparison::AtMost => order.is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
        Comparison::AtLeast => order.is_some_and(std::cmp::Ordering::is_ge),
    }
}
