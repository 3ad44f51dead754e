//! What a refused or failed call means (reference `idaas-eiam-api.md` section 4). Codes are compared, texts never.

use serde::Deserialize;

use crate::core::error::{Error, ErrorKind};
use crate::core::text;
use crate::http::{Answer, TransportFailure};

/// Why a call gave no result.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// The gateway or the product refused it.
    Refused(Refused),
    /// No answer.
    Transport(TransportFailure),
    /// An answer that is not what the operation answers.
    Garbage(String),
}

/// A refusal.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub status: u16,
    pub code: String,
    pub message: String,
    pub request_id: Option<String>,
    /// `x-acs-retry-after`, milliseconds.
    pub retry_after: Option<u64>,
    /// The service's clock minus ours, seconds.
    pub skew_seconds: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorBody {
    #[serde(alias = "code")]
    #[serde(rename = "Code")]
    code: Option<String>,
    #[serde(alias = "message")]
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(alias = "requestId")]
    #[serde(rename = "RequestId")]
    request_id: Option<String>,
}

/// The refusal an answer is; `None` for success.
pub(super) fn refusal(answer: &Answer, now_ms: i64) -> Option<Trouble> {
    let retry_after =
        answer.header("x-acs-retry-after").and_then(|value| value.parse::<u64>().ok()).filter(|ms| *ms > 0);
    if (200..300).contains(&answer.status) && retry_after.is_none() {
        return None;
    }
    let body: ErrorBody = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(code) = body.code else {
        if answer.status >= 500 || retry_after.is_some() {
            return Some(Trouble::Refused(Refused {
                status: answer.status,
                code: format!("HTTP {}", answer.status),
                message: "no reason given".to_owned(),
                request_id: None,
                retry_after,
                skew_seconds: None,
            }));
        }
        return Some(Trouble::Garbage(format!("HTTP {} without a code", answer.status)));
    };
    // The echo of what was to be signed is of no use to anybody and older signatures put every parameter into it.
    let message = match code.as_str() {
        "SignatureDoesNotMatch" => "the signature does not match".to_owned(),
        _ => text::for_display(&body.message.unwrap_or_default(), 300),
    };
    Some(Trouble::Refused(Refused {
        status: answer.status,
        code,
        message,
        request_id: body.request_id,
        retry_after,
        skew_seconds: answer.date_ms().map(|server| (server - now_ms) / 1000),
    }))
}

impl Refused {
    /// Refused for flow control: certainly not carried out.
    pub(super) fn is_throttling(&self) -> bool {
        self.code.starts_with("Throttling") || self.status == 429 || self.retry_after.is_some()
    }

    /// A failure of the service that may pass.
    pub(super) fn is_passing(&self) -> bool {
        self.status >= 500
            || ["ServiceUnavailable", "InternalError", "InternalFailure"]
                .iter()
                .any(|code| self.code.starts_with(code))
    }

    /// The object asked for does not exist. Business codes are not published, so everything else with 404 counts.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == 404
            && !self.code.starts_with("InvalidAccessKeyId")
            && !self.code.starts_with("InvalidAction")
    }
}

impl Trouble {
    /// Whether the object asked for does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(refused) if refused.is_not_found())
    }

    /// The failure of a whole command.
    pub(super) fn into_error(self, action: &str) -> Error {
        match self {
            Self::Transport(failure) => failure.to_error("IDaaS"),
            Self::Garbage(why) => Error::new(
                ErrorKind::Service,
                format!("IDaaS answered {action} with something that is not its own: {why}"),
            )
            .with_hint("check idaas.endpoint, and whether a proxy stands in between"),
            Self::Refused(refused) => refused.into_error(action),
        }
    }
}

impl Refused {
    fn into_error(self, action: &str) -> Error {
        let Self { code, message, .. } = &self;
        let error = |kind: ErrorKind, what: String| Error::new(kind, what).with_code(code.clone());
        match code.as_str() {
            code if code.starts_with("InvalidTimeStamp") => self.clock_error(),
            "SignatureDoesNotMatch" | "IncompleteSignature" => error(
                ErrorKind::Credentials,
                "IDaaS does not accept the signature: the access key's secret is wrong".to_owned(),
            )
            .with_hint("check idaas.access_key_secret"),
            code if code.starts_with("InvalidAccessKeyId") => {
                error(ErrorKind::Credentials, format!("IDaaS does not know the access key ({message})"))
                    .with_hint("check idaas.access_key_id; the key may be disabled or deleted")
            }
            code if code.starts_with("InvalidSecurityToken") => {
                error(ErrorKind::Credentials, format!("IDaaS does not accept the security token ({message})"))
                    .with_hint("temporary credentials expire: get new ones")
            }
            code if code.starts_with("Forbidden") || code.starts_with("NoPermission") => {
                let mut denied =
                    error(ErrorKind::Permission, format!("the access key may not call {action}"))
                        .with_hint(format!("allow eiam:{action} in a RAM policy of the key's user"));
                denied.missing = vec![format!("eiam:{action}")];
                denied
            }
            _ if self.is_not_found() => error(
                ErrorKind::Service,
                format!("IDaaS does not find what {action} asks for: {code} {message}"),
            )
            .with_hint("check idaas.instance_id and idaas.region"),
            _ => {
                let request =
                    self.request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default();
                error(ErrorKind::Service, format!("IDaaS refused {action}: {code} {message}{request}"))
            }
        }
    }

    fn clock_error(&self) -> Error {
        let message = match self.skew_seconds {
            Some(skew) if skew.abs() >= 60 => {
                let (minutes, direction) = (skew.abs() / 60, if skew < 0 { "ahead of" } else { "behind" });
                format!("this machine's clock is {minutes} minutes {direction} IDaaS's")
            }
            _ => "IDaaS does not accept this machine's date".to_owned(),
        };
        Error::new(ErrorKind::Credentials, message)
            .with_code(self.code.clone())
            .with_hint("set the clock (for example with NTP); more than 15 minutes are refused")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn classify(status: u16, body: &str) -> (&'static str, String) {
        let answer = Answer {
            status,
            headers: Default::default(),
            body: body.as_bytes().to_vec().into(),
            elapsed: Duration::ZERO,
        };
        match refusal(&answer, 0) {
            None => ("ok", String::new()),
            Some(Trouble::Refused(refused)) => {
                let class = if refused.is_throttling() {
                    "throttle"
                } else if matches!(refused.clone().into_error("X").kind, ErrorKind::Permission) {
                    "permission"
                } else {
                    "other"
                };
                (class, refused.code)
            }
            Some(_) => ("garbage", String::new()),
        }
    }

    #[test]
    fn every_captured_answer_of_the_gateway_is_classified_as_expected() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/captures");
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if !name.starts_with("ali-") && !name.starts_with("eiam-") {
                continue;
            }
            let capture: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let expected = capture["expect"]["class"].as_str().unwrap();
            let default = if expected == "ok" { 200 } else { 400 };
            let status = u16::try_from(capture["http_status"].as_u64().unwrap_or(default)).unwrap();
            let (class, code) = classify(status, capture["body"].as_str().unwrap());
            assert_eq!(class, expected, "{name}");
            assert_eq!(code, capture["expect"]["effective_code"].as_str().unwrap_or_default(), "{name}");
            seen += 1;
        }
        assert!(seen >= 13, "only {seen} captures");
    }

    #[test]
    fn a_clock_that_is_off_is_named_with_its_minutes() {
        let refused = Refused {
            status: 400,
            code: "InvalidTimeStamp.Expired".into(),
            message: String::new(),
            request_id: None,
            retry_after: None,
            skew_seconds: Some(-1_020),
        };
        let error = Trouble::Refused(refused).into_error("ListUsers");
        assert_eq!(error.message, "this machine's clock is 17 minutes ahead of IDaaS's");
    }
}
