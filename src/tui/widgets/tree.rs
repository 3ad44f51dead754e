//! A tree of any size shown as the rows of what is unfolded, found by id, so that it survives a new read.

use std::collections::{BTreeMap, BTreeSet};

/// A node, as its owner knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id, unique in the tree.
    pub id: String,
    /// The id of the node above; a node whose parent is unknown stands at the top.
    pub parent: Option<String>,
}

/// A visible node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place in the list of nodes.
    pub index: usize,
    /// Nodes above it.
    pub depth: usize,
    /// It has nodes below.
    pub has_children: bool,
    /// They are visible.
    pub is_open: bool,
}

/// Which nodes are unfolded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folding {
    open: BTreeSet<String>,
}

impl Folding {
    /// Unfolds a node, or folds it.
    pub fn set(&mut self, id: &str, is_open: bool) {
        if is_open {
            self.open.insert(id.to_owned());
        } else {
            self.open.remove(id);
        }
    }

    /// Whether a node is unfolded.
    pub fn is_open(&self, id: &str) -> bool {
        self.open.contains(id)
    }

    /// Unfolds everything above a node, so that it is visible.
    pub fn reveal(&mut self, id: &str, nodes: &[Node]) {
        let parents: BTreeMap<&str, Option<&str>> =
            nodes.iter().map(|node| (node.id.as_str(), node.parent.as_deref())).collect();
        let mut above = parents.get(id).copied().flatten();
        // No way up is longer than the tree has nodes; a ring in foreign input ends there.
        for _ in 0..nodes.len() {
            let Some(parent) = above else { break };
            self.open.insert(parent.to_owned());
            above = parents.get(parent).copied().flatten();
        }
    }

    /// The visible rows, children in the order of `nodes`.
    pub fn rows(&self, nodes: &[Node]) -> Vec<Row> {
        let known: BTreeSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        let mut children: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (index, node) in nodes.iter().enumerate() {
            let parent = node.parent.as_deref().filter(|parent| known.contains(parent));
            children.entry(parent).or_default().push(index);
        }
        let mut rows = Vec::new();
        let mut rest: Vec<(usize, usize)> =
            children.get(&None).into_iter().flatten().rev().map(|index| (*index, 0)).collect();
        while let Some((index, depth)) = rest.pop() {
            let below = children.get(&Some(nodes[index].id.as_str()));
            let is_open = below.is_some() && self.is_open(&nodes[index].id);
            rows.push(Row { index, depth, has_children: below.is_some(), is_open });
            if is_open {
                rest.extend(below.into_iter().flatten().rev().map(|index| (*index, depth + 1)));
            }
        }
        rows
    }
}

/// What stands before a node's name: its depth and whether it is unfolded.
pub fn indent(row: &Row) -> String {
    let fold = match (row.has_children, row.is_open) {
        (true, true) => "- ",
        (true, false) => "+ ",
        (false, _) => "  ",
    };
    format!("{}{fold}", "  ".repeat(row.depth.min(12)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes() -> Vec<Node> {
        [("1", None), ("2", Some("1")), ("3", Some("2")), ("4", Some("1")), ("5", Some("gone"))]
            .map(|(id, parent)| Node { id: id.into(), parent: parent.map(str::to_owned) })
            .to_vec()
    }

    #[test]
    fn only_what_is_unfolded_is_visible() {
        let mut folding = Folding::default();
        assert_eq!(folding.rows(&nodes()).iter().map(|row| row.index).collect::<Vec<_>>(), [0, 4]);
        folding.reveal("3", &nodes());
        let rows = folding.rows(&nodes());
        assert_eq!(
            rows.iter().map(|row| (row.index, row.depth)).collect::<Vec<_>>(),
            [(0, 0), (1, 1), (2, 2), (3, 1), (4, 0)]
        );
        folding.set("1", false);
        assert_eq!(folding.rows(&nodes()).len(), 2);
    }
}
