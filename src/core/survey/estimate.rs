//! What a scenario would cost: a plan is made and only its numbers are kept.

use super::Survey;
use crate::core::error::Error;
use crate::core::plan::{Action, Change, Entity, LimitExceeded, Summary};
use crate::core::planner::{plan, write_calls};
use crate::core::profile::Profile;
use crate::core::target::Interface;

/// The numbers of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    /// Records by what would happen to them.
    pub summary: Summary,
    /// Writes by interface; interfaces without any are left out.
    pub writes: Vec<(Interface, u64)>,
    /// Calls that reading both sides took.
    pub reads: u64,
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

/// Plans and counts. Errors: those of a plan.
pub fn estimate(survey: &Survey, profile: &Profile, calls_per_second: u32) -> Result<Estimate, Error> {
    let plan = plan(&survey.input(profile))?;
    let calls = |interface: Interface| {
        let changes = plan.changes.iter().filter(|change| interface_of(change) == Some(interface));
        (interface, changes.map(write_calls).sum::<u64>())
    };
    let writes: Vec<(Interface, u64)> =
        Interface::ALL.into_iter().map(calls).filter(|(_, calls)| *calls > 0).collect();
    let slowest = |is_user: bool| {
        let lanes = writes.iter().filter(|(interface, _)| interface.as_str().starts_with("user/") == is_user);
        lanes.map(|(_, calls)| *calls).max().unwrap_or_default().div_ceil(u64::from(calls_per_second.max(1)))
    };
    Ok(Estimate {
        summary: plan.summary,
        reads: plan.calls.read,
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
