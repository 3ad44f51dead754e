//! Every key of the settings file as data: name, kind, default. The one list that reading, writing, showing and the
//! example are checked against. Source: contract section 3.

use super::problem::{Problems, quoted, suggestion};
use super::source::{Entry, Node, Value};

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Any text.
    Text,
    /// An integer in a range, both ends included.
    Integer(i64, i64),
    /// `true` or `false`.
    Boolean,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of text.
    TextList,
    /// `{ env = NAME }`, `{ file = PATH }` or `{ command = "…" }`.
    Secret,
    /// A table with these keys.
    Section(&'static [Key]),
    /// A list of tables with these keys.
    Tables(&'static [Key]),
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The name within its table.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// The default as TOML; `None` on keys without one.
    pub default: Option<&'static str>,
    /// Whether the file must have it.
    pub is_required: bool,
}

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, default: None, is_required: false }
}

const fn required(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, default: None, is_required: true }
}

const fn with_default(name: &'static str, kind: Kind, default: &'static str) -> Key {
    Key { name, kind, default: Some(default), is_required: false }
}

use Kind::{Boolean, Integer, Secret, Section, Tables, Text, TextList, Word};

const COUNT: Kind = Integer(0, i64::MAX);
const PERCENT: Kind = Integer(0, 100);
const PACE: Kind = Integer(1, 1000);

/// Every key at the top of the file; sections hold their own.
pub const ROOT: &[Key] = &[
    required("version", Integer(1, 1)),
    required("display_name", Text),
    with_default("language", Word(&["auto", "en", "zh-CN"]), "\"auto\""),
    required("idaas", Section(IDAAS)),
    required("dingtalk", Section(DINGTALK)),
    required("scenario", Section(SCENARIO)),
    key("mapping", Section(MAPPING)),
    key("limits", Section(LIMITS)),
    key("incremental", Section(INCREMENTAL)),
    key("network", Section(NETWORK)),
    key("state", Section(STATE)),
];

const IDAAS: &[Key] = &[
    with_default("region", Text, "\"\""),
    required("instance_id", Text),
    key("endpoint", Text),
    required("access_key_id", Text),
    required("access_key_secret", Secret),
    key("security_token", Secret),
    with_default("calls_per_second", PACE, "10"),
];

const DINGTALK: &[Key] = &[
    required("corp_id", Text),
    required("app_key", Text),
    required("app_secret", Secret),
    with_default("edition", Word(&["standard", "dedicated"]), "\"standard\""),
    with_default("oapi_endpoint", Text, "\"https://oapi.dingtalk.com\""),
    with_default("api_endpoint", Text, "\"https://api.dingtalk.com\""),
    with_default("calls_per_second", PACE, "20"),
    with_default("callback_domain", Text, "\"\""),
    with_default("homepage_url", Text, "\"\""),
    with_default("egress_ips", TextList, "[]"),
];

const SCENARIO: &[Key] = &[
    required("scope", Tables(SCOPE)),
    with_default("create_source_unit", Boolean, "false"),
    with_default("incremental", Boolean, "false"),
    with_default("qr_logon", Boolean, "false"),
    with_default("include", Text, "''"),
    with_default("disabled_accounts", Word(&["keep", "update", "leave"]), "\"keep\""),
    with_default("leavers", Word(&["hold", "move", "remove"]), "\"hold\""),
    key("leavers_department", Integer(1, i64::MAX)),
];

const SCOPE: &[Key] = &[required("sources", TextList), required("target", Integer(1, i64::MAX))];

const MAPPING: &[Key] = &[
    with_default("identity", TextList, "[\"mobile\"]"),
    key("user", Tables(MAPPING_ROW)),
    key("department", Tables(MAPPING_ROW)),
];

const MAPPING_ROW: &[Key] = &[
    with_default("label", Text, "\"\""),
    required("field", Text),
    required("value", Text),
    with_default("when", Word(&["always", "create", "if_empty"]), "\"always\""),
    with_default("on_empty", Word(&["skip", "clear", "block"]), "\"skip\""),
];

const LIMITS: &[Key] = &[
    with_default("remove_users", COUNT, "30"),
    with_default("remove_departments", COUNT, "10"),
    with_default("remove_percent", PERCENT, "10"),
    with_default("update_percent", PERCENT, "80"),
    with_default("source_shrink_percent", PERCENT, "30"),
    with_default("failed_percent", PERCENT, "20"),
];

const INCREMENTAL: &[Key] = &[
    with_default("listen", Text, "\"127.0.0.1:8787\""),
    with_default("jwks_url", Text, "\"\""),
    with_default("application_id", Text, "\"\""),
    key("encryption_key", Secret),
    with_default("poll_seconds", Integer(1, 86_400), "300"),
];

const NETWORK: &[Key] = &[
    with_default("ca_file", Text, "\"\""),
    with_default("proxy", Text, "\"\""),
    with_default("timeout_seconds", Integer(1, 600), "30"),
];

const STATE: &[Key] = &[with_default("path", Text, "\"\"")];

/// The forms of a secret.
pub(crate) const SECRET_FORMS: &[&str] = &["env", "file", "command"];

/// The key under a dotted path; list positions are left out (`mapping.user.field`).
pub fn find(path: &str) -> Option<&'static Key> {
    let mut keys = ROOT;
    let mut found = None;
    for name in path.split('.') {
        let key = keys.iter().find(|key| key.name == name)?;
        keys = match key.kind {
            Section(inner) | Tables(inner) => inner,
            Text | Integer(..) | Boolean | Word(_) | TextList | Secret => &[],
        };
        found = Some(key);
    }
    found
}

/// Every dotted path of the file, sections and lists of tables left out, in the contract's order.
pub fn paths() -> Vec<String> {
    fn walk(keys: &[Key], prefix: &str, paths: &mut Vec<String>) {
        for key in keys {
            let path = joined(prefix, key.name);
            match key.kind {
                Section(inner) | Tables(inner) => walk(inner, &path, paths),
                Text | Integer(..) | Boolean | Word(_) | TextList | Secret => paths.push(path),
            }
        }
    }
    let mut paths = Vec::new();
    walk(ROOT, "", &mut paths);
    paths
}

/// Checks a table against its keys: unknown and missing keys, kinds, ranges, words.
pub(crate) fn check(table: &Node, keys: &'static [Key], prefix: &str, problems: &mut Problems) {
    for entry in table.entries() {
        let path = joined(prefix, &entry.key);
        match keys.iter().find(|key| key.name == entry.key) {
            Some(key) => check_value(entry, key, &path, problems),
            None => {
                let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
                let shown = joined(prefix, quoted(&entry.key).trim_matches('`'));
                problems.add(entry.at, shown, format!("unknown key; {}", suggestion(&entry.key, &names)));
            }
        }
    }
    for key in keys.iter().filter(|key| key.is_required && table.entry(key.name).is_none()) {
        problems.add(table.at, joined(prefix, key.name), format!("missing; {}", expected(key.kind)));
    }
}

/// A key below another.
pub(crate) fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn check_value(entry: &Entry, key: &Key, path: &str, problems: &mut Problems) {
    let node = &entry.node;
    match (key.kind, &node.value) {
        (Text, Value::Text(_)) | (Boolean, Value::Boolean(_)) => {}
        (Integer(low, high), Value::Integer(number)) => {
            if !(low..=high).contains(number) {
                problems.add(node.at, path, format!("{number} is out of range; {}", expected(key.kind)));
            }
        }
        (Word(words), Value::Text(text)) => {
            if !words.contains(&text.as_str()) {
                let known = suggestion(text, words);
                problems.add(
                    node.at,
                    path,
                    format!("{} is no value of it; {}; {known}", quoted(text), expected(key.kind)),
                );
            }
        }
        (TextList, Value::List(elements)) => {
            for element in elements.iter().filter(|element| element.text().is_none()) {
                problems.add(
                    element.at,
                    path,
                    format!("expected text in quotes in the list, found {}", element.kind()),
                );
            }
        }
        (Secret, _) => check_secret(node, path, problems),
        (Section(inner), Value::Table(_)) => check(node, inner, path, problems),
        (Tables(inner), Value::List(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                let path = format!("{path}[{}]", index + 1);
                match element.value {
                    Value::Table(_) => check(element, inner, &path, problems),
                    _ => {
                        problems.add(element.at, path, format!("expected a table, found {}", element.kind()))
                    }
                }
            }
        }
        (kind, _) => problems.add(node.at, path, format!("{}, found {}", expected(kind), node.kind())),
    }
}

fn check_secret(node: &Node, path: &str, problems: &mut Problems) {
    let form = expected(Secret);
    match node.entries() {
        _ if node.text().is_some() => {
            problems.add(
                node.at,
                path,
                format!("a secret must not stand in the settings as plain text; {form}"),
            );
        }
        [only] if SECRET_FORMS.contains(&only.key.as_str()) => match only.node.text() {
            Some(text) if !text.trim().is_empty() => {}
            Some(_) => problems.add(only.node.at, path, format!("`{}` is empty; {form}", only.key)),
            None => {
                let found = only.node.kind();
                problems.add(only.node.at, path, format!("`{}` takes text, found {found}; {form}", only.key));
            }
        },
        [only] => {
            let known = suggestion(&only.key, SECRET_FORMS);
            problems.add(only.at, path, format!("unknown form {}; {known}", quoted(&only.key)));
        }
        _ => problems.add(node.at, path, format!("exactly one form is needed; {form}")),
    }
}

fn expected(kind: Kind) -> String {
    match kind {
        Text => "expected text in quotes".to_owned(),
        Integer(low, i64::MAX) => format!("expected a number of at least {low}"),
        Integer(low, high) if low == high => format!("expected {low}"),
        Integer(low, high) => format!("expected a number from {low} to {high}"),
        Boolean => "expected true or false".to_owned(),
        Word(words) => {
            format!("expected {}", words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(" or "))
        }
        TextList => "expected a list of text: [\"…\"]".to_owned(),
        Secret => "write { env = \"NAME\" }, { file = \"PATH\" } or { command = \"…\" }".to_owned(),
        Section(_) => "expected a table".to_owned(),
        Tables(_) => "expected a list of tables".to_owned(),
    }
}
