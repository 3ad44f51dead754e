//! The sentences of the contract, one after another, tried with the program against the simulator.

mod departments;
mod documents;
mod exits;
mod fields;
mod languages;
mod leavers;
mod limits;
mod people;
mod running;

use serde_json::Value;

use crate::support::TestEnv;

/// A plan, whole.
pub(crate) fn plan(env: &TestEnv) -> Value {
    let before = env.simulator.dingtalk().writes();
    let ran = env.run(&["preview", "--json", "--all"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(env.simulator.dingtalk().writes(), before, "a preview writes nothing");
    ran.json()
}

/// The row of an IDaaS id.
pub(crate) fn row<'p>(plan: &'p Value, source_id: &str) -> &'p Value {
    let found = plan["changes"].as_array().unwrap().iter().find(|row| row["source_id"] == source_id);
    found.unwrap_or_else(|| panic!("no row of {source_id} in {plan:#}"))
}

/// Action and reason of an IDaaS id.
pub(crate) fn decided(plan: &Value, source_id: &str) -> (String, String) {
    let row = row(plan, source_id);
    let text = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
    (text("action"), text("reason"))
}

/// `action reason` of an IDaaS id.
pub(crate) fn said(plan: &Value, source_id: &str) -> String {
    let (action, reason) = decided(plan, source_id);
    format!("{action} {reason}")
}

/// The change of a field: before and after.
pub(crate) fn change(row: &Value, field: &str) -> Option<(Value, Value)> {
    let fields = row["fields"].as_array().unwrap();
    let found = fields.iter().find(|change| change["field"] == field)?;
    Some((found["before"].clone(), found["after"].clone()))
}

/// Replaces the scenario table of the settings.
pub(crate) fn scenario(env: &TestEnv, text: &str) {
    let path = env.path("dingsync.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let start = settings.find("[scenario]").unwrap();
    let end = settings.find("[state]").unwrap();
    let settings = format!("{}[scenario]\n{text}\n{}", &settings[..start], &settings[end..]);
    std::fs::write(path, settings).unwrap();
}

/// The default scope with more keys.
pub(crate) fn whole(more: &str) -> String {
    format!("scope = [{{ sources = [\"ou_root\"], target = 1 }}]\n{more}")
}

/// Synchronizes and expects this exit code.
pub(crate) fn sync(env: &TestEnv, code: i32) {
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, code, "{}\n{}", ran.stdout, ran.stderr);
}

/// The next preview has no row that writes.
pub(crate) fn assert_settled(env: &TestEnv) {
    let ran = env.run(&["preview", "--json", "--detailed-exitcode"]);
    assert_eq!(ran.code, 0, "the next preview is not empty: {}\n{}", ran.stdout, ran.stderr);
}

/// Warnings of a row.
pub(crate) fn warnings(row: &Value) -> Vec<String> {
    row["warnings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}
