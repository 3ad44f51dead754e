//! Writes a run's event file on a thread of its own. A disk that is full or slow is noted and never holds the run up:
//! what the run must not lose is in the journal.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::place::Place;
use crate::core::course::LogonCount;
use crate::core::error::Error;
use crate::core::event::Event;
use crate::core::line::{Line, Names, Note, Process, Told};
use crate::core::target::PaceReport;

/// How long the end of a run waits for the last lines.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes that are gathered before they are written.
const PIECE: usize = 64 * 1024;

/// Writes the event file of one run of one process.
pub struct Recorder {
    place: Place,
    process: Process,
    names: Names,
    now_ms: fn() -> i64,
    pace: Box<dyn Fn() -> PaceReport + Send>,
    throttled_before: u64,
    lines: Option<Sender<Line>>,
    writer: Option<JoinHandle<()>>,
    trouble: Trouble,
    last: Option<Line>,
}

/// Why a line could not be written, until somebody asks.
type Trouble = Arc<Mutex<Option<String>>>;

impl Recorder {
    /// For a run that is about to begin; `pace` tells what the lanes are doing.
    pub fn new(
        place: Place,
        process: Process,
        names: Names,
        now_ms: fn() -> i64,
        pace: impl Fn() -> PaceReport + Send + 'static,
    ) -> Self {
        let throttled_before = pace().throttled;
        Self {
            place,
            process,
            names,
            now_ms,
            pace: Box::new(pace),
            throttled_before,
            lines: None,
            writer: None,
            trouble: Trouble::default(),
            last: None,
        }
    }

    /// Writes an event down; returns at once.
    pub fn tell(&mut self, event: &Event) {
        if let Event::Started { run, .. } = event {
            self.open(run);
        }
        let line =
            Line { at_ms: (self.now_ms)(), name: self.names.name(event), told: Told::Event(event.clone()) };
        match event {
            // The last line of all: what stopped the run is told before.
            Event::Finished { .. } => {
                self.pace();
                self.last = Some(line);
            }
            Event::Progress { .. } => {
                self.pace();
                self.send(line);
            }
            Event::Started { .. } | Event::Record(_) => self.send(line),
        }
    }

    /// So many writes into IDaaS follow for QR code logon; to be said before the run begins.
    pub fn expect_logon(&mut self, writes: u64) {
        self.process.logon = writes;
    }

    /// Writes down how far QR code logon is.
    pub fn tell_logon(&self, far: &LogonCount) {
        let LogonCount { done, total: _, failed, skipped, refusal } = far.clone();
        self.note(Note::Logon { done, failed, skipped, refusal });
    }

    /// Why lines could not be written; asked once, told once.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The last lines; waits for them, but not for ever.
    pub fn close(mut self, error: Option<&Error>) {
        if let Some(error) = error {
            let kind = serde_json::to_value(error.kind).ok();
            let kind = kind.and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default();
            self.note(Note::Trouble { kind, message: error.message.clone(), hint: error.hint.clone() });
        }
        if let Some(last) = self.last.take() {
            self.send(last);
        }
        self.lines = None;
        let deadline = Instant::now() + PATIENCE;
        if let Some(writer) = self.writer.take() {
            while !writer.is_finished() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    fn open(&mut self, run: &str) {
        let Some(path) = self.place.events(run) else { return };
        let (sender, receiver) = channel();
        let (place, trouble) = (self.place.clone(), Arc::clone(&self.trouble));
        let writing = std::thread::Builder::new().name("events".into()).spawn(move || {
            place.prune();
            Writing { place, path, file: None, lost: 0, trouble }.run(&receiver);
        });
        match writing {
            Ok(writer) => (self.lines, self.writer) = (Some(sender), Some(writer)),
            Err(error) => set(&self.trouble, &error),
        }
        self.note(Note::Process(Box::new(self.process.clone())));
    }

    fn pace(&self) {
        let report = (self.pace)();
        let throttled = report.throttled.saturating_sub(self.throttled_before);
        self.note(Note::Pace { lanes: report.lanes, paused_seconds: report.paused_seconds, throttled });
    }

    fn note(&self, note: Note) {
        self.send(Line { at_ms: (self.now_ms)(), name: None, told: Told::Note(note) });
    }

    fn send(&self, line: Line) {
        if let Some(lines) = &self.lines {
            // The thread ends only with the sender; a panic in it costs the file, not the run.
            drop(lines.send(line));
        }
    }
}

/// The thread's side.
struct Writing {
    place: Place,
    path: PathBuf,
    file: Option<File>,
    /// Lines lost since the last one that was written.
    lost: u64,
    trouble: Trouble,
}

impl Writing {
    fn run(mut self, lines: &Receiver<Line>) {
        let mut piece = Vec::new();
        let mut count = 0;
        loop {
            let line = lines.recv_timeout(if piece.is_empty() { PATIENCE } else { Duration::ZERO });
            let is_over = line == Err(RecvTimeoutError::Disconnected);
            if let Ok(line) = &line {
                if serde_json::to_writer(&mut piece, line).is_ok() {
                    piece.push(b'\n');
                }
                count += 1;
            }
            if !piece.is_empty() && (line.is_err() || piece.len() >= PIECE) {
                self.put(&piece, count);
                piece.clear();
                count = 0;
            }
            if is_over {
                return;
            }
        }
    }

    fn put(&mut self, piece: &[u8], count: u64) {
        match self.try_put(piece) {
            Ok(()) => self.lost = 0,
            Err(error) => {
                if self.lost == 0 {
                    set(&self.trouble, &error);
                }
                self.lost += count;
                self.file = None;
            }
        }
    }

    fn try_put(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.place.append(&self.path)?,
        };
        if self.lost > 0 {
            // What was cut off ends here; readers skip it.
            let line = Line { at_ms: 0, name: None, told: Told::Note(Note::Lost { lines: self.lost }) };
            let text = serde_json::to_string(&line).map_err(io::Error::other)?;
            file.write_all(format!("\n{text}\n").as_bytes())?;
        }
        file.write_all(piece)?;
        self.file = Some(file);
        Ok(())
    }
}

fn set(trouble: &Trouble, error: &io::Error) {
    *trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::{RunStatus, RunSummary};
    use crate::core::journal::{LockHolder, RunKind};
    use crate::live::Follower;

    fn recorder(place: &Place) -> Recorder {
        let holder = LockHolder {
            pid: 1,
            host: "h".into(),
            user: "u".into(),
            command: "sync".into(),
            since: "2026-01-31T08:00:00Z".into(),
        };
        let process = Process {
            holder,
            kind: RunKind::Sync,
            of_run: None,
            connection: "Test".into(),
            ceiling: 20,
            planned: Default::default(),
            logon: 0,
        };
        Recorder::new(place.clone(), process, Names::default(), || 7, PaceReport::default)
    }

    fn started() -> Event {
        Event::Started { run: "20260131-0001".into(), plan_id: "p".into(), total: 1 }
    }

    #[test]
    fn what_stopped_a_run_is_told_before_its_end() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let place = Place::of(&directory.path().join("state.db"));
        let mut recorder = recorder(&place);
        recorder.tell(&started());
        let summary = RunSummary::default();
        recorder.tell(&Event::Finished { run: "20260131-0001".into(), status: RunStatus::Failed, summary });
        let error = Error::new(crate::core::error::ErrorKind::Network, "gone");
        recorder.close(Some(&error));
        let path = place.events("20260131-0001").unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let lines = Follower::new(path).read().unwrap();
        assert!(matches!(lines[0].told, Told::Note(Note::Process(_))), "{lines:?}");
        let end: Vec<&Told> = lines.iter().rev().take(2).map(|line| &line.told).collect();
        assert!(
            matches!(end[..], [Told::Event(Event::Finished { .. }), Told::Note(Note::Trouble { .. })]),
            "{end:?}"
        );
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_once_and_holds_nothing_up() {
        let place = Place::of(std::path::Path::new("/dev/null/state.db"));
        let mut recorder = recorder(&place);
        recorder.tell(&started());
        let deadline = Instant::now() + Duration::from_secs(5);
        let mut told = None;
        while told.is_none() && Instant::now() < deadline {
            told = recorder.trouble();
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(told.is_some());
        recorder.close(None);
    }
}
