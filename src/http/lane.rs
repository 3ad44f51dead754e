//! The lanes: each interface of a service has one, with its own pace; first come, first served. All lanes of a
//! service stop together when the service as a whole wants to be left alone.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::pace::Pace;
use crate::core::target::{LaneReport, PaceReport};

/// Calls under way at once, of all lanes: enough for any pace, few enough for any machine.
const IN_FLIGHT: usize = 512;
/// The first pause after a refusal that concerns all lanes, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// How long an address stays banned (reference `dingtalk-api.md` section 6).
const BAN: Duration = Duration::from_secs(300);

/// Whom a refusal for flow control concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// This interface is called too often by us.
    Lane,
    /// The service as a whole is overrun: everybody waits a second, then longer.
    All,
    /// This machine's address is banned for five minutes.
    Ban,
}

/// All lanes of one service; cheap to clone, all clones are the same lanes.
#[derive(Debug, Clone)]
pub struct Lanes {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    ceiling: f64,
    /// What all lanes together keep to, where the service counts by address.
    address: Option<Mutex<Pace>>,
    flight: Arc<Semaphore>,
    lanes: Mutex<BTreeMap<&'static str, Arc<Lane>>>,
    pause: Mutex<Pause>,
    calls: AtomicU64,
    answered: AtomicU64,
    throttled: AtomicU64,
}

#[derive(Debug)]
struct Lane {
    gate: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
    throttled: AtomicU64,
}

#[derive(Debug)]
struct Pause {
    until: Instant,
    length: Duration,
}

/// A call under way; say how the service took it. Dropped, it says nothing (the answer never came).
#[derive(Debug)]
pub struct Turn {
    lanes: Lanes,
    lane: Arc<Lane>,
    version: u64,
    _flight: Option<OwnedSemaphorePermit>,
}

impl Lanes {
    /// Lanes of at most `ceiling` calls per second each.
    pub fn new(ceiling: f64) -> Self {
        Self::of(ceiling, None)
    }

    /// As [`Lanes::new`], and all of them together make at most `total` calls per second.
    pub fn below(ceiling: f64, total: f64) -> Self {
        Self::of(ceiling, Some(Mutex::new(Pace::new(total, Instant::now()))))
    }

    fn of(ceiling: f64, address: Option<Mutex<Pace>>) -> Self {
        let pause = Pause { until: Instant::now(), length: Duration::ZERO };
        Self {
            shared: Arc::new(Shared {
                ceiling,
                address,
                flight: Arc::new(Semaphore::new(IN_FLIGHT)),
                lanes: Mutex::default(),
                pause: Mutex::new(pause),
                calls: AtomicU64::new(0),
                answered: AtomicU64::new(0),
                throttled: AtomicU64::new(0),
            }),
        }
    }

    /// Waits for a turn and starts the call.
    pub async fn turn(&self, lane: &'static str) -> Turn {
        self.wait(lane).await;
        self.begin(lane).await
    }

    /// Waits for a turn: in order of arrival, at the lane's pace, outside pauses. Dropping the future gives it up.
    pub async fn wait(&self, lane: &'static str) {
        let lane = self.lane(lane);
        let _gate = lane.gate.lock().await;
        loop {
            let now = Instant::now();
            let address = self.shared.address.as_ref();
            let free = address.map_or(now, |pace| lock(pace).next());
            let ready = lock(&lane.pace).next().max(lock(&self.shared.pause).until).max(free);
            if ready <= now {
                lock(&lane.pace).take(now);
                if let Some(pace) = address {
                    lock(pace).take(now);
                }
                return;
            }
            sleep_until(ready).await;
        }
    }

    /// Starts a call whose turn was waited for.
    pub async fn begin(&self, lane: &'static str) -> Turn {
        let flight = Arc::clone(&self.shared.flight).acquire_owned().await.ok();
        let lane = self.lane(lane);
        let version = lock(&lane.pace).send(Instant::now());
        self.shared.calls.fetch_add(1, Ordering::Relaxed);
        Turn { lanes: self.clone(), lane, version, _flight: flight }
    }

    /// Calls started so far.
    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// Calls that the service dealt with so far: what was refused for flow control or repeated counts once.
    pub fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    /// What the lanes are doing.
    pub fn report(&self) -> PaceReport {
        let now = Instant::now();
        let lanes = lock(&self.shared.lanes)
            .iter()
            .map(|(name, lane)| {
                let mut pace = lock(&lane.pace);
                LaneReport {
                    interface: (*name).to_owned(),
                    limit: pace.rate(),
                    recent: pace.recent(now) as f64,
                    throttled: lane.throttled.load(Ordering::Relaxed),
                }
            })
            .collect();
        let left = lock(&self.shared.pause).until.saturating_duration_since(now);
        PaceReport {
            lanes,
            calls: self.calls(),
            throttled: self.shared.throttled.load(Ordering::Relaxed),
            paused_seconds: (!left.is_zero()).then(|| left.as_secs_f64().ceil() as u64),
        }
    }

    fn lane(&self, name: &'static str) -> Arc<Lane> {
        let mut lanes = lock(&self.shared.lanes);
        let lane = lanes.entry(name).or_insert_with(|| {
            Arc::new(Lane {
                gate: tokio::sync::Mutex::new(()),
                pace: Mutex::new(Pace::new(self.shared.ceiling, Instant::now())),
                throttled: AtomicU64::new(0),
            })
        });
        Arc::clone(lane)
    }

    /// Refusals of calls that were sent before the pause do not lengthen it.
    fn pause(&self, scope: Scope, now: Instant) {
        let mut pause = lock(&self.shared.pause);
        match scope {
            Scope::Lane => {}
            Scope::Ban => {
                if pause.until < now + BAN {
                    pause.until = now + BAN + Duration::from_secs_f64(rand::random_range(0.0..15.0));
                }
            }
            Scope::All if now >= pause.until => {
                let is_new_storm = now - pause.until > LONGEST_PAUSE * 2;
                pause.length = if is_new_storm {
                    FIRST_PAUSE
                } else {
                    (pause.length * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)
                };
                pause.until = now + pause.length;
            }
            Scope::All => {}
        }
    }
}

impl Turn {
    /// The service dealt with the call, whatever its answer.
    pub fn accepted(self) {
        self.lanes.shared.answered.fetch_add(1, Ordering::Relaxed);
        lock(&self.lane.pace).accepted(self.version, Instant::now());
    }

    /// The service refused the call for flow control.
    pub fn refused(self, scope: Scope) {
        let now = Instant::now();
        self.lane.throttled.fetch_add(1, Ordering::Relaxed);
        self.lanes.shared.throttled.fetch_add(1, Ordering::Relaxed);
        match scope {
            Scope::Lane => lock(&self.lane.pace).refused(self.version, now),
            Scope::All | Scope::Ban => self.lanes.pause(scope, now),
        }
    }
}

/// A poisoned lock only means that a thread panicked while it held figures; they stay usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
