//! Carries a logon plan out: what was in flight is settled by looking, the provider comes first, then the accounts,
//! each call written down before it is sent and after it is answered.

use std::collections::HashMap;

use futures::stream::{self, StreamExt};
use serde::Serialize;

use super::journal::{LogonCall, LogonEnd, LogonJournal, LogonLesson, LogonName};
use super::plan::{LogonAction, LogonChange, LogonPlan, plan};
use super::{Logon, LogonBasis, LogonMemory, LogonWish, ProviderId};
use crate::core::clock::Clock;
use crate::core::error::{Error, ErrorKind};
use crate::core::source::AccountId;
use crate::core::synchronize::StopSignal;
use crate::core::target::UserId;

/// Accounts looked at at once; the client's lane sets the pace.
const WIDTH: usize = 8;

/// What it works with.
pub struct LogonWork<'a> {
    /// The logon side of IDaaS.
    pub logon: &'a dyn Logon,
    /// Where calls are written down.
    pub journal: &'a dyn LogonJournal,
    /// The time.
    pub clock: &'a dyn Clock,
    /// What the settings say.
    pub wish: &'a LogonWish,
    /// The bindings of syncs.
    pub users: &'a HashMap<AccountId, UserId>,
    /// Look at every account, remembered ones too.
    pub looks_again: bool,
}

/// How a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogonOutcome {
    /// Written.
    Applied,
    /// It was so already.
    Unchanged,
    /// Others bound the account: left alone.
    Skipped,
    /// Refused.
    Failed,
}

/// One row's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogonRecord {
    /// Always `logon`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What was to happen.
    pub action: LogonAction,
    /// IDaaS account id.
    pub source_id: Option<String>,
    /// DingTalk userid or provider id.
    pub target_id: Option<String>,
    /// How it ended.
    pub outcome: LogonOutcome,
    /// The service's code.
    pub code: Option<String>,
    /// Why.
    pub message: Option<String>,
}

/// The totals, and what stopped it before its end.
#[derive(Debug, Clone, Default)]
pub struct LogonReport {
    /// Rows written.
    pub applied: u64,
    /// Rows left alone because others bound the account.
    pub skipped: u64,
    /// Rows refused.
    pub failed: u64,
    /// What concerns every row: nothing more was tried.
    pub error: Option<Error>,
}

impl LogonReport {
    /// Whether everything that was to be is.
    pub fn is_whole(&self) -> bool {
        self.failed == 0 && self.skipped == 0 && self.error.is_none()
    }
}

/// What is to be done now: IDaaS is read, nothing is written.
pub async fn look(work: &LogonWork<'_>, sync: Option<&crate::core::plan::Plan>) -> Result<LogonPlan, Error> {
    Ok(LogonBasis::read(work).await?.plan(work.users, sync))
}

/// Where it stands: as [`look`], but IDaaS is asked even where nothing is or was chosen.
pub async fn see(work: &LogonWork<'_>) -> Result<LogonPlan, Error> {
    let memory = work.journal.logon_memory().await?;
    let providers = work.logon.providers().await?;
    Ok(plan(work.wish, &providers, work.users, &memory, None))
}

/// Does it. `told` hears of each row that was written, refused or left alone. The error: nothing could be done at all.
pub async fn apply(
    work: &LogonWork<'_>,
    stop: &StopSignal,
    told: &mut (dyn FnMut(&LogonRecord) + Send),
) -> Result<LogonReport, Error> {
    settle(work).await?;
    let mut report = LogonReport::default();
    let mut plan = look(work, None).await?;
    if let Some(row) = plan.changes.iter().find(|row| row.source_id.is_none()).cloned() {
        let ended = provider(work, &row).await;
        note(&row, &ended, &mut report, told);
        if ended.is_err() || !work.wish.has_domain() || !work.wish.is_chosen {
            report.error = ended.err();
            return Ok(report);
        }
        plan = look(work, None).await?;
    }
    let Some(provider) = plan.provider_id().filter(|_| work.wish.is_chosen).cloned() else {
        return Ok(report);
    };
    if work.journal.logon_memory().await?.chosen.as_ref() != Some(&provider) {
        work.journal.learn_logon(vec![LogonLesson::Chosen(Some(provider.clone()))]).await?;
    }
    let memory = work.journal.logon_memory().await?;
    let rows = plan.changes.into_iter().filter(|row| row.source_id.is_some());
    let rows: Vec<LogonChange> =
        rows.filter(|row| row.action != LogonAction::Unchanged || work.looks_again).collect();
    let mut ends = stream::iter(rows)
        .map(|row| {
            let (provider, memory) = (&provider, &memory);
            async move {
                let ended = account(work, provider, memory, &row).await;
                (row, ended)
            }
        })
        .buffered(WIDTH);
    while let Some((row, ended)) = ends.next().await {
        note(&row, &ended, &mut report, told);
        if let Err(error) = ended
            && concerns_all(&error)
        {
            report.error = Some(error);
            break;
        }
        if stop.is_requested() {
            report.error =
                Some(Error::new(ErrorKind::Interrupted, "interrupted; the rest follows next time"));
            break;
        }
    }
    Ok(report)
}

fn concerns_all(error: &Error) -> bool {
    !matches!(error.kind, ErrorKind::Service) || error.code.is_none()
}

fn note(
    row: &LogonChange,
    ended: &Result<LogonOutcome, Error>,
    report: &mut LogonReport,
    told: &mut (dyn FnMut(&LogonRecord) + Send),
) {
    let outcome = match ended {
        Ok(outcome) => *outcome,
        Err(_) => LogonOutcome::Failed,
    };
    match outcome {
        LogonOutcome::Applied => report.applied += 1,
        LogonOutcome::Skipped => report.skipped += 1,
        LogonOutcome::Failed => report.failed += 1,
        LogonOutcome::Unchanged => return,
    }
    let error = ended.as_ref().err();
    told(&LogonRecord {
        kind: "logon",
        action: row.action,
        source_id: row.source_id.clone(),
        target_id: row.target_id.clone(),
        outcome,
        code: error.and_then(|error| error.code.clone()),
        message: error
            .map(|error| error.message.clone())
            .or_else(|| row.reason.map(|why| why.as_str().to_owned())),
    });
}

/// Finds out what became of calls that were sent and never answered: by reading, never by sending them again.
async fn settle(work: &LogonWork<'_>) -> Result<(), Error> {
    let open: Vec<_> =
        work.journal.logon_history().await?.into_iter().filter(|entry| entry.ended.is_none()).collect();
    for entry in open {
        let found = found(work, &entry.call).await?;
        let lessons = if found { lessons(&entry.call) } else { Vec::new() };
        work.journal.end_logon(entry.id, settled(found), lessons).await?;
    }
    Ok(())
}

fn settled(is_found: bool) -> LogonEnd {
    if is_found {
        LogonEnd::Applied
    } else {
        LogonEnd::NotApplied { code: None, message: "not found afterwards".to_owned() }
    }
}

/// Whether what a call was to bring about is so.
async fn found(work: &LogonWork<'_>, call: &LogonCall) -> Result<bool, Error> {
    match call {
        LogonCall::CreateProvider { .. } => {
            let memory = work.journal.logon_memory().await?;
            let providers = work.logon.providers().await?;
            Ok(plan(work.wish, &providers, work.users, &memory, None).provider.is_some())
        }
        LogonCall::EnableProvider { provider } => is_enabled(work, provider, true).await,
        LogonCall::DisableProvider { provider } => is_enabled(work, provider, false).await,
        LogonCall::Bind { provider, account, user } => {
            Ok(work.logon.names(provider, account).await?.is_some_and(|names| names.contains(user)))
        }
        LogonCall::Unbind { provider, account, user } => {
            Ok(work.logon.names(provider, account).await?.is_none_or(|names| !names.contains(user)))
        }
    }
}

async fn is_enabled(work: &LogonWork<'_>, provider: &ProviderId, wanted: bool) -> Result<bool, Error> {
    let providers = work.logon.providers().await?;
    let found = providers.iter().find(|known| known.id == *provider);
    Ok(found.map_or(!wanted, |known| known.is_enabled == wanted))
}

/// What a call teaches once it is applied.
fn lessons(call: &LogonCall) -> Vec<LogonLesson> {
    match call {
        LogonCall::CreateProvider { .. } => Vec::new(),
        LogonCall::EnableProvider { provider } => vec![LogonLesson::Chosen(Some(provider.clone()))],
        LogonCall::DisableProvider { .. } => vec![LogonLesson::Chosen(None)],
        LogonCall::Bind { provider, account, user } => {
            let name = LogonName { provider: provider.clone(), user: user.clone(), is_ours: true };
            vec![LogonLesson::Named(account.clone(), Some(name))]
        }
        LogonCall::Unbind { account, .. } => vec![LogonLesson::Named(account.clone(), None)],
    }
}

/// One call with its intent before and its end after it. Without an answer, reading tells.
async fn write(work: &LogonWork<'_>, call: LogonCall) -> Result<(), Error> {
    let id = work.journal.intend_logon(call.clone(), work.clock.now_ms()).await?;
    let sent = match &call {
        LogonCall::CreateProvider { .. } => {
            let token = format!("dingsync-{}-{id}-{}", work.wish.corp_id, work.clock.now_ms());
            work.logon.create_provider(work.wish, &token).await.map(|_| ())
        }
        LogonCall::EnableProvider { provider } => work.logon.set_enabled(provider, true).await,
        LogonCall::DisableProvider { provider } => work.logon.set_enabled(provider, false).await,
        LogonCall::Bind { provider, account, user } => work.logon.bind(provider, account, user).await,
        LogonCall::Unbind { provider, account, user } => work.logon.unbind(provider, account, user).await,
    };
    let Err(error) = sent else {
        return work.journal.end_logon(id, LogonEnd::Applied, lessons(&call)).await;
    };
    if error.kind == ErrorKind::Network && found(work, &call).await? {
        return work.journal.end_logon(id, LogonEnd::Applied, lessons(&call)).await;
    }
    let end = LogonEnd::NotApplied { code: error.code.clone(), message: error.message.clone() };
    work.journal.end_logon(id, end, Vec::new()).await?;
    Err(error)
}

/// The provider's row. A provider that is created is switched on by the same approval.
async fn provider(work: &LogonWork<'_>, row: &LogonChange) -> Result<LogonOutcome, Error> {
    match row.action {
        LogonAction::CreateProvider => {
            write(work, LogonCall::CreateProvider { name: row.name.clone() }).await?;
            let made = look(work, None).await?;
            match made.provider {
                Some(provider) if !provider.is_enabled => {
                    write(work, LogonCall::EnableProvider { provider: provider.id }).await?;
                }
                Some(_) => {}
                None => {
                    return Err(Error::new(
                        ErrorKind::Service,
                        "IDaaS does not list the provider it created",
                    ));
                }
            }
        }
        LogonAction::EnableProvider | LogonAction::DisableProvider => {
            let provider = ProviderId(row.target_id.clone().unwrap_or_default());
            let call = if row.action == LogonAction::EnableProvider {
                LogonCall::EnableProvider { provider }
            } else {
                LogonCall::DisableProvider { provider }
            };
            write(work, call).await?;
        }
        LogonAction::Blocked => {
            return Err(Error::new(
                ErrorKind::Settings,
                "scenario.qr_logon needs dingtalk.callback_domain, which is empty",
            )
            .with_hint(
                "enter the callback domain of the DingTalk app in step 1, or switch QR code logon off",
            ));
        }
        LogonAction::Bind
        | LogonAction::Rebind
        | LogonAction::Unbind
        | LogonAction::Unchanged
        | LogonAction::Conflict => {}
    }
    Ok(LogonOutcome::Applied)
}

/// One account: looked at, then written where that is ours to do.
async fn account(
    work: &LogonWork<'_>,
    provider: &ProviderId,
    memory: &LogonMemory,
    row: &LogonChange,
) -> Result<LogonOutcome, Error> {
    let account = AccountId(row.source_id.clone().unwrap_or_default());
    let wanted = work.users.get(&account).cloned();
    let known = memory.names.get(&account).filter(|known| known.provider == *provider);
    let Some(names) = work.logon.names(provider, &account).await? else {
        // The account is gone, and its names with it.
        work.journal.learn_logon(vec![LogonLesson::Named(account, None)]).await?;
        return Ok(LogonOutcome::Unchanged);
    };
    let is_ours = |name: &UserId| known.is_some_and(|known| known.is_ours && known.user == *name);
    if let Some(user) = &wanted
        && names.contains(user)
    {
        let name = LogonName { provider: provider.clone(), user: user.clone(), is_ours: is_ours(user) };
        work.journal.learn_logon(vec![LogonLesson::Named(account, Some(name))]).await?;
        return Ok(LogonOutcome::Unchanged);
    }
    if let Some(foreign) = names.iter().find(|name| !is_ours(name)) {
        let name = LogonName { provider: provider.clone(), user: foreign.clone(), is_ours: false };
        work.journal.learn_logon(vec![LogonLesson::Named(account, Some(name))]).await?;
        return Ok(if wanted.is_some() { LogonOutcome::Skipped } else { LogonOutcome::Unchanged });
    }
    for user in names {
        let (provider, account) = (provider.clone(), account.clone());
        write(work, LogonCall::Unbind { provider, account, user }).await?;
    }
    match wanted {
        Some(user) => write(work, LogonCall::Bind { provider: provider.clone(), account, user }).await?,
        None => work.journal.learn_logon(vec![LogonLesson::Named(account, None)]).await?,
    }
    Ok(LogonOutcome::Applied)
}
