//! Files the operator asked for: beside the settings, readable by nobody else.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::Reply;
use super::desk::{Desk, off_the_screen};
use crate::tui::message::Answer;

/// Writes the text and tells where it is.
pub(super) async fn write(desk: Desk, name: String, text: String, reply: Reply) {
    let path = desk.settings_path.with_file_name(name);
    let shown = path.display().to_string();
    let failure = match off_the_screen(move || put(&path, &text)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(error) => Some(error.message),
    };
    reply.send(Answer::Wrote { path: shown, failure }).await;
}

/// Removes a file of ours; that it is gone already is as good.
pub(super) async fn remove(desk: Desk, name: String) {
    let path = desk.settings_path.with_file_name(name);
    drop(off_the_screen(move || std::fs::remove_file(path)).await);
}

fn put(path: &Path, text: &str) -> std::io::Result<()> {
    let directory: PathBuf = path.parent().map(Path::to_owned).unwrap_or_default();
    if !directory.as_os_str().is_empty() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    }
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
