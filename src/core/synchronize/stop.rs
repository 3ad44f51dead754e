//! How an operator stops a run: once to drain, twice to stop at once.

use std::sync::Arc;

use tokio::sync::watch;

/// A request to stop, shared by whoever may ask and the run that obeys.
#[derive(Debug, Clone)]
pub struct StopSignal(Arc<watch::Sender<u8>>);

impl StopSignal {
    /// Nobody has asked yet.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// Asks to stop: the first time nothing new is started, the second time the run returns at once.
    pub fn request(&self) {
        self.0.send_modify(|level| *level = level.saturating_add(1));
    }

    /// Whether anybody asked.
    pub fn is_requested(&self) -> bool {
        self.level() > 0
    }

    /// How often anybody asked.
    pub(super) fn level(&self) -> u8 {
        *self.0.borrow()
    }

    /// Resolves once it was asked so often.
    pub(in crate::core) async fn reached(&self, level: u8) {
        let mut changes = self.0.subscribe();
        // The sender lives in `self`, so waiting cannot fail while anybody can still ask.
        drop(changes.wait_for(|asked| *asked >= level).await);
    }
}

impl Default for StopSignal {
    fn default() -> Self {
        Self::new()
    }
}
