//! Verb 2 through the program, over HTTP.

use crate::support::{TestEnv, department, small_company, user};

#[test]
fn a_preview_of_an_empty_dingtalk_creates_everybody_and_writes_nothing() {
    let env = TestEnv::new(&small_company());
    let ran = env.run(&["preview", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let plan = ran.json();
    assert_eq!(plan["format"], "dingsync.plan/1");
    assert_eq!(plan["summary"]["departments"]["create"], 3);
    assert_eq!(plan["summary"]["users"]["create"], 6);
    assert_eq!(plan["calls"]["write"], 9);
    assert_eq!(plan["complete"], true);
    assert_eq!(plan["first_run"], true);
    let person =
        plan["changes"].as_array().unwrap().iter().find(|row| row["source_id"] == "user_0004").unwrap();
    let departments =
        person["fields"].as_array().unwrap().iter().find(|f| f["field"] == "dept_id_list").unwrap();
    assert_eq!(departments["after"], serde_json::json!(["new:ou_b", "new:ou_c"]));
    assert_eq!(env.simulator.dingtalk().writes(), 0);
}

#[test]
fn the_same_input_gives_the_same_bytes_apart_from_the_time() {
    let env = TestEnv::new(&small_company());
    let strip = |text: &str| {
        let mut plan: serde_json::Value = serde_json::from_str(text).unwrap();
        plan.as_object_mut().unwrap().remove("created_at");
        plan.to_string()
    };
    let (first, second) = (env.run(&["preview", "--json"]), env.run(&["preview", "--json"]));
    assert_eq!(strip(&first.stdout), strip(&second.stdout));
}

#[test]
fn people_and_departments_that_exist_are_linked() {
    let mut seed = small_company();
    seed.departments.push(department(700, "研发中心", 1));
    seed.users.push(user(3, &[700]));
    seed.users.push(user(90, &[700]));
    let env = TestEnv::new(&seed);
    let plan = env.run(&["preview", "--json"]).json();
    assert_eq!(plan["summary"]["departments"]["link"], 1);
    assert_eq!(plan["summary"]["users"]["link"], 1);
    assert_eq!(plan["summary"]["users"]["unmanaged"], 1);
    let linked =
        plan["changes"].as_array().unwrap().iter().find(|row| row["source_id"] == "user_0003").unwrap();
    assert_eq!(linked["matched_by"], "mobile");
    assert_eq!(linked["target_id"], "u0003");
    assert_eq!(linked["fields"], serde_json::json!([]));
}

#[test]
fn check_passes_item_by_item_and_sends_nothing_that_could_take_effect() {
    let env = TestEnv::new(&small_company());
    let ran = env.run(&["check", "--json"]);
    let report = ran.json();
    assert_eq!(ran.code, 0, "{report}");
    assert_eq!(report["result"], "pass", "{report}");
    assert_eq!(report["items"].as_array().unwrap().len(), 15);
    let state = dingsync::simulator::dingtalk::state(env.simulator.dingtalk());
    assert_eq!(state["departments"].as_array().unwrap().len(), 1);
}
