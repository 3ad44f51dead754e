//! Rows left out of a run: what goes with them, and that what is left is a plan of its own.

use std::collections::BTreeSet;

use dingsync::core::leave_out::{Dependants, LeftOut};
use dingsync::core::plan::{Approval, Plan};
use dingsync::core::planner::budget;
use dingsync::core::profile::Leavers;
use dingsync::core::saved;

use super::planned::{Company, outcome};

fn index(plan: &Plan, id: &str) -> usize {
    plan.changes.iter().position(|change| change.source_id.as_deref() == Some(id)).unwrap()
}

fn left_out(company: &Company, plan: &Plan, ids: &[&str]) -> (Vec<String>, Plan) {
    let chosen: BTreeSet<usize> = ids.iter().map(|id| index(plan, id)).collect();
    let rows = Dependants::of(plan, &company.target).spread(&chosen);
    let names = rows.keys().filter_map(|row| plan.changes[*row].source_id.clone()).collect();
    (names, plan.without(&rows, &company.profile.limits, &company.memory))
}

/// The reduced plan is applied as it is: nothing of it is stale against a new preview.
fn is_applied_as_it_is(company: &Company, reduced: &Plan) {
    assert!(reduced.verify_id());
    let text = serde_json::to_string(&reduced.document(false)).unwrap();
    let saved: Plan = serde_json::from_str(&text).unwrap();
    assert!(saved.verify_id());
    let fresh = company.plan();
    let (plan, stale) = saved::reconcile(saved, &fresh, &company.profile.limits, &company.memory);
    assert_eq!(stale, []);
    assert_eq!(plan.writes(), reduced.writes());
}

#[test]
fn a_department_that_is_not_made_takes_along_what_was_to_be_in_it() {
    let mut company = Company::new();
    company.unit("ou_x", "X", Some("ou_root"));
    company.unit("ou_x_below", "Below", Some("ou_x"));
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.account("b", "B", "13800000002", "", &["ou_x_below"]);
    company.account("c", "C", "13800000003", "", &["ou_root", "ou_x"]);
    let plan = company.plan();
    let (names, reduced) = left_out(&company, &plan, &["ou_x"]);
    assert_eq!(names, ["ou_x", "ou_x_below", "b", "c"]);
    assert_eq!(reduced.summary.users.create, 1);
    assert_eq!(reduced.calls.write, 1);
    assert_ne!(reduced.plan_id, plan.plan_id);
    is_applied_as_it_is(&company, &reduced);
}

#[test]
fn who_takes_a_value_over_waits_for_who_gives_it_up() {
    let mut company = Company::new();
    company.account("a", "A", "13800000001", "new@example.com", &["ou_root"]);
    company.account("b", "B", "13800000002", "desk@example.com", &["ou_root"]);
    company.user("u1", "A", "13800000001", "desk@example.com", &[1]);
    company.user("u2", "B", "13800000002", "b@example.com", &[1]);
    company.bind("a", "u1");
    company.bind("b", "u2");
    let plan = company.plan();
    assert_eq!(left_out(&company, &plan, &["a"]).0, ["a", "b"]);
    assert_eq!(left_out(&company, &plan, &["b"]).0, ["b"]);
    let chosen = BTreeSet::from([index(&plan, "a")]);
    let rows = Dependants::of(&plan, &company.target).spread(&chosen);
    assert_eq!(rows[&index(&plan, "b")], LeftOut::Needs(index(&plan, "a")));
}

#[test]
fn a_department_is_not_removed_while_somebody_stays_in_it() {
    let mut company = Company::new();
    company.profile.scenario.leavers = Leavers::Remove;
    company.department(20, "Gone", Some(1));
    company.bind_department("ou_gone", 20);
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.user("u1", "A", "13800000001", "", &[1]);
    company.user("u2", "B", "13800000002", "", &[20]);
    company.bind("a", "u1");
    company.bind("b", "u2");
    let plan = company.plan();
    assert_eq!(outcome(&plan, "ou_gone"), "remove/gone");
    assert_eq!(left_out(&company, &plan, &["b"]).0, ["ou_gone", "b"]);
}

#[test]
fn removals_left_out_no_longer_count_against_the_limits() {
    let mut company = Company::new();
    company.profile.scenario.leavers = Leavers::Remove;
    company.profile.limits.remove_users = 1;
    company.profile.limits.remove_percent = 100;
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.user("u0", "A", "13800000001", "", &[1]);
    company.bind("a", "u0");
    for number in 1..=2 {
        company.user(&format!("u{number}"), "L", &format!("1380000010{number}"), "", &[1]);
        company.bind(&format!("l{number}"), &format!("u{number}"));
    }
    let plan = company.plan();
    assert_eq!(plan.limits.len(), 1);
    let used = budget(&plan, &company.profile.limits, &company.memory);
    assert!(used.iter().any(|used| used.limit == "remove_users" && used.planned == 2 && used.is_exceeded()));
    let (_, reduced) = left_out(&company, &plan, &["l1"]);
    assert_eq!(reduced.limits, []);
    is_applied_as_it_is(&company, &reduced);
    let (plan, _) = saved::reconcile(reduced, &company.plan(), &company.profile.limits, &company.memory);
    assert!(plan.permits(&Approval { removals: None }).is_ok(), "the limits of what it writes decide");
}
