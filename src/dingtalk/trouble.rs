//! Why a call has no usable result, and how that reads for a person.

use std::fmt::Write as _;

use super::answer::{Failure, FailureClass};
use crate::core::error::{Error, ErrorKind};
use crate::core::refusal::{CodeClass, explain};
use crate::core::text::for_display;
use crate::http::TransportFailure;

/// Why a call has no usable result.
#[derive(Debug, Clone)]
pub(crate) enum Trouble {
    /// DingTalk answered with a failure.
    Refused(Failure),
    /// There is no complete answer.
    NoAnswer(TransportFailure),
    /// The call was not sent: there is no token.
    NoToken(Error),
    /// The answer says success and cannot be decoded.
    Undecodable(String),
}

impl Trouble {
    /// Whether DingTalk answered with a code of this family.
    pub(crate) fn is(&self, class: CodeClass) -> bool {
        matches!(self, Self::Refused(failure) if failure.is(class))
    }

    /// The service's code.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(failure) => failure.code.as_deref(),
            Self::NoToken(error) => error.code.as_deref(),
            Self::NoAnswer(_) | Self::Undecodable(_) => None,
        }
    }

    /// The address from which DingTalk saw us, where it said so.
    pub(crate) fn seen_ip(&self) -> Option<&str> {
        match self {
            Self::Refused(failure) => failure.seen_ip.as_deref(),
            Self::NoAnswer(_) | Self::NoToken(_) | Self::Undecodable(_) => None,
        }
    }

    /// The failure of a whole command that needed the call to `interface`.
    pub(crate) fn into_error(self, interface: &str) -> Error {
        match self {
            Self::Refused(failure) => refused(&failure, interface),
            Self::NoAnswer(failure) => failure.to_error("DingTalk"),
            Self::NoToken(error) => error,
            Self::Undecodable(detail) => Error::new(
                ErrorKind::Service,
                format!("DingTalk's answer to {interface} cannot be read: {detail}"),
            )
            .with_hint("check that the endpoint is DingTalk itself, then report this answer"),
        }
    }
}

fn refused(failure: &Failure, interface: &str) -> Error {
    let mut message = format!("DingTalk refused {interface}: {}", reason(failure));
    if let (true, Some(ip)) = (failure.is(CodeClass::Ip), &failure.seen_ip) {
        let _ = write!(message, "; it saw {ip}");
    }
    if !failure.missing.is_empty() {
        let _ = write!(message, "; missing: {}", failure.missing.join(", "));
    }
    let mut error = Error::new(kind(failure.class), message).with_hint(remedy(failure));
    error.code.clone_from(&failure.code);
    error.missing.clone_from(&failure.missing);
    error
}

/// The failure in words: our explanation where there is one, the code, and what the service said.
pub(crate) fn reason(failure: &Failure) -> String {
    let said = clean(&failure.message);
    match failure.code.as_deref() {
        Some(code) => match explain(code) {
            Some(known) => format!("{} ({code}: {said})", known.text_en),
            None => format!("unknown code {code} ({said})"),
        },
        None => said,
    }
}

/// What to do, in English with the Chinese menu path.
pub(crate) fn remedy(failure: &Failure) -> String {
    let known = failure.code.as_deref().and_then(explain);
    match (known, failure.class) {
        (Some(known), FailureClass::Known(CodeClass::Ip)) => match &failure.seen_ip {
            Some(ip) => format!("{} ({}): {ip}", known.remedy_en, known.remedy_zh),
            None => format!("{} ({})", known.remedy_en, known.remedy_zh),
        },
        (Some(known), _) => format!("{} ({})", known.remedy_en, known.remedy_zh),
        (None, FailureClass::Banned | FailureClass::Page) => {
            "wait five minutes and run again; if it stays, a proxy or log-in page may be in between"
                .to_owned()
        }
        (None, _) => "look the code up in DingTalk's list of error codes, then run again".to_owned(),
    }
}

fn kind(class: FailureClass) -> ErrorKind {
    match class {
        FailureClass::Known(CodeClass::Credentials | CodeClass::Token) => ErrorKind::Credentials,
        FailureClass::Known(CodeClass::Permission | CodeClass::Ip | CodeClass::OutOfRange) => {
            ErrorKind::Permission
        }
        FailureClass::Page => ErrorKind::Network,
        FailureClass::Known(_) | FailureClass::Unknown | FailureClass::Banned | FailureClass::Garbage => {
            ErrorKind::Service
        }
    }
}

/// A service's text made fit for any output: nothing a terminal could obey, and of bounded width.
pub(crate) fn clean(text: &str) -> String {
    for_display(text.trim(), 300)
}
