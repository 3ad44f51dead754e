//! The chain from a scan to a session, link by link: what must hold so that a scan finds its account.

use serde::Serialize;

use super::{LogonPlan, LogonWish};
use crate::core::check::CheckStatus;
use crate::core::profile::Edition;
use crate::core::source::{AccountId, Instance};
use crate::core::target::UserId;

/// One link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// DingTalk's app brings people back to IDaaS's domain.
    CallbackDomain,
    /// There is exactly one provider of this organisation, with the app of step 1.
    Provider,
    /// People may log on with it.
    Enabled,
    /// Accounts bound by a synchronization are bound for logon.
    Accounts,
    /// In the dedicated edition the userid is the account's id.
    Userids,
}

impl Link {
    /// The word of the document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CallbackDomain => "callback_domain",
            Self::Provider => "provider",
            Self::Enabled => "enabled",
            Self::Accounts => "accounts",
            Self::Userids => "userids",
        }
    }
}

/// How a link holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkState {
    /// Which link.
    pub link: Link,
    /// Whether it holds; `not_run` when it is of no matter here.
    pub status: CheckStatus,
    /// What is there.
    pub found: String,
    /// What should be.
    pub expected: String,
}

/// An account whose user has another id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differing {
    /// IDaaS account id.
    pub source_id: String,
    /// DingTalk userid.
    pub target_id: String,
}

/// The whole chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// Where people log on; the QR code's content.
    pub address: Option<String>,
    /// Link by link.
    pub links: Vec<LinkState>,
    /// Whose userid is not the account's id (dedicated edition).
    pub differing: Vec<Differing>,
}

impl Chain {
    /// Whether a scan finds its account.
    pub fn holds(&self) -> bool {
        self.links.iter().all(|link| link.status != CheckStatus::Fail)
    }
}

/// Checks the chain.
pub fn chain<'a>(
    wish: &LogonWish,
    instance: &Instance,
    plan: &LogonPlan,
    users: impl IntoIterator<Item = (&'a AccountId, &'a UserId)>,
) -> Chain {
    let differing = if wish.edition == Edition::Dedicated { differing(users) } else { Vec::new() };
    let links = vec![domain(wish, instance), provider(wish, plan), enabled(plan), accounts(plan), {
        let status = match wish.edition {
            Edition::Standard => CheckStatus::NotRun,
            Edition::Dedicated if differing.is_empty() => CheckStatus::Pass,
            Edition::Dedicated => CheckStatus::Warn,
        };
        state(Link::Userids, status, &differing.len().to_string(), "0")
    }];
    let address = instance.domain.as_ref().map(|domain| format!("https://{}/", host(domain)));
    Chain { address, links, differing }
}

fn state(link: Link, status: CheckStatus, found: &str, expected: &str) -> LinkState {
    LinkState { link, status, found: found.to_owned(), expected: expected.to_owned() }
}

/// A host without scheme, path and the difference of capitals.
fn host(domain: &str) -> String {
    let rest = domain.split_once("://").map_or(domain, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().trim_end_matches('.').to_lowercase()
}

fn domain(wish: &LogonWish, instance: &Instance) -> LinkState {
    let expected = instance.domain.as_deref().map(host).unwrap_or_default();
    let found = host(&wish.callback_domain);
    let status = if found.is_empty() || (!expected.is_empty() && found != expected) {
        CheckStatus::Fail
    } else if expected.is_empty() {
        CheckStatus::Warn
    } else {
        CheckStatus::Pass
    };
    state(Link::CallbackDomain, status, &found, &expected)
}

fn provider(wish: &LogonWish, plan: &LogonPlan) -> LinkState {
    let Some(provider) = &plan.provider else {
        return state(Link::Provider, CheckStatus::Fail, "", &wish.app_key);
    };
    let app = provider.app_key.as_deref().unwrap_or_default();
    let is_other_app = !app.is_empty() && app != wish.app_key;
    let status = if is_other_app || plan.other_providers > 0 { CheckStatus::Warn } else { CheckStatus::Pass };
    state(Link::Provider, status, app, &wish.app_key)
}

fn enabled(plan: &LogonPlan) -> LinkState {
    let is_enabled = plan.provider.as_ref().is_some_and(|provider| provider.is_enabled);
    let status = if is_enabled { CheckStatus::Pass } else { CheckStatus::Fail };
    state(Link::Enabled, status, if is_enabled { "enabled" } else { "disabled" }, "enabled")
}

fn accounts(plan: &LogonPlan) -> LinkState {
    let status = if plan.can_log_on == plan.bound { CheckStatus::Pass } else { CheckStatus::Warn };
    state(Link::Accounts, status, &plan.can_log_on.to_string(), &plan.bound.to_string())
}

fn differing<'a>(users: impl IntoIterator<Item = (&'a AccountId, &'a UserId)>) -> Vec<Differing> {
    let mut differing: Vec<Differing> = users
        .into_iter()
        .filter(|(account, user)| account.0 != user.0)
        .map(|(account, user)| Differing { source_id: account.0.clone(), target_id: user.0.clone() })
        .collect();
    differing.sort_by(|a, b| a.source_id.cmp(&b.source_id));
    differing
}
