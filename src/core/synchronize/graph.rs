//! Which row has to wait for which. Pure: the same rows give the same graph.
//! Rules: reference `outbound-semantics.md` section 7, O1, O1b and X6.

mod build;
mod cycles;

use crate::core::field::FieldName;
use crate::core::plan::Change;
use crate::core::target::TargetSnapshot;

/// Rows and preparations with what waits for them; free of cycles.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// Nodes; those of rows come first, in the order of the rows.
    pub nodes: Vec<Node>,
    /// The node of each row; `None` where the row writes nothing.
    pub of_row: Vec<Option<usize>>,
}

/// One thing to do.
#[derive(Debug, Clone)]
pub struct Node {
    /// What.
    pub task: Task,
    /// Who waits for it, and what its failing means to them.
    pub dependants: Vec<(usize, Need)>,
    /// How many it waits for.
    pub waits: usize,
}

/// What a node does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Carries out a row.
    Row(usize),
    /// Frees a value of a row ahead of the row itself, to break a cycle.
    Prepare(usize, Preparation),
    /// Nothing: removals wait for it, and it for everything else.
    Barrier,
}

/// How a value is freed ahead of time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Preparation {
    /// The department gets a temporary name.
    Rename,
    /// The user's field is cleared.
    Clear(FieldName),
}

impl Preparation {
    /// The field whose value is freed.
    pub fn field(&self) -> &str {
        match self {
            Self::Rename => "name",
            Self::Clear(field) => field.as_str(),
        }
    }
}

/// What a failure means to those that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// They cannot be done either.
    Success,
    /// They go on: only the order mattered.
    Order,
}

/// Makes the graph of a plan's rows. `can_clear` says whether a user's field can be emptied: only then can a cycle be
/// broken by emptying it.
pub fn graph(changes: &[Change], snapshot: &TargetSnapshot, can_clear: &dyn Fn(&FieldName) -> bool) -> Graph {
    let mut edges = build::edges(changes, snapshot);
    let preparations = cycles::break_all(&mut edges, changes, can_clear);
    build::assemble(changes, edges, preparations)
}

/// Which row cannot be done without which: `(needed, needs it)`. Somebody who is to be placed in a department that is
/// not made counts, although a run would still place them in their other departments: that is not what was shown.
pub fn needs(changes: &[Change], snapshot: &TargetSnapshot) -> Vec<(usize, usize)> {
    let edges = build::edges(changes, snapshot);
    let is_need = |edge: &build::Edge| edge.need == Need::Success || edge.reason == build::Reason::Structure;
    edges.iter().filter(|edge| is_need(edge)).map(|edge| (edge.first, edge.then)).collect()
}
