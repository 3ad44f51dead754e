//! Hand edits in DingTalk: shown, never fought, written back or accepted when somebody says so.

use dingsync::simulator::options::Options;
use serde_json::{Value, json};

use super::{Watch, assert_in_step, change, edit, synced, until, userid, watched};
use crate::support::{TestEnv, small_company};

fn company() -> TestEnv {
    let env = watched(&small_company(), Options { dingtalk_qps: 1000, ..Options::default() }, "");
    synced(&env);
    env
}

fn is_drift<'l>(source: &'l str, state: &'l str) -> impl Fn(&Value) -> bool + 'l {
    move |line| line["type"] == "drift" && line["source_id"] == source && line["state"] == state
}

fn rename_by_hand(env: &TestEnv, name: &str) -> String {
    let id = userid(env, "Person 3").unwrap();
    edit(env, "user/update", json!({"userid": id, "name": name}));
    id
}

#[test]
fn a_hand_edit_is_shown_within_seconds_and_left_alone() {
    let env = company();
    let watch = Watch::start(&env);
    watch.wait("the feed is connected", |line| line["edits_connected"] == true);
    rename_by_hand(&env, "Edited By Hand");
    let drift = watch.wait("drift", is_drift("user_0003", "open"));
    assert_eq!(drift["fields"][0]["field"], "name");
    assert_eq!(drift["fields"][0]["before"], "Edited By Hand");
    assert_eq!(drift["fields"][0]["after"], "Person 3");
    // Changes of others go on, and do not take the edit back.
    change(&env, "UpdateUser", json!({"UserId": "user_0005", "DisplayName": "Other"}));
    until("another change", || userid(&env, "Other"));
    assert!(userid(&env, "Edited By Hand").is_some(), "the edit was fought");
    let own = watch.lines().into_iter().filter(|line| line["type"] == "drift").count();
    assert_eq!(own, 1, "what watch wrote itself is no drift: {:#?}", watch.lines());
    assert_eq!(watch.stop(), 0);
    // Nor does a restart.
    let watch = Watch::start(&env);
    watch.wait("the comparison is made", |line| line["type"] == "repair");
    assert!(userid(&env, "Edited By Hand").is_some(), "the edit was fought after a restart");
    let listed = env.run(&["drift", "list", "--json"]);
    assert_eq!(listed.json()["drift"][0]["source_id"], "user_0003", "{}", listed.stdout);
    assert_eq!(watch.stop(), 0);
}

#[test]
fn a_drift_is_written_back_when_somebody_says_so() {
    let env = company();
    let watch = Watch::start(&env);
    watch.wait("the feed is connected", |line| line["edits_connected"] == true);
    rename_by_hand(&env, "Edited By Hand");
    watch.wait("drift", is_drift("user_0003", "open"));
    let ran = env.run(&["drift", "reapply", "user", "user_0003"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    until("the name of before", || userid(&env, "Person 3"));
    watch.wait("it is told", is_drift("user_0003", "reapplied"));
    assert_eq!(watch.stop(), 0);
    assert_in_step(&env);
}

#[test]
fn an_accepted_drift_stays_and_a_full_sync_does_not_fight_it_either() {
    let env = company();
    let watch = Watch::start(&env);
    watch.wait("the feed is connected", |line| line["edits_connected"] == true);
    rename_by_hand(&env, "Edited By Hand");
    watch.wait("drift", is_drift("user_0003", "open"));
    assert_eq!(env.run(&["drift", "accept", "user", "user_0003"]).code, 0);
    watch.wait("it is told", is_drift("user_0003", "accepted"));
    assert_eq!(watch.stop(), 0);
    assert_in_step(&env);
    assert!(userid(&env, "Edited By Hand").is_some());
    let unknown = env.run(&["drift", "accept", "user", "user_0003", "--json"]);
    assert_eq!(unknown.code, 1);
}

#[test]
fn somebody_deleted_by_hand_is_told_and_made_again_on_demand() {
    let env = company();
    let watch = Watch::start(&env);
    watch.wait("the feed is connected", |line| line["edits_connected"] == true);
    let id = userid(&env, "Person 3").unwrap();
    edit(&env, "user/delete", json!({"userid": id}));
    let drift = watch.wait("drift", is_drift("user_0003", "open"));
    assert_eq!((drift["action"].as_str(), drift["target_id"].as_str()), (Some("create"), Some(id.as_str())));
    assert!(userid(&env, "Person 3").is_none(), "the deletion was fought");
    assert_eq!(env.run(&["drift", "reapply", "user", "user_0003"]).code, 0);
    until("the person is there again", || userid(&env, "Person 3"));
    assert_eq!(watch.stop(), 0);
    assert_in_step(&env);
}

#[test]
fn departments_moved_by_hand_are_shown_and_moved_back_on_demand() {
    let env = company();
    let watch = Watch::start(&env);
    watch.wait("the feed is connected", |line| line["edits_connected"] == true);
    let id = {
        let world = env.simulator.dingtalk().world();
        *world.departments.iter().find(|(_, one)| one.name == "平台组").unwrap().0
    };
    edit(&env, "department/update", json!({"dept_id": id, "parent_id": 1}));
    let drift = watch.wait("drift", is_drift("ou_b", "open"));
    assert_eq!(drift["fields"][0]["field"], "parent_id");
    assert_eq!(env.run(&["drift", "reapply", "department", "ou_b"]).code, 0);
    watch.wait("it is told", is_drift("ou_b", "reapplied"));
    assert_eq!(watch.stop(), 0);
    assert_in_step(&env);
}
