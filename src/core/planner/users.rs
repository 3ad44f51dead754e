//! Accounts → users: who is meant, who is whose, what differs. Rules: contract section 4.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::decided;
use super::departments::Departments;
use super::person::Planning;
use super::scope::Scope;
use super::target::TargetIndex;
use super::{PlanInput, Rules};
use crate::core::journal::Decision;
use crate::core::mapping::Draft;
use crate::core::matching::{self, Candidates, Match};
use crate::core::plan::{Action, Change, Entity, MatchedBy, Reason};
use crate::core::profile::DisabledAccounts;
use crate::core::source::{Account, AccountId};
use crate::core::target::{DepartmentId, UserId};
use crate::core::text;

/// Fields whose value only one user may have (reference `dingtalk-api.md` section 12.5).
pub(super) const UNIQUE: [&str; 4] = ["mobile", "email", "telephone", "userid"];

/// A row with what later rules still need.
pub(super) struct UserRow {
    /// The row.
    pub change: Change,
    pub reasons: Vec<(Reason, String)>,
    /// By decision DingTalk keeps what is in conflict.
    pub keeps: bool,
}

/// What became of the accounts.
#[derive(Default)]
pub(super) struct Users {
    /// The rows.
    pub rows: Vec<UserRow>,
    /// Accounts in scope that are no rows.
    pub ignored: u64,
    /// Users that some row is about.
    pub taken: HashSet<UserId>,
    /// Bound accounts in scope that leave, with the reason.
    pub leaving: HashMap<AccountId, Reason>,
    /// Of these the ones a decision leaves out: held whatever happens to leavers.
    pub held: HashSet<AccountId>,
    /// Accounts that are rows.
    pub active: HashSet<AccountId>,
}

/// One account on its way to a row.
pub(super) struct Person<'a> {
    pub account: &'a Account,
    pub draft: Draft,
    pub found: Match<'a>,
    pub is_echo: bool,
    /// An operator said whose user this is.
    pub is_decided: bool,
    /// By decision DingTalk keeps what is in conflict.
    pub keeps: bool,
}

/// Plans every account of the scope.
pub(super) fn plan<'a>(
    input: &PlanInput<'a>,
    rules: &Rules,
    scope: &Scope<'a>,
    target: &TargetIndex<'a>,
    departments: &Departments,
) -> Users {
    let mut users = Users::default();
    let mut people = gather(input, rules, scope, &mut users);
    recognise(input, target, &mut people);
    users.ignored += decided::keep(input, &mut people);
    let duplicates = duplicates_in_source(&people);
    let shared = shared_targets(&people);
    let planning = Planning { input, rules, departments, inside: inside_targets(input, target) };
    // Each draft is dropped once its row is made: with 100,000 accounts both at once are too much.
    for (index, person) in people.into_iter().enumerate() {
        let conflicts = duplicates.get(&index).into_iter().chain(shared.get(&index)).cloned().collect();
        users.rows.push(planning.row(&person, conflicts));
    }
    users.taken = users.rows.iter().filter_map(|row| row.change.target_id.clone().map(UserId)).collect();
    users
}

/// The accounts of the scope that are rows; what becomes of the others is noted in `users`.
pub(super) fn gather<'a>(
    input: &PlanInput<'a>,
    rules: &Rules,
    scope: &Scope<'a>,
    users: &mut Users,
) -> Vec<Person<'a>> {
    let mut people = Vec::new();
    for account in &scope.accounts {
        match standing(input, rules, scope, account) {
            Standing::Row => {
                let is_echo = account.source_type.as_deref() == Some("ding_talk")
                    && account.source_id.as_deref() == Some(input.profile.corp_id.as_str());
                let draft = rules.users.draft_user(account);
                people.push(Person {
                    account,
                    draft,
                    found: Match::Nobody,
                    is_echo,
                    is_decided: false,
                    keeps: false,
                });
                users.active.insert(account.account_id());
            }
            Standing::Ignored => users.ignored += 1,
            Standing::Held => {
                users.leaving.insert(account.account_id(), Reason::Excluded);
                users.held.insert(account.account_id());
            }
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
    people
}

enum Standing {
    Row,
    Ignored,
    Leaves(Reason),
    /// Bound, and left out by a decision.
    Held,
    Failed(String),
}

fn standing(input: &PlanInput<'_>, rules: &Rules, scope: &Scope<'_>, account: &Account) -> Standing {
    let id = account.account_id();
    let is_bound = input.memory.users.contains_key(&id);
    if input.memory.decisions.get(&id) == Some(&Decision::LeaveOut) || scope.leaves_out(account) {
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

fn failed_filter(account: &Account, detail: String, input: &PlanInput<'_>) -> UserRow {
    let target_id = input.memory.users.get(&account.account_id()).map(ToString::to_string);
    let mut change = blank(account, account.username.as_deref().unwrap_or(&account.id));
    change.target_id = target_id;
    UserRow { change, reasons: vec![(Reason::MappingError, detail)], keeps: false }
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

/// Finds each person's user: binding, decision, identity fields in order.
pub(super) fn recognise<'a>(input: &PlanInput<'a>, target: &TargetIndex<'a>, people: &mut [Person<'a>]) {
    let bound: HashSet<&UserId> = input.memory.users.values().collect();
    let decided = decided::links(input, target, people, &bound);
    let taken: HashSet<&UserId> =
        bound.iter().copied().chain(decided.values().map(|user| &user.id)).collect();
    let candidates = Candidates::new(&input.profile.mapping.identity, &input.target.users, &taken);
    for person in people {
        let id = person.account.account_id();
        let remembered = input.memory.users.get(&id);
        let decided = decided.get(person.account.id.as_str()).copied();
        person.is_decided = decided.is_some();
        person.found = match remembered.map(|user| (user, target.users.get(user).copied())) {
            Some((_, Some(user))) => Match::One(user, MatchedBy::Binding),
            Some((user, None)) if target.is_incomplete() => Match::Hidden(user.clone()),
            Some((_, None)) | None => match decided {
                Some(user) => Match::One(user, MatchedBy::Userid),
                None if person.is_echo => Match::Nobody,
                None => candidates.find(&person.draft, person.account),
            },
        };
    }
}

/// The people who share each unique value of a field with somebody. One whom an operator linked sends neither a
/// mobile nor a userid, so shares none.
pub(super) fn sharing(people: &[Person<'_>], field: &str) -> Vec<Vec<usize>> {
    let mut holders: HashMap<String, Vec<usize>> = HashMap::new();
    let is_create_only = matches!(field, "mobile" | "userid");
    let sends = |person: &Person<'_>| !(person.is_echo || person.is_decided && is_create_only);
    for (index, person) in people.iter().enumerate().filter(|(_, person)| sends(person)) {
        if let Some(key) = person.draft.value(field).and_then(|value| matching::unique_key(field, value)) {
            holders.entry(key).or_default().push(index);
        }
    }
    holders.into_values().filter(|indices| indices.len() > 1).collect()
}

/// Unique values that occur twice among the people of the source: nobody of them is written.
fn duplicates_in_source(people: &[Person<'_>]) -> HashMap<usize, (Reason, String)> {
    let mut found = HashMap::new();
    for field in UNIQUE {
        for indices in sharing(people, field) {
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
pub(super) fn shared_targets(people: &[Person<'_>]) -> HashMap<usize, (Reason, String)> {
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

impl UserRow {
    /// Unique values the row would send, in the form they are compared.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.change.fields.iter().filter_map(|change| {
            let field = UNIQUE.into_iter().find(|unique| *unique == change.field.as_str())?;
            Some((field, matching::unique_key(field, change.after.as_text()?)?))
        })
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
pub(super) fn leaver_row(change: Change) -> UserRow {
    UserRow { change, reasons: Vec::new(), keeps: false }
}
