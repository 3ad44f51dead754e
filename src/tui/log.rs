//! The session's log: a file only its owner can read, because the screen is taken. What services said is in it in
//! words of ours; secrets never are.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;

/// Bytes after which a log is begun anew, the old one kept beside it.
const LONGEST: u64 = 4 * 1024 * 1024;

/// Writes what is traced to this file from now on.
pub(super) fn start(path: &Path, is_verbose: bool) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > LONGEST) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    let filter = EnvFilter::new(if is_verbose { "dingsync=debug" } else { "dingsync=info" });
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_target(false)
        .with_writer(Mutex::new(file));
    // A second interface in one process (the tests) keeps the first one's log.
    drop(subscriber.try_init());
    Ok(())
}
