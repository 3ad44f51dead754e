//! A row as the call that carries it out, and what its success teaches.

use std::collections::BTreeMap;

use super::graph::Preparation;
use super::shared::{Shared, department_id, user_id};
use crate::core::field::{FieldName, user_field};
use crate::core::journal::Learned;
use crate::core::plan::{Action, Change, DepartmentRef, Entity, FieldChange, FieldValue, MatchedBy};
use crate::core::source::{AccountId, UnitId};
use crate::core::target::{
    DepartmentDraft, DepartmentId, DepartmentUpdate, User, UserDraft, UserId, UserUpdate, Write, Written,
};

/// Characters a department name may have (reference `dingtalk-api.md` section 3.1).
const LONGEST_NAME: usize = 64;

/// What a row comes to.
#[derive(Debug)]
pub(super) enum Built {
    /// This call, with a remark about what it leaves out.
    Call(Write, Option<String>),
    /// No call: everything is as wanted.
    Nothing,
    /// It cannot be built: code and message.
    Impossible(&'static str, String),
}

/// The call of a row. `fresh` is the user as read just now, where it was.
pub(super) fn write(shared: &Shared<'_>, row: usize, fresh: Option<&User>) -> Built {
    let change = shared.change(row);
    match (change.entity, change.action) {
        (Entity::Department, Action::Create) => create_department(shared, change),
        (Entity::User, Action::Create) => create_user(shared, change),
        (Entity::Department, Action::Remove) => match department_id(change) {
            Some(id) => Built::Call(Write::DeleteDepartment { id }, None),
            None => no_target(),
        },
        (Entity::User, Action::Remove) => match user_id(change) {
            Some(id) => Built::Call(Write::DeleteUser { id }, None),
            None => no_target(),
        },
        (Entity::Department, _) => update_department(shared, row, change),
        (Entity::User, _) => update_user(shared, row, change, fresh),
    }
}

/// The call that frees a value ahead of time, with the change it makes.
pub(super) fn preparation(
    shared: &Shared<'_>,
    row: usize,
    what: &Preparation,
) -> Option<(Write, FieldChange)> {
    let change = shared.change(row);
    match what {
        Preparation::Rename => {
            let id = department_id(change)?;
            let department = shared.department(id)?;
            let temporary = temporary_name(&department.name, id, |name| {
                shared.snapshot.departments.iter().any(|other| other.name == name)
            });
            let field = FieldChange {
                field: FieldName::new("name"),
                before: FieldValue::Text(department.name.clone()),
                after: FieldValue::Text(temporary.clone()),
            };
            let fields = BTreeMap::from([(FieldName::new("name"), Some(temporary))]);
            Some((Write::UpdateDepartment(DepartmentUpdate { id, parent: None, fields }), field))
        }
        Preparation::Clear(name) => {
            let id = user_id(change)?;
            let planned = change.fields.iter().find(|field| field.field == *name)?;
            let field = FieldChange { after: FieldValue::EMPTY, ..planned.clone() };
            let update = UserUpdate {
                extension_as_read: extension(shared.user(&id)?),
                departments: None,
                fields: BTreeMap::from([(name.clone(), None)]),
                id,
            };
            Some((Write::UpdateUser(update), field))
        }
    }
}

/// What the success of a row's call teaches.
pub(super) fn learned(shared: &Shared<'_>, change: &Change, written: Option<&Written>) -> Vec<Learned> {
    match (change.entity, change.action) {
        (Entity::Department, Action::Remove) => {
            shared.unit(change).map(Learned::UnbindDepartment).into_iter().collect()
        }
        (Entity::Department, _) if unlinks(shared, change) => {
            shared.unit(change).map(Learned::UnbindDepartment).into_iter().collect()
        }
        (Entity::User, _) if unlinks(shared, change) => {
            shared.account(change).map(Learned::UnbindUser).into_iter().collect()
        }
        (Entity::Department, _) => bind_department(change, written).into_iter().collect(),
        (Entity::User, Action::Remove) => {
            let Some(account) = shared.account(change) else { return Vec::new() };
            let leaver = shared.memory.moved_leavers.contains(&account);
            let forget = leaver.then(|| Learned::NotLeaver(account.clone()));
            std::iter::once(Learned::UnbindUser(account)).chain(forget).collect()
        }
        (Entity::User, _) => {
            let mut learned: Vec<Learned> = bind_user(change, written).into_iter().collect();
            let Some(account) = shared.account(change) else { return learned };
            let is_leaver = shared.memory.moved_leavers.contains(&account);
            match (change.action, change.reason.is_some()) {
                (Action::Move, true) => learned.push(Learned::MovedLeaver(account.clone())),
                (_, false) if is_leaver => learned.push(Learned::NotLeaver(account.clone())),
                _ => {}
            }
            if shared.memory.pending.contains_key(&account) {
                learned.push(Learned::NotPending(account));
            }
            learned
        }
    }
}

/// Whether a row undoes a link: it gives back what the link wrote, and the record is bound no more.
fn unlinks(shared: &Shared<'_>, change: &Change) -> bool {
    let is_back = matches!(change.action, Action::Update | Action::Move);
    shared.is_undo && is_back && change.matched_by != Some(MatchedBy::Binding)
}

/// The binding of a created or linked department.
pub(super) fn bind_department(change: &Change, written: Option<&Written>) -> Option<Learned> {
    let unit = UnitId(change.source_id.clone()?);
    match (change.action, written) {
        (Action::Create, Some(Written::Department(id))) => Some(Learned::BindDepartment(unit, *id)),
        (Action::Link, _) => department_id(change).map(|id| Learned::BindDepartment(unit, id)),
        _ => None,
    }
}

/// The binding of a created or linked user.
pub(super) fn bind_user(change: &Change, written: Option<&Written>) -> Option<Learned> {
    let account = AccountId(change.source_id.clone()?);
    match (change.action, written) {
        (Action::Create, Some(Written::User(id))) => Some(Learned::BindUser(account, id.clone())),
        (Action::Link, _) => user_id(change).map(|id| Learned::BindUser(account, id)),
        _ => None,
    }
}

/// A field of a change.
pub(super) fn field<'c>(change: &'c Change, name: &str) -> Option<&'c FieldChange> {
    change.fields.iter().find(|field| field.field.as_str() == name)
}

fn create_department(shared: &Shared<'_>, change: &Change) -> Built {
    let parent = match parent(shared, change) {
        Ok(Some(parent)) => parent,
        Ok(None) => {
            return Built::Impossible("invalid_plan", "the row names no parent department".to_owned());
        }
        Err(message) => return Built::Impossible("blocked_by", message),
    };
    Built::Call(Write::CreateDepartment(DepartmentDraft { parent, fields: texts(change) }), None)
}

fn create_user(shared: &Shared<'_>, change: &Change) -> Built {
    match places(shared, change) {
        Err(message) => Built::Impossible("blocked_by", message),
        Ok(None) => Built::Impossible("invalid_plan", "the row names no department".to_owned()),
        Ok(Some((departments, remark))) => {
            Built::Call(Write::CreateUser(UserDraft { departments, fields: texts(change) }), remark)
        }
    }
}

fn update_department(shared: &Shared<'_>, row: usize, change: &Change) -> Built {
    let Some(id) = department_id(change) else { return no_target() };
    let parent = match parent(shared, change) {
        Ok(parent) => parent,
        Err(message) => return Built::Impossible("blocked_by", message),
    };
    let mut fields = values(change);
    if shared.is_prepared(row) && field(change, "name").is_none() {
        // It carries a temporary name, and moves with its own.
        if let Some(name) = shared.own_name(row) {
            fields.insert(FieldName::new("name"), Some(name));
        }
    }
    if parent.is_none() && fields.is_empty() {
        return Built::Nothing;
    }
    Built::Call(Write::UpdateDepartment(DepartmentUpdate { id, parent, fields }), None)
}

fn update_user(shared: &Shared<'_>, _row: usize, change: &Change, fresh: Option<&User>) -> Built {
    let Some(id) = user_id(change) else { return no_target() };
    let (departments, remark) = match places(shared, change) {
        Err(message) => return Built::Impossible("blocked_by", message),
        Ok(None) => (None, None),
        Ok(Some((departments, remark))) => (Some(departments), remark),
    };
    let mut fields = values(change);
    fields.retain(|name, _| !user_field(name.as_str()).is_some_and(|spec| spec.is_create_only));
    if departments.is_none() && fields.is_empty() {
        return Built::Nothing;
    }
    let extension_as_read = fresh.or_else(|| shared.user(&id)).map(extension).unwrap_or_default();
    Built::Call(Write::UpdateUser(UserUpdate { id, departments, fields, extension_as_read }), remark)
}

/// The parent a row asks for; an error names the unit whose department is missing.
fn parent(shared: &Shared<'_>, change: &Change) -> Result<Option<DepartmentId>, String> {
    let Some(text) = field(change, "parent_id").and_then(|field| field.after.as_text()) else {
        return Ok(None);
    };
    let place = DepartmentRef::try_from(text.to_owned())?;
    shared.resolve(&place).map(Some).ok_or_else(|| shared.why_missing(text))
}

/// The departments a row asks for that exist, with a remark about the others; an error when none exists.
type Places = Option<(Vec<DepartmentId>, Option<String>)>;

fn places(shared: &Shared<'_>, change: &Change) -> Result<Places, String> {
    let Some(FieldValue::List(list)) = field(change, "dept_id_list").map(|field| &field.after) else {
        return Ok(None);
    };
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for text in list {
        let id = DepartmentRef::try_from(text.clone()).ok().and_then(|place| shared.resolve(&place));
        match id {
            Some(id) if !found.contains(&id) => found.push(id),
            Some(_) => {}
            None => missing.push(shared.why_missing(text)),
        }
    }
    let missing = missing.join("; ");
    if found.is_empty() {
        return Err(format!("none of its departments exists: {missing}"));
    }
    let remark = format!("placed only where it could be: {missing}");
    Ok(Some((found, (!missing.is_empty()).then_some(remark))))
}

fn texts(change: &Change) -> BTreeMap<FieldName, String> {
    let text = |field: &FieldChange| Some((field.field.clone(), field.after.as_text()?.to_owned()));
    change.fields.iter().filter(|field| !is_place(field)).filter_map(text).collect()
}

fn values(change: &Change) -> BTreeMap<FieldName, Option<String>> {
    let value = |field: &FieldChange| (field.field.clone(), field.after.as_text().map(str::to_owned));
    change.fields.iter().filter(|field| !is_place(field)).map(value).collect()
}

fn is_place(field: &FieldChange) -> bool {
    matches!(field.field.as_str(), "parent_id" | "dept_id_list")
}

fn no_target() -> Built {
    Built::Impossible("invalid_plan", "the row names no record of DingTalk".to_owned())
}

fn extension(user: &User) -> BTreeMap<String, String> {
    let key = |(name, value): &(FieldName, String)| Some((name.extension_key()?.to_owned(), value.clone()));
    user.fields.iter().filter_map(key).collect()
}

/// `name~1f3c`: unlike every name that is taken, the same at every attempt.
fn temporary_name(name: &str, id: DepartmentId, is_taken: impl Fn(&str) -> bool) -> String {
    let kept: String = name.chars().take(LONGEST_NAME - 5).collect();
    let mut mark = u16::try_from((id.0.unsigned_abs().wrapping_mul(0x9e37_79b9)) >> 8 & 0xffff).unwrap_or(0);
    for _ in 0..=u16::MAX {
        let candidate = format!("{kept}~{mark:04x}");
        if !is_taken(&candidate) {
            return candidate;
        }
        mark = mark.wrapping_add(1);
    }
    format!("{kept}~{mark:04x}")
}

/// The id of a user row once its call has been made.
pub(super) fn id_of(change: &Change, written: Option<&Written>) -> Option<String> {
    match written {
        Some(Written::User(UserId(id))) => Some(id.clone()),
        Some(Written::Department(id)) => Some(id.to_string()),
        Some(Written::Done) | None => change.target_id.clone(),
    }
}
