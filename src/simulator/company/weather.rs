//! Changes at random moments, for trials of real-time synchronization. Every change is one that IDaaS accepts and
//! DingTalk can take; the same seed gives the same changes to the same company.

use std::time::Duration;

use rand::RngExt;
use serde_json::json;

use super::names::{Generator, Names, generator, pick};
use crate::simulator::changes::Step;
use crate::simulator::idaas::World;

/// An endless source of changes.
#[derive(Debug)]
pub struct Weather {
    random: Generator,
    names: Names,
    /// Changes a second, on average.
    rate: f64,
    made: u32,
}

impl Weather {
    /// Changes of a seed, so many a second on average.
    pub fn new(seed: u64, rate: f64) -> Self {
        Self { random: generator(seed), names: Names::embedded(), rate, made: 0 }
    }

    /// How long nothing happens: exponential, as in real life.
    pub fn pause(&mut self) -> Duration {
        let share: f64 = self.random.random_range(f64::EPSILON..1.0);
        Duration::try_from_secs_f64(-share.ln() / self.rate.max(f64::MIN_POSITIVE)).unwrap_or(Duration::MAX)
    }

    /// The next change of a directory.
    pub fn change(&mut self, world: &World) -> Step {
        self.made += 1;
        match self.random.random_range(0..100) {
            0..40 => self.edit(world),
            40..60 => self.relocate(world),
            60..75 => self.newcomer(world),
            75..82 => self.rename_unit(world),
            82..88 => self.new_unit(world),
            88..92 => self.relocate_unit(world),
            92..96 => self.toggle(world),
            _ => self.leaver(world),
        }
    }

    fn edit(&mut self, world: &World) -> Step {
        let Some(user) = self.account(world) else { return self.newcomer(world) };
        let (title, number) = (pick(&mut self.random, &self.names.titles).to_owned(), self.made);
        let name = self.names.chinese(&mut self.random).shown;
        let with = if number.is_multiple_of(3) {
            json!({"UserId": user, "Email": format!("moved{number}.{}@example.com", user.replace('_', ""))})
        } else {
            let title = json!([{"FieldName": "title", "FieldValue": format!("{title} {number}")}]);
            json!({"UserId": user, "DisplayName": name, "CustomFields": title})
        };
        step("UpdateUser", with)
    }

    fn relocate(&mut self, world: &World) -> Step {
        match (self.account(world), self.unit(world)) {
            (Some(user), unit) if !self.is_primary(world, &user, &unit) => step(
                "SetUserPrimaryOrganizationalUnit",
                json!({"UserId": user, "OrganizationalUnitId": unit}),
            ),
            _ => self.edit(world),
        }
    }

    fn is_primary(&self, world: &World, user: &str, unit: &str) -> bool {
        world
            .accounts
            .get(user)
            .is_some_and(|stored| stored.account.units.first().is_some_and(|own| own == unit))
    }

    fn newcomer(&mut self, world: &World) -> Step {
        let (name, number) = (self.names.chinese(&mut self.random), self.made);
        let unit = self.unit(world);
        step(
            "CreateUser",
            json!({"UserId": format!("user_new{number:05}"), "Username": format!("{}.new{number}", name.latin),
                "DisplayName": name.shown, "Email": format!("{}.new{number}@example.com", name.latin),
                "PhoneRegion": "86", "PhoneNumber": format!("139001{number:05}"),
                "PrimaryOrganizationalUnitId": unit}),
        )
    }

    fn rename_unit(&mut self, world: &World) -> Step {
        let (unit, number) = (self.unit(world), self.made);
        if unit == "ou_root" {
            return self.newcomer(world);
        }
        let name = format!("{} {number}", pick(&mut self.random, &self.names.functions));
        step("PatchOrganizationalUnit", json!({"OrganizationalUnitId": unit, "OrganizationalUnitName": name}))
    }

    fn new_unit(&mut self, world: &World) -> Step {
        let (parent, number) = (self.unit(world), self.made);
        let name = format!("{} {number}", pick(&mut self.random, &self.names.functions));
        step(
            "CreateOrganizationalUnit",
            json!({"OrganizationalUnitId": format!("ou_new{number:05}"), "ParentId": parent,
                "OrganizationalUnitName": name}),
        )
    }

    fn relocate_unit(&mut self, world: &World) -> Step {
        let (unit, parent) = (self.unit(world), self.unit(world));
        let is_possible = unit != "ou_root" && !world.subtree(&unit).contains(&parent);
        let name = world.units.get(&unit).map(|stored| stored.unit.name.clone()).unwrap_or_default();
        let is_free = !world.children(&parent).any(|sibling| sibling.unit.name == name);
        if is_possible && is_free {
            step(
                "UpdateOrganizationalUnitParentId",
                json!({"OrganizationalUnitId": unit, "ParentId": parent}),
            )
        } else {
            self.new_unit(world)
        }
    }

    fn toggle(&mut self, world: &World) -> Step {
        let Some(user) = self.account(world) else { return self.newcomer(world) };
        let is_disabled = world.accounts.get(&user).is_some_and(|stored| stored.account.disabled);
        step(if is_disabled { "EnableUser" } else { "DisableUser" }, json!({"UserId": user}))
    }

    fn leaver(&mut self, world: &World) -> Step {
        match self.account(world) {
            Some(user) => step("DeleteUser", json!({"UserId": user})),
            None => self.newcomer(world),
        }
    }

    fn account(&mut self, world: &World) -> Option<String> {
        let count = world.accounts.len();
        let index = if count == 0 { return None } else { self.random.random_range(0..count) };
        world.listed().nth(index).map(|stored| stored.account.id.clone())
    }

    /// Not too deep: DingTalk has its limit.
    fn unit(&mut self, world: &World) -> String {
        let shallow: Vec<&String> = world.units.keys().filter(|id| world.chain(id).len() < 8).collect();
        let index = self.random.random_range(0..shallow.len().max(1));
        shallow.get(index).map_or_else(|| "ou_root".to_owned(), |id| (*id).clone())
    }
}

fn step(action: &str, with: serde_json::Value) -> Step {
    Step { idaas: Some(action.to_owned()), with, ..Step::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::company::generate;
    use crate::simulator::dingtalk;
    use crate::simulator::idaas;
    use crate::simulator::{changes::Company, options::Options};

    #[test]
    fn five_hundred_changes_are_all_accepted_and_the_same_every_time() {
        let play = || {
            let (seed, options) = (generate(100, 12, 3, 50), Options::default());
            let idaas = idaas::Handle::new(&seed, &options);
            let company = Company { idaas: idaas.clone(), dingtalk: dingtalk::Handle::new(&seed, &options) };
            let mut weather = Weather::new(7, 5.0);
            for number in 0..500 {
                let step = weather.change(&idaas.world());
                company.take(&step).unwrap_or_else(|why| panic!("{number}: {step:?}: {why}"));
                assert!(weather.pause() < Duration::from_secs(30));
            }
            let world = idaas.world();
            world.listed().map(|stored| format!("{:?}", stored.account)).collect::<Vec<_>>()
        };
        assert_eq!(play(), play());
    }
}
