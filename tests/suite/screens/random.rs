//! Any events in any order: nothing panics, the focus stays valid, no secret leaves its field.

use dingsync::core::check::{CheckId, CheckStatus, Finding};
use dingsync::tui::dispatch::{self, Way};
use dingsync::tui::keys::{Action, Key};
use dingsync::tui::message::{Answer, Command, Message};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::{application, permissions};
use proptest::prelude::*;

use super::stage::{CHINESE, ENGLISH, NOW, Stage, WHOLE};

const SECRET: &str = "S3cret-never-shown";

#[derive(Debug, Clone)]
enum Step {
    Key(Key),
    Paste(String),
    Resize(u16, u16),
    Tick(i64),
    Check(usize, CheckStatus),
    Tried(usize, CheckStatus),
    Save,
}

fn keys() -> impl Strategy<Value = Key> {
    let of_actions: Vec<Key> = Action::ALL.iter().flat_map(|action| action.keys().iter().copied()).collect();
    prop_oneof![
        4 => prop::sample::select(of_actions),
        2 => prop::sample::select(vec![Key::Tab, Key::BackTab, Key::Enter, Key::Esc, Key::Up, Key::Down]),
        2 => any::<char>().prop_map(Key::Char),
        1 => Just(Key::Backspace),
    ]
}

fn status() -> impl Strategy<Value = CheckStatus> {
    prop::sample::select(vec![CheckStatus::Pass, CheckStatus::Warn, CheckStatus::Fail, CheckStatus::NotRun])
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => keys().prop_map(Step::Key),
        1 => "\\PC{0,20}|[\\x00-\\x1f]{1,4}".prop_map(Step::Paste),
        1 => (0u16..220, 0u16..70).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        1 => (0i64..20_000).prop_map(Step::Tick),
        1 => (0usize..15, status()).prop_map(|(item, status)| Step::Check(item, status)),
        1 => (0usize..15, status()).prop_map(|(item, status)| Step::Tried(item, status)),
        1 => Just(Step::Save),
    ]
}

fn play(stage: &mut Stage, step: Step) -> Vec<Command> {
    let finding = |status| Finding::new(status, "found");
    let message = match step {
        Step::Key(key) => Message::Key(key),
        Step::Paste(text) => Message::Paste(text),
        Step::Resize(columns, rows) => Message::Resize(columns, rows),
        Step::Tick(ms) => Message::Tick(NOW + ms),
        Step::Check(item, status) => Message::Answer(Answer::Permissions(permissions::Answer::Item {
            item: finding(status).into_item(CheckId::ALL[item]),
            elapsed_ms: 1,
        })),
        Step::Tried(item, status) => Message::Answer(Answer::Application(application::Answer::Tried {
            id: CheckId::ALL[item],
            finding: finding(status),
            elapsed_ms: 1,
        })),
        Step::Save => {
            let (draft, file) = (stage.app.shared.draft.clone(), stage.app.shared.file.clone());
            Message::Answer(Answer::Saved { draft: Box::new(draft), result: Ok(Box::new(file)) })
        }
    };
    stage.app.update(message)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_what_is_offered_can_be_done(
        steps in prop::collection::vec(step(), 1..60),
        is_new in any::<bool>(),
        is_chinese in any::<bool>(),
        first in prop::sample::select(ScreenId::ALL.to_vec()),
    ) {
        let look = if is_chinese { CHINESE } else { ENGLISH };
        let mut stage = Stage::new((!is_new).then_some(WHOLE), look, Some(first));
        stage.app.shared.draft.app_secret =
            dingsync::tui::draft::DraftSecret::Typed(secrecy::SecretString::from(SECRET));
        for step in steps {
            for command in play(&mut stage, step) {
                match command {
                    Command::Copy(text) | Command::Note(text) | Command::Farewell(text)
                    | Command::WriteFile { text, .. } => prop_assert!(!text.contains(SECRET)),
                    _ => {}
                }
            }
            let (columns, rows) = stage.app.shared.size;
            stage.draw(columns, rows);
            // Every hint of the footer does something now.
            let (offers, is_typing) = (stage.app.offers(), stage.app.is_typing());
            for hint in dispatch::hints(&offers, is_typing, "en") {
                for action in hint.actions {
                    let key = action.key(is_typing).unwrap();
                    prop_assert!(matches!(dispatch::way(key, &offers, is_typing), Way::Act(_)));
                }
            }
        }
    }
}
