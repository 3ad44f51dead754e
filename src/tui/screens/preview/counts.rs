//! What the plan comes to: counts by kind first, departments and people apart, calls and time, limits.

use ratatui::text::Line;
use rust_i18n::t;

use super::sheet::Sheet;
use super::words::{self, number};
use crate::core::browse::{Kind, KindCounts};
use crate::core::target::Interface;
use crate::tui::look::{Look, Tone};
use crate::tui::widgets::text;

/// The kinds that have a key, in the order of their keys.
pub(super) const KEYED: [Kind; 9] = [
    Kind::Create,
    Kind::Link,
    Kind::Update,
    Kind::Move,
    Kind::Remove,
    Kind::NeedsYou,
    Kind::Hold,
    Kind::Unchanged,
    Kind::Logon,
];

/// `+ 214 create  * 3,641 link  …`: with words as far as there is room, the chosen kind shown reversed.
pub(super) fn banner(sheet: &Sheet, columns: usize, look: Look) -> Line<'static> {
    let counts = |kind: Kind| match kind {
        Kind::Logon => sheet.logon_writes(),
        kind => u64::from(sheet.departments.of(kind) + sheet.users.of(kind)),
    };
    // What follows for QR code logon has a place only where it concerns anybody.
    let kinds = if sheet.logon().is_some() { &KEYED[..] } else { &KEYED[..8] };
    let short: Vec<String> =
        kinds.iter().map(|kind| format!("{} {}", kind.mark(), number(counts(*kind)))).collect();
    let room = columns.saturating_sub(1 + short.iter().map(|piece| text::width(piece) + 2).sum::<usize>());
    let named = named(kinds, room, look.locale);
    let mut line = Line::raw(" ");
    for (kind, short) in kinds.iter().zip(short) {
        let piece = match named.contains(kind) {
            true => format!("{short} {}", words::kind(*kind, look.locale)),
            false => short,
        };
        let tone = match (sheet.filter.kind == Some(*kind), counts(*kind)) {
            (true, _) => Tone::Cursor,
            (false, 0) => Tone::Quiet,
            (false, _) => words::tone(*kind),
        };
        text::push(&mut line, piece, tone, look);
        text::push(&mut line, "  ", Tone::Plain, look);
    }
    line
}

/// The kinds whose words have room, what needs somebody first.
fn named(kinds: &[Kind], mut room: usize, locale: &str) -> Vec<Kind> {
    let mut kinds = kinds.to_vec();
    kinds.sort_by_key(|kind| *kind != Kind::NeedsYou);
    kinds.retain(|kind| {
        let width = text::width(&words::kind(*kind, locale)) + 1;
        let fits = width <= room;
        room -= if fits { width } else { 0 };
        fits
    });
    kinds
}

/// Departments and people apart.
pub(super) fn apart(sheet: &Sheet, columns: usize, look: Look) -> String {
    let kinds: Vec<Kind> = KEYED.iter().copied().filter(|kind| *kind != Kind::Unchanged).collect();
    let half = |key: &str, counts: &KindCounts| {
        format!("{} {}", t!(key, locale = look.locale), words::counts(counts, &kinds))
    };
    let left = format!(
        " {}     {}",
        half("plan.departments", &sheet.departments),
        half("plan.people", &sheet.users)
    );
    let out = match sheet.out.len() as u64 {
        0 => String::new(),
        count => format!("x {} ", t!("plan.out", count = number(count), locale = look.locale)),
    };
    text::between(&left, &out, columns, look)
}

/// What is written, departments and people apart.
pub(super) fn apart_line(sheet: &Sheet, locale: &str) -> String {
    let kinds = &KEYED[..5];
    format!(
        "{} {}     {} {}",
        t!("plan.departments", locale = locale),
        words::counts(&sheet.departments, kinds),
        t!("plan.people", locale = locale),
        words::counts(&sheet.users, kinds)
    )
}

/// Calls, time and removals; what is beyond a limit in words.
pub(super) fn costs(sheet: &Sheet, columns: usize, look: Look) -> Line<'static> {
    let locale = look.locale;
    let pace = sheet.view.calls_per_second;
    let only_logon = super::logon::cost(sheet, locale).filter(|_| sheet.outline.is_empty());
    let left = only_logon.unwrap_or_else(|| {
        t!(
            "plan.cost",
            calls = number(sheet.cost.calls()),
            time = duration(sheet.cost.seconds(f64::from(pace)), locale),
            pace = pace,
            locale = locale
        )
        .into_owned()
    });
    let unknown = sheet.view.logon.is_err().then(|| t!("plan.logon.unknown", locale = locale).into_owned());
    let limits = sheet.budget.iter().filter(|used| used.is_exceeded()).map(|used| limit(used, locale));
    let exceeded: Vec<String> = limits.chain(unknown).collect();
    let (right, tone) = if exceeded.is_empty() {
        let allowed = sheet.view.profile.limits.remove_users + sheet.view.profile.limits.remove_departments;
        let removals =
            t!("plan.removals", planned = sheet.outline.removals(), allowed = allowed, locale = locale);
        (removals.into_owned(), Tone::Plain)
    } else {
        (format!("! {}", exceeded.join(", ")), Tone::Bad)
    };
    let right = text::fit(&right, columns.saturating_sub(2), look);
    let room = columns.saturating_sub(text::width(&right) + 2);
    let mut line = Line::default();
    text::push(&mut line, text::cell(&format!(" {left}"), room, look), Tone::Plain, look);
    text::push(&mut line, " ", Tone::Plain, look);
    text::push(&mut line, right, tone, look);
    line
}

/// A limit and what is used of it, in words.
pub(super) fn limit(used: &crate::core::planner::LimitUse, locale: &str) -> String {
    let share = if used.is_share() { "%" } else { "" };
    let name = t!(format!("plan.limit.{}", used.limit), locale = locale);
    t!(
        "plan.used",
        name = name,
        planned = format!("{}{share}", used.planned),
        allowed = format!("{}{share}", used.allowed),
        locale = locale
    )
    .into_owned()
}

/// Every interface with its calls and time, then every limit with what is used of it.
pub(super) fn budget(sheet: &Sheet, locale: &str) -> Vec<String> {
    let pace = f64::from(sheet.view.calls_per_second);
    let mut lines = vec![t!("plan.budget.calls", pace = pace, locale = locale).into_owned()];
    for (interface, calls) in sheet.cost.iter() {
        let mut alone = crate::core::cost::Cost::default();
        alone.add_calls(interface, calls);
        let name = crate::core::text::pad(Interface::as_str(interface), 20);
        lines.push(format!("  {name} {:>9}   {}", number(calls), duration(alone.seconds(pace), locale)));
    }
    lines.extend(super::logon::cost(sheet, locale).map(|cost| format!("  {cost}")));
    lines.push(t!("plan.budget.read", calls = number(sheet.view.plan().calls.read), locale = locale).into());
    lines.push(String::new());
    lines.push(t!("plan.budget.limits", locale = locale).into_owned());
    for used in &sheet.budget {
        let mark = if used.is_exceeded() { "!" } else { " " };
        lines.push(format!("{mark} {}", limit(used, locale)));
    }
    lines.push(String::new());
    lines.push(t!("plan.budget.where", locale = locale).into_owned());
    lines
}

/// About how long, in words.
pub(super) fn duration(seconds: f64, locale: &str) -> String {
    let seconds = seconds.ceil().max(0.0) as u64;
    match seconds {
        0..90 => t!("plan.seconds", count = seconds, locale = locale).into_owned(),
        90..5400 => t!("plan.minutes", count = seconds.div_ceil(60), locale = locale).into_owned(),
        _ => {
            t!("plan.hours", count = format!("{:.1}", seconds as f64 / 3600.0), locale = locale).into_owned()
        }
    }
}
