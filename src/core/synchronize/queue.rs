//! What may be done now: nodes whose dependencies have ended, a queue for each interface so that no lane starves.

use std::collections::{BTreeMap, VecDeque};

use super::graph::{Graph, Need, Task};
use crate::core::plan::{Action, Change, Entity};
use crate::core::target::Interface;

/// Nodes in progress on one interface at most: enough to fill a lane at any latency, few enough to drain quickly.
const MOST_IN_PROGRESS: usize = 256;

/// A node that may be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ready {
    /// Do it.
    Do(usize),
    /// Something it needs was not done: why.
    Blocked(usize, String),
}

/// The graph as it is worked off.
#[derive(Debug)]
pub(super) struct Queue {
    graph: Graph,
    lanes: Vec<Interface>,
    waits: Vec<usize>,
    finished: Vec<bool>,
    blocked: BTreeMap<usize, String>,
    ready: BTreeMap<Interface, VecDeque<usize>>,
    /// Nodes that need no turn in a lane: blocked ones and the barrier.
    at_once: VecDeque<usize>,
    in_progress: BTreeMap<Interface, usize>,
}

impl Queue {
    /// Of a graph whose nodes all still have to be done.
    pub(super) fn new(graph: Graph, changes: &[Change]) -> Self {
        let lanes = graph.nodes.iter().map(|node| lane(&node.task, changes)).collect();
        let waits: Vec<usize> = graph.nodes.iter().map(|node| node.waits).collect();
        let mut queue = Self {
            lanes,
            blocked: BTreeMap::new(),
            ready: BTreeMap::new(),
            at_once: VecDeque::new(),
            in_progress: BTreeMap::new(),
            finished: vec![false; waits.len()],
            graph,
            waits,
        };
        let free: Vec<usize> = (0..queue.waits.len()).filter(|node| queue.waits[*node] == 0).collect();
        free.into_iter().for_each(|node| queue.release(node));
        queue
    }

    /// What a node does.
    pub(super) fn task(&self, node: usize) -> &Task {
        &self.graph.nodes[node].task
    }

    /// The node that does something, where it has not ended.
    pub(super) fn node_of(&self, task: &Task) -> Option<usize> {
        match task {
            Task::Row(row) => self.graph.of_row.get(*row).copied().flatten(),
            other => self.graph.nodes.iter().position(|node| node.task == *other),
        }
    }

    /// The next node whose lane has room.
    pub(super) fn next(&mut self) -> Option<Ready> {
        while let Some(node) = self.at_once.pop_front() {
            if self.finished[node] {
                continue;
            }
            return Some(match self.blocked.remove(&node) {
                Some(why) => Ready::Blocked(node, why),
                None => Ready::Do(node),
            });
        }
        for (lane, waiting) in &mut self.ready {
            let running = self.in_progress.entry(*lane).or_default();
            while *running < MOST_IN_PROGRESS
                && let Some(node) = waiting.pop_front()
            {
                if !self.finished[node] {
                    *running += 1;
                    return Some(Ready::Do(node));
                }
            }
        }
        None
    }

    /// A node that [`Queue::next`] gave in a lane is no longer in progress.
    pub(super) fn leave(&mut self, node: usize) {
        if let Some(running) = self.in_progress.get_mut(&self.lanes[node]) {
            *running = running.saturating_sub(1);
        }
    }

    /// A node has ended; `failure` says why it did not succeed. Whoever waited for it comes nearer.
    pub(super) fn finish(&mut self, node: usize, failure: Option<&str>) {
        self.finished[node] = true;
        for (next, need) in std::mem::take(&mut self.graph.nodes[node].dependants) {
            if let (Some(why), Need::Success) = (failure, need) {
                self.blocked.entry(next).or_insert_with(|| why.to_owned());
            }
            self.waits[next] -= 1;
            if self.waits[next] == 0 {
                self.release(next);
            }
        }
    }

    fn release(&mut self, node: usize) {
        if self.graph.nodes[node].task == Task::Barrier || self.blocked.contains_key(&node) {
            self.at_once.push_back(node);
        } else {
            self.ready.entry(self.lanes[node]).or_default().push_back(node);
        }
    }
}

/// The interface a node's write needs; the barrier's is never used.
fn lane(task: &Task, changes: &[Change]) -> Interface {
    let (row, is_preparation) = match task {
        Task::Row(row) => (*row, false),
        Task::Prepare(row, _) => (*row, true),
        Task::Barrier => return Interface::UserUpdate,
    };
    let change = &changes[row];
    match (change.entity, change.action, is_preparation) {
        (Entity::Department, Action::Create, false) => Interface::DepartmentCreate,
        (Entity::Department, Action::Remove, false) => Interface::DepartmentDelete,
        (Entity::Department, ..) => Interface::DepartmentUpdate,
        (Entity::User, Action::Create, false) => Interface::UserCreate,
        (Entity::User, Action::Remove, false) => Interface::UserDelete,
        (Entity::User, ..) => Interface::UserUpdate,
    }
}
