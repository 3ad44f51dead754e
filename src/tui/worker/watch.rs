//! How following goes on in the process that follows: its status file, what was changed by hand, decisions on it.

use std::time::Duration;

use super::desk::{Desk, off_the_screen};
use super::{Reply, Worker};
use crate::config::Config;
use crate::connect::{Connection, open_state};
use crate::core::error::Error;
use crate::core::incremental::{Decided, Drift, DriftDecision, DriftState, Inbox, WatchStatus, decide};
use crate::core::plan::Entity;
use crate::store::{StoredInbox, holder};
use crate::tui::message;

/// Its slot among the worker's tasks.
const SLOT: &str = "watch";
/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// A status file larger than this is not one of ours.
const LARGEST: u64 = 1 << 20;

/// What the screen asks for.
#[derive(Debug, Clone)]
pub enum Request {
    /// Look every second.
    Follow,
    /// Decide on a drift.
    Decide {
        /// Department or user.
        entity: Entity,
        /// IDaaS id.
        source_id: String,
        /// What becomes of it.
        decision: DriftDecision,
    },
}

/// What the screen is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// How it all stands.
    Seen(Box<Seen>),
    /// It cannot be seen.
    Failed(Error),
    /// What became of a decision.
    Decided {
        /// The record.
        source_id: String,
        /// What was decided.
        decision: DriftDecision,
        /// What became of it.
        decided: Decided,
    },
}

/// How following stands, from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// Following is switched on.
    pub is_on: bool,
    /// Where callbacks are received.
    pub listen: String,
    /// Where the public keys are.
    pub jwks_url: Option<String>,
    /// The audience of callbacks.
    pub application_id: String,
    /// Whether callbacks must be encrypted.
    pub has_key: bool,
    /// Seconds between two polls.
    pub poll_seconds: u64,
}

/// Everything the screen shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// The settings.
    pub setup: Setup,
    /// The status of the process that follows; `None` when none does.
    pub status: Option<WatchStatus>,
    /// What was changed by hand and not decided on.
    pub drift: Vec<Drift>,
}

impl Worker {
    pub(super) fn watch(&mut self, request: Request) {
        let (desk, reply) = (self.desk.clone(), self.reply.clone());
        match request {
            Request::Follow => self.start(SLOT, follow(desk, reply)),
            Request::Decide { entity, source_id, decision } => {
                self.keep(answer_decision(desk, reply, (entity, source_id), decision));
            }
        }
    }
}

async fn follow(desk: Desk, reply: Reply) {
    let mut inbox = None;
    loop {
        let told = match look(&desk, &mut inbox).await {
            Ok(seen) => Told::Seen(Box::new(seen)),
            Err(error) => Told::Failed(error),
        };
        reply.send(message::Answer::Watch(told)).await;
        tokio::time::sleep(EVERY).await;
    }
}

async fn look(desk: &Desk, inbox: &mut Option<StoredInbox>) -> Result<Seen, Error> {
    let config = desk.config().await?;
    let setup = setup(&config);
    let (state, path) = (config.state_path.clone(), config.watch_status_path());
    let has_state = state.is_file();
    let status = off_the_screen(move || {
        let follows = holder(&state).is_some_and(|holder| holder.command == "watch");
        follows.then(|| read(&path)).flatten()
    })
    .await?;
    // Looking alone makes no state.
    if inbox.is_none() && has_state {
        *inbox = Some(open_state(&config)?.inbox().await?);
    }
    let drifts = match inbox {
        Some(inbox) => inbox.drifts().await?,
        None => Vec::new(),
    };
    let drift = drifts.into_iter().map(|(drift, _)| drift).filter(|one| one.state == DriftState::Open);
    Ok(Seen { setup, status, drift: drift.collect() })
}

fn setup(config: &Config) -> Setup {
    let settings = &config.incremental;
    Setup {
        is_on: config.profile.scenario.incremental,
        listen: settings.listen.to_string(),
        jwks_url: settings.jwks_url.clone(),
        application_id: settings.application_id.clone(),
        has_key: settings.encryption_key.is_some(),
        poll_seconds: settings.poll_seconds,
    }
}

fn read(path: &std::path::Path) -> Option<WatchStatus> {
    if std::fs::metadata(path).ok()?.len() > LARGEST {
        return None;
    }
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

async fn answer_decision(
    desk: Desk,
    reply: Reply,
    (entity, source_id): (Entity, String),
    decision: DriftDecision,
) {
    let told = match carry_out(&desk, (entity, &source_id), decision).await {
        Ok(decided) => Told::Decided { source_id, decision, decided },
        Err(error) => Told::Failed(error),
    };
    reply.send(message::Answer::Watch(told)).await;
}

async fn carry_out(desk: &Desk, record: (Entity, &str), decision: DriftDecision) -> Result<Decided, Error> {
    let store = open_state(&desk.config().await?)?;
    let inbox = store.inbox().await?;
    decide((&inbox, &store), Connection::holder("drift"), record, decision).await
}
