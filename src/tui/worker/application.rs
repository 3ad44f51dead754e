//! Step 1: both connections are tried with the answers as they are, and the instance is asked for its domain.

use secrecy::ExposeSecret;

use super::desk::{elapsed_ms, off_the_screen};
use super::{Reply, Worker};
use crate::config::settings_file::SettingsFile;
use crate::connect::Services;
use crate::core::check::{CheckId, CheckStatus, Finding};
use crate::core::error::Error;
use crate::core::source::Instance;
use crate::tui::draft::{Draft, DraftSecret};
use crate::tui::message;

/// What step 1 asks for.
#[derive(Debug, Clone)]
pub enum Request {
    /// Try both connections.
    Test {
        /// The settings file.
        file: Box<SettingsFile>,
        /// The answers.
        draft: Box<Draft>,
    },
    /// Stop trying.
    Cancel,
}

/// What step 1 is answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// One item was tried.
    Tried {
        /// Which.
        id: CheckId,
        /// What was found.
        finding: Finding,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// The IDaaS instance describes itself.
    Instance(Instance),
    /// Nothing could be tried.
    Failed(Error),
    /// Everything was tried.
    Finished,
}

/// What is tried of IDaaS and of DingTalk, each in this order; a failure ends its side.
pub const SOURCE: [CheckId; 2] = [CheckId::SourceCredentials, CheckId::SourceInstance];
/// See [`SOURCE`].
pub const TARGET: [CheckId; 3] = [CheckId::Token, CheckId::Corp, CheckId::EgressIp];

impl Worker {
    pub(super) fn application(&mut self, request: Request) {
        match request {
            Request::Test { file, draft } => self.start("application", test(file, draft, self.reply.clone())),
            Request::Cancel => self.stop("application"),
        }
    }
}

async fn test(file: Box<SettingsFile>, draft: Box<Draft>, reply: Reply) {
    let answer = match services(file, draft).await {
        Ok(services) => {
            futures::join!(try_source(&services, &reply), try_target(&services, &reply));
            Answer::Finished
        }
        Err(error) => Answer::Failed(error),
    };
    send(&reply, answer).await;
}

/// Both services, reached with a draft that need not be complete beyond step 1.
pub(super) async fn services(file: Box<SettingsFile>, draft: Box<Draft>) -> Result<Services, Error> {
    let config = off_the_screen(move || file.config(&draft).or_else(|_| file.services(&draft))).await??;
    Services::open(&config).await
}

async fn try_source(services: &Services, reply: &Reply) {
    for id in SOURCE {
        let finding = timed(id, services.source.check(id, &services.check), reply).await;
        if finding == CheckStatus::Fail {
            return;
        }
    }
    if let Ok(instance) = services.source.instance().await {
        send(reply, Answer::Instance(instance)).await;
    }
}

async fn try_target(services: &Services, reply: &Reply) {
    for id in TARGET {
        let finding = timed(id, services.target.check(id, &services.check), reply).await;
        if finding == CheckStatus::Fail && id == CheckId::Token {
            return;
        }
    }
}

async fn timed(id: CheckId, does: impl Future<Output = Finding>, reply: &Reply) -> CheckStatus {
    let (finding, elapsed_ms) = elapsed_ms(does).await;
    let status = finding.status;
    send(reply, Answer::Tried { id, finding, elapsed_ms }).await;
    status
}

async fn send(reply: &Reply, answer: Answer) {
    reply.send(message::Answer::Application(answer)).await;
}

/// Whether a draft's secret is there to be tried.
pub fn is_given(secret: &DraftSecret) -> bool {
    match secret {
        DraftSecret::Missing => false,
        DraftSecret::Kept(_) => true,
        DraftSecret::Typed(typed) => !typed.expose_secret().is_empty(),
    }
}
