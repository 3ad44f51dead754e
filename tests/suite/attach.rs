//! A run as a process of its own: followed from other processes, paused and stopped from outside, not ended by the
//! end of a terminal.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use dingsync::core::event::{Event, PaceState};
use dingsync::core::line::{Line, Told};
use dingsync::core::plan::Plan;
use dingsync::live::{Ask, Errand, Follower, Place, Start, Started, ask, holder};
use serde_json::Value;

use crate::support::{Ran, TestEnv, account, run_alone, small_company};

const PATIENCE: Duration = Duration::from_secs(60);

/// A company whose sync takes a few seconds.
fn slow_company() -> TestEnv {
    let mut seed = small_company();
    seed.accounts.extend((100..400).map(|number| account(number, &["ou_a", "ou_b"])));
    let env = TestEnv::new(&seed);
    env.fault("slow=30");
    env
}

fn state(env: &TestEnv) -> PathBuf {
    env.path("state.db")
}

/// Polls until there is an answer.
fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = poll() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn spawn(env: &TestEnv, arguments: &[&str]) -> Child {
    env.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn output(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// The event file of the only run.
fn events(env: &TestEnv) -> Option<PathBuf> {
    let place = Place::of(&state(env));
    place.events(place.runs().first()?)
}

fn lines(env: &TestEnv) -> Vec<Line> {
    events(env).map(|path| Follower::new(path).read().unwrap()).unwrap_or_default()
}

fn records(env: &TestEnv) -> usize {
    lines(env).iter().filter(|line| matches!(line.told, Told::Event(Event::Record(_)))).count()
}

/// Waits until the run is so far.
fn until(env: &TestEnv, count: usize) {
    wait_for("a record", || (records(env) >= count).then_some(()));
}

fn latest_state(env: &TestEnv) -> Option<PaceState> {
    lines(env).iter().rev().find_map(|line| match &line.told {
        Told::Event(Event::Progress { state, .. }) => Some(*state),
        _ => None,
    })
}

fn plan(env: &TestEnv) -> std::sync::Arc<Plan> {
    std::sync::Arc::new(serde_json::from_str(&env.run(&["preview", "--json"]).stdout).unwrap())
}

fn start(env: &TestEnv, errand: Errand) -> Start {
    Start {
        program: env!("CARGO_BIN_EXE_dingsync").into(),
        config: env.path("dingsync.toml"),
        place: Place::of(&state(env)),
        locale: "en",
        errand,
    }
}

#[test]
fn two_screens_follow_a_run_and_see_what_its_own_output_says() {
    let env = slow_company();
    let sync = spawn(&env, &["sync", "--yes", "--json"]);
    until(&env, 5);
    let attached = [spawn(&env, &["attach", "--json"]), spawn(&env, &["attach"])];
    let sync = output(sync);
    assert_eq!(sync.code, 0, "{}", sync.stderr);
    for attached in attached.map(output) {
        assert_eq!(attached.code, 0, "{}", attached.stderr);
        assert!(attached.stdout == sync.stdout, "{}\n{}", attached.stdout, sync.stdout);
    }
    let mode = std::fs::metadata(events(&env).unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let place = std::fs::metadata(events(&env).unwrap().parent().unwrap()).unwrap().permissions().mode();
    assert_eq!(place & 0o777, 0o700);
}

#[test]
fn what_is_told_without_cursor_moves_is_lines() {
    let env = TestEnv::new(&small_company());
    let sync = env.run(&["sync", "--yes", "--plain"]);
    assert_eq!(sync.code, 0, "{}", sync.stderr);
    assert!(sync.stderr.contains(": 9 records"), "{}", sync.stderr);
    let attached = env.run(&["attach", "--plain"]);
    assert_eq!(attached.code, 0);
    for text in [&sync.stderr, &attached.stdout, &attached.stderr] {
        assert!(!text.contains(['\u{1b}', '\r']), "{text:?}");
    }
    assert!(attached.stdout.contains("9 applied"), "{}", attached.stdout);
}

#[test]
fn a_run_that_was_killed_is_said_to_be_gone_and_resumed_it_is_whole() {
    let env = slow_company();
    let mut sync = spawn(&env, &["sync", "--yes", "--json"]);
    until(&env, 5);
    let attached = spawn(&env, &["attach", "--json"]);
    sync.kill().unwrap();
    sync.wait().unwrap();
    let attached = output(attached);
    assert_eq!(attached.code, 1);
    assert!(attached.stderr.contains("dingsync resume"), "{}", attached.stderr);
    assert_eq!(attached.lines()[0]["type"], "started");
    assert!(attached.lines().iter().all(|line| line["error"].is_null()), "{}", attached.stdout);
    env.heal("slow");
    assert_eq!(env.run(&["resume"]).code, 0);
    let attached = env.run(&["attach", "--json"]);
    assert_eq!(attached.code, 0, "{}", attached.stderr);
    let lines = attached.lines();
    let last: &Value = lines.last().unwrap();
    assert_eq!(last["type"], "finished");
    assert_eq!(last["summary"]["applied"], 309);
}

#[test]
fn a_run_whose_event_file_is_gone_is_told_from_the_journal() {
    let env = TestEnv::new(&small_company());
    let sync = env.run(&["sync", "--yes", "--json"]);
    std::fs::remove_file(events(&env).unwrap()).unwrap();
    let attached = env.run(&["attach", "--json"]);
    assert_eq!(attached.code, 0, "{}", attached.stderr);
    let but_progress = |ran: &Ran| -> Vec<Value> {
        ran.lines().into_iter().filter(|line| line["type"] != "progress").collect()
    };
    assert_eq!(but_progress(&attached), but_progress(&sync));
}

#[test]
fn without_a_run_attach_says_what_to_do() {
    let env = TestEnv::new(&small_company());
    let ran = env.run(&["attach", "--json"]);
    assert_eq!((ran.code, ran.json()["error"]["kind"].as_str()), (1, Some("state")));
    assert!(ran.stderr.contains("dingsync sync"), "{}", ran.stderr);
    let ran = env.run(&["attach", "../../etc/passwd"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("dingsync runs"), "{}", ran.stderr);
}

#[test]
fn a_pause_holds_every_write_back_until_the_run_may_go_on() {
    let env = slow_company();
    let sync = spawn(&env, &["sync", "--yes", "--json"]);
    until(&env, 5);
    let asked = ask(&state(&env), Ask::Pause).unwrap();
    assert_eq!(asked.pid, sync.id());
    ask(&state(&env), Ask::Pause).unwrap();
    wait_for("the pause", || (latest_state(&env) == Some(PaceState::Paused)).then_some(()));
    // What was on its way arrives; then nothing is sent any more.
    let mut before = env.simulator.dingtalk().writes();
    let mut quiet_since = Instant::now();
    wait_for("silence", || {
        let now = env.simulator.dingtalk().writes();
        if now != before {
            (before, quiet_since) = (now, Instant::now());
        }
        (quiet_since.elapsed() > Duration::from_millis(500)).then_some(())
    });
    assert!(records(&env) < 309);
    assert_eq!(latest_state(&env), Some(PaceState::Paused));
    ask(&state(&env), Ask::GoOn).unwrap();
    ask(&state(&env), Ask::GoOn).unwrap();
    let sync = output(sync);
    assert_eq!(sync.code, 0, "{}", sync.stderr);
    assert!(sync.lines().iter().any(|line| line["state"] == "paused"));
}

#[test]
fn a_run_is_stopped_from_outside_even_while_it_waits() {
    let env = slow_company();
    let sync = spawn(&env, &["sync", "--yes", "--json"]);
    until(&env, 5);
    ask(&state(&env), Ask::Pause).unwrap();
    wait_for("the pause", || (latest_state(&env) == Some(PaceState::Paused)).then_some(()));
    ask(&state(&env), Ask::Stop).unwrap();
    assert_eq!(output(sync).code, 130);
    let attached = env.run(&["attach", "--json"]);
    assert_eq!(attached.code, 130);
    assert_eq!(attached.lines().last().unwrap()["status"], "cancelled");
    let error = ask(&state(&env), Ask::Stop).unwrap_err();
    assert!(error.message.contains("no run"), "{error}");
    env.heal("slow");
    assert_eq!(env.run(&["resume"]).code, 0);
}

#[test]
fn a_run_started_detached_answers_its_starter_and_leaves_only_private_files() {
    let env = slow_company();
    let start = start(&env, Errand::Sync { plan: plan(&env), removals: None });
    let mut starting = start.spawn().unwrap();
    let run = match wait_for("the start", || starting.poll()) {
        Started::Run(run) => run,
        Started::Refused(message, _) => panic!("{message}"),
    };
    // The first goes on for as long as the second takes to ask.
    env.fault("slow=2000");
    let second = start.spawn().map(|mut second| wait_for("the refusal", || second.poll())).unwrap();
    env.heal("slow");
    assert!(matches!(&second, Started::Refused(message, _) if message.contains("another run")), "{second:?}");
    let arguments = std::fs::read_to_string(format!("/proc/{}/cmdline", starting.pid())).unwrap();
    let secret = &env.simulator.options().credentials.app_secret;
    assert!(arguments.contains("--plan") && !arguments.contains(secret.as_str()));
    let directory = events(&env).unwrap().parent().unwrap().to_owned();
    for entry in std::fs::read_dir(directory).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let attached = env.run(&["attach", &run, "--json"]);
    assert_eq!(attached.code, 0, "{}", attached.stderr);
    assert_eq!(attached.lines().last().unwrap()["summary"]["applied"], 309);
}

#[test]
fn a_start_that_cannot_be_says_why() {
    let env = TestEnv::new(&small_company());
    let stale = plan(&env);
    env.simulator.idaas().world().remove("user_0005");
    let mut starting = start(&env, Errand::Sync { plan: stale, removals: None }).spawn().unwrap();
    let Started::Refused(message, hint) = wait_for("the refusal", || starting.poll()) else {
        panic!("the plan is stale")
    };
    assert!(message.contains("planned differently") && hint.is_some(), "{message}");
    assert_eq!(env.simulator.dingtalk().writes(), 0);
}

/// A shell in a terminal of its own starts the command in the background and waits.
fn in_terminal(env: &TestEnv, arguments: &str) -> Box<dyn portable_pty::MasterPty + Send> {
    let terminal = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
    let mut shell = portable_pty::CommandBuilder::new("sh");
    let program = env!("CARGO_BIN_EXE_dingsync");
    let config = env.path("dingsync.toml").display().to_string();
    shell.args(["-c", &format!("'{program}' {arguments} --config '{config}' >/dev/null 2>&1; wait")]);
    shell.env_clear();
    shell.env("HOME", env.directory.path());
    shell.env("PATH", "/usr/bin:/bin");
    drop(terminal.slave.spawn_command(shell).unwrap());
    terminal.master
}

#[test]
fn the_end_of_a_terminal_is_not_the_end_of_a_detached_run() {
    run_alone("attach::detached");
}

#[test]
#[ignore = "run by the test above"]
fn detached() {
    let env = slow_company();
    let answer = env.path("answer");
    std::fs::write(&answer, "").unwrap();
    let terminal = in_terminal(&env, &format!("sync --yes --detached '{}'", answer.display()));
    until(&env, 5);
    drop(terminal);
    let done = records(&env);
    let attached = env.run(&["attach", "--json"]);
    assert_eq!(attached.code, 0, "after {done} records: {}", attached.stderr);
    assert_eq!(attached.lines().last().unwrap()["summary"]["applied"], 309);
}

#[test]
fn a_run_in_the_foreground_ends_with_its_terminal_and_can_be_resumed() {
    run_alone("attach::in_the_foreground");
}

#[test]
#[ignore = "run by the test above"]
fn in_the_foreground() {
    let env = slow_company();
    let terminal = in_terminal(&env, "sync --yes");
    until(&env, 5);
    drop(terminal);
    wait_for("the end", || holder(&state(&env)).is_none().then_some(()));
    assert!(records(&env) < 309);
    env.heal("slow");
    assert_eq!(env.run(&["resume"]).code, 0);
}
