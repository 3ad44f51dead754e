//! What was: runs, reports, what an undo would do; and how the connection stands now.

use std::sync::Arc;

use super::desk::{Desk, elapsed_ms, off_the_screen};
use super::{Reply, files};
use crate::config::Config;
use crate::connect::{Connection, Services, open_state};
use crate::core::check::{CheckId, CheckStatus};
use crate::core::error::{Error, ErrorKind};
use crate::core::incremental::WatchStatus;
use crate::core::journal::{Journal, LockHolder, RunRecord};
use crate::core::plan::Plan;
use crate::core::preview;
use crate::export;
use crate::live::{Place, holder};
use crate::report::Report;
use crate::tui::message::Answer;

/// The slots: one question of each kind at a time.
pub(super) const STANDING: &str = "standing";
pub(super) const SERVICES: &str = "services";
pub(super) const REPORT: &str = "report";

/// What is asked.
#[derive(Debug, Clone)]
pub enum Request {
    /// How the connection stands: runs, bindings, who is at work.
    Standing,
    /// Try both services.
    Services,
    /// One run in full.
    Report(String),
    /// What undoing a run would do.
    Undo(String),
    /// One run in full, to files beside the settings.
    Export(String, &'static str),
}

/// A failure to show: message and way out.
pub type Failure = (String, Option<String>);

/// How the connection stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Every run, newest first.
    pub runs: Vec<RunRecord>,
    /// Bound users.
    pub users: u64,
    /// Bound departments.
    pub departments: u64,
    /// Invitations that wait for consent.
    pub pending: u64,
    /// Who holds the connection's lock.
    pub holder: Option<LockHolder>,
    /// How watching stands, while somebody watches.
    pub watch: Option<Box<WatchStatus>>,
}

/// A service that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// How long it took.
    pub elapsed_ms: u64,
    /// Why it does not answer as it should.
    pub failure: Option<Failure>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum Told {
    /// How the connection stands.
    Standing(Result<Arc<Standing>, Failure>),
    /// IDaaS was tried.
    Idaas(Tried),
    /// DingTalk was tried.
    Dingtalk(Tried),
    /// One run in full.
    Report(Result<Arc<Report>, Failure>),
    /// The plan that would undo a run.
    Undo(String, Result<Arc<Plan>, Failure>),
}

/// Answers a question.
pub(super) async fn answer(desk: Desk, request: Request, reply: Reply) {
    match request {
        Request::Standing => tell(&reply, Told::Standing(standing(&desk).await.map_err(failure))).await,
        Request::Services => services(&desk, &reply).await,
        Request::Report(run) => tell(&reply, Told::Report(report(&desk, &run).await.map_err(failure))).await,
        Request::Export(run, locale) => export(desk, &run, locale, reply).await,
        Request::Undo(run) => {
            let plan = inverse(&desk, &run).await.map(Arc::new).map_err(failure);
            tell(&reply, Told::Undo(run, plan)).await;
        }
    }
}

async fn tell(reply: &Reply, told: Told) {
    reply.send(Answer::Past(told)).await;
}

fn failure(error: Error) -> Failure {
    (error.message, error.hint)
}

async fn standing(desk: &Desk) -> Result<Arc<Standing>, Error> {
    let config = desk.config().await?;
    let store = state(&config).await?;
    let (runs, memory) = futures::try_join!(store.runs(), store.memory())?;
    let (holder, watch) = off_the_screen(move || {
        let holder = holder(Place::of(&config.state_path).state());
        // What it says is only true while its process lives.
        let watch = holder.as_ref().filter(|holder| holder.command == "watch").and_then(|_| {
            let text = std::fs::read_to_string(config.watch_status_path()).ok()?;
            serde_json::from_str(&text).ok()
        });
        (holder, watch)
    })
    .await?;
    Ok(Arc::new(Standing {
        runs,
        users: memory.users.len() as u64,
        departments: memory.departments.len() as u64,
        pending: memory.pending.len() as u64,
        holder,
        watch,
    }))
}

async fn state(config: &Config) -> Result<crate::store::Store, Error> {
    let config = config.clone();
    off_the_screen(move || open_state(&config)).await?
}

/// Both side by side; each ends at its first failure.
async fn services(desk: &Desk, reply: &Reply) {
    let opened = match desk.config().await {
        Ok(config) => Services::open(&config).await,
        Err(error) => Err(error),
    };
    let services = match opened {
        Ok(services) => services,
        Err(error) => {
            let tried = Tried { elapsed_ms: 0, failure: Some(failure(error)) };
            tell(reply, Told::Idaas(tried.clone())).await;
            return tell(reply, Told::Dingtalk(tried)).await;
        }
    };
    let idaas = async {
        let tried = try_items(&services, &[CheckId::SourceCredentials, CheckId::SourceInstance]).await;
        tell(reply, Told::Idaas(tried)).await;
    };
    let dingtalk = async {
        let tried = try_items(&services, &[CheckId::Token, CheckId::Corp]).await;
        tell(reply, Told::Dingtalk(tried)).await;
    };
    futures::join!(idaas, dingtalk);
}

async fn try_items(services: &Services, items: &[CheckId]) -> Tried {
    let mut total = 0;
    for item in items {
        let check = async {
            if item.is_source() {
                services.source.check(*item, &services.check).await
            } else {
                services.target.check(*item, &services.check).await
            }
        };
        let (finding, elapsed_ms) = elapsed_ms(check).await;
        total += elapsed_ms;
        if finding.status == CheckStatus::Fail {
            return Tried { elapsed_ms: total, failure: Some((finding.message, finding.fix)) };
        }
    }
    Tried { elapsed_ms: total, failure: None }
}

async fn report(desk: &Desk, run: &str) -> Result<Arc<Report>, Error> {
    let store = state(&desk.config().await?).await?;
    let (record, plan, ended) = store.run(run).await?.ok_or_else(|| unknown(run))?;
    Ok(Arc::new(Report::new(record, &plan, ended)))
}

/// The report as Markdown, CSV and JSON.
async fn export(desk: Desk, run: &str, locale: &'static str, reply: Reply) {
    let report = match report(&desk, run).await {
        Ok(report) => report,
        Err(error) => return tell(&reply, Told::Report(Err(failure(error)))).await,
    };
    let texts = off_the_screen(move || {
        let mut json = Vec::new();
        let is_json = export::write_json(&mut json, &report.json()).is_ok();
        let json = is_json.then(|| String::from_utf8_lossy(&json).into_owned());
        [("md", Some(report.markdown(locale))), ("csv", report.csv(locale).ok()), ("json", json)]
    });
    for (format, text) in texts.await.into_iter().flatten() {
        let Some(text) = text else { continue };
        files::write(desk.clone(), format!("report-{run}.{format}"), text, reply.clone()).await;
    }
}

/// The plan that `dingsync undo RUN` shows.
async fn inverse(desk: &Desk, run: &str) -> Result<Plan, Error> {
    let connection = Connection::open(&desk.config().await?).await?;
    let found = preview::inverse(&connection.reading(), run).await?;
    found.map(|(plan, _)| plan).ok_or_else(|| unknown(run))
}

fn unknown(run: &str) -> Error {
    Error::new(ErrorKind::State, format!("there is no run `{run}`"))
}
