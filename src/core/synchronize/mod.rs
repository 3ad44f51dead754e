//! stub
#![allow(missing_docs, unused)]
mod stop;
use super::clock::Clock;
use super::error::Error;
use super::event::{Event, RunStatus, RunSummary};
use super::journal::{Journal, RunKind, UnfinishedRun};
use super::plan::ApprovedPlan;
use super::profile::SafetyLimits;
use super::target::{Target, TargetSnapshot};
pub use stop::StopSignal;
pub struct Work<'a> {
    pub target: &'a dyn Target,
    pub journal: &'a dyn Journal,
    pub clock: &'a dyn Clock,
    pub limits: &'a SafetyLimits,
}
pub struct RunReport {
    pub run: String,
    pub status: RunStatus,
    pub summary: RunSummary,
    pub error: Option<Error>,
}
pub async fn apply(
    work: &Work<'_>,
    approved: ApprovedPlan,
    snapshot: &TargetSnapshot,
    kind: RunKind,
    of_run: Option<String>,
    events: &mut (dyn FnMut(Event) + Send),
    stop: &StopSignal,
) -> Result<RunReport, Error> {
    Err(Error::new(super::error::ErrorKind::State, "x"))
}
pub async fn resume(
    work: &Work<'_>,
    u: UnfinishedRun,
    snapshot: &TargetSnapshot,
    events: &mut (dyn FnMut(Event) + Send),
    stop: &StopSignal,
) -> Result<RunReport, Error> {
    Err(Error::new(super::error::ErrorKind::State, "x"))
}
pub async fn settle(work: &Work<'_>, u: UnfinishedRun) -> Result<(), Error> {
    Ok(())
}
