//! The typed confirmation of an undo: the number of writes, and beyond the limits on removals the number of removals
//! too. The inverse is made again before anything is started; it must be the one that was looked at.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use crate::core::plan::{self, Plan};
use crate::tui::look::{Look, Tone};
use crate::tui::widgets::text_field::TextField;
use crate::tui::widgets::typed_numbers::TypedNumbers;
use crate::tui::widgets::{figures, gauge, pane, text};

/// Columns and rows of the window.
const WINDOW: (u16, u16) = (76, 13);
/// Rows from the numbers to the window's lower edge.
const NUMBERS: u16 = 3;

/// The open window.
#[derive(Debug)]
pub(super) struct Approval {
    numbers: TypedNumbers,
    /// Since when the inverse is made again, Unix milliseconds, and the inverse that was approved.
    pub(super) checking: Option<(i64, String)>,
    /// Why nothing was started.
    pub(super) refusal: Option<String>,
}

impl Approval {
    /// For an inverse; removals are asked for when a limit on them is exceeded.
    pub(super) fn new(plan: &Plan) -> Self {
        Self { numbers: TypedNumbers::new(!plan.limits.is_empty()), checking: None, refusal: None }
    }

    /// The field in focus.
    pub(super) fn field(&mut self) -> &mut TextField {
        self.numbers.field()
    }

    /// To the other number.
    pub(super) fn next_field(&mut self) {
        self.numbers.next_field();
    }

    /// Whether there is another number.
    pub(super) fn has_two(&self) -> bool {
        self.numbers.has_two()
    }

    /// Whether the right numbers are typed; else what is wrong is said.
    pub(super) fn is_right(&mut self, plan: &Plan, locale: &str) -> bool {
        self.refusal = self.numbers.approved(plan.writes(), plan.removals(), locale).err();
        self.refusal.is_none()
    }

    /// What a run is started with.
    pub(super) fn removals(&self, plan: &Plan) -> Option<u64> {
        self.numbers.has_two().then(|| plan.removals())
    }

    /// Draws the window.
    pub(super) fn render(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        (run, plan): (&str, &Plan),
        now_ms: i64,
        look: Look,
    ) {
        let locale = look.locale;
        let place = pane::middle(area, WINDOW.0, WINDOW.1);
        let inner = pane::window(frame, place, &t!("history.confirm.title", locale = locale), look);
        let columns = usize::from(inner.width).saturating_sub(2);
        let mut lines: Vec<(Tone, String)> = Vec::new();
        let mut add = |tone: Tone, said: &str| {
            lines.extend(text::wrap(said, columns).into_iter().map(|line| (tone, line)));
        };
        let headline = t!(
            "history.confirm.headline",
            run = run,
            writes = figures::number(plan.writes()),
            removals = figures::number(plan.removals()),
            connection = plan.connection,
            locale = locale
        );
        add(Tone::Strong, &headline);
        let lost = plan.needs_attention();
        if lost > 0 {
            add(Tone::Warning, &t!("history.confirm.lost", lost = figures::number(lost), locale = locale));
        }
        add(Tone::Plain, &t!("history.confirm.stale", locale = locale));
        if let Some((since, _)) = &self.checking {
            let waited = gauge::waited(*since, now_ms, look);
            add(Tone::Accent, &t!("history.confirm.checking", waited = waited, locale = locale));
        }
        if let Some(refusal) = &self.refusal {
            add(Tone::Bad, &format!("! {}", look.said(refusal)));
        }
        for (row, (tone, line)) in (0..inner.height).zip(lines) {
            let at =
                Rect { x: inner.x + 1, y: inner.y + row, width: inner.width.saturating_sub(2), height: 1 };
            frame.render_widget(Line::styled(line, look.style(tone)), at);
        }
        if self.checking.is_none() {
            self.numbers.render(frame, place, NUMBERS, look);
        }
    }

    /// Where the next digit goes.
    pub(super) fn cursor(&self, area: Rect) -> Option<Position> {
        self.numbers.cursor(pane::middle(area, WINDOW.0, WINDOW.1), NUMBERS)
    }
}

/// Why an inverse cannot be applied at all.
pub(super) fn obstacle(plan: &Plan, look: Look) -> Option<String> {
    if plan.is_empty() {
        return Some(t!("preview.empty", locale = look.locale).into_owned());
    }
    let with_removals = plan::Approval { removals: Some(plan.removals()) };
    plan.permits(&with_removals).err().map(|error| look.said(&error.message).into_owned())
}
