//! The overview and the history: what was, how the connection stands, what to do next.

use std::sync::Arc;

use dingsync::core::event::{Outcome, RecordEvent, RunStatus, RunSummary};
use dingsync::core::field::FieldName;
use dingsync::core::journal::{LockHolder, RunKind, RunRecord};
use dingsync::core::plan::{Action, ActionCounts, Entity, FieldChange, FieldValue, Plan, Summary};
use dingsync::core::profile::Leavers;
use dingsync::live::Errand;
use dingsync::report::{Report, Row};
use dingsync::tui::keys::Key;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::past::{Request, Standing, Told, Tried};
use dingsync::tui::worker::run;

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};
use crate::planned::Company;

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

/// An inverse as good as any: six people are removed, three may be.
fn inverse(leavers: usize) -> Arc<Plan> {
    let mut company = Company::new();
    company.profile.display_name = "Acme to DingTalk".into();
    company.profile.scenario.leavers = Leavers::Remove;
    company.profile.limits.remove_users = 3;
    company.profile.limits.remove_percent = 100;
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    for number in 0..leavers {
        company.user(&format!("u{number}"), "离职", &format!("1390000000{number}"), "", &[1]);
        company.bind(&format!("left{number}"), &format!("u{number}"));
    }
    Arc::new(company.plan())
}

fn undoing(plan: &Arc<Plan>) -> Stage {
    let mut stage = opened(ENGLISH);
    stage.press(&[Key::Char('u')]);
    stage.answer(Answer::Past(Told::Undo("20260131-0002".into(), Ok(plan.clone()))));
    stage.commands.clear();
    stage
}

fn started(stage: &Stage) -> Option<(String, Option<u64>)> {
    stage.commands.iter().find_map(|command| match command {
        Command::Run(run::Request::Start(Errand::Undo { run, removals }, _)) => {
            Some((run.clone(), *removals))
        }
        _ => None,
    })
}

#[test]
fn a_run_is_undone_by_typed_numbers_and_only_by_the_inverse_that_was_looked_at() {
    let plan = inverse(6);
    let mut stage = undoing(&plan);
    stage.press(&[Key::Char('c')]);
    insta::assert_snapshot!("undo_confirm", stage.picture(80, 24));
    stage.type_text("7").press(&[Key::Enter]);
    assert!(stage.commands.is_empty(), "the removals are typed too: {:?}", stage.commands);
    stage.type_text("6").press(&[Key::Enter]);
    assert!(matches!(stage.commands.pop(), Some(Command::Past(Request::Undo(_)))), "it is made again first");
    assert_eq!(started(&stage), None);
    stage.answer(Answer::Past(Told::Undo("20260131-0002".into(), Ok(plan.clone()))));
    assert_eq!(started(&stage), Some(("20260131-0002".into(), Some(6))));
    assert_eq!(stage.app.current(), ScreenId::Sync);

    let mut stage = undoing(&plan);
    stage.press(&[Key::Char('c')]).type_text("7").press(&[Key::Enter]).type_text("6").press(&[Key::Enter]);
    stage.answer(Answer::Past(Told::Undo("20260131-0002".into(), Ok(inverse(5)))));
    assert_eq!(started(&stage), None, "DingTalk changed meanwhile");
    let picture = stage.picture(120, 40);
    assert!(picture.contains("changed meanwhile") && picture.contains("(5 removals)"), "{picture}");
}

#[test]
fn an_undo_that_was_called_off_starts_nothing_even_when_the_answer_is_under_way() {
    let plan = inverse(1);
    let mut stage = undoing(&plan);
    stage.press(&[Key::Char('c')]).type_text("2").press(&[Key::Enter, Key::Esc]);
    stage.answer(Answer::Past(Told::Undo("20260131-0002".into(), Ok(plan))));
    assert_eq!(started(&stage), None);
    assert!(stage.picture(80, 24).contains("dingsync undo 20260131-0002"));
}
