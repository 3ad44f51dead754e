//! One line of a run's event file: an event as the contract has it, or what a live picture needs besides. Written by
//! the run, read by any number of screens.

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::journal::{LockHolder, RunKind};
use super::plan::{Change, Entity, Plan, Summary};
use super::target::LaneReport;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When it was told, Unix milliseconds.
    #[serde(default)]
    pub at_ms: i64,
    /// The name of a record's person or department.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is told.
    #[serde(flatten)]
    pub told: Told,
}

/// What a line tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Told {
    /// The contract's line (section 5).
    Event(Event),
    /// A line of its own kind.
    Note(Note),
}

/// What the contract's lines do not say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Note {
    /// A process begins, or goes on with, the run.
    Process(Box<Process>),
    /// What the lanes are doing.
    Pace {
        /// Every lane used so far.
        lanes: Vec<LaneReport>,
        /// Seconds until an all-lanes pause ends.
        paused_seconds: Option<u64>,
        /// Calls refused for flow control in this run.
        throttled: u64,
    },
    /// What concerned every record and stopped the run.
    Trouble {
        /// The contract's `error.kind`.
        kind: String,
        /// What happened.
        message: String,
        /// The way out.
        hint: Option<String>,
    },
    /// How far QR code logon is, which follows the records under the same approval.
    Logon {
        /// Rows that ended.
        done: u64,
        /// Those that were refused.
        failed: u64,
        /// Those that were left alone because others bound the account.
        skipped: u64,
        /// Why the latest of these was not written.
        refusal: Option<String>,
    },
    /// Lines that could not be written.
    Lost {
        /// How many.
        lines: u64,
    },
}

/// Who carries out a run, and what it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// The process, as it stands in the connection's lock.
    pub holder: LockHolder,
    /// What the run is for.
    pub kind: RunKind,
    /// The run that is tried again or undone.
    pub of_run: Option<String>,
    /// The connection's display name.
    pub connection: String,
    /// Ceiling for each interface, calls per second.
    pub ceiling: u32,
    /// Counts of the whole plan.
    pub planned: Summary,
    /// Writes into IDaaS that follow for QR code logon.
    #[serde(default)]
    pub logon: u64,
}

/// The names of a plan's records, for lines that have only ids.
#[derive(Debug, Default)]
pub struct Names(std::collections::HashMap<(Entity, String), String>);

impl Names {
    /// Of the rows that write.
    pub fn of(plan: &Plan) -> Self {
        let writing = plan.changes.iter().filter(|change| change.action.is_writing());
        Self(writing.map(|change| ((change.entity, key(change)), change.name.clone())).collect())
    }

    /// The name of an event's record.
    pub fn name(&self, event: &Event) -> Option<String> {
        let Event::Record(record) = event else { return None };
        let id = record.source_id.as_ref().or(record.target_id.as_ref())?;
        self.0.get(&(record.entity, id.clone())).cloned()
    }
}

fn key(change: &Change) -> String {
    change.source_id.clone().or_else(|| change.target_id.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::RunStatus;

    #[test]
    fn a_line_is_read_back_whether_it_is_an_event_or_a_note() {
        let pace = Note::Pace { lanes: Vec::new(), paused_seconds: Some(3), throttled: 1 };
        let event = Event::Started { run: "20260131-0001".into(), plan_id: "sha256:1".into(), total: 3 };
        for told in [Told::Note(pace), Told::Event(event)] {
            let line = Line { at_ms: 5, name: None, told };
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line, "{text}");
        }
    }

    #[test]
    fn an_event_line_without_our_additions_is_read_too() {
        let text = r#"{"type":"finished","run":"r","status":"success","summary":{"applied":1,"failed":0,"skipped":0,"pending":0,"calls":1,"throttled":0,"elapsed_ms":2}}"#;
        let line: Line = serde_json::from_str(text).unwrap();
        assert!(
            matches!(line.told, Told::Event(Event::Finished { status: RunStatus::Success, .. })),
            "{line:?}"
        );
    }
}
