//! What a person or a script sees while a run goes on: a bar on a terminal, a line now and then elsewhere, the
//! contract's event lines with `--json`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rust_i18n::t;

use super::context::Context;
use crate::core::event::{Event, Outcome, PaceState, RecordEvent, RunSummary};
use crate::core::refusal;
use crate::core::sentences::in_language;

/// How often a line of progress is printed where nothing is drawn, and with `--plain`.
const LINE_EVERY: Duration = Duration::from_secs(10);
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Follows one run.
pub struct Progress<'a> {
    context: &'a Context,
    locale: &'a str,
    bar: Option<ProgressBar>,
    last_line: Instant,
    causes: BTreeMap<String, (u64, Option<String>)>,
    run: String,
}

impl<'a> Progress<'a> {
    /// Follows a run that is about to begin.
    pub fn new(context: &'a Context, locale: &'a str) -> Self {
        let causes = BTreeMap::new();
        Self { context, locale, bar: None, last_line: Instant::now(), causes, run: String::new() }
    }

    /// Whether the run has announced itself.
    pub fn has_started(&self) -> bool {
        !self.run.is_empty()
    }

    /// Shows one event.
    pub fn show(&mut self, event: &Event) {
        if self.context.options.json {
            drop(self.context.json(event));
        }
        match event {
            Event::Started { run, total, .. } => self.start(run, *total),
            Event::Record(record) => self.record(record),
            Event::Progress { done, total, calls_per_second, eta_seconds, state, paused_seconds } => {
                let state = self.pace(*state, *paused_seconds);
                self.progress(*done, *total, *calls_per_second, *eta_seconds, &state);
            }
            Event::Finished { run, status, summary } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                if !self.context.options.json {
                    let status = super::marks::status(*status, self.locale);
                    self.context.line(t!("sync.finished", run = run, status = status, locale = self.locale));
                    self.finish(run, summary);
                }
            }
        }
    }

    fn start(&mut self, run: &str, total: u64) {
        run.clone_into(&mut self.run);
        if self.context.options.plain {
            self.context.note(t!("attach.plain.started", run = run, total = total, locale = self.locale));
        } else if self.context.draws_progress() {
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
            if let Ok(style) = ProgressStyle::with_template("[{bar:40}] {pos}/{len}  {msg}") {
                bar.set_style(style.progress_chars("#>-"));
            }
            self.bar = Some(bar);
        }
    }

    fn record(&mut self, record: &RecordEvent) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
        let needs_attention = self.context.options.plain && record.outcome != Outcome::Applied;
        if self.context.options.verbose > 0 || needs_attention {
            self.context.note(record_line(record));
        }
        if record.outcome != Outcome::Applied {
            let code = record.code.clone().unwrap_or_else(|| record.outcome.as_str().to_owned());
            let cause = self.causes.entry(code).or_insert_with(|| (0, record.message.clone()));
            cause.0 += 1;
        }
    }

    /// What holds the pace, in words; a pause with its remaining seconds.
    fn pace(&self, state: PaceState, paused_seconds: Option<u64>) -> String {
        let seconds = paused_seconds.map(|seconds| format!(" {seconds} s")).unwrap_or_default();
        match state {
            PaceState::Running => String::new(),
            PaceState::Throttled | PaceState::Paused | PaceState::Waiting => {
                let word = t!(format!("attach.state.{}", state.as_str()), locale = self.locale);
                format!("  {word}{seconds}")
            }
        }
    }

    fn progress(&mut self, done: u64, total: u64, rate: f64, eta_seconds: u64, state: &str) {
        let every = if self.context.options.plain { PLAIN_EVERY } else { LINE_EVERY };
        let pace = format!("{rate:.1}/s  {}:{:02}{state}", eta_seconds / 60, eta_seconds % 60);
        if let Some(bar) = &self.bar {
            bar.set_message(pace);
        } else if !self.context.options.json && self.last_line.elapsed() >= every {
            self.last_line = Instant::now();
            self.context.note(format!("{done}/{total}  {pace}"));
        }
    }

    fn finish(&self, run: &str, summary: &RunSummary) {
        let seconds = format!("{}.{}", summary.elapsed_ms / 1000, summary.elapsed_ms % 1000 / 100);
        self.context.line(t!(
            "sync.totals",
            applied = summary.applied,
            failed = summary.failed,
            skipped = summary.skipped,
            pending = summary.pending,
            calls = summary.calls,
            throttled = summary.throttled,
            seconds = seconds,
            locale = self.locale
        ));
        if self.causes.is_empty() {
            return;
        }
        self.context.line(t!("sync.attention", locale = self.locale));
        for (code, (count, message)) in &self.causes {
            self.cause(code, *count, message.as_deref());
        }
        self.context.line(t!("sync.next", run = run, locale = self.locale));
    }

    fn cause(&self, code: &str, count: u64, message: Option<&str>) {
        let known = refusal::explain(code);
        let said = message.map(|message| in_language(message, self.locale));
        let text = known.map(|known| known.text(self.locale).into()).or(said).unwrap_or_default();
        self.context.line(t!("sync.cause", code = code, count = count, text = text, locale = self.locale));
        if let Some(remedy) = known.map(|known| known.remedy(self.locale)).filter(|remedy| !remedy.is_empty())
        {
            self.context.line(t!("sync.remedy", remedy = remedy, locale = self.locale));
        }
    }
}

fn record_line(record: &RecordEvent) -> String {
    let id = record.source_id.as_deref().or(record.target_id.as_deref()).unwrap_or("-");
    let code = record.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let (action, outcome) = (record.action.as_str(), record.outcome.as_str());
    format!("{} {action} {id} {outcome}{code} {} ms", record.seq, record.elapsed_ms)
}
