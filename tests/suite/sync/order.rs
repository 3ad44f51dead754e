//! Names and values that change hands arrive where they belong.

use crate::support::{TestEnv, account, small_company, unit};

#[test]
fn two_siblings_that_swap_names_swap_them() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    {
        let mut world = env.simulator.idaas().world();
        world.units.get_mut("ou_a").unwrap().unit.name = "市场部".into();
        world.units.get_mut("ou_c").unwrap().unit.name = "研发中心".into();
    }
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    super::assert_empty_preview(&env);
}

#[test]
fn an_address_that_goes_from_one_person_to_another_arrives() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    {
        let mut world = env.simulator.idaas().world();
        let (mut one, mut two) = (account(1, &["ou_root"]), account(2, &["ou_root"]));
        (one.email, two.email) = (two.email.clone(), Some("fresh@example.com".into()));
        world.put(one);
        world.put(two);
    }
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    super::assert_empty_preview(&env);
}

#[test]
fn two_people_who_swap_addresses_swap_them() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    {
        let mut world = env.simulator.idaas().world();
        let (mut one, mut two) = (account(1, &["ou_root"]), account(2, &["ou_root"]));
        std::mem::swap(&mut one.email, &mut two.email);
        world.put(one);
        world.put(two);
    }
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    super::assert_empty_preview(&env);
}

#[test]
fn a_deep_tree_is_made_parents_first() {
    let mut seed = small_company();
    let mut parent = "ou_b".to_owned();
    for depth in 0..6 {
        let id = format!("ou_deep{depth}");
        seed.units.push(unit(&id, &format!("层 {depth}"), Some(&parent)));
        seed.accounts.push(account(200 + depth, &[id.as_str()]));
        parent = id;
    }
    let env = TestEnv::new(&seed);
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    super::assert_empty_preview(&env);
}

#[test]
fn what_needs_a_department_that_failed_is_skipped_with_its_reason() {
    let env = TestEnv::new(&small_company());
    env.fault("unknown-code=1@department/create");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    let lines = ran.lines();
    assert!(
        lines.iter().any(|line| line["outcome"] == "skipped" && line["code"] == "blocked_by"),
        "{lines:?}"
    );
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    super::assert_empty_preview(&env);
}
