//! The list of rows and the tree of departments: only what is visible is built.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::counts::KEYED;
use super::sheet::{Entry, Pane, Sheet};
use super::{logon, words};
use crate::core::browse::{Kind, is_logon_problem};
use crate::core::logon::LogonChange;
use crate::core::plan::Change;
use crate::tui::look::{Look, Tone};
use crate::tui::widgets::text;

/// Columns before the name: cursor, left out, mark, problem, kind of record.
const BEFORE: usize = 11;

/// The columns of a list of so many.
#[derive(Debug, Clone, Copy)]
struct Columns {
    name: usize,
    place: usize,
    changes: usize,
}

impl Columns {
    fn of(width: u16) -> Self {
        let room = usize::from(width).saturating_sub(BEFORE + 4);
        let name = (room / 4).clamp(10, 24);
        let place = (room / 3).clamp(12, 36);
        Self { name, place, changes: room.saturating_sub(name + place) }
    }
}

/// The names of the columns.
pub(super) fn head(pane: Pane, width: u16, look: Look) -> Line<'static> {
    let locale = look.locale;
    let shown = match pane {
        Pane::Rows => {
            let columns = Columns::of(width);
            format!(
                "{}{}  {}  {}",
                text::cell(&format!("    {}", t!("plan.head.op", locale = locale)), BEFORE, look),
                text::cell(&t!("plan.head.name", locale = locale), columns.name, look),
                text::cell(&t!("plan.head.place", locale = locale), columns.place, look),
                t!("plan.head.changes", locale = locale)
            )
        }
        Pane::Branches => format!("    {}", t!("plan.head.branches", locale = locale)),
    };
    Line::styled(text::cell(&shown, usize::from(width), look), look.style(Tone::Quiet))
}

/// Draws the rows around the cursor.
pub(super) fn rows(frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, is_focused: bool, look: Look) {
    let columns = Columns::of(area.width);
    let visible = sheet.rows.visible(sheet.listed(), usize::from(area.height));
    if visible.is_empty() {
        let key = if sheet.filter.is_narrowing() { "plan.no_hits" } else { "plan.no_rows" };
        let nothing = t!(key, locale = look.locale);
        let shown = text::cell(&format!("    {nothing}"), usize::from(area.width), look);
        frame.render_widget(Line::styled(shown, look.style(Tone::Quiet)), Rect { height: 1, ..area });
    }
    for (line, index) in (0..area.height).zip(visible) {
        let is_chosen = is_focused && index == sheet.rows.chosen;
        let at = Rect { y: area.y + line, height: 1, ..area };
        let line = match sheet.entry(index) {
            Some(Entry::Change(place, change)) => row(sheet, (place, change), columns, is_chosen, look),
            Some(Entry::Logon(place, change)) => logon_row(sheet, (place, change), columns, is_chosen, look),
            None => Line::default(),
        };
        frame.render_widget(line, at);
    }
}

fn row(
    sheet: &Sheet,
    (row, change): (u32, &Change),
    columns: Columns,
    is_chosen: bool,
    look: Look,
) -> Line<'static> {
    let browser = &sheet.view.browser;
    let kind = browser.kind(row);
    let is_out = sheet.out.contains_key(&(row as usize));
    let is_problem = browser.is_problem(row) && kind.mark() != '!';
    let cells = Cells {
        kind,
        entity: words::entity(change.entity, look.locale),
        name: words::name(change),
        place: browser.tree().path_around(row),
        changes: words::summary(sheet, row, change, look.locale),
    };
    cells.line(columns, (is_chosen, is_out, is_problem), look)
}

/// A row of QR code logon: whose logon, at which provider, what is done about it.
fn logon_row(
    sheet: &Sheet,
    (row, change): (usize, &LogonChange),
    columns: Columns,
    is_chosen: bool,
    look: Look,
) -> Line<'static> {
    let is_out = sheet.logon_out.contains(&row);
    let cells = Cells {
        kind: Kind::Logon,
        entity: t!("plan.entity.logon", locale = look.locale).into_owned(),
        name: logon::name(change),
        place: logon::provider(sheet, look.locale),
        changes: logon::summary(change, is_out, look.locale),
    };
    cells.line(columns, (is_chosen, is_out, is_logon_problem(change)), look)
}

/// What stands in the columns of a row.
struct Cells {
    kind: Kind,
    entity: String,
    name: String,
    place: String,
    changes: String,
}

impl Cells {
    fn line(
        &self,
        columns: Columns,
        (is_chosen, is_out, is_problem): (bool, bool, bool),
        look: Look,
    ) -> Line<'static> {
        let cursor = if is_chosen { '>' } else { ' ' };
        let out = if is_out { 'x' } else { ' ' };
        let problem = if is_problem { '!' } else { ' ' };
        let entity = text::cell(&self.entity, 5, look);
        let tone = match (is_chosen, is_out) {
            (true, _) => Tone::Cursor,
            (false, true) => Tone::Quiet,
            (false, false) => words::tone(self.kind),
        };
        let mut line = Line::default();
        let mark = text::cell(&format!("{cursor}{out} {}{problem}{entity}", self.kind.mark()), BEFORE, look);
        text::push(&mut line, mark, tone, look);
        let rest = format!(
            "{}  {}  {}",
            text::cell(&self.name, columns.name, look),
            path(&self.place, columns.place, look),
            text::cell(&self.changes, columns.changes, look)
        );
        let tone = if is_chosen || is_out { tone } else { Tone::Plain };
        text::push(&mut line, rest, tone, look);
        line
    }
}

/// A path in so many columns: where it does not fit, its end says more than its beginning.
fn path(path: &str, columns: usize, look: Look) -> String {
    let mut shown = path;
    while text::width(shown) > columns.saturating_sub(3) && shown != path.rsplit('/').next().unwrap_or(path) {
        let Some((_, rest)) = shown.split_once('/') else { break };
        shown = rest;
    }
    let mark = if look.is_ascii { "../" } else { "…/" };
    if shown.len() == path.len() || text::width(path) <= columns {
        return text::cell(path, columns, look);
    }
    text::cell(&format!("{mark}{shown}"), columns, look)
}

/// Draws the departments around the cursor, each with the counts of what lies in and below it.
pub(super) fn branches(frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, is_focused: bool, look: Look) {
    let tree = sheet.view.browser.tree();
    let visible = sheet.at_branch.visible(sheet.branches.len(), usize::from(area.height));
    for (line, index) in (0..area.height).zip(visible) {
        let branch = sheet.branches[index];
        let Some(found) = tree.branches().get(branch as usize) else { continue };
        let is_chosen = is_focused && index == sheet.at_branch.chosen;
        let own = found.row.map_or(' ', |row| sheet.view.browser.kind(row).mark());
        let filtered = if sheet.filter.branch == Some(branch) { '*' } else { ' ' };
        let left = format!(
            "{}{filtered}{own} {}{}",
            if is_chosen { '>' } else { ' ' },
            "  ".repeat(found.depth.min(8) as usize),
            found.name
        );
        let kinds = &KEYED[..7];
        let right = format!("{} ", words::counts(&found.counts, kinds));
        let tone = match (is_chosen, sheet.filter.branch == Some(branch)) {
            (true, _) => Tone::Cursor,
            (false, true) => Tone::Accent,
            (false, false) => Tone::Plain,
        };
        let shown = text::between(&left, &right, usize::from(area.width), look);
        let at = Rect { y: area.y + line, height: 1, ..area };
        frame.render_widget(Line::styled(shown, look.style(tone)), at);
    }
}

/// What is filtered, and the line of how many.
pub(super) fn status(sheet: &Sheet, columns: usize, look: Look) -> Line<'static> {
    let locale = look.locale;
    let filter = describe(sheet, locale);
    let (at, of) = match sheet.pane {
        Pane::Rows => (sheet.rows.chosen, sheet.listed()),
        Pane::Branches => (sheet.at_branch.chosen, sheet.branches.len()),
    };
    let line = t!(
        "plan.line",
        at = words::number((at + usize::from(of > 0)) as u64),
        of = words::number(of as u64),
        locale = locale
    );
    let tone = if filter.is_empty() { Tone::Quiet } else { Tone::Accent };
    Line::styled(text::between(&format!(" {filter}"), &format!("{line} "), columns, look), look.style(tone))
}

/// The filter in words; empty when nothing is filtered.
pub(super) fn describe(sheet: &Sheet, locale: &str) -> String {
    let filter = &sheet.filter;
    let mut parts = Vec::new();
    parts.extend(filter.kind.map(|kind| format!("{} {}", kind.mark(), words::kind(kind, locale))));
    parts.extend(filter.branch.map(|branch| sheet.view.browser.tree().path(branch)));
    parts.extend(filter.field.as_ref().map(|field| words::field(field.as_str(), locale)));
    parts.extend(
        filter.reason.map(|reason| t!(format!("reason.{}", reason.as_str()), locale = locale).into_owned()),
    );
    parts.extend(filter.warning.map(|warning| words::warning_word(warning, locale)));
    let searched = filter.text.trim();
    parts.extend((!searched.is_empty()).then(|| format!("/{searched}")));
    parts.extend(filter.every.then(|| t!("plan.filter.every", locale = locale).into_owned()));
    if parts.is_empty() {
        return String::new();
    }
    let hits = words::number(sheet.listed() as u64);
    t!("plan.filter.shown", filter = parts.join(" + "), hits = hits, locale = locale).into_owned()
}
