//! The functions of the mapping language, as a table and as code.
//! Names and meaning: reference `outbound-semantics.md` section 2.9, contract section 3.

use regex::{Regex, RegexBuilder};

use super::evaluate::{Evaluation, Trouble};
use super::parser::Node;
use super::texts::*;
use super::value::Value;
use crate::core::normalise;

/// Bytes a compiled pattern may take.
const LARGEST_PATTERN: usize = 1 << 20;

/// A function as an editor shows it.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub signature: &'static str,
    least: usize,
    most: usize,
    run: Run,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    /// Computes its arguments as it needs them.
    Lazy(fn(&mut Evaluation<'_>, &[Node]) -> Result<Value, Trouble>),
    /// Takes computed arguments.
    Eager(fn(&[Value]) -> Result<Value, String>),
    /// Takes computed arguments; null when the first is null, else the first is text.
    Text(fn(&str, &[Value]) -> Result<Value, String>),
    /// As `Text`, with the second argument as a pattern.
    Pattern(fn(&str, &Regex, &[Value]) -> Result<Value, String>),
}

impl Function {
    /// Whether it takes so many arguments.
    pub(super) fn takes(&self, count: usize) -> bool {
        (self.least..=self.most).contains(&count)
    }

    /// Whether its second argument sees `__item`.
    pub(super) fn binds_item(&self) -> bool {
        matches!(self.name, "ArrayMap" | "ArrayFilter")
    }

    /// Whether it is the first of its arguments that is not empty.
    pub(super) fn is_first_of(&self) -> bool {
        matches!(self.name, "Coalesce" | "Default")
    }

    /// Whether its second argument is a regular expression.
    pub(super) fn has_pattern(&self) -> bool {
        matches!(self.run, Run::Pattern(_))
    }
}

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Regex);

impl Pattern {
    /// Compiles; the error says what is wrong with the pattern.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build().map(Self).map_err(|error| {
            let reason = error.to_string();
            format!(
                "`{pattern}` is no regular expression: {}",
                reason.lines().last().unwrap_or_default().trim()
            )
        })
    }
}

const MANY: usize = usize::MAX;

const fn function(
    name: &'static str,
    signature: &'static str,
    least: usize,
    most: usize,
    run: Run,
) -> Function {
    Function { name, signature, least, most, run }
}

/// Every function.
pub const FUNCTIONS: &[Function] = &[
    function("Concat", "Concat(text, …)", 1, MANY, Run::Eager(|all| join("", all))),
    function("Join", "Join(separator, text, …)", 2, MANY, Run::Eager(join_with)),
    function("Split", "Split(text, separator)", 2, 2, Run::Text(split)),
    function("Trim", "Trim(text)", 1, 1, Run::Text(|s, _| bounded(s.trim().to_owned()))),
    function("Lower", "Lower(text)", 1, 1, Run::Text(|s, _| bounded(s.to_lowercase()))),
    function("Upper", "Upper(text)", 1, 1, Run::Text(|s, _| bounded(s.to_uppercase()))),
    function("Title", "Title(text)", 1, 1, Run::Text(|s, _| bounded(title(s)))),
    function("Substring", "Substring(text, start, length)", 2, 3, Run::Text(substring)),
    function(
        "Left",
        "Left(text, length)",
        2,
        2,
        Run::Text(|s, a| bounded(s.chars().take(count(a, 1)?).collect())),
    ),
    function("Right", "Right(text, length)", 2, 2, Run::Text(right)),
    function("Length", "Length(text)", 1, 1, Run::Text(|s, _| Ok(size(s.chars().count())))),
    function(
        "Before",
        "Before(text, separator)",
        2,
        2,
        Run::Text(|s, a| Ok(part(s.split_once(&*text(a, 1)?).map(|p| p.0).or(Some(s))))),
    ),
    function(
        "After",
        "After(text, separator)",
        2,
        2,
        Run::Text(|s, a| Ok(part(s.split_once(&*text(a, 1)?).map(|p| p.1)))),
    ),
    function(
        "BeforeLast",
        "BeforeLast(text, separator)",
        2,
        2,
        Run::Text(|s, a| Ok(part(s.rsplit_once(&*text(a, 1)?).map(|p| p.0).or(Some(s))))),
    ),
    function(
        "AfterLast",
        "AfterLast(text, separator)",
        2,
        2,
        Run::Text(|s, a| Ok(part(s.rsplit_once(&*text(a, 1)?).map(|p| p.1)))),
    ),
    function("Replace", "Replace(text, from, to)", 3, 3, Run::Text(replace)),
    function("RegexReplace", "RegexReplace(text, pattern, to)", 3, 3, Run::Pattern(regex_replace)),
    function("RegexExtract", "RegexExtract(text, pattern, group)", 2, 3, Run::Pattern(regex_extract)),
    function(
        "Contains",
        "Contains(text, part)",
        2,
        2,
        Run::Text(|s, a| Ok(Value::Bool(s.contains(&*text(a, 1)?)))),
    ),
    function(
        "StartsWith",
        "StartsWith(text, part)",
        2,
        2,
        Run::Text(|s, a| Ok(Value::Bool(s.starts_with(&*text(a, 1)?)))),
    ),
    function(
        "EndsWith",
        "EndsWith(text, part)",
        2,
        2,
        Run::Text(|s, a| Ok(Value::Bool(s.ends_with(&*text(a, 1)?)))),
    ),
    function("If", "If(condition, then, else)", 3, 3, Run::Lazy(if_else)),
    function("Switch", "Switch(value, case, result, …, default)", 4, MANY, Run::Lazy(switch)),
    function(
        "IsEmpty",
        "IsEmpty(value)",
        1,
        1,
        Run::Eager(|a| Ok(Value::Bool(a.first().is_none_or(Value::is_empty)))),
    ),
    function("Coalesce", "Coalesce(value, …)", 1, MANY, Run::Lazy(coalesce)),
    function("Default", "Default(value, otherwise)", 2, 2, Run::Lazy(coalesce)),
    function("PadLeft", "PadLeft(text, width, fill)", 3, 3, Run::Text(pad_left)),
    function("DateFormat", "DateFormat(milliseconds, format)", 2, 2, Run::Eager(date_format)),
    function(
        "Digits",
        "Digits(text)",
        1,
        1,
        Run::Text(|s, _| bounded(s.chars().filter(char::is_ascii_digit).collect())),
    ),
    function("E164", "E164(region, number)", 2, 2, Run::Eager(|a| mobile(a, normalise::e164))),
    function(
        "DingMobile",
        "DingMobile(region, number)",
        2,
        2,
        Run::Eager(|a| mobile(a, |r, n| Some(normalise::ding_mobile(r, n)))),
    ),
    function("ArrayMap", "ArrayMap(list, expression of __item)", 2, 2, Run::Lazy(array_map)),
    function("ArrayFilter", "ArrayFilter(list, condition of __item)", 2, 2, Run::Lazy(array_filter)),
    function("ArrayJoin", "ArrayJoin(list, separator)", 2, 2, Run::Eager(array_join)),
    function(
        "First",
        "First(list)",
        1,
        1,
        Run::Eager(|a| Ok(list(a)?.and_then(|l| l.first().cloned()).unwrap_or(Value::Null))),
    ),
    function("Count", "Count(list)", 1, 1, Run::Eager(|a| Ok(size(list(a)?.map_or(0, <[Value]>::len))))),
    function("ObjectToJsonString", "ObjectToJsonString(value)", 1, 1, Run::Eager(json)),
    function("Lookup", "Lookup(\"key=value;key=value\", key)", 2, 2, Run::Eager(lookup)),
];

/// The function of a name.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The candidate that looks most like what was written.
pub(super) fn nearest<'a>(written: &str, candidates: impl Iterator<Item = &'a str>) -> &'a str {
    let lower = written.to_lowercase();
    candidates
        .min_by_key(|candidate| strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()))
        .unwrap_or_default()
}

/// Calls a function on unevaluated arguments.
pub(super) fn call(
    function: &Function,
    nodes: &[Node],
    pattern: Option<&Pattern>,
    evaluation: &mut Evaluation<'_>,
) -> Result<Value, Trouble> {
    if let Run::Lazy(run) = function.run {
        return run(evaluation, nodes);
    }
    let arguments = nodes.iter().map(|node| evaluation.value(node)).collect::<Result<Vec<_>, _>>()?;
    let named = |error: String| evaluation.trouble(format!("{}: {error}", function.name));
    match function.run {
        // Computed above.
        Run::Lazy(_) => Ok(Value::Null),
        Run::Eager(run) => run(&arguments).map_err(named),
        Run::Text(run) => match first_text(&arguments).map_err(named)? {
            None => Ok(Value::Null),
            Some(first) => run(&first, &arguments).map_err(named),
        },
        Run::Pattern(run) => {
            let Some(first) = first_text(&arguments).map_err(named)? else { return Ok(Value::Null) };
            let computed;
            let Pattern(compiled) = match pattern {
                Some(pattern) => pattern,
                None => {
                    computed = Pattern::new(&text(&arguments, 1).map_err(named)?).map_err(named)?;
                    &computed
                }
            };
            run(&first, compiled, &arguments).map_err(named)
        }
    }
}

fn if_else(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, Trouble> {
    let [condition, then, otherwise] = nodes else { return Ok(Value::Null) };
    if evaluation.truth(condition)? { evaluation.value(then) } else { evaluation.value(otherwise) }
}

fn switch(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, Trouble> {
    let Some((subject, cases)) = nodes.split_first() else { return Ok(Value::Null) };
    let subject = evaluation.value(subject)?;
    let mut pairs = cases.chunks_exact(2);
    for pair in pairs.by_ref() {
        if evaluation.value(&pair[0])? == subject {
            return evaluation.value(&pair[1]);
        }
    }
    pairs.remainder().first().map_or(Ok(Value::Null), |default| evaluation.value(default))
}

fn coalesce(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, Trouble> {
    for node in nodes {
        let value = evaluation.value(node)?;
        if !value.is_empty() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

fn items(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Option<Vec<Value>>, Trouble> {
    let value = nodes.first().map_or(Ok(Value::Null), |node| evaluation.value(node))?;
    match value {
        Value::List(list) => Ok(Some(list)),
        Value::Null => Ok(None),
        other => Err(evaluation.trouble(format!("{} is no list", other.kind()))),
    }
}

fn array_map(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, Trouble> {
    let Some(list) = items(evaluation, nodes)? else { return Ok(Value::Null) };
    let mapped = list.into_iter().map(|item| evaluation.with_item(item, &nodes[1]));
    Ok(Value::List(mapped.collect::<Result<_, _>>()?))
}

fn array_filter(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, Trouble> {
    let Some(list) = items(evaluation, nodes)? else { return Ok(Value::Null) };
    let mut kept = Vec::new();
    for item in list {
        match evaluation.with_item(item.clone(), &nodes[1])? {
            Value::Bool(true) => kept.push(item),
            Value::Bool(false) | Value::Null => {}
            other => {
                let what = format!("ArrayFilter: {} stands where true or false is needed", other.kind());
                return Err(evaluation.trouble(what));
            }
        }
    }
    Ok(Value::List(kept))
}
