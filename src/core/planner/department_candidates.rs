//! The departments a unit could be linked to by hand: those that are free, with something in common first.

use std::collections::HashSet;

use super::target::TargetIndex;
use super::{PlanInput, Rules};
use crate::core::error::Error;
use crate::core::normalise;
use crate::core::source::UnitId;
use crate::core::target::{Department, DepartmentId};

/// How many are worth showing.
const MOST: usize = 20;

/// Why a unit cannot be linked to a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLinkable {
    /// It is not among what was read.
    Unknown,
    /// It belongs to an associated organisation.
    Foreign,
    /// It is the target of a scope.
    Target,
    /// This unit is bound to it.
    Bound(UnitId),
}

/// What a department has in common with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InCommon {
    /// It carries the unit's id.
    SourceIdentifier,
    /// Its name.
    Name,
    /// The department above it.
    Parent,
}

impl InCommon {
    /// DingTalk's name of the field.
    pub fn field(self) -> &'static str {
        match self {
            Self::SourceIdentifier => "source_identifier",
            Self::Name => "name",
            Self::Parent => "parent_id",
        }
    }
}

/// A department a unit could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentCandidate {
    /// The department.
    pub department: Department,
    /// What agrees.
    pub agrees: Vec<InCommon>,
}

/// Why a unit cannot be linked to a department; `None` when it can.
pub fn refusal_to_link_unit(input: &PlanInput<'_>, unit: &UnitId, id: DepartmentId) -> Option<NotLinkable> {
    let found = input.target.departments.iter().find(|department| department.id == id);
    let Some(found) = found else { return Some(NotLinkable::Unknown) };
    if found.is_foreign || !TargetIndex::new(input.target).is_own(id) {
        return Some(NotLinkable::Foreign);
    }
    if input.profile.scenario.scope.iter().any(|pair| pair.target == id) {
        return Some(NotLinkable::Target);
    }
    let bound = input.memory.departments.iter().find(|(other, bound)| **bound == id && *other != unit);
    bound.map(|(other, _)| NotLinkable::Bound(other.clone()))
}

/// The free departments with something in common with a unit, those with most in common first.
pub fn department_candidates(
    input: &PlanInput<'_>,
    unit_id: &str,
) -> Result<Vec<DepartmentCandidate>, Error> {
    let Some(unit) = input.source.units.iter().find(|unit| unit.id == unit_id) else { return Ok(Vec::new()) };
    let rules = Rules::compile(input.profile)?;
    let draft = rules.departments.draft_department(unit);
    let name = normalise::text(draft.value("name").unwrap_or(&unit.name));
    let parent = unit.parent.as_deref().and_then(|parent| place_of(input, parent));
    let target = TargetIndex::new(input.target);
    let taken: HashSet<DepartmentId> = input
        .memory
        .departments
        .values()
        .copied()
        .chain(input.profile.scenario.scope.iter().map(|pair| pair.target))
        .collect();
    let is_free = |department: &&Department| !taken.contains(&department.id) && target.is_own(department.id);
    let mut found: Vec<DepartmentCandidate> = input
        .target
        .departments
        .iter()
        .filter(is_free)
        .filter_map(|department| {
            let has = [
                (InCommon::SourceIdentifier, department.source_identifier.as_deref() == Some(unit_id)),
                (InCommon::Name, normalise::text(&department.name) == name),
                (InCommon::Parent, parent.is_some() && department.parent == parent),
            ];
            let agrees: Vec<InCommon> =
                has.into_iter().filter(|(_, agrees)| *agrees).map(|(what, _)| what).collect();
            (!agrees.is_empty()).then(|| DepartmentCandidate { department: department.clone(), agrees })
        })
        .collect();
    let rank = |candidate: &DepartmentCandidate| {
        let only_place = candidate.agrees == [InCommon::Parent];
        (only_place, std::cmp::Reverse(candidate.agrees.len()), candidate.department.id)
    };
    found.sort_by_key(rank);
    found.truncate(MOST);
    Ok(found)
}

/// The department of a unit, as far as it is one already.
fn place_of(input: &PlanInput<'_>, unit: &str) -> Option<DepartmentId> {
    let id = UnitId(unit.to_owned());
    let of_scope = || {
        let pair = input.profile.scenario.scope.iter().find(|pair| pair.sources.contains(&id))?;
        (!input.profile.scenario.create_source_unit).then_some(pair.target)
    };
    input.memory.departments.get(&id).copied().or_else(of_scope)
}
