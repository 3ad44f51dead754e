//! Why a record is planned as it is: scope, match, every mapping row with its input and result, the change.

use serde::Serialize;

use super::scope::Scope;
use super::{PlanInput, Rules};
use crate::core::error::Error;
use crate::core::expression::Scope as Record;
use crate::core::journal::Decision;
use crate::core::mapping::{Draft, FieldMapping};
use crate::core::plan::{Change, Entity, Plan};
use crate::core::source::{AccountId, UnitId};

/// One step of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `record`, `scope`, `match`, `mapping` or `change`.
    pub step: &'static str,
    /// The mapping row's field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The expression of a mapping row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// What went in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<(String, String)>,
    /// What came of it.
    pub result: String,
}

/// A record from source to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// The row, when there is one.
    pub change: Option<Change>,
}

/// Explains a record by its IDaaS id, userid or department id; `None` when neither side knows it.
pub fn explain(input: &PlanInput<'_>, plan: &Plan, id: &str) -> Result<Option<Explanation>, Error> {
    let change = find(plan, id).cloned();
    let source_id =
        change.as_ref().and_then(|change| change.source_id.clone()).unwrap_or_else(|| id.to_owned());
    let account = input.source.accounts.iter().find(|account| account.id == source_id);
    let unit = input.source.units.iter().find(|unit| unit.id == source_id);
    if change.is_none() && account.is_none() && unit.is_none() {
        return Ok(None);
    }
    let rules = Rules::compile(input.profile)?;
    let scope = Scope::new(input.profile, input.source, &input.memory.left_out_units)?;
    let mut steps = Vec::new();
    if let Some(account) = account {
        let name = account.display_name.as_deref().or(account.username.as_deref()).unwrap_or("-");
        steps.push(step("record", format!("account {} ({name})", account.id)));
        steps.push(step("scope", account_scope(input, &rules, &scope, account)));
        let bound = input.memory.users.get(&AccountId(account.id.clone())).map(ToString::to_string);
        steps.push(step("match", matched(change.as_ref(), bound)));
        mapping(&rules.users, Record::Account(account), &rules.users.draft_user(account), &mut steps);
    } else if let Some(unit) = unit {
        steps.push(step("record", format!("unit {} ({})", unit.id, unit.name)));
        steps.push(step("scope", unit_scope(&scope, &unit.id)));
        let bound = input.memory.departments.get(&UnitId(unit.id.clone())).map(ToString::to_string);
        steps.push(step("match", matched(change.as_ref(), bound)));
        let draft = rules.departments.draft_department(unit);
        mapping(&rules.departments, Record::Unit(unit), &draft, &mut steps);
    } else {
        steps.push(step("record", format!("{id} exists in DingTalk only")));
    }
    steps.push(step("change", change.as_ref().map_or_else(|| "no row".to_owned(), outcome)));
    Ok(Some(Explanation { steps, change }))
}

fn find<'p>(plan: &'p Plan, id: &str) -> Option<&'p Change> {
    let is_source = |change: &&Change| change.source_id.as_deref() == Some(id);
    let is_target = |change: &&Change| change.target_id.as_deref() == Some(id);
    let people = || plan.changes.iter().filter(|change| change.entity == Entity::User);
    plan.changes
        .iter()
        .find(is_source)
        .or_else(|| people().find(is_target))
        .or_else(|| plan.changes.iter().find(is_target))
}

fn step(step: &'static str, result: String) -> Step {
    Step { step, field: None, expression: None, inputs: Vec::new(), result }
}

fn account_scope(
    input: &PlanInput<'_>,
    rules: &Rules,
    scope: &Scope<'_>,
    account: &crate::core::source::Account,
) -> String {
    let within: Vec<&str> = account
        .units
        .iter()
        .map(|membership| membership.unit.0.as_str())
        .filter(|unit| scope.unit(unit).is_some())
        .collect();
    if within.is_empty() {
        return "in no unit of the scope".to_owned();
    }
    let mut text = format!("in scope through {}", within.join(", "));
    match input.memory.decisions.get(&account.account_id()) {
        Some(Decision::LinkTo(user)) => text.push_str(&format!("; by decision linked to {user}")),
        Some(Decision::LeaveOut) => text.push_str("; left out by a decision"),
        Some(Decision::Keep) => text.push_str("; by decision DingTalk keeps what is in conflict"),
        None => {}
    }
    if !account.is_enabled_at(input.now_ms) {
        text.push_str("; disabled or expired");
    }
    match rules.include.keeps(account) {
        Ok(true) => {}
        Ok(false) => text.push_str("; left out by include"),
        Err(error) => text.push_str(&format!("; include fails: {error}")),
    }
    text
}

fn unit_scope(scope: &Scope<'_>, id: &str) -> String {
    match scope.unit(id) {
        None if scope.left_out.contains(id) => "left out by a decision".to_owned(),
        None => "outside the scope".to_owned(),
        Some(unit) if unit.is_target => format!("maps onto the target department {}", unit.target),
        Some(unit) => {
            let parent = unit.parent.map_or_else(|| format!("department {}", unit.target), str::to_owned);
            format!("in scope, below {parent}")
        }
    }
}

fn matched(change: Option<&Change>, bound: Option<String>) -> String {
    let bound = bound.map(|id| format!("bound to {id}")).unwrap_or_else(|| "not bound".to_owned());
    match change.and_then(|change| Some((change.matched_by?, change.target_id.clone()?))) {
        Some((by, id)) => format!("{bound}; recognised as {id} by {}", by.as_str()),
        None => format!("{bound}; nobody recognised"),
    }
}

fn mapping(mapping: &FieldMapping, record: Record<'_>, draft: &Draft<'_>, steps: &mut Vec<Step>) {
    for row in mapping.rows() {
        let field = row.field.as_str();
        let problem = draft.problems.iter().find(|problem| problem.field == row.field);
        let value = draft.value(field).map_or_else(|| "(empty)".to_owned(), str::to_owned);
        let result =
            problem.map_or(value.clone(), |p| format!("{value}: {} ({})", p.reason.as_str(), p.detail));
        steps.push(Step {
            step: "mapping",
            field: Some(field.to_owned()),
            expression: Some(row.row.value.clone()),
            inputs: row.inputs(record),
            result,
        });
    }
}

fn outcome(change: &Change) -> String {
    let reason = change.reason.map(|reason| format!(": {}", reason.as_str())).unwrap_or_default();
    let detail = change.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}{reason}{detail}", change.action.as_str())
}
