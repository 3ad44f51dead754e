//! One of the two trees: what of it is unfolded, where the cursor is, what is searched for.

use std::collections::BTreeSet;

use crate::core::survey::Tree;
use crate::tui::keys::Action;
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::text_field::TextField;

/// The state of a tree on the screen; nodes are known by id, so that it survives a new read.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    /// The node under the cursor.
    pub(super) cursor: String,
    /// The search, while it is shown.
    pub(super) search: Option<TextField>,
    open: BTreeSet<String>,
}

impl Side {
    /// Unfolds the roots and everything above these nodes, and puts the cursor on the first of them.
    pub(super) fn reveal(&mut self, tree: &Tree, ids: &[String]) {
        let roots = tree.nodes.iter().filter(|node| node.parent.is_none()).map(|node| node.id.clone());
        self.open.extend(roots);
        for id in ids {
            let mut at = tree.find(id).and_then(|index| tree.nodes[index].parent);
            while let Some(index) = at {
                self.open.insert(tree.nodes[index].id.clone());
                at = tree.nodes[index].parent;
            }
        }
        if tree.find(&self.cursor).is_none() {
            let first = ids.iter().find(|id| tree.find(id).is_some());
            let first = first.or_else(|| tree.nodes.first().map(|node| &node.id));
            self.cursor = first.cloned().unwrap_or_default();
        }
    }

    /// Unfolds everything above the cursor.
    pub(super) fn reveal_here(&mut self, tree: &Tree) {
        let here = self.cursor.clone();
        self.reveal(tree, std::slice::from_ref(&here));
    }

    /// The visible nodes: the hits of the search with everything above them, else what is unfolded.
    pub(super) fn rows(&self, tree: &Tree) -> Vec<usize> {
        if let Some(wanted) = self.wanted() {
            return found(tree, &wanted).0;
        }
        let mut rows = Vec::new();
        let mut at = 0;
        while let Some(node) = tree.nodes.get(at) {
            rows.push(at);
            at = if self.open.contains(&node.id) { at + 1 } else { node.end };
        }
        rows
    }

    /// How many nodes the search finds; `None` without one.
    pub(super) fn hits(&self, tree: &Tree) -> Option<usize> {
        self.wanted().map(|wanted| found(tree, &wanted).1)
    }

    /// The index of the node under the cursor.
    pub(super) fn index(&self, tree: &Tree) -> Option<usize> {
        tree.find(&self.cursor)
    }

    /// Whether a node's children are shown.
    pub(super) fn is_open(&self, id: &str) -> bool {
        self.wanted().is_some() || self.open.contains(id)
    }

    /// Moves, folds and unfolds.
    pub(super) fn act(&mut self, action: Action, tree: &Tree, page: usize) {
        let rows = self.rows(tree);
        let here = self.index(tree);
        let position = here.and_then(|index| rows.iter().position(|row| *row == index)).unwrap_or(0);
        match (action, here) {
            (Action::Right | Action::Activate, Some(index)) if !self.open.contains(&tree.nodes[index].id) => {
                self.open.insert(tree.nodes[index].id.clone());
            }
            (Action::Activate, Some(index)) => drop(self.open.remove(&tree.nodes[index].id)),
            (Action::Left, Some(index)) => {
                let node = &tree.nodes[index];
                let is_open = node.end > index + 1 && self.open.remove(&node.id);
                if let Some(parent) = node.parent.filter(|_| !is_open) {
                    self.cursor.clone_from(&tree.nodes[parent].id);
                }
            }
            (Action::Right | Action::Activate, _) => {}
            (action, _) => {
                let mut scroll = Scroll { chosen: position };
                scroll.act(action, rows.len(), page);
                self.put(&rows, scroll.chosen, tree);
            }
        }
    }

    /// After the search changed: the cursor stands on a hit.
    pub(super) fn follow(&mut self, tree: &Tree) {
        let Some(wanted) = self.wanted() else { return };
        let is_hit = |index: usize| matches(&tree.nodes[index], &wanted);
        if self.index(tree).is_some_and(is_hit) {
            return;
        }
        if let Some(index) = (0..tree.nodes.len()).find(|index| is_hit(*index)) {
            self.cursor.clone_from(&tree.nodes[index].id);
        }
    }

    fn put(&mut self, rows: &[usize], position: usize, tree: &Tree) {
        if let Some(node) = rows.get(position).and_then(|index| tree.nodes.get(*index)) {
            self.cursor.clone_from(&node.id);
        }
    }

    fn wanted(&self) -> Option<String> {
        let wanted = self.search.as_ref()?.text().trim().to_lowercase();
        (!wanted.is_empty()).then_some(wanted)
    }
}

fn matches(node: &crate::core::survey::Node, wanted: &str) -> bool {
    node.name.to_lowercase().contains(wanted) || node.id.to_lowercase().contains(wanted)
}

/// The hits with everything above them, and how many hits there are.
fn found(tree: &Tree, wanted: &str) -> (Vec<usize>, usize) {
    let mut is_shown = vec![false; tree.nodes.len()];
    let mut hits = 0;
    for (index, node) in tree.nodes.iter().enumerate().filter(|(_, node)| matches(node, wanted)) {
        hits += 1;
        is_shown[index] = true;
        let mut above = node.parent;
        while let Some(parent) = above.filter(|parent| !is_shown[*parent]) {
            is_shown[parent] = true;
            above = tree.nodes[parent].parent;
        }
    }
    ((0..tree.nodes.len()).filter(|index| is_shown[*index]).collect(), hits)
}
