//! What DingTalk tells about changes of its address book: the type, and ids rather than records.
//! Source: reference `dingtalk-api.md` section 7.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::RngExt as _;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::arguments::Arguments;
use super::world::{User, World};

/// One change that subscribers are told about.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) kind: &'static str,
    /// Unix milliseconds.
    pub(super) time: u64,
    /// Members besides the id and the time.
    pub(super) members: Map<String, Value>,
}

impl Event {
    fn new(kind: &'static str, name: &str, id: Value) -> Self {
        let mut members = Map::new();
        members.insert(name.to_owned(), json!([id]));
        Self { id: hex::encode(rand::rng().random::<[u8; 16]>()), kind, time: now_ms(), members }
    }

    /// Its JSON text.
    pub(super) fn data(&self, corp: &str) -> String {
        let mut data = self.members.clone();
        data.insert("eventId".to_owned(), json!(self.id));
        data.insert("timeStamp".to_owned(), json!(self.time.to_string()));
        data.insert("CorpId".to_owned(), json!(corp));
        data.insert("EventType".to_owned(), json!(self.kind));
        Value::Object(data).to_string()
    }
}

/// A write that was carried out.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// Unix milliseconds.
    pub at_ms: u64,
    /// `user/create`, …
    pub interface: String,
    /// `userid` or `dept_id`.
    pub object: String,
    /// Whether somebody changed it by hand, and no app.
    pub by_hand: bool,
}

/// The address book before a write, as far as its event needs it.
pub(super) enum Before {
    /// No write that is told about.
    Nothing,
    /// A user's record; `None` before it is created.
    User(Option<Box<User>>),
    /// A department and those below it.
    Department(i64, BTreeSet<i64>),
}

/// What a call is about to change.
pub(super) fn before(path: &str, arguments: &Arguments, world: &World) -> Before {
    match path.trim_start_matches("/topapi/v2/") {
        "user/create" => Before::User(None),
        "user/update" | "user/delete" => {
            let user = arguments.text("userid").and_then(|userid| world.users.get(&userid).cloned());
            Before::User(user.map(Box::new))
        }
        "department/create" | "department/update" | "department/delete" => {
            let id = arguments.integer("dept_id").unwrap_or_default();
            Before::Department(id, world.subtree(id))
        }
        _ => Before::Nothing,
    }
}

/// What it changed: the object's id and the events. None of a write that changed nothing.
pub(super) fn after(
    path: &str,
    before: Before,
    result: Option<&Value>,
    world: &World,
) -> Option<(String, Vec<Event>)> {
    let created = |name: &str| result.map(|result| result[name].clone()).unwrap_or_default();
    let of_user = |kind, userid: &str| Event::new(kind, "userId", json!(userid));
    let of_department = |kind, id: i64| Event::new(kind, "deptId", json!(id));
    match (path.trim_start_matches("/topapi/v2/"), before) {
        ("user/create", Before::User(_)) => {
            let userid = created("userid").as_str()?.to_owned();
            let event = of_user("user_add_org", &userid);
            Some((userid, vec![event]))
        }
        ("user/update", Before::User(Some(old))) => {
            let current = world.users.get(&old.userid)?;
            let difference = difference(&old, current);
            let mut event = of_user("user_modify_org", &old.userid);
            let is_changed = difference.is_some();
            event.members.insert("diffInfo".to_owned(), difference.unwrap_or_default());
            Some((old.userid.clone(), if is_changed { vec![event] } else { Vec::new() }))
        }
        ("user/delete", Before::User(Some(old))) => {
            let event = of_user("user_leave_org", &old.userid);
            Some((old.userid.clone(), vec![event]))
        }
        ("department/create", Before::Department(..)) => {
            let id = created("dept_id").as_i64()?;
            Some((id.to_string(), vec![of_department("org_dept_create", id)]))
        }
        ("department/update", Before::Department(id, _)) => {
            Some((id.to_string(), vec![of_department("org_dept_modify", id)]))
        }
        ("department/delete", Before::Department(id, subtree)) => {
            let gone = subtree.into_iter().map(|id| of_department("org_dept_remove", id)).collect();
            Some((id.to_string(), gone))
        }
        _ => None,
    }
}

/// `{"prev":{…},"curr":{…},"userid":"…"}` of the fields that differ.
fn difference(old: &User, current: &User) -> Option<Value> {
    let shown = |user: &User| {
        let mut fields: Map<String, Value> = user.fields.clone().into_iter().collect();
        fields.insert("name".to_owned(), json!(user.name));
        fields.insert("mobile".to_owned(), json!(user.mobile));
        fields.insert("department".to_owned(), json!(user.departments));
        fields.insert("extension".to_owned(), Value::Object(user.extension.clone()));
        fields
    };
    let (mut prev, mut curr) = (shown(old), shown(current));
    let same: Vec<String> = prev
        .iter()
        .filter(|(name, value)| curr.get(*name) == Some(*value))
        .map(|(name, _)| name.clone())
        .collect();
    for name in same {
        prev.remove(&name);
        curr.remove(&name);
    }
    let is_same = prev.is_empty() && curr.is_empty();
    (!is_same).then(|| json!({"prev": prev, "curr": curr, "userid": old.userid}))
}

/// The clock of events, Unix milliseconds.
pub(super) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}
