//! QR code logon: the outbound DingTalk identity provider in IDaaS, and as whom each account logs on there.
//!
//! A plan of its own ([`LogonPlan`], `dingsync.logon/1`) beside the plan of a synchronization: its rows write into
//! IDaaS, its binding is another one than that of a sync, and a plan document of departments and users stays what it
//! is. It is shown in the preview as a group of its own, and carried out after the sync's writes under the same
//! approval, because only then every user exists. Facts: reference `idaas-eiam-api.md` section 2.6.

pub mod apply;
mod basis;
pub mod chain;
pub mod journal;
pub mod plan;
pub mod policy;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::profile::{Edition, Profile, ScopePair};
use super::source::AccountId;
use super::target::UserId;

pub use basis::LogonBasis;
pub use journal::{LogonJournal, LogonMemory, LogonName};
pub use plan::{LogonAction, LogonChange, LogonPlan, LogonReason, LogonWarning, plan};

/// An identity provider of IDaaS (`idp_…`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderId(pub String);

/// An outbound DingTalk identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// `idp_…`.
    pub id: ProviderId,
    /// Its name in IDaaS.
    pub name: String,
    /// The DingTalk organisation it belongs to, where IDaaS says so.
    pub corp_id: Option<String>,
    /// The DingTalk app it uses.
    pub app_key: Option<String>,
    /// Whether people may log on with it.
    pub is_enabled: bool,
    /// Unix milliseconds.
    pub created_at_ms: Option<i64>,
}

/// What the settings say about QR code logon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogonWish {
    /// The connection's display name; the name of a provider that is created.
    pub connection: String,
    /// `scenario.qr_logon`.
    pub is_chosen: bool,
    /// `dingtalk.callback_domain`; empty = none.
    pub callback_domain: String,
    /// DingTalk CorpId.
    pub corp_id: String,
    /// DingTalk AppKey.
    pub app_key: String,
    /// DingTalk edition.
    pub edition: Edition,
    /// What is synchronised: the scope a provider is created with.
    pub scope: Vec<ScopePair>,
}

impl LogonWish {
    /// From the wizard's answers and what is not among them.
    pub fn new(profile: &Profile, app_key: &str, callback_domain: &str) -> Self {
        Self {
            connection: profile.display_name.clone(),
            is_chosen: profile.scenario.qr_logon,
            callback_domain: callback_domain.to_owned(),
            corp_id: profile.corp_id.clone(),
            app_key: app_key.to_owned(),
            edition: profile.edition,
            scope: profile.scenario.scope.clone(),
        }
    }

    /// Whether it can be done: DingTalk brings people back to the callback domain after a scan.
    pub fn has_domain(&self) -> bool {
        !self.callback_domain.is_empty()
    }
}

/// The logon side of IDaaS.
#[async_trait]
pub trait Logon: Send + Sync {
    /// Every outbound DingTalk identity provider of the instance.
    async fn providers(&self) -> Result<Vec<Provider>, Error>;
    /// Creates a provider, switched off; `token` makes a repetition of the same call harmless.
    async fn create_provider(&self, wish: &LogonWish, token: &str) -> Result<ProviderId, Error>;
    /// Lets people log on with a provider, or no longer.
    async fn set_enabled(&self, provider: &ProviderId, is_enabled: bool) -> Result<(), Error>;
    /// As whom an account logs on at a provider; `None` when the account does not exist.
    async fn names(&self, provider: &ProviderId, account: &AccountId) -> Result<Option<Vec<UserId>>, Error>;
    /// Lets an account log on as a user.
    async fn bind(&self, provider: &ProviderId, account: &AccountId, user: &UserId) -> Result<(), Error>;
    /// Ends that.
    async fn unbind(&self, provider: &ProviderId, account: &AccountId, user: &UserId) -> Result<(), Error>;
}
