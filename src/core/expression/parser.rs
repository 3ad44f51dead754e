//! Text → checked tree. Parsing is winnow's; what is checked here is what a person can get wrong: names, counts, depth.

use winnow::ascii::multispace0;
use winnow::combinator::{alt, cut_err, delimited, opt, preceded, repeat, separated, terminated};
use winnow::error::{ContextError, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};
use winnow::token::{any, none_of, one_of, take_while};

use super::Model;
use super::functions::{self, Function, Pattern};
use super::paths::{OU_PATHS, USER_PATHS, is_known};
use super::value::Value;

/// Characters an expression may have at most.
const LONGEST: usize = 16 * 1024;
/// Parentheses that may stand inside each other.
const DEEPEST: usize = 48;

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Different,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A node of the checked tree.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Literal(Value),
    /// `user.…`, `ou.…` or `__item…`, all segments.
    Path(Vec<String>),
    Call {
        /// Byte offset of its name.
        at: usize,
        function: &'static Function,
        arguments: Vec<Node>,
        pattern: Option<Pattern>,
    },
    Not(Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

impl Node {
    /// Shows every node to `see`.
    pub(super) fn visit(&self, see: &mut dyn FnMut(&Self)) {
        see(self);
        match self {
            Self::Literal(_) | Self::Path(_) => {}
            Self::Call { arguments, .. } | Self::And(arguments) | Self::Or(arguments) => {
                arguments.iter().for_each(|argument| argument.visit(see));
            }
            Self::Not(inner) => inner.visit(see),
            Self::Compare(_, left, right) => {
                left.visit(see);
                right.visit(see);
            }
        }
    }
}

/// A node as written, with the byte offset of its name.
#[derive(Debug, Clone)]
enum Raw {
    Literal(Value),
    Path(usize, Vec<String>),
    Call(usize, String, Vec<Raw>),
    Not(Box<Raw>),
    Compare(Comparison, Box<Raw>, Box<Raw>),
    And(Vec<Raw>),
    Or(Vec<Raw>),
}

type Input<'a> = LocatingSlice<&'a str>;

/// The checked tree, or the byte offset and what is wrong there.
pub(super) fn parse(text: &str, model: Model) -> Result<Node, (usize, String)> {
    if text.len() > LONGEST {
        return Err((0, format!("longer than {LONGEST} bytes")));
    }
    check_depth(text)?;
    let raw = preceded(multispace0, alternative)
        .parse(LocatingSlice::new(text))
        .map_err(|error| (error.offset(), expected(text, error.offset(), error.inner())))?;
    Checker { model, items: 0 }.check(raw)
}

/// Refuses deep nesting before any recursion sees it.
fn check_depth(text: &str) -> Result<(), (usize, String)> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (offset, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err((offset, format!("more than {DEEPEST} parentheses inside each other")));
        }
    }
    Ok(())
}

fn expected(text: &str, offset: usize, error: &ContextError) -> String {
    let wanted: Vec<String> = error
        .context()
        .filter_map(|context| match context {
            StrContext::Expected(value) => Some(value.to_string()),
            _ => None,
        })
        .collect();
    let rest = text.get(offset..).unwrap_or_default();
    let found = match rest.chars().next() {
        None => "the expression ends here".to_owned(),
        Some(character) => format!("found `{character}`"),
    };
    if wanted.is_empty() {
        format!("{found}, expected a value or an operator")
    } else {
        format!("{found}, expected {}", wanted.join(" or "))
    }
}

fn token<'a>(text: &'static str) -> impl Parser<Input<'a>, &'a str, winnow::error::ErrMode<ContextError>> {
    terminated(text, multispace0)
}

fn alternative(input: &mut Input<'_>) -> ModalResult<Raw> {
    let parts: Vec<Raw> = separated_by("||", conjunction, input)?;
    Ok(single_or(parts, Raw::Or))
}

fn conjunction(input: &mut Input<'_>) -> ModalResult<Raw> {
    let parts: Vec<Raw> = separated_by("&&", comparison, input)?;
    Ok(single_or(parts, Raw::And))
}

fn separated_by(
    operator: &'static str,
    part: fn(&mut Input<'_>) -> ModalResult<Raw>,
    input: &mut Input<'_>,
) -> ModalResult<Vec<Raw>> {
    let mut parts = vec![part(input)?];
    while opt(token(operator)).parse_next(input)?.is_some() {
        parts.push(cut_err(part).parse_next(input)?);
    }
    Ok(parts)
}

fn single_or(mut parts: Vec<Raw>, many: fn(Vec<Raw>) -> Raw) -> Raw {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => many(parts),
    }
}

fn comparison(input: &mut Input<'_>) -> ModalResult<Raw> {
    let left = negation(input)?;
    let operator = opt(alt((
        token("==").value(Comparison::Equal),
        token("!=").value(Comparison::Different),
        token("<=").value(Comparison::AtMost),
        token(">=").value(Comparison::AtLeast),
        token("<").value(Comparison::Less),
        token(">").value(Comparison::Greater),
    )))
    .parse_next(input)?;
    match operator {
        None => Ok(left),
        Some(operator) => {
            let right = cut_err(negation).parse_next(input)?;
            Ok(Raw::Compare(operator, Box::new(left), Box::new(right)))
        }
    }
}

fn negation(input: &mut Input<'_>) -> ModalResult<Raw> {
    // Counted instead of nested: a long row of `!` must not nest.
    let signs: usize =
        repeat(0.., terminated(('!', winnow::combinator::not('=')), multispace0)).parse_next(input)?;
    let inner = primary(input)?;
    Ok(match signs {
        0 => inner,
        odd if odd % 2 == 1 => Raw::Not(Box::new(inner)),
        _ => Raw::Not(Box::new(Raw::Not(Box::new(inner)))),
    })
}

fn primary(input: &mut Input<'_>) -> ModalResult<Raw> {
    terminated(
        alt((
            delimited(token("("), cut_err(alternative), cut_err(')').context(expects("`)`"))),
            text.map(|text| Raw::Literal(Value::Text(text))),
            number.map(|number| Raw::Literal(Value::Number(number))),
            named,
        )),
        multispace0,
    )
    .context(expects("a value"))
    .parse_next(input)
}

fn expects(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}

fn text(input: &mut Input<'_>) -> ModalResult<String> {
    let escaped = preceded('\\', cut_err(one_of(['"', '\\'])).context(expects("`\\\"` or `\\\\`")));
    let characters = repeat(0.., alt((none_of(['"', '\\']), escaped)));
    delimited('"', characters, cut_err('"').context(expects("the closing `\"`"))).parse_next(input)
}

fn number(input: &mut Input<'_>) -> ModalResult<f64> {
    let digits = || take_while(1.., '0'..='9');
    (opt('-'), digits(), opt(('.', digits()))).take().try_map(str::parse).parse_next(input)
}

fn name<'a>(input: &mut Input<'a>) -> ModalResult<&'a str> {
    (
        one_of(|c: char| c.is_alphabetic() || c == '_'),
        take_while(0.., |c: char| c.is_alphanumeric() || c == '_'),
    )
        .take()
        .parse_next(input)
}

/// A segment behind a dot may also hold hyphens and start with a digit: names of custom fields and provider ids.
fn segment<'a>(input: &mut Input<'a>) -> ModalResult<&'a str> {
    take_while(1.., |c: char| c.is_alphanumeric() || c == '_' || c == '-')
        .context(expects("a field name"))
        .parse_next(input)
}

fn named(input: &mut Input<'_>) -> ModalResult<Raw> {
    let at = input.current_token_start();
    let first = name(input)?;
    match first {
        "true" => return Ok(Raw::Literal(Value::Bool(true))),
        "false" => return Ok(Raw::Literal(Value::Bool(false))),
        "null" => return Ok(Raw::Literal(Value::Null)),
        _ => {}
    }
    if opt((multispace0, token("("))).parse_next(input)?.is_some() {
        let arguments = separated(0.., alternative, token(",")).parse_next(input)?;
        cut_err(')').context(expects("`,` or `)`")).parse_next(input)?;
        return Ok(Raw::Call(at, first.to_owned(), arguments));
    }
    let mut segments = vec![first.to_owned()];
    while opt('.').parse_next(input)?.is_some() {
        segments.push(cut_err(segment).parse_next(input)?.to_owned());
    }
    let _: Option<char> = winnow::combinator::peek(opt(any)).parse_next(input)?;
    Ok(Raw::Path(at, segments))
}

struct Checker {
    model: Model,
    items: usize,
}

impl Checker {
    fn check(&mut self, raw: Raw) -> Result<Node, (usize, String)> {
        Ok(match raw {
            Raw::Literal(value) => Node::Literal(value),
            Raw::Path(at, segments) => self.path(at, segments)?,
            Raw::Call(at, name, arguments) => self.call(at, &name, arguments)?,
            Raw::Not(inner) => Node::Not(Box::new(self.check(*inner)?)),
            Raw::Compare(operator, left, right) => {
                Node::Compare(operator, Box::new(self.check(*left)?), Box::new(self.check(*right)?))
            }
            Raw::And(parts) => Node::And(self.all(parts)?),
            Raw::Or(parts) => Node::Or(self.all(parts)?),
        })
    }

    fn all(&mut self, parts: Vec<Raw>) -> Result<Vec<Node>, (usize, String)> {
        parts.into_iter().map(|part| self.check(part)).collect()
    }

    fn path(&self, at: usize, segments: Vec<String>) -> Result<Node, (usize, String)> {
        let (model, known) = match self.model {
            Model::User => ("user", USER_PATHS),
            Model::Unit => ("ou", OU_PATHS),
        };
        let Some((first, rest)) = segments.split_first() else {
            return Err((at, "an empty path".to_owned()));
        };
        if first == "__item" {
            return if self.items > 0 {
                Ok(Node::Path(segments))
            } else {
                Err((at, "`__item` exists only inside ArrayMap and ArrayFilter".to_owned()))
            };
        }
        if first == model && is_known(known, rest) {
            return Ok(Node::Path(segments));
        }
        let written = segments.join(".");
        if written == "user.phone" {
            return Err((at, "`user.phone` is called user.phoneNumber".to_owned()));
        }
        let candidates: Vec<String> = known.iter().map(|path| format!("{model}.{path}")).collect();
        let nearest = functions::nearest(&written, candidates.iter().map(String::as_str));
        Err((at, format!("unknown path `{written}`, did you mean `{nearest}`?")))
    }

    fn call(&mut self, at: usize, name: &str, arguments: Vec<Raw>) -> Result<Node, (usize, String)> {
        let Some(function) = functions::find(name) else {
            let nearest = functions::nearest(name, functions::FUNCTIONS.iter().map(|function| function.name));
            return Err((at, format!("unknown function `{name}`, did you mean `{nearest}`?")));
        };
        if !function.takes(arguments.len()) {
            return Err((at, format!("{} is written {}", function.name, function.signature)));
        }
        let mut checked = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.into_iter().enumerate() {
            let binds_item = function.binds_item() && index == 1;
            self.items += usize::from(binds_item);
            let result = self.check(argument);
            self.items -= usize::from(binds_item);
            checked.push(result?);
        }
        let pattern = match (function.has_pattern(), checked.get(1)) {
            (true, Some(Node::Literal(Value::Text(pattern)))) => {
                Some(Pattern::new(pattern).map_err(|error| (at, error))?)
            }
            _ => None,
        };
        Ok(Node::Call { at, function, arguments: checked, pattern })
    }
}
