//! What surrounds every screen: the header that answers "where am I, on what, has anything been written", the stepper
//! of the wizard, and the footer that answers "what can I press". Neither scrolls.
//!
//! ```text
//!  dingsync  setup  Acme to DingTalk              nothing written yet  unsaved *   en
//!  [1 Application]   2 Permissions    3 Scenario    4 Field mapping    5 Preview
//! ────────────────────────────────────────────────────────────────────────────────
//!  the screen's body
//! ── what was just done ──────────────────────────────────────────────────────────
//!  Tab field  Enter next  Ctrl-N next step                   F1 help  Ctrl-Q quit
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use rust_i18n::t;

use super::dispatch::{self, Hint};
use super::keys::Action;
use super::look::{Look, Tone};
use super::screen::{Offer, ScreenId};
use super::shared::Shared;
use super::widgets::{pane, text};

/// Lines of a note.
const NOTE_LINES: usize = 3;
/// The smallest window, columns and rows.
pub const SMALLEST: (u16, u16) = (80, 24);
/// Rows above the body.
const ABOVE: u16 = 3;
/// Rows below it.
const BELOW: u16 = 2;

/// What the header shows.
#[derive(Debug)]
pub struct Heading<'a> {
    /// The screen.
    pub screen: ScreenId,
    /// Whether anything was written; `None` is "nothing written yet".
    pub state: Option<String>,
    /// The second line, where the screen has one.
    pub banner: Option<Line<'static>>,
    /// The steps of the wizard that exist, with whether each is complete.
    pub steps: &'a [(ScreenId, bool)],
}

/// The room between header and footer.
pub fn body(area: Rect) -> Rect {
    Rect { y: area.y + ABOVE, height: area.height.saturating_sub(ABOVE + BELOW), ..area }
}

/// Draws the header.
pub fn header(frame: &mut Frame<'_>, area: Rect, heading: Heading<'_>, shared: &Shared) {
    let look = shared.look;
    let columns = usize::from(area.width);
    frame.render_widget(first_line(&heading, shared, columns), row(area, 0));
    let second = heading.banner.unwrap_or_else(|| match heading.screen.step() {
        Some(_) => stepper(heading.screen, heading.steps, columns, look),
        None => Line::default(),
    });
    frame.render_widget(second, row(area, 1));
    frame.render_widget(Line::styled(pane::rule(columns, look), look.style(Tone::Quiet)), row(area, 2));
}

fn first_line(heading: &Heading<'_>, shared: &Shared, columns: usize) -> Line<'static> {
    let look = shared.look;
    let locale = look.locale;
    let word = match heading.screen {
        ScreenId::Application | ScreenId::Permissions | ScreenId::Scenario | ScreenId::Mapping => "setup",
        other => other.word(),
    };
    let name = t!(format!("tui.screen.{word}"), locale = locale);
    let state =
        heading.state.clone().unwrap_or_else(|| t!("tui.header.nothing", locale = locale).into_owned());
    let mut right = vec![(state, Tone::Plain)];
    if shared.check_warnings > 0 {
        let warnings = t!("tui.header.warnings", count = shared.check_warnings, locale = locale);
        right.push((warnings.into_owned(), Tone::Warning));
    }
    if shared.is_unsaved() {
        right.push((t!("tui.header.unsaved", locale = locale).into_owned(), Tone::Strong));
    }
    right.push((t!("tui.header.language", locale = locale).into_owned(), Tone::Plain));
    let right_width: usize = right.iter().map(|(piece, _)| text::width(piece) + 2).sum();
    let left = format!(" dingsync  {name}  ");
    let room = columns.saturating_sub(text::width(&left) + right_width + 1);
    let connection = text::cell(&connection(shared), room, look);
    let mut line = Line::default();
    text::push(&mut line, left, Tone::Plain, look);
    text::push(&mut line, connection, Tone::Strong, look);
    for (piece, tone) in right {
        text::push(&mut line, "  ", Tone::Plain, look);
        text::push(&mut line, piece, tone, look);
    }
    line
}

/// The connection's display name, or that it has none yet.
fn connection(shared: &Shared) -> String {
    match shared.draft.display_name.trim() {
        "" => t!("tui.header.unnamed", locale = shared.look.locale).into_owned(),
        name => name.to_owned(),
    }
}

/// The steps in one line, the current one in brackets, complete ones marked.
fn stepper(current: ScreenId, steps: &[(ScreenId, bool)], columns: usize, look: Look) -> Line<'static> {
    let titles: Vec<(String, Tone)> = steps
        .iter()
        .enumerate()
        .map(|(index, (step, is_complete))| {
            let name = t!(format!("tui.screen.{}", step.word()), locale = look.locale);
            let ok = if *is_complete { " ok" } else { "" };
            match *step == current {
                true => (format!("[{} {name}]", index + 1), Tone::Strong),
                false => (format!(" {} {name}{ok}", index + 1), Tone::Plain),
            }
        })
        .collect();
    let used: usize = titles.iter().map(|(title, _)| text::width(title)).sum();
    // Where even one blank between them would push the last step out, their own leading blanks have to do.
    let least = usize::from(used + titles.len() <= columns + 1);
    let gap = (columns.saturating_sub(used + 2) / titles.len().max(1)).clamp(least, 4);
    let mut line = Line::default();
    for (title, tone) in titles {
        text::push(&mut line, title, tone, look);
        text::push(&mut line, " ".repeat(gap), Tone::Plain, look);
    }
    line
}

/// Draws the footer: the rule, which carries the note, and the hints.
pub fn footer(
    frame: &mut Frame<'_>,
    area: Rect,
    offers: &[Offer],
    is_typing: bool,
    note: Option<&str>,
    look: Look,
) {
    let columns = usize::from(area.width);
    let noted = note.map(|note| note_lines(note, columns, look)).unwrap_or_default();
    // A note too long for the rule covers the last rows of the body for its moment.
    let first = area.height.saturating_sub(2 + noted.len().saturating_sub(1) as u16);
    for (index, shown) in (0..).zip(&noted) {
        let mut rule = Line::default();
        let rest = columns.saturating_sub(text::width(shown) + 4);
        text::push(&mut rule, pane::rule(2, look), Tone::Quiet, look);
        text::push(&mut rule, format!(" {shown} "), Tone::Strong, look);
        text::push(&mut rule, pane::rule(rest, look), Tone::Quiet, look);
        frame.render_widget(rule, row(area, first + index));
    }
    if noted.is_empty() {
        let rule = Line::styled(pane::rule(columns, look), look.style(Tone::Quiet));
        frame.render_widget(rule, row(area, area.height.saturating_sub(2)));
    }
    let line = Line::from(Span::raw(hint_line(offers, is_typing, columns, look)));
    frame.render_widget(line, row(area, area.height.saturating_sub(1)));
}

/// A note in the width of the rule, in a few lines at most.
fn note_lines(note: &str, columns: usize, look: Look) -> Vec<String> {
    let width = columns.saturating_sub(6);
    let mut lines: Vec<String> =
        text::wrap(note, width).into_iter().filter(|line| !line.is_empty()).collect();
    if lines.len() > NOTE_LINES {
        let rest = lines.split_off(NOTE_LINES - 1).join(" ");
        lines.push(text::fit(&rest, width, look));
    }
    lines
}

/// The hints that have room, those of every screen at the right.
pub fn hint_line(offers: &[Offer], is_typing: bool, columns: usize, look: Look) -> String {
    let hints = dispatch::hints(offers, is_typing, look.locale);
    let is_global = |hint: &&Hint| hint.actions.iter().all(|a| matches!(a, Action::Help | Action::Quit));
    let right: Vec<String> = hints.iter().filter(is_global).map(Hint::shown).collect();
    let right = right.join("  ");
    let mut left = String::new();
    for hint in hints.iter().filter(|hint| !is_global(hint)) {
        let shown = hint.shown();
        if text::width(&left) + text::width(&shown) + text::width(&right) + 5 <= columns {
            left.push_str(&shown);
            left.push_str("  ");
        }
    }
    text::between(&format!(" {left}"), &format!("{right} "), columns, look)
}

/// What a window below the smallest shows: that it is too small, and where one was.
pub fn too_small(frame: &mut Frame<'_>, area: Rect, state: Option<String>, shared: &Shared) {
    let look = shared.look;
    let (width, height) = SMALLEST;
    let too_small = t!(
        "tui.too_small",
        columns = area.width,
        rows = area.height,
        width = width,
        height = height,
        locale = look.locale
    );
    let state = state.unwrap_or_else(|| t!("tui.header.nothing", locale = look.locale).into_owned());
    for (index, line) in [too_small.into_owned(), connection(shared), state].iter().enumerate() {
        let place = row(area, index as u16);
        let lines = text::fit(line, usize::from(area.width), look);
        frame.render_widget(Line::raw(lines), place);
    }
}

/// One row of an area; empty where the area ends before it.
fn row(area: Rect, index: u16) -> Rect {
    Rect { y: area.y + index, height: u16::from(index < area.height), ..area }.intersection(area)
}
