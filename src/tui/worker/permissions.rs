//! Step 2: the check of core, item by item, with what each took.

use tokio::sync::mpsc::unbounded_channel;

use super::application::services;
use super::desk::elapsed_ms;
use super::{Reply, Worker};
use crate::config::settings_file::SettingsFile;
use crate::core::check::{CheckId, CheckItem, check};
use crate::core::error::Error;
use crate::tui::draft::Draft;
use crate::tui::message;

/// What step 2 asks for.
#[derive(Debug, Clone)]
pub enum Request {
    /// Carry out every item, or one.
    Check {
        /// The settings file.
        file: Box<SettingsFile>,
        /// The answers.
        draft: Box<Draft>,
        /// Only this one.
        only: Option<CheckId>,
    },
    /// Stop.
    Cancel,
    /// The operator goes on in spite of failures: kept in the log.
    Record {
        /// Why.
        reason: String,
        /// What failed.
        failed: Vec<CheckId>,
    },
}

/// What step 2 is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// An item ended.
    Item {
        /// The item.
        item: CheckItem,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// Nothing could be checked.
    Failed(Error),
    /// Everything asked for was checked.
    Finished,
}

impl Worker {
    pub(super) fn permissions(&mut self, request: Request) {
        match request {
            Request::Check { file, draft, only } => {
                self.start("permissions", run(file, draft, only, self.reply.clone()));
            }
            Request::Cancel => self.stop("permissions"),
            Request::Record { reason, failed } => {
                tracing::warn!(?failed, %reason, "the operator goes on in spite of failed checks");
            }
        }
    }
}

async fn run(file: Box<SettingsFile>, draft: Box<Draft>, only: Option<CheckId>, reply: Reply) {
    let services = match services(file, draft).await {
        Ok(services) => services,
        Err(error) => return send(&reply, Answer::Failed(error)).await,
    };
    match only {
        Some(id) => {
            let port = async {
                if id.is_source() {
                    services.source.check(id, &services.check).await
                } else {
                    services.target.check(id, &services.check).await
                }
            };
            let (finding, elapsed_ms) = elapsed_ms(port).await;
            send(&reply, Answer::Item { item: finding.into_item(id), elapsed_ms }).await;
        }
        None => every(&services, &reply).await,
    }
    send(&reply, Answer::Finished).await;
}

/// Every item; one of a side begins when the one before it ended, so that is what its time counts from.
async fn every(services: &crate::connect::Services, reply: &Reply) {
    let (sender, mut items) = unbounded_channel();
    let on_item = |item: &CheckItem| drop(sender.send((item.clone(), tokio::time::Instant::now())));
    let began = tokio::time::Instant::now();
    let checking = check(&*services.source, &*services.target, &services.check, &on_item);
    let telling = async {
        let mut before = [began, began];
        for _ in CheckId::ALL {
            let Some((item, at)) = items.recv().await else { break };
            let side = &mut before[usize::from(item.id.is_source())];
            let elapsed_ms = u64::try_from(at.duration_since(*side).as_millis()).unwrap_or(u64::MAX);
            *side = at;
            send(reply, Answer::Item { item, elapsed_ms }).await;
        }
    };
    futures::join!(checking, telling);
}

async fn send(reply: &Reply, answer: Answer) {
    reply.send(message::Answer::Permissions(answer)).await;
}
