//! The demo's company, from the files of `assets/demo`: a tree of units and the departments it left behind, people whose
//! records show one thing each, and everybody else invented into the units.

use std::collections::HashMap;

use serde::Deserialize;

use super::history::{Places, invent, unmanaged};
use super::names::{Names, generator};
use crate::simulator::seed::{Seed, SeedAccount, SeedDepartment, SeedUnit, SeedUser};

/// What the demo's settings hold beyond those of any simulation; to be appended to them.
pub const SETTINGS: &str = include_str!("../../../assets/demo/settings.toml");

const UNITS: &str = include_str!("../../../assets/demo/units.toml");
const PEOPLE: &str = include_str!("../../../assets/demo/people.toml");
/// Another number would invent another company, and other counts in the manual's pictures.
const SEED: u64 = 20_210_901;

/// What an earlier synchronization of the company's pilot group remembers.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    /// IDaaS account id and `userid`.
    pub users: Vec<(String, String)>,
    /// IDaaS unit id and `dept_id`.
    pub departments: Vec<(String, i64)>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tree {
    unit: Vec<Unit>,
    department: Vec<SeedDepartment>,
    binding: Vec<(String, i64)>,
}

/// A unit of the tree.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) name: String,
    parent: Option<String>,
    /// How many are invented into it.
    pub(super) people: u32,
    /// `latin` for names in Latin letters.
    #[serde(default)]
    pub(super) language: String,
    was: Option<Was>,
}

/// The department of a unit, as DingTalk has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Was {
    id: i64,
    name: Option<String>,
    parent: Option<i64>,
    #[serde(default)]
    identified: bool,
    #[serde(default)]
    bound: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    account: Vec<SeedAccount>,
    user: Vec<SeedUser>,
    binding: Vec<(String, String)>,
}

/// The company, both sides.
pub fn demo() -> Seed {
    let (tree, people): (Tree, People) = (read(UNITS), read(PEOPLE));
    let mut company = Seed::default();
    let places = plant(&tree, &mut company);
    company.departments.extend(tree.department);
    company.accounts.extend(people.account);
    company.users.extend(people.user);
    let (names, mut random) = (Names::embedded(), generator(SEED));
    for unit in &tree.unit {
        invent(&mut company, &mut random, &names, unit, &places);
    }
    unmanaged(&mut company, &mut random, &names);
    company
}

/// What the pilot's synchronization left in the state of a connection.
pub fn bindings() -> Bindings {
    let (tree, people): (Tree, People) = (read(UNITS), read(PEOPLE));
    let mut departments = tree.binding;
    let bound = tree.unit.iter().filter_map(|unit| {
        let was = unit.was.as_ref().filter(|was| was.bound)?;
        Some((unit.id.clone(), was.id))
    });
    departments.extend(bound);
    Bindings { users: people.binding, departments }
}

/// The embedded files; a test holds them to be readable.
fn read<T: Default + serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap_or_default()
}

/// Units and their departments; answers where people of each unit were.
fn plant(tree: &Tree, company: &mut Seed) -> Places {
    let mut places: HashMap<String, i64> = HashMap::new();
    for unit in &tree.unit {
        let above = unit.parent.as_ref().and_then(|parent| places.get(parent)).copied();
        if let Some(was) = &unit.was {
            company.departments.push(SeedDepartment {
                id: was.id,
                name: was.name.clone().unwrap_or_else(|| unit.name.clone()),
                parent: was.parent.or(above),
                source_identifier: was.identified.then(|| unit.id.clone()),
                ..SeedDepartment::default()
            });
        }
        let place = unit.was.as_ref().map(|was| was.id).or(above).unwrap_or(1);
        places.insert(unit.id.clone(), place);
        company.units.push(SeedUnit {
            id: unit.id.clone(),
            name: unit.name.clone(),
            parent: unit.parent.clone(),
        });
    }
    places
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_embedded_company_is_whole() {
        toml::from_str::<Tree>(UNITS).unwrap();
        toml::from_str::<People>(PEOPLE).unwrap();
        let company = demo();
        assert_eq!(company.units.len(), 60);
        assert!((1150..1300).contains(&company.accounts.len()), "{}", company.accounts.len());
        let share = company.users.len() * 100 / company.accounts.len();
        assert!((40..65).contains(&share), "{share} %");
        let units: HashSet<&str> = company.units.iter().map(|unit| unit.id.as_str()).collect();
        let departments: HashSet<i64> = company.departments.iter().map(|department| department.id).collect();
        assert_eq!(departments.len(), company.departments.len());
        assert!(company.units.iter().filter_map(|u| u.parent.as_deref()).all(|unit| units.contains(unit)));
        assert!(company.accounts.iter().flat_map(|a| &a.units).all(|unit| units.contains(unit.as_str())));
        assert!(company.users.iter().flat_map(|user| &user.departments).all(|id| departments.contains(id)));
        assert!(company.departments.iter().filter_map(|d| d.parent).all(|id| departments.contains(&id)));
    }

    #[test]
    fn ids_and_the_mobiles_of_dingtalk_are_unique() {
        let company = demo();
        let accounts: HashSet<&str> = company.accounts.iter().map(|account| account.id.as_str()).collect();
        assert_eq!(accounts.len(), company.accounts.len());
        let users: HashSet<&str> = company.users.iter().map(|user| user.userid.as_str()).collect();
        assert_eq!(users.len(), company.users.len());
        let mobiles: Vec<_> = company.users.iter().map(|user| (&user.state_code, &user.mobile)).collect();
        assert_eq!(mobiles.iter().collect::<HashSet<_>>().len(), mobiles.len());
        let mails: Vec<String> =
            company.users.iter().filter_map(|user| user.email.as_ref()).map(|m| m.to_lowercase()).collect();
        assert_eq!(mails.iter().collect::<HashSet<_>>().len(), mails.len());
    }

    #[test]
    fn the_pilot_remembers_users_and_departments_that_exist() {
        let (company, bindings) = (demo(), bindings());
        assert!(bindings.users.iter().all(|(_, id)| company.users.iter().any(|user| user.userid == *id)));
        assert!(bindings.departments.iter().all(|(_, id)| company.departments.iter().any(|d| d.id == *id)));
        let is_gone = |id: &String| !company.accounts.iter().any(|account| account.id == *id);
        assert!(bindings.users.iter().any(|(account, _)| is_gone(account)));
    }

    #[test]
    fn the_company_is_the_same_every_time() {
        let text = || serde_json::to_string(&demo()).unwrap();
        assert_eq!(text(), text());
    }
}
