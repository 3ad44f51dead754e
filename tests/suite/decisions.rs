//! Decisions on conflicts, in every kind of conflict: what they lead to, and that nobody is ever removed by one.

use dingsync::core::journal::Decision;
use dingsync::core::profile::{IdentityField, Leavers};
use dingsync::core::source::{AccountId, UnitId};
use dingsync::core::target::UserId;

use super::planned::{Company, outcome, row};

fn decide(company: &mut Company, account: &str, decision: Decision) {
    company.memory.decisions.insert(AccountId(account.into()), decision);
}

fn link_to(user: &str) -> Decision {
    Decision::LinkTo(UserId(user.into()))
}

/// Two users have one name, by which people are recognised.
fn ambiguous() -> Company {
    let mut company = Company::new();
    company.profile.mapping.identity = vec![IdentityField::Name];
    company.account("a", "Ann Lee", "13800000001", "", &["ou_root"]);
    company.user("u1", "Ann Lee", "", "", &[1]);
    company.user("u2", "Ann Lee", "", "", &[1]);
    company
}

#[test]
fn several_users_fit_link_to_one_of_them_or_leave_the_account_out() {
    let mut company = ambiguous();
    assert_eq!(outcome(&company.plan(), "a"), "conflict/ambiguous_match");
    decide(&mut company, "a", link_to("u2"));
    let plan = company.plan();
    assert_eq!((outcome(&plan, "a").as_str(), row(&plan, "a").target_id.as_deref()), ("link", Some("u2")));
    for decision in [Decision::LeaveOut, Decision::Keep] {
        decide(&mut company, "a", decision);
        let plan = company.plan();
        assert_eq!(outcome(&plan, "a"), "-");
        assert_eq!(plan.source.ignored, 1);
        assert_eq!(plan.summary.users.unmanaged, 2);
    }
}

#[test]
fn one_value_of_two_accounts_goes_to_the_one_that_is_not_left_out() {
    let mut company = Company::new();
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.account("b", "B", "13800000001", "", &["ou_root"]);
    let plan = company.plan();
    assert_eq!(outcome(&plan, "a"), "conflict/duplicate_in_source");
    assert_eq!(outcome(&plan, "b"), "conflict/duplicate_in_source");
    decide(&mut company, "b", Decision::LeaveOut);
    let plan = company.plan();
    assert_eq!((outcome(&plan, "a").as_str(), outcome(&plan, "b").as_str()), ("create", "-"));
}

#[test]
fn of_two_accounts_with_one_mobile_the_linked_one_shares_nothing() {
    let mut company = Company::new();
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.account("b", "B", "13800000001", "", &["ou_root"]);
    company.user("u1", "A", "13800000009", "", &[1]);
    decide(&mut company, "a", link_to("u1"));
    let plan = company.plan();
    assert_eq!((outcome(&plan, "a").as_str(), outcome(&plan, "b").as_str()), ("link", "create"));
}

#[test]
fn several_accounts_fit_one_user_and_the_decided_one_gets_it() {
    let mut company = Company::new();
    company.profile.mapping.identity = vec![IdentityField::Name];
    company.account("a", "Ann Lee", "13800000001", "", &["ou_root"]);
    company.account("b", "Ann Lee", "13800000002", "", &["ou_root"]);
    company.user("u1", "Ann Lee", "", "", &[1]);
    let plan = company.plan();
    assert_eq!(outcome(&plan, "a"), "conflict/same_target");
    decide(&mut company, "a", link_to("u1"));
    let plan = company.plan();
    assert_eq!((outcome(&plan, "a").as_str(), outcome(&plan, "b").as_str()), ("link", "create"));
    decide(&mut company, "a", Decision::Keep);
    let plan = company.plan();
    assert_eq!((outcome(&plan, "a").as_str(), outcome(&plan, "b").as_str()), ("-", "link"));
}

#[test]
fn a_value_of_somebody_else_stays_theirs_and_the_rest_is_written() {
    let mut company = Company::new();
    company.account("a", "New Name", "13800000001", "shared@example.com", &["ou_root"]);
    company.user("u1", "Old Name", "13800000001", "own@example.com", &[1]);
    company.user("u2", "Other", "13800000002", "shared@example.com", &[1]);
    company.bind("a", "u1");
    assert_eq!(outcome(&company.plan(), "a"), "conflict/value_taken");
    decide(&mut company, "a", Decision::Keep);
    let plan = company.plan();
    assert_eq!(outcome(&plan, "a"), "update");
    let fields: Vec<&str> = row(&plan, "a").fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["name"]);
    company.target.users[0].fields[1].1 = "New Name".into();
    assert_eq!(outcome(&company.plan(), "a"), "unchanged", "the preview after it is empty");
}

#[test]
fn a_new_account_whose_mobile_is_taken_is_linked_to_its_holder() {
    let mut company = Company::new();
    company.profile.mapping.identity = Vec::new();
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.user("u1", "B", "13800000001", "", &[1]);
    assert_eq!(outcome(&company.plan(), "a"), "conflict/value_taken");
    decide(&mut company, "a", link_to("u1"));
    assert_eq!(outcome(&company.plan(), "a"), "link");
}

#[test]
fn a_value_two_bound_accounts_share_is_kept_by_one_of_them() {
    let mut company = Company::new();
    company.account("a", "A", "13800000001", "desk@example.com", &["ou_root"]);
    company.account("b", "B", "13800000002", "desk@example.com", &["ou_root"]);
    company.user("u1", "A", "13800000001", "a@example.com", &[1]);
    company.user("u2", "B", "13800000002", "", &[1]);
    company.bind("a", "u1");
    company.bind("b", "u2");
    decide(&mut company, "a", Decision::Keep);
    let plan = company.plan();
    assert_eq!((outcome(&plan, "a").as_str(), outcome(&plan, "b").as_str()), ("unchanged", "update"));
}

#[test]
fn two_units_of_one_name_one_left_out_with_everything_below_it() {
    let mut company = Company::new();
    company.unit("ou_x", "Sales", Some("ou_root"));
    company.unit("ou_y", "Sales", Some("ou_root"));
    company.unit("ou_y_below", "East", Some("ou_y"));
    company.account("a", "A", "13800000001", "", &["ou_y_below"]);
    assert_eq!(outcome(&company.plan(), "ou_x"), "conflict/duplicate_sibling");
    company.memory.left_out_units.insert(UnitId("ou_y".into()));
    let plan = company.plan();
    assert_eq!(outcome(&plan, "ou_x"), "create");
    assert_eq!(outcome(&plan, "ou_y"), "-");
    assert_eq!(outcome(&plan, "ou_y_below"), "-");
    assert_eq!(outcome(&plan, "a"), "-");
    assert_eq!((plan.source.accounts, plan.source.ignored), (1, 1), "the scope did not shrink");
}

#[test]
fn a_decision_never_removes_anybody_nor_takes_them_out_of_a_department() {
    let mut company = Company::new();
    company.profile.scenario.leavers = Leavers::Remove;
    company.unit("ou_x", "X", Some("ou_root"));
    company.department(20, "X", Some(1));
    company.bind_department("ou_x", 20);
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.account("b", "B", "13800000002", "", &["ou_x"]);
    company.account("c", "C", "13800000003", "", &["ou_root"]);
    company.user("u1", "A", "13800000001", "", &[1]);
    company.user("u2", "B", "13800000002", "", &[20]);
    company.user("u3", "C", "13800000003", "", &[1, 20]);
    for (account, user) in [("a", "u1"), ("b", "u2"), ("c", "u3")] {
        company.bind(account, user);
    }
    decide(&mut company, "a", Decision::LeaveOut);
    company.memory.left_out_units.insert(UnitId("ou_x".into()));
    let plan = company.plan();
    for (id, expected) in
        [("a", "hold/excluded"), ("b", "hold/excluded"), ("ou_x", "hold/excluded"), ("c", "unchanged")]
    {
        assert_eq!(outcome(&plan, id), expected, "{id}");
    }
    assert_eq!(plan.writes(), 0);
}

#[test]
fn a_decision_for_a_user_who_is_bound_to_another_account_is_not_taken() {
    let mut company = Company::new();
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.account("b", "B", "13800000002", "", &["ou_root"]);
    company.user("u2", "B", "13800000002", "", &[1]);
    company.bind("b", "u2");
    decide(&mut company, "a", link_to("u2"));
    let plan = company.plan();
    assert_eq!((outcome(&plan, "a").as_str(), outcome(&plan, "b").as_str()), ("create", "unchanged"));
}
