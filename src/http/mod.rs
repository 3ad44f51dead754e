//! One transport for both services: encrypted, without redirects, bounded in time and size; and the lanes and
//! retries every call goes through. It knows neither service: what an answer means is the clients' business.

mod failure;
pub mod lane;
mod pace;
mod request;
pub mod retry;
mod upgrade;

pub use failure::{NotSent, TransportFailure};
pub use lane::{Lanes, Scope, Turn};
pub use request::{Answer, Request};
pub use reqwest::Method;
pub use upgrade::WebSocket;

use std::path::PathBuf;
use std::time::Duration;

use bytes::BytesMut;
use tokio::time::{Instant, timeout};

use crate::core::error::{Error, ErrorKind};

/// No answer of either service comes near this size (bytes, after decompression).
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// The longest silence within one answer's body.
const IDLE_LIMIT: Duration = Duration::from_secs(10);
/// The longest wait for a connection, TLS included.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// How the network is used.
#[derive(Debug, Clone)]
pub struct TransportOptions {
    /// From the start of a call to the last byte of its answer.
    pub timeout: Duration,
    /// Further trusted roots, PEM.
    pub ca_file: Option<PathBuf>,
    /// A proxy for everything but loopback; `None` follows `HTTPS_PROXY` and `NO_PROXY`.
    pub proxy: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Speaks HTTP/1.1 only: what is to become a WebSocket.
    pub is_upgradable: bool,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            ca_file: None,
            proxy: None,
            user_agent: concat!("dingsync/", env!("CARGO_PKG_VERSION")).to_owned(),
            is_upgradable: false,
        }
    }
}

/// Sends requests; cheap to clone, all clones share their connections.
#[derive(Debug, Clone)]
pub struct Transport {
    outward: reqwest::Client,
    loopback: reqwest::Client,
}

impl Transport {
    /// A transport of these options; a settings error when the roots or the proxy cannot be used.
    pub fn new(options: &TransportOptions) -> Result<Self, Error> {
        let roots = read_roots(options)?;
        let outward = match &options.proxy {
            Some(address) => {
                let proxy = reqwest::Proxy::all(address).map_err(|_| {
                    Error::new(ErrorKind::Settings, "network.proxy is not a proxy address")
                        .with_hint("write it as http://host:port")
                })?;
                build(options, roots.clone(), |b| b.proxy(proxy.clone()))?
            }
            None => build(options, roots.clone(), |b| b)?,
        };
        Ok(Self { outward, loopback: build(options, roots, reqwest::ClientBuilder::no_proxy)? })
    }

    /// Carries out one call; whatever status the answer has, it is an answer, apart from redirects (never followed:
    /// they would carry a token elsewhere) and a proxy's 407.
    pub async fn send(&self, request: Request) -> Result<Answer, TransportFailure> {
        let started = Instant::now();
        let (host, is_loopback, url) = request.target()?;
        let client = if is_loopback { &self.loopback } else { &self.outward };
        let built = request.build(client, url);
        let mut response = built.send().await.map_err(|e| failure::classify(&host, e))?;
        let status = response.status().as_u16();
        if response.status().is_redirection() && status != 304 {
            return Err(TransportFailure::not_sent(&host, NotSent::Redirected));
        }
        if status == 407 {
            return Err(TransportFailure::not_sent(&host, NotSent::ProxyRefused));
        }
        let mut body = BytesMut::new();
        loop {
            let chunk =
                timeout(IDLE_LIMIT, response.chunk()).await.map_err(|_| TransportFailure::Unknown {
                    host: host.clone(),
                    detail: "the answer stopped half-way".to_owned(),
                })?;
            match chunk.map_err(|e| failure::incomplete(&host, e))? {
                Some(part) if body.len() + part.len() > BODY_LIMIT => {
                    return Err(TransportFailure::TooLarge { host });
                }
                Some(part) => body.extend_from_slice(&part),
                None => break,
            }
        }
        let headers = response.headers().clone();
        Ok(Answer { status, headers, body: body.freeze(), elapsed: started.elapsed() })
    }
}

fn read_roots(options: &TransportOptions) -> Result<Vec<reqwest::Certificate>, Error> {
    let Some(path) = &options.ca_file else { return Ok(Vec::new()) };
    let refused = |reason: String| {
        Error::new(ErrorKind::Settings, format!("network.ca_file {}: {reason}", path.display()))
            .with_hint("name a readable file with PEM certificates")
    };
    let pem = std::fs::read(path).map_err(|e| refused(e.to_string()))?;
    let roots =
        reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| refused("no PEM certificates".into()))?;
    if roots.is_empty() {
        return Err(refused("holds no certificate".into()));
    }
    Ok(roots)
}

fn build(
    options: &TransportOptions,
    roots: Vec<reqwest::Certificate>,
    network: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, Error> {
    let base = || {
        let builder = network(reqwest::Client::builder());
        let builder = if options.is_upgradable { builder.http1_only() } else { builder };
        builder
            .user_agent(&options.user_agent)
            .timeout(options.timeout)
            .connect_timeout(CONNECT_LIMIT.min(options.timeout / 2))
            .pool_idle_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
    };
    // A host without a root store still reaches the simulators over loopback; real endpoints then fail as
    // "unknown issuer", which names the way out.
    base()
        .tls_certs_merge(roots.clone())
        .build()
        .or_else(|_| base().tls_certs_only(roots.clone()).build())
        .map_err(|e| {
            Error::new(ErrorKind::Settings, format!("the network cannot be set up: {}", e.without_url()))
        })
}
