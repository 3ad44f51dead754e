//! Cycles: found as strongly connected rows, broken by freeing a value ahead of time, else by forgoing an order.

use std::collections::BTreeSet;

use super::Preparation;
use super::build::{Edge, Reason};
use crate::core::field::FieldName;
use crate::core::plan::Change;

/// Breaks every cycle; answers the preparations that took over edges. Those edges stay in the list and are led to the
/// preparation when the graph is put together.
pub(super) fn break_all(
    edges: &mut Vec<Edge>,
    changes: &[Change],
    can_clear: &dyn Fn(&FieldName) -> bool,
) -> Vec<(usize, Preparation)> {
    let mut preparations = BTreeSet::new();
    loop {
        let parts = components(edges, changes.len() + 1, &preparations);
        let mut chosen: Vec<Option<(u8, usize)>> = vec![None; changes.len() + 1];
        for (index, edge) in edges.iter().enumerate() {
            if parts[edge.first] != parts[edge.then] || is_taken_over(edge, &preparations) {
                continue;
            }
            let rank = (rank(edge, can_clear), index);
            let slot = &mut chosen[parts[edge.first]];
            if slot.is_none_or(|best| rank < best) {
                *slot = Some(rank);
            }
        }
        let mut dropped = BTreeSet::new();
        let mut found = false;
        for (rank, index) in chosen.into_iter().flatten() {
            found = true;
            match (&edges[index].reason, rank) {
                (Reason::Release(Some(preparation)), 0) => {
                    preparations.insert((edges[index].first, preparation.clone()));
                }
                _ => {
                    dropped.insert(index);
                }
            }
        }
        if !found {
            return preparations.into_iter().collect();
        }
        let mut index = 0;
        edges.retain(|_| {
            index += 1;
            !dropped.contains(&(index - 1))
        });
    }
}

/// What to give up first: a value that can be freed ahead of time, an order, a value that cannot, a need.
fn rank(edge: &Edge, can_clear: &dyn Fn(&FieldName) -> bool) -> u8 {
    match &edge.reason {
        Reason::Release(Some(Preparation::Rename)) => 0,
        Reason::Release(Some(Preparation::Clear(field))) if can_clear(field) => 0,
        Reason::Sequence | Reason::Last => 1,
        Reason::Release(_) => 2,
        Reason::Structure => 3,
    }
}

fn is_taken_over(edge: &Edge, preparations: &BTreeSet<(usize, Preparation)>) -> bool {
    match &edge.reason {
        Reason::Release(Some(preparation)) => preparations.contains(&(edge.first, preparation.clone())),
        _ => false,
    }
}

/// The strongly connected component of each row, after Tarjan, without recursion: plans are deep.
fn components(edges: &[Edge], count: usize, preparations: &BTreeSet<(usize, Preparation)>) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for edge in edges.iter().filter(|edge| !is_taken_over(edge, preparations)) {
        next[edge.first].push(edge.then);
    }
    let mut search = Search {
        index: vec![usize::MAX; count],
        low: vec![0; count],
        part: vec![usize::MAX; count],
        stack: Vec::new(),
        visited: 0,
        parts: 0,
    };
    for start in 0..count {
        if search.index[start] == usize::MAX {
            search.from(start, &next);
        }
    }
    search.part
}

struct Search {
    index: Vec<usize>,
    low: Vec<usize>,
    part: Vec<usize>,
    stack: Vec<usize>,
    visited: usize,
    parts: usize,
}

impl Search {
    fn from(&mut self, start: usize, next: &[Vec<usize>]) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((node, child)) = path.last_mut() {
            let node = *node;
            if let Some(&to) = next[node].get(*child) {
                *child += 1;
                if self.index[to] == usize::MAX {
                    self.enter(to);
                    path.push((to, 0));
                } else if self.part[to] == usize::MAX {
                    self.low[node] = self.low[node].min(self.index[to]);
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                self.low[*above] = self.low[*above].min(self.low[node]);
            }
            if self.low[node] == self.index[node] {
                self.close(node);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.index[node] = self.visited;
        self.low[node] = self.visited;
        self.visited += 1;
        self.stack.push(node);
    }

    fn close(&mut self, root: usize) {
        while let Some(node) = self.stack.pop() {
            self.part[node] = self.parts;
            if node == root {
                break;
            }
        }
        self.parts += 1;
    }
}
