//! Reads both sides for the wizard and computes its numbers on threads of their own. A task that is replaced stops
//! computing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::desk::off_the_screen;
use super::{Reply, Worker};
use crate::config::settings_file::SettingsFile;
use crate::connect::{Services, SystemClock, state_if_any};
use crate::core::clock::Clock;
use crate::core::error::{Error, ErrorKind};
use crate::core::plan::Entity;
use crate::core::preview::needs;
use crate::core::profile::{Edition, MappingRow};
use crate::core::source::{Account, AccountId, Detail, NoCache};
use crate::core::survey::{self, Impact, Paces, People, Report, Survey};
use crate::tui::draft::{Draft, profile};
use crate::tui::message::Answer;
use crate::tui::survey::{Counted, Sides, SurveyNews, SurveyRequest};

/// Typing that goes on is waited for this long before anything is computed.
const PAUSE: Duration = Duration::from_millis(120);
/// Between two looks at how many calls a read has made.
const BEAT: Duration = Duration::from_millis(500);
/// Sample accounts read at once.
const WIDTH: usize = 8;

impl Worker {
    /// Begins to answer a question of the wizard's; each kind of question replaces the one before.
    pub(super) fn survey(&mut self, request: SurveyRequest) {
        let reply = self.reply.clone();
        match request {
            SurveyRequest::Read { file, draft, in_full } => {
                self.start("survey", read_and_tell(file, draft, in_full, reply));
            }
            SurveyRequest::Count { file, draft, sides, ticket } => {
                self.start("survey count", count(file, draft, sides, ticket, reply));
            }
            SurveyRequest::Look { sides, people, rows, entity, edition, ticket } => {
                let subject = Subject { sides, people, entity, edition };
                self.start("survey rows", look(subject, rows, ticket, reply));
            }
            SurveyRequest::Try { sides, people, before, row, entity, edition, ticket } => {
                let subject = Subject { sides, people, entity, edition };
                self.start("survey edit", try_row(subject, before, row, ticket, reply));
            }
            SurveyRequest::Sample { file, draft, ids } => {
                self.start("survey samples", async move {
                    let accounts = samples(&file, &draft, ids).await;
                    tell(&reply, SurveyNews::Samples(accounts)).await;
                });
            }
        }
    }
}

async fn tell(reply: &Reply, news: SurveyNews) {
    reply.send(Answer::Survey(Box::new(news))).await;
}

/// Whose rows are looked into.
#[derive(Clone)]
struct Subject {
    sides: Sides,
    people: Arc<People>,
    entity: Entity,
    edition: Edition,
}

impl Subject {
    fn report(&self, row: &MappingRow, goes_on: &dyn Fn() -> bool) -> Option<Result<Arc<Report>, String>> {
        let Self { sides, people, entity, edition } = self;
        match survey::report(&sides.survey, people, row, *entity, *edition, goes_on) {
            Ok(report) => report.map(|report| Ok(Arc::new(report))),
            Err(error) => Some(Err(error.problem)),
        }
    }
}

async fn read_and_tell(file: Box<SettingsFile>, draft: Box<Draft>, in_full: bool, reply: Reply) {
    let result = read(&file, &draft, in_full, &reply).await;
    tell(&reply, SurveyNews::Read(result)).await;
}

async fn services(file: &SettingsFile, draft: &Draft) -> Result<(Services, crate::config::Config), Error> {
    let (file, draft) = (file.clone(), draft.clone());
    let config = off_the_screen(move || file.services(&draft)).await??;
    Ok((Services::open(&config).await?, config))
}

async fn read(file: &SettingsFile, draft: &Draft, in_full: bool, reply: &Reply) -> Result<Sides, Error> {
    let (services, config) = services(file, draft).await?;
    let state = off_the_screen(move || state_if_any(&config)).await??;
    let mut needs = needs(&profile(draft, None))?;
    if in_full {
        needs.source.detail = Detail::Everything;
    }
    let reading = survey::Reading {
        source: &*services.source,
        target: &*services.target,
        journal: state.as_ref().map(|(journal, _)| &**journal),
        cache: state.as_ref().map_or(&NoCache, |(_, cache)| &**cache),
    };
    let beat = async {
        loop {
            tokio::time::sleep(BEAT).await;
            let calls = services.source.calls() + services.target.calls();
            tell(reply, SurveyNews::Reading(calls)).await;
        }
    };
    let survey = tokio::select! {
        survey = survey::read(&reading, needs, SystemClock.now_ms()) => survey?,
        () = beat => return Err(Error::new(ErrorKind::State, "the read was given up")),
    };
    off_the_screen(move || sides(survey)).await
}

fn sides(survey: Survey) -> Sides {
    let units = Arc::new(survey::units(&survey.source));
    let departments = Arc::new(survey::departments(&survey.target));
    let names: BTreeSet<&String> = survey
        .source
        .accounts
        .iter()
        .flat_map(|account| &account.custom_fields)
        .map(|(name, _)| name)
        .collect();
    let custom_fields = Arc::new(names.into_iter().cloned().collect());
    Sides { survey: Arc::new(survey), units, departments, custom_fields }
}

async fn count(file: Box<SettingsFile>, draft: Box<Draft>, sides: Sides, ticket: u64, reply: Reply) {
    tokio::time::sleep(PAUSE).await;
    let services = file.clone();
    let asked = draft.clone();
    let pace = off_the_screen(move || {
        services.services(&asked).map(|config| {
            let (source, target) = (config.idaas.calls_per_second, config.dingtalk.calls_per_second);
            (config.profile.limits, Paces { source, target })
        })
    });
    let (limits, pace) = match pace.await {
        Ok(Ok((limits, pace))) => (Some(limits), pace),
        Ok(Err(_)) | Err(_) => (None, Paces { source: 10, target: 20 }),
    };
    let profile = profile(&draft, limits);
    let (counting, of) = (sides.clone(), profile.clone());
    let counted = off_the_screen(move || {
        let selection = |pair: &crate::tui::draft::DraftPair| {
            survey::selection(&counting.survey, &counting.units, &pair.sources)
        };
        let selections = draft.scope.iter().map(selection).collect();
        let people = Arc::new(survey::people(&counting.survey, &of)?);
        Ok(Counted { selections, people })
    })
    .await
    .and_then(|counted| counted);
    let is_refused = counted.is_err();
    tell(&reply, SurveyNews::Counted(ticket, counted)).await;
    if is_refused {
        return;
    }
    let estimate = off_the_screen(move || survey::estimate(&sides.survey, &profile, pace)).await;
    tell(&reply, SurveyNews::Estimated(ticket, estimate.and_then(|estimate| estimate))).await;
}

async fn look(subject: Subject, rows: Vec<MappingRow>, ticket: u64, reply: Reply) {
    let reports = computed(move |goes_on| {
        rows.iter().map(|row| subject.report(row, goes_on)).collect::<Option<Vec<_>>>()
    });
    if let Some(reports) = reports.await {
        tell(&reply, SurveyNews::Looked(ticket, reports)).await;
    }
}

async fn try_row(subject: Subject, before: Option<Arc<Report>>, row: MappingRow, ticket: u64, reply: Reply) {
    tokio::time::sleep(PAUSE).await;
    let tried = computed(move |goes_on| {
        let after = subject.report(&row, goes_on)?;
        let impact = after.as_ref().ok().map(|after| Impact::between(before.as_deref(), after));
        Some((after, impact))
    });
    if let Some((after, impact)) = tried.await {
        tell(&reply, SurveyNews::Tried(ticket, after, impact)).await;
    }
}

/// Computes on a thread of its own and stops when nobody waits any more.
async fn computed<T: Send + 'static>(
    does: impl FnOnce(&dyn Fn() -> bool) -> Option<T> + Send + 'static,
) -> Option<T> {
    struct Leaving(Arc<AtomicBool>);
    impl Drop for Leaving {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let is_gone = Arc::new(AtomicBool::new(false));
    let _leaving = Leaving(Arc::clone(&is_gone));
    off_the_screen(move || does(&|| !is_gone.load(Ordering::Relaxed))).await.ok().flatten()
}

async fn samples(file: &SettingsFile, draft: &Draft, ids: Vec<AccountId>) -> Result<Vec<Account>, Error> {
    let (services, _) = services(file, draft).await?;
    let read: Vec<Option<Account>> = stream::iter(ids)
        .map(|id| {
            let source = Arc::clone(&services.source);
            async move { source.account(&id).await }
        })
        .buffered(WIDTH)
        .try_collect()
        .await?;
    Ok(read.into_iter().flatten().collect())
}
