//! Whether a record holds what a plan says of it.

use crate::core::field::{FieldName, Readable, department_field, user_field};
use crate::core::normalise;
use crate::core::plan::{Change, DepartmentRef, Entity, FieldValue};
use crate::core::target::{Department, DepartmentId, User};

/// A record as read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Record<'a> {
    User(&'a User),
    Department(&'a Department),
}

/// Finds the department a reference means; `None` while it does not exist.
pub(super) type Resolve<'r> = &'r (dyn Fn(&DepartmentRef) -> Option<DepartmentId> + Send + Sync);

/// What a record says about a change that is to be made to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is as the plan saw it.
    AsPlanned,
    /// It is already as wanted.
    AsWanted,
    /// It is neither: this field differs.
    Changed(FieldName),
}

/// Compares a record with the fields of a change.
pub(super) fn standing(change: &Change, record: Record<'_>, resolve: Resolve<'_>) -> Standing {
    let mut wanted = !change.fields.is_empty();
    for field in &change.fields {
        if !is_readable(change.entity, &field.field) {
            continue;
        }
        let is_after = holds(&field.field, &field.after, record, resolve);
        if !is_after && !holds(&field.field, &field.before, record, resolve) {
            return Standing::Changed(field.field.clone());
        }
        wanted &= is_after;
    }
    let sees_any = change.fields.iter().any(|field| is_readable(change.entity, &field.field));
    if wanted && sees_any { Standing::AsWanted } else { Standing::AsPlanned }
}

/// Whether a field can be read back at all.
pub(super) fn is_readable(entity: Entity, field: &FieldName) -> bool {
    let spec = match entity {
        Entity::User => user_field(field.as_str()),
        Entity::Department => department_field(field.as_str()),
    };
    spec.is_none_or(|spec| spec.readable != Readable::Never)
}

/// Whether a record's field means the same as a planned value.
pub(super) fn holds(field: &FieldName, value: &FieldValue, record: Record<'_>, resolve: Resolve<'_>) -> bool {
    let place = |text: &String| DepartmentRef::try_from(text.clone()).ok().and_then(|place| resolve(&place));
    match (record, field.as_str(), value) {
        (Record::User(user), "dept_id_list", FieldValue::List(list)) => {
            let mut wanted: Vec<Option<DepartmentId>> = list.iter().map(place).collect();
            let mut held: Vec<Option<DepartmentId>> = user.departments.iter().copied().map(Some).collect();
            wanted.sort_unstable();
            wanted.dedup();
            held.sort_unstable();
            held.dedup();
            wanted == held
        }
        (Record::Department(department), "parent_id", FieldValue::Text(text)) => {
            department.parent.is_some() && department.parent == place(text)
        }
        (Record::User(user), "mobile", value) => same("mobile", user.mobile.as_deref(), value.as_text()),
        (Record::User(user), "userid", value) => value.as_text() == Some(user.id.0.as_str()),
        (Record::User(user), name, value) => same(name, user.field(name), value.as_text()),
        (Record::Department(department), name, value) => same(name, department.field(name), value.as_text()),
    }
}

/// Whether two texts of a field mean the same to DingTalk.
pub(super) fn same(field: &str, one: Option<&str>, other: Option<&str>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => match field {
            "email" | "org_email" => normalise::email(one) == normalise::email(other),
            "mobile" => normalise::e164(None, one) == normalise::e164(None, other),
            _ => normalise::text(one) == normalise::text(other),
        },
        // An absent flag is a flag that is off.
        (Some("false" | ""), None) | (None, Some("false" | "")) => true,
        (one, other) => one == other,
    }
}
