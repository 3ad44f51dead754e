//! Where the settings are and what beats what: a flag, then an environment variable, then the file, then the default.

use std::path::{Path, PathBuf};

use crate::core::error::Error;

use super::build::{Builder, Built};
use super::environment::Environment;
use super::language::Language;
use super::problem::{Finding, Problems, settings_error};
use super::show::{Origin, Origins};
use super::source::{Source, shown};
use super::{Config, schema};

/// The version of the settings file this program understands.
const VERSION: i64 = 1;
/// Bytes a settings file may have at most.
const LONGEST: u64 = 4 * 1024 * 1024;

/// What the command line and the environment say about settings.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--lang`.
    pub language: Option<Language>,
    /// Variables and directories.
    pub environment: Environment,
}

impl LoadOptions {
    /// No flags, the process's environment.
    pub fn process() -> Self {
        Self { config: None, state: None, language: None, environment: Environment::process() }
    }
}

/// The settings file in force, whether or not it exists. Kind settings when no place for it is known.
pub fn config_path(options: &LoadOptions) -> Result<PathBuf, Error> {
    if let Some(path) = &options.config {
        return Ok(path.clone());
    }
    if let Some(path) = options.environment.variable("DINGSYNC_CONFIG") {
        return Ok(PathBuf::from(path));
    }
    let directory = options.environment.config_directory.as_ref().ok_or_else(|| {
        settings_error("no home directory is known, so there is no default place for the settings")
            .with_hint("name the settings file with --config or DINGSYNC_CONFIG, or set HOME")
    })?;
    Ok(directory.join("dingsync.toml"))
}

/// The state file of settings that name none. Kind settings when no place for it is known.
pub fn default_state_path(environment: &Environment) -> Result<PathBuf, Error> {
    let directory = environment.state_directory.as_ref().ok_or_else(|| {
        settings_error("no home directory is known, so there is no default place for the state")
            .with_hint("name the state file with --state, DINGSYNC_STATE or [state] path, or set HOME")
    })?;
    Ok(directory.join("dingsync.db"))
}

/// The effective settings. Every error is of kind settings and names file, line and key where there are such.
pub fn load(options: &LoadOptions) -> Result<Config, Error> {
    let path = config_path(options)?;
    let text = read(&path)?;
    load_text(&path, text, options)
}

/// The effective settings of a text that stands, or would stand, at `path`.
pub fn load_text(path: &Path, text: String, options: &LoadOptions) -> Result<Config, Error> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let source = Source { path: path.clone(), text };
    let mut problems = Problems::new(source.clone());
    let Some(root) = source.parse(&mut problems) else { return Err(problems.into_error()) };
    if let Some(newer) = root.get("version").filter(|node| node.integer().is_some_and(|v| v > VERSION)) {
        let found = newer.integer().unwrap_or_default();
        let text = format!("settings of version {found} are newer than this program understands ({VERSION})");
        problems.add(newer.at, "version", text);
        return Err(problems.into_error().with_hint("use a newer dingsync, or settings of version 1"));
    }
    schema::check(&root, schema::ROOT, "", &mut problems);
    let directory = path.parent().unwrap_or(Path::new(".")).to_owned();
    let mut builder = Builder::new(&root, &directory, &options.environment, &mut problems);
    let built = builder.build();
    let warnings = builder.warnings;
    if !problems.is_empty() {
        return Err(problems.into_error());
    }
    let mut origins = Origins::of_file(&root, &source);
    let (language, state_path) = overrides(&built, &directory, options, &mut origins)?;
    let Built { profile, idaas, dingtalk, incremental, network, .. } = built;
    Ok(Config {
        path,
        profile,
        language,
        idaas,
        dingtalk,
        incremental,
        network,
        state_path,
        warnings,
        origins,
    })
}

/// Everything that is wrong with a text that would stand at `path`. Touches no disk: a file that the settings name is
/// not looked for, so a screen may ask at every key.
pub fn findings(path: &Path, text: String, environment: &Environment) -> Vec<Finding> {
    let source = Source { path: path.to_owned(), text };
    let mut problems = Problems::new(source.clone());
    if let Some(root) = source.parse(&mut problems) {
        schema::check(&root, schema::ROOT, "", &mut problems);
        let directory = path.parent().unwrap_or(Path::new(".")).to_owned();
        Builder::new(&root, &directory, environment, &mut problems).without_disk().build();
    }
    problems.into_findings()
}

/// The text of a settings file. Kind settings when there is none or it is no text.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    let name = shown(path);
    let hint = "run `dingsync` and let the wizard write the settings, or name another file with --config";
    let metadata = std::fs::metadata(path).map_err(|error| {
        settings_error(format!("settings file `{name}` cannot be read: {error}")).with_hint(hint)
    })?;
    if !metadata.is_file() || metadata.len() > LONGEST {
        return Err(settings_error(format!("`{name}` is no settings file")).with_hint(hint));
    }
    let bytes = std::fs::read(path).map_err(|error| {
        settings_error(format!("settings file `{name}` cannot be read: {error}")).with_hint(hint)
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        settings_error(format!("{name}:{line}: the settings are not valid UTF-8 text"))
            .with_hint("save the file as UTF-8")
    })
}

fn overrides(
    built: &Built,
    directory: &Path,
    options: &LoadOptions,
    origins: &mut Origins,
) -> Result<(Language, PathBuf), Error> {
    let environment = &options.environment;
    let language = match (options.language, environment.variable("DINGSYNC_LANG")) {
        (Some(language), _) => {
            origins.set("language", Origin::Flag("--lang"));
            language
        }
        (None, Some(text)) => {
            origins.set("language", Origin::Environment("DINGSYNC_LANG"));
            text.to_string_lossy().parse().map_err(|reason| {
                settings_error(format!("DINGSYNC_LANG: {reason}"))
                    .with_hint("set DINGSYNC_LANG to auto, en or zh-CN, or unset it")
            })?
        }
        (None, None) => built.language.parse().unwrap_or_default(),
    };
    let state = match (&options.state, environment.variable("DINGSYNC_STATE")) {
        (Some(path), _) => {
            origins.set("state.path", Origin::Flag("--state"));
            path.clone()
        }
        (None, Some(path)) => {
            origins.set("state.path", Origin::Environment("DINGSYNC_STATE"));
            PathBuf::from(path)
        }
        (None, None) if built.state_path.is_empty() => default_state_path(environment)?,
        (None, None) => directory.join(&built.state_path),
    };
    Ok((language, std::path::absolute(&state).unwrap_or(state)))
}
