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

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::Value;

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

/// A simulation in a process of its own, with settings beside it.
struct Simulation {
    process: Child,
    _stdout: BufReader<ChildStdout>,
    directory: tempfile::TempDir,
    url: String,
}

impl Simulation {
    fn start(accounts: u64, units: u64, qps: u64, latency_ms: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("config");
        let mut process = program()
            .arg("simulate")
            .args(["--accounts", &accounts.to_string(), "--units", &units.to_string(), "--existing", "0"])
            .args(["--dingtalk-qps", &qps.to_string(), "--latency-ms", &latency_ms.to_string()])
            .arg("--write-config")
            .arg(&config)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).expect("the simulation says where it listens");
        let url = ready["oapi_endpoint"].as_str().unwrap().to_owned();
        Self { process, _stdout: stdout, directory, url }
    }

    fn settings(&self) -> PathBuf {
        self.directory.path().join("config/dingsync.toml")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).arg("--config").arg(self.settings());
        command.env("HOME", self.directory.path()).stderr(Stdio::null());
        command
    }

    fn asked(&self, path: &str) -> Value {
        let url = format!("{}/_simulator/{path}", self.url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            client.get(url).send().await.unwrap().json().await.unwrap()
        })
    }

    /// Counts of an interface.
    fn counts(&self, interface: &str) -> Counts {
        let all = self.asked("dingtalk/counters");
        let count = |key: &str| all[interface][key].as_u64().unwrap_or(0);
        Counts { calls: count("calls"), applied: count("applied"), throttled: count("throttled") }
    }

    /// Calls of all DingTalk interfaces, and those refused for flow control.
    fn all_calls(&self) -> (u64, u64) {
        let all = self.asked("dingtalk/counters");
        let sum =
            |key: &str| all.as_object().unwrap().values().map(|count| count[key].as_u64().unwrap_or(0)).sum();
        (sum("calls"), sum("throttled"))
    }

    /// Departments by path and people by name with their paths: the address book without its ids.
    fn picture(&self) -> BTreeMap<String, Vec<String>> {
        let state = self.asked("dingtalk/state");
        let departments: BTreeMap<i64, (Option<i64>, String)> = state["departments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                (
                    d["id"].as_i64().unwrap(),
                    (d["parent"].as_i64(), text(&d["name"]) + &text(&d["source_identifier"])),
                )
            })
            .collect();
        let path = |id: i64| {
            let (mut names, mut at) = (Vec::new(), Some(id));
            while let Some((parent, name)) = at.and_then(|id| departments.get(&id)) {
                names.push(name.clone());
                at = *parent;
            }
            names.join(" < ")
        };
        let mut picture: BTreeMap<String, Vec<String>> =
            departments.keys().map(|id| (format!("department {}", path(*id)), Vec::new())).collect();
        for user in state["users"].as_object().unwrap().values() {
            let mut places: Vec<String> =
                user["departments"].as_array().unwrap().iter().map(|id| path(id.as_i64().unwrap())).collect();
            places.sort();
            let person = format!("user {} {} {}", text(&user["mobile"]), text(&user["name"]), user["fields"]);
            assert!(picture.insert(person, places).is_none(), "somebody is there twice");
        }
        picture
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

struct Counts {
    calls: u64,
    applied: u64,
    throttled: u64,
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dingsync"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
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
    println!("  users       {} created by {} calls", users.applied, users.calls);
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
