//! What a simulated pair of services is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::faults::Faults;

/// Options of both simulators.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Calls a second that each DingTalk interface accepts.
    pub dingtalk_qps: u32,
    /// Calls a second that IDaaS accepts; 0 = no limit.
    pub idaas_qps: u32,
    /// Added to every answer.
    pub latency: Duration,
    /// What the clients must present.
    pub credentials: Credentials,
    /// Faults and switches.
    pub faults: Faults,
    /// Where the data is kept between runs.
    pub state: Option<PathBuf>,
    /// Where the simulated IDaaS tells about changes; `None` = the application is not set up for it.
    pub callback: Option<Callback>,
}

/// The receiver of account-sync callbacks.
#[derive(Debug, Clone)]
pub struct Callback {
    /// An address of this machine.
    pub url: String,
    /// Whether the events are sent as JWE with the key of the [`Credentials`].
    pub is_encrypted: bool,
}

/// Ids and secrets the simulated services know.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the vendor's word")]
pub struct Credentials {
    pub corp_id: String,
    pub app_key: String,
    pub app_secret: String,
    pub instance_id: String,
    pub access_key_id: String,
    pub access_key_secret: String,
    pub security_token: Option<String>,
    pub application_id: String,
    /// AES-256, 64 hexadecimal digits.
    pub encryption_key: String,
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            corp_id: "dingsimulator0001".to_owned(),
            app_key: "dingsimulatorkey01".to_owned(),
            app_secret: "simulated-app-secret-0001".to_owned(),
            instance_id: "idaas_simulator0001".to_owned(),
            access_key_id: "LTAIsimulator0001".to_owned(),
            access_key_secret: "simulated-access-key-secret-0001".to_owned(),
            security_token: None,
            application_id: "app_simulator0001".to_owned(),
            encryption_key: "5d1f0c8a7b6e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7c6b5a".to_owned(),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            dingtalk_qps: 20,
            idaas_qps: 0,
            latency: Duration::ZERO,
            credentials: Credentials::default(),
            faults: Faults::default(),
            state: None,
            callback: None,
        }
    }
}
