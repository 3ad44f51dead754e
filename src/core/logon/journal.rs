//! What must survive of QR code logon: which provider was chosen, which names were given or seen, and every call before
//! it is sent and after it is answered.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::ProviderId;
use crate::core::error::Error;
use crate::core::source::AccountId;
use crate::core::target::UserId;

/// As whom an account logs on, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogonName {
    /// At which provider.
    pub provider: ProviderId,
    /// As which user.
    pub user: UserId,
    /// Whether dingsync bound it; what others bound is never touched.
    pub is_ours: bool,
}

/// What earlier runs left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogonMemory {
    /// The provider that was switched on because QR code logon was chosen; none after it was switched off.
    pub chosen: Option<ProviderId>,
    /// Names by account.
    pub names: BTreeMap<AccountId, LogonName>,
}

/// One call that writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum LogonCall {
    /// CreateIdentityProvider.
    CreateProvider {
        /// The name it gets.
        name: String,
    },
    /// EnableIdentityProviderAuthn.
    EnableProvider {
        /// Which one.
        provider: ProviderId,
    },
    /// DisableIdentityProviderAuthn.
    DisableProvider {
        /// Which one.
        provider: ProviderId,
    },
    /// BindUserAuthnSourceMapping.
    Bind {
        /// At which provider.
        provider: ProviderId,
        /// Who.
        account: AccountId,
        /// As whom.
        user: UserId,
    },
    /// UnbindUserAuthnSourceMapping.
    Unbind {
        /// At which provider.
        provider: ProviderId,
        /// Who.
        account: AccountId,
        /// As whom no longer.
        user: UserId,
    },
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum LogonEnd {
    /// Applied, as answered or as found by reading.
    Applied,
    /// Certainly not applied.
    NotApplied {
        /// The service's code.
        code: Option<String>,
        /// Why, in words.
        message: String,
    },
}

/// What a call taught; stored together with its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogonLesson {
    /// This provider is the chosen one; `None`: none is.
    Chosen(Option<ProviderId>),
    /// An account logs on as this; `None`: as nobody.
    Named(AccountId, Option<LogonName>),
}

/// A call of the past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogonEntry {
    /// Number, rising.
    pub id: i64,
    /// When it was intended, Unix milliseconds.
    pub at_ms: i64,
    /// The call.
    #[serde(flatten)]
    pub call: LogonCall,
    /// How it ended; `None`: the process died before that was known.
    pub ended: Option<LogonEnd>,
}

/// The durable side. Every method resolves after its data is flushed to disk.
#[async_trait]
pub trait LogonJournal: Send + Sync {
    /// Everything planning depends on.
    async fn logon_memory(&self) -> Result<LogonMemory, Error>;
    /// Stores a call about to be sent; answers its number.
    async fn intend_logon(&self, call: LogonCall, at_ms: i64) -> Result<i64, Error>;
    /// Stores how a call ended, with what it taught.
    async fn end_logon(&self, id: i64, end: LogonEnd, lessons: Vec<LogonLesson>) -> Result<(), Error>;
    /// Stores what reading taught.
    async fn learn_logon(&self, lessons: Vec<LogonLesson>) -> Result<(), Error>;
    /// Every call, the oldest first.
    async fn logon_history(&self) -> Result<Vec<LogonEntry>, Error>;
}
