//! Units and their departments, pairs and targets (contract 4, "Source unit and target", "Departments").

use serde_json::json;

use super::{assert_settled, change, plan, row, said, scenario, sync, whole};
use crate::support::{TestEnv, account, department, small_company, unit, user};

#[test]
fn a_department_is_found_by_binding_then_identifier_then_name() {
    let mut seed = small_company();
    let mut moved = department(700, "Another name", 1);
    moved.source_identifier = Some("ou_a".into());
    seed.departments = vec![moved, department(701, "研发中心", 1), department(702, "市场部", 1)];
    let env = TestEnv::new(&seed);
    let first = plan(&env);
    assert_eq!(row(&first, "ou_a")["matched_by"], "source_identifier");
    assert_eq!(row(&first, "ou_a")["target_id"], "700");
    // 701 keeps the name that 700 would be given.
    assert_eq!(said(&first, "ou_a"), "conflict value_taken");
    assert_eq!(said(&first, "ou_b"), "blocked parent_blocked");
    assert_eq!(row(&first, "ou_c")["matched_by"], "name");
    assert_eq!(change(row(&first, "ou_c"), "source_identifier").unwrap(), (json!(null), json!("ou_c")));
    env.simulator.dingtalk().world().remove_department(701);
    sync(&env, 0);
    let next = plan(&env);
    assert_eq!(row(&next, "ou_a")["matched_by"], "binding");
    assert_settled(&env);
}

#[test]
fn an_identifier_that_names_another_existing_unit_is_not_matched_by_name() {
    let mut seed = small_company();
    let mut other = department(700, "市场部", 1);
    other.source_identifier = Some("ou_a".into());
    let mut unknown = department(701, "研发中心", 1);
    unknown.source_identifier = Some("ou_of_nobody".into());
    seed.departments = vec![other, unknown];
    let env = TestEnv::new(&seed);
    let plan = plan(&env);
    assert_eq!(row(&plan, "ou_a")["target_id"], "700");
    assert_eq!(row(&plan, "ou_a")["matched_by"], "source_identifier");
}

#[test]
fn a_stale_identifier_is_replaced_when_the_name_is_recognised() {
    let mut seed = small_company();
    let mut unknown = department(701, "研发中心", 1);
    unknown.source_identifier = Some("ou_of_nobody".into());
    seed.departments = vec![unknown];
    let env = TestEnv::new(&seed);
    let plan = plan(&env);
    assert_eq!(row(&plan, "ou_a")["matched_by"], "name");
    let marks = change(row(&plan, "ou_a"), "source_identifier").unwrap();
    assert_eq!(marks, (json!("ou_of_nobody"), json!("ou_a")));
}

#[test]
fn the_source_unit_is_no_row_or_becomes_a_child_of_the_target() {
    let env = TestEnv::new(&small_company());
    let first = plan(&env);
    assert!(first["changes"].as_array().unwrap().iter().all(|row| row["source_id"] != "ou_root"));
    assert_eq!(first["source"]["units"], 3);
    let places = change(row(&first, "user_0001"), "dept_id_list").unwrap().1;
    assert_eq!(places, json!(["1"]));
    scenario(&env, &whole("create_source_unit = true"));
    let second = plan(&env);
    assert_eq!(said(&second, "ou_root"), "create -");
    assert_eq!(change(row(&second, "ou_root"), "parent_id").unwrap().1, "1");
    assert_eq!(change(row(&second, "ou_a"), "parent_id").unwrap().1, "new:ou_root");
    assert_eq!(change(row(&second, "user_0001"), "dept_id_list").unwrap().1, json!(["new:ou_root"]));
    assert_eq!(second["source"]["units"], 4);
    sync(&env, 0);
    assert_settled(&env);
}

#[test]
fn several_pairs_each_write_under_their_own_target() {
    let mut seed = small_company();
    seed.departments = vec![department(800, "Left", 1), department(900, "Right", 1)];
    let env = TestEnv::new(&seed);
    scenario(
        &env,
        "scope = [{ sources = [\"ou_a\"], target = 800 }, { sources = [\"ou_c\"], target = 900 }]",
    );
    let first = plan(&env);
    assert_eq!(first["summary"]["departments"]["create"], 1);
    assert_eq!(change(row(&first, "ou_b"), "parent_id").unwrap().1, "800");
    assert_eq!(change(row(&first, "user_0003"), "dept_id_list").unwrap().1, json!(["800"]));
    let two = change(row(&first, "user_0004"), "dept_id_list").unwrap().1;
    assert_eq!(two, json!(["new:ou_b", "900"]));
    assert_eq!(first["source"]["accounts"], 4);
    // Targets exist by configuration: neither rows nor unmanaged.
    assert_eq!(first["summary"]["departments"]["unmanaged"], 0);
    sync(&env, 0);
    assert_settled(&env);
    let world = env.simulator.dingtalk().world();
    assert!(world.departments[&800].source_identifier.is_none(), "a target is never written to");
}

#[test]
fn several_sources_of_one_pair_share_the_target() {
    let env = TestEnv::new(&small_company());
    scenario(&env, "scope = [{ sources = [\"ou_a\", \"ou_c\"], target = 1 }]\ncreate_source_unit = true");
    let first = plan(&env);
    assert_eq!(change(row(&first, "ou_a"), "parent_id").unwrap().1, "1");
    assert_eq!(change(row(&first, "ou_c"), "parent_id").unwrap().1, "1");
    sync(&env, 0);
    assert_settled(&env);
}

#[test]
fn names_that_dingtalk_refuses_block_the_department_and_what_is_below_it() {
    let mut seed = small_company();
    seed.units[1].name = "R&D - East".into();
    seed.units.push(unit("ou_d", "a，b", Some("ou_root")));
    seed.units.push(unit("ou_e", &"名".repeat(65), Some("ou_root")));
    seed.accounts.push(account(7, &["ou_a", "ou_c"]));
    let env = TestEnv::new(&seed);
    let first = plan(&env);
    assert_eq!(said(&first, "ou_a"), "blocked illegal_department_name");
    assert_eq!(said(&first, "ou_d"), "blocked illegal_department_name");
    assert_eq!(said(&first, "ou_e"), "blocked value_too_long");
    assert_eq!(said(&first, "ou_b"), "blocked parent_blocked");
    assert_eq!(said(&first, "user_0003"), "blocked no_department");
    // One of two units can be placed.
    assert_eq!(change(row(&first, "user_0007"), "dept_id_list").unwrap().1, json!(["new:ou_c"]));
    assert_eq!(said(&first, "user_0004"), "create -");
    sync(&env, 3);
}

#[test]
fn siblings_of_one_name_are_a_conflict_and_the_twenty_first_level_is_too_deep() {
    let mut seed = small_company();
    seed.units.push(unit("ou_x", " 市场部", Some("ou_root")));
    for level in 1..=21 {
        let parent = if level == 1 { "ou_root".to_owned() } else { format!("ou_l{:02}", level - 1) };
        seed.units.push(unit(&format!("ou_l{level:02}"), &format!("Level {level}"), Some(&parent)));
    }
    let env = TestEnv::new(&seed);
    let plan = plan(&env);
    assert_eq!(said(&plan, "ou_c"), "conflict duplicate_sibling");
    assert_eq!(said(&plan, "ou_x"), "conflict duplicate_sibling");
    assert_eq!(said(&plan, "user_0006"), "blocked no_department");
    assert_eq!(said(&plan, "ou_l20"), "create -");
    assert_eq!(said(&plan, "ou_l21"), "blocked too_deep");
}

#[test]
fn a_bound_department_is_renamed_and_moved_by_its_id() {
    let env = TestEnv::new(&small_company());
    sync(&env, 0);
    {
        let mut world = env.simulator.idaas().world();
        world.units.get_mut("ou_b").unwrap().unit.parent = Some("ou_c".into());
        world.units.get_mut("ou_a").unwrap().unit.name = "研发部".into();
    }
    let next = plan(&env);
    assert_eq!(said(&next, "ou_a"), "update -");
    assert_eq!(change(row(&next, "ou_a"), "name").unwrap(), (json!("研发中心"), json!("研发部")));
    assert_eq!(said(&next, "ou_b"), "move -");
    sync(&env, 0);
    assert_settled(&env);
}

#[test]
fn a_department_of_an_associated_organisation_is_never_planned_against() {
    let mut seed = small_company();
    let mut foreign = department(700, "研发中心", 1);
    foreign.from_union_org = true;
    seed.departments = vec![foreign];
    seed.users = vec![user(90, &[700])];
    let env = TestEnv::new(&seed);
    let plan = plan(&env);
    assert_ne!(row(&plan, "ou_a")["target_id"], "700");
}

#[test]
fn nested_sources_and_unknown_targets_are_refused() {
    let env = TestEnv::new(&small_company());
    scenario(&env, "scope = [{ sources = [\"ou_root\"], target = 1 }, { sources = [\"ou_a\"], target = 1 }]");
    let ran = env.run(&["preview", "--json"]);
    assert!([1, 78].contains(&ran.code), "{} {}", ran.code, ran.stderr);
    scenario(&env, "scope = [{ sources = [\"ou_root\"], target = 4711 }]");
    let ran = env.run(&["preview", "--json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.json()["error"]["message"].as_str().unwrap().contains("4711"));
    scenario(&env, "scope = [{ sources = [\"ou_nowhere\"], target = 1 }]");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.json()["error"]["message"].as_str().unwrap().contains("ou_nowhere"));
}
