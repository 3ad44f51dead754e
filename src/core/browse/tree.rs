//! The departments as the plan will leave them, each with its own rows and the counts of everything below it.

use std::collections::HashMap;
use std::ops::Range;

use super::places::{Places, key};
use super::{Kind, KindCounts};
use crate::core::plan::{Change, Entity, Plan};
use crate::core::planner::PlanInput;
use crate::core::target::DepartmentId;
use crate::core::text;

/// No branch.
const NOWHERE: u32 = u32::MAX;

/// What a branch stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BranchKey {
    /// A department that exists.
    Department(DepartmentId),
    /// A unit without a department: one that is to be created, or cannot be.
    Unit(String),
}

/// One department of the tree.
#[derive(Debug, Clone)]
pub struct Branch {
    /// Which one.
    pub key: BranchKey,
    /// Its name after the plan, cleaned.
    pub name: String,
    /// Levels below the top of the tree.
    pub depth: u32,
    /// The branch above it.
    pub parent: Option<u32>,
    /// The row about the department itself.
    pub row: Option<u32>,
    /// Everything in and below it, each row once.
    pub counts: KindCounts,
    /// The branches below it end before this one.
    end: u32,
}

/// Every department, parents before children, siblings by name: what lies below a branch follows it.
#[derive(Debug, Default)]
pub struct Tree {
    branches: Vec<Branch>,
    /// The rows of each branch, in the order of the branches; `starts` has one more.
    rows: Vec<u32>,
    starts: Vec<u32>,
    /// The branch to show for each row of the plan.
    of_row: Vec<u32>,
}

impl Tree {
    /// Builds the tree of a plan.
    pub(super) fn new(plan: &Plan, input: &PlanInput<'_>) -> Self {
        let (sketch, units) = Sketch::new(plan, input);
        let (mut tree, position) = sketch.in_order();
        tree.place_rows(plan, &Places::new(input), &|key| {
            let of_unit = |unit: &String| units.get(unit).copied();
            let index = match key {
                BranchKey::Unit(unit) => of_unit(unit),
                BranchKey::Department(_) => None,
            };
            index.or_else(|| sketch.index.get(key).copied()).map(|index| position[index])
        });
        tree
    }

    /// Every branch.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// The branch a row is shown in.
    pub fn branch_of(&self, row: u32) -> Option<&Branch> {
        self.branches.get(*self.of_row.get(row as usize)? as usize)
    }

    /// Names from the top to the branch, the top itself left out where there is something below it.
    pub fn path(&self, branch: u32) -> String {
        let mut names = Vec::new();
        let mut at = Some(branch);
        while let Some(found) = at.and_then(|index| self.branches.get(index as usize)) {
            if found.parent.is_some() || names.is_empty() {
                names.push(found.name.as_str());
            }
            at = found.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// The path of a row: where a person will be, or the department's own place.
    pub fn path_of(&self, row: u32) -> String {
        self.of_row.get(row as usize).map(|branch| self.path(*branch)).unwrap_or_default()
    }

    /// The path of what a row lies in: where a person will be, or the department above a department.
    pub fn path_around(&self, row: u32) -> String {
        let Some(branch) = self.branch_of(row) else { return String::new() };
        match branch.parent {
            Some(parent) if branch.row == Some(row) => self.path(parent),
            Some(_) | None => self.path_of(row),
        }
    }

    /// The path of a department reference of a plan (`913402776`, `new:ou_a`).
    pub fn path_of_reference(&self, reference: &str) -> Option<String> {
        let key = key(reference)?;
        let index = self.branches.iter().position(|branch| branch.key == key)?;
        u32::try_from(index).ok().map(|index| self.path(index))
    }

    pub(super) fn name_of_row(&self, row: u32) -> Option<&str> {
        self.branch_of(row).map(|branch| branch.name.as_str())
    }

    /// The branches in and below one.
    pub fn below(&self, branch: u32) -> Range<u32> {
        let end = self.branches.get(branch as usize).map_or(branch, |found| found.end);
        branch..end
    }

    pub(super) fn rows_below(&self, branch: u32) -> impl Iterator<Item = u32> + '_ {
        let Range { start, end } = self.below(branch);
        let at = |branch: u32| self.starts.get(branch as usize).copied().unwrap_or_default() as usize;
        self.rows[at(start)..at(end)].iter().copied()
    }

    fn place_rows(&mut self, plan: &Plan, places: &Places<'_>, find: &dyn Fn(&BranchKey) -> Option<u32>) {
        self.of_row = vec![NOWHERE; plan.changes.len()];
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(plan.changes.len());
        let own: HashMap<u32, u32> =
            (0..).zip(&self.branches).filter_map(|(branch, found)| Some((found.row?, branch))).collect();
        let mut seen = vec![NOWHERE; self.branches.len()];
        for (row, change) in (0..).zip(&plan.changes) {
            let branches: Vec<u32> = match change.entity {
                Entity::Department => own.get(&row).copied().into_iter().collect(),
                Entity::User => places.of(change).iter().filter_map(find).collect(),
            };
            self.of_row[row as usize] = branches.first().copied().unwrap_or(NOWHERE);
            pairs.extend(branches.iter().map(|branch| (*branch, row)));
            self.count(row, Kind::of(change.action), &branches, &mut seen);
        }
        pairs.sort_unstable();
        pairs.dedup();
        self.rows = pairs.iter().map(|(_, row)| *row).collect();
        self.starts = (0..=self.branches.len())
            .map(|branch| pairs.partition_point(|(of, _)| (*of as usize) < branch))
            .filter_map(|start| u32::try_from(start).ok())
            .collect();
    }

    /// Counts a row in its branches and everything above them, each once.
    fn count(&mut self, row: u32, kind: Kind, branches: &[u32], seen: &mut [u32]) {
        for branch in branches {
            let mut at = Some(*branch);
            while let Some(index) = at.filter(|index| seen[*index as usize] != row) {
                seen[index as usize] = row;
                self.branches[index as usize].counts.add(kind);
                at = self.branches[index as usize].parent;
            }
        }
    }
}

/// Departments before they are in order.
#[derive(Default)]
struct Sketch {
    keys: Vec<BranchKey>,
    names: Vec<String>,
    parents: Vec<Option<usize>>,
    rows: Vec<Option<u32>>,
    index: HashMap<BranchKey, usize>,
}

impl Sketch {
    /// With the branch of each unit.
    fn new(plan: &Plan, input: &PlanInput<'_>) -> (Self, HashMap<String, usize>) {
        let mut sketch = Self::default();
        for department in &input.target.departments {
            sketch.add(BranchKey::Department(department.id), &department.name);
        }
        for department in &input.target.departments {
            let parent = department.parent.and_then(|id| sketch.at(&BranchKey::Department(id)));
            if let Some(own) = sketch.at(&BranchKey::Department(department.id)) {
                sketch.parents[own] = parent;
            }
        }
        let mut units = HashMap::new();
        for pair in &input.profile.scenario.scope {
            let target = sketch.at(&BranchKey::Department(pair.target));
            let placed = pair.sources.iter().filter(|_| !input.profile.scenario.create_source_unit);
            units.extend(placed.filter_map(|unit| Some((unit.0.clone(), target?))));
        }
        let departments = (0..).zip(&plan.changes).filter(|(_, change)| change.entity == Entity::Department);
        for (row, change) in departments.clone() {
            let own = sketch.own(change);
            sketch.rows[own] = Some(row);
            if let Some(name) = after(change, "name") {
                sketch.names[own] = text::for_display(name, 400);
            }
            units.extend(change.source_id.clone().map(|unit| (unit, own)));
        }
        let above: HashMap<&str, &str> = input
            .source
            .units
            .iter()
            .filter_map(|unit| Some((unit.id.as_str(), unit.parent.as_deref()?)))
            .collect();
        for (_, change) in departments {
            sketch.place(change, &units, &above);
        }
        (sketch, units)
    }

    fn at(&self, key: &BranchKey) -> Option<usize> {
        self.index.get(key).copied()
    }

    fn add(&mut self, key: BranchKey, name: &str) -> usize {
        if let Some(known) = self.at(&key) {
            return known;
        }
        let own = self.keys.len();
        self.index.insert(key.clone(), own);
        self.keys.push(key);
        self.names.push(text::for_display(name, 400));
        self.parents.push(None);
        self.rows.push(None);
        own
    }

    fn own(&mut self, change: &Change) -> usize {
        let id = change.target_id.as_deref().and_then(|id| id.parse().ok()).map(DepartmentId);
        let unit = || BranchKey::Unit(change.source_id.clone().unwrap_or_default());
        self.add(id.map_or_else(unit, BranchKey::Department), &change.name)
    }

    /// Puts a department below its parent of after the plan; one that cannot be placed below where its unit is.
    fn place(&mut self, change: &Change, units: &HashMap<String, usize>, above: &HashMap<&str, &str>) {
        let own = self.own(change);
        let of_unit = |unit: &str| units.get(unit).copied();
        let planned = after(change, "parent_id").and_then(key).and_then(|key| match &key {
            BranchKey::Unit(unit) => of_unit(unit),
            BranchKey::Department(_) => self.at(&key),
        });
        let is_new = change.target_id.is_none();
        let by_unit = change.source_id.as_deref().filter(|_| is_new);
        let by_unit = by_unit.and_then(|unit| above.get(unit)).and_then(|parent| of_unit(parent));
        if let Some(parent) = planned.or(by_unit) {
            self.parents[own] = Some(parent);
        }
    }

    /// The tree, and where each sketched department stands in it.
    fn in_order(&self) -> (Tree, Vec<u32>) {
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); self.keys.len()];
        let mut tops = Vec::new();
        for own in 0..self.keys.len() {
            match self.parents[own] {
                Some(parent) => children[parent].push(own),
                None => tops.push(own),
            }
        }
        let by_name = |a: &usize, b: &usize| self.names[*a].cmp(&self.names[*b]);
        children.iter_mut().for_each(|siblings| siblings.sort_by(by_name));
        tops.sort_by(by_name);
        let mut tree = Tree::default();
        let mut position = vec![NOWHERE; self.keys.len()];
        for top in tops {
            self.walk(top, &children, &mut tree, &mut position);
        }
        // What lies below itself hangs below nothing: it is shown at the top.
        for own in 0..self.keys.len() {
            if position[own] == NOWHERE {
                self.walk(own, &children, &mut tree, &mut position);
            }
        }
        (tree, position)
    }

    fn walk(&self, top: usize, children: &[Vec<usize>], tree: &mut Tree, position: &mut [u32]) {
        let mut open: Vec<(usize, Option<u32>, u32)> = vec![(top, None, 0)];
        while let Some((own, parent, depth)) = open.pop() {
            if position[own] != NOWHERE {
                continue;
            }
            let Ok(at) = u32::try_from(tree.branches.len()) else { return };
            position[own] = at;
            tree.branches.push(Branch {
                key: self.keys[own].clone(),
                name: self.names[own].clone(),
                depth,
                parent,
                row: self.rows[own],
                counts: KindCounts::default(),
                end: at + 1,
            });
            let mut above = parent;
            while let Some(index) = above {
                tree.branches[index as usize].end = at + 1;
                above = tree.branches[index as usize].parent;
            }
            open.extend(children[own].iter().rev().map(|child| (*child, Some(at), depth + 1)));
        }
    }
}

fn after<'c>(change: &'c Change, name: &str) -> Option<&'c str> {
    change.fields.iter().find(|field| field.field.as_str() == name)?.after.as_text()
}
