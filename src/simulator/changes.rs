//! Scripts of changes: what happens at the company, and when. A step is an operation of IDaaS, an interface of
//! DingTalk used by hand, or something that only a simulation can do.
//!
//! ```toml
//! [[step]]
//! at = 2.5                       # seconds after the start; absent = right after the step before
//! says = { en = "…", zh-CN = "…" }
//! idaas = "UpdateUser"           # or dingtalk = "user/update", or simulator = "push"
//! with = { UserId = "user_0001", DisplayName = "…" }
//! ```
//!
//! As JSON: `{"step": [{"idaas": "UpdateUser", "with": {…}}]}`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{dingtalk, idaas};

/// A day at the demo's company.
pub const DAY: &str = include_str!("../../assets/demo/day.toml");

/// Steps in the order in which they are taken.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The steps.
    #[serde(default)]
    pub step: Vec<Step>,
}

/// One thing that happens.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Seconds after the start.
    #[serde(default)]
    pub at: f64,
    /// What a spectator is told, by language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub says: BTreeMap<String, String>,
    /// An operation of IDaaS: `UpdateUser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idaas: Option<String>,
    /// An interface of DingTalk, used by hand: `user/update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dingtalk: Option<String>,
    /// `push`, `test` or `rotate-key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simulator: Option<String>,
    /// Parameters of the operation or the interface.
    #[serde(default)]
    pub with: Value,
}

impl Script {
    /// Reads a script; the error says what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        let script: Self = if is_json {
            serde_json::from_str(&text).map_err(|error| error.to_string())
        } else {
            toml::from_str(&text).map_err(|error| error.to_string())
        }
        .map_err(|why| format!("{} is no script of changes: {why}", path.display()))?;
        match script.step.iter().position(|step| !step.is_whole()) {
            None => Ok(script),
            Some(index) => Err(format!(
                "{}: step {} needs exactly one of idaas, dingtalk and simulator, and a moment that is not negative",
                path.display(),
                index + 1
            )),
        }
    }
}

impl Step {
    fn is_whole(&self) -> bool {
        let doers = [&self.idaas, &self.dingtalk, &self.simulator];
        doers.iter().filter(|doer| doer.is_some()).count() == 1 && self.at >= 0.0 && self.at.is_finite()
    }
}

/// Both services, as a script changes them.
#[derive(Debug, Clone)]
pub struct Company {
    pub(super) idaas: idaas::Handle,
    pub(super) dingtalk: dingtalk::Handle,
}

impl Company {
    /// The simulated IDaaS.
    pub fn idaas(&self) -> &idaas::Handle {
        &self.idaas
    }

    /// The simulated DingTalk.
    pub fn dingtalk(&self) -> &dingtalk::Handle {
        &self.dingtalk
    }

    /// Takes one step. The answer is that of the operation; the error is its refusal.
    pub fn take(&self, step: &Step) -> Result<Value, String> {
        match (&step.idaas, &step.dingtalk, step.simulator.as_deref()) {
            (Some(action), None, None) => self.idaas.by_hand(action, flattened(&step.with)),
            (None, Some(interface), None) => self.dingtalk.by_hand(interface, &step.with),
            (None, None, Some("push")) => {
                self.idaas.push();
                Ok(json!({}))
            }
            (None, None, Some("test")) => {
                self.idaas.send_test();
                Ok(json!({}))
            }
            (None, None, Some("rotate-key")) => self.idaas.rotate_key().map(|()| json!({})),
            _ => Err("a step needs exactly one of idaas, dingtalk and simulator (push, test, rotate-key)"
                .to_owned()),
        }
    }

    /// Takes every step at its moment; `told` hears of each with its answer. Dropped, it stops.
    pub async fn play(&self, script: &Script, mut told: impl FnMut(&Step, Result<Value, String>)) {
        let start = Instant::now();
        for step in &script.step {
            if step.at > 0.0 {
                tokio::time::sleep_until(start + Duration::from_secs_f64(step.at)).await;
            }
            told(step, self.take(step));
        }
    }
}

/// Parameters as on the wire: `Name`, `Name.1`, `Name.Member`.
fn flattened(with: &Value) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    flatten("", with, &mut flat);
    flat
}

fn flatten(name: &str, value: &Value, flat: &mut Vec<(String, String)>) {
    let below = |member: &str| if name.is_empty() { member.to_owned() } else { format!("{name}.{member}") };
    match value {
        Value::Null => {}
        Value::Object(members) => {
            members.iter().for_each(|(member, value)| flatten(&below(member), value, flat));
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                flatten(&below(&(index + 1).to_string()), element, flat);
            }
        }
        Value::String(text) => flat.push((name.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => flat.push((name.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_flattened_as_on_the_wire() {
        let with = json!({"UserId": "a", "Ids": ["x", "y"], "CustomFields": [{"FieldName": "f", "N": 1}]});
        let flat = flattened(&with);
        let expected =
            [("CustomFields.1.FieldName", "f"), ("CustomFields.1.N", "1"), ("Ids.1", "x"), ("Ids.2", "y")];
        for (name, value) in expected {
            assert!(flat.contains(&(name.to_owned(), value.to_owned())), "{name}: {flat:?}");
        }
    }

    #[test]
    fn the_embedded_day_is_a_script() {
        let day: Script = toml::from_str(DAY).unwrap();
        assert!(day.step.len() >= 10);
        assert!(day.step.iter().all(Step::is_whole));
        assert!(day.step.iter().all(|step| step.says.contains_key("en") && step.says.contains_key("zh-CN")));
        assert!(day.step.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }
}
