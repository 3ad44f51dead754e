//! The HTTP side: `/idaas/events` for IDaaS, `/health` for a supervisor on this machine.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use secrecy::SecretSlice;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::timeout;

use super::answer::{Answer, ErrorAnswer};
use super::keys::Keys;
use super::payload::{self, Asked};
use super::refusal::Refusal;
use super::token;
use crate::core::error::{Error, ErrorKind};
use crate::core::incremental::{Callbacks, Delivery, Inbox, Waiting, WatchStatus};

/// Bytes of the largest request.
const LARGEST: usize = 2 * 1024 * 1024;
/// A request must have come, and be stored, within this time; the vendor waits ten seconds.
const PATIENCE: Duration = Duration::from_secs(8);
/// Requests dealt with at once.
const AT_ONCE: usize = 64;

/// Answers how watching stands and whether that is well.
pub type Health = Arc<dyn Fn() -> (bool, WatchStatus) + Send + Sync>;

/// What the receiver works with.
pub struct ReceiverOptions {
    /// The public keys; `None`: callbacks are not configured, and every one is refused.
    pub keys: Option<Keys>,
    /// The audience of callbacks.
    pub application_id: String,
    /// Opens encrypted callbacks; where it is set, others are refused.
    pub encryption_key: Option<SecretSlice<u8>>,
    /// Where events are stored before they are acknowledged.
    pub inbox: Arc<dyn Inbox>,
    /// Where stored events go.
    pub events: UnboundedSender<Waiting>,
    /// What is counted.
    pub callbacks: Arc<Callbacks>,
    /// How watching stands.
    pub health: Health,
    /// Unix milliseconds.
    pub now_ms: fn() -> i64,
}

/// A bound receiver.
pub struct Receiver {
    listener: TcpListener,
    address: SocketAddr,
}

struct Shared {
    options: ReceiverOptions,
    turns: Semaphore,
}

#[derive(Deserialize)]
struct Envelope {
    event: String,
}

#[derive(Serialize)]
struct HealthAnswer {
    status: &'static str,
    #[serde(flatten)]
    watch: WatchStatus,
}

impl Receiver {
    /// Binds an address; kind network when it cannot be had.
    pub async fn bind(address: SocketAddr) -> Result<Self, Error> {
        let refuse = |error: std::io::Error| {
            Error::new(ErrorKind::Network, format!("callbacks cannot be received at {address}: {error}"))
                .with_hint("free the address, or name another one as incremental.listen")
        };
        let listener = TcpListener::bind(address).await.map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        Ok(Self { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the future is dropped.
    pub async fn serve(self, options: ReceiverOptions) {
        let shared = Arc::new(Shared { options, turns: Semaphore::new(AT_ONCE) });
        let router = Router::new()
            .route("/idaas/events", post(receive))
            .route("/health", get(health))
            .with_state(shared);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        if let Err(error) = axum::serve(self.listener, service).await {
            tracing::error!(%error, "callbacks are not received any more");
        }
    }
}

async fn health(State(shared): State<Arc<Shared>>, ConnectInfo(peer): ConnectInfo<SocketAddr>) -> Response {
    if !peer.ip().to_canonical().is_loopback() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let (is_well, mut watch) = (shared.options.health)();
    watch.callbacks = shared.options.callbacks.totals();
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &HealthAnswer { status: if is_well { "ok" } else { "stuck" }, watch })
}

async fn receive(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let answered = match timeout(PATIENCE, take(&shared, request)).await {
        Ok(answered) => answered,
        Err(_) => Err(Refusal::internal("slow", "the request was not dealt with in time")),
    };
    match answered {
        Ok(answer) => json(StatusCode::OK, &answer),
        Err(refusal) => {
            tracing::warn!(reason = refusal.reason, "a callback was refused");
            let count = |totals: &mut crate::core::incremental::CallbackTotals| {
                *totals.refused.entry(refusal.reason.to_owned()).or_default() += 1;
            };
            shared.options.callbacks.count(count);
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
            json(status, &ErrorAnswer::from(&refusal))
        }
    }
}

async fn take(shared: &Shared, request: Request) -> Result<Answer, Refusal> {
    let overloaded = |_| Refusal::internal("overloaded", "the receiver is stopping");
    let _turn = shared.turns.acquire().await.map_err(overloaded)?;
    let options = &shared.options;
    let body = body(request).await?;
    let envelope: Envelope = serde_json::from_slice(&body)
        .map_err(|_| Refusal::bad("malformed", "the body is not {\"event\":\"…\"}"))?;
    let Some(keys) = &options.keys else {
        return Err(Refusal::bad("not_configured", "callbacks are not configured: incremental.jwks_url"));
    };
    let now = (options.now_ms)();
    let audience = (options.application_id.as_str(), options.encryption_key.as_ref());
    let proved = token::prove(&envelope.event, keys, audience, now).await?;
    let asked = payload::events(&proved.data)?;
    let (mut events, mut remembered) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for one in asked.iter().filter(|one| seen.insert(one.id())) {
        match one {
            Asked::Look(event) => events.push(event.clone()),
            Asked::Test(id) | Asked::Nothing(id) => remembered.push(id.clone()),
            Asked::Bad(..) => {}
        }
    }
    let delivery = Delivery {
        token_id: proved.id,
        expires_ms: proved.expires_ms,
        events: events.clone(),
        remembered,
        received_at_ms: now,
    };
    let receipt = match options.inbox.receive(delivery).await {
        Ok(receipt) => receipt,
        Err(error) => {
            tracing::error!(error = %error.message, "a callback cannot be stored");
            return Ok(Answer::retried(&asked, "it cannot be stored at the moment"));
        }
    };
    let is_new = |id: &str| !receipt.repeated.iter().any(|known| known == id);
    let stored = events.iter().filter(|event| is_new(&event.id)).count() as u64;
    let has_test = asked.iter().any(|one| matches!(one, Asked::Test(_)) && is_new(one.id()));
    options.callbacks.count(|totals| {
        totals.accepted += u64::from(!receipt.is_replay);
        totals.replayed += u64::from(receipt.is_replay);
        totals.events += stored;
        totals.repeated += receipt.repeated.len() as u64;
        totals.last_at_ms = Some(now);
        if has_test {
            totals.test_seen_at_ms = Some(now);
        }
    });
    for event in events.into_iter().filter(|event| is_new(&event.id)) {
        // Nobody listens any more: it is stored, and dealt with by whoever watches next.
        let _ = options.events.send(Waiting { event, received_at_ms: now });
    }
    Ok(Answer::taken(&asked, &receipt.repeated))
}

async fn body(request: Request<Body>) -> Result<axum::body::Bytes, Refusal> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length > LARGEST as u64) {
        return Err(Refusal::too_large(LARGEST));
    }
    to_bytes(request.into_body(), LARGEST).await.map_err(|error| {
        let is_large = std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("length limit"));
        if is_large { Refusal::too_large(LARGEST) } else { Refusal::bad("malformed", "the body was cut off") }
    })
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let text = serde_json::to_string(value).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json;charset=utf-8")], text).into_response()
}
