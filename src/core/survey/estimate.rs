//! What a scenario would cost: a plan is made and only its numbers are kept.

use super::Survey;
use crate::core::error::Error;
use crate::core::plan::{Action, Change, Entity, LimitExceeded, Summary};
use crate::core::planner::{plan, write_calls};
use crate::core::preview::needs;
use crate::core::profile::Profile;
use crate::core::source::Detail;
use crate::core::target::Interface;

/// The numbers of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// Records by what would happen to them.
    pub summary: Summary,
    /// Writes by interface; interfaces without any are left out.
    pub writes: Vec<(Interface, u64)>,
    /// Calls that reading both sides for it takes.
    pub reads: u64,
    /// Seconds the reads take at least, at the settings' pace: both sides are read side by side.
    pub read_seconds: u64,
    /// Seconds the writes take at least, at the settings' pace: each interface has a lane of its own, people follow
    /// departments.
    pub seconds: u64,
    /// Limits a run would exceed.
    pub limits: Vec<LimitExceeded>,
}

impl Estimate {
    /// Records that would be written or bound.
    pub fn records(&self) -> u64 {
        self.summary.users.writing() + self.summary.departments.writing()
    }

    /// Calls that write.
    pub fn calls(&self) -> u64 {
        self.writes.iter().map(|(_, calls)| calls).sum()
    }
}

/// The settings' ceilings, calls per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paces {
    /// IDaaS.
    pub source: u32,
    /// DingTalk, for each interface.
    pub target: u32,
}

/// Plans and counts. Errors: those of a plan.
pub fn estimate(survey: &Survey, profile: &Profile, paces: Paces) -> Result<Estimate, Error> {
    let plan = plan(&survey.input(profile))?;
    // Custom fields and groups cost a call for each account that was not read in full before.
    let in_full = needs(profile)?.source.detail == Detail::Everything && survey.detail != Detail::Everything;
    let source_reads = survey.source.calls + if in_full { plan.source.accounts } else { 0 };
    let target_reads = survey.target.calls;
    let seconds = |calls: u64, pace: u32| calls.div_ceil(u64::from(pace.max(1)));
    let calls = |interface: Interface| {
        let changes = plan.changes.iter().filter(|change| interface_of(change) == Some(interface));
        (interface, changes.map(write_calls).sum::<u64>())
    };
    let writes: Vec<(Interface, u64)> =
        Interface::ALL.into_iter().map(calls).filter(|(_, calls)| *calls > 0).collect();
    let slowest = |is_user: bool| {
        let lanes = writes.iter().filter(|(interface, _)| interface.as_str().starts_with("user/") == is_user);
        seconds(lanes.map(|(_, calls)| *calls).max().unwrap_or_default(), paces.target)
    };
    Ok(Estimate {
        summary: plan.summary,
        reads: source_reads + target_reads,
        read_seconds: seconds(source_reads, paces.source).max(seconds(target_reads, paces.target)),
        seconds: slowest(false) + slowest(true),
        limits: plan.limits,
        writes,
    })
}

fn interface_of(change: &Change) -> Option<Interface> {
    Some(match (change.entity, change.action) {
        (Entity::Department, Action::Create) => Interface::DepartmentCreate,
        (Entity::Department, Action::Remove) => Interface::DepartmentDelete,
        (Entity::Department, Action::Link | Action::Update | Action::Move) => Interface::DepartmentUpdate,
        (Entity::User, Action::Create) => Interface::UserCreate,
        (Entity::User, Action::Remove) => Interface::UserDelete,
        (Entity::User, Action::Link | Action::Update | Action::Move) => Interface::UserUpdate,
        (_, Action::Hold | Action::Unchanged | Action::Conflict | Action::Blocked | Action::Unmanaged) => {
            return None;
        }
    })
}
