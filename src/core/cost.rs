//! What applying a plan costs: calls at each interface, and about how long they take at a given pace.

use super::plan::{Action, Change, Entity};
use super::planner::write_calls;
use super::target::Interface;

/// The share of a pace that a run keeps to.
const SHARE: f64 = 0.97;

/// Calls by interface, in the order of [`Interface::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost([u64; Interface::ALL.len()]);

impl Cost {
    /// The calls of some rows.
    pub fn of<'c>(changes: impl IntoIterator<Item = &'c Change>) -> Self {
        let mut cost = Self::default();
        changes.into_iter().for_each(|change| cost.add(change));
        cost
    }

    /// The calls of one row more.
    pub fn add(&mut self, change: &Change) {
        if let Some(interface) = interface(change) {
            self.0[interface as usize] += write_calls(change);
        }
    }

    /// So many calls more at an interface.
    pub fn add_calls(&mut self, interface: Interface, calls: u64) {
        self.0[interface as usize] += calls;
    }

    /// The calls of one row fewer.
    pub fn take(&mut self, change: &Change) {
        if let Some(interface) = interface(change) {
            let calls = &mut self.0[interface as usize];
            *calls = calls.saturating_sub(write_calls(change));
        }
    }

    /// Each interface that is called, with its calls.
    pub fn iter(&self) -> impl Iterator<Item = (Interface, u64)> + '_ {
        Interface::ALL.into_iter().zip(self.0).filter(|(_, calls)| *calls > 0)
    }

    /// All calls.
    pub fn calls(&self) -> u64 {
        self.0.iter().sum()
    }

    /// About how many seconds they take when every interface takes so many calls a second. Interfaces run side by
    /// side, but departments come before people and removals come last.
    pub fn seconds(&self, calls_per_second: f64) -> f64 {
        let at = |interface: Interface| self.0[interface as usize];
        let phases = [
            at(Interface::DepartmentCreate).max(at(Interface::DepartmentUpdate)),
            at(Interface::UserCreate).max(at(Interface::UserUpdate)),
            at(Interface::UserDelete),
            at(Interface::DepartmentDelete),
        ];
        // Whole calls fit a double exactly as far as anybody will count.
        phases.iter().sum::<u64>() as f64 / (calls_per_second * SHARE).max(0.1)
    }
}

fn interface(change: &Change) -> Option<Interface> {
    let interface = match (change.entity, change.action) {
        (Entity::Department, Action::Create) => Interface::DepartmentCreate,
        (Entity::Department, Action::Link | Action::Update | Action::Move) => Interface::DepartmentUpdate,
        (Entity::Department, Action::Remove) => Interface::DepartmentDelete,
        (Entity::User, Action::Create) => Interface::UserCreate,
        (Entity::User, Action::Link | Action::Update | Action::Move) => Interface::UserUpdate,
        (Entity::User, Action::Remove) => Interface::UserDelete,
        (_, Action::Hold | Action::Unchanged | Action::Conflict | Action::Blocked | Action::Unmanaged) => {
            return None;
        }
    };
    Some(interface)
}
