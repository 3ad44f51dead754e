//! The picture of QR code logon:
//!
//! ```text
//! chain, link by link            █▀▀▀█ the address as a code,
//! what is to be done, row by row █▄▄▄█ where there is room beside
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use rust_i18n::t;

use super::LogonScreen;
use crate::core::check::CheckStatus;
use crate::core::logon::chain::LinkState;
use crate::core::logon::{LogonAction, LogonChange};
use crate::qr;
use crate::tui::chrome;
use crate::tui::look::{Look, Tone};
use crate::tui::shared::{Loadable, Shared};
use crate::tui::widgets::{gauge, pane, text};
use crate::tui::worker::logon::View;

/// Columns that chain and rows need beside the code.
const LEFT: u16 = 62;
/// Rows above the list: address, chain, the line of counts, blanks.
const ABOVE: u16 = 10;
/// Columns and rows of the confirmation.
const WINDOW: (u16, u16) = (70, 8);
const LABEL: usize = 18;

/// Rows of the list that are visible.
pub(super) fn page(shared: &Shared) -> usize {
    let height = chrome::body(Rect::new(0, 0, shared.size.0, shared.size.1)).height;
    usize::from(height.saturating_sub(ABOVE)).max(1)
}

/// Where the number is typed.
pub(super) fn field(area: Rect) -> Rect {
    let place = pane::middle(area, WINDOW.0, WINDOW.1);
    Rect { x: place.x + 2, y: place.bottom().saturating_sub(3), width: 12.min(place.width), height: 1 }
}

pub(super) fn draw(screen: &LogonScreen, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    match &screen.seen {
        Loadable::Idle => {}
        Loadable::Loading(since) => {
            let text = t!("logon.looking", locale = look.locale);
            put(
                frame,
                area,
                0,
                Tone::Accent,
                &format!("{text} {}", gauge::waited(*since, shared.now_ms, look)),
                look,
            );
        }
        Loadable::Failed(message, hint) => {
            let mut lines = wrapped(Tone::Bad, &format!("! {}", look.said(message)), area.width);
            let hint = look.said(hint.as_deref().unwrap_or_default());
            lines.extend(wrapped(Tone::Plain, &hint, area.width));
            column(frame, area, &lines, look);
        }
        Loadable::Ready(view) if screen.is_code_alone => alone(view, frame, area, look),
        Loadable::Ready(view) => seen(screen, view, frame, area, shared),
    }
    if screen.approval.is_some() {
        confirm(screen, frame, area, look);
    }
}

type Lines = Vec<(Tone, String)>;

fn wrapped(tone: Tone, content: &str, columns: u16) -> Lines {
    text::wrap(content, usize::from(columns)).into_iter().map(|line| (tone, line)).collect()
}

fn put(frame: &mut Frame<'_>, area: Rect, row: u16, tone: Tone, content: &str, look: Look) {
    if row < area.height {
        let line = text::fit(content, usize::from(area.width), look);
        let at = Rect { y: area.y + row, height: 1, ..area };
        frame.render_widget(Line::styled(line, look.style(tone)), at);
    }
}

fn column(frame: &mut Frame<'_>, area: Rect, lines: &Lines, look: Look) {
    for (row, (tone, line)) in (0..area.height).zip(lines) {
        put(frame, area, row, *tone, line, look);
    }
}

/// The code of the address with its columns and rows, when it fits.
fn code(view: &View, columns: u16, rows: u16, look: Look) -> Option<(Vec<String>, u16)> {
    let lines = qr::lines(view.chain.address.as_deref()?, look.is_ascii)?;
    let width = u16::try_from(lines.first().map_or(0, |line| line.chars().count())).ok()?;
    let height = u16::try_from(lines.len()).ok()?;
    (width <= columns && height <= rows).then_some((lines, width))
}

/// Dark on light whatever the terminal's own colours are; without colours light modules are drawn.
fn draw_code(frame: &mut Frame<'_>, area: Rect, lines: &[String], look: Look) {
    let style = if look.has_colour && !look.is_ascii {
        Style::new().fg(Color::White).bg(Color::Black)
    } else {
        Style::new()
    };
    for (row, line) in (0..area.height).zip(lines) {
        let at = Rect { y: area.y + row, height: 1, ..area };
        frame.render_widget(Line::styled(line.clone(), style), at);
    }
}

fn alone(view: &View, frame: &mut Frame<'_>, area: Rect, look: Look) {
    let address = view.chain.address.as_deref().unwrap_or_default();
    put(frame, area, 0, Tone::Strong, &t!("logon.address", address = address, locale = look.locale), look);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    match code(view, below.width, below.height, look) {
        Some((lines, width)) => {
            let x = below.x + (below.width - width) / 2;
            draw_code(frame, Rect { x, width, ..below }, &lines, look);
        }
        None => {
            let text = t!("logon.code_too_large", locale = look.locale);
            column(frame, below, &wrapped(Tone::Warning, &text, below.width), look);
        }
    }
}

fn seen(screen: &LogonScreen, view: &View, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let left = match code(view, area.width.saturating_sub(LEFT), area.height, look) {
        Some((lines, width)) => {
            draw_code(frame, Rect { x: area.right() - width, width, ..area }, &lines, look);
            Rect { width: area.width - width - 2, ..area }
        }
        None => area,
    };
    let locale = look.locale;
    let chosen = if view.plan.chosen { "logon.chosen" } else { "logon.not_chosen" };
    let mut lines: Lines = vec![(Tone::Strong, t!(chosen, locale = locale).into_owned())];
    lines.push((
        Tone::Plain,
        match &view.chain.address {
            Some(address) => t!("logon.address", address = address, locale = locale).into_owned(),
            None => t!("logon.no_address", locale = locale).into_owned(),
        },
    ));
    lines.extend(view.chain.links.iter().map(|link| link_line(link, look)));
    lines.push((Tone::Plain, String::new()));
    lines.push(counts(screen, view, shared));
    let rows = screen.rows();
    let room = usize::from(left.height).saturating_sub(lines.len());
    let visible = screen.scroll.visible(rows.len(), room);
    let chosen = screen.scroll.chosen;
    lines.extend(visible.map(|index| {
        let row = rows[index];
        let tone = if index == chosen { Tone::Cursor } else { tone_of(row.action) };
        (tone, row_text(row, look))
    }));
    column(frame, left, &lines, look);
}

fn link_line(link: &LinkState, look: Look) -> (Tone, String) {
    let (word, mark, tone) = match link.status {
        CheckStatus::Pass => ("pass", "ok", Tone::Good),
        CheckStatus::Warn => ("warn", "!", Tone::Warning),
        CheckStatus::Fail => ("fail", "x", Tone::Bad),
        CheckStatus::NotRun => ("not_run", "-", Tone::Quiet),
    };
    let key = format!("logon.state.{}_{word}", link.link.as_str());
    let state = t!(key, found = link.found, expected = link.expected, locale = look.locale);
    let label = t!(format!("logon.link.{}", link.link.as_str()), locale = look.locale);
    (tone, format!("{mark:<2} {} {state}", text::cell(&label, LABEL, look)))
}

/// What goes on, how it ended, or what is to be done.
fn counts(screen: &LogonScreen, view: &View, shared: &Shared) -> (Tone, String) {
    let look = shared.look;
    if let Some((since, ended)) = screen.applying {
        let waited = gauge::waited(since, shared.now_ms, look);
        let text = t!("logon.applying", ended = ended, writes = view.plan.writes(), locale = look.locale);
        return (Tone::Accent, format!("{text} {waited}"));
    }
    if let Some(report) = &screen.report {
        let text = match &report.error {
            Some(error) => format!("! {}", look.said(&error.message)),
            None => t!(
                "logon.done",
                applied = report.applied,
                skipped = report.skipped,
                failed = report.failed,
                locale = look.locale
            )
            .into_owned(),
        };
        return (if report.is_whole() { Tone::Good } else { Tone::Warning }, text);
    }
    if view.plan.is_empty() && view.plan.count(LogonAction::Blocked) == 0 {
        return (Tone::Plain, t!("logon.nothing", locale = look.locale).into_owned());
    }
    (Tone::Strong, t!("logon.group", count = view.plan.writes(), locale = look.locale).into_owned())
}

fn tone_of(action: LogonAction) -> Tone {
    match action {
        LogonAction::CreateProvider | LogonAction::EnableProvider | LogonAction::Bind => Tone::Good,
        LogonAction::DisableProvider | LogonAction::Unbind | LogonAction::Rebind => Tone::Warning,
        LogonAction::Conflict | LogonAction::Blocked => Tone::Bad,
        LogonAction::Unchanged => Tone::Quiet,
    }
}

fn row_text(row: &LogonChange, look: Look) -> String {
    let word = t!(format!("logon.action.{}", row.action.as_str()), locale = look.locale);
    let arrow = if look.is_ascii { "->" } else { "→" };
    let target = row.target_id.as_deref().map(|id| format!(" {arrow} {id}")).unwrap_or_default();
    let reason = row
        .reason
        .map(|reason| format!("  {}", t!(format!("logon.reason.{}", reason.as_str()), locale = look.locale)));
    let differs = if row.warnings.is_empty() {
        String::new()
    } else {
        format!("  ! {}", t!("logon.warning.userid_differs", locale = look.locale))
    };
    format!("{} {}{target}{}{differs}", text::cell(&word, LABEL, look), row.name, reason.unwrap_or_default())
}

fn confirm(screen: &LogonScreen, frame: &mut Frame<'_>, area: Rect, look: Look) {
    let Some(view) = screen.view() else { return };
    let place = pane::middle(area, WINDOW.0, WINDOW.1);
    let inner = pane::window(frame, place, &t!("logon.confirm.title", locale = look.locale), look);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let text =
        t!("logon.confirm.text", writes = view.plan.writes(), instance = view.instance, locale = look.locale);
    column(frame, inner, &wrapped(Tone::Plain, &text, inner.width), look);
    if let Some(typed) = &screen.approval {
        typed.render(frame, field(area), true, true, look);
    }
}
