//! Reading that stands still says so: a ban of five minutes must not look like a program that hangs.

use std::pin::pin;
use std::time::Duration;

use rust_i18n::t;

use super::context::Context;
use crate::core::target::Target;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds of a pause that are worth a word.
const LONG: u64 = 30;

/// Waits for work on DingTalk; notes on standard error, once for each, when a long pause begins.
pub(super) async fn told<T>(
    work: impl Future<Output = T>,
    target: &dyn Target,
    context: &Context,
    locale: &str,
) -> T {
    let mut work = pin!(work);
    let mut is_told = false;
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(LOOK) => {}
        }
        match target.pace().paused_seconds {
            None => is_told = false,
            Some(seconds) if seconds >= LONG && !is_told => {
                is_told = true;
                context.note(t!("pause.told", seconds = seconds, locale = locale));
            }
            // A pause that is nearly over is still the one that was told.
            Some(_) => {}
        }
    }
}
