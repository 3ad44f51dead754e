//! The only place that builds clients and store from settings. It hands out core's ports and decides nothing.

pub mod watch;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

use crate::config::{Config, SecretSource};
use crate::core::check::CheckContext;
use crate::core::clock::Clock;
use crate::core::error::{Error, ErrorKind};
use crate::core::journal::{Journal, LockHolder, RunLock};
use crate::core::logon::apply::LogonWork;
use crate::core::logon::{Logon, LogonJournal, LogonWish};
use crate::core::planner::rfc3339;
use crate::core::preview::{Reading, check_context};
use crate::core::profile::Profile;
use crate::core::source::{AccountCache, AccountId, NoCache, Source};
use crate::core::synchronize::Work;
use crate::core::target::{Target, UserId};
use crate::dingtalk::{DingTalk, DingTalkOptions};
use crate::http::{Transport, TransportOptions};
use crate::idaas::{Idaas, IdaasLogon, IdaasOptions};
use crate::store::{ConnectionId, Store, this_process};

/// The two services of a connection.
pub struct Services {
    /// The wizard's answers.
    pub profile: Profile,
    /// What the check asks.
    pub check: CheckContext,
    /// IDaaS.
    pub source: Arc<dyn Source>,
    /// DingTalk.
    pub target: Arc<dyn Target>,
    /// The logon side of IDaaS.
    pub logon: Arc<dyn Logon>,
    /// What the settings say about QR code logon.
    pub logon_wish: LogonWish,
}

/// A connection: both services and the state.
pub struct Connection {
    /// Both services.
    pub services: Services,
    /// Bindings, runs, calls.
    pub journal: Arc<dyn Journal>,
    /// What must survive of QR code logon.
    pub logon_journal: Arc<dyn LogonJournal>,
    /// Remembered account details.
    pub cache: Arc<dyn AccountCache>,
    store: Store,
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
    }

    async fn sleep(&self, ms: u64) {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

impl Services {
    /// Clients for both services; nothing is sent yet. Errors of kind settings: a secret that cannot be had, a
    /// certificate file or proxy that cannot be used.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let transport = Transport::new(&TransportOptions {
            timeout: Duration::from_secs(config.network.timeout_seconds),
            ca_file: config.network.ca_file.clone(),
            proxy: config.network.proxy.clone(),
            ..TransportOptions::default()
        })?;
        let idaas = IdaasOptions {
            endpoint: config.idaas.endpoint.clone(),
            instance_id: config.idaas.instance_id.clone(),
            access_key_id: config.idaas.access_key_id.clone(),
            access_key_secret: secret(&config.idaas.access_key_secret).await?,
            security_token: match &config.idaas.security_token {
                Some(source) => Some(secret(source).await?),
                None => None,
            },
            calls_per_second: config.idaas.calls_per_second,
        };
        let dingtalk = DingTalkOptions {
            corp_id: config.dingtalk.corp_id.clone(),
            app_key: config.dingtalk.app_key.clone(),
            app_secret: secret(&config.dingtalk.app_secret).await?,
            oapi_endpoint: config.dingtalk.oapi_endpoint.clone(),
            api_endpoint: config.dingtalk.api_endpoint.clone(),
            calls_per_second: config.dingtalk.calls_per_second,
            edition: config.profile.edition,
        };
        let now = || SystemClock.now_ms();
        let app_secret = dingtalk.app_secret.clone();
        let source = Arc::new(Idaas::new(idaas, transport.clone(), now));
        Ok(Self {
            logon: Arc::new(IdaasLogon::new(source.clone(), app_secret)),
            logon_wish: LogonWish::new(
                &config.profile,
                &config.dingtalk.app_key,
                &config.dingtalk.callback_domain,
            ),
            profile: config.profile.clone(),
            check: check_context(&config.profile, &config.dingtalk.egress_ips)?,
            source,
            target: Arc::new(DingTalk::new(dingtalk, transport, now)),
        })
    }
}

impl Connection {
    /// Services and state. The state is opened first: one that is broken or foreign stops a command before any call.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        let store = open_state(config)?;
        let services = Services::open(config).await?;
        let cache: Arc<dyn AccountCache> = match store.account_cache(SystemClock.now_ms()) {
            Ok(cache) => Arc::new(cache),
            Err(_) => Arc::new(NoCache),
        };
        let journal = Arc::new(store.clone());
        Ok(Self { services, journal: journal.clone(), logon_journal: journal, cache, store })
    }

    /// Takes the connection's lock for a command.
    pub fn lock(&self, command: &str) -> Result<Box<dyn RunLock>, Error> {
        self.journal.lock(Self::holder(command))
    }

    /// This process as the holder of a connection's lock.
    pub fn holder(command: &str) -> LockHolder {
        this_process(command, rfc3339(SystemClock.now_ms()))
    }

    /// What a preview works with.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            profile: &self.services.profile,
            source: &*self.services.source,
            target: &*self.services.target,
            journal: &*self.journal,
            cache: &*self.cache,
            now_ms: SystemClock.now_ms(),
        }
    }

    /// What QR code logon works with; `users` are the bindings of syncs.
    pub fn logon_work<'a>(&'a self, users: &'a HashMap<AccountId, UserId>) -> LogonWork<'a> {
        LogonWork {
            logon: &*self.services.logon,
            journal: &*self.logon_journal,
            clock: &SystemClock,
            wish: &self.services.logon_wish,
            users,
            looks_again: false,
        }
    }

    /// What a run works with.
    pub fn work(&self) -> Work<'_> {
        Work {
            target: &*self.services.target,
            journal: &*self.journal,
            clock: &SystemClock,
            limits: &self.services.profile.limits,
        }
    }
}

/// The state alone, for commands that reach no service.
pub fn open_state(config: &Config) -> Result<Store, Error> {
    let owner = ConnectionId {
        instance_id: config.profile.instance_id.clone(),
        corp_id: config.profile.corp_id.clone(),
    };
    Store::open(&config.state_path, &owner)
}

/// The two uses of a state file.
pub type State = (Arc<dyn Journal>, Arc<dyn AccountCache>);

/// The state of settings that may never have been used: `None` when there is no file yet, and none is made.
pub fn state_if_any(config: &Config) -> Result<Option<State>, Error> {
    if !config.state_path.exists() {
        return Ok(None);
    }
    let store = open_state(config)?;
    let cache: Arc<dyn AccountCache> = match store.account_cache(SystemClock.now_ms()) {
        Ok(cache) => Arc::new(cache),
        Err(_) => Arc::new(NoCache),
    };
    Ok(Some((Arc::new(store), cache)))
}

/// A secret's command may take its time, so it does not block the runtime.
async fn secret(source: &SecretSource) -> Result<secrecy::SecretString, Error> {
    let source = source.clone();
    tokio::task::spawn_blocking(move || source.resolve())
        .await
        .map_err(|error| Error::new(ErrorKind::Settings, format!("a secret cannot be had: {error}")))?
}
