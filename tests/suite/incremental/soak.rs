//! A company in motion: changes at random moments, told well and badly, through restarts and kills. The short form
//! belongs to the suite; the long one measures and is run by hand:
//! `cargo test --release --test suite soak -- --ignored --nocapture`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use dingsync::simulator::options::Options;
use dingsync::simulator::seed::Seed;
use serde_json::{Value, json};

use super::{Watch, change, synced, until, watched};
use crate::support::{TestEnv, account, unit};

/// A sequence that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Milliseconds until the next of events that come at random, `mean` apart.
    fn gap_ms(&mut self, mean: u64) -> u64 {
        let share = (self.below(9_999) + 1) as f64 / 10_000.0;
        (-share.ln() * mean as f64) as u64
    }
}

fn company(accounts: u32) -> Seed {
    let mut seed = Seed { units: vec![unit("ou_root", "Acme", None)], ..Seed::default() };
    for index in 0..8 {
        let parent = if index < 4 { "ou_root".to_owned() } else { format!("ou_{}", index - 4) };
        seed.units.push(unit(&format!("ou_{index}"), &format!("Unit {index}"), Some(&parent)));
    }
    for number in 1..=accounts {
        seed.accounts.push(account(number, &[&format!("ou_{}", number % 8)]));
    }
    seed
}

/// One change of somebody or something at random.
fn happen(env: &TestEnv, dice: &mut Dice, number: u64, accounts: u64) {
    let someone = format!("user_{:04}", dice.below(accounts) + 1);
    let somewhere = format!("ou_{}", dice.below(8));
    match dice.below(20) {
        0..=10 => {
            change(env, "UpdateUser", json!({"UserId": someone, "DisplayName": format!("Name {number}")}));
        }
        11..=14 => {
            // A unit the account is in already would change nothing in DingTalk.
            let own = env.simulator.idaas().world().accounts[&someone].account.units.clone();
            let elsewhere = (0..8).map(|unit| format!("ou_{unit}")).find(|unit| !own.contains(unit));
            let with = json!({"UserId": someone, "OrganizationalUnitId": elsewhere.unwrap_or(somewhere)});
            change(env, "SetUserPrimaryOrganizationalUnit", with);
        }
        15..=17 => {
            let with = json!({
                "UserId": format!("user_new{number:04}"), "Username": format!("new{number}"), "DisplayName": format!("New {number}"),
                "PhoneRegion": "86", "PhoneNumber": format!("1390000{number:04}"), "PhoneNumberVerified": true,
                "PrimaryOrganizationalUnitId": somewhere,
            });
            change(env, "CreateUser", with);
        }
        18 => {
            let with = json!({"OrganizationalUnitId": somewhere, "OrganizationalUnitName": format!("Unit named {number}")});
            change(env, "UpdateOrganizationalUnit", with);
        }
        _ => {
            let id = format!("ou_new{number:04}");
            let with = json!({"OrganizationalUnitId": id, "OrganizationalUnitName": format!("Unit new {number}"), "ParentId": somewhere});
            change(env, "CreateOrganizationalUnit", with);
            let newcomer = json!({
                "UserId": format!("user_in{number:04}"), "Username": format!("in{number}"), "DisplayName": format!("In {number}"),
                "PhoneRegion": "86", "PhoneNumber": format!("1370000{number:04}"), "PhoneNumberVerified": true,
                "PrimaryOrganizationalUnitId": id,
            });
            change(env, "CreateUser", newcomer);
        }
    }
}

/// What is bound to what: IDaaS id → DingTalk id.
fn links(env: &TestEnv) -> HashMap<String, String> {
    let listed = env.run(&["links", "list", "--json"]).json();
    let text = |link: &Value, name: &str| link[name].as_str().unwrap().to_owned();
    listed["links"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| (text(link, "source_id"), text(link, "target_id")))
        .collect()
}

/// Nothing differs any more, and nobody was made twice.
fn assert_settled(env: &TestEnv) {
    until("both sides are in step", || {
        let ran = env.run(&["preview", "--json", "--detailed-exitcode"]);
        (ran.code == 0).then_some(())
    });
    let world = env.simulator.dingtalk().world();
    let mut mobiles: Vec<&String> = world.users.values().map(|user| &user.mobile).collect();
    let all = mobiles.len();
    mobiles.sort();
    mobiles.dedup();
    assert_eq!(mobiles.len(), all, "somebody is there twice");
    assert_eq!(world.users.len(), env.simulator.idaas().world().accounts.len());
}

/// Writes that follow each change, and how often an object was written more often than it changed.
fn figures(env: &TestEnv) -> (Vec<u64>, Vec<String>) {
    let links = links(env);
    let written = env.simulator.dingtalk().written();
    let mut latencies = Vec::new();
    let mut changes: BTreeMap<String, usize> = BTreeMap::new();
    for delivery in env.simulator.idaas().deliveries() {
        let Some(target) = links.get(&delivery.object) else { continue };
        *changes.entry(target.clone()).or_default() += 1;
        let happened = u64::try_from(delivery.happened_ms).unwrap();
        let write = written.iter().find(|write| write.object == *target && write.at_ms >= happened);
        latencies.extend(write.map(|write| write.at_ms - happened));
        if let Some(late) = write.filter(|write| write.at_ms - happened > 2000) {
            let since = |at: Option<i64>| at.map(|at| at - delivery.happened_ms);
            eprintln!(
                "late: {} {} sent after {:?} ms, acknowledged after {:?} ms, written after {} ms",
                delivery.kind,
                delivery.object,
                since(delivery.sent_ms),
                since(delivery.answered_ms),
                late.at_ms - happened
            );
        }
    }
    let mut writes: BTreeMap<&str, usize> = BTreeMap::new();
    for write in &written {
        *writes.entry(&write.object).or_default() += 1;
    }
    let changed = |object: &str| changes.get(object).copied().unwrap_or(0);
    // The full sync wrote everything once before.
    let twice = writes
        .into_iter()
        .filter(|(object, count)| *count > changed(object) + 1)
        .map(|(object, count)| format!("{object}: {count} writes, {} changes", changed(object)))
        .collect();
    latencies.sort_unstable();
    (latencies, twice)
}

fn share(latencies: &[u64], percent: usize) -> u64 {
    latencies[(latencies.len() - 1) * percent / 100]
}

#[test]
fn a_short_while_of_lost_doubled_and_disordered_events_with_a_kill_in_the_middle() {
    let env =
        watched(&company(24), Options { dingtalk_qps: 1000, ..Options::default() }, "poll_seconds = 2\n");
    synced(&env);
    for fault in ["callback-lost=10%", "callback-twice=10%", "callback-disordered=10%"] {
        env.fault(fault);
    }
    let mut dice = Dice(7);
    let mut watch = Watch::start(&env);
    for number in 0..40 {
        happen(&env, &mut dice, number, 24);
        std::thread::sleep(Duration::from_millis(dice.gap_ms(40)));
        if number == 20 {
            watch.kill();
            watch = Watch::start(&env);
        }
    }
    assert_settled(&env);
    let (latencies, twice) = figures(&env);
    assert!(latencies.len() >= 30, "{latencies:?}");
    assert!(twice.is_empty(), "written twice: {twice:?}");
    assert_eq!(watch.stop(), 0);
}

fn measure(name: &str, faults: &[&str], interruptions: bool) -> Vec<u64> {
    let options = Options { dingtalk_qps: 20, latency: Duration::from_millis(100), ..Options::default() };
    let poll = if faults.is_empty() { "" } else { "poll_seconds = 10\n" };
    let env = watched(&company(120), options, poll);
    synced(&env);
    faults.iter().for_each(|fault| env.fault(fault));
    let mut dice = Dice(11);
    let mut watch = Watch::start(&env);
    for number in 0..200 {
        happen(&env, &mut dice, number, 120);
        std::thread::sleep(Duration::from_millis(dice.gap_ms(1000)));
        if interruptions && number == 70 {
            assert_eq!(watch.stop(), 0);
            watch = Watch::start(&env);
        }
        if interruptions && number == 140 {
            watch.kill();
            watch = Watch::start(&env);
        }
    }
    assert_settled(&env);
    let (latencies, twice) = figures(&env);
    eprintln!(
        "{name}: {} changes; half within {} ms, 90 % within {} ms, 99 % within {} ms, all within {} ms; written twice: {}",
        latencies.len(),
        share(&latencies, 50),
        share(&latencies, 90),
        share(&latencies, 99),
        share(&latencies, 100),
        twice.len(),
    );
    assert!(twice.is_empty(), "written twice: {twice:?}");
    assert_eq!(watch.stop(), 0);
    latencies
}

#[test]
#[ignore = "measures for three minutes"]
fn two_hundred_changes_arrive_in_time() {
    let latencies = measure("undisturbed", &[], false);
    assert!(share(&latencies, 50) <= 500, "half of the writes come after {} ms", share(&latencies, 50));
    assert!(share(&latencies, 99) <= 2000, "99 % of the writes come within {} ms", share(&latencies, 99));
}

#[test]
#[ignore = "measures for three minutes"]
fn two_hundred_changes_arrive_through_a_restart_and_a_kill() {
    measure("restarted and killed", &[], true);
}

#[test]
#[ignore = "measures for three minutes"]
fn two_hundred_changes_arrive_though_their_events_are_lost_doubled_and_disordered() {
    let faults = ["callback-lost=10%", "callback-twice=10%", "callback-disordered=10%"];
    measure("told badly, restarted and killed", &faults, true);
}
