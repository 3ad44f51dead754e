//! Tells the receivers of account-sync callbacks about changes: signed, repeated until answered, and as late, twice,
//! out of order or not at all as the faults want it. Source: reference `idaas-eiam-api.md` sections 6.3 and 6.5.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::Handle;
use super::events::{Event, now_ms};
use super::keys::encrypt;
use super::provisioning::Application;

/// A receiver has so long to answer, and is asked again so often.
const TIMEOUT: Duration = Duration::from_secs(10);
const REPEATS: u32 = 5;
/// A signature holds so long, in seconds.
const LIFE: i64 = 1800;
/// Events so near to each other share a request, where batches are wanted.
const TOGETHER: Duration = Duration::from_millis(50);
/// One sent out of order is overtaken by what happens within this time.
const OVERTAKEN: Duration = Duration::from_millis(700);
/// How much of the past is remembered.
const REMEMBERED: usize = 10_000;
/// More than a receiver should read.
const OVERSIZED: usize = 16 * 1024 * 1024;

/// What became of an event.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// `evnt_…`.
    pub event: String,
    /// The type without its prefix.
    pub kind: String,
    /// `user_…` or `ou_…`.
    pub object: String,
    /// When it happened, Unix milliseconds.
    pub happened_ms: i64,
    /// When it was first sent.
    pub sent_ms: Option<i64>,
    /// When the receiver last answered.
    pub answered_ms: Option<i64>,
    /// Requests that carried it.
    pub requests: u32,
    /// `waiting`, `lost`, `success`, `skipped`, `failed`, `retried`, `refused` or `unanswered`.
    pub outcome: &'static str,
}

/// The events of an application in one request, and how they are sent.
#[derive(Debug, Clone)]
struct Parcel {
    application: String,
    events: Vec<Event>,
    wait: Duration,
}

/// Sends what happens until the service ends.
pub(in crate::simulator) async fn run(handle: Handle, mut happened: UnboundedReceiver<Event>) {
    let Ok(client) = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build() else { return };
    while let Some(first) = happened.recv().await {
        let most = handle.faults().number("callback-batch").and_then(|most| usize::try_from(most).ok());
        let mut events = vec![first];
        while events.len() < most.unwrap_or(1) {
            let Ok(Some(next)) = tokio::time::timeout(TOGETHER, happened.recv()).await else { break };
            events.push(next);
        }
        for parcel in parcels(&handle, &events) {
            tokio::spawn(deliver(handle.clone(), client.clone(), parcel));
        }
    }
}

/// Who is told what in which request: an event with a delay of its own travels alone.
fn parcels(handle: &Handle, events: &[Event]) -> Vec<Parcel> {
    let faults = handle.faults();
    let wanting: Vec<(String, Vec<Event>)> = {
        let world = handle.world();
        let wanted = |application: &Application| {
            events.iter().filter(|event| application.wants(&world, event)).cloned().collect::<Vec<_>>()
        };
        world.applications.iter().map(|(id, application)| (id.clone(), wanted(application))).collect()
    };
    let delay = Duration::from_millis(faults.count("callback-delay").unwrap_or(0));
    let mut parcels = Vec::new();
    for (application, events) in wanting {
        let mut together = Parcel { application: application.clone(), events: Vec::new(), wait: delay };
        for event in events {
            handle.note(&event, |_| {});
            if faults.strikes("callback-lost", event.kind) {
                handle.note(&event, |delivery| delivery.outcome = "lost");
                continue;
            }
            let late = Duration::from_millis(faults.count("callback-late-ms").unwrap_or(3000));
            let mut wait = delay;
            wait += if faults.strikes("callback-late", event.kind) { late } else { Duration::ZERO };
            wait +=
                if faults.strikes("callback-disordered", event.kind) { OVERTAKEN } else { Duration::ZERO };
            let alone = |wait| Parcel { application: application.clone(), events: vec![event.clone()], wait };
            if faults.strikes("callback-twice", event.kind) {
                parcels.push(alone(wait + TOGETHER));
            }
            if wait == delay {
                together.events.push(event);
            } else {
                parcels.push(alone(wait));
            }
        }
        if !together.events.is_empty() {
            parcels.insert(0, together);
        }
    }
    parcels
}

/// One request and its repetitions. What the receiver wants again is sent again, the rest is not.
async fn deliver(handle: Handle, client: reqwest::Client, mut parcel: Parcel) {
    tokio::time::sleep(parcel.wait).await;
    let mut pause = Duration::from_millis(handle.faults().count("callback-retry-ms").unwrap_or(1000));
    for repeat in 0..=REPEATS {
        if repeat > 0 {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        let application = handle.world().applications.get(&parcel.application).cloned();
        let Some(application) = application else { return };
        let Some(body) = request(&handle, &application, &parcel) else { return };
        for event in &parcel.events {
            handle.note(event, |delivery| {
                delivery.requests += 1;
                delivery.sent_ms.get_or_insert_with(now_ms);
            });
        }
        let kind = "application/json;charset=utf-8";
        let sent = client.post(&application.callback_url).header("content-type", kind).body(body.clone());
        if handle.faults().strikes("callback-replayed", parcel.kind()) {
            // The very same request: the same signature, the same `jti`.
            drop(client.post(&application.callback_url).header("content-type", kind).body(body).send().await);
        }
        match sent.send().await {
            Err(_) => parcel.note(&handle, "unanswered"),
            Ok(answer) if answer.status().as_u16() != 200 => parcel.note(&handle, "refused"),
            Ok(answer) => {
                let answer: Value = answer.json().await.unwrap_or_default();
                parcel.read(&handle, &answer);
            }
        }
        if parcel.events.is_empty() {
            return;
        }
    }
}

impl Parcel {
    fn kind(&self) -> &'static str {
        self.events.first().map_or("", |event| event.kind)
    }

    fn note(&self, handle: &Handle, outcome: &'static str) {
        for event in &self.events {
            handle.note(event, |delivery| delivery.outcome = outcome);
        }
    }

    /// The receiver's four lists; an event in none of them counts as told.
    fn read(&mut self, handle: &Handle, answer: &Value) {
        let lists = ["successEvents", "skippedEvents", "failedEvents", "retriedEvents"];
        let [success, skipped, failed, retried] = lists.map(|list| {
            let rows = answer[list].as_array().cloned().unwrap_or_default();
            let ids = rows.iter().filter_map(|row| row["eventId"].as_str().map(str::to_owned));
            ids.collect::<BTreeSet<String>>()
        });
        for event in &self.events {
            let outcome = match &event.id {
                id if retried.contains(id) => "retried",
                id if failed.contains(id) => "failed",
                id if skipped.contains(id) => "skipped",
                id if success.contains(id) => "success",
                _ => "unanswered",
            };
            handle.note(event, |delivery| {
                delivery.answered_ms = Some(now_ms());
                // A repetition that is skipped does not undo the success of the first.
                if !(outcome == "skipped" && delivery.outcome == "success") {
                    delivery.outcome = outcome;
                }
            });
        }
        self.events.retain(|event| retried.contains(&event.id));
    }
}

/// `{"event":"<JWS compact>"}`; `None` when it cannot be signed.
fn request(handle: &Handle, application: &Application, parcel: &Parcel) -> Option<String> {
    let (faults, credentials) = (handle.faults(), &handle.0.options.credentials);
    let has_old_names = faults.is_on("callback-old-names");
    let elements: Value = parcel.events.iter().map(|event| event.element(has_old_names)).collect();
    let told = json!({"instanceId": credentials.instance_id, "eventData": elements.to_string(),
        "eventVersion": "V1.0", "aliUid": "1000000000000001"});
    let (cipher, plain) = if application.is_encrypted {
        (encrypt(&told.to_string(), &application.encryption_key).ok()?, json!(""))
    } else if faults.is_on("callback-plain-text") {
        (String::new(), json!(told.to_string()))
    } else {
        (String::new(), told)
    };
    let is = |fault: &str| faults.strikes(fault, parcel.kind());
    let issued = handle.now() - if is("callback-expired") { 2 * LIFE } else { 0 };
    let audience = if is("callback-wrong-audience") { "app_somebody_else" } else { &parcel.application };
    let mut claims = json!({"iss": "urn:alibaba:idaas:app:event", "sub": credentials.instance_id,
        "aud": audience, "exp": issued + LIFE, "iat": issued, "jti": hex::encode(rand::random::<[u8; 16]>()),
        "dataEncrypted": application.is_encrypted, "cipherData": cipher, "plainData": plain});
    if is("callback-oversized") {
        claims["padding"] = Value::String("x".repeat(OVERSIZED));
    }
    let signed =
        if is("callback-forged") { handle.0.keys.forge(&claims) } else { handle.0.keys.sign(&claims) };
    Some(json!({"event": signed.ok()?}).to_string())
}

impl Handle {
    /// What became of every event, the oldest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn note(&self, event: &Event, edit: impl FnOnce(&mut Delivery)) {
        let mut deliveries = self.0.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = deliveries.iter_mut().rev().find(|delivery| delivery.event == event.id) {
            return edit(known);
        }
        let mut delivery = Delivery {
            event: event.id.clone(),
            kind: event.kind.to_owned(),
            object: event.object.clone(),
            happened_ms: event.time,
            sent_ms: None,
            answered_ms: None,
            requests: 0,
            outcome: "waiting",
        };
        edit(&mut delivery);
        if deliveries.len() == REMEMBERED {
            deliveries.pop_front();
        }
        deliveries.push_back(delivery);
    }
}
