//! The rows of QR code logon in the preview: in one line, in full, and why they are planned so. They are carried out
//! with the plan, under the same approval, once its users exist.

use rust_i18n::t;

use super::sheet::Sheet;
use super::words;
use crate::core::logon::{LogonAction, LogonChange, LogonReason};
use crate::core::sentences::in_language;
use crate::core::text;
use crate::tui::look::Tone;

/// Whose logon it is, or which provider.
pub(super) fn name(row: &LogonChange) -> String {
    text::for_display(&row.name, 400)
}

/// The identity provider, in the column of places.
pub(super) fn provider(sheet: &Sheet, locale: &str) -> String {
    let provider = sheet.logon().and_then(|logon| logon.provider.as_ref());
    provider.map_or_else(
        || t!("plan.logon.new_provider", locale = locale).into_owned(),
        |provider| format!("IDaaS {}", provider.id.0),
    )
}

/// What a row comes to, in one line.
pub(super) fn summary(row: &LogonChange, is_out: bool, locale: &str) -> String {
    if is_out {
        return t!("plan.logon.out", locale = locale).into_owned();
    }
    let mut parts = vec![action(row.action, locale)];
    parts.extend(row.reason.map(|reason| why(reason, locale)));
    if !row.warnings.is_empty() {
        parts.push(format!("! {}", t!("logon.warning.userid_differs", locale = locale)));
    }
    parts.join("; ")
}

/// Name and ids.
pub(super) fn title(row: &LogonChange) -> String {
    let ids: Vec<&str> = [row.source_id.as_deref(), row.target_id.as_deref()].into_iter().flatten().collect();
    format!("{}  {}", name(row), ids.join(" @ ")).trim_end().to_owned()
}

/// The row in full.
pub(super) fn lines(sheet: &Sheet, (place, row): (usize, &LogonChange), locale: &str) -> Vec<(Tone, String)> {
    let mut lines = Vec::new();
    if sheet.logon_out.contains(&place) {
        lines.push((Tone::Strong, format!("x {}", t!("plan.logon.out", locale = locale))));
    }
    let tone = match row.action {
        LogonAction::Conflict | LogonAction::Blocked => Tone::Bad,
        LogonAction::Unchanged => Tone::Quiet,
        _ => Tone::Good,
    };
    lines.push((tone, action(row.action, locale)));
    if row.source_id.is_some() {
        let now = row.before.clone().unwrap_or_else(|| t!("plan.logon.nobody", locale = locale).into_owned());
        lines.push((Tone::Plain, t!("plan.logon.now", user = now, locale = locale).into_owned()));
        if row.action.is_writing() {
            let user = row.target_id.clone().filter(|_| row.action != LogonAction::Unbind);
            let none =
                if row.action == LogonAction::Unbind { "plan.logon.nobody" } else { "plan.logon.new_user" };
            let then = user.unwrap_or_else(|| t!(none, locale = locale).into_owned());
            lines.push((Tone::Good, t!("plan.logon.then", user = then, locale = locale).into_owned()));
        }
    }
    if let Some(reason) = row.reason {
        lines.push((Tone::Plain, why(reason, locale)));
        lines.push((
            Tone::Plain,
            t!(format!("plan.logon.remedy.{}", reason.as_str()), locale = locale).into_owned(),
        ));
    }
    if !row.warnings.is_empty() {
        lines.push((Tone::Warning, format!("! {}", t!("logon.warning.userid_differs", locale = locale))));
        lines.push((Tone::Plain, t!("plan.logon.remedy.userid_differs", locale = locale).into_owned()));
    }
    lines.push((Tone::Quiet, t!("plan.logon.when", locale = locale).into_owned()));
    lines
}

/// Why a row is planned so: from the account and the synchronization to the provider and to what is done.
pub(super) fn explained(sheet: &Sheet, row: &LogonChange, locale: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |key: &str, told: String| {
        lines.push(format!("{}: {told}", t!(format!("plan.logon.step.{key}"), locale = locale)));
    };
    if let Some(id) = &row.source_id {
        say("account", format!("{} ({id})", name(row)));
        let user = row.target_id.as_deref().unwrap_or_default();
        let bound = match row.reason {
            Some(LogonReason::AfterCreate) => t!("plan.logon.created", locale = locale),
            Some(LogonReason::NotBoundAnyMore) => t!("logon.reason.not_bound_any_more", locale = locale),
            _ => t!("plan.logon.bound", user = user, locale = locale),
        };
        say("user", bound.into_owned());
    }
    let provider = sheet.logon().and_then(|logon| logon.provider.as_ref());
    let found = match provider {
        None => t!("plan.logon.new_provider", locale = locale).into_owned(),
        Some(provider) => {
            let key = if provider.is_enabled { "plan.logon.enabled" } else { "plan.logon.disabled" };
            format!("{} \"{}\", {}", provider.id.0, provider.name, t!(key, locale = locale))
        }
    };
    say("provider", found);
    if row.source_id.is_some() {
        let now = row.before.clone().unwrap_or_else(|| t!("plan.logon.nobody", locale = locale).into_owned());
        say("now", now);
    }
    say("outcome", summary(row, false, locale));
    lines
}

/// What is done for QR code logon, its number of writes and about how long they take.
pub(super) fn cost(sheet: &Sheet, locale: &str) -> Option<String> {
    let writes = sheet.logon_writes();
    let logon = sheet.logon().filter(|_| writes > 0)?;
    let pace = f64::from(sheet.view.logon_pace().unwrap_or(1).max(1));
    let calls = logon.calls_without(&sheet.logon_out);
    // A count of calls fits a double exactly as far as anybody will count.
    let time = super::counts::duration(calls as f64 / pace, locale);
    let (writes, calls) = (words::number(writes), words::number(calls));
    Some(t!("plan.logon.cost", writes = writes, calls = calls, time = time, locale = locale).into_owned())
}

/// Why nobody can say what is to be done, and the way out.
pub(super) fn failure(sheet: &Sheet, locale: &str) -> String {
    let Err(error) = &sheet.view.logon else { return String::new() };
    let (message, hint) = (in_language(&error.message, locale), error.hint.as_deref().unwrap_or_default());
    t!("plan.logon.failed", message = message, hint = in_language(hint, locale), locale = locale).into_owned()
}

fn action(action: LogonAction, locale: &str) -> String {
    t!(format!("logon.action.{}", action.as_str()), locale = locale).into_owned()
}

fn why(reason: LogonReason, locale: &str) -> String {
    t!(format!("logon.reason.{}", reason.as_str()), locale = locale).into_owned()
}
