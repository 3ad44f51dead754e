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
use super::pairs::mark_of;
use super::side::Side;
use crate::config::draft::{disabled_word, leavers_word};
use crate::core::profile::Leavers;
use crate::core::survey::Tree;
use crate::tui::look::{Look, Tone};
use crate::tui::shared::{Loadable, Shared};
use crate::tui::survey::Sides;
use crate::tui::widgets::figures::number;
use crate::tui::widgets::{gauge, pane, text};

/// Rows below the trees.
const BELOW: u16 = 10;
/// Columns of a row's label.
pub(super) const LABEL: usize = 30;

/// Columns of the filter's field in a window of so many.
pub(super) fn include_columns(columns: u16) -> u16 {
    (columns / 8).saturating_mul(3).clamp(30, 90)
}

/// Columns of the leavers' department.
pub(super) const DEPARTMENT: u16 = 12;

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
        for (choice, words, field) in [
            (&self.leavers, leavers_words(shared), Field::Leavers),
            (&self.disabled, disabled_words(shared), Field::Disabled),
        ] {
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

    fn draw_unread(
        &self,
        frame: &mut Frame<'_>,
        area: Rect,
        field: Field,
        sides: &Loadable<Sides>,
        shared: &Shared,
    ) {
        let look = shared.look;
        let mut lines: Vec<(String, Tone)> = match sides {
            Loadable::Loading(since) => {
                let waited = gauge::waited(*since, shared.now_ms, look);
                let calls = number(shared.survey.calls);
                vec![
                    (format!("{} {waited}", t!("scenario.reading", locale = look.locale)), Tone::Plain),
                    (
                        t!("scenario.reading_calls", calls = calls, locale = look.locale).into_owned(),
                        Tone::Quiet,
                    ),
                ]
            }
            Loadable::Failed(message, hint) => {
                let told = std::iter::once((format!("X {}", look.said(message)), Tone::Bad));
                told.chain(hint.iter().map(|hint| (look.said(hint).into_owned(), Tone::Plain))).collect()
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
        let wrapped = lines
            .into_iter()
            .flat_map(|(line, tone)| text::wrap(&line, columns).into_iter().map(move |part| (part, tone)));
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

    fn department_row(
        &self,
        index: usize,
        side: &Side,
        sides: &Sides,
        columns: usize,
        shared: &Shared,
    ) -> String {
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
            let word =
                if self.focus == Field::Departments { "scenario.department_id" } else { "scenario.unit_id" };
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
    format!("{} ", text::between(left, &number(count), columns.saturating_sub(2), look))
}

pub(super) fn leavers_words(shared: &Shared) -> Vec<String> {
    let word =
        |leavers| t!(format!("scenario.leavers.{}", leavers_word(leavers)), locale = shared.look.locale);
    LEAVERS.into_iter().map(|leavers| word(leavers).into_owned()).collect()
}

pub(super) fn disabled_words(shared: &Shared) -> Vec<String> {
    let word =
        |disabled| t!(format!("scenario.disabled.{}", disabled_word(disabled)), locale = shared.look.locale);
    DISABLED.into_iter().map(|disabled| word(disabled).into_owned()).collect()
}

fn input_area(pane: Rect, label: &str) -> Rect {
    let skipped = u16::try_from(text::width(label)).unwrap_or(0) + 1;
    Rect { x: pane.x + skipped, y: pane.y + 1, width: pane.width.saturating_sub(skipped + 2), height: 1 }
        .intersection(pane)
}

fn include_area(row: Rect, shared: &Shared) -> Rect {
    Rect { x: row.x + LABEL as u16 + 4, width: include_columns(shared.size.0), ..row }.intersection(row)
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
