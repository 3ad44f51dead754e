//! Both services on one port of the loopback.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

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
    state: Option<PathBuf>,
}

#[derive(Debug, Clone)]
struct Services {
    dingtalk: dingtalk::Handle,
    idaas: idaas::Handle,
    options: Options,
}

/// What is kept between runs.
#[derive(Serialize, Deserialize)]
struct Kept {
    dingtalk: dingtalk::World,
    idaas: idaas::World,
}

impl Simulator {
    /// Starts serving; data kept at `options.state` is taken up instead of the seed.
    pub async fn start(options: Options, seed: &Seed) -> std::io::Result<Self> {
        let kept = options.state.as_deref().filter(|path| path.exists()).map(read).transpose()?;
        let (dingtalk, idaas) = match kept {
            Some(Kept { dingtalk, idaas }) => {
                (dingtalk::Handle::with_world(dingtalk, &options), idaas::Handle::with_world(idaas, &options))
            }
            None => (dingtalk::Handle::new(seed, &options), idaas::Handle::new(seed, &options)),
        };
        let listener = TcpListener::bind(options.listen).await?;
        let address = listener.local_addr()?;
        let state = options.state.clone();
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
        Ok(Self { address, services, stop: Some(stop), task, state })
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

    /// What it was started with; its faults can be changed while it serves.
    pub fn options(&self) -> &Options {
        &self.services.options
    }

    /// Keeps the data, where a place was given, and stops.
    pub async fn stop(mut self) -> std::io::Result<()> {
        drop(self.stop.take());
        // Connections that clients keep open must not keep the simulator alive.
        self.task.abort();
        match &self.state {
            None => Ok(()),
            Some(path) => write(path, &self.services),
        }
    }
}

fn read(path: &Path) -> std::io::Result<Kept> {
    serde_json::from_slice(&std::fs::read(path)?).map_err(std::io::Error::other)
}

fn write(path: &Path, services: &Services) -> std::io::Result<()> {
    let (dingtalk, idaas) = (services.dingtalk.world(), services.idaas.world());
    let kept = json!({"dingtalk": &*dingtalk, "idaas": &*idaas});
    std::fs::write(path, kept.to_string())
}

fn routes(services: &Services) -> Router {
    let control = Router::new()
        .route(
            "/_simulator/dingtalk/state",
            get(|State(s): State<Services>| async move { Json(dingtalk::state(&s.dingtalk)) }),
        )
        .route(
            "/_simulator/dingtalk/counters",
            get(|State(s): State<Services>| async move { Json(s.dingtalk.counts()) }),
        )
        .route(
            "/_simulator/idaas/counters",
            get(|State(s): State<Services>| async move { Json(s.idaas.counters()) }),
        )
        .route("/_simulator/faults", post(change_faults))
        .with_state(services.clone());
    Router::new()
        .merge(idaas::router(services.idaas.clone()))
        .merge(dingtalk::router(services.dingtalk.clone()))
        .merge(control)
        .fallback(unknown)
}

/// `{"add": ["NAME=VALUE"], "remove": ["NAME"]}`.
async fn change_faults(State(services): State<Services>, Json(body): Json<Value>) -> (StatusCode, String) {
    let faults = &services.options.faults;
    let texts = |name: &str| {
        let list = body[name].as_array().cloned().unwrap_or_default();
        list.into_iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    texts("remove").iter().for_each(|name| faults.remove(name));
    for text in texts("add") {
        if let Err(why) = faults.add(&text) {
            return (StatusCode::BAD_REQUEST, why);
        }
    }
    (StatusCode::OK, "{}".to_owned())
}

/// A path that the front does not know (reference `dingtalk-api.md` section 0.1, shape 3).
async fn unknown(_uri: Uri) -> Response {
    let body = json!({"errcode": 404, "errmsg": "请求的URI地址不存在"});
    respond::json(StatusCode::OK, body.to_string())
}
