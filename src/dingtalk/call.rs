//! One call to the address book: its token, its turn in the lane, its repetitions. A read whose answer got lost is
//! repeated; a write never is, because it may have been applied.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::answer::{FailureClass, judge};
use super::token::Tokens;
use super::trouble::Trouble;
use crate::core::refusal::CodeClass;
use crate::http::retry::{Attempt, Patience, call_in_turn};
use crate::http::{Answer, Lanes, Method, Request, Scope, Transport};

/// Repetitions while servers in front of the service fail: about a minute, a usual outage.
const OUTAGE: Patience = Patience { retries: 8, refused_for: Duration::from_secs(600), bans: 2 };
/// Repetitions of anything else: the vendor's advice for a busy service.
const BUSY_RETRIES: usize = 3;
/// New tokens that one call may ask for.
const RENEWALS: u32 = 2;

/// One interface: its lane is the name an operator reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Endpoint {
    pub(super) lane: &'static str,
    pub(super) path: &'static str,
    pub(super) is_write: bool,
}

/// A read under `/topapi`.
pub(super) const fn read(lane: &'static str, path: &'static str) -> Endpoint {
    Endpoint { lane, path, is_write: false }
}

/// What every call needs.
pub(super) struct Caller {
    pub(super) transport: Transport,
    pub(super) lanes: Lanes,
    pub(super) tokens: Tokens,
    pub(super) oapi: String,
    /// Whether DingTalk itself has answered already: from then on a web page means a ban.
    pub(super) has_answered: AtomicBool,
}

impl Caller {
    /// A call that waits for its turn.
    pub(super) async fn call<T: DeserializeOwned + Send>(
        &self,
        endpoint: Endpoint,
        body: Option<&Value>,
    ) -> Result<T, Trouble> {
        self.ready(endpoint).await?;
        self.call_now(endpoint, body).await
    }

    /// A call whose turn was waited for. A refused token is renewed and the call repeated; a second time too, because
    /// the new token may be refused by chance while it spreads among the vendor's servers.
    pub(super) async fn call_now<T: DeserializeOwned + Send>(
        &self,
        endpoint: Endpoint,
        body: Option<&Value>,
    ) -> Result<T, Trouble> {
        let mut renewals = 0;
        loop {
            let number = match self.try_call(endpoint, body).await {
                Err((trouble, Some(number))) if trouble.is(CodeClass::Token) && renewals < RENEWALS => number,
                other => return other.map_err(|(trouble, _)| trouble),
            };
            renewals += 1;
            self.tokens.drop_token(number);
            self.ready(endpoint).await?;
        }
    }

    /// The token comes before the turn: turns that wait for a token would all be used at once when it is there.
    async fn ready(&self, endpoint: Endpoint) -> Result<(), Trouble> {
        self.tokens.get(&self.transport, &self.lanes).await.map_err(Trouble::NoToken)?;
        self.lanes.wait(endpoint.lane).await;
        Ok(())
    }

    async fn try_call<T: DeserializeOwned + Send>(
        &self,
        endpoint: Endpoint,
        body: Option<&Value>,
    ) -> Result<T, (Trouble, Option<u64>)> {
        let text = body.map(Value::to_string);
        let turn = self.lanes.begin(endpoint.lane).await;
        let short = AtomicUsize::new(0);
        call_in_turn(&self.lanes, endpoint.lane, turn, OUTAGE, || async {
            match self.attempt(endpoint, text.as_deref()).await {
                Attempt::Retry(failed)
                    if !is_outage(&failed.0) && short.fetch_add(1, Ordering::Relaxed) >= BUSY_RETRIES =>
                {
                    Attempt::Failed(failed)
                }
                other => other,
            }
        })
        .await
    }

    async fn attempt<T: DeserializeOwned + Send>(
        &self,
        endpoint: Endpoint,
        body: Option<&str>,
    ) -> Attempt<T, (Trouble, Option<u64>)> {
        let token = match self.tokens.get(&self.transport, &self.lanes).await {
            Ok(token) => token,
            Err(error) => return Attempt::Failed((Trouble::NoToken(error), None)),
        };
        let address = format!("{}{}", self.oapi, endpoint.path);
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::new(method, address).query("access_token", token.text.expose_secret());
        if let Some(body) = body {
            request = request.body("application/json", body.to_owned());
        }
        let numbered = |attempt: Attempt<T, Trouble>| numbered(attempt, token.number);
        let trouble = match self.transport.send(request).await {
            Err(failure) => Trouble::NoAnswer(failure),
            Ok(answer) => match self.read_answer(&answer) {
                Ok(value) => return Attempt::Done(value),
                Err(trouble) => trouble,
            },
        };
        numbered(attempt_of(trouble, !endpoint.is_write, !self.has_answered.load(Ordering::Relaxed)))
    }

    fn read_answer<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, Trouble> {
        let verdict = judge(answer.status, &answer.body);
        if !matches!(&verdict, Err(f) if matches!(f.class, FailureClass::Page | FailureClass::Garbage)) {
            self.has_answered.store(true, Ordering::Relaxed);
        }
        verdict.map_err(Trouble::Refused)?;
        serde_json::from_slice(&answer.body).map_err(|e| Trouble::Undecodable(e.to_string()))
    }
}

fn numbered<T>(attempt: Attempt<T, Trouble>, number: u64) -> Attempt<T, (Trouble, Option<u64>)> {
    let with = |trouble| (trouble, Some(number));
    match attempt {
        Attempt::Done(value) => Attempt::Done(value),
        Attempt::Failed(trouble) => Attempt::Failed(with(trouble)),
        Attempt::Retry(trouble) => Attempt::Retry(with(trouble)),
        Attempt::Refused(scope, trouble) => Attempt::Refused(scope, with(trouble)),
    }
}

fn is_outage(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused(failure) if failure.status >= 500)
}

/// Whether and how a failed call is repeated. By the vendor's convention a busy answer (-1, 15) means "not applied",
/// so that a write may be repeated; a broken or missing answer means nothing.
pub(super) fn attempt_of<T>(trouble: Trouble, is_read: bool, is_first_contact: bool) -> Attempt<T, Trouble> {
    match &trouble {
        Trouble::NoAnswer(failure) if failure.is_transient() && (is_read || failure.is_not_sent()) => {
            Attempt::Retry(trouble)
        }
        Trouble::Refused(failure) => match failure.class {
            FailureClass::Banned => Attempt::Refused(Scope::Ban, trouble),
            FailureClass::Page if !is_first_contact => Attempt::Refused(Scope::Ban, trouble),
            FailureClass::Known(CodeClass::ThrottleAll) => Attempt::Refused(Scope::All, trouble),
            FailureClass::Known(CodeClass::ThrottleLane) => Attempt::Refused(Scope::Lane, trouble),
            FailureClass::Known(CodeClass::Busy) if is_read || failure.status < 500 => {
                Attempt::Retry(trouble)
            }
            FailureClass::Garbage if is_read => Attempt::Retry(trouble),
            FailureClass::Page | FailureClass::Known(_) | FailureClass::Unknown | FailureClass::Garbage => {
                Attempt::Failed(trouble)
            }
        },
        Trouble::NoAnswer(_) | Trouble::NoToken(_) | Trouble::Undecodable(_) => Attempt::Failed(trouble),
    }
}
