//! The wizard's answers, half-done ones included: what the settings file holds and what was typed since.

use secrecy::{ExposeSecret, SecretString};

use crate::config::SecretWay;
use crate::core::profile::{DisabledAccounts, Edition, IdentityField, Leavers, MappingRow};

/// A secret: where the settings say it comes from, or typed and not yet stored.
#[derive(Debug, Clone, Default)]
pub enum DraftSecret {
    /// Not given.
    #[default]
    Missing,
    /// The settings name its place.
    Kept(SecretWay),
    /// Typed; stored in a 0600 file beside the settings when they are saved.
    Typed(SecretString),
}

impl PartialEq for DraftSecret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Missing, Self::Missing) => true,
            (Self::Kept(a), Self::Kept(b)) => a == b,
            (Self::Typed(a), Self::Typed(b)) => a.expose_secret() == b.expose_secret(),
            (Self::Missing | Self::Kept(_) | Self::Typed(_), _) => false,
        }
    }
}

/// A source → target pair as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftPair {
    /// IDaaS unit ids.
    pub sources: Vec<String>,
    /// DingTalk department id as text.
    pub target: String,
}

/// Every answer of the four steps, as typed.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is the setting of its name (contract section 3)")]
pub struct Draft {
    pub display_name: String,
    pub region: String,
    pub instance_id: String,
    pub access_key_id: String,
    pub access_key_secret: DraftSecret,
    pub corp_id: String,
    pub app_key: String,
    pub app_secret: DraftSecret,
    pub edition: Edition,
    pub callback_domain: String,
    pub homepage_url: String,
    pub egress_ips: Vec<String>,
    pub scope: Vec<DraftPair>,
    pub create_source_unit: bool,
    pub incremental: bool,
    pub qr_logon: bool,
    pub include: String,
    pub disabled_accounts: DisabledAccounts,
    pub leavers: Leavers,
    pub leavers_department: String,
    pub identity: Vec<IdentityField>,
    pub user_rows: Vec<MappingRow>,
    pub department_rows: Vec<MappingRow>,
}
