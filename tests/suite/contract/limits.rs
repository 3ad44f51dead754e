//! Limits, approval, incomplete reads (contract 3 `[limits]`, 4 "Limits", "Incomplete reads", 5 "Approval").

use serde_json::{Value, json};

use super::{assert_settled, plan, row, said, scenario, sync, warnings, whole};
use crate::support::{TestEnv, account, department, small_company, unit, user};
use dingsync::simulator::options::Options;
use dingsync::simulator::seed::Seed;

fn crowd(people: u32) -> Seed {
    Seed {
        units: vec![unit("ou_root", "Acme", None), unit("ou_a", "研发", Some("ou_root"))],
        accounts: (1..=people).map(|number| account(number, &["ou_a"])).collect(),
        ..Seed::default()
    }
}

fn with(seed: &Seed, limits: &str) -> TestEnv {
    let options = Options { dingtalk_qps: 1000, ..Options::default() };
    TestEnv::with(seed, options, &format!("[limits]\n{limits}\n"))
}

fn leave(env: &TestEnv, numbers: std::ops::RangeInclusive<u32>) {
    let mut world = env.simulator.idaas().world();
    numbers.for_each(|number| drop(world.remove(&format!("user_{number:04}"))));
}

fn exceeded(plan: &Value) -> Vec<String> {
    let limits = plan["limits"].as_array().unwrap();
    limits
        .iter()
        .map(|limit| {
            format!("{}: {} of {}", limit["limit"].as_str().unwrap(), limit["planned"], limit["allowed"])
        })
        .collect()
}

#[test]
fn exceeding_is_strictly_greater_and_percentages_are_of_all_bindings() {
    let env = with(&crowd(39), "remove_users = 4\nremove_percent = 10\nsource_shrink_percent = 10");
    sync(&env, 0);
    scenario(&env, &whole("leavers = \"remove\""));
    // 40 bindings, one of them a department: four are ten percent of them, and more than ten of 39 accounts.
    leave(&env, 1..=3);
    assert_eq!(exceeded(&plan(&env)), Vec::<String>::new());
    leave(&env, 4..=4);
    assert_eq!(exceeded(&plan(&env)), ["source_shrink_percent: 11 of 10"]);
    leave(&env, 5..=5);
    let five = plan(&env);
    assert_eq!(
        exceeded(&five),
        ["remove_users: 5 of 4", "remove_percent: 13 of 10", "source_shrink_percent: 13 of 10"]
    );
}

#[test]
fn removals_beyond_the_limits_need_their_exact_number_and_other_limits_cannot_be_approved() {
    let env = with(&crowd(10), "source_shrink_percent = 100\nremove_users = 1");
    sync(&env, 0);
    scenario(&env, &whole("leavers = \"remove\""));
    leave(&env, 1..=3);
    for (arguments, kind) in [
        (vec!["sync", "--json", "--yes"], "limit"),
        (vec!["sync", "--json", "--yes", "--approve-removals", "2"], "approval"),
        (vec!["sync", "--json", "--approve-removals", "3"], "approval"),
    ] {
        let ran = env.run(&arguments);
        assert_eq!(
            (ran.code, &ran.json()["error"]["kind"]),
            (4, &json!(kind)),
            "{arguments:?} {}",
            ran.stdout
        );
    }
    let writes = env.simulator.dingtalk().writes();
    let ran = env.run(&["sync", "--json", "--yes", "--approve-removals", "3"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(env.simulator.dingtalk().writes(), writes + 3);
    assert_settled(&env);
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    let strict = settings.replace("source_shrink_percent = 100", "source_shrink_percent = 10");
    std::fs::write(env.path("dingsync.toml"), strict).unwrap();
    leave(&env, 4..=6);
    let ran = env.run(&["sync", "--json", "--yes", "--approve-removals", "3"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (4, &json!("limit")), "{}", ran.stdout);
}

#[test]
fn the_number_of_removals_is_checked_within_the_limits_too_and_an_empty_plan_needs_no_approval() {
    let env = with(&crowd(3), "");
    let ran = env.run(&["sync", "--json", "--yes", "--approve-removals", "1"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (4, &json!("approval")));
    assert_eq!(env.simulator.dingtalk().writes(), 0);
    assert_eq!(env.run(&["sync", "--json", "--yes", "--approve-removals", "0"]).code, 0);
    let ran = env.run(&["sync", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let lines = ran.lines();
    assert_eq!(lines[0]["total"], 0);
    assert_eq!(lines.last().unwrap()["status"], "success");
}

#[test]
fn the_share_of_updates_is_not_applied_to_a_first_run() {
    let mut seed = crowd(4);
    seed.users = (1..=4).map(|number| user(number, &[1])).collect();
    for user in &mut seed.users {
        user.name = "Old".into();
    }
    let env = with(&seed, "update_percent = 50");
    let first = plan(&env);
    assert_eq!(first["first_run"], true);
    assert_eq!(first["summary"]["users"]["link"], 4);
    sync(&env, 0);
    {
        let mut world = env.simulator.idaas().world();
        for number in 1..=3 {
            let mut account = world.accounts[&format!("user_{number:04}")].account.clone();
            account.display_name = Some("Renamed".into());
            world.put(account);
        }
    }
    let second = plan(&env);
    assert_eq!(second["first_run"], false);
    assert_eq!(exceeded(&second), ["update_percent: 60 of 50"]);
    assert_eq!(env.run(&["preview"]).code, 0, "a preview never stops");
    assert_eq!(env.run(&["sync", "--yes"]).code, 4);
}

#[test]
fn a_shrunken_source_stops_a_sync_whatever_leavers_is() {
    let env = with(&crowd(10), "");
    sync(&env, 0);
    leave(&env, 1..=4);
    let ran = env.run(&["sync", "--json", "--yes"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (4, &json!("limit")), "{}", ran.stdout);
    assert!(ran.json()["error"]["message"].as_str().unwrap().contains("source_shrink_percent"));
}

#[test]
fn a_partial_range_is_incomplete_and_removes_nobody() {
    let mut seed = small_company();
    seed.departments = vec![department(500, "Ours", 1), department(600, "Elsewhere", 1)];
    let env = with(&seed, "source_shrink_percent = 100");
    scenario(&env, "scope = [{ sources = [\"ou_root\"], target = 500 }]\nleavers = \"remove\"");
    sync(&env, 0);
    let hidden = {
        let mut world = env.simulator.dingtalk().world();
        let mut user = world.users.values().find(|user| user.name == "Person 1").unwrap().clone();
        user.departments = vec![600];
        world.put_user(user.clone());
        user.userid
    };
    leave(&env, 2..=2);
    env.fault("partial-range=500");
    let partial = plan(&env);
    assert_eq!(partial["complete"], false);
    assert_eq!(said(&partial, "user_0002"), "hold gone");
    let away = row(&partial, "user_0001");
    assert_eq!(away["action"], "unchanged");
    assert_eq!(away["target_id"], hidden);
    assert_eq!(warnings(away), ["outside_permission"]);
    let ran = env.run(&["check", "--json"]);
    let report = ran.json();
    let item = |id: &str| {
        report["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap()["status"].clone()
    };
    assert_eq!(
        (ran.code, item("range"), item("target_department")),
        (0, json!("warn"), json!("pass")),
        "{report:#}"
    );
}

#[test]
fn a_read_that_stays_incomplete_ends_with_one_and_no_plan() {
    for fault in
        ["truncated-list@ListUsers", "count-drift@ListUsers", "busy@department/listsub", "busy@user/list"]
    {
        let env = with(&crowd(3), "");
        env.fault(fault);
        let ran = env.run(&["preview", "--json"]);
        assert_eq!(ran.code, 1, "{fault}: {}", ran.stdout);
        assert!(ran.json()["error"]["kind"].is_string(), "{fault}");
        assert_eq!(ran.stdout.lines().count(), 1, "{fault}");
    }
}

#[test]
fn a_run_in_which_too_many_fail_is_stopped_and_can_be_resumed() {
    let env = with(&crowd(120), "failed_percent = 20");
    env.fault("unknown-code=50%@user/create");
    let ran = env.run(&["sync", "--json", "--yes"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.lines().last().unwrap()["status"], "failed");
    env.heal("unknown-code");
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 3, "what failed before stays failed: {}", ran.stderr);
    let ran = env.run(&["retry", "--json", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_settled(&env);
    assert_eq!(env.simulator.dingtalk().world().users.len(), 120);
}

#[test]
fn who_is_bound_and_missing_from_a_torn_list_is_never_created_again() {
    let env = with(&crowd(20), "");
    sync(&env, 0);
    {
        let mut world = env.simulator.idaas().world();
        for number in 1..=20 {
            let mut account = world.accounts[&format!("user_{number:04}")].account.clone();
            account.phone_number = Some(format!("1390000{number:04}"));
            world.put(account);
        }
    }
    env.fault("truncated-list@user/list");
    let torn = plan(&env);
    assert_eq!(torn["complete"], false);
    assert_eq!(torn["summary"]["users"]["create"], 0, "{:#}", torn["summary"]);
}

#[test]
fn what_a_read_cost_does_not_depend_on_how_often_it_was_refused() {
    let env = with(&crowd(20), "");
    let calm = plan(&env)["calls"].clone();
    env.fault("throttle=3");
    env.fault("busy=2");
    assert_eq!(plan(&env)["calls"], calm);
}
