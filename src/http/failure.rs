//! Why a call has no answer, told apart by what matters to the caller: was it sent, and what can a person do.

use std::error::Error as StdError;
use std::io;

use crate::core::error::{Error, ErrorKind};

/// Why a call certainly did not reach the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSent {
    /// The address cannot be understood.
    Malformed,
    /// Plain `http` to another machine.
    Insecure,
    /// The host name has no address.
    NameNotFound,
    /// Nothing listens there.
    ConnectionRefused,
    /// No connection in time.
    ConnectTimeout,
    /// Any other failure to connect.
    Unreachable,
    /// The certificate has expired (or is not valid yet).
    CertificateExpired,
    /// The certificate is for another host.
    CertificateWrongHost,
    /// No trusted root signed the certificate.
    CertificateUnknownIssuer,
    /// The certificate is none that a server may show, a root itself for example.
    CertificateUnusable,
    /// Any other failure of the encryption.
    TlsFailed,
    /// The proxy wants other credentials (407).
    ProxyRefused,
    /// Something answered with a redirect, which is never followed.
    Redirected,
}

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportFailure {
    /// It certainly did not reach the service.
    #[error("{host}: {}", cause.reason())]
    NotSent {
        /// Where it was to go.
        host: String,
        /// Why it did not.
        cause: NotSent,
    },
    /// It was sent, or may have been, and no complete answer came.
    #[error("{host}: {detail}")]
    Unknown {
        /// Where it went.
        host: String,
        /// What happened.
        detail: String,
    },
    /// The answer exceeded the limit; what the call did is unknown.
    #[error("{host}: the answer is larger than 16 MiB")]
    TooLarge {
        /// Where it went.
        host: String,
    },
}

impl TransportFailure {
    pub(super) fn not_sent(host: &str, cause: NotSent) -> Self {
        Self::NotSent { host: host.to_owned(), cause }
    }

    /// Whether the call certainly was not carried out.
    pub fn is_not_sent(&self) -> bool {
        matches!(self, Self::NotSent { .. })
    }

    /// Whether trying again soon may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotSent { cause, .. } => cause.is_transient(),
            Self::Unknown { .. } => true,
            Self::TooLarge { .. } => false,
        }
    }

    /// The failure of a whole command; `service` is its name for people ("DingTalk").
    pub fn to_error(&self, service: &str) -> Error {
        let kind = match self {
            Self::NotSent { cause: NotSent::Malformed | NotSent::Insecure, .. } => ErrorKind::Settings,
            _ => ErrorKind::Network,
        };
        let hint = match self {
            Self::NotSent { cause, .. } => cause.hint(),
            Self::Unknown { .. } => "check the network and run again; what was in flight is looked up first",
            Self::TooLarge { .. } => {
                "check that the endpoint is the service itself and not something in between"
            }
        };
        Error::new(kind, format!("{service} cannot be reached: {self}")).with_hint(hint)
    }
}

impl NotSent {
    fn is_transient(self) -> bool {
        matches!(
            self,
            Self::NameNotFound | Self::ConnectionRefused | Self::ConnectTimeout | Self::Unreachable
        )
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "not an address",
            Self::Insecure => "plain http is allowed to this machine only",
            Self::NameNotFound => "the host name was not found",
            Self::ConnectionRefused => "the connection was refused",
            Self::ConnectTimeout => "no connection in time",
            Self::Unreachable => "no connection",
            Self::CertificateExpired => "its certificate has expired or is not valid yet",
            Self::CertificateWrongHost => "its certificate is for another host",
            Self::CertificateUnknownIssuer => "its certificate is not signed by a trusted root",
            Self::CertificateUnusable => "its certificate is none for a server",
            Self::TlsFailed => "no encrypted connection could be agreed on",
            Self::ProxyRefused => "the proxy demands authentication (407)",
            Self::Redirected => "a redirect was answered and is not followed",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Malformed | Self::Insecure => "correct the endpoint in the settings file",
            Self::NameNotFound => "check the endpoint's spelling and this machine's name service",
            Self::ConnectionRefused | Self::ConnectTimeout | Self::Unreachable => {
                "check the endpoint, the firewall and the proxy settings"
            }
            Self::CertificateExpired => {
                "check this machine's clock, then the certificate of the endpoint or proxy"
            }
            Self::CertificateWrongHost => "check the endpoint; something in between may answer in its place",
            Self::CertificateUnknownIssuer => {
                "install the system's root certificates, or name the company's root in network.ca_file"
            }
            Self::CertificateUnusable => {
                "give the endpoint a certificate that a trusted root signed; a root itself is none"
            }
            Self::TlsFailed => "check that the endpoint speaks https; a proxy may be in between",
            Self::ProxyRefused => "give the proxy's user and password through the variable HTTPS_PROXY",
            Self::Redirected => "check the endpoint; a log-in page of the network may be in between",
        }
    }
}

/// A failure before the head of the answer.
pub(super) fn classify(host: &str, error: reqwest::Error) -> TransportFailure {
    if error.is_builder() {
        return TransportFailure::not_sent(host, NotSent::Malformed);
    }
    match connection_failure(&error) {
        Some(cause) => TransportFailure::not_sent(host, cause),
        None => incomplete(host, error),
    }
}

/// A failure once the call was, or may have been, sent.
pub(super) fn incomplete(host: &str, error: reqwest::Error) -> TransportFailure {
    let detail = if error.is_timeout() {
        "no complete answer in time".to_owned()
    } else {
        let error = error.without_url();
        let innermost = chain(&error).last().map(ToString::to_string).unwrap_or_default();
        format!("the connection broke before the answer was complete ({innermost})")
    };
    TransportFailure::Unknown { host: host.to_owned(), detail }
}

fn connection_failure(error: &reqwest::Error) -> Option<NotSent> {
    if !error.is_connect() {
        return None;
    }
    if let Some(tls) = chain(error).find_map(find_tls) {
        return Some(tls);
    }
    if error.is_timeout() {
        return Some(NotSent::ConnectTimeout);
    }
    let texts: String = chain(error).map(|e| e.to_string().to_lowercase() + "\n").collect();
    if texts.contains("proxy auth") || texts.contains("407") {
        return Some(NotSent::ProxyRefused);
    }
    if error.is_dns() || texts.contains("dns error") {
        return Some(NotSent::NameNotFound);
    }
    let kind = chain(error).find_map(|e| e.downcast_ref::<io::Error>()).map(io::Error::kind);
    Some(match kind {
        Some(io::ErrorKind::ConnectionRefused) => NotSent::ConnectionRefused,
        Some(io::ErrorKind::TimedOut) => NotSent::ConnectTimeout,
        _ => NotSent::Unreachable,
    })
}

fn find_tls(error: &(dyn StdError + 'static)) -> Option<NotSent> {
    use rustls::CertificateError as C;
    // An I/O error hides what it wraps from the chain of sources, and wraps another one here.
    if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        return find_tls(inner);
    }
    let tls = error.downcast_ref::<rustls::Error>()?;
    Some(match tls {
        rustls::Error::InvalidCertificate(reason) => match reason {
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. } => {
                NotSent::CertificateExpired
            }
            C::NotValidForName | C::NotValidForNameContext { .. } => NotSent::CertificateWrongHost,
            C::UnknownIssuer | C::BadSignature => NotSent::CertificateUnknownIssuer,
            _ => NotSent::CertificateUnusable,
        },
        _ => NotSent::TlsFailed,
    })
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |e| {
        let e: &'a (dyn StdError + 'static) = *e;
        e.source()
    })
}
