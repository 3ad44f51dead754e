//! Incremental synchronization: the receiver of callbacks, and `dingsync watch` against the simulated company.

mod drift;
mod follow;
mod pane;
mod paused_clock;
mod receiver;
mod soak;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dingsync::simulator::changes::Step;
use dingsync::simulator::options::{Callback, Options};
use dingsync::simulator::seed::Seed;
use serde_json::{Value, json};

use crate::support::TestEnv;

/// Whatever is waited for must come within this time.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A company whose changes are told to this address, with settings that follow them.
pub(crate) fn watched(seed: &Seed, options: Options, settings: &str) -> TestEnv {
    let listen = free_address();
    let callback = Callback { url: format!("http://{listen}/idaas/events"), is_encrypted: false };
    let env = TestEnv::with(seed, Options { callback: Some(callback), ..options }, "");
    arm(&env, &listen, settings);
    env
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Switches following on in the settings.
fn arm(env: &TestEnv, listen: &str, settings: &str) {
    let credentials = &env.simulator.options().credentials;
    let jwks = format!(
        "{}/v2/{}/{}/provisioning/jwks",
        env.simulator.url(),
        credentials.instance_id,
        credentials.application_id
    );
    env.write_settings(&format!(
        "[incremental]\nlisten = \"{listen}\"\njwks_url = \"{jwks}\"\napplication_id = \"{}\"\n{settings}",
        credentials.application_id
    ));
    let path = env.path("dingsync.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("[scenario]\n", "[scenario]\nincremental = true\n", 1)).unwrap();
}

/// `dingsync watch` at work.
pub(crate) struct Watch {
    child: Child,
    lines: Arc<Mutex<Vec<Value>>>,
}

impl Watch {
    /// Starts it and waits until it listens.
    pub(crate) fn start(env: &TestEnv) -> Self {
        let mut command = env.command(&["watch", "--json"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let lines: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                kept.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        let watch = Self { child, lines };
        watch.wait("it listens", |line| line["type"] == "listening");
        watch
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a line.
    pub(crate) fn wait(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let found = || self.lines().into_iter().find(|line| is_it(line));
        until(&format!("{what}: {:#?}", self.lines()), found)
    }

    /// Ends it as a service manager does; answers its exit code.
    pub(crate) fn stop(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until it is there.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Somebody changes the directory.
pub(crate) fn change(env: &TestEnv, operation: &str, with: Value) -> Value {
    let step = Step { idaas: Some(operation.to_owned()), with, ..Step::default() };
    env.simulator.company().take(&step).unwrap()
}

/// Somebody changes DingTalk by hand.
pub(crate) fn edit(env: &TestEnv, interface: &str, with: Value) -> Value {
    let step = Step { dingtalk: Some(interface.to_owned()), with, ..Step::default() };
    env.simulator.company().take(&step).unwrap()
}

/// The userid of a person, by name.
pub(crate) fn userid(env: &TestEnv, name: &str) -> Option<String> {
    let world = env.simulator.dingtalk().world();
    world.users.iter().find(|(_, user)| user.name == name).map(|(id, _)| id.clone())
}

/// The departments of a person, by name.
pub(crate) fn places(env: &TestEnv, name: &str) -> Option<Vec<String>> {
    let world = env.simulator.dingtalk().world();
    let user = world.users.values().find(|user| user.name == name)?;
    let mut names: Vec<String> =
        user.departments.iter().map(|id| world.departments[id].name.clone()).collect();
    names.sort();
    Some(names)
}

/// Runs the full sync that watching needs.
pub(crate) fn synced(env: &TestEnv) {
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

/// The second preview after everything has settled.
pub(crate) fn assert_in_step(env: &TestEnv) {
    let ran = env.run(&["preview", "--json", "--detailed-exitcode"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

/// An answer of the simulation's own address.
pub(crate) fn health(env: &TestEnv, path: &str) -> (u16, Value) {
    let callback = env.simulator.options().callback.clone().unwrap();
    let url = callback.url.replace("/idaas/events", path);
    env.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client.get(url).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(json!({})))
    })
}
