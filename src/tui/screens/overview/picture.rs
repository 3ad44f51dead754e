//! The overview, from top to bottom: both services, what goes on, who needs attention, what to do next, the last runs.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::Overview;
use crate::core::event::Meaning;
use crate::core::journal::{RunKind, RunRecord};
use crate::tui::look::{Look, Tone};
use crate::tui::shared::Shared;
use crate::tui::widgets::{figures, gauge, pane, text};
use crate::tui::worker::past::Tried;

/// What the header says.
pub(super) fn state(screen: &Overview, shared: &Shared) -> String {
    let locale = shared.look.locale;
    let word = match () {
        () if screen.goes_on() => "running",
        () if screen.interrupted().is_some() => "interrupted",
        () if screen.standing.as_ref().is_some_and(|standing| standing.watch.is_some()) => "watching",
        () => "quiet",
    };
    t!(format!("overview.state.{word}"), locale = locale).into_owned()
}

/// Draws the pane.
pub(super) fn draw(screen: &Overview, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let columns = usize::from(area.width);
    let mut lines = vec![
        service("IDaaS", screen.idaas.as_ref(), screen.tried_at_ms, shared, columns),
        service("DingTalk", screen.dingtalk.as_ref(), screen.tried_at_ms, shared, columns),
        Line::default(),
    ];
    lines.extend(standing(screen, columns, look));
    lines.push(Line::default());
    let mut y = 0;
    for line in lines {
        put(frame, area, y, line);
        y += 1;
    }
    let menu = screen.menu();
    let height = (menu.len() as u16 + 2).min(area.height.saturating_sub(y));
    let rest = Rect { y: area.y + y, height, ..area }.intersection(area);
    next(screen, frame, rest, look);
    let below = y + height;
    let rest = Rect { y: area.y + below, height: area.height.saturating_sub(below), ..area };
    last_runs(screen, frame, rest, look);
}

fn put(frame: &mut Frame<'_>, area: Rect, y: u16, line: Line<'static>) {
    let row = Rect { x: area.x, y: area.y + y, width: area.width, height: 1 };
    frame.render_widget(line, row.intersection(area));
}

/// A line of a label and what it says.
fn told(label: &str, said: &str, tone: Tone, columns: usize, look: Look) -> Line<'static> {
    let mut line = Line::default();
    text::push(&mut line, format!("   {}", text::cell(label, 16, look)), Tone::Quiet, look);
    text::push(&mut line, text::fit(said, columns.saturating_sub(20), look), tone, look);
    line
}

fn service(
    name: &str,
    tried: Option<&Tried>,
    since_ms: i64,
    shared: &Shared,
    columns: usize,
) -> Line<'static> {
    let look = shared.look;
    let locale = look.locale;
    let (said, tone) = match tried {
        None => {
            let waited = gauge::waited(since_ms, shared.now_ms, look);
            (t!("overview.trying", waited = waited, locale = locale).into_owned(), Tone::Quiet)
        }
        Some(Tried { elapsed_ms, failure: None }) => {
            (t!("overview.answers", ms = elapsed_ms, locale = locale).into_owned(), Tone::Good)
        }
        Some(Tried { failure: Some((message, hint)), .. }) => (
            format!("X   {}. {}", look.said(message), look.said(hint.as_deref().unwrap_or_default())),
            Tone::Bad,
        ),
    };
    told(name, &said, tone, columns, look)
}

fn standing(screen: &Overview, columns: usize, look: Look) -> Vec<Line<'static>> {
    let locale = look.locale;
    let word = |key: &str| t!(format!("overview.{key}"), locale = locale).into_owned();
    if let Some((message, hint)) = &screen.failure {
        let hint = look.said(hint.as_deref().unwrap_or_default());
        return vec![
            told(&word("label.state"), &look.said(message), Tone::Bad, columns, look),
            told("", &hint, Tone::Plain, columns, look),
        ];
    }
    let Some(standing) = &screen.standing else {
        return vec![told(&word("label.now"), &word("reading"), Tone::Quiet, columns, look)];
    };
    let (users, departments) = (figures::number(standing.users), figures::number(standing.departments));
    let bound = t!("overview.bound", users = users, departments = departments, locale = locale);
    let mut lines = vec![told(&word("label.bound"), &bound, Tone::Plain, columns, look)];
    let (now, tone) = now(screen, locale);
    lines.push(told(&word("label.now"), &now, tone, columns, look));
    if let Some(watch) = &standing.watch {
        let age = figures::clock(watch.oldest_age_ms / 1000);
        let said = t!(
            "overview.watch",
            backlog = watch.backlog,
            age = age,
            held = watch.held,
            drift = watch.drift,
            locale = locale
        );
        lines.push(told(&word("label.watch"), &said, Tone::Plain, columns, look));
    }
    lines.push(attention(screen, columns, look));
    lines
}

fn now(screen: &Overview, locale: &str) -> (String, Tone) {
    if let Some(run) = screen.interrupted() {
        let done = run.summary.applied + run.summary.failed + run.summary.skipped + run.summary.pending;
        let left = figures::number(run.total.saturating_sub(done));
        return (
            t!("overview.interrupted", run = run.run, left = left, locale = locale).into_owned(),
            Tone::Warning,
        );
    }
    let holder = screen.standing.as_ref().and_then(|standing| standing.holder.as_ref());
    match holder {
        Some(holder) => {
            let said = t!(
                "overview.goes_on",
                command = holder.command,
                user = holder.user,
                pid = holder.pid,
                locale = locale
            );
            (said.into_owned(), Tone::Accent)
        }
        None => (t!("overview.nothing", locale = locale).into_owned(), Tone::Plain),
    }
}

/// Who needs somebody, as the last plan had it.
fn attention(screen: &Overview, columns: usize, look: Look) -> Line<'static> {
    let locale = look.locale;
    let label = t!("overview.label.attention", locale = locale);
    let Some(run) = screen.last_sync() else {
        return told(&label, &t!("overview.never", locale = locale), Tone::Plain, columns, look);
    };
    let (departments, users) = (run.planned.departments, run.planned.users);
    let conflict = departments.conflict + users.conflict;
    let blocked = departments.blocked + users.blocked;
    let hold = departments.hold + users.hold;
    let pending = screen.standing.as_ref().map_or(0, |standing| standing.pending);
    let tone = if conflict + blocked > 0 { Tone::Warning } else { Tone::Plain };
    let said = t!(
        "overview.attention",
        conflict = figures::number(conflict),
        blocked = figures::number(blocked),
        hold = figures::number(hold),
        pending = figures::number(pending),
        locale = locale
    );
    told(&label, &said, tone, columns, look)
}

fn next(screen: &Overview, frame: &mut Frame<'_>, area: Rect, look: Look) {
    let locale = look.locale;
    let inner = pane::draw(frame, area, &t!("overview.next.title", locale = locale), true, look);
    let menu = screen.menu();
    let visible = screen.chosen.visible(menu.len(), usize::from(inner.height));
    for (y, index) in visible.enumerate() {
        let next = &menu[index];
        let is_chosen = index == screen.chosen.chosen;
        let mark = if is_chosen { ">" } else { " " };
        let label = t!(next.label(), locale = locale);
        let about = t!(format!("{}_about", next.label()), run = next.run(), locale = locale);
        let shown = format!("{mark} {}  {about}", text::cell(&label, 24, look));
        let mut line = Line::default();
        let tone = if is_chosen { Tone::Cursor } else { Tone::Plain };
        text::push(&mut line, text::cell(&shown, usize::from(inner.width), look), tone, look);
        put(frame, inner, y as u16, line);
    }
}

fn last_runs(screen: &Overview, frame: &mut Frame<'_>, area: Rect, look: Look) {
    let Some(standing) = &screen.standing else { return };
    if area.height == 0 || standing.runs.is_empty() {
        return;
    }
    let title = t!("overview.last_runs", locale = look.locale);
    let mut heading = Line::default();
    text::push(&mut heading, format!("   {title}"), Tone::Quiet, look);
    put(frame, area, 0, heading);
    for (y, run) in standing.runs.iter().take(usize::from(area.height) - 1).enumerate() {
        let mut line = Line::default();
        text::push(
            &mut line,
            format!("   {}", run_line(run, usize::from(area.width).saturating_sub(4), look)),
            Tone::Plain,
            look,
        );
        put(frame, area, y as u16 + 1, line);
    }
}

/// A run in one line: id, what for, how it ended, when, totals.
pub(in crate::tui::screens) fn run_line(run: &RunRecord, columns: usize, look: Look) -> String {
    let locale = look.locale;
    let kind = t!(kind_word(run.kind), locale = locale);
    let meaning = Meaning::of(run.status, &run.summary);
    let status = t!(format!("overview.status.{}", meaning.as_str()), locale = locale);
    let at = run.started_at.get(..16).unwrap_or(&run.started_at).replace('T', " ");
    let counts = &run.summary;
    let totals = t!(
        "overview.totals",
        applied = figures::number(counts.applied),
        failed = figures::number(counts.failed + counts.skipped),
        locale = locale
    );
    let head = format!(
        "{}  {} {} {at}Z",
        text::cell(&run.run, 13, look),
        text::cell(&kind, 7, look),
        text::cell(&status, 15, look)
    );
    text::fit(&format!("{head}  {totals}"), columns, look)
}

fn kind_word(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Sync => "overview.kind.sync",
        RunKind::Retry => "overview.kind.retry",
        RunKind::Undo => "overview.kind.undo",
        RunKind::Watch => "overview.kind.watch",
    }
}
