//! What only the demo has: its services end with it, and a day can pass at its company.

use dingsync::core::error::{Error, ErrorKind};
use dingsync::tui::day::{News, Standing};
use dingsync::tui::keys::Key;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::run::Told;

use super::stage::{CHINESE, ENGLISH, Stage, WHOLE};

fn demo(at: ScreenId) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(at));
    stage.app.shared.is_own_world = true;
    stage.app.shared.day = Standing::Offered;
    stage.commands.clear();
    stage
}

fn has_quit(stage: &Stage) -> bool {
    stage.commands.iter().any(|command| matches!(command, Command::Quit))
}

#[test]
fn leaving_in_the_middle_of_a_run_asks_once_because_the_run_ends_with_it() {
    let mut stage = demo(ScreenId::Sync);
    stage.answer(Answer::Run(Told::Starting));
    stage.press(&[Key::Ctrl('q')]);
    assert!(!has_quit(&stage));
    insta::assert_snapshot!("quit_demo", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    assert!(!has_quit(&stage) && stage.app.current() == ScreenId::Sync, "Enter stays");
    stage.press(&[Key::Ctrl('q'), Key::Right, Key::Enter]);
    assert!(has_quit(&stage));

    let mut stage = demo(ScreenId::Sync);
    stage.answer(Answer::Run(Told::Starting)).answer(Answer::Run(Told::Idle));
    stage.press(&[Key::Ctrl('q')]);
    assert!(has_quit(&stage), "nothing goes on any more");
}

#[test]
fn outside_the_demo_a_run_goes_on_and_nobody_is_asked() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Sync));
    stage.answer(Answer::Run(Told::Starting));
    stage.press(&[Key::Ctrl('q')]);
    assert!(has_quit(&stage));
}

#[test]
fn a_day_passes_on_the_screen_that_shows_following_and_says_what_happens() {
    let mut stage = demo(ScreenId::Overview);
    stage.press(&[Key::F(6)]);
    assert_eq!(stage.app.current(), ScreenId::Watch);
    assert!(stage.commands.iter().any(|command| matches!(command, Command::Day)), "{:?}", stage.commands);
    let says = [("en", "A newcomer joins"), ("zh-CN", "新员工入职")];
    let says = || News::Says(says.iter().map(|(l, s)| ((*l).to_owned(), (*s).to_owned())).collect());
    stage.answer(Answer::Day(says()));
    assert!(stage.picture(80, 24).contains("A newcomer joins"));
    stage.app.shared.look = CHINESE;
    stage.answer(Answer::Day(says()));
    assert!(stage.picture(80, 24).contains("新员工入职"));

    stage.commands.clear();
    stage.press(&[Key::F(6)]);
    assert!(stage.commands.is_empty(), "one day at a time: {:?}", stage.commands);
    stage.press(&[Key::Ctrl('q')]);
    assert!(!has_quit(&stage), "the day ends with the program");
    stage.press(&[Key::Esc]).answer(Answer::Day(News::Over(Ok(()))));
    stage.press(&[Key::Ctrl('q')]);
    assert!(has_quit(&stage));
}

#[test]
fn the_overview_offers_the_day_as_the_last_thing_to_do() {
    let mut stage = demo(ScreenId::Sync);
    stage.press(&[Key::Ctrl('o')]);
    assert!(stage.picture(80, 24).contains("Demo day"), "{}", stage.picture(80, 24));
    stage.press(&[Key::End, Key::Enter]);
    assert_eq!(stage.app.current(), ScreenId::Watch);
    assert!(stage.commands.iter().any(|command| matches!(command, Command::Day)), "{:?}", stage.commands);
}

#[test]
fn a_day_that_cannot_begin_says_why_and_can_be_tried_again() {
    let mut stage = demo(ScreenId::Watch);
    stage.press(&[Key::F(6)]);
    let error = Error::new(ErrorKind::Approval, "no full synchronization has finished yet")
        .with_hint("run `dingsync sync` first");
    stage.answer(Answer::Day(News::Over(Err(error))));
    let picture = stage.picture(120, 40);
    assert!(picture.contains("no full synchronization has finished yet; run"), "{picture}");
    stage.commands.clear();
    stage.press(&[Key::F(6)]);
    assert!(stage.commands.iter().any(|command| matches!(command, Command::Day)), "{:?}", stage.commands);
}

#[test]
fn without_a_company_there_is_no_day() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Watch));
    stage.commands.clear();
    stage.press(&[Key::F(6)]);
    assert!(stage.commands.is_empty(), "{:?}", stage.commands);
}
