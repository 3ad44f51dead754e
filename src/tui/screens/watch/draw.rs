//! The picture of following: how it stands above, what was changed by hand and the set-up below it.
//!
//! ```text
//!  following since 3 min (process 4711)                       DingTalk's events: connected
//!  waiting 0   oldest -   parked 0   held 0   given up 0   refused 0
//!  last event 12 s ago   last write 11 s ago   compared 2 min ago   next in 3 min
//!  callbacks 12   repeated 1   refused 3 (expired 1, signature 2)   test event: seen
//! ┌ Changed by hand in DingTalk (1) ─────────────────────────────────────────────┐
//! │> user  张三  name: A (IDaaS: B)                                              │
//! └──────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::{Pane, Watch, guide};
use crate::core::incremental::{Drift, WatchStatus};
use crate::core::normalise::mask_mobile;
use crate::tui::day::Standing;
use crate::tui::look::Tone;
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::{pane, text};
use crate::tui::worker::watch::Seen;

/// Rows above the panes.
const HEAD: u16 = 4;

/// Rows inside a pane.
pub(super) fn page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(HEAD) / 2).saturating_sub(2).max(1)
}

pub(super) fn draw(screen: &Watch, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let locale = shared.look.locale;
    let seen = match &screen.seen {
        Loadable::Ready(seen) => seen,
        Loadable::Idle | Loadable::Loading(_) => {
            return line(frame, area, 0, &t!("following.loading", locale = locale), Tone::Quiet, shared);
        }
        Loadable::Failed(message, hint) => {
            line(frame, area, 0, &shared.look.said(message), Tone::Bad, shared);
            let hint = shared.look.said(hint.as_deref().unwrap_or_default());
            return line(frame, area, 1, &hint, Tone::Plain, shared);
        }
    };
    head(seen, frame, area, shared);
    let below = Rect { y: area.y + HEAD, height: area.height.saturating_sub(HEAD), ..area };
    let upper = Rect { height: below.height / 2, ..below };
    let lower = Rect { y: below.y + upper.height, height: below.height - upper.height, ..below };
    drift(screen, seen, frame, upper, shared);
    set_up(screen, seen, frame, lower, shared);
}

fn head(seen: &Seen, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let locale = shared.look.locale;
    let Some(status) = &seen.status else {
        let key = if seen.setup.is_on { "following.not_running" } else { "following.off" };
        line(frame, area, 0, &t!(key, locale = locale), Tone::Warning, shared);
        let how = if shared.day == Standing::None { "following.how_to_start" } else { "day.how" };
        return line(frame, area, 1, &t!(how, locale = locale), Tone::Plain, shared);
    };
    let ago = |at: Option<i64>| at.map_or_else(|| "-".to_owned(), |at| span(shared.now_ms - at, locale));
    let feed = if status.edits_connected { "following.feed_on" } else { "following.feed_off" };
    let since = span(shared.now_ms - status.started_at_ms, locale);
    let first = t!("following.running", since = since, pid = status.pid, locale = locale);
    let columns = usize::from(area.width.saturating_sub(2));
    let first = text::between(&first, &t!(feed, locale = locale), columns, shared.look);
    let (tone, trouble) = match &status.trouble {
        Some(trouble) => (Tone::Bad, t!("following.trouble", why = trouble, locale = locale).into_owned()),
        None => (Tone::Plain, first),
    };
    line(frame, area, 0, &trouble, tone, shared);
    let oldest = if status.backlog == 0 {
        "-".to_owned()
    } else {
        span(i64::try_from(status.oldest_age_ms).unwrap_or(i64::MAX), locale)
    };
    let counts = t!(
        "following.counts",
        waiting = status.backlog,
        oldest = oldest,
        parked = status.parked,
        held = status.held,
        failed = status.failed,
        refused = status.refused,
        locale = locale
    );
    let needs_care = status.failed + status.refused > 0 || status.suggests_full;
    line(frame, area, 1, &counts, if needs_care { Tone::Warning } else { Tone::Plain }, shared);
    let next = status.next_repair_at_ms.map_or_else(|| "-".to_owned(), |at| span(at - shared.now_ms, locale));
    let times = t!(
        "following.times",
        event = ago(status.last_event_at_ms),
        write = ago(status.last_write_at_ms),
        repair = ago(status.last_repair_at_ms),
        next = next,
        locale = locale
    );
    line(frame, area, 2, &times, Tone::Plain, shared);
    line(frame, area, 3, &callbacks(seen, status, locale), Tone::Plain, shared);
}

fn callbacks(seen: &Seen, status: &WatchStatus, locale: &str) -> String {
    if seen.setup.jwks_url.is_none() {
        return t!("following.polling", seconds = seen.setup.poll_seconds, locale = locale).into_owned();
    }
    let totals = &status.callbacks;
    let refused: Vec<String> =
        totals.refused.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
    let test = if totals.test_seen_at_ms.is_some() { "following.test_seen" } else { "following.test_unseen" };
    t!(
        "following.callbacks",
        accepted = totals.accepted,
        repeated = totals.repeated,
        refused = if refused.is_empty() { "0".to_owned() } else { refused.join(", ") },
        test = t!(test, locale = locale),
        locale = locale
    )
    .into_owned()
}

fn drift(screen: &Watch, seen: &Seen, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let (look, locale) = (shared.look, shared.look.locale);
    let title = t!("following.drift", count = seen.drift.len(), locale = locale);
    let inner = pane::draw(frame, area, &title, screen.pane == Pane::Drift, look);
    if seen.drift.is_empty() {
        return line(frame, inner, 0, &t!("following.no_drift", locale = locale), Tone::Quiet, shared);
    }
    let visible = screen.drift.visible(seen.drift.len(), usize::from(inner.height));
    for (row, index) in (0..inner.height).zip(visible) {
        let is_chosen = screen.pane == Pane::Drift && index == screen.drift.chosen;
        let cursor = if is_chosen { ">" } else { " " };
        let text = format!("{cursor} {}", drift_text(&seen.drift[index], locale));
        let tone = if is_chosen { Tone::Cursor } else { Tone::Plain };
        let shown = text::cell(&text, usize::from(inner.width), look);
        let at = Rect { y: inner.y + row, height: 1, ..inner };
        frame.render_widget(Line::styled(shown, look.style(tone)), at);
    }
}

fn drift_text(drift: &Drift, locale: &str) -> String {
    let entity = t!(format!("entity.{}", drift.entity.as_str()), locale = locale);
    if drift.action == crate::core::plan::Action::Create {
        return t!("following.gone", entity = entity, name = drift.name, locale = locale).into_owned();
    }
    let fields = drift.fields.iter().map(|field| {
        let shown = |value: &crate::core::plan::FieldValue| match value.to_text() {
            None => t!("row.empty", locale = locale).into_owned(),
            Some(text) if field.field.as_str() == "mobile" => mask_mobile(&text),
            Some(text) => text,
        };
        format!("{}: {} (IDaaS: {})", field.field, shown(&field.before), shown(&field.after))
    });
    format!("{entity}  {}  {}", drift.name, fields.collect::<Vec<_>>().join("; "))
}

/// The set-up as lines of the pane's width.
pub(super) fn guide_lines(seen: &Seen, area: Rect, shared: &Shared) -> Vec<(String, Tone)> {
    let columns = usize::from(area.width.saturating_sub(8)).max(20);
    let mut lines = Vec::new();
    let steps = guide::steps(&seen.setup, seen.status.as_ref(), shared.look.locale);
    for (number, step) in (1..).zip(steps) {
        let (mark, tone) = match step.is_done {
            Some(true) => ("ok", Tone::Good),
            Some(false) => (" !", Tone::Warning),
            None => ("  ", Tone::Plain),
        };
        for (row, part) in text::wrap(&step.text, columns).into_iter().enumerate() {
            let lead = if row == 0 { format!("{mark} {number}. ") } else { " ".repeat(6) };
            lines.push((format!("{lead}{part}"), tone));
        }
    }
    lines
}

fn set_up(screen: &Watch, seen: &Seen, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let title = t!("following.guide.title", locale = look.locale);
    let inner = pane::draw(frame, area, &title, screen.pane == Pane::Guide, look);
    let lines = guide_lines(seen, area, shared);
    let mut scroll = screen.guide;
    scroll.keep_within(lines.len());
    let visible = scroll.visible(lines.len(), usize::from(inner.height));
    for (row, index) in (0..inner.height).zip(visible) {
        let (text, tone) = &lines[index];
        let is_chosen = screen.pane == Pane::Guide && index == scroll.chosen;
        let tone = if is_chosen { Tone::Cursor } else { *tone };
        let shown = text::cell(text, usize::from(inner.width), look);
        let at = Rect { y: inner.y + row, height: 1, ..inner };
        frame.render_widget(Line::styled(shown, look.style(tone)), at);
    }
}

/// One row of an area.
fn line(frame: &mut Frame<'_>, area: Rect, row: u16, shown: &str, tone: Tone, shared: &Shared) {
    let look = shared.look;
    let columns = usize::from(area.width.saturating_sub(2));
    let at = Rect { x: area.x + 1, y: area.y + row, width: area.width.saturating_sub(2), height: 1 };
    frame.render_widget(
        Line::styled(text::fit(shown, columns, look), look.style(tone)),
        at.intersection(area),
    );
}

/// A span of time in its largest unit.
fn span(ms: i64, locale: &str) -> String {
    let seconds = ms.max(0) / 1000;
    let (key, count) = match seconds {
        0..=119 => ("following.seconds", seconds),
        120..=7199 => ("following.minutes", seconds / 60),
        7200..=172_799 => ("following.hours", seconds / 3600),
        _ => ("following.days", seconds / 86_400),
    };
    t!(key, count = count, locale = locale).into_owned()
}
