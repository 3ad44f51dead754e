//! The live picture, from top to bottom: how far and how long, the phases, a gauge for each interface, who needs
//! attention, the latest records.
//!
//! ```text
//!  remaining 0:40 to 0:50      19.4 calls/s     0 refused for pace     failed 3
//!
//!    phase                done    total   failed   state
//!    departments             9        9        0   done 0:02
//!
//!    interface          limit  now   [..........]   state
//!    user/create           20   19   [########> ]   full
//!  ┌ needs attention: 2 causes, 3 records ──────────────────────┐
//!  │ > 60104 mobile belongs to someone else                   2 │
//!  └────────────────────────────────────────────────────────────┘
//!  0:41 update 司马光明 ok 52 ms        0:41 update 周明 ok 48 ms
//!  You may close this terminal: the run goes on. Come back with  dingsync attach
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::{Stage, Sync, lanes, words};
use crate::core::course::{Course, Ended, Phase, PhaseCount};
use crate::core::event::{Outcome, PaceState};
use crate::tui::look::{Look, Tone};
use crate::tui::shared::Shared;
use crate::tui::widgets::{figures, gauge, pane, text};

/// The second line of the header: how far it is.
pub(super) fn banner(screen: &Sync, shared: &Shared) -> Line<'static> {
    let look = shared.look;
    let mut line = Line::default();
    if !matches!(screen.stage, Stage::Following) {
        return line;
    }
    let course = screen.shown();
    let (done_count, total_count) = course.whole();
    let (done, total) = (figures::number(done_count), figures::number(total_count));
    let of = t!("live.of", done = done, total = total, locale = look.locale);
    // As wide as it will be at the end.
    let widest = t!("live.of", done = total, total = total, locale = look.locale);
    let percent = figures::percent(done_count, total_count);
    let room = usize::from(shared.size.0).saturating_sub(text::width(&widest) + 13);
    let bar = gauge::gauge(done_count, total_count, room.max(4));
    let of = text::cell_right(&of, text::width(&widest), look);
    text::push(&mut line, format!(" {bar} {percent} %  {of}"), Tone::Strong, look);
    line
}

/// Draws the pane.
pub(super) fn draw(screen: &Sync, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    if !matches!(screen.stage, Stage::Following) {
        return before(screen, frame, area, shared);
    }
    let course = screen.shown();
    let columns = usize::from(area.width);
    let closing = closing(screen, shared, columns);
    let room = usize::from(area.height).saturating_sub(closing.len());
    let causes = course.causes.len();
    let mut lines = vec![totals(screen, columns, shared.now_ms, look), Line::default()];
    lines.extend(phases(screen, look));
    lines.push(Line::default());
    // Causes have two rows at least where there are any; what is then left belongs to gauges and records.
    let framed = if causes == 0 { 0 } else { causes.clamp(1, 2) + 2 };
    let for_lanes = room.saturating_sub(lines.len() + framed + 1).clamp(2, 7);
    lines.extend(lanes::lines(course, screen.is_over(), (columns, for_lanes), look));
    let mut y = put(frame, area, 0, lines);
    if causes > 0 {
        let height = (causes + 2).min(room.saturating_sub(usize::from(y) + 1)).max(3) as u16;
        let place = Rect { x: area.x, y: area.y + y, width: area.width, height }.intersection(area);
        attention(screen, frame, place, look);
        y += height;
    }
    let records = room.saturating_sub(usize::from(y));
    y = (room - records) as u16;
    put(frame, area, y, latest(course, columns, records, look));
    put(frame, area, room as u16, closing);
}

/// Draws lines one below the other; answers the row after the last.
fn put(frame: &mut Frame<'_>, area: Rect, from: u16, lines: Vec<Line<'static>>) -> u16 {
    let mut y = from;
    for line in lines {
        let row = Rect { x: area.x, y: area.y + y, width: area.width, height: 1 };
        frame.render_widget(line, row.intersection(area));
        y += 1;
    }
    y
}

/// There is no run to show yet.
fn before(screen: &Sync, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let locale = look.locale;
    let (title, told) = match &screen.stage {
        Stage::Starting(since) => {
            let waited = gauge::waited(*since, shared.now_ms, look);
            (
                t!("live.before.starting", waited = waited, locale = locale),
                t!("live.before.reading", locale = locale),
            )
        }
        Stage::Waiting(holder) => (
            t!(
                "live.before.other",
                command = holder.command,
                user = holder.user,
                pid = holder.pid,
                locale = locale
            ),
            t!("live.before.reading", locale = locale),
        ),
        Stage::Refused(message, hint) => {
            let hint = look.said(hint.as_deref().unwrap_or_default());
            (t!("live.before.refused", locale = locale), format!("{}\n\n{hint}", look.said(message)).into())
        }
        Stage::Idle | Stage::Following => {
            (t!("live.before.idle", locale = locale), t!("live.before.how", locale = locale))
        }
    };
    let columns = usize::from(area.width).saturating_sub(4);
    let tone = if matches!(screen.stage, Stage::Refused(..)) { Tone::Bad } else { Tone::Strong };
    let mut lines = vec![Line::default(), Line::default()];
    lines.extend(text::wrap(&title, columns).into_iter().map(|line| styled(format!("  {line}"), tone, look)));
    lines.push(Line::default());
    lines.extend(
        text::wrap(&told, columns).into_iter().map(|line| styled(format!("  {line}"), Tone::Plain, look)),
    );
    put(frame, area, 0, lines);
}

fn styled(shown: String, tone: Tone, look: Look) -> Line<'static> {
    let mut line = Line::default();
    text::push(&mut line, shown, tone, look);
    line
}

fn totals(screen: &Sync, columns: usize, now_ms: i64, look: Look) -> Line<'static> {
    let course = screen.shown();
    let locale = look.locale;
    let rate = format!("{:>6.1}", course.calls_per_second);
    let rate = t!("live.rate", rate = rate, locale = locale);
    let refused = t!("live.refused", count = figures::number(course.throttled), locale = locale);
    let failures = course.counts.failed + course.logon.failed;
    let failed = t!("live.failed", count = figures::number(failures), locale = locale);
    let width = columns.saturating_sub(2);
    let cells = [width * 33 / 100, width * 21 / 100, width * 27 / 100, width * 19 / 100];
    let mut line = Line::default();
    text::push(&mut line, " ", Tone::Plain, look);
    text::push(
        &mut line,
        text::cell(&words::remaining(screen, now_ms, locale), cells[0], look),
        Tone::Strong,
        look,
    );
    text::push(&mut line, text::cell(&rate, cells[1], look), Tone::Plain, look);
    let is_refused = course.throttled > 0;
    text::push(&mut line, text::cell(&refused, cells[2], look), tone(is_refused, Tone::Warning), look);
    text::push(&mut line, text::cell(&failed, cells[3], look), tone(failures > 0, Tone::Bad), look);
    line
}

fn tone(is_so: bool, tone: Tone) -> Tone {
    if is_so { tone } else { Tone::Plain }
}

fn phases(screen: &Sync, look: Look) -> Vec<Line<'static>> {
    let course = screen.shown();
    let locale = look.locale;
    let word = |key: &str| t!(format!("live.phase.{key}"), locale = locale).into_owned();
    let row = |name: &str, done: &str, total: &str, failed: &str| {
        let (done, total) = (text::cell_right(done, 9, look), text::cell_right(total, 9, look));
        format!("   {} {done}{total}{}   ", text::cell(name, 24, look), text::cell_right(failed, 9, look))
    };
    let heading = row(&word("name"), &word("done"), &word("total"), &word("failed")) + &word("state");
    let mut lines = vec![styled(heading, Tone::Quiet, look)];
    for phase in Phase::ALL {
        let count = course.phases.get(&phase).copied().unwrap_or_default();
        let failed = if count.total == 0 { "-".to_owned() } else { figures::number(count.failed) };
        let shown =
            row(&word(phase.as_str()), &figures::number(count.done), &figures::number(count.total), &failed);
        let mut line = styled(shown, Tone::Plain, look);
        let (state, tone) = phase_state(screen, phase, &count);
        let took = count.span.map_or(0, |(from, to)| crate::core::clock::elapsed_ms(from, to) / 1000);
        text::push(&mut line, word(state), tone, look);
        if state == "finished" {
            text::push(&mut line, format!("  {}", figures::clock(took)), Tone::Quiet, look);
        }
        lines.push(line);
    }
    lines.extend(logon(screen, row, look));
    lines
}

/// QR code logon, which follows the records, where there is something to do for it.
fn logon(screen: &Sync, row: impl Fn(&str, &str, &str, &str) -> String, look: Look) -> Option<Line<'static>> {
    let course = screen.shown();
    let count = &course.logon;
    if count.total == 0 {
        return None;
    }
    let word = |key: &str| t!(format!("live.phase.{key}"), locale = look.locale).into_owned();
    let number = figures::number;
    let mut line = styled(
        row(&word("logon"), &number(count.done), &number(count.total), &number(count.failed)),
        Tone::Plain,
        look,
    );
    let (state, tone) = match () {
        () if count.done >= count.total => ("finished", Tone::Good),
        () if screen.is_over() => ("broken_off", Tone::Warning),
        () if course.done >= course.total => ("running", Tone::Accent),
        () => ("waiting", Tone::Quiet),
    };
    text::push(&mut line, word(state), tone, look);
    Some(line)
}

fn phase_state(screen: &Sync, phase: Phase, count: &PhaseCount) -> (&'static str, Tone) {
    // A link without differences is done long before its phase: only whoever writes counts as running.
    let is_begun = count.done > 0;
    match () {
        () if count.total == 0 => ("nothing", Tone::Quiet),
        () if count.done >= count.total => ("finished", Tone::Good),
        () if screen.is_over() => ("broken_off", Tone::Warning),
        () if screen.shown().state == Some(PaceState::Paused) && is_begun => ("paused", Tone::Warning),
        () if is_begun || phase == Phase::Departments => ("running", Tone::Accent),
        () => ("waiting", Tone::Quiet),
    }
}

/// Failures by cause, the chosen one marked.
fn attention(screen: &Sync, frame: &mut Frame<'_>, area: Rect, look: Look) {
    let course = screen.shown();
    let (causes, records) = (course.causes.len(), figures::number(course.attention()));
    let title = t!("live.attention", causes = causes, records = records, locale = look.locale);
    let inner = pane::draw(frame, area, &title, true, look);
    let columns = usize::from(inner.width);
    let visible = screen.causes.visible(causes, usize::from(inner.height));
    let rows = course.ranked().enumerate().skip(visible.start).take(visible.len());
    for (y, (index, (code, cause))) in rows.enumerate() {
        let is_chosen = index == screen.causes.chosen;
        let mark = if is_chosen { ">" } else { " " };
        let counts = if cause.is_pending { t!("live.pending", locale = look.locale) } else { "".into() };
        let right = format!("{}{:>8} ", counts, figures::number(cause.count));
        let left = format!("{mark} {code} {}", words::meaning(code, cause, look.locale));
        let line = styled(text::between(&left, &right, columns, look), tone(is_chosen, Tone::Cursor), look);
        let place = Rect { x: inner.x, y: inner.y + y as u16, width: inner.width, height: 1 };
        frame.render_widget(line, place.intersection(inner));
    }
}

/// The latest records, two in a row where there is room, the newest last.
fn latest(course: &Course, columns: usize, rows: usize, look: Look) -> Vec<Line<'static>> {
    let in_a_row = (columns / 40).clamp(1, 3);
    let width = columns.saturating_sub(1) / in_a_row;
    let shown = (rows * in_a_row).min(course.recent.len());
    // Whole rows only, so that a record stays in its column while the list moves on.
    let shown = shown - shown % in_a_row.min(shown.max(1));
    let records: Vec<&Ended> = course.recent.iter().skip(course.recent.len() - shown).collect();
    let lines = records.chunks(in_a_row).map(|row| {
        let mut line = styled(" ".into(), Tone::Plain, look);
        for ended in row {
            let shown = text::cell(&record(course, ended, look), width.saturating_sub(1), look) + " ";
            text::push(&mut line, shown, outcome_tone(ended.record.outcome), look);
        }
        line
    });
    lines.collect()
}

/// One record: when, what, who, how it ended.
pub(super) fn record(course: &Course, ended: &Ended, look: Look) -> String {
    let locale = look.locale;
    let record = &ended.record;
    let since =
        course.started_ms.map_or(0, |started| crate::core::clock::elapsed_ms(started, ended.at_ms) / 1000);
    let action = t!(format!("action.{}", record.action.as_str()), locale = locale);
    let outcome = t!(format!("live.outcome.{}", record.outcome.as_str()), locale = locale);
    let code = record.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let name = text::fit(ended.shown(), 16, look);
    let again = if record.attempts > 1 { format!(" x{}", record.attempts) } else { String::new() };
    format!("{} {action} {name} {outcome}{code}{again} {} ms", figures::clock(since), record.elapsed_ms)
}

/// How an outcome looks.
pub(super) fn outcome_tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Applied => Tone::Plain,
        Outcome::Failed => Tone::Bad,
        Outcome::Skipped | Outcome::Pending => Tone::Warning,
    }
}

/// The last lines: what one has to know now.
fn closing(screen: &Sync, shared: &Shared, columns: usize) -> Vec<Line<'static>> {
    let look = shared.look;
    let locale = look.locale;
    let course = screen.shown();
    let (said, tone) = match () {
        () if course.trouble.is_some() => return trouble(course, columns, look),
        () if screen.is_logon_lost() => {
            (t!("live.closing.logon_lost", locale = locale).into_owned(), Tone::Bad)
        }
        () if screen.is_lost() => (t!("live.closing.lost", locale = locale).into_owned(), Tone::Bad),
        () if course.finished.is_some() => (summary(course, look), Tone::Strong),
        () if course.paused_seconds.is_some() => {
            let passed = crate::core::clock::elapsed_ms(course.last_ms, shared.now_ms) / 1000;
            let left = figures::clock(course.paused_seconds.unwrap_or_default().saturating_sub(passed));
            (t!("live.closing.blocked", left = left, locale = locale).into_owned(), Tone::Warning)
        }
        () if words::silence(screen, shared.now_ms).is_some() => {
            let silent = words::silence(screen, shared.now_ms).unwrap_or_default();
            let time = figures::clock(silent / 1000);
            (t!("live.closing.silent", time = time, locale = locale).into_owned(), Tone::Warning)
        }
        () if course.is_paused_by_operator() => {
            (t!("live.closing.paused", locale = locale).into_owned(), Tone::Warning)
        }
        () if shared.is_own_world => {
            (t!("live.closing.own_world", locale = locale).into_owned(), Tone::Plain)
        }
        () => (t!("live.closing.attach", locale = locale).into_owned(), Tone::Plain),
    };
    let lines = text::wrap(&said, columns.saturating_sub(2));
    lines.into_iter().take(4).map(|line| styled(format!(" {line}"), tone, look)).collect()
}

/// What stopped it, as far as there is room, and the way out, which is never pushed out of sight by it.
fn trouble(course: &Course, columns: usize, look: Look) -> Vec<Line<'static>> {
    let Some((message, hint)) = &course.trouble else { return Vec::new() };
    let width = columns.saturating_sub(2);
    let mut told = text::wrap(&look.said(message), width);
    if told.len() > 2 {
        let rest = told.split_off(1).join(" ");
        told.push(text::fit(&rest, width, look));
    }
    let told = told.into_iter().map(|line| (Tone::Bad, line));
    let hint = look.said(hint.as_deref().unwrap_or_default());
    let hint = text::wrap(&hint, width).into_iter().filter(|line| !line.is_empty()).take(2);
    told.chain(hint.map(|line| (Tone::Strong, line)))
        .map(|(tone, line)| styled(format!(" {line}"), tone, look))
        .collect()
}

/// The totals; below them what waits for a decision, and what became of QR code logon.
fn summary(course: &Course, look: Look) -> String {
    let (counts, locale) = (&course.counts, look.locale);
    let totals = t!(
        "live.closing.finished",
        applied = figures::number(counts.applied),
        failed = figures::number(counts.failed),
        skipped = figures::number(counts.skipped),
        pending = figures::number(counts.pending),
        calls = figures::number(counts.calls),
        locale = locale
    );
    let mut said = vec![totals.into_owned()];
    let undecided = course.undecided();
    if undecided > 0 {
        let count = figures::number(undecided);
        said.push(t!("live.closing.undecided", count = count, locale = locale).into_owned());
    }
    let logon = &course.logon;
    if logon.total > 0 {
        let applied = logon.done - (logon.failed + logon.skipped).min(logon.done);
        let told = t!(
            "logon.done",
            applied = applied,
            skipped = logon.skipped,
            failed = logon.failed,
            locale = locale
        );
        let why = logon.refusal.as_deref().filter(|_| logon.done < logon.total || logon.failed > 0);
        let why = why.map(|why| format!(": {} (Ctrl-G)", look.said(why))).unwrap_or_default();
        said.push(format!("{told}{why}"));
    }
    said.join("\n")
}
