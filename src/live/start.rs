//! Starting a run that outlives the terminal: our own executable, in a session of its own, its output in a private
//! log. Secrets are neither arguments nor in an environment that did not hold them before.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde::Deserialize;

use super::place::Place;
use crate::core::event::Event;
use crate::core::plan::Plan;

/// What a detached process does.
#[derive(Debug, Clone)]
pub enum Errand {
    /// Applies a plan that was looked at and approved; its removals beyond the limits by their number.
    Sync {
        /// The plan.
        plan: Arc<Plan>,
        /// `--approve-removals`.
        removals: Option<u64>,
    },
    /// Finishes an interrupted run.
    Resume,
    /// Tries a run's failed records again.
    Retry(String),
    /// Undoes a run by an inverse that was looked at and approved.
    Undo {
        /// The run.
        run: String,
        /// `--approve-removals`.
        removals: Option<u64>,
    },
}

/// How a run is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// The program: our own executable.
    pub program: PathBuf,
    /// The settings file.
    pub config: PathBuf,
    /// The event files' place.
    pub place: Place,
    /// `--lang`.
    pub locale: &'static str,
    /// What it does.
    pub errand: Errand,
}

/// A process on its way to a run.
#[derive(Debug)]
pub struct Starting {
    child: Child,
    plan: Option<PathBuf>,
    answer: PathBuf,
    log: PathBuf,
}

/// How a start went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// The run has begun.
    Run(String),
    /// It did not start: message and way out.
    Refused(String, Option<String>),
}

#[derive(Deserialize)]
struct Refusal {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    message: String,
    hint: Option<String>,
}

impl Start {
    /// Starts the process; whether it gets as far as a run is asked with [`Starting::poll`].
    pub fn spawn(&self) -> io::Result<Starting> {
        let stem = format!("{:016x}", rand::random::<u64>());
        let (answer, _) = self.place.make_file(&stem, "answer")?;
        let (log, output) = self.place.make_file(&stem, "log")?;
        let plan = match &self.errand {
            Errand::Sync { plan, .. } => Some(self.save(&stem, plan)?),
            Errand::Resume | Errand::Retry(_) | Errand::Undo { .. } => None,
        };
        let mut command = Command::new(&self.program);
        command.args(self.arguments(plan.as_ref())).arg("--detached").arg(&answer);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn()?;
        Ok(Starting { child, plan, answer, log })
    }

    fn save(&self, stem: &str, plan: &Plan) -> io::Result<PathBuf> {
        let (path, file) = self.place.make_file(stem, "plan")?;
        let mut out = io::BufWriter::new(file);
        serde_json::to_writer(&mut out, &plan.document(false))?;
        out.flush()?;
        Ok(path)
    }

    fn arguments(&self, plan: Option<&PathBuf>) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = match &self.errand {
            Errand::Sync { .. } => vec!["sync".into()],
            Errand::Resume => vec!["resume".into()],
            Errand::Retry(run) => vec!["retry".into(), run.into()],
            Errand::Undo { run, .. } => vec!["undo".into(), run.into()],
        };
        if let Some(plan) = plan {
            arguments.extend(["--plan".into(), plan.into()]);
        }
        if let Errand::Sync { removals: Some(removals), .. } | Errand::Undo { removals: Some(removals), .. } =
            &self.errand
        {
            arguments.extend(["--approve-removals".into(), removals.to_string().into()]);
        }
        let state = self.place.state();
        arguments.extend(["--yes".into(), "--config".into(), self.config.clone().into()]);
        arguments.extend(["--state".into(), state.into(), "--lang".into(), self.locale.into()]);
        arguments
    }
}

impl Starting {
    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How the start went, once it is known; to be asked until then. Reading both sides comes before the answer.
    pub fn poll(&mut self) -> Option<Started> {
        let ended = self.child.try_wait().ok().flatten();
        let answer = fs::read_to_string(&self.answer).unwrap_or_default();
        let first = answer.split_inclusive('\n').next().filter(|line| line.ends_with('\n'));
        let started = match first {
            Some(line) => understand(line),
            None => ended.map(|status| Started::Refused(self.died(status), None)),
        }?;
        self.clear(&started);
        Some(started)
    }

    /// Takes note of the process's end, whenever that is, so that nothing of it lingers.
    pub fn let_go(mut self) {
        let waiting = std::thread::Builder::new().name("run".into()).spawn(move || self.child.wait());
        // Without the thread the process lingers until this one ends.
        drop(waiting);
    }

    fn died(&self, status: std::process::ExitStatus) -> String {
        let mut log = String::new();
        drop(
            File::open(&self.log)
                .and_then(|file| io::Read::read_to_string(&mut io::Read::take(file, 4096), &mut log)),
        );
        let last = log.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        format!("the run's process ended before it began ({status}) {last}").trim_end().to_owned()
    }

    /// A plan that was read, and an answer that was given, are not needed any more; the log stays for a while.
    fn clear(&self, started: &Started) {
        for path in self.plan.iter().chain([&self.answer]) {
            drop(fs::remove_file(path));
        }
        if matches!(started, Started::Refused(..)) {
            drop(fs::remove_file(&self.log));
        }
    }
}

fn understand(line: &str) -> Option<Started> {
    if let Ok(Refusal { error }) = serde_json::from_str(line) {
        return Some(Started::Refused(error.message, error.hint));
    }
    match serde_json::from_str(line) {
        Ok(Event::Started { run, .. }) => Some(Started::Run(run)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_run_or_the_reason() {
        let line = r#"{"type":"started","run":"20260131-0001","plan_id":"p","total":2}"#;
        assert_eq!(understand(line), Some(Started::Run("20260131-0001".into())));
        let line = r#"{"error":{"kind":"locked","message":"another run","hint":"wait"}}"#;
        assert_eq!(understand(line), Some(Started::Refused("another run".into(), Some("wait".into()))));
    }
}
