//! The plan document and saved plans, reports, settings and files as others read them (contract 4, 5 and 7).

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use super::{assert_settled, plan, row, sync};
use crate::support::{Ran, TestEnv, account, department, small_company, unit, user};
use dingsync::simulator::options::Options;

fn save(env: &TestEnv, name: &str) -> String {
    let file = env.path(name).to_str().unwrap().to_owned();
    assert_eq!(env.run(&["preview", "--out", &file]).code, 0);
    file
}

fn refused(env: &TestEnv, arguments: &[&str]) -> Value {
    let writes = env.simulator.dingtalk().writes();
    let ran: Ran = env.run(arguments);
    assert_eq!(ran.code, 4, "{arguments:?}: {}\n{}", ran.stdout, ran.stderr);
    assert_eq!(env.simulator.dingtalk().writes(), writes);
    let error = ran.json()["error"].clone();
    assert_eq!(error["kind"], "stale", "{error}");
    error
}

#[test]
fn a_document_has_the_keys_of_the_contract_in_their_order() {
    let env = TestEnv::new(&small_company());
    let ran = env.run(&["preview", "--json"]);
    assert_eq!(ran.stdout.lines().count(), 1);
    let at = |key: &str| ran.stdout.find(&format!("\"{key}\":")).unwrap_or_else(|| panic!("{key}"));
    let keys = [
        "format",
        "plan_id",
        "connection",
        "created_at",
        "first_run",
        "complete",
        "source",
        "target",
        "calls",
        "limits",
        "summary",
        "changes",
    ];
    assert!(keys.windows(2).all(|pair| at(pair[0]) < at(pair[1])));
    let plan = ran.json();
    let row = &plan["changes"][0];
    for key in [
        "entity",
        "action",
        "source_id",
        "target_id",
        "name",
        "matched_by",
        "fields",
        "reason",
        "detail",
        "warnings",
    ] {
        assert!(row.get(key).is_some(), "{key}");
    }
    let counts = plan["summary"]["users"].as_object().unwrap();
    for action in [
        "create",
        "link",
        "update",
        "move",
        "remove",
        "hold",
        "unchanged",
        "conflict",
        "blocked",
        "unmanaged",
    ] {
        assert!(counts.contains_key(action), "{action}");
    }
    assert!(plan["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(plan["plan_id"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn rows_stand_departments_first_parents_before_children_then_by_source_id() {
    let mut seed = small_company();
    // A parent whose id sorts behind its child's.
    seed.units.push(unit("ou_z", "后", Some("ou_root")));
    seed.units.push(unit("ou_0", "前", Some("ou_z")));
    seed.departments = vec![department(700, "Unmanaged", 1)];
    seed.users = vec![user(90, &[700])];
    let env = TestEnv::new(&seed);
    let plan = plan(&env);
    let rows: Vec<String> = plan["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["source_id"].as_str().or(row["target_id"].as_str()).unwrap().to_owned())
        .collect();
    let departments = ["ou_a", "ou_c", "ou_z", "ou_0", "ou_b", "700"];
    assert_eq!(rows[..6], departments);
    assert_eq!(rows[6], "user_0001");
    assert_eq!(rows.last().unwrap(), "u0090");
    assert_eq!(plan["changes"].as_array().unwrap().last().unwrap()["action"], "unmanaged");
}

#[test]
fn unchanged_and_unmanaged_rows_are_counted_and_listed_only_with_all() {
    let env = TestEnv::new(&small_company());
    sync(&env, 0);
    let short = env.run(&["preview", "--json"]).json();
    assert_eq!(short["changes"], json!([]));
    assert_eq!(short["summary"]["users"]["unchanged"], 6);
    let long = plan(&env);
    assert_eq!(long["changes"].as_array().unwrap().len(), 9);
    assert_eq!(long["plan_id"], short["plan_id"]);
}

#[test]
fn a_saved_plan_is_the_printed_document_and_private() {
    let env = TestEnv::new(&small_company());
    let file = env.path("plan.json");
    let printed = env.run(&["preview", "--json", "--out", file.to_str().unwrap()]).stdout;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), printed);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Over a file that others may read.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(env.run(&["preview", "--out", file.to_str().unwrap()]).code, 0);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let ran = env.run(&["preview", "--json", "--out", "/nonexistent/plan.json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["error"]["kind"], "state");
}

#[test]
fn a_plan_is_written_into_a_pipe_and_behind_a_link_without_replacing_either() {
    use std::os::unix::fs::FileTypeExt;
    let env = TestEnv::new(&small_company());
    let pipe = env.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || std::fs::read_to_string(pipe).unwrap())
    };
    let ran = env.run(&["preview", "--json", "--out", pipe.to_str().unwrap()]);
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo(), "{}", ran.stderr);
    assert_eq!(reader.join().unwrap(), ran.stdout);
    let (link, file) = (env.path("link.json"), env.path("plans.json"));
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let ran = env.run(&["preview", "--json", "--out", link.to_str().unwrap()]);
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), ran.stdout);
}

#[test]
fn a_plan_with_all_rows_can_be_applied_too() {
    let env = TestEnv::new(&small_company());
    let file = env.path("plan.json").to_str().unwrap().to_owned();
    env.run(&["preview", "--all", "--out", &file]);
    assert_eq!(env.run(&["sync", "--plan", &file, "--yes"]).code, 0);
    assert_settled(&env);
}

#[test]
fn a_plan_that_is_none_or_was_changed_or_belongs_elsewhere_is_refused() {
    let env = TestEnv::new(&small_company());
    let file = save(&env, "plan.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let other = env.path("other.json");
    let edits: [(&str, String); 7] = [
        ("no JSON", "not json".into()),
        ("another format", text.replace("dingsync.plan/1", "dingsync.plan/9")),
        ("an unknown key", text.replacen("{\"format\"", "{\"extra\":1,\"format\"", 1)),
        ("a row gone", {
            let mut plan: Value = serde_json::from_str(&text).unwrap();
            plan["changes"].as_array_mut().unwrap().pop();
            plan.to_string()
        }),
        ("a limit gone", text.replace("\"complete\":true", "\"complete\":false")),
        ("a target changed", text.replace("new:ou_b", "1")),
        ("an action changed", text.replacen("\"create\"", "\"remove\"", 1)),
    ];
    for (what, edited) in edits {
        std::fs::write(&other, edited).unwrap();
        let error = refused(&env, &["sync", "--yes", "--json", "--plan", other.to_str().unwrap()]);
        assert!(error["message"].as_str().unwrap().contains("other.json"), "{what}: {error}");
    }
    // Only the time may differ: it is no part of what is approved.
    let mut plan: Value = serde_json::from_str(&text).unwrap();
    plan["created_at"] = json!("2020-01-01T00:00:00Z");
    std::fs::write(&other, plan.to_string()).unwrap();
    // Another mapping.
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    std::fs::write(env.path("dingsync.toml"), format!("{settings}\n[mapping]\nidentity = [\"email\"]\n"))
        .unwrap();
    refused(&env, &["sync", "--yes", "--json", "--plan", &file]);
    std::fs::write(env.path("dingsync.toml"), settings).unwrap();
    assert_eq!(env.run(&["sync", "--yes", "--plan", other.to_str().unwrap()]).code, 0);
    // Another connection.
    let elsewhere = Options {
        dingtalk_qps: 1000,
        credentials: dingsync::simulator::options::Credentials {
            corp_id: "dingother".into(),
            ..Default::default()
        },
        ..Options::default()
    };
    let second = TestEnv::with(&small_company(), elsewhere, "");
    refused(&second, &["sync", "--yes", "--json", "--plan", &file]);
    let state = env.path("state.db");
    refused(&second, &["sync", "--yes", "--json", "--plan", &file, "--state", state.to_str().unwrap()]);
}

#[test]
fn a_plan_is_stale_when_either_side_moved_and_only_where_it_writes() {
    let env = TestEnv::new(&small_company());
    sync(&env, 0);
    let rename = |id: &str, name: &str| {
        let mut world = env.simulator.idaas().world();
        let mut account = world.accounts[id].account.clone();
        account.display_name = Some(name.into());
        world.put(account);
    };
    rename("user_0001", "New 1");
    rename("user_0002", "New 2");
    let file = save(&env, "plan.json");
    // A record that the plan does not touch.
    rename("user_0003", "New 3");
    // By hand in DingTalk, on a record that it does touch.
    env.simulator.dingtalk().world().users.values_mut().find(|u| u.name == "Person 2").unwrap().name =
        "Hand".into();
    let error = refused(&env, &["sync", "--yes", "--json", "--plan", &file]);
    assert!(error["message"].as_str().unwrap().contains("user_0002"), "{error}");
    let ran = env.run(&["sync", "--yes", "--json", "--plan", &file, "--skip-stale"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(ran.lines().last().unwrap()["summary"]["applied"], 1);
    let names: Vec<String> =
        env.simulator.dingtalk().world().users.values().map(|u| u.name.clone()).collect();
    assert!(
        names.contains(&"New 1".into())
            && names.contains(&"Hand".into())
            && names.contains(&"Person 3".into())
    );
    // Applied already: every row is stale now.
    refused(&env, &["sync", "--yes", "--json", "--plan", &file]);
}

#[test]
fn json_escapes_and_text_leaves_out_what_a_terminal_obeys() {
    let mut seed = small_company();
    let evil = "Eve\u{1b}]0;x\u{7}\u{9b}2J\u{202e}\u{2028}\r\nEND";
    seed.departments = vec![department(700, evil, 1)];
    let mut person = user(90, &[700]);
    person.name = evil.into();
    person.userid = "u\u{1b}[2J90".into();
    seed.users = vec![person, {
        let mut other = user(1, &[1]);
        other.title = Some(evil.into());
        other.name = evil.into();
        other
    }];
    seed.accounts[1].display_name = Some(evil.into());
    seed.units[1].name = evil.into();
    seed.accounts.push(account(8, &["ou_a"]));
    seed.accounts.last_mut().unwrap().id = "user_\u{1b}[31m8".into();
    let env = TestEnv::new(&seed);
    let unsafe_in = |text: &str| {
        text.chars().find(|c| (*c != '\n' && c.is_control()) || ('\u{2028}'..='\u{202e}').contains(c))
    };
    let file = env.path("plan.json").to_str().unwrap().to_owned();
    for arguments in [
        &["preview", "--all"][..],
        &["preview", "--all", "--json", "--out", &file],
        &["why", "user_0001"],
        &["why", "user_0001", "--json"],
        &["why", "700"],
        &["sync", "--yes"],
        &["report", "--format", "text"],
        &["report", "--format", "csv"],
        &["report", "--format", "markdown"],
        &["report", "--format", "json"],
        &["links", "list"],
        &["links", "list", "--json"],
        &["check"],
        &["runs"],
    ] {
        let ran = env.run(arguments);
        assert_eq!(unsafe_in(&ran.stdout), None, "{arguments:?}: {:?}", ran.stdout);
        assert_eq!(unsafe_in(&ran.stderr), None, "{arguments:?}: {:?}", ran.stderr);
    }
    let saved = std::fs::read_to_string(&file).unwrap();
    assert_eq!(unsafe_in(&saved), None);
    assert!(env.simulator.dingtalk().world().users.values().any(|user| user.name.starts_with("Eve]0;x2J")));
}

#[test]
fn a_csv_cell_that_a_spreadsheet_would_run_gets_an_apostrophe_unless_it_is_a_number() {
    let mut seed = small_company();
    for (index, name) in ["=1+1", "+cmd", "-1", "@x", "\u{ff1d}1"].iter().enumerate() {
        seed.accounts[index].display_name = Some((*name).to_owned());
    }
    let env = TestEnv::new(&seed);
    sync(&env, 0);
    let csv = env.run(&["report", "--format", "csv"]).stdout;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let names: Vec<String> = reader.records().map(|record| record.unwrap()[5].to_owned()).collect();
    for expected in ["'=1+1", "'+cmd", "-1", "'@x"] {
        assert!(names.contains(&expected.to_owned()), "{expected}: {names:?}");
    }
    let markdown = env.run(&["report", "--format", "markdown"]).stdout;
    assert!(markdown.starts_with("# "));
    assert_eq!(env.run(&["report", "--format", "json"]).json()["records"].as_array().unwrap().len(), 9);
}

#[test]
fn mobiles_are_masked_in_text_and_whole_in_json() {
    let env = TestEnv::new(&small_company());
    let text = env.run(&["preview"]).stdout + &env.run(&["why", "user_0001"]).stdout;
    assert!(!text.contains("13800000001"), "{text}");
    assert!(text.contains("138****0001"));
    assert!(env.run(&["preview", "--json"]).stdout.contains("13800000001"));
    sync(&env, 0);
    for format in ["text", "csv", "markdown"] {
        assert!(!env.run(&["report", "--format", format]).stdout.contains("13800000001"), "{format}");
    }
}

#[test]
fn files_with_personal_data_are_private_whatever_the_umask() {
    let env = TestEnv::new(&small_company());
    let file = env.path("plan.json");
    let settings = env.path("dingsync.toml");
    let script = format!(
        "umask 000; {program} preview --out {plan} --config {config} && {program} sync --yes --config {config}",
        program = env!("CARGO_BIN_EXE_dingsync"),
        plan = file.display(),
        config = settings.display()
    );
    assert!(std::process::Command::new("sh").args(["-c", &script]).output().unwrap().status.success());
    for entry in std::fs::read_dir(env.directory.path()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name == "dingsync.toml" || entry.file_type().unwrap().is_dir() {
            continue;
        }
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
}

#[test]
fn an_explanation_goes_from_the_source_to_the_change() {
    let env = TestEnv::new(&small_company());
    let why = env.run(&["why", "user_0004", "--json"]).json();
    let steps: Vec<&str> =
        why["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["record", "scope", "match", "mapping", "mapping", "mapping", "change"]);
    assert_eq!(row(&plan(&env), "user_0004"), &why["change"]);
}
