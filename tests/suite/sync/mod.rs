//! Verb 3 through the program, over HTTP: what is written, what is told, what is remembered.

mod approval;
mod faults;
mod interrupted;
mod order;
mod undone;

use serde_json::Value;

use crate::support::{TestEnv, account, department, small_company, unit, user};

/// A name and where it is, places by name.
type Placed = Vec<(String, Vec<String>)>;

/// The departments and users of DingTalk without their ids.
pub(crate) fn picture(env: &TestEnv) -> (Placed, Placed) {
    let world = env.simulator.dingtalk().world();
    let name = |id: &i64| world.departments.get(id).map_or("?".to_owned(), |found| found.name.clone());
    let names = |ids: &[i64]| {
        let mut names: Vec<String> = ids.iter().map(name).collect();
        names.sort();
        names
    };
    let mut tree: Placed = world
        .departments
        .values()
        .map(|department| (department.name.clone(), names(department.parent.as_slice())))
        .collect();
    let mut people: Placed =
        world.users.values().map(|user| (user.name.clone(), names(&user.departments))).collect();
    tree.sort();
    people.sort();
    (tree, people)
}

pub(crate) fn finished(lines: &[Value]) -> &Value {
    let last = lines.last().unwrap();
    assert_eq!(last["type"], "finished", "{last}");
    last
}

fn assert_empty_preview(env: &TestEnv) {
    let ran = env.run(&["preview", "--json", "--detailed-exitcode"]);
    assert_eq!(ran.code, 0, "the second preview is not empty: {}\n{}", ran.stdout, ran.stderr);
}

#[test]
fn a_whole_company_arrives_and_the_second_preview_is_empty() {
    let env = TestEnv::new(&small_company());
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let lines = ran.lines();
    assert_eq!(lines[0]["type"], "started");
    assert_eq!(lines[0]["total"], 9);
    let records: Vec<&Value> = lines.iter().filter(|line| line["type"] == "record").collect();
    assert_eq!(records.len(), 9);
    assert!(records.iter().enumerate().all(|(index, record)| record["seq"] == index + 1));
    assert!(records.iter().all(|record| record["outcome"] == "applied" && record["attempts"] == 1));
    assert_eq!(finished(&lines)["status"], "success");
    assert_eq!(finished(&lines)["summary"]["applied"], 9);
    let (tree, people) = picture(&env);
    assert!(tree.contains(&("平台组".into(), vec!["研发中心".into()])), "{tree:?}");
    assert!(people.contains(&("Person 4".into(), vec!["市场部".into(), "平台组".into()])), "{people:?}");
    assert_empty_preview(&env);
}

#[test]
fn people_are_linked_and_their_differences_written() {
    let mut seed = small_company();
    seed.departments.push(department(700, "研发中心", 1));
    let mut old = user(3, &[700]);
    old.name = "Old Name".into();
    seed.users.push(old);
    seed.users.push(user(90, &[700]));
    let env = TestEnv::new(&seed);
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let (tree, people) = picture(&env);
    assert_eq!(tree.iter().filter(|(name, _)| name == "研发中心").count(), 1);
    assert!(people.contains(&("Person 3".into(), vec!["研发中心".into()])));
    assert!(people.contains(&("Person 90".into(), vec!["研发中心".into()])));
    let links = env.run(&["links", "list", "--json"]).json();
    assert_eq!(links["links"].as_array().unwrap().len(), 9);
    assert_empty_preview(&env);
}

#[test]
fn a_field_that_changed_is_updated_and_nothing_else_is_called() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    let before = env.simulator.dingtalk().writes();
    {
        let mut world = env.simulator.idaas().world();
        let mut changed = account(3, &["ou_c"]);
        changed.display_name = Some("新名字".into());
        world.put(changed);
    }
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let record = ran.lines().into_iter().find(|line| line["type"] == "record").unwrap();
    assert_eq!(record["action"], "move");
    assert_eq!(env.simulator.dingtalk().writes(), before + 1);
    let (_, people) = picture(&env);
    assert!(people.contains(&("新名字".into(), vec!["市场部".into()])), "{people:?}");
    assert_empty_preview(&env);
}

#[test]
fn a_leaver_is_held_by_default_and_removed_when_the_settings_say_so() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    env.simulator.idaas().world().remove("user_0005");
    let plan = env.run(&["preview", "--json"]).json();
    assert_eq!(plan["summary"]["users"]["hold"], 1);
    assert_eq!(env.run(&["sync", "--yes", "--json"]).code, 0);
    assert_eq!(picture(&env).1.len(), 6);
    env.write_settings("[limits]\nremove_percent = 50\n");
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    std::fs::write(
        env.path("dingsync.toml"),
        settings.replace("target = 1 }]", "target = 1 }]\nleavers = \"remove\""),
    )
    .unwrap();
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(picture(&env).1.len(), 5);
    assert_empty_preview(&env);
}

#[test]
fn a_large_company_arrives_whole() {
    let mut seed = small_company();
    for number in 0..40 {
        seed.units.push(unit(&format!("ou_{number}"), &format!("组 {number}"), Some("ou_a")));
    }
    for number in 100..500 {
        seed.accounts.push(account(number, &[format!("ou_{}", number % 40).as_str()]));
    }
    let env = TestEnv::new(&seed);
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(finished(&ran.lines())["summary"]["applied"], 449);
    assert_empty_preview(&env);
}
