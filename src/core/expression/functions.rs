//! The functions of the mapping language, as a table and as code.
//! Names and meaning: reference `outbound-semantics.md` section 2.9, contract section 3.

use regex::{Regex, RegexBuilder};
use unicode_segmentation::UnicodeSegmentation;

use super::evaluate::Evaluation;
use super::parser::Node;
use super::value::{Value, integral};
use crate::core::normalise;

/// Bytes a text may have at most.
const LONGEST_TEXT: usize = 64 * 1024;
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
    Lazy(fn(&mut Evaluation<'_>, &[Node]) -> Result<Value, String>),
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
) -> Result<Value, String> {
    let named = |error: String| format!("{}: {error}", function.name);
    if let Run::Lazy(run) = function.run {
        return run(evaluation, nodes);
    }
    let arguments = nodes.iter().map(|node| evaluation.value(node)).collect::<Result<Vec<_>, _>>()?;
    match function.run {
        Run::Lazy(run) => run(evaluation, nodes),
        Run::Eager(run) => run(&arguments).map_err(named),
        Run::Text(run) => match first_text(&arguments).map_err(named)? {
            None => Ok(Value::Null),
            Some(first) => run(&first, &arguments).map_err(named),
        },
        Run::Pattern(run) => {
            let Some(first) = first_text(&arguments).map_err(named)? else { return Ok(Value::Null) };
            let compiled = match pattern {
                Some(pattern) => pattern.clone(),
                None => Pattern::new(&text(&arguments, 1).map_err(named)?).map_err(named)?,
            };
            run(&first, &compiled.0, &arguments).map_err(named)
        }
    }
}

fn first_text(arguments: &[Value]) -> Result<Option<String>, String> {
    arguments.first().map_or(Ok(None), Value::to_text)
}

/// The text of a further argument; null counts as empty.
fn text(arguments: &[Value], index: usize) -> Result<String, String> {
    Ok(arguments.get(index).map_or(Ok(None), Value::to_text)?.unwrap_or_default())
}

/// A further argument as a count; negative counts as 0.
fn count(arguments: &[Value], index: usize) -> Result<usize, String> {
    let number = match arguments.get(index) {
        Some(Value::Number(number)) => Some(*number),
        Some(Value::Text(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let whole =
        number.and_then(integral).ok_or_else(|| format!("argument {} is no whole number", index + 1))?;
    Ok(usize::try_from(whole.max(0)).unwrap_or(usize::MAX))
}

fn bounded(text: String) -> Result<Value, String> {
    if text.len() > LONGEST_TEXT {
        Err(format!("text longer than {LONGEST_TEXT} bytes"))
    } else {
        Ok(Value::Text(text))
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths are bounded far below 2^53")]
fn size(count: usize) -> Value {
    Value::Number(count as f64)
}

fn part(part: Option<&str>) -> Value {
    Value::text(part)
}

fn list(arguments: &[Value]) -> Result<Option<&[Value]>, String> {
    match arguments.first() {
        Some(Value::List(list)) => Ok(Some(list)),
        None | Some(Value::Null) => Ok(None),
        Some(other) => Err(format!("{} is no list", other.kind())),
    }
}

fn join(separator: &str, parts: &[Value]) -> Result<Value, String> {
    let mut texts = Vec::new();
    for part in parts {
        match part {
            Value::List(list) => {
                for item in list {
                    texts.extend(item.to_text()?);
                }
            }
            scalar => texts.extend(scalar.to_text()?),
        }
    }
    let length: usize = texts.iter().map(|text| text.len() + separator.len()).sum();
    if length > LONGEST_TEXT + separator.len() {
        return Err(format!("text longer than {LONGEST_TEXT} bytes"));
    }
    bounded(texts.join(separator))
}

fn join_with(arguments: &[Value]) -> Result<Value, String> {
    join(&text(arguments, 0)?, arguments.get(1..).unwrap_or_default())
}

fn split(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let separator = text(arguments, 1)?;
    if separator.is_empty() {
        return Ok(Value::List(vec![Value::Text(s.to_owned())]));
    }
    Ok(Value::List(s.split(&*separator).map(|part| Value::Text(part.to_owned())).collect()))
}

fn title(s: &str) -> String {
    let capitalise = |word: &str| {
        let mut characters = word.chars();
        let first: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
        first + &characters.as_str().to_lowercase()
    };
    s.split_word_bounds().map(capitalise).collect()
}

fn substring(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let length = if arguments.len() > 2 { count(arguments, 2)? } else { usize::MAX };
    bounded(s.chars().skip(count(arguments, 1)?).take(length).collect())
}

fn right(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let wanted = count(arguments, 1)?;
    bounded(s.chars().skip(s.chars().count().saturating_sub(wanted)).collect())
}

fn replace(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let (from, to) = (text(arguments, 1)?, text(arguments, 2)?);
    if from.is_empty() {
        return bounded(s.to_owned());
    }
    if s.matches(&*from).count().saturating_mul(to.len()) > LONGEST_TEXT {
        return Err(format!("text longer than {LONGEST_TEXT} bytes"));
    }
    bounded(s.replace(&*from, &to))
}

fn regex_replace(s: &str, pattern: &Regex, arguments: &[Value]) -> Result<Value, String> {
    let to = text(arguments, 2)?;
    let grown = pattern.find_iter(s).count().saturating_mul(to.len().saturating_add(s.len().min(1024)));
    if grown > LONGEST_TEXT * 16 {
        return Err(format!("text longer than {LONGEST_TEXT} bytes"));
    }
    bounded(pattern.replace_all(s, to.as_str()).into_owned())
}

fn regex_extract(s: &str, pattern: &Regex, arguments: &[Value]) -> Result<Value, String> {
    let group = match arguments.get(2) {
        None => usize::from(pattern.captures_len() > 1),
        Some(_) => count(arguments, 2)?,
    };
    Ok(part(pattern.captures(s).and_then(|captures| captures.get(group)).map(|found| found.as_str())))
}

fn pad_left(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let (width, fill) = (count(arguments, 1)?, text(arguments, 2)?);
    let missing = width.saturating_sub(s.chars().count());
    if missing > LONGEST_TEXT {
        return Err(format!("text longer than {LONGEST_TEXT} bytes"));
    }
    let padding: String = fill.chars().cycle().take(if fill.is_empty() { 0 } else { missing }).collect();
    bounded(padding + s)
}

fn date_format(arguments: &[Value]) -> Result<Value, String> {
    let milliseconds = match arguments.first() {
        None | Some(Value::Null) => return Ok(Value::Null),
        Some(Value::Number(number)) => integral(*number),
        Some(Value::Text(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let at = milliseconds
        .and_then(|milliseconds| jiff::Timestamp::from_millisecond(milliseconds).ok())
        .ok_or_else(|| "no time in Unix milliseconds".to_owned())?;
    let format = text(arguments, 1)?;
    let shown =
        jiff::fmt::strtime::format(format.as_str(), at).map_err(|error| format!("`{format}`: {error}"))?;
    bounded(shown)
}

fn mobile(arguments: &[Value], form: fn(Option<&str>, &str) -> Option<String>) -> Result<Value, String> {
    let region = first_text(arguments)?;
    let Some(number) = arguments.get(1).map_or(Ok(None), Value::to_text)? else { return Ok(Value::Null) };
    if number.trim().is_empty() {
        return Ok(Value::Null);
    }
    Ok(form(region.as_deref(), &number).map_or(Value::Null, Value::Text))
}

fn array_join(arguments: &[Value]) -> Result<Value, String> {
    match list(arguments)? {
        None => Ok(Value::Null),
        Some(list) => join(&text(arguments, 1)?, list),
    }
}

fn json(arguments: &[Value]) -> Result<Value, String> {
    match arguments.first() {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(value) => bounded(value.to_json().to_string()),
    }
}

fn lookup(arguments: &[Value]) -> Result<Value, String> {
    let Some(key) = arguments.get(1).map_or(Ok(None), Value::to_text)? else { return Ok(Value::Null) };
    let table = text(arguments, 0)?;
    let found = table.split(';').filter_map(|pair| pair.split_once('=')).find(|(name, _)| name.trim() == key);
    Ok(part(found.map(|(_, value)| value.trim())))
}

fn if_else(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, String> {
    let [condition, then, otherwise] = nodes else { return Ok(Value::Null) };
    if evaluation.truth(condition)? { evaluation.value(then) } else { evaluation.value(otherwise) }
}

fn switch(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, String> {
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

fn coalesce(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, String> {
    for node in nodes {
        let value = evaluation.value(node)?;
        if !value.is_empty() {
            return Ok(value);
        }
    }
    Ok(Value::Null)
}

fn items(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Option<Vec<Value>>, String> {
    let value = nodes.first().map_or(Ok(Value::Null), |node| evaluation.value(node))?;
    match value {
        Value::List(list) => Ok(Some(list)),
        Value::Null => Ok(None),
        other => Err(format!("{} is no list", other.kind())),
    }
}

fn array_map(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, String> {
    let Some(list) = items(evaluation, nodes)? else { return Ok(Value::Null) };
    let mapped = list.into_iter().map(|item| evaluation.with_item(item, &nodes[1]));
    Ok(Value::List(mapped.collect::<Result<_, _>>()?))
}

fn array_filter(evaluation: &mut Evaluation<'_>, nodes: &[Node]) -> Result<Value, String> {
    let Some(list) = items(evaluation, nodes)? else { return Ok(Value::Null) };
    let mut kept = Vec::new();
    for item in list {
        match evaluation.with_item(item.clone(), &nodes[1])? {
            Value::Bool(true) => kept.push(item),
            Value::Bool(false) | Value::Null => {}
            other => {
                return Err(format!("ArrayFilter: {} stands where true or false is needed", other.kind()));
            }
        }
    }
    Ok(Value::List(kept))
}
