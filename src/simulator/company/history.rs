//! People invented into units, and what five years made of them in DingTalk: half of them are users, under the names,
//! mailboxes and departments of earlier days.

use std::collections::HashMap;

use rand::RngExt;

use super::demo::Unit;
use super::names::{Generator, Name, Names, chance, pick};
use crate::simulator::seed::{Seed, SeedAccount, SeedUser};

/// The department in which people of a unit were, by unit id.
pub(super) type Places = HashMap<String, i64>;

/// Departments without a unit behind them, in which some people are besides.
const PROJECTS: [i64; 3] = [50_900_001, 50_900_002, 50_900_003];
/// Departments of people who are in DingTalk only, with how many.
const UNMANAGED: [(i64, u32); 3] = [(50_900_004, 14), (50_900_005, 9), (50_900_006, 6)];
/// Calling codes and national numbers reserved for fiction, before their last two digits.
const FOREIGN: [(&str, &str); 3] = [("44", "77009001"), ("1", "20255501"), ("61", "4915701")];
/// 2024-06-30 in Unix milliseconds.
const EXPIRED: i64 = 1_719_705_600_000;

/// Invents the people of a unit, and those of them who are users.
pub(super) fn invent(
    company: &mut Seed,
    random: &mut Generator,
    names: &Names,
    unit: &Unit,
    places: &Places,
) {
    for _ in 0..unit.people {
        let number = u32::try_from(company.accounts.len()).unwrap_or(u32::MAX);
        let account = account(random, names, unit, number, places);
        let is_user = chance(random, 48);
        if is_user && account.phone_number.is_some() {
            let place = places.get(&unit.id).copied().unwrap_or(1);
            company.users.push(user(random, names, &account, number, place, unit));
        }
        company.accounts.push(account);
    }
}

fn account(random: &mut Generator, names: &Names, unit: &Unit, number: u32, places: &Places) -> SeedAccount {
    let is_latin = unit.language == "latin";
    let Name { shown, latin } = if is_latin { names.latin(random) } else { names.chinese(random) };
    let (region, mobile) = mobile(random, number, is_latin);
    let titles = if is_latin { &names.titles_latin } else { &names.titles };
    let mut units = vec![unit.id.clone()];
    if chance(random, 4) {
        units.extend(second_unit(random, &unit.id, places));
    }
    let fate = random.random_range(0..200);
    SeedAccount {
        id: format!("user_{number:05}"),
        username: format!("{latin}.{number}"),
        display_name: Some(shown),
        email: (!chance(random, 6)).then(|| format!("{latin}.{number}@meridian.example")),
        phone_region: mobile.as_ref().map(|_| region),
        phone_number: mobile,
        disabled: fate < 4,
        account_expire_time: (4..6).contains(&fate).then_some(EXPIRED),
        lock_expire_time: (fate == 6).then_some(4_102_444_800_000),
        units,
        custom_fields: vec![
            ("title".to_owned(), pick(random, titles).to_owned()),
            ("job_number".to_owned(), format!("M{number:05}")),
        ],
        ..SeedAccount::default()
    }
}

/// Calling code and number: one in a hundred has none, few at home and half abroad have a foreign one.
fn mobile(random: &mut Generator, number: u32, is_abroad: bool) -> (String, Option<String>) {
    if chance(random, 1) {
        return (String::new(), None);
    }
    // There are a hundred numbers of fiction a country; who comes later has one of the mainland.
    let (code, head) = FOREIGN[(number % 3) as usize];
    if is_abroad && chance(random, 60) {
        return (code.to_owned(), Some(format!("{head}{:02}", number / 3 % 100)));
    }
    ("86".to_owned(), Some(format!("138000{:05}", number * 7919 % 100_000)))
}

fn second_unit(random: &mut Generator, first: &str, places: &Places) -> Option<String> {
    let mut others: Vec<&String> =
        places.keys().filter(|id| *id != first && !id.starts_with("ou_rd_east")).collect();
    // A map has no order of its own, and the company shall be the same every time.
    others.sort();
    let index = random.random_range(0..others.len().max(1));
    others.get(index).map(|id| (*id).clone())
}

fn user(
    random: &mut Generator,
    names: &Names,
    account: &SeedAccount,
    number: u32,
    place: i64,
    unit: &Unit,
) -> SeedUser {
    let field = |name: &str| {
        account.custom_fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    };
    let name = account.display_name.clone().unwrap_or_default();
    let name = match random.random_range(0..100) {
        // Nicknames and maiden names.
        0..4 => name.chars().next().map_or(name.clone(), |first| format!("小{first}")),
        4..7 if unit.language == "latin" => names.latin(random).shown,
        _ => name,
    };
    let title =
        if chance(random, 15) { Some(pick(random, &names.titles).to_owned()) } else { field("title") };
    let mut departments = vec![if chance(random, 8) { 50_900_006 } else { place }];
    if chance(random, 5) {
        departments.push(PROJECTS[random.random_range(0..PROJECTS.len())]);
    }
    SeedUser {
        userid: userid(random, number),
        name,
        state_code: account.phone_region.clone(),
        mobile: account.phone_number.clone(),
        email: account.email.clone().filter(|_| !chance(random, 25)),
        title: title.filter(|_| !chance(random, 20)),
        job_number: field("job_number").filter(|_| !chance(random, 30)),
        departments,
        ..SeedUser::default()
    }
}

/// Digits as the service gives them, or a word as an administrator chose it.
fn userid(random: &mut Generator, number: u32) -> String {
    if chance(random, 10) {
        format!("staff{number:04}")
    } else {
        format!("01{:010}", u64::from(number) * 7_368_787)
    }
}

/// People whom IDaaS does not know.
pub(super) fn unmanaged(company: &mut Seed, random: &mut Generator, names: &Names) {
    let mut number = 0_u32;
    for (department, people) in UNMANAGED {
        for _ in 0..people {
            number += 1;
            company.users.push(SeedUser {
                userid: format!("temp{number:03}"),
                name: names.chinese(random).shown,
                state_code: Some("86".to_owned()),
                mobile: Some(format!("13700001{number:03}")),
                title: Some(pick(random, &names.titles).to_owned()),
                departments: vec![department],
                sys_level: (number == 1).then_some(2),
                ..SeedUser::default()
            });
        }
    }
}
