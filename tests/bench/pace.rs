//! How near to a limit, and how fast without one (reference `performance.md`, P1, P2, P4, P9).
//!
//! `cargo bench --bench pace` measures everything; a name measures one: `twenty` (400 creates at 20 calls a second,
//! 200 ± 50 ms), `sixty` (1,200 at 60, 500 ms), `cycle` (calls of a steady cycle of 10,000 accounts), `ceiling` (20,000
//! creates without a limit, journalled). The peer is a script with `dingtalk-sdk==1.3.8`; it runs when the Python named
//! in `DINGSYNC_PEER_PYTHON`, or the one that `tests/clients/run.sh` installed, has it.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement prints, and fails by panicking"
)]

mod ceiling;
mod simulation;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use simulation::{Simulation, seconds};

/// A measurement and its name.
const MEASUREMENTS: [(&str, fn()); 4] =
    [("twenty", twenty), ("sixty", sixty), ("cycle", cycle), ("ceiling", ceiling::ceiling)];

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, measure) in MEASUREMENTS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            measure();
        }
    }
}

fn twenty() {
    near_the_limit(400, 20, 200, &["jitter=50"], 19.5);
}

fn sixty() {
    near_the_limit(1_200, 60, 500, &[], 58.0);
}

/// Creates so many accounts at a limit; `goal` is the rate to reach, creates a second.
fn near_the_limit(accounts: u64, qps: u64, latency_ms: u64, faults: &[&str], goal: f64) {
    println!("{accounts} creates at {qps} calls/s an interface, {latency_ms} ms {}", faults.join(" "));
    let simulation = Simulation::with_faults(accounts, 1, qps, latency_ms, faults);
    let settings = std::fs::read_to_string(simulation.settings()).unwrap();
    let settings = set_pace(&settings, qps);
    std::fs::write(simulation.settings(), settings).unwrap();
    let mut child = simulation.command(&["sync", "--yes", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let (mut first, mut last, mut finished) = (None, Instant::now(), Value::Null);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        match (line["type"].as_str(), line["entity"].as_str()) {
            (Some("record"), Some("user")) => {
                last = Instant::now();
                first.get_or_insert(last);
            }
            (Some("finished"), _) => finished = line,
            _ => {}
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(0), "{finished}");
    let steady = (accounts - 1) as f64 / (last - first.unwrap()).as_secs_f64();
    let whole = accounts as f64 / seconds(finished["summary"]["elapsed_ms"].as_u64().unwrap());
    let creates = simulation.counts("user/create");
    let share = 100.0 * creates.throttled as f64 / creates.calls as f64;
    println!(
        "  steady      {steady:.2}/s = {:.1} % of the limit; goal {goal}/s",
        100.0 * steady / qps as f64
    );
    println!("  whole run   {whole:.2}/s, the unit before and the last answer included");
    println!("  refused     {} of {} creates = {share:.2} %", creates.throttled, creates.calls);
    if let Some(peer) = peer(&simulation.url, 60, "13500") {
        println!("  sequential  {peer:.2}/s; dingsync is {:.1} x as fast", steady / peer);
    }
    assert_eq!(creates.applied, accounts);
    assert!(steady >= goal * 0.97, "too slow");
    assert!(share <= 2.0, "too many refusals");
}

/// The settings with the pace of the edition that is measured.
fn set_pace(settings: &str, qps: u64) -> String {
    let mut document: toml_edit::DocumentMut = settings.parse().unwrap();
    document["dingtalk"]["calls_per_second"] = toml_edit::value(i64::try_from(qps).unwrap());
    document.to_string()
}

/// Where the peer's packages are.
fn peer_python() -> Option<PathBuf> {
    let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/target/clients/python/bin/python");
    let python = std::env::var_os("DINGSYNC_PEER_PYTHON").map_or_else(|| installed.into(), PathBuf::from);
    let has_it = Command::new(&python).args(["-c", "import dingtalk"]).stderr(Stdio::null()).status();
    has_it.is_ok_and(|status| status.success()).then_some(python)
}

/// Creates a second of the sequential script.
fn peer(url: &str, count: u64, prefix: &str) -> Option<f64> {
    let Some(python) = peer_python() else {
        println!("  sequential  not run: no Python with dingtalk-sdk (tests/clients/run.sh installs one)");
        return None;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/peers/sequential.py");
    let run = Command::new(python)
        .args([script, url, &count.to_string(), prefix])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&run.stdout)
        .unwrap_or_else(|_| panic!("the peer fails: {}", String::from_utf8_lossy(&run.stderr)));
    assert_eq!(said["created"], count, "{said}");
    said["per_second"].as_f64()
}

/// Calls of both services by what they do.
fn calls(simulation: &Simulation) -> (u64, u64, u64) {
    let sum = |counts: &Value, is: &dyn Fn(&str) -> bool| -> u64 {
        let counts = counts.as_object().unwrap().iter().filter(|(name, _)| is(name));
        counts.map(|(_, count)| count["calls"].as_u64().or(count.as_u64()).unwrap_or(0)).sum()
    };
    let is_write = |name: &str| ["create", "update", "delete"].iter().any(|verb| name.ends_with(verb));
    let dingtalk = simulation.asked("dingtalk/counters");
    let source = sum(&simulation.asked("idaas/counters"), &|_| true);
    (source, sum(&dingtalk, &|name| !is_write(name)), sum(&dingtalk, &is_write))
}

fn cycle() {
    const ACCOUNTS: u64 = 10_000;
    println!("calls of a steady cycle, {ACCOUNTS} accounts in 500 units");
    let simulation = Simulation::start(ACCOUNTS, 500, 400, 0);
    assert_eq!(simulation.command(&["sync", "--yes", "--quiet"]).status().unwrap().code(), Some(0));
    let mut counted = calls(&simulation);
    let mut tell = |what: &str| {
        let now = calls(&simulation);
        let (source, read, write) = (now.0 - counted.0, now.1 - counted.1, now.2 - counted.2);
        println!("  {what}: {source} of IDaaS, {read} reads and {write} writes of DingTalk");
        counted = now;
        (source, read, write)
    };
    for (what, changed) in [("sync, nothing changed ", 0), ("sync, 100 changed     ", 100)] {
        change(&simulation, changed, 1);
        assert_eq!(simulation.command(&["sync", "--yes", "--quiet"]).status().unwrap().code(), Some(0));
        assert_eq!(tell(what).2, changed);
    }
    // As often as by default, so that the rotating reads are those of an ordinary day; the first is at once.
    let settings = std::fs::read_to_string(simulation.settings()).unwrap();
    let mut document: toml_edit::DocumentMut = settings.parse().unwrap();
    document["scenario"]["incremental"] = toml_edit::value(true);
    document["incremental"]["poll_seconds"] = toml_edit::value(30);
    document["incremental"]["listen"] = toml_edit::value("127.0.0.1:0");
    std::fs::write(simulation.settings(), document.to_string()).unwrap();
    let mut watch = simulation.command(&["watch", "--json"]).stdout(Stdio::null()).spawn().unwrap();
    quiet(&simulation);
    tell("watch, the first look ");
    next(&simulation);
    let polled = tell("watch, nothing changed");
    change(&simulation, 100, 2);
    next(&simulation);
    let worked = tell("watch, 100 changed    ");
    watch.kill().unwrap();
    watch.wait().unwrap();
    println!("  goals: at most 110 calls of a poll without changes, 330 of one with 100 changes");
    println!(
        "  (polls every 30 s here; every 300 s each also reads {} accounts in rotation)",
        ACCOUNTS / 288
    );
    assert!(polled.0 + polled.1 + polled.2 <= 120, "a poll costs too much");
    assert!(worked.0 + worked.1 + worked.2 <= 340, "a cycle costs too much");
}

/// Gives so many people a new title.
fn change(simulation: &Simulation, count: u64, turn: u64) {
    let step = |number: u64| {
        let with = json!({"UserId": format!("user_{:06}", 1 + number * 7), "DisplayName": format!("Renamed {turn} {number}")});
        json!({"idaas": "UpdateUser", "with": with})
    };
    let steps: Vec<Value> = (0..count).map(step).collect();
    let answer = simulation.tell("changes", &json!({"step": steps}));
    assert!(!answer.to_string().contains("refused"), "{answer}");
}

/// Waits until no call has come for a while.
fn quiet(simulation: &Simulation) {
    let (mut seen, mut since) = (calls(simulation), Instant::now());
    while since.elapsed() < Duration::from_secs(8) {
        std::thread::sleep(Duration::from_millis(200));
        let now = calls(simulation);
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
    }
}

/// Waits for the next poll and its end.
fn next(simulation: &Simulation) {
    let before = calls(simulation);
    while calls(simulation) == before {
        std::thread::sleep(Duration::from_millis(200));
    }
    quiet(simulation);
}
