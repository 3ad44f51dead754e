//! One gauge for each interface that writes, because DingTalk's limit is for each interface.

use ratatui::text::Line;
use rust_i18n::t;

use crate::core::course::Course;
use crate::core::target::{Interface, LaneReport};
use crate::tui::look::{Look, Tone};
use crate::tui::widgets::{gauge, text};

/// Below this share of its own pace a lane is not full.
const FULL: f64 = 0.85;
/// Below this share of the ceiling a lane was slowed down.
const SLOWED: f64 = 0.9;

/// The lines of the gauges, heading first, in so many rows at most.
pub(super) fn lines(
    course: &Course,
    is_over: bool,
    (columns, rows): (usize, usize),
    look: Look,
) -> Vec<Line<'static>> {
    let mut lanes: Vec<LaneReport> = Interface::ALL
        .into_iter()
        .filter_map(|interface| course.lanes.iter().find(|lane| lane.interface == interface.as_str()))
        .cloned()
        .collect();
    // People first: they are what takes its time.
    lanes.sort_by_key(|lane| lane.interface.starts_with("department/"));
    if lanes.len() + 1 > rows {
        fold_departments(&mut lanes);
    }
    let width = columns.saturating_sub(60).clamp(12, 40);
    let ceiling = f64::from(course.process.as_ref().map_or(0, |process| process.ceiling));
    let mut lines = vec![heading(width, look)];
    lines.extend(lanes.iter().map(|lane| line(lane, (ceiling, is_over), course, width, look)));
    lines.truncate(rows);
    lines
}

/// The lanes of departments as one, with the figures of the busiest.
fn fold_departments(lanes: &mut Vec<LaneReport>) {
    let is_department = |lane: &LaneReport| lane.interface.starts_with("department/");
    let busiest =
        lanes.iter().filter(|lane| is_department(lane)).max_by(|a, b| a.recent.total_cmp(&b.recent));
    let folded = busiest.map(|lane| LaneReport { interface: "department/*".into(), ..lane.clone() });
    lanes.retain(|lane| !is_department(lane));
    lanes.extend(folded);
}

fn heading(width: usize, look: Look) -> Line<'static> {
    let word = |key: &str| t!(format!("live.lane.{key}"), locale = look.locale).into_owned();
    let gauge = format!("[{}]", ".".repeat(width - 2));
    let mut line = Line::default();
    let shown = row(&word("name"), &word("limit"), &word("recent"), &gauge, &word("state"), look);
    text::push(&mut line, shown, Tone::Quiet, look);
    line
}

fn line(
    lane: &LaneReport,
    (ceiling, is_over): (f64, bool),
    course: &Course,
    width: usize,
    look: Look,
) -> Line<'static> {
    let recent = if is_over { 0.0 } else { lane.recent };
    let is_slowed = lane.throttled > 0 && lane.limit < ceiling * SLOWED;
    let (state, tone) = match () {
        () if is_over => ("over", Tone::Quiet),
        () if course.paused_seconds.is_some() => ("blocked", Tone::Warning),
        () if course.is_paused_by_operator() => ("paused", Tone::Warning),
        () if is_slowed => ("slowed", Tone::Warning),
        () if recent >= lane.limit * FULL => ("full", Tone::Good),
        () if recent < 0.5 => ("idle", Tone::Quiet),
        () => ("partly", Tone::Plain),
    };
    let state = t!(format!("live.lane.{state}"), refused = lane.throttled, locale = look.locale);
    let bar = gauge::gauge(whole(recent * 10.0), whole(lane.limit * 10.0), width);
    let limit = format!("{}", whole(lane.limit.ceil()));
    let shown = row(&lane.interface, &limit, &whole(recent.round()).to_string(), &bar, "", look);
    let mut line = Line::default();
    text::push(&mut line, shown, Tone::Plain, look);
    text::push(&mut line, state.into_owned(), tone, look);
    line
}

fn row(name: &str, limit: &str, recent: &str, bar: &str, state: &str, look: Look) -> String {
    let (name, limit) = (text::cell(name, 18, look), text::cell_right(limit, 6, look));
    format!("   {name} {limit} {}  {bar}  {state}", text::cell_right(recent, 5, look))
}

/// Calls per second are small and not negative.
fn whole(figure: f64) -> u64 {
    figure.clamp(0.0, 1e9) as u64
}
