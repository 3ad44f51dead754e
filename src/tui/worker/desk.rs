//! What the worker's tasks share: which settings are in force, and the connections opened with them.

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{self, Config, LoadOptions};
use crate::connect::Connection;
use crate::core::error::{Error, ErrorKind};

/// Cheap to clone: every task has one.
#[derive(Debug, Clone)]
pub struct Desk {
    /// How the settings are loaded.
    pub load: Arc<LoadOptions>,
    /// The settings file, whether or not it exists.
    pub settings_path: PathBuf,
}

impl Desk {
    /// For these settings.
    pub fn new(load: LoadOptions) -> Result<Self, Error> {
        let settings_path = config::config_path(&load)?;
        Ok(Self { load: Arc::new(load), settings_path })
    }

    /// The settings as saved.
    pub async fn config(&self) -> Result<Config, Error> {
        let load = Arc::clone(&self.load);
        off_the_screen(move || config::load(&load)).await?
    }

    /// Services and state of the settings as saved.
    pub async fn connection(&self) -> Result<Connection, Error> {
        Connection::open(&self.config().await?).await
    }
}

/// Runs something that blocks on a thread for that.
pub(super) async fn off_the_screen<T: Send + 'static>(
    does: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(does)
        .await
        .map_err(|error| Error::new(ErrorKind::State, format!("it broke off: {error}")))
}

/// What a future answers, and how long it took.
pub(super) async fn elapsed_ms<T>(does: impl Future<Output = T>) -> (T, u64) {
    let began = tokio::time::Instant::now();
    let answer = does.await;
    (answer, u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX))
}
