//! What is wrong with a settings file: every finding with file, line, column and key, gathered into one error.

use crate::core::error::{Error, ErrorKind};

use super::source::Source;

/// The findings of one file, in the order they were made.
#[derive(Debug)]
pub(crate) struct Problems {
    source: Source,
    list: Vec<Problem>,
}

#[derive(Debug)]
struct Problem {
    at: usize,
    key: String,
    text: String,
}

/// One thing that is wrong, for somebody who shows it beside the field it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The key, list positions counted from 1: `mapping.user[2].value`; empty when the text is no TOML.
    pub key: String,
    /// What is wrong and what to do instead.
    pub text: String,
}

impl Problems {
    /// No findings yet.
    pub(crate) fn new(source: Source) -> Self {
        Self { source, list: Vec::new() }
    }

    /// Adds a finding about `key` (may be empty) at a byte of the file.
    pub(crate) fn add(&mut self, at: usize, key: impl Into<String>, text: impl Into<String>) {
        self.list.push(Problem { at, key: key.into(), text: text.into() });
    }

    /// The file the findings are about.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// One settings error with a line for each finding, in the order of the file.
    pub(crate) fn into_error(mut self) -> Error {
        self.list.sort_by_key(|problem| problem.at);
        let lines: Vec<String> = self.list.iter().map(|problem| self.line(problem)).collect();
        settings_error(lines.join("\n"))
            .with_hint("correct the settings file; `dingsync config validate` says whether it holds")
    }

    /// The findings one by one, in the order of the file.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|problem| problem.at);
        self.list.into_iter().map(|Problem { key, text, .. }| Finding { key, text }).collect()
    }

    fn line(&self, problem: &Problem) -> String {
        let place = self.source.place(problem.at);
        match problem.key.as_str() {
            "" => format!("{place}: {}", problem.text),
            key => format!("{place}: {key}: {}", problem.text),
        }
    }
}

/// An error of the settings (exit code 78).
pub(crate) fn settings_error(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Settings, message)
}

/// Text in backquotes for a message: control characters escaped, long text cut.
pub(crate) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// The known word nearest to a mistyped one, when one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let known: Vec<&str> = known.into_iter().collect();
    // Somebody who wrote `poll` means `poll_seconds`, however long the rest is.
    let begun = |candidate: &&str| lower.len() > 2 && candidate.to_lowercase().starts_with(&lower);
    if let [only] = known.iter().copied().filter(begun).collect::<Vec<_>>()[..] {
        return Some(only);
    }
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(word.len()) / 2).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean …` for a mistyped word, or the words there are.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => {
            format!("known are {}", known.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "))
        }
    }
}
