//! Draws step 3.
//!
//! ```text
//!  Synchronization direction          IDaaS ──> DingTalk                pair 1 of 2
//!  ┌ from IDaaS (Space marks) ───────┐ ┌ to DingTalk, under ─────────────────────┐
//!  │ > - [x] 研发中心          4,102 │ │   (x) 913402776  研发中心            40 │
//!  └─────────────────────────────────┘ └─────────────────────────────────────────┘
//!    4,102 accounts in 57 units          under 913402776 研发中心
//!    pairs, switches, choices, filter, one row each
//!  what is read and written, the warning, the button
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use rust_i18n::t;

use super::Scenario;
use super::field::{DISABLED, Field, LEAVERS};
use super::pairs::{mark_of, name};
use super::side::Side;
use crate::config::draft::{disabled_word, leavers_word};
use crate::core::profile::Leavers;
use crate::core::survey::Tree;
use crate::tui::look::{Look, Tone};
use crate::tui::shared::{Loadable, Shared};
use crate::tui::survey::Sides;
use crate::tui::widgets::number::{clock, grouped};
use crate::tui::widgets::{gauge, pane, text};

/// Rows below the trees.
const BELOW: u16 = 10;
/// Columns of a row's label.
const LABEL: usize = 30;

/// Where everything stands.
struct Places {
    title: Rect,
    units: Rect,
    departments: Rect,
    rows: [Rect; BELOW as usize],
}

fn places(area: Rect) -> Places {
    let trees = area.height.saturating_sub(BELOW + 1);
    let row = |index: u16| Rect { y: area.y + index, height: 1, ..area }.intersection(area);
    let half = area.width / 2;
    let pane = Rect { y: area.y + 1, height: trees, ..area }.intersection(area);
    let mut rows = [Rect::default(); BELOW as usize];
    for (index, place) in (0..BELOW).zip(&mut rows) {
        *place = row(1 + trees + index);
    }
    Places {
        title: row(0),
        units: Rect { x: pane.x + 1, width: half.saturating_sub(2), ..pane },
        departments: Rect { x: pane.x + half, width: area.width.saturating_sub(half + 1), ..pane },
        rows,
    }
}

impl Scenario {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        let places = places(area);
        frame.render_widget(self.title(usize::from(area.width), shared), places.title);
        self.draw_tree(frame, places.units, Field::Units, shared);
        self.draw_tree(frame, places.departments, Field::Departments, shared);
        let lines = [
            self.chosen_line(shared),
            self.pairs_line(shared),
            self.incremental_line(shared),
            self.qr_line(shared),
            self.choices_line(shared),
            self.create_line(shared),
            self.include_line(usize::from(area.width), shared),
            self.cost_line(shared),
            self.warning_line(shared),
            self.button_line(shared),
        ];
        for (line, place) in lines.into_iter().zip(places.rows) {
            frame.render_widget(line, place);
        }
        if self.focus == Field::Include || !shared.draft.include.is_empty() {
            let is_focused = self.focus == Field::Include;
            self.include.render(frame, include_area(places.rows[6], shared), is_focused, true, shared.look);
        }
        if shared.draft.leavers == Leavers::Move {
            let place = leavers_area(self, places.rows[4], shared);
            let is_focused = self.focus == Field::LeaversDepartment;
            self.leavers_department.render(frame, place, is_focused, true, shared.look);
        }
        for (choice, words, field) in
            [(&self.leavers, leavers_words(shared), Field::Leavers), (&self.disabled, disabled_words(shared), Field::Disabled)]
        {
            let at = Rect { x: places.rows[4].x + choice_column(self, field, shared), ..places.rows[4] };
            choice.render_open(frame, at, area, &words, shared.look);
        }
    }

    pub(super) fn text_cursor(&self, area: Rect, shared: &Shared) -> Option<Position> {
        let places = places(area);
        if let Some(typed) = &self.typed {
            let pane = if self.focus == Field::Departments { places.departments } else { places.units };
            return typed.cursor(input_area(pane, &self.input_label(shared)), true);
        }
        match self.focus {
            Field::Include => self.include.cursor(include_area(places.rows[6], shared), true),
            Field::LeaversDepartment => {
                self.leavers_department.cursor(leavers_area(self, places.rows[4], shared), true)
            }
            Field::Units | Field::Departments => {
                let (side, pane) = match self.focus {
                    Field::Units => (&self.units, places.units),
                    _ => (&self.departments, places.departments),
                };
                side.search.as_ref()?.cursor(input_area(pane, &self.input_label(shared)), true)
            }
            _ => None,
        }
    }

    fn title(&self, columns: usize, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let arrow = if look.is_ascii { "-->" } else { "──>" };
        let left = format!(" {}      IDaaS {arrow} DingTalk", t!("scenario.direction", locale = look.locale));
        let (number, of) = (self.pair + 1, shared.draft.scope.len());
        let right = t!("scenario.pairs.which", number = number, of = of, locale = look.locale);
        let right = if of > 1 { format!("{right} ") } else { String::new() };
        Line::raw(text::between(&left, &right, columns, look))
    }

    fn draw_tree(&self, frame: &mut Frame<'_>, area: Rect, field: Field, shared: &Shared) {
        let look = shared.look;
        let is_focused = self.focus == field;
        let word = if field == Field::Units { "scenario.units" } else { "scenario.departments" };
        let title = t!(word, locale = look.locale);
        let inner = pane::draw(frame, area, &title, is_focused, look);
        let side = if field == Field::Units { &self.units } else { &self.departments };
        let input = if is_focused { self.typed.as_ref().or(side.search.as_ref()) } else { None };
        let room = match input {
            None => inner,
            Some(input) => {
                let place = input_area(area, &self.input_label(shared));
                let label = Rect { height: 1, ..inner }.intersection(inner);
                frame.render_widget(Line::raw(self.input_label(shared)), label);
                input.render(frame, place, true, true, look);
                Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner }.intersection(inner)
            }
        };
        match &shared.survey.sides {
            Loadable::Ready(sides) => self.draw_nodes(frame, room, field, sides, shared),
            unread => self.draw_unread(frame, room, field, unread, shared),
        }
    }

    fn draw_unread(&self, frame: &mut Frame<'_>, area: Rect, field: Field, sides: &Loadable<Sides>, shared: &Shared) {
        let look = shared.look;
        let mut lines: Vec<(String, Tone)> = match sides {
            Loadable::Loading(since) => {
                let waited = gauge::waited(*since, shared.now_ms, look);
                let calls = grouped(shared.survey.calls);
                vec![
                    (format!("{} {waited}", t!("scenario.reading", locale = look.locale)), Tone::Plain),
                    (t!("scenario.reading_calls", calls = calls, locale = look.locale).into_owned(), Tone::Quiet),
                ]
            }
            Loadable::Failed(message, hint) => {
                let told = std::iter::once((format!("X {message}"), Tone::Bad));
                told.chain(hint.iter().map(|hint| (hint.clone(), Tone::Plain))).collect()
            }
            Loadable::Idle | Loadable::Ready(_) => Vec::new(),
        };
        let typed: Vec<String> = match (field, shared.draft.scope.get(self.pair)) {
            (Field::Units, Some(pair)) => pair.sources.iter().map(|id| format!("[x] {id}")).collect(),
            (_, Some(pair)) => vec![format!("(x) {}", pair.target)],
            (_, None) => Vec::new(),
        };
        lines.extend(typed.into_iter().map(|line| (line, Tone::Strong)));
        let columns = usize::from(area.width).saturating_sub(1);
        let wrapped = lines.into_iter().flat_map(|(line, tone)| {
            text::wrap(&line, columns).into_iter().map(move |part| (part, tone))
        });
        for (row, (line, tone)) in (0..area.height).zip(wrapped) {
            let place = Rect { y: area.y + row, height: 1, ..area };
            frame.render_widget(Line::styled(format!(" {line}"), look.style(tone)), place);
        }
    }

    fn draw_nodes(&self, frame: &mut Frame<'_>, area: Rect, field: Field, sides: &Sides, shared: &Shared) {
        let look = shared.look;
        let (side, tree): (&Side, &Tree) = match field {
            Field::Units => (&self.units, &sides.units),
            _ => (&self.departments, &sides.departments),
        };
        let rows = side.rows(tree);
        let here = side.index(tree).and_then(|index| rows.iter().position(|row| *row == index)).unwrap_or(0);
        let window = crate::tui::widgets::scroll::Scroll { chosen: here };
        let columns = usize::from(area.width);
        if rows.is_empty() {
            let nothing = t!("scenario.nothing_found", locale = look.locale);
            frame.render_widget(Line::styled(format!(" {nothing}"), look.style(Tone::Quiet)), area);
        }
        for (line, position) in (0..area.height).zip(window.visible(rows.len(), usize::from(area.height))) {
            let index = rows[position];
            let is_cursor = position == here && self.focus == field;
            let shown = match field {
                Field::Units => self.unit_row(index, side, sides, columns, shared),
                _ => self.department_row(index, side, sides, columns, shared),
            };
            let mark = if position == here { ">" } else { " " };
            let tone = if is_cursor { Tone::Cursor } else { Tone::Plain };
            let place = Rect { y: area.y + line, height: 1, ..area };
            frame.render_widget(Line::styled(format!("{mark}{shown}"), look.style(tone)), place);
        }
    }

    fn unit_row(&self, index: usize, side: &Side, sides: &Sides, columns: usize, shared: &Shared) -> String {
        let tree = &sides.units;
        let mark = match mark_of(&shared.draft.scope, tree, index) {
            None => "[ ]".to_owned(),
            Some((pair, true)) if pair == self.pair => " x ".to_owned(),
            Some((pair, true)) => format!(" {} ", pair + 1),
            Some((pair, false)) if pair == self.pair => "[x]".to_owned(),
            Some((pair, false)) => format!("[{}]", pair + 1),
        };
        let left = format!("{}{mark} {}", indent(tree, index, side), tree.nodes[index].name);
        tree_row(&left, tree.nodes[index].below, columns, shared.look)
    }

    fn department_row(&self, index: usize, side: &Side, sides: &Sides, columns: usize, shared: &Shared) -> String {
        let tree = &sides.departments;
        let node = &tree.nodes[index];
        let pair = shared.draft.scope.iter().position(|pair| pair.target.trim() == node.id);
        let is_own = shared.draft.scope.get(self.pair).is_some_and(|pair| pair.target.trim() == node.id);
        let mark = match (node.is_foreign, pair) {
            (true, _) => " - ".to_owned(),
            (false, _) if is_own => "(x)".to_owned(),
            (false, Some(pair)) => format!("({})", pair + 1),
            (false, None) => "( )".to_owned(),
        };
        let left = format!("{}{mark} {}  {}", indent(tree, index, side), node.id, node.name);
        tree_row(&left, node.below, columns, shared.look)
    }

    /// The label of the text that is typed over a tree.
    fn input_label(&self, shared: &Shared) -> String {
        let locale = shared.look.locale;
        if self.typed.is_some() {
            let word = if self.focus == Field::Departments { "scenario.department_id" } else { "scenario.unit_id" };
            return format!(" {} ", t!(word, locale = locale));
        }
        let hits = shared.survey.ready().and_then(|sides| match self.focus {
            Field::Departments => self.departments.hits(&sides.departments),
            _ => self.units.hits(&sides.units),
        });
        match hits {
            None => " / ".to_owned(),
            Some(hits) => format!(" / {} ", t!("scenario.hits", count = hits, locale = locale)),
        }
    }

    fn chosen_line(&self, shared: &Shared) -> Line<'static> {
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
                accounts = grouped(taken.accounts),
                units = grouped(taken.units),
                locale = locale
            )
            .into_owned(),
            None => units.join(", "),
        };
        text::push(&mut line, format!("   {taken}"), if units.is_empty() { Tone::Warning } else { Tone::Strong }, look);
        let target = match shared.survey.ready().map(|sides| &sides.departments) {
            Some(tree) => name(tree, pair.target.trim(), look),
            None => String::new(),
        };
        let under = t!("scenario.under", id = pair.target.trim(), name = target, locale = locale);
        text::push(&mut line, format!("  {}  {under}", if look.is_ascii { "-->" } else { "──>" }), Tone::Plain, look);
        line
    }

    fn pairs_line(&self, shared: &Shared) -> Line<'static> {
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

    fn incremental_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let is_armed = shared.survey.ready().is_some_and(|sides| sides.survey.memory.finished_full_syncs > 0);
        let word = if is_armed { "scenario.incremental.armed" } else { "scenario.incremental.waits" };
        let mut line = self.check(Field::Incremental, "scenario.incremental.label", shared.draft.incremental, shared);
        text::push(&mut line, t!(word, locale = look.locale), Tone::Quiet, look);
        line
    }

    fn qr_line(&self, shared: &Shared) -> Line<'static> {
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

    fn choices_line(&self, shared: &Shared) -> Line<'static> {
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

    fn piece(&self, line: &mut Line<'static>, field: Field, label: &'static str, value: &str, shared: &Shared) {
        let look = shared.look;
        let mark = if self.focus == field { ">" } else { " " };
        text::push(line, format!(" {mark} {}  ", t!(label, locale = look.locale)), Tone::Plain, look);
        text::push(line, value.to_owned(), if self.focus == field { Tone::Cursor } else { Tone::Plain }, look);
    }

    fn create_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let is_on = shared.draft.create_source_unit;
        let word = if is_on { "scenario.create.below" } else { "scenario.create.same" };
        let mut line = self.check(Field::CreateUnit, "scenario.create.label", is_on, shared);
        text::push(&mut line, t!(word, locale = look.locale), Tone::Quiet, look);
        line
    }

    fn include_line(&self, columns: usize, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let mut line = self.label(Field::Include, "scenario.include.label", shared);
        let error = self.errors.iter().find(|error| error.field == "scenario.include");
        let people = shared.survey.people().filter(|_| !shared.draft.include.trim().is_empty());
        let (told, tone) = match (error, people) {
            (Some(error), _) => (format!("X {}", error.text), Tone::Bad),
            (None, Some(people)) if people.failed > 0 => {
                let failed = grouped(people.failed);
                let failed = t!("scenario.include.fails", count = failed, locale = locale);
                let why = people.failure.clone().unwrap_or_default();
                (format!("X {failed}: {why}"), Tone::Bad)
            }
            (None, Some(people)) => {
                let keeps = grouped(people.accounts.len() as u64);
                let of = grouped(people.in_scope);
                (t!("scenario.include.keeps", keeps = keeps, of = of, locale = locale).into_owned(), Tone::Plain)
            }
            (None, None) if self.focus == Field::Include => {
                (t!("scenario.include.example", locale = locale).into_owned(), Tone::Quiet)
            }
            (None, None) if shared.draft.include.is_empty() => {
                (t!("scenario.include.everybody", locale = locale).into_owned(), Tone::Quiet)
            }
            (None, None) => (String::new(), Tone::Plain),
        };
        let field = if self.focus == Field::Include || !shared.draft.include.is_empty() { INCLUDE } else { 0 };
        text::push(&mut line, " ".repeat(usize::from(field)), Tone::Plain, look);
        let room = columns.saturating_sub(line.width() + 1);
        text::push(&mut line, format!(" {}", text::fit(&told, room.saturating_sub(1), look)), tone, look);
        line
    }

    fn cost_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let mut line = Line::default();
        match &shared.survey.estimate {
            Some(Ok(estimate)) => {
                let told = t!(
                    "scenario.cost",
                    reads = grouped(estimate.reads),
                    records = grouped(estimate.records()),
                    creates = grouped(estimate.summary.users.create + estimate.summary.departments.create),
                    calls = grouped(estimate.calls()),
                    time = clock(estimate.seconds),
                    locale = locale
                );
                text::push(&mut line, format!("   {told}"), Tone::Strong, look);
            }
            Some(Err((message, _))) => text::push(&mut line, format!(" X {message}"), Tone::Bad, look),
            None => match (&shared.survey.counted, shared.survey.is_counting) {
                (Some(Err((message, _))), false) if !is_nobody(shared) => {
                    text::push(&mut line, format!(" X {message}"), Tone::Bad, look);
                }
                (_, true) => {
                    text::push(&mut line, format!("   {}", t!("scenario.counting", locale = locale)), Tone::Quiet, look);
                }
                (_, false) => {}
            },
        }
        line
    }

    fn warning_line(&self, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let locale = look.locale;
        let mut line = Line::default();
        let is_time = self.shows_all || self.errors.iter().all(|error| !error.field.starts_with("scenario.scope"));
        let wrong = self.errors.first().map(|error| error.text.clone()).filter(|_| is_time);
        if let Some(text) = wrong.or_else(|| self.refused(shared).map(|(_, text)| text)) {
            text::push(&mut line, format!(" X {text}"), Tone::Bad, look);
            return line;
        }
        let told = match &shared.survey.estimate {
            Some(Ok(estimate)) if estimate.records() > 0 => {
                t!("scenario.small", records = grouped(estimate.records()), locale = locale)
            }
            _ => t!("scenario.small_first", locale = locale),
        };
        text::push(&mut line, format!(" ! {told}"), Tone::Warning, look);
        line
    }

    fn button_line(&self, shared: &Shared) -> Line<'static> {
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

    fn label(&self, field: Field, word: &'static str, shared: &Shared) -> Line<'static> {
        let look = shared.look;
        let is_focused = self.focus == field;
        let mut line = Line::default();
        let mark = if is_focused { ">" } else { " " };
        let label = text::cell(&t!(word, locale = look.locale), LABEL, look);
        let tone = if is_focused { Tone::Strong } else { Tone::Plain };
        text::push(&mut line, format!(" {mark} {label} "), tone, look);
        line
    }

    fn check(&self, field: Field, word: &'static str, is_on: bool, shared: &Shared) -> Line<'static> {
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

/// Columns of the filter's field.
const INCLUDE: u16 = 30;
/// Columns of the leavers' department.
const DEPARTMENT: u16 = 12;

fn is_nobody(shared: &Shared) -> bool {
    shared.draft.scope.iter().all(|pair| pair.sources.is_empty())
}

fn indent(tree: &Tree, index: usize, side: &Side) -> String {
    let node = &tree.nodes[index];
    let fold = match (node.end > index + 1, side.is_open(&node.id)) {
        (true, true) => "- ",
        (true, false) => "+ ",
        (false, _) => "  ",
    };
    format!("{}{fold}", "  ".repeat(node.depth.min(8)))
}

/// The count is kept at the right, the name is cut; one column is the cursor's, one stays free.
fn tree_row(left: &str, count: u64, columns: usize, look: Look) -> String {
    format!("{} ", text::between(left, &grouped(count), columns.saturating_sub(2), look))
}

fn leavers_words(shared: &Shared) -> Vec<String> {
    let word = |leavers| t!(format!("scenario.leavers.{}", leavers_word(leavers)), locale = shared.look.locale);
    LEAVERS.into_iter().map(|leavers| word(leavers).into_owned()).collect()
}

fn disabled_words(shared: &Shared) -> Vec<String> {
    let word =
        |disabled| t!(format!("scenario.disabled.{}", disabled_word(disabled)), locale = shared.look.locale);
    DISABLED.into_iter().map(|disabled| word(disabled).into_owned()).collect()
}

fn input_area(pane: Rect, label: &str) -> Rect {
    let skipped = u16::try_from(text::width(label)).unwrap_or(0) + 1;
    Rect { x: pane.x + skipped, y: pane.y + 1, width: pane.width.saturating_sub(skipped + 2), height: 1 }
        .intersection(pane)
}

fn include_area(row: Rect, _shared: &Shared) -> Rect {
    Rect { x: row.x + LABEL as u16 + 4, width: INCLUDE, ..row }.intersection(row)
}

fn leavers_area(scenario: &Scenario, row: Rect, shared: &Shared) -> Rect {
    let label = t!("scenario.leavers.department", locale = shared.look.locale);
    let before = choice_column(scenario, Field::Leavers, shared)
        + width(&scenario.leavers.closed(&leavers_words(shared)))
        + width(&label)
        + 2;
    Rect { x: row.x + before, width: DEPARTMENT - 1, ..row }.intersection(row)
}

/// The column at which a choice begins.
fn choice_column(scenario: &Scenario, field: Field, shared: &Shared) -> u16 {
    let locale = shared.look.locale;
    let leavers = 5 + width(&t!("scenario.leavers.label", locale = locale));
    if field == Field::Leavers {
        return leavers;
    }
    let department = match shared.draft.leavers {
        Leavers::Move => width(&t!("scenario.leavers.department", locale = locale)) + 2 + DEPARTMENT,
        Leavers::Hold | Leavers::Remove => 0,
    };
    let closed = width(&scenario.leavers.closed(&leavers_words(shared)));
    leavers + closed + department + 5 + width(&t!("scenario.disabled.label", locale = locale))
}

fn width(text: &str) -> u16 {
    u16::try_from(text::width(text)).unwrap_or(u16::MAX)
}
