//! The transport against servers that misbehave: certificates, redirects, endless and halting bodies, broken links.

mod web_socket;

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use dingsync::core::error::ErrorKind;
use dingsync::http::{Answer, Method, NotSent, Request, Transport, TransportFailure, TransportOptions};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

fn transport(ca_file: Option<&std::path::Path>) -> Transport {
    let options = TransportOptions {
        timeout: Duration::from_secs(120),
        ca_file: ca_file.map(Into::into),
        ..TransportOptions::default()
    };
    Transport::new(&options).expect("a transport")
}

async fn get(transport: &Transport, url: String) -> Result<Answer, TransportFailure> {
    transport.send(Request::new(Method::GET, url).query("access_token", "canary")).await
}

fn cause(result: Result<Answer, TransportFailure>) -> NotSent {
    match result {
        Err(failure @ TransportFailure::NotSent { cause, .. }) => {
            let error = failure.to_error("DingTalk");
            assert!(error.hint.is_some() && !format!("{error:?} {failure:?}").contains("canary"));
            cause
        }
        other => panic!("{other:?}"),
    }
}

/// Answers every connection with these bytes and then does nothing, or closes.
async fn raw_server(answer: &'static [u8], repeat: bool, closes: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer).await;
                let filler = vec![b'x'; 1 << 16];
                while repeat && socket.write_all(&filler).await.is_ok() {}
                if !closes {
                    let _ = socket.read(&mut request).await;
                }
            });
        }
    });
    address
}

struct Ca {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: tempfile::NamedTempFile,
}

fn certificate_authority() -> Ca {
    let mut params = CertificateParams::new(Vec::<String>::new()).expect("parameters");
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let issuer = CertifiedIssuer::self_signed(params, key).expect("a root");
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(issuer.pem().as_bytes()).expect("written");
    Ca { issuer, file }
}

/// What makes a connection a TLS server's, whose certificate is for `name` and ends in `year`.
fn acceptor(ca: &Ca, name: &str, year: i32) -> TlsAcceptor {
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let leaf = params.signed_by(&key, &ca.issuer).expect("a certificate");
    showing(leaf.der().to_vec(), &key)
}

/// What makes a connection a TLS server's that shows this certificate.
fn showing(certificate: Vec<u8>, key: &KeyPair) -> TlsAcceptor {
    let chain = vec![CertificateDer::from(certificate)];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a configuration");
    TlsAcceptor::from(Arc::new(config))
}

async fn tls_server(ca: &Ca, name: &str, year: i32) -> SocketAddr {
    serving(acceptor(ca, name, year)).await
}

async fn serving(acceptor: TlsAcceptor) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut socket) = acceptor.accept(socket).await else { return };
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let _ = socket
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
                    .await;
                let _ = socket.shutdown().await;
            });
        }
    });
    address
}

#[tokio::test]
async fn certificates_that_are_wrong_say_what_is_wrong() {
    let ca = certificate_authority();
    let trusting = transport(Some(ca.file.path()));
    let good = tls_server(&ca, "localhost", 2500).await;
    let answer = get(&trusting, format!("https://localhost:{}/", good.port())).await.expect("an answer");
    assert_eq!((answer.status, answer.text().as_ref()), (200, "ok"));
    let expired = tls_server(&ca, "localhost", 2021).await;
    let found = cause(get(&trusting, format!("https://localhost:{}/", expired.port())).await);
    assert_eq!(found, NotSent::CertificateExpired);
    let foreign = tls_server(&ca, "other.example", 2500).await;
    let found = cause(get(&trusting, format!("https://localhost:{}/", foreign.port())).await);
    assert_eq!(found, NotSent::CertificateWrongHost);
    let found = cause(get(&transport(None), format!("https://localhost:{}/", good.port())).await);
    assert_eq!(found, NotSent::CertificateUnknownIssuer);
    let root = serving(showing(ca.issuer.der().to_vec(), ca.issuer.key())).await;
    let found = cause(get(&trusting, format!("https://localhost:{}/", root.port())).await);
    assert_eq!(found, NotSent::CertificateUnusable);
}

#[tokio::test]
async fn what_is_no_tls_server_is_named_as_such() {
    let plain = raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n", false, true).await;
    assert_eq!(cause(get(&transport(None), format!("https://{plain}/")).await), NotSent::TlsFailed);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let there = raw_server(
        b"HTTP/1.1 302 Found\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n",
        false,
        true,
    )
    .await;
    assert_eq!(cause(get(&transport(None), format!("http://{there}/")).await), NotSent::Redirected);
}

#[tokio::test]
async fn nobody_listening_is_certainly_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    assert_eq!(cause(get(&transport(None), format!("http://{address}/")).await), NotSent::ConnectionRefused);
}

#[tokio::test]
async fn plain_http_to_another_machine_is_never_tried() {
    assert_eq!(cause(get(&transport(None), "http://203.0.113.1/".into()).await), NotSent::Insecure);
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let endless = raw_server(b"HTTP/1.1 200 OK\r\n\r\n", true, true).await;
    let failure = get(&transport(None), format!("http://{endless}/")).await.expect_err("a failure");
    assert!(matches!(failure, TransportFailure::TooLarge { .. }), "{failure:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_the_outcome_unknown() {
    let broken = raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"errc", false, true).await;
    let closed = raw_server(b"", false, true).await;
    for address in [broken, closed] {
        let failure = get(&transport(None), format!("http://{address}/")).await.expect_err("a failure");
        assert!(matches!(failure, TransportFailure::Unknown { .. }), "{failure:?}");
        assert!(!failure.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn a_silent_server_is_left_after_the_timeout() {
    let silent = raw_server(b"", false, false).await;
    let options = TransportOptions { timeout: Duration::from_secs(2), ..TransportOptions::default() };
    let failure = get(&Transport::new(&options).expect("a transport"), format!("http://{silent}/"))
        .await
        .expect_err("a failure");
    assert!(
        matches!(&failure, TransportFailure::Unknown { detail, .. } if detail.contains("in time")),
        "{failure:?}"
    );
}

#[tokio::test]
async fn the_proxy_is_used_for_other_machines_and_its_refusal_is_named() {
    let proxy =
        raw_server(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n", false, true)
            .await;
    let options = TransportOptions { proxy: Some(format!("http://{proxy}")), ..TransportOptions::default() };
    let proxied = Transport::new(&options).expect("a transport");
    assert_eq!(cause(get(&proxied, "https://oapi.example/".into()).await), NotSent::ProxyRefused);
    let direct = raw_server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", false, true).await;
    assert_eq!(get(&proxied, format!("http://{direct}/")).await.expect("an answer").status, 200);
}

#[tokio::test]
async fn a_root_file_that_is_none_is_a_settings_error() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(b"no certificate").expect("written");
    for path in [file.path().to_owned(), "/nowhere/ca.pem".into()] {
        let options = TransportOptions { ca_file: Some(path), ..TransportOptions::default() };
        assert_eq!(Transport::new(&options).expect_err("an error").kind, ErrorKind::Settings);
    }
}

#[tokio::test]
async fn the_servers_clock_is_read_from_the_date() {
    let dated = raw_server(
        b"HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 0\r\n\r\n",
        false,
        true,
    )
    .await;
    let answer = get(&transport(None), format!("http://{dated}/")).await.expect("an answer");
    assert_eq!(answer.date_ms(), Some(784_111_777_000));
}
