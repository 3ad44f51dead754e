//! Surveys of small made-up companies.

use super::*;
use crate::core::plan::{Entity, MatchedBy, Reason};
use crate::core::profile::{
    DisabledAccounts, Edition, IdentityField, Leavers, Mapping, MappingRow, OnEmpty, SafetyLimits, Scenario,
    ScopePair, When,
};
use crate::core::source::{Account, Membership, OrganizationalUnit, UnitId};
use crate::core::target::{Department, DepartmentId, Range, User, UserId};

fn unit(id: &str, parent: Option<&str>) -> OrganizationalUnit {
    OrganizationalUnit {
        id: id.into(),
        name: format!("unit {id}"),
        parent: parent.map(str::to_owned),
        ..OrganizationalUnit::default()
    }
}

fn account(number: usize, units: &[&str]) -> Account {
    let membership = |unit: &&str| Membership { unit: UnitId((*unit).into()), name: None, primary: false };
    Account {
        id: format!("user_{number:06}"),
        username: Some(format!("person{number}")),
        display_name: Some(format!("Person {number}")),
        email: Some(format!("p{number}@example.com")),
        phone_region: Some("86".into()),
        phone_number: Some(format!("138{number:08}")),
        enabled: true,
        units: units.iter().map(membership).collect(),
        ..Account::default()
    }
}

fn department(id: i64, parent: Option<i64>) -> Department {
    Department {
        id: DepartmentId(id),
        parent: parent.map(DepartmentId),
        name: format!("department {id}"),
        source_identifier: None,
        fields: Vec::new(),
        is_foreign: id == 90,
    }
}

fn user(number: usize, email: &str) -> User {
    User {
        id: UserId(format!("u{number}")),
        mobile: Some(format!("+86138{number:08}")),
        departments: vec![DepartmentId(1)],
        fields: vec![("email".into(), email.into()), ("name".into(), format!("Person {number}"))],
        is_administrator: false,
        is_active: true,
    }
}

/// Root with `a` (and `b` below it) and `c`; person 3 sits in `b` and `c`; DingTalk knows persons 0 and 1.
fn survey() -> Survey {
    Survey {
        source: SourceSnapshot {
            units: vec![
                unit("a", Some("root")),
                unit("b", Some("a")),
                unit("c", Some("root")),
                unit("root", None),
            ],
            accounts: vec![
                account(0, &["root"]),
                account(1, &["a"]),
                account(2, &["b"]),
                account(3, &["b", "c"]),
                account(4, &[]),
            ],
            calls: 5,
        },
        target: TargetSnapshot {
            departments: vec![
                department(1, None),
                department(20, Some(1)),
                department(21, Some(20)),
                department(90, Some(1)),
            ],
            users: vec![user(0, "old@example.com"), user(1, "p1@example.com")],
            is_complete: true,
            range: Range::All,
            unreadable: BTreeSet::new(),
            calls: 4,
            read_at_ms: 0,
        },
        memory: Memory::default(),
        detail: Detail::Memberships,
        user_fields: BTreeSet::new(),
        read_at_ms: 1_000,
    }
}

fn profile(scope: &[(&[&str], i64)]) -> Profile {
    Profile {
        display_name: "Test".into(),
        instance_id: "i".into(),
        corp_id: "c".into(),
        edition: Edition::Standard,
        scenario: Scenario {
            scope: scope.iter().map(|(sources, target)| pair(sources, *target)).collect(),
            create_source_unit: false,
            incremental: false,
            qr_logon: false,
            include: String::new(),
            disabled_accounts: DisabledAccounts::Keep,
            leavers: Leavers::Hold,
            leavers_department: None,
        },
        mapping: Mapping { identity: vec![IdentityField::Mobile], user: Vec::new(), department: Vec::new() },
        limits: SafetyLimits::default(),
    }
}

fn pair(sources: &[&str], target: i64) -> ScopePair {
    let sources = sources.iter().map(|unit| UnitId((*unit).into())).collect();
    ScopePair { sources, target: DepartmentId(target) }
}

fn row(field: &str, value: &str) -> MappingRow {
    let (when, on_empty) = (When::Always, OnEmpty::Skip);
    MappingRow { label: String::new(), field: field.into(), value: value.into(), when, on_empty }
}

fn looked_at(survey: &Survey, people: &People, row: &MappingRow) -> Report {
    report(survey, people, row, Entity::User, Edition::Standard, &|| true).unwrap().unwrap()
}

#[test]
fn a_branch_counts_everybody_below_once() {
    let tree = units(&survey().source);
    let shown: Vec<_> =
        tree.nodes.iter().map(|node| (node.id.as_str(), node.depth, node.direct, node.below)).collect();
    assert_eq!(shown, [("root", 0, 1, 4), ("a", 1, 1, 3), ("b", 2, 2, 2), ("c", 1, 1, 1)]);
    assert_eq!(tree.people, 5);
    let root = tree.find("root").unwrap();
    assert_eq!(tree.nodes[root].end, 4);
    assert_eq!(tree.path(tree.find("b").unwrap()), ["unit root", "unit a", "unit b"]);
    let departments = departments(&survey().target);
    assert!(departments.nodes[departments.find("90").unwrap()].is_foreign);
}

#[test]
fn units_that_are_each_others_parents_are_shown_all_the_same() {
    let source = SourceSnapshot {
        units: vec![unit("x", Some("y")), unit("y", Some("x"))],
        accounts: vec![account(1, &["x"])],
        calls: 0,
    };
    let tree = units(&source);
    assert_eq!(tree.nodes.len(), 2);
    assert!(tree.nodes.iter().all(|node| node.below <= 1));
}

#[test]
fn overlapping_sources_and_nested_targets_are_refused() {
    let (survey, kinds) = (survey(), |scope: &[ScopePair]| {
        let (units, departments) = (units(&survey().source), departments(&survey().target));
        refusals(scope, &units, &departments).into_iter().map(|r| (r.pair, r.kind)).collect::<Vec<_>>()
    });
    assert_eq!(kinds(&[pair(&["a"], 20), pair(&["c"], 20)]), []);
    let inside = RefusalKind::UnitInside { unit: "b".into(), outer: "a".into() };
    assert_eq!(kinds(&[pair(&["a"], 1), pair(&["b"], 1)]), [(1, inside)]);
    assert_eq!(kinds(&[pair(&["a", "a"], 1)]), [(0, RefusalKind::UnitTwice("a".into()))]);
    assert_eq!(kinds(&[pair(&["zz"], 1)]), [(0, RefusalKind::UnknownUnit("zz".into()))]);
    let nested = RefusalKind::TargetInside { target: DepartmentId(21), outer: DepartmentId(20) };
    assert_eq!(kinds(&[pair(&["a"], 20), pair(&["c"], 21)]), [(1, nested)]);
    assert_eq!(kinds(&[pair(&["a"], 90)]), [(0, RefusalKind::ForeignTarget(DepartmentId(90)))]);
    assert_eq!(kinds(&[pair(&["a"], 7)]), [(0, RefusalKind::UnknownTarget(DepartmentId(7)))]);
    let tree = units(&survey.source);
    assert_eq!(selection(&survey, &tree, &["b".into(), "c".into()]), Selection { accounts: 2, units: 2 });
    assert_eq!(selection(&survey, &tree, &["a".into()]), Selection { accounts: 3, units: 2 });
}

#[test]
fn identity_says_how_many_match_stay_unclear_or_are_nobody() {
    let mut survey = survey();
    let mut profile = profile(&[(&["root"], 1)]);
    let people_of = |survey: &Survey, profile: &Profile| people(survey, profile).unwrap();
    let found = people_of(&survey, &profile);
    assert_eq!((found.in_scope, found.accounts.len(), found.units.len()), (4, 4, 3));
    let counts = IdentityCounts { matched: 2, unclear: 0, nobody: 2, by: vec![(MatchedBy::Mobile, 2)] };
    assert_eq!(found.identity, counts);
    profile.mapping.identity = vec![IdentityField::Email, IdentityField::Mobile];
    assert_eq!(people_of(&survey, &profile).identity.by, [(MatchedBy::Mobile, 1), (MatchedBy::Email, 1)]);
    profile.mapping.identity = vec![IdentityField::Name];
    survey.target.users.push(user(1, "second@example.com"));
    survey.target.users[2].id = UserId("u9".into());
    assert_eq!(people_of(&survey, &profile).identity.unclear, 1, "two users of one name");
    survey.source.accounts[2].display_name = Some("Person 0".into());
    assert_eq!(people_of(&survey, &profile).identity.unclear, 3, "and two accounts that fit one user");
}

#[test]
fn the_filter_and_disabled_accounts_are_counted_apart() {
    let mut survey = survey();
    survey.source.accounts[0].enabled = false;
    let mut profile = profile(&[(&["root"], 1)]);
    profile.scenario.include = "EndsWith(user.username, \"2\")".into();
    let found = people(&survey, &profile).unwrap();
    assert_eq!((found.in_scope, found.disabled, found.excluded, found.accounts.len()), (4, 1, 2, 1));
    profile.scenario.include = "user.username".into();
    let found = people(&survey, &profile).unwrap();
    assert_eq!((found.failed, found.excluded), (3, 0));
    assert!(found.failure.is_some_and(|why| why.contains("instead of true or false")));
}

#[test]
fn a_row_says_what_it_changes_and_whom_it_would_block() {
    let mut survey = survey();
    let people = people(&survey, &profile(&[(&["root"], 1)])).unwrap();
    let email = looked_at(&survey, &people, &row("email", "user.email"));
    assert_eq!((email.records, email.matched, email.changes, email.empty), (4, 2, 1, 0));
    assert_eq!(email.troubles, []);
    let constant = looked_at(&survey, &people, &row("email", "\"all@example.com\""));
    assert_eq!((constant.changes, constant.counts()), (2, vec![(Reason::DuplicateInSource, 4)]));
    let long = "\"x\"".replace('x', &"x".repeat(60));
    let edited =
        looked_at(&survey, &people, &row("title", &format!("Concat({long}, {long}, {long}, {long})")));
    let impact = Impact::between(Some(&looked_at(&survey, &people, &row("title", "user.username"))), &edited);
    assert_eq!((impact.changes, impact.matched), (2, 2));
    assert_eq!((impact.newly, impact.first), (vec![(Reason::ValueTooLong, 4)], Some(0)));
    let empty = looked_at(&survey, &people, &row("title", "user.description"));
    assert_eq!((empty.empty, empty.first_empty, empty.changes), (4, Some(0), 0));
    let details = looked_at(&survey, &people, &row("title", "user.customFieldMap.a.fieldValue"));
    assert_eq!(details.extent, Extent::NeedsDetails);
    assert_eq!(looked_at(&survey, &people, &row("manager_userid", "user.email")).extent, Extent::NotCompared);
    assert_eq!(looked_at(&survey, &people, &row("title", "")).extent, Extent::Off);
    survey.source.accounts[2].phone_number = None;
    survey.source.accounts[0].phone_number = None;
    let mobile = row("mobile", "DingMobile(user.phoneRegion, user.phoneNumber)");
    let mobile = looked_at(&survey, &people, &mobile);
    assert_eq!(mobile.empty, 2);
    assert_eq!(mobile.counts(), [(Reason::MissingMobile, 1)], "an existing user needs none");
}

#[test]
fn a_value_somebody_else_has_and_keeps_is_trouble() {
    let mut survey = survey();
    survey.source.accounts[2].email = Some("old@example.com".into());
    survey.target.users.push(user(900, "p3@example.com"));
    let people = people(&survey, &profile(&[(&["root"], 1)])).unwrap();
    let email = looked_at(&survey, &people, &row("email", "user.email"));
    assert_eq!(
        email.troubles,
        [Trouble { record: 3, reason: Reason::ValueTaken }],
        "user 0 gives the old address up, user 900 keeps hers"
    );
}

#[test]
fn what_nobody_waits_for_is_not_computed_to_the_end() {
    let survey = survey();
    let people = people(&survey, &profile(&[(&["root"], 1)])).unwrap();
    let stopped =
        report(&survey, &people, &row("email", "user.email"), Entity::User, Edition::Standard, &|| false);
    assert_eq!(stopped, Ok(None));
    let error = report(&survey, &people, &row("email", "user."), Entity::User, Edition::Standard, &|| true);
    assert!(error.is_err());
}

#[test]
fn department_rows_are_looked_into_as_well() {
    let mut survey = survey();
    survey.source.units[0].name = "R&D - East".into();
    let people = people(&survey, &profile(&[(&["root"], 1)])).unwrap();
    let name = row("name", "ou.organizationalUnitName");
    let report =
        report(&survey, &people, &name, Entity::Department, Edition::Standard, &|| true).unwrap().unwrap();
    assert_eq!((report.records, report.counts()), (3, vec![(Reason::IllegalDepartmentName, 1)]));
}

#[test]
fn an_estimate_is_the_plan_without_its_rows() {
    let survey = survey();
    let paces = Paces { source: 10, target: 20 };
    let estimate = estimate(&survey, &profile(&[(&["root"], 1)]), paces).unwrap();
    assert_eq!((estimate.summary.users.create, estimate.summary.users.link), (2, 2));
    assert_eq!(estimate.summary.departments.create, 3);
    assert_eq!((estimate.reads, estimate.read_seconds, estimate.seconds), (9, 1, 2));
    assert_eq!(estimate.records(), 7);
    let refused = super::estimate(&survey, &profile(&[(&["root"], 7)]), paces).unwrap_err();
    assert!(refused.message.contains("target department 7"));
}

#[test]
fn a_mapping_that_needs_whole_accounts_is_estimated_with_a_call_for_each() {
    let survey = survey();
    let mut profile = profile(&[(&["root"], 1)]);
    let paces = Paces { source: 1, target: 20 };
    let few = estimate(&survey, &profile, paces).unwrap();
    profile.mapping.user = vec![row("title", "user.customFieldMap.title.fieldValue")];
    let many = estimate(&survey, &profile, paces).unwrap();
    assert_eq!((many.reads, many.read_seconds), (few.reads + 4, few.read_seconds + 4));
}

#[test]
fn a_sample_shows_value_and_trouble() {
    let account = account(1, &[]);
    let shown = sample(&row("hired_date", "user.username"), Some(&account), None).unwrap();
    assert_eq!(shown.value.as_deref(), Some("person1"));
    assert_eq!(shown.trouble.map(|(reason, _)| reason), Some(Reason::MappingError));
    assert!(sample(&row("title", "user."), Some(&account), None).is_err());
}
