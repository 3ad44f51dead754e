//! A window of text to read: a row in full, why it is planned so, what the plan costs, the equivalent commands, what
//! moved since it was made. The lines are made when they are drawn, so that they follow language and masking.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::sheet::Sheet;
use super::{counts, detail, logon, words};
use crate::core::browse::Kind;
use crate::core::plan::{Change, Plan};
use crate::core::planner::Explanation;
use crate::core::saved::Stale;
use crate::core::sentences::in_language;
use crate::tui::keys::Action;
use crate::tui::look::Tone;
use crate::tui::screen::Offer;
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Top;
use crate::tui::widgets::{pane, text};
use crate::tui::worker::preview::short_id;

/// Columns of the window.
const COLUMNS: u16 = 100;

/// What is read.
#[derive(Debug)]
pub(super) enum Page {
    /// The row at the cursor.
    Details,
    /// Why a record is planned as it is.
    Why(Box<Explanation>),
    /// Why the row of QR code logon at the cursor is planned as it is.
    WhyLogon,
    /// Calls, time and limits.
    Budget,
    /// The command lines that do the same.
    Commands,
    /// Rows that would now be planned differently: what was approved, and what they are now; and what would be written
    /// for QR code logon, then and now, where that moved.
    Moved(Vec<(Change, Option<Change>)>, Option<(u64, u64)>),
}

/// The open window.
#[derive(Debug)]
pub(super) struct Reader {
    /// What is read.
    pub(super) page: Page,
    top: Top,
}

impl Reader {
    /// From the top.
    pub(super) fn new(page: Page) -> Self {
        Self { page, top: Top::default() }
    }

    /// What keys do here.
    pub(super) fn offers(&self) -> Vec<Offer> {
        let mut offers = vec![
            Offer::hinted(Action::Up).named("tui.action.scroll"),
            Offer::hinted(Action::Down).named("tui.action.scroll"),
            Offer::quiet(Action::PageUp),
            Offer::quiet(Action::PageDown),
            Offer::quiet(Action::First),
            Offer::quiet(Action::Last),
        ];
        if matches!(self.page, Page::Commands) {
            offers.push(Offer::hinted(Action::Copy));
        }
        let close = if matches!(self.page, Page::Moved(..)) { "plan.look" } else { "tui.action.close" };
        offers.extend([
            Offer::hinted(Action::Reveal),
            Offer::hinted(Action::Close).named(close),
            Offer::quiet(Action::Activate).named(close),
        ]);
        offers
    }

    /// Scrolls; `false` when the action is not one of moving.
    pub(super) fn scroll(
        &mut self,
        action: Action,
        sheet: &Sheet,
        is_revealed: bool,
        shared: &Shared,
    ) -> bool {
        let place = Self::place(super::places::Places::now(shared).whole(), usize::MAX);
        let (columns, page) =
            (usize::from(place.width).saturating_sub(4), usize::from(place.height).saturating_sub(2));
        let lines = self.lines(sheet, columns, is_revealed, shared).len();
        self.top.act(action, lines, page)
    }

    /// Draws the window.
    pub(super) fn render(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        sheet: &Sheet,
        is_revealed: bool,
        shared: &Shared,
    ) {
        let columns = usize::from(COLUMNS.min(area.width)).saturating_sub(4);
        let lines = self.lines(sheet, columns, is_revealed, shared);
        let place = Self::place(area, lines.len());
        let inner = pane::window(frame, place, &self.title(sheet, shared.look.locale), shared.look);
        let rows = usize::from(inner.height);
        let top = self.top.first(lines.len(), rows);
        for (row, (tone, line)) in (0..inner.height).zip(lines.iter().skip(top)) {
            let at =
                Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), y: inner.y + row, height: 1 };
            frame.render_widget(Line::styled(line.clone(), shared.look.style(*tone)), at);
        }
    }

    fn place(area: Rect, lines: usize) -> Rect {
        let rows = u16::try_from(lines.saturating_add(2)).unwrap_or(u16::MAX);
        pane::middle(area, COLUMNS, rows)
    }

    fn title(&self, sheet: &Sheet, locale: &str) -> String {
        match &self.page {
            Page::Details => detail::title_of_current(sheet, locale),
            Page::Why(_) | Page::WhyLogon => t!("plan.title.why", locale = locale).into_owned(),
            Page::Budget => t!("plan.title.budget", locale = locale).into_owned(),
            Page::Commands => t!("plan.title.commands", locale = locale).into_owned(),
            Page::Moved(..) => t!("plan.title.moved", locale = locale).into_owned(),
        }
    }

    fn lines(
        &self,
        sheet: &Sheet,
        columns: usize,
        is_revealed: bool,
        shared: &Shared,
    ) -> Vec<(Tone, String)> {
        let locale = shared.look.locale;
        let plain = |lines: Vec<String>| -> Vec<(Tone, String)> {
            let wrapped = lines.iter().flat_map(|line| text::wrap(line, columns));
            wrapped.map(|line| (Tone::Plain, line)).collect()
        };
        match &self.page {
            Page::Details => detail::current(sheet, columns, is_revealed, shared.look),
            Page::WhyLogon => plain(
                sheet.current_logon().map_or_else(Vec::new, |(_, row)| logon::explained(sheet, row, locale)),
            ),
            Page::Why(explanation) => plain(why(explanation, is_revealed, locale)),
            Page::Budget => plain(counts::budget(sheet, locale)),
            Page::Commands => plain(commands(sheet, shared)),
            Page::Moved(rows, logon) => {
                let intro = t!("plan.moved", count = rows.len(), locale = locale).into_owned();
                let logon = logon.map(|(then, now)| {
                    t!("plan.logon.moved", was = then, now = now, locale = locale).into_owned()
                });
                let rows = rows.iter().flat_map(|row| moved(row, locale));
                plain([intro].into_iter().chain(logon).chain(rows).collect())
            }
        }
    }
}

/// What was approved of the rows that moved, and what they are now.
pub(super) fn moved_rows(stale: &[Stale], approved: &Plan, now: &Plan) -> Vec<(Change, Option<Change>)> {
    let of = |plan: &Plan, row: &Stale| {
        plan.changes.iter().find(|change| change.entity == row.entity && change.id() == row.id).cloned()
    };
    stale.iter().filter_map(|row| Some((of(approved, row)?, of(now, row)))).collect()
}

fn moved((approved, now): &(Change, Option<Change>), locale: &str) -> Vec<String> {
    let now = now
        .as_ref()
        .map_or_else(|| t!("plan.no_longer", locale = locale).into_owned(), |now| outcome(now, locale));
    vec![
        String::new(),
        format!("{} {}  {}", words::entity(approved.entity, locale), words::name(approved), approved.id()),
        format!("  {} {}", t!("plan.was", locale = locale), outcome(approved, locale)),
        format!("  {} {now}", t!("plan.is", locale = locale)),
    ]
}

/// The command lines that do the same without a screen.
pub(super) fn commands(sheet: &Sheet, shared: &Shared) -> Vec<String> {
    let locale = shared.look.locale;
    let file = format!("plan-{}.json", short_id(&sheet.view.plan().plan_id));
    let config = quoted(&shared.file.path.display().to_string());
    let removals = match (sheet.outline.limits.is_empty(), sheet.outline.removals()) {
        (true, _) => String::new(),
        (false, count) => format!(" --approve-removals {count}"),
    };
    let mut lines = vec![
        format!("dingsync preview --config {config} --out {file}"),
        format!("dingsync sync --config {config} --plan {file} --yes{removals}"),
    ];
    if !sheet.out.is_empty() {
        lines.push(String::new());
        lines.push(t!("plan.commands_out", file = file, locale = locale).into_owned());
    }
    lines
}

/// A word a shell takes as one.
fn quoted(word: &str) -> String {
    let is_plain = word.chars().all(|letter| letter.is_alphanumeric() || "/._-~".contains(letter));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What a row comes to: its kind, why, and what is known about that.
fn outcome(change: &Change, locale: &str) -> String {
    let kind = Kind::of(change.action);
    let detail = change.detail.as_deref().filter(|_| change.reason.is_some());
    let detail = detail.map(|detail| in_language(detail, locale).into_owned()).unwrap_or_default();
    let parts = [words::reason(change, locale), detail, words::fields(change, &[], locale)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{} {}  {}", kind.mark(), words::kind(kind, locale), parts.join("; ")).trim_end().to_owned()
}

/// Sentences with `; ` between them, each in the operator's language.
fn said_all(sentences: &str, locale: &str) -> String {
    sentences.split("; ").map(|sentence| in_language(sentence, locale)).collect::<Vec<_>>().join("; ")
}

fn why(explanation: &Explanation, is_revealed: bool, locale: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for step in &explanation.steps {
        let name = t!(format!("plan.step.{}", step.step), locale = locale);
        let Some(field) = &step.field else {
            let result = match (&explanation.change, step.step) {
                (Some(change), "change") => outcome(change, locale),
                _ => said_all(&step.result, locale),
            };
            lines.push(format!("{name}: {result}"));
            continue;
        };
        let expression = step.expression.as_deref().unwrap_or_default();
        lines.push(format!("{name} {field} = {expression}"));
        for (path, value) in &step.inputs {
            let shown = if path.contains("phoneNumber") {
                words::mobile(path, value, is_revealed)
            } else {
                value.clone()
            };
            lines.push(format!("    {path}: {shown}"));
        }
        lines.push(format!(
            "    -> {}",
            words::mobile(field, &in_language(&step.result, locale), is_revealed)
        ));
    }
    lines
}
