//! The WebSocket of Stream mode takes the way every other call takes: the proxy, its exceptions, the company's roots.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dingsync::core::incremental::{Edit, Subject};
use dingsync::core::target::UserId;
use dingsync::dingtalk::EditFeed;
use dingsync::http::{NotSent, Transport, TransportFailure, TransportOptions};
use futures::SinkExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::{Ca, acceptor, certificate_authority, raw_server};

/// Nothing here takes so long, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);
const GATEWAY: &str = "gateway.example";

fn transport(ca_file: Option<&Path>, proxy: Option<SocketAddr>) -> Transport {
    let options = TransportOptions {
        ca_file: ca_file.map(Into::into),
        proxy: proxy.map(|address| format!("http://{address}")),
        is_upgradable: true,
        ..TransportOptions::default()
    };
    Transport::new(&options).unwrap()
}

/// The head of a request, without what follows it.
async fn head(socket: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// A proxy that leads every tunnel to one place, and the tunnels it was asked for.
async fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
    let log = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let log = Arc::clone(&log);
            tokio::spawn(async move {
                let request = head(&mut socket).await;
                log.lock().unwrap().push(request.lines().next().unwrap_or_default().to_owned());
                let mut there = TcpStream::connect(to).await.unwrap();
                socket.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                drop(copy_bidirectional(&mut socket, &mut there).await);
            });
        }
    });
    (address, asked)
}

/// The gateway behind TLS: names itself when it is asked, and tells whoever connects about one change.
async fn gateway(ca: &Ca) -> SocketAddr {
    let acceptor = acceptor(ca, GATEWAY, 2500);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut socket) = acceptor.accept(socket).await else { return };
                let request = head(&mut socket).await;
                if request.starts_with("POST ") {
                    let body =
                        json!({"endpoint": format!("wss://{GATEWAY}/connect"), "ticket": "t1"}).to_string();
                    let answer = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                        body.len()
                    );
                    drop(socket.write_all(answer.as_bytes()).await);
                    drop(socket.shutdown().await);
                    return;
                }
                assert!(request.starts_with("GET /connect?ticket=t1 "), "{request}");
                serve(socket, &request).await;
            });
        }
    });
    address
}

/// Takes the handshake whose head was read, tells about one change and stays.
async fn serve(mut socket: impl AsyncReadExt + AsyncWriteExt + Unpin, request: &str) {
    let key = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
    });
    let proof = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.unwrap().as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {proof}\r\n\r\n"
    );
    socket.write_all(answer.as_bytes()).await.unwrap();
    let role = tokio_tungstenite::tungstenite::protocol::Role::Server;
    let mut told = tokio_tungstenite::WebSocketStream::from_raw_socket(socket, role, None).await;
    let event = json!({
        "specVersion": "1.0", "type": "EVENT",
        "headers": {"topic": "*", "messageId": "m1", "eventType": "user_modify_org", "contentType": "application/json"},
        "data": json!({"userId": ["u1"]}).to_string(),
    });
    told.send(Message::text(event.to_string())).await.unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn the_feed_goes_through_the_proxy_and_trusts_the_companys_root() {
    let ca = certificate_authority();
    let (proxy, asked) = proxy(gateway(&ca).await).await;
    let feed = EditFeed {
        transport: transport(Some(ca.file.path()), Some(proxy)),
        api_endpoint: format!("https://{GATEWAY}"),
        app_key: "dingabcdef".into(),
        app_secret: "secret".to_owned().into(),
    };
    let (edits, mut edited) = unbounded_channel();
    let following = tokio::spawn(feed.run(edits));
    let next = timeout(PATIENCE, edited.recv()).await.unwrap();
    assert_eq!(next, Some(Edit::Connected));
    let next = timeout(PATIENCE, edited.recv()).await.unwrap();
    assert_eq!(next, Some(Edit::Changed(Subject::User(UserId("u1".into())))));
    let asked = asked.lock().unwrap().clone();
    let tunnel = format!("CONNECT {GATEWAY}:443 HTTP/1.1");
    assert_eq!(asked, [tunnel.clone(), tunnel], "one for the question, one for the WebSocket");
    following.abort();
}

#[tokio::test]
async fn what_keeps_a_web_socket_from_opening_is_named_without_its_ticket() {
    let ca = certificate_authority();
    let address = format!("wss://{GATEWAY}/connect?ticket=canary");
    let (through, _) = proxy(gateway(&ca).await).await;
    let refusing =
        raw_server(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", false, true)
            .await;
    for (transport, expected) in [
        (transport(None, Some(through)), NotSent::CertificateUnknownIssuer),
        (transport(Some(ca.file.path()), Some(refusing)), NotSent::ProxyRefused),
    ] {
        let failure = transport.web_socket(&address).await.unwrap_err();
        assert!(!format!("{failure} {failure:?}").contains("canary"), "{failure:?}");
        assert!(
            matches!(failure, TransportFailure::NotSent { cause, .. } if cause == expected),
            "{failure:?}"
        );
    }
    let plain = raw_server(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", false, true).await;
    let failure = transport(None, Some(through)).web_socket(&format!("ws://{plain}/")).await.unwrap_err();
    assert!(failure.to_string().contains("HTTP 403"), "this machine needs no proxy: {failure}");
    let failure = transport(None, None).web_socket("ws://gateway.example/").await.unwrap_err();
    assert!(matches!(failure, TransportFailure::NotSent { cause: NotSent::Insecure, .. }), "{failure:?}");
}

const WHERE: &str = "DINGSYNC_TEST_WEB_SOCKET";
const CHILD: &str = "transport::web_socket::connects_as_the_environment_says";

#[tokio::test]
#[ignore = "the child of the test below"]
async fn connects_as_the_environment_says() {
    let Ok(address) = std::env::var(WHERE) else { return };
    drop(transport(None, None).web_socket(&address).await);
}

/// Waits for the first bytes that reach a listener in a child with these variables.
fn first_bytes(listener: &std::net::TcpListener, address: &str, variables: &[(&str, &str)]) -> Vec<u8> {
    use std::io::Read;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([CHILD, "--exact", "--ignored"]).env(WHERE, address).stdout(std::process::Stdio::null());
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        child.env_remove(name);
    }
    let mut child = child.envs(variables.iter().copied()).spawn().unwrap();
    let here = listener.local_addr().unwrap();
    // A child that went elsewhere ends, and then somebody has to come instead of it.
    let ended = std::thread::spawn(move || {
        child.wait().unwrap();
        drop(std::net::TcpStream::connect(here));
    });
    let (mut socket, _) = listener.accept().unwrap();
    let mut bytes = [0; 512];
    let count = socket.read(&mut bytes).unwrap();
    drop(socket);
    ended.join().unwrap();
    bytes[..count].to_vec()
}

#[test]
fn without_a_proxy_in_the_settings_the_environment_decides() {
    let bind = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (proxy, direct) = (bind(), bind());
    // An address of this machine that does not count as one.
    let host = "0.0.0.0";
    let address = format!("wss://{host}:{}/", direct.local_addr().unwrap().port());
    let through = format!("http://{}", proxy.local_addr().unwrap());
    let asked = first_bytes(&proxy, &address, &[("HTTPS_PROXY", through.as_str())]);
    assert!(asked.starts_with(b"CONNECT 0.0.0.0:"), "{}", String::from_utf8_lossy(&asked));
    let hello = first_bytes(&direct, &address, &[("HTTPS_PROXY", through.as_str()), ("NO_PROXY", host)]);
    assert_eq!(hello.first(), Some(&0x16), "a TLS handshake, straight to the host");
}
