//! QR code logon: looked at, and carried out with the connection's lock held.

use super::Reply;
use super::desk::Desk;
use crate::core::error::Error;
use crate::core::logon::LogonPlan;
use crate::core::logon::apply::{self, LogonReport};
use crate::core::logon::chain::{Chain, chain};
use crate::core::synchronize::StopSignal;
use crate::tui::message::Answer;

/// The slot of looking.
pub(super) const LOOKING: &str = "logon";

/// What the screen asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// Where it stands.
    Look,
    /// Do what is to be done: the operator approved it.
    Apply,
}

/// Where it stands.
#[derive(Debug, Clone)]
pub struct View {
    /// What is to be done.
    pub plan: LogonPlan,
    /// From a scan to a session.
    pub chain: Chain,
    /// The IDaaS instance that is written into.
    pub instance: String,
}

/// What the screen is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// Where it stands, or why that is unknown.
    Seen(Result<Box<View>, Error>),
    /// So many rows have ended.
    Progress(u64),
    /// It is done, or could not begin.
    Applied(Result<LogonReport, Error>),
}

/// Looks.
pub(super) async fn look(desk: Desk, reply: Reply) {
    let seen = seen(&desk).await.map(Box::new);
    reply.send(Answer::Logon(Told::Seen(seen))).await;
}

async fn seen(desk: &Desk) -> Result<View, Error> {
    let connection = desk.connection().await?;
    let memory = connection.journal.memory().await?;
    let work = connection.logon_work(&memory.users);
    let (plan, instance) = futures::join!(apply::see(&work), connection.services.source.instance());
    let (plan, instance) = (plan?, instance?);
    let chain = chain(&connection.services.logon_wish, &instance, &plan, &memory.users);
    Ok(View { plan, chain, instance: instance.id })
}

/// Does it, and says how it ended.
pub(super) async fn apply(desk: Desk, reply: Reply) {
    let applied = applied(&desk, &reply).await;
    reply.send(Answer::Logon(Told::Applied(applied))).await;
}

async fn applied(desk: &Desk, reply: &Reply) -> Result<LogonReport, Error> {
    let connection = desk.connection().await?;
    let _lock = connection.lock("logon apply")?;
    let memory = connection.journal.memory().await?;
    let (sender, mut ended) = tokio::sync::mpsc::unbounded_channel();
    let work = connection.logon_work(&memory.users);
    let (stop, mut count) = (StopSignal::new(), 0);
    // The other end lives as long as this function.
    let mut told = |_: &apply::LogonRecord| sender.send(()).unwrap_or_default();
    let mut applying = std::pin::pin!(apply::apply(&work, &stop, &mut told));
    loop {
        tokio::select! {
            report = &mut applying => return report,
            Some(()) = ended.recv() => {
                count += 1;
                reply.send(Answer::Logon(Told::Progress(count))).await;
            }
        }
    }
}
