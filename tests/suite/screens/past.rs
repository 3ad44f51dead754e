//! The overview and the history: what was, how the connection stands, what to do next.

use std::sync::Arc;

use dingsync::core::event::{Outcome, RecordEvent, RunStatus, RunSummary};
use dingsync::core::field::FieldName;
use dingsync::core::journal::{LockHolder, RunKind, RunRecord};
use dingsync::core::plan::{Action, ActionCounts, Entity, FieldChange, FieldValue, Summary};
use dingsync::live::Errand;
use dingsync::report::{Report, Row};
use dingsync::tui::keys::Key;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::past::{Request, Standing, Told, Tried};
use dingsync::tui::worker::run;

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};

fn run(id: &str, kind: RunKind, status: RunStatus, failed: u64) -> RunRecord {
    let users = ActionCounts { conflict: 12, blocked: 33, hold: 4, ..ActionCounts::default() };
    RunRecord {
        run: id.into(),
        kind,
        plan_id: "sha256:7f3a".into(),
        started_at: "2026-01-31T08:00:00Z".into(),
        finished_at: (status != RunStatus::Running).then(|| "2026-01-31T08:01:00Z".into()),
        status,
        total: 4061,
        summary: RunSummary {
            applied: 4050,
            failed,
            calls: 1092,
            elapsed_ms: 58_000,
            ..RunSummary::default()
        },
        planned: Summary { users, ..Summary::default() },
    }
}

fn standing(runs: Vec<RunRecord>, holder: Option<LockHolder>) -> Answer {
    let standing = Standing { runs, users: 3855, departments: 49, pending: 1, holder, watch: None };
    Answer::Past(Told::Standing(Ok(Arc::new(standing))))
}

fn runs() -> Vec<RunRecord> {
    vec![
        run("20260131-0002", RunKind::Sync, RunStatus::PartialSuccess, 3),
        run("20260131-0001", RunKind::Retry, RunStatus::Success, 0),
    ]
}

fn overview(look: dingsync::tui::look::Look, runs: Vec<RunRecord>) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), look, Some(ScreenId::Overview));
    stage.answer(standing(runs, None));
    stage.answer(Answer::Past(Told::Idaas(Tried { elapsed_ms: 121, failure: None })));
    let failure = ("the AppSecret is wrong (40089)".into(), Some("copy it again".into()));
    stage.answer(Answer::Past(Told::Dingtalk(Tried { elapsed_ms: 80, failure: Some(failure) })));
    stage
}

#[test]
fn the_overview_at_every_size_and_in_every_look() {
    for (name, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
        for (columns, rows) in SIZES {
            let shown = overview(look, runs()).picture(columns, rows);
            insta::assert_snapshot!(format!("overview_{name}_{columns}x{rows}"), shown);
        }
    }
}

#[test]
fn an_interrupted_run_is_offered_first_and_enter_finishes_it() {
    let mut interrupted = runs();
    interrupted.insert(0, run("20260131-0003", RunKind::Sync, RunStatus::Running, 0));
    let mut stage = overview(ENGLISH, interrupted);
    insta::assert_snapshot!("overview_interrupted", stage.picture(80, 24));
    stage.commands.clear();
    stage.press(&[Key::Enter]);
    let is_resumed = stage
        .commands
        .iter()
        .any(|command| matches!(command, Command::Run(run::Request::Start(Errand::Resume, "en"))));
    assert!(is_resumed, "{:?}", stage.commands);
    assert_eq!(stage.app.current(), ScreenId::Sync);
    let follows = |command: &Command| matches!(command, Command::Run(run::Request::Follow(_)));
    assert!(!stage.commands.iter().any(follows), "following would end the start");
}

#[test]
fn a_run_of_another_process_is_named_and_shown_on_enter() {
    let mut stage = overview(CHINESE, runs());
    let holder = LockHolder {
        pid: 4711,
        host: "h".into(),
        user: "root".into(),
        command: "sync".into(),
        since: "2026-01-31T08:00:00Z".into(),
    };
    stage.answer(standing(runs(), Some(holder)));
    stage.press(&[Key::Home]);
    insta::assert_snapshot!("overview_running", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    assert_eq!(stage.app.current(), ScreenId::Sync);
}

fn row(seq: u64, name: &str, outcome: Outcome, code: Option<&str>) -> Row {
    Row {
        event: RecordEvent {
            seq,
            entity: Entity::User,
            action: Action::Update,
            source_id: Some(format!("user_{seq}")),
            target_id: Some(format!("u{seq}")),
            outcome,
            code: code.map(str::to_owned),
            message: None,
            attempts: 1,
            elapsed_ms: 52,
        },
        name: name.into(),
        reason: None,
        fields: vec![FieldChange {
            field: FieldName::new("title"),
            before: FieldValue::EMPTY,
            after: FieldValue::Text("高级工程师".into()),
        }],
        request_id: None,
    }
}

fn history(look: dingsync::tui::look::Look) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), look, Some(ScreenId::History));
    stage.answer(standing(runs(), None));
    stage
}

fn opened(look: dingsync::tui::look::Look) -> Stage {
    let mut stage = history(look);
    stage.press(&[Key::Enter]);
    let rows = vec![
        row(1, "欧阳娜娜", Outcome::Applied, None),
        row(2, "王伟明", Outcome::Failed, Some("60104")),
        row(3, "Ann\u{202e} Lee", Outcome::Pending, Some("40103")),
        row(4, "李静", Outcome::Applied, None),
    ];
    let report = Report { run: runs().remove(0), rows };
    stage.answer(Answer::Past(Told::Report(Ok(Arc::new(report)))));
    stage
}

#[test]
fn the_history_and_a_report_at_every_size_and_in_every_look() {
    for (name, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
        insta::assert_snapshot!(format!("history_{name}"), history(look).picture(80, 24));
        for (columns, rows) in SIZES {
            let shown = opened(look).picture(columns, rows);
            insta::assert_snapshot!(format!("report_{name}_{columns}x{rows}"), shown);
        }
    }
}

#[test]
fn a_report_is_filtered_by_what_is_typed_and_esc_shows_all_again() {
    let mut stage = opened(ENGLISH);
    stage.press(&[Key::Char('/')]).type_text("60104");
    let shown = stage.picture(80, 24);
    assert!(shown.contains("1 of 4") && shown.contains("王伟明") && !shown.contains("李静"), "{shown}");
    stage.press(&[Key::Enter, Key::Esc]);
    assert!(stage.picture(80, 24).contains("李静"));
}

#[test]
fn export_and_undo_are_asked_of_the_worker() {
    let mut stage = opened(ENGLISH);
    stage.commands.clear();
    stage.press(&[Key::Char('e'), Key::Char('u')]);
    let asked: Vec<_> = stage
        .commands
        .iter()
        .filter_map(|command| match command {
            Command::Past(request) => Some(request.clone()),
            _ => None,
        })
        .collect();
    assert!(
        matches!(&asked[..], [Request::Export(run, "en"), Request::Undo(other)] if run == other && run == "20260131-0002"),
        "{asked:?}"
    );
}
