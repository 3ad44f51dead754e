//! A simulated Alibaba Cloud IDaaS: signature, gateway errors and operations of the EIAM API 2021-12-01.
//! Source: reference `idaas-eiam-api.md`, section 8 is the list of rules.

mod answers;
pub(super) mod callbacks;
mod events;
mod filters;
mod keys;
mod mappings;
mod operations;
mod providers;
mod provisioning;
pub mod signature;
mod world;
mod writes;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::routing::{any, get};
use axum::{Json, Router};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use serde_json::Value;

use super::faults::Faults;
use super::options::Options;
use super::respond::{self, Fate};
use super::seed::Seed;
use answers::{Failure, answer, failure};
pub use callbacks::Delivery;
use events::Event;
use keys::Keys;
pub use mappings::Mapping;
use operations::Parameters;
pub use providers::Provider;
pub use provisioning::Application;
use signature::{Mismatch, Received, authorization, verify};
pub use world::{StoredAccount, StoredUnit, World};

/// How far a date may be off, and how long a nonce is remembered.
const WINDOW: Duration = Duration::from_mins(15);

/// A running IDaaS; clones share it.
#[derive(Debug, Clone)]
pub struct Handle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    world: Mutex<World>,
    gate: Mutex<Gate>,
    options: Options,
    keys: Keys,
    deliveries: Mutex<VecDeque<Delivery>>,
    /// Where changes go, and the other end until somebody sends them on.
    happened: UnboundedSender<Event>,
    unsent: Mutex<Option<UnboundedReceiver<Event>>>,
    /// `http://127.0.0.1:PORT`, once it listens.
    url: OnceLock<String>,
}

#[derive(Debug, Default)]
struct Gate {
    nonces: HashMap<String, Instant>,
    second: u64,
    in_second: u32,
    counters: BTreeMap<String, u64>,
    by_hand: u64,
}

impl Handle {
    /// An IDaaS with the IDaaS side of a seed.
    pub fn new(seed: &Seed, options: &Options) -> Self {
        Self::with_world(World::new(seed), options)
    }

    /// An IDaaS with a stored directory.
    pub fn with_world(mut world: World, options: &Options) -> Self {
        world.index();
        world.register(options);
        let (happened, unsent) = unbounded_channel();
        Self(Arc::new(Inner {
            world: Mutex::new(world),
            gate: Mutex::default(),
            options: options.clone(),
            keys: Keys::default(),
            deliveries: Mutex::default(),
            happened,
            unsent: Mutex::new(Some(unsent)),
            url: OnceLock::new(),
        }))
    }

    /// Says under which address it can be reached, and hands out what happens from here on, once.
    pub(super) fn listen(&self, url: &str) -> Option<UnboundedReceiver<Event>> {
        // The first address stays: there is only one.
        drop(self.0.url.set(url.to_owned()));
        self.0.unsent.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Where the public keys of an application's callbacks are.
    pub fn jwks_url(&self, application: &str) -> String {
        let url = self.0.url.get().map_or("", String::as_str);
        format!("{url}/v2/{}/{application}/provisioning/jwks", self.0.options.credentials.instance_id)
    }

    /// Carries an operation out without signature, as somebody at the console would; `CreateUser` and
    /// `CreateOrganizationalUnit` may name the id. The error is the code and the message of the refusal.
    pub fn by_hand(&self, action: &str, mut parameters: Vec<(String, String)>) -> Result<Value, String> {
        let instance = self.0.options.credentials.instance_id.clone();
        parameters.push(("InstanceId".to_owned(), instance));
        let parameters = Parameters { given: parameters, is_by_hand: true };
        self.gate().by_hand += 1;
        operations::run(self, action, &parameters).map_err(|refused| refused.to_string())
    }

    /// Tells every listening application everything in its scope, as the console's one-click push does.
    pub fn push(&self) {
        let events: Vec<Event> = {
            let world = self.world();
            let scopes = world.applications.values().flat_map(|application| application.scope.clone());
            events::push(self, &world, &scopes.collect::<Vec<_>>())
        };
        events.into_iter().for_each(|event| self.tell(event));
    }

    /// Sends the connectivity test, as the console's button does.
    pub fn send_test(&self) {
        self.tell(Event::test());
    }

    /// Signs callbacks with another key from here on. The error: no key could be made.
    pub fn rotate_key(&self) -> Result<(), String> {
        self.0.keys.rotate().map_err(|_| "no key could be made".to_owned())
    }

    fn tell(&self, event: Event) {
        // Nobody listens when the service is not served, as in a test of its own.
        drop(self.0.happened.send(event));
    }

    /// The directory, to look at or to change.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls by action, refused ones included.
    pub fn counters(&self) -> BTreeMap<String, u64> {
        self.gate().counters.clone()
    }

    /// Calls that changed, or tried to change, something.
    pub fn writes(&self) -> u64 {
        let is_read = |action: &str| ["List", "Get"].iter().any(|verb| action.starts_with(verb));
        self.gate().counters.iter().filter(|(action, _)| !is_read(action)).map(|(_, calls)| calls).sum()
    }

    /// Writes of callers and changes by hand.
    pub(super) fn changes(&self) -> u64 {
        self.writes() + self.gate().by_hand
    }

    fn gate(&self) -> MutexGuard<'_, Gate> {
        self.0.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> &Faults {
        &self.0.options.faults
    }

    /// The order of section 8: key, date, nonce, content and signature, token, permission, flow.
    fn admit(&self, received: &Received<'_>, action: &str) -> Result<(), Failure> {
        let credentials = &self.0.options.credentials;
        let header = received.header("authorization").ok_or_else(|| Failure::missing("AccessKeyId"))?;
        let given = authorization(header).ok_or_else(Failure::incomplete_signature)?;
        if given.key != credentials.access_key_id {
            return Err(Failure::key_not_found());
        }
        if self.faults().is_on("idaas-key-inactive") {
            return Err(Failure::key_inactive());
        }
        self.check_date(received.header("x-acs-date").unwrap_or_default())?;
        let nonce = received.header("x-acs-signature-nonce").unwrap_or_default();
        if !self.remember(nonce) || self.faults().strikes("nonce-used", action) {
            return Err(Failure::nonce_used());
        }
        let is_rotated = self.faults().is_on("idaas-secret-rotated");
        let secret = if is_rotated { "rotated" } else { credentials.access_key_secret.as_str() };
        verify(received, &given, secret).map_err(|mismatch| match mismatch {
            Mismatch::Incomplete | Mismatch::Content => Failure::incomplete_signature(),
            Mismatch::Signature(signed) => Failure::signature(&signed),
        })?;
        if credentials.security_token.as_deref() != received.header("x-acs-security-token") {
            return Err(Failure::security_token());
        }
        if self.faults().has("idaas-no-permission", action) {
            return Err(Failure::no_permission(action));
        }
        if self.is_over_limit() || self.faults().strikes("throttle", action) {
            let status = self.faults().number("throttle-status").unwrap_or(400);
            return Err(Failure::throttled(
                u16::try_from(status).unwrap_or(400),
                self.faults().number("retry-after"),
            ));
        }
        Ok(())
    }

    fn check_date(&self, date: &str) -> Result<(), Failure> {
        let parsed: jiff::Timestamp = date.parse().map_err(|_| Failure::date_format())?;
        let ahead = self.now() - parsed.as_second();
        if ahead.unsigned_abs() > WINDOW.as_secs() { Err(Failure::date_expired()) } else { Ok(()) }
    }

    /// This service's clock, Unix seconds.
    fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        i64::try_from(now).unwrap_or_default() + self.faults().number("idaas-clock-skew").unwrap_or_default()
    }

    fn remember(&self, nonce: &str) -> bool {
        let now = Instant::now();
        let mut gate = self.gate();
        if gate.nonces.len() > 100_000 {
            gate.nonces.retain(|_, seen| now.duration_since(*seen) < WINDOW);
        }
        !nonce.is_empty() && gate.nonces.insert(nonce.to_owned(), now).is_none()
    }

    fn is_over_limit(&self) -> bool {
        let switched = self.faults().number("idaas-qps").and_then(|limit| u32::try_from(limit).ok());
        let limit = switched.unwrap_or(self.0.options.idaas_qps);
        let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut gate = self.gate();
        if gate.second != second {
            (gate.second, gate.in_second) = (second, 0);
        }
        gate.in_second += 1;
        limit > 0 && gate.in_second > limit
    }
}

/// The service's routes.
pub fn router(handle: Handle) -> Router {
    Router::new()
        .route("/", any(serve))
        .route("/v2/{instance}/{application}/provisioning/jwks", get(public_keys))
        .with_state(handle)
}

async fn public_keys(State(handle): State<Handle>) -> Json<Value> {
    let handle = handle.clone();
    // Making the first key takes a moment of computing.
    let keys = tokio::task::spawn_blocking(move || handle.0.keys.published()).await;
    Json(keys.unwrap_or_default())
}

async fn serve(
    State(handle): State<Handle>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let received = Received {
        method: method.as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        headers: &headers,
        body: &body,
    };
    let action = received.header("x-acs-action").unwrap_or_default().to_owned();
    *handle.gate().counters.entry(action.clone()).or_default() += 1;
    let date = jiff::Timestamp::from_second(handle.now()).ok();
    let fate = respond::before(handle.faults(), &handle.0.options, &action).await;
    let response = match fate {
        Fate::Answered(response) => response,
        Fate::Proceed => {
            let host = received.header("host").unwrap_or_default().to_owned();
            match handle.admit(&received, &action).and_then(|()| dispatch(&handle, &action, &received)) {
                Ok(body) => respond::after(handle.faults(), &action, answer(body)),
                Err(refused) => failure(&refused.recoded(handle.faults()), &host),
            }
        }
    };
    respond::with_date(response, date)
}

fn dispatch(handle: &Handle, action: &str, received: &Received<'_>) -> Result<Value, Failure> {
    let mut parameters: Vec<(String, String)> =
        url::form_urlencoded::parse(received.query.as_bytes()).into_owned().collect();
    parameters.extend(url::form_urlencoded::parse(received.body).into_owned());
    let parameters = Parameters { given: parameters, is_by_hand: false };
    if received.header("x-acs-version") != Some("2021-12-01") {
        return Err(Failure::version());
    }
    operations::run(handle, action, &parameters)
}
