//! A part has the rows that a plan of everything has, and leaves out only rows that nothing has changed about.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;
use crate::core::field::FieldName;
use crate::core::incremental::keys::Keyring;
use crate::core::incremental::remembering::Lesson;
use crate::core::journal::{Decision, Learned, Unstored, UnstoredKey};
use crate::core::plan::Change;
use crate::core::profile::{
    DisabledAccounts, Edition, IdentityField, Mapping, MappingRow, OnEmpty, SafetyLimits, Scenario,
    ScopePair, When,
};
use crate::core::source::{Account, Membership, OrganizationalUnit, UnitId};
use crate::core::target::{Department, Range, User, UserId};

const NOW_MS: i64 = 1_790_000_000_000;

/// A sequence that is the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn is(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        let index = usize::try_from(self.below(all.len() as u64)).unwrap();
        all[index].clone()
    }
}

fn number(dice: &mut Dice, limit: u64) -> i64 {
    i64::try_from(dice.below(limit)).unwrap()
}

fn profile(dice: &mut Dice) -> Profile {
    let identity = [
        vec![IdentityField::Mobile],
        vec![IdentityField::Mobile, IdentityField::Email],
        vec![IdentityField::Name, IdentityField::Userid],
        vec![],
    ];
    let telephone = MappingRow {
        label: String::new(),
        field: "telephone".into(),
        value: "user.description".into(),
        when: When::Always,
        on_empty: dice.of(&[OnEmpty::Skip, OnEmpty::Clear]),
    };
    Profile {
        display_name: "Test".into(),
        instance_id: "idaas_test".into(),
        corp_id: "dingtest".into(),
        edition: dice.of(&[Edition::Standard, Edition::Dedicated]),
        scenario: Scenario {
            scope: vec![ScopePair { sources: vec![UnitId("ou_0".into())], target: DepartmentId(1) }],
            create_source_unit: dice.is(20),
            incremental: true,
            qr_logon: false,
            include: dice.of(&[String::new(), "user.email != null".to_owned()]),
            disabled_accounts: dice.of(&[
                DisabledAccounts::Keep,
                DisabledAccounts::Update,
                DisabledAccounts::Leave,
            ]),
            leavers: dice.of(&[Leavers::Hold, Leavers::Move, Leavers::Remove, Leavers::Remove]),
            leavers_department: Some(DepartmentId(1)).filter(|_| dice.is(50)),
        },
        mapping: Mapping {
            identity: dice.of(&identity),
            user: if dice.is(50) { vec![telephone] } else { Vec::new() },
            department: Vec::new(),
        },
        limits: SafetyLimits::default(),
    }
}

fn unit(dice: &mut Dice, number: u64) -> OrganizationalUnit {
    let parent = if number < 3 { 0 } else { dice.below(number) };
    OrganizationalUnit {
        id: format!("ou_{number}"),
        name: format!("Unit {}", if dice.is(85) { number } else { dice.below(4) }),
        parent: (number > 0).then(|| format!("ou_{parent}")),
        ..OrganizationalUnit::default()
    }
}

fn department(dice: &mut Dice, number: u64) -> Department {
    let above = if number < 3 { 1 } else { 1 + dice.below(number - 1) };
    Department {
        id: DepartmentId(i64::try_from(number).unwrap()),
        parent: (number > 1).then(|| DepartmentId(i64::try_from(above).unwrap())),
        name: format!("Unit {}", if dice.is(70) { number } else { dice.below(4) }),
        source_identifier: dice.is(30).then(|| format!("ou_{}", dice.below(12))),
        fields: Vec::new(),
        is_foreign: false,
    }
}

/// Values come from so few that people often share one.
fn mobile(dice: &mut Dice, number: u64) -> String {
    format!("138{:08}", if dice.is(85) { number } else { dice.below(40) })
}

fn account(dice: &mut Dice, number: u64) -> Account {
    let unit = |dice: &mut Dice| UnitId(format!("ou_{}", dice.below(13)));
    let units = (0..1 + dice.below(2)).map(|_| Membership { unit: unit(dice), name: None, primary: false });
    let units = units.collect();
    Account {
        id: format!("user_{number:03}"),
        username: Some(format!("n{number}")),
        display_name: Some(format!("Name {}", dice.below(30))),
        email: dice
            .is(80)
            .then(|| format!("p{}@example.com", if dice.is(90) { number } else { dice.below(30) })),
        phone_number: dice.is(90).then(|| mobile(dice, number)),
        description: dice.is(40).then(|| format!("T{}", dice.below(25))),
        enabled: dice.is(93),
        units,
        ..Account::default()
    }
}

fn user(dice: &mut Dice, number: u64) -> User {
    let mut fields = vec![
        ("email", format!("p{}@example.com", if dice.is(90) { number } else { dice.below(30) })),
        ("name", format!("Name {}", dice.below(30))),
    ];
    if dice.is(40) {
        fields.push(("telephone", format!("T{}", dice.below(25))));
    }
    let departments: BTreeSet<i64> = (0..1 + dice.below(2)).map(|_| 1 + number_of(dice)).collect();
    User {
        id: UserId(format!("u{number:03}")),
        mobile: dice.is(90).then(|| format!("+86{}", mobile(dice, number))),
        departments: departments.into_iter().map(DepartmentId).collect(),
        fields: fields.into_iter().map(|(name, value)| (FieldName::new(name), value)).collect(),
        is_administrator: dice.is(5),
        is_active: true,
    }
}

fn number_of(dice: &mut Dice) -> i64 {
    number(dice, 10)
}

fn view(dice: &mut Dice, profile: &Profile) -> View {
    let mut memory = Memory { finished_full_syncs: 1, last_source_accounts: Some(60), ..Memory::default() };
    let source = SourceSnapshot {
        units: (0..10).map(|number| unit(dice, number)).collect(),
        accounts: (0..40).filter(|number| number % 9 > 0).map(|number| account(dice, number)).collect(),
        calls: 0,
    };
    let target = TargetSnapshot {
        departments: (1..10).map(|number| department(dice, number)).collect(),
        users: (0..40).map(|number| user(dice, number)).collect(),
        is_complete: dice.is(85),
        range: Range::All,
        unreadable: BTreeSet::new(),
        calls: 0,
        read_at_ms: NOW_MS,
    };
    for number in 0..40 {
        if dice.is(70) {
            memory.users.insert(AccountId(format!("user_{number:03}")), UserId(format!("u{number:03}")));
        }
        if number < 11 && dice.is(50) {
            memory.departments.insert(UnitId(format!("ou_{number}")), DepartmentId(number + 2));
        }
    }
    for _ in 0..dice.below(3) {
        memory.learn(decided(dice));
    }
    let mut view = View::new(Keyring::new(profile).unwrap(), SourceSnapshot::default(), target.clone());
    view.remember(memory.into(), &[]);
    view.renew(source, target, 0);
    view
}

fn decided(dice: &mut Dice) -> Learned {
    let user = UserId(format!("u{:03}", dice.below(45)));
    let decision =
        dice.of(&[Some(Decision::LinkTo(user)), Some(Decision::LeaveOut), Some(Decision::Keep), None]);
    Learned::Decided(AccountId(format!("user_{:03}", dice.below(40))), decision)
}

/// Something happens on one of the sides, or to what is remembered.
fn happen(dice: &mut Dice, view: &mut View) {
    match dice.below(12) {
        0..=3 => {
            let number = dice.below(45);
            let account = account(dice, number);
            view.put_account(&account.account_id(), dice.is(85).then(|| account.clone()));
        }
        4..=6 => {
            let number = dice.below(45);
            let user = user(dice, number);
            view.put_user(&user.id, dice.is(85).then(|| user.clone()));
        }
        7 => {
            let number = 1 + dice.below(11);
            let unit = unit(dice, number);
            view.put_unit(&UnitId(unit.id.clone()), dice.is(80).then(|| unit.clone()));
        }
        8 => {
            let number = 2 + dice.below(10);
            let department = department(dice, number);
            view.put_department(department.id, dice.is(80).then(|| department.clone()));
        }
        _ => {
            let account = AccountId(format!("user_{:03}", dice.below(45)));
            let user = UserId(format!("u{:03}", dice.below(45)));
            let is_free = view.memory.users.values().all(|bound| *bound != user);
            let unit = UnitId(format!("ou_{}", 1 + dice.below(11)));
            let key = UnstoredKey {
                entity: Entity::User,
                target_id: user.0.clone(),
                field: FieldName::new(dice.of(&["name", "email", "dept_id_list"])),
            };
            let lesson = match dice.below(7) {
                0 => decided(dice),
                1 => Learned::UnbindUser(account),
                2 => Learned::Pending(account, mobile(dice, 3)),
                3 => Learned::MovedLeaver(account),
                4 => Learned::BindDepartment(unit, DepartmentId(2 + number(dice, 10))),
                5 => Learned::Unstored(key, Unstored { sent: Some("Name 1".into()), read_back: None }),
                _ if is_free => Learned::BindUser(account, user),
                _ => Learned::UnbindDepartment(unit),
            };
            let mut memory = (*view.memory).clone();
            let told = Lesson::new(&lesson, &memory, &[]);
            memory.learn(lesson);
            view.remember(memory.into(), &[told]);
        }
    }
}

type Key<'c> = (Entity, Option<&'c str>, Option<&'c str>);

fn rows(plan: &Plan) -> HashMap<Key<'_>, &Change> {
    let key = |change: &'_ Change| (change.entity, change.source_id.clone(), change.target_id.clone());
    let keys: BTreeSet<_> = plan.changes.iter().map(key).collect();
    assert_eq!(keys.len(), plan.changes.len(), "a row is there twice");
    let all = plan.changes.iter();
    all.map(|change| ((change.entity, change.source_id.as_deref(), change.target_id.as_deref()), change))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_part_has_the_rows_of_the_whole_and_leaves_out_only_what_did_not_change(seed: u64) {
        let mut dice = Dice(seed);
        let profile = profile(&mut dice);
        let mut view = view(&mut dice, &profile);
        let (mut before, extent) = make(&profile, &view, None, &HashSet::new(), NOW_MS).unwrap();
        view.close(extent.moment);
        let mut standing = extent.standing;
        for _ in 0..4 {
            for _ in 0..1 + dice.below(3) {
                happen(&mut dice, &mut view);
            }
            let (part, extent) = make(&profile, &view, Some(&standing), &HashSet::new(), NOW_MS).unwrap();
            let (whole, _) = make(&profile, &view, None, &HashSet::new(), NOW_MS).unwrap();
            let (of_part, of_whole, of_before) = (rows(&part), rows(&whole), rows(&before));
            for (key, row) in &of_part {
                prop_assert_eq!(Some(row), of_whole.get(key));
            }
            for (key, row) in &of_whole {
                let is_unchanged = of_before.get(key) == Some(row);
                let is_covered = key.1.is_some_and(|id| extent.covers(key.0, id));
                prop_assert!(of_part.contains_key(key) || (is_unchanged && !is_covered), "left out: {row:?}");
            }
            for key in of_before.keys().filter(|key| !of_whole.contains_key(*key)) {
                let is_covered = key.1.is_none_or(|id| extent.covers(key.0, id));
                prop_assert!(is_covered, "it has no row any more, and the part does not say so: {key:?}");
            }
            prop_assert_eq!(part.source.accounts, whole.source.accounts);
            prop_assert_eq!(part.target, whole.target);
            let shrunk = |plan: &Plan| plan.limits.iter().any(|limit| limit.limit == "source_shrink_percent");
            prop_assert_eq!(shrunk(&part), shrunk(&whole));
            view.close(extent.moment);
            standing = extent.standing;
            before = whole;
        }
    }
}
