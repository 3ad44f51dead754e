//! `undo`: a run and its inverse leave DingTalk as it was.

use crate::support::{TestEnv, account, department, small_company, user};

fn last_run(env: &TestEnv) -> String {
    env.run(&["runs", "--json"]).json()["runs"][0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn creates_and_links_are_undone_and_the_bindings_are_gone() {
    let mut seed = small_company();
    seed.departments.push(department(700, "研发中心", 1));
    let mut old = user(3, &[700]);
    old.name = "Old Name".into();
    seed.users.push(old);
    let env = TestEnv::new(&seed);
    let before = super::picture(&env);
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    let run = last_run(&env);
    let plan = env.run(&["undo", &run, "--json"]).json();
    assert_eq!(plan["format"], "dingsync.plan/1");
    assert_eq!(plan["summary"]["users"]["remove"], 5);
    assert_eq!(plan["summary"]["departments"]["remove"], 2);
    assert_eq!(plan["limits"][0]["limit"], "remove_percent");
    let writes = env.simulator.dingtalk().writes();
    assert_eq!(env.run(&["undo", &run, "--yes", "--json"]).code, 4);
    assert_eq!(env.simulator.dingtalk().writes(), writes);
    let ran = env.run(&["undo", &run, "--yes", "--json", "--approve-removals", "7"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(super::picture(&env), before);
    let links = env.run(&["links", "list", "--json"]).json();
    assert_eq!(links["links"].as_array().unwrap().len(), 0, "{links}");
}

#[test]
fn a_move_is_undone_and_what_was_changed_since_is_left_alone() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    let before = super::picture(&env);
    {
        let mut world = env.simulator.idaas().world();
        let mut one = account(3, &["ou_c"]);
        one.display_name = Some("Moved".into());
        world.put(one);
        let mut two = account(5, &["ou_a"]);
        two.display_name = Some("Touched".into());
        world.put(two);
    }
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    let run = last_run(&env);
    {
        let mut world = env.simulator.dingtalk().world();
        let touched = world.users.values_mut().find(|user| user.name == "Touched").unwrap();
        touched.name = "By hand".into();
    }
    let ran = env.run(&["undo", &run, "--yes", "--json"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    let lines = ran.lines();
    let skipped = lines.iter().find(|line| line["outcome"] == "skipped").unwrap();
    assert_eq!((skipped["code"].as_str(), skipped["source_id"].as_str()), (Some("stale"), Some("user_0005")));
    let (_, people) = super::picture(&env);
    assert!(before.1.iter().filter(|(name, _)| name == "Person 3").all(|person| people.contains(person)));
    assert!(people.iter().any(|(name, _)| name == "By hand"));
}

#[test]
fn a_removed_user_is_named_as_what_cannot_be_undone() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    env.write_settings("[limits]\nremove_percent = 100\n");
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    let settings = settings.replace("target = 1 }]", "target = 1 }]\nleavers = \"remove\"");
    std::fs::write(env.path("dingsync.toml"), settings).unwrap();
    env.simulator.idaas().world().remove("user_0006");
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    let run = last_run(&env);
    let shown = env.run(&["undo", &run]);
    assert_eq!(shown.code, 0);
    assert!(shown.stdout.starts_with("what cannot be undone (1):"), "{}", shown.stdout);
    let ran = env.run(&["undo", &run, "--yes", "--json"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(super::picture(&env).1.len(), 5);
}

#[test]
fn an_unknown_run_is_an_error_that_says_where_to_look() {
    let env = TestEnv::new(&small_company());
    let ran = env.run(&["undo", "20200101-0001", "--json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["error"]["kind"], "state");
}
