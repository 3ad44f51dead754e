//! `dingsync config`: where the settings are, the effective ones with secrets hidden, and whether they hold.

use std::io::Write;

use clap::Subcommand;
use serde_json::{Value as Json, json};

use crate::config::{Config, LoadOptions, SecretSource, SecretWay, config_path, load, show};
use crate::core::error::{Error, ErrorKind};

/// The format mark of the JSON answers.
const FORMAT: &str = "dingsync.config/1";

/// The subcommands of `dingsync config`.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// Prints where the settings file is
    Path,
    /// Prints the effective settings, secrets hidden, and where each came from
    Show,
    /// Says whether the settings hold
    Validate,
}

/// Carries out a subcommand and writes its answer to `out`. Warnings of `validate` are part of the answer.
pub fn run(
    command: &ConfigCommand,
    options: &LoadOptions,
    json: bool,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let text = match command {
        ConfigCommand::Path => path(options, json)?,
        ConfigCommand::Show => show(&load(options)?, json),
        ConfigCommand::Validate => validate(&load(options)?, json)?,
    };
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Error::new(ErrorKind::State, format!("the answer cannot be written: {error}")))
}

fn path(options: &LoadOptions, json: bool) -> Result<String, Error> {
    let path = config_path(options)?;
    let path = std::path::absolute(&path).unwrap_or(path);
    let shown = path.display().to_string();
    if json {
        return Ok(line(&json!({"format": FORMAT, "path": shown, "exists": path.is_file()})));
    }
    Ok(format!("{}\n", plain(&shown)))
}

fn show(config: &Config, json: bool) -> String {
    if json {
        return line(&json!({
            "format": FORMAT,
            "path": config.path.display().to_string(),
            "settings": show::nested(config),
            "origins": show::origins(config),
        }));
    }
    let mut text = format!("# {}\n", plain(&config.path.display().to_string()));
    let mut section = "";
    for (path, value) in show::settings(config) {
        let (table, key) = path.split_once('.').unwrap_or(("", path));
        if table != section {
            section = table;
            text.push_str(&format!("\n[{table}]\n"));
        }
        match (&value, path) {
            (Json::Array(rows), "mapping.user" | "mapping.department") => {
                text.push_str(&mapping_rows(config, path, rows));
            }
            _ => text.push_str(&setting(key, &value, &config.origins.of(path).text())),
        }
    }
    text
}

fn setting(key: &str, value: &Json, origin: &str) -> String {
    match value {
        Json::Null => format!("# {key} is not set\n"),
        _ => format!("{:<48}  # {origin}\n", format!("{key} = {}", toml(value))),
    }
}

fn mapping_rows(config: &Config, path: &str, rows: &[Json]) -> String {
    let mut text = String::new();
    for row in rows {
        let field = row["field"].as_str().unwrap_or_default();
        let origin = config.origins.of(&format!("{path}.{field}")).text();
        text.push_str(&format!("\n[[{path}]]  # {origin}\n"));
        for key in ["label", "field", "value", "when", "on_empty"] {
            text.push_str(&format!("{key} = {}\n", toml(&row[key])));
        }
    }
    text
}

/// A value as TOML on one line, control characters escaped.
fn toml(value: &Json) -> String {
    match value {
        Json::String(text) => basic_string(text),
        Json::Array(list) => format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Json::Object(table) => {
            let pairs = table.iter().map(|(key, value)| format!("{key} = {}", toml(value)));
            format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => value.to_string(),
    }
}

fn basic_string(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if is_hidden(c) => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn validate(config: &Config, json: bool) -> Result<String, Error> {
    let mut warnings = config.warnings.clone();
    for secret in secrets(config) {
        match (secret.resolve(), &secret.way) {
            (Ok(_), _) => {}
            // The variable may be set for the service that runs dingsync, only not here.
            (Err(error), SecretWay::Env(_)) => warnings.push(error.message),
            (Err(error), SecretWay::File(_) | SecretWay::Command(_)) => return Err(error),
        }
    }
    let path = config.path.display().to_string();
    if json {
        return Ok(line(&json!({"format": FORMAT, "path": path, "valid": true, "warnings": warnings})));
    }
    let mut text = format!("{}: the settings hold\n", plain(&path));
    for warning in warnings {
        text.push_str(&format!("warning: {}\n", plain(&warning)));
    }
    Ok(text)
}

fn secrets(config: &Config) -> impl Iterator<Item = &SecretSource> {
    let always = [&config.idaas.access_key_secret, &config.dingtalk.app_secret];
    let optional = [config.idaas.security_token.as_ref(), config.incremental.encryption_key.as_ref()];
    always.into_iter().chain(optional.into_iter().flatten())
}

/// Control characters, separators and bidirectional controls: never printed as they are.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn plain(text: &str) -> String {
    text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect()
}

/// One line of JSON; hidden characters can only stand in its text, where they are escaped.
fn line(value: &Json) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            c if is_hidden(c) => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('\n');
    text
}
