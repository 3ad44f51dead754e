//! How an operator stops a run: once to drain, twice to stop at once. And how a run is made to wait.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to stop or to wait, shared by whoever may ask and the run that obeys.
#[derive(Debug, Clone)]
pub struct StopSignal(Arc<watch::Sender<Asked>>);

/// What was asked so far.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    level: u8,
    is_paused: bool,
}

impl StopSignal {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Asked::default())))
    }

    /// Asks to stop: the first time nothing new is started, the second time the run returns at once.
    pub fn request(&self) {
        self.0.send_modify(|asked| asked.level = asked.level.saturating_add(1));
    }

    /// Whether anybody asked to stop.
    pub fn is_requested(&self) -> bool {
        self.level() > 0
    }

    /// Asks to send nothing until [`StopSignal::go_on`]; asking twice is asking once. What is on its way is waited
    /// for, and a stop ends the pause.
    pub fn pause(&self) {
        self.0.send_modify(|asked| asked.is_paused = true);
    }

    /// Ends a pause; without one nothing happens.
    pub fn go_on(&self) {
        self.0.send_modify(|asked| asked.is_paused = false);
    }

    /// Whether a run is to wait.
    pub fn is_paused(&self) -> bool {
        self.0.borrow().is_paused
    }

    /// How often anybody asked to stop.
    pub(super) fn level(&self) -> u8 {
        self.0.borrow().level
    }

    /// Resolves once it was asked so often.
    pub(in crate::core) async fn reached(&self, level: u8) {
        let mut changes = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail while anybody can still ask.
        drop(changes.wait_for(|asked| asked.level >= level).await);
    }

    /// Resolves once it is so.
    pub(super) async fn turned(&self, is_paused: bool) {
        let mut changes = self.0.subscribe();
        drop(changes.wait_for(|asked| asked.is_paused == is_paused).await);
    }
}

impl Default for StopSignal {
    fn default() -> Self {
        Self::new()
    }
}
