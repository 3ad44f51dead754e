//! Before the first event: whether watching is allowed, what an earlier process left, the first complete read.

use std::collections::{HashMap, HashSet};

use super::Subject;
use super::backlog::Backlog;
use super::batch::{self, State};
use super::desired::{self, Desired};
use super::escrow::Escrow;
use super::follow::Watching;
use super::keys::Keyring;
use super::poll::{self, Renewal};
use super::port::DriftState;
use super::remembering::Lessons;
use super::removals::Removals;
use super::status::WatchStatus;
use super::view::View;
use crate::core::error::{Error, ErrorKind};
use crate::core::event::RunStatus;
use crate::core::journal::{Memory, RunKind};
use crate::core::profile::Profile;
use crate::core::source::SourceSnapshot;
use crate::core::target::{Range, TargetSnapshot};

/// Everything the loop begins with.
pub(super) struct Started {
    pub state: State,
    pub renewal: Renewal,
    pub backlog: Backlog,
    /// How long the first read took.
    pub took_ms: i64,
    pub status: WatchStatus,
    /// Records whose wishes were taken as agreed, because the mapping changed.
    pub adopted: Option<u64>,
}

/// Whether a connection may be watched: the mode is on, and a full sync has finished. Kind approval.
pub fn may_watch(profile: &Profile, memory: &Memory) -> Result<(), Error> {
    if !profile.scenario.incremental {
        let message = "incremental synchronization is off (scenario.incremental = false)";
        return Err(Error::new(ErrorKind::Approval, message)
            .with_hint("switch it on in step 3, or set scenario.incremental = true"));
    }
    if memory.finished_full_syncs == 0 {
        let message = "no full sync of this connection has finished yet, so nobody is bound";
        return Err(Error::new(ErrorKind::Approval, message).with_hint("run one first: dingsync sync"));
    }
    Ok(())
}

pub(super) async fn start(watching: &Watching<'_>, lessons: Lessons) -> Result<Started, Error> {
    let memory = watching.journal.memory().await?;
    may_watch(watching.profile, &memory)?;
    drop(memory);
    batch::settle(watching).await?;
    let began = watching.clock.now_ms();
    let desired = Desired::compile(watching.profile)?;
    let renewal = poll::full(watching, 0, HashSet::new()).await?;
    let now = watching.clock.now_ms();
    let mut state = State {
        view: nothing(watching.profile)?,
        standing: None,
        lessons,
        desired,
        marks: HashMap::new(),
        escrow: Escrow::default(),
        removals: Removals::load(watching.journal, now).await?,
        drifts: HashMap::new(),
        is_unsettled: false,
        withheld: Vec::new(),
    };
    for (drift, _) in watching.inbox.drifts().await? {
        state.drifts.insert((drift.entity, drift.source_id.clone()), drift);
    }
    let adopted = remember_marks(watching, &mut state, &renewal).await?;
    let mut backlog = Backlog::default();
    for waiting in watching.inbox.waiting().await? {
        let is_deleted = waiting.event.kind.ends_with(":delete");
        backlog.add(waiting.event.subject, Some(waiting.event.id), is_deleted, waiting.received_at_ms, now);
    }
    let (held, failed) = watching.inbox.unsuccessful().await?;
    let status = WatchStatus {
        address: watching.address.clone(),
        pid: watching.pid,
        started_at_ms: began,
        held,
        failed,
        drift: state.drifts.values().filter(|drift| drift.state == DriftState::Open).count() as u64,
        last_repair_at_ms: Some(now),
        mapping_changed: adopted.is_some(),
        ..WatchStatus::default()
    };
    Ok(Started { state, renewal, backlog, took_ms: now - began, status, adopted })
}

/// Takes up what both sides last agreed on. Marks made by another mapping say nothing: where a full sync has been
/// made by the present one they are forgotten, and differences are written; where none has, the present wishes are
/// taken as agreed, so that nobody is sent again unasked.
async fn remember_marks(
    watching: &Watching<'_>,
    state: &mut State,
    renewal: &Renewal,
) -> Result<Option<u64>, Error> {
    let baseline = watching.inbox.baseline().await?;
    match baseline.profile.as_deref() {
        Some(profile) if profile == state.desired.profile => {
            state.marks = baseline.marks;
            return Ok(None);
        }
        _ if is_synchronised(watching).await? => return Ok(None),
        Some(_) | None => {}
    }
    let (Renewal::Full { source, target, .. }, now) = (renewal, watching.clock.now_ms()) else {
        return Ok(None);
    };
    let view = View::new(Keyring::new(watching.profile)?, source.clone(), target.clone());
    let in_scope: HashSet<&str> = state.desired.units_in_scope(&view);
    let marks: Vec<(Subject, Option<i64>)> = desired::subjects(&view)
        .map(|subject| {
            let mark = state.desired.mark(&subject, &view, &in_scope, now);
            (subject, Some(mark))
        })
        .collect();
    state.marks = marks.iter().filter_map(|(subject, mark)| Some((subject.clone(), (*mark)?))).collect();
    let records = state.marks.len() as u64;
    watching.inbox.agree(&state.desired.profile, marks).await?;
    Ok(Some(records))
}

/// Whether the last full sync was made by the present scenario and mapping.
async fn is_synchronised(watching: &Watching<'_>) -> Result<bool, Error> {
    let runs = watching.journal.runs().await?;
    let last = runs.into_iter().find(|run| {
        run.kind == RunKind::Sync && matches!(run.status, RunStatus::Success | RunStatus::PartialSuccess)
    });
    let Some(last) = last else { return Ok(false) };
    let Some((_, plan, _)) = watching.journal.run(&last.run).await? else { return Ok(false) };
    let modes = [(false, false), (false, true), (true, false), (true, true)];
    Ok(modes.into_iter().any(|(incremental, qr_logon)| {
        let mut profile = watching.profile.clone();
        profile.scenario.incremental = incremental;
        profile.scenario.qr_logon = qr_logon;
        profile.fingerprint() == plan.profile
    }))
}

fn nothing(profile: &Profile) -> Result<View, Error> {
    let target = TargetSnapshot {
        departments: Vec::new(),
        users: Vec::new(),
        is_complete: false,
        range: Range::All,
        unreadable: std::collections::BTreeSet::new(),
        calls: 0,
        read_at_ms: 0,
    };
    Ok(View::new(Keyring::new(profile)?, SourceSnapshot::default(), target))
}
