//! One call and its answer. Neither prints its query, headers or body: they carry tokens and personal data.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use super::failure::{NotSent, TransportFailure};

/// One call.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<(&'static str, Bytes)>,
}

impl Request {
    /// A call of `method` to an absolute address without a query.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), query: Vec::new(), headers: Vec::new(), body: None }
    }

    /// Adds a query parameter; it is percent-encoded here.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Adds a header; one that cannot be a header is an error of the call.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a body with its content type.
    #[must_use]
    pub fn body(mut self, content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        self.body = Some((content_type, bytes.into()));
        self
    }

    /// The host (with port where given), whether it is loopback, and the address with its query.
    pub(super) fn target(&self) -> Result<(String, bool, url::Url), TransportFailure> {
        let malformed = || TransportFailure::not_sent("the endpoint", NotSent::Malformed);
        let mut url = url::Url::parse(&self.url).map_err(|_| malformed())?;
        let name = url.host_str().ok_or_else(malformed)?.to_owned();
        let host = url.port().map_or_else(|| name.clone(), |port| format!("{name}:{port}"));
        let is_loopback = is_loopback(&name);
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err(TransportFailure::not_sent(&host, NotSent::Insecure));
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        Ok((host, is_loopback, url))
    }

    pub(super) fn build(self, client: &reqwest::Client, url: url::Url) -> reqwest::RequestBuilder {
        let mut builder = client.request(self.method, url);
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        match self.body {
            Some((content_type, bytes)) => builder.header(CONTENT_TYPE, content_type).body(bytes),
            None => builder,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url.split('?').next().unwrap_or_default())
    }
}

/// A complete answer.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decompressed.
    pub body: Bytes,
    /// From the start of the call to the last byte.
    pub elapsed: Duration,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The server's clock (`Date`), Unix milliseconds to the second.
    pub fn date_ms(&self) -> Option<i64> {
        let text = self.header("date")?;
        let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(at.as_millisecond())
    }

    /// The body as text; what is no UTF-8 becomes U+FFFD.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {} with {} bytes", self.status, self.body.len())
    }
}

/// Whether a host name means this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub(super) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        let sent = |url: &str| Request::new(Method::GET, url).target().map(|(host, ..)| host);
        assert_eq!(sent("http://127.0.0.1:81/x").ok().as_deref(), Some("127.0.0.1:81"));
        assert!(sent("http://[::1]:81/x").is_ok());
        assert!(sent("http://localhost/x").is_ok());
        assert!(sent("https://oapi.dingtalk.com/x").is_ok());
        for url in
            ["http://oapi.dingtalk.com/x", "http://127.0.0.1.example.com/", "ftp://localhost/", "nonsense"]
        {
            assert!(matches!(sent(url), Err(TransportFailure::NotSent { .. })), "{url}");
        }
    }

    #[test]
    fn a_request_does_not_print_its_token() {
        let request = Request::new(Method::GET, "https://oapi.dingtalk.com/auth/scopes")
            .query("access_token", "canary")
            .header("x-acs-dingtalk-access-token", "canary");
        assert_eq!(format!("{request:?}"), "GET https://oapi.dingtalk.com/auth/scopes");
    }
}
