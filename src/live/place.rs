//! Where event files are: a directory of the state's stem, one file a run. All of it private; old files go by
//! themselves, as the journal keeps every run.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::follow::last_process;
use crate::core::journal::LockHolder;

/// Event files that are kept.
const KEPT: usize = 30;
/// Event files among which a live run is looked for: it may go on with an older run than the newest.
const LIKELY: usize = 5;
/// What a start left behind (plan, answer, log) is kept so long.
const START_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// The directory of a connection's event files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    state: PathBuf,
    directory: PathBuf,
}

impl Place {
    /// Beside this state file.
    pub fn of(state: &Path) -> Self {
        let state = fs::canonicalize(state).unwrap_or_else(|_| state.to_owned());
        let directory = state.with_extension("events");
        let directory = if directory == state { state.with_extension("events.d") } else { directory };
        Self { state, directory }
    }

    /// The state file.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// The event file of a run; `None` for what cannot be a run's id.
    pub fn events(&self, run: &str) -> Option<PathBuf> {
        is_run(run).then(|| self.directory.join(format!("{run}.jsonl")))
    }

    /// The runs with an event file, newest first.
    pub fn runs(&self) -> Vec<String> {
        let mut runs: Vec<String> = self
            .names()
            .into_iter()
            .filter_map(|name| name.strip_suffix(".jsonl").map(str::to_owned))
            .filter(|run| is_run(run))
            .collect();
        runs.sort_unstable_by(|a, b| b.cmp(a));
        runs
    }

    /// The run that the holder of the lock carries out, once it has begun.
    pub fn carried_out_by(&self, holder: &LockHolder) -> Option<String> {
        // A process has one run at a time, and the newest files are the likely ones.
        self.runs().into_iter().take(LIKELY).find(|run| {
            let process = self.events(run).and_then(|path| last_process(&path));
            process
                .is_some_and(|process| process.holder.pid == holder.pid && process.holder.host == holder.host)
        })
    }

    /// Opens a private file for appending.
    pub(super) fn append(&self, path: &Path) -> io::Result<File> {
        self.make()?;
        File::options().create(true).append(true).mode(0o600).open(path)
    }

    /// Makes a private file of a start, under a name nobody has.
    pub(super) fn make_file(&self, stem: &str, extension: &str) -> io::Result<(PathBuf, File)> {
        self.make()?;
        let path = self.directory.join(format!("start-{stem}.{extension}"));
        let file = File::options().create_new(true).write(true).mode(0o600).open(&path)?;
        Ok((path, file))
    }

    /// Removes event files beyond the newest ones and what old starts left.
    pub(super) fn prune(&self) {
        for run in self.runs().into_iter().skip(KEPT) {
            if let Some(path) = self.events(&run) {
                // What cannot be removed only takes room.
                drop(fs::remove_file(path));
            }
        }
        let oldest = SystemTime::now().checked_sub(START_KEPT);
        for name in self.names().into_iter().filter(|name| name.starts_with("start-")) {
            let path = self.directory.join(name);
            let modified = fs::metadata(&path).and_then(|found| found.modified()).ok();
            if modified.zip(oldest).is_some_and(|(modified, oldest)| modified < oldest) {
                drop(fs::remove_file(path));
            }
        }
    }

    fn make(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)
    }

    fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.directory) else { return Vec::new() };
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
    }
}

/// `20260131-0001`: nothing else becomes part of a path.
fn is_run(run: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    run.split_once('-').is_some_and(|(day, number)| day.len() == 8 && is_number(day) && is_number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_runs_id_becomes_a_path() {
        let place = Place::of(Path::new("/nowhere/state.db"));
        let path = place.events("20260131-0001").unwrap();
        assert_eq!(path, Path::new("/nowhere/state.events/20260131-0001.jsonl"));
        for wrong in ["../../etc/passwd", "20260131-", "", "20260131", "a-1", "20260131-1/../2"] {
            assert_eq!(place.events(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_newest_event_files_stay() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::of(&directory.path().join("state.db"));
        for number in 1..=KEPT + 5 {
            drop(place.append(&place.events(&format!("20260131-{number:04}")).unwrap()).unwrap());
        }
        place.prune();
        let runs = place.runs();
        assert_eq!((runs.len(), runs.last().map(String::as_str)), (KEPT, Some("20260131-0006")));
    }
}
