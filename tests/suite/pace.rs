//! Lanes against a limiter that counts calls in fixed windows of a second, as the vendor does. Virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dingsync::http::retry::{Attempt, Patience, call};
use dingsync::http::{Lanes, Scope};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, sleep, sleep_until};

/// What the service does and what it has seen.
struct Service {
    limit: u32,
    latency_ms: u64,
    jitter_ms: u64,
    started: Instant,
    phase_ms: u64,
    window: u64,
    in_window: u32,
    accepted: u64,
    refused: u64,
    random: StdRng,
}

type Shared = Arc<Mutex<Service>>;

fn service(limit: u32, latency_ms: u64, jitter_ms: u64, seed: u64) -> Shared {
    Arc::new(Mutex::new(Service {
        limit,
        latency_ms,
        jitter_ms,
        started: Instant::now(),
        phase_ms: seed * 137 % 1000,
        window: 0,
        in_window: 0,
        accepted: 0,
        refused: 0,
        random: StdRng::seed_from_u64(seed),
    }))
}

impl Service {
    fn delay(&mut self) -> Duration {
        let jitter = self.random.random_range(0..=2 * self.jitter_ms);
        Duration::from_millis((self.latency_ms / 2 + jitter).saturating_sub(self.jitter_ms))
    }

    fn admits(&mut self) -> bool {
        let window = (self.started.elapsed().as_millis() as u64 + self.phase_ms) / 1000;
        if window != self.window {
            self.window = window;
            self.in_window = 0;
        }
        self.in_window += 1;
        let is_admitted = self.in_window <= self.limit;
        *(if is_admitted { &mut self.accepted } else { &mut self.refused }) += 1;
        is_admitted
    }

    fn reset(&mut self) {
        self.accepted = 0;
        self.refused = 0;
    }
}

async fn one_call(lanes: &Lanes, service: &Shared) {
    let turn = lanes.turn("user/create").await;
    let there = service.lock().unwrap().delay();
    sleep(there).await;
    let is_admitted = service.lock().unwrap().admits();
    let back = service.lock().unwrap().delay();
    sleep(back).await;
    if is_admitted { turn.accepted() } else { turn.refused(Scope::Lane) }
}

/// Keeps the lane full for so many seconds.
async fn saturate(lanes: &Lanes, service: &Shared, seconds: u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let workers = (0..150).map(|_| async {
        while Instant::now() < end {
            tokio::select! { () = one_call(lanes, service) => {}, () = sleep_until(end) => {} }
        }
    });
    futures::future::join_all(workers).await;
}

/// The share of calls refused, and accepted calls per second.
fn figures(service: &Shared, seconds: u64) -> (f64, f64) {
    let service = service.lock().unwrap();
    let refused = service.refused as f64 / (service.accepted + service.refused) as f64;
    (refused, service.accepted as f64 / seconds as f64)
}

#[tokio::test(start_paused = true)]
async fn a_lane_stays_just_under_a_limit_that_equals_its_ceiling() {
    for (latency, jitter, seed) in
        [(200, 5, 1), (200, 25, 2), (200, 50, 3), (500, 20, 4), (20, 3, 5), (1000, 60, 6)]
    {
        let service = service(20, latency, jitter, seed);
        let lanes = Lanes::new(20.0);
        saturate(&lanes, &service, 240).await;
        let (refused, goodput) = figures(&service, 240);
        assert!(refused < 0.02, "latency {latency}, jitter {jitter}: {refused}");
        assert!(goodput >= 19.0, "latency {latency}, jitter {jitter}: {goodput}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_finds_a_limit_of_half_its_ceiling() {
    for (latency, jitter, seed) in
        [(200, 5, 1), (200, 25, 2), (200, 50, 3), (500, 20, 4), (20, 3, 5), (1000, 60, 6)]
    {
        let service = service(10, latency, jitter, seed);
        let lanes = Lanes::new(20.0);
        saturate(&lanes, &service, 30).await;
        let (_, first_goodput) = figures(&service, 30);
        saturate(&lanes, &service, 30).await;
        service.lock().unwrap().reset();
        saturate(&lanes, &service, 300).await;
        // Nothing is under way when the period begins: the second that this costs is not the pace's.
        let (refused, goodput) = figures(&service, 299);
        assert!(first_goodput >= 9.0, "latency {latency}, jitter {jitter}: {first_goodput}");
        assert!(refused < 0.02, "latency {latency}, jitter {jitter}: {refused}");
        assert!(goodput >= 9.5, "latency {latency}, jitter {jitter}: {goodput}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_follows_a_limit_that_falls_and_rises_again() {
    let service = service(20, 200, 20, 7);
    let lanes = Lanes::new(20.0);
    saturate(&lanes, &service, 60).await;
    service.lock().unwrap().limit = 10;
    service.lock().unwrap().reset();
    saturate(&lanes, &service, 120).await;
    let (refused, goodput) = figures(&service, 120);
    assert!(refused < 0.03 && goodput >= 9.5, "{refused} {goodput}");
    service.lock().unwrap().limit = 20;
    saturate(&lanes, &service, 120).await;
    service.lock().unwrap().reset();
    saturate(&lanes, &service, 60).await;
    let (refused, goodput) = figures(&service, 60);
    assert!(refused < 0.02 && goodput >= 18.5, "{refused} {goodput}");
}

#[tokio::test(start_paused = true)]
async fn a_lane_recovers_from_a_minute_without_any_acceptance() {
    let service = service(0, 200, 20, 9);
    let lanes = Lanes::new(20.0);
    saturate(&lanes, &service, 60).await;
    assert!(lanes.calls() < 150, "{} calls into the storm", lanes.calls());
    service.lock().unwrap().limit = 20;
    saturate(&lanes, &service, 90).await;
    service.lock().unwrap().reset();
    saturate(&lanes, &service, 60).await;
    let (refused, goodput) = figures(&service, 60);
    assert!(refused < 0.02 && goodput >= 18.5, "{refused} {goodput}");
}

#[tokio::test(start_paused = true)]
async fn a_fast_edition_is_used_in_full() {
    let service = service(60, 500, 20, 8);
    let lanes = Lanes::new(60.0);
    saturate(&lanes, &service, 120).await;
    let (refused, goodput) = figures(&service, 120);
    assert!(refused < 0.02 && goodput >= 57.0, "{refused} {goodput}");
}

#[tokio::test(start_paused = true)]
async fn a_storm_that_concerns_everybody_pauses_every_lane_and_costs_no_retry() {
    let lanes = Lanes::new(20.0);
    let started = Instant::now();
    let patience = Patience { retries: 0, ..Patience::default() };
    let result: Result<u32, &str> = call(&lanes, "user/list", patience, || async {
        match started.elapsed() {
            t if t < Duration::from_secs(60) => Attempt::Refused(Scope::All, "storm"),
            _ => Attempt::Done(7),
        }
    })
    .await;
    assert_eq!(result, Ok(7));
    assert!(started.elapsed() < Duration::from_secs(70), "{:?}", started.elapsed());
    assert!(lanes.calls() < 20, "{} calls during the storm", lanes.calls());
    lanes.turn("user/get").await.refused(Scope::All);
    let before = Instant::now();
    lanes.turn("department/get").await.accepted();
    assert!(before.elapsed() >= Duration::from_secs(1), "the other lane did not pause");
}

#[tokio::test(start_paused = true)]
async fn a_ban_stops_every_lane_for_five_minutes_and_says_how_long() {
    let lanes = Lanes::new(20.0);
    lanes.turn("user/get").await.refused(Scope::Ban);
    let left = lanes.report().paused_seconds.expect("a pause");
    assert!((300..=315).contains(&left), "{left}");
    let before = Instant::now();
    lanes.turn("department/get").await.accepted();
    assert!(before.elapsed() >= Duration::from_secs(300));
    assert_eq!(lanes.report().paused_seconds, None);
}

#[tokio::test(start_paused = true)]
async fn turns_come_in_order_of_arrival_and_a_dropped_wait_costs_nobody_anything() {
    let lanes = Lanes::new(10.0);
    lanes.turn("x").await.accepted();
    let order = Arc::new(Mutex::new(Vec::new()));
    let started = Instant::now();
    let waits: Vec<_> = (0..5)
        .map(|n| {
            let (lanes, order) = (lanes.clone(), Arc::clone(&order));
            tokio::spawn(async move {
                lanes.turn("x").await.accepted();
                order.lock().unwrap().push(n);
            })
        })
        .collect();
    tokio::task::yield_now().await;
    waits[1].abort();
    for wait in waits {
        let _ = wait.await;
    }
    assert_eq!(*order.lock().unwrap(), [0, 2, 3, 4]);
    assert!(started.elapsed() < Duration::from_millis(450), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_is_asked_four_times_and_then_given_up() {
    let lanes = Lanes::new(20.0);
    let result: Result<(), &str> =
        call(&lanes, "x", Patience::default(), async || Attempt::Retry("busy")).await;
    assert_eq!((result, lanes.calls()), (Err("busy"), 4));
}

#[tokio::test(start_paused = true)]
async fn refusals_for_flow_control_end_after_their_time_and_bans_after_two() {
    let started = Instant::now();
    let lanes = Lanes::new(20.0);
    let refuse = async || Attempt::Refused(Scope::Lane, "too fast");
    let result: Result<(), &str> = call(&lanes, "x", Patience::default(), refuse).await;
    assert_eq!(result, Err("too fast"));
    assert!((600..660).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
    let lanes = Lanes::new(20.0);
    let banned = async || Attempt::Refused(Scope::Ban, "banned");
    let result: Result<(), &str> = call(&lanes, "x", Patience::default(), banned).await;
    assert_eq!((result, lanes.calls()), (Err("banned"), 3));
}

#[tokio::test(start_paused = true)]
async fn all_lanes_together_stay_below_what_bans_an_address() {
    let lanes = Lanes::below(1000.0, 500.0);
    let end = Instant::now() + Duration::from_secs(40);
    let begun = Mutex::new(Vec::new());
    let workers = ["user/get", "user/list", "user/create", "department/get"].map(|lane| {
        let (lanes, begun) = (&lanes, &begun);
        async move {
            while Instant::now() < end {
                lanes.turn(lane).await.accepted();
                begun.lock().unwrap().push(Instant::now());
            }
        }
    });
    futures::future::join_all(workers).await;
    let begun = begun.into_inner().unwrap();
    let within = |from: &Instant| {
        begun.iter().filter(|at| **at >= *from && **at < *from + Duration::from_secs(20)).count()
    };
    let most = begun.iter().step_by(97).map(within).max().unwrap();
    assert!((9_000..=10_000).contains(&most), "{most} calls in 20 seconds");
}
