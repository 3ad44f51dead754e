//! Runs that nobody interrupts: near the floor, and nothing twice.

use dingsync::core::event::RunStatus;

use super::{FAIR, Service, Weather, assert_everybody_once, first_run};

#[tokio::test(start_paused = true)]
async fn a_first_run_of_ten_thousand_stays_near_what_the_limit_allows() {
    let service = Service::new(20, 200, |_| FAIR);
    let (report, seconds) = first_run(&service, 10_000, 500).await;
    assert_eq!(report.status, RunStatus::Success);
    assert_everybody_once(&service, 10_000, 500);
    let (floor, refused) = (10_000.0 / 20.0, service.world().refused as f64 / 10_500.0);
    assert!(seconds <= floor * 1.05, "{seconds} s of {floor} s");
    assert!(refused < 0.005, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn halved_limits_storms_and_lost_answers_cost_little_and_repeat_nothing() {
    // The limit halves after a minute, a storm lasts half a minute, one answer in ten is lost.
    let weather = |second: u64| Weather {
        limit: if second < 60 { 20 } else { 10 },
        lost: 10,
        storm: (120..150).contains(&second),
        banned: false,
    };
    let service = Service::new(20, 200, weather);
    let (report, seconds) = first_run(&service, 3_000, 100).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.summary);
    assert_everybody_once(&service, 3_000, 100);
    // 1,200 in the first minute, then ten a second, half a minute lost.
    let floor = 60.0 + (3_000.0 - 1_200.0) / 10.0 + 30.0;
    assert!(seconds <= floor / 0.9, "{seconds} s of {floor} s");
    assert!(service.world().in_storm < 40, "{} calls into the storm", service.world().in_storm);
}

#[tokio::test(start_paused = true)]
async fn a_storm_with_a_ban_in_it_costs_little_and_is_not_walked_into_again() {
    // Five minutes of work with halved limits and a storm; then the address is banned for five minutes.
    let weather = |second: u64| Weather {
        limit: if second < 60 { 20 } else { 10 },
        lost: 10,
        storm: (120..150).contains(&second),
        banned: (200..500).contains(&second),
    };
    let service = Service::new(20, 200, weather);
    let (report, seconds) = first_run(&service, 3_000, 100).await;
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.summary);
    assert_everybody_once(&service, 3_000, 100);
    let floor = 60.0 + (3_000.0 - 1_200.0) / 10.0 + 30.0 + 300.0;
    assert!(seconds <= floor / 0.9, "{seconds} s of {floor} s");
    // Those that were on their way when it began; nobody knocks while it lasts.
    let knocks = service.world().in_ban;
    assert!((1..=10).contains(&knocks), "{knocks} calls into the ban");
}
