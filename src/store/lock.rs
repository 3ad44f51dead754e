//! One run at a time: an operating-system lock beside the state file, with a note of who holds it. The lock ends
//! with the process that took it, whatever the note says.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::core::error::{Error, ErrorKind};
use crate::core::journal::{LockHolder, RunLock};

use super::fault::of_system;

/// A note is far shorter, in bytes.
const LONGEST_NOTE: u64 = 64 * 1024;
/// How often a note that is not yet written is looked for again.
const MOST_LOOKS: u32 = 100;
/// Between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The lock file of a state file: same stem, `.lock`.
pub fn lock_path(state: &Path) -> PathBuf {
    let path = state.with_extension("lock");
    if path == state { state.with_extension("lock.lock") } else { path }
}

/// This process as a holder; `since` is RFC 3339.
pub fn this_process(command: &str, since: String) -> LockHolder {
    LockHolder {
        pid: std::process::id(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        user: user(),
        command: command.to_owned(),
        since,
    }
}

/// Who this process belongs to. A service or a scheduled job often runs without the variables that name its user.
fn user() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().filter_map(|name| std::env::var(name).ok());
    let uid = rustix::process::getuid().as_raw();
    named
        .into_iter()
        .find(|name| !name.is_empty())
        .or_else(|| user_of(&std::fs::read_to_string("/etc/passwd").ok()?, uid))
        .unwrap_or_else(|| format!("user {uid}"))
}

/// The name that a list of users has for a number.
fn user_of(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut columns = line.split(':');
        let name = columns.next().filter(|name| !name.is_empty())?;
        let number: u32 = columns.nth(1)?.parse().ok()?;
        (number == uid).then(|| name.to_owned())
    })
}

/// Who holds the lock of a state file. A note that nobody stands behind any more (its process was killed) is nobody.
pub fn holder(state: &Path) -> Option<LockHolder> {
    let path = lock_path(state);
    let mut file = File::open(&path).ok()?;
    let holder = read_note(&mut file)?;
    let here = this_process("", String::new());
    if holder.host == here.host && !is_alive(holder.pid) {
        return None;
    }
    // Only a note whose process is alive is tried, so that the attempt never stands in the way of a run that begins.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(holder),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    // A process of somebody else answers that we may not ask, and lives.
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

/// Takes the lock of a state file, or says who holds it.
pub(crate) fn take(state: &Path, holder: &LockHolder) -> Result<Box<dyn RunLock>, Error> {
    let path = lock_path(state);
    let mut file = open(&path).map_err(|error| of_system(&path, "opened", &error))?;
    let mut looks = 0;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(of_system(&path, "locked", &error)),
        }
        let holder = read_note(&mut file);
        if holder.is_some() || looks == MOST_LOOKS {
            return Err(held(holder, &path));
        }
        // Whoever just took the lock is about to write its note, or is about to let go.
        looks += 1;
        std::thread::sleep(BETWEEN_LOOKS);
    }
    note(&mut file, holder).map_err(|error| of_system(&path, "written", &error))?;
    Ok(Box::new(Held(file)))
}

/// The lock itself; it ends when the file is closed.
struct Held(File);

impl RunLock for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        // An empty note says that nobody holds the lock. The file stays: removing it would let two runs lock
        // different files of the same name.
        let _ = self.0.set_len(0);
        let _ = self.0.unlock();
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn note(file: &mut File, holder: &LockHolder) -> std::io::Result<()> {
    let text = serde_json::to_vec(holder)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&text)
}

fn read_note(file: &mut File) -> Option<LockHolder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(LONGEST_NOTE).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn held(holder: Option<LockHolder>, path: &Path) -> Error {
    let who = holder.map_or_else(
        || format!("lock file `{}` does not say which", path.display()),
        |h| format!("`{}` by {} on {}, process {}, since {}", h.command, h.user, h.host, h.pid, h.since),
    );
    Error::new(ErrorKind::Locked, format!("another run of this connection is going on: {who}"))
        .with_hint("wait until it has finished, or follow it with `dingsync attach`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_variables_is_named_by_the_list_of_users() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nbroken\n\nsync:x:998:998::/nonexistent:/bin/false\n";
        assert_eq!(user_of(passwd, 998).as_deref(), Some("sync"));
        assert_eq!(user_of(passwd, 0).as_deref(), Some("root"));
        assert_eq!(user_of(passwd, 1), None);
    }
}
