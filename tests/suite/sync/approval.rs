//! Nothing is written that nobody approved.

use crate::support::{TestEnv, account, small_company};

#[test]
fn without_a_terminal_and_without_yes_nothing_is_written() {
    let env = TestEnv::new(&small_company());
    let ran = env.run(&["sync", "--json"]);
    assert_eq!(ran.code, 4);
    assert_eq!(ran.json()["error"]["kind"], "approval");
    assert_eq!(env.simulator.dingtalk().writes(), 0);
}

#[test]
fn removals_beyond_the_limit_need_their_exact_number() {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    env.write_settings("[limits]\nremove_users = 0\nremove_percent = 100\n");
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    let settings = settings.replace("target = 1 }]", "target = 1 }]\nleavers = \"remove\"");
    std::fs::write(env.path("dingsync.toml"), settings).unwrap();
    env.simulator.idaas().world().remove("user_0006");
    let writes = env.simulator.dingtalk().writes();
    let refused = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(refused.code, 4);
    assert_eq!(refused.json()["error"]["kind"], "limit");
    assert_eq!(env.run(&["sync", "--yes", "--approve-removals", "2"]).code, 4);
    assert_eq!(env.simulator.dingtalk().writes(), writes);
    assert_eq!(env.run(&["sync", "--yes", "--approve-removals", "1"]).code, 0);
    assert_eq!(super::picture(&env).1.len(), 5);
}

#[test]
fn a_saved_plan_is_applied_as_it_is_and_refused_when_the_source_moved() {
    let env = TestEnv::new(&small_company());
    let file = env.path("plan.json");
    let file = file.to_str().unwrap();
    assert_eq!(env.run(&["preview", "--out", file]).code, 0);
    let mut changed = account(3, &["ou_a"]);
    changed.display_name = Some("Renamed".into());
    env.simulator.idaas().world().put(changed);
    let refused = env.run(&["sync", "--yes", "--json", "--plan", file]);
    assert_eq!(refused.code, 4);
    assert_eq!(refused.json()["error"]["kind"], "stale");
    assert_eq!(env.simulator.dingtalk().writes(), 0);
    let ran = env.run(&["sync", "--yes", "--json", "--plan", file, "--skip-stale"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(super::finished(&ran.lines())["summary"]["applied"], 8);
    let (_, people) = super::picture(&env);
    assert!(people.iter().all(|(name, _)| name != "Renamed" && name != "Person 3"));
}

#[test]
fn a_plan_changed_by_hand_is_refused() {
    let env = TestEnv::new(&small_company());
    let file = env.path("plan.json");
    assert_eq!(env.run(&["preview", "--out", file.to_str().unwrap()]).code, 0);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("Person 3", "Somebody")).unwrap();
    let ran = env.run(&["sync", "--yes", "--json", "--plan", file.to_str().unwrap()]);
    assert_eq!(ran.code, 4);
    assert_eq!(ran.json()["error"]["kind"], "stale");
    assert_eq!(env.simulator.dingtalk().writes(), 0);
}

#[test]
fn a_second_run_says_who_holds_the_lock() {
    let env = TestEnv::new(&small_company());
    env.fault("slow=3000");
    let mut first =
        env.command(&["sync", "--yes", "--json"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let holds = || std::fs::read_to_string(env.path("state.lock")).is_ok_and(|note| !note.is_empty());
    while !holds() {
        assert!(std::time::Instant::now() < deadline, "the first run never took the lock");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(second.code, 4, "{}", second.stderr);
    let error = &second.json()["error"];
    assert_eq!(error["kind"], "locked");
    assert!(error["message"].as_str().unwrap().contains(&first.id().to_string()), "{error}");
    env.heal("slow");
    assert_eq!(env.run(&["preview", "--json"]).code, 0, "a preview needs no lock");
    assert_eq!(first.wait().unwrap().code(), Some(0));
}
