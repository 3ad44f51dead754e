//! Verb 3: applies an approved plan, goes on with an interrupted run, settles calls nobody knows the outcome of.
//! Rules: contract sections 5 and 7; reference `outbound-semantics.md` section 7 (O, X) and `faults.md` section 2.
//!
//! The journey of a record: its dependencies end ([`graph`]), it is seen to be still as planned (`fresh`), its write
//! is built (`write`), waits for a turn in the lane, is journalled, sent, and journalled again (`call`); an unknown
//! outcome is settled by reading (`settle`). The order and the totals are the business of `run`. A run that was
//! interrupted goes on by what its plan was made from (`seen`); what it left in flight is taken up first (`open`).

mod call;
mod compare;
mod fresh;
pub mod graph;
mod open;
mod progress;
mod queue;
mod record;
mod resume;
mod run;
mod seen;
mod settle;
mod shared;
mod stop;
mod write;

pub use resume::{resume, settle};
pub use stop::StopSignal;

use super::clock::Clock;
use super::error::Error;
use super::event::{Event, RunStatus, RunSummary};
use super::journal::{Journal, RunKind, RunStart};
use super::plan::ApprovedPlan;
use super::profile::SafetyLimits;
use super::target::{Target, TargetSnapshot};

/// What a run works with.
pub struct Work<'a> {
    /// DingTalk.
    pub target: &'a dyn Target,
    /// Where every call is written down before and after.
    pub journal: &'a dyn Journal,
    /// Time.
    pub clock: &'a dyn Clock,
    /// `failed_percent` stops a run.
    pub limits: &'a SafetyLimits,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Run id.
    pub run: String,
    /// How.
    pub status: RunStatus,
    /// Totals of the whole run.
    pub summary: RunSummary,
    /// What concerned every record and stopped the run. The run stays unfinished then, so that it can be resumed.
    pub error: Option<Error>,
}

/// Where a user interface is told what happens.
pub type Events<'e> = &'e mut (dyn FnMut(Event) + Send);

/// Applies an approved plan as a new run. `snapshot` is the read of the target the plan was made from; `of_run` is the
/// run that is tried again or undone. Errors only before the run has begun; afterwards the report has them.
pub async fn apply(
    work: &Work<'_>,
    approved: ApprovedPlan,
    snapshot: &TargetSnapshot,
    kind: RunKind,
    of_run: Option<String>,
    events: Events<'_>,
    stop: &StopSignal,
) -> Result<RunReport, Error> {
    let plan = approved.0;
    let memory = work.journal.memory().await?;
    let started_at_ms = work.clock.now_ms();
    let seen = seen::seen(&plan, snapshot, kind);
    let start = RunStart { kind, plan: plan.clone(), seen, of_run, started_at_ms };
    let run = work.journal.begin(start).await?;
    let mut shared = shared::Shared::new(work, &run, &plan, snapshot, &memory);
    shared.is_undo = kind == RunKind::Undo;
    Ok(run::Run::new(&shared, kind, run::Earlier::default()).carry_out(events, stop).await)
}
