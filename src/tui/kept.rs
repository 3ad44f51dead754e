//! Answers that were not saved when the terminal was lost: kept beside the settings, taken up by the next session.
//! Typed secrets are not among them.

use crate::config::settings_file::SettingsFile;

use super::draft::{Draft, DraftSecret};

/// The name of the file beside the settings.
pub fn name(file: &SettingsFile) -> String {
    let settings = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
    format!("{}.draft", settings.unwrap_or_else(|| "dingsync.toml".to_owned()))
}

/// What is to be kept; `None` when everything is saved.
pub fn text(file: &SettingsFile, draft: &Draft) -> Option<String> {
    let without = |secret: &DraftSecret, saved: &DraftSecret| match secret {
        DraftSecret::Typed(_) => saved.clone(),
        DraftSecret::Kept(_) | DraftSecret::Missing => secret.clone(),
    };
    let kept = Draft {
        app_secret: without(&draft.app_secret, &file.saved.app_secret),
        access_key_secret: without(&draft.access_key_secret, &file.saved.access_key_secret),
        ..draft.clone()
    };
    (kept != file.saved).then(|| file.text_with(&kept).ok()).flatten()
}

/// What a lost session kept, when it differs from what is saved. Reads the disk.
pub fn read(file: &SettingsFile) -> Option<Draft> {
    let path = file.path.with_file_name(name(file));
    let text = std::fs::read_to_string(&path).ok()?;
    Draft::read(&path, &text).ok().filter(|draft| *draft != file.saved)
}
