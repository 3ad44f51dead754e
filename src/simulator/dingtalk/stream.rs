//! Stream mode: an app asks for an endpoint, opens a WebSocket and is told about changes there, each until it says
//! that it has it. Source: reference `dingtalk-api.md` section 7.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rand::RngExt as _;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::Handle;
use super::answers::{v1_failure, v1_success};
use super::events::{Event, now_ms};

/// A ticket opens one connection, within this time.
const TICKET_LIFE: Duration = Duration::from_secs(90);
/// One that nobody acknowledged is sent again, so often at most.
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);
const REPEATS: u32 = 3;
/// How often the other end is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// So long an old connection stays open beside the one that follows it.
const FAREWELL: Duration = Duration::from_secs(3);
/// More than this waits for nobody.
const WAITING: usize = 10_000;

/// What waits to be told, and who may come for it.
#[derive(Debug, Default)]
pub(super) struct Stream {
    waiting: Mutex<VecDeque<(Event, u32)>>,
    tickets: Mutex<BTreeMap<String, (Vec<String>, Instant)>>,
    arrived: Notify,
}

impl Stream {
    pub(super) fn tell(&self, event: Event) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() == WAITING {
            waiting.pop_front();
        }
        waiting.push_back((event, 0));
        drop(waiting);
        self.arrived.notify_one();
    }

    fn again(&self, event: Event, repeats: u32) {
        if repeats <= REPEATS {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_front((event, repeats));
            drop(waiting);
            self.arrived.notify_one();
        }
    }

    fn take(&self, topics: &[String]) -> Option<(Event, u32)> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted =
            |(event, _): &(Event, u32)| topics.iter().any(|topic| topic == "*" || topic == event.kind);
        let index = waiting.iter().position(is_wanted)?;
        waiting.remove(index)
    }

    fn ticket(&self, topics: Vec<String>) -> String {
        let ticket = hex::encode(rand::rng().random::<[u8; 16]>());
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, (_, given)| given.elapsed() < TICKET_LIFE);
        tickets.insert(ticket.clone(), (topics, Instant::now()));
        ticket
    }

    fn admit(&self, ticket: &str) -> Option<Vec<String>> {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.remove(ticket).filter(|(_, given)| given.elapsed() < TICKET_LIFE).map(|(topics, _)| topics)
    }
}

/// `POST /v1.0/gateway/connections/open`.
pub(super) fn open(handle: &Handle, body: &Value) -> Response {
    let credentials = &handle.options().credentials;
    let is_ours = body["clientId"].as_str() == Some(&credentials.app_key)
        && body["clientSecret"].as_str() == Some(&credentials.app_secret);
    if !is_ours {
        return v1_failure(401, "authFailed", "鉴权失败", None);
    }
    let subscriptions = body["subscriptions"].as_array().cloned().unwrap_or_default();
    let events = subscriptions.iter().filter(|subscription| subscription["type"].as_str() == Some("EVENT"));
    let topics = events.filter_map(|event| event["topic"].as_str().map(str::to_owned)).collect();
    let endpoint = format!("{}/connect", handle.url().replacen("http", "ws", 1));
    v1_success(&json!({"endpoint": endpoint, "ticket": handle.0.stream.ticket(topics)}))
}

/// The WebSocket behind the endpoint.
pub(super) async fn connect(
    State(handle): State<Handle>,
    Query(query): Query<BTreeMap<String, String>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let ticket = query.get("ticket").map_or("", String::as_str);
    match handle.0.stream.admit(ticket) {
        None => (StatusCode::UNAUTHORIZED, "ticket").into_response(),
        Some(topics) => upgrade.on_upgrade(move |socket| async move {
            let mut told = Told { handle, socket, unacknowledged: BTreeMap::new(), leaving: None };
            told.serve(&topics).await;
            told.give_back();
        }),
    }
}

/// A connection and what was sent over it.
struct Told {
    handle: Handle,
    socket: WebSocket,
    unacknowledged: BTreeMap<String, (Event, u32, Instant)>,
    /// Since when the other end is asked to connect anew.
    leaving: Option<Instant>,
}

impl Told {
    async fn serve(&mut self, topics: &[String]) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        let mut pinged = Instant::now();
        let handle = self.handle.clone();
        loop {
            while self.leaving.is_none()
                && let Some((event, repeats)) = handle.0.stream.take(topics)
            {
                if !self.send(event, repeats).await {
                    return;
                }
            }
            tokio::select! {
                () = handle.0.stream.arrived.notified() => {}
                frame = self.socket.recv() => match frame {
                    Some(Ok(Message::Text(text))) => self.acknowledge(&text),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    Some(Ok(_)) => {}
                },
                _ = ticks.tick() => {
                    if self.leaving.is_some_and(|since| since.elapsed() > FAREWELL) {
                        return;
                    }
                    self.repeat();
                    if pinged.elapsed() > PING {
                        pinged = Instant::now();
                        if !self.system("ping").await {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Whether the connection goes on.
    async fn send(&mut self, event: Event, repeats: u32) -> bool {
        let credentials = &self.handle.options().credentials;
        let message = message_id();
        let frame = json!({"specVersion": "1.0", "type": "EVENT", "headers": {
            "topic": "*", "messageId": message, "contentType": "application/json", "time": now_ms().to_string(),
            "eventType": event.kind, "eventId": event.id, "eventCorpId": credentials.corp_id,
            "eventBornTime": event.time.to_string(), "eventUnifiedAppId": "simulated-unified-app"},
            "data": event.data(&credentials.corp_id)});
        let is_last = self.handle.faults().strikes("stream-disconnect", event.kind);
        self.unacknowledged.insert(message, (event, repeats, Instant::now()));
        if self.socket.send(Message::Text(frame.to_string().into())).await.is_err() {
            return false;
        }
        if is_last {
            self.leaving = Some(Instant::now());
            return self.system("disconnect").await;
        }
        true
    }

    async fn system(&mut self, topic: &str) -> bool {
        let frame = json!({"specVersion": "1.0", "type": "SYSTEM", "headers": {"topic": topic,
            "messageId": message_id(), "contentType": "application/json", "time": now_ms().to_string()},
            "data": json!({"opaque": message_id(), "reason": topic}).to_string()});
        self.socket.send(Message::Text(frame.to_string().into())).await.is_ok()
    }

    fn acknowledge(&mut self, text: &str) {
        let answer: Value = serde_json::from_str(text).unwrap_or_default();
        let message = answer["headers"]["messageId"].as_str().unwrap_or_default();
        let Some((event, repeats, _)) = self.unacknowledged.remove(message) else { return };
        let data: Value =
            answer["data"].as_str().and_then(|data| serde_json::from_str(data).ok()).unwrap_or_default();
        if answer["code"].as_i64() != Some(200) || data["status"].as_str() == Some("LATER") {
            self.handle.0.stream.again(event, repeats + 1);
        }
    }

    fn repeat(&mut self) {
        let is_old = |(_, (_, _, sent)): &(&String, &(Event, u32, Instant))| sent.elapsed() > UNACKNOWLEDGED;
        let old: Vec<String> =
            self.unacknowledged.iter().filter(is_old).map(|(message, _)| message.clone()).collect();
        for message in old {
            if let Some((event, repeats, _)) = self.unacknowledged.remove(&message) {
                self.handle.0.stream.again(event, repeats + 1);
            }
        }
    }

    /// What this connection was not seen to have taken, the next one is told.
    fn give_back(&mut self) {
        for (_, (event, repeats, _)) in std::mem::take(&mut self.unacknowledged) {
            self.handle.0.stream.again(event, repeats + 1);
        }
    }
}

fn message_id() -> String {
    hex::encode(rand::rng().random::<[u8; 16]>())
}
