//! Steps 3 and 4 under any events in any order, with answers that come at once, late or never: nothing panics, the
//! cursor stays on the picture, and what is offered can be done.

use dingsync::tui::dispatch::{self, Way};
use dingsync::tui::keys::{Action, Key};
use dingsync::tui::message::{Command, Message};
use dingsync::tui::screen::ScreenId;
use proptest::prelude::*;

use super::stage::{ASCII, CHINESE, Stage, WHOLE};

#[derive(Debug, Clone)]
enum Step {
    Key(Key),
    Word(&'static str),
    Paste(String),
    Resize(u16, u16),
    Answer,
    Forget,
}

fn keys() -> impl Strategy<Value = Key> {
    let of_actions: Vec<Key> = Action::ALL.iter().flat_map(|action| action.keys().iter().copied()).collect();
    prop_oneof![
        5 => prop::sample::select(of_actions),
        3 => prop::sample::select(vec![Key::Tab, Key::BackTab, Key::Enter, Key::Esc, Key::Up, Key::Down, Key::Char(' ')]),
        1 => any::<char>().prop_map(Key::Char),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let words =
        vec!["user.email", "Lower(", "欧阳", "ou_rd", "50200001", "extension.x", "\"", "If(a,", "title"];
    prop_oneof![
        12 => keys().prop_map(Step::Key),
        2 => prop::sample::select(words).prop_map(Step::Word),
        1 => "\\PC{0,20}|[\\x00-\\x1f]{1,4}".prop_map(Step::Paste),
        1 => (0u16..210, 0u16..70).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        3 => Just(Step::Answer),
        1 => Just(Step::Forget),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_events_in_any_order(
        steps in prop::collection::vec(step(), 1..80),
        is_scenario in any::<bool>(),
        is_open in any::<bool>(),
    ) {
        let settings = if is_open { WHOLE.split("[scenario]").next().unwrap() } else { WHOLE };
        let first = if is_scenario { ScreenId::Scenario } else { ScreenId::Mapping };
        let mut stage = Stage::new(Some(settings), if is_open { CHINESE } else { ASCII }, Some(first));
        for step in steps {
            match step {
                Step::Key(key) => {
                    stage.press(&[key]);
                }
                Step::Word(word) => {
                    stage.type_text(word);
                }
                Step::Paste(text) => {
                    stage.paste(&text);
                }
                Step::Resize(columns, rows) => drop(stage.app.update(Message::Resize(columns, rows))),
                Step::Answer => {
                    stage.survey();
                }
                Step::Forget => stage.commands.clear(),
            }
            stage.commands.retain(|command| matches!(command, Command::Survey(_)));
            let (columns, rows) = stage.app.shared.size;
            stage.draw(columns, rows);
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
