//! Rows left out of one run, and with them what cannot be done without them. What is left out is planned again the
//! next time: nothing is remembered. Rule: reference `outbound-semantics.md` section 7, O15.

use std::collections::{BTreeMap, BTreeSet};

use super::journal::Memory;
use super::plan::{Entity, Plan, Summary};
use super::planner::{limits, write_calls};
use super::profile::SafetyLimits;
use super::synchronize::graph;
use super::target::TargetSnapshot;

/// Why a row is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The operator chose so.
    Chosen,
    /// It cannot be done without this row: a department that is not made, a value that is not given up, a department
    /// that is not emptied.
    Needs(usize),
}

/// Which rows of a plan need which.
#[derive(Debug, Clone, Default)]
pub struct Dependants {
    /// `(needed, needs it)`, sorted.
    pairs: Vec<(u32, u32)>,
}

impl Dependants {
    /// Looks through a plan once.
    pub fn of(plan: &Plan, target: &TargetSnapshot) -> Self {
        let mut pairs: Vec<(u32, u32)> = graph::needs(&plan.changes, target)
            .into_iter()
            .filter_map(|(first, then)| Some((u32::try_from(first).ok()?, u32::try_from(then).ok()?)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self { pairs }
    }

    /// The rows that cannot be done without a row, directly.
    pub fn needing(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let from = self.pairs.partition_point(|(needed, _)| *needed < row);
        self.pairs[from..]
            .iter()
            .take_while(move |(needed, _)| *needed == row)
            .map(|(_, needs)| *needs as usize)
    }

    /// The chosen rows and everything that cannot be done without them.
    pub fn spread(&self, chosen: &BTreeSet<usize>) -> BTreeMap<usize, LeftOut> {
        let mut out: BTreeMap<usize, LeftOut> = chosen.iter().map(|row| (*row, LeftOut::Chosen)).collect();
        let mut open: Vec<usize> = chosen.iter().copied().collect();
        while let Some(row) = open.pop() {
            for needs in self.needing(row) {
                out.entry(needs).or_insert_with(|| {
                    open.push(needs);
                    LeftOut::Needs(row)
                });
            }
        }
        out
    }
}

impl Plan {
    /// The plan without these rows: counted anew, measured against the limits, with an id of its own.
    #[must_use]
    pub fn without(&self, rows: &BTreeMap<usize, LeftOut>, limits: &SafetyLimits, memory: &Memory) -> Self {
        if rows.is_empty() {
            return self.clone();
        }
        let stays = |row: &usize| !rows.contains_key(row);
        let changes = (0..self.changes.len()).filter(stays).map(|row| self.changes[row].clone()).collect();
        let mut plan = Self { changes, ..self.head() }.restricted_to(|_| true);
        plan.limits = limits::exceeded(&plan, limits, memory);
        plan.plan_id = plan.compute_id();
        plan
    }

    /// What the plan comes to without these rows: its counts, calls and limits; no rows, no id.
    #[must_use]
    pub fn outline_without(
        &self,
        rows: &BTreeMap<usize, LeftOut>,
        limits: &SafetyLimits,
        memory: &Memory,
    ) -> Self {
        let mut outline = self.head();
        outline.summary = Summary::default();
        outline.calls.write = 0;
        for (_, change) in self.changes.iter().enumerate().filter(|(row, _)| !rows.contains_key(row)) {
            match change.entity {
                Entity::Department => outline.summary.departments.add(change.action),
                Entity::User => outline.summary.users.add(change.action),
            }
            outline.calls.write += write_calls(change);
        }
        outline.limits = limits::exceeded(&outline, limits, memory);
        outline
    }

    /// The plan without its rows.
    fn head(&self) -> Self {
        Self {
            format: self.format.clone(),
            plan_id: String::new(),
            connection: self.connection.clone(),
            profile: self.profile.clone(),
            created_at: self.created_at.clone(),
            limits: self.limits.clone(),
            changes: Vec::new(),
            ..*self
        }
    }
}
