//! The preview's requests: read and plan, plan again after a decision, look again before a commit, explain, export.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::Reply;
use super::desk::{Desk, off_the_screen};
use crate::connect::Connection;
use crate::core::browse::{Browser, LogonBrowser};
use crate::core::error::Error;
use crate::core::journal::{Learned, Memory};
use crate::core::leave_out::LeftOut;
use crate::core::logon::{LogonBasis, LogonChange};
use crate::core::plan::{Change, Plan};
use crate::core::planner::{
    Candidate, DepartmentCandidate, Explanation, PlanInput, candidates, department_candidates, explain, plan,
};
use crate::core::preview::{Preview, preview};
use crate::core::profile::Profile;
use crate::core::saved::{self, Stale};
use crate::core::source::SourceSnapshot;
use crate::core::target::TargetSnapshot;
use crate::export;
use crate::tui::message::Answer;

/// Between two looks at how far the reading is.
const LOOK: Duration = Duration::from_millis(250);

/// A plan with everything it was made from: what the screen shows, and what it is planned again from.
pub struct View {
    /// The plan with its indexes.
    pub browser: Browser,
    /// The settings it was made by.
    pub profile: Profile,
    /// `calls_per_second` of DingTalk.
    pub calls_per_second: u32,
    /// The source as read.
    pub source: Arc<SourceSnapshot>,
    /// The target as read.
    pub target: Arc<TargetSnapshot>,
    /// Bindings and decisions.
    pub memory: Memory,
    /// When it was read, Unix milliseconds.
    pub now_ms: i64,
    /// What follows for QR code logon, under the same approval: `None` where it concerns nobody, or why it cannot be
    /// said.
    pub logon: Result<Option<LogonBrowser>, Error>,
    logon_basis: LogonRead,
}

impl View {
    /// From both sides as read.
    pub fn new(plan: Plan, basis: Basis) -> Self {
        let Basis { profile, calls_per_second, source, target, memory, now_ms, logon } = basis;
        let input = PlanInput {
            profile: &profile,
            source: &source,
            target: &target,
            memory: &memory,
            now_ms,
            read_calls: 0,
        };
        let following = logon.as_ref().map_err(Clone::clone).map(|read| {
            read.as_ref().and_then(|(basis, _)| basis.following(&memory.users, &plan)).map(LogonBrowser::new)
        });
        let browser = Browser::new(Arc::new(plan), &input);
        let (logon, logon_basis) = (following, logon);
        Self { browser, profile, calls_per_second, source, target, memory, now_ms, logon, logon_basis }
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        self.browser.plan()
    }

    /// What it was made from.
    pub fn input(&self) -> PlanInput<'_> {
        PlanInput {
            profile: &self.profile,
            source: &self.source,
            target: &self.target,
            memory: &self.memory,
            now_ms: self.now_ms,
            read_calls: self.plan().calls.read,
        }
    }

    /// `calls_per_second` of IDaaS, where QR code logon was looked at.
    pub fn logon_pace(&self) -> Option<u32> {
        self.logon_basis.as_ref().ok()?.as_ref().map(|(_, pace)| *pace)
    }

    /// The rows that are left out.
    pub fn left_out<'v>(&'v self, out: &'v Out) -> impl Iterator<Item = &'v Change> {
        out.keys().filter_map(|row| self.plan().changes.get(*row))
    }

    /// What is written for QR code logon when these rows of the plan are left out.
    fn logon_writes<'v>(&'v self, left_out: impl Iterator<Item = &'v Change>) -> Vec<&'v LogonChange> {
        let Ok(Some(logon)) = &self.logon else { return Vec::new() };
        let logon = logon.plan();
        let needing = logon.needing(left_out);
        let is_written =
            |(index, row): &(usize, &LogonChange)| row.action.is_writing() && !needing.contains(index);
        logon.changes.iter().enumerate().filter(is_written).map(|(_, row)| row).collect()
    }

    fn without(&self, rows: &BTreeMap<usize, LeftOut>) -> Plan {
        self.plan().without(rows, &self.profile.limits, &self.memory)
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("plan_id", &self.plan().plan_id).finish_non_exhaustive()
    }
}

/// What a view is made from besides its plan.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields of a view")]
pub struct Basis {
    pub profile: Profile,
    pub calls_per_second: u32,
    pub source: Arc<SourceSnapshot>,
    pub target: Arc<TargetSnapshot>,
    pub memory: Memory,
    pub now_ms: i64,
    pub logon: LogonRead,
}

/// What QR code logon is planned from, with `calls_per_second` of IDaaS; `None` where nobody looked.
pub type LogonRead = Result<Option<(LogonBasis, u32)>, Error>;

/// The rows that are left out, by their place in the plan.
pub type Out = BTreeMap<usize, LeftOut>;

/// How an export looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The plan document, for `sync --plan`.
    Json,
    /// A line for each field that changes.
    Csv,
}

/// What the preview asks for.
#[derive(Debug, Clone)]
pub enum Request {
    /// Read both sides and plan.
    Read,
    /// Read no further.
    Stop,
    /// Remember decisions and plan again from what was read.
    Decide(Arc<View>, Vec<Learned>),
    /// The users an account could be linked to.
    Candidates(Arc<View>, String),
    /// The departments a unit could be linked to.
    UnitCandidates(Arc<View>, String),
    /// Why a record is planned as it is.
    Explain(Arc<View>, String),
    /// Read again and see whether the plan without these rows still holds.
    Verify(Arc<View>, Out),
    /// Write the plan without these rows to a file beside the settings.
    Export(Arc<View>, Out, Format),
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Told {
    /// Calls so far, to IDaaS and to DingTalk.
    Reading(u64, u64),
    /// Here it is.
    Ready(Arc<View>),
    /// It failed.
    Failed(Error),
    /// A decision could not be remembered, or nothing could be planned with it.
    NotDecided(Error),
    /// Users an account could be linked to.
    Candidates(String, Vec<Candidate>),
    /// Departments a unit could be linked to.
    UnitCandidates(String, Vec<DepartmentCandidate>),
    /// Why a record is planned as it is.
    Explained(Box<Explanation>),
    /// The plan still holds: this is what may be applied.
    Holds(Arc<Plan>),
    /// What was read moved: the rows that would now be planned differently, and the preview as it is now.
    Moved(Vec<Stale>, Arc<View>),
}

/// The slot of everything that reads: one reading at a time.
pub(super) const READING: &str = "preview";

/// The slot of what only looks at what was read.
pub(super) const LOOKING: &str = "look";

/// Carries out a request.
pub(super) async fn answer(desk: Desk, request: Request, reply: Reply) {
    let told = match request {
        Request::Read => read(&desk, &reply).await.map_or_else(Told::Failed, Told::Ready),
        Request::Stop => return,
        Request::Decide(view, learned) => {
            decide(&desk, &view, learned).await.map_or_else(Told::NotDecided, Told::Ready)
        }
        Request::Candidates(view, id) => {
            let found = off_the_screen({
                let id = id.clone();
                move || candidates(&view.input(), &id)
            });
            Told::Candidates(id, found.await.and_then(|found| found).unwrap_or_default())
        }
        Request::UnitCandidates(view, id) => {
            let found = off_the_screen({
                let id = id.clone();
                move || department_candidates(&view.input(), &id)
            });
            Told::UnitCandidates(id, found.await.and_then(|found| found).unwrap_or_default())
        }
        Request::Explain(view, id) => {
            let found = off_the_screen(move || explain(&view.input(), view.plan(), &id)).await;
            match found.and_then(|found| found) {
                Ok(Some(explanation)) => Told::Explained(Box::new(explanation)),
                Ok(None) => return,
                Err(error) => Told::NotDecided(error),
            }
        }
        Request::Verify(view, out) => verify(&desk, view, out, &reply).await.unwrap_or_else(Told::NotDecided),
        Request::Export(view, out, format) => {
            reply.send(export(&desk, view, out, format).await).await;
            return;
        }
    };
    reply.send(Answer::Preview(told)).await;
}

/// Reads both sides and plans; tells how far it is.
async fn read(desk: &Desk, reply: &Reply) -> Result<Arc<View>, Error> {
    let config = desk.config().await?;
    let connection = Connection::open(&config).await?;
    let reading = connection.reading();
    let now_ms = reading.now_ms;
    let mut read = std::pin::pin!(preview(&reading));
    let mut looks = tokio::time::interval(LOOK);
    let made = loop {
        tokio::select! {
            made = &mut read => break made?,
            _ = looks.tick() => {
                let (source, target) = (&connection.services.source, &connection.services.target);
                reply.send(Answer::Preview(Told::Reading(source.calls(), target.calls()))).await;
            }
        }
    };
    let Preview { plan, source, target, memory } = made;
    let logon = LogonBasis::read(&connection.logon_work(&memory.users)).await;
    let basis = Basis {
        logon: logon.map(|basis| Some((basis, config.idaas.calls_per_second))),
        profile: connection.services.profile.clone(),
        calls_per_second: config.dingtalk.calls_per_second,
        source: Arc::new(source),
        target: Arc::new(target),
        memory,
        now_ms,
    };
    off_the_screen(move || Arc::new(View::new(plan, basis))).await
}

/// Remembers first, so that nothing is shown that would be forgotten.
async fn decide(desk: &Desk, view: &Arc<View>, learned: Vec<Learned>) -> Result<Arc<View>, Error> {
    let connection = desk.connection().await?;
    let lock = connection.lock("decide")?;
    connection.journal.learn(learned).await?;
    drop(lock);
    let memory = Arc::unwrap_or_clone(connection.journal.memory().await?);
    let view = Arc::clone(view);
    off_the_screen(move || {
        let basis = Basis {
            logon: view.logon_basis.clone(),
            profile: view.profile.clone(),
            calls_per_second: view.calls_per_second,
            source: Arc::clone(&view.source),
            target: Arc::clone(&view.target),
            memory,
            now_ms: view.now_ms,
        };
        let read_calls = view.plan().calls.read;
        let input = PlanInput {
            profile: &basis.profile,
            source: &basis.source,
            target: &basis.target,
            memory: &basis.memory,
            now_ms: basis.now_ms,
            read_calls,
        };
        let plan = plan(&input)?;
        Ok(Arc::new(View::new(plan, basis)))
    })
    .await?
}

/// What was approved against what is there now.
async fn verify(desk: &Desk, view: Arc<View>, out: Out, reply: &Reply) -> Result<Told, Error> {
    let fresh = read(desk, reply).await?;
    off_the_screen(move || {
        saved::belongs(view.plan(), &fresh.profile)?;
        let approved = view.without(&out);
        let limits = &fresh.profile.limits;
        let (plan, stale) = saved::reconcile(approved, fresh.plan(), limits, &fresh.memory);
        let holds = stale.is_empty() && is_same_logon(&view, &fresh, &out);
        Ok(if holds { Told::Holds(Arc::new(plan)) } else { Told::Moved(stale, fresh) })
    })
    .await?
}

/// Whether what was approved of QR code logon is what would follow now.
fn is_same_logon(approved: &View, fresh: &View, out: &Out) -> bool {
    approved.logon_writes(approved.left_out(out)) == fresh.logon_writes(approved.left_out(out))
}

async fn export(desk: &Desk, view: Arc<View>, out: Out, format: Format) -> Answer {
    let path = file_of(desk, &view, format);
    let shown = path.display().to_string();
    let written = off_the_screen(move || {
        let plan = view.without(&out);
        match format {
            Format::Json => export::save_plan(&path, &plan, false),
            Format::Csv => export::save_csv(&path, &plan, false),
        }
    });
    let failure = written.await.and_then(|written| written).err().map(|error| error.message);
    Answer::Wrote { path: shown, failure }
}

fn file_of(desk: &Desk, view: &View, format: Format) -> PathBuf {
    let extension = match format {
        Format::Json => "json",
        Format::Csv => "csv",
    };
    desk.settings_path.with_file_name(format!("plan-{}.{extension}", short_id(&view.plan().plan_id)))
}

/// The beginning of a plan's id that is enough to tell two plans apart.
pub fn short_id(plan_id: &str) -> &str {
    let digits = plan_id.strip_prefix("sha256:").unwrap_or(plan_id);
    digits.get(..8).unwrap_or(digits)
}
