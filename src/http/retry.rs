//! Repeating a call: a refusal for flow control waits in its lane and costs no retry, a busy service costs one of a
//! few, everything else is final.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::{Instant, sleep};

use super::lane::{Lanes, Scope, Turn};

/// How one attempt ended.
#[derive(Debug)]
pub enum Attempt<T, E> {
    /// Well.
    Done(T),
    /// Finally badly.
    Failed(E),
    /// Badly, and a repetition may help and can do no harm.
    Retry(E),
    /// Refused for flow control, certainly not carried out.
    Refused(Scope, E),
}

/// How long a call is repeated.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Repetitions after [`Attempt::Retry`].
    pub retries: usize,
    /// The longest time from the first refusal for flow control on.
    pub refused_for: Duration,
    /// Bans that are waited out.
    pub bans: u32,
}

impl Default for Patience {
    /// Three repetitions (the vendor's advice for a busy service), ten minutes of refusals, two bans.
    fn default() -> Self {
        Self { retries: 3, refused_for: Duration::from_secs(600), bans: 2 }
    }
}

/// Waits for a turn in the lane and carries out `attempt`, repeatedly where that may help.
pub async fn call<T, E, F, Fut>(
    lanes: &Lanes,
    lane: &'static str,
    patience: Patience,
    attempt: F,
) -> Result<T, E>
where
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = Attempt<T, E>> + Send,
{
    let turn = lanes.turn(lane).await;
    call_in_turn(lanes, lane, turn, patience, attempt).await
}

/// As [`call`], for a caller whose turn has come already.
pub async fn call_in_turn<T, E, F, Fut>(
    lanes: &Lanes,
    lane: &'static str,
    mut turn: Turn,
    patience: Patience,
    mut attempt: F,
) -> Result<T, E>
where
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = Attempt<T, E>> + Send,
{
    let mut delays = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(8))
        .with_max_times(patience.retries)
        .with_jitter()
        .build();
    let mut first_refusal = None;
    let mut bans = 0;
    loop {
        match attempt().await {
            Attempt::Done(value) => {
                turn.accepted();
                return Ok(value);
            }
            Attempt::Failed(error) => {
                turn.accepted();
                return Err(error);
            }
            Attempt::Retry(error) => {
                drop(turn);
                let Some(delay) = delays.next() else { return Err(error) };
                sleep(delay).await;
            }
            Attempt::Refused(scope, error) => {
                turn.refused(scope);
                bans += u32::from(scope == Scope::Ban);
                let since = *first_refusal.get_or_insert_with(Instant::now);
                let is_spent = if scope == Scope::Ban {
                    bans > patience.bans
                } else {
                    since.elapsed() > patience.refused_for
                };
                if is_spent {
                    return Err(error);
                }
            }
        }
        turn = lanes.turn(lane).await;
    }
}
