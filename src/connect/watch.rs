//! What following a connection needs beside the connection: the receiver of callbacks, the feed of DingTalk's events,
//! the place where events are kept.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Connection, SystemClock, secret};
use crate::config::Config;
use crate::core::clock::Clock;
use crate::core::error::Error;
use crate::core::incremental::{Callbacks, Feeds, Inbox, Watching};
use crate::dingtalk::EditFeed;
use crate::http::{Transport, TransportOptions};
use crate::incremental::{Health, Keys, Receiver, ReceiverOptions, decryption_key};

/// The vendor's own limits for its public keys: 3 s to connect, 5 s to read.
const KEYS_TIMEOUT: Duration = Duration::from_secs(6);

/// The receiver and the feed at work; both end when the value is dropped.
pub struct Following {
    /// Where events are kept.
    pub inbox: Arc<dyn Inbox>,
    /// What the receiver has seen.
    pub callbacks: Arc<Callbacks>,
    /// Where callbacks are received.
    pub address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Following {
    /// Binds the receiver and starts both; answers them with what they will tell. Errors: the address is taken, the
    /// key is none, the state cannot be written.
    pub async fn start(
        config: &Config,
        connection: &Connection,
        health: Health,
    ) -> Result<(Self, Feeds), Error> {
        let inbox: Arc<dyn Inbox> = Arc::new(connection.store.inbox().await?);
        let callbacks = Arc::new(Callbacks::default());
        let settings = &config.incremental;
        let receiver = Receiver::bind(settings.listen).await?;
        let address = receiver.address();
        let (events, received) = mpsc::unbounded_channel();
        let (edits, edited) = mpsc::unbounded_channel();
        let options = ReceiverOptions {
            keys: match &settings.jwks_url {
                Some(url) => Some(Keys::new(
                    Transport::new(&transport_options(config, Some(KEYS_TIMEOUT)))?,
                    url.clone(),
                )),
                None => None,
            },
            application_id: settings.application_id.clone(),
            encryption_key: match &settings.encryption_key {
                Some(source) => Some(decryption_key(&secret(source).await?)?),
                None => None,
            },
            inbox: Arc::clone(&inbox),
            events,
            callbacks: Arc::clone(&callbacks),
            health,
            now_ms: || SystemClock.now_ms(),
        };
        let feed = EditFeed {
            transport: Transport::new(&TransportOptions {
                is_upgradable: true,
                ..transport_options(config, None)
            })?,
            api_endpoint: config.dingtalk.api_endpoint.clone(),
            app_key: config.dingtalk.app_key.clone(),
            app_secret: secret(&config.dingtalk.app_secret).await?,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(receiver.serve(options));
        tasks.spawn(feed.run(edits));
        let feeds = Feeds { events: received, edits: edited };
        Ok((Self { inbox, callbacks, address, _tasks: tasks }, feeds))
    }

    /// What the loop works with.
    pub fn watching<'a>(&'a self, config: &'a Config, connection: &'a Connection) -> Watching<'a> {
        Watching {
            profile: &connection.services.profile,
            source: &*connection.services.source,
            target: &*connection.services.target,
            journal: &*connection.journal,
            inbox: &*self.inbox,
            cache: &*connection.cache,
            clock: &SystemClock,
            callbacks: &self.callbacks,
            poll_seconds: config.incremental.poll_seconds,
            address: self.address.to_string(),
            pid: std::process::id(),
        }
    }
}

fn transport_options(config: &Config, timeout: Option<Duration>) -> TransportOptions {
    TransportOptions {
        timeout: timeout.unwrap_or(Duration::from_secs(config.network.timeout_seconds)),
        ca_file: config.network.ca_file.clone(),
        proxy: config.network.proxy.clone(),
        ..TransportOptions::default()
    }
}
