//! Who left, was disabled, left out or moved out of scope (contract 3 and 4 "Leavers").

use serde_json::json;

use super::{assert_settled, change, plan, row, said, scenario, sync, warnings, whole};
use dingsync::simulator::options::Options;
use dingsync::simulator::seed::Seed;

use crate::support::{TestEnv, account, department, small_company, user};

/// Settings that let a small company lose half of its people.
const GENEROUS: &str = "[limits]\nsource_shrink_percent = 100\nremove_percent = 100\n";

fn generous(seed: &Seed) -> TestEnv {
    TestEnv::with(seed, Options { dingtalk_qps: 1000, ..Options::default() }, GENEROUS)
}

fn leave(env: &TestEnv, ids: &[&str]) {
    let mut world = env.simulator.idaas().world();
    ids.iter().for_each(|id| drop(world.remove(id)));
}

#[test]
fn leavers_are_held_with_their_reason_and_nothing_is_written() {
    let env = TestEnv::new(&small_company());
    sync(&env, 0);
    leave(&env, &["user_0003"]);
    {
        let mut world = env.simulator.idaas().world();
        let mut moved = world.accounts["user_0006"].account.clone();
        moved.units = vec!["ou_outside".into()];
        world.put(moved);
        let mut disabled = world.accounts["user_0005"].account.clone();
        disabled.disabled = true;
        disabled.display_name = Some("Renamed".into());
        world.put(disabled);
    }
    scenario(&env, &whole("include = 'user.username != \"person1\"'"));
    let next = plan(&env);
    assert_eq!(said(&next, "user_0003"), "hold gone");
    assert_eq!(said(&next, "user_0006"), "hold out_of_scope");
    assert_eq!(said(&next, "user_0005"), "hold disabled");
    assert_eq!(said(&next, "user_0001"), "hold excluded");
    assert_eq!(row(&next, "user_0005")["fields"], json!([]));
    // Bound accounts that are disabled or left out are rows, not ignored ones.
    assert_eq!(next["source"]["ignored"], 0);
    assert_settled(&env);
}

#[test]
fn under_remove_people_go_and_empty_departments_leaf_first() {
    let env = generous(&small_company());
    sync(&env, 0);
    leave(&env, &["user_0003", "user_0004", "user_0005"]);
    {
        let mut world = env.simulator.idaas().world();
        world.units.remove("ou_b");
        world.units.remove("ou_a");
    }
    scenario(&env, &whole("leavers = \"remove\""));
    let next = plan(&env);
    for id in ["user_0003", "user_0004", "user_0005", "ou_a", "ou_b"] {
        assert_eq!(said(&next, id), "remove gone", "{id}: {:#}", row(&next, id));
    }
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let world = env.simulator.dingtalk().world();
    assert_eq!((world.departments.len(), world.users.len()), (2, 3));
    drop(world);
    assert_settled(&env);
    assert_eq!(env.run(&["links", "list", "--json"]).json()["links"].as_array().unwrap().len(), 4);
}

#[test]
fn a_department_with_somebody_unmanaged_is_held() {
    let env = generous(&small_company());
    sync(&env, 0);
    let links = env.run(&["links", "list", "--json"]).json();
    let link = |id: &str| {
        let found = links["links"].as_array().unwrap().iter().find(|link| link["source_id"] == id);
        found.unwrap()["target_id"].as_str().unwrap().parse::<i64>().unwrap()
    };
    let (a, b) = (link("ou_a"), link("ou_b"));
    {
        let mut world = env.simulator.dingtalk().world();
        let mut guest = world.users.values().next().unwrap().clone();
        (guest.userid, guest.mobile, guest.departments) = ("guest".into(), "13711112222".into(), vec![b]);
        guest.fields.clear();
        world.put_user(guest);
    }
    leave(&env, &["user_0003", "user_0004", "user_0005"]);
    {
        let mut world = env.simulator.idaas().world();
        world.units.remove("ou_b");
        world.units.remove("ou_a");
    }
    scenario(&env, &whole("leavers = \"remove\""));
    let next = plan(&env);
    assert_eq!(said(&next, "ou_b"), "hold gone");
    assert_eq!(said(&next, "ou_a"), "hold gone", "what is above it is held too");
    assert!(row(&next, "ou_b")["detail"].as_str().unwrap().contains("guest"));
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let world = env.simulator.dingtalk().world();
    assert!(world.departments.contains_key(&a) && world.departments.contains_key(&b));
    assert!(world.users.contains_key("guest"));
}

#[test]
fn a_moved_leaver_stays_bound_and_unchanged_and_comes_back_when_rejoined() {
    let mut seed = small_company();
    seed.departments.push(department(990, "Leavers", 1));
    let env = generous(&seed);
    sync(&env, 0);
    scenario(&env, &whole("leavers = \"move\"\nleavers_department = 990"));
    let gone = env.simulator.idaas().world().remove("user_0005").unwrap().account;
    env.simulator.idaas().world().units.remove("ou_c");
    let next = plan(&env);
    assert_eq!(said(&next, "user_0005"), "move gone");
    assert_eq!(change(row(&next, "user_0005"), "dept_id_list").unwrap().1, json!(["990"]));
    assert_eq!(said(&next, "ou_c"), "hold gone", "under move a department is held");
    sync(&env, 0);
    let after = plan(&env);
    assert_eq!(said(&after, "user_0005"), "unchanged -");
    assert_settled(&env);
    env.simulator.idaas().world().put(gone);
    let back = plan(&env);
    assert_eq!(said(&back, "user_0005"), "move -");
    sync(&env, 0);
    assert_settled(&env);
    let world = env.simulator.dingtalk().world();
    let user = world.users.values().find(|user| user.name == "Person 5").unwrap();
    assert!(!user.departments.contains(&990), "{:?}", user.departments);
}

#[test]
fn an_administrator_is_never_removed_moved_or_taken_out() {
    let mut seed = small_company();
    let mut chief = user(3, &[1]);
    chief.sys_level = Some(1);
    let mut deputy = user(6, &[1]);
    deputy.sys_level = Some(2);
    seed.users = vec![chief, deputy];
    seed.departments.push(department(990, "Leavers", 1));
    let env = TestEnv::new(&seed);
    let first = plan(&env);
    // Linking would take them out of the root, which is the target and so counts as bound.
    assert_eq!(said(&first, "user_0003"), "hold -");
    assert_eq!(warnings(row(&first, "user_0003")), ["administrator"]);
    env.simulator.dingtalk().world().remove_user("u0006");
    env.run(&["links", "set", "user", "user_0003", "u0003"]);
    sync(&env, 0);
    leave(&env, &["user_0003"]);
    for leavers in ["leavers = \"remove\"", "leavers = \"move\"\nleavers_department = 990"] {
        scenario(&env, &whole(leavers));
        let next = plan(&env);
        assert_eq!(said(&next, "user_0003"), "hold gone", "{leavers}");
        assert_eq!(warnings(row(&next, "user_0003")), ["administrator"]);
    }
}

#[test]
fn disabled_accounts_are_kept_updated_or_leave_by_setting() {
    let env = TestEnv::new(&small_company());
    sync(&env, 0);
    {
        let mut world = env.simulator.idaas().world();
        let mut account = world.accounts["user_0005"].account.clone();
        account.disabled = true;
        account.display_name = Some("Renamed".into());
        world.put(account);
    }
    scenario(&env, &whole("disabled_accounts = \"keep\"\nleavers = \"remove\""));
    assert_eq!(said(&plan(&env), "user_0005"), "hold disabled");
    scenario(&env, &whole("disabled_accounts = \"update\"\nleavers = \"remove\""));
    assert_eq!(said(&plan(&env), "user_0005"), "update -");
    scenario(&env, &whole("disabled_accounts = \"leave\"\nleavers = \"hold\""));
    assert_eq!(said(&plan(&env), "user_0005"), "hold disabled");
    scenario(&env, &whole("disabled_accounts = \"leave\"\nleavers = \"remove\""));
    assert_eq!(said(&plan(&env), "user_0005"), "remove disabled");
    // Left out by include: a leaver too.
    scenario(
        &env,
        &whole(
            "disabled_accounts = \"update\"\nleavers = \"remove\"\ninclude = 'user.status == \"enabled\"'",
        ),
    );
    assert_eq!(said(&plan(&env), "user_0005"), "remove excluded");
}

#[test]
fn what_a_leaver_gives_up_can_be_taken_in_the_same_run() {
    let env = generous(&small_company());
    sync(&env, 0);
    let old = env.simulator.idaas().world().remove("user_0005").unwrap().account;
    let mut heir = account(50, &["ou_b"]);
    heir.phone_number = old.phone_number;
    heir.email = old.email;
    env.simulator.idaas().world().put(heir);
    assert_eq!(said(&plan(&env), "user_0050"), "conflict value_taken");
    scenario(&env, &whole("leavers = \"remove\""));
    assert_eq!(said(&plan(&env), "user_0050"), "create -");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_settled(&env);
}
