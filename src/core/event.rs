//! What a user interface is told while a run goes on; serialised it is the contract's event line (section 5).

use serde::{Deserialize, Serialize};

use super::plan::{Action, Entity};

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The run began.
    Started {
        /// Run id.
        run: String,
        /// The plan it applies.
        plan_id: String,
        /// Rows with a writing action.
        total: u64,
    },
    /// A record is done.
    Record(RecordEvent),
    /// Totals, now and then.
    Progress {
        /// Records done.
        done: u64,
        /// Records in all.
        total: u64,
        /// Calls in the last seconds, one decimal.
        calls_per_second: f64,
        /// Estimated remaining seconds.
        eta_seconds: u64,
        /// What holds the pace.
        state: PaceState,
        /// Seconds until an address that DingTalk banned may call again, or until a storm is over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paused_seconds: Option<u64>,
    },
    /// The run ended.
    Finished {
        /// Run id.
        run: String,
        /// How.
        status: RunStatus,
        /// Totals.
        summary: RunSummary,
    },
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEvent {
    /// Position in the run, from 1, in the order of completion.
    pub seq: u64,
    /// Department or user.
    pub entity: Entity,
    /// The planned action.
    pub action: Action,
    /// IDaaS id.
    pub source_id: Option<String>,
    /// DingTalk id as text.
    pub target_id: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// The service's code, or `stale`, `blocked_by`, …
    pub code: Option<String>,
    /// The code in words.
    pub message: Option<String>,
    /// Write calls sent.
    pub attempts: u32,
    /// From its first call to its end, milliseconds.
    pub elapsed_ms: u64,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Written (or, for a link without differences, bound).
    Applied,
    /// Refused by the service.
    Failed,
    /// Not attempted: stale, or something it needs failed.
    Skipped,
    /// An invitation was sent and waits for consent.
    Pending,
}

impl Outcome {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Pending => "pending",
        }
    }
}

/// What holds the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaceState {
    /// At the configured ceiling.
    Running,
    /// Below it, because the service refused calls.
    Throttled,
    /// No calls at all for a while (90002, IP ban, the operator's pause).
    Paused,
    /// Waiting for something else: a token, a settled outcome.
    Waiting,
}

impl PaceState {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Throttled => "throttled",
            Self::Paused => "paused",
            Self::Waiting => "waiting",
        }
    }
}

/// How a run ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Still going on, or interrupted without an end.
    Running,
    /// Every record applied, skipped as intended, or pending.
    Success,
    /// Some records failed, or are blocked or in conflict.
    PartialSuccess,
    /// Stopped by `failed_percent` or by a refusal that concerns every record.
    Failed,
    /// Stopped by the operator, or superseded.
    Cancelled,
}

impl RunStatus {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::PartialSuccess => "partial_success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a run's end means to an operator: how it ended, read together with what became of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What the status says.
    Status(RunStatus),
    /// Everything that was tried was written; only rows that nobody tried wait for a decision or a correction.
    Undecided,
}

impl Meaning {
    /// Of a run that ended like this.
    pub fn of(status: RunStatus, summary: &RunSummary) -> Self {
        let is_whole = summary.failed + summary.skipped == 0;
        if status == RunStatus::PartialSuccess && is_whole { Self::Undecided } else { Self::Status(status) }
    }

    /// Its word: part of a locale key.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status(status) => status.as_str(),
            Self::Undecided => "undecided",
        }
    }
}

/// Totals of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field counts the outcome of its name")]
pub struct RunSummary {
    pub applied: u64,
    pub failed: u64,
    pub skipped: u64,
    pub pending: u64,
    pub calls: u64,
    pub throttled: u64,
    pub elapsed_ms: u64,
}
