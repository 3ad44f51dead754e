//! A simulated DingTalk: tokens, gateway, contacts management.
//! Source: reference `dingtalk-api.md`, section 12 is the list of rules.

mod answers;
mod arguments;
mod departments;
mod gate;
mod members;
mod users;
mod v1;
mod world;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::any;
use serde_json::{Value, json};

use super::faults::Faults;
use super::options::Options;
use super::respond::{self, Fate};
use super::seed::Seed;
use answers::{Refusal, failure, flat, success};
use arguments::Arguments;
pub use gate::Count;
use gate::Gate;
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
        Self(Arc::new(Inner { world, gate, options: options.clone(), started: Instant::now() }))
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
        !self.gate().is_within(interface, self.options().dingtalk_qps, second)
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
    if key != credentials.app_key || secret != credentials.app_secret {
        return failure(path, &Refusal::business(40096, "不合法的appKey或appSecret"));
    }
    flat(path, json!({"access_token": handle.gate().token(), "expires_in": 7200}))
}

fn answer(handle: &Handle, method: &Method, path: &str, interface: &str, arguments: &Arguments) -> Response {
    let admitted = known(path).and_then(|permission| admit(handle, interface, permission, arguments));
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
            failure(path, &refusal)
        }
    }
}

/// The permission point of a path; unknown paths are refused.
fn known(path: &str) -> Result<&'static str, Refusal> {
    Ok(match path {
        "/auth/scopes" => "qyapi_base",
        "/topapi/v2/department/create"
        | "/topapi/v2/department/update"
        | "/topapi/v2/department/delete"
        | "/topapi/v2/user/create"
        | "/topapi/v2/user/update"
        | "/topapi/v2/user/delete" => "qyapi_manage_addresslist",
        "/topapi/v2/department/get"
        | "/topapi/v2/department/listsub"
        | "/topapi/v2/department/listsubid"
        | "/topapi/v2/department/listparentbydept"
        | "/topapi/v2/department/listparentbyuser"
        | "/department/list" => "qyapi_get_department_list",
        "/topapi/v2/user/get"
        | "/topapi/user/listid"
        | "/topapi/user/count"
        | "/topapi/user/getbyunionid"
        | "/topapi/user/listadmin"
        | "/topapi/user/get_admin_scope"
        | "/user/get" => "qyapi_get_member",
        "/topapi/v2/user/list" | "/topapi/user/listsimple" => "qyapi_get_department_member",
        "/topapi/v2/user/getbymobile" => "qyapi_get_member_by_mobile",
        _ => {
            let name = path.trim_start_matches('/').trim_start_matches("topapi/").replace('/', ".");
            return Err(Refusal::UnknownPath(format!("dingtalk.oapi.{name}")));
        }
    })
}

/// Token, address, permission, flow, in this order.
fn admit(handle: &Handle, interface: &str, permission: &str, arguments: &Arguments) -> Result<(), Refusal> {
    let faults = handle.faults();
    let token = arguments.text("access_token").unwrap_or_default();
    if token.is_empty() {
        return Err(Refusal::Gateway("40000", "access_token is blank".to_owned()));
    }
    if faults.strikes("expired-token", interface) {
        handle.gate().expire();
    }
    if !handle.gate().knows(&token) {
        return Err(Refusal::Gateway("40014", "不合法的access_token".to_owned()));
    }
    let app_key = &handle.options().credentials.app_key;
    if let Some(address) = faults.switch("ip-not-allowed") {
        let text = format!("访问ip不在白名单之中,request ip={address} appKey({app_key})");
        return Err(Refusal::Gateway("60020", text));
    }
    if faults.has("no-permission", permission) {
        return Err(Refusal::Gateway("60011", permission_text(faults, app_key, permission)));
    }
    if handle.is_over_limit(interface) || faults.strikes("throttle", interface) {
        let text = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了";
        return Err(Refusal::Gateway("90018", text.to_owned()));
    }
    Ok(())
}

fn permission_text(faults: &Faults, app_key: &str, permission: &str) -> String {
    if faults.is_on("old-permission-text") {
        return "没有调用该接口的权限".to_owned();
    }
    format!(
        "应用尚未开通所需的权限：[{permission}]，点击链接申请并开通即可：https://open-dev.dingtalk.com/appscope/apply?content={app_key}%23{permission}, {{requiredScopes=[{permission}]}}"
    )
}

fn faulted(handle: &Handle, interface: &str) -> Result<(), Refusal> {
    let faults = handle.faults();
    if faults.strikes("throttle-global", interface) {
        let text = format!(
            "当前所有钉钉应用调用该接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了，建议错开整点时刻调用该接口, apiPath(dingtalk.oapi.{interface})"
        );
        return Err(Refusal::Gateway("90002", text));
    }
    if faults.strikes("quota", interface) {
        return Err(Refusal::Gateway("90020", "该企业本月的API调用次数已用完".to_owned()));
    }
    if faults.strikes("gateway-fault", interface) {
        return Err(Refusal::Behind);
    }
    if faults.strikes("busy", interface) {
        return Err(Refusal::business(-1, "系统繁忙"));
    }
    if faults.strikes("unknown-code", interface) {
        return Err(Refusal::business(987_654, "未知的业务错误"));
    }
    Ok(())
}

fn run(handle: &Handle, path: &str, interface: &str, arguments: &Arguments) -> Result<Response, Refusal> {
    let now_ms = u64::try_from(handle.0.started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let added = handle.gate().users_added;
    let (faults, range) = (handle.faults(), handle.range());
    let call = Call { arguments, faults, path: interface, now_ms: now_ms.max(1), range, added };
    let mut world = handle.world();
    let result = match path {
        "/auth/scopes" => return Ok(flat(path, scopes(&call))),
        "/topapi/user/get_admin_scope" => {
            return members::admin_scope(&call, &world).map(|members| flat(path, members));
        }
        "/user/get" => {
            return members::get(&call, &world).map(|record| flat(path, record.unwrap_or_default()));
        }
        "/department/list" => return Ok(flat(path, v1::departments(&world))),
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
    drop(world);
    if path == "/topapi/v2/user/create" {
        handle.gate().users_added += 1;
    }
    Ok(success(path, result))
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
