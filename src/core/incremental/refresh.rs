//! Reading again what a batch is about: the objects that events name, their counterparts, and whatever a row would
//! be written against.

use std::collections::HashSet;

use futures::stream::{self, StreamExt};

use super::Subject;
use super::choose::{self, UNIQUE};
use super::desired::Desired;
use super::view::View;
use crate::core::error::{Error, ErrorKind};
use crate::core::journal::Memory;
use crate::core::normalise;
use crate::core::plan::{Action, Change, Entity, FieldValue};
use crate::core::source::{Account, AccountId, OrganizationalUnit, Source, UnitId};
use crate::core::target::{Department, DepartmentId, Target, User, UserId};

/// Reads under way at once; the lanes set the pace.
const WIDTH: usize = 32;
/// Levels of units read upwards at most.
const DEEPEST: usize = 64;

/// Both services.
#[derive(Clone, Copy)]
pub(super) struct Services<'a> {
    pub source: &'a dyn Source,
    pub target: &'a dyn Target,
}

/// What was read in a batch.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    read: HashSet<Subject>,
    /// The whole source was read just now.
    pub all_source: bool,
    /// The whole target was read just now.
    pub all_target: bool,
    /// Objects that cannot be read, each with the reason.
    pub unreadable: Vec<(Subject, String)>,
}

impl Fresh {
    pub(super) fn has(&self, subject: &Subject) -> bool {
        let is_covered = if subject.is_source() { self.all_source } else { self.all_target };
        is_covered || self.read.contains(subject)
    }
}

enum Found {
    Account(Option<Box<Account>>),
    Unit(Option<Box<OrganizationalUnit>>),
    User(Option<Box<User>>),
    Department(Option<Box<Department>>),
}

/// Reads these objects again and takes them in. An object that a service refuses to tell is set down as unreadable;
/// an error is one that concerns all of them.
pub(super) async fn read(
    services: Services<'_>,
    view: &mut View,
    fresh: &mut Fresh,
    subjects: impl IntoIterator<Item = Subject>,
) -> Result<(), Error> {
    let open: HashSet<Subject> = subjects.into_iter().filter(|one| !fresh.read.contains(one)).collect();
    let reads = stream::iter(open).map(|subject| async move {
        let found = one(services, &subject).await;
        (subject, found)
    });
    let mut reads = reads.buffer_unordered(WIDTH);
    while let Some((subject, found)) = reads.next().await {
        match found {
            Ok(found) => take_in(view, &subject, found),
            Err(error) if error.kind == ErrorKind::Service => {
                fresh.unreadable.push((subject.clone(), error.message));
            }
            Err(error) => return Err(error),
        }
        fresh.read.insert(subject);
    }
    Ok(())
}

async fn one(services: Services<'_>, subject: &Subject) -> Result<Found, Error> {
    Ok(match subject {
        Subject::Account(id) => Found::Account(services.source.account(id).await?.map(Box::new)),
        Subject::Unit(id) => Found::Unit(services.source.unit(id).await?.map(Box::new)),
        Subject::User(id) => Found::User(services.target.user(id).await?.map(Box::new)),
        Subject::Department(id) => Found::Department(services.target.department(*id).await?.map(Box::new)),
    })
}

fn take_in(view: &mut View, subject: &Subject, found: Found) {
    match (subject, found) {
        (Subject::Account(id), Found::Account(account)) => view.put_account(id, account.map(|one| *one)),
        (Subject::Unit(id), Found::Unit(unit)) => view.put_unit(id, unit.map(|one| *one)),
        (Subject::User(id), Found::User(user)) => view.put_user(id, user.map(|one| *one)),
        (Subject::Department(id), Found::Department(found)) => {
            view.put_department(*id, found.map(|one| *one))
        }
        (
            Subject::Account(_) | Subject::Unit(_) | Subject::User(_) | Subject::Department(_),
            Found::Account(_) | Found::Unit(_) | Found::User(_) | Found::Department(_),
        ) => {}
    }
}

/// What events name, with their counterparts; then the units that accounts are in and nobody has heard of yet, and
/// whoever has the mobile of somebody not bound.
pub(super) async fn named(
    services: Services<'_>,
    view: &mut View,
    fresh: &mut Fresh,
    (desired, memory): (&Desired, &Memory),
    subjects: &[Subject],
) -> Result<(), Error> {
    let counterparts = subjects.iter().filter_map(|subject| counterpart(subject, memory));
    let all: Vec<Subject> = subjects.iter().cloned().chain(counterparts).collect();
    read(services, view, fresh, all).await?;
    let accounts: Vec<Account> = subjects
        .iter()
        .filter_map(|subject| match subject {
            Subject::Account(id) => view.account(id).cloned(),
            Subject::Unit(_) | Subject::User(_) | Subject::Department(_) => None,
        })
        .collect();
    unknown_units(services, view, fresh, &accounts, subjects).await?;
    let unbound = accounts.iter().filter(|account| !memory.users.contains_key(&account.account_id()));
    let unbound: Vec<&Account> = unbound.collect();
    owners(services, view, fresh, desired, &unbound).await
}

fn counterpart(subject: &Subject, memory: &Memory) -> Option<Subject> {
    match subject {
        Subject::Account(id) => memory.users.get(id).cloned().map(Subject::User),
        Subject::Unit(id) => memory.departments.get(id).copied().map(Subject::Department),
        Subject::User(_) | Subject::Department(_) => None,
    }
}

/// An account or unit may be told of before the unit it is in: the units above it are read up to a known one.
async fn unknown_units(
    services: Services<'_>,
    view: &mut View,
    fresh: &mut Fresh,
    accounts: &[Account],
    subjects: &[Subject],
) -> Result<(), Error> {
    for _ in 0..DEEPEST {
        let of_accounts = accounts.iter().flat_map(|account| &account.units).map(|one| one.unit.clone());
        let named = subjects.iter().filter_map(|subject| match subject {
            Subject::Unit(id) => Some(id.clone()),
            Subject::Account(_) | Subject::User(_) | Subject::Department(_) => None,
        });
        let mut wanted: Vec<UnitId> = of_accounts.chain(named).collect();
        let mut above = Vec::new();
        for id in &wanted {
            above.extend(parents(view, id));
        }
        wanted.extend(above);
        let open: Vec<Subject> = wanted
            .into_iter()
            .filter(|id| view.unit(id).is_none())
            .map(Subject::Unit)
            .filter(|unit| !fresh.read.contains(unit))
            .collect();
        if open.is_empty() {
            return Ok(());
        }
        read(services, view, fresh, open).await?;
    }
    Ok(())
}

/// The units above one, as far as they are known, and the first that is not.
fn parents(view: &View, id: &UnitId) -> Vec<UnitId> {
    let (mut found, mut at) = (Vec::new(), id.clone());
    while let Some(parent) = view.unit(&at).and_then(|unit| unit.parent.clone()).map(UnitId) {
        if found.contains(&parent) || found.len() > DEEPEST {
            break;
        }
        found.push(parent.clone());
        at = parent;
    }
    found
}

/// Whoever has a mobile or userid that somebody unbound is to get, anywhere in the organisation.
async fn owners(
    services: Services<'_>,
    view: &mut View,
    fresh: &mut Fresh,
    desired: &Desired,
    accounts: &[&Account],
) -> Result<(), Error> {
    let mut mobiles = Vec::new();
    let mut known = Vec::new();
    for account in accounts {
        let draft = desired.draft(account);
        let claims = UNIQUE.into_iter().filter_map(|field| Some((field, draft.value(field)?.to_owned())));
        known.extend(choose::holders(view, claims));
        known.extend(draft.value("userid").map(|id| UserId(id.to_owned())));
        mobiles.extend(
            draft.value("mobile").filter(|mobile| normalise::is_valid_mobile(mobile)).map(str::to_owned),
        );
    }
    let found = stream::iter(mobiles)
        .map(|mobile| async move { services.target.user_by_mobile(&mobile).await })
        .buffer_unordered(WIDTH)
        .collect::<Vec<Result<Option<UserId>, Error>>>();
    for owner in found.await {
        match owner {
            Ok(owner) => known.extend(owner),
            // Who has the mobile is then what the last complete read says.
            Err(error) if matches!(error.kind, ErrorKind::Service | ErrorKind::Permission) => {}
            Err(error) => return Err(error),
        }
    }
    read(services, view, fresh, known.into_iter().map(Subject::User)).await
}

/// The objects that a row rests on and that were not read in this batch.
pub(super) fn missing(view: &View, fresh: &Fresh, desired: &Desired, change: &Change) -> Vec<Subject> {
    let mut needed: Vec<Subject> =
        Subject::of(change).into_iter().chain(Subject::target_of(change)).collect();
    match change.entity {
        Entity::User => needed.extend(rivals_of_account(view, desired, change)),
        Entity::Department => needed.extend(rival_of_unit(view, desired, change)),
    }
    needed.retain(|subject| !fresh.has(subject));
    needed
}

fn rivals_of_account(view: &View, desired: &Desired, change: &Change) -> Vec<Subject> {
    if change.action.is_writing() {
        return choose::rivals_of_user(view, change).into_iter().map(Subject::User).collect();
    }
    let Some(account) = change.source_id.clone().and_then(|id| view.account(&AccountId(id))) else {
        return Vec::new();
    };
    let draft = desired.draft(account);
    let claims = UNIQUE.into_iter().filter_map(|field| Some((field, draft.value(field)?.to_owned())));
    choose::holders(view, claims).into_iter().map(Subject::User).collect()
}

fn rival_of_unit(view: &View, desired: &Desired, change: &Change) -> Option<Subject> {
    if change.action != Action::Conflict {
        return choose::rival_of_department(view, change).map(Subject::Department);
    }
    let unit = view.unit(&UnitId(change.source_id.clone()?))?;
    let name = desired.department_name(unit);
    let name = normalise::text(&name);
    let same = |one: &&Department| normalise::text(&one.name) == name;
    view.target.departments.iter().find(same).map(|one| Subject::Department(one.id))
}

/// What a refused row may have been refused for: the departments it names and what is in them, whoever has its values.
pub(super) async fn around(
    services: Services<'_>,
    view: &mut View,
    fresh: &mut Fresh,
    desired: &Desired,
    change: &Change,
) -> Result<(), Error> {
    let mut departments = Vec::new();
    for field in &change.fields {
        match (field.field.as_str(), &field.after) {
            ("parent_id", FieldValue::Text(text)) => departments.extend(text.parse().ok().map(DepartmentId)),
            ("dept_id_list", FieldValue::List(list)) => {
                departments.extend(list.iter().filter_map(|text| text.parse().ok()).map(DepartmentId));
            }
            _ => {}
        }
    }
    if change.entity == Entity::Department && change.action == Action::Create {
        for parent in &departments {
            match services.target.children(*parent).await {
                Ok(children) => {
                    children.into_iter().for_each(|child| view.put_department(child.id, Some(child)))
                }
                Err(error) if error.kind == ErrorKind::Service => {}
                Err(error) => return Err(error),
            }
        }
    }
    let account = change.source_id.clone().filter(|_| change.entity == Entity::User);
    let account = account.and_then(|id| view.account(&AccountId(id)).cloned());
    if let (Some(account), Action::Create) = (&account, change.action) {
        owners(services, view, fresh, desired, &[account]).await?;
    }
    let own = Subject::target_of(change);
    read(services, view, fresh, departments.into_iter().map(Subject::Department).chain(own)).await
}
