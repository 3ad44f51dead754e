//! The live picture's words: states, causes, times.

use rust_i18n::t;

use super::{Stage, Sync};
use crate::core::course::{Cause, Course};
use crate::core::event::{Meaning, PaceState, RunStatus};
use crate::core::journal::RunKind;
use crate::core::refusal;
use crate::core::sentences::in_language;
use crate::tui::shared::Shared;
use crate::tui::widgets::figures;

/// Nothing ends for so long where a service does not answer.
const SILENT_MS: u64 = 10_000;

/// What the header says: the run, how it is, how long it takes.
pub(super) fn state(screen: &Sync, shared: &Shared) -> Option<String> {
    let locale = shared.look.locale;
    let count = figures::number(screen.shown().undecided());
    let word = |key: &str| t!(format!("live.state.{key}"), count = count, locale = locale).into_owned();
    match &screen.stage {
        Stage::Idle | Stage::Refused(..) => None,
        Stage::Waiting(_) | Stage::Starting(_) => Some(word("reading")),
        Stage::Following => {
            let course = screen.shown();
            let elapsed = figures::clock(course.elapsed_ms(shared.now_ms) / 1000);
            let kind = course.process.as_ref().map_or(RunKind::Sync, |process| process.kind);
            let what = match kind {
                RunKind::Sync => String::new(),
                RunKind::Retry => format!("{} ", t!("overview.kind.retry", locale = locale)),
                RunKind::Undo => format!("{} ", t!("overview.kind.undo", locale = locale)),
                RunKind::Watch => format!("{} ", t!("overview.kind.watch", locale = locale)),
            };
            Some(format!(
                "{what}{}  {}  {elapsed}",
                course.run,
                word(state_word(screen, course, shared.now_ms))
            ))
        }
    }
}

/// For how long nothing has ended, where that is longer than a busy service needs; milliseconds.
pub(super) fn silence(screen: &Sync, now_ms: i64) -> Option<u64> {
    screen.shown().silent_ms(now_ms).filter(|ms| screen.is_running() && *ms >= SILENT_MS)
}

fn state_word(screen: &Sync, course: &Course, now_ms: i64) -> &'static str {
    if screen.frozen.is_some() {
        return "frozen";
    }
    if let Some((status, summary)) = &course.finished {
        let is_logon_left = course.logon.done < course.logon.total || course.logon.failed > 0;
        return match Meaning::of(*status, summary) {
            Meaning::Status(RunStatus::Success) | Meaning::Undecided if is_logon_left => {
                RunStatus::PartialSuccess.as_str()
            }
            meaning => meaning.as_str(),
        };
    }
    if !screen.is_alive {
        return "lost";
    }
    if screen.stop_asked.is_some() {
        return "stopping";
    }
    if silence(screen, now_ms).is_some() {
        return "silent";
    }
    match course.state {
        Some(PaceState::Paused) if course.paused_seconds.is_some() => "blocked",
        Some(state) => state.as_str(),
        None => "running",
    }
}

/// What is left: a range, or why there is none.
pub(super) fn remaining(screen: &Sync, now_ms: i64, locale: &str) -> String {
    match screen.shown().remaining().filter(|_| !screen.is_over() && silence(screen, now_ms).is_none()) {
        Some((0, 0)) => t!("live.remaining.end", locale = locale).into_owned(),
        Some((low, high)) if low == high => {
            t!("live.remaining.about", time = figures::clock(low), locale = locale).into_owned()
        }
        Some((low, high)) => {
            let (low, high) = (figures::clock(low), figures::clock(high));
            t!("live.remaining.range", low = low, high = high, locale = locale).into_owned()
        }
        None if screen.shown().finished.is_some() => t!("live.remaining.ended", locale = locale).into_owned(),
        None if screen.is_over() => t!("live.remaining.none", locale = locale).into_owned(),
        None => t!("live.remaining.unknown", locale = locale).into_owned(),
    }
}

/// What a cause means.
pub(super) fn meaning(code: &str, cause: &Cause, locale: &str) -> String {
    if let Some(known) = refusal::explain(code) {
        return known.text(locale).to_owned();
    }
    match own(code) {
        Some(code) => t!(format!("live.cause.{code}"), locale = locale).into_owned(),
        None => in_language(cause.message.as_deref().unwrap_or_default(), locale).into_owned(),
    }
}

/// Who has to do what about it.
pub(super) fn remedy(code: &str, locale: &str) -> String {
    if let Some(known) = refusal::explain(code) {
        return known.remedy(locale).to_owned();
    }
    match own(code) {
        Some(code) => t!(format!("live.remedy.{code}"), locale = locale).into_owned(),
        None => t!("live.remedy.unknown", locale = locale).into_owned(),
    }
}

/// The codes that are ours, not DingTalk's.
fn own(code: &str) -> Option<&str> {
    ["stale", "blocked_by", "ambiguous", "not_cleared", "skipped", "failed", "pending"]
        .into_iter()
        .find(|own| *own == code)
}
