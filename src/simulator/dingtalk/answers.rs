//! Bodies of success and failure: three shapes for the older family, one for the newer.
//! Source: reference `dingtalk-api.md` section 0.1 and the captured answers.

use axum::http::StatusCode;
use axum::response::Response;
use rand::RngExt as _;
use serde_json::{Map, Value, json};

use crate::simulator::faults::Faults;
use crate::simulator::respond;

/// Why a call is refused.
#[derive(Debug, Clone)]
pub(super) enum Refusal {
    /// By the gateway: 88 with a `sub_code` on `/topapi`, plain on bare paths.
    Gateway(&'static str, String),
    /// By the business: plain.
    Business(i64, String),
    /// Behind the gateway: 15 with `isp.-1`.
    Behind,
    /// No such interface.
    UnknownPath(String),
}

impl Refusal {
    pub(super) fn business(code: i64, text: &str) -> Self {
        Self::Business(code, text.to_owned())
    }

    /// The code of wrong parameters is an open question (section 13, c).
    pub(super) fn recoded(self, faults: &Faults) -> Self {
        match (self, faults.number("parameter-code")) {
            (Self::Business(40035 | 400_002, text), Some(code)) => Self::Business(code, text),
            (other, _) => other,
        }
    }
}

/// A success body; `result` only where the interface has one.
pub(super) fn success(path: &str, result: Option<Value>) -> Response {
    let mut body = Map::new();
    body.insert("errcode".to_owned(), json!(0));
    body.insert("errmsg".to_owned(), json!("ok"));
    if let Some(result) = result {
        body.insert("result".to_owned(), result);
    }
    finish(path, body)
}

/// A success body whose members stand at the top level (`/auth/scopes`, `get_admin_scope`, v1 paths).
pub(super) fn flat(path: &str, members: Value) -> Response {
    let mut body = Map::new();
    body.insert("errcode".to_owned(), json!(0));
    body.insert("errmsg".to_owned(), json!("ok"));
    if let Value::Object(members) = members {
        body.extend(members);
    }
    finish(path, body)
}

/// A failure body.
pub(super) fn failure(path: &str, refusal: &Refusal) -> Response {
    let is_topapi = path.starts_with("/topapi/");
    let mut body = Map::new();
    match refusal {
        Refusal::Gateway(code, text) if is_topapi => {
            body.insert("errcode".to_owned(), json!(88));
            body.insert("sub_code".to_owned(), json!(code));
            body.insert("sub_msg".to_owned(), json!(text));
            body.insert("errmsg".to_owned(), json!(format!("ding talk error[subcode={code},submsg={text}]")));
        }
        Refusal::Gateway(code, text) => {
            body.insert("errcode".to_owned(), json!(code.parse::<i64>().unwrap_or_default()));
            body.insert("errmsg".to_owned(), json!(text));
        }
        Refusal::Business(code, text) => {
            body.insert("errcode".to_owned(), json!(code));
            body.insert("errmsg".to_owned(), json!(text));
        }
        Refusal::Behind => {
            body.insert("errcode".to_owned(), json!(15));
            body.insert("sub_code".to_owned(), json!("isp.-1"));
            body.insert("sub_msg".to_owned(), json!("system busy"));
            body.insert(
                "errmsg".to_owned(),
                json!("Remote service error[subcode=isp.-1,submsg=system busy]"),
            );
        }
        Refusal::UnknownPath(name) => {
            let text = format!("不合法ApiName，ApiName = {name}");
            body.insert("errcode".to_owned(), json!(22));
            body.insert("sub_msg".to_owned(), json!(text));
            body.insert("errmsg".to_owned(), json!(format!("Invalid method[submsg={text}]")));
        }
    }
    finish(path, body)
}

fn finish(path: &str, mut body: Map<String, Value>) -> Response {
    // Bare paths carry no request id.
    if path.starts_with("/topapi/") {
        body.insert("request_id".to_owned(), Value::String(request_id()));
    }
    respond::json(StatusCode::OK, Value::Object(body).to_string())
}

/// A failure of the newer family.
pub(super) fn v1_failure(status: u16, code: &str, message: &str, scopes: Option<&str>) -> Response {
    let mut body = json!({"code": code, "requestid": uuid(), "message": message});
    if let Some(scope) = scopes {
        body["accessdenieddetail"] = json!({"requiredScopes": [scope]});
    }
    respond::json(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), body.to_string())
}

/// A success of the newer family.
pub(super) fn v1_success(body: &Value) -> Response {
    respond::json(StatusCode::OK, body.to_string())
}

/// Text like `16l4ew3d47pdp`.
fn request_id() -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rng = rand::rng();
    (0..13).map(|_| char::from(DIGITS[rng.random_range(0..36)])).collect()
}

fn uuid() -> String {
    let hex = hex::encode_upper(rand::rng().random::<[u8; 16]>());
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
