//! IDaaS tells about changes by callbacks: signed, repeated until they are answered, and by faults not as they should be.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dingsync::simulator::Simulator;
use dingsync::simulator::changes::{Script, Step};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::{Value, json};

use super::{company, idaas, until};

/// A receiver that keeps what it gets and answers as it is told.
#[derive(Clone, Default)]
struct Receiver {
    bodies: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self::default();
        let routes = Router::new().route("/idaas/events", post(receive)).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/idaas/events", listener.local_addr().unwrap());
        tokio::spawn(async move {
            axum::serve(listener, routes.layer(axum::extract::DefaultBodyLimit::disable())).await
        });
        (receiver, url)
    }

    fn got(&self) -> Vec<Value> {
        self.bodies.lock().unwrap().clone()
    }
}

/// A list of the answer that is a number names the event of this index.
async fn receive(State(receiver): State<Receiver>, body: Json<Value>) -> (StatusCode, Json<Value>) {
    let (status, mut answer) = receiver.answers.lock().unwrap().pop_front().unwrap_or((200, json!({})));
    for list in ["successEvents", "skippedEvents", "failedEvents", "retriedEvents"] {
        if let Some(index) = answer[list].as_u64() {
            let event = &told_events(&body)[usize::try_from(index).unwrap()];
            answer[list] = json!([{"eventId": event["eventId"], "eventCode": "x", "eventMessage": "x"}]);
        }
    }
    receiver.bodies.lock().unwrap().push(body.0);
    (StatusCode::from_u16(status).unwrap(), Json(answer))
}

/// The elements of a plain request, unproved.
fn told_events(body: &Value) -> Vec<Value> {
    let payload = body["event"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    claims["plainData"]["eventData"]
        .as_str()
        .map_or_else(Vec::new, |data| serde_json::from_str(data).unwrap())
}

/// The claims of a request, when the published keys prove it.
async fn claims(simulator: &Simulator, body: &Value) -> Result<Value, jsonwebtoken::errors::Error> {
    let application = &simulator.options().credentials.application_id;
    let keys: JwkSet =
        reqwest::get(simulator.idaas().jwks_url(application)).await.unwrap().json().await.unwrap();
    let token = body["event"].as_str().unwrap();
    let id = jsonwebtoken::decode_header(token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&id).expect("a published key")).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[application]);
    validation.set_issuer(&["urn:alibaba:idaas:app:event"]);
    jsonwebtoken::decode::<Value>(token, &key, &validation).map(|token| token.claims)
}

fn events(told: &Value) -> Vec<(String, Value)> {
    let elements: Vec<Value> = serde_json::from_str(told["eventData"].as_str().unwrap()).unwrap();
    let row = |element: &Value| {
        let kind = element["eventType"].as_str().unwrap().trim_start_matches("urn:alibaba:idaas:app:event:");
        (kind.to_owned(), serde_json::from_str(element["bizData"].as_str().unwrap()).unwrap())
    };
    elements.iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change_is_told_with_its_record_and_a_signature_that_holds() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, false).await;
    let changes = [
        (
            "CreateUser",
            json!({"Username": "n", "UserId": "user_n", "PrimaryOrganizationalUnitId": "ou_a"}),
            "ud:user:create",
        ),
        ("UpdateUser", json!({"UserId": "user_n", "DisplayName": "新人"}), "ud:user:update_info"),
        (
            "SetUserPrimaryOrganizationalUnit",
            json!({"UserId": "user_n", "OrganizationalUnitId": "ou_c"}),
            "ud:user:update_primary_ou",
        ),
        ("DisableUser", json!({"UserId": "user_n"}), "ud:user:disable"),
        ("EnableUser", json!({"UserId": "user_n"}), "ud:user:enable"),
        ("DeleteUser", json!({"UserId": "user_n"}), "ud:user:delete"),
        (
            "CreateOrganizationalUnit",
            json!({"OrganizationalUnitId": "ou_n", "ParentId": "ou_a", "OrganizationalUnitName": "N"}),
            "ud:organizational_unit:create",
        ),
        (
            "PatchOrganizationalUnit",
            json!({"OrganizationalUnitId": "ou_n", "OrganizationalUnitName": "M"}),
            "ud:organizational_unit:update",
        ),
        (
            "UpdateOrganizationalUnitParentId",
            json!({"OrganizationalUnitId": "ou_n", "ParentId": "ou_c"}),
            "ud:organizational_unit:update_parent_organizational_unit",
        ),
        (
            "DeleteOrganizationalUnit",
            json!({"OrganizationalUnitId": "ou_n"}),
            "ud:organizational_unit:delete",
        ),
    ];
    for (index, (action, with, kind)) in changes.into_iter().enumerate() {
        idaas(&simulator, action, with);
        let body = until(kind, || receiver.got().get(index).cloned()).await;
        let claims = claims(&simulator, &body).await.unwrap();
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
        assert_eq!((&claims["dataEncrypted"], &claims["cipherData"]), (&json!(false), &json!("")));
        let told = events(&claims["plainData"]);
        assert_eq!(told[0].0, kind);
        match kind {
            "ud:user:update_info" => assert_eq!(told[0].1["displayName"], "新人"),
            "ud:user:update_primary_ou" => {
                assert_eq!(told[0].1["primaryOrganizationalUnitId"], "ou_c");
                assert_eq!(told[0].1["organizationalUnits"][0]["organizationalUnitName"], "市场部");
                assert!(told[0].1["createTime"].is_string());
            }
            "ud:user:delete" => assert_eq!(told[0].1, json!({"userId": "user_n"})),
            "ud:organizational_unit:update" => assert_eq!(told[0].1["organizationalUnitName"], "M"),
            _ => {}
        }
    }
    assert_eq!(simulator.idaas().deliveries().len(), 10);
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_encrypted_can_be_read_with_the_key_and_older_instances_use_other_names() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, true).await;
    simulator.options().faults.add("callback-old-names").unwrap();
    idaas(&simulator, "UpdateUser", json!({"UserId": "user_0001", "DisplayName": "甲"}));
    let body = until("a request", || receiver.got().first().cloned()).await;
    let claims = claims(&simulator, &body).await.unwrap();
    assert_eq!(claims["plainData"], "");
    let parts: Vec<&str> = claims["cipherData"].as_str().unwrap().split('.').collect();
    assert_eq!(parts[1], "");
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
    let header: Value = serde_json::from_slice(&bytes(parts[0])).unwrap();
    assert_eq!(header, json!({"alg": "dir", "enc": "A256GCM"}));
    let key = hex::decode(&simulator.options().credentials.encryption_key).unwrap();
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap());
    let mut sealed = [bytes(parts[3]), bytes(parts[4])].concat();
    let nonce = Nonce::try_assume_unique_for_key(&bytes(parts[2])).unwrap();
    let opened = key.open_in_place(nonce, Aad::from(parts[0].as_bytes()), &mut sealed).unwrap();
    let record = &events(&serde_json::from_slice(opened).unwrap())[0].1;
    assert_eq!(record["displayName"], "甲");
    assert_eq!(record["externalId"], "user_0001");
    assert!(record.get("userExternalId").is_none() && record.get("primaryOrganizationalUnitId").is_none());
    assert_eq!(record["organizationalUnits"][0]["name"], "Acme");
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_repeats_until_it_is_answered_and_sends_again_only_what_is_wanted_again() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, false).await;
    simulator.options().faults.add("callback-batch=2").unwrap();
    let answers = [
        (500, json!({"error": "internal_error"})),
        (200, json!({"successEvents": 0, "retriedEvents": 1})),
        (200, json!({"skippedEvents": 0})),
    ];
    receiver.answers.lock().unwrap().extend(answers);
    idaas(&simulator, "UpdateUser", json!({"UserId": "user_0001", "DisplayName": "甲"}));
    idaas(&simulator, "UpdateUser", json!({"UserId": "user_0002", "DisplayName": "乙"}));
    let third = until("the third request", || receiver.got().get(2).cloned()).await;
    let second = receiver.got()[1].clone();
    assert_eq!(told_events(&second).len(), 2, "both events in one request");
    let told = events(&claims(&simulator, &third).await.unwrap()["plainData"]);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].1["userId"], "user_0002");
    until("both outcomes", || {
        let outcomes: Vec<_> =
            simulator.idaas().deliveries().iter().map(|d| (d.outcome, d.requests)).collect();
        (outcomes == [("success", 2), ("skipped", 3)]).then_some(())
    })
    .await;
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_answered_is_sent_six_times_at_most() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, false).await;
    for _ in 0..20 {
        receiver.answers.lock().unwrap().push_back((503, json!({})));
    }
    idaas(&simulator, "UpdateUser", json!({"UserId": "user_0001", "DisplayName": "甲"}));
    until("six requests", || (receiver.got().len() == 6).then_some(())).await;
    until("refused", || {
        let found = simulator.idaas().deliveries();
        (found[0].requests == 6 && found[0].outcome == "refused").then_some(())
    })
    .await;
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_lose_double_delay_and_forge_callbacks() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, false).await;
    let rename = |name: &str| {
        idaas(&simulator, "UpdateUser", json!({"UserId": "user_0001", "DisplayName": name}));
    };
    simulator.options().faults.add("callback-lost=1").unwrap();
    rename("lost");
    rename("told");
    let first = until("the second change", || receiver.got().first().cloned()).await;
    let told = events(&claims(&simulator, &first).await.unwrap()["plainData"]);
    assert_eq!(told[0].1["displayName"], "told");
    assert_eq!(simulator.idaas().deliveries()[0].outcome, "lost");

    simulator.options().faults.add("callback-twice=1").unwrap();
    rename("twice");
    until("two requests more", || (receiver.got().len() == 3).then_some(())).await;
    let both = [&receiver.got()[1], &receiver.got()[2]].map(Clone::clone);
    let [one, other] =
        [claims(&simulator, &both[0]).await.unwrap(), claims(&simulator, &both[1]).await.unwrap()];
    assert_ne!(one["jti"], other["jti"]);
    assert_eq!(one["plainData"], other["plainData"]);

    simulator.options().faults.add("callback-disordered=1").unwrap();
    rename("overtaken");
    rename("overtaking");
    until("both", || (receiver.got().len() == 5).then_some(())).await;
    let mut names = Vec::new();
    for body in &receiver.got()[3..] {
        names.push(events(&claims(&simulator, body).await.unwrap()["plainData"])[0].1["displayName"].clone());
    }
    assert_eq!(names, ["overtaking", "overtaken"]);

    for (fault, why) in [
        ("callback-forged", "signature"),
        ("callback-expired", "expired"),
        ("callback-wrong-audience", "audience"),
    ] {
        let heard = receiver.got().len();
        simulator.options().faults.add(&format!("{fault}=1")).unwrap();
        rename(why);
        let body = until(why, || receiver.got().get(heard).cloned()).await;
        assert!(claims(&simulator, &body).await.is_err(), "{fault} must not verify");
    }
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_signs_while_the_one_before_is_still_published() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, false).await;
    let test = || Step { simulator: Some("test".to_owned()), ..Step::default() };
    simulator.company().take(&test()).unwrap();
    let before = until("the test event", || receiver.got().first().cloned()).await;
    simulator.company().take(&Step { simulator: Some("rotate-key".to_owned()), ..Step::default() }).unwrap();
    simulator.company().take(&test()).unwrap();
    let after = until("the next one", || receiver.got().get(1).cloned()).await;
    let id = |body: &Value| jsonwebtoken::decode_header(body["event"].as_str().unwrap()).unwrap().kid;
    assert_ne!(id(&before), id(&after));
    claims(&simulator, &before).await.unwrap();
    assert_eq!(events(&claims(&simulator, &after).await.unwrap()["plainData"])[0].0, "common:test");
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_tells_everything_in_scope_and_a_change_outside_the_scope_is_not_told() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, false).await;
    let application = simulator.options().credentials.application_id.clone();
    let scope = json!({"ApplicationId": application, "OrganizationalUnitIds": ["ou_a"]});
    idaas(&simulator, "SetApplicationProvisioningScope", scope);
    idaas(&simulator, "UpdateUser", json!({"UserId": "user_0006", "DisplayName": "outside"}));
    simulator.company().take(&Step { simulator: Some("push".to_owned()), ..Step::default() }).unwrap();
    // Two units and the three accounts in them.
    until("everything inside", || (receiver.got().len() >= 5).then_some(())).await;
    let mut kinds = Vec::new();
    for body in receiver.got() {
        kinds.push(events(&claims(&simulator, &body).await.unwrap()["plainData"])[0].0.clone());
    }
    kinds.sort();
    let expected = [
        "ud:organizational_unit:push",
        "ud:organizational_unit:push",
        "ud:user:push",
        "ud:user:push",
        "ud:user:push",
    ];
    assert_eq!(kinds, expected);
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_can_be_made_over_the_simulators_own_address() {
    let (receiver, url) = Receiver::start().await;
    let simulator = company(&url, false).await;
    let script = json!({"step": [
        {"idaas": "UpdateUser", "with": {"UserId": "user_0001", "DisplayName": "甲"}},
        {"dingtalk": "user/update", "with": {"userid": "u0001", "title": "Director"}},
        {"idaas": "UpdateUser", "with": {"UserId": "user_nobody"}},
    ]});
    let _: Script = serde_json::from_value(script.clone()).unwrap();
    let address = format!("{}/_simulator/changes", simulator.url());
    let answer: Value =
        reqwest::Client::new().post(address).json(&script).send().await.unwrap().json().await.unwrap();
    assert!(answer["results"][2]["refused"].as_str().unwrap().contains("ResourceNotFound.User"), "{answer}");
    assert_eq!(simulator.dingtalk().world().users["u0001"].text("title"), "Director");
    assert!(simulator.dingtalk().written()[0].by_hand);
    until("the callback", || receiver.got().first().cloned()).await;
    simulator.stop().await.unwrap();
}
