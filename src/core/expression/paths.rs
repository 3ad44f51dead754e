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

/// The value of a path below `user.`.
pub(super) fn account(account: &Account, segments: &[String]) -> Value {
    let text = |text: &Option<String>| Value::text(text.as_deref());
    match segments.first().map_or("", String::as_str) {
        "userId" => Value::Text(account.id.clone()),
        "username" => text(&account.username),
        "displayName" => text(&account.display_name),
        "email" => text(&account.email),
        "phoneNumber" => text(&account.phone_number),
        "phoneRegion" => text(&account.phone_region),
        "userExternalId" => text(&account.external_id),
        "userSourceType" => text(&account.source_type),
        "userSourceId" => text(&account.source_id),
        "status" => Value::text(Some(if account.enabled { "enabled" } else { "disabled" })),
        "description" => text(&account.description),
        "preferredLanguage" => text(&account.preferred_language),
        "accountExpireTime" => Value::integer(account.account_expire_time),
        "registerTime" => Value::integer(account.register_time),
        "passwordExpireTime" => Value::integer(account.password_expire_time),
        "lockExpireTime" => Value::integer(account.lock_expire_time),
        "createTime" => Value::integer(account.create_time),
        "updateTime" => Value::integer(account.update_time),
        "passwordSet" => account.password_set.map_or(Value::Null, Value::Bool),
        "primaryOrganizationalUnitId" => {
            Value::text(account.units.iter().find(|unit| unit.primary).map(|unit| unit.unit.0.as_str()))
        }
        "organizationalUnits" => units(account),
        "groups" => groups(account),
        "customFields" => custom_fields(account),
        "customFieldMap" => custom_field(account, segments),
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

fn custom_field(account: &Account, segments: &[String]) -> Value {
    let Some(name) = segments.get(1) else { return Value::Null };
    let found = account.custom_fields.iter().find(|(field, _)| field == name);
    match (found, segments.get(2).map(String::as_str)) {
        (Some((_, value)), Some("fieldValue")) => Value::Text(value.clone()),
        (Some((name, _)), Some("fieldName")) => Value::Text(name.clone()),
        _ => Value::Null,
    }
}
