//! The typed confirmation: what is written where, what can be undone, what is beyond a limit; the number of writes is
//! typed, and beyond the limits on removals the number of removals too.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use super::sheet::Sheet;
use super::words::number;
use super::{counts, logon};
use crate::core::plan::Approval;
use crate::tui::keys::Action;
use crate::tui::look::{Look, Tone};
use crate::tui::screen::Offer;
use crate::tui::widgets::text_field::TextField;
use crate::tui::widgets::typed_numbers::TypedNumbers;
use crate::tui::widgets::{gauge, pane, text};

/// Columns of the window.
const COLUMNS: u16 = 78;
/// Rows from the numbers to the window's lower edge.
const NUMBERS: u16 = 4;

/// What stands against the plan, as far as nothing can be typed that helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A limit that no approval lifts.
    Limit,
    /// Nothing to do.
    Empty,
    /// QR code logon is to follow, and nobody knows with what.
    Logon,
}

/// The open window.
#[derive(Debug)]
pub(super) struct Confirm {
    numbers: TypedNumbers,
    /// Since when both sides are read again, Unix milliseconds, and the calls so far.
    pub(super) verifying: Option<(i64, u64, u64)>,
    approval: Option<Approval>,
    failure: Option<(String, Option<String>)>,
}

impl Confirm {
    /// For a plan; removals are asked for when only limits on removals are exceeded.
    pub(super) fn new(sheet: &Sheet) -> Self {
        let needs_removals = !sheet.outline.limits.is_empty() && obstacle(sheet).is_none();
        Self { numbers: TypedNumbers::new(needs_removals), verifying: None, approval: None, failure: None }
    }

    /// Whether a number is being typed.
    pub(super) fn is_typing(&self, sheet: &Sheet) -> bool {
        self.verifying.is_none() && obstacle(sheet).is_none()
    }

    /// What keys do here.
    pub(super) fn offers(&self, sheet: &Sheet) -> Vec<Offer> {
        let mut offers = Vec::new();
        if self.is_typing(sheet) {
            offers.push(Offer::hinted(Action::Activate).named("plan.write"));
            if self.numbers.has_two() {
                offers.push(Offer::hinted(Action::NextPane).named("plan.other_number"));
            }
        }
        let close = if self.verifying.is_some() { "plan.cancel" } else { "tui.action.close" };
        offers.push(Offer::hinted(Action::Close).named(close));
        offers
    }

    /// The field in focus.
    pub(super) fn field(&mut self) -> &mut TextField {
        self.numbers.field()
    }

    /// To the other number.
    pub(super) fn next_field(&mut self) {
        self.numbers.next_field();
    }

    /// The approval, when the right numbers are typed; else what is wrong.
    pub(super) fn approval(&mut self, sheet: &Sheet, locale: &str) -> Result<Approval, String> {
        let removals = self.numbers.approved(sheet.writes(), sheet.outline.removals(), locale)?;
        let approval = Approval { removals };
        match removals {
            None => Ok(approval),
            Some(_) => sheet.outline.permits(&approval).map(|()| approval).map_err(|error| error.message),
        }
    }

    /// Both sides are read again for this approval.
    pub(super) fn verify(&mut self, approval: Approval, now_ms: i64) {
        self.failure = None;
        self.approval = Some(approval);
        self.verifying = Some((now_ms, 0, 0));
    }

    /// Nothing is read any more, and nothing is approved.
    pub(super) fn call_off(&mut self) {
        self.verifying = None;
        self.approval = None;
    }

    /// Says what went wrong, and the way out.
    pub(super) fn refuse(&mut self, message: String, hint: Option<String>) {
        self.call_off();
        self.failure = Some((message, hint));
    }

    /// The approval that both sides are read again for.
    pub(super) fn approved(&self) -> Option<Approval> {
        self.approval.filter(|_| self.verifying.is_some())
    }

    /// Draws the window.
    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, now_ms: i64, look: Look) {
        let place = Self::place(area);
        let title = if sheet.logon_writes() > 0 { "plan.title.confirm_both" } else { "plan.title.confirm" };
        let inner = pane::window(frame, place, &t!(title, locale = look.locale), look);
        let lines = self.lines(sheet, usize::from(inner.width).saturating_sub(2), now_ms, look);
        for (row, (tone, line)) in (0..inner.height).zip(lines) {
            let at =
                Rect { x: inner.x + 1, y: inner.y + row, width: inner.width.saturating_sub(2), height: 1 };
            frame.render_widget(Line::styled(line, look.style(tone)), at);
        }
        if self.is_typing(sheet) {
            self.numbers.render(frame, place, NUMBERS, look);
        }
    }

    /// Where the next digit goes.
    pub(super) fn cursor(&self, area: Rect, sheet: &Sheet) -> Option<Position> {
        if !self.is_typing(sheet) {
            return None;
        }
        self.numbers.cursor(Self::place(area), NUMBERS)
    }

    fn place(area: Rect) -> Rect {
        pane::middle(area, COLUMNS, 17)
    }

    fn lines(&self, sheet: &Sheet, columns: usize, now_ms: i64, look: Look) -> Vec<(Tone, String)> {
        let locale = look.locale;
        let mut lines = Vec::new();
        let mut add = |tone: Tone, text: &str| {
            lines.extend(text::wrap(text, columns).into_iter().map(|line| (tone, line)));
        };
        add(Tone::Strong, &headline(sheet, locale));
        add(Tone::Plain, &counts::apart_line(sheet, locale));
        let time = counts::duration(sheet.cost.seconds(f64::from(sheet.view.calls_per_second)), locale);
        let calls = number(sheet.cost.calls());
        add(Tone::Plain, &t!("plan.confirm.cost", calls = calls, time = time, locale = locale));
        if !sheet.out.is_empty() {
            let count = number(sheet.out.len() as u64);
            add(Tone::Plain, &format!("x {}", t!("plan.out", count = count, locale = locale)));
        }
        for used in sheet.budget.iter().filter(|used| used.is_exceeded()) {
            add(Tone::Bad, &format!("! {}", counts::limit(used, locale)));
        }
        if let Some(logon) = logon::cost(sheet, locale) {
            add(Tone::Plain, &logon);
        }
        match obstacle(sheet) {
            Some(Obstacle::Logon) => add(Tone::Bad, &logon::failure(sheet, locale)),
            Some(Obstacle::Limit) => add(Tone::Bad, &t!("plan.confirm.blocked", locale = locale)),
            Some(Obstacle::Empty) => add(Tone::Plain, &t!("preview.empty", locale = locale)),
            None => {
                add(Tone::Plain, &t!("plan.confirm.undo", locale = locale));
                if sheet.outline.removals() > 0 {
                    add(Tone::Warning, &t!("plan.confirm.no_undo", locale = locale));
                }
            }
        }
        if let Some((since, source, target)) = self.verifying {
            let waited = gauge::waited(since, now_ms, look);
            let text = t!("plan.confirm.verifying", source = source, target = target, locale = locale);
            add(Tone::Accent, &format!("{text} {waited}"));
        }
        if let Some((message, hint)) = &self.failure {
            add(Tone::Bad, &format!("! {}", look.said(message)));
            add(Tone::Plain, &look.said(hint.as_deref().unwrap_or_default()));
        }
        lines
    }
}

/// What stands against a plan that no number lifts.
pub(super) fn obstacle(sheet: &Sheet) -> Option<Obstacle> {
    if sheet.view.logon.is_err() {
        return Some(Obstacle::Logon);
    }
    if sheet.writes() == 0 {
        return Some(Obstacle::Empty);
    }
    let with_removals = Approval { removals: Some(sheet.outline.removals()) };
    sheet.outline.permits(&with_removals).is_err().then_some(Obstacle::Limit)
}

fn headline(sheet: &Sheet, locale: &str) -> String {
    let logon = sheet.logon_writes();
    let key = if logon > 0 { "plan.confirm.headline_both" } else { "plan.confirm.headline" };
    t!(
        key,
        writes = number(sheet.writes()),
        target = number(sheet.outline.writes()),
        logon = number(logon),
        connection = sheet.outline.connection,
        corp = sheet.view.profile.corp_id,
        locale = locale
    )
    .into_owned()
}
