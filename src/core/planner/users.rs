//! Accounts → users: who is meant, who is whose, what differs. Rules: contract section 4.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::departments::{Departments, references};
use super::scope::Scope;
use super::target::TargetIndex;
use super::{PlanInput, Rules, Wanted, change_of, field_change, is_same};
use crate::core::field::{FieldName, FieldSpec, Readable};
use crate::core::journal::{Decision, UnstoredKey};
use crate::core::mapping::{Draft, MappedValue};
use crate::core::matching::{self, Candidates, Match};
use crate::core::normalise;
use crate::core::plan::{
    Action, Change, DepartmentRef, Entity, FieldChange, FieldValue, MatchedBy, Reason, Warning,
};
use crate::core::profile::{DisabledAccounts, Edition};
use crate::core::source::{Account, AccountId};
use crate::core::target::{DepartmentId, User, UserId};
use crate::core::text;

/// Fields whose value only one user may have (reference `dingtalk-api.md` section 12.5).
const UNIQUE: [&str; 4] = ["mobile", "email", "telephone", "userid"];

/// A row with what later rules still need.
pub(super) struct UserRow {
    /// The row.
    pub change: Change,
    /// Unique values the row would send.
    claims: Vec<(&'static str, String)>,
    reasons: Vec<(Reason, String)>,
}

/// What became of the accounts.
pub(super) struct Users {
    /// The rows.
    pub rows: Vec<UserRow>,
    /// Accounts in scope that are no rows.
    pub ignored: u64,
    /// Users that some row is about.
    pub taken: HashSet<UserId>,
    /// Bound accounts in scope that leave, with the reason.
    pub leaving: HashMap<AccountId, Reason>,
    /// Accounts that are rows.
    pub active: HashSet<AccountId>,
}

/// One account on its way to a row.
struct Person<'a> {
    account: &'a Account,
    draft: Draft,
    found: Match<'a>,
    is_echo: bool,
}

/// Plans every account of the scope.
pub(super) fn plan<'a>(
    input: &PlanInput<'a>,
    rules: &Rules,
    scope: &Scope<'a>,
    target: &TargetIndex<'a>,
    departments: &Departments,
) -> Users {
    let mut users = Users {
        rows: Vec::new(),
        ignored: 0,
        taken: HashSet::new(),
        leaving: HashMap::new(),
        active: HashSet::new(),
    };
    let mut people = Vec::new();
    for account in &scope.accounts {
        match standing(input, rules, account) {
            Standing::Row => {
                let is_echo = account.source_type.as_deref() == Some("ding_talk")
                    && account.source_id.as_deref() == Some(input.profile.corp_id.as_str());
                let draft = rules.users.draft_user(account);
                people.push(Person { account, draft, found: Match::Nobody, is_echo });
                users.active.insert(account.account_id());
            }
            Standing::Ignored => users.ignored += 1,
            Standing::Leaves(reason) => {
                users.leaving.insert(account.account_id(), reason);
                users.ignored += u64::from(!input.memory.users.contains_key(&account.account_id()));
            }
            Standing::Failed(detail) => {
                users.active.insert(account.account_id());
                users.rows.push(failed_filter(account, detail, input));
            }
        }
    }
    recognise(input, target, &mut people);
    let duplicates = duplicates_in_source(&people);
    let shared = shared_targets(&people);
    let planning = Planning { input, rules, departments, inside: inside_targets(input, target) };
    for (index, person) in people.iter().enumerate() {
        let conflicts = duplicates.get(&index).into_iter().chain(shared.get(&index)).cloned().collect();
        users.rows.push(planning.row(person, conflicts));
    }
    users.taken = users.rows.iter().filter_map(|row| row.change.target_id.clone().map(UserId)).collect();
    users
}

enum Standing {
    Row,
    Ignored,
    Leaves(Reason),
    Failed(String),
}

fn standing(input: &PlanInput<'_>, rules: &Rules, account: &Account) -> Standing {
    let id = account.account_id();
    let is_bound = input.memory.users.contains_key(&id);
    if matches!(input.memory.decisions.get(&id), Some(Decision::LeaveOut | Decision::Keep)) {
        return if is_bound { Standing::Leaves(Reason::Excluded) } else { Standing::Ignored };
    }
    let keep_or_leave = |reason| if is_bound { Standing::Leaves(reason) } else { Standing::Ignored };
    if !account.is_enabled_at(input.now_ms)
        && input.profile.scenario.disabled_accounts != DisabledAccounts::Update
    {
        return keep_or_leave(Reason::Disabled);
    }
    match rules.include.keeps(account) {
        Ok(true) => Standing::Row,
        Ok(false) => keep_or_leave(Reason::Excluded),
        Err(error) => Standing::Failed(error.to_string()),
    }
}

fn failed_filter(account: &Account, detail: String, input: &PlanInput<'_>) -> UserRow {
    let target_id = input.memory.users.get(&account.account_id()).map(ToString::to_string);
    let mut change = blank(account, account.username.as_deref().unwrap_or(&account.id));
    change.target_id = target_id;
    UserRow { change, claims: Vec::new(), reasons: vec![(Reason::MappingError, detail)] }
}

fn blank(account: &Account, name: &str) -> Change {
    Change {
        entity: Entity::User,
        action: Action::Unchanged,
        source_id: Some(account.id.clone()),
        target_id: None,
        name: text::for_display(name, 400),
        matched_by: None,
        fields: Vec::new(),
        reason: None,
        detail: None,
        warnings: BTreeSet::new(),
    }
}

/// Finds each person's user: binding, decision, identity fields in order.
fn recognise<'a>(input: &PlanInput<'a>, target: &TargetIndex<'a>, people: &mut [Person<'a>]) {
    let bound: HashSet<&UserId> = input.memory.users.values().collect();
    let candidates = Candidates::new(&input.profile.mapping.identity, &input.target.users, &bound);
    for person in people {
        let id = person.account.account_id();
        let remembered = input.memory.users.get(&id);
        let decided = match input.memory.decisions.get(&id) {
            Some(Decision::LinkTo(user)) => target.users.get(user).copied(),
            Some(Decision::LeaveOut | Decision::Keep) | None => None,
        };
        person.found = match remembered.map(|user| (user, target.users.get(user).copied())) {
            Some((_, Some(user))) => Match::One(user, MatchedBy::Binding),
            Some((user, None)) if target.is_partial() => Match::Hidden(user.clone()),
            Some((_, None)) | None => match decided {
                Some(user) => Match::One(user, MatchedBy::Userid),
                None if person.is_echo => Match::Nobody,
                None => candidates.find(&person.draft, person.account),
            },
        };
    }
}

/// Unique values that occur twice among the people of the source: nobody of them is written.
fn duplicates_in_source(people: &[Person<'_>]) -> HashMap<usize, (Reason, String)> {
    let mut found = HashMap::new();
    for field in UNIQUE {
        let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, person) in people.iter().enumerate().filter(|(_, person)| !person.is_echo) {
            if let Some(key) = person.draft.value(field).and_then(|value| matching::unique_key(field, value))
            {
                holders.entry(key).or_default().push(index);
            }
        }
        for indices in holders.into_values().filter(|indices| indices.len() > 1) {
            for index in &indices {
                let others: Vec<&str> = indices
                    .iter()
                    .filter(|i| *i != index)
                    .take(5)
                    .map(|i| people[*i].account.id.as_str())
                    .collect();
                let detail = format!("same {field} as {}", others.join(", "));
                found.entry(*index).or_insert((Reason::DuplicateInSource, detail));
            }
        }
    }
    found
}

/// Users that several accounts were recognised as.
fn shared_targets(people: &[Person<'_>]) -> HashMap<usize, (Reason, String)> {
    let mut by_user: HashMap<&UserId, Vec<usize>> = HashMap::new();
    for (index, person) in people.iter().enumerate() {
        if let Match::One(user, _) = &person.found {
            by_user.entry(&user.id).or_default().push(index);
        }
    }
    let mut found = HashMap::new();
    for (user, indices) in by_user.into_iter().filter(|(_, indices)| indices.len() > 1) {
        for index in &indices {
            let others: Vec<&str> = indices
                .iter()
                .filter(|i| *i != index)
                .take(5)
                .map(|i| people[*i].account.id.as_str())
                .collect();
            found
                .insert(*index, (Reason::SameTarget, format!("user {user} also fits {}", others.join(", "))));
        }
    }
    found
}

fn inside_targets(input: &PlanInput<'_>, target: &TargetIndex<'_>) -> HashSet<DepartmentId> {
    let targets = input.profile.scenario.scope.iter().map(|pair| pair.target);
    targets.flat_map(|id| target.below(id).into_iter().chain([id])).collect()
}

struct Planning<'a, 'i> {
    input: &'i PlanInput<'a>,
    rules: &'i Rules,
    departments: &'i Departments,
    /// Every department at or below a target.
    inside: HashSet<DepartmentId>,
}

impl Planning<'_, '_> {
    fn row(&self, person: &Person<'_>, conflicts: Vec<(Reason, String)>) -> UserRow {
        let account = person.account;
        let user = person.found.user();
        let name = person.draft.value("name").or(account.username.as_deref()).unwrap_or(&account.id);
        let mut change = blank(account, name);
        change.target_id = user.map(|user| user.id.0.clone());
        change.matched_by = person.found.by();
        if person.draft.had_control_characters {
            change.warnings.insert(Warning::ControlCharacters);
        }
        let mut row = UserRow { change, claims: Vec::new(), reasons: conflicts };
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
            row.claim(value.field.as_str(), sent);
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
        let (wanted, is_taken_out) = self.wanted_departments(user, places);
        let current: HashSet<String> = user.departments.iter().map(ToString::to_string).collect();
        let moves =
            !places.is_empty() && wanted.iter().map(ToString::to_string).collect::<HashSet<_>>() != current;
        if moves && is_taken_out && user.is_administrator {
            row.change.warnings.insert(Warning::Administrator);
            row.change.action = Action::Hold;
            row.change.fields.clear();
            row.claims.clear();
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
        let is_comparable = spec.is_some_and(|FieldSpec { readable, is_create_only, .. }| {
            readable != Readable::Never && !is_create_only
        });
        if !is_comparable {
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
        if let Some(after) = &after {
            row.claim(name, after);
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

    /// The wanted departments, and whether the user loses one that is bound.
    fn wanted_departments(&self, user: &User, places: &[DepartmentRef]) -> (Vec<DepartmentRef>, bool) {
        let mut wanted = places.to_vec();
        let mut loses = false;
        for id in &user.departments {
            let reference = DepartmentRef::Existing(*id);
            if wanted.contains(&reference) {
                continue;
            }
            if self.departments.bound.contains(id) {
                loses = true;
            } else {
                wanted.push(reference);
            }
        }
        (wanted, loses)
    }
}

impl UserRow {
    fn claim(&mut self, field: &str, value: &str) {
        if let Some(field) = UNIQUE.into_iter().find(|unique| *unique == field)
            && let Some(key) = matching::unique_key(field, value)
        {
            self.claims.push((field, key));
        }
    }

    /// The row as it stands when nothing is against it but reasons.
    fn refuse(&mut self) {
        let Some((reason, detail)) = self.reasons.iter().min_by_key(|(reason, _)| *reason) else { return };
        let is_conflict = *reason <= Reason::DuplicateSibling;
        self.change.reason = Some(*reason);
        self.change.detail = Some(detail.clone());
        self.change.action = if is_conflict { Action::Conflict } else { Action::Blocked };
        self.change.fields.clear();
        self.claims.clear();
    }
}

/// Unique values that somebody else keeps. Repeated, because a refused row gives nothing up.
pub(super) fn settle_conflicts(input: &PlanInput<'_>, users: &mut Users) {
    let holders = matching::holders(&UNIQUE, &input.target.users);
    users.rows.iter_mut().for_each(UserRow::refuse);
    loop {
        let rows: HashMap<&str, &UserRow> =
            users.rows.iter().filter_map(|row| Some((row.change.target_id.as_deref()?, row))).collect();
        let mut refused = Vec::new();
        for (index, row) in users.rows.iter().enumerate() {
            let own = row.change.target_id.as_deref();
            let taken = row.claims.iter().find_map(|(field, value)| {
                let holder = holders.of(field, value)?;
                let is_free = Some(holder.0.as_str()) == own || gives_up(&rows, holder, field);
                (!is_free).then(|| format!("{field} belongs to user {holder}"))
            });
            refused.extend(taken.map(|detail| (index, detail)));
        }
        if refused.is_empty() {
            break;
        }
        for (index, detail) in refused {
            users.rows[index].reasons.push((Reason::ValueTaken, detail));
            users.rows[index].refuse();
        }
    }
}

fn gives_up(rows: &HashMap<&str, &UserRow>, holder: &UserId, field: &str) -> bool {
    let Some(row) = rows.get(holder.0.as_str()) else { return false };
    match row.change.action {
        Action::Remove => true,
        Action::Link | Action::Update | Action::Move => {
            row.change.fields.iter().any(|change| change.field.as_str() == field)
        }
        Action::Create
        | Action::Hold
        | Action::Unchanged
        | Action::Conflict
        | Action::Blocked
        | Action::Unmanaged => false,
    }
}

/// A leaver's row.
pub(super) fn leaver_row(change: Change) -> UserRow {
    UserRow { change, claims: Vec::new(), reasons: Vec::new() }
}
