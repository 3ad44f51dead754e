//! The edges between rows.

use std::collections::{HashMap, HashSet};

use super::{Graph, Need, Node, Preparation, Task};
use crate::core::field::user_field;
use crate::core::normalise;
use crate::core::plan::{Action, Change, DepartmentRef, Entity, FieldChange, FieldValue};
use crate::core::source::UnitId;
use crate::core::target::{Department, DepartmentId, TargetSnapshot};

/// Why one row waits for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// The parent is created by the other, or the other has to be gone or out of the way.
    Structure,
    /// The other moves too; going first it avoids a passing cycle of the tree.
    Sequence,
    /// The other gives up a value that this one takes.
    Release(Option<Preparation>),
    /// Removals come last.
    Last,
}

/// One row before another. The number after the last row is the barrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub first: usize,
    pub then: usize,
    pub need: Need,
    pub reason: Reason,
}

/// A value only one record can have.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Unique {
    Sibling(DepartmentId, String),
    Field(String, String),
}

/// Every edge, cycles included.
pub(super) fn edges(changes: &[Change], snapshot: &TargetSnapshot) -> Vec<Edge> {
    let builder = Builder::new(changes, snapshot);
    let mut edges = Vec::new();
    for (row, change) in builder.writing() {
        match change.entity {
            Entity::Department => builder.department(row, change, &mut edges),
            Entity::User => builder.user(row, change, &mut edges),
        }
    }
    builder.hand_over(&mut edges);
    builder.removals_last(&mut edges);
    edges.retain(|edge| edge.first != edge.then);
    edges
}

/// Puts nodes and edges together; a preparation takes over the edges of the value it frees.
pub(super) fn assemble(
    changes: &[Change],
    edges: Vec<Edge>,
    preparations: Vec<(usize, Preparation)>,
) -> Graph {
    let mut graph = Graph { nodes: Vec::new(), of_row: vec![None; changes.len()] };
    let node = |task| Node { task, dependants: Vec::new(), waits: 0 };
    for (row, change) in changes.iter().enumerate().filter(|(_, change)| change.action.is_writing()) {
        graph.of_row[row] = Some(graph.nodes.len());
        debug_assert!(change.action.is_writing());
        graph.nodes.push(node(Task::Row(row)));
    }
    let barrier = graph.nodes.len();
    graph.nodes.push(node(Task::Barrier));
    let mut prepared = HashMap::new();
    for (row, preparation) in preparations {
        let Some(main) = graph.of_row[row] else { continue };
        let index = graph.nodes.len();
        graph.nodes.push(node(Task::Prepare(row, preparation.clone())));
        prepared.insert((row, preparation), index);
        connect(&mut graph, index, main, Need::Success);
    }
    for edge in edges {
        let at = |row: usize| if row == changes.len() { Some(barrier) } else { graph.of_row[row] };
        let (Some(mut first), Some(then)) = (at(edge.first), at(edge.then)) else { continue };
        if let Reason::Release(Some(preparation)) = &edge.reason
            && let Some(index) = prepared.get(&(edge.first, preparation.clone()))
        {
            first = *index;
        }
        connect(&mut graph, first, then, edge.need);
    }
    graph
}

fn connect(graph: &mut Graph, first: usize, then: usize, need: Need) {
    graph.nodes[first].dependants.push((then, need));
    graph.nodes[then].waits += 1;
}

struct Builder<'a> {
    changes: &'a [Change],
    departments: HashMap<DepartmentId, &'a Department>,
    snapshot: &'a TargetSnapshot,
    /// The row that creates a unit's department.
    created: HashMap<UnitId, usize>,
    /// The row that creates a user with a userid of our choice.
    created_users: HashMap<&'a str, usize>,
    /// Rows that move a department.
    moved: HashMap<DepartmentId, usize>,
    /// Rows that remove a department.
    removed: HashMap<DepartmentId, usize>,
}

impl<'a> Builder<'a> {
    fn new(changes: &'a [Change], snapshot: &'a TargetSnapshot) -> Self {
        let mut builder = Self {
            changes,
            departments: snapshot.departments.iter().map(|department| (department.id, department)).collect(),
            snapshot,
            created: HashMap::new(),
            created_users: HashMap::new(),
            moved: HashMap::new(),
            removed: HashMap::new(),
        };
        for (row, change) in changes.iter().enumerate().filter(|(_, change)| change.action.is_writing()) {
            match (change.entity, change.action, target_of(change)) {
                (Entity::Department, Action::Create, _) => {
                    if let Some(unit) = &change.source_id {
                        builder.created.insert(UnitId(unit.clone()), row);
                    }
                }
                (Entity::Department, Action::Remove, Some(id)) => {
                    builder.removed.insert(id, row);
                }
                (Entity::Department, _, Some(id)) if field(change, "parent_id").is_some() => {
                    builder.moved.insert(id, row);
                }
                (Entity::User, Action::Create, _) => {
                    if let Some(userid) = field(change, "userid").and_then(|field| field.after.as_text()) {
                        builder.created_users.insert(userid, row);
                    }
                }
                _ => {}
            }
        }
        builder
    }

    fn writing(&self) -> impl Iterator<Item = (usize, &'a Change)> {
        self.changes.iter().enumerate().filter(|(_, change)| change.action.is_writing())
    }

    fn department(&self, row: usize, change: &Change, edges: &mut Vec<Edge>) {
        let structure = |first, then| Edge { first, then, need: Need::Success, reason: Reason::Structure };
        if change.action == Action::Remove {
            if let Some(above) = self.parent_before(change).and_then(|parent| self.removed.get(&parent)) {
                edges.push(structure(row, *above));
            }
            return;
        }
        let Some(parent) = field(change, "parent_id") else { return };
        if let Some(left) = reference(&parent.before).and_then(existing)
            && let Some(above) = self.removed.get(&left)
        {
            edges.push(structure(row, *above));
        }
        match reference(&parent.after) {
            Some(DepartmentRef::New(unit)) => {
                edges.extend(self.created.get(&unit).map(|first| structure(*first, row)));
            }
            Some(DepartmentRef::Existing(id)) => self.moves_before(row, change, id, edges),
            None => {}
        }
    }

    /// A department that moves below one that moves too goes second; one that moves below its own descendant waits
    /// for whatever moves on the way down (60010 otherwise).
    fn moves_before(&self, row: usize, change: &Change, parent: DepartmentId, edges: &mut Vec<Edge>) {
        let order = |first| Edge { first, then: row, need: Need::Order, reason: Reason::Sequence };
        edges.extend(self.moved.get(&parent).map(|first| order(*first)));
        let Some(own) = target_of(change) else { return };
        let mut way = Vec::new();
        let mut at = Some(parent);
        while let Some(id) = at.filter(|id| *id != own && way.len() <= self.departments.len()) {
            way.push(id);
            at = self.departments.get(&id).and_then(|department| department.parent);
        }
        if at == Some(own) {
            edges.extend(way.iter().filter_map(|id| self.moved.get(id)).map(|first| order(*first)));
        }
    }

    fn user(&self, row: usize, change: &Change, edges: &mut Vec<Edge>) {
        let places = field(change, "dept_id_list");
        let after: Vec<DepartmentRef> = places.map(|field| references(&field.after)).unwrap_or_default();
        for unit in after.iter().filter_map(|place| match place {
            DepartmentRef::New(unit) => Some(unit),
            DepartmentRef::Existing(_) => None,
        }) {
            // Not a need: somebody with a second department is placed there.
            edges.extend(self.created.get(unit).map(|first| Edge {
                first: *first,
                then: row,
                need: Need::Order,
                reason: Reason::Structure,
            }));
        }
        for left in self.places_before(change).into_iter().filter(|id| {
            change.action == Action::Remove
                || (places.is_some() && !after.contains(&DepartmentRef::Existing(*id)))
        }) {
            edges.extend(self.removed.get(&left).map(|then| Edge {
                first: row,
                then: *then,
                need: Need::Success,
                reason: Reason::Structure,
            }));
        }
        let manager = field(change, "manager_userid").and_then(|field| field.after.as_text());
        edges.extend(manager.and_then(|userid| self.created_users.get(userid)).map(|first| Edge {
            first: *first,
            then: row,
            need: Need::Order,
            reason: Reason::Sequence,
        }));
    }

    /// Who gives up a unique value goes before who takes it.
    fn hand_over(&self, edges: &mut Vec<Edge>) {
        let mut releases: HashMap<Unique, (usize, Option<Preparation>)> = HashMap::new();
        for (row, change) in self.writing() {
            for (value, preparation) in self.released(change) {
                releases.insert(value, (row, preparation));
            }
        }
        for (row, change) in self.writing() {
            for (first, preparation) in self.claimed(change).iter().filter_map(|value| releases.get(value)) {
                let reason = Reason::Release(preparation.clone());
                edges.push(Edge { first: *first, then: row, need: Need::Success, reason });
            }
        }
    }

    fn released(&self, change: &Change) -> Vec<(Unique, Option<Preparation>)> {
        let is_removal = change.action == Action::Remove;
        match (change.entity, change.action) {
            (_, Action::Create) => Vec::new(),
            (Entity::Department, _) => {
                let moves = field(change, "parent_id").is_some() || field(change, "name").is_some();
                let preparation = (!is_removal).then_some(Preparation::Rename);
                let old = self.parent_before(change).zip(self.name_before(change));
                old.filter(|_| moves || is_removal)
                    .map(|(parent, name)| (sibling(parent, &name), preparation))
                    .into_iter()
                    .collect()
            }
            (Entity::User, Action::Remove) => {
                let Some(user) = change.target_id.as_deref().and_then(|id| self.snapshot.user(id)) else {
                    return Vec::new();
                };
                let fields = user.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                fields
                    .chain(user.mobile.as_deref().map(|mobile| ("mobile", mobile)))
                    .chain([("userid", user.id.0.as_str())])
                    .filter_map(|(name, value)| unique(name, value))
                    .map(|value| (value, None))
                    .collect()
            }
            (Entity::User, _) => change
                .fields
                .iter()
                .filter_map(|field| {
                    let value = unique(field.field.as_str(), field.before.as_text()?)?;
                    Some((value, Some(Preparation::Clear(field.field.clone()))))
                })
                .collect(),
        }
    }

    fn claimed(&self, change: &Change) -> Vec<Unique> {
        match (change.entity, change.action) {
            (_, Action::Remove) => Vec::new(),
            (Entity::Department, _) => {
                let (parent, name) = (field(change, "parent_id"), field(change, "name"));
                if parent.is_none() && name.is_none() {
                    return Vec::new();
                }
                let parent = match parent {
                    Some(field) => reference(&field.after).and_then(existing),
                    None => self.parent_before(change),
                };
                let name = match name {
                    Some(field) => field.after.as_text().map(str::to_owned),
                    None => self.name_before(change),
                };
                let claimed = parent.zip(name);
                claimed.map(|(parent, name)| sibling(parent, &name)).into_iter().collect()
            }
            (Entity::User, _) => change
                .fields
                .iter()
                .filter_map(|field| unique(field.field.as_str(), field.after.as_text()?))
                .collect(),
        }
    }

    /// Removals wait for everything else, save those that free a value and what these need themselves.
    fn removals_last(&self, edges: &mut Vec<Edge>) {
        let is_removal = |row: usize| self.changes[row].action == Action::Remove;
        let mut early: HashSet<usize> = HashSet::new();
        let mut needed: HashMap<usize, Vec<usize>> = HashMap::new();
        let mut open: Vec<usize> = Vec::new();
        for edge in edges.iter().filter(|edge| is_removal(edge.first)) {
            if matches!(edge.reason, Reason::Release(_)) {
                open.push(edge.first);
            }
            needed.entry(edge.then).or_default().push(edge.first);
        }
        while let Some(row) = open.pop() {
            if early.insert(row) {
                open.extend(needed.get(&row).into_iter().flatten());
            }
        }
        let barrier = self.changes.len();
        for (row, _) in self.writing().filter(|(row, _)| !early.contains(row)) {
            let (first, then) = if is_removal(row) { (barrier, row) } else { (row, barrier) };
            edges.push(Edge { first, then, need: Need::Order, reason: Reason::Last });
        }
    }

    fn parent_before(&self, change: &Change) -> Option<DepartmentId> {
        match field(change, "parent_id").map(|field| &field.before) {
            Some(FieldValue::Text(_)) => {
                field(change, "parent_id").and_then(|f| reference(&f.before)).and_then(existing)
            }
            _ => target_of(change).and_then(|id| self.departments.get(&id)).and_then(|found| found.parent),
        }
    }

    fn name_before(&self, change: &Change) -> Option<String> {
        match field(change, "name").and_then(|field| field.before.as_text()) {
            Some(name) => Some(name.to_owned()),
            None => {
                target_of(change).and_then(|id| self.departments.get(&id)).map(|found| found.name.clone())
            }
        }
    }

    fn places_before(&self, change: &Change) -> Vec<DepartmentId> {
        match field(change, "dept_id_list") {
            Some(field) => references(&field.before).into_iter().filter_map(existing).collect(),
            None => {
                let user = change.target_id.as_deref().and_then(|id| self.snapshot.user(id));
                user.map(|user| user.departments.clone()).unwrap_or_default()
            }
        }
    }
}

fn sibling(parent: DepartmentId, name: &str) -> Unique {
    Unique::Sibling(parent, normalise::text(name).into_owned())
}

fn unique(name: &str, value: &str) -> Option<Unique> {
    if !user_field(name).is_some_and(|spec| spec.is_unique) {
        return None;
    }
    let value = match name {
        "mobile" => normalise::e164(None, value)?,
        "email" => normalise::email(value).into_owned(),
        _ => normalise::text(value).into_owned(),
    };
    Some(Unique::Field(name.to_owned(), value))
}

fn field<'c>(change: &'c Change, name: &str) -> Option<&'c FieldChange> {
    change.fields.iter().find(|field| field.field.as_str() == name)
}

fn target_of(change: &Change) -> Option<DepartmentId> {
    change.target_id.as_deref()?.parse().ok().map(DepartmentId)
}

fn reference(value: &FieldValue) -> Option<DepartmentRef> {
    DepartmentRef::try_from(value.as_text()?.to_owned()).ok()
}

fn references(value: &FieldValue) -> Vec<DepartmentRef> {
    match value {
        FieldValue::List(list) => {
            list.iter().filter_map(|text| DepartmentRef::try_from(text.clone()).ok()).collect()
        }
        FieldValue::Text(_) | FieldValue::Empty(()) => Vec::new(),
    }
}

fn existing(reference: DepartmentRef) -> Option<DepartmentId> {
    match reference {
        DepartmentRef::Existing(id) => Some(id),
        DepartmentRef::New(_) => None,
    }
}
