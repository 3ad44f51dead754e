//! Success and failure bodies of the gateway. Codes and texts: reference `idaas-eiam-api.md` section 4.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use rand::RngExt as _;
use serde_json::{Value, json};

use crate::simulator::faults::Faults;
use crate::simulator::respond;

/// A refused call.
#[derive(Debug)]
pub(super) struct Failure {
    status: u16,
    code: String,
    message: String,
    retry_after: Option<i64>,
    action: Option<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Failure {
    fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), retry_after: None, action: None }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let message = format!(
            "The input parameter {parameter} that is mandatory for processing this request is not supplied."
        );
        Self::new(400, &format!("Missing{parameter}"), message)
    }

    pub(super) fn incomplete_signature() -> Self {
        Self::new(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
    }

    pub(super) fn key_not_found() -> Self {
        Self::new(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    }

    pub(super) fn key_inactive() -> Self {
        Self::new(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
    }

    /// The codes of the business are an open question (section 9, 5).
    pub(super) fn recoded(mut self, faults: &Faults) -> Self {
        if let Some(code) = faults.switch("idaas-not-found-code")
            && self.code.starts_with("ResourceNotFound")
        {
            self.code = code;
        }
        self
    }

    pub(super) fn date_format() -> Self {
        Self::new(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
    }

    pub(super) fn date_expired() -> Self {
        Self::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
    }

    pub(super) fn nonce_used() -> Self {
        Self::new(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
    }

    pub(super) fn signature(signed: &str) -> Self {
        let message =
            format!("Specified signature does not match our calculation. server StringToSign is [{signed}]");
        Self::new(400, "SignatureDoesNotMatch", message)
    }

    pub(super) fn security_token() -> Self {
        Self::new(
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            "Specified SecurityToken mismatch with the AccessKey.",
        )
    }

    pub(super) fn no_permission(action: &str) -> Self {
        let mut failure = Self::new(403, "NoPermission", "You are not authorized to perform this action.");
        failure.action = Some(format!("eiam:{action}"));
        failure
    }

    pub(super) fn throttled(status: u16, retry_after: Option<i64>) -> Self {
        let mut failure =
            Self::new(status, "Throttling.User", "Request was denied due to user flow control.");
        failure.retry_after = retry_after;
        failure
    }

    pub(super) fn version() -> Self {
        Self::new(400, "InvalidVersion", "Specified parameter Version is not valid.")
    }

    pub(super) fn action() -> Self {
        Self::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )
    }

    /// A name of our own choice: no table of business codes is published.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(404, &format!("ResourceNotFound.{what}"), format!("The specified {what} does not exist."))
    }

    /// Likewise.
    pub(super) fn exists(what: &str) -> Self {
        Self::new(409, &format!("EntityAlreadyExists.{what}"), format!("The {what} already exists."))
    }

    /// Likewise.
    pub(super) fn denied(why: &str, message: &str) -> Self {
        Self::new(403, &format!("OperationDenied.{why}"), message)
    }

    /// Likewise.
    pub(super) fn parameter(name: &str, why: &str) -> Self {
        Self::new(
            400,
            &format!("InvalidParameter.{name}"),
            format!("The parameter {name} is invalid: {why}."),
        )
    }
}

/// A success body with its request id.
pub(super) fn answer(mut body: Value) -> Response {
    if let Some(members) = body.as_object_mut() {
        members.insert("RequestId".to_owned(), Value::String(request_id()));
        members.retain(|_, value| !value.is_null());
    }
    respond::json(StatusCode::OK, body.to_string())
}

/// A failure body.
pub(super) fn failure(failure: &Failure, host: &str) -> Response {
    let id = request_id();
    let mut body = json!({"RequestId": id, "HostId": host, "Code": failure.code, "Message": failure.message});
    if !failure.code.starts_with("ResourceNotFound") {
        let recommend =
            format!("https://api.aliyun.com/troubleshoot?q={}&product=Eiam&requestId={id}", failure.code);
        body["Recommend"] = Value::String(recommend);
    }
    if let Some(action) = &failure.action {
        body["AccessDeniedDetail"] = json!({"AuthAction": action, "NoPermissionType": "ImplicitDeny"});
    }
    let status = StatusCode::from_u16(failure.status).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = respond::json(status, body.to_string());
    if let Some(wait) = failure.retry_after.and_then(|wait| HeaderValue::from_str(&wait.to_string()).ok()) {
        response.headers_mut().insert("x-acs-retry-after", wait);
    }
    response
}

fn request_id() -> String {
    let bytes: [u8; 16] = rand::rng().random();
    let hex = hex::encode_upper(bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
