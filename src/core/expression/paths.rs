//! The paths of the two models, and their values in a record.
//! Names: reference `outbound-semantics.md` section 2.9, as the vendor's expression page has them.

use super::value::Value;
use crate::core::source::{Account, OrganizationalUnit};

/// Paths below `user.`; `*` stands for any one name.
pub const USER_PATHS: &[&str] = &[
    "userId",
    "username",
    "displayName",
    "email",
    "phoneNumber",
    "phoneRegion",
    "userExternalId",
    "userSourceType",
    "userSourceId",
    "status",
    "description",
    "accountExpireTime",
    "registerTime",
    "passwordExpireTime",
    "lockExpireTime",
    "createTime",
    "updateTime",
    "passwordSet",
    "preferredLanguage",
    "primaryOrganizationalUnitId",
    "organizationalUnits",
    "groups",
    "customFields",
    "customFieldMap.*.fieldValue",
    "customFieldMap.*.fieldName",
    "identityProviderUserMap.*.*",
];

/// Paths below `ou.`.
pub const OU_PATHS: &[&str] = &[
    "organizationalUnitId",
    "organizationalUnitName",
    "parentId",
    "description",
    "organizationalUnitExternalId",
    "organizationalUnitSourceType",
    "organizationalUnitSourceId",
    "createTime",
    "updateTime",
];

/// Whether `segments` (without the leading `user` or `ou`) is a path of the list.
pub(super) fn is_known(known: &[&str], segments: &[String]) -> bool {
    known.iter().any(|path| {
        let parts: Vec<&str> = path.split('.').collect();
        parts.len() == segments.len()
            && parts.iter().zip(segments).all(|(part, segment)| *part == "*" || part == segment)
    })
}

/// Whether a path reads what the account listing does not hold.
pub(super) fn needs_details(path: &str) -> bool {
    ["user.groups", "user.customField", "user.preferredLanguage"]
        .iter()
        .any(|detail| path.starts_with(detail))
}

/// The text of a path below `user.` that stands in the account as it is; the outer `None`: it is something else.
pub(super) fn account_text<'a>(account: &'a Account, segments: &[String]) -> Option<Option<&'a str>> {
    Some(match segments.first().map_or("", String::as_str) {
        "userId" => Some(account.id.as_str()),
        "username" => account.username.as_deref(),
        "displayName" => account.display_name.as_deref(),
        "email" => account.email.as_deref(),
        "phoneNumber" => account.phone_number.as_deref(),
        "phoneRegion" => account.phone_region.as_deref(),
        "userExternalId" => account.external_id.as_deref(),
        "userSourceType" => account.source_type.as_deref(),
        "userSourceId" => account.source_id.as_deref(),
        "status" => Some(if account.enabled { "enabled" } else { "disabled" }),
        "description" => account.description.as_deref(),
        "preferredLanguage" => account.preferred_language.as_deref(),
        "primaryOrganizationalUnitId" => {
            account.units.iter().find(|unit| unit.primary).map(|unit| unit.unit.0.as_str())
        }
        "customFieldMap" => custom_field(account, segments),
        _ => return None,
    })
}

/// The value of a path below `user.`.
pub(super) fn account(account: &Account, segments: &[String]) -> Value {
    if let Some(text) = account_text(account, segments) {
        return Value::text(text);
    }
    match segments.first().map_or("", String::as_str) {
        "accountExpireTime" => Value::integer(account.account_expire_time),
        "registerTime" => Value::integer(account.register_time),
        "passwordExpireTime" => Value::integer(account.password_expire_time),
        "lockExpireTime" => Value::integer(account.lock_expire_time),
        "createTime" => Value::integer(account.create_time),
        "updateTime" => Value::integer(account.update_time),
        "passwordSet" => account.password_set.map_or(Value::Null, Value::Bool),
        "organizationalUnits" => units(account),
        "groups" => groups(account),
        "customFields" => custom_fields(account),
        _ => Value::Null,
    }
}

/// The value of a path below `ou.`.
pub(super) fn unit(unit: &OrganizationalUnit, segments: &[String]) -> Value {
    let text = |text: &Option<String>| Value::text(text.as_deref());
    match segments.first().map_or("", String::as_str) {
        "organizationalUnitId" => Value::Text(unit.id.clone()),
        "organizationalUnitName" => Value::Text(unit.name.clone()),
        "parentId" => text(&unit.parent),
        "description" => text(&unit.description),
        "organizationalUnitExternalId" => text(&unit.external_id),
        "organizationalUnitSourceType" => text(&unit.source_type),
        "organizationalUnitSourceId" => text(&unit.source_id),
        "createTime" => Value::integer(unit.create_time),
        "updateTime" => Value::integer(unit.update_time),
        _ => Value::Null,
    }
}

fn units(account: &Account) -> Value {
    let unit = |unit: &crate::core::source::Membership| {
        Value::Object(vec![
            ("organizationalUnitId", Value::Text(unit.unit.0.clone())),
            ("organizationalUnitName", Value::text(unit.name.as_deref())),
            ("primary", Value::Bool(unit.primary)),
        ])
    };
    Value::List(account.units.iter().map(unit).collect())
}

fn groups(account: &Account) -> Value {
    let group = |group: &crate::core::source::Group| {
        Value::Object(vec![
            ("groupId", Value::Text(group.id.clone())),
            ("groupName", Value::text(group.name.as_deref())),
            ("description", Value::text(group.description.as_deref())),
        ])
    };
    Value::List(account.groups.iter().map(group).collect())
}

fn custom_fields(account: &Account) -> Value {
    let field = |(name, value): &(String, String)| {
        Value::Object(vec![
            ("fieldName", Value::Text(name.clone())),
            ("fieldValue", Value::Text(value.clone())),
        ])
    };
    Value::List(account.custom_fields.iter().map(field).collect())
}

fn custom_field<'a>(account: &'a Account, segments: &[String]) -> Option<&'a str> {
    let name = segments.get(1)?;
    let (name, value) = account.custom_fields.iter().find(|(field, _)| field == name)?;
    match segments.get(2).map(String::as_str) {
        Some("fieldValue") => Some(value),
        Some("fieldName") => Some(name),
        _ => None,
    }
}
