//! Whether a record is still as the plan saw it. A removal always looks again; anything else only when what was read
//! is older than ten minutes (contract section 5).

use super::compare::{Record, Standing, same, standing};
use super::shared::{Shared, department_id, user_id};
use crate::core::error::Error;
use crate::core::plan::{Action, Change, Entity};
use crate::core::target::{Department, DepartmentId, User, UserId};

/// Pauses between looks at a department that is to be empty: members moved out just now may still be listed.
const PAUSES_MS: [u64; 5] = [0, 500, 1000, 1500, 2000];

/// Texts that both the list and the single read give.
const COMPARED: [&str; 8] =
    ["name", "email", "telephone", "title", "job_number", "org_email", "work_place", "remark"];

/// What a look found.
#[derive(Debug)]
pub(super) enum Fresh {
    /// As planned; with the user as read, where it was.
    AsPlanned(Option<User>),
    /// Nothing is left to do.
    AsWanted,
    /// Somebody changed it: what.
    Stale(String),
    /// It could not be read.
    Unreadable(Error),
}

/// Looks at a row's record as far as the rules ask for it.
pub(super) async fn look(shared: &Shared<'_>, row: usize) -> Fresh {
    let change = shared.change(row);
    let found = match (change.entity, change.action) {
        (_, Action::Create) => return Fresh::AsPlanned(None),
        (Entity::User, Action::Remove) => removed_user(shared, change).await,
        (Entity::Department, Action::Remove) => removed_department(shared, change).await,
        _ if shared.is_prepared(row) => return Fresh::AsPlanned(None),
        (Entity::User, _) => user(shared, change).await,
        (Entity::Department, _) => department(shared, change).await,
    };
    found.unwrap_or_else(Fresh::Unreadable)
}

async fn user(shared: &Shared<'_>, change: &Change) -> Result<Fresh, Error> {
    let Some(id) = user_id(change) else { return Ok(Fresh::AsPlanned(None)) };
    if shared.is_old() {
        let Some(user) = shared.work.target.user(&id).await? else { return Ok(vanished()) };
        return Ok(judge(shared, change, Record::User(&user), Some(&user)));
    }
    Ok(match (shared.is_reread || shared.is_undo, shared.user(&id)) {
        (false, _) => Fresh::AsPlanned(None),
        (true, Some(user)) => judge(shared, change, Record::User(user), None),
        (true, None) => vanished(),
    })
}

async fn department(shared: &Shared<'_>, change: &Change) -> Result<Fresh, Error> {
    let Some(id) = department_id(change) else { return Ok(Fresh::AsPlanned(None)) };
    if shared.is_old() {
        let Some(department) = shared.work.target.department(id).await? else { return Ok(vanished()) };
        return Ok(judge(shared, change, Record::Department(&department), None));
    }
    Ok(match (shared.is_reread || shared.is_undo, shared.department(id)) {
        (false, _) => Fresh::AsPlanned(None),
        (true, Some(department)) => judge(shared, change, Record::Department(department), None),
        (true, None) => vanished(),
    })
}

fn judge(shared: &Shared<'_>, change: &Change, record: Record<'_>, user: Option<&User>) -> Fresh {
    match standing(change, record, &|place| shared.resolve(place)) {
        Standing::AsPlanned => Fresh::AsPlanned(user.cloned()),
        Standing::AsWanted => Fresh::AsWanted,
        Standing::Changed(field) => Fresh::Stale(format!("{field} was changed since it was read")),
    }
}

/// Whether a record that an undo removes is still as the run made it.
fn undone(shared: &Shared<'_>, change: &Change, record: Record<'_>) -> Standing {
    if shared.is_undo {
        standing(change, record, &|place| shared.resolve(place))
    } else {
        Standing::AsPlanned
    }
}

fn vanished() -> Fresh {
    Fresh::Stale("it is no longer there".to_owned())
}

async fn removed_user(shared: &Shared<'_>, change: &Change) -> Result<Fresh, Error> {
    let Some(id) = user_id(change) else { return Ok(Fresh::AsPlanned(None)) };
    let Some(now) = shared.work.target.user(&id).await? else { return Ok(Fresh::AsWanted) };
    if now.is_administrator {
        return Ok(Fresh::Stale("the user is an administrator of the organisation".to_owned()));
    }
    let Some(then) = shared.user(&id) else {
        return Ok(Fresh::Stale("the user was not there when the plan was made".to_owned()));
    };
    if let Standing::Changed(field) = undone(shared, change, Record::User(&now)) {
        return Ok(Fresh::Stale(format!("{field} was changed since the run")));
    }
    Ok(match difference(then, &now) {
        Some(field) => Fresh::Stale(format!("{field} was changed since it was read")),
        None => Fresh::AsPlanned(Some(now)),
    })
}

/// The first field in which two readings of a user differ, among those that both ways of reading give.
fn difference<'u>(then: &'u User, now: &User) -> Option<&'u str> {
    let (mut before, mut after) = (then.departments.clone(), now.departments.clone());
    before.sort_unstable();
    after.sort_unstable();
    if before != after {
        return Some("dept_id_list");
    }
    if then.mobile.is_some() && now.mobile.is_some() && then.mobile != now.mobile {
        return Some("mobile");
    }
    let read = then.fields.iter().map(|(name, _)| name.as_str());
    let differs = |name: &&str| !same(name, then.field(name), now.field(name));
    read.chain(COMPARED).find(differs)
}

async fn removed_department(shared: &Shared<'_>, change: &Change) -> Result<Fresh, Error> {
    let Some(id) = department_id(change) else { return Ok(Fresh::AsPlanned(None)) };
    let Some(now) = shared.work.target.department(id).await? else { return Ok(Fresh::AsWanted) };
    let Some(then) = shared.department(id) else {
        return Ok(Fresh::Stale("the department was not there when the plan was made".to_owned()));
    };
    if now.parent != then.parent || now.name != then.name {
        return Ok(Fresh::Stale("the department was renamed or moved since it was read".to_owned()));
    }
    if let Standing::Changed(field) = undone(shared, change, Record::Department(&now)) {
        return Ok(Fresh::Stale(format!("{field} was changed since the run")));
    }
    let mut left = (Vec::new(), Vec::new());
    for pause in PAUSES_MS {
        if pause > 0 {
            shared.work.clock.sleep(pause).await;
        }
        left = contents(shared, id).await?;
        if left.0.is_empty() && left.1.is_empty() {
            return Ok(Fresh::AsPlanned(None));
        }
    }
    let (members, children) = (left.0.len(), left.1.len());
    Ok(Fresh::Stale(format!("the department has {members} members and {children} departments below it")))
}

async fn contents(shared: &Shared<'_>, id: DepartmentId) -> Result<(Vec<UserId>, Vec<Department>), Error> {
    let target = shared.work.target;
    Ok((target.members(id).await?, target.children(id).await?))
}
