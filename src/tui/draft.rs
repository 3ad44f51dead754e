//! The wizard's answers by step: what of them is still missing or wrong, and where the wizard goes on.

use rust_i18n::t;

use super::screen::ScreenId;
use crate::config::Finding;
use crate::config::settings_file::SettingsFile;
use crate::core::mapping::{FieldMapping, Include};
use crate::core::plan::Entity;
use crate::core::profile::{Mapping, MappingRow, Profile, SafetyLimits, Scenario, ScopePair};
use crate::core::source::UnitId;

pub use crate::config::draft::{Draft, DraftPair, DraftSecret};

/// What is wrong with one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The settings key without list positions, for example `dingtalk.corp_id` or `mapping.user.value`.
    pub field: String,
    /// Which element of a list, from 0.
    pub index: Option<usize>,
    /// What is wrong and what to do instead.
    pub text: String,
}

/// Everything that keeps a step from being done, in the order of the file.
pub fn errors(step: ScreenId, draft: &Draft, file: &SettingsFile, locale: &str) -> Vec<FieldError> {
    let findings = file.findings(draft).into_iter().filter(|finding| step_of(&finding.key) == step);
    let mut errors: Vec<FieldError> = findings.map(|finding| field_error(finding, draft, locale)).collect();
    if step == ScreenId::Scenario {
        let is_odd = !draft.leavers_department.trim().is_empty() && draft.leavers_department_id().is_none();
        if is_odd {
            let text = t!("wizard.error.department_id", locale = locale).into_owned();
            errors.retain(|error| error.field != "scenario.leavers");
            errors.push(FieldError { field: "scenario.leavers_department".to_owned(), index: None, text });
        }
    }
    errors
}

/// The first step that is not done; `None` when the draft holds.
pub fn first_incomplete(draft: &Draft, file: &SettingsFile) -> Option<ScreenId> {
    let findings = file.findings(draft);
    let is_open = |step: &ScreenId| findings.iter().any(|finding| step_of(&finding.key) == *step);
    [ScreenId::Application, ScreenId::Scenario, ScreenId::Mapping].into_iter().find(is_open)
}

/// The step on which a setting is answered; what no step asks for belongs to the first.
pub fn step_of(key: &str) -> ScreenId {
    match key.split(['.', '[']).next() {
        Some("scenario") => ScreenId::Scenario,
        Some("mapping") => ScreenId::Mapping,
        _ => ScreenId::Application,
    }
}

/// The profile of answers that may be half-done: what does not hold is as nobody had answered it.
pub fn profile(draft: &Draft, limits: Option<SafetyLimits>) -> Profile {
    let pair = |pair: &DraftPair| {
        let sources: Vec<UnitId> = pair.sources.iter().map(|unit| UnitId(unit.trim().to_owned())).collect();
        (!sources.is_empty()).then_some(ScopePair { sources, target: pair.target_id()? })
    };
    Profile {
        display_name: draft.display_name.clone(),
        instance_id: draft.instance_id.clone(),
        corp_id: draft.corp_id.clone(),
        edition: draft.edition,
        scenario: Scenario {
            scope: draft.scope.iter().filter_map(pair).collect(),
            create_source_unit: draft.create_source_unit,
            incremental: draft.incremental,
            qr_logon: draft.qr_logon,
            include: Include::compile(&draft.include).map(|_| draft.include.clone()).unwrap_or_default(),
            disabled_accounts: draft.disabled_accounts,
            leavers: draft.leavers,
            leavers_department: draft.leavers_department_id(),
        },
        mapping: Mapping {
            identity: draft.identity.clone(),
            user: sound(&draft.user_rows, Entity::User),
            department: sound(&draft.department_rows, Entity::Department),
        },
        limits: limits.unwrap_or_default(),
    }
}

/// The rows that compile, the first of each field.
fn sound(rows: &[MappingRow], entity: Entity) -> Vec<MappingRow> {
    let mut kept: Vec<MappingRow> = Vec::new();
    for row in rows.iter().filter(|row| !row.field.trim().is_empty()) {
        let compiles =
            row.value.trim().is_empty() || FieldMapping::compile(std::slice::from_ref(row), entity).is_ok();
        if compiles && kept.iter().all(|other| other.field != row.field) {
            kept.push(row.clone());
        }
    }
    kept
}

fn field_error(finding: Finding, draft: &Draft, locale: &str) -> FieldError {
    let (field, index) = without_position(&finding.key);
    let is_missing = finding.text.starts_with("missing") || finding.text == "is empty";
    let word = match field.as_str() {
        "scenario" | "scenario.scope" | "scenario.scope.sources" => Some("wizard.error.no_source"),
        "scenario.scope.target" => Some("wizard.error.department_id"),
        "scenario.leavers" if draft.leavers_department.trim().is_empty() => {
            Some("wizard.error.leavers_department")
        }
        "display_name" if draft.display_name.trim().is_empty() => Some("wizard.error.missing"),
        _ if is_missing => Some("wizard.error.missing"),
        _ => None,
    };
    let is_own = field.starts_with("scenario.scope") && finding.text.contains("occurs twice");
    let text = match word.filter(|_| !is_own) {
        Some(word) => t!(word, locale = locale).into_owned(),
        None => finding.text,
    };
    // What is wrong with the choice is that its department is missing.
    let field = if word == Some("wizard.error.leavers_department") {
        "scenario.leavers_department".to_owned()
    } else {
        field
    };
    FieldError { field, index, text }
}

/// `mapping.user[2].value` → `mapping.user.value` and 1.
fn without_position(key: &str) -> (String, Option<usize>) {
    let Some((before, rest)) = key.split_once('[') else { return (key.to_owned(), None) };
    let Some((number, after)) = rest.split_once(']') else { return (key.to_owned(), None) };
    (format!("{before}{after}"), number.parse::<usize>().ok().and_then(|number| number.checked_sub(1)))
}
