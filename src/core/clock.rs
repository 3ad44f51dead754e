//! Time, as far as a run needs it: the hour for what is stored, and waiting. Tests bring a clock of their own.

use async_trait::async_trait;

/// The present and the way to wait.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Unix milliseconds. May jump when somebody sets the machine's clock.
    fn now_ms(&self) -> i64;
    /// Resolves after so many milliseconds.
    async fn sleep(&self, ms: u64);
}

/// Milliseconds from one moment to another; 0 when the clock went back.
pub fn elapsed_ms(from_ms: i64, to_ms: i64) -> u64 {
    u64::try_from(to_ms.saturating_sub(from_ms)).unwrap_or(0)
}
