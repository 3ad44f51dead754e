//! How soon a change in IDaaS is in DingTalk, in companies of different sizes: from the event to the write.
//!
//! `cargo bench --bench watch` measures 10,000 accounts; a number measures that many: `cargo bench --bench watch --
//! 100000`. Both services are simulated in a process of their own and answer after 100 ms. Sixty changes come at random
//! moments, a second and a half apart on average; then a burst of six hundred at once.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement prints, and fails by panicking"
)]

mod simulation;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rand::RngExt;
use serde_json::{Value, json};
use simulation::Simulation;

const CHANGES: usize = 60;
const BURST: usize = 600;
const MEAN_GAP_SECONDS: f64 = 1.5;
const LATENCY_MS: u64 = 100;
const CALLS_A_SECOND: u64 = 1_000;
/// Accounts to a unit.
const TO_A_UNIT: u64 = 20;
const LONGEST: Duration = Duration::from_secs(600);

fn main() {
    let mut sizes: Vec<u64> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000];
    }
    sizes.into_iter().for_each(measure);
}

fn measure(accounts: u64) {
    let company = Company::start(accounts);
    assert_eq!(company.0.command(&["sync", "--yes", "--quiet"]).status().unwrap().code(), Some(0));
    let links = company.links();
    let begun = Instant::now();
    let watch = Watch::start(&company);
    println!("watch: {accounts} accounts, {LATENCY_MS} ms; load of the machine {}", load());
    println!("  start       {:.1} s until it listens", begun.elapsed().as_secs_f64());
    // What the first comparison has to do is done with the first change.
    let mut before = company.written().len() + 1;
    company.rename(&links, 1);
    company.wait_for(before);
    let busy = watch.busy_seconds();
    for _ in 0..CHANGES {
        company.rename(&links, 1);
        let share: f64 = rand::rng().random_range(0.0001..1.0);
        std::thread::sleep(Duration::from_secs_f64(-share.ln() * MEAN_GAP_SECONDS));
    }
    let latencies = company.latencies(&links, before, CHANGES);
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100];
    let each = 1e3 * (watch.busy_seconds() - busy) / CHANGES as f64;
    println!("  one by one  half within {} ms, 90 % within {} ms, all within {} ms", at(50), at(90), at(100));
    println!("  processor   {each:.0} ms for a change");
    before += CHANGES;
    let reads = company.single_reads();
    company.rename(&links, BURST);
    let latencies = company.latencies(&links, before, BURST);
    println!(
        "  burst       {BURST} changes, the last one written after {:.1} s",
        latencies[BURST - 1] as f64 / 1e3
    );
    println!("              {} accounts read singly for them", company.single_reads() - reads);
    println!("  memory      {} MB at most", watch.peak_megabytes());
}

/// The simulated services.
struct Company(Simulation);

impl Company {
    fn start(accounts: u64) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let callback = format!("http://127.0.0.1:{port}/idaas/events");
        let arguments = ["--existing", "100", "--callback", &callback];
        Self(Simulation::with(accounts, accounts / TO_A_UNIT, CALLS_A_SECOND, LATENCY_MS, &arguments))
    }

    /// Bound users by their accounts.
    fn links(&self) -> HashMap<String, String> {
        let listed = self.0.command(&["links", "list", "--json"]).output().unwrap();
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        let users = listed["links"].as_array().unwrap().iter().filter(|link| link["entity"] == "user");
        let text = |link: &Value, key: &str| link[key].as_str().unwrap().to_owned();
        users.map(|link| (text(link, "source_id"), text(link, "target_id"))).collect()
    }

    /// Gives people, each only once, another name.
    fn rename(&self, links: &HashMap<String, String>, count: usize) {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let first = NUMBER.fetch_add(count, std::sync::atomic::Ordering::Relaxed);
        let mut ids: Vec<&String> = links.keys().collect();
        ids.sort();
        let step = |number: usize| {
            // Steps of a prime that is larger than any company lead past everybody once.
            let id = ids[number * 100_003 % ids.len()];
            json!({"idaas": "UpdateUser", "with": {"UserId": id, "DisplayName": format!("Name {number}")}})
        };
        let steps: Vec<Value> = (first..first + count).map(step).collect();
        let told = self.0.tell("changes", &json!({"step": steps}));
        assert!(
            told["results"].as_array().unwrap().iter().all(|result| result["answer"].is_object()),
            "{told}"
        );
    }

    fn written(&self) -> Vec<Value> {
        self.0.asked("dingtalk/written").as_array().unwrap().clone()
    }

    /// Waits until so much is written.
    fn wait_for(&self, count: usize) -> Vec<Value> {
        let since = Instant::now();
        loop {
            let written = self.written();
            if written.len() >= count {
                return written;
            }
            assert!(since.elapsed() < LONGEST, "{} of {count} are written", written.len());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Milliseconds from each of the last changes to its write, the writes before those left aside.
    fn latencies(&self, links: &HashMap<String, String>, before: usize, count: usize) -> Vec<u64> {
        let written = self.wait_for(before + count);
        let at: HashMap<&str, u64> = written[before..]
            .iter()
            .map(|write| (write["object"].as_str().unwrap(), write["at_ms"].as_u64().unwrap()))
            .collect();
        let told = self.0.asked("idaas/callbacks");
        let mut latencies: Vec<u64> = told
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|event| {
                let at = at.get(links.get(event["object"].as_str()?)?.as_str())?;
                at.checked_sub(event["happened_ms"].as_u64()?)
            })
            .collect();
        assert_eq!(latencies.len(), count, "a change was not written, or something else was");
        latencies.sort_unstable();
        latencies
    }

    fn single_reads(&self) -> u64 {
        self.0.asked("idaas/counters")["GetUser"].as_u64().unwrap_or(0)
    }
}

/// `dingsync watch` at work.
struct Watch(Child);

impl Watch {
    fn start(company: &Company) -> Self {
        let mut process = company.0.command(&["watch", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("\"listening\""))).unwrap().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self(process)
    }

    /// Processor time, in user mode and in the system's.
    fn busy_seconds(&self) -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        let fields: Vec<&str> = text.split_whitespace().collect();
        (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) / 100.0
    }

    fn peak_megabytes(&self) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}
