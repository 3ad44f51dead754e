//! Every command's exit code and what reaches standard output (contract 1, 2 and 5).

use serde_json::{Value, json};

use super::{scenario, sync, whole};
use dingsync::simulator::seed::SeedDepartment;

use crate::support::{Ran, TestEnv, department, small_company, user};

/// With `--json` an error is nothing, or exactly one error line.
fn error(ran: &Ran, code: i32, kind: &str) -> Value {
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    let error = ran.json()["error"].clone();
    assert_eq!(error["kind"], kind, "{error}");
    let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
    error
}

#[test]
fn a_wrong_command_line_is_64() {
    let env = TestEnv::new(&small_company());
    for arguments in [
        &["sync", "--jsno"][..],
        &["nonsense"],
        &["report", "--format", "pdf"],
        &["links", "set", "user", "only-one"],
        &["links", "set", "group", "a", "b"],
        &["sync", "--approve-removals", "many"],
        &["check", "--lang", "fr"],
        &["undo"],
        &["why"],
        &["completions", "cobol"],
    ] {
        let ran = env.run(arguments);
        assert_eq!(ran.code, 64, "{arguments:?}: {} {}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        let mut with_json = arguments.to_vec();
        with_json.push("--json");
        error(&env.run(&with_json), 64, "usage");
    }
}

#[test]
fn a_wrong_command_line_is_named_in_json_too() {
    let env = TestEnv::new(&small_company());
    for (arguments, named) in
        [(&["undo", "--json"][..], "<RUN>"), (&["sync", "--skip-stale", "--json"], "--plan <FILE>")]
    {
        let error = error(&env.run(arguments), 64, "usage");
        assert!(error["message"].as_str().unwrap().contains(named), "{error}");
    }
}

#[test]
fn an_empty_variable_is_not_set_and_an_option_beats_a_wrong_one() {
    let env = TestEnv::new(&small_company());
    let run = |arguments: &[&str], variable: (&str, &str)| {
        let output = env.command(arguments).env(variable.0, variable.1).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for name in ["DINGSYNC_CONFIG", "DINGSYNC_STATE", "DINGSYNC_LANG"] {
        assert_eq!(run(&["preview", "--json"], (name, "")), (Some(0), String::new()), "{name}");
    }
    assert_eq!(run(&["preview", "--lang", "en", "--json"], ("DINGSYNC_LANG", "fr")).0, Some(0));
    assert_eq!(run(&["--lang=en", "preview", "--json"], ("DINGSYNC_LANG", "fr")).0, Some(0));
    assert_eq!(run(&["preview", "--json"], ("DINGSYNC_LANG", "fr")).0, Some(64));
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success_and_one_that_nobody_reads_is_no_failure() {
    let env = TestEnv::new(&small_company());
    for arguments in [&["preview", "--json"][..], &["preview"], &["preview", "--format", "csv"], &["man"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = env.command(arguments).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("standard output cannot be written"), "{arguments:?}: {stderr}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = env.command(&["preview", "--json"]).stdout(writer).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn wrong_settings_are_78_for_every_command() {
    let env = TestEnv::new(&small_company());
    let path = env.path("dingsync.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(
        &path,
        settings.replace("calls_per_second = 1000\n[dingtalk]", "calls_per_secnd = 5\n[dingtalk]"),
    )
    .unwrap();
    for arguments in [
        &["check"][..],
        &["preview"],
        &["sync", "--yes"],
        &["resume"],
        &["retry"],
        &["undo", "20260101-0001"],
        &["why", "user_0001"],
        &["runs"],
        &["report", "20260101-0001"],
        &["links", "list"],
        &["links", "remove", "user", "a"],
        &["config", "show"],
        &["config", "validate"],
    ] {
        let mut with_json = arguments.to_vec();
        with_json.push("--json");
        let ran = env.run(&with_json);
        let error = error(&ran, 78, "settings");
        let message = error["message"].as_str().unwrap();
        for part in ["dingsync.toml:", "idaas.calls_per_secnd"] {
            assert!(message.contains(part), "{arguments:?}: {message}");
        }
        assert!(error.to_string().contains("calls_per_second"), "{error}");
    }
    assert_eq!(env.run(&["config", "path"]).code, 0);
}

#[test]
fn a_missing_settings_file_is_a_settings_error() {
    let env = TestEnv::new(&small_company());
    std::fs::remove_file(env.path("dingsync.toml")).unwrap();
    error(&env.run(&["preview", "--json"]), 78, "settings");
}

#[test]
fn preview_says_with_2_that_something_would_be_written_only_when_asked() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["preview"]).code, 0);
    assert_eq!(env.run(&["preview", "--detailed-exitcode"]).code, 2);
    assert_eq!(env.run(&["preview", "--detailed-exitcode", "--json"]).code, 2);
    sync(&env, 0);
    assert_eq!(env.run(&["preview", "--detailed-exitcode"]).code, 0);
}

#[test]
fn commands_about_runs_and_records_that_do_not_exist_end_with_1() {
    let env = TestEnv::new(&small_company());
    for arguments in [
        &["report", "20260101-0001", "--json"][..],
        &["undo", "20260101-0001", "--json"],
        &["retry", "--json"],
        &["retry", "20260101-0001", "--json"],
        &["links", "remove", "user", "user_0001", "--json"],
    ] {
        error(&env.run(arguments), 1, "state");
    }
    let ran = env.run(&["why", "user_nobody", "--json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stdout.lines().count(), 1);
    let runs = env.run(&["runs", "--json"]);
    assert_eq!((runs.code, runs.json()["runs"].clone()), (0, json!([])));
    let resumed = env.run(&["resume", "--json"]);
    assert_eq!(resumed.code, 0);
    assert_eq!(resumed.lines()[0]["total"], 0);
    assert_eq!(resumed.lines().last().unwrap()["type"], "finished");
}

#[test]
fn links_are_set_to_what_exists_and_is_free_only() {
    let mut seed = small_company();
    let partner = SeedDepartment { from_union_org: true, ..department(800, "Partner", 1) };
    seed.departments = vec![department(700, "Old", 1), partner];
    seed.users = vec![user(90, &[700]), user(91, &[700])];
    let env = TestEnv::new(&seed);
    let set = |arguments: &[&str]| {
        let all: Vec<&str> = ["links", "set"].iter().chain(arguments).chain(&["--json"]).copied().collect();
        env.run(&all)
    };
    error(&set(&["user", "user_0001", "nobody"]), 1, "state");
    error(&set(&["user", "user_nobody", "u0090"]), 1, "state");
    error(&set(&["department", "ou_a", "4711"]), 1, "state");
    error(&set(&["department", "ou_a", "text"]), 1, "state");
    error(&set(&["department", "ou_a", "1"]), 1, "state");
    error(&set(&["department", "ou_root", "700"]), 1, "state");
    error(&set(&["department", "ou_a", "800"]), 1, "state");
    assert_eq!(env.run(&["links", "list", "--json"]).json()["links"], json!([]));
    assert_eq!(set(&["user", "user_0001", "u0090"]).code, 0);
    assert_eq!(set(&["department", "ou_a", "700"]).code, 0);
    error(&set(&["user", "user_0002", "u0090"]), 1, "state");
    error(&set(&["department", "ou_c", "700"]), 1, "state");
    // Bound anew: the old binding is replaced.
    assert_eq!(set(&["user", "user_0001", "u0091"]).code, 0);
    let links = env.run(&["links", "list", "--json"]).json();
    assert_eq!(
        links["links"],
        json!([
            {"entity": "department", "source_id": "ou_a", "target_id": "700"},
            {"entity": "user", "source_id": "user_0001", "target_id": "u0091"}
        ])
    );
    assert_eq!(env.simulator.dingtalk().writes(), 0);
    assert_eq!(env.run(&["links", "remove", "user", "user_0001"]).code, 0);
    assert_eq!(env.run(&["links", "remove", "department", "ou_a"]).code, 0);
    assert_eq!(env.run(&["links", "list", "--json"]).json()["links"], json!([]));
}

#[test]
fn blocked_and_conflicting_records_make_a_sync_end_with_3() {
    let mut seed = small_company();
    seed.accounts[0].phone_number = None;
    let env = TestEnv::new(&seed);
    let ran = env.run(&["sync", "--json", "--yes"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(ran.lines().last().unwrap()["status"], "partial_success");
    let ran = env.run(&["sync", "--json"]);
    assert_eq!(ran.code, 3, "nothing left to write, and one record still blocked: {}", ran.stdout);
}

#[test]
fn a_refusal_that_concerns_every_record_ends_with_1_and_can_be_resumed() {
    let env = TestEnv::new(&small_company());
    env.fault("no-permission=qyapi_manage_addresslist");
    let ran = env.run(&["sync", "--json", "--yes"]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.lines().last().unwrap()["status"], "failed");
    assert!(ran.stderr.contains("qyapi_manage_addresslist"), "{}", ran.stderr);
    env.heal("no-permission");
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    super::assert_settled(&env);
}

#[test]
fn a_code_that_nobody_knows_stops_one_record_only() {
    let env = TestEnv::new(&small_company());
    env.fault("unknown-code=1@user/create");
    let ran = env.run(&["sync", "--json", "--yes"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let summary = ran.lines().last().unwrap()["summary"].clone();
    assert_eq!((&summary["applied"], &summary["failed"]), (&json!(8), &json!(1)));
    let run = ran.lines()[0]["run"].as_str().unwrap().to_owned();
    let report = env.run(&["report", &run, "--json"]).json();
    assert_eq!(report["records"].as_array().unwrap().len(), 9);
    assert_eq!(env.run(&["retry", "--yes", "--json"]).code, 0);
    super::assert_settled(&env);
}

#[test]
fn every_record_has_one_line_and_progress_the_words_of_the_contract() {
    let env = TestEnv::new(&small_company());
    scenario(&env, &whole(""));
    let ran = env.run(&["sync", "--json", "--yes"]);
    assert_eq!(ran.code, 0);
    for line in ran.lines() {
        let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = match line["type"].as_str().unwrap() {
            "started" => vec!["type", "run", "plan_id", "total"],
            "record" => vec![
                "type",
                "seq",
                "entity",
                "action",
                "source_id",
                "target_id",
                "outcome",
                "code",
                "message",
                "attempts",
                "elapsed_ms",
            ],
            "progress" => vec!["type", "done", "total", "calls_per_second", "eta_seconds", "state"],
            "finished" => vec!["type", "run", "status", "summary"],
            other => panic!("{other}"),
        };
        let mut keys = keys;
        keys.sort_unstable();
        expected.sort_unstable();
        assert_eq!(keys, expected);
    }
    assert_eq!(ran.stderr, "", "no progress bar, no remarks beside JSON lines");
}

#[test]
fn the_documents_have_their_format_and_their_array() {
    let env = TestEnv::new(&small_company());
    sync(&env, 0);
    let run = env.run(&["runs", "--json"]).json()["runs"][0]["run"].as_str().unwrap().to_owned();
    for (arguments, format, array) in [
        (vec!["runs"], "dingsync.runs/1", "runs"),
        (vec!["report", run.as_str()], "dingsync.report/1", "records"),
        (vec!["links", "list"], "dingsync.links/1", "links"),
        (vec!["why", "user_0004"], "dingsync.why/1", "steps"),
        (vec!["check"], "dingsync.check/1", "items"),
    ] {
        let mut with_json = arguments.clone();
        with_json.push("--json");
        let ran = env.run(&with_json);
        assert_eq!(ran.code, 0, "{arguments:?} {}", ran.stderr);
        let document = ran.json();
        assert_eq!(document["format"], format);
        assert!(!document[array].as_array().unwrap().is_empty(), "{arguments:?}");
    }
    for id in ["user_0004", "ou_b"] {
        assert_eq!(env.run(&["why", id]).code, 0);
    }
    let userid = env.simulator.dingtalk().world().users.keys().next().unwrap().clone();
    assert_eq!(env.run(&["why", &userid, "--json"]).code, 0);
}

#[test]
fn completions_and_the_manual_need_no_settings() {
    let env = TestEnv::new(&small_company());
    std::fs::remove_file(env.path("dingsync.toml")).unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert_eq!(env.run(&["completions", shell]).code, 0, "{shell}");
    }
    let man = env.run(&["man"]);
    assert_eq!(man.code, 0);
    assert!(man.stdout.contains(".TH"));
    let script = env.run(&["completions", "bash", "--json"]).json();
    assert_eq!(script["format"], "dingsync.completions/1");
    assert!(script["script"].as_str().unwrap().contains("_dingsync"));
    let page = env.run(&["--json", "man"]).json();
    assert!(page["page"].as_str().unwrap().contains(".TH"));
    assert_eq!(env.run(&["--version"]).code, 0);
}
