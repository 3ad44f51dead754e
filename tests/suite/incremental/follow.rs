//! `dingsync watch` through the program: what an event of the source leads to.

use dingsync::simulator::options::Options;
use serde_json::{Value, json};

use super::{Watch, assert_in_step, change, health, places, synced, until, userid, watched};
use crate::support::small_company;

fn fast() -> Options {
    Options { dingtalk_qps: 1000, ..Options::default() }
}

fn records(watch: &Watch) -> Vec<Value> {
    watch.lines().into_iter().filter(|line| line["type"] == "record").collect()
}

#[test]
fn without_a_finished_full_sync_nothing_is_watched() {
    let env = watched(&small_company(), fast(), "");
    let ran = env.run(&["watch", "--json"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert_eq!(ran.json()["error"]["kind"], "approval");
    let path = env.path("dingsync.toml");
    synced(&env);
    let text = std::fs::read_to_string(&path).unwrap().replace("incremental = true", "incremental = false");
    std::fs::write(&path, text).unwrap();
    let ran = env.run(&["watch", "--json"]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.json()["error"]["message"].as_str().unwrap().contains("scenario.incremental"),
        "{}",
        ran.stdout
    );
}

#[test]
fn each_change_arrives_and_watching_ends_with_zero() {
    let env = watched(&small_company(), fast(), "");
    synced(&env);
    let watch = Watch::start(&env);

    change(&env, "UpdateUser", json!({"UserId": "user_0003", "DisplayName": "Renamed"}));
    until("a new name", || userid(&env, "Renamed"));

    change(
        &env,
        "CreateOrganizationalUnit",
        json!({"OrganizationalUnitName": "New Unit", "ParentId": "ou_a"}),
    );
    let unit = env
        .simulator
        .idaas()
        .world()
        .units
        .values()
        .find(|one| one.unit.name == "New Unit")
        .unwrap()
        .unit
        .id
        .clone();
    change(
        &env,
        "CreateUser",
        json!({
            "Username": "newcomer", "DisplayName": "Newcomer", "PhoneRegion": "86", "PhoneNumber": "13800009999",
            "PhoneNumberVerified": true, "PrimaryOrganizationalUnitId": unit,
        }),
    );
    until("a newcomer in a new department", || {
        places(&env, "Newcomer").filter(|places| places == &["New Unit"])
    });

    change(
        &env,
        "UpdateOrganizationalUnit",
        json!({"OrganizationalUnitId": "ou_b", "OrganizationalUnitName": "Platform"}),
    );
    until("a renamed department", || {
        let world = env.simulator.dingtalk().world();
        world.departments.values().find(|one| one.name == "Platform").map(|_| ())
    });
    assert!(records(&watch).iter().all(|record| record["outcome"] == "applied"), "{:#?}", records(&watch));
    let second = env.run(&["watch", "--json"]);
    assert_eq!(second.code, 4, "a second one says who watches");
    assert_eq!(second.json()["error"]["kind"], "locked");
    let (status, answer) = health(&env, "/health");
    assert_eq!((status, answer["status"].as_str()), (200, Some("ok")));
    assert!(answer["callbacks"]["accepted"].as_u64().unwrap() >= 4, "{answer}");
    assert_eq!(watch.stop(), 0);
    assert_in_step(&env);
}

#[test]
fn what_happened_while_nobody_watched_is_made_up_for() {
    let env = watched(&small_company(), fast(), "");
    synced(&env);
    let watch = Watch::start(&env);
    change(&env, "UpdateUser", json!({"UserId": "user_0002", "DisplayName": "Before"}));
    until("a new name", || userid(&env, "Before"));
    watch.kill();
    change(&env, "UpdateUser", json!({"UserId": "user_0002", "DisplayName": "Meanwhile"}));
    let watch = Watch::start(&env);
    until("the change that nobody heard of", || userid(&env, "Meanwhile"));
    watch.wait("the comparison tells it", |line| line["type"] == "repair" && line["missed"] == 1);
    assert_eq!(watch.stop(), 0);
    assert_in_step(&env);
}

#[test]
fn a_lost_event_is_found_by_the_poll() {
    let env = watched(&small_company(), fast(), "poll_seconds = 10\n");
    synced(&env);
    env.fault("callback-lost=100%");
    let watch = Watch::start(&env);
    change(&env, "UpdateUser", json!({"UserId": "user_0003", "DisplayName": "Unheard"}));
    until("the change that nobody told", || userid(&env, "Unheard"));
    assert_eq!(watch.stop(), 0);
    assert_in_step(&env);
}

#[test]
fn removals_beyond_the_limit_of_an_hour_are_withheld() {
    let env = watched(&small_company(), fast(), "[limits]\nremove_users = 1\nremove_percent = 100\n");
    let path = env.path("dingsync.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("[scenario]\n", "[scenario]\nleavers = \"remove\"\n", 1)).unwrap();
    synced(&env);
    let watch = Watch::start(&env);
    change(&env, "DeleteUser", json!({"UserId": "user_0001"}));
    until("the first leaver is gone", || userid(&env, "Person 1").is_none().then_some(()));
    change(&env, "DeleteUser", json!({"UserId": "user_0002"}));
    watch.wait("the second is withheld", |line| line["type"] == "withheld");
    assert!(userid(&env, "Person 2").is_some());
    assert_eq!(watch.stop(), 0);
}
