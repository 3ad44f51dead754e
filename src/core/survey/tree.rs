//! The two trees with the people in them, flattened so that a screen shows a window of it.

use std::collections::HashMap;

use crate::core::source::SourceSnapshot;
use crate::core::target::TargetSnapshot;

/// A node; its branch is itself and the nodes that follow up to `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Unit id, or department id as text.
    pub id: String,
    /// Its name.
    pub name: String,
    /// 0 at the root.
    pub depth: usize,
    /// Index of the node above.
    pub parent: Option<usize>,
    /// Index after the last node below.
    pub end: usize,
    /// People whose place it is.
    pub direct: u64,
    /// People in it or below, each once.
    pub below: u64,
    /// Belongs to an associated organisation or to education: never written to.
    pub is_foreign: bool,
}

/// A tree in the order it is shown: parents before children, siblings by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// All people, those without a place included.
    pub people: u64,
    places: HashMap<String, usize>,
}

impl Tree {
    /// The index of an id.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Whether a node lies in another's branch, or is it.
    pub fn is_within(&self, index: usize, branch: usize) -> bool {
        index >= branch && self.nodes.get(branch).is_some_and(|node| index < node.end)
    }

    /// The names from the root down to a node.
    pub fn path(&self, index: usize) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = self.nodes.get(index);
        while let Some(node) = at {
            names.push(node.name.as_str());
            at = node.parent.and_then(|parent| self.nodes.get(parent));
        }
        names.reverse();
        names
    }
}

struct Plain {
    id: String,
    name: String,
    parent: Option<String>,
    is_foreign: bool,
}

/// The units of IDaaS with the accounts in them.
pub fn units(source: &SourceSnapshot) -> Tree {
    let plain = source.units.iter().map(|unit| Plain {
        id: unit.id.clone(),
        name: unit.name.clone(),
        parent: unit.parent.clone(),
        is_foreign: false,
    });
    let mut tree = plant(plain.collect());
    let places = source.accounts.iter().map(|account| account.units.iter().map(|m| m.unit.0.as_str()));
    count(&mut tree, places);
    tree
}

/// The departments of DingTalk with the users in them.
pub fn departments(target: &TargetSnapshot) -> Tree {
    let plain = target.departments.iter().map(|department| Plain {
        id: department.id.to_string(),
        name: department.name.clone(),
        parent: department.parent.map(|parent| parent.to_string()),
        is_foreign: department.is_foreign,
    });
    let mut tree = plant(plain.collect());
    let texts: Vec<Vec<String>> =
        target.users.iter().map(|user| user.departments.iter().map(ToString::to_string).collect()).collect();
    count(&mut tree, texts.iter().map(|ids| ids.iter().map(String::as_str)));
    tree
}

fn plant(mut plain: Vec<Plain>) -> Tree {
    plain.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    let places: HashMap<&str, usize> =
        plain.iter().enumerate().map(|(index, node)| (node.id.as_str(), index)).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); plain.len()];
    let mut roots = Vec::new();
    for (index, node) in plain.iter().enumerate() {
        match node.parent.as_deref().and_then(|parent| places.get(parent)) {
            Some(parent) => children[*parent].push(index),
            None => roots.push(index),
        }
    }
    let mut tree = Tree::default();
    let mut seen = vec![false; plain.len()];
    // A ring of nodes has no root; each of its nodes is tried as one.
    for root in roots.into_iter().chain(0..plain.len()) {
        grow(root, &plain, &children, &mut seen, &mut tree);
    }
    tree.places = tree.nodes.iter().enumerate().map(|(index, node)| (node.id.clone(), index)).collect();
    tree
}

fn grow(root: usize, plain: &[Plain], children: &[Vec<usize>], seen: &mut [bool], tree: &mut Tree) {
    let mut open = vec![(root, None, 0)];
    while let Some((index, parent, depth)) = open.pop() {
        if std::mem::replace(&mut seen[index], true) {
            continue;
        }
        let at = tree.nodes.len();
        let inherits = parent.is_some_and(|parent: usize| tree.nodes[parent].is_foreign);
        tree.nodes.push(Node {
            id: plain[index].id.clone(),
            name: plain[index].name.clone(),
            depth,
            parent,
            end: at + 1,
            direct: 0,
            below: 0,
            is_foreign: plain[index].is_foreign || inherits,
        });
        let mut above = parent;
        while let Some(ancestor) = above {
            tree.nodes[ancestor].end = at + 1;
            above = tree.nodes[ancestor].parent;
        }
        open.extend(children[index].iter().rev().map(|child| (*child, Some(at), depth + 1)));
    }
}

/// Counts people in their places and in every branch above, each once a branch.
fn count<'p>(tree: &mut Tree, people: impl Iterator<Item = impl Iterator<Item = &'p str>>) {
    let mut counted = vec![u64::MAX; tree.nodes.len()];
    for (number, places) in (0_u64..).zip(people) {
        tree.people += 1;
        for place in places {
            let Some(index) = tree.places.get(place).copied() else { continue };
            tree.nodes[index].direct += 1;
            let mut at = Some(index);
            while let Some(index) = at.filter(|index| counted[*index] != number) {
                counted[index] = number;
                tree.nodes[index].below += 1;
                at = tree.nodes[index].parent;
            }
        }
    }
}
