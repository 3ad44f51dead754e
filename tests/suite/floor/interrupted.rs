//! Runs that are killed and resumed: a kill is the drop of everything the process was doing, at any moment of any call.

use std::time::Duration;

use dingsync::core::event::RunStatus;
use dingsync::core::journal::{Journal, RunKind};
use dingsync::core::plan::Approval;
use dingsync::core::synchronize::{RunReport, StopSignal, Work, apply, resume};
use dingsync::core::target::TargetRequest;
use dingsync::store::{ConnectionId, Store};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, timeout};

use super::{FAIR, Service, Virtual, assert_everybody_once, nothing_there, planned, profile, source};

/// A company and its state file.
struct Site {
    directory: tempfile::TempDir,
    profile: dingsync::core::profile::Profile,
    clock: Virtual,
}

impl Site {
    fn new() -> Self {
        let clock = Virtual(Instant::now());
        Self { directory: tempfile::tempdir().unwrap(), profile: profile(), clock }
    }

    fn store(&self) -> Store {
        let (instance_id, corp_id) = (self.profile.instance_id.clone(), self.profile.corp_id.clone());
        Store::open(&self.directory.path().join("state.db"), &ConnectionId { instance_id, corp_id }).unwrap()
    }

    /// A process that begins the run; `None` when it was killed before the end.
    async fn begin(
        &self,
        service: &Service,
        (accounts, units): (usize, usize),
        life: Duration,
    ) -> Option<RunReport> {
        let (store, target) = (self.store(), nothing_there(&self.clock));
        let plan = planned(&self.profile, &source(accounts, units), &target, &self.clock);
        let approved = plan.approve(&Approval { removals: None }).unwrap();
        let work =
            Work { target: service, journal: &store, clock: &self.clock, limits: &self.profile.limits };
        let (stop, mut silent) = (StopSignal::new(), |_| {});
        let run = apply(&work, approved, &target, RunKind::Sync, None, &mut silent, &stop);
        timeout(life, run).await.ok().map(Result::unwrap)
    }

    async fn in_flight(&self) -> usize {
        self.store().unfinished().await.unwrap().map_or(0, |unfinished| unfinished.in_flight.len())
    }

    /// A process that resumes it.
    async fn resume(&self, service: &Service, life: Duration) -> Option<RunReport> {
        let store = self.store();
        let unfinished = store.unfinished().await.unwrap().expect("the run is unfinished");
        let work =
            Work { target: service, journal: &store, clock: &self.clock, limits: &self.profile.limits };
        let (stop, mut silent, request) = (StopSignal::new(), |_| {}, TargetRequest::default());
        let run = resume(&work, unfinished, &request, &mut silent, &stop);
        timeout(life, run).await.ok().map(Result::unwrap)
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_any_moment_a_run_goes_on_at_once_and_repeats_nothing() {
    let mut random = StdRng::seed_from_u64(11);
    // Four seconds pass before what was made can be read.
    let first = Service { hidden: Duration::from_secs(4), ..Service::new(20, 200, |_| FAIR) };
    let (site, size) = (Site::new(), (600, 40));
    let mut life = || Duration::from_millis(random.random_range(0..2_500));
    let mut ended = site.begin(&first, size, life()).await;
    let mut kills = 0;
    while ended.is_none() {
        kills += 1;
        let service = first.anew();
        let (begun, before) = (Instant::now(), service.world().writes_at.len());
        let in_flight = site.in_flight().await;
        let life = life();
        ended = site.resume(&service, life).await;
        let world = service.world();
        match world.writes_at.get(before) {
            Some(first) => {
                let wait = *first - begun;
                assert!(wait <= Duration::from_millis(300 + 200), "kill {kills}: first write after {wait:?}");
            }
            // Too short a life, or nobody is left but those in flight.
            None if life < Duration::from_millis(500) => {}
            None => {
                let (users, departments) = (world.users.len(), world.departments.len());
                // Whoever belongs into a department in flight waits with it.
                let may_wait = departments < size.1 || users + in_flight >= size.0;
                assert!(
                    may_wait,
                    "kill {kills}: no write in {life:?} after {users} users, {in_flight} in flight"
                );
            }
        }
    }
    assert!(kills > 20, "{kills} kills");
    assert_eq!(ended.unwrap().status, RunStatus::Success);
    assert_everybody_once(&first, size.0, size.1);
    assert_eq!(first.world().repeated, 0, "something was sent again that was there");
}

#[tokio::test(start_paused = true)]
async fn what_shows_later_than_anybody_waits_is_recognised_when_it_is_refused() {
    let first = Service { hidden: Duration::from_secs(8), ..Service::new(20, 200, |_| FAIR) };
    let (site, size) = (Site::new(), (60, 4));
    assert!(site.begin(&first, size, Duration::from_millis(1_250)).await.is_none());
    let report = site.resume(&first.anew(), Duration::from_secs(600)).await.unwrap();
    assert_eq!((report.status, report.summary.failed), (RunStatus::Success, 0), "{:?}", report.summary);
    assert_everybody_once(&first, size.0, size.1);
    assert!(first.world().repeated > 0, "nothing was in flight when it was killed");
}

#[tokio::test(start_paused = true)]
async fn a_call_of_long_ago_needs_one_look_and_nobody_waits_for_it() {
    let first = Service { hidden: Duration::from_secs(4), ..Service::new(20, 200, |_| FAIR) };
    let (site, size) = (Site::new(), (40, 8));
    // Nothing of what was intended arrived.
    assert!(site.begin(&first, size, Duration::from_millis(90)).await.is_none());
    assert!(site.in_flight().await > 0 && first.world().departments.is_empty());
    tokio::time::advance(Duration::from_secs(600)).await;
    let (service, begun) = (first.anew(), Instant::now());
    let report = site.resume(&service, Duration::from_secs(600)).await.unwrap();
    assert_eq!(report.status, RunStatus::Success);
    assert_everybody_once(&first, size.0, size.1);
    let wait = service.world().writes_at[0] - begun;
    assert!(wait <= Duration::from_millis(300 + 200 + 200), "first write after {wait:?}");
}
