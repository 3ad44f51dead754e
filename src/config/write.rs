//! Files that appear whole or not at all, readable by their owner only.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Replaces a file's content in one step and flushes it to disk. A new file gets mode 0600 whatever the umask; an
/// existing one keeps its mode, and a symbolic link stays one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&directory)?;
    let (temporary, mut file) = temporary(&directory, &path)?;
    let written = fill(&mut file, &path, content).and_then(|()| fs::rename(&temporary, &path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    File::open(&directory)?.sync_all()
}

/// Replaces a file's content in one step; only the owner can read the result, whatever the mode was.
pub(crate) fn replace_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let directory = path.parent().unwrap_or(Path::new(".")).to_owned();
    fs::create_dir_all(&directory)?;
    let (temporary, mut file) = temporary(&directory, &path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, &path)) {
        drop(fs::remove_file(&temporary));
        return Err(error);
    }
    File::open(&directory)?.sync_all()
}

/// Creates a file that only its owner can read under the first free of `name`, `name-2`, `name-3`, …, and never
/// touches one that is there already. Answers the name.
pub(crate) fn create_private(directory: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
    const MOST: u32 = 100;
    fs::create_dir_all(directory)?;
    for number in 1..=MOST {
        let name = if number == 1 { name.to_owned() } else { format!("{name}-{number}") };
        match private(&directory.join(&name)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST => {}
            Err(error) => return Err(error),
            Ok(mut file) => {
                file.write_all(content)?;
                file.sync_all()?;
                File::open(directory)?.sync_all()?;
                return Ok(PathBuf::from(name));
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn temporary(directory: &Path, path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = directory.join(format!(".{name}.{:016x}", rand::random::<u64>()));
    let file = private(&temporary)?;
    Ok((temporary, file))
}

/// A file that is not there yet, private from its first moment.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn fill(file: &mut File, path: &Path, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    if let Ok(metadata) = fs::metadata(path) {
        file.set_permissions(metadata.permissions())?;
    }
    file.sync_all()
}
