//! What the operations answer, decoded leniently: absent, null and empty text are the same, times of -1 mean never.
//! Field names: reference `idaas-eiam-api.md` sections 2.1, 2.2 and 2.4.

use serde::{Deserialize, Deserializer};

use crate::core::source::{Account, Group, Instance, Membership, OrganizationalUnit, UnitId};

/// A page of a listing.
pub(super) trait Page {
    type Row;
    fn total(&self) -> u64;
    fn rows(self) -> Vec<Self::Row>;
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UsersPage {
    #[serde(default)]
    total_count: u64,
    #[serde(default)]
    users: Vec<UserWire>,
}

impl Page for UsersPage {
    type Row = UserWire;
    fn total(&self) -> u64 {
        self.total_count
    }
    fn rows(self) -> Vec<UserWire> {
        self.users
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UnitsPage {
    #[serde(default)]
    total_count: u64,
    #[serde(default)]
    organizational_units: Vec<UnitWire>,
}

impl Page for UnitsPage {
    type Row = UnitWire;
    fn total(&self) -> u64 {
        self.total_count
    }
    fn rows(self) -> Vec<UnitWire> {
        self.organizational_units
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetUser {
    pub user: UserWire,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetUnit {
    pub organizational_unit: UnitWire,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetInstance {
    pub instance: InstanceWire,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserWire {
    pub user_id: String,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone_region: Option<String>,
    #[serde(default)]
    phone_number: Option<String>,
    #[serde(default)]
    user_external_id: Option<String>,
    #[serde(default)]
    user_source_type: Option<String>,
    #[serde(default)]
    user_source_id: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    preferred_language: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    password_set: Option<bool>,
    #[serde(default, deserialize_with = "time")]
    account_expire_time: Option<i64>,
    #[serde(default, deserialize_with = "time")]
    lock_expire_time: Option<i64>,
    #[serde(default, deserialize_with = "time")]
    password_expire_time: Option<i64>,
    #[serde(default, deserialize_with = "time")]
    register_time: Option<i64>,
    #[serde(default, deserialize_with = "time")]
    create_time: Option<i64>,
    #[serde(default, deserialize_with = "time")]
    pub update_time: Option<i64>,
    #[serde(default)]
    organizational_units: Option<Vec<MembershipWire>>,
    #[serde(default)]
    primary_organizational_unit_id: Option<String>,
    #[serde(default)]
    groups: Option<Vec<GroupWire>>,
    #[serde(default)]
    custom_fields: Option<Vec<FieldWire>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MembershipWire {
    organizational_unit_id: String,
    #[serde(default)]
    organizational_unit_name: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    primary: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GroupWire {
    group_id: String,
    #[serde(default)]
    group_name: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FieldWire {
    field_name: String,
    #[serde(default)]
    field_value: Option<String>,
}

impl UserWire {
    pub(super) fn into_account(self) -> Account {
        let primary = text(self.primary_organizational_unit_id);
        let mut units: Vec<Membership> = self
            .organizational_units
            .unwrap_or_default()
            .into_iter()
            .map(|unit| Membership {
                primary: unit.primary.unwrap_or(false)
                    || primary.as_deref() == Some(unit.organizational_unit_id.as_str()),
                unit: UnitId(unit.organizational_unit_id),
                name: text(unit.organizational_unit_name),
            })
            .collect();
        sort(&mut units);
        let groups = self.groups.unwrap_or_default().into_iter().map(|group| Group {
            id: group.group_id,
            name: text(group.group_name),
            description: text(group.description),
        });
        let mut custom_fields: Vec<(String, String)> = self
            .custom_fields
            .unwrap_or_default()
            .into_iter()
            .filter_map(|field| Some((field.field_name, text(field.field_value)?)))
            .collect();
        custom_fields.sort();
        Account {
            id: self.user_id,
            username: text(self.username),
            display_name: text(self.display_name),
            email: text(self.email),
            phone_region: text(self.phone_region),
            phone_number: text(self.phone_number),
            external_id: text(self.user_external_id),
            source_type: text(self.user_source_type),
            source_id: text(self.user_source_id),
            enabled: self.status.as_deref() != Some("disabled"),
            description: text(self.description),
            preferred_language: text(self.preferred_language),
            password_set: self.password_set,
            account_expire_time: self.account_expire_time,
            lock_expire_time: self.lock_expire_time,
            password_expire_time: self.password_expire_time,
            register_time: self.register_time,
            create_time: self.create_time,
            update_time: self.update_time,
            units,
            groups: groups.collect(),
            custom_fields,
        }
    }
}

/// The primary first, then by unit id.
pub(super) fn sort(units: &mut [Membership]) {
    units.sort_by(|a, b| b.primary.cmp(&a.primary).then_with(|| a.unit.cmp(&b.unit)));
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UnitWire {
    pub organizational_unit_id: String,
    #[serde(default)]
    organizational_unit_name: Option<String>,
    #[serde(default)]
    parent_id: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    organizational_unit_external_id: Option<String>,
    #[serde(default)]
    organizational_unit_source_type: Option<String>,
    #[serde(default)]
    organizational_unit_source_id: Option<String>,
    #[serde(default, deserialize_with = "time")]
    create_time: Option<i64>,
    #[serde(default, deserialize_with = "time")]
    update_time: Option<i64>,
    #[serde(default, deserialize_with = "truth")]
    pub leaf: Option<bool>,
}

impl UnitWire {
    pub(super) fn parent(&self) -> Option<&str> {
        self.parent_id.as_deref().filter(|parent| !parent.is_empty())
    }

    pub(super) fn into_unit(self) -> OrganizationalUnit {
        OrganizationalUnit {
            id: self.organizational_unit_id,
            name: self.organizational_unit_name.unwrap_or_default(),
            parent: text(self.parent_id),
            description: text(self.description),
            external_id: text(self.organizational_unit_external_id),
            source_type: text(self.organizational_unit_source_type),
            source_id: text(self.organizational_unit_source_id),
            create_time: self.create_time,
            update_time: self.update_time,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InstanceWire {
    #[serde(default)]
    instance_id: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    egress_addresses: Option<Vec<String>>,
    #[serde(default)]
    domain_config: Option<DomainWire>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DomainWire {
    #[serde(default)]
    default_domain: Option<String>,
    #[serde(default)]
    init_domain: Option<String>,
}

impl InstanceWire {
    pub(super) fn into_instance(self, id: &str) -> Instance {
        let domain =
            self.domain_config.and_then(|domain| text(domain.default_domain).or(text(domain.init_domain)));
        Instance {
            id: text(self.instance_id).unwrap_or_else(|| id.to_owned()),
            status: text(self.status),
            domain,
            egress_addresses: self.egress_addresses.unwrap_or_default(),
            description: text(self.description),
        }
    }
}

/// Empty text is none.
pub(super) fn text(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// A number, or a number as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Truth(bool),
    Number(i64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let time = match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Number(number)) => Some(number),
        Some(Loose::Text(text)) => text.trim().parse().ok(),
        Some(Loose::Truth(_) | Loose::Other(_)) | None => None,
    };
    Ok(time.filter(|time| *time > 0))
}

fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Option::<Loose>::deserialize(deserializer)? {
        Some(Loose::Truth(truth)) => Some(truth),
        Some(Loose::Text(text)) => Some(text.eq_ignore_ascii_case("true")),
        Some(Loose::Number(number)) => Some(number != 0),
        Some(Loose::Other(_)) | None => None,
    })
}
