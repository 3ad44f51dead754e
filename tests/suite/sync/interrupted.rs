//! Killed, stopped, resumed: nothing is lost and nothing is repeated.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::support::{TestEnv, account, small_company};

fn large() -> dingsync::simulator::seed::Seed {
    let mut seed = small_company();
    seed.accounts.extend((100..260).map(|number| account(number, &["ou_a", "ou_b"])));
    seed
}

/// Starts a command and waits until so many records are done.
fn until(env: &TestEnv, arguments: &[&str], records: usize) -> Child {
    let mut child = env.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen = 0;
    for line in lines {
        seen += usize::from(line.unwrap().contains("\"record\""));
        if seen >= records {
            break;
        }
    }
    child
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
}

#[test]
fn killed_again_and_again_the_run_ends_as_an_undisturbed_one() {
    let undisturbed = TestEnv::new(&large());
    assert_eq!(undisturbed.run(&["sync", "--yes"]).code, 0);
    let env = TestEnv::new(&large());
    env.fault("slow=20");
    let mut child = until(&env, &["sync", "--yes", "--json"], 5);
    for records in [1, 20, 7, 30] {
        signal(&child, "-9");
        child.wait().unwrap();
        child = until(&env, &["resume", "--json"], records);
    }
    signal(&child, "-9");
    child.wait().unwrap();
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(super::picture(&env), super::picture(&undisturbed));
    super::assert_empty_preview(&env);
    let counts = env.simulator.dingtalk().counts();
    let created = counts.iter().find(|(path, _)| path.ends_with("user/create")).unwrap().1;
    assert_eq!(created.applied, 166);
    let again = env.run(&["resume", "--json"]);
    assert_eq!((again.code, again.lines()[0]["total"].as_u64()), (0, Some(0)));
}

#[test]
fn an_interrupt_drains_and_leaves_a_run_that_can_be_resumed() {
    let env = TestEnv::new(&large());
    env.fault("slow=30");
    let mut child = until(&env, &["sync", "--yes", "--json"], 5);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let done = super::picture(&env).1.len();
    assert!(done < 166);
    let runs = env.run(&["runs", "--json"]).json();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 1);
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(super::picture(&env).1.len(), 166);
}

#[test]
fn a_sync_on_an_unfinished_run_plans_afresh_and_cancels_the_old_one() {
    let env = TestEnv::new(&large());
    env.fault("slow=30");
    let mut child = until(&env, &["sync", "--yes", "--json"], 5);
    signal(&child, "-9");
    child.wait().unwrap();
    env.heal("slow");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let runs = env.run(&["runs", "--json"]).json();
    assert_eq!(runs["runs"][1]["status"], "cancelled");
    assert_eq!(super::picture(&env).1.len(), 166);
    super::assert_empty_preview(&env);
}

#[test]
fn whoever_was_changed_while_the_run_lay_still_is_not_removed() {
    let env = TestEnv::new(&large());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    env.write_settings("[limits]\nremove_percent = 50\n");
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    let settings = settings.replace("target = 1 }]", "target = 1 }]\nleavers = \"remove\"");
    std::fs::write(env.path("dingsync.toml"), settings).unwrap();
    {
        let mut world = env.simulator.idaas().world();
        (300..360).for_each(|number| world.put(account(number, &["ou_a"])));
        (100..102).for_each(|number| drop(world.remove(&format!("user_{number:04}"))));
    }
    env.fault("slow=20");
    let mut child = until(&env, &["sync", "--yes", "--json"], 3);
    signal(&child, "-9");
    child.wait().unwrap();
    let promoted = {
        let mut world = env.simulator.dingtalk().world();
        let user = world.users.values_mut().find(|user| user.name == "Person 100").unwrap();
        user.fields.insert("title".into(), "Head of everything".into());
        user.name.clone()
    };
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    let skipped: Vec<_> = ran.lines().into_iter().filter(|line| line["outcome"] == "skipped").collect();
    assert_eq!((skipped.len(), &skipped[0]["code"]), (1, &"stale".into()), "{skipped:?}");
    let (_, people) = super::picture(&env);
    assert!(
        people.iter().any(|(name, _)| *name == promoted)
            && people.iter().all(|(name, _)| name != "Person 101")
    );
}

#[test]
fn a_resume_reads_only_what_was_in_flight() {
    let env = TestEnv::new(&large());
    env.fault("slow=20");
    let mut child = until(&env, &["sync", "--yes", "--json"], 20);
    signal(&child, "-9");
    child.wait().unwrap();
    let listings = |env: &TestEnv| {
        let counts = env.simulator.dingtalk().counts();
        counts
            .iter()
            .filter(|(path, _)| path.ends_with("user/list"))
            .map(|(_, count)| count.calls)
            .sum::<u64>()
    };
    let before = listings(&env);
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(listings(&env), before, "the address book was read again");
    assert_eq!(super::picture(&env).1.len(), 166);
    super::assert_empty_preview(&env);
}
