//! Opening the state file: created private and whole, refused when it is foreign, newer, damaged, of another
//! connection or not writable. All this happens before any call that writes to a service.

use std::fs::{self, DirBuilder, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::core::error::Error;

use super::fault::{Fault, damaged, of_system, state_error};
use super::seal::{seal, verify};

/// Marks a database as ours: `DSNC`.
const APPLICATION_ID: i32 = 0x4453_4e43;
/// The schema this program writes and reads.
const SCHEMA_VERSION: i32 = 1;
/// How long another process's transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose state a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionId {
    /// IDaaS instance id.
    pub instance_id: String,
    /// DingTalk CorpId.
    pub corp_id: String,
}

impl ConnectionId {
    fn text(&self) -> String {
        format!("{} → {}", self.instance_id, self.corp_id)
    }
}

/// Makes sure that the file exists, is ours, whole and writable; answers its canonical path.
pub(crate) fn prepare(path: &Path, owner: &ConnectionId) -> Result<PathBuf, Error> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(state_error(path, "is not a regular file").with_hint("name a file with --state")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => create(path, owner)?,
        Err(error) => return Err(of_system(path, "read", &error)),
    }
    let path = fs::canonicalize(path).map_err(|error| of_system(path, "read", &error))?;
    check_header(&path)?;
    let connection = connect(&path, Durability::Full)?;
    check_content(&connection, &path, owner)?;
    Ok(path)
}

/// Whether a commit is flushed to disk before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Every commit: for the journal.
    Full,
    /// Now and then: for what can be read again from a service.
    Relaxed,
}

/// A connection to an existing state file.
pub(crate) fn connect(path: &Path, durability: Durability) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> Result<Connection, Fault> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        let level = if durability == Durability::Full { "FULL" } else { "NORMAL" };
        connection.pragma_update(None, "synchronous", level)?;
        // Where a flush stops at the disk's own cache, this is the one that does not.
        connection.pragma_update(None, "fullfsync", durability == Durability::Full)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        Ok(connection)
    };
    open().map_err(|fault| fault.at(path))
}

/// Makes a new state file under another name and links it into place, so that it is never seen half made.
fn create(path: &Path, owner: &ConnectionId) -> Result<(), Error> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&directory).map_err(|error| of_system(path, "created", &error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = directory.join(format!(".{name}.{:016x}", rand::random::<u64>()));
    let made = fill(&temporary, path, owner).and_then(|()| publish(&temporary, path, &directory));
    for leftover in [temporary.clone(), companion(&temporary, "-wal"), companion(&temporary, "-shm")] {
        let _ = fs::remove_file(leftover);
    }
    made
}

fn fill(temporary: &Path, path: &Path, owner: &ConnectionId) -> Result<(), Error> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(temporary).map_err(|error| of_system(path, "created", &error))?;
    let connection = connect(temporary, Durability::Full)?;
    let make = || -> Result<(), Fault> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.execute_batch(&format!(
            "BEGIN; {} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;",
            include_str!("schema.sql")
        ))?;
        let (key, value) = ("connection", owner.text());
        connection.execute(
            "INSERT INTO memory (kind, key, value, seal) VALUES ('meta', ?1, ?2, ?3)",
            (key, &value, seal("memory", &["meta", key, &value])),
        )?;
        Ok(())
    };
    make().map_err(|fault| fault.at(path))?;
    connection.close().map_err(|(_, error)| Fault::Sql(error).at(path))?;
    file.sync_all().map_err(|error| of_system(path, "written", &error))
}

fn publish(temporary: &Path, path: &Path, directory: &Path) -> Result<(), Error> {
    match fs::hard_link(temporary, path) {
        Ok(()) => {}
        // Somebody else was quicker; theirs is checked like any other.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        // File systems without hard links.
        Err(_) => fs::rename(temporary, path).map_err(|error| of_system(path, "created", &error))?,
    }
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| of_system(path, "created", &error))
}

/// Looks at the first bytes before SQLite touches a file that may belong to somebody else.
fn check_header(path: &Path) -> Result<(), Error> {
    let mut header = [0u8; 100];
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        if length >= 100 { file.read_exact(&mut header).map(|()| length) } else { Ok(length) }
    });
    let length = read.map_err(|error| of_system(path, "read", &error))?;
    if length == 0 {
        return Err(damaged(path, "it is empty"));
    }
    let id = i32::from_be_bytes([header[68], header[69], header[70], header[71]]);
    if !header.starts_with(b"SQLite format 3\0") || id != APPLICATION_ID {
        return Err(state_error(path, "is no state file of dingsync, and is left alone")
            .with_hint("name another file with --state or [state] path"));
    }
    let page = u64::from(u16::from_be_bytes([header[16], header[17]]));
    let page = if page == 1 { 65_536 } else { page };
    // With a log beside it an odd length may be a checkpoint that was cut off, which SQLite completes.
    let has_log = fs::metadata(companion(path, "-wal")).is_ok_and(|log| log.len() > 0);
    if page == 0 || (length % page != 0 && !has_log) {
        return Err(damaged(path, "its length does not fit its pages"));
    }
    Ok(())
}

fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn check_content(connection: &Connection, path: &Path, owner: &ConnectionId) -> Result<(), Error> {
    let sql = |error: rusqlite::Error| Fault::Sql(error).at(path);
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(sql)?;
    if version > SCHEMA_VERSION {
        let reason = format!("was written by a newer dingsync (schema {version}, known is {SCHEMA_VERSION})");
        return Err(
            state_error(path, &reason).with_hint("use the newer dingsync, or another file with --state")
        );
    }
    if version < SCHEMA_VERSION {
        return Err(damaged(path, &format!("it claims the unknown schema {version}")));
    }
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sql)?;
    if verdict != "ok" {
        return Err(damaged(path, verdict.lines().next_back().unwrap_or("its structure is broken")));
    }
    check_owner(connection, path, owner)?;
    // A write that changes nothing proves that the file can be written.
    let (logon, seen) = (super::logon::TABLE, super::seen::TABLE);
    connection
        .execute_batch(&format!(
            "BEGIN IMMEDIATE; UPDATE memory SET value = value WHERE kind = 'meta'; {logon} {seen} COMMIT;"
        ))
        .map_err(sql)
}

fn check_owner(connection: &Connection, path: &Path, owner: &ConnectionId) -> Result<(), Error> {
    let row = connection.query_row(
        "SELECT value, seal FROM memory WHERE kind = 'meta' AND key = 'connection'",
        [],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
    );
    let (stored, sealed) = row.map_err(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => damaged(path, "it does not say whose state it is"),
        error => Fault::Sql(error).at(path),
    })?;
    verify(sealed, "memory", &["meta", "connection", &stored]).map_err(|fault| fault.at(path))?;
    if stored != owner.text() {
        let reason = format!("belongs to another connection ({stored}, not {})", owner.text());
        return Err(state_error(path, &reason)
            .with_hint("give each connection a state file of its own: --state or [state] path"));
    }
    Ok(())
}
