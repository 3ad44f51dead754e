//! The receiver of callbacks over HTTP: the vendor's recorded request, the reference's vector, and everything that is
//! refused.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dingsync::core::incremental::{Callbacks, Inbox, Subject, Waiting};
use dingsync::http::{Transport, TransportOptions};
use dingsync::incremental::{Keys, Receiver, ReceiverOptions, decryption_key};
use dingsync::store::{ConnectionId, Store};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

const RECORDED: &str = include_str!("../../fixtures/idaas-callbacks/user-create.request.json");
const RECORDED_KEYS: &str = include_str!("../../fixtures/idaas-callbacks/jwks.json");
const EXPECTED: &str = include_str!("../../fixtures/idaas-callbacks/user-create.expected.json");
/// The reference's vector: `idaas-eiam-api.md` section 6.6.
const VECTOR: &str = include_str!("../../fixtures/idaas-callbacks/vector.json");

/// A receiver at work with its own state.
struct Served {
    address: SocketAddr,
    events: UnboundedReceiver<Waiting>,
    callbacks: Arc<Callbacks>,
    inbox: Arc<dyn Inbox>,
    fetches: Arc<AtomicUsize>,
    _directory: tempfile::TempDir,
}

async fn serve(keys: String, application: &str, key: Option<&str>, now_ms: fn() -> i64) -> Served {
    let directory = tempfile::tempdir().unwrap();
    let owner = ConnectionId { instance_id: "idaas_test0001".into(), corp_id: "ding".into() };
    let store = Store::open(&directory.path().join("state.db"), &owner).unwrap();
    let inbox: Arc<dyn Inbox> = Arc::new(store.inbox().await.unwrap());
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&fetches);
    let answer = move || {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::ready(keys.clone())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let jwks = format!("http://{}/jwks", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/jwks", get(answer))).await });
    let transport = Transport::new(&TransportOptions::default()).unwrap();
    let receiver = Receiver::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = receiver.address();
    let (sent, events) = unbounded_channel();
    let callbacks = Arc::new(Callbacks::default());
    let options = ReceiverOptions {
        keys: Some(Keys::new(transport, jwks)),
        application_id: application.to_owned(),
        encryption_key: key.map(|key| decryption_key(&SecretString::from(key)).unwrap()),
        inbox: Arc::clone(&inbox),
        events: sent,
        callbacks: Arc::clone(&callbacks),
        health: Arc::new(|| (true, dingsync::core::incremental::WatchStatus::default())),
        now_ms,
    };
    tokio::spawn(receiver.serve(options));
    Served { address, events, callbacks, inbox, fetches, _directory: directory }
}

impl Served {
    async fn post(&self, body: impl Into<reqwest::Body>) -> (u16, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}/idaas/events", self.address);
        let answer = client.post(url).header("content-type", "application/json;charset=utf-8").body(body);
        let answer = answer.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    fn refused(&self, reason: &str) -> u64 {
        self.callbacks.totals().refused.get(reason).copied().unwrap_or(0)
    }
}

fn subjects(events: &mut UnboundedReceiver<Waiting>) -> Vec<String> {
    std::iter::from_fn(|| events.try_recv().ok()).map(|waiting| waiting.event.subject.to_string()).collect()
}

#[tokio::test]
async fn the_vendors_recorded_request_is_proved_opened_and_stored() {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let key = expected["encryption_key_hex"].as_str();
    let application = expected["application_id"].as_str().unwrap();
    let mut served = serve(RECORDED_KEYS.into(), application, key, || 1_648_630_244_000).await;
    let (status, answer) = served.post(RECORDED).await;
    assert_eq!((status, &answer), (200, &expected["expected_answer_when_handled"]));
    let waiting = served.events.try_recv().unwrap();
    assert_eq!(waiting.event.subject.to_string(), "user_ezb3oauipzax3gbxhg4c5blc64");
    assert_eq!(waiting.event.kind, "user:create");
    assert_eq!(waiting.event.at_ms, Some(1_648_630_241_321));
    assert_eq!(served.inbox.waiting().await.unwrap(), [waiting], "it was stored before it was answered");

    let (status, answer) = served.post(RECORDED).await;
    assert_eq!(status, 200);
    assert_eq!(answer["successEvents"], json!([]));
    assert_eq!(answer["skippedEvents"][0]["eventId"], "evnt_aaaac762aumdlbg5h4afvnsm2hhc3sug4tyqcui");
    assert!(subjects(&mut served.events).is_empty(), "a replay leads to nothing");
    assert_eq!(served.callbacks.totals().replayed, 1);
    assert_eq!(served.fetches.load(Ordering::Relaxed), 1, "the keys are kept");
}

#[tokio::test]
async fn the_recorded_request_is_refused_by_the_clock_of_today_and_by_another_key() {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let application = expected["application_id"].as_str().unwrap();
    let key = expected["encryption_key_hex"].as_str();
    let served = serve(RECORDED_KEYS.into(), application, key, || 1_648_632_104_000).await;
    let (status, answer) = served.post(RECORDED).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("bad_request")));
    assert_eq!(served.refused("expired"), 1);
    assert!(served.inbox.waiting().await.unwrap().is_empty());

    let wrong = "00".repeat(32);
    let served = serve(RECORDED_KEYS.into(), application, Some(&wrong), || 1_648_630_244_000).await;
    assert_eq!(served.post(RECORDED).await.0, 400);
    assert_eq!(served.refused("encryption"), 1);
    let served = serve(RECORDED_KEYS.into(), application, None, || 1_648_630_244_000).await;
    assert_eq!(served.post(RECORDED).await.0, 400, "encrypted, and nobody has the key");
}

#[tokio::test]
async fn the_references_vector_is_a_delete_event() {
    let vector: Value = serde_json::from_str(VECTOR).unwrap();
    let keys = json!({"keys": [vector["jwk"]]}).to_string();
    let mut served =
        serve(keys, "app_example0001", vector["aes_key_hex"].as_str(), || 1_735_690_000_000).await;
    let (status, answer) = served.post(json!({"event": vector["event"]}).to_string()).await;
    assert_eq!(status, 200, "{answer}");
    let waiting = served.events.try_recv().unwrap();
    assert_eq!(waiting.event.kind, "user:delete");
    assert_eq!(
        waiting.event.subject,
        Subject::Account(dingsync::core::source::AccountId("user_example0001".into()))
    );
}

/// A signer of our own.
struct Signer {
    pair: KeyPair,
    set: String,
}

impl Signer {
    fn new(kid: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = pair.public_key();
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let set = json!({"keys": [{
            "kty": "RSA", "use": "sig", "kid": kid,
            "n": text(public.modulus().big_endian_without_leading_zero()),
            "e": text(public.exponent().big_endian_without_leading_zero()),
        }]});
        Self { set: set.to_string(), pair }
    }

    fn sign(&self, kid: &str, claims: &Value) -> String {
        let text = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", text(&json!({"kid": kid, "typ": "JWT", "alg": "RS256"})), text(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        json!({"event": format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))}).to_string()
    }
}

const NOW_S: i64 = 1_800_000_000;

fn now() -> i64 {
    NOW_S * 1000
}

fn claims(jti: &str, events: &Value) -> Value {
    json!({
        "iss": "urn:alibaba:idaas:app:event", "sub": "idaas_test0001", "aud": "app_test", "iat": NOW_S, "exp": NOW_S + 1800,
        "jti": jti, "dataEncrypted": false, "cipherData": "",
        "plainData": {"instanceId": "idaas_test0001", "eventVersion": "V1.0", "eventData": events.to_string()},
    })
}

fn event(id: &str, kind: &str, object: &str, record: &Value) -> Value {
    json!({"eventId": id, "eventType": format!("urn:alibaba:idaas:app:event:{kind}"), "eventTime": "1", "bizId": object,
           "bizData": record.to_string()})
}

#[tokio::test]
async fn several_events_of_a_request_are_told_apart() {
    let signer = Signer::new("k");
    let mut served = serve(signer.set.clone(), "app_test", None, now).await;
    let events = json!([
        event("e1", "common:test", "", &json!({})),
        event(
            "e2",
            "ud:organizational_unit:create",
            "ou_x",
            &json!({"organizationalUnitId": "ou_x", "name": "old"})
        ),
        event("e3", "ud:user:update_password", "user_1", &json!({"userId": "user_1"})),
        event("e4", "ud:user:update_info", "user_1", &json!({"userId": "user_1", "externalId": "old"})),
        event("e5", "ud:group:create", "group_1", &json!({})),
        event("e6", "ud:user:create", "", &json!({})),
    ]);
    let (status, answer) = served.post(signer.sign("k", &claims("j1", &events))).await;
    assert_eq!(status, 200, "{answer}");
    let ids = |list: &str| -> Vec<String> {
        answer[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["eventId"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids("successEvents"), ["e1", "e2", "e4"]);
    assert_eq!(ids("skippedEvents"), ["e3", "e5"]);
    assert_eq!(ids("failedEvents"), ["e6"]);
    assert_eq!(subjects(&mut served.events), ["ou_x", "user_1"]);
    assert_eq!(served.callbacks.totals().test_seen_at_ms, Some(now()));

    let again = json!([
        event("e4", "ud:user:update_info", "user_1", &json!({})),
        event("e7", "ud:user:enable", "user_2", &json!({}))
    ]);
    let (_, answer) = served.post(signer.sign("k", &claims("j2", &again))).await;
    assert_eq!(answer["skippedEvents"][0]["eventId"], "e4", "a repeated event is skipped: {answer}");
    assert_eq!(subjects(&mut served.events), ["user_2"]);
}

#[tokio::test]
async fn what_is_forged_foreign_untimely_or_too_large_is_refused_and_counted() {
    let (signer, stranger) = (Signer::new("k"), Signer::new("k"));
    let served = serve(signer.set.clone(), "app_test", None, now).await;
    let events = json!([event("e1", "ud:user:create", "user_1", &json!({}))]);
    let good = claims("j", &events);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let cases: Vec<(&str, String)> = vec![
        ("signature", stranger.sign("k", &good)),
        ("signature", signer.sign("unknown", &good)),
        ("issuer", signer.sign("k", &with("iss", json!("somebody")))),
        ("audience", signer.sign("k", &with("aud", json!("app_other")))),
        ("expired", signer.sign("k", &with("exp", json!(NOW_S - 61)))),
        ("expired", signer.sign("k", &with("iat", Value::Null))),
        ("not_yet_valid", signer.sign("k", &with("iat", json!(NOW_S + 61)))),
        ("malformed", signer.sign("k", &with("jti", json!("")))),
        ("malformed", signer.sign("k", &with("plainData", json!("no json")))),
        ("encryption", signer.sign("k", &with("dataEncrypted", json!(true)))),
        ("malformed", "{\"event\":1}".to_owned()),
        ("signature", json!({"event": unsigned(&good)}).to_string()),
        ("oversized", json!({"event": "x".repeat(3 * 1024 * 1024)}).to_string()),
    ];
    let mut counts = std::collections::BTreeMap::new();
    for (reason, body) in cases {
        let (status, answer) = served.post(body).await;
        assert_eq!(status, if reason == "oversized" { 413 } else { 400 }, "{reason}: {answer}");
        assert_eq!(answer["error"], "bad_request");
        *counts.entry(reason.to_owned()).or_insert(0) += 1;
    }
    assert_eq!(served.callbacks.totals().refused, counts);
    assert!(served.inbox.waiting().await.unwrap().is_empty(), "nothing of it was stored");
    assert!(served.fetches.load(Ordering::Relaxed) <= 2, "unknown key ids cause no storm");
    // Within the tolerance of a minute both clocks are right.
    for (jti, name, value) in [("j1", "exp", NOW_S - 59), ("j2", "iat", NOW_S + 59)] {
        let mut claims = claims(jti, &events);
        claims[name] = json!(value);
        assert_eq!(served.post(signer.sign("k", &claims)).await.0, 200, "{name}");
    }
}

#[tokio::test]
async fn plain_requests_are_refused_where_a_key_is_configured() {
    let signer = Signer::new("k");
    let served = serve(signer.set.clone(), "app_test", Some(&"11".repeat(32)), now).await;
    let events = json!([event("e1", "ud:user:create", "user_1", &json!({}))]);
    assert_eq!(served.post(signer.sign("k", &claims("j", &events))).await.0, 400);
    assert_eq!(served.refused("unencrypted"), 1);
}

/// `alg: none`.
fn unsigned(claims: &Value) -> String {
    let text = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", text(&json!({"alg": "none", "typ": "JWT", "kid": "k"})), text(claims))
}
