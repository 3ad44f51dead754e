//! The picture of step 1. From 118 columns on, what concerns the field in focus stands beside the form, else below it.
//!
//! ```text
//!  Basic information
//!  > Display name   ____________________________________
//!    CorpId         ____________________________________  console home page
//!  ...
//!  Developer information: paste these into DingTalk
//!    Callback domain  https://acme.example.com            Sharing Settings / 分享设置
//!  what concerns the field in focus, in two lines
//!  [ Test connection ]  [ Next step ]   DingTalk ok: token 182, CorpId 96, IP 101 ms
//!                                       IDaaS    ok: key 121, instance 96 ms
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::form::{EDITIONS, Field, Kind};
use super::{Application, developer};
use crate::config::{SecretWay, draft::edition_word};
use crate::core::check::CheckStatus;
use crate::tui::draft::DraftSecret;
use crate::tui::look::{Look, Tone};
use crate::tui::shared::Shared;
use crate::tui::widgets::gauge::waited;
use crate::tui::widgets::{pane, text};

/// Columns of the form where the detail stands beside it.
const FORM: u16 = 80;
/// From so many columns on it does.
const WIDE: u16 = 118;
/// Where inputs begin, and how much room hints have behind them.
const INPUT: u16 = 19;
const HINT: u16 = 29;

const HEADINGS: [(u16, &str); 4] = [(0, "basic"), (4, "dingtalk"), (7, "source"), (11, "developer")];

pub(super) fn draw(screen: &Application, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    for (row, word) in HEADINGS {
        heading(frame, area, row, word, shared);
    }
    for field in Field::ALL.into_iter().filter(|field| field.kind() != Kind::Button) {
        field_row(screen, frame, area, field, shared);
    }
    detail(screen, frame, area, shared);
    buttons(screen, frame, area, shared);
    trial(screen, frame, area, shared);
    let options: Vec<String> =
        EDITIONS.iter().map(|edition| edition_name(edition_word(*edition), shared)).collect();
    screen.edition.render_open(frame, input(Field::Edition, area), area, &options, shared.look);
    if screen.policy.is_some() {
        policy(frame, area, shared);
    }
}

/// Where a field is typed.
pub(super) fn input(field: Field, area: Rect) -> Rect {
    let form = form(area);
    let place = place(field);
    let end = place.end.unwrap_or(form.width.saturating_sub(if place.has_hint { HINT } else { 1 }));
    let width = end.saturating_sub(place.input);
    Rect::new(form.x + place.input, form.y + place.row, width, 1).intersection(area)
}

fn form(area: Rect) -> Rect {
    Rect { width: if area.width >= WIDE { FORM } else { area.width }, ..area }
}

/// Where a field stands: its row, its label's and its input's column, where the input ends unless at the form's end.
struct Place {
    row: u16,
    label: u16,
    input: u16,
    end: Option<u16>,
    has_hint: bool,
}

fn place(field: Field) -> Place {
    let single = |row| Place { row, label: 3, input: INPUT, end: None, has_hint: true };
    let first = |row, end| Place { row, label: 3, input: INPUT, end: Some(end), has_hint: false };
    let second = |row, label, input| Place { row, label, input, end: None, has_hint: false };
    match field {
        Field::DisplayName => single(1),
        Field::CorpId => single(2),
        Field::Edition => single(3),
        Field::AppKey => single(5),
        Field::AppSecret => single(6),
        Field::Region => first(8, 35),
        Field::Instance => second(8, 38, 47),
        Field::AccessKey => first(9, 46),
        Field::KeySecret => second(9, 49, 56),
        Field::Policy => single(10),
        Field::Callback => single(12),
        Field::Homepage => single(13),
        Field::Egress => single(14),
        Field::Test | Field::Next => single(17),
    }
}

fn heading(frame: &mut Frame<'_>, area: Rect, row: u16, word: &str, shared: &Shared) {
    let look = shared.look;
    let form = form(area);
    let title = t!(format!("application.heading.{word}"), locale = look.locale);
    let path = t!(format!("application.heading_path.{word}"), locale = look.locale);
    let mut line = Line::default();
    text::push(&mut line, format!(" {title}  "), Tone::Strong, look);
    let room = usize::from(form.width).saturating_sub(text::width(&title) + 4);
    text::push(&mut line, text::fit(&path, room, look), Tone::Quiet, look);
    frame.render_widget(line, at(form, row));
}

fn field_row(screen: &Application, frame: &mut Frame<'_>, area: Rect, field: Field, shared: &Shared) {
    let look = shared.look;
    let form = form(area);
    let place = place(field);
    let (is_focused, error) = (screen.focus == field, screen.error(field));
    let (mark, tone) = match (is_focused, error) {
        (true, Some(_)) => (">", Tone::Bad),
        (true, None) => (">", Tone::Strong),
        (false, Some(_)) => ("!", Tone::Bad),
        (false, None) => (" ", Tone::Plain),
    };
    let label = t!(format!("application.label.{}", field.word()), locale = look.locale);
    let columns = place.input - place.label;
    let label = text::cell(&label, usize::from(columns) - 1, look);
    let label_at = Rect { x: form.x + place.label - 2, width: columns + 1, ..at(form, place.row) };
    frame.render_widget(
        Line::styled(format!("{mark} {label}"), look.style(tone)),
        label_at.intersection(area),
    );
    content(screen, frame, area, field, shared);
    if place.has_hint {
        hint(screen, frame, area, field, shared);
    } else if let (Some(error), false) = (error, is_focused)
        && screen.fields.get(&field).is_some_and(|typed| typed.is_empty())
    {
        let place = input(field, area);
        let told = text::cell(&format!("! {error}"), usize::from(place.width), look);
        frame.render_widget(Line::styled(told, look.style(Tone::Bad)), place);
    }
}

fn content(screen: &Application, frame: &mut Frame<'_>, area: Rect, field: Field, shared: &Shared) {
    let look = shared.look;
    let place = input(field, area);
    let is_focused = screen.focus == field;
    let columns = usize::from(place.width);
    let shown = match field.kind() {
        Kind::Choice => {
            let options: Vec<String> =
                EDITIONS.iter().map(|edition| edition_name(edition_word(*edition), shared)).collect();
            screen.edition.closed(&options)
        }
        Kind::Policy => t!("application.policy.short", locale = look.locale).into_owned(),
        Kind::Developer if !(is_focused && screen.is_editing) => {
            let value = developer::value(field, &screen.trial, shared);
            if value.is_empty() {
                t!("application.file.open", locale = look.locale).into_owned()
            } else {
                value
            }
        }
        Kind::Secret => match field.secret(&shared.draft) {
            Some(DraftSecret::Kept(way))
                if screen.fields.get(&field).is_some_and(|typed| typed.is_empty()) =>
            {
                kept(way, look)
            }
            _ => return typed(screen, frame, field, place, look),
        },
        Kind::Text | Kind::Developer | Kind::Button => return typed(screen, frame, field, place, look),
    };
    let tone = if is_focused { Tone::Strong } else { Tone::Plain };
    frame.render_widget(Line::styled(text::cell(&shown, columns, look), look.style(tone)), place);
}

fn typed(screen: &Application, frame: &mut Frame<'_>, field: Field, place: Rect, look: Look) {
    if let Some(typed) = screen.fields.get(&field) {
        typed.render(frame, place, screen.focus == field, screen.is_revealed, look);
    }
}

/// A secret that the settings name: where it is, never what it is.
fn kept(way: &SecretWay, look: Look) -> String {
    let locale = look.locale;
    let told = match way {
        SecretWay::Env(name) => t!("application.kept.env", name = name, locale = locale),
        SecretWay::File(path) => t!("application.kept.file", path = path.display(), locale = locale),
        SecretWay::Command(_) => t!("application.kept.command", locale = locale),
    };
    format!("****** {told}")
}

fn hint(screen: &Application, frame: &mut Frame<'_>, area: Rect, field: Field, shared: &Shared) {
    let look = shared.look;
    let place = input(field, area);
    let form = form(area);
    let x = place.right() + 1;
    let room = Rect { x, width: form.right().saturating_sub(x), ..place };
    let (told, tone) = match screen.error(field) {
        Some(error) => (format!("! {error}"), Tone::Bad),
        None if field == Field::Egress => match developer::egress(&screen.trial, shared) {
            (told, true) => (format!("! {told}"), Tone::Warning),
            (told, false) if !told.is_empty() => (told, Tone::Quiet),
            _ => (t!("application.hint.egress", locale = look.locale).into_owned(), Tone::Quiet),
        },
        None => {
            let told = t!(format!("application.hint.{}", field.word()), locale = look.locale);
            (told.into_owned(), Tone::Quiet)
        }
    };
    let told = text::fit(&told, usize::from(room.width), look);
    frame.render_widget(Line::styled(told, look.style(tone)), room.intersection(area));
}

/// What concerns the field in focus: its error in full, else the whole value and where it goes, else what it is.
fn detail(screen: &Application, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let field = screen.focus;
    let mut paragraphs: Vec<(String, Tone)> = Vec::new();
    if let Some(error) = screen.error(field) {
        paragraphs.push((format!("! {error}"), Tone::Bad));
    }
    if field.kind() == Kind::Developer {
        let value = developer::value(field, &screen.trial, shared);
        // What has an error needs the way out more than its value.
        if paragraphs.is_empty() {
            paragraphs.push((value, Tone::Strong));
        }
        let path = t!(format!("application.path.{}", field.word()), locale = look.locale);
        paragraphs.push((path.into_owned(), Tone::Plain));
    }
    if let Some(DraftSecret::Kept(way)) = field.secret(&shared.draft) {
        paragraphs.push((kept(way, look), Tone::Plain));
    }
    let about = t!(format!("application.about.{}", field.word()), locale = look.locale);
    paragraphs.push((about.into_owned(), Tone::Plain));
    let room = if area.width >= WIDE {
        let x = form(area).right() + 1;
        let place =
            Rect { x, width: area.right().saturating_sub(x + 1), height: 17.min(area.height), ..area };
        let title = t!(format!("application.label.{}", field.word()), locale = look.locale);
        let inner = pane::draw(frame, place, &title, false, look);
        Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
    } else {
        Rect { x: area.x + 3, width: area.width.saturating_sub(4), height: 2, y: area.y + 15 }
            .intersection(area)
    };
    let lines = paragraphs.into_iter().filter(|(told, _)| !told.is_empty()).flat_map(|(told, tone)| {
        text::wrap(&told, usize::from(room.width)).into_iter().map(move |line| (line, tone))
    });
    for (row, (line, tone)) in (0..room.height).zip(lines) {
        frame
            .render_widget(Line::styled(line, look.style(tone)), Rect { y: room.y + row, height: 1, ..room });
    }
}

fn buttons(screen: &Application, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let mut line = Line::raw(" ");
    for field in [Field::Test, Field::Next] {
        let label = t!(format!("application.label.{}", field.word()), locale = look.locale);
        let is_focused = screen.focus == field;
        let (mark, tone) = if is_focused { (">", Tone::Cursor) } else { (" ", Tone::Plain) };
        text::push(&mut line, format!("{mark}[ {label} ]"), tone, look);
    }
    frame.render_widget(line, at(area, 17));
}

/// The two sides of the test in the last rows.
fn trial(screen: &Application, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let look = shared.look;
    let place = |row: u16| {
        let x = area.x + 36;
        Rect { x, width: area.right().saturating_sub(x), ..at(area, row) }.intersection(area)
    };
    if let Some(failure) = &screen.trial.failure {
        let told = text::fit(&format!("X {}", look.said(failure)), usize::from(place(17).width), look);
        frame.render_widget(Line::styled(told, look.style(Tone::Bad)), place(17));
        return;
    }
    for (row, is_source, name) in [(17, false, "DingTalk"), (18, true, "IDaaS")] {
        let pieces = screen.trial.side(is_source, look.locale);
        if pieces.is_empty() {
            continue;
        }
        let mut line = Line::default();
        text::push(&mut line, format!("{name:<8}"), Tone::Strong, look);
        for (told, status) in pieces {
            let tone = match status {
                CheckStatus::Pass => Tone::Good,
                CheckStatus::Warn => Tone::Warning,
                CheckStatus::Fail => Tone::Bad,
                CheckStatus::NotRun => Tone::Quiet,
            };
            let wait = screen.trial.running_since.filter(|_| status == CheckStatus::NotRun);
            let told =
                wait.map_or(told.clone(), |since| format!("{told} {}", waited(since, shared.now_ms, look)));
            text::push(&mut line, format!(" {told}"), tone, look);
        }
        frame.render_widget(line, place(row));
    }
}

fn policy(frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
    let title = t!("application.label.policy", locale = shared.look.locale);
    let lines: Vec<&str> = developer::POLICY.lines().collect();
    let window = pane::middle(area, 64, lines.len() as u16 + 2);
    let inner = pane::window(frame, window, &title, shared.look);
    for (row, line) in (0..inner.height).zip(lines) {
        frame.render_widget(Line::raw(format!(" {line}")), Rect { y: inner.y + row, height: 1, ..inner });
    }
}

fn edition_name(word: &str, shared: &Shared) -> String {
    t!(format!("application.edition.{word}"), locale = shared.look.locale).into_owned()
}

fn at(area: Rect, row: u16) -> Rect {
    Rect { y: area.y + row, height: 1, ..area }.intersection(area)
}
