//! A WebSocket over the same connections as every other call: the same proxy and its exceptions, the same roots, the
//! same names for what goes wrong. Only the bytes behind the handshake are the caller's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use reqwest::{Method, StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{NotSent, Request, Transport, TransportFailure, failure};

/// An open WebSocket.
pub type WebSocket = WebSocketStream<Upgraded>;

impl Transport {
    /// Opens a WebSocket; `address` begins with `wss:` (or `ws:`, to this machine only). Only for a transport with
    /// [`super::TransportOptions::is_upgradable`].
    pub async fn web_socket(&self, address: &str) -> Result<WebSocket, TransportFailure> {
        let plain = address.strip_prefix("ws:").map(|rest| format!("http:{rest}"));
        let address = address.strip_prefix("wss:").map(|rest| format!("https:{rest}")).or(plain);
        let address =
            address.ok_or_else(|| TransportFailure::not_sent("the WebSocket", NotSent::Malformed))?;
        let key = STANDARD.encode(rand::random::<[u8; 16]>());
        let request = Request::new(Method::GET, address)
            .header(CONNECTION.as_str(), "Upgrade")
            .header(UPGRADE.as_str(), "websocket")
            .header(SEC_WEBSOCKET_VERSION.as_str(), "13")
            .header(SEC_WEBSOCKET_KEY.as_str(), &key);
        let (host, is_loopback, url) = request.target()?;
        let client = if is_loopback { &self.loopback } else { &self.outward };
        let answer = request.build(client, url).send().await.map_err(|e| failure::classify(&host, e))?;
        if answer.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(TransportFailure::not_sent(&host, NotSent::ProxyRefused));
        }
        let refused = |detail: String| TransportFailure::Unknown { host: host.clone(), detail };
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(refused(format!("refuses the WebSocket with HTTP {}", answer.status().as_u16())));
        }
        let proof = answer.headers().get(SEC_WEBSOCKET_ACCEPT).map(|value| value.as_bytes());
        if proof != Some(derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(refused("accepts a WebSocket that nobody asked for".to_owned()));
        }
        let upgraded = answer.upgrade().await.map_err(|e| failure::incomplete(&host, e))?;
        Ok(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await)
    }
}
