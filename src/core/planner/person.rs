//! One account → one row: what blocks it, where it belongs, which fields differ. Rules: contract section 4.

use std::collections::HashSet;

use super::departments::references;
use super::places::Places;
use super::users::{Person, UserRow, blank};
use super::{PlanInput, Rules, Wanted, change_of, field_change, is_same};
use crate::core::field::FieldName;
use crate::core::journal::UnstoredKey;
use crate::core::mapping::MappedValue;
use crate::core::matching::Match;
use crate::core::normalise;
use crate::core::plan::{
    Action, DepartmentRef, Entity, FieldChange, FieldValue, MatchedBy, Reason, Warning, list_text,
};
use crate::core::profile::Edition;
use crate::core::source::Account;
use crate::core::target::User;

/// What every row is planned by.
pub(super) struct Planning<'a, 'i> {
    input: &'i PlanInput<'a>,
    places: &'i Places,
    has_mobile_row: bool,
    has_name_row: bool,
    dept_id_list: FieldName,
}

impl<'a, 'i> Planning<'a, 'i> {
    pub(super) fn new(input: &'i PlanInput<'a>, rules: &Rules, places: &'i Places) -> Self {
        let has_row = |name: &str| rules.users.fields().any(|field| field.as_str() == name);
        Self {
            input,
            places,
            has_mobile_row: has_row("mobile"),
            has_name_row: has_row("name"),
            dept_id_list: FieldName::new("dept_id_list"),
        }
    }

    pub(super) fn row(&self, person: &Person<'_, '_>, conflicts: Vec<(Reason, String)>) -> UserRow {
        let account = person.account;
        let user = person.found.user();
        let name = person.draft.value("name").or(account.username.as_deref()).unwrap_or(&account.id);
        let mut change = blank(account, name);
        change.target_id = user.map(|user| user.id.0.clone());
        change.matched_by = person.found.by();
        if person.draft.had_control_characters {
            change.warnings.insert(Warning::ControlCharacters);
        }
        let mut row = UserRow { change, user: person.user, reasons: conflicts, keeps: person.keeps };
        if let Match::Hidden(user) = &person.found {
            row.change.target_id = Some(user.0.clone());
            row.change.matched_by = Some(MatchedBy::Binding);
            row.change.warnings.insert(Warning::OutsidePermission);
            return row;
        }
        if user.is_none() && self.awaits_consent(person) {
            row.change.warnings.insert(Warning::PendingConsent);
            return row;
        }
        if let Match::Ambiguous(detail) = &person.found {
            row.reasons.push((Reason::AmbiguousMatch, detail.clone()));
        }
        row.reasons.extend(self.blocks(person, user.is_some()));
        let places = self.places_of(account);
        if places.is_empty() {
            row.reasons.push((Reason::NoDepartment, "none of its units can be placed".to_owned()));
        }
        match user {
            None => self.create(person, &places, &mut row),
            Some(user) => self.compare(person, user, &places, &mut row),
        }
        row
    }

    fn awaits_consent(&self, person: &Person<'_, '_>) -> bool {
        let invited = self.input.memory.pending.get(person.account.id.as_str());
        invited.is_some_and(|mobile| person.draft.value("mobile").is_none_or(|wanted| wanted == mobile))
    }

    fn blocks(&self, person: &Person<'_, '_>, exists: bool) -> Vec<(Reason, String)> {
        let needs_mobile = !exists && self.input.profile.edition == Edition::Standard;
        let mut reasons: Vec<(Reason, String)> = person
            .draft
            .problems
            .iter()
            .filter(|problem| match problem.reason {
                Reason::MissingMobile | Reason::InvalidMobile => needs_mobile,
                _ => true,
            })
            .map(|problem| (problem.reason, problem.detail.clone()))
            .collect();
        if needs_mobile && !self.has_mobile_row {
            reasons.push((Reason::MissingMobile, "no row maps the mobile".to_owned()));
        }
        if !exists && !self.has_name_row {
            reasons.push((Reason::MissingName, "no row maps the name".to_owned()));
        }
        if person.is_echo {
            let detail = format!("imported from DingTalk {}", self.input.profile.corp_id);
            reasons.push((Reason::Echo, detail));
        }
        reasons
    }

    /// Where the account belongs, primary first, each once.
    fn places_of(&self, account: &Account) -> Vec<&'i DepartmentRef> {
        let mut places = Vec::with_capacity(account.units.len());
        for membership in &account.units {
            if let Some(place) = self.places.of(&membership.unit.0)
                && !places.contains(&place)
            {
                places.push(place);
            }
        }
        places
    }

    fn create(&self, person: &Person<'_, '_>, places: &[&DepartmentRef], row: &mut UserRow) {
        row.change.action = Action::Create;
        let invalid_mobile =
            person.draft.problems.iter().any(|problem| problem.reason == Reason::InvalidMobile);
        row.change.fields.reserve_exact(person.draft.values.len() + 1);
        for value in &person.draft.values {
            let Some(sent) = &value.value else { continue };
            if invalid_mobile && value.field().as_str() == "mobile" {
                continue;
            }
            row.change.fields.push(change_of(value.field(), None, Some(sent.to_string())));
        }
        row.change.fields.push(FieldChange {
            field: self.dept_id_list.clone(),
            before: FieldValue::EMPTY,
            after: references(places),
        });
    }

    fn compare(&self, person: &Person<'_, '_>, user: &User, places: &[&DepartmentRef], row: &mut UserRow) {
        for value in &person.draft.values {
            self.compare_field(person, user, value, row);
        }
        self.warn(person, user, row);
        let (kept, is_taken_out) = self.kept_departments(person.account, user, places);
        let is_placed_anew = places.iter().any(|place| !is_in(user, place));
        let moves = !places.is_empty()
            && (is_placed_anew || is_taken_out)
            && !self.is_accepted(user, places.iter().copied().chain(&kept));
        if moves && is_taken_out && user.is_administrator {
            row.change.warnings.insert(Warning::Administrator);
            row.change.action = Action::Hold;
            row.change.fields.clear();
            row.change.detail = Some("an administrator is not taken out of a department".to_owned());
            return;
        }
        if moves {
            row.change.fields.push(FieldChange {
                field: self.dept_id_list.clone(),
                before: references(user.departments.iter().map(|id| DepartmentRef::Existing(*id))),
                after: references(places.iter().copied().chain(&kept)),
            });
        }
        row.change.action = match (row.change.matched_by, moves, row.change.fields.is_empty()) {
            (Some(MatchedBy::Binding), true, _) => Action::Move,
            (Some(MatchedBy::Binding), false, true) => Action::Unchanged,
            (Some(MatchedBy::Binding), false, false) => Action::Update,
            (_, _, _) => Action::Link,
        };
    }

    fn compare_field(
        &self,
        person: &Person<'_, '_>,
        user: &User,
        value: &MappedValue<'_>,
        row: &mut UserRow,
    ) {
        let name = value.field().as_str();
        if self.input.target.unreadable.contains(name) {
            if value.value.is_some() {
                row.change.warnings.insert(Warning::FieldUnreadable);
            }
            return;
        }
        if name == "mobile" {
            self.compare_mobile(person, user, row);
            return;
        }
        if !value.row.spec.is_some_and(|spec| spec.is_comparable()) {
            return;
        }
        let wanted = Wanted {
            field: name,
            when: value.row.row.when,
            on_empty: value.row.row.on_empty,
            value: value.value.as_deref(),
            current: user.field(name),
        };
        let Some((before, after)) = field_change(&wanted) else { return };
        let field = value.field().clone();
        let key = UnstoredKey { entity: Entity::User, target_id: user.id.0.clone(), field };
        let is_unstored = self.input.memory.unstored.get(&key).is_some_and(|unstored| {
            unstored.sent == after && is_same(name, before.as_deref(), unstored.read_back.as_deref())
        });
        if is_unstored {
            return;
        }
        row.change.fields.push(change_of(value.field(), before, after));
    }

    /// A mobile is never sent to an existing user (reference `dingtalk-api.md` section 4.2).
    fn compare_mobile(&self, person: &Person<'_, '_>, user: &User, row: &mut UserRow) {
        let Some(mapped) = person.draft.value("mobile").filter(|mobile| normalise::is_valid_mobile(mobile))
        else {
            return;
        };
        if user.mobile.as_deref() != normalise::e164_of(mapped).as_deref() {
            row.change.warnings.insert(Warning::MobileNotUpdatable);
        }
    }

    fn warn(&self, person: &Person<'_, '_>, user: &User, row: &mut UserRow) {
        let wanted = person.draft.value("userid").unwrap_or(&person.account.id);
        if self.input.profile.edition == Edition::Dedicated && user.id.0 != wanted {
            row.change.warnings.insert(Warning::UseridDiffers);
        }
        let is_inside = user.departments.iter().any(|id| self.places.inside.contains(id));
        if row.change.matched_by != Some(MatchedBy::Binding) && !is_inside {
            row.change.warnings.insert(Warning::OutsideTarget);
        }
    }

    /// Whether an operator accepted that the user is in other departments than wished.
    fn is_accepted<'d>(&self, user: &User, wished: impl Iterator<Item = &'d DepartmentRef>) -> bool {
        if self.input.memory.unstored.is_empty() {
            return false;
        }
        let field = self.dept_id_list.clone();
        let key = UnstoredKey { entity: Entity::User, target_id: user.id.0.clone(), field };
        let text = |set: HashSet<String>| list_text(set.iter());
        self.input.memory.unstored.get(&key).is_some_and(|accepted| {
            let current = user.departments.iter().map(ToString::to_string).collect();
            accepted.sent.as_deref() == Some(&text(wished.map(ToString::to_string).collect()))
                && accepted.read_back.as_deref() == Some(&text(current))
        })
    }

    /// The departments outside `places` that the user stays in, and whether the user loses one that is bound.
    fn kept_departments(
        &self,
        account: &Account,
        user: &User,
        places: &[&DepartmentRef],
    ) -> (Vec<DepartmentRef>, bool) {
        // Whom a run put among the leavers comes back from there.
        let left = self.input.profile.scenario.leavers_department;
        let left = left.filter(|_| self.input.memory.moved_leavers.contains(account.id.as_str()));
        let mut kept = Vec::new();
        let mut loses = false;
        for id in &user.departments {
            let reference = DepartmentRef::Existing(*id);
            if places.contains(&&reference) || kept.contains(&reference) {
                continue;
            }
            if self.places.bound.contains(id) || left == Some(*id) {
                loses = true;
            } else {
                kept.push(reference);
            }
        }
        (kept, loses)
    }
}

fn is_in(user: &User, place: &DepartmentRef) -> bool {
    match place {
        DepartmentRef::Existing(id) => user.departments.contains(id),
        DepartmentRef::New(_) => false,
    }
}
