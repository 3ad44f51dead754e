//! `dingsync demo` without a terminal: check, preview, sync, and a second preview that is empty.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// Runs the demo in a temporary directory of its own; answers what it printed.
fn demo(arguments: &[&str], place: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dingsync"))
        .arg("demo")
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", place)
        .env("TMPDIR", place)
        // Neither an operator's own connection nor a proxy is the demo's business.
        .env("DINGSYNC_CONFIG", "/nowhere/dingsync.toml")
        .env("DINGSYNC_STATE", "/nowhere/state.db")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What the demo prints as JSON, run once for all who ask. Without a terminal it is headless by itself.
fn documents() -> &'static [Value] {
    static RUN: OnceLock<Vec<Value>> = OnceLock::new();
    RUN.get_or_init(|| {
        let place = tempfile::tempdir().unwrap();
        let text = demo(&["--json"], place.path());
        assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "the demo leaves something behind");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    })
}

fn count(plan: &Value, entity: &str, action: &str) -> u64 {
    plan["summary"][entity][action].as_u64().unwrap()
}

#[test]
fn the_demo_shows_every_kind_of_row_and_ends_with_an_empty_preview() {
    let documents = documents();
    assert_eq!(documents[0]["format"], "dingsync.check/1");
    assert_eq!(documents[0]["result"], "pass");
    let first = &documents[1];
    for action in ["create", "link", "update", "move", "hold", "conflict", "blocked", "unmanaged"] {
        assert!(count(first, "users", action) > 0, "no user: {action}");
        assert!(count(first, "departments", action) > 0, "no department: {action}");
    }
    let finished = documents.iter().find(|line| line["type"] == "finished").unwrap();
    assert_eq!(finished["summary"]["failed"], 0, "{finished}");
    let second = documents.last().unwrap();
    for action in ["create", "link", "update", "move", "remove"] {
        assert_eq!(count(second, "users", action) + count(second, "departments", action), 0, "{action}");
    }
    let arrived = count(first, "users", "create") + count(first, "users", "link");
    assert!(count(second, "users", "unchanged") >= arrived);
}

#[test]
fn every_reason_an_operator_must_know_is_among_the_rows() {
    let plan = &documents()[1];
    let rows = plan["changes"].as_array().unwrap();
    let has = |name: &str, value: &str| rows.iter().any(|row| row[name] == value);
    for reason in [
        "duplicate_in_source",
        "ambiguous_match",
        "same_target",
        "value_taken",
        "duplicate_sibling",
        "missing_mobile",
        "invalid_mobile",
        "value_too_long",
        "illegal_department_name",
        "parent_blocked",
        "no_department",
        "echo",
        "gone",
        "disabled",
    ] {
        assert!(has("reason", reason), "{reason}");
    }
    for matched in ["binding", "source_identifier", "name", "mobile"] {
        assert!(has("matched_by", matched), "{matched}");
    }
    let warned = |warning: &str| {
        rows.iter().any(|row| row["warnings"].as_array().unwrap().iter().any(|given| given == warning))
    };
    assert!(warned("control_characters") && warned("mobile_not_updatable"));
}

#[test]
fn the_demo_in_words_is_free_of_what_a_terminal_would_obey() {
    let place = tempfile::tempdir().unwrap();
    let text = demo(&["--headless", "--no-color"], place.path());
    for step in ["dingsync check", "dingsync preview", "dingsync sync --yes"] {
        assert!(text.contains(step), "{step}");
    }
    assert_eq!(text.matches("dingsync preview").count(), 2);
    for word in ["create", "link", "update", "move", "hold", "conflict", "blocked"] {
        assert!(text.contains(word), "{word}");
    }
    let unsafe_letter = text.chars().find(|letter| {
        (letter.is_control() && *letter != '\n')
            || matches!(*letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    });
    assert_eq!(unsafe_letter, None);
}
