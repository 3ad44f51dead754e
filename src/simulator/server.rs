//! Both services on one port of the loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::changes::Company;
use super::control;
use super::kept::{self, Kept};
use super::options::Options;
use super::respond;
use super::seed::Seed;
use super::{dingtalk, idaas};

/// A running pair of services.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    services: Services,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    teller: Option<JoinHandle<()>>,
    keeper: Option<JoinHandle<()>>,
    state: Option<PathBuf>,
}

#[derive(Debug, Clone)]
struct Services {
    dingtalk: dingtalk::Handle,
    idaas: idaas::Handle,
    options: Options,
}

impl Simulator {
    /// Starts serving; data kept at `options.state` is taken up instead of the seed.
    pub async fn start(options: Options, seed: &Seed) -> std::io::Result<Self> {
        let kept = options.state.as_deref().map(kept::read).transpose()?.flatten();
        let (dingtalk, idaas) = match kept {
            Some(Kept { dingtalk, idaas, .. }) => {
                (dingtalk::Handle::with_world(dingtalk, &options), idaas::Handle::with_world(idaas, &options))
            }
            None => (dingtalk::Handle::new(seed, &options), idaas::Handle::new(seed, &options)),
        };
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let state = options.state.clone();
        let url = format!("http://{address}");
        dingtalk.listen(&url);
        let happened = idaas.listen(&url);
        let teller = happened.map(|happened| tokio::spawn(idaas::callbacks::run(idaas.clone(), happened)));
        let services = Services { dingtalk, idaas, options };
        let routes = routes(&services);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let served = axum::serve(listener, routes).with_graceful_shutdown(async {
                // A dropped sender stops as well as a sent word.
                drop(stopped.await);
            });
            drop(served.await);
        });
        let keeper = state.clone().map(|path| tokio::spawn(keep(path, services.clone())));
        Ok(Self { address, services, stop: Some(stop), task, teller, keeper, state })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The DingTalk side: truth, counts.
    pub fn dingtalk(&self) -> &dingtalk::Handle {
        &self.services.dingtalk
    }

    /// The IDaaS side: truth, counts.
    pub fn idaas(&self) -> &idaas::Handle {
        &self.services.idaas
    }

    /// Both sides, for a script of changes.
    pub fn company(&self) -> Company {
        Company { idaas: self.services.idaas.clone(), dingtalk: self.services.dingtalk.clone() }
    }

    /// What it was started with; its faults can be changed while it serves.
    pub fn options(&self) -> &Options {
        &self.services.options
    }

    /// Keeps the data, where a place was given, and stops.
    pub async fn stop(mut self) -> std::io::Result<()> {
        drop(self.stop.take());
        // Connections that clients keep open must not keep the simulator alive.
        self.task.abort();
        if let Some(teller) = self.teller.take() {
            teller.abort();
        }
        if let Some(keeper) = self.keeper.take() {
            keeper.abort();
            // A write that has begun ends before the last one begins.
            drop(keeper.await);
        }
        match &self.state {
            None => Ok(()),
            Some(path) => kept::write(path, &self.services.dingtalk, &self.services.idaas),
        }
    }
}

/// Writes the world after changes, at most once a second; less often where writing takes long.
async fn keep(path: PathBuf, services: Services) {
    let changes = |services: &Services| {
        let applied: u64 = services.dingtalk.counts().values().map(|count| count.applied).sum();
        let by_hand = services.dingtalk.written().len();
        (if services.dingtalk.writes() == 0 { 0 } else { applied }, by_hand, services.idaas.changes())
    };
    let mut written = (0, 0, 0);
    let mut pause = Duration::from_secs(1);
    loop {
        tokio::time::sleep(pause).await;
        let now = changes(&services);
        if now == written {
            continue;
        }
        let begun = Instant::now();
        // One that cannot be written now is tried again, and told about at the end.
        if kept::write(&path, &services.dingtalk, &services.idaas).is_ok() {
            written = now;
        }
        pause = Duration::from_secs(1).max(begun.elapsed() * 10);
    }
}

fn routes(services: &Services) -> Router {
    let company = Company { idaas: services.idaas.clone(), dingtalk: services.dingtalk.clone() };
    Router::new()
        .merge(idaas::router(services.idaas.clone()))
        .merge(dingtalk::router(services.dingtalk.clone()))
        .merge(control::router(company, services.options.faults.clone()))
        .fallback(unknown)
}

/// A path that the front does not know (reference `dingtalk-api.md` section 0.1, shape 3).
async fn unknown(_uri: Uri) -> Response {
    let body = json!({"errcode": 404, "errmsg": "请求的URI地址不存在"});
    respond::json(StatusCode::OK, body.to_string())
}
