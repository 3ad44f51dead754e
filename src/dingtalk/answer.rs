//! What an answer of DingTalk says: success, or the one code to act on out of its many shapes of failure.
//! Source: reference `dingtalk-api.md` sections 0.1, 2.3, 2.4, 5 and 6.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::loose::Loose;
use crate::core::refusal::{CodeClass, explain};
use crate::core::target::RefusalClass;

/// A failure that DingTalk answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What to make of it.
    pub(crate) class: FailureClass,
    /// The effective code; `None` where the answer has none.
    pub(crate) code: Option<String>,
    /// The service's own words, not yet cleaned for display.
    pub(crate) message: String,
    /// The permission points the answer names as missing.
    pub(crate) missing: Vec<String>,
    /// The caller's address as DingTalk saw it.
    pub(crate) seen_ip: Option<String>,
    /// HTTP status.
    pub(crate) status: u16,
}

/// What to make of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureClass {
    /// A code of the table, or one of its family.
    Known(CodeClass),
    /// A code that is in no table: concerns one record only.
    Unknown,
    /// The caller's address is banned for five minutes.
    Banned,
    /// A page instead of an answer: a ban, or something between us and the service.
    Page,
    /// No DingTalk answer at all, or a broken one; HTTP 5xx among them.
    Garbage,
}

/// The parts of any answer that say how it went.
#[derive(Deserialize, Default)]
struct Envelope {
    #[serde(default)]
    errcode: Option<Loose>,
    #[serde(default)]
    errmsg: Option<Loose>,
    #[serde(default)]
    sub_code: Option<Loose>,
    #[serde(default)]
    sub_msg: Option<Loose>,
    #[serde(default)]
    code: Option<Loose>,
    #[serde(default)]
    message: Option<Loose>,
    #[serde(default)]
    status: Option<Loose>,
    #[serde(default)]
    punish: Option<Loose>,
    #[serde(default, alias = "accessDeniedDetail", alias = "AccessDeniedDetail")]
    accessdenieddetail: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Denied {
    #[serde(rename = "requiredScopes", default)]
    required_scopes: Vec<String>,
}

/// Reads status and body; `Ok` means success, its content is the caller's to decode.
pub(crate) fn judge(status: u16, body: &[u8]) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(body);
    let trimmed = text.trim_start_matches('\u{feff}').trim_start();
    if !trimmed.starts_with('{') {
        return Err(no_json(status, trimmed));
    }
    let Ok(envelope) = serde_json::from_str::<Envelope>(trimmed) else {
        return Err(bare(status, FailureClass::Garbage, "the answer is no sound JSON"));
    };
    let is_ban = envelope.punish.is_some() || envelope.status.as_ref().is_some_and(|s| s.text() == "1111");
    if envelope.errcode.is_none() && is_ban {
        return Err(bare(
            status,
            FailureClass::Banned,
            "this machine's address is blocked for about five minutes",
        ));
    }
    match envelope.effective_code() {
        Some(code) if code == "0" => Ok(()),
        Some(code) => Err(envelope.failure(status, code)),
        None if (200..300).contains(&status) => Ok(()),
        None if status == 429 => Err(bare(status, FailureClass::Known(CodeClass::ThrottleLane), "HTTP 429")),
        None => Err(bare(status, FailureClass::Garbage, &format!("HTTP {status} without a code"))),
    }
}

impl Envelope {
    /// The code to act on, as text: `isp.-1` is one too.
    fn effective_code(&self) -> Option<String> {
        let outer = match &self.errcode {
            Some(code) => code.text().to_owned(),
            None => return self.code.as_ref().map(|c| c.text().to_owned()),
        };
        if outer != "88" && outer != "15" {
            return Some(outer);
        }
        let inner = self.sub_code.as_ref().map(|c| c.text().to_owned()).filter(|c| !c.is_empty());
        inner.or_else(|| capture(&SUBCODE, self.errmsg.as_ref()?.text())).or(Some(outer))
    }

    fn failure(self, status: u16, code: String) -> Failure {
        let said = [&self.sub_msg, &self.errmsg, &self.message];
        let all: String =
            said.iter().filter_map(|m| m.as_ref()).map(|m| m.text()).collect::<Vec<_>>().join("\n");
        let message = said.iter().find_map(|m| m.as_ref()).map(|m| m.text().to_owned()).unwrap_or_default();
        let class = classify(&code, &self, status);
        let missing = match class {
            FailureClass::Known(CodeClass::Permission) => missing(self.accessdenieddetail.as_deref(), &all),
            _ => Vec::new(),
        };
        Failure { class, missing, seen_ip: capture(&SEEN_IP, &all), code: Some(code), message, status }
    }
}

/// The code first, the status second: a 403 may be flow control, and a 400 a fault of the server.
fn classify(code: &str, envelope: &Envelope, status: u16) -> FailureClass {
    let is_gateway = envelope.errcode.as_ref().is_some_and(|c| c.text() == "88");
    if code == "40000" && !is_gateway {
        return FailureClass::Known(CodeClass::Parameter);
    }
    if let Some(known) = explain(code) {
        return FailureClass::Known(known.class);
    }
    FailureClass::Known(if code.starts_with("isp.") {
        CodeClass::Busy
    } else if code.contains("QpsLimitForApi") {
        CodeClass::ThrottleAll
    } else if code.contains("QpsLimit")
        || code.contains("QpmLimit")
        || code.starts_with("Throttling")
        || status == 429
    {
        CodeClass::ThrottleLane
    } else if code.contains("ApiCountLimit") {
        CodeClass::QuotaAll
    } else if code.contains("IpNotInWhiteList") {
        CodeClass::Ip
    } else if code.starts_with("Forbidden") {
        CodeClass::Permission
    } else if status >= 500 {
        CodeClass::Busy
    } else {
        return FailureClass::Unknown;
    })
}

fn no_json(status: u16, text: &str) -> Failure {
    if status == 429 {
        return bare(status, FailureClass::Known(CodeClass::ThrottleLane), "HTTP 429");
    }
    let lower = text.to_lowercase();
    if lower.contains("punish") || lower.contains("\"status\":1111") {
        return bare(
            status,
            FailureClass::Banned,
            "this machine's address is blocked for about five minutes",
        );
    }
    if status >= 500 {
        return bare(status, FailureClass::Garbage, &format!("HTTP {status} without an answer"));
    }
    if text.starts_with('<') {
        return bare(status, FailureClass::Page, "a web page came instead of an answer");
    }
    bare(status, FailureClass::Garbage, "the answer is no JSON")
}

fn bare(status: u16, class: FailureClass, message: &str) -> Failure {
    Failure { class, code: None, message: message.to_owned(), missing: Vec::new(), seen_ip: None, status }
}

/// Regular expressions that are known to be sound; a broken one would only find nothing.
static SUBCODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"subcode=([^,\]\s]+)").ok());
static SEEN_IP: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"request ip=([0-9A-Fa-f.:]+)").ok());
static REQUIRED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"requiredScopes=\[([^\]]*)\]").ok());
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\[((?:qyapi_|Contact\.|field)[A-Za-z_.]+)\]").ok());

fn capture(pattern: &Option<Regex>, text: &str) -> Option<String> {
    Some(pattern.as_ref()?.captures(text)?.get(1)?.as_str().to_owned())
}

fn missing(detail: Option<&RawValue>, text: &str) -> Vec<String> {
    let detailed =
        detail.and_then(|d| serde_json::from_str::<Denied>(d.get()).ok()).map(|d| d.required_scopes);
    let listed = || capture(&REQUIRED, text).or_else(|| capture(&NAMED, text));
    let mut points = detailed.filter(|points| !points.is_empty()).unwrap_or_else(|| {
        listed()
            .unwrap_or_default()
            .split(',')
            .map(|p| p.trim().to_owned())
            .filter(|p| !p.is_empty())
            .collect()
    });
    points.dedup();
    points
}

impl Failure {
    /// Whether it is of this family.
    pub(crate) fn is(&self, class: CodeClass) -> bool {
        self.class == FailureClass::Known(class)
    }

    /// The class of a refused write.
    pub(crate) fn refusal_class(&self) -> RefusalClass {
        let FailureClass::Known(class) = self.class else { return RefusalClass::Other };
        match class {
            CodeClass::NotFound => RefusalClass::NotFound,
            CodeClass::DuplicateName => RefusalClass::DuplicateName,
            CodeClass::MobileTaken => RefusalClass::MobileTaken,
            CodeClass::UseridTaken => RefusalClass::UseridTaken,
            CodeClass::ValueTaken => RefusalClass::ValueTaken,
            CodeClass::Pending => RefusalClass::Pending,
            CodeClass::NotEmpty => RefusalClass::NotEmpty,
            CodeClass::OutOfRange => RefusalClass::OutOfRange,
            CodeClass::Parameter => RefusalClass::Parameter,
            CodeClass::Busy | CodeClass::ThrottleLane | CodeClass::ThrottleAll => RefusalClass::Busy,
            CodeClass::Quota => RefusalClass::Quota,
            CodeClass::UnknownPath
            | CodeClass::Credentials
            | CodeClass::Token
            | CodeClass::QuotaAll
            | CodeClass::Permission
            | CodeClass::Ip
            | CodeClass::Stopped
            | CodeClass::Other => RefusalClass::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Capture {
        http_status: Option<u16>,
        body: String,
        expect: Expected,
    }

    #[derive(Deserialize)]
    struct Expected {
        class: String,
        effective_code: Option<String>,
    }

    fn class_name(failure: &Failure) -> &'static str {
        use CodeClass as C;
        match failure.class {
            FailureClass::Banned | FailureClass::Page => "banned",
            FailureClass::Known(class) => match class {
                C::Token => "token",
                C::Permission => "permission",
                C::Ip => "ip",
                C::ThrottleLane | C::ThrottleAll => "throttle",
                C::NotFound => "not_found",
                C::DuplicateName => "duplicate_name",
                C::MobileTaken => "mobile_taken",
                C::Pending => "pending",
                C::Parameter => "parameter",
                C::OutOfRange => "out_of_range",
                _ => "other",
            },
            FailureClass::Unknown | FailureClass::Garbage => "other",
        }
    }

    #[test]
    fn every_captured_answer_is_understood_as_its_finder_says() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/captures");
        let mut seen = 0;
        for entry in std::fs::read_dir(directory).expect("the captures are there") {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if !name.starts_with("dt-") {
                continue;
            }
            seen += 1;
            let capture: Capture =
                serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect(&name);
            let verdict = judge(capture.http_status.unwrap_or(200), capture.body.as_bytes());
            let (class, code) = match &verdict {
                Ok(()) => ("ok", None),
                Err(failure) => (class_name(failure), failure.code.clone()),
            };
            assert_eq!(
                (class, code),
                (capture.expect.class.as_str(), capture.expect.effective_code),
                "{name}"
            );
        }
        assert!(seen > 70, "only {seen} captures");
    }

    #[test]
    fn missing_permission_points_are_found_wherever_they_stand() {
        let of = |status, body: &str| judge(status, body.as_bytes()).expect_err("a failure").missing;
        assert_eq!(
            of(200, r#"{"errcode":88,"sub_code":"60011","sub_msg":"x {requiredScopes=[qyapi_a, qyapi_b]}"}"#),
            ["qyapi_a", "qyapi_b"]
        );
        assert_eq!(
            of(
                200,
                r#"{"errcode":88,"errmsg":"ding talk error[subcode=60011,submsg=权限：[qyapi_get_member]，点击]"}"#
            ),
            ["qyapi_get_member"]
        );
        assert_eq!(of(200, r#"{"errcode":60011,"errmsg":"没有调用该接口的权限"}"#), Vec::<String>::new());
        let v1 = r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"…",
            "accessdenieddetail":{"requiredScopes":["Contact.User.Read"]}}"#;
        assert_eq!(of(403, v1), ["Contact.User.Read"]);
    }

    #[test]
    fn the_address_dingtalk_saw_is_found() {
        let body = r#"{"errcode":88,"sub_code":"60020","sub_msg":"访问ip不在白名单之中,request ip=203.0.113.9 appKey(x)"}"#;
        let failure = judge(200, body.as_bytes()).expect_err("a failure");
        assert!(failure.is(CodeClass::Ip));
        assert_eq!(failure.seen_ip.as_deref(), Some("203.0.113.9"));
    }

    #[test]
    fn the_shapes_of_failure_are_told_apart() {
        let class = |status, body: &str| judge(status, body.as_bytes()).expect_err("a failure").class;
        assert_eq!(class(200, r#"{"errcode":"90018"}"#), FailureClass::Known(CodeClass::ThrottleLane));
        assert_eq!(class(200, "<html>punish:deny</html>"), FailureClass::Banned);
        assert_eq!(class(200, "<html>please log on</html>"), FailureClass::Page);
        assert_eq!(class(502, "<html>bad gateway</html>"), FailureClass::Garbage);
        assert_eq!(class(429, "slow down"), FailureClass::Known(CodeClass::ThrottleLane));
        assert_eq!(class(200, ""), FailureClass::Garbage);
        assert_eq!(class(200, r#"{"errcode":"#), FailureClass::Garbage);
        assert_eq!(class(200, r#"{"errcode":99887766}"#), FailureClass::Unknown);
        assert_eq!(
            class(403, r#"{"code":"Forbidden.AccessDenied.QpsLimitForNewThing"}"#),
            FailureClass::Known(CodeClass::ThrottleLane)
        );
        assert_eq!(
            class(200, r#"{"errcode":40000,"errmsg":"x"}"#),
            FailureClass::Known(CodeClass::Parameter)
        );
        assert!(judge(200, br#"{"errcode":"0"}"#).is_ok());
    }
}
