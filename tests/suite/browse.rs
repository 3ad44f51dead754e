//! Looking through a plan: order, branches, filters, search, problems.

use std::sync::Arc;

use dingsync::core::browse::{Browser, Filter, Kind, RowSet};
use dingsync::core::cost::Cost;
use dingsync::core::field::FieldName;
use dingsync::core::plan::{Entity, Reason, Warning};

use super::planned::Company;

/// A company with a row of many kinds: units of two levels, a moved person, a linked, a blocked, an unmanaged one.
fn company() -> Company {
    let mut company = Company::new();
    company.unit("ou_rd", "研发中心", Some("ou_root"));
    company.unit("ou_platform", "平台组", Some("ou_rd"));
    company.unit("ou_sales", "市场部", Some("ou_root"));
    company.department(20, "研发中心", Some(1));
    company.department(30, "市场部", Some(1));
    company.department(40, "Visitors", Some(1));
    company.bind_department("ou_sales", 30);
    company.account("a", "王伟明", "13800000001", "wang@example.com", &["ou_platform"]);
    company.account("b", "欧阳娜娜", "13800000002", "new@example.com", &["ou_rd"]);
    company.account("c", "Ann Lee", "13800000003", "", &["ou_sales"]);
    company.account("d", "陈艳", "", "", &["ou_rd"]);
    company.user("u2", "欧阳娜娜", "13800000002", "old@example.com", &[20]);
    company.user("u3", "Ann Lee", "13800000003", "", &[40, 30, 20]);
    company.user("u9", "Guest", "13800000009", "", &[40]);
    company.bind("c", "u3");
    company
}

fn browser(company: &Company) -> Browser {
    Browser::new(Arc::new(company.plan()), &company.input())
}

fn ids(browser: &Browser, filter: &Filter) -> Vec<String> {
    let rows = browser.hits(filter).rows;
    rows.iter().map(|row| browser.change(*row).unwrap().id().to_owned()).collect()
}

#[test]
fn departments_come_first_and_what_says_nothing_is_shown_when_asked_for() {
    let company = company();
    let browser = browser(&company);
    assert_eq!(ids(&browser, &Filter::default()), ["ou_rd", "ou_sales", "ou_platform", "a", "b", "c", "d"]);
    let every = Filter { every: true, ..Filter::default() };
    assert_eq!(ids(&browser, &every).len(), 9);
    let unmanaged = Filter { kind: Some(Kind::Unmanaged), ..Filter::default() };
    assert_eq!(ids(&browser, &unmanaged), ["40", "u9"]);
}

#[test]
fn every_filter_narrows_and_they_hold_together() {
    let company = company();
    let browser = browser(&company);
    let by = |filter: Filter| ids(&browser, &filter);
    assert_eq!(by(Filter { kind: Some(Kind::Link), ..Filter::default() }), ["ou_rd", "b"]);
    assert_eq!(by(Filter { field: Some(FieldName::new("email")), ..Filter::default() }), ["a", "b"]);
    assert_eq!(by(Filter { reason: Some(Reason::MissingMobile), ..Filter::default() }), ["d"]);
    assert_eq!(by(Filter { warning: Some(Warning::OutsideTarget), ..Filter::default() }).len(), 0);
    let both = Filter { kind: Some(Kind::Link), field: Some(FieldName::new("email")), ..Filter::default() };
    assert_eq!(by(both), ["b"]);
}

#[test]
fn text_is_found_in_names_ids_departments_and_whole_mobiles() {
    let company = company();
    let browser = browser(&company);
    let by = |text: &str| ids(&browser, &Filter { text: text.into(), ..Filter::default() });
    assert_eq!(by("欧阳"), ["b"]);
    assert_eq!(by("ANN"), ["c"]);
    assert_eq!(by("u2"), ["b"]);
    assert_eq!(by("13800000003"), ["c"], "the mobile of a user whose row does not change it");
    assert_eq!(by("13800000001"), ["a"]);
    assert_eq!(by("平台组"), ["ou_platform", "a"]);
    assert_eq!(by("example.com 平台"), ["a"]);
    assert!(by("nobody").is_empty());
    assert_eq!(by("wang\n平台"), ["a"], "a line end separates words");
}

#[test]
fn the_tree_is_the_one_of_after_the_plan_with_its_changes_by_branch() {
    let company = company();
    let browser = browser(&company);
    let tree = browser.tree();
    let shown: Vec<(u32, &str, u32)> =
        tree.branches().iter().map(|b| (b.depth, b.name.as_str(), b.counts.listed())).collect();
    assert_eq!(
        shown,
        [(0, "Acme", 7), (1, "Visitors", 1), (1, "市场部", 2), (1, "研发中心", 6), (2, "平台组", 2)]
    );
    let place = |name: &str| {
        u32::try_from(tree.branches().iter().position(|branch| branch.name == name).unwrap()).unwrap()
    };
    let below = |name: &str| ids(&browser, &Filter { branch: Some(place(name)), ..Filter::default() });
    assert_eq!(below("平台组"), ["ou_platform", "a"]);
    // Whoever leaves a department is found there too, and somebody in two departments in both.
    assert_eq!(below("研发中心"), ["ou_rd", "ou_platform", "a", "b", "c", "d"]);
    let row = browser.find(Entity::User, "a").unwrap();
    assert_eq!(tree.path_of(row), "研发中心/平台组");
    assert_eq!(tree.path_of_reference("new:ou_platform").as_deref(), Some("研发中心/平台组"));
}

#[test]
fn calls_are_counted_by_interface_as_the_plan_counts_them() {
    let company = company();
    let plan = company.plan();
    let mut cost = Cost::of(&plan.changes);
    assert_eq!(cost.calls(), plan.calls.write);
    assert!(cost.seconds(20.0) > 0.0);
    plan.changes.iter().for_each(|change| cost.take(change));
    assert_eq!((cost.calls(), cost.iter().count()), (0, 0));
}

#[test]
fn rows_left_out_are_not_counted() {
    let company = company();
    let browser = browser(&company);
    let row = browser.find(Entity::User, "a").unwrap();
    let (_, all) = browser.counts(&RowSet::new(9));
    let (_, fewer) = browser.counts(&RowSet::of(9, [row]));
    assert_eq!(all.of(Kind::Create), fewer.of(Kind::Create) + 1);
}
