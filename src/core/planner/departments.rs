//! Units → departments: found, placed, compared. Rules: contract section 4 "Departments".

mod siblings;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::places::Places;
use super::scope::{Scope, ScopedUnit};
use super::target::TargetIndex;
use super::{PlanInput, Rules, Wanted, change_of, field_change, is_same};
use crate::core::field::{FieldName, Readable};
use crate::core::journal::UnstoredKey;
use crate::core::mapping::Draft;
use crate::core::plan::{
    Action, Change, DepartmentRef, Entity, FieldChange, FieldValue, MatchedBy, Reason, Warning,
};
use crate::core::profile::{MappingRow, When};
use crate::core::source::UnitId;
use crate::core::target::{Department, DepartmentId};
use crate::core::text;

/// Levels DingTalk allows below the root (reference `dingtalk-api.md` section 3.9).
const DEEPEST: usize = 20;

/// What became of the units, as far as users depend on it.
pub(super) struct Departments {
    /// The rows.
    pub changes: Vec<Change>,
    /// Where accounts of each unit go, and which departments are ours.
    pub places: Places,
    /// Departments that some row of this plan is about.
    pub taken: HashSet<DepartmentId>,
    /// Level of a row by its source id, else target id: for the order of rows.
    pub depths: HashMap<String, usize>,
}

/// One unit on its way to a row.
struct Row<'a> {
    scoped: ScopedUnit<'a>,
    draft: Draft<'a>,
    parent: Option<DepartmentRef>,
    level: usize,
    found: Option<(&'a Department, MatchedBy)>,
    /// Bound to a department that an incomplete read does not show.
    is_hidden: bool,
    reasons: Vec<(Reason, String)>,
}

impl Row<'_> {
    fn name(&self) -> &str {
        self.draft.value("name").unwrap_or(&self.scoped.unit.name)
    }
}

/// Plans every unit of the scope.
pub(super) fn plan<'a>(
    input: &PlanInput<'a>,
    rules: &'a Rules,
    scope: &Scope<'a>,
    target: &TargetIndex<'a>,
) -> Departments {
    let mut planning = Planning::new(input, scope, target);
    let mut rows: Vec<Row<'_>> = Vec::new();
    for scoped in &scope.scoped {
        if scoped.is_target {
            planning.place(scoped, DepartmentRef::Existing(scoped.target), target.level(scoped.target));
            continue;
        }
        let row = planning.row(*scoped, rules.departments.draft_department(scoped.unit));
        planning.place_row(&row);
        rows.push(row);
    }
    planning.refuse_duplicates(&mut rows);
    planning.refuse_taken_names(&mut rows);
    let changes = rows.iter().map(|row| planning.change(row)).collect();
    let Planning { mut places, mut bound, taken, depths, .. } = planning;
    // The department of a unit that is left out counts as nothing of ours: nobody is taken out of it.
    let is_meant = |unit: &UnitId| !scope.left_out.contains(unit.0.as_str());
    bound.extend(input.memory.departments.iter().filter(|(unit, _)| is_meant(unit)).map(|(_, id)| *id));
    bound.extend(input.profile.scenario.scope.iter().map(|pair| pair.target));
    let units = scope.scoped.iter().map(|scoped| scoped.unit.id.clone());
    let places = Places {
        units: units.map(|unit| (unit.clone(), places.remove(&unit))).collect(),
        left_out: scope.left_out.iter().map(|unit| (*unit).to_owned()).collect(),
        bound,
        inside: inside_targets(input, target),
    };
    Departments { changes, places, taken, depths }
}

struct Planning<'a, 'i> {
    input: &'i PlanInput<'a>,
    target: &'i TargetIndex<'a>,
    scope: &'i Scope<'a>,
    by_identifier: HashMap<&'a str, &'a Department>,
    bound_elsewhere: HashMap<DepartmentId, &'a UnitId>,
    places: HashMap<String, DepartmentRef>,
    bound: HashSet<DepartmentId>,
    taken: HashSet<DepartmentId>,
    depths: HashMap<String, usize>,
}

impl<'a, 'i> Planning<'a, 'i> {
    fn new(input: &'i PlanInput<'a>, scope: &'i Scope<'a>, target: &'i TargetIndex<'a>) -> Self {
        let mut by_identifier = HashMap::new();
        for department in input.target.departments.iter().filter(|department| target.is_own(department.id)) {
            if let Some(identifier) = department.source_identifier.as_deref() {
                by_identifier.entry(identifier).or_insert(department);
            }
        }
        let bound_elsewhere = input.memory.departments.iter().map(|(unit, id)| (*id, unit)).collect();
        Self {
            input,
            target,
            scope,
            by_identifier,
            bound_elsewhere,
            places: HashMap::new(),
            bound: HashSet::new(),
            taken: HashSet::new(),
            depths: HashMap::new(),
        }
    }

    fn place(&mut self, scoped: &ScopedUnit<'_>, place: DepartmentRef, level: usize) {
        self.places.insert(scoped.unit.id.clone(), place);
        self.depths.insert(scoped.unit.id.clone(), level);
    }

    fn row(&mut self, scoped: ScopedUnit<'a>, draft: Draft<'a>) -> Row<'a> {
        let parent = match scoped.parent {
            Some(parent) => self.places.get(parent).cloned(),
            None => Some(DepartmentRef::Existing(scoped.target)),
        };
        let level = match scoped.parent {
            Some(parent) => self.depths.get(parent).copied().unwrap_or_default() + 1,
            None => self.target.level(scoped.target) + 1,
        };
        let mut row =
            Row { scoped, draft, parent, level, found: None, is_hidden: false, reasons: Vec::new() };
        self.find(&mut row);
        let problems = row.draft.problems.iter().map(|problem| (problem.reason, problem.detail.clone()));
        row.reasons.extend(problems);
        if level > DEEPEST {
            row.reasons.push((Reason::TooDeep, format!("level {level}, DingTalk allows {DEEPEST}")));
        }
        if row.parent.is_none() {
            let parent = scoped.parent.unwrap_or_default();
            row.reasons
                .push((Reason::ParentBlocked, format!("the unit above it, {parent}, cannot be placed")));
        }
        row
    }

    /// Binding, then `source_identifier`, then the name under an already linked parent.
    fn find(&mut self, row: &mut Row<'a>) {
        let id = UnitId(row.scoped.unit.id.clone());
        if let Some(bound) = self.input.memory.departments.get(&id) {
            if let Some(department) = self.target.own(*bound) {
                row.found = Some((department, MatchedBy::Binding));
            } else if self.target.is_incomplete() && !self.target.departments.contains_key(bound) {
                row.is_hidden = true;
            }
        }
        if row.found.is_none() && !row.is_hidden {
            row.found = self.by_identifier(&id).or_else(|| self.by_name(row));
        }
        if let Some((department, _)) = row.found {
            self.taken.insert(department.id);
        }
    }

    fn by_identifier(&self, id: &UnitId) -> Option<(&'a Department, MatchedBy)> {
        let department = self.by_identifier.get(id.0.as_str()).copied()?;
        self.is_free(department, id).then_some((department, MatchedBy::SourceIdentifier))
    }

    fn by_name(&self, row: &Row<'a>) -> Option<(&'a Department, MatchedBy)> {
        let Some(DepartmentRef::Existing(parent)) = row.parent else { return None };
        let department = self.target.child_named(parent, row.name())?;
        let id = UnitId(row.scoped.unit.id.clone());
        // An identifier that names another unit says whose department this is, whatever it is called.
        let names_another = department
            .source_identifier
            .as_deref()
            .is_some_and(|identifier| identifier != id.0 && self.scope.units.contains_key(identifier));
        (!names_another && self.is_free(department, &id)).then_some((department, MatchedBy::Name))
    }

    fn is_free(&self, department: &Department, unit: &UnitId) -> bool {
        let bound_to_another = self
            .bound_elsewhere
            .get(&department.id)
            .is_some_and(|other| *other != unit && self.scope.units.contains_key(other.0.as_str()));
        let is_target = self.input.profile.scenario.scope.iter().any(|pair| pair.target == department.id);
        self.target.is_own(department.id)
            && !bound_to_another
            && !is_target
            && !self.taken.contains(&department.id)
    }

    /// Where the people and children of a row go: a bound department exists whatever stands against its row.
    fn place_row(&mut self, row: &Row<'_>) {
        let is_clean = row.reasons.is_empty();
        let place = match row.found {
            Some((department, MatchedBy::Binding)) => Some(DepartmentRef::Existing(department.id)),
            Some((department, _)) if is_clean => Some(DepartmentRef::Existing(department.id)),
            None if row.is_hidden => None,
            None if is_clean => Some(DepartmentRef::New(UnitId(row.scoped.unit.id.clone()))),
            Some(_) | None => None,
        };
        self.depths.insert(row.scoped.unit.id.clone(), row.level);
        if let Some(place) = place {
            if let DepartmentRef::Existing(id) = place {
                self.bound.insert(id);
            }
            self.places.insert(row.scoped.unit.id.clone(), place);
        }
    }

    fn change(&self, row: &Row<'_>) -> Change {
        let unit = row.scoped.unit;
        let mut warnings = BTreeSet::new();
        if row.draft.had_control_characters {
            warnings.insert(Warning::ControlCharacters);
        }
        let mut change = Change {
            entity: Entity::Department,
            action: Action::Unchanged,
            source_id: Some(unit.id.clone()),
            target_id: row.found.map(|(department, _)| department.id.to_string()),
            name: text::for_display(row.name(), 400),
            matched_by: row.found.map(|(_, by)| by),
            fields: Vec::new(),
            reason: None,
            detail: None,
            warnings,
        };
        if row.is_hidden {
            change.target_id =
                self.input.memory.departments.get(&UnitId(unit.id.clone())).map(ToString::to_string);
            change.matched_by = Some(MatchedBy::Binding);
            change.warnings.insert(Warning::OutsidePermission);
            return change;
        }
        if let Some((reason, detail)) = row.reasons.iter().min_by_key(|(reason, _)| *reason) {
            change.reason = Some(*reason);
            change.detail = Some(detail.clone());
            change.action =
                if *reason <= Reason::DuplicateSibling { Action::Conflict } else { Action::Blocked };
            return change;
        }
        change.fields = self.fields(row, &mut change.warnings);
        change.action = match row.found {
            None => Action::Create,
            Some((_, MatchedBy::Binding)) => bound_action(&change.fields),
            Some(_) => Action::Link,
        };
        change
    }

    fn fields(&self, row: &Row<'_>, warnings: &mut BTreeSet<Warning>) -> Vec<FieldChange> {
        let current = row.found.map(|(department, _)| department);
        let mut fields = Vec::new();
        let parent = row.parent.as_ref().map(ToString::to_string);
        let current_parent = current.and_then(|department| department.parent).map(|id| id.to_string());
        let identifier = Some(row.scoped.unit.id.clone());
        let current_identifier = current.and_then(|department| department.source_identifier.clone());
        for value in &row.draft.values {
            let field = value.field();
            let Some(department) = current else {
                if let Some(text) = &value.value {
                    fields.push(change_of(field, None, Some(text.to_string())));
                }
                continue;
            };
            let readable = value.row.spec.map(|spec| spec.readable);
            if !matches!(readable, Some(Readable::Listed | Readable::Single)) {
                continue;
            }
            if self.input.target.unreadable.contains(field) {
                warnings.insert(Warning::FieldUnreadable);
                continue;
            }
            let (name, MappingRow { when, on_empty, .. }) = (field.as_str(), &value.row.row);
            let wanted = Wanted {
                field: name,
                when: if name == "name" && *when == When::IfEmpty { When::Create } else { *when },
                on_empty: *on_empty,
                value: value.value.as_deref(),
                current: department.field(name),
            };
            if let Some((before, after)) = field_change(&wanted)
                && !self.is_unstored(department.id, field, before.as_deref(), after.as_deref())
            {
                fields.push(change_of(field, before, after));
            }
        }
        for (field, before, after) in
            [("parent_id", current_parent, parent), ("source_identifier", current_identifier, identifier)]
        {
            let field = FieldName::new(field);
            let is_unstored =
                current.is_some_and(|d| self.is_unstored(d.id, &field, before.as_deref(), after.as_deref()));
            if before != after && !is_unstored {
                fields.push(change_of(&field, before, after));
            }
        }
        fields
    }

    fn is_unstored(
        &self,
        id: DepartmentId,
        field: &FieldName,
        before: Option<&str>,
        after: Option<&str>,
    ) -> bool {
        if self.input.memory.unstored.is_empty() {
            return false;
        }
        let key = UnstoredKey { entity: Entity::Department, target_id: id.to_string(), field: field.clone() };
        self.input.memory.unstored.get(&key).is_some_and(|unstored| {
            unstored.sent.as_deref() == after
                && is_same(field.as_str(), before, unstored.read_back.as_deref())
        })
    }
}

/// Every department at or below a target.
fn inside_targets(input: &PlanInput<'_>, target: &TargetIndex<'_>) -> HashSet<DepartmentId> {
    let targets = input.profile.scenario.scope.iter().map(|pair| pair.target);
    targets.flat_map(|id| target.below(id).into_iter().chain([id])).collect()
}

/// Move when the place changes, update when only fields do.
fn bound_action(fields: &[FieldChange]) -> Action {
    if fields.iter().any(|change| change.field.as_str() == "parent_id") {
        Action::Move
    } else if fields.is_empty() {
        Action::Unchanged
    } else {
        Action::Update
    }
}

/// The references of a department list, for a field row.
pub(super) fn references<R: ToString>(list: impl IntoIterator<Item = R>) -> FieldValue {
    FieldValue::List(list.into_iter().map(|reference| reference.to_string()).collect())
}
