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

#[test]
fn as_csv_every_field_that_changes_has_a_line_and_no_cell_is_a_formula() {
    let mut seed = small_company();
    seed.accounts[0].display_name = Some("=cmd|' /C calc'!A0".into());
    let env = TestEnv::new(&seed);
    let ran = env.run(&["preview", "--format", "csv"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let plan = env.run(&["preview", "--json"]).json();
    let fields: usize =
        plan["changes"].as_array().unwrap().iter().map(|row| row["fields"].as_array().unwrap().len()).sum();
    assert_eq!(rows.len(), fields);
    let person: Vec<&csv::StringRecord> = rows.iter().filter(|row| &row[2] == "user_0001").collect();
    assert_eq!(&person[0][4], "'=cmd|' /C calc'!A0");
    let mobile = person.iter().find(|row| &row[9] == "mobile").unwrap();
    assert_eq!(&mobile[11], "138****0001", "masked, as in every text");
}

#[test]
fn decisions_are_listed_with_the_links_and_forgotten_like_them() {
    use dingsync::core::journal::{Decision, Journal, Learned};
    use dingsync::core::source::{AccountId, UnitId};
    let env = TestEnv::new(&small_company());
    assert!(env.run(&["links", "list", "--json"]).json().get("decisions").is_none());
    let credentials = &env.simulator.options().credentials;
    let owner = dingsync::store::ConnectionId {
        instance_id: credentials.instance_id.clone(),
        corp_id: credentials.corp_id.clone(),
    };
    let store = dingsync::store::Store::open(&env.path("state.db"), &owner).unwrap();
    let learned = vec![
        Learned::Decided(AccountId("user_0001".into()), Some(Decision::LeaveOut)),
        Learned::LeftOutUnit(UnitId("ou_c".into()), true),
    ];
    env.block_on(store.learn(learned)).unwrap();
    drop(store);
    let decisions = env.run(&["links", "list", "--json"]).json()["decisions"].clone();
    assert_eq!(decisions[0]["source_id"], "ou_c");
    assert_eq!(decisions[1]["decision"], "leave_out");
    let plan = env.run(&["preview", "--json"]).json();
    assert_eq!(plan["summary"]["users"]["create"], 4);
    assert_eq!(plan["source"]["ignored"], 2);
    for (entity, id) in [("user", "user_0001"), ("department", "ou_c")] {
        assert_eq!(env.run(&["links", "remove", entity, id]).code, 0);
    }
    assert_eq!(env.run(&["preview", "--json"]).json()["summary"]["users"]["create"], 6);
    assert_eq!(env.run(&["links", "remove", "user", "user_0001"]).code, 1);
}
