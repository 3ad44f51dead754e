//! A server that answers what a test tells it to, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use dingsync::core::profile::Edition;
use dingsync::dingtalk::{DingTalk, DingTalkOptions};
use dingsync::http::{Transport, TransportOptions};
use secrecy::SecretString;
use serde_json::{Value, json};

/// One call as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) token: String,
    pub(crate) body: Value,
    /// How often this path was called before.
    pub(crate) before: usize,
}

type Answer = Box<dyn Fn(&Call) -> (u16, String) + Send>;

/// The server's script and memory.
#[derive(Clone, Default)]
pub(crate) struct Stub {
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Stub {
    /// A server that gives out the token `t1`, then `t2`, … and knows nothing else.
    pub(crate) fn new() -> Self {
        Self::default().on("/v1.0/oauth2/accessToken", |call| {
            (200, json!({"expireIn": 7200, "accessToken": format!("t{}", call.before + 1)}).to_string())
        })
    }

    pub(crate) fn on(self, path: &str, answer: impl Fn(&Call) -> (u16, String) + Send + 'static) -> Self {
        self.answers.lock().unwrap().insert(path.to_owned(), Box::new(answer));
        self
    }

    /// The calls of a path.
    pub(crate) fn calls(&self, path: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.path == path).cloned().collect()
    }

    /// Serves, and connects a client to itself.
    pub(crate) async fn client(&self) -> DingTalk {
        self.client_of(Edition::Standard).await
    }

    pub(crate) async fn client_of(&self, edition: Edition) -> DingTalk {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let options = DingTalkOptions {
            corp_id: "dingcorp".into(),
            app_key: "dingkey".into(),
            app_secret: SecretString::from("canary-secret"),
            oapi_endpoint: endpoint.clone(),
            api_endpoint: endpoint,
            calls_per_second: 1000,
            edition,
        };
        let network = TransportOptions { timeout: Duration::from_secs(60), ..TransportOptions::default() };
        DingTalk::new(options, Transport::new(&network).expect("a transport"), || 1_700_000_000_000)
    }
}

async fn answer(State(stub): State<Stub>, uri: Uri, body: Bytes) -> Response {
    let query = uri.query().unwrap_or_default();
    let token = query.split('&').find_map(|pair| pair.strip_prefix("access_token=")).unwrap_or_default();
    let call = {
        let mut calls = stub.calls.lock().unwrap();
        let before = calls.iter().filter(|call| call.path == uri.path()).count();
        let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
        calls.push(Call { path: uri.path().to_owned(), token: token.to_owned(), body, before });
        calls.last().cloned().expect("just pushed")
    };
    let answers = stub.answers.lock().unwrap();
    let (status, text) = match answers.get(uri.path()) {
        Some(answer) => answer(&call),
        None => (200, r#"{"errcode":22,"sub_msg":"不合法ApiName","errmsg":"Invalid method"}"#.to_owned()),
    };
    (StatusCode::from_u16(status).expect("a status"), text).into_response()
}

/// Success with a result.
pub(crate) fn ok(result: Value) -> (u16, String) {
    (200, json!({"errcode": 0, "errmsg": "ok", "result": result, "request_id": "16l4ew3d47pdp"}).to_string())
}

/// A business failure.
pub(crate) fn refuse(code: i64) -> (u16, String) {
    (200, json!({"errcode": code, "errmsg": "no"}).to_string())
}

/// A gateway failure.
pub(crate) fn gateway(code: &str, text: &str) -> (u16, String) {
    let errmsg = format!("ding talk error[subcode={code},submsg={text}]");
    (200, json!({"errcode": 88, "sub_code": code, "sub_msg": text, "errmsg": errmsg}).to_string())
}
