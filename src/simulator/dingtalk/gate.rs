//! What a call passes before its business: token, address, permission, flow control; and what is counted.
//! Order: reference `dingtalk-api.md` section 12.1.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use serde::Serialize;

/// A token lives so long after its last request (section 1.4).
const TOKEN_LIFE: Duration = Duration::from_secs(7200);
/// Calls of one address within [`IP_WINDOW`] before it is banned for [`BAN`] (section 6).
const IP_LIMIT: usize = 10_000;
const IP_WINDOW: Duration = Duration::from_secs(20);
const BAN: Duration = Duration::from_secs(300);

/// Calls of one interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Calls that came in.
    pub calls: u64,
    /// Calls carried out with success.
    pub applied: u64,
    /// Calls refused for flow control.
    pub throttled: u64,
    /// Calls refused otherwise.
    pub refused: u64,
}

/// The state of the gateway.
#[derive(Debug, Default)]
pub(super) struct Gate {
    token: Option<(String, Instant)>,
    windows: BTreeMap<String, (u64, u32)>,
    recent: VecDeque<Instant>,
    banned_until: Option<Instant>,
    pub counts: BTreeMap<String, Count>,
    pub tokens_given: u64,
    pub users_added: i64,
}

impl Gate {
    /// The token: the same string until it expires, renewed at each request.
    pub(super) fn token(&mut self) -> String {
        let now = Instant::now();
        self.tokens_given += 1;
        let current = self.token.take().filter(|(_, until)| *until > now).map(|(token, _)| token);
        let token = current.unwrap_or_else(|| hex::encode(rand::rng().random::<[u8; 16]>()));
        self.token = Some((token.clone(), now + TOKEN_LIFE));
        token
    }

    /// Whether a token is the current one.
    pub(super) fn knows(&self, token: &str) -> bool {
        self.token.as_ref().is_some_and(|(known, until)| known == token && *until > Instant::now())
    }

    /// The current token, if any was asked for.
    pub(super) fn current(&self) -> Option<String> {
        self.token.as_ref().map(|(token, _)| token.clone())
    }

    /// Forgets the token, as if it had expired.
    pub(super) fn expire(&mut self) {
        self.token = None;
    }

    /// Counts a call against the interface's second; whether it is within the limit.
    pub(super) fn is_within(&mut self, interface: &str, limit: u32, second: u64) -> bool {
        let window = self.windows.entry(interface.to_owned()).or_default();
        if window.0 != second {
            *window = (second, 0);
        }
        window.1 += 1;
        window.1 <= limit
    }

    /// Counts a call against the address; whether it is banned.
    pub(super) fn is_banned(&mut self) -> bool {
        let now = Instant::now();
        if self.banned_until.is_some_and(|until| until > now) {
            return true;
        }
        while self.recent.front().is_some_and(|seen| now.duration_since(*seen) > IP_WINDOW) {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        if self.recent.len() > IP_LIMIT {
            self.banned_until = Some(now + BAN);
            self.recent.clear();
            return true;
        }
        false
    }

    /// The counts of an interface.
    pub(super) fn count(&mut self, interface: &str) -> &mut Count {
        self.counts.entry(interface.to_owned()).or_default()
    }
}
