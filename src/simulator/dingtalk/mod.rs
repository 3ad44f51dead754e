//! A simulated DingTalk: tokens, gateway, contacts management.
//! Source: reference `dingtalk-api.md`, section 12 is the list of rules.

mod admission;
mod answers;
mod arguments;
mod departments;
mod events;
mod gate;
mod members;
mod stream;
mod users;
mod v1;
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{any, get};
use serde_json::{Value, json};

use super::faults::Faults;
use super::options::Options;
use super::respond::{self, Fate};
use super::seed::Seed;
use admission::{admit, faulted, known};
use answers::{Refusal, failure, flat, success};
use arguments::Arguments;
pub use events::Written;
pub use gate::Count;
use gate::Gate;
use stream::Stream;
pub use world::{Department, User, World};

/// A call's result member, or why it is refused.
type Outcome = Result<Option<Value>, Refusal>;

/// A running DingTalk; clones share it.
#[derive(Debug, Clone)]
pub struct Handle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    world: Mutex<World>,
    gate: Mutex<Gate>,
    options: Options,
    started: Instant,
    stream: Stream,
    written: Mutex<Vec<Written>>,
    /// `http://127.0.0.1:PORT`, once it listens.
    url: OnceLock<String>,
}

/// A call on its way through the rules.
struct Call<'a> {
    arguments: &'a Arguments,
    faults: &'a Faults,
    path: &'a str,
    /// Milliseconds since the start.
    now_ms: u64,
    range: Option<Vec<i64>>,
    added: i64,
}

impl Call<'_> {
    /// Whether a department is within the contacts range.
    fn reaches(&self, world: &World, id: i64) -> bool {
        self.range.as_ref().is_none_or(|range| world.ancestors(id).iter().any(|above| range.contains(above)))
    }

    /// Whether a record created at `born_ms` can be read yet.
    fn is_visible(&self, born_ms: u64) -> bool {
        let delay = self.faults.number("visibility-delay").and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
        born_ms == 0 || delay == 0 || self.now_ms >= born_ms + delay
    }

    fn is_over_quota(&self) -> bool {
        self.faults.number("add-quota").is_some_and(|quota| self.added >= quota)
    }

    /// A list, or its first half when that is the fault.
    fn list(&self, mut rows: Vec<Value>) -> Value {
        if self.faults.strikes("truncated-list", self.path) {
            rows.truncate(rows.len() / 2);
        }
        Value::Array(rows)
    }
}

impl Handle {
    /// A DingTalk with the DingTalk side of a seed.
    pub fn new(seed: &Seed, options: &Options) -> Self {
        Self::with_world(World::new(seed), options)
    }

    /// A DingTalk with a stored address book.
    pub fn with_world(mut world: World, options: &Options) -> Self {
        world.index();
        let (world, gate) = (Mutex::new(world), Mutex::default());
        Self(Arc::new(Inner {
            world,
            gate,
            options: options.clone(),
            started: Instant::now(),
            stream: Stream::default(),
            written: Mutex::default(),
            url: OnceLock::new(),
        }))
    }

    /// Says under which address it can be reached.
    pub(super) fn listen(&self, url: &str) {
        // The first address stays: there is only one.
        drop(self.0.url.set(url.to_owned()));
    }

    fn url(&self) -> &str {
        self.0.url.get().map_or("", String::as_str)
    }

    /// Changes the address book as somebody at the console would: `user/update` and its like, without token and
    /// limits. The error is the refusal.
    pub fn by_hand(&self, interface: &str, arguments: &Value) -> Result<Value, String> {
        let path = format!("/topapi/v2/{interface}");
        let body = arguments.to_string();
        let arguments = Arguments::read("", "application/json", body.as_bytes()).unwrap_or_default();
        known(&path)
            .and_then(|_| carry_out(self, &path, interface, &arguments, true))
            .map(Option::unwrap_or_default)
            .map_err(|refusal| format!("{refusal:?}"))
    }

    /// Every write that was carried out, the oldest first.
    pub fn written(&self) -> Vec<Written> {
        self.0.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The address book, to look at or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts by interface (`user/create`).
    pub fn counts(&self) -> BTreeMap<String, Count> {
        self.gate().counts.clone()
    }

    /// The token that calls have to carry, if any was asked for.
    pub fn current_token(&self) -> Option<String> {
        self.gate().current()
    }

    /// Tokens handed out, repetitions included.
    pub fn tokens_given(&self) -> u64 {
        self.gate().tokens_given
    }

    /// Calls that changed, or tried to change, something.
    pub fn writes(&self) -> u64 {
        let is_write = |name: &str| ["create", "update", "delete"].iter().any(|verb| name.ends_with(verb));
        self.counts().iter().filter(|(name, _)| is_write(name)).map(|(_, count)| count.calls).sum()
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.0.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> &Faults {
        &self.0.options.faults
    }

    fn options(&self) -> &Options {
        &self.0.options
    }

    fn range(&self) -> Option<Vec<i64>> {
        let ids = self.faults().switch("partial-range")?;
        Some(ids.split(',').filter_map(|id| id.trim().parse().ok()).collect())
    }

    fn is_over_limit(&self, interface: &str) -> bool {
        let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let limit = self.faults().number("qps").and_then(|limit| u32::try_from(limit).ok());
        !self.gate().is_within(interface, limit.unwrap_or(self.options().dingtalk_qps), second)
    }
}

/// The service's routes; unknown paths are answered as the service answers them.
pub fn router(handle: Handle) -> Router {
    Router::new()
        .route("/gettoken", any(serve))
        .route("/auth/scopes", any(serve))
        .route("/topapi/{*rest}", any(serve))
        .route("/user/{*rest}", any(serve))
        .route("/department/{*rest}", any(serve))
        .route("/v1.0/{*rest}", any(v1::serve))
        .route("/connect", get(stream::connect))
        .with_state(handle)
}

async fn serve(
    State(handle): State<Handle>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let interface = interface(&path);
    handle.gate().count(&interface).calls += 1;
    if let Some(banned) = ban(&handle) {
        return banned;
    }
    if let Fate::Answered(response) = respond::before(handle.faults(), handle.options(), &interface).await {
        return response;
    }
    let content_type =
        headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("application/json");
    let arguments = Arguments::read(uri.query().unwrap_or_default(), content_type, &body);
    let response = match arguments {
        Err(()) => failure(&path, &Refusal::business(47001, "解析JSON/XML内容错误")),
        Ok(arguments) if path == "/gettoken" => token(&handle, &arguments),
        Ok(arguments) => answer(&handle, &method, &path, &interface, &arguments),
    };
    respond::after(handle.faults(), &interface, response)
}

/// `user/create` of `/topapi/v2/user/create`.
fn interface(path: &str) -> String {
    let name = path.trim_start_matches('/').trim_start_matches("topapi/").trim_start_matches("v2/");
    name.to_owned()
}

fn ban(handle: &Handle) -> Option<Response> {
    let forced = handle.faults().switch("ip-ban");
    if forced.is_none() && !handle.gate().is_banned() {
        return None;
    }
    if forced.as_deref() == Some("html") {
        return Some(respond::html(
            "<!DOCTYPE html><html><body>{\"status\":1111,\"punish\":\"deny\"}</body></html>",
        ));
    }
    let body = json!({"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "0"});
    Some(respond::json(StatusCode::OK, body.to_string()))
}

fn token(handle: &Handle, arguments: &Arguments) -> Response {
    let credentials = &handle.options().credentials;
    let (key, secret) = (arguments.text("appkey"), arguments.text("appsecret"));
    let path = "/gettoken";
    let (Some(key), Some(secret)) = (key, secret) else {
        return failure(path, &Refusal::business(40035, "缺少参数 corpid or appkey"));
    };
    let is_rotated = handle.faults().is_on("secret-rotated");
    if key != credentials.app_key || secret != credentials.app_secret || is_rotated {
        return failure(path, &Refusal::business(40096, "不合法的appKey或appSecret"));
    }
    flat(path, json!({"access_token": handle.gate().token(), "expires_in": 7200}))
}

fn answer(handle: &Handle, method: &Method, path: &str, interface: &str, arguments: &Arguments) -> Response {
    let admitted = known(path).and_then(|permission| {
        admission::complete_first(handle, interface, arguments)?;
        admit(handle, interface, permission, arguments)
    });
    let outcome = admitted
        .and_then(|()| faulted(handle, interface))
        .and_then(|()| run(handle, path, interface, arguments));
    let mut gate = handle.gate();
    match outcome {
        Ok(response) => {
            gate.count(interface).applied += 1;
            response
        }
        Err(refusal) => {
            let is_flow = matches!(refusal, Refusal::Gateway("90018" | "90002", _));
            let count = gate.count(interface);
            count.throttled += u64::from(is_flow);
            count.refused += u64::from(!is_flow);
            drop(gate);
            let _ = method;
            failure(path, &refusal.recoded(handle.faults()))
        }
    }
}

fn run(handle: &Handle, path: &str, interface: &str, arguments: &Arguments) -> Result<Response, Refusal> {
    let call = call(handle, interface, arguments);
    match path {
        "/auth/scopes" => Ok(flat(path, scopes(&call))),
        "/topapi/user/get_admin_scope" => {
            members::admin_scope(&call, &handle.world()).map(|members| flat(path, members))
        }
        "/user/get" => {
            members::get(&call, &handle.world()).map(|record| flat(path, record.unwrap_or_default()))
        }
        "/department/list" => Ok(flat(path, v1::departments(&handle.world()))),
        _ => carry_out(handle, path, interface, arguments, false).map(|result| success(path, result)),
    }
}

fn call<'a>(handle: &'a Handle, interface: &'a str, arguments: &'a Arguments) -> Call<'a> {
    let now_ms = u64::try_from(handle.0.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let added = handle.gate().users_added;
    let (faults, range) = (handle.faults(), handle.range());
    Call { arguments, faults, path: interface, now_ms: now_ms.max(1), range, added }
}

/// An interface with a result member; what it changes is remembered and told.
fn carry_out(handle: &Handle, path: &str, interface: &str, arguments: &Arguments, by_hand: bool) -> Outcome {
    let call = call(handle, interface, arguments);
    let mut world = handle.world();
    let before = events::before(path, arguments, &world);
    let result = match path {
        "/topapi/v2/department/create" => departments::create(&call, &mut world)?,
        "/topapi/v2/department/update" => departments::update(&call, &mut world)?,
        "/topapi/v2/department/delete" => departments::delete(&call, &mut world)?,
        "/topapi/v2/department/get" => departments::get(&call, &world)?,
        "/topapi/v2/department/listsub" => departments::list_sub(&call, &world)?,
        "/topapi/v2/department/listsubid" => departments::list_sub_id(&call, &world)?,
        "/topapi/v2/department/listparentbydept" => departments::parents(&call, &world)?,
        "/topapi/v2/department/listparentbyuser" => departments::parents_of_user(&call, &world)?,
        "/topapi/v2/user/create" => users::create(&call, &mut world)?,
        "/topapi/v2/user/update" => users::update(&call, &mut world)?,
        "/topapi/v2/user/delete" => users::delete(&call, &mut world)?,
        "/topapi/v2/user/get" => members::get(&call, &world)?,
        "/topapi/v2/user/list" => members::list(&call, &world)?,
        "/topapi/v2/user/getbymobile" => members::by_mobile(&call, &world)?,
        "/topapi/user/listsimple" => members::list_simple(&call, &world)?,
        "/topapi/user/listid" => members::list_id(&call, &world)?,
        "/topapi/user/count" => members::count(&call, &world)?,
        "/topapi/user/getbyunionid" => members::by_union_id(&call, &world)?,
        "/topapi/user/listadmin" => members::list_admin(&world)?,
        _ => None,
    };
    let changed = events::after(path, before, result.as_ref(), &world);
    drop(world);
    if path == "/topapi/v2/user/create" {
        handle.gate().users_added += 1;
    }
    if let Some((object, told)) = changed {
        let written = Written { at_ms: events::now_ms(), interface: interface.to_owned(), object, by_hand };
        handle.0.written.lock().unwrap_or_else(PoisonError::into_inner).push(written);
        let faults = handle.faults();
        let wanted = told.into_iter().filter(|event| !faults.strikes("event-lost", event.kind));
        wanted.for_each(|event| handle.0.stream.tell(event));
    }
    Ok(result)
}

/// `/auth/scopes`: names of the first version of the API.
fn scopes(call: &Call<'_>) -> Value {
    let mut fields =
        vec!["jobnumber", "isLeader", "name", "position", "isAdmin", "avatar", "department", "userid"];
    if !call.faults.is_on("no-mobile") {
        fields.push("mobile");
    }
    if !call.faults.is_on("no-personal") {
        fields.push("email");
    }
    let departments = call.range.clone().unwrap_or_else(|| vec![world::ROOT]);
    json!({"condition_field": [], "auth_user_field": fields,
        "auth_org_scopes": {"authed_user": [], "authed_dept": departments}})
}

/// The whole address book for a test to compare.
pub fn state(handle: &Handle) -> Value {
    let world = handle.world();
    json!({"departments": world.departments.values().collect::<Vec<_>>(), "users": members::dump(&world)})
}
