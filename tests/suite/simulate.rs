//! `dingsync simulate` as a person or a script starts it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::{Value, json};

struct Simulation {
    child: Child,
    ready: Value,
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dingsync"));
    command.args(arguments).env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin");
    command
}

impl Simulation {
    fn start(arguments: &[&str]) -> Self {
        let mut child = program(&["simulate"]).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, ready: serde_json::from_str(&line).unwrap() }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready["oapi_endpoint"].as_str().unwrap())
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        runtime.block_on(async {
            let sent = client.post(self.url(path)).json(body).send().await.unwrap();
            serde_json::from_slice(&sent.bytes().await.unwrap()).unwrap()
        })
    }

    fn token(&self) -> String {
        let body = json!({"appkey": "dingsimulatorkey01", "appsecret": "simulated-app-secret-0001"});
        self.post("/gettoken", &body)["access_token"].as_str().unwrap().to_owned()
    }

    fn end(mut self, signal: &str) -> ExitStatus {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Simulation {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn run(arguments: &[&str], config: &Path) -> Value {
    let Output { status, stdout, stderr } = program(arguments).arg("--config").arg(config).output().unwrap();
    let text = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{text}\n{}", String::from_utf8_lossy(&stderr));
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_settings_it_leaves_are_ready_to_use() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("new/settings");
    let simulation = Simulation::start(&[
        "--accounts",
        "40",
        "--units",
        "6",
        "--existing",
        "50",
        "--dingtalk-qps",
        "1000",
        "--write-config",
        dir.to_str().unwrap(),
    ]);
    let settings = dir.join("dingsync.toml");
    assert_eq!(simulation.ready["settings"], settings.to_str().unwrap());
    assert!(simulation.url("").starts_with("http://127.0.0.1:"));
    assert_eq!(run(&["check", "--json"], &settings)["result"], "pass");
    let plan = run(&["preview", "--json"], &settings);
    assert_eq!(plan["summary"]["users"]["link"], 20);
    assert_eq!(plan["summary"]["users"]["create"], 20);
    assert_eq!(plan["summary"]["departments"]["link"], 3);
    assert_eq!(plan["summary"]["departments"]["create"], 3);
}

#[test]
fn the_demos_company_is_served_when_no_other_is_asked_for() {
    let simulation = Simulation::start(&[]);
    assert_eq!(simulation.ready["settings"], Value::Null);
    let state = simulation.post("/topapi/v2/department/listsub", &json!({}));
    assert_eq!(state["errcode"], 88, "a call without a token: {state}");
    let path = format!("/topapi/v2/department/get?access_token={}", simulation.token());
    assert_eq!(simulation.post(&path, &json!({"dept_id": 50_900_003}))["result"]["name"], "Tiger Team 2022");
}

#[test]
fn it_ends_with_0_on_sigterm_and_on_sigint() {
    for signal in ["-TERM", "-INT"] {
        let simulation = Simulation::start(&["--accounts", "1"]);
        assert_eq!(simulation.end(signal).code(), Some(0), "{signal}");
    }
}

#[test]
fn a_restart_with_the_same_state_keeps_what_was_written() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("world.json");
    let arguments = ["--accounts", "3", "--units", "1", "--state", state.to_str().unwrap()];
    let simulation = Simulation::start(&arguments);
    let path = format!("/topapi/v2/user/create?access_token={}", simulation.token());
    let person = json!({"name": "Somebody", "mobile": "13900000001", "dept_id_list": "1", "userid": "kept"});
    assert_eq!(simulation.post(&path, &person)["errcode"], 0);
    assert_eq!(simulation.end("-TERM").code(), Some(0));
    assert_eq!(std::fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);

    let again = Simulation::start(&arguments);
    let path = format!("/topapi/v2/user/get?access_token={}", again.token());
    assert_eq!(again.post(&path, &json!({"userid": "kept"}))["result"]["name"], "Somebody");
}

#[test]
fn a_state_that_keeps_something_else_is_refused_and_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("letter.txt");
    std::fs::write(&state, "Dear Sir").unwrap();
    let refused = program(&["simulate", "--state"]).arg(&state).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("keeps no simulated world"));
    assert_eq!(std::fs::read_to_string(&state).unwrap(), "Dear Sir");
}

#[test]
fn the_variable_of_a_connections_state_is_no_world_to_keep() {
    let place = tempfile::tempdir().unwrap();
    let state = place.path().join("state.db");
    let mut command = program(&["simulate", "--accounts", "1"]);
    let mut child = command.env("DINGSYNC_STATE", &state).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let simulation = Simulation { child, ready: serde_json::from_str(&line).unwrap() };
    assert_eq!(simulation.end("-TERM").code(), Some(0));
    assert!(!state.exists());
}

#[test]
fn a_fault_given_on_the_command_line_strikes() {
    let simulation =
        Simulation::start(&["--accounts", "1", "--fault", "quota@user/get", "--fault", "slow=1"]);
    let path = format!("/topapi/v2/user/get?access_token={}", simulation.token());
    assert_eq!(simulation.post(&path, &json!({"userid": "manager00001"}))["sub_code"], "90020");
}

#[test]
fn wrong_arguments_are_usage_errors_with_the_nearest_fault() {
    let refused = |arguments: &[&str]| {
        let output = program(&["simulate"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["--fault", "trottle"]).contains("throttle"));
    assert!(refused(&["--fault", "slow=soon"]).contains("slow=MS"));
    refused(&["--existing", "101"]);
    refused(&["--accounts", "100001"]);
    refused(&["--accounts", "many"]);
    refused(&["--dingtalk-qps", "0"]);
    refused(&["--listen", "0.0.0.0:0"]);
    refused(&["--listen", "nowhere"]);
    refused(&["--no-such-flag"]);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let simulation = Simulation::start(&["--accounts", "1"]);
    let address = simulation.url("").trim_start_matches("http://").to_owned();
    let refused = program(&["simulate", "--accounts", "1", "--listen", &address]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(String::from_utf8_lossy(&refused.stderr).contains(&address));
}

#[test]
fn the_help_lists_every_fault() {
    let output = program(&["simulate", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for known in dingsync::simulator::faults::CATALOGUE {
        assert!(help.contains(known.name), "{}", known.name);
    }
}
