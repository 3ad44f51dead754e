//! Whatever a run tells and whatever is pressed, in any order.

use dingsync::core::course::Course;
use dingsync::core::event::{Event, Outcome, PaceState, RunStatus};
use dingsync::core::line::{Line, Told as Word};
use dingsync::core::plan::Action;
use dingsync::tui::keys::Key;
use dingsync::tui::message::{Answer, Message};
use dingsync::tui::worker::run::Told;
use proptest::prelude::*;

use super::{CHINESE, START, app, finished, line, pace, picture, process, progress, record, started};

/// Anything that may come.
fn any_line() -> impl Strategy<Value = Line> {
    let at = 0i64..200_000;
    let outcome = prop_oneof![
        Just(Outcome::Applied),
        Just(Outcome::Failed),
        Just(Outcome::Skipped),
        Just(Outcome::Pending)
    ];
    let state = prop_oneof![
        Just(PaceState::Running),
        Just(PaceState::Throttled),
        Just(PaceState::Paused),
        Just(PaceState::Waiting)
    ];
    prop_oneof![
        at.clone().prop_map(|at| line(at, started())),
        at.clone().prop_map(|at| line(at, process())),
        (at.clone(), 0u64..9000, "\\PC{0,12}", outcome, "[a-z0-9\u{1b}]{0,6}").prop_map(
            |(at, seq, name, outcome, code)| {
                record(at, seq, &name, Action::Update, outcome, Some(code.as_str()).filter(|_| seq % 2 == 0))
            }
        ),
        (at.clone(), 0u64..9000, state).prop_map(|(at, done, state)| progress(at, done, state)),
        (at.clone(), 0.0..2000f64, 0.0..2000f64, 0u64..99, proptest::option::of(0u64..600))
            .prop_map(|(at, recent, limit, refused, paused)| pace(at, recent, limit, refused, paused)),
        Just(finished(RunStatus::Cancelled)),
        Just(finished(RunStatus::Success)),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let key = prop_oneof![
        prop::sample::select(vec![
            Key::Enter,
            Key::Esc,
            Key::Up,
            Key::Down,
            Key::PageDown,
            Key::End,
            Key::Home,
            Key::Tab,
            Key::Ctrl('c')
        ]),
        prop::sample::select("nplfzSry?:".chars().collect::<Vec<_>>()).prop_map(Key::Char),
    ];
    prop_oneof![
        3 => key.prop_map(Message::Key),
        4 => (prop::collection::vec(any_line(), 0..20), any::<bool>())
            .prop_map(|(lines, is_alive)| Message::Answer(Answer::Run(Told::Lines(lines, is_alive)))),
        1 => Just(Message::Answer(Answer::Run(Told::Following("20260131-0003".into())))),
        1 => Just(Message::Answer(Answer::Run(Told::Idle))),
        1 => Just(Message::Answer(Answer::Run(Told::Starting))),
        1 => (1u16..220, 1u16..70).prop_map(|(columns, rows)| Message::Resize(columns, rows)),
        1 => (0i64..400_000).prop_map(|at| Message::Tick(START + at)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_the_picture_is_drawn_and_harmless(messages in prop::collection::vec(any_message(), 1..40)) {
        let mut app = app(CHINESE, (80, 24));
        for message in messages {
            app.update(message);
            let size = app.shared.size;
            let shown = picture(&app, size);
            prop_assert!(!shown.contains(char::from(0x1b)), "an escape");
        }
    }

    #[test]
    fn totals_never_run_backwards_within_a_process(lines in prop::collection::vec(any_line(), 0..60)) {
        let mut course = Course::default();
        for line in lines {
            let begins = matches!(line.told, Word::Event(Event::Started { .. }));
            let before = course.done;
            course.take(line);
            prop_assert!(begins || course.done >= before);
        }
    }
}
