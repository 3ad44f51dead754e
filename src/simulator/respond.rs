//! How a simulated service answers, or fails to: latency, cut connections, broken bodies.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use futures::StreamExt;
use futures::stream;

use super::faults::Faults;
use super::options::Options;

/// What becomes of a call before it is carried out.
pub(super) enum Fate {
    /// It is carried out.
    Proceed,
    /// It is not; this is the answer.
    Answered(Response),
}

/// Latency, and the faults that come before a call is carried out.
pub(super) async fn before(faults: &Faults, options: &Options, operation: &str) -> Fate {
    let slow = faults.number("slow").and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    let mut wait = options.latency + slow.unwrap_or_default();
    if let Some(most) = faults.count("jitter").filter(|most| *most > 0) {
        // Sooner or later, in equal shares.
        let shift = Duration::from_millis(rand::random_range(0..=2 * most));
        wait = (wait + shift).saturating_sub(Duration::from_millis(most));
    }
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    if faults.strikes("drop-before", operation) {
        return Fate::Answered(cut());
    }
    if faults.strikes("server-error", operation) {
        return Fate::Answered(unavailable(faults));
    }
    if faults.strikes("html-answer", operation) {
        return Fate::Answered(html("<html><body><h1>502 Bad Gateway</h1></body></html>"));
    }
    if faults.strikes("huge-body", operation) {
        return Fate::Answered(endless());
    }
    Fate::Proceed
}

/// The faults that strike after a call was carried out.
pub(super) fn after(faults: &Faults, operation: &str, response: Response) -> Response {
    if faults.strikes("apply-then-drop", operation) {
        return cut();
    }
    if faults.strikes("server-error-after", operation) {
        return unavailable(faults);
    }
    if faults.strikes("torn-json", operation) {
        return json(StatusCode::OK, "{\"errcode\":0,\"result\":{\"list\":[{\"userid\":\"".to_owned());
    }
    response
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json;charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An HTML page where JSON belongs.
pub(super) fn html(page: &'static str) -> Response {
    let mut response = Response::new(Body::from(page));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// The service's own time in the `Date` header.
pub(super) fn with_date(mut response: Response, date: Option<jiff::Timestamp>) -> Response {
    let text = date
        .and_then(|date| jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).ok());
    if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}

fn unavailable(faults: &Faults) -> Response {
    let status = faults.number("error-status").and_then(|status| u16::try_from(status).ok()).unwrap_or(503);
    let mut response = json(
        StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        "{\"code\":\"ServiceUnavailable\",\"requestid\":\"0\",\"message\":\"service unavailable\"}"
            .to_owned(),
    );
    response.headers_mut().insert("x-simulated", HeaderValue::from_static("server-error"));
    response
}

/// An answer that breaks off: the client sees the connection end inside the body.
fn cut() -> Response {
    let broken = stream::iter([Err::<Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))]);
    Response::new(Body::from_stream(broken))
}

fn endless() -> Response {
    let chunk = Bytes::from(vec![b' '; 64 * 1024]);
    Response::new(Body::from_stream(stream::repeat(chunk).map(Ok::<_, std::io::Error>)))
}
