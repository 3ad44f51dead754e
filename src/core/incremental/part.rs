//! The part of both sides that a batch can change anything about: the people that were touched and whoever shares a
//! value with them, directly or through others; with every unit and department where one of these changed. Planned alone
//! it has the same rows as in a plan of everything, in a fraction of the time.

use std::collections::HashSet;
use std::sync::Arc;

use super::Subject;
use super::keys::Sought;
use super::view::View;
use crate::core::error::Error;
use crate::core::journal::Memory;
use crate::core::plan::{Entity, FieldValue, Plan};
use crate::core::planner::{Places, PlanInput, Whole, places, plan, plan_part, plan_people};
use crate::core::profile::{Leavers, Profile};
use crate::core::source::{AccountId, SourceSnapshot};
use crate::core::target::{DepartmentId, TargetSnapshot, UserId};

/// A part of this share of all people is no faster than all of them.
const LARGEST_SHARE: usize = 8;
/// A part of so few people is always worth planning alone.
const SMALL: usize = 500;

/// What the last plan found of everything, as far as the plan of a part rests on it.
#[derive(Debug)]
pub(super) struct Standing {
    places: Arc<Places>,
    whole: Whole,
}

/// What a plan is a plan of: everything, or a part.
pub(super) struct Extent {
    /// Accounts whose rows the plan has, where it does not have those of all.
    covered: Option<HashSet<String>>,
    /// Whether it has the rows of units and departments; else these are as they were.
    has_departments: bool,
    pub standing: Standing,
    /// What of the view it rests on.
    pub moment: u64,
}

impl Extent {
    /// Whether the plan would have the row of a record, if there is one.
    pub(super) fn covers(&self, entity: Entity, source_id: &str) -> bool {
        match entity {
            Entity::Department => self.has_departments,
            Entity::User => self.covered.as_ref().is_none_or(|all| all.contains(source_id)),
        }
    }

    fn of_part(view: &View, covered: HashSet<String>, has_departments: bool, standing: Standing) -> Self {
        Self { covered: Some(covered), has_departments, standing, moment: view.moment() }
    }
}

/// Plans what has changed since the plan that `last` stands for; everything when there is none, or when the part would
/// be a large one.
pub(super) fn make(
    profile: &Profile,
    view: &View,
    last: Option<&Standing>,
    seeds: &HashSet<Subject>,
    now_ms: i64,
) -> Result<(Plan, Extent), Error> {
    if let Some(last) = last
        && !may_change_departments(profile, view, last, seeds)
        && let Some(made) = people(profile, view, last, seeds, now_ms)?
    {
        return Ok(made);
    }
    let skeleton = Skeleton::of(view, true);
    let places = Arc::new(places(&skeleton.input(profile, now_ms))?);
    let picked = last.and_then(|last| Picking::new(profile, view, last, &places, seeds).picked());
    let (Some(last), Some(picked)) = (last, picked) else { return everything(profile, view, places, now_ms) };
    let whole = recount(view, last, &places);
    let part = skeleton.filled(view, picked);
    let plan = plan_part(&part.input(profile, now_ms), &whole)?;
    let whole = Whole { units: plan.source.units, departments: plan.target.departments, ..whole };
    Ok((plan, Extent::of_part(view, part.covered, true, Standing { places, whole })))
}

/// Plans everything.
fn everything(
    profile: &Profile,
    view: &View,
    places: Arc<Places>,
    now_ms: i64,
) -> Result<(Plan, Extent), Error> {
    let plan = plan(&input(profile, (&view.source, &view.target), &view.memory, now_ms))?;
    let whole = Whole {
        accounts: plan.source.accounts,
        ignored: plan.source.ignored,
        units: plan.source.units,
        users: plan.target.users,
        departments: plan.target.departments,
    };
    let standing = Standing { places, whole };
    Ok((plan, Extent { covered: None, has_departments: true, standing, moment: view.moment() }))
}

/// Whether the rows of departments can be others than at the last plan: a unit or department changed, or one that is
/// left behind may be removed as soon as nobody stays in it.
fn may_change_departments(profile: &Profile, view: &View, last: &Standing, seeds: &HashSet<Subject>) -> bool {
    let is_person = |subject: &Subject| matches!(subject, Subject::Account(_) | Subject::User(_));
    let may_remove = profile.scenario.leavers == Leavers::Remove;
    !view.open.subjects.keys().chain(seeds).all(is_person)
        || (may_remove && !last.places.left_behind(&view.memory).is_empty())
}

/// Plans people alone; `None` when they are too many, or one of them is placed in a department that is to be created:
/// its row belongs to the plan then.
fn people(
    profile: &Profile,
    view: &View,
    last: &Standing,
    seeds: &HashSet<Subject>,
    now_ms: i64,
) -> Result<Option<(Plan, Extent)>, Error> {
    let Some(picked) = Picking::new(profile, view, last, &last.places, seeds).picked() else {
        return Ok(None);
    };
    let whole = recount(view, last, &last.places);
    let part = Skeleton::of(view, false).filled(view, picked);
    let plan = plan_people(&part.input(profile, now_ms), &whole, &last.places)?;
    let is_new = |place: &String| place.starts_with("new:");
    let has_new = plan.changes.iter().flat_map(|change| &change.fields).any(|field| match &field.after {
        FieldValue::List(places) => places.iter().any(is_new),
        FieldValue::Text(_) | FieldValue::Empty(()) => false,
    });
    let standing = Standing { places: Arc::clone(&last.places), whole };
    Ok((!has_new).then(|| (plan, Extent::of_part(view, part.covered, false, standing))))
}

fn input<'a>(
    profile: &'a Profile,
    (source, target): (&'a SourceSnapshot, &'a TargetSnapshot),
    memory: &'a Memory,
    now_ms: i64,
) -> PlanInput<'a> {
    PlanInput { profile, source, target, memory, now_ms, read_calls: 0 }
}

/// Counts the accounts in scope: all of them where the scope is another one, else those that changed.
fn recount(view: &View, last: &Standing, places: &Places) -> Whole {
    let users = view.target.users.len() as u64;
    if !places.has_scope_of(&last.places) {
        let accounts = view.source.accounts.iter().filter(|account| places.holds(account)).count() as u64;
        return Whole { accounts, users, ..last.whole };
    }
    let mut accounts = last.whole.accounts;
    for (id, (_, before)) in &view.open.accounts {
        let was = before.as_ref().is_some_and(|account| places.holds(account));
        let is = view.account(id).is_some_and(|account| places.holds(account));
        accounts = accounts.saturating_sub(u64::from(was)) + u64::from(is);
    }
    Whole { accounts, users, ..last.whole }
}

/// Both sides without people, or with some of them.
struct Skeleton {
    source: SourceSnapshot,
    target: TargetSnapshot,
    memory: Memory,
    covered: HashSet<String>,
}

impl Skeleton {
    /// With every unit and department, or without.
    fn of(view: &View, has_departments: bool) -> Self {
        let target = &view.target;
        let mut skeleton = Self {
            source: SourceSnapshot::default(),
            target: TargetSnapshot {
                departments: Vec::new(),
                users: Vec::new(),
                is_complete: target.is_complete,
                range: target.range.clone(),
                unreadable: target.unreadable.clone(),
                calls: 0,
                read_at_ms: target.read_at_ms,
            },
            memory: Memory {
                last_source_accounts: view.memory.last_source_accounts,
                finished_full_syncs: view.memory.finished_full_syncs,
                ..Memory::default()
            },
            covered: HashSet::new(),
        };
        if has_departments {
            skeleton.source.units = view.source.units.clone();
            skeleton.target.departments = target.departments.clone();
            skeleton.memory.departments = view.memory.departments.clone();
            skeleton.memory.left_out_units = view.memory.left_out_units.clone();
            skeleton.memory.unstored = of_entity(view, Entity::Department).collect();
        }
        skeleton
    }

    fn input<'a>(&'a self, profile: &'a Profile, now_ms: i64) -> PlanInput<'a> {
        input(profile, (&self.source, &self.target), &self.memory, now_ms)
    }

    /// With the picked people and what is remembered of them.
    fn filled(mut self, view: &View, picked: Picked) -> Self {
        let Picked { accounts, users, bound } = picked;
        self.source.accounts = accounts.iter().map(|at| view.source.accounts[*at].clone()).collect();
        self.target.users = users.iter().map(|at| view.target.users[*at].clone()).collect();
        let ids = self.source.accounts.iter().map(|account| account.account_id());
        let ids: HashSet<AccountId> = ids.chain(bound).collect();
        let (from, memory) = (&view.memory, &mut self.memory);
        for id in &ids {
            memory.users.extend(from.users.get(id).map(|user| (id.clone(), user.clone())));
            memory.pending.extend(from.pending.get(id).map(|mobile| (id.clone(), mobile.clone())));
            memory.decisions.extend(from.decisions.get(id).map(|decision| (id.clone(), decision.clone())));
            memory.moved_leavers.extend(from.moved_leavers.get(id).cloned());
        }
        let users: HashSet<&str> = self.target.users.iter().map(|user| user.id.0.as_str()).collect();
        memory
            .unstored
            .extend(of_entity(view, Entity::User).filter(|(key, _)| users.contains(key.target_id.as_str())));
        self.covered = ids.into_iter().map(|id| id.0).collect();
        self
    }
}

type UnstoredPair = (crate::core::journal::UnstoredKey, crate::core::journal::Unstored);

fn of_entity(view: &View, entity: Entity) -> impl Iterator<Item = UnstoredPair> {
    let all = view.memory.unstored.iter().filter(move |(key, _)| key.entity == entity);
    all.map(|(key, value)| (key.clone(), value.clone()))
}

/// Positions of people in their lists, sorted; and accounts that are bound to one of them and exist no more.
struct Picked {
    accounts: Vec<usize>,
    users: Vec<usize>,
    bound: Vec<AccountId>,
}

/// Finds whoever has to do with what changed.
struct Picking<'p> {
    view: &'p View,
    sought: Sought,
    accounts: HashSet<usize>,
    users: HashSet<usize>,
    /// Users that changed, whether they are still there or not.
    changed: HashSet<UserId>,
    bound: HashSet<AccountId>,
}

impl<'p> Picking<'p> {
    /// Begins with what changed: objects, values that somebody no longer has, and whoever is in a unit or department
    /// that is another place than at the last plan.
    fn new(
        profile: &Profile,
        view: &'p View,
        last: &Standing,
        places: &Places,
        seeds: &HashSet<Subject>,
    ) -> Self {
        let mut picking = Self {
            view,
            sought: Sought::default(),
            accounts: HashSet::new(),
            users: HashSet::new(),
            changed: HashSet::new(),
            bound: HashSet::new(),
        };
        let gone: Vec<u64> = view.open.keys.iter().map(|(key, _)| *key).collect();
        picking.sought.add(&gone);
        for subject in view.open.subjects.keys().chain(seeds) {
            match subject {
                Subject::Account(id) => picking.account(id),
                Subject::User(id) => picking.user(id),
                Subject::Unit(_) | Subject::Department(_) => {}
            }
        }
        let (units, mut departments) = places.differences(&last.places);
        if profile.scenario.leavers == Leavers::Remove {
            // Whether a department can be removed depends on who stays in it.
            departments.extend(places.left_behind(&view.memory));
        }
        picking.placed(&units, &departments);
        picking
    }

    fn user(&mut self, id: &UserId) {
        self.sought.add(&[self.view.key_of(id)]);
        self.changed.insert(id.clone());
    }

    fn account(&mut self, id: &AccountId) {
        if let Some(user) = self.view.memory.users.get(id) {
            self.sought.add(&[self.view.key_of(user)]);
        }
        match self.view.source.accounts.binary_search_by(|account| account.id.cmp(&id.0)) {
            Ok(position) => self.pick_account(position),
            Err(_) => drop(self.bound.insert(id.clone())),
        }
    }

    fn pick_account(&mut self, position: usize) {
        if self.accounts.insert(position) {
            self.sought.add(self.view.keys().0.at(position));
        }
    }

    fn pick_user(&mut self, position: usize) {
        if self.users.insert(position) {
            self.sought.add(self.view.keys().1.at(position));
        }
    }

    /// Picks whoever is in one of these.
    fn placed(&mut self, units: &HashSet<&str>, departments: &HashSet<DepartmentId>) {
        let view = self.view;
        if !units.is_empty() {
            for (position, account) in view.source.accounts.iter().enumerate() {
                if account.units.iter().any(|one| units.contains(one.unit.0.as_str())) {
                    self.pick_account(position);
                }
            }
        }
        if !departments.is_empty() {
            for (position, user) in view.target.users.iter().enumerate() {
                if user.departments.iter().any(|id| departments.contains(id)) {
                    self.pick_user(position);
                }
            }
        }
    }

    /// Everybody; `None` when these are too many.
    fn picked(mut self) -> Option<Picked> {
        let view = self.view;
        let all = view.source.accounts.len() + view.target.users.len();
        let most = SMALL.max(all / LARGEST_SHARE);
        let mut known = 0;
        while known != self.sought.len() {
            known = self.sought.len();
            let accounts: Vec<usize> = view.keys().0.with_any(&self.sought).collect();
            let users: Vec<usize> = view.keys().1.with_any(&self.sought).collect();
            if accounts.len() + users.len() > most {
                return None;
            }
            accounts.into_iter().for_each(|position| self.pick_account(position));
            users.into_iter().for_each(|position| self.pick_user(position));
        }
        self.pick_gone();
        let sorted = |positions: HashSet<usize>| {
            let mut positions: Vec<usize> = positions.into_iter().collect();
            positions.sort_unstable();
            positions
        };
        let bound = self.bound.into_iter().collect();
        Some(Picked { accounts: sorted(self.accounts), users: sorted(self.users), bound })
    }

    /// Picks the accounts that exist no more and are bound to a picked user: nobody of the source has their keys.
    fn pick_gone(&mut self) {
        let view = self.view;
        let there = self.users.iter().map(|at| view.target.users[*at].id.0.as_str());
        let mut alone: HashSet<&str> = there.chain(self.changed.iter().map(|id| id.0.as_str())).collect();
        for position in &self.accounts {
            if let Some(user) = view.memory.users.get(view.source.accounts[*position].id.as_str()) {
                alone.remove(user.0.as_str());
            }
        }
        if alone.is_empty() {
            return;
        }
        let bound = view.memory.users.iter().filter(|(_, user)| alone.contains(user.0.as_str()));
        self.bound.extend(bound.map(|(account, _)| account.clone()));
    }
}

#[cfg(test)]
mod tests;
