//! Marking: units and targets of the pairs, what core refuses of them, and ids that are typed.

use rust_i18n::t;

use super::Scenario;
use super::field::Field;
use crate::core::profile::ScopePair;
use crate::core::source::UnitId;
use crate::core::survey::{Refusal, RefusalKind, Tree, refusals};
use crate::core::target::DepartmentId;
use crate::tui::draft::DraftPair;
use crate::tui::message::Command;
use crate::tui::shared::Shared;
use crate::tui::survey::Sides;
use crate::tui::widgets::text;

impl Scenario {
    /// What core refuses of the scope, with the field it concerns.
    pub(super) fn refused(&self, shared: &Shared) -> Option<(Field, String)> {
        let sides = shared.survey.ready()?;
        let refusal = found(&shared.draft.scope, sides).into_iter().next()?;
        Some((field_of(&refusal.kind), told(&refusal, sides, shared)))
    }

    /// Marks the unit under the cursor for the current pair, or takes the mark away.
    pub(super) fn mark_unit(&mut self, shared: &mut Shared) -> Vec<Command> {
        let Some(id) = shared.survey.ready().and_then(|sides| node_id(&sides.units, &self.units.cursor))
        else {
            return Vec::new();
        };
        self.put_unit(&id, shared)
    }

    /// Writes under the department at the cursor.
    pub(super) fn choose_target(&mut self, shared: &mut Shared) -> Vec<Command> {
        let sides = shared.survey.ready();
        let Some(id) = sides.and_then(|sides| node_id(&sides.departments, &self.departments.cursor)) else {
            return Vec::new();
        };
        self.put_target(&id, shared)
    }

    /// Takes a typed id for the tree in focus.
    pub(super) fn take_id(&mut self, id: &str, shared: &mut Shared) -> Vec<Command> {
        let id = id.trim();
        if id.is_empty() {
            return Vec::new();
        }
        let commands = match self.focus {
            Field::Departments => self.put_target(id, shared),
            _ => self.put_unit(id, shared),
        };
        self.reveal_typed(id, shared);
        commands
    }

    fn reveal_typed(&mut self, id: &str, shared: &Shared) {
        let Some(sides) = shared.survey.ready() else { return };
        let (side, tree) = match self.focus {
            Field::Departments => (&mut self.departments, &sides.departments),
            _ => (&mut self.units, &sides.units),
        };
        if tree.find(id).is_some() {
            id.clone_into(&mut side.cursor);
            side.reveal(tree, &[id.to_owned()]);
        }
    }

    fn put_unit(&mut self, id: &str, shared: &mut Shared) -> Vec<Command> {
        let mut scope = shared.draft.scope.clone();
        if scope.is_empty() {
            scope.push(DraftPair { sources: Vec::new(), target: DepartmentId::ROOT.to_string() });
        }
        let pair = self.pair.min(scope.len() - 1);
        let sources = &mut scope[pair].sources;
        match sources.iter().position(|source| source == id) {
            Some(marked) => drop(sources.remove(marked)),
            None => sources.push(id.to_owned()),
        }
        self.try_scope(scope, shared)
    }

    fn put_target(&mut self, id: &str, shared: &mut Shared) -> Vec<Command> {
        let mut scope = shared.draft.scope.clone();
        let pair = self.pair.min(scope.len().saturating_sub(1));
        match scope.get_mut(pair) {
            Some(pair) => id.clone_into(&mut pair.target),
            None => scope.push(DraftPair { sources: Vec::new(), target: id.to_owned() }),
        }
        self.try_scope(scope, shared)
    }

    /// Takes a scope unless core refuses more of it than before.
    fn try_scope(&mut self, scope: Vec<DraftPair>, shared: &mut Shared) -> Vec<Command> {
        if let Some(sides) = shared.survey.ready() {
            let before = found(&shared.draft.scope, sides);
            if let Some(refusal) = found(&scope, sides).into_iter().find(|refusal| !before.contains(refusal))
            {
                return vec![Command::Note(told(&refusal, sides, shared))];
            }
        }
        shared.draft.scope = scope;
        self.changed(shared)
    }

    /// Another pair, empty, which the marks belong to from then on.
    pub(super) fn add_pair(&mut self, shared: &mut Shared) -> Vec<Command> {
        let target = shared.draft.scope.last().map(|pair| pair.target.clone()).unwrap_or_default();
        shared.draft.scope.push(DraftPair { sources: Vec::new(), target });
        self.pair = shared.draft.scope.len() - 1;
        self.focus_on(Field::Units, shared);
        let mut commands = self.changed(shared);
        let number = shared.draft.scope.len();
        let note = t!("scenario.pairs.added", number = number, locale = shared.look.locale).into_owned();
        commands.push(Command::Note(note));
        commands
    }

    /// Takes the current pair away; the last one stays.
    pub(super) fn delete_pair(&mut self, shared: &mut Shared) -> Vec<Command> {
        if shared.draft.scope.len() < 2 {
            return Vec::new();
        }
        shared.draft.scope.remove(self.pair.min(shared.draft.scope.len() - 1));
        self.changed(shared)
    }

    /// To the next or previous pair.
    pub(super) fn turn_pair(&mut self, by: isize, shared: &Shared) {
        let pairs = isize::try_from(shared.draft.scope.len().max(1)).unwrap_or(1);
        let to = (isize::try_from(self.pair).unwrap_or(0) + by).rem_euclid(pairs);
        self.pair = usize::try_from(to).unwrap_or(0);
    }
}

/// The number of the pair that a unit is marked for, and whether it is only taken in through a unit above it.
pub(super) fn mark_of(scope: &[DraftPair], units: &Tree, index: usize) -> Option<(usize, bool)> {
    let node = &units.nodes[index];
    let own = scope.iter().position(|pair| pair.sources.contains(&node.id));
    if let Some(pair) = own {
        return Some((pair, false));
    }
    let is_within = |source: &String| units.find(source).is_some_and(|branch| units.is_within(index, branch));
    scope.iter().position(|pair| pair.sources.iter().any(is_within)).map(|pair| (pair, true))
}

fn node_id(tree: &Tree, cursor: &str) -> Option<String> {
    tree.find(cursor).map(|index| tree.nodes[index].id.clone())
}

/// What core refuses of the pairs; targets that are no numbers are the settings' own error.
fn found(scope: &[DraftPair], sides: &Sides) -> Vec<Refusal> {
    let pair = |pair: &DraftPair| ScopePair {
        sources: pair.sources.iter().map(|unit| UnitId(unit.clone())).collect(),
        target: pair.target_id().unwrap_or(DepartmentId::ROOT),
    };
    let pairs: Vec<ScopePair> = scope.iter().map(pair).collect();
    refusals(&pairs, &sides.units, &sides.departments)
}

fn field_of(kind: &RefusalKind) -> Field {
    match kind {
        RefusalKind::UnknownUnit(_) | RefusalKind::UnitTwice(_) | RefusalKind::UnitInside { .. } => {
            Field::Units
        }
        RefusalKind::UnknownTarget(_) | RefusalKind::ForeignTarget(_) | RefusalKind::TargetInside { .. } => {
            Field::Departments
        }
    }
}

fn told(refusal: &Refusal, sides: &Sides, shared: &Shared) -> String {
    let look = shared.look;
    let locale = look.locale;
    let unit = |id: &str| name(&sides.units, id, look);
    let department = |id: DepartmentId| name(&sides.departments, &id.to_string(), look);
    match &refusal.kind {
        RefusalKind::UnknownUnit(id) => {
            t!("scenario.refused.unknown_unit", unit = text::fit(id, 40, look), locale = locale)
        }
        RefusalKind::UnitTwice(id) => t!("scenario.refused.unit_twice", unit = unit(id), locale = locale),
        RefusalKind::UnitInside { unit: inner, outer } => {
            t!("scenario.refused.unit_inside", unit = unit(inner), outer = unit(outer), locale = locale)
        }
        RefusalKind::UnknownTarget(id) => {
            t!("scenario.refused.unknown_target", target = id, locale = locale)
        }
        RefusalKind::ForeignTarget(id) => {
            t!("scenario.refused.foreign_target", target = department(*id), locale = locale)
        }
        RefusalKind::TargetInside { target, outer } => t!(
            "scenario.refused.target_inside",
            target = department(*target),
            outer = department(*outer),
            locale = locale
        ),
    }
    .into_owned()
}

/// A node's name with its id.
pub(super) fn name(tree: &Tree, id: &str, look: crate::tui::look::Look) -> String {
    match tree.find(id) {
        Some(index) => text::fit(&tree.nodes[index].name, 30, look),
        None => text::fit(id, 30, look),
    }
}
