//! What is shown of a view: the filter and its hits, where the cursor is, which rows are left out, what that comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::core::browse::{Branch, Filter, Hits, Kind, KindCounts, LogonBrowser, RowSet, is_logon_problem};
use crate::core::cost::Cost;
use crate::core::leave_out::LeftOut;
use crate::core::logon::{LogonChange, LogonPlan};
use crate::core::plan::{Change, Entity, Plan};
use crate::core::planner::{LimitUse, budget};
use crate::tui::widgets::scroll::Scroll;
use crate::tui::worker::preview::View;

/// Which of the two lists has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Pane {
    /// Rows.
    #[default]
    Rows,
    /// Departments with their counts.
    Branches,
}

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Entry<'s> {
    /// Of the plan, with its place there.
    Change(u32, &'s Change),
    /// Of QR code logon, with its place there.
    Logon(usize, &'s LogonChange),
}

/// A view as it is looked at.
#[derive(Debug)]
pub(super) struct Sheet {
    /// The plan with its indexes.
    pub(super) view: Arc<View>,
    /// What is shown of it.
    pub(super) filter: Filter,
    /// The rows of the plan that pass.
    pub(super) hits: Hits,
    /// The rows of QR code logon that pass; they come last.
    logon_hits: Vec<u32>,
    logon_writes: u64,
    /// Rows of QR code logon that cannot happen because of rows left out.
    pub(super) logon_out: BTreeSet<usize>,
    /// The cursor among them.
    pub(super) rows: Scroll,
    /// The branches that are listed.
    pub(super) branches: Vec<u32>,
    /// The cursor among them.
    pub(super) at_branch: Scroll,
    /// Who has the focus.
    pub(super) pane: Pane,
    /// Rows left out, with what cannot be done without them.
    pub(super) out: BTreeMap<usize, LeftOut>,
    /// Departments by kind, without those left out.
    pub(super) departments: KindCounts,
    /// People by kind, without those left out.
    pub(super) users: KindCounts,
    /// Calls, without those of rows left out.
    pub(super) cost: Cost,
    /// The limits and what is used of them.
    pub(super) budget: Vec<LimitUse>,
    /// What the plan comes to without the rows left out; holds no rows.
    pub(super) outline: Plan,
    chosen: BTreeSet<usize>,
}

impl Sheet {
    /// A view looked at for the first time, or the next one with the same eyes: filter, cursor and rows left out stay
    /// as far as they are still there.
    pub(super) fn new(view: Arc<View>, before: Option<&Self>) -> Self {
        let outline = view.plan().outline_without(&BTreeMap::new(), &view.profile.limits, &view.memory);
        let mut sheet = Self {
            view,
            filter: Filter::default(),
            hits: Hits::default(),
            logon_hits: Vec::new(),
            logon_out: BTreeSet::new(),
            logon_writes: 0,
            rows: Scroll::default(),
            branches: Vec::new(),
            at_branch: Scroll::default(),
            pane: Pane::default(),
            out: BTreeMap::new(),
            departments: KindCounts::default(),
            users: KindCounts::default(),
            cost: Cost::default(),
            budget: Vec::new(),
            outline,
            chosen: BTreeSet::new(),
        };
        if let Some(before) = before {
            sheet.take_over(before);
        }
        sheet.refilter();
        sheet.recount();
        if let Some((_, change)) = before.and_then(Self::current) {
            sheet.show(change.entity, change.id());
        }
        sheet
    }

    fn take_over(&mut self, before: &Self) {
        self.filter = before.filter.clone();
        self.filter.branch = before.filter.branch.and_then(|branch| {
            let key = &before.view.browser.tree().branches().get(branch as usize)?.key;
            let same = |other: &Branch| other.key == *key;
            let found = self.view.browser.tree().branches().iter().position(same)?;
            u32::try_from(found).ok()
        });
        self.pane = before.pane;
        let still = |row: &usize| {
            let change = before.view.plan().changes.get(*row)?;
            let found = self.view.browser.find(change.entity, change.id())?;
            self.view.browser.change(found)?.action.is_writing().then_some(found as usize)
        };
        self.chosen = before.chosen.iter().filter_map(still).collect();
    }

    /// How many rows are listed.
    pub(super) fn listed(&self) -> usize {
        self.hits.rows.len() + self.logon_hits.len()
    }

    /// The row at a place of the list.
    pub(super) fn entry(&self, at: usize) -> Option<Entry<'_>> {
        if let Some(row) = self.hits.rows.get(at) {
            return Some(Entry::Change(*row, self.view.browser.change(*row)?));
        }
        let row = *self.logon_hits.get(at - self.hits.rows.len())? as usize;
        Some(Entry::Logon(row, self.logon()?.changes.get(row)?))
    }

    /// The row at the cursor, when it is one of the plan.
    pub(super) fn current(&self) -> Option<(u32, &Change)> {
        match self.entry(self.rows.chosen)? {
            Entry::Change(row, change) => Some((row, change)),
            Entry::Logon(..) => None,
        }
    }

    /// The row at the cursor, when it is one of QR code logon.
    pub(super) fn current_logon(&self) -> Option<(usize, &LogonChange)> {
        match self.entry(self.rows.chosen)? {
            Entry::Logon(row, change) => Some((row, change)),
            Entry::Change(..) => None,
        }
    }

    /// What follows for QR code logon, where it concerns anybody.
    pub(super) fn logon(&self) -> Option<&LogonPlan> {
        self.view.logon.as_ref().ok()?.as_ref().map(LogonBrowser::plan)
    }

    /// Rows of QR code logon that write, without those that cannot happen.
    pub(super) fn logon_writes(&self) -> u64 {
        self.logon_writes
    }

    /// Everything that is written, into DingTalk and for QR code logon into IDaaS: the number that is typed.
    pub(super) fn writes(&self) -> u64 {
        self.outline.writes() + self.logon_writes()
    }

    /// The branch at the cursor of the tree.
    pub(super) fn current_branch(&self) -> Option<(u32, &Branch)> {
        let branch = *self.branches.get(self.at_branch.chosen)?;
        Some((branch, self.view.browser.tree().branches().get(branch as usize)?))
    }

    /// Puts the cursor on a record, where it is shown.
    pub(super) fn show(&mut self, entity: Entity, id: &str) {
        if let Some(row) = self.view.browser.find(entity, id) {
            self.rows.chosen = self.hits.position(row);
        }
        self.rows.keep_within(self.listed());
    }

    /// After the filter changed: the cursor stays on its row, or near it.
    pub(super) fn refilter(&mut self) {
        let row = self.hits.rows.get(self.rows.chosen).copied();
        let logon_row = self.current_logon().and_then(|(row, _)| u32::try_from(row).ok());
        self.hits = self.view.browser.hits(&self.filter);
        self.logon_hits = match &self.view.logon {
            Ok(Some(logon)) => logon.hits(&self.filter),
            Ok(None) | Err(_) => Vec::new(),
        };
        self.rows.chosen = match (row, logon_row) {
            (Some(row), _) => self.hits.position(row),
            (None, Some(row)) => self.hits.rows.len() + self.logon_hits.partition_point(|other| *other < row),
            (None, None) => 0,
        };
        self.rows.keep_within(self.listed());
        let shows_all = self.filter.every;
        let is_shown = |branch: &Branch| shows_all || branch.counts.listed() > 0;
        self.branches = (0..)
            .zip(self.view.browser.tree().branches())
            .filter(|(_, branch)| is_shown(branch))
            .map(|(index, _)| index)
            .collect();
        self.at_branch.keep_within(self.branches.len());
    }

    /// Only rows of this kind, or no longer.
    pub(super) fn choose_kind(&mut self, kind: Kind) {
        self.filter.kind = (self.filter.kind != Some(kind)).then_some(kind);
        self.refilter();
    }

    /// Rows of every kind; once more, those that say nothing too.
    pub(super) fn every_kind(&mut self) {
        if self.filter.kind.take().is_none() {
            self.filter.every = !self.filter.every;
        }
        self.refilter();
    }

    /// Leaves a row out, or takes it back in. `false` when it is out for the sake of another row.
    pub(super) fn toggle(&mut self, row: usize) -> bool {
        if !self.chosen.remove(&row) {
            if self.out.contains_key(&row) {
                return false;
            }
            self.chosen.insert(row);
        }
        self.recount();
        true
    }

    /// Leaves every shown row that writes out, or takes them all back in when all are out.
    pub(super) fn toggle_shown(&mut self) {
        let browser = &self.view.browser;
        let writes = |row: &u32| browser.change(*row).is_some_and(|change| change.action.is_writing());
        let shown: Vec<usize> =
            self.hits.rows.iter().copied().filter(writes).map(|row| row as usize).collect();
        if shown.iter().all(|row| self.out.contains_key(row)) {
            self.chosen.retain(|row| !shown.contains(row));
        } else {
            self.chosen.extend(shown);
        }
        self.recount();
    }

    /// Moves to a problem among the hits. `false` when there is none.
    pub(super) fn go_to_problem(&mut self, is_forward: bool) -> bool {
        let (at, listed) = (self.rows.chosen, self.listed());
        let is_problem = |at: &usize| match self.entry(*at) {
            Some(Entry::Change(row, _)) => self.view.browser.is_problem(row),
            Some(Entry::Logon(_, row)) => is_logon_problem(row),
            None => false,
        };
        let found = match is_forward {
            true => ((at + 1)..listed).chain(0..listed).find(is_problem),
            false => (0..at.min(listed)).rev().chain((0..listed).rev()).find(is_problem),
        };
        self.rows.chosen = found.unwrap_or(self.rows.chosen);
        found.is_some()
    }

    /// Plan, limits and calls without what is left out.
    fn recount(&mut self) {
        let plan = Arc::clone(self.view.plan());
        self.out = self.view.browser.dependants().spread(&self.chosen);
        self.logon_out =
            self.logon().map(|logon| logon.needing(self.view.left_out(&self.out))).unwrap_or_default();
        let is_written = |(row, change): &(usize, &LogonChange)| {
            change.action.is_writing() && !self.logon_out.contains(row)
        };
        let rows = self.logon().into_iter().flat_map(|logon| logon.changes.iter().enumerate());
        self.logon_writes = rows.filter(is_written).count() as u64;
        let rows = self.out.keys().filter_map(|row| u32::try_from(*row).ok());
        let out = RowSet::of(plan.changes.len(), rows);
        (self.departments, self.users) = self.view.browser.counts(&out);
        self.cost = Cost::of(&plan.changes);
        self.out.keys().filter_map(|row| plan.changes.get(*row)).for_each(|change| self.cost.take(change));
        let limits = &self.view.profile.limits;
        self.outline = plan.outline_without(&self.out, limits, &self.view.memory);
        self.budget = budget(&self.outline, limits, &self.view.memory);
    }
}
