//! The rows of step 3 below the trees.

use ratatui::text::Line;
use rust_i18n::t;

use super::Scenario;
use super::draw::{DEPARTMENT, LABEL, disabled_words, include_columns, leavers_words};
use super::field::Field;
use super::pairs::name;
use crate::core::profile::Leavers;
use crate::tui::look::Tone;
use crate::tui::shared::Shared;
use crate::tui::widgets::figures::{clock, number};
use crate::tui::widgets::text;

impl Scenario {
    pub(super) fn chosen_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let Some(pair) = shared.draft.scope.get(self.pair) else { return Line::default() };
        let counted = match &shared.survey.counted {
            Some(Ok(counted)) => counted.selections.get(self.pair).copied(),
            Some(Err(_)) | None => None,
        };
        let mut line = Line::default();
        let units: Vec<String> = match shared.survey.ready() {
            Some(sides) => pair.sources.iter().map(|id| name(&sides.units, id, look)).collect(),
            None => pair.sources.clone(),
        };
        let taken = match counted {
            _ if units.is_empty() => t!("scenario.none_marked", locale = locale).into_owned(),
            Some(taken) => t!(
                "scenario.taken",
                accounts = number(taken.accounts),
                units = number(taken.units),
                locale = locale
            )
            .into_owned(),
            None => units.join(", "),
        };
        text::push(
            &mut line,
            format!("   {taken}"),
            if units.is_empty() { Tone::Warning } else { Tone::Strong },
            look,
        );
        let target = match shared.survey.ready().map(|sides| &sides.departments) {
            Some(tree) => name(tree, pair.target.trim(), look),
            None => String::new(),
        };
        let under = t!("scenario.under", id = pair.target.trim(), name = target, locale = locale);
        text::push(
            &mut line,
            format!("  {}  {under}", if look.is_ascii { "-->" } else { "──>" }),
            Tone::Plain,
            look,
        );
        line
    }

    pub(super) fn pairs_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let arrow = if look.is_ascii { "->" } else { "→" };
        let mut line = self.label(Field::Pairs, "scenario.pairs.label", shared);
        for (number, pair) in shared.draft.scope.iter().enumerate() {
            let units: Vec<String> = match shared.survey.ready() {
                Some(sides) => pair.sources.iter().map(|id| name(&sides.units, id, look)).collect(),
                None => pair.sources.clone(),
            };
            let units = if units.is_empty() { "?".to_owned() } else { text::fit(&units.join("+"), 24, look) };
            let tone = if number == self.pair { Tone::Strong } else { Tone::Plain };
            text::push(&mut line, format!("{} {units} {arrow} {}   ", number + 1, pair.target), tone, look);
        }
        line
    }

    pub(super) fn incremental_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let is_armed = shared.survey.ready().is_some_and(|sides| sides.survey.memory.finished_full_syncs > 0);
        let word = if is_armed { "scenario.incremental.armed" } else { "scenario.incremental.waits" };
        let mut line =
            self.check(Field::Incremental, "scenario.incremental.label", shared.draft.incremental, shared);
        text::push(&mut line, t!(word, locale = look.locale), Tone::Quiet, look);
        line
    }

    pub(super) fn qr_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let has_domain = !shared.draft.callback_domain.trim().is_empty();
        let word = if has_domain { "scenario.qr.does" } else { "scenario.qr.no_domain" };
        let mut line = self.check(Field::QrLogon, "scenario.qr.label", shared.draft.qr_logon, shared);
        if !has_domain && self.focus != Field::QrLogon {
            line.spans.iter_mut().for_each(|span| span.style = look.style(Tone::Quiet));
        }
        text::push(&mut line, t!(word, locale = look.locale), Tone::Quiet, look);
        line
    }

    pub(super) fn choices_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let mut line = Line::default();
        let leavers = self.leavers.closed(&leavers_words(shared));
        self.piece(&mut line, Field::Leavers, "scenario.leavers.label", &leavers, shared);
        if shared.draft.leavers == Leavers::Move {
            let label = t!("scenario.leavers.department", locale = look.locale);
            let tone = if self.focus == Field::LeaversDepartment { Tone::Strong } else { Tone::Plain };
            text::push(&mut line, format!(" {label} "), tone, look);
            text::push(&mut line, " ".repeat(usize::from(DEPARTMENT)), Tone::Plain, look);
        }
        let disabled = self.disabled.closed(&disabled_words(shared));
        self.piece(&mut line, Field::Disabled, "scenario.disabled.label", &disabled, shared);
        line
    }

    pub(super) fn piece(
        &self,
        line: &mut Line<'static>,
        field: Field,
        label: &'static str,
        value: &str,
        shared: &Shared,
    ) {
        let look = shared.look;
        let mark = if self.focus == field { ">" } else { " " };
        text::push(line, format!(" {mark} {}  ", t!(label, locale = look.locale)), Tone::Plain, look);
        text::push(
            line,
            value.to_owned(),
            if self.focus == field { Tone::Cursor } else { Tone::Plain },
            look,
        );
    }

    pub(super) fn create_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let is_on = shared.draft.create_source_unit;
        let word = if is_on { "scenario.create.below" } else { "scenario.create.same" };
        let mut line = self.check(Field::CreateUnit, "scenario.create.label", is_on, shared);
        text::push(&mut line, t!(word, locale = look.locale), Tone::Quiet, look);
        line
    }

    pub(super) fn include_line(&self, columns: usize, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let mut line = self.label(Field::Include, "scenario.include.label", shared);
        let error = self.errors.iter().find(|error| error.field == "scenario.include");
        let people = shared.survey.people().filter(|_| !shared.draft.include.trim().is_empty());
        let (told, tone) = match (error, people) {
            (Some(error), _) => (format!("X {}", error.text), Tone::Bad),
            (None, Some(people)) if people.failed > 0 => {
                let failed = number(people.failed);
                let failed = t!("scenario.include.fails", count = failed, locale = locale);
                let why = people.failure.clone().unwrap_or_default();
                (format!("X {failed}: {why}"), Tone::Bad)
            }
            (None, Some(people)) => {
                let keeps = number(people.accounts.len() as u64);
                let of = number(people.in_scope);
                (
                    t!("scenario.include.keeps", keeps = keeps, of = of, locale = locale).into_owned(),
                    Tone::Plain,
                )
            }
            (None, None) if self.focus == Field::Include => {
                (t!("scenario.include.example", locale = locale).into_owned(), Tone::Quiet)
            }
            (None, None) if shared.draft.include.is_empty() => {
                (t!("scenario.include.everybody", locale = locale).into_owned(), Tone::Quiet)
            }
            (None, None) => (String::new(), Tone::Plain),
        };
        let field = if self.focus == Field::Include || !shared.draft.include.is_empty() {
            include_columns(shared.size.0)
        } else {
            0
        };
        text::push(&mut line, " ".repeat(usize::from(field)), Tone::Plain, look);
        let room = columns.saturating_sub(line.width() + 1);
        text::push(&mut line, format!(" {}", text::fit(&told, room.saturating_sub(1), look)), tone, look);
        line
    }

    pub(super) fn cost_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let mut line = Line::default();
        match &shared.survey.estimate {
            Some(Ok(estimate)) => {
                let told = t!(
                    "scenario.cost",
                    reads = number(estimate.reads),
                    read_time = clock(estimate.read_seconds),
                    records = number(estimate.records()),
                    creates = number(estimate.summary.users.create + estimate.summary.departments.create),
                    calls = number(estimate.calls()),
                    time = clock(estimate.seconds),
                    locale = locale
                );
                text::push(&mut line, fitted(&format!("   {told}"), shared), Tone::Strong, look);
            }
            Some(Err((message, _))) => {
                text::push(&mut line, fitted(&format!(" X {}", look.said(message)), shared), Tone::Bad, look)
            }
            None => match (&shared.survey.counted, shared.survey.is_counting) {
                (Some(Err((message, _))), false) if !is_nobody(shared) => {
                    text::push(
                        &mut line,
                        fitted(&format!(" X {}", look.said(message)), shared),
                        Tone::Bad,
                        look,
                    );
                }
                (_, true) => {
                    text::push(
                        &mut line,
                        format!("   {}", t!("scenario.counting", locale = locale)),
                        Tone::Quiet,
                        look,
                    );
                }
                (_, false) => {}
            },
        }
        line
    }

    pub(super) fn warning_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let mut line = Line::default();
        let is_time =
            self.shows_all || self.errors.iter().all(|error| !error.field.starts_with("scenario.scope"));
        let wrong = self.errors.first().map(|error| error.text.clone()).filter(|_| is_time);
        if let Some(text) = wrong.or_else(|| self.refused(shared).map(|(_, text)| text)) {
            text::push(&mut line, fitted(&format!(" X {text}"), shared), Tone::Bad, look);
            return line;
        }
        let told = match &shared.survey.estimate {
            Some(Ok(estimate)) if estimate.records() > 0 => {
                t!("scenario.small", records = number(estimate.records()), locale = locale)
            }
            _ => t!("scenario.small_first", locale = locale),
        };
        text::push(&mut line, fitted(&format!(" ! {told}"), shared), Tone::Warning, look);
        line
    }

    pub(super) fn button_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let mut line = Line::default();
        let tone = if self.focus == Field::Next { Tone::Cursor } else { Tone::Plain };
        let mark = if self.focus == Field::Next { ">" } else { " " };
        text::push(&mut line, format!(" {mark}"), Tone::Plain, look);
        text::push(&mut line, format!("[ {} ]", t!("scenario.next", locale = look.locale)), tone, look);
        if self.needs_agreement(shared) {
            let is_agreed = self.agreed.as_ref() == Some(&shared.draft.scope);
            text::push(&mut line, "   ", Tone::Plain, look);
            let agree = self.check(Field::Agree, "scenario.agree.label", is_agreed, shared);
            line.spans.extend(agree.spans);
        }
        line
    }

    pub(super) fn label(&self, field: Field, word: &'static str, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let is_focused = self.focus == field;
        let mut line = Line::default();
        let mark = if is_focused { ">" } else { " " };
        let label = text::cell(&t!(word, locale = look.locale), LABEL, look);
        let tone = if is_focused { Tone::Strong } else { Tone::Plain };
        text::push(&mut line, format!(" {mark} {label} "), tone, look);
        line
    }

    pub(super) fn check(
        &self,
        field: Field,
        word: &'static str,
        is_on: bool,
        shared: &Shared,
    ) -> Line<'static> {
        let look = shared.look;
        let is_focused = self.focus == field;
        let mut line = Line::default();
        text::push(&mut line, if is_focused { " > " } else { "   " }, Tone::Plain, look);
        let mark = if is_on { "[x]" } else { "[ ]" };
        text::push(&mut line, mark, if is_focused { Tone::Cursor } else { Tone::Plain }, look);
        let label = text::cell(&t!(word, locale = look.locale), LABEL - 4, look);
        text::push(&mut line, format!(" {label} "), Tone::Plain, look);
        line
    }
}

fn is_nobody(shared: &Shared) -> bool {
    shared.draft.scope.iter().all(|pair| pair.sources.is_empty())
}

/// The text in the columns of the window.
fn fitted(told: &str, shared: &Shared) -> String {
    text::fit(told, usize::from(shared.size.0).saturating_sub(1), shared.look)
}
