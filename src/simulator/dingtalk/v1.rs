//! The newer family: tokens and the few contacts interfaces it has. JSON only, errors with an HTTP status.
//! Source: reference `dingtalk-api.md` sections 1.1, 1.2, 4.6 and 5.3.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::answers::{v1_failure, v1_success};
use super::world::World;
use super::{Handle, members, stream};
use crate::simulator::respond::{self, Fate};

pub(super) async fn serve(
    State(handle): State<Handle>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    handle.gate().count(path.trim_start_matches('/')).calls += 1;
    if let Some(banned) = super::ban(&handle) {
        return banned;
    }
    if let Fate::Answered(response) = respond::before(handle.faults(), handle.options(), &path).await {
        return response;
    }
    let json_body: Option<Value> = serde_json::from_slice(&body).ok().filter(Value::is_object);
    let response = match path.as_str() {
        "/v1.0/oauth2/accessToken" => match json_body {
            None => missing_body(),
            Some(body) => access_token(&handle, &body),
        },
        "/v1.0/gateway/connections/open" => match json_body {
            None => missing_body(),
            Some(body) => stream::open(&handle, &body),
        },
        _ if corp_of(&path).is_some() => match json_body {
            None => missing_body(),
            Some(body) => corp_token(&handle, corp_of(&path).unwrap_or_default(), &body),
        },
        _ => contacts(&handle, &path, &headers, json_body.as_ref()),
    };
    respond::after(handle.faults(), &path, response)
}

fn corp_of(path: &str) -> Option<&str> {
    path.strip_prefix("/v1.0/oauth2/")?.strip_suffix("/token")
}

fn missing_body() -> Response {
    v1_failure(400, "Missingbody", "body is mandatory for this action.", None)
}

fn access_token(handle: &Handle, body: &Value) -> Response {
    let credentials = &handle.options().credentials;
    let is_ours = body["appKey"].as_str() == Some(&credentials.app_key)
        && body["appSecret"].as_str() == Some(&credentials.app_secret)
        && !handle.faults().is_on("secret-rotated");
    if is_ours {
        v1_success(&json!({"expireIn": 7200, "accessToken": handle.gate().token()}))
    } else {
        v1_failure(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret", None)
    }
}

fn corp_token(handle: &Handle, corp: &str, body: &Value) -> Response {
    let credentials = &handle.options().credentials;
    if corp != credentials.corp_id || handle.faults().is_on("wrong-corp") {
        return v1_failure(500, "unknownError", "未知错误", None);
    }
    if body["grant_type"].as_str() != Some("client_credentials") {
        return v1_failure(400, "unsupported.grant.type", "unsupported grant type", None);
    }
    let is_ours = body["client_id"].as_str() == Some(&credentials.app_key)
        && body["client_secret"].as_str() == Some(&credentials.app_secret)
        && !handle.faults().is_on("secret-rotated");
    if is_ours {
        v1_success(&json!({"access_token": handle.gate().token(), "expires_in": 7200}))
    } else {
        v1_failure(400, "invalid.client", "invalid client", None)
    }
}

fn contacts(handle: &Handle, path: &str, headers: &HeaderMap, body: Option<&Value>) -> Response {
    let token = headers.get("x-acs-dingtalk-access-token").and_then(|token| token.to_str().ok());
    let permission = match path {
        "/v1.0/contact/users/search" | "/v1.0/contact/departments/search" => "qyapi_addresslist_search",
        "/v1.0/contact/empLeaveRecords" => "Contact.Common.Read",
        _ if path.starts_with("/v1.0/contact/users/") => "Contact.User.Read",
        _ => {
            let text = "Specified api is not found, please check your url and method.";
            return v1_failure(404, "InvalidAction.NotFound", text, None);
        }
    };
    match token {
        None => {
            let text = "缺少参数：x-acs-dingtalk-access-token";
            return v1_failure(400, "AuthenticationFailed.MissingParameter", text, None);
        }
        Some(token) if !handle.gate().knows(token) => {
            return v1_failure(400, "InvalidAuthentication", "不合法的access_token", None);
        }
        Some(_) => {}
    }
    if handle.faults().is_on("ip-not-allowed") {
        return v1_failure(403, "Forbidden.AccessDenied.IpNotInWhiteList", "访问ip不在白名单之中", None);
    }
    if handle.faults().has("no-permission", permission) {
        let text = format!("应用尚未开通所需的权限：[{permission}]");
        return v1_failure(
            403,
            "Forbidden.AccessDenied.AccessTokenPermissionDenied",
            &text,
            Some(permission),
        );
    }
    if handle.is_over_limit(path) {
        let text = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了";
        return v1_failure(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", text, None);
    }
    let world = handle.world();
    let word = body.and_then(|body| body["queryWord"].as_str()).unwrap_or_default();
    match path {
        "/v1.0/contact/users/search" => {
            page(members::search(&world, word).into_iter().map(Value::from).collect(), body)
        }
        "/v1.0/contact/departments/search" => {
            let found = world.departments.values().filter(|department| department.name.contains(word));
            page(found.map(|department| json!(department.id)).collect(), body)
        }
        "/v1.0/contact/empLeaveRecords" => v1_success(&json!({"records": []})),
        _ => match world.users.values().find(|user| path.ends_with(&user.unionid)) {
            Some(user) => {
                v1_success(&json!({"nick": user.name, "unionId": user.unionid, "openId": user.unionid}))
            }
            None => v1_failure(404, "invalidParameter.user.notFound", "user not found", None),
        },
    }
}

fn page(all: Vec<Value>, body: Option<&Value>) -> Response {
    let number = |name: &str, default: u64| body.and_then(|body| body[name].as_u64()).unwrap_or(default);
    let offset = usize::try_from(number("offset", 0)).unwrap_or(usize::MAX);
    let size = usize::try_from(number("size", 10)).unwrap_or(10);
    let total = all.len();
    let list: Vec<Value> = all.into_iter().skip(offset).take(size).collect();
    v1_success(&json!({"hasMore": offset.saturating_add(size) < total, "totalCount": total, "list": list}))
}

/// The whole tree as the first version of the API lists it.
pub(super) fn departments(world: &World) -> Value {
    let rows = world.departments.values().map(|department| {
        let mut row = json!({"id": department.id, "name": department.name, "createDeptGroup": false, "autoAddUser": false});
        if let Some(parent) = department.parent {
            row["parentid"] = json!(parent);
        }
        row
    });
    json!({"department": rows.collect::<Vec<_>>()})
}
