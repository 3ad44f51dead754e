//! A plan to look through: every row by kind, field, reason, branch and text, fast enough to answer between two key
//! presses with 100,000 rows. Only indexes are kept; the rows stay where they are, in the plan. Pure.

mod filter;
mod logon;
mod places;
mod row_set;
mod search;
mod tree;

pub use filter::{Filter, Hits};
pub use logon::{LogonBrowser, is_logon_problem};
pub use row_set::RowSet;
pub use tree::{Branch, BranchKey, Tree};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::is_listed;
use super::field::FieldName;
use super::leave_out::Dependants;
use super::plan::{Action, Change, Entity, Plan, Reason, Warning};
use super::planner::PlanInput;
use search::Haystack;

/// What a row is to an operator: the eight kinds that are counted first, and what belongs to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the action of its name")]
pub enum Kind {
    Create,
    Link,
    Update,
    Move,
    Remove,
    /// In conflict or blocked.
    NeedsYou,
    Hold,
    Unchanged,
    Unmanaged,
    /// What follows for QR code logon: no row of the plan itself.
    Logon,
}

impl Kind {
    /// Every kind, in the order of the counts.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Link,
        Self::Update,
        Self::Move,
        Self::Remove,
        Self::NeedsYou,
        Self::Hold,
        Self::Unchanged,
        Self::Unmanaged,
        Self::Logon,
    ];

    /// The kind of an action.
    pub fn of(action: Action) -> Self {
        match action {
            Action::Create => Self::Create,
            Action::Link => Self::Link,
            Action::Update => Self::Update,
            Action::Move => Self::Move,
            Action::Remove => Self::Remove,
            Action::Conflict | Action::Blocked => Self::NeedsYou,
            Action::Hold => Self::Hold,
            Action::Unchanged => Self::Unchanged,
            Action::Unmanaged => Self::Unmanaged,
        }
    }

    /// Its word: the locale key is `kind.<word>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Link => "link",
            Self::Update => "update",
            Self::Move => "move",
            Self::Remove => "remove",
            Self::NeedsYou => "needs_you",
            Self::Hold => "hold",
            Self::Unchanged => "unchanged",
            Self::Unmanaged => "unmanaged",
            Self::Logon => "logon",
        }
    }

    /// Its sign, readable without colour.
    pub fn mark(self) -> char {
        match self {
            Self::Create => '+',
            Self::Link => '*',
            Self::Update => '~',
            Self::Move => '>',
            Self::Remove => '-',
            Self::NeedsYou => '!',
            Self::Hold => '?',
            Self::Unchanged => '=',
            Self::Unmanaged => '.',
            Self::Logon => '@',
        }
    }
}

/// Counts by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KindCounts([u32; Kind::ALL.len()]);

impl KindCounts {
    /// The count of a kind.
    pub fn of(&self, kind: Kind) -> u32 {
        self.0[kind as usize]
    }

    /// One more of a kind.
    pub fn add(&mut self, kind: Kind) {
        self.0[kind as usize] += 1;
    }

    /// One fewer of a kind.
    pub fn take(&mut self, kind: Kind) {
        let count = &mut self.0[kind as usize];
        *count = count.saturating_sub(1);
    }

    /// Rows of every kind but the unchanged and the unmanaged.
    pub fn listed(&self) -> u32 {
        self.0.iter().sum::<u32>() - self.of(Kind::Unchanged) - self.of(Kind::Unmanaged)
    }
}

/// A plan with its indexes.
#[derive(Debug)]
pub struct Browser {
    plan: Arc<Plan>,
    dependants: Dependants,
    kinds: Vec<Kind>,
    listed: RowSet,
    problems: RowSet,
    fields: BTreeMap<FieldName, Vec<u32>>,
    reasons: BTreeMap<Reason, Vec<u32>>,
    warnings: BTreeMap<Warning, Vec<u32>>,
    tree: Tree,
    haystack: Haystack,
}

impl Browser {
    /// Looks through a plan once; takes time in proportion to its rows.
    pub fn new(plan: Arc<Plan>, input: &PlanInput<'_>) -> Self {
        let rows = plan.changes.len();
        let tree = Tree::new(&plan, input);
        let haystack = Haystack::new(&plan, input.target, &tree);
        let mut browser = Self {
            dependants: Dependants::of(&plan, input.target),
            kinds: plan.changes.iter().map(|change| Kind::of(change.action)).collect(),
            listed: RowSet::new(rows),
            problems: RowSet::new(rows),
            fields: BTreeMap::new(),
            reasons: BTreeMap::new(),
            warnings: BTreeMap::new(),
            tree,
            haystack,
            plan: plan.clone(),
        };
        let too_many_removals = plan.limits.iter().any(|limit| limit.limit.starts_with("remove_"));
        for (row, change) in (0..).zip(&plan.changes) {
            browser.index(row, change, too_many_removals);
        }
        browser
    }

    fn index(&mut self, row: u32, change: &Change, too_many_removals: bool) {
        if is_listed(change) {
            self.listed.insert(row);
        }
        let is_problem = matches!(change.action, Action::Conflict | Action::Blocked)
            || !change.warnings.is_empty()
            || (too_many_removals && change.action == Action::Remove);
        if is_problem {
            self.problems.insert(row);
        }
        for field in &change.fields {
            match self.fields.get_mut(field.field.as_str()) {
                Some(rows) => rows.push(row),
                None => drop(self.fields.insert(field.field.clone(), vec![row])),
            }
        }
        if let Some(reason) = change.reason {
            self.reasons.entry(reason).or_default().push(row);
        }
        for warning in &change.warnings {
            self.warnings.entry(*warning).or_default().push(row);
        }
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// A row.
    pub fn change(&self, row: u32) -> Option<&Change> {
        self.plan.changes.get(row as usize)
    }

    /// What a row is.
    pub fn kind(&self, row: u32) -> Kind {
        self.kinds.get(row as usize).copied().unwrap_or(Kind::Unmanaged)
    }

    /// Whether a row needs somebody's eye: it is in conflict or blocked, carries a warning, or is one of too many
    /// removals.
    pub fn is_problem(&self, row: u32) -> bool {
        self.problems.contains(row)
    }

    /// Which rows need which.
    pub fn dependants(&self) -> &Dependants {
        &self.dependants
    }

    /// The departments as they will be, with the rows in each.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The fields that change, each with its rows.
    pub fn fields(&self) -> impl Iterator<Item = (&FieldName, usize)> {
        self.fields.iter().map(|(field, rows)| (field, rows.len()))
    }

    /// The reasons there are, each with its rows.
    pub fn reasons(&self) -> impl Iterator<Item = (Reason, usize)> {
        self.reasons.iter().map(|(reason, rows)| (*reason, rows.len()))
    }

    /// The warnings there are, each with its rows.
    pub fn warnings(&self) -> impl Iterator<Item = (Warning, usize)> {
        self.warnings.iter().map(|(warning, rows)| (*warning, rows.len()))
    }

    /// The row of a record, by its IDaaS id, else its DingTalk id.
    pub fn find(&self, entity: Entity, id: &str) -> Option<u32> {
        let is_it = |change: &Change| change.entity == entity && change.id() == id;
        self.plan.changes.iter().position(is_it).and_then(|row| u32::try_from(row).ok())
    }

    /// Rows by kind, departments and users apart, without these rows.
    pub fn counts(&self, without: &RowSet) -> (KindCounts, KindCounts) {
        let (mut departments, mut users) = (KindCounts::default(), KindCounts::default());
        for (row, change) in (0..).zip(&self.plan.changes) {
            if without.contains(row) {
                continue;
            }
            match change.entity {
                Entity::Department => departments.add(self.kind(row)),
                Entity::User => users.add(self.kind(row)),
            }
        }
        (departments, users)
    }
}
