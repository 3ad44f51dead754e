//! The figures of the main job, measured with the program itself against a simulation in a process of its own.
//!
//! `cargo bench --bench job` measures everything; a name measures one: `initial` (10,000 accounts in 500 units into
//! an empty DingTalk at 200 calls a second and 50 ms), `killed` (the same, killed with -9 twenty times and resumed),
//! `memory` (a preview of 100,000 accounts). Each prints what it found and fails when a promise is broken.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement prints, and fails by panicking"
)]

mod simulation;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::Value;

use simulation::{Simulation, seconds};

const ACCOUNTS: u64 = 10_000;
const UNITS: u64 = 500;
const CALLS_A_SECOND: u64 = 200;
const LATENCY_MS: u64 = 50;
const KILLS: usize = 20;

/// A measurement and its name.
const MEASUREMENTS: [(&str, fn()); 3] = [("initial", initial), ("killed", killed), ("memory", memory)];

fn main() {
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for (name, measure) in MEASUREMENTS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            measure();
        }
    }
}

/// Creates are the longest of the lanes that work side by side, so they set the floor.
fn floor() -> f64 {
    ACCOUNTS as f64 / CALLS_A_SECOND as f64
}

fn initial() {
    let simulation = Simulation::start(ACCOUNTS, UNITS, CALLS_A_SECOND, LATENCY_MS);
    let begun = Instant::now();
    let mut child = simulation.command(&["sync", "--yes", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let (mut reading, mut finished) = (None, Value::Null);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        match line["type"].as_str() {
            Some("started") => reading = Some(begun.elapsed()),
            Some("finished") => finished = line,
            _ => {}
        }
    }
    let status = child.wait().unwrap();
    let whole = begun.elapsed();
    let (calls, throttled) = simulation.all_calls();
    let share = 100.0 * throttled as f64 / calls as f64;
    let writing = seconds(finished["summary"]["elapsed_ms"].as_u64().unwrap());
    let creates = simulation.counts("user/create");
    println!(
        "initial: {ACCOUNTS} accounts in {UNITS} units, {CALLS_A_SECOND} calls/s an interface, {LATENCY_MS} ms"
    );
    println!("  floor       {:.1} s ({ACCOUNTS} creates at {CALLS_A_SECOND}/s)", floor());
    println!("  reading     {:.1} s", reading.unwrap().as_secs_f64());
    println!("  writing     {writing:.1} s = {:.3} x the floor", writing / floor());
    println!("  whole       {:.1} s = {:.3} x the floor", whole.as_secs_f64(), whole.as_secs_f64() / floor());
    println!("  refused     {throttled} of {calls} calls = {share:.2} %");
    println!(
        "  created     {} of {} calls, {} refused for pace",
        creates.applied, creates.calls, creates.throttled
    );
    assert_eq!(status.code(), Some(0), "{finished}");
    assert_eq!(creates.applied, ACCOUNTS);
    assert!(writing <= 1.1 * floor(), "too slow");
    assert!(share < 2.0, "too many refusals");
}

fn killed() {
    let undisturbed = {
        // Below what bans an address: 10,000 calls in 20 seconds.
        let simulation = Simulation::start(ACCOUNTS, UNITS, 400, 0);
        assert_eq!(simulation.command(&["sync", "--yes", "--quiet"]).status().unwrap().code(), Some(0));
        simulation.picture()
    };
    let simulation = Simulation::start(ACCOUNTS, UNITS, CALLS_A_SECOND, LATENCY_MS);
    let begun = Instant::now();
    let mut child = begin(&simulation, "sync");
    let mut longest = 0.0_f64;
    for _ in 0..KILLS {
        // Two thirds of the time that the run takes, so that it is not over before the last kill.
        std::thread::sleep(Duration::from_millis(rand::rng().random_range(0..3_200)));
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it was killed often enough");
        child.kill().unwrap();
        child.wait().unwrap();
        let again = Instant::now();
        child = begin(&simulation, "resume");
        longest = longest.max(again.elapsed().as_secs_f64());
    }
    let status = child.wait().unwrap();
    let (users, departments) = (simulation.counts("user/create"), simulation.counts("department/create"));
    println!("killed: the same, killed with -9 {KILLS} times and resumed");
    println!(
        "  whole       {:.1} s; longest way back to the first record {longest:.1} s",
        begun.elapsed().as_secs_f64()
    );
    println!(
        "  users       {} created by {} calls, {} of them refused for pace",
        users.applied, users.calls, users.throttled
    );
    println!("  departments {} created by {} calls", departments.applied, departments.calls);
    assert_eq!(status.code(), Some(0));
    assert_eq!((users.applied, departments.applied), (ACCOUNTS, UNITS), "something was created twice");
    assert!(simulation.picture() == undisturbed, "the end is not the undisturbed one");
    let mut settled = simulation.command(&["preview", "--detailed-exitcode", "--quiet"]);
    settled.stdout(Stdio::null());
    assert_eq!(settled.status().unwrap().code(), Some(0), "the next preview is not empty");
    println!("  the end state equals the undisturbed one, and the next preview is empty");
}

/// Starts a run and waits for its first record; what follows is read and thrown away.
fn begin(simulation: &Simulation, command: &str) -> Child {
    let mut child = simulation.command(&[command, "--yes", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_record =
        |line: &std::io::Result<String>| line.as_ref().is_ok_and(|line| line.contains("\"record\""));
    lines.find(is_record);
    std::thread::spawn(move || lines.for_each(drop));
    child
}

fn memory() {
    const MANY: u64 = 100_000;
    let simulation = Simulation::start(MANY, 5_000, 1000, 0);
    let file = simulation.directory.path().join("plan.json");
    let begun = Instant::now();
    let mut child = simulation
        .command(&["preview", "--json", "--out", file.to_str().unwrap()])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        peak = peak.max(highest_kilobytes(&status).unwrap_or(0));
        match child.try_wait().unwrap() {
            Some(ended) => break ended,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let plan: Value = serde_json::from_reader(std::fs::File::open(&file).unwrap()).unwrap();
    println!("memory: preview of {MANY} accounts in 5,000 units");
    println!("  peak        {} MB in {:.0} s", peak / 1024, begun.elapsed().as_secs_f64());
    assert_eq!(ended.code(), Some(0));
    assert_eq!(plan["summary"]["users"]["create"], MANY);
    assert!(peak < 300 * 1024, "too much memory");
}

fn highest_kilobytes(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
