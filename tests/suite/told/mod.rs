//! What the simulated services tell about changes: IDaaS by signed callbacks, DingTalk over its stream.

mod callbacks;
mod stream;

use std::time::{Duration, Instant};

use dingsync::simulator::Simulator;
use dingsync::simulator::changes::Step;
use dingsync::simulator::options::{Callback, Options};
use serde_json::Value;

use crate::support::{department, small_company, user};

const DEADLINE: Duration = Duration::from_secs(60);

async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn company(url: &str, is_encrypted: bool) -> Simulator {
    let callback = Some(Callback { url: url.to_owned(), is_encrypted });
    let mut seed = small_company();
    seed.departments = vec![department(11, "研发中心", 1)];
    seed.users = vec![user(1, &[1]), user(3, &[11])];
    let simulator = Simulator::start(Options { callback, ..Options::default() }, &seed).await.unwrap();
    simulator.options().faults.add("callback-retry-ms=20").unwrap();
    simulator
}

fn idaas(simulator: &Simulator, action: &str, with: Value) -> Value {
    let step = Step { idaas: Some(action.to_owned()), with, ..Step::default() };
    simulator.company().take(&step).unwrap()
}
