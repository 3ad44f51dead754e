//! The child's side of a detached start: a session of its own, so that no terminal's end reaches it.

use tokio::signal::unix::{SignalKind, signal};

/// Leaves the terminal: a session of its own, hang-ups ignored.
pub fn leave_terminal() {
    // A process that leads a group already cannot leave it; the hang-up is ignored all the same.
    let _ = rustix::process::setsid();
    // Who listens and does nothing ignores it.
    if let Ok(mut hangups) = signal(SignalKind::hangup()) {
        tokio::spawn(async move { while hangups.recv().await.is_some() {} });
    }
}
