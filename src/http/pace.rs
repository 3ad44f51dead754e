//! The pace of one lane: evenly spread calls just under the limit the service turns out to have. Pure arithmetic on
//! given instants. `governor` is not used here: its quota is fixed for a limiter's life while this one moves, and it
//! gives a late wake-up away, which at 60 calls a second costs several percent.
//!
//! A vendor counts calls in fixed windows of a second. A pace of exactly the limit loses a tenth of its calls to
//! jitter at the windows' borders, 97 % of it loses next to none. So the pace is 97 % of what the service accepted
//! while it refused, is tried a little higher only after a quiet while, and returns at the first refusal.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The share of a limit that is used.
const SHARE: f64 = 0.98;
/// A lane never becomes slower than this, calls per second.
const SLOWEST: f64 = 0.5;
/// How far behind its schedule a lane may be and still catch up.
const CREDIT: Duration = Duration::from_millis(20);
/// The time over which acceptances are counted: whole seconds, so that a window's border does not matter.
const EPOCH: Duration = Duration::from_secs(1);
/// The quiet time before the first attempt at a higher pace, and the longest.
const FIRST_HOLD: Duration = Duration::from_secs(5);
const LONGEST_HOLD: Duration = Duration::from_secs(60);
/// The version of calls that say nothing: they share a window with calls of a higher pace.
const NOT_COUNTED: u64 = 0;
/// How fast single refusals are forgotten, seconds.
const STRAIN_FADES: f64 = 40.0;

/// What one lane knows about its limit.
#[derive(Debug)]
pub(super) struct Pace {
    highest: f64,
    rate: f64,
    safe: f64,
    step: f64,
    next: Instant,
    version: u64,
    counts_from: Instant,
    epoch: Epoch,
    strain: f64,
    strain_at: Instant,
    hold: Duration,
    quiet_since: Instant,
    sent: VecDeque<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Epoch {
    since: Instant,
    accepted: f64,
    refused: f64,
}

impl Epoch {
    fn starting(since: Instant) -> Self {
        Self { since, accepted: 0.0, refused: 0.0 }
    }
}

impl Pace {
    /// A pace that never exceeds `ceiling` calls per second.
    pub(super) fn new(ceiling: f64, now: Instant) -> Self {
        let highest = (ceiling * SHARE).max(SLOWEST);
        Self {
            highest,
            rate: highest,
            safe: highest,
            step: 0.01,
            next: now,
            version: 1,
            counts_from: now,
            epoch: Epoch::starting(now),
            strain: 0.0,
            strain_at: now,
            hold: FIRST_HOLD,
            quiet_since: now,
            sent: VecDeque::new(),
        }
    }

    /// When the next call may go.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Takes the slot that is due.
    pub(super) fn take(&mut self, now: Instant) {
        let spacing = Duration::from_secs_f64(1.0 / self.rate);
        self.next = self.next.max(now.checked_sub(CREDIT).unwrap_or(now)) + spacing;
    }

    /// Notes a call that goes out now; the number says under which pace.
    pub(super) fn send(&mut self, now: Instant) -> u64 {
        self.forget_sent(now);
        self.sent.push_back(now);
        if now < self.counts_from { NOT_COUNTED } else { self.version }
    }

    /// Calls that went out in the last second.
    pub(super) fn recent(&mut self, now: Instant) -> usize {
        self.forget_sent(now);
        self.sent.len()
    }

    /// Calls per second.
    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// The service let a call through.
    pub(super) fn accepted(&mut self, version: u64, now: Instant) {
        if version != self.version {
            return;
        }
        self.open_epoch(now);
        self.epoch.accepted += 1.0;
        let full = now - self.epoch.since >= EPOCH * 2;
        if full && self.epoch.refused == 0.0 && now - self.quiet_since >= self.hold {
            self.climb(now);
        } else if self.epoch.refused > 0.0 {
            self.judge(now);
        }
    }

    /// The service refused a call of this lane for flow control.
    pub(super) fn refused(&mut self, version: u64, now: Instant) {
        if version != self.version {
            return;
        }
        self.open_epoch(now);
        if self.epoch.refused == 0.0 {
            // A second from here on holds exactly what the service accepts in one.
            self.epoch = Epoch::starting(now);
        }
        self.epoch.refused += 1.0;
        if self.rate > self.safe * 1.001 {
            self.retreat(now);
        } else {
            self.judge(now);
        }
    }

    fn open_epoch(&mut self, now: Instant) {
        let answers = self.epoch.accepted + self.epoch.refused;
        if answers == 0.0 || now - self.epoch.since > EPOCH * 4 {
            self.epoch = Epoch::starting(now);
        }
    }

    /// A storm sets the pace to what was accepted; single refusals wear it down when they become too frequent.
    fn judge(&mut self, now: Instant) {
        let Epoch { since, accepted, refused } = self.epoch;
        let elapsed = (now - since).as_secs_f64();
        if refused >= 3.0 && refused > 0.1 * (accepted + refused) {
            if elapsed >= EPOCH.as_secs_f64() {
                // Whole seconds hold whole windows, wherever the windows begin.
                let measured = accepted / elapsed.round() * SHARE;
                self.settle(measured.clamp(self.rate / 2.0, self.rate * SHARE), now);
                self.hold = FIRST_HOLD;
            }
            return;
        }
        if elapsed >= 2.0 * EPOCH.as_secs_f64() {
            let age = (now - self.strain_at).as_secs_f64();
            self.strain = self.strain * (-age / STRAIN_FADES).exp() + refused;
            self.strain_at = now;
            self.epoch = Epoch::starting(now);
            self.quiet_since = now;
            if self.strain > (0.015 * STRAIN_FADES * self.rate).max(2.0) {
                self.settle(self.rate * 0.99, now);
            }
        }
    }

    fn climb(&mut self, now: Instant) {
        self.safe = self.safe.max(self.rate * SHARE);
        if self.rate >= self.highest {
            self.safe = self.highest;
            self.epoch = Epoch::starting(now);
            return;
        }
        self.rate = (self.rate * (1.0 + self.step)).min(self.highest);
        // Far below the ceiling there was an outage rather than a limit: the way back is not to take minutes.
        let longest = if self.rate < self.highest / 4.0 { 0.5 } else { 0.1 };
        self.step = (self.step * 2.0).min(longest);
        // While it goes well the next step needs no further wait than its own epoch.
        self.renew(now);
        self.quiet_since = now.checked_sub(self.hold).unwrap_or(now);
    }

    fn retreat(&mut self, now: Instant) {
        let failed_at_once = self.step <= 0.08;
        self.hold = if failed_at_once { (self.hold * 2).min(LONGEST_HOLD) } else { FIRST_HOLD * 2 };
        self.settle(self.safe.min(self.rate * SHARE).max(self.safe * 0.995), now);
    }

    fn settle(&mut self, rate: f64, now: Instant) {
        self.rate = rate.clamp(SLOWEST.min(self.highest), self.highest);
        self.safe = self.rate;
        self.step = 0.01;
        self.strain = 0.0;
        self.quiet_since = now;
        self.counts_from = now + EPOCH;
        self.renew(now);
    }

    fn renew(&mut self, now: Instant) {
        self.version += 1;
        self.epoch = Epoch::starting(now);
    }

    fn forget_sent(&mut self, now: Instant) {
        while self.sent.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
            self.sent.pop_front();
        }
    }
}
