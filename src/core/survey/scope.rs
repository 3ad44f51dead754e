//! A scope while it is being chosen: what of it is refused, and how much it takes in.

use super::Survey;
use super::tree::Tree;
use crate::core::profile::ScopePair;
use crate::core::target::DepartmentId;

/// A part of a scope that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which pair, from 0.
    pub pair: usize,
    /// Why.
    pub kind: RefusalKind,
}

/// Why a part of a scope cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusalKind {
    /// IDaaS has no such unit.
    UnknownUnit(String),
    /// The unit is chosen twice.
    UnitTwice(String),
    /// The unit lies below another chosen one.
    UnitInside {
        /// The unit below.
        unit: String,
        /// The unit it lies in.
        outer: String,
    },
    /// DingTalk has no such department, or the app's range hides it.
    UnknownTarget(DepartmentId),
    /// The department belongs to an associated organisation.
    ForeignTarget(DepartmentId),
    /// The department lies below the target of another pair.
    TargetInside {
        /// The department below.
        target: DepartmentId,
        /// The target it lies in.
        outer: DepartmentId,
    },
}

/// Everything about a scope that cannot be: overlapping sources, nested targets, what does not exist.
pub fn refusals(scope: &[ScopePair], units: &Tree, departments: &Tree) -> Vec<Refusal> {
    let mut refused = Vec::new();
    let chosen: Vec<(usize, &str)> = scope
        .iter()
        .enumerate()
        .flat_map(|(pair, scope)| scope.sources.iter().map(move |unit| (pair, unit.0.as_str())))
        .collect();
    for (position, (pair, unit)) in chosen.iter().enumerate() {
        let refuse = |kind| Refusal { pair: *pair, kind };
        let Some(index) = units.find(unit) else {
            refused.push(refuse(RefusalKind::UnknownUnit((*unit).to_owned())));
            continue;
        };
        if chosen[..position].iter().any(|(_, earlier)| earlier == unit) {
            refused.push(refuse(RefusalKind::UnitTwice((*unit).to_owned())));
        }
        let outer = chosen.iter().find(|(_, other)| {
            other != unit && units.find(other).is_some_and(|branch| units.is_within(index, branch))
        });
        if let Some((_, outer)) = outer {
            let kind = RefusalKind::UnitInside { unit: (*unit).to_owned(), outer: (*outer).to_owned() };
            refused.push(refuse(kind));
        }
    }
    for (pair, ScopePair { target, .. }) in scope.iter().enumerate() {
        refused.extend(refused_target(*target, scope, departments).map(|kind| Refusal { pair, kind }));
    }
    refused
}

fn refused_target(target: DepartmentId, scope: &[ScopePair], departments: &Tree) -> Option<RefusalKind> {
    let find = |id: DepartmentId| departments.find(&id.to_string());
    let Some(index) = find(target) else { return Some(RefusalKind::UnknownTarget(target)) };
    if departments.nodes[index].is_foreign {
        return Some(RefusalKind::ForeignTarget(target));
    }
    let outer = scope.iter().map(|pair| pair.target).find(|other| {
        *other != target && find(*other).is_some_and(|branch| departments.is_within(index, branch))
    })?;
    Some(RefusalKind::TargetInside { target, outer })
}

/// How much a choice of units takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Selection {
    /// Accounts in the units or below, each once.
    pub accounts: u64,
    /// The units and those below.
    pub units: u64,
}

/// Counts the branches of these units.
pub fn selection(survey: &Survey, units: &Tree, chosen: &[String]) -> Selection {
    let branches: Vec<usize> = chosen.iter().filter_map(|id| units.find(id)).collect();
    let mut is_taken = vec![false; units.nodes.len()];
    for branch in &branches {
        is_taken[*branch..units.nodes[*branch].end].fill(true);
    }
    let is_in = |place: &str| units.find(place).is_some_and(|index| is_taken[index]);
    let accounts = match branches.as_slice() {
        [only] => units.nodes[*only].below,
        _ => {
            let accounts = survey.source.accounts.iter();
            accounts.filter(|account| account.units.iter().any(|m| is_in(&m.unit.0))).count() as u64
        }
    };
    Selection { accounts, units: is_taken.iter().filter(|taken| **taken).count() as u64 }
}
