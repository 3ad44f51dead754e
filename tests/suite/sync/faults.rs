//! A service that refuses, breaks off or stays silent: no record is lost, none is sent twice.

use crate::support::{TestEnv, account, small_company, user};

fn assert_whole(env: &TestEnv, code: i32, ran: &crate::support::Ran) {
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
    let (tree, people) = super::picture(env);
    assert_eq!((tree.len(), people.len()), (4, 6), "{tree:?} {people:?}");
    super::assert_empty_preview(env);
}

#[test]
fn calls_that_were_applied_before_the_line_broke_are_not_repeated() {
    for operation in ["user/create", "department/create"] {
        let env = TestEnv::new(&small_company());
        env.fault(&format!("apply-then-drop@{operation}"));
        let ran = env.run(&["sync", "--yes", "--json"]);
        assert_whole(&env, 0, &ran);
        let counts = env.simulator.dingtalk().counts();
        let sent = counts.iter().find(|(path, _)| path.ends_with(operation)).unwrap().1;
        let wanted = if operation == "user/create" { 6 } else { 3 };
        assert_eq!(sent.calls, wanted, "{operation} was repeated");
    }
}

#[test]
fn calls_that_never_arrived_are_sent_again() {
    let env = TestEnv::new(&small_company());
    env.fault("drop-before=2@user/create");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_whole(&env, 0, &ran);
}

#[test]
fn flow_control_and_busy_answers_are_outlived() {
    for fault in ["throttle=every:3@user/create", "busy=every:4@user/create", "expired-token=2@user/create"] {
        let env = TestEnv::new(&small_company());
        env.fault(fault);
        let ran = env.run(&["sync", "--yes", "--json"]);
        assert_whole(&env, 0, &ran);
    }
}

#[test]
fn a_refused_record_fails_alone_and_can_be_tried_again() {
    let env = TestEnv::new(&small_company());
    env.fault("unknown-code=1@user/create");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    let lines = ran.lines();
    assert_eq!(super::finished(&lines)["status"], "partial_success");
    assert_eq!(super::finished(&lines)["summary"]["failed"], 1);
    let again = env.run(&["retry", "--yes", "--json"]);
    assert_whole(&env, 0, &again);
    let runs = env.run(&["runs", "--json"]).json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_pending_invitation_is_no_failure_and_is_not_sent_twice() {
    let env = TestEnv::new(&small_company());
    env.fault("pending=13800000002");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(super::finished(&ran.lines())["summary"]["pending"], 1);
    let plan = env.run(&["preview", "--json"]).json();
    assert_eq!(plan["summary"]["users"]["create"], 0);
    let row = plan["changes"].as_array().unwrap().iter().find(|row| row["source_id"] == "user_0002").unwrap();
    assert_eq!(row["action"], "unchanged");
    assert_eq!(row["warnings"], serde_json::json!(["pending_consent"]));
}

#[test]
fn a_permission_that_is_revoked_stops_the_run_as_a_whole() {
    let env = TestEnv::new(&small_company());
    env.fault("no-permission=qyapi_manage_addresslist");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 1, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(super::finished(&ran.lines())["status"], "failed");
    assert_eq!(super::picture(&env).1.len(), 0);
    env.heal("no-permission");
    let resumed = env.run(&["resume", "--json"]);
    assert_whole(&env, 0, &resumed);
}

#[test]
fn too_many_failures_stop_the_run() {
    let mut seed = small_company();
    seed.accounts.extend((100..300).map(|number| account(number, &["ou_a"])));
    let env = TestEnv::new(&seed);
    env.fault("unknown-code@user/create");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("failed_percent"), "{}", ran.stderr);
    let lines = ran.lines();
    assert_eq!(super::finished(&lines)["status"], "failed");
    let told = lines.iter().filter(|line| line["type"] == "record").count();
    assert!(told < 206, "the run went on to its end");
}

#[test]
fn a_record_that_is_gone_when_it_is_to_be_removed_is_only_unbound() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    env.write_settings("[limits]\nremove_percent = 100\n");
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    let settings = settings.replace("target = 1 }]", "target = 1 }]\nleavers = \"remove\"");
    std::fs::write(env.path("dingsync.toml"), settings).unwrap();
    env.simulator.idaas().world().remove("user_0006");
    let file = env.path("plan.json");
    assert_eq!(env.run(&["preview", "--out", file.to_str().unwrap()]).code, 0);
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    super::assert_empty_preview(&env);
}

#[test]
fn a_user_who_is_not_ours_is_never_touched() {
    let mut seed = small_company();
    seed.users.push(user(77, &[1]));
    let env = TestEnv::new(&seed);
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    let (_, people) = super::picture(&env);
    assert!(people.iter().any(|(name, _)| name == "Person 77"));
}
