//! A simulation in a process of its own, as the measurements need it.
#![allow(dead_code, reason = "each measurement uses a part of it")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A simulation in a process of its own, with settings beside it.
pub(crate) struct Simulation {
    process: Child,
    _stdout: BufReader<ChildStdout>,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) url: String,
}

impl Simulation {
    pub(crate) fn start(accounts: u64, units: u64, qps: u64, latency_ms: u64) -> Self {
        Self::with_faults(accounts, units, qps, latency_ms, &[])
    }

    pub(crate) fn with_faults(accounts: u64, units: u64, qps: u64, latency_ms: u64, faults: &[&str]) -> Self {
        let faults = faults.iter().flat_map(|fault| ["--fault", fault]);
        let arguments: Vec<&str> = ["--existing", "0"].into_iter().chain(faults).collect();
        Self::with(accounts, units, qps, latency_ms, &arguments)
    }

    /// With further arguments, `--existing` among them.
    pub(crate) fn with(accounts: u64, units: u64, qps: u64, latency_ms: u64, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("config");
        let mut process = program()
            .arg("simulate")
            .args(["--accounts", &accounts.to_string(), "--units", &units.to_string()])
            .args(["--dingtalk-qps", &qps.to_string(), "--latency-ms", &latency_ms.to_string()])
            .args(arguments)
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

    pub(crate) fn settings(&self) -> PathBuf {
        self.directory.path().join("config/dingsync.toml")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).arg("--config").arg(self.settings());
        command.env("HOME", self.directory.path()).stderr(Stdio::null());
        command
    }

    /// Hands something to the simulation's own addresses.
    pub(crate) fn tell(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/_simulator/{path}", self.url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            client.post(url).json(body).send().await.unwrap().json().await.unwrap()
        })
    }

    pub(crate) fn asked(&self, path: &str) -> Value {
        let url = format!("{}/_simulator/{path}", self.url);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            client.get(url).send().await.unwrap().json().await.unwrap()
        })
    }

    /// Counts of an interface.
    pub(crate) fn counts(&self, interface: &str) -> Counts {
        let all = self.asked("dingtalk/counters");
        let count = |key: &str| all[interface][key].as_u64().unwrap_or(0);
        Counts { calls: count("calls"), applied: count("applied"), throttled: count("throttled") }
    }

    /// Calls of all DingTalk interfaces, and those refused for flow control.
    pub(crate) fn all_calls(&self) -> (u64, u64) {
        let all = self.asked("dingtalk/counters");
        let sum =
            |key: &str| all.as_object().unwrap().values().map(|count| count[key].as_u64().unwrap_or(0)).sum();
        (sum("calls"), sum("throttled"))
    }

    /// Departments by path and people by name with their paths: the address book without its ids.
    pub(crate) fn picture(&self) -> BTreeMap<String, Vec<String>> {
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

pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) applied: u64,
    pub(crate) throttled: u64,
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dingsync"))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}
