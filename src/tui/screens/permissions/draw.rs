//! The picture of step 2: what to do in the console, the items, the chosen one in full, the totals. From 118 columns
//! on the chosen item stands beside the list, else below it.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use super::checks::Stage;
use super::{Permissions, request};
use crate::core::check::{CheckId, CheckStatus};
use crate::tui::look::Tone;
use crate::tui::shared::Shared;
use crate::tui::widgets::gauge::waited;
use crate::tui::widgets::{pane, text};

/// From so many columns on the chosen item stands beside the list.
const WIDE: u16 = 118;
/// Columns of the label and of what an item is needed for.
const LABEL: usize = 27;
const NEEDED: usize = 29;
/// Rows of the chosen item below the list, frame included.
const DETAIL: u16 = 7;

/// The parts of the body.
struct Parts {
    intro: Rect,
    list: Rect,
    detail: Rect,
    totals: Rect,
}

fn parts(area: Rect) -> Parts {
    let row = |y: u16, height: u16, x: u16, width: u16| Rect::new(x, area.y + y, width, height);
    let items = CheckId::ALL.len() as u16 + 1;
    let totals = row(area.height.saturating_sub(1), 1, area.x, area.width);
    if area.width >= WIDE {
        let left = 76;
        return Parts {
            intro: row(0, 2, area.x, area.width),
            list: row(2, items.min(area.height.saturating_sub(3)), area.x, left),
            detail: row(2, area.height.saturating_sub(4), area.x + left, area.width - left - 1),
            totals,
        };
    }
    let list = items.min(area.height.saturating_sub(DETAIL + 3));
    Parts {
        intro: row(0, 2, area.x, area.width),
        list: row(2, list, area.x, area.width),
        detail: row(2 + list, DETAIL, area.x + 1, area.width.saturating_sub(2)),
        totals,
    }
}

/// Rows of the list that are visible.
pub(super) fn page(area_height: u16) -> usize {
    usize::from(area_height.saturating_sub(DETAIL + 4)).max(1)
}

pub(super) fn draw(screen: &Permissions, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let parts = parts(area);
    let intro = text::wrap(&t!("permissions.intro", locale = look.locale), usize::from(area.width) - 2);
    for (row, line) in (0..parts.intro.height).zip(intro) {
        let at = Rect { x: area.x + 1, y: parts.intro.y + row, height: 1, ..parts.intro };
        frame.render_widget(Line::raw(line), at.intersection(area));
    }
    list(screen, frame, parts.list, shared);
    detail(screen, frame, parts.detail, shared);
    totals(screen, frame, parts.totals, shared);
}

fn list(screen: &Permissions, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let columns = usize::from(area.width);
    let rows = area.height.saturating_sub(1);
    let visible = screen.scroll.visible(CheckId::ALL.len(), usize::from(rows));
    let header = format!(
        "      {} {} {}",
        text::cell(&t!("permissions.column.item", locale = look.locale), LABEL, look),
        text::cell(&t!("permissions.column.needed", locale = look.locale), NEEDED, look),
        t!("permissions.column.result", locale = look.locale)
    );
    let shown = format!("{}-{}/{} ", visible.start + 1, visible.end, CheckId::ALL.len());
    let header =
        text::between(&header, if visible.len() < CheckId::ALL.len() { &shown } else { "" }, columns, look);
    frame.render_widget(
        Line::styled(header, look.style(Tone::Quiet)),
        Rect { height: 1, ..area }.intersection(area),
    );
    for (row, index) in (1..=rows).zip(visible) {
        let line = item_row(screen, index, columns, shared);
        frame.render_widget(line, Rect { y: area.y + row, height: 1, ..area });
    }
}

fn item_row(screen: &Permissions, index: usize, columns: usize, shared: &Shared) -> Line<'static> {
    let look = shared.look;
    let id = CheckId::ALL[index];
    let is_chosen = screen.scroll.chosen == index;
    let (mark, result, tone) = shown(screen.checks.stage(id), shared);
    let label = t!(format!("check.item.{}", id.as_str()), locale = look.locale);
    let needed = t!(format!("permissions.needs.{}", id.as_str()), locale = look.locale);
    let cursor = if is_chosen { ">" } else { " " };
    let line = format!(
        " {cursor} {} {} {} {result}",
        text::cell(mark, 2, look),
        text::cell(&label, LABEL, look),
        text::cell(&needed, NEEDED, look)
    );
    let tone = if is_chosen { Tone::Cursor } else { tone };
    Line::styled(text::cell(&line, columns, look), look.style(tone))
}

/// Mark, result in words, tone.
fn shown(stage: Stage<'_>, shared: &Shared) -> (&'static str, String, Tone) {
    let look = shared.look;
    let word = |key: &str| t!(format!("permissions.result.{key}"), locale = look.locale).into_owned();
    match stage {
        Stage::Idle => ("", word("idle"), Tone::Quiet),
        Stage::Waiting => ("..", word("waiting"), Tone::Quiet),
        Stage::Running(since) => {
            ("..", format!("{} {}", word("checking"), waited(since, shared.now_ms, look)), Tone::Plain)
        }
        Stage::Done(item, elapsed_ms) => {
            let code = item.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
            match item.status {
                CheckStatus::Pass => ("ok", format!("{elapsed_ms} ms"), Tone::Good),
                CheckStatus::Warn => ("!", format!("{}{code}", word("warning")), Tone::Warning),
                CheckStatus::Fail if !item.missing.is_empty() => {
                    ("X", format!("{}{code}", word("missing")), Tone::Bad)
                }
                CheckStatus::Fail => ("X", format!("{}{code}", word("failed")), Tone::Bad),
                CheckStatus::NotRun => ("-", word("not_run"), Tone::Quiet),
            }
        }
    }
}

fn detail(screen: &Permissions, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let id = screen.chosen();
    let label = t!(format!("check.item.{}", id.as_str()), locale = look.locale);
    let (_, result, _) = shown(screen.checks.stage(id), shared);
    let title = match &screen.reason {
        Some(_) => t!("tui.about.override", locale = look.locale).into_owned(),
        None => format!("{label}: {result}"),
    };
    let inner = pane::draw(frame, area, &title, false, look);
    let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    if let Some(reason) = &screen.reason {
        let question = t!("permissions.override.question", locale = look.locale);
        for (row, line) in (0..room.height).zip(text::wrap(&question, usize::from(room.width))) {
            frame.render_widget(Line::raw(line), Rect { y: room.y + row, height: 1, ..room });
        }
        reason.render(frame, reason_input(room), true, true, look);
        return;
    }
    let columns = usize::from(room.width);
    let lines = paragraphs(screen, id, shared)
        .into_iter()
        .flat_map(|(told, tone)| text::wrap(&told, columns).into_iter().map(move |line| (line, tone)));
    for (row, (line, tone)) in (0..room.height).zip(lines) {
        frame
            .render_widget(Line::styled(line, look.style(tone)), Rect { y: room.y + row, height: 1, ..room });
    }
}

/// What there is to say about an item, the most useful first: there may be room for a few lines only.
fn paragraphs(screen: &Permissions, id: CheckId, shared: &Shared) -> Vec<(String, Tone)> {
    let (look, locale) = (shared.look, shared.look.locale);
    let text = |kind: &str| t!(format!("permissions.{kind}.{}", id.as_str()), locale = locale).into_owned();
    if let Some((message, hint)) = &screen.checks.failure {
        let hint = look.said(hint.as_deref().unwrap_or_default());
        return vec![(look.said(message).into_owned(), Tone::Bad), (hint.into_owned(), Tone::Plain)];
    }
    let Some(item) = screen.checks.item(id) else { return vec![(text("without"), Tone::Plain)] };
    match item.status {
        // What passed speaks for itself; core says it in English only.
        CheckStatus::Pass | CheckStatus::NotRun if locale != "en" => vec![(text("without"), Tone::Plain)],
        CheckStatus::Pass | CheckStatus::NotRun => {
            vec![(request::told(item, locale), Tone::Plain), (text("without"), Tone::Plain)]
        }
        CheckStatus::Warn | CheckStatus::Fail => {
            let mut all = vec![(text("without"), Tone::Strong)];
            if !item.missing.is_empty() {
                let missing = item.missing.join(", ");
                let missing = t!("permissions.request.missing", missing = missing, locale = locale);
                all.push((missing.into_owned(), Tone::Bad));
            }
            all.push((text("grant"), Tone::Plain));
            all.push((request::link(item, shared), Tone::Accent));
            all.push((request::told(item, locale), Tone::Plain));
            all.extend(request::remedy(item, locale).map(|remedy| (remedy, Tone::Plain)));
            all
        }
    }
}

fn totals(screen: &Permissions, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let count = |status| screen.checks.count(status);
    let left = t!(
        "permissions.totals",
        pass = count(CheckStatus::Pass),
        warn = count(CheckStatus::Warn),
        fail = count(CheckStatus::Fail),
        not_run = count(CheckStatus::NotRun),
        locale = look.locale
    );
    let failed = !screen.checks.failed().is_empty();
    let (right, tone) = match (screen.checks.is_running(), failed, screen.is_overridden) {
        (true, _, _) => ("permissions.state.running", Tone::Plain),
        (false, true, true) => ("permissions.state.overridden", Tone::Warning),
        (false, true, false) => ("permissions.state.blocked", Tone::Bad),
        (false, false, _) if screen.checks.is_complete() => ("permissions.state.passed", Tone::Good),
        (false, false, _) => ("permissions.state.open", Tone::Plain),
    };
    let right = match screen.checks.longest() {
        Some((id, since)) => {
            let item = t!(format!("check.item.{}", id.as_str()), locale = look.locale);
            let waited = waited(since, shared.now_ms, look);
            t!("permissions.state.running_item", item = item, waited = waited, locale = look.locale)
        }
        None => t!(right, locale = look.locale),
    };
    let line = text::between(&format!(" {left}"), &format!("{right} "), usize::from(area.width), look);
    frame.render_widget(Line::styled(line, look.style(tone)), area);
}

fn reason_input(room: Rect) -> Rect {
    Rect { y: room.y + room.height.saturating_sub(1), height: 1, ..room }
}

/// Where the typed reason stands.
pub(super) fn cursor(screen: &Permissions, area: Rect) -> Option<Position> {
    let detail = parts(area).detail;
    let inner = Rect::new(
        detail.x + 2,
        detail.y + 1,
        detail.width.saturating_sub(4),
        detail.height.saturating_sub(2),
    );
    screen.reason.as_ref()?.cursor(reason_input(inner), true)
}
