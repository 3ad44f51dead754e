//! What the functions on text, lists and dates compute.

use std::borrow::Cow;

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

use super::value::{Value, integral};

/// Bytes a text may have at most.
const LONGEST_TEXT: usize = 64 * 1024;

pub(super) fn join(separator: &str, parts: &[Value]) -> Result<Value, String> {
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

pub(super) fn join_with(arguments: &[Value]) -> Result<Value, String> {
    join(&text(arguments, 0)?, arguments.get(1..).unwrap_or_default())
}

pub(super) fn split(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let separator = text(arguments, 1)?;
    if separator.is_empty() {
        return Ok(Value::List(vec![Value::Text(s.to_owned())]));
    }
    Ok(Value::List(s.split(&*separator).map(|part| Value::Text(part.to_owned())).collect()))
}

pub(super) fn title(s: &str) -> String {
    let capitalise = |word: &str| {
        let mut characters = word.chars();
        let first: String = characters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
        first + &characters.as_str().to_lowercase()
    };
    s.split_word_bounds().map(capitalise).collect()
}

pub(super) fn substring(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let length = if arguments.len() > 2 { count(arguments, 2)? } else { usize::MAX };
    bounded(s.chars().skip(count(arguments, 1)?).take(length).collect())
}

pub(super) fn right(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let wanted = count(arguments, 1)?;
    bounded(s.chars().skip(s.chars().count().saturating_sub(wanted)).collect())
}

pub(super) fn replace(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let (from, to) = (text(arguments, 1)?, text(arguments, 2)?);
    if from.is_empty() {
        return bounded(s.to_owned());
    }
    if s.matches(&*from).count().saturating_mul(to.len()) > LONGEST_TEXT {
        return Err(format!("text longer than {LONGEST_TEXT} bytes"));
    }
    bounded(s.replace(&*from, &to))
}

pub(super) fn regex_replace(s: &str, pattern: &Regex, arguments: &[Value]) -> Result<Value, String> {
    let to = text(arguments, 2)?;
    let grown = pattern.find_iter(s).count().saturating_mul(to.len().saturating_add(s.len().min(1024)));
    if grown > LONGEST_TEXT * 16 {
        return Err(format!("text longer than {LONGEST_TEXT} bytes"));
    }
    bounded(pattern.replace_all(s, &*to).into_owned())
}

pub(super) fn regex_extract(s: &str, pattern: &Regex, arguments: &[Value]) -> Result<Value, String> {
    let group = match arguments.get(2) {
        None => usize::from(pattern.captures_len() > 1),
        Some(_) => count(arguments, 2)?,
    };
    Ok(part(pattern.captures(s).and_then(|captures| captures.get(group)).map(|found| found.as_str())))
}

pub(super) fn pad_left(s: &str, arguments: &[Value]) -> Result<Value, String> {
    let (width, fill) = (count(arguments, 1)?, text(arguments, 2)?);
    let missing = width.saturating_sub(s.chars().count());
    if missing > LONGEST_TEXT {
        return Err(format!("text longer than {LONGEST_TEXT} bytes"));
    }
    let padding: String = fill.chars().cycle().take(if fill.is_empty() { 0 } else { missing }).collect();
    bounded(padding + s)
}

pub(super) fn date_format(arguments: &[Value]) -> Result<Value, String> {
    let milliseconds = match arguments.first() {
        None | Some(Value::Null) => return Ok(Value::Null),
        Some(Value::Number(number)) => integral(*number),
        Some(Value::Text(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    let at = milliseconds
        .and_then(|milliseconds| jiff::Timestamp::from_millisecond(milliseconds).ok())
        .ok_or_else(|| "no time in Unix milliseconds".to_owned())?;
    let format = pattern_of(&text(arguments, 1)?);
    let shown =
        jiff::fmt::strtime::format(format.as_str(), at).map_err(|error| format!("`{format}`: {error}"))?;
    bounded(shown)
}

/// A format as `%Y-%m-%d`; one without any `%` is written in letters, as `yyyy-MM-dd`.
fn pattern_of(format: &str) -> String {
    const LETTERS: [(&str, &str); 10] = [
        ("yyyy", "%Y"),
        ("YYYY", "%Y"),
        ("SSS", "%3f"),
        ("yy", "%y"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("DD", "%d"),
        ("HH", "%H"),
        ("mm", "%M"),
        ("ss", "%S"),
    ];
    if format.contains('%') {
        return format.to_owned();
    }
    let (mut pattern, mut rest) = (String::new(), format);
    while let Some(first) = rest.chars().next() {
        let (from, to) = LETTERS
            .iter()
            .find(|(letters, _)| rest.starts_with(letters))
            .map_or((&rest[..first.len_utf8()], &rest[..first.len_utf8()]), |(from, to)| (*from, *to));
        pattern.push_str(to);
        rest = &rest[from.len()..];
    }
    pattern
}

pub(super) fn mobile(
    arguments: &[Value],
    form: fn(Option<&str>, &str) -> Option<String>,
) -> Result<Value, String> {
    let region = first_text(arguments)?;
    let Some(number) = arguments.get(1).map_or(Ok(None), Value::to_text)? else { return Ok(Value::Null) };
    if number.trim().is_empty() {
        return Ok(Value::Null);
    }
    Ok(form(region.as_deref(), &number).map_or(Value::Null, Value::Text))
}

pub(super) fn array_join(arguments: &[Value]) -> Result<Value, String> {
    match list(arguments)? {
        None => Ok(Value::Null),
        Some(list) => join(&text(arguments, 1)?, list),
    }
}

pub(super) fn json(arguments: &[Value]) -> Result<Value, String> {
    match arguments.first() {
        None | Some(Value::Null) => Ok(Value::Null),
        Some(value) => bounded(value.to_json().to_string()),
    }
}

pub(super) fn lookup(arguments: &[Value]) -> Result<Value, String> {
    let Some(key) = arguments.get(1).map_or(Ok(None), Value::to_text)? else { return Ok(Value::Null) };
    let table = text(arguments, 0)?;
    let found = table.split(';').filter_map(|pair| pair.split_once('=')).find(|(name, _)| name.trim() == key);
    Ok(part(found.map(|(_, value)| value.trim())))
}

pub(super) fn first_text(arguments: &[Value]) -> Result<Option<Cow<'_, str>>, String> {
    arguments.first().map_or(Ok(None), Value::to_text)
}

/// The text of a further argument; null counts as empty.
pub(super) fn text(arguments: &[Value], index: usize) -> Result<Cow<'_, str>, String> {
    Ok(arguments.get(index).map_or(Ok(None), Value::to_text)?.unwrap_or_default())
}

/// A further argument as a count; negative counts as 0.
pub(super) fn count(arguments: &[Value], index: usize) -> Result<usize, String> {
    let number = match arguments.get(index) {
        Some(Value::Number(number)) => Some(*number),
        Some(Value::Text(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let whole =
        number.and_then(integral).ok_or_else(|| format!("argument {} is no whole number", index + 1))?;
    Ok(usize::try_from(whole.max(0)).unwrap_or(usize::MAX))
}

pub(super) fn bounded(text: String) -> Result<Value, String> {
    if text.len() > LONGEST_TEXT {
        Err(format!("text longer than {LONGEST_TEXT} bytes"))
    } else {
        Ok(Value::Text(text))
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths are bounded far below 2^53")]
pub(super) fn size(count: usize) -> Value {
    Value::Number(count as f64)
}

pub(super) fn part(part: Option<&str>) -> Value {
    Value::text(part)
}

pub(super) fn list(arguments: &[Value]) -> Result<Option<&[Value]>, String> {
    match arguments.first() {
        Some(Value::List(list)) => Ok(Some(list)),
        None | Some(Value::Null) => Ok(None),
        Some(other) => Err(format!("{} is no list", other.kind())),
    }
}
