//! What a callback tells about one change: its type and the complete record, as the vendor's receiver expects them.
//! Source: reference `idaas-eiam-api.md` sections 6.2 and 6.3.

use std::time::{SystemTime, UNIX_EPOCH};

use rand::RngExt as _;
use serde_json::{Map, Value, json};

use super::world::{StoredAccount, StoredUnit, World};
use super::{Handle, operations};

const PREFIX: &str = "urn:alibaba:idaas:app:event:";

/// Every type that an application can listen to.
pub(super) const KINDS: [&str; 16] = [
    "common:test",
    "ud:user:create",
    "ud:user:delete",
    "ud:user:update_info",
    "ud:user:update_password",
    "ud:user:disable",
    "ud:user:enable",
    "ud:user:lock",
    "ud:user:unlock",
    "ud:user:update_primary_ou",
    "ud:user:push",
    "ud:organizational_unit:create",
    "ud:organizational_unit:delete",
    "ud:organizational_unit:update",
    "ud:organizational_unit:update_parent_organizational_unit",
    "ud:organizational_unit:push",
];

/// A type as it goes over the wire.
pub(super) fn urn(kind: &str) -> String {
    format!("{PREFIX}{kind}")
}

/// One change.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Event {
    pub(super) id: String,
    /// Without its prefix.
    pub(super) kind: &'static str,
    /// Unix milliseconds.
    pub(super) time: i64,
    pub(super) object: String,
    /// The record, in the names of today.
    pub(super) record: Value,
    /// The units by which it is in an application's scope or not; none = always in scope.
    pub(super) units: Vec<String>,
}

impl Event {
    fn new(kind: &'static str, object: &str, record: Value, units: Vec<String>) -> Self {
        let id = format!("evnt_{}", hex::encode(rand::rng().random::<[u8; 13]>()));
        Self { id, kind, time: now_ms(), object: object.to_owned(), record, units }
    }

    /// The connectivity test.
    pub(super) fn test() -> Self {
        Self::new("common:test", "", json!({"message": "test"}), Vec::new())
    }

    /// A change of an account: `before` for one that is gone, else as the directory has it.
    pub(super) fn account(
        handle: &Handle,
        world: &World,
        kind: &'static str,
        id: &str,
        before: Option<&StoredAccount>,
    ) -> Self {
        let mut units: Vec<String> = before.map(|stored| stored.account.units.clone()).unwrap_or_default();
        let record = match world.accounts.get(id) {
            None => json!({"userId": id}),
            Some(stored) => {
                units.extend(stored.account.units.iter().cloned());
                account_record(handle, world, stored)
            }
        };
        Self::new(kind, id, record, units)
    }

    /// A change of a unit, likewise.
    pub(super) fn unit(
        handle: &Handle,
        world: &World,
        kind: &'static str,
        id: &str,
        above: &[String],
    ) -> Self {
        let mut units = above.to_vec();
        let record = match world.units.get(id) {
            None => json!({"organizationalUnitId": id}),
            Some(stored) => {
                units.push(id.to_owned());
                unit_record(handle, stored)
            }
        };
        Self::new(kind, id, record, units)
    }

    /// Its element of `eventData`.
    pub(super) fn element(&self, has_old_names: bool) -> Value {
        let record = if has_old_names { renamed(&self.record) } else { self.record.clone() };
        json!({"eventId": self.id, "eventTime": self.time.to_string(), "bizId": self.object,
            "bizData": record.to_string(), "eventType": urn(self.kind)})
    }
}

/// Every unit and account below some units, parents first, as a full push tells them.
pub(super) fn push(handle: &Handle, world: &World, scope: &[String]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut open: Vec<String> = scope.to_vec();
    let mut seen = std::collections::BTreeSet::new();
    while let Some(id) = open.pop() {
        if seen.insert(id.clone()) && world.units.contains_key(&id) {
            events.push(Event::unit(handle, world, "ud:organizational_unit:push", &id, &[]));
            open.extend(world.children(&id).map(|unit| unit.unit.id.clone()));
        }
    }
    let is_inside = |stored: &&StoredAccount| stored.account.units.iter().any(|unit| seen.contains(unit));
    let accounts = world.listed().filter(is_inside).map(|stored| &stored.account.id);
    events.extend(accounts.map(|id| Event::account(handle, world, "ud:user:push", id, None)));
    events
}

/// Numbers come as text; what is unset comes as nothing or as empty text, unevenly, like the recorded one.
fn account_record(handle: &Handle, world: &World, stored: &StoredAccount) -> Value {
    let account = &stored.account;
    let (source_type, source_id) = operations::source(handle, stored);
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            record.insert(name.to_owned(), value);
        }
    };
    put("userId", json!(account.id));
    put("username", json!(account.username));
    put("displayName", json!(account.display_name));
    put("passwordSet", json!(true));
    put("phoneRegion", json!(account.phone_region.as_deref().unwrap_or_default()));
    put("phoneNumber", json!(account.phone_number));
    put("phoneVerified", json!(account.phone_number.is_some()));
    put("email", json!(account.email));
    put("emailVerified", json!(account.email.is_some()));
    put("userExternalId", json!(account.id));
    put("userSourceType", json!(source_type));
    put("userSourceId", json!(source_id));
    put("status", json!(if account.disabled { "disabled" } else { "enabled" }));
    put("accountExpireTime", json!(account.account_expire_time.unwrap_or(-1).to_string()));
    put("registerTime", json!(stored.created.to_string()));
    put("lockExpireTime", json!(account.lock_expire_time.unwrap_or(-1).to_string()));
    put("createTime", json!(stored.created.to_string()));
    put("updateTime", json!(stored.updated.to_string()));
    put("description", json!(""));
    put("primaryOrganizationalUnitId", json!(account.units.first()));
    let units = account.units.iter().enumerate().map(|(index, unit)| {
        let name = world.units.get(unit).map(|unit| unit.unit.name.clone());
        json!({"organizationalUnitId": unit, "organizationalUnitName": name, "primary": index == 0})
    });
    put("organizationalUnits", units.collect());
    Value::Object(record)
}

fn unit_record(handle: &Handle, stored: &StoredUnit) -> Value {
    let unit = &stored.unit;
    let mut record = json!({
        "organizationalUnitId": unit.id,
        "organizationalUnitName": unit.name,
        "organizationalUnitExternalId": unit.id,
        "organizationalUnitSourceType": "build_in",
        "organizationalUnitSourceId": handle.0.options.credentials.instance_id,
        "createTime": stored.created.to_string(),
        "updateTime": stored.updated.to_string(),
        "description": "",
    });
    if let Some(parent) = &unit.parent {
        record["parentId"] = json!(parent);
    }
    record
}

/// The same record as the older instances send it; the primary unit shows in the list only.
fn renamed(record: &Value) -> Value {
    let Some(members) = record.as_object() else { return record.clone() };
    let mut older = Map::new();
    for (name, value) in members {
        let name = match name.as_str() {
            "primaryOrganizationalUnitId" => continue,
            "userExternalId" | "organizationalUnitExternalId" => "externalId",
            "userSourceType" | "organizationalUnitSourceType" => "sourceType",
            "userSourceId" | "organizationalUnitSourceId" => "sourceId",
            "updateTime" => "lastUpdatedTime",
            "organizationalUnitName" => "name",
            other => other,
        };
        let value = match value.as_array() {
            Some(list) => list.iter().map(renamed).collect(),
            None => value.clone(),
        };
        older.insert(name.to_owned(), value);
    }
    Value::Object(older)
}

/// The clock of events, Unix milliseconds.
pub(super) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or_default()
}
