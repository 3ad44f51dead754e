//! A company of any size. Everybody can be synchronized: the dirt of real life is the demo's and the faults' part.

use rand::RngExt;

use super::names::{Generator, Names, chance, generator, pick};
use crate::simulator::seed::{Seed, SeedAccount, SeedDepartment, SeedUnit, SeedUser};

/// Children of one unit: a hundred units make three levels, ten thousand five.
const FAN_OUT: u32 = 8;
/// Department ids of DingTalk have eight or more digits.
const FIRST_DEPARTMENT: i64 = 50_000_000;
/// Accounts above this would share mobiles.
pub(crate) const MOST_ACCOUNTS: u32 = 100_000;

/// `accounts` people in `units` units below the root, of whom `existing_percent` are users of DingTalk before the first
/// synchronization, with the departments they are in. The same arguments give the same company.
pub fn generate(accounts: u32, units: u32, seed: u64, existing_percent: u32) -> Seed {
    let names = Names::embedded();
    let mut random = generator(seed);
    let mut company = Seed::default();
    let departments = share(units, existing_percent);
    tree(&mut company, &names, units, departments);
    let users = share(accounts, existing_percent);
    for number in 0..accounts {
        let account = account(&mut random, &names, number, units);
        if number < users {
            let user = user(&mut random, &names, number, &account, departments);
            company.users.push(user);
        }
        company.accounts.push(account);
    }
    company
}

fn share(whole: u32, percent: u32) -> u32 {
    u32::try_from(u64::from(whole) * u64::from(percent.min(100)) / 100).unwrap_or(whole)
}

/// Units in breadth order, so that the first `existing` of them are a tree, too.
fn tree(company: &mut Seed, names: &Names, units: u32, existing: u32) {
    company.units.push(SeedUnit {
        id: "ou_root".to_owned(),
        name: "Simulated company".to_owned(),
        parent: None,
    });
    company.departments.push(SeedDepartment {
        id: 1,
        name: "Simulated company".to_owned(),
        ..SeedDepartment::default()
    });
    let functions = u32::try_from(names.functions.len()).unwrap_or(1).max(1);
    for number in 0..units {
        let above = number.checked_sub(FAN_OUT).map(|rest| rest / FAN_OUT);
        let function = names.functions.get((number % functions) as usize).map_or("Unit", String::as_str);
        let name = format!("{function} {}", number + 1);
        let parent = above.map_or_else(|| "ou_root".to_owned(), unit_id);
        if number < existing {
            company.departments.push(SeedDepartment {
                id: FIRST_DEPARTMENT + i64::from(number),
                name: name.clone(),
                parent: Some(above.map_or(1, |above| FIRST_DEPARTMENT + i64::from(above))),
                ..SeedDepartment::default()
            });
        }
        company.units.push(SeedUnit { id: unit_id(number), name, parent: Some(parent) });
    }
}

fn unit_id(number: u32) -> String {
    format!("ou_{:05}", number + 1)
}

fn account(random: &mut Generator, names: &Names, number: u32, units: u32) -> SeedAccount {
    let name = if chance(random, 80) { names.chinese(random) } else { names.latin(random) };
    let mut member_of = Vec::new();
    if units == 0 {
        member_of.push("ou_root".to_owned());
    } else {
        let primary = random.random_range(0..units);
        member_of.push(unit_id(primary));
        let second = random.random_range(0..units);
        if second != primary && chance(random, 5) {
            member_of.push(unit_id(second));
        }
    }
    SeedAccount {
        id: format!("user_{:06}", number + 1),
        username: format!("{}.{}", name.latin, number + 1),
        display_name: Some(name.shown),
        email: Some(format!("{}.{}@example.com", name.latin, number + 1)),
        phone_region: Some("86".to_owned()),
        phone_number: Some(format!("138000{:05}", number % MOST_ACCOUNTS)),
        units: member_of,
        custom_fields: vec![
            ("title".to_owned(), pick(random, &names.titles).to_owned()),
            ("job_number".to_owned(), format!("A{:06}", number + 1)),
        ],
        ..SeedAccount::default()
    }
}

/// The user of an account, one in ten with the name of earlier days, in the departments that exist.
fn user(
    random: &mut Generator,
    names: &Names,
    number: u32,
    account: &SeedAccount,
    departments: u32,
) -> SeedUser {
    let place = |unit: &String| {
        let number: u32 = unit.strip_prefix("ou_")?.parse::<u32>().ok()?.checked_sub(1)?;
        (number < departments).then(|| FIRST_DEPARTMENT + i64::from(number))
    };
    let mut places: Vec<i64> = account.units.iter().filter_map(place).collect();
    if places.is_empty() {
        places.push(1);
    }
    let current = account.display_name.clone().unwrap_or_default();
    let name = if chance(random, 10) { names.chinese(random).shown } else { current };
    SeedUser {
        userid: format!("manager{:05}", number + 1),
        name,
        state_code: account.phone_region.clone(),
        mobile: account.phone_number.clone(),
        email: account.email.clone(),
        departments: places,
        ..SeedUser::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_company_and_another_seed_another() {
        let text = |seed| serde_json::to_string(&generate(200, 20, seed, 50)).unwrap();
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
    }

    #[test]
    fn a_company_has_the_size_asked_for_and_no_loose_ends() {
        let company = generate(1000, 90, 1, 40);
        assert_eq!((company.accounts.len(), company.units.len()), (1000, 91));
        assert_eq!((company.users.len(), company.departments.len()), (400, 37));
        let units: HashSet<&str> = company.units.iter().map(|unit| unit.id.as_str()).collect();
        let departments: HashSet<i64> = company.departments.iter().map(|department| department.id).collect();
        assert!(company.accounts.iter().flat_map(|a| &a.units).all(|unit| units.contains(unit.as_str())));
        assert!(company.units.iter().filter_map(|u| u.parent.as_deref()).all(|unit| units.contains(unit)));
        assert!(company.users.iter().flat_map(|user| &user.departments).all(|id| departments.contains(id)));
        assert!(company.departments.iter().filter_map(|d| d.parent).all(|id| departments.contains(&id)));
    }

    #[test]
    fn a_hundred_thousand_people_have_mobiles_of_their_own() {
        let company = generate(MOST_ACCOUNTS, 1000, 3, 10);
        let mobiles: HashSet<&Option<String>> = company.accounts.iter().map(|a| &a.phone_number).collect();
        assert_eq!(mobiles.len(), company.accounts.len());
    }

    #[test]
    fn a_company_without_units_has_everybody_at_the_root() {
        let company = generate(3, 0, 1, 100);
        assert!(company.accounts.iter().all(|account| account.units == ["ou_root"]));
        assert!(company.users.iter().all(|user| user.departments == [1]));
    }
}
