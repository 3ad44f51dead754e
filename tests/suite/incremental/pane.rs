//! The live pane of following: what it shows in both languages, and what its keys ask for.

use std::path::PathBuf;

use dingsync::config::{Environment, LoadOptions, settings_file::SettingsFile};
use dingsync::core::field::FieldName;
use dingsync::core::incremental::{CallbackTotals, Drift, DriftDecision, DriftState, WatchStatus};
use dingsync::core::plan::{Action, Entity, FieldChange, FieldValue};
use dingsync::tui::app::App;
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command, Message};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::shared::Shared;
use dingsync::tui::worker::watch::{Request, Seen, Setup, Told};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const NOW: i64 = 1_800_000_000_000;

fn app(directory: &std::path::Path, locale: &'static str) -> App {
    let load = LoadOptions {
        config: Some(directory.join("dingsync.toml")),
        environment: Environment::of([]),
        state: None,
        language: None,
    };
    let file = SettingsFile::open(&load).unwrap();
    let mut shared = Shared::new(Look { locale, is_ascii: false, has_colour: false }, file, PathBuf::new());
    (shared.now_ms, shared.size) = (NOW, (80, 24));
    App::new(shared)
}

fn drift() -> Drift {
    Drift {
        entity: Entity::User,
        source_id: "user_a".into(),
        target_id: "u1".into(),
        name: "张三".into(),
        action: Action::Update,
        fields: vec![FieldChange {
            field: FieldName::new("title"),
            before: FieldValue::Text("Boss".into()),
            after: FieldValue::Text("Clerk".into()),
        }],
        found_at_ms: NOW,
        state: DriftState::Open,
    }
}

fn seen() -> Seen {
    let callbacks = CallbackTotals {
        accepted: 12,
        refused: [("expired".to_owned(), 2)].into(),
        test_seen_at_ms: Some(NOW),
        ..CallbackTotals::default()
    };
    let status = WatchStatus {
        pid: 4711,
        started_at_ms: NOW - 180_000,
        backlog: 3,
        oldest_age_ms: 5_000,
        last_event_at_ms: Some(NOW - 12_000),
        callbacks,
        ..WatchStatus::default()
    };
    let setup = Setup {
        is_on: true,
        listen: "127.0.0.1:8787".into(),
        jwks_url: Some("https://example.com/jwks".into()),
        ..Setup::default()
    };
    Seen { setup, status: Some(status), drift: vec![drift()] }
}

fn picture(app: &App) -> String {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| app.render(frame)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let rows = (0..24)
        .map(|row| (0..80).map(|column| buffer[(column, row)].symbol().to_owned()).collect::<String>());
    // The second column of a wide character is a blank cell of its own.
    rows.collect::<Vec<_>>().join("\n").replace(' ', "")
}

fn shown(locale: &'static str, seen: Seen) -> (App, String) {
    let directory = tempfile::tempdir().unwrap();
    let mut app = app(directory.path(), locale);
    let commands = app.start(Some(ScreenId::Watch));
    assert!(
        commands.iter().any(|command| matches!(command, Command::Watch(Request::Follow))),
        "{commands:?}"
    );
    app.update(Message::Answer(Answer::Watch(Told::Seen(Box::new(seen)))));
    let picture = picture(&app);
    (app, picture)
}

#[test]
fn it_tells_what_waits_what_came_and_what_was_changed_by_hand() {
    let (mut app, english) = shown("en", seen());
    for part in [
        "process4711",
        "waiting3",
        "oldest5s",
        "lastevent12s",
        "callbacks12",
        "refusedexpired2",
        "testevent:seen",
        "title:Boss(IDaaS:Clerk)",
    ] {
        assert!(english.contains(part), "{part} is missing in\n{english}");
    }
    let commands = app.update(Message::Key(Key::Char('r')));
    let [Command::Watch(Request::Decide { source_id, decision, .. })] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert_eq!((source_id.as_str(), *decision), ("user_a", DriftDecision::Reapply));
    let commands = app.update(Message::Key(Key::Char('a')));
    assert!(
        matches!(
            commands.as_slice(),
            [Command::Watch(Request::Decide { decision: DriftDecision::Accept, .. })]
        ),
        "{commands:?}"
    );
    let (_, chinese) = shown("zh-CN", seen());
    for part in ["待处理3", "测试事件：已收到", "在钉钉中被手动修改（1）", "在IDaaS中配置"]
    {
        assert!(chinese.contains(part), "{part} is missing in\n{chinese}");
    }
}

#[test]
fn without_a_following_process_it_says_how_to_start_one_and_explains_the_set_up() {
    let nobody = Seen { status: None, drift: Vec::new(), ..seen() };
    let (mut app, english) = shown("en", nobody);
    assert!(english.contains("dingsyncwatch"), "{english}");
    app.update(Message::Key(Key::Tab));
    app.update(Message::Key(Key::End));
    let last = picture(&app);
    assert!(last.contains("Testconnection"), "{last}");
    let commands = app.update(Message::Key(Key::Char('r')));
    assert!(matches!(commands.as_slice(), []), "nothing can be written back from the set-up: {commands:?}");
}
