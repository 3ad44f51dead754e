//! TestEnv: a simulated company, settings and state in a directory of its own, and the program run against them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use dingsync::simulator::Simulator;
use dingsync::simulator::options::Options;
use dingsync::simulator::seed::{Seed, SeedAccount, SeedDepartment, SeedUnit, SeedUser};
use serde_json::Value;

/// A company under test.
pub(crate) struct TestEnv {
    pub(crate) simulator: Simulator,
    pub(crate) directory: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

/// What a run of the program left.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.stdout, self.stderr))
    }

    /// Standard output as JSON lines.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl TestEnv {
    /// Serves a seed at 1,000 calls a second.
    pub(crate) fn new(seed: &Seed) -> Self {
        Self::with(seed, Options { dingtalk_qps: 1000, ..Options::default() }, "")
    }

    /// Serves a seed with these options; `settings` is appended to the settings file.
    pub(crate) fn with(seed: &Seed, options: Options, settings: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
        let simulator = runtime.block_on(Simulator::start(options, seed)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let env = Self { simulator, directory, runtime };
        env.write_settings(settings);
        env
    }

    /// Switches a fault on.
    pub(crate) fn fault(&self, text: &str) {
        self.simulator.options().faults.add(text).unwrap();
    }

    /// Switches a fault off.
    pub(crate) fn heal(&self, name: &str) {
        self.simulator.options().faults.remove(name);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes settings whose end is `more`.
    pub(crate) fn write_settings(&self, more: &str) {
        let credentials = &self.simulator.options().credentials;
        secret(&self.path("app-secret"), &credentials.app_secret);
        secret(&self.path("key-secret"), &credentials.access_key_secret);
        let qps = self.simulator.options().dingtalk_qps;
        let url = self.simulator.url();
        let settings = format!(
            r#"version = 1
display_name = "Test"
[idaas]
region = "cn-hangzhou"
instance_id = "{instance}"
endpoint = "{url}"
access_key_id = "{key}"
access_key_secret = {{ file = "key-secret" }}
calls_per_second = 1000
[dingtalk]
corp_id = "{corp}"
app_key = "{app}"
app_secret = {{ file = "app-secret" }}
oapi_endpoint = "{url}"
api_endpoint = "{url}"
calls_per_second = {qps}
[scenario]
scope = [{{ sources = ["ou_root"], target = 1 }}]
[state]
path = "state.db"
{more}"#,
            instance = credentials.instance_id,
            key = credentials.access_key_id,
            corp = credentials.corp_id,
            app = credentials.app_key,
        );
        std::fs::write(self.path("dingsync.toml"), settings).unwrap();
    }

    /// The program with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dingsync"));
        command.args(arguments).arg("--config").arg(self.path("dingsync.toml"));
        command
            .env_clear()
            .env("HOME", self.directory.path())
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", "/usr/bin:/bin");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Asks the simulator something asynchronous.
    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

fn secret(path: &Path, text: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// A unit below a parent.
pub(crate) fn unit(id: &str, name: &str, parent: Option<&str>) -> SeedUnit {
    SeedUnit { id: id.into(), name: name.into(), parent: parent.map(str::to_owned) }
}

/// An account with a mobile of its own, in these units.
pub(crate) fn account(number: u32, units: &[&str]) -> SeedAccount {
    SeedAccount {
        id: format!("user_{number:04}"),
        username: format!("person{number}"),
        display_name: Some(format!("Person {number}")),
        email: Some(format!("person{number}@example.com")),
        phone_region: Some("86".into()),
        phone_number: Some(format!("1380000{number:04}")),
        units: units.iter().map(|unit| (*unit).to_owned()).collect(),
        ..SeedAccount::default()
    }
}

/// The DingTalk user of the account with this number.
pub(crate) fn user(number: u32, departments: &[i64]) -> SeedUser {
    SeedUser {
        userid: format!("u{number:04}"),
        name: format!("Person {number}"),
        state_code: Some("86".into()),
        mobile: Some(format!("1380000{number:04}")),
        email: Some(format!("person{number}@example.com")),
        departments: departments.to_vec(),
        ..SeedUser::default()
    }
}

/// A department below a parent.
pub(crate) fn department(id: i64, name: &str, parent: i64) -> SeedDepartment {
    SeedDepartment { id, name: name.into(), parent: Some(parent), ..SeedDepartment::default() }
}

/// Three units and six accounts: two in the root, one in two units.
pub(crate) fn small_company() -> Seed {
    Seed {
        units: vec![
            unit("ou_root", "Acme", None),
            unit("ou_a", "研发中心", Some("ou_root")),
            unit("ou_b", "平台组", Some("ou_a")),
            unit("ou_c", "市场部", Some("ou_root")),
        ],
        accounts: vec![
            account(1, &["ou_root"]),
            account(2, &["ou_root"]),
            account(3, &["ou_a"]),
            account(4, &["ou_b", "ou_c"]),
            account(5, &["ou_b"]),
            account(6, &["ou_c"]),
        ],
        departments: Vec::new(),
        users: Vec::new(),
    }
}

/// Runs an ignored test in a process of its own. Where a terminal has to vanish, a program that another test starts at
/// the wrong moment would inherit the terminal's other end and keep it alive.
#[track_caller]
pub(crate) fn run_alone(test: &str) {
    let program = std::env::current_exe().unwrap();
    let ran = Command::new(program).args([test, "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(said.contains("1 passed"), "no test is called {test}: {said}");
}
