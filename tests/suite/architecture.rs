//! Who may use whom, checked on the source text. A rule changes in the commit that changes the code, with a reason.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder or file of `src`, and what none of its code may mention.
const RULES: &[(&str, &[&str])] = &[
    (
        "core",
        &[
            "crate::tui",
            "crate::cli",
            "crate::idaas",
            "crate::dingtalk",
            "crate::store",
            "crate::http",
            "crate::config",
            "crate::connect",
            "crate::simulator",
            "crate::incremental",
            "ratatui",
            "crossterm",
            "reqwest",
            "rusqlite",
            "println!",
            "std::fs",
            "std::net",
            "std::env",
            "tokio::fs",
            "tokio::net",
            "tokio::time",
            "tokio::spawn",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
        ],
    ),
    ("core/mapping", &["async ", "dyn Source", "dyn Target", "dyn Journal"]),
    ("core/matching", &["async ", "dyn Source", "dyn Target", "dyn Journal"]),
    ("core/planner", &["async ", "dyn Source", "dyn Target", "dyn Journal"]),
    ("core/plan", &["async ", "dyn Source", "dyn Target", "dyn Journal"]),
    (
        "idaas",
        &["crate::dingtalk", "crate::tui", "crate::cli", "crate::store", "crate::simulator", "crate::config"],
    ),
    (
        "dingtalk",
        &["crate::idaas", "crate::tui", "crate::cli", "crate::store", "crate::simulator", "crate::config"],
    ),
    (
        "store",
        &["reqwest", "crate::http", "crate::idaas", "crate::dingtalk", "crate::tui", "crate::cli", "ratatui"],
    ),
    (
        "simulator",
        &[
            "crate::core",
            "crate::idaas",
            "crate::dingtalk",
            "crate::store",
            "crate::http",
            "crate::cli",
            "crate::config",
            "crate::tui",
            "crate::connect",
        ],
    ),
    (
        "incremental",
        &[
            "crate::idaas",
            "crate::dingtalk",
            "crate::store",
            "crate::cli",
            "crate::tui",
            "crate::config",
            "crate::simulator",
            "rusqlite",
            "ratatui",
        ],
    ),
    ("core/incremental/backlog", &["async ", "dyn Source", "dyn Target", "dyn Journal"]),
    ("core/incremental/choose", &["async ", "dyn Source", "dyn Target", "dyn Journal"]),
    ("core/incremental/desired", &["async ", "dyn Source", "dyn Target", "dyn Journal"]),
    (
        "http",
        &["crate::idaas", "crate::dingtalk", "crate::store", "crate::cli", "crate::tui", "crate::config"],
    ),
    (
        "config",
        &[
            "crate::idaas",
            "crate::dingtalk",
            "crate::store",
            "crate::http",
            "crate::tui",
            "reqwest",
            "ratatui",
        ],
    ),
    (
        "live",
        &[
            "crate::tui",
            "crate::cli",
            "crate::idaas",
            "crate::dingtalk",
            "crate::http",
            "crate::config",
            "crate::connect",
            "reqwest",
            "ratatui",
        ],
    ),
    // Both meet in `interface`, nowhere else.
    ("cli", &["crate::http", "crate::idaas", "crate::dingtalk", "crate::tui", "reqwest", "ratatui"]),
    (
        "tui",
        &[
            "crate::cli",
            "crate::http",
            "crate::idaas",
            "crate::dingtalk",
            "crate::store",
            "reqwest",
            "rusqlite",
        ],
    ),
];

/// Rooms that may do what their floor may not, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    // `demo` and `simulate` are the simulator's own commands.
    ("cli/demo", "crate::simulator"),
    ("cli/simulate", "crate::simulator"),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files_below(path: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn files(place: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files_below(&source().join(place), &mut found);
    let single = source().join(format!("{place}.rs"));
    if single.is_file() {
        found.push(single);
    }
    found.sort();
    found
}

/// The code before its tests, without comments.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn nobody_uses_what_is_not_theirs_to_use() {
    let mut broken = Vec::new();
    for (place, forbidden) in RULES {
        let files = files(place);
        assert!(
            !files.is_empty() || *place == "tui",
            "there is no {place}: the rule names a room that is gone"
        );
        for file in files {
            let text = code(&file);
            let shown = file.strip_prefix(source()).unwrap().display().to_string();
            for word in forbidden.iter().filter(|word| text.contains(**word)) {
                let is_excepted =
                    EXCEPTIONS.iter().any(|(room, allowed)| shown.starts_with(room) && word == allowed);
                // The one place of the screens that connects.
                let connects = shown.starts_with("tui/work") && *word == "crate::store";
                if !is_excepted && !connects {
                    broken.push(format!("{shown} mentions `{word}`"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_connect_builds_clients() {
    let mut found = Vec::new();
    files_below(&source(), &mut found);
    for file in found {
        let shown = file.strip_prefix(source()).unwrap().display().to_string();
        let builds = ["DingTalk::new(", "Idaas::new("].iter().any(|call| code(&file).contains(call));
        let may = shown == "connect.rs" || shown.starts_with("dingtalk/") || shown.starts_with("idaas/");
        assert!(!builds || may, "{shown} builds a client; only connect.rs may");
    }
}

#[test]
fn no_file_is_longer_than_four_hundred_lines_before_its_tests() {
    let mut found = Vec::new();
    files_below(&source(), &mut found);
    let long: Vec<String> = found
        .iter()
        .filter_map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            let lines = text.split("#[cfg(test)]").next().unwrap_or_default().lines().count();
            (lines > 400).then(|| format!("{}: {lines}", file.strip_prefix(source()).unwrap().display()))
        })
        .collect();
    assert!(long.is_empty(), "split these: {long:?}");
}

#[test]
fn every_file_begins_with_a_sentence_about_itself() {
    let mut found = Vec::new();
    files_below(&source(), &mut found);
    for file in found {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} says nothing about itself", file.display());
    }
}

/// The keys of a locale file, as `a.b.c`.
fn keys(text: &str) -> BTreeSet<String> {
    let mut path: Vec<(usize, String)> = Vec::new();
    let mut keys = BTreeSet::new();
    // The indent of a key whose text takes several lines.
    let mut block: Option<usize> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|key| indent > key) {
            continue;
        }
        let Some((key, value)) = line.trim().split_once(':') else { continue };
        block = matches!(value.trim(), "|" | "|-" | ">" | ">-").then_some(indent);
        path.retain(|(depth, _)| *depth < indent);
        path.push((indent, key.trim_matches('"').to_owned()));
        if !value.trim().is_empty() {
            keys.insert(path.iter().map(|(_, key)| key.as_str()).collect::<Vec<_>>().join("."));
        }
    }
    keys
}

#[test]
fn both_languages_hold_the_same_keys() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/locales");
    let mut of = [BTreeSet::new(), BTreeSet::new()];
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let language = usize::from(name.contains("zh-CN"));
        let found = keys(&std::fs::read_to_string(&path).unwrap());
        assert!(!found.is_empty(), "{name} holds no keys");
        of[language].extend(found);
    }
    let [english, chinese] = of;
    let missing: Vec<_> = english.symmetric_difference(&chinese).collect();
    assert!(missing.is_empty(), "in one language only: {missing:?}");
}
