//! `dingsync config path|show|validate`, as functions.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use dingsync::cli::config::{ConfigCommand, run};
use dingsync::config::{Environment, LoadOptions, schema};
use dingsync::core::error::Error;
use serde_json::Value;
use tempfile::TempDir;

use super::{EXAMPLE, MINIMAL, options};

fn written(text: &str) -> (TempDir, LoadOptions) {
    let directory = TempDir::new().expect("directory");
    let path = directory.path().join("dingsync.toml");
    fs::write(&path, text).expect("written");
    let options = LoadOptions { config: Some(path), ..options() };
    (directory, options)
}

fn answer(command: &ConfigCommand, options: &LoadOptions, json: bool) -> Result<String, Error> {
    let mut out = Vec::new();
    run(command, options, json, &mut out)?;
    Ok(String::from_utf8(out).expect("text"))
}

#[test]
fn path_prints_one_line_even_without_a_file() {
    let path = answer(&ConfigCommand::Path, &options(), false).expect("a path");
    assert_eq!(path, "/config/dingsync/dingsync.toml\n");
    let json = answer(&ConfigCommand::Path, &options(), true).expect("a path");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["path"], "/config/dingsync/dingsync.toml");
    assert_eq!(json["exists"], false);
}

#[test]
fn show_names_every_key_with_its_origin_and_hides_secrets() {
    let (_directory, options) =
        written(&EXAMPLE.replace("{ env = \"DINGSYNC_DINGTALK_SECRET\" }", "{ command = \"echo canary\" }"));
    let text = answer(&ConfigCommand::Show, &options, true).expect("settings");
    assert!(!text.contains("canary"), "{text}");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    for path in schema::paths() {
        let mut value = &json["settings"];
        for key in path.split('.') {
            value = if value.is_array() { &value[0] } else { value };
            value = value.get(key).unwrap_or_else(|| panic!("{path} is not shown"));
        }
    }
    assert_eq!(json["settings"]["idaas"]["access_key_secret"]["env"], "DINGSYNC_IDAAS_SECRET");
    assert_eq!(json["settings"]["idaas"]["access_key_secret"]["value"], "***");
    assert_eq!(json["origins"]["display_name"]["line"], 5);
    let text = answer(&ConfigCommand::Show, &options, false).expect("settings");
    assert!(!text.contains("canary") && text.contains("***"), "{text}");
}

#[test]
fn the_shown_text_is_settings_again_apart_from_the_secrets() {
    let (_directory, options) =
        written(&format!("{MINIMAL}[[mapping.user]]\nfield = \"title\"\nvalue = '\"a\\\\b\"'\n"));
    let text = answer(&ConfigCommand::Show, &options, false).expect("settings");
    let parsed: toml::Table = text.parse().expect("TOML");
    assert_eq!(parsed["idaas"]["region"].as_str(), Some("cn-hangzhou"));
    let rows = parsed["mapping"]["user"].as_array().expect("rows");
    assert_eq!(rows.last().expect("a row")["value"].as_str(), Some("\"a\\\\b\""));
    assert_eq!(rows.len(), 4, "the defaults are shown too");
}

#[test]
fn show_says_where_a_setting_came_from() {
    let (_directory, mut options) = written(MINIMAL);
    options.environment = Environment::of([("DINGSYNC_STATE", "/v/state.db")]);
    let text = answer(&ConfigCommand::Show, &options, true).expect("settings");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        json["origins"]["state.path"],
        serde_json::json!({"from": "environment", "name": "DINGSYNC_STATE"})
    );
    assert_eq!(json["origins"]["idaas.endpoint"]["from"], "derived");
    assert_eq!(json["origins"]["limits.remove_users"]["from"], "default");
    assert_eq!(json["origins"]["mapping.user.name"]["from"], "default");
    assert_eq!(json["origins"]["idaas.region"], serde_json::json!({"from": "file", "line": 5}));
}

#[test]
fn text_from_the_settings_brings_no_control_characters() {
    let (_directory, options) = written(&MINIMAL.replace("Acme to", "A\\u202Ecme\\u2028 to"));
    for json in [false, true] {
        let text = answer(&ConfigCommand::Show, &options, json).expect("settings");
        assert!(!text.contains(['\u{202e}', '\u{2028}']), "{text}");
    }
}

#[test]
fn validate_fails_on_a_secret_file_that_others_can_read() {
    let (directory, options) =
        written(&MINIMAL.replace("{ env = \"DINGTALK_SECRET\" }", "{ file = \"app-secret\" }"));
    let path = directory.path().join("app-secret");
    fs::write(&path, "canary").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");
    let error = answer(&ConfigCommand::Validate, &options, true).expect_err("readable by others");
    assert!(error.message.contains("dingsync.toml:13:") && !error.message.contains("canary"), "{error}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");
    let text = answer(&ConfigCommand::Validate, &options, true).expect("holds");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["valid"], true);
    assert_eq!(json["warnings"], serde_json::json!([]));
}

#[test]
fn validate_warns_about_a_variable_that_is_not_set_here() {
    let (_directory, mut options) = written(MINIMAL);
    options.environment = Environment::of([("DINGSYNC_STATE", "/v/state.db"), ("IDAAS_SECRET", "one")]);
    let text = answer(&ConfigCommand::Validate, &options, false).expect("holds");
    assert!(text.contains("the settings hold\n"), "{text}");
    assert!(text.contains("warning: ") && text.contains("`DINGTALK_SECRET` is not set"), "{text}");
}

#[test]
fn a_missing_settings_file_names_the_file_and_the_way_out() {
    let missing = LoadOptions { config: Some("/nowhere/dingsync.toml".into()), ..options() };
    let error = answer(&ConfigCommand::Show, &missing, false).expect_err("no file");
    assert!(error.message.contains("`/nowhere/dingsync.toml` cannot be read"), "{error}");
    assert!(error.hint.is_some_and(|hint| hint.contains("--config")));
}
