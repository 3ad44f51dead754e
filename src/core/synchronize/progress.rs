//! Totals, now and then.

use std::collections::{HashMap, VecDeque};

use crate::core::clock::elapsed_ms;
use crate::core::event::{Event, PaceState};
use crate::core::target::PaceReport;

/// Milliseconds between two totals.
pub(super) const EVERY_MS: u64 = 1000;
/// Milliseconds over which calls are counted.
const WINDOW_MS: u64 = 5000;

/// Counts calls over the last seconds and says when totals are due.
#[derive(Debug)]
pub(super) struct Progress {
    started_ms: i64,
    last_ms: i64,
    /// How long nothing could be sent.
    paused_ms: u64,
    window: VecDeque<(i64, u64, u64)>,
    fastest: HashMap<String, f64>,
}

/// How far a run is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally {
    pub done: u64,
    pub total: u64,
    /// Records in progress, and how many of them wait for an outcome to be settled.
    pub running: usize,
    pub settling: usize,
    /// The operator lets the run wait.
    pub is_paused: bool,
}

impl Progress {
    /// Of a run that begins now.
    pub(super) fn new(now_ms: i64, pace: &PaceReport) -> Self {
        let window = VecDeque::from([(now_ms, pace.calls, pace.throttled)]);
        Self { started_ms: now_ms, last_ms: now_ms, paused_ms: 0, window, fastest: HashMap::new() }
    }

    /// Whether a second has passed.
    pub(super) fn is_due(&self, now_ms: i64) -> bool {
        elapsed_ms(self.last_ms, now_ms) >= EVERY_MS || now_ms < self.last_ms
    }

    /// The totals.
    pub(super) fn event(&mut self, now_ms: i64, tally: Tally, pace: &PaceReport) -> Event {
        if tally.is_paused || pace.paused_seconds.is_some() {
            self.paused_ms += elapsed_ms(self.last_ms, now_ms);
        }
        self.last_ms = now_ms;
        self.window.push_back((now_ms, pace.calls, pace.throttled));
        while self.window.len() > 2
            && self.window.get(1).is_some_and(|(at, ..)| elapsed_ms(*at, now_ms) >= WINDOW_MS)
        {
            self.window.pop_front();
        }
        let (from, calls, throttled) =
            self.window.front().copied().unwrap_or((now_ms, pace.calls, pace.throttled));
        let seconds = seconds(elapsed_ms(from, now_ms));
        let rate = if seconds > 0.0 { exact(pace.calls.saturating_sub(calls)) / seconds } else { 0.0 };
        let state = self.state(tally, pace, pace.throttled > throttled);
        Event::Progress {
            done: tally.done,
            total: tally.total,
            calls_per_second: (rate * 10.0).round() / 10.0,
            eta_seconds: self.remaining(now_ms, tally) + pace.paused_seconds.unwrap_or(0),
            state,
            paused_seconds: pace.paused_seconds,
        }
    }

    fn state(&mut self, tally: Tally, pace: &PaceReport, was_throttled: bool) -> PaceState {
        let mut is_below = false;
        for lane in &pace.lanes {
            let fastest = self.fastest.entry(lane.interface.clone()).or_insert(lane.limit);
            *fastest = fastest.max(lane.limit);
            is_below |= lane.throttled > 0 && lane.limit < *fastest * 0.95;
        }
        if tally.is_paused || pace.paused_seconds.is_some() {
            PaceState::Paused
        } else if was_throttled || is_below {
            PaceState::Throttled
        } else if tally.settling > 0 && tally.settling >= tally.running {
            PaceState::Waiting
        } else {
            PaceState::Running
        }
    }

    fn remaining(&self, now_ms: i64, tally: Tally) -> u64 {
        let left = tally.total.saturating_sub(tally.done);
        let elapsed = elapsed_ms(self.started_ms, now_ms).saturating_sub(self.paused_ms);
        if tally.done == 0 {
            return left;
        }
        left.saturating_mul(elapsed).div_ceil(tally.done.saturating_mul(1000))
    }
}

fn seconds(milliseconds: u64) -> f64 {
    exact(milliseconds) / 1000.0
}

/// Counts of one run are far below 2^32.
fn exact(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
