//! One account → one row: what blocks it, where it belongs, which fields differ. Rules: contract section 4.

use std::collections::HashSet;

use super::departments::{Departments, references};
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
use crate::core::target::{DepartmentId, User};

/// What every row is planned by.
pub(super) struct Planning<'a, 'i> {
    pub input: &'i PlanInput<'a>,
    pub rules: &'i Rules,
    pub departments: &'i Departments,
    /// Every department at or below a target.
    pub inside: HashSet<DepartmentId>,
}

impl Planning<'_, '_> {
    pub(super) fn row(&self, person: &Person<'_>, conflicts: Vec<(Reason, String)>) -> UserRow {
        let account = person.account;
        let user = person.found.user();
        let name = person.draft.value("name").or(account.username.as_deref()).unwrap_or(&account.id);
        let mut change = blank(account, name);
        change.target_id = user.map(|user| user.id.0.clone());
        change.matched_by = person.found.by();
        if person.draft.had_control_characters {
            change.warnings.insert(Warning::ControlCharacters);
        }
        let mut row = UserRow { change, reasons: conflicts, keeps: person.keeps };
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
        let places = self.places(account);
        if places.is_empty() {
            row.reasons.push((Reason::NoDepartment, "none of its units can be placed".to_owned()));
        }
        match user {
            None => self.create(person, &places, &mut row),
            Some(user) => self.compare(person, user, &places, &mut row),
        }
        row
    }

    fn awaits_consent(&self, person: &Person<'_>) -> bool {
        let invited = self.input.memory.pending.get(&person.account.account_id());
        invited.is_some_and(|mobile| person.draft.value("mobile").is_none_or(|wanted| wanted == mobile))
    }

    fn blocks(&self, person: &Person<'_>, exists: bool) -> Vec<(Reason, String)> {
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
        let has_mobile_row = self.rules.users.fields().any(|field| field.as_str() == "mobile");
        if needs_mobile && !has_mobile_row {
            reasons.push((Reason::MissingMobile, "no row maps the mobile".to_owned()));
        }
        let has_name_row = self.rules.users.fields().any(|field| field.as_str() == "name");
        if !exists && !has_name_row {
            reasons.push((Reason::MissingName, "no row maps the name".to_owned()));
        }
        if person.is_echo {
            let detail = format!("imported from DingTalk {}", self.input.profile.corp_id);
            reasons.push((Reason::Echo, detail));
        }
        reasons
    }

    /// Where the account belongs, primary first, each once.
    fn places(&self, account: &Account) -> Vec<DepartmentRef> {
        let mut places = Vec::new();
        for membership in &account.units {
            if let Some(place) = self.departments.places.get(&membership.unit.0)
                && !places.contains(place)
            {
                places.push(place.clone());
            }
        }
        places
    }

    fn create(&self, person: &Person<'_>, places: &[DepartmentRef], row: &mut UserRow) {
        row.change.action = Action::Create;
        let invalid_mobile =
            person.draft.problems.iter().any(|problem| problem.reason == Reason::InvalidMobile);
        for value in &person.draft.values {
            let Some(sent) = &value.value else { continue };
            if invalid_mobile && value.field.as_str() == "mobile" {
                continue;
            }
            row.change.fields.push(change_of(&value.field, None, Some(sent.clone())));
        }
        row.change.fields.push(FieldChange {
            field: FieldName::new("dept_id_list"),
            before: FieldValue::EMPTY,
            after: references(places),
        });
    }

    fn compare(&self, person: &Person<'_>, user: &User, places: &[DepartmentRef], row: &mut UserRow) {
        for value in &person.draft.values {
            self.compare_field(person, user, value, row);
        }
        self.warn(person, user, row);
        let (wanted, is_taken_out) = self.wanted_departments(person.account, user, places);
        let current: HashSet<String> = user.departments.iter().map(ToString::to_string).collect();
        let wished: HashSet<String> = wanted.iter().map(ToString::to_string).collect();
        let moves = !places.is_empty() && wished != current && !self.is_accepted(user, &current, &wished);
        if moves && is_taken_out && user.is_administrator {
            row.change.warnings.insert(Warning::Administrator);
            row.change.action = Action::Hold;
            row.change.fields.clear();
            row.change.detail = Some("an administrator is not taken out of a department".to_owned());
            return;
        }
        if moves {
            let current: Vec<DepartmentRef> =
                user.departments.iter().map(|id| DepartmentRef::Existing(*id)).collect();
            row.change.fields.push(FieldChange {
                field: FieldName::new("dept_id_list"),
                before: references(&current),
                after: references(&wanted),
            });
        }
        row.change.action = match (row.change.matched_by, moves, row.change.fields.is_empty()) {
            (Some(MatchedBy::Binding), true, _) => Action::Move,
            (Some(MatchedBy::Binding), false, true) => Action::Unchanged,
            (Some(MatchedBy::Binding), false, false) => Action::Update,
            (_, _, _) => Action::Link,
        };
    }

    fn compare_field(&self, person: &Person<'_>, user: &User, value: &MappedValue, row: &mut UserRow) {
        let name = value.field.as_str();
        let spec = crate::core::field::user_field(name);
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
        if !spec.is_some_and(|spec| spec.is_comparable()) {
            return;
        }
        let wanted = Wanted {
            field: name,
            when: value.when,
            on_empty: value.on_empty,
            value: value.value.as_deref(),
            current: user.field(name),
        };
        let Some((before, after)) = field_change(&wanted) else { return };
        let key =
            UnstoredKey { entity: Entity::User, target_id: user.id.0.clone(), field: value.field.clone() };
        let is_unstored = self.input.memory.unstored.get(&key).is_some_and(|unstored| {
            unstored.sent == after && is_same(name, before.as_deref(), unstored.read_back.as_deref())
        });
        if is_unstored {
            return;
        }
        row.change.fields.push(change_of(&value.field, before, after));
    }

    /// A mobile is never sent to an existing user (reference `dingtalk-api.md` section 4.2).
    fn compare_mobile(&self, person: &Person<'_>, user: &User, row: &mut UserRow) {
        let Some(mapped) = person.draft.value("mobile").filter(|mobile| normalise::is_valid_mobile(mobile))
        else {
            return;
        };
        if user.mobile.as_deref() != normalise::e164(None, mapped).as_deref() {
            row.change.warnings.insert(Warning::MobileNotUpdatable);
        }
    }

    fn warn(&self, person: &Person<'_>, user: &User, row: &mut UserRow) {
        let wanted = person.draft.value("userid").unwrap_or(&person.account.id);
        if self.input.profile.edition == Edition::Dedicated && user.id.0 != wanted {
            row.change.warnings.insert(Warning::UseridDiffers);
        }
        let is_inside = user.departments.iter().any(|id| self.inside.contains(id));
        if row.change.matched_by != Some(MatchedBy::Binding) && !is_inside {
            row.change.warnings.insert(Warning::OutsideTarget);
        }
    }

    /// Whether an operator accepted that the user is in other departments than wished.
    fn is_accepted(&self, user: &User, current: &HashSet<String>, wished: &HashSet<String>) -> bool {
        let field = FieldName::new("dept_id_list");
        let key = UnstoredKey { entity: Entity::User, target_id: user.id.0.clone(), field };
        self.input.memory.unstored.get(&key).is_some_and(|accepted| {
            accepted.sent.as_deref() == Some(&list_text(wished.iter()))
                && accepted.read_back.as_deref() == Some(&list_text(current.iter()))
        })
    }

    /// The wanted departments, and whether the user loses one that is bound.
    fn wanted_departments(
        &self,
        account: &Account,
        user: &User,
        places: &[DepartmentRef],
    ) -> (Vec<DepartmentRef>, bool) {
        // Whom a run put among the leavers comes back from there.
        let is_back = self.input.memory.moved_leavers.contains(&account.account_id());
        let left = self.input.profile.scenario.leavers_department.filter(|_| is_back);
        let mut wanted = places.to_vec();
        let mut loses = false;
        for id in &user.departments {
            let reference = DepartmentRef::Existing(*id);
            if wanted.contains(&reference) {
                continue;
            }
            if self.departments.bound.contains(id) || left == Some(*id) {
                loses = true;
            } else {
                wanted.push(reference);
            }
        }
        (wanted, loses)
    }
}
