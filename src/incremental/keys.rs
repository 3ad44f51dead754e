//! The public keys of IDaaS: fetched when they are first needed, kept, and fetched again for a key id nobody knows —
//! once in a while only, so that forged key ids cause no storm.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::refusal::Refusal;
use crate::http::{Method, Request, Transport};

/// The vendor's own limit: 3 s to connect and 5 s to read.
const PATIENCE: Duration = Duration::from_secs(5);
/// Unknown key ids lead to so many fetches at once, and to one more after each such time: a rotation is noticed at
/// once, a flood of forged ids fetches next to nothing.
const FETCHES: u32 = 3;
const ONE_MORE_AFTER: Duration = Duration::from_secs(10);
/// Keys older than this are fetched again when they are next used; where that fails they are used on.
const FRESH_FOR: Duration = Duration::from_secs(3600);
/// Characters of the shortest modulus accepted (2048 bits in base64).
const SHORTEST_MODULUS: usize = 340;

/// The keys behind one address.
pub struct Keys {
    transport: Transport,
    url: String,
    known: RwLock<Known>,
    gate: Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, Arc<DecodingKey>>,
    /// When they were last asked for, whatever came of it.
    asked: Option<Instant>,
    /// Fetches used up, and since when they come back.
    used: u32,
    used_since: Option<Instant>,
    fetched: Option<Instant>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RsaKey {
    kty: String,
    kid: String,
    n: String,
    e: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
}

impl Keys {
    /// Keys behind an address; nothing is fetched yet.
    pub fn new(transport: Transport, url: impl Into<String>) -> Self {
        Self { transport, url: url.into(), known: RwLock::default(), gate: Mutex::default() }
    }

    /// The key with an id; an unknown one is asked for once.
    pub(super) async fn key(&self, id: &str) -> Result<Arc<DecodingKey>, Refusal> {
        let asked = Instant::now();
        match self.find(id) {
            (Some(key), true) => return Ok(key),
            (Some(key), false) => {
                // Good enough, should the address not answer.
                let _ = self.fetch(asked).await;
                return Ok(self.find(id).0.unwrap_or(key));
            }
            (None, _) => {}
        }
        let fetched = self.fetch(asked).await;
        match (self.find(id).0, fetched) {
            (Some(key), _) => Ok(key),
            (None, Err(reason)) => {
                Err(Refusal::internal("keys_unavailable", format!("the public keys cannot be had: {reason}")))
            }
            (None, Ok(())) => Err(Refusal::bad("signature", "the key id is unknown")),
        }
    }

    /// A known key, and whether it was fetched recently.
    fn find(&self, id: &str) -> (Option<Arc<DecodingKey>>, bool) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = known.fetched.is_some_and(|at| at.elapsed() < FRESH_FOR);
        (known.keys.get(id).cloned(), is_fresh)
    }

    /// Fetches, unless somebody has asked since `wanted` or just before.
    async fn fetch(&self, wanted: Instant) -> Result<(), String> {
        let _gate = self.gate.lock().await;
        {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            let has_keys = !known.keys.is_empty();
            if known.asked.is_some_and(|at| at >= wanted) || !known.may_fetch() {
                return if has_keys { Ok(()) } else { Err("the last attempt failed".to_owned()) };
            }
            known.asked = Some(Instant::now());
        }
        let keys = timeout(PATIENCE, self.ask()).await.map_err(|_| "no answer in time".to_owned())??;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.keys = keys;
        known.fetched = Some(Instant::now());
        Ok(())
    }

    async fn ask(&self) -> Result<HashMap<String, Arc<DecodingKey>>, String> {
        let request = Request::new(Method::GET, self.url.clone()).header("accept", "application/json");
        let answer = self.transport.send(request).await.map_err(|failure| failure.to_string())?;
        if answer.status != 200 {
            return Err(format!("the address answers with HTTP {}", answer.status));
        }
        let set: KeySet =
            serde_json::from_slice(&answer.body).map_err(|_| "the answer is no key set".to_owned())?;
        let keys: HashMap<_, _> = set.keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() { Err("it holds no RSA key".to_owned()) } else { Ok(keys) }
    }
}

impl Known {
    /// Uses up one fetch, where one is left.
    fn may_fetch(&mut self) -> bool {
        let since = *self.used_since.get_or_insert_with(Instant::now);
        let back = since.elapsed().as_secs() / ONE_MORE_AFTER.as_secs();
        if back > 0 {
            self.used = self.used.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX));
            self.used_since = Some(Instant::now());
        }
        let may = self.used < FETCHES;
        self.used += u32::from(may);
        may
    }
}

/// An RSA signing key of at least 2048 bits; anything else is left out.
fn usable(key: serde_json::Value) -> Option<(String, Arc<DecodingKey>)> {
    let key: RsaKey = serde_json::from_value(key).ok()?;
    let is_for_signing = key.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
    if key.kty != "RSA" || !is_for_signing || key.n.len() < SHORTEST_MODULUS {
        return None;
    }
    DecodingKey::from_rsa_components(&key.n, &key.e).ok().map(|decoding| (key.kid, Arc::new(decoding)))
}
