//! The test of both connections: what was tried, what came of it, which field it speaks against.

use rust_i18n::t;

use super::form::Field;
use crate::core::check::{CheckId, CheckStatus, Finding};
use crate::core::refusal::explain;
use crate::core::sentences::in_language;
use crate::tui::worker::application::{SOURCE, TARGET};

/// The state of the test.
#[derive(Debug, Clone, Default)]
pub(super) struct Trial {
    /// Since when it runs, Unix milliseconds.
    pub(super) running_since: Option<i64>,
    tried: Vec<(CheckId, Finding, u64)>,
    /// Why nothing could be tried.
    pub(super) failure: Option<String>,
}

impl Trial {
    /// A test that begins.
    pub(super) fn begun(now_ms: i64) -> Self {
        Self { running_since: Some(now_ms), ..Self::default() }
    }

    /// Takes what one item found.
    pub(super) fn take(&mut self, id: CheckId, finding: Finding, elapsed_ms: u64) {
        self.tried.retain(|(known, _, _)| *known != id);
        self.tried.push((id, finding, elapsed_ms));
    }

    /// Whether anything was tried or is.
    pub(super) fn is_idle(&self) -> bool {
        self.running_since.is_none() && self.tried.is_empty() && self.failure.is_none()
    }

    /// The address from which DingTalk saw us, where it refused it.
    pub(super) fn seen_ip(&self) -> Option<&str> {
        self.tried.iter().find_map(|(_, finding, _)| finding.seen_ip.as_deref())
    }

    /// How the item of the egress address ended.
    pub(super) fn egress(&self) -> Option<CheckStatus> {
        self.tried.iter().find(|(id, _, _)| *id == CheckId::EgressIp).map(|(_, finding, _)| finding.status)
    }

    /// The fields that a failure speaks against, each with what is wrong and what to do.
    pub(super) fn refusals(&self, locale: &str) -> Vec<(Field, String)> {
        self.tried
            .iter()
            .filter(|(_, finding, _)| finding.status == CheckStatus::Fail)
            .map(|(id, finding, _)| (field_of(*id, finding), told(finding, locale)))
            .collect()
    }

    /// One side in a line: what failed, `ok: token 182, CorpId 96, IP 101 ms`, what runs.
    pub(super) fn side(&self, is_source: bool, locale: &str) -> Vec<(String, CheckStatus)> {
        let order: &[CheckId] = if is_source { &SOURCE } else { &TARGET };
        let (mut passed, mut rest) = (Vec::new(), Vec::new());
        for id in order {
            let name = t!(format!("application.trial.{}", id.as_str()), locale = locale);
            match self.tried.iter().find(|(known, _, _)| known == id) {
                Some((_, finding, ms)) if finding.status == CheckStatus::Pass => {
                    passed.push(format!("{name} {ms}"));
                }
                Some((_, finding, _)) => {
                    let code = finding.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
                    let mark = if finding.status == CheckStatus::Warn { "!" } else { "X" };
                    rest.push((format!("{mark} {name}{code}"), finding.status));
                }
                None if self.running_since.is_some() && rest.iter().all(|(_, s)| *s != CheckStatus::Fail) => {
                    rest.push((format!(".. {name}"), CheckStatus::NotRun));
                    break;
                }
                None => {}
            }
        }
        let at = rest.iter().take_while(|(_, status)| *status != CheckStatus::NotRun).count();
        if !passed.is_empty() {
            // What failed comes first: there may be no room for everything.
            rest.insert(at, (format!("ok: {} ms", passed.join(", ")), CheckStatus::Pass));
        }
        rest
    }
}

/// What is wrong and what to do, in the operator's language where our table knows the code.
pub(super) fn told(finding: &Finding, locale: &str) -> String {
    match finding.code.as_deref().and_then(explain) {
        Some(known) => format!("{} ({}): {}", known.text(locale), known.code, known.remedy(locale)),
        None => match &finding.fix {
            Some(fix) => {
                format!("{}; {}", in_language(&finding.message, locale), in_language(fix, locale))
            }
            None => in_language(&finding.message, locale).into_owned(),
        },
    }
}

fn field_of(id: CheckId, finding: &Finding) -> Field {
    let code = finding.code.as_deref().unwrap_or_default();
    match id {
        CheckId::SourceCredentials if code.contains("Signature") => Field::KeySecret,
        CheckId::SourceCredentials if code.is_empty() => Field::Region,
        CheckId::SourceCredentials => Field::AccessKey,
        CheckId::SourceInstance => Field::Instance,
        CheckId::Token if code.is_empty() => Field::Test,
        CheckId::Token => Field::AppSecret,
        CheckId::Corp => Field::CorpId,
        CheckId::EgressIp => Field::Egress,
        _ => Field::Test,
    }
}
