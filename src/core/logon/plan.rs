//! What has to happen for QR code logon: a function of the settings, of what IDaaS has, and of what is remembered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{LogonMemory, LogonWish, Provider, ProviderId};
use crate::core::plan::{Action, Change, Entity, Plan};
use crate::core::profile::Edition;
use crate::core::source::AccountId;
use crate::core::target::UserId;

/// The format mark.
pub const LOGON_FORMAT: &str = "dingsync.logon/1";

/// What will happen to the provider or to one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogonAction {
    /// The provider will be created.
    CreateProvider,
    /// Logon with the provider will be switched on.
    EnableProvider,
    /// Logon with the provider will be switched off.
    DisableProvider,
    /// The account will be bound.
    Bind,
    /// The account is bound by us to somebody else and will be bound anew.
    Rebind,
    /// A binding of ours ends.
    Unbind,
    /// The account can log on already.
    Unchanged,
    /// Others bound the account to somebody else; nothing is written.
    Conflict,
    /// Nothing can be done.
    Blocked,
}

impl LogonAction {
    /// Whether it writes.
    pub fn is_writing(self) -> bool {
        match self {
            Self::CreateProvider
            | Self::EnableProvider
            | Self::DisableProvider
            | Self::Bind
            | Self::Rebind
            | Self::Unbind => true,
            Self::Unchanged | Self::Conflict | Self::Blocked => false,
        }
    }

    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateProvider => "create_provider",
            Self::EnableProvider => "enable_provider",
            Self::DisableProvider => "disable_provider",
            Self::Bind => "bind",
            Self::Rebind => "rebind",
            Self::Unbind => "unbind",
            Self::Unchanged => "unchanged",
            Self::Conflict => "conflict",
            Self::Blocked => "blocked",
        }
    }
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogonReason {
    /// `dingtalk.callback_domain` is empty.
    NoCallbackDomain,
    /// Somebody else bound the account to another user.
    BoundByOthers,
    /// The synchronization creates the user first.
    AfterCreate,
    /// No sync binding stands behind it any more.
    NotBoundAnyMore,
}

impl LogonReason {
    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoCallbackDomain => "no_callback_domain",
            Self::BoundByOthers => "bound_by_others",
            Self::AfterCreate => "after_create",
            Self::NotBoundAnyMore => "not_bound_any_more",
        }
    }
}

/// What to know besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogonWarning {
    /// The dedicated edition logs on by userid, and this one is not the account's id.
    UseridDiffers,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogonChange {
    /// What will happen.
    pub action: LogonAction,
    /// IDaaS account id; `None` on a row of the provider.
    pub source_id: Option<String>,
    /// DingTalk userid, or the provider's id; `None` while it does not exist.
    pub target_id: Option<String>,
    /// A name to show.
    pub name: String,
    /// As whom the account logs on now.
    pub before: Option<String>,
    /// Why.
    pub reason: Option<LogonReason>,
    /// What to know besides.
    pub warnings: Vec<LogonWarning>,
}

/// Everything to do, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogonPlan {
    /// Always [`LOGON_FORMAT`].
    pub format: &'static str,
    /// The connection's display name.
    pub connection: String,
    /// Whether QR code logon is chosen.
    pub chosen: bool,
    /// The provider that is, or will be, used.
    pub provider: Option<Provider>,
    /// Further providers of the same DingTalk organisation.
    pub other_providers: u64,
    /// Accounts bound by a synchronization.
    pub bound: u64,
    /// Those of them who are known to be bound for logon.
    pub can_log_on: u64,
    /// The rows: the provider first, then accounts by id.
    pub changes: Vec<LogonChange>,
}

impl LogonPlan {
    /// Whether nothing will be written.
    pub fn is_empty(&self) -> bool {
        self.writes() == 0
    }

    /// Rows that write.
    pub fn writes(&self) -> usize {
        self.changes.iter().filter(|change| change.action.is_writing()).count()
    }

    /// The rows that cannot happen when these rows of the synchronization are left out: nobody logs on as a user who is
    /// not made or not bound, and a binding that stays is not ended.
    pub fn needing<'c>(&self, left_out: impl IntoIterator<Item = &'c Change>) -> BTreeSet<usize> {
        let decides = |change: &&Change| {
            change.entity == Entity::User
                && matches!(change.action, Action::Create | Action::Link | Action::Remove)
        };
        let accounts = left_out.into_iter().filter(decides).filter_map(|change| change.source_id.as_deref());
        accounts.filter_map(|account| self.row_of(account)).collect()
    }

    /// Where the row of an account stands.
    fn row_of(&self, account: &str) -> Option<usize> {
        self.changes.binary_search_by(|row| row.source_id.as_deref().cmp(&Some(account))).ok()
    }

    /// About how many calls the rows without these need: each account is looked at before it is written.
    pub fn calls_without(&self, left_out: &BTreeSet<usize>) -> u64 {
        let rows = self.changes.iter().enumerate().filter(|(row, _)| !left_out.contains(row));
        rows.map(|(_, row)| match row.action {
            LogonAction::CreateProvider | LogonAction::Bind | LogonAction::Unbind => 2,
            LogonAction::Rebind => 3,
            LogonAction::EnableProvider | LogonAction::DisableProvider | LogonAction::Conflict => 1,
            LogonAction::Unchanged | LogonAction::Blocked => 0,
        })
        .sum()
    }

    /// How many rows have an action.
    pub fn count(&self, action: LogonAction) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }
}

/// Who is, or will be, bound to whom; `None` for a user that does not exist yet.
type Bound<'a> = BTreeMap<&'a str, Option<&'a str>>;

/// Plans. `users` are the bindings of syncs; `sync` is a plan about to be applied, whose links and creates count.
pub fn plan(
    wish: &LogonWish,
    providers: &[Provider],
    users: &HashMap<AccountId, UserId>,
    memory: &LogonMemory,
    sync: Option<&Plan>,
) -> LogonPlan {
    let (provider, other_providers) = choose(wish, providers, memory);
    let bound = bound(users, sync);
    let mut plan = LogonPlan {
        format: LOGON_FORMAT,
        connection: wish.connection.clone(),
        chosen: wish.is_chosen,
        other_providers,
        bound: bound.len() as u64,
        can_log_on: 0,
        changes: Vec::new(),
        provider,
    };
    plan.changes.extend(provider_row(wish, plan.provider.as_ref(), memory));
    if wish.is_chosen && wish.has_domain() {
        let names = names(sync);
        let known = |account: &str| {
            let known = memory.names.get(&AccountId(account.to_owned()))?;
            let is_here = plan.provider.as_ref().is_some_and(|provider| provider.id == known.provider);
            is_here.then(|| known.clone())
        };
        let rows: Vec<LogonChange> = bound
            .iter()
            .map(|(account, user)| account_row(wish, account, *user, known(account).as_ref(), &names))
            .chain(ended(&bound, memory, plan.provider.as_ref()))
            .collect();
        plan.changes.extend(rows);
        plan.changes[..].sort_by(|a, b| a.source_id.cmp(&b.source_id));
    }
    plan.can_log_on = plan.count(LogonAction::Unchanged) as u64;
    plan
}

/// The provider of our organisation: the chosen one, else one that is switched on, else the oldest; and how many more.
fn choose(wish: &LogonWish, providers: &[Provider], memory: &LogonMemory) -> (Option<Provider>, u64) {
    let mut ours: Vec<&Provider> = providers
        .iter()
        .filter(|provider| provider.corp_id.as_ref().is_none_or(|corp| *corp == wish.corp_id))
        .collect();
    ours.sort_by_key(|provider| {
        let is_chosen = memory.chosen.as_ref() == Some(&provider.id);
        (!is_chosen, !provider.is_enabled, provider.created_at_ms, provider.id.clone())
    });
    (ours.first().map(|provider| (*provider).clone()), ours.len().saturating_sub(1) as u64)
}

fn provider_row(wish: &LogonWish, provider: Option<&Provider>, memory: &LogonMemory) -> Option<LogonChange> {
    let row = |action, reason| LogonChange {
        action,
        source_id: None,
        target_id: provider.map(|provider| provider.id.0.clone()),
        name: provider.map_or_else(|| wish.connection.clone(), |provider| provider.name.clone()),
        before: None,
        reason,
        warnings: Vec::new(),
    };
    if wish.is_chosen && !wish.has_domain() {
        return Some(row(LogonAction::Blocked, Some(LogonReason::NoCallbackDomain)));
    }
    match (wish.is_chosen, provider) {
        (true, None) => Some(row(LogonAction::CreateProvider, None)),
        (true, Some(provider)) if !provider.is_enabled => Some(row(LogonAction::EnableProvider, None)),
        // Only what was chosen here is switched off: a provider that others use is theirs.
        (false, Some(provider)) if provider.is_enabled && memory.chosen.as_ref() == Some(&provider.id) => {
            Some(row(LogonAction::DisableProvider, None))
        }
        (true | false, _) => None,
    }
}

fn bound<'a>(users: &'a HashMap<AccountId, UserId>, sync: Option<&'a Plan>) -> Bound<'a> {
    let mut bound: Bound<'_> =
        users.iter().map(|(account, user)| (account.0.as_str(), Some(user.0.as_str()))).collect();
    for change in sync.into_iter().flat_map(|plan| &plan.changes) {
        let Some(account) = change.source_id.as_deref().filter(|_| change.entity == Entity::User) else {
            continue;
        };
        match change.action {
            Action::Create | Action::Link => {
                bound.insert(account, change.target_id.as_deref());
            }
            Action::Remove => {
                bound.remove(account);
            }
            Action::Update
            | Action::Move
            | Action::Hold
            | Action::Unchanged
            | Action::Conflict
            | Action::Blocked
            | Action::Unmanaged => {}
        }
    }
    bound
}

fn names(sync: Option<&Plan>) -> HashMap<&str, &str> {
    let changes = sync.into_iter().flat_map(|plan| &plan.changes);
    changes
        .filter(|change| change.entity == Entity::User)
        .filter_map(|change| Some((change.source_id.as_deref()?, change.name.as_str())))
        .collect()
}

fn account_row(
    wish: &LogonWish,
    account: &str,
    user: Option<&str>,
    known: Option<&super::LogonName>,
    names: &HashMap<&str, &str>,
) -> LogonChange {
    let (action, reason) = match (user, known) {
        (None, _) => (LogonAction::Bind, Some(LogonReason::AfterCreate)),
        (Some(_), None) => (LogonAction::Bind, None),
        (Some(user), Some(known)) if known.user.0 == user => (LogonAction::Unchanged, None),
        (Some(_), Some(known)) if known.is_ours => (LogonAction::Rebind, None),
        (Some(_), Some(_)) => (LogonAction::Conflict, Some(LogonReason::BoundByOthers)),
    };
    let differs = wish.edition == Edition::Dedicated && user.is_some_and(|user| user != account);
    LogonChange {
        action,
        source_id: Some(account.to_owned()),
        target_id: user.map(str::to_owned),
        name: names.get(account).map_or_else(|| account.to_owned(), |name| (*name).to_owned()),
        before: known.map(|known| known.user.0.clone()),
        reason,
        warnings: if differs { vec![LogonWarning::UseridDiffers] } else { Vec::new() },
    }
}

/// Names that we gave, with no binding of a sync behind them any more.
fn ended(bound: &Bound<'_>, memory: &LogonMemory, provider: Option<&Provider>) -> Vec<LogonChange> {
    let is_here = |known: &super::LogonName| provider.is_some_and(|provider| provider.id == known.provider);
    let gone = memory.names.iter().filter(|(account, known)| {
        known.is_ours && is_here(known) && !bound.contains_key(account.0.as_str())
    });
    let row = |(account, known): (&AccountId, &super::LogonName)| LogonChange {
        action: LogonAction::Unbind,
        source_id: Some(account.0.clone()),
        target_id: Some(known.user.0.clone()),
        name: account.0.clone(),
        before: Some(known.user.0.clone()),
        reason: Some(LogonReason::NotBoundAnyMore),
        warnings: Vec::new(),
    };
    gone.map(row).collect()
}

/// Which provider the calls of a plan go to, once it exists.
impl LogonPlan {
    /// The provider's id.
    pub fn provider_id(&self) -> Option<&ProviderId> {
        self.provider.as_ref().map(|provider| &provider.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::logon::LogonName;

    fn wish(is_chosen: bool, domain: &str) -> LogonWish {
        LogonWish {
            connection: "Acme".into(),
            is_chosen,
            callback_domain: domain.into(),
            corp_id: "ding1".into(),
            app_key: "key".into(),
            edition: Edition::Standard,
            scope: Vec::new(),
        }
    }

    fn provider(id: &str, corp: &str, is_enabled: bool) -> Provider {
        Provider {
            id: ProviderId(id.into()),
            name: id.into(),
            corp_id: Some(corp.into()),
            app_key: None,
            is_enabled,
            created_at_ms: Some(1),
        }
    }

    fn users(pairs: &[(&str, &str)]) -> HashMap<AccountId, UserId> {
        pairs.iter().map(|(a, u)| (AccountId((*a).into()), UserId((*u).into()))).collect()
    }

    fn known(pairs: &[(&str, &str, bool)]) -> LogonMemory {
        let name = |user: &str, is_ours| LogonName {
            provider: ProviderId("idp_1".into()),
            user: UserId(user.into()),
            is_ours,
        };
        let names = pairs.iter().map(|(a, u, ours)| (AccountId((*a).into()), name(u, *ours)));
        LogonMemory { chosen: Some(ProviderId("idp_1".into())), names: names.collect() }
    }

    fn rows(plan: &LogonPlan) -> Vec<(&'static str, &str)> {
        let id = |change: &'_ LogonChange| change.source_id.clone().unwrap_or_default();
        plan.changes
            .iter()
            .map(|change| (change.action.as_str(), Box::leak(id(change).into_boxed_str()) as &str))
            .collect()
    }

    #[test]
    fn the_first_time_the_provider_is_created_and_everybody_is_bound() {
        let plan = plan(
            &wish(true, "a.example"),
            &[],
            &users(&[("b", "2"), ("a", "1")]),
            &LogonMemory::default(),
            None,
        );
        assert_eq!(rows(&plan), [("create_provider", ""), ("bind", "a"), ("bind", "b")]);
    }

    #[test]
    fn a_provider_of_another_organisation_is_none_of_ours() {
        let others = [provider("idp_9", "ding9", true)];
        let plan = plan(&wish(true, "a.example"), &others, &users(&[]), &LogonMemory::default(), None);
        assert_eq!(rows(&plan), [("create_provider", "")]);
    }

    #[test]
    fn an_existing_provider_is_taken_and_only_switched_on() {
        let two = [provider("idp_2", "ding1", false), provider("idp_1", "ding1", false)];
        let plan = plan(&wish(true, "a.example"), &two, &users(&[]), &LogonMemory::default(), None);
        assert_eq!(rows(&plan), [("enable_provider", "")]);
        assert_eq!((plan.provider_id().unwrap().0.as_str(), plan.other_providers), ("idp_1", 1));
    }

    #[test]
    fn what_others_bound_is_a_conflict_and_what_we_bound_is_bound_anew_or_ended() {
        let memory = known(&[
            ("a", "1", false),
            ("b", "9", false),
            ("c", "9", true),
            ("d", "4", true),
            ("e", "5", false),
        ]);
        let bound = users(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let plan = plan(&wish(true, "a.example"), &[provider("idp_1", "ding1", true)], &bound, &memory, None);
        assert_eq!(rows(&plan), [("unchanged", "a"), ("conflict", "b"), ("rebind", "c"), ("unbind", "d")]);
        assert_eq!((plan.bound, plan.can_log_on), (3, 1));
    }

    #[test]
    fn only_what_was_chosen_here_is_switched_off() {
        let running = [provider("idp_1", "ding1", true)];
        let off = |memory: &LogonMemory| {
            let plan = plan(&wish(false, ""), &running, &users(&[("a", "1")]), memory, None);
            rows(&plan).len()
        };
        assert_eq!(off(&known(&[])), 1);
        assert_eq!(off(&LogonMemory::default()), 0);
    }

    #[test]
    fn without_a_callback_domain_nothing_is_done() {
        let plan = plan(&wish(true, ""), &[], &users(&[("a", "1")]), &LogonMemory::default(), None);
        assert_eq!(rows(&plan), [("blocked", "")]);
        assert!(plan.is_empty());
    }

    #[test]
    fn the_dedicated_edition_is_told_who_differs() {
        let mut wish = wish(true, "a.example");
        wish.edition = Edition::Dedicated;
        let plan = plan(&wish, &[], &users(&[("a", "a"), ("b", "x")]), &LogonMemory::default(), None);
        let differing: Vec<_> = plan.changes.iter().filter(|change| !change.warnings.is_empty()).collect();
        assert_eq!(differing.len(), 1);
        assert_eq!(differing[0].source_id.as_deref(), Some("b"));
    }
}
