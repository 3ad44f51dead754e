//! Whatever is pressed: no panic, a row in focus, nothing written unconfirmed.

use dingsync::core::planner::{candidates, department_candidates, explain};
use dingsync::tui::keys::{Action, Key};
use dingsync::tui::message::{Answer, Command, Message};
use dingsync::tui::worker::preview::{Request, Told};
use proptest::prelude::*;

use super::super::stage::{CHINESE, ENGLISH};
use super::{leavers, logon, shown, view_with};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_keys_in_any_order_leave_a_row_in_focus_and_start_nothing_unconfirmed(
        keys in prop::collection::vec(
            prop_oneof![
                6 => prop::sample::select(
                    Action::ALL.iter().flat_map(|action| action.keys().iter().copied()).collect::<Vec<_>>()
                ),
                1 => any::<char>().prop_map(Key::Char),
            ],
            1..80,
        ),
        columns in 10u16..220,
        rows in 5u16..70,
        is_chinese in any::<bool>(),
        has_logon in any::<bool>(),
    ) {
        let company = leavers();
        let read = || view_with(&company, Ok(has_logon.then(logon::read)));
        let mut stage = shown(read(), if is_chinese { CHINESE } else { ENGLISH });
        stage.app.update(Message::Resize(columns, rows));
        for key in keys {
            for command in stage.app.update(Message::Key(key)) {
                prop_assert!(!matches!(command, Command::Run(_)), "a run without a typed number");
                // The worker answers as it would.
                let answer = match command {
                    Command::Preview(Request::Read | Request::Decide(..)) => Told::Ready(read()),
                    Command::Preview(Request::Candidates(seen, id)) => {
                        let found = candidates(&seen.input(), &id).unwrap();
                        Told::Candidates(id, found)
                    }
                    Command::Preview(Request::UnitCandidates(seen, id)) => {
                        let found = department_candidates(&seen.input(), &id).unwrap();
                        Told::UnitCandidates(id, found)
                    }
                    Command::Preview(Request::Explain(seen, id)) => {
                        let Some(found) = explain(&seen.input(), seen.plan(), &id).unwrap() else { continue };
                        Told::Explained(Box::new(found))
                    }
                    _ => continue,
                };
                stage.app.update(Message::Answer(Answer::Preview(answer)));
            }
            stage.draw(columns, rows);
        }
    }
}
