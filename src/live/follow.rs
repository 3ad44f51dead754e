//! Reads an event file as it grows: whole lines only, from the beginning.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::core::line::{Line, Note, Process, Told};

/// Bytes read at a time: a long run arrives in pieces that a screen takes in between two pictures.
const PIECE: u64 = 1024 * 1024;
/// No line of ours is longer; a longer one is no event file.
const LONGEST_LINE: usize = 1024 * 1024;

/// How the line of a process is told apart, and how near its beginning.
const MARK: &[u8] = b"\"type\":\"process\"";
const LOOKED_AT: usize = 64;

/// Follows one event file.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: Option<File>,
    rest: Vec<u8>,
}

impl Follower {
    /// From the beginning of the file, which need not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, file: None, rest: Vec::new() }
    }

    /// The lines that came since the last time, at most about a megabyte of them; none when nothing came. What is no
    /// line of ours is skipped.
    pub fn read(&mut self) -> io::Result<Vec<Line>> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => match File::open(&self.path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(error),
            },
        };
        let before = self.rest.len();
        let at = file.stream_position()?;
        let read = (&file).take(PIECE).read_to_end(&mut self.rest);
        if let Err(error) = read {
            self.rest.truncate(before);
            file.seek(SeekFrom::Start(at))?;
            self.file = Some(file);
            return Err(error);
        }
        self.file = Some(file);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            if self.rest.len() > LONGEST_LINE {
                self.rest.clear();
            }
            return Ok(Vec::new());
        };
        let rest = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, rest);
        Ok(whole.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

/// Who wrote to an event file last.
pub(super) fn last_process(path: &Path) -> Option<Process> {
    let file = BufReader::new(File::open(path).ok()?);
    let lines = file.split(b'\n').map_while(Result::ok);
    // Most lines are records, and only few of a large file are worth parsing.
    let processes = lines.filter(|line| line.windows(MARK.len()).take(LOOKED_AT).any(|part| part == MARK));
    let last = processes.filter_map(|line| match serde_json::from_slice::<Line>(&line).ok()?.told {
        Told::Note(Note::Process(process)) => Some(*process),
        Told::Note(_) | Told::Event(_) => None,
    });
    last.last()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn half_a_line_is_waited_for_and_rubbish_is_skipped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("events");
        let mut follower = Follower::new(path.clone());
        assert!(follower.read().unwrap().is_empty());
        let mut file = File::create(&path).unwrap();
        let line = r#"{"type":"started","run":"r","plan_id":"p","total":1}"#;
        file.write_all(format!("{line}\nrubbish\n{}", &line[..10]).as_bytes()).unwrap();
        assert_eq!(follower.read().unwrap().len(), 1);
        assert!(follower.read().unwrap().is_empty());
        file.write_all(format!("{}\n", &line[10..]).as_bytes()).unwrap();
        assert_eq!(follower.read().unwrap().len(), 1);
    }
}
