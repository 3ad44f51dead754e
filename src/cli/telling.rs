//! What a run tells while it goes on: to whoever started it ([`Progress`]), to its event file ([`Recorder`]), and to
//! the screen that started it detached.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use rust_i18n::t;

use super::context::Context;
use super::progress::Progress;
use crate::config::Config;
use crate::connect::{Connection, SystemClock};
use crate::core::clock::Clock;
use crate::core::course::LogonCount;
use crate::core::error::Error;
use crate::core::event::Event;
use crate::core::journal::RunKind;
use crate::core::line::{Names, Process};
use crate::core::logon::apply::{LogonOutcome, LogonRecord};
use crate::core::plan::Plan;
use crate::live::{Place, Recorder};

/// Tells everybody about one run.
pub struct Telling<'a> {
    context: &'a Context,
    locale: &'a str,
    /// What is printed.
    pub progress: Progress<'a>,
    recorder: Recorder,
    logon: LogonCount,
}

impl<'a> Telling<'a> {
    /// About a run of this plan that is about to begin, or to go on.
    pub fn new(
        context: &'a Context,
        locale: &'a str,
        config: &Config,
        connection: &Connection,
        (kind, of_run, command): (RunKind, Option<String>, &str),
        plan: &Plan,
    ) -> Self {
        let process = Process {
            holder: Connection::holder(command),
            kind,
            of_run,
            connection: config.profile.display_name.clone(),
            ceiling: config.dingtalk.calls_per_second,
            planned: plan.summary,
            logon: 0,
        };
        let target = Arc::clone(&connection.services.target);
        let place = Place::of(&config.state_path);
        let recorder =
            Recorder::new(place, process, Names::of(plan), || SystemClock.now_ms(), move || target.pace());
        let logon = LogonCount::default();
        Self { context, locale, progress: Progress::new(context, locale), recorder, logon }
    }

    /// So many writes into IDaaS follow for QR code logon; to be said before the run begins.
    pub fn expect_logon(&mut self, writes: u64) {
        self.recorder.expect_logon(writes);
    }

    /// Tells how one row of QR code logon ended.
    pub fn show_logon(&mut self, record: &LogonRecord) {
        self.logon.done += 1;
        match record.outcome {
            LogonOutcome::Applied | LogonOutcome::Unchanged => {}
            LogonOutcome::Skipped => self.logon.skipped += 1,
            LogonOutcome::Failed => {
                self.logon.failed += 1;
                self.logon.refusal.clone_from(&record.message);
            }
        }
        self.recorder.tell_logon(&self.logon);
    }

    /// QR code logon did not get as far as its rows, or not through all of them.
    pub fn stop_logon(&mut self, why: &Error) {
        self.logon.refusal = Some(why.message.clone());
        self.recorder.tell_logon(&self.logon);
    }

    /// Tells one event.
    pub fn show(&mut self, event: &Event) {
        self.recorder.tell(event);
        if let (Event::Started { .. }, Some(answer)) = (event, &self.context.options.detached) {
            announce(answer, event);
        }
        if let Some(reason) = self.recorder.trouble() {
            self.context.note(t!("attach.not_recorded", reason = reason, locale = self.locale));
        }
        self.progress.show(event);
    }

    /// The end, and what stopped the run.
    pub fn close(self, error: Option<&Error>) -> Progress<'a> {
        self.recorder.close(error);
        self.progress
    }
}

/// Tells the screen that started this process how the start went: the run's first line, or its error.
pub(super) fn announce<T: serde::Serialize>(answer: &Path, line: &T) {
    let Ok(mut text) = super::context::to_json(line) else { return };
    text.push('\n');
    // The file was made by the starter; when it is gone, nobody waits for the answer.
    let written = std::fs::OpenOptions::new().append(true).open(answer);
    drop(written.and_then(|mut file| file.write_all(text.as_bytes())));
}
