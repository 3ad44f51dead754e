//! DingTalk's own events over Stream mode: an outgoing WebSocket, which needs no public address. Events only say which
//! object was changed; whoever reads them looks at it again. Protocol: reference `dingtalk-api.md` section 7.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::loose::Many;
use crate::core::incremental::{Edit, Subject};
use crate::core::target::{DepartmentId, UserId};
use crate::http::{Method, Request, Transport, WebSocket};

/// A gateway that is silent for this long is gone: it sends a ping every minute.
const SILENCE: Duration = Duration::from_secs(180);
/// A connection must be there within this time.
const PATIENCE: Duration = Duration::from_secs(15);
/// Seconds until the next attempt: the first, and the longest.
const FIRST_WAIT: u64 = 1;
const LONGEST_WAIT: u64 = 60;

/// The feed of one app.
pub struct EditFeed {
    /// Sends the one request that opens a connection, and becomes it; upgradable.
    pub transport: Transport,
    /// Base address of the newer interfaces, without a slash at its end.
    pub api_endpoint: String,
    /// AppKey, also called Client ID.
    pub app_key: String,
    /// AppSecret, also called Client Secret.
    pub app_secret: SecretString,
}

#[derive(Deserialize)]
struct Opened {
    endpoint: String,
    ticket: String,
}

#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    headers: Headers,
    #[serde(default)]
    data: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Headers {
    topic: String,
    message_id: String,
    event_type: String,
}

impl EditFeed {
    /// Stays connected and tells every change until nobody listens any more.
    pub async fn run(self, edits: UnboundedSender<Edit>) {
        let mut wait = FIRST_WAIT;
        while !edits.is_closed() {
            let lost = match timeout(PATIENCE, self.connect()).await {
                Ok(Ok(socket)) => {
                    wait = FIRST_WAIT;
                    // Nobody listens any more: the loop ends by itself.
                    let _ = edits.send(Edit::Connected);
                    listen(socket, &edits).await
                }
                Ok(Err(reason)) => reason,
                Err(_) => "the gateway does not answer in time".to_owned(),
            };
            tracing::info!(reason = lost, "the feed of DingTalk's events is not connected");
            let _ = edits.send(Edit::Lost(lost));
            let spread = rand::rng().random_range(0..=500);
            sleep(Duration::from_millis(wait * 1000 + spread)).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn connect(&self) -> Result<WebSocket, String> {
        let body = json!({
            "clientId": self.app_key,
            "clientSecret": self.app_secret.expose_secret(),
            "subscriptions": [{"type": "EVENT", "topic": "*"}],
            "ua": concat!("dingsync/", env!("CARGO_PKG_VERSION")),
            "localIp": "",
        });
        let address = format!("{}/v1.0/gateway/connections/open", self.api_endpoint.trim_end_matches('/'));
        let request = Request::new(Method::POST, address).body("application/json", body.to_string());
        let answer = self.transport.send(request).await.map_err(|failure| failure.to_string())?;
        if answer.status != 200 {
            return Err(format!("the gateway answers with HTTP {}", answer.status));
        }
        let opened: Opened =
            serde_json::from_slice(&answer.body).map_err(|_| "the gateway names no address".to_owned())?;
        let mut url =
            url::Url::parse(&opened.endpoint).map_err(|_| "the gateway's address is none".to_owned())?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_loopback =
            host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if url.scheme() != "wss" && !(url.scheme() == "ws" && is_loopback) {
            return Err("the gateway names an address that is not encrypted".to_owned());
        }
        url.query_pairs_mut().append_pair("ticket", &opened.ticket);
        self.transport.web_socket(url.as_str()).await.map_err(|failure| failure.to_string())
    }
}

/// Reads until the connection ends; answers why it did.
async fn listen(mut socket: WebSocket, edits: &UnboundedSender<Edit>) -> String {
    loop {
        let message = match timeout(SILENCE, socket.next()).await {
            Err(_) => return "the gateway is silent".to_owned(),
            Ok(None) => return "the gateway closed the connection".to_owned(),
            Ok(Some(Err(_))) => return "the connection broke".to_owned(),
            Ok(Some(Ok(message))) => message,
        };
        let frame = match message {
            Message::Text(text) => serde_json::from_str::<Frame>(text.as_str()).ok(),
            Message::Binary(bytes) => serde_json::from_slice(&bytes).ok(),
            Message::Close(_) => return "the gateway closed the connection".to_owned(),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => None,
        };
        let Some(frame) = frame else { continue };
        if frame.kind == "SYSTEM" && frame.headers.topic == "disconnect" {
            return "the gateway asks for a new connection".to_owned();
        }
        for subject in subjects(&frame) {
            if edits.send(Edit::Changed(subject)).is_err() {
                return "nobody listens".to_owned();
            }
        }
        if socket.send(Message::text(acknowledgement(&frame))).await.is_err() {
            return "the connection broke".to_owned();
        }
    }
}

fn acknowledgement(frame: &Frame) -> String {
    let data = if frame.kind == "SYSTEM" {
        frame.data.clone()
    } else {
        json!({"status": "SUCCESS", "message": "success"}).to_string()
    };
    let headers = json!({"messageId": frame.headers.message_id, "contentType": "application/json"});
    json!({"code": 200, "headers": headers, "message": "OK", "data": data}).to_string()
}

/// The objects an event names.
fn subjects(frame: &Frame) -> Vec<Subject> {
    if frame.kind != "EVENT" {
        return Vec::new();
    }
    let data: Value = serde_json::from_str(&frame.data).unwrap_or_default();
    let kind = data.get("EventType").and_then(Value::as_str).unwrap_or(&frame.headers.event_type);
    let ids = |names: [&str; 2]| -> Vec<String> {
        let list = names.into_iter().find_map(|name| data.get(name)).cloned().unwrap_or_default();
        let Many(list) = serde_json::from_value::<Many<super::loose::Loose>>(list).unwrap_or_default();
        list.into_iter().filter_map(|id| id.filled().map(str::to_owned)).collect()
    };
    match kind {
        "user_add_org" | "user_modify_org" | "user_leave_org" | "user_active_org" => {
            ids(["userId", "UserId"]).into_iter().map(|id| Subject::User(UserId(id))).collect()
        }
        "org_dept_create" | "org_dept_modify" | "org_dept_remove" => ids(["deptId", "DeptId"])
            .into_iter()
            .filter_map(|id| id.parse().ok())
            .map(|id| Subject::Department(DepartmentId(id)))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: &str, event: &str, data: &Value) -> Frame {
        serde_json::from_value(json!({
            "specVersion": "1.0", "type": kind, "data": data.to_string(),
            "headers": {"topic": "*", "messageId": "m1", "eventType": event, "contentType": "application/json"},
        }))
        .unwrap()
    }

    #[test]
    fn events_name_the_objects_in_new_and_old_spelling() {
        let user = frame("EVENT", "user_modify_org", &json!({"userId": ["u1", "u2"], "eventId": "e"}));
        assert_eq!(subjects(&user), [Subject::User(UserId("u1".into())), Subject::User(UserId("u2".into()))]);
        let old = frame("EVENT", "org_dept_remove", &json!({"DeptId": [432825033]}));
        assert_eq!(subjects(&old), [Subject::Department(DepartmentId(432_825_033))]);
        let other = frame("EVENT", "label_user_change", &json!({"userId": ["u1"]}));
        assert!(subjects(&other).is_empty());
        let ping = frame("SYSTEM", "", &json!({"userId": ["u1"]}));
        assert!(subjects(&ping).is_empty());
    }

    #[test]
    fn a_ping_is_echoed_and_an_event_acknowledged() {
        let ping = frame("SYSTEM", "", &json!({"opaque": "x1"}));
        let answer: Value = serde_json::from_str(&acknowledgement(&ping)).unwrap();
        assert_eq!(answer["code"], 200);
        assert_eq!(answer["headers"]["messageId"], "m1");
        assert_eq!(answer["data"], "{\"opaque\":\"x1\"}");
        let event = frame("EVENT", "user_modify_org", &json!({"userId": ["u1"]}));
        let answer: Value = serde_json::from_str(&acknowledgement(&event)).unwrap();
        assert_eq!(answer["data"], "{\"message\":\"success\",\"status\":\"SUCCESS\"}");
    }
}
