//! Committing: the typed numbers, what was read again, what stands against it.

use std::sync::Arc;

use dingsync::core::plan::Entity;
use dingsync::core::saved::Stale;
use dingsync::live::Errand;
use dingsync::tui::keys::Key;
use dingsync::tui::message::Command;
use dingsync::tui::worker::preview::{Request, Told};
use dingsync::tui::worker::run;

use super::super::stage::ENGLISH;
use super::{company, leavers, letters, ready, request, told, view};

#[test]
fn the_number_of_writes_is_typed_before_anything_is_written() {
    let company = company();
    let mut stage = ready(&company, ENGLISH);
    let writes = company.plan().writes();
    stage.press(&letters("c"));
    insta::assert_snapshot!("preview_confirm", stage.picture(80, 24));
    stage.type_text("1").press(&[Key::Enter]);
    assert!(stage.commands.is_empty(), "{:?}", stage.commands);
    assert!(stage.picture(80, 24).contains(&format!("the number of records to write is {writes}")));
    stage.press(&[Key::Backspace]).type_text(&writes.to_string()).press(&[Key::Enter]);
    assert!(matches!(request(&mut stage), Request::Verify(..)));
    stage.answer(told(Told::Reading(3, 4)));
    insta::assert_snapshot!("preview_verifying", stage.picture(80, 24));
    stage.answer(told(Told::Holds(Arc::new(company.plan()))));
    let started = stage.commands.iter().any(|command| {
        matches!(command, Command::Run(run::Request::Start(Errand::Sync { removals: None, .. }, "en")))
    });
    assert!(started, "{:?}", stage.commands);
    assert!(stage.picture(80, 24).contains("The run is being started"), "{}", stage.picture(80, 24));
}

#[test]
fn a_commit_that_was_called_off_starts_nothing_even_when_the_answer_is_under_way() {
    let company = company();
    let mut stage = ready(&company, ENGLISH);
    stage.press(&letters("c")).type_text(&company.plan().writes().to_string()).press(&[Key::Enter, Key::Esc]);
    assert!(matches!(request(&mut stage), Request::Stop));
    stage.answer(told(Told::Holds(Arc::new(company.plan()))));
    assert!(!stage.commands.iter().any(|command| matches!(command, Command::Run(_))));
}

#[test]
fn what_moved_since_is_shown_and_the_new_plan_is_looked_at() {
    let mut company = company();
    let mut stage = ready(&company, ENGLISH);
    stage.press(&letters("c")).type_text(&company.plan().writes().to_string()).press(&[Key::Enter]);
    company.source.accounts.retain(|account| account.id != "user_a1");
    let stale = Stale { entity: Entity::User, id: "user_a1".into(), name: "王伟明".into() };
    stage.answer(told(Told::Moved(vec![stale], view(&company))));
    insta::assert_snapshot!("preview_moved", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    assert!(!stage.picture(80, 24).contains("王伟明"));
    assert!(!stage.commands.iter().any(|command| matches!(command, Command::Run(_))));
}

#[test]
fn removals_beyond_their_limit_need_their_exact_number() {
    let company = leavers();
    let plan = company.plan();
    let mut stage = ready(&company, ENGLISH);
    stage.press(&letters("5")).press(&letters("c"));
    stage.type_text(&plan.writes().to_string()).press(&[Key::Enter]);
    insta::assert_snapshot!("preview_confirm_removals", stage.picture(80, 24));
    assert!(stage.commands.is_empty(), "{:?}", stage.commands);
    stage.type_text(&plan.removals().to_string()).press(&[Key::Enter]);
    assert!(matches!(request(&mut stage), Request::Verify(..)));
    stage.answer(told(Told::Holds(Arc::new(plan.clone()))));
    let removals = stage.commands.iter().find_map(|command| match command {
        Command::Run(run::Request::Start(Errand::Sync { removals, .. }, _)) => *removals,
        _ => None,
    });
    assert_eq!(removals, Some(plan.removals()));
}

#[test]
fn rows_left_out_bring_a_plan_below_its_limit() {
    let company = leavers();
    let mut stage = ready(&company, ENGLISH);
    assert!(stage.picture(80, 24).contains("! people removed: 7, allowed 3"));
    stage.press(&letters("5X")).press(&[Key::Esc]);
    assert!(!stage.picture(80, 24).contains("people removed: 7, allowed 3"));
}

#[test]
fn a_limit_no_approval_lifts_blocks_the_commit_with_its_reason() {
    let mut company = company();
    company.memory.finished_full_syncs = 1;
    company.profile.limits.update_percent = 1;
    let mut stage = ready(&company, ENGLISH);
    stage.press(&letters("c")).type_text("1");
    insta::assert_snapshot!("preview_confirm_blocked", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    assert!(stage.commands.is_empty(), "{:?}", stage.commands);
}
