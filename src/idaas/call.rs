//! One signed call: nonce and date fresh at each attempt, one lane for the whole service (its limit is the
//! account's), retries by section 4.2 of reference `idaas-eiam-api.md`.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::signature::{ToSign, authorization, canonical_query, content_hash};
use super::trouble::{Refused, Trouble, refusal};
use crate::http::retry::{Attempt, Patience, call};
use crate::http::{Lanes, Request, Scope, Transport};

const LANE: &str = "IDaaS";
const VERSION: &str = "2021-12-01";

/// Signs and sends.
pub(super) struct Caller {
    pub transport: Transport,
    pub lanes: Lanes,
    pub endpoint: String,
    pub instance_id: String,
    pub key_id: String,
    pub secret: SecretString,
    pub security_token: Option<SecretString>,
    pub now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl Caller {
    /// Calls an operation of the instance.
    pub(super) async fn call<T: DeserializeOwned + Send>(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        let mut query = vec![("InstanceId".to_owned(), self.instance_id.clone())];
        query.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let patience = Patience { retries: 5, ..Patience::default() };
        let has_reused_nonce = std::sync::atomic::AtomicBool::new(false);
        call(&self.lanes, LANE, patience, || self.attempt(action, &query, &has_reused_nonce)).await
    }

    /// Calls an operation that writes: sent again only when it was certainly not carried out.
    pub(super) async fn write(
        &self,
        action: &'static str,
        parameters: &[(String, String)],
    ) -> Result<serde_json::Value, Trouble> {
        let mut query = vec![("InstanceId".to_owned(), self.instance_id.clone())];
        query.extend(parameters.iter().cloned());
        // A used nonce is noticed before anything is carried out, but here the whole call is taken up anew.
        let has_reused_nonce = std::sync::atomic::AtomicBool::new(true);
        call(&self.lanes, LANE, Patience::default(), || async {
            match self.attempt(action, &query, &has_reused_nonce).await {
                Attempt::Retry(trouble) => Attempt::Failed(trouble),
                other => other,
            }
        })
        .await
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        action: &'static str,
        query: &[(String, String)],
        has_reused_nonce: &std::sync::atomic::AtomicBool,
    ) -> Attempt<T, Trouble> {
        let answer = match self.transport.send(self.request(action, query)).await {
            Ok(answer) => answer,
            Err(failure) if failure.is_transient() => return Attempt::Retry(Trouble::Transport(failure)),
            Err(failure) => return Attempt::Failed(Trouble::Transport(failure)),
        };
        match refusal(&answer, (self.now_ms)()) {
            None => match serde_json::from_slice(&answer.body) {
                Ok(value) => Attempt::Done(value),
                Err(error) => Attempt::Retry(Trouble::Garbage(format!("no readable answer ({error})"))),
            },
            Some(Trouble::Refused(refused)) => self.refused(refused, has_reused_nonce).await,
            Some(trouble) => Attempt::Failed(trouble),
        }
    }

    async fn refused<T>(
        &self,
        refused: Refused,
        has_reused_nonce: &std::sync::atomic::AtomicBool,
    ) -> Attempt<T, Trouble> {
        if refused.is_throttling() {
            if let Some(wait) = refused.retry_after {
                tokio::time::sleep(Duration::from_millis(wait.min(60_000))).await;
            }
            return Attempt::Refused(Scope::Lane, Trouble::Refused(refused));
        }
        let is_first_nonce = refused.code == "SignatureNonceUsed"
            && !has_reused_nonce.swap(true, std::sync::atomic::Ordering::Relaxed);
        if refused.is_passing() || is_first_nonce {
            return Attempt::Retry(Trouble::Refused(refused));
        }
        Attempt::Failed(Trouble::Refused(refused))
    }

    fn request(&self, action: &'static str, query: &[(String, String)]) -> Request {
        let host =
            self.endpoint.split_once("://").map_or(self.endpoint.as_str(), |(_, host)| host).to_owned();
        let nonce = hex::encode(rand::rng().random::<[u8; 16]>());
        let seconds = (self.now_ms)().div_euclid(1000);
        let date = jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default();
        let mut headers = vec![
            ("host", host),
            ("x-acs-action", action.to_owned()),
            ("x-acs-version", VERSION.to_owned()),
            ("x-acs-date", date),
            ("x-acs-signature-nonce", nonce),
            ("x-acs-content-sha256", content_hash(b"")),
        ];
        if let Some(token) = &self.security_token {
            headers.push(("x-acs-accesskey-id", self.key_id.clone()));
            headers.push(("x-acs-security-token", token.expose_secret().to_owned()));
        }
        let to_sign = ToSign { method: "POST", path: "/", query, headers: &headers, body: b"" };
        let authorization = authorization(&to_sign, &self.key_id, self.secret.expose_secret());
        let url = format!("{}/?{}", self.endpoint, canonical_query(query));
        let request = Request::new(Method::POST, url).header("authorization", authorization);
        headers
            .into_iter()
            .filter(|(name, _)| *name != "host")
            .fold(request, |request, (name, value)| request.header(name, value))
    }
}
