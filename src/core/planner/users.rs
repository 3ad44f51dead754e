//! Accounts → users: who is meant, who is whose, what differs. Rules: contract section 4.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

use super::decided;
use super::person::Planning;
use super::places::Places;
use super::target::TargetIndex;
use super::{PlanInput, Rules};
use crate::core::journal::Decision;
use crate::core::mapping::Draft;
use crate::core::matching::{self, Candidates, Match};
use crate::core::plan::{Action, Change, Entity, MatchedBy, Reason};
use crate::core::profile::DisabledAccounts;
use crate::core::source::{Account, AccountId};
use crate::core::target::UserId;
use crate::core::text;

/// Fields whose value only one user may have (reference `dingtalk-api.md` section 12.5).
pub(super) const UNIQUE: [&str; 4] = ["mobile", "email", "telephone", "userid"];

/// After so many rows the room of their drafts is given back.
const SHED: usize = 1 << 14;

/// A row with what later rules still need.
pub(super) struct UserRow {
    /// The row.
    pub change: Change,
    /// Where its user stands in the target's list.
    pub user: Option<usize>,
    pub reasons: Vec<(Reason, String)>,
    /// By decision DingTalk keeps what is in conflict.
    pub keeps: bool,
}

/// What became of the accounts.
#[derive(Default)]
pub(super) struct Users<'a> {
    /// The rows.
    pub rows: Vec<UserRow>,
    /// Accounts in scope that are no rows.
    pub ignored: u64,
    /// Which users of the target's list some row is about.
    pub taken: Vec<bool>,
    /// Bound accounts in scope that leave, with the reason.
    pub leaving: HashMap<&'a str, Reason>,
    /// Of these the ones a decision leaves out: held whatever happens to leavers.
    pub held: HashSet<&'a str>,
    /// Accounts that are rows, sorted.
    pub active: Vec<&'a str>,
    /// Bindings to users of the target, with the user's position, among them those of every account that is no row.
    pub bound: Vec<(&'a AccountId, &'a UserId, usize)>,
}

/// One account on its way to a row.
pub(super) struct Person<'a, 'r> {
    pub account: &'a Account,
    pub draft: Draft<'r>,
    /// Whom it is remembered as.
    pub bound: Option<&'a UserId>,
    pub found: Match<'a>,
    /// Where the found user stands in the target's list.
    pub user: Option<usize>,
    pub is_echo: bool,
    /// An operator said whose user this is.
    pub is_decided: bool,
    /// By decision DingTalk keeps what is in conflict.
    pub keeps: bool,
}

/// Plans the accounts of the scope, given in the order of their ids.
pub(super) fn plan<'a>(
    input: &PlanInput<'a>,
    rules: &Rules,
    accounts: &[&'a Account],
    target: &TargetIndex<'a>,
    places: &Places,
) -> Users<'a> {
    let mut users = Users::default();
    let mut people = gather(input, rules, (accounts, places), target, &mut users);
    users.bound = recognise(input, target, &mut people);
    users.ignored += decided::keep(input, &mut people);
    let duplicates = duplicates_in_source(&people);
    let shared = shared_targets(&people, input.target.users.len());
    let planning = Planning::new(input, rules, places);
    users.rows.reserve_exact(people.len());
    let first = users.rows.len();
    // Each draft is dropped once its row is made, and their list with them: with 100,000 accounts both at once are too
    // much.
    while let Some(person) = people.pop() {
        let index = people.len();
        let conflicts = duplicates.get(&index).into_iter().chain(shared.get(&index)).cloned().collect();
        users.rows.push(planning.row(&person, conflicts));
        if index.is_multiple_of(SHED) {
            people.shrink_to_fit();
        }
    }
    users.rows[first..].reverse();
    users.taken = vec![false; input.target.users.len()];
    for position in users.rows.iter().filter_map(|row| row.user) {
        users.taken[position] = true;
    }
    users
}

/// The accounts of the scope that are rows; what becomes of the others is noted in `users`.
pub(super) fn gather<'a: 'r, 'r>(
    input: &PlanInput<'a>,
    rules: &'r Rules,
    (accounts, places): (&[&'a Account], &Places),
    target: &TargetIndex<'a>,
    users: &mut Users<'a>,
) -> Vec<Person<'a, 'r>> {
    let mut people = Vec::with_capacity(accounts.len());
    for account in accounts.iter().copied() {
        let bound = input.memory.users.get(account.id.as_str());
        match standing(input, rules, places, account, bound.is_some()) {
            Standing::Row => {
                people.push(person(input, rules, account, bound));
                users.active.push(&account.id);
            }
            Standing::Ignored => users.ignored += 1,
            Standing::Held => {
                users.leaving.insert(&account.id, Reason::Excluded);
                users.held.insert(&account.id);
            }
            Standing::Leaves(reason) => {
                users.leaving.insert(&account.id, reason);
                users.ignored += u64::from(bound.is_none());
            }
            Standing::Failed(detail) => {
                users.active.push(&account.id);
                let user = bound.and_then(|user| target.position(user));
                users.rows.push(failed_filter(account, detail, bound, user));
            }
        }
    }
    people
}

fn person<'a: 'r, 'r>(
    input: &PlanInput<'a>,
    rules: &'r Rules,
    account: &'a Account,
    bound: Option<&'a UserId>,
) -> Person<'a, 'r> {
    let is_echo = account.source_type.as_deref() == Some("ding_talk")
        && account.source_id.as_deref() == Some(input.profile.corp_id.as_str());
    Person {
        account,
        draft: rules.users.draft_user(account),
        bound,
        found: Match::Nobody,
        user: None,
        is_echo,
        is_decided: false,
        keeps: false,
    }
}

enum Standing {
    Row,
    Ignored,
    Leaves(Reason),
    /// Bound, and left out by a decision.
    Held,
    Failed(String),
}

fn standing(
    input: &PlanInput<'_>,
    rules: &Rules,
    places: &Places,
    account: &Account,
    is_bound: bool,
) -> Standing {
    let decision = input.memory.decisions.get(account.id.as_str());
    if decision == Some(&Decision::LeaveOut) || places.leaves_out(account) {
        return if is_bound { Standing::Held } else { Standing::Ignored };
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

fn failed_filter(account: &Account, detail: String, bound: Option<&UserId>, user: Option<usize>) -> UserRow {
    let mut change = blank(account, account.username.as_deref().unwrap_or(&account.id));
    change.target_id = bound.map(ToString::to_string);
    UserRow { change, user, reasons: vec![(Reason::MappingError, detail)], keeps: false }
}

pub(super) fn blank(account: &Account, name: &str) -> Change {
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

/// Finds each person's user: binding, decision, identity fields in order. Answers the bindings that are nobody's of
/// `people`.
pub(super) fn recognise<'a>(
    input: &PlanInput<'a>,
    target: &TargetIndex<'a>,
    people: &mut [Person<'a, '_>],
) -> Vec<(&'a AccountId, &'a UserId, usize)> {
    let mut holders: Vec<Option<usize>> = vec![None; input.target.users.len()];
    let mut bound = 0;
    for (index, person) in people.iter_mut().enumerate() {
        person.user = person.bound.and_then(|user| target.position(user));
        person.user.into_iter().for_each(|position| holders[position] = Some(index));
        bound += usize::from(person.bound.is_some());
    }
    let mut taken: Vec<bool> = holders.iter().map(Option::is_some).collect();
    let mut others = Vec::new();
    if bound < input.memory.users.len() {
        for (account, user) in &input.memory.users {
            let Some(position) = target.position(user) else { continue };
            taken[position] = true;
            if holders[position].is_none_or(|index| people[index].account.id != account.0) {
                others.push((account, user, position));
            }
        }
    }
    let decided = decided::links(input, target, people, &taken);
    for position in decided.values().filter_map(|user| target.position(&user.id)) {
        taken[position] = true;
    }
    let free = input.target.users.iter().zip(&taken).filter(|(_, is_taken)| !**is_taken);
    let free = free.map(|(user, _)| user);
    let candidates = LazyCell::new(|| Candidates::new(&input.profile.mapping.identity, free));
    for person in people {
        let decided = decided.get(person.account.id.as_str()).copied();
        person.is_decided = decided.is_some();
        person.found = match (person.bound, person.user) {
            (Some(_), Some(position)) => Match::One(&input.target.users[position], MatchedBy::Binding),
            (Some(user), None) if target.is_incomplete() => Match::Hidden(user.clone()),
            (Some(_) | None, _) => match decided {
                Some(user) => Match::One(user, MatchedBy::Userid),
                None if person.is_echo => Match::Nobody,
                None => candidates.find(&person.draft, person.account),
            },
        };
        if person.user.is_none() {
            person.user = person.found.user().and_then(|user| target.position(&user.id));
        }
    }
    others
}

/// The people who share each unique value of a field with somebody. One whom an operator linked sends neither a
/// mobile nor a userid, so shares none.
pub(super) fn sharing(people: &[Person<'_, '_>], field: &str) -> Vec<Vec<usize>> {
    let is_create_only = matches!(field, "mobile" | "userid");
    let sends = |person: &Person<'_, '_>| !(person.is_echo || person.is_decided && is_create_only);
    let mut first: HashMap<Cow<'_, str>, usize> = HashMap::new();
    let mut shared: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, person) in people.iter().enumerate().filter(|(_, person)| sends(person)) {
        let key = person.draft.value(field).and_then(|value| matching::unique_key(field, value));
        let Some(key) = key else { continue };
        if first.is_empty() {
            first.reserve(people.len() - index);
        }
        match first.entry(key) {
            Entry::Vacant(entry) => drop(entry.insert(index)),
            Entry::Occupied(entry) => {
                shared.entry(*entry.get()).or_insert_with(|| vec![*entry.get()]).push(index);
            }
        }
    }
    shared.into_values().collect()
}

/// Unique values that occur twice among the people of the source: nobody of them is written.
fn duplicates_in_source(people: &[Person<'_, '_>]) -> HashMap<usize, (Reason, String)> {
    let mut found = HashMap::new();
    for field in UNIQUE {
        for indices in sharing(people, field) {
            for index in &indices {
                let detail = format!("same {field} as {}", others(people, &indices, *index));
                found.entry(*index).or_insert((Reason::DuplicateInSource, detail));
            }
        }
    }
    found
}

/// Users that several accounts were recognised as; `users` is how many users there are.
pub(super) fn shared_targets(people: &[Person<'_, '_>], users: usize) -> HashMap<usize, (Reason, String)> {
    let mut first: Vec<Option<usize>> = vec![None; users];
    let mut shared: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, person) in people.iter().enumerate() {
        let Some(position) = person.user else { continue };
        match first[position] {
            None => first[position] = Some(index),
            Some(first) => shared.entry(first).or_insert_with(|| vec![first]).push(index),
        }
    }
    let mut found = HashMap::new();
    for indices in shared.into_values() {
        for index in &indices {
            let Some(user) = people[*index].found.user() else { continue };
            let detail = format!("user {} also fits {}", user.id, others(people, &indices, *index));
            found.insert(*index, (Reason::SameTarget, detail));
        }
    }
    found
}

/// The accounts of these people but for one.
fn others(people: &[Person<'_, '_>], indices: &[usize], but: usize) -> String {
    let others = indices.iter().filter(|index| **index != but).take(5);
    others.map(|index| people[*index].account.id.as_str()).collect::<Vec<_>>().join(", ")
}

impl UserRow {
    /// Unique values the row would send, in the form they are compared.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&'static str, Cow<'_, str>)> {
        self.change.fields.iter().filter_map(|change| {
            let field = UNIQUE.into_iter().find(|unique| *unique == change.field.as_str())?;
            Some((field, matching::unique_key(field, change.after.as_text()?)?))
        })
    }

    /// Whether it changes a field.
    pub(super) fn sends(&self, field: &str) -> bool {
        self.change.fields.iter().any(|change| change.field.as_str() == field)
    }

    /// Leaves a field to DingTalk: the row no longer changes it.
    pub(super) fn give_up(&mut self, field: &str) {
        self.change.fields.retain(|change| change.field.as_str() != field);
        if self.change.fields.is_empty() && self.change.matched_by == Some(MatchedBy::Binding) {
            self.change.action = Action::Unchanged;
        }
    }

    /// The row as it stands when nothing is against it but reasons.
    pub(super) fn refuse(&mut self) {
        let Some((reason, detail)) = self.reasons.iter().min_by_key(|(reason, _)| *reason) else { return };
        let is_conflict = *reason <= Reason::DuplicateSibling;
        self.change.reason = Some(*reason);
        self.change.detail = Some(detail.clone());
        self.change.action = if is_conflict { Action::Conflict } else { Action::Blocked };
        self.change.fields.clear();
    }
}

/// A leaver's row.
pub(super) fn leaver_row(change: Change, user: usize) -> UserRow {
    UserRow { change, user: Some(user), reasons: Vec::new(), keeps: false }
}
