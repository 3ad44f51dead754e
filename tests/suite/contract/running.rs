//! While a run goes on: interrupts, fresh reads before writes, retry, resume and undo (contract 2, 5 and 7).

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde_json::json;

use dingsync::connect::{Connection, SystemClock};
use dingsync::core::clock::Clock;
use dingsync::core::journal::RunKind;
use dingsync::core::plan::Approval;
use dingsync::core::preview::preview;
use dingsync::core::synchronize::{StopSignal, Work, apply};
use dingsync::simulator::options::Options;

use super::{assert_settled, plan, said, scenario, sync, whole};
use crate::support::{TestEnv, account, small_company};

fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not happen within a minute");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
}

fn calls(env: &TestEnv, path: &str) -> u64 {
    env.simulator
        .dingtalk()
        .counts()
        .iter()
        .filter(|(name, _)| name.ends_with(path))
        .map(|(_, count)| count.calls)
        .sum()
}

fn start(env: &TestEnv, arguments: &[&str]) -> Child {
    env.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn an_interrupt_while_reading_ends_with_130_and_nothing_on_standard_output() {
    for (name, arguments) in
        [("-INT", ["preview", "--json"]), ("-TERM", ["check", "--json"]), ("-INT", ["why", "user_0001"])]
    {
        let env = TestEnv::new(&small_company());
        env.fault("slow=20000");
        let child = start(&env, &arguments);
        let answered = || calls(&env, "") > 0 || env.simulator.idaas().counters().values().sum::<u64>() > 0;
        until("the first call", answered);
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{arguments:?}");
        assert_eq!(output.stdout, b"");
    }
}

#[test]
fn a_ban_while_reading_is_told_and_can_be_interrupted() {
    use std::io::BufRead;
    for arguments in [["preview", "--json"], ["sync", "--yes"], ["check", "--json"]] {
        let env = TestEnv::new(&small_company());
        env.fault("html-answer=1@department/listsub");
        let mut child = start(&env, &arguments);
        let mut told = String::new();
        std::io::BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
        assert!(told.contains("lets nothing through for 3"), "{arguments:?}: {told}");
        signal(&child, "-INT");
        assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?}");
    }
}

#[test]
fn a_second_interrupt_stops_at_once_and_the_run_can_be_resumed() {
    let env = TestEnv::new(&small_company());
    env.fault("slow=0");
    env.heal("slow");
    let mut child = {
        let child = start(&env, &["sync", "--yes", "--json"]);
        until("the end of the read", || calls(&env, "user/listadmin") > 0);
        env.fault("slow=20000");
        child
    };
    until("a write", || env.simulator.dingtalk().writes() > 0 || calls(&env, "department/create") > 0);
    signal(&child, "-INT");
    let first = Instant::now();
    // Two signals in a row are one: the first has to be taken note of.
    let mut notes = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(notes.any(|note| note.unwrap().contains("press Ctrl-C again")), "the first interrupt is told");
    signal(&child, "-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(first.elapsed() < Duration::from_secs(15), "the second interrupt waited for the answer");
    let last: serde_json::Value =
        serde_json::from_str(std::str::from_utf8(&output.stdout).unwrap().lines().last().unwrap()).unwrap();
    assert_eq!((&last["type"], &last["status"]), (&json!("finished"), &json!("cancelled")));
    env.heal("slow");
    let ran = env.run(&["resume", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_settled(&env);
    let created = env.simulator.dingtalk().counts();
    let applied: u64 =
        created.iter().filter(|(name, _)| name.ends_with("/create")).map(|(_, c)| c.applied).sum();
    assert_eq!(applied, 9);
}

#[test]
fn a_removal_is_preceded_by_a_fresh_read_and_what_changed_since_is_stale() {
    let env = TestEnv::with(
        &small_company(),
        dingsync::simulator::options::Options { dingtalk_qps: 1000, ..Default::default() },
        "[limits]\nremove_percent = 100\nsource_shrink_percent = 100\n",
    );
    sync(&env, 0);
    scenario(&env, &whole("leavers = \"remove\""));
    env.simulator.idaas().world().remove("user_0005");
    env.simulator.idaas().world().remove("user_0006");
    let before = calls(&env, "user/get");
    let admins = calls(&env, "user/listadmin");
    env.fault("slow=700");
    let child = start(&env, &["sync", "--yes", "--json"]);
    until("the end of the read", || calls(&env, "user/listadmin") > admins);
    env.simulator.dingtalk().world().users.values_mut().find(|u| u.name == "Person 5").unwrap().name =
        "By hand".into();
    let output = child.wait_with_output().unwrap();
    env.heal("slow");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    let stale = text.lines().find(|line| line.contains("\"stale\"")).unwrap();
    assert!(stale.contains("user_0005") && stale.contains("skipped"), "{stale}");
    assert_eq!(calls(&env, "user/get") - before, 2, "one fresh read for each removal");
    let names: Vec<String> =
        env.simulator.dingtalk().world().users.values().map(|u| u.name.clone()).collect();
    assert!(names.contains(&"By hand".into()) && !names.contains(&"Person 6".into()), "{names:?}");
}

/// A clock that is ahead of the machine's.
struct Later(i64);

#[async_trait]
impl Clock for Later {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.0
    }

    async fn sleep(&self, ms: u64) {
        SystemClock.sleep(ms).await;
    }
}

#[test]
fn an_update_looks_again_only_when_what_was_read_is_older_than_ten_minutes() {
    for (minutes, reads) in [(9, 0), (11, 1)] {
        let env = TestEnv::new(&small_company());
        sync(&env, 0);
        let mut renamed = account(5, &["ou_b"]);
        renamed.display_name = Some("Renamed".into());
        env.simulator.idaas().world().put(renamed);
        let before = calls(&env, "user/get");
        env.block_on(async {
            let config = dingsync::config::load(&dingsync::config::LoadOptions {
                config: Some(env.path("dingsync.toml")),
                state: None,
                language: None,
                environment: dingsync::config::Environment::process(),
            })
            .unwrap();
            let connection = Connection::open(&config).await.unwrap();
            let made = preview(&connection.reading()).await.unwrap();
            let clock = Later(minutes * 60_000);
            let work = Work { clock: &clock, ..connection.work() };
            let approved = made.plan.approve(&Approval { removals: None }).unwrap();
            let stop = StopSignal::new();
            apply(&work, approved, &made.target, RunKind::Sync, None, &mut |_| {}, &stop).await.unwrap();
        });
        assert_eq!(calls(&env, "user/get") - before, reads, "after {minutes} minutes");
        assert!(env.simulator.dingtalk().world().users.values().any(|user| user.name == "Renamed"));
    }
}

#[test]
fn a_resumed_run_keeps_its_id_and_needs_no_approval() {
    let env = TestEnv::new(&small_company());
    env.fault("no-permission=qyapi_manage_addresslist");
    let failed = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(failed.code, 1);
    let run = failed.lines()[0]["run"].clone();
    let runs = env.run(&["runs", "--json"]).json();
    assert_eq!(runs["runs"][0]["run"], run);
    env.heal("no-permission");
    let resumed = env.run(&["resume", "--json"]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(resumed.lines()[0]["run"], run);
    assert_eq!(env.run(&["runs", "--json"]).json()["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn a_run_that_only_was_interrupted_is_left_to_resume_by_a_retry() {
    let mut seed = small_company();
    seed.accounts.extend((7..60).map(|number| account(number, &["ou_c"])));
    let env = TestEnv::with(&seed, Options { dingtalk_qps: 4, ..Options::default() }, "");
    let mut child = start(&env, &["sync", "--yes", "--json"]);
    let made = || !env.simulator.dingtalk().written().is_empty();
    until("the first write", made);
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let run = env.run(&["runs", "--json"]).json()["runs"][0]["run"].clone();
    let retried = env.run(&["retry", "--yes", "--json"]);
    assert_eq!(retried.code, 1, "{}", retried.stdout);
    let error = retried.json()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains(run.as_str().unwrap()), "{error}");
    env.fault("qps=1000");
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    let faster = settings.replace("calls_per_second = 4\n", "calls_per_second = 1000\n");
    std::fs::write(env.path("dingsync.toml"), faster).unwrap();
    let resumed = env.run(&["resume", "--json"]);
    assert_eq!((resumed.code, &resumed.lines()[0]["run"]), (0, &run), "{}", resumed.stderr);
    assert_settled(&env);
}

#[test]
fn a_retry_tries_what_failed_and_nothing_else() {
    let env = TestEnv::new(&small_company());
    env.fault("unknown-code=1@user/create");
    let lines = env.run(&["sync", "--yes", "--json"]).lines();
    let is_done = |number: u32| {
        let id = format!("user_{number:04}");
        lines.iter().any(|line| line["source_id"] == id.as_str() && line["outcome"] == "applied")
    };
    let number = (1..=2).find(|number| is_done(*number)).unwrap();
    env.heal("unknown-code");
    let mut renamed = account(number, &["ou_root"]);
    renamed.display_name = Some("Renamed".into());
    env.simulator.idaas().world().put(renamed);
    let ran = env.run(&["retry", "--json"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (4, &json!("approval")));
    let ran = env.run(&["retry", "--json", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.lines()[0]["total"], 1);
    assert!(env.simulator.dingtalk().world().users.values().all(|user| user.name != "Renamed"));
    let again = env.run(&["retry", "--json", "--yes"]);
    assert_eq!((again.code, &again.lines()[0]["total"]), (0, &json!(0)));
}

#[test]
fn an_undone_link_is_bound_no_more_and_gets_back_what_it_had() {
    let mut seed = small_company();
    let mut old = crate::support::user(3, &[1]);
    old.name = "Old".into();
    seed.users = vec![old];
    let env = TestEnv::with(
        &seed,
        dingsync::simulator::options::Options { dingtalk_qps: 1000, ..Default::default() },
        "[limits]\nremove_percent = 100\n",
    );
    sync(&env, 0);
    let run = env.run(&["runs", "--json"]).json()["runs"][0]["run"].as_str().unwrap().to_owned();
    let shown = env.run(&["undo", &run, "--json"]);
    assert_eq!((shown.code, shown.json()["format"].clone()), (0, json!("dingsync.plan/1")));
    let writes = env.simulator.dingtalk().writes();
    let wrong = env.run(&["undo", &run, "--yes", "--json", "--approve-removals", "3"]);
    assert_eq!((wrong.code, wrong.json()["error"]["kind"].clone()), (4, json!("approval")));
    assert_eq!(env.simulator.dingtalk().writes(), writes);
    let ran = env.run(&["undo", &run, "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(env.run(&["links", "list", "--json"]).json()["links"], json!([]));
    let world = env.simulator.dingtalk().world();
    assert_eq!((world.users.len(), world.departments.len()), (1, 1));
    assert_eq!((world.users["u0003"].name.as_str(), &world.users["u0003"].departments), ("Old", &vec![1]));
    drop(world);
    assert_eq!(said(&plan(&env), "user_0003"), "link -");
}
