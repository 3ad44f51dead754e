//! Departments linked by hand: candidates, a typed id, what is refused, and a link that is ended again.

use dingsync::core::journal::Learned;
use dingsync::core::planner::department_candidates;
use dingsync::core::source::UnitId;
use dingsync::core::target::DepartmentId;
use dingsync::tui::keys::Key;
use dingsync::tui::worker::preview::{Request, Told};

use super::super::stage::{ENGLISH, Stage};
use super::{company, letters, ready, request, told, view};
use crate::planned::Company;

/// The unit's department was renamed in DingTalk, so nobody recognises it.
fn renamed() -> Company {
    let mut company = company();
    company.department(50, "Platform", Some(20));
    company.bind_department("ou_rd", 20);
    company
}

fn deciding(company: &Company, row: &str) -> Stage {
    let mut stage = ready(company, ENGLISH);
    stage.press(&letters(&format!("/{row}"))).press(&[Key::Enter]).press(&letters("v"));
    let Request::UnitCandidates(seen, unit) = request(&mut stage) else { panic!("no candidates asked for") };
    let found = department_candidates(&seen.input(), &unit).unwrap();
    stage.answer(told(Told::UnitCandidates(unit, found)));
    stage
}

#[test]
fn a_unit_is_linked_to_a_department_of_another_name_and_the_link_ends_again() {
    let mut company = renamed();
    let mut stage = deciding(&company, "ou_platform");
    insta::assert_snapshot!("link_unit", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    let Request::Decide(_, learned) = request(&mut stage) else { panic!("nothing decided") };
    assert_eq!(learned, [Learned::BindDepartment(UnitId("ou_platform".into()), DepartmentId(50))]);
    company.bind_department("ou_platform", 50);
    stage.answer(told(Told::Ready(view(&company))));
    let picture = stage.picture(120, 40);
    assert!(picture.contains("~ dept") && picture.contains("- Platform"), "renamed, not created\n{picture}");

    let mut stage = deciding(&company, "ou_platform");
    let ends =
        stage.picture(80, 24).lines().position(|line| line.contains("end the binding to department 50"));
    assert!(ends.is_some(), "{}", stage.picture(80, 24));
    while !stage.picture(80, 24).lines().any(|line| line.contains("> end the binding")) {
        stage.press(&[Key::Down]);
    }
    stage.press(&[Key::Enter]);
    let Request::Decide(_, learned) = request(&mut stage) else { panic!("nothing decided") };
    assert_eq!(learned, [Learned::UnbindDepartment(UnitId("ou_platform".into()))]);
}

#[test]
fn a_typed_department_must_be_there_and_free_and_no_target() {
    let company = renamed();
    let mut stage = deciding(&company, "ou_platform");
    while !stage.picture(80, 24).lines().any(|line| line.contains("> link to a department whose id")) {
        stage.press(&[Key::Down]);
    }
    stage.press(&[Key::Enter]);
    for (typed, why) in [
        ("x", "no department id"),
        ("77", "no department 77"),
        ("1", "the target of the scope"),
        ("30", "bound to ou_sales"),
    ] {
        stage.type_text(typed).press(&[Key::Enter]);
        let picture = stage.picture(80, 24);
        assert!(picture.contains(why), "{typed}: {why}\n{picture}");
        stage.press(&vec![Key::Backspace; typed.len()]);
    }
    stage.type_text("90").press(&[Key::Enter]);
    let Request::Decide(_, learned) = request(&mut stage) else { panic!("nothing decided") };
    assert_eq!(learned, [Learned::BindDepartment(UnitId("ou_platform".into()), DepartmentId(90))]);
}
