//! Settings: what is refused and where, what beats what, secrets, the example, editing in place.

mod command;
mod draft;
mod edit;
mod refusals;
mod secrets;

use std::path::Path;

use dingsync::config::{Config, Environment, Language, LoadOptions, load_text, schema};
use dingsync::core::error::{Error, ErrorKind};

const EXAMPLE: &str = include_str!("../../../assets/dingsync.example.toml");

/// The shortest settings that hold. Line numbers matter to the tests.
const MINIMAL: &str = r#"version = 1
display_name = "Acme to DingTalk"

[idaas]
region = "cn-hangzhou"
instance_id = "idaas_test0001"
access_key_id = "LTAI-example"
access_key_secret = { env = "IDAAS_SECRET" }

[dingtalk]
corp_id = "ding1234567890"
app_key = "dingabcdef"
app_secret = { env = "DINGTALK_SECRET" }

[scenario]
scope = [{ sources = ["ou_root"], target = 1 }]
"#;

fn options() -> LoadOptions {
    let mut environment = Environment::of([("IDAAS_SECRET", "one"), ("DINGTALK_SECRET", "two")]);
    environment.state_directory = Some("/state/dingsync".into());
    environment.config_directory = Some("/config/dingsync".into());
    LoadOptions { config: None, state: None, language: None, environment }
}

fn read(text: &str) -> Result<Config, Error> {
    load_text(Path::new("/etc/dingsync.toml"), text.to_owned(), &options())
}

fn refusal(text: &str) -> String {
    let error = read(text).expect_err("the settings should be refused");
    assert_eq!(error.kind, ErrorKind::Settings);
    error.message
}

#[test]
fn the_example_holds_and_names_every_key() {
    let config = read(EXAMPLE).expect("the example holds");
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    for path in schema::paths() {
        let key = path.rsplit('.').next().unwrap_or_default();
        let written = format!("{key} = ");
        let explains_it = |line: &str| {
            let (setting, comment) = line.trim_start_matches("# ").split_once('#').unwrap_or((line, ""));
            let starts: Vec<_> = setting.match_indices(&written).map(|(at, _)| at).collect();
            starts.iter().any(|at| *at == 0 || setting[..*at].ends_with(' ')) && !comment.trim().is_empty()
        };
        assert!(EXAMPLE.lines().any(explains_it), "the example does not name {path} with a comment");
    }
}

#[test]
fn the_example_shows_the_defaults() {
    let example = read(EXAMPLE).expect("the example holds");
    let minimal = read(MINIMAL).expect("the minimum holds");
    assert_eq!(example.profile.limits, minimal.profile.limits);
    assert_eq!(example.profile.scenario, minimal.profile.scenario);
    assert_eq!(example.profile.mapping.identity, minimal.profile.mapping.identity);
    assert_eq!(example.profile.department_rows(), minimal.profile.department_rows());
    assert_eq!(example.incremental.listen, minimal.incremental.listen);
    assert_eq!(example.incremental.poll_seconds, minimal.incremental.poll_seconds);
    assert_eq!(example.network.timeout_seconds, minimal.network.timeout_seconds);
    assert_eq!(example.idaas.endpoint, minimal.idaas.endpoint);
    assert_eq!(example.idaas.calls_per_second, minimal.idaas.calls_per_second);
    assert_eq!(example.dingtalk.oapi_endpoint, minimal.dingtalk.oapi_endpoint);
    assert_eq!(example.dingtalk.api_endpoint, minimal.dingtalk.api_endpoint);
    assert_eq!(example.dingtalk.calls_per_second, minimal.dingtalk.calls_per_second);
    assert_eq!(minimal.profile.limits, dingsync::core::profile::SafetyLimits::default());
    assert_eq!(minimal.state_path, Path::new("/state/dingsync/dingsync.db"));
}

#[test]
fn every_section_may_be_written_inline_or_dotted() {
    let inline = MINIMAL.replace(
        "[scenario]\nscope = [{ sources = [\"ou_root\"], target = 1 }]\n",
        "[[scenario.scope]]\nsources = [\"ou_root\"]\ntarget = 1\n",
    );
    let dotted = MINIMAL.replace("[scenario]\nscope", "[mapping]\nidentity = []\n[scenario]\nscope");
    let dotted = dotted.replace(
        "version = 1\n",
        "version = 1\nlimits.remove_users = 5\nnetwork = { timeout_seconds = 7 }\n",
    );
    assert_eq!(
        read(&inline).expect("holds").profile.scenario,
        read(MINIMAL).expect("holds").profile.scenario
    );
    let config = read(&dotted).expect("holds");
    assert_eq!(config.profile.limits.remove_users, 5);
    assert_eq!(config.network.timeout_seconds, 7);
    assert!(config.profile.mapping.identity.is_empty());
}

#[test]
fn a_flag_beats_a_variable_which_beats_the_file() {
    let text = format!(
        "{}\n[state]\npath = \"own.db\"\n",
        MINIMAL.replace("version = 1", "version = 1\nlanguage = \"en\"")
    );
    let path = Path::new("/etc/dingsync/dingsync.toml");
    let mut with = options();
    let config = load_text(path, text.clone(), &with).expect("holds");
    assert_eq!(config.state_path, Path::new("/etc/dingsync/own.db"));
    assert_eq!(config.language, Language::English);

    let variables = [("DINGSYNC_STATE", "/v/state.db"), ("DINGSYNC_LANG", "zh-CN")];
    with.environment = Environment::of(variables);
    let config = load_text(path, text.clone(), &with).expect("holds");
    assert_eq!(config.state_path, Path::new("/v/state.db"));
    assert_eq!(config.language, Language::Chinese);

    with.state = Some("/f/state.db".into());
    with.language = Some(Language::Auto);
    let config = load_text(path, text, &with).expect("holds");
    assert_eq!(config.state_path, Path::new("/f/state.db"));
    assert_eq!(config.language, Language::Auto);
}

#[test]
fn the_settings_file_is_found_by_flag_variable_and_default() {
    let mut with = options();
    let default = dingsync::config::config_path(&with).expect("a place");
    assert_eq!(default, Path::new("/config/dingsync/dingsync.toml"));
    with.environment = Environment::of([("DINGSYNC_CONFIG", "/v.toml")]);
    assert_eq!(dingsync::config::config_path(&with).expect("a place"), Path::new("/v.toml"));
    with.config = Some("/f.toml".into());
    assert_eq!(dingsync::config::config_path(&with).expect("a place"), Path::new("/f.toml"));
}

#[test]
fn without_a_home_directory_the_way_out_is_named() {
    let with = LoadOptions { environment: Environment::of([]), ..options() };
    let error = dingsync::config::config_path(&with).expect_err("no place");
    assert!(error.hint.is_some_and(|hint| hint.contains("--config")));
    let error = load_text(Path::new("/a.toml"), MINIMAL.into(), &with).expect_err("no place for the state");
    assert!(error.hint.is_some_and(|hint| hint.contains("--state")));
}
