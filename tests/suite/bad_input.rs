//! Bad input gets its own clear error or row, the contract's exit code, and changes nothing.

use std::os::unix::fs::PermissionsExt;

use dingsync::simulator::options::Options;

use crate::support::{Ran, TestEnv, account, small_company, unit, user};

fn replace(env: &TestEnv, from: &str, to: &str) {
    let path = env.path("dingsync.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    assert!(settings.contains(from), "{settings}");
    std::fs::write(path, settings.replace(from, to)).unwrap();
}

fn refused(env: &TestEnv, arguments: &[&str], code: i32, kind: &str) -> serde_json::Value {
    let ran = env.run(arguments);
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    let error = ran.json()["error"].clone();
    assert_eq!(error["kind"], kind, "{error}");
    assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "no way out: {error}");
    assert_eq!(env.simulator.dingtalk().writes(), 0);
    error
}

fn item<'r>(report: &'r serde_json::Value, id: &str) -> &'r serde_json::Value {
    report["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap()
}

fn checked(env: &TestEnv) -> serde_json::Value {
    let ran: Ran = env.run(&["check", "--json"]);
    assert_eq!(ran.code, 5, "{}\n{}", ran.stdout, ran.stderr);
    ran.json()
}

#[test]
fn a_wrong_app_secret_is_named_and_what_needs_the_token_is_not_run() {
    let env = TestEnv::new(&small_company());
    std::fs::write(env.path("app-secret"), "wrong-secret-value").unwrap();
    let report = checked(&env);
    assert_eq!(item(&report, "token")["status"], "fail");
    assert_eq!(item(&report, "departments_readable")["status"], "not_run");
    assert_eq!(item(&report, "source_accounts")["status"], "pass");
    let error = refused(&env, &["sync", "--yes", "--json"], 1, "credentials");
    assert!(!error.to_string().contains("wrong-secret-value"));
}

#[test]
fn a_wrong_access_key_is_told_apart_from_a_wrong_instance() {
    let env = TestEnv::new(&small_company());
    std::fs::write(env.path("key-secret"), "wrong-key-value").unwrap();
    refused(&env, &["preview", "--json"], 1, "credentials");
    assert_eq!(item(&checked(&env), "source_credentials")["status"], "fail");
    let env = TestEnv::new(&small_company());
    let instance = env.simulator.options().credentials.instance_id.clone();
    replace(&env, &instance, "idaas_other");
    let report = checked(&env);
    assert_eq!(item(&report, "source_credentials")["status"], "pass");
    assert_eq!(item(&report, "source_instance")["status"], "fail");
}

#[test]
fn a_corp_id_of_another_organisation_is_found_by_the_check() {
    let env = TestEnv::new(&small_company());
    env.fault("wrong-corp");
    assert_eq!(item(&checked(&env), "corp")["status"], "fail");
}

#[test]
fn nothing_is_planned_or_written_for_a_corp_id_of_another_organisation() {
    let env = TestEnv::new(&small_company());
    env.fault("wrong-corp");
    for arguments in [&["preview", "--json"][..], &["sync", "--yes", "--json"]] {
        let error = refused(&env, arguments, 1, "credentials");
        assert!(error["message"].as_str().unwrap().contains("CorpId"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("CorpId"), "{error}");
    }
    assert_eq!(env.simulator.dingtalk().writes(), 0);
}

#[test]
fn an_unreachable_host_is_a_network_error_that_names_it() {
    let env = TestEnv::new(&small_company());
    let url = env.simulator.url();
    for key in ["oapi_endpoint", "api_endpoint"] {
        replace(&env, &format!("\n{key} = \"{url}\""), &format!("\n{key} = \"http://127.0.0.1:9\""));
    }
    let error = refused(&env, &["preview", "--json"], 1, "network");
    assert!(error["message"].as_str().unwrap().contains("127.0.0.1:9"), "{error}");
    assert_eq!(item(&checked(&env), "token")["status"], "fail");
}

#[test]
fn html_instead_of_json_is_no_panic_and_no_plan() {
    let env = TestEnv::new(&small_company());
    env.fault("html-answer");
    let error = refused(&env, &["preview", "--json"], 1, "network");
    assert!(error["message"].as_str().unwrap().contains("web page"), "{error}");
}

#[test]
fn a_body_without_end_is_cut_off() {
    let env = TestEnv::new(&small_company());
    env.fault("huge-body@ListUsers");
    refused(&env, &["preview", "--json"], 1, "network");
}

#[test]
fn a_torn_list_is_an_error_and_never_a_plan() {
    for fault in ["truncated-list@ListUsers", "count-drift@ListUsers", "duplicate-row@ListUsers"] {
        let env = TestEnv::new(&small_company());
        env.fault(fault);
        let ran = env.run(&["preview", "--json"]);
        assert_eq!(ran.code, 1, "{fault}: {}", ran.stdout);
    }
}

#[test]
fn an_empty_source_removes_nobody() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    replace(&env, "target = 1 }]", "target = 1 }]\nleavers = \"remove\"");
    env.fault("idaas-empty");
    let plan = env.run(&["preview", "--json"]).json();
    assert_eq!(plan["summary"]["users"]["remove"], 0, "{plan}");
    let before = env.simulator.dingtalk().writes();
    assert_eq!(env.run(&["sync", "--yes", "--json"]).code, 4, "source_shrink_percent");
    assert_eq!(env.simulator.dingtalk().writes(), before);
}

#[test]
fn a_broken_state_file_stops_the_run_before_any_call() {
    let env = TestEnv::new(&small_company());
    std::fs::write(env.path("state.db"), "this is no database").unwrap();
    let error = refused(&env, &["sync", "--yes", "--json"], 1, "state");
    assert!(error["message"].as_str().unwrap().contains("state.db"));
    assert!(env.simulator.dingtalk().counts().is_empty());
    assert_eq!(std::fs::read_to_string(env.path("state.db")).unwrap(), "this is no database");
}

#[test]
fn a_state_that_cannot_be_written_stops_the_run_before_any_call() {
    let env = TestEnv::new(&small_company());
    replace(&env, "path = \"state.db\"", "path = \"/proc/nowhere/state.db\"");
    refused(&env, &["sync", "--yes", "--json"], 1, "state");
}

#[test]
fn a_full_disk_stops_the_run_and_it_can_be_resumed() {
    let mut seed = small_company();
    seed.accounts.extend((100..400).map(|number| account(number, &["ou_a"])));
    let env = TestEnv::new(&seed);
    // A limit on the size of files acts on the program like a full disk.
    let program = env.command(&["sync", "--yes", "--json"]);
    let mut line = format!("ulimit -f 512; trap '' XFSZ; exec {}", program.get_program().display());
    for argument in program.get_args() {
        line.push_str(&format!(" '{}'", argument.to_str().unwrap()));
    }
    let mut shell = std::process::Command::new("/bin/bash");
    shell.args(["-c", &line]).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{out}\n{err}");
    assert!(err.contains("state.db"), "{err}");
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(env.simulator.dingtalk().world().users.len(), 306);
}

#[test]
fn settings_of_another_version_are_refused_with_file_line_and_key() {
    let env = TestEnv::new(&small_company());
    replace(&env, "version = 1", "version = 2");
    let error = refused(&env, &["preview", "--json"], 78, "settings");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("dingsync.toml") && message.contains("version"), "{message}");
}

#[test]
fn a_secret_that_others_may_read_is_refused() {
    let env = TestEnv::new(&small_company());
    std::fs::set_permissions(env.path("app-secret"), std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(&env, &["preview", "--json"], 78, "settings");
}

#[test]
fn names_with_escape_sequences_reach_neither_the_terminal_nor_dingtalk() {
    let mut seed = small_company();
    seed.units.push(unit("ou_evil", "Bad\u{1b}[31mUnit", Some("ou_root")));
    let mut evil = account(50, &["ou_evil"]);
    evil.display_name = Some("Ann\u{1b}]0;owned\u{7}\u{202e}Lee".into());
    seed.accounts.push(evil);
    let mut endless = account(51, &["ou_root"]);
    endless.display_name = Some("x".repeat(64 * 1024));
    seed.accounts.push(endless);
    let mut there = user(90, &[1]);
    there.name = "Old\u{1b}[2J".into();
    seed.users.push(there);
    let env = TestEnv::new(&seed);
    let text = env.run(&["preview", "--all"]);
    let is_harmful =
        |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.stdout.contains(is_harmful), "{:?}", text.stdout);
    let plan = env.run(&["preview", "--json"]);
    assert!(!plan.stdout.contains(is_harmful));
    let plan = plan.json();
    let rows = plan["changes"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|row| row["source_id"] == id).unwrap();
    assert_eq!(row("user_0050")["warnings"], serde_json::json!(["control_characters"]));
    assert_eq!(row("user_0051")["reason"], "value_too_long");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    let world = env.simulator.dingtalk().world();
    assert!(
        world
            .users
            .values()
            .filter(|user| user.name.starts_with("Ann"))
            .all(|user| !user.name.contains(is_harmful))
    );
}

#[test]
fn no_secret_appears_in_anything_the_program_leaves_behind() {
    let env = TestEnv::with(&small_company(), Options { dingtalk_qps: 1000, ..Options::default() }, "");
    let credentials = env.simulator.options().credentials.clone();
    env.fault("expired-token=1@user/create");
    env.fault("unknown-code=1@user/create");
    let mut told = String::new();
    for arguments in [
        &["check", "--json"][..],
        &["config", "show"],
        &["config", "show", "--json"],
        &["preview", "--json", "--out", env.path("plan.json").to_str().unwrap()],
        &["sync", "--yes", "--json", "-v"],
        &["runs", "--json"],
        &["report", "--format", "json"],
        &["report", "--format", "csv"],
        &["why", "user_0001"],
        &["links", "list", "--json"],
    ] {
        let ran = env.run(arguments);
        told.push_str(&ran.stdout);
        told.push_str(&ran.stderr);
    }
    let mut places = vec![("output".to_owned(), told.into_bytes())];
    for entry in std::fs::read_dir(env.directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && !name.ends_with("-secret") {
            places.push((name, std::fs::read(path).unwrap()));
        }
    }
    assert!(places.iter().any(|(name, _)| name == "state.db"));
    for (place, bytes) in &places {
        for secret in [&credentials.app_secret, &credentials.access_key_secret] {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "a secret stands in {place}");
        }
        if let Some(token) = env.simulator.dingtalk().current_token() {
            let is_there = bytes.windows(token.len()).any(|window| window == token.as_bytes());
            assert!(!is_there, "a token stands in {place}");
        }
    }
    let mode = |name: &str| std::fs::metadata(env.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("state.db"), mode("plan.json")), (0o600, 0o600));
}
