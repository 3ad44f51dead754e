//! The access token: fetched by one caller for all, kept in memory only, renewed five minutes early. A fetch within
//! its lifetime returns the same token, so a refused token is dropped by number, once for any number of calls.
//! Source: reference `dingtalk-api.md` section 1.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::time::Instant;

use super::answer::{Failure, FailureClass, judge};
use super::call::attempt_of;
use super::loose::Loose;
use super::trouble::Trouble;
use crate::core::error::Error;
use crate::core::refusal::CodeClass;
use crate::http::retry::{Attempt, Patience, call};
use crate::http::{Lanes, Method, Request, Transport};

/// How long before its end a token is renewed.
const EARLY: Duration = Duration::from_secs(300);
/// The first token fails soon; a later one is waited for about two minutes, for then a run is under way.
const FIRST: Patience = Patience { retries: 3, refused_for: Duration::from_secs(60), bans: 0 };
const LATER: Patience = Patience { retries: 20, refused_for: Duration::from_secs(600), bans: 2 };

/// A token in use; its number tells it from its successors.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) text: SecretString,
    pub(super) number: u64,
    fresh_until: Instant,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "token {}", self.number)
    }
}

/// Where tokens come from.
pub(super) struct Tokens {
    app_key: String,
    app_secret: SecretString,
    oapi: String,
    api: String,
    current: Mutex<Slot>,
    gate: tokio::sync::Mutex<()>,
    is_legacy: AtomicBool,
}

#[derive(Default)]
struct Slot {
    token: Option<Token>,
    fetched: u64,
    failed: Option<(Instant, Error)>,
}

#[derive(Deserialize)]
struct Granted {
    #[serde(alias = "accessToken")]
    access_token: Loose,
    #[serde(alias = "expireIn", default)]
    expires_in: Loose,
}

impl Tokens {
    pub(super) fn new(app_key: String, app_secret: SecretString, oapi: String, api: String) -> Self {
        Self {
            app_key,
            app_secret,
            oapi,
            api,
            current: Mutex::default(),
            gate: tokio::sync::Mutex::new(()),
            is_legacy: AtomicBool::new(false),
        }
    }

    /// The token; fetched when there is none or it soon ends. Callers that waited for a fetch share its failure.
    pub(super) async fn get(&self, transport: &Transport, lanes: &Lanes) -> Result<Token, Error> {
        let asked = Instant::now();
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        let _gate = self.gate.lock().await;
        if let Some(token) = self.fresh() {
            return Ok(token);
        }
        if let Some((at, error)) = &self.slot().failed
            && *at >= asked
        {
            return Err(error.clone());
        }
        let fetched = self.fetch(transport, lanes).await;
        let mut slot = self.slot();
        match fetched {
            Ok(granted) => {
                slot.fetched += 1;
                slot.failed = None;
                let lifetime =
                    Duration::from_secs(granted.expires_in.integer().unwrap_or(7200).clamp(1, 86400) as u64);
                let token = Token {
                    text: SecretString::from(granted.access_token.text()),
                    number: slot.fetched,
                    fresh_until: Instant::now() + lifetime.saturating_sub(EARLY).max(lifetime / 2),
                };
                slot.token = Some(token.clone());
                Ok(token)
            }
            Err(trouble) => {
                let error = trouble.into_error("the access token");
                slot.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Drops a token that the service refused, unless another has taken its place already.
    pub(super) fn drop_token(&self, number: u64) {
        let mut slot = self.slot();
        if slot.token.as_ref().is_some_and(|token| token.number == number) {
            slot.token = None;
        }
    }

    fn fresh(&self) -> Option<Token> {
        self.slot().token.clone().filter(|token| token.fresh_until > Instant::now())
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Slot> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newer interface first: it keeps the secret out of the address. The older one where that is unknown.
    async fn fetch(&self, transport: &Transport, lanes: &Lanes) -> Result<Granted, Trouble> {
        if !self.is_legacy.load(Ordering::Relaxed) {
            let result = self.ask(transport, lanes, "oauth2/accessToken", || self.request()).await;
            match result {
                Err(Trouble::Refused(failure)) if is_unknown(&failure) => {}
                other => return other,
            }
        }
        let granted = self.ask(transport, lanes, "gettoken", || self.legacy_request()).await?;
        self.is_legacy.store(true, Ordering::Relaxed);
        Ok(granted)
    }

    async fn ask(
        &self,
        transport: &Transport,
        lanes: &Lanes,
        lane: &'static str,
        request: impl Fn() -> Request + Send + Sync,
    ) -> Result<Granted, Trouble> {
        let patience = if self.slot().fetched == 0 { FIRST } else { LATER };
        call(lanes, lane, patience, || {
            let sent = transport.send(request());
            async move {
                let trouble = match sent.await {
                    Err(failure) => Trouble::NoAnswer(failure),
                    Ok(answer) => match judge(answer.status, &answer.body) {
                        Err(failure) => Trouble::Refused(failure),
                        Ok(()) => match serde_json::from_slice::<Granted>(&answer.body) {
                            Ok(granted) if granted.access_token.filled().is_some() => {
                                return Attempt::Done(granted);
                            }
                            _ => Trouble::Undecodable("it holds no token".to_owned()),
                        },
                    },
                };
                attempt_of(trouble, true, true)
            }
        })
        .await
    }

    fn request(&self) -> Request {
        let body = serde_json::json!({"appKey": self.app_key, "appSecret": self.app_secret.expose_secret()});
        Request::new(Method::POST, format!("{}/v1.0/oauth2/accessToken", self.api))
            .body("application/json", body.to_string())
    }

    fn legacy_request(&self) -> Request {
        Request::new(Method::GET, format!("{}/gettoken", self.oapi))
            .query("appkey", &self.app_key)
            .query("appsecret", self.app_secret.expose_secret())
    }

    /// The call that proves the CorpId to belong to the app.
    pub(super) fn corp_request(&self, corp_id: &str) -> Request {
        let body = serde_json::json!({
            "client_id": self.app_key,
            "client_secret": self.app_secret.expose_secret(),
            "grant_type": "client_credentials",
        });
        let mut address = format!("{}/v1.0/oauth2/", self.api);
        address.extend(corp_id.bytes().map(|b| {
            if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
        }));
        Request::new(Method::POST, address + "/token").body("application/json", body.to_string())
    }
}

fn is_unknown(failure: &Failure) -> bool {
    failure.is(CodeClass::UnknownPath)
        || failure.status == 404 && matches!(failure.class, FailureClass::Page | FailureClass::Garbage)
}
