//! The live picture of a run, drawn on a test terminal from the lines that a run writes.

mod any_order;
mod ended;
mod wire;

use dingsync::config::settings_file::SettingsFile;
use dingsync::config::{Environment, LoadOptions};
use dingsync::core::event::{Event, Outcome, PaceState, RecordEvent, RunStatus, RunSummary};
use dingsync::core::journal::{LockHolder, RunKind};
use dingsync::core::line::{Line, Note, Process, Told as Word};
use dingsync::core::plan::{Action, ActionCounts, Entity, Summary};
use dingsync::core::target::LaneReport;
use dingsync::tui::app::App;
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command, Message};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::shared::Shared;
use dingsync::tui::worker::run::{Request, Told};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const START: i64 = 1_769_846_400_000;
const ENGLISH: Look = Look { locale: "en", is_ascii: false, has_colour: false };
const CHINESE: Look = Look { locale: "zh-CN", is_ascii: false, has_colour: false };
const ASCII: Look = Look { locale: "en", is_ascii: true, has_colour: false };

fn app(look: Look, size: (u16, u16)) -> App {
    let load = LoadOptions {
        config: Some("/nowhere/dingsync.toml".into()),
        state: None,
        language: None,
        environment: Environment::of([]),
    };
    let file = SettingsFile::open(&load).unwrap();
    let mut draft = file.saved.clone();
    draft.display_name = "Acme to DingTalk".into();
    let mut shared = Shared::new(look, file, "/nowhere/dingsync.log".into());
    (shared.draft, shared.size, shared.now_ms) = (draft.clone(), size, START);
    shared.file.saved = draft;
    let mut app = App::new(shared);
    app.start(Some(ScreenId::Sync));
    app
}

fn tell(app: &mut App, told: Told) {
    app.update(Message::Answer(Answer::Run(told)));
}

fn lines(app: &mut App, lines: Vec<Line>) {
    tell(app, Told::Lines(lines, true));
}

fn line(at: i64, told: Word) -> Line {
    Line { at_ms: START + at, name: None, told }
}

fn holder() -> LockHolder {
    LockHolder {
        pid: 4711,
        host: "h".into(),
        user: "root".into(),
        command: "sync".into(),
        since: "2026-01-31T08:00:00Z".into(),
    }
}

fn process() -> Word {
    let planned = Summary {
        departments: ActionCounts { create: 6, link: 1, update: 2, ..ActionCounts::default() },
        users: ActionCounts { create: 208, link: 3641, update: 190, moved: 13, ..ActionCounts::default() },
    };
    let holder = holder();
    let connection = "Acme to DingTalk".into();
    let process =
        Process { holder, kind: RunKind::Sync, of_run: None, connection, ceiling: 20, planned, logon: 0 };
    Word::Note(Note::Process(Box::new(process)))
}

fn started() -> Word {
    Word::Event(Event::Started { run: "20260131-0003".into(), plan_id: "sha256:7f3a".into(), total: 4061 })
}

fn record(at: i64, seq: u64, name: &str, action: Action, outcome: Outcome, code: Option<&str>) -> Line {
    let record = RecordEvent {
        seq,
        entity: Entity::User,
        action,
        source_id: Some(format!("user_{seq}")),
        target_id: None,
        outcome,
        code: code.map(str::to_owned),
        message: Some("手机号码在公司中已存在".into()).filter(|_: &String| code.is_some()),
        attempts: 1 + u32::from(code.is_some()),
        elapsed_ms: 52,
    };
    Line { name: Some(name.into()), ..line(at, Word::Event(Event::Record(record))) }
}

fn pace(at: i64, update: f64, limit: f64, throttled: u64, paused_seconds: Option<u64>) -> Line {
    let lane = |name: &str, recent, limit, throttled| LaneReport {
        interface: name.into(),
        limit,
        recent,
        throttled,
    };
    let lanes = vec![
        lane("department/create", 0.0, 19.4, 0),
        lane("user/create", 0.0, 19.4, 0),
        lane("user/list", 0.0, 19.4, 0),
        lane("user/update", update, limit, throttled),
    ];
    line(at, Word::Note(Note::Pace { lanes, paused_seconds, throttled }))
}

fn progress(at: i64, done: u64, state: PaceState) -> Line {
    let progress = Event::Progress {
        done,
        total: 4061,
        calls_per_second: 19.4,
        eta_seconds: 43,
        state,
        paused_seconds: None,
    };
    line(at, Word::Event(progress))
}

/// A run in its middle: three failures of two causes.
fn middle() -> Vec<Line> {
    let mut lines = vec![line(0, process()), line(0, started())];
    for (seq, name) in ["司马光明", "周明", "Ann Lee", "欧阳娜娜"].into_iter().enumerate() {
        lines.push(record(200, seq as u64 + 1, name, Action::Create, Outcome::Applied, None));
    }
    for second in 1..=40 {
        lines.push(progress(second * 1000, second as u64 * 48, PaceState::Running));
    }
    let failed = |seq, name, code| record(40_100, seq, name, Action::Update, Outcome::Failed, Some(code));
    lines.extend([failed(1921, "陈艳", "60104"), failed(1922, "王伟明", "60104")]);
    lines.push(record(40_200, 1923, "赵敏", Action::Create, Outcome::Pending, Some("40103")));
    for (seq, name) in ["李静", "张三", "Zoë O'Neill"].into_iter().enumerate() {
        lines.push(record(40_500, seq as u64 + 1924, name, Action::Link, Outcome::Applied, None));
    }
    lines.push(pace(41_000, 19.0, 19.4, 0, None));
    lines
}

fn running(look: Look, size: (u16, u16)) -> App {
    let mut app = app(look, size);
    tell(&mut app, Told::Following("20260131-0003".into()));
    lines(&mut app, middle());
    app.update(Message::Tick(START + 41_000));
    app
}

fn picture(app: &App, (columns, rows): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| app.render(frame)).unwrap();
    terminal.backend().to_string()
}

fn finished(status: RunStatus) -> Line {
    let summary = RunSummary {
        applied: 4058,
        failed: 2,
        skipped: 0,
        pending: 1,
        calls: 1092,
        throttled: 0,
        elapsed_ms: 84_000,
    };
    line(84_000, Word::Event(Event::Finished { run: "20260131-0003".into(), status, summary }))
}

#[test]
fn a_run_in_its_middle_at_every_size_and_in_every_look() {
    for (name, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
        for size in [(80, 24), (120, 40), (200, 60)] {
            let shown = picture(&running(look, size), size);
            insta::assert_snapshot!(format!("running_{name}_{}x{}", size.0, size.1), shown);
        }
    }
}

#[test]
fn the_readme_shows_this_screen() {
    let app = running(ENGLISH, (80, 24));
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| app.render(frame)).unwrap();
    crate::screens::svg::keep("sync", "Live sync: one gauge for each interface", terminal.backend().buffer());
}

#[test]
fn what_can_become_of_a_run() {
    let size = (80, 24);
    let shown = |more: Vec<Line>, is_alive| {
        let mut app = running(ENGLISH, size);
        tell(&mut app, Told::Lines(more, is_alive));
        picture(&app, size)
    };
    let slowed = vec![pace(42_000, 9.0, 9.2, 17, None), progress(42_000, 1940, PaceState::Throttled)];
    insta::assert_snapshot!("slowed", shown(slowed, true));
    let paused = vec![pace(42_000, 0.0, 19.4, 0, None), progress(42_000, 1940, PaceState::Paused)];
    insta::assert_snapshot!("paused", shown(paused, true));
    let banned = vec![pace(42_000, 0.0, 19.4, 1, Some(287)), progress(42_000, 1940, PaceState::Paused)];
    insta::assert_snapshot!("banned", shown(banned, true));
    insta::assert_snapshot!("lost", shown(Vec::new(), false));
    insta::assert_snapshot!("ended", shown(vec![finished(RunStatus::PartialSuccess)], false));
    let trouble = Note::Trouble {
        kind: "permission".into(),
        message: "DingTalk refused the app's rights (60011)".into(),
        hint: Some("grant qyapi_manage_addresslist, then: dingsync resume".into()),
    };
    let failed = vec![line(84_000, Word::Note(trouble)), finished(RunStatus::Failed)];
    insta::assert_snapshot!("failed", shown(failed, false));
    let long = Note::Trouble {
        kind: "permission".into(),
        message: format!("DingTalk refused user/update: no right to call it (60011: {})", "long ".repeat(60)),
        hint: Some("grant qyapi_manage_addresslist, then: dingsync resume".into()),
    };
    let failed = vec![line(84_000, Word::Note(long)), finished(RunStatus::Failed)];
    assert!(shown(failed, false).contains("grant qyapi_manage_addresslist"), "the way out stays in sight");
}

#[test]
fn a_service_that_does_not_answer_is_told_from_a_run_that_is_busy() {
    let mut app = running(ENGLISH, (80, 24));
    lines(&mut app, vec![progress(42_000, 1940, PaceState::Running)]);
    app.update(Message::Tick(START + 45_000));
    assert!(picture(&app, (80, 24)).contains("RUNNING"));
    app.update(Message::Tick(START + 75_000));
    insta::assert_snapshot!("silent", picture(&app, (80, 24)));
    lines(&mut app, vec![record(76_000, 2001, "周明", Action::Update, Outcome::Applied, None)]);
    app.update(Message::Tick(START + 77_000));
    assert!(picture(&app, (80, 24)).contains("RUNNING"), "it answers again");
    lines(&mut app, vec![progress(78_000, 2001, PaceState::Paused)]);
    app.update(Message::Tick(START + 110_000));
    assert!(picture(&app, (80, 24)).contains("PAUSED"), "a pause is no silence");
}

#[test]
fn who_is_concerned_and_what_to_do() {
    for (name, look) in [("en", ENGLISH), ("zh", CHINESE)] {
        let size = (80, 24);
        let mut app = running(look, size);
        app.update(Message::Key(Key::Char('n')));
        app.update(Message::Key(Key::Enter));
        insta::assert_snapshot!(format!("cause_{name}"), picture(&app, size));
        app.update(Message::Key(Key::Esc));
        app.update(Message::Key(Key::Char('l')));
        insta::assert_snapshot!(format!("log_{name}"), picture(&app, size));
    }
}

#[test]
fn before_a_run_has_begun() {
    let size = (80, 24);
    let mut app = app(ENGLISH, size);
    tell(&mut app, Told::Starting);
    app.update(Message::Tick(START + 12_000));
    insta::assert_snapshot!("starting", picture(&app, size));
    let hint = Some("preview again, or apply the rest with --skip-stale".into());
    tell(&mut app, Told::Refused("3 records would now be planned differently".into(), hint));
    insta::assert_snapshot!("refused", picture(&app, size));
    tell(&mut app, Told::Idle);
    insta::assert_snapshot!("idle", picture(&app, size));
}

fn asked(commands: &[Command]) -> Vec<String> {
    let asks = commands.iter().filter_map(|command| match command {
        Command::Run(Request::Ask(ask)) => Some(format!("{ask:?}")),
        _ => None,
    });
    asks.collect()
}

#[test]
fn the_first_stop_drains_and_only_one_soon_after_it_stops_at_once() {
    let mut app = running(ENGLISH, (80, 24));
    assert_eq!(asked(&app.update(Message::Key(Key::Ctrl('c')))), ["Stop"]);
    app.update(Message::Tick(START + 50_000));
    assert!(
        asked(&app.update(Message::Key(Key::Char('S')))).is_empty(),
        "nine seconds later it is asked again"
    );
    app.update(Message::Tick(START + 52_000));
    assert_eq!(asked(&app.update(Message::Key(Key::Char('S')))), ["Stop"]);
}

#[test]
fn the_key_that_pauses_lets_a_paused_run_go_on() {
    let mut app = running(ENGLISH, (80, 24));
    assert_eq!(asked(&app.update(Message::Key(Key::Char('z')))), ["Pause"]);
    lines(&mut app, vec![progress(42_000, 1940, PaceState::Paused)]);
    assert_eq!(asked(&app.update(Message::Key(Key::Char('z')))), ["GoOn"]);
}

#[test]
fn a_frozen_picture_stays_while_the_run_goes_on() {
    let mut app = running(ENGLISH, (80, 24));
    app.update(Message::Key(Key::Char('f')));
    let before = picture(&app, (80, 24));
    lines(&mut app, vec![progress(42_000, 3000, PaceState::Running)]);
    assert_eq!(picture(&app, (80, 24)), before);
    app.update(Message::Key(Key::Char('f')));
    assert!(picture(&app, (80, 24)).contains("3,0"));
}

#[test]
fn leaving_says_how_to_come_back() {
    let mut app = running(ENGLISH, (80, 24));
    app.update(Message::Key(Key::Char('D')));
    assert!(app.farewell().iter().any(|line| line.contains("dingsync attach")), "{:?}", app.farewell());
}

#[test]
fn figures_do_not_change_their_width_or_place() {
    let column = |shown: &str, what: &str| {
        shown.lines().find_map(|line| line.find(what)).unwrap_or_else(|| panic!("{what} in {shown}"))
    };
    let mut app = running(ENGLISH, (80, 24));
    let before = picture(&app, (80, 24));
    lines(&mut app, vec![progress(60_000, 4000, PaceState::Running)]);
    let after = picture(&app, (80, 24));
    for what in [" %  ", "calls/s", "refused for pace", "failed 2"] {
        assert_eq!(column(&before, what), column(&after, what), "{what}");
    }
}
