//! What may be typed next in an expression: functions and paths that begin as the word at the cursor does.

use super::Model;
use super::functions::FUNCTIONS;
use super::paths::{OU_PATHS, USER_PATHS};

/// Something that completes the word at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What replaces the word: `Lower(`, `user.email`.
    pub text: String,
    /// How it is shown: `Lower(text)`, `user.email`.
    pub shown: String,
    /// Characters before the cursor that it replaces.
    pub replaces: usize,
}

/// Completions of the word that ends where `before` does; paths first, then functions. Custom fields are offered by
/// the names that are known. Nothing inside quoted text, and nothing for a word that is complete already.
pub fn complete(before: &str, model: Model, custom_fields: &[String]) -> Vec<Completion> {
    if is_quoted(before) {
        return Vec::new();
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_part(*c))
        .last()
        .map_or(before.len(), |(at, _)| at);
    let word = &before[start..];
    if word.is_empty() {
        return Vec::new();
    }
    let lower = word.to_lowercase();
    let begins = |candidate: &str| candidate.to_lowercase().starts_with(&lower) && candidate != word;
    let replaces = word.chars().count();
    let paths = paths(model, custom_fields).into_iter().filter(|path| begins(path));
    let paths = paths.map(|path| Completion { shown: path.clone(), text: path, replaces });
    let functions = FUNCTIONS.iter().filter(|function| begins(function.name)).map(|function| Completion {
        text: format!("{}(", function.name),
        shown: function.signature.to_owned(),
        replaces,
    });
    paths.chain(functions).collect()
}

/// The signature of the innermost function whose parentheses the cursor is in.
pub fn signature(before: &str) -> Option<&'static str> {
    let mut open: Vec<&str> = Vec::new();
    let (mut quoted, mut escaped, mut start) = (false, false, 0);
    for (at, c) in before.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' if !quoted => open.push(&before[start..at]),
            ')' if !quoted => drop(open.pop()),
            _ => {}
        }
        if !c.is_alphanumeric() {
            start = at + c.len_utf8();
        }
    }
    let name = open.iter().rev().find(|name| !name.is_empty())?;
    FUNCTIONS.iter().find(|function| function.name == *name).map(|function| function.signature)
}

fn is_quoted(before: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    for c in before.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}

fn paths(model: Model, custom_fields: &[String]) -> Vec<String> {
    match model {
        Model::Unit => OU_PATHS.iter().map(|path| format!("ou.{path}")).collect(),
        Model::User => {
            let plain = USER_PATHS.iter().filter(|path| !path.contains('*'));
            let custom = custom_fields.iter().map(|name| format!("user.customFieldMap.{name}.fieldValue"));
            plain.map(|path| format!("user.{path}")).chain(custom).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, model: Model) -> Vec<String> {
        let names = ["title".to_owned()];
        complete(before, model, &names).into_iter().map(|completion| completion.shown).collect()
    }

    #[test]
    fn a_word_is_completed_to_paths_and_functions() {
        assert_eq!(shown("Lower(user.em", Model::User), ["user.email"]);
        assert_eq!(shown("low", Model::User), ["Lower(text)"]);
        assert_eq!(shown("user.customFieldM", Model::User), ["user.customFieldMap.title.fieldValue"]);
        assert_eq!(shown("ou.par", Model::Unit), ["ou.parentId"]);
        let completion = &complete("Concat(user.em", Model::User, &[])[0];
        assert_eq!((completion.text.as_str(), completion.replaces), ("user.email", 7));
    }

    #[test]
    fn nothing_is_offered_in_quotes_or_for_a_whole_word() {
        for before in ["\"user.em", "", "Lower(", "user.email", "\"a\\\"user.em"] {
            assert_eq!(shown(before, Model::User), [""; 0], "{before}");
        }
        assert!(!shown("\"a\" == user.em", Model::User).is_empty());
    }

    #[test]
    fn the_function_around_the_cursor_is_named() {
        assert_eq!(signature("Lower(user.em"), Some("Lower(text)"));
        assert_eq!(signature("If(IsEmpty(user.email), "), Some("If(condition, then, else)"));
        assert_eq!(signature("Lower(user.email)"), None);
        assert_eq!(signature("Nothing(a"), None);
    }
}
