//! Settings: file and environment → [`Config`]. Knows no screen and no network. A file is either right as a whole or
//! refused with every finding at file, line, column and key; secrets are sources until they are needed.
//! Source: contract section 3; the keys stand in [`schema`].

mod build;
mod command;
mod diff;
pub mod draft;
pub mod edit;
pub mod endpoint;
mod environment;
mod expression;
mod language;
mod mapping;
mod place;
mod problem;
mod scenario;
pub mod schema;
mod secret;
pub mod settings_file;
pub mod show;
mod source;
mod write;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::core::profile::Profile;

pub use environment::Environment;
pub use language::Language;
pub use place::{LoadOptions, config_path, default_state_path, findings, load, load_text};
pub use problem::Finding;
pub use secret::{SecretSource, SecretWay};

/// The effective settings of one connection.
#[derive(Debug, Clone)]
pub struct Config {
    /// The settings file.
    pub path: PathBuf,
    /// Everything a run is decided by.
    pub profile: Profile,
    /// The language of texts.
    pub language: Language,
    /// The side that is read.
    pub idaas: IdaasSettings,
    /// The side that is written.
    pub dingtalk: DingtalkSettings,
    /// Following source events.
    pub incremental: IncrementalSettings,
    /// How services are reached.
    pub network: NetworkSettings,
    /// The state file.
    pub state_path: PathBuf,
    /// What holds but is hardly meant, each with its place.
    pub warnings: Vec<String>,
    /// Where every effective setting came from.
    pub origins: show::Origins,
}

impl Config {
    /// Where `watch` says how it stands, for other processes on this machine.
    pub fn watch_status_path(&self) -> PathBuf {
        self.state_path.with_extension("watch.json")
    }
}

/// How IDaaS is reached.
#[derive(Debug, Clone)]
pub struct IdaasSettings {
    /// Region id; empty when only an endpoint is given.
    pub region: String,
    /// Instance id (`idaas_…`).
    pub instance_id: String,
    /// `scheme://host[:port]` without a trailing slash.
    pub endpoint: String,
    /// AccessKey id.
    pub access_key_id: String,
    /// AccessKey secret.
    pub access_key_secret: SecretSource,
    /// For temporary credentials.
    pub security_token: Option<SecretSource>,
    /// Ceiling for each interface, 1–1000.
    pub calls_per_second: u32,
}

/// How DingTalk is reached.
#[derive(Debug, Clone)]
pub struct DingtalkSettings {
    /// CorpId.
    pub corp_id: String,
    /// AppKey.
    pub app_key: String,
    /// AppSecret.
    pub app_secret: SecretSource,
    /// `scheme://host[:port]` of the legacy API.
    pub oapi_endpoint: String,
    /// `scheme://host[:port]` of the newer API.
    pub api_endpoint: String,
    /// Ceiling for each interface, 1–1000.
    pub calls_per_second: u32,
    /// Step 1: developer information; may be empty.
    pub callback_domain: String,
    /// Step 1: developer information; may be empty.
    pub homepage_url: String,
    /// This host's addresses as the app's allow-list has them.
    pub egress_ips: Vec<String>,
}

/// How source events are followed.
#[derive(Debug, Clone)]
pub struct IncrementalSettings {
    /// Where IDaaS callbacks are received.
    pub listen: SocketAddr,
    /// Where the callbacks' signing keys are; `None` when callbacks are not received.
    pub jwks_url: Option<String>,
    /// The audience of callbacks; may be empty.
    pub application_id: String,
    /// Decrypts callbacks: 64 hexadecimal digits.
    pub encryption_key: Option<SecretSource>,
    /// Seconds between two polls.
    pub poll_seconds: u64,
}

/// How services are reached.
#[derive(Debug, Clone)]
pub struct NetworkSettings {
    /// Further trusted roots, PEM; an existing file.
    pub ca_file: Option<PathBuf>,
    /// The proxy; `None` leaves it to `HTTPS_PROXY` and `NO_PROXY`.
    pub proxy: Option<String>,
    /// Seconds one call may take.
    pub timeout_seconds: u64,
}
