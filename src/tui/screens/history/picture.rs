//! The history's pictures: the list of runs, one run's report, what an undo would do.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::{History, View};
use crate::core::event::Outcome;
use crate::core::plan::{Action, Change};
use crate::core::refusal;
use crate::marks;
use crate::report::{Report, Row};
use crate::tui::look::{Look, Tone};
use crate::tui::screens::overview::run_line;
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::{figures, gauge, pane, text};

/// Rows of the detail pane, frame included.
const DETAIL: u16 = 8;

/// What the header says.
pub(super) fn state(screen: &History, shared: &Shared) -> Option<String> {
    let run = match screen.view {
        View::Runs => None,
        View::Report | View::Undo => screen.report().map(|report| &report.run),
    };
    let status = |status: &str| t!(format!("overview.status.{status}"), locale = shared.look.locale);
    Some(run.map_or_else(String::new, |run| format!("{}  {}", run.run, status(run.status.as_str()))))
}

/// Draws the pane.
pub(super) fn draw(screen: &History, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    match screen.view {
        View::Runs => runs(screen, frame, area, shared),
        View::Report => report(screen, frame, area, shared),
        View::Undo => undo(screen, frame, area, shared),
    }
}

/// Where the filter is typed.
pub(super) fn filter_row(area: Rect) -> Rect {
    let x = 12.min(area.width);
    Rect { x: area.x + x, y: area.y + 1, width: area.width - x, height: 1 }.intersection(area)
}

fn put(frame: &mut Frame<'_>, area: Rect, y: usize, shown: String, tone: Tone, look: Look) {
    let mut line = Line::default();
    text::push(&mut line, shown, tone, look);
    let row = Rect { x: area.x, y: area.y.saturating_add(y as u16), width: area.width, height: 1 };
    frame.render_widget(line, row.intersection(area));
}

/// What is shown instead of something that is not there; `true` when it is there.
fn is_ready<T>(loadable: &Loadable<T>, frame: &mut Frame<'_>, area: Rect, shared: &Shared) -> bool {
    let look = shared.look;
    let columns = usize::from(area.width).saturating_sub(4);
    let (said, tone) = match loadable {
        Loadable::Ready(_) => return true,
        Loadable::Idle => return false,
        Loadable::Loading(since) => {
            let waited = gauge::waited(*since, shared.now_ms, look);
            (t!("history.loading", waited = waited, locale = look.locale).into_owned(), Tone::Quiet)
        }
        Loadable::Failed(message, hint) => {
            let hint = look.said(hint.as_deref().unwrap_or_default());
            (format!("{}\n{hint}", look.said(message)), Tone::Bad)
        }
    };
    for (y, line) in text::wrap(&said, columns).into_iter().enumerate() {
        put(frame, area, y + 2, format!("  {line}"), tone, look);
    }
    false
}

fn runs(screen: &History, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let title = t!("history.runs", count = screen.runs().len(), locale = look.locale);
    let inner = pane::draw(frame, area, &title, true, look);
    if !is_ready(&screen.runs, frame, inner, shared) {
        return;
    }
    if screen.runs().is_empty() {
        put(frame, inner, 1, format!("  {}", t!("history.none", locale = look.locale)), Tone::Plain, look);
    }
    let columns = usize::from(inner.width);
    list(frame, inner, &screen.list, screen.runs(), look, |run| {
        (run_line(run, columns.saturating_sub(3), look), Tone::Plain)
    });
}

/// A list of which only what is visible is built.
fn list<T>(
    frame: &mut Frame<'_>,
    area: Rect,
    scroll: &Scroll,
    rows: &[T],
    look: Look,
    show: impl Fn(&T) -> (String, Tone),
) {
    let columns = usize::from(area.width);
    for (y, index) in scroll.visible(rows.len(), usize::from(area.height)).enumerate() {
        let is_chosen = index == scroll.chosen;
        let (shown, tone) = show(&rows[index]);
        let mark = if is_chosen { ">" } else { " " };
        let tone = if is_chosen { Tone::Cursor } else { tone };
        put(frame, area, y, text::cell(&format!("{mark} {shown}"), columns, look), tone, look);
    }
}

fn report(screen: &History, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    if !is_ready(&screen.report, frame, area, shared) {
        return;
    }
    let Some(report) = screen.report() else { return };
    put(frame, area, 0, totals(report, look), Tone::Strong, look);
    filter(screen, report, frame, area, look);
    let detail = DETAIL.min(area.height.saturating_sub(6));
    let rest = area.height.saturating_sub(2);
    let rows = Rect { y: area.y + 2, height: rest.saturating_sub(detail), ..area }.intersection(area);
    list(frame, rows, &screen.rows, &screen.order, look, |place| {
        row_line(&report.rows[*place], area.width, look)
    });
    let place = Rect { y: rows.y + rows.height, height: detail, ..area }.intersection(area);
    if let Some(row) = screen.chosen_row() {
        details(row, frame, place, look);
    }
}

fn totals(report: &Report, look: Look) -> String {
    let counts = &report.run.summary;
    let seconds = figures::clock(counts.elapsed_ms / 1000);
    let said = t!(
        "history.totals",
        applied = figures::number(counts.applied),
        failed = figures::number(counts.failed),
        skipped = figures::number(counts.skipped),
        pending = figures::number(counts.pending),
        calls = figures::number(counts.calls),
        time = seconds,
        locale = look.locale
    );
    format!(" {said}")
}

fn filter(screen: &History, report: &Report, frame: &mut Frame<'_>, area: Rect, look: Look) {
    let locale = look.locale;
    if !screen.is_filtering && screen.filter.is_empty() {
        put(frame, area, 1, format!(" {}", t!("history.order", locale = locale)), Tone::Quiet, look);
        return;
    }
    let hits = figures::number(screen.order.len() as u64);
    let of = figures::number(report.rows.len() as u64);
    let shown = t!("history.hits", hits = hits, of = of, locale = locale);
    let label = text::cell(&format!(" {}", t!("history.filter", locale = locale)), 12, look);
    put(
        frame,
        area,
        1,
        text::between(&label, &format!("{shown} "), usize::from(area.width), look),
        Tone::Plain,
        look,
    );
    let row = filter_row(area);
    let width = row.width.saturating_sub(text::width(&shown) as u16 + 3);
    screen.filter.render(frame, Rect { width, ..row }, screen.is_filtering, false, look);
}

fn mark(row: &Row) -> (char, Tone) {
    match row.event.outcome {
        Outcome::Failed => ('!', Tone::Bad),
        Outcome::Skipped | Outcome::Pending => ('?', Tone::Warning),
        Outcome::Applied => (marks::mark(row.event.action), Tone::Plain),
    }
}

fn row_line(row: &Row, width: u16, look: Look) -> (String, Tone) {
    let locale = look.locale;
    let (mark, tone) = mark(row);
    let event = &row.event;
    let entity = text::cell(&marks::entity(event.entity, locale), 10, look);
    let action = t!(format!("action.{}", event.action.as_str()), locale = locale);
    let name = text::cell(&row.name, 20, look);
    let outcome = t!(format!("live.outcome.{}", event.outcome.as_str()), locale = locale);
    let meaning = event.code.as_deref().map_or(String::new(), |code| {
        let known = refusal::explain(code).map(|known| known.text(locale));
        format!("  {code} {}", known.or(event.message.as_deref()).unwrap_or_default())
    });
    let shown = format!("{mark} {entity} {name} {} {outcome}{meaning}", text::cell(&action, 8, look));
    (text::fit(&shown, usize::from(width).saturating_sub(3), look), tone)
}

/// One record in full.
fn details(row: &Row, frame: &mut Frame<'_>, area: Rect, look: Look) {
    let locale = look.locale;
    let event = &row.event;
    let ids: Vec<&str> =
        [event.source_id.as_deref(), event.target_id.as_deref()].into_iter().flatten().collect();
    let inner = pane::draw(frame, area, &format!("{}  {}", row.name, ids.join(" * ")), false, look);
    let columns = usize::from(inner.width).saturating_sub(2);
    let mut lines = Vec::new();
    if let Some(code) = &event.code {
        let known = refusal::explain(code);
        let meaning = known.map(|known| known.text(locale)).or(event.message.as_deref()).unwrap_or_default();
        let outcome = t!(format!("live.outcome.{}", event.outcome.as_str()), locale = locale);
        lines.extend(text::wrap(&format!("{outcome} {code}: {meaning}"), columns));
        if let Some(known) = known {
            let remedy = t!("live.what_to_do", remedy = known.remedy(locale), locale = locale);
            lines.extend(text::wrap(&remedy, columns));
        }
    }
    lines.extend(row.fields.iter().map(|field| marks::field_line(field, locale)));
    let calls = t!("history.calls", attempts = event.attempts, ms = event.elapsed_ms, locale = locale);
    let request = row.request_id.as_deref().map(|id| format!("  {id}")).unwrap_or_default();
    lines.push(format!("{calls}{request}"));
    for (y, line) in lines.into_iter().take(usize::from(inner.height)).enumerate() {
        put(frame, inner, y, format!(" {}", text::fit(&line, columns, look)), Tone::Plain, look);
    }
}

fn undo(screen: &History, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let locale = look.locale;
    if !is_ready(&screen.undo, frame, area, shared) {
        return;
    }
    let Loadable::Ready(plan) = &screen.undo else { return };
    let lost = plan.needs_attention();
    let said = t!(
        "history.undo",
        writes = figures::number(plan.writes()),
        removals = figures::number(plan.removals()),
        lost = figures::number(lost),
        locale = locale
    );
    put(frame, area, 0, format!(" {said}"), if lost > 0 { Tone::Warning } else { Tone::Strong }, look);
    put(frame, area, 1, format!(" {}", t!("history.undo_command", locale = locale)), Tone::Plain, look);
    put(frame, area, 2, format!("   {}", screen.undo_command()), Tone::Accent, look);
    let rest = Rect { y: area.y + 4, height: area.height.saturating_sub(4), ..area }.intersection(area);
    list(frame, rest, &screen.undone, &screen.inverse(), look, |change| undo_line(change, area.width, look));
}

fn undo_line(change: &Change, width: u16, look: Look) -> (String, Tone) {
    let locale = look.locale;
    let is_lost = change.action == Action::Blocked;
    let action = t!(format!("action.{}", change.action.as_str()), locale = locale);
    let entity = text::cell(&marks::entity(change.entity, locale), 10, look);
    let name = text::cell(&change.name, 20, look);
    let detail = change.detail.as_deref().map(|detail| look.said(detail).into_owned()).unwrap_or_else(|| {
        change.fields.iter().map(|field| marks::field_line(field, locale)).collect::<Vec<_>>().join("; ")
    });
    let shown =
        format!("{} {entity} {name} {}  {detail}", marks::mark(change.action), text::cell(&action, 8, look));
    (
        text::fit(&shown, usize::from(width).saturating_sub(3), look),
        if is_lost { Tone::Warning } else { Tone::Plain },
    )
}
