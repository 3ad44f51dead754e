//! The effective settings as data for `config show`: every key with its value and where it came from. Secrets appear
//! as their source only.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::core::profile::MappingRow;

use super::Config;
use super::secret::{SecretSource, SecretWay};
use super::source::{Node, Source, Value};

/// Where a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// Follows from another setting.
    Derived,
    /// This line of the settings file.
    File(usize),
    /// This environment variable.
    Environment(&'static str),
    /// This command-line flag.
    Flag(&'static str),
}

impl Origin {
    /// In words.
    pub fn text(self) -> String {
        match self {
            Self::Default => "default".into(),
            Self::Derived => "derived".into(),
            Self::File(line) => format!("line {line}"),
            Self::Environment(name) => format!("variable {name}"),
            Self::Flag(name) => format!("flag {name}"),
        }
    }

    /// As JSON: `{"from":"file","line":5}`.
    pub fn json(self) -> Json {
        match self {
            Self::Default => json!({"from": "default"}),
            Self::Derived => json!({"from": "derived"}),
            Self::File(line) => json!({"from": "file", "line": line}),
            Self::Environment(name) => json!({"from": "environment", "name": name}),
            Self::Flag(name) => json!({"from": "flag", "name": name}),
        }
    }
}

/// Where every setting came from, by dotted path; what is absent is a default.
#[derive(Debug, Clone, Default)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    /// The origin of a path.
    pub fn of(&self, path: &str) -> Origin {
        self.0.get(path).copied().unwrap_or(Origin::Default)
    }

    pub(crate) fn set(&mut self, path: &str, origin: Origin) {
        self.0.insert(path.to_owned(), origin);
    }

    pub(crate) fn of_file(root: &Node, source: &Source) -> Self {
        let mut origins = Self::default();
        origins.walk(root, "", source);
        if root.get("idaas.endpoint").and_then(Node::text).is_none_or(|text| text.trim().is_empty()) {
            origins.set("idaas.endpoint", Origin::Derived);
        }
        if root.get("state.path").and_then(Node::text) == Some("") {
            origins.set("state.path", Origin::Default);
        }
        origins
    }

    fn walk(&mut self, table: &Node, prefix: &str, source: &Source) {
        for entry in table.entries() {
            let path = super::schema::joined(prefix, &entry.key);
            self.set(&path, Origin::File(source.position(entry.at).0));
            match &entry.node.value {
                Value::Table(_) => self.walk(&entry.node, &path, source),
                Value::List(rows) if path.starts_with("mapping.") => {
                    for row in rows {
                        if let Some(field) = row.get("field").and_then(Node::text) {
                            let line = source.position(row.at).0;
                            self.set(&format!("{path}.{}", field.trim()), Origin::File(line));
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// Every effective setting in the contract's order, by dotted path.
pub fn settings(config: &Config) -> Vec<(&'static str, Json)> {
    let mut list = vec![
        ("version", json!(1)),
        ("display_name", json!(config.profile.display_name)),
        ("language", json!(config.language.as_str())),
    ];
    list.extend(services(config));
    list.extend(scenario_and_mapping(config));
    list.extend(guards_and_places(config));
    list
}

/// The effective settings as one nested object.
pub fn nested(config: &Config) -> Json {
    let mut root = Map::new();
    for (path, value) in settings(config) {
        match path.split_once('.') {
            None => {
                root.insert(path.to_owned(), value);
            }
            Some((section, key)) => {
                let section = root.entry(section).or_insert_with(|| Json::Object(Map::new()));
                if let Json::Object(section) = section {
                    section.insert(key.to_owned(), value);
                }
            }
        }
    }
    Json::Object(root)
}

/// The origins of every effective setting, mapping rows by field.
pub fn origins(config: &Config) -> Json {
    let mut paths: Vec<String> = settings(config).iter().map(|(path, _)| (*path).to_owned()).collect();
    paths.extend(config.profile.user_rows().iter().map(|row| format!("mapping.user.{}", row.field)));
    paths.extend(
        config.profile.department_rows().iter().map(|row| format!("mapping.department.{}", row.field)),
    );
    paths
        .into_iter()
        .map(|path| (path.clone(), config.origins.of(&path).json()))
        .collect::<Map<_, _>>()
        .into()
}

fn services(config: &Config) -> Vec<(&'static str, Json)> {
    let (idaas, dingtalk) = (&config.idaas, &config.dingtalk);
    vec![
        ("idaas.region", json!(idaas.region)),
        ("idaas.instance_id", json!(idaas.instance_id)),
        ("idaas.endpoint", json!(idaas.endpoint)),
        ("idaas.access_key_id", json!(idaas.access_key_id)),
        ("idaas.access_key_secret", secret(&idaas.access_key_secret)),
        ("idaas.security_token", idaas.security_token.as_ref().map_or(Json::Null, secret)),
        ("idaas.calls_per_second", json!(idaas.calls_per_second)),
        ("dingtalk.corp_id", json!(dingtalk.corp_id)),
        ("dingtalk.app_key", json!(dingtalk.app_key)),
        ("dingtalk.app_secret", secret(&dingtalk.app_secret)),
        ("dingtalk.edition", json!(config.profile.edition)),
        ("dingtalk.oapi_endpoint", json!(dingtalk.oapi_endpoint)),
        ("dingtalk.api_endpoint", json!(dingtalk.api_endpoint)),
        ("dingtalk.calls_per_second", json!(dingtalk.calls_per_second)),
        ("dingtalk.callback_domain", json!(dingtalk.callback_domain)),
        ("dingtalk.homepage_url", json!(dingtalk.homepage_url)),
        ("dingtalk.egress_ips", json!(dingtalk.egress_ips)),
    ]
}

fn scenario_and_mapping(config: &Config) -> Vec<(&'static str, Json)> {
    let (scenario, mapping) = (&config.profile.scenario, &config.profile.mapping);
    vec![
        ("scenario.scope", json!(scenario.scope)),
        ("scenario.create_source_unit", json!(scenario.create_source_unit)),
        ("scenario.incremental", json!(scenario.incremental)),
        ("scenario.qr_logon", json!(scenario.qr_logon)),
        ("scenario.include", json!(scenario.include)),
        ("scenario.disabled_accounts", json!(scenario.disabled_accounts)),
        ("scenario.leavers", json!(scenario.leavers)),
        ("scenario.leavers_department", json!(scenario.leavers_department)),
        ("mapping.identity", json!(mapping.identity)),
        ("mapping.user", rows(&config.profile.user_rows())),
        ("mapping.department", rows(&config.profile.department_rows())),
    ]
}

fn guards_and_places(config: &Config) -> Vec<(&'static str, Json)> {
    let (limits, incremental, network) = (&config.profile.limits, &config.incremental, &config.network);
    vec![
        ("limits.remove_users", json!(limits.remove_users)),
        ("limits.remove_departments", json!(limits.remove_departments)),
        ("limits.remove_percent", json!(limits.remove_percent)),
        ("limits.update_percent", json!(limits.update_percent)),
        ("limits.source_shrink_percent", json!(limits.source_shrink_percent)),
        ("limits.failed_percent", json!(limits.failed_percent)),
        ("incremental.listen", json!(incremental.listen.to_string())),
        ("incremental.jwks_url", json!(incremental.jwks_url.as_deref().unwrap_or_default())),
        ("incremental.application_id", json!(incremental.application_id)),
        ("incremental.encryption_key", incremental.encryption_key.as_ref().map_or(Json::Null, secret)),
        ("incremental.poll_seconds", json!(incremental.poll_seconds)),
        (
            "network.ca_file",
            json!(network.ca_file.as_ref().map(|p| p.display().to_string()).unwrap_or_default()),
        ),
        ("network.proxy", json!(network.proxy.as_deref().unwrap_or_default())),
        ("network.timeout_seconds", json!(network.timeout_seconds)),
        ("state.path", json!(config.state_path.display().to_string())),
    ]
}

fn rows(rows: &[MappingRow]) -> Json {
    json!(rows)
}

fn secret(source: &SecretSource) -> Json {
    match &source.way {
        SecretWay::Env(name) => json!({"env": name, "value": "***"}),
        SecretWay::File(path) => json!({"file": path.display().to_string(), "value": "***"}),
        SecretWay::Command(_) => json!({"command": "***", "value": "***"}),
    }
}
