//! The logon side of IDaaS as core's [`Logon`]: the outbound DingTalk identity provider and the accounts bound to it.
//! Field names: reference `idaas-eiam-api.md` section 2.6.

use std::fmt;

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::client::Idaas;
use super::walk::walk;
use super::wire::{Page, text};
use crate::core::error::Error;
use crate::core::logon::{Logon, LogonWish, Provider, ProviderId};
use crate::core::profile::Edition;
use crate::core::source::AccountId;
use crate::core::target::UserId;

const PUSH: &str = "urn:alibaba:idaas:idp:alibaba:dingtalk:push";
/// Providers read in full at once.
const WIDTH: usize = 8;
/// Names of one account at one provider that are read; more than one is rare.
const MOST_NAMES: &str = "100";

/// The logon side, with the DingTalk app's secret that a provider is created with.
pub struct IdaasLogon {
    idaas: std::sync::Arc<Idaas>,
    app_secret: SecretString,
}

impl fmt::Debug for IdaasLogon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdaasLogon").finish_non_exhaustive()
    }
}

impl IdaasLogon {
    /// Calls go the way of the client, in its lane.
    pub fn new(idaas: std::sync::Arc<Idaas>, app_secret: SecretString) -> Self {
        Self { idaas, app_secret }
    }

    async fn detail(&self, id: String) -> Result<Option<Provider>, Error> {
        let action = "GetIdentityProvider";
        match self.idaas.caller.call::<GetProvider>(action, &[("IdentityProviderId", &id)]).await {
            Ok(answer) => Ok(Some(answer.identity_provider_detail.into_provider())),
            Err(trouble) if trouble.is_not_found() => Ok(None),
            Err(trouble) => Err(trouble.into_error(action)),
        }
    }

    async fn write(
        &self,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<serde_json::Value, Error> {
        let parameters: Vec<(String, String)> =
            parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.idaas.caller.write(action, &parameters).await.map_err(|trouble| trouble.into_error(action))
    }
}

#[async_trait]
impl Logon for IdaasLogon {
    async fn providers(&self) -> Result<Vec<Provider>, Error> {
        let filter = [("Direction", "push")];
        let listed = walk::<ProvidersPage>(&self.idaas.caller, "ListIdentityProviders", &filter, |row| {
            &row.identity_provider_id
        })
        .await?;
        let outbound = listed.into_iter().filter(|row| row.identity_provider_type.as_deref() == Some(PUSH));
        // The listing does not name the organisation.
        let found: Vec<Option<Provider>> = stream::iter(outbound)
            .map(|row| self.detail(row.identity_provider_id))
            .buffered(WIDTH)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn create_provider(&self, wish: &LogonWish, token: &str) -> Result<ProviderId, Error> {
        let action = "CreateIdentityProvider";
        let parameters = creation(wish, token, self.app_secret.expose_secret());
        let answer = self
            .idaas
            .caller
            .write(action, &parameters)
            .await
            .map_err(|trouble| trouble.into_error(action))?;
        let created: Created = serde_json::from_value(answer).unwrap_or_default();
        Ok(ProviderId(created.identity_provider_id))
    }

    async fn set_enabled(&self, provider: &ProviderId, is_enabled: bool) -> Result<(), Error> {
        let action = if is_enabled { "EnableIdentityProviderAuthn" } else { "DisableIdentityProviderAuthn" };
        self.write(action, &[("IdentityProviderId", &provider.0)]).await.map(|_| ())
    }

    async fn names(&self, provider: &ProviderId, account: &AccountId) -> Result<Option<Vec<UserId>>, Error> {
        let action = "ListUserAuthnSourceMappings";
        let parameters = [
            ("UserId", account.0.as_str()),
            ("IdentityProviderId", provider.0.as_str()),
            ("MaxResults", MOST_NAMES),
        ];
        match self.idaas.caller.call::<Mappings>(action, &parameters).await {
            Ok(answer) => {
                // A service that does not know the filter answers with every provider's.
                let here = answer
                    .user_authn_source_mappings
                    .into_iter()
                    .filter(|row| row.identity_provider_id.as_ref().is_none_or(|id| *id == provider.0));
                Ok(Some(here.map(|row| UserId(row.user_external_id)).collect()))
            }
            Err(trouble) if trouble.is_not_found() => Ok(None),
            Err(trouble) => Err(trouble.into_error(action)),
        }
    }

    async fn bind(&self, provider: &ProviderId, account: &AccountId, user: &UserId) -> Result<(), Error> {
        let parameters = named(provider, account, user);
        self.write("BindUserAuthnSourceMapping", &parameters).await.map(|_| ())
    }

    async fn unbind(&self, provider: &ProviderId, account: &AccountId, user: &UserId) -> Result<(), Error> {
        let parameters = named(provider, account, user);
        self.write("UnbindUserAuthnSourceMapping", &parameters).await.map(|_| ())
    }
}

fn named<'a>(provider: &'a ProviderId, account: &'a AccountId, user: &'a UserId) -> [(&'a str, &'a str); 3] {
    [("UserId", &account.0), ("IdentityProviderId", &provider.0), ("UserExternalId", &user.0)]
}

/// Created switched off, and without a synchronization of its own: dingsync is the one that writes into DingTalk.
fn creation(wish: &LogonWish, token: &str, secret: &str) -> Vec<(String, String)> {
    let version = match wish.edition {
        Edition::Standard => "public_dingtalk",
        Edition::Dedicated => "private_dingtalk",
    };
    let mut parameters = vec![
        ("IdentityProviderName".to_owned(), wish.connection.clone()),
        ("IdentityProviderType".to_owned(), PUSH.to_owned()),
        ("ClientToken".to_owned(), token.to_owned()),
        ("AuthnConfig.AuthnStatus".to_owned(), "disabled".to_owned()),
        ("DingtalkAppConfig.CorpId".to_owned(), wish.corp_id.clone()),
        ("DingtalkAppConfig.AppKey".to_owned(), wish.app_key.clone()),
        ("DingtalkAppConfig.AppSecret".to_owned(), secret.to_owned()),
        ("DingtalkAppConfig.DingtalkVersion".to_owned(), version.to_owned()),
        ("UdPushConfig.IncrementalCallbackStatus".to_owned(), "disabled".to_owned()),
        ("UdPushConfig.PeriodicSyncStatus".to_owned(), "disabled".to_owned()),
    ];
    for (index, pair) in wish.scope.iter().enumerate() {
        let at = format!("UdPushConfig.UdSyncScopeConfigs.{}", index + 1);
        for (number, unit) in pair.sources.iter().enumerate() {
            parameters.push((format!("{at}.SourceScopes.{}", number + 1), unit.0.clone()));
        }
        parameters.push((format!("{at}.TargetScope"), pair.target.to_string()));
    }
    parameters
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProvidersPage {
    #[serde(default)]
    total_count: u64,
    #[serde(default)]
    identity_providers: Vec<ProviderRow>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderRow {
    identity_provider_id: String,
    #[serde(default)]
    identity_provider_type: Option<String>,
}

impl Page for ProvidersPage {
    type Row = ProviderRow;
    fn total(&self) -> u64 {
        self.total_count
    }
    fn rows(self) -> Vec<ProviderRow> {
        self.identity_providers
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetProvider {
    identity_provider_detail: ProviderWire,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderWire {
    identity_provider_id: String,
    #[serde(default)]
    identity_provider_name: Option<String>,
    #[serde(default)]
    authn_status: Option<String>,
    #[serde(default)]
    create_time: Option<i64>,
    #[serde(default)]
    dingtalk_app_config: Option<AppWire>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AppWire {
    #[serde(default)]
    corp_id: Option<String>,
    #[serde(default)]
    app_key: Option<String>,
}

impl ProviderWire {
    fn into_provider(self) -> Provider {
        let app = self.dingtalk_app_config.unwrap_or_default();
        Provider {
            name: text(self.identity_provider_name).unwrap_or_else(|| self.identity_provider_id.clone()),
            id: ProviderId(self.identity_provider_id),
            corp_id: text(app.corp_id),
            app_key: text(app.app_key),
            is_enabled: self.authn_status.as_deref() == Some("enabled"),
            created_at_ms: self.create_time,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    #[serde(default)]
    identity_provider_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mappings {
    #[serde(default)]
    user_authn_source_mappings: Vec<MappingWire>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MappingWire {
    #[serde(default)]
    identity_provider_id: Option<String>,
    user_external_id: String,
}
