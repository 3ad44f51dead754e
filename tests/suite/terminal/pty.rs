//! A program on a pseudo-terminal: what it shows, what is typed, how it ends.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::PATIENCE;

/// A program on a terminal.
pub(super) struct Pty {
    pub(super) master: Option<Box<dyn MasterPty + Send>>,
    pub(super) writer: Option<Box<dyn Write + Send>>,
    pub(super) child: Box<dyn Child + Send + Sync>,
    pub(super) screen: Arc<Mutex<vt100::Parser>>,
    pub(super) raw: Arc<Mutex<Vec<u8>>>,
    pub(super) reader: Option<JoinHandle<()>>,
    pub(super) is_gone: Arc<AtomicBool>,
    pub(super) _home: tempfile::TempDir,
}

impl Pty {
    pub(super) fn start(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::with_terminal(program, arguments, variables, true)
    }

    pub(super) fn with_terminal(
        program: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
        controls: bool,
    ) -> Self {
        let home = tempfile::tempdir().unwrap();
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.set_controlling_tty(controls);
        command.env_clear();
        let home_path = home.path().display().to_string();
        for (name, value) in [
            ("HOME", home_path.as_str()),
            ("TERM", "xterm-256color"),
            ("LC_ALL", "C.UTF-8"),
            ("PATH", "/usr/bin:/bin"),
            ("TMPDIR", home_path.as_str()),
        ] {
            command.env(name, value);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        // A slave that stays open would hide the end.
        drop(pair.slave);
        let screen =
            Arc::new(Mutex::new(vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (to_screen, to_raw) = (Arc::clone(&screen), Arc::clone(&raw));
        let is_gone = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&is_gone);
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                to_raw.lock().unwrap().extend_from_slice(&bytes[..count]);
                to_screen.lock().unwrap().process(&bytes[..count]);
                if stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self {
            master: Some(pair.master),
            writer: Some(writer),
            child,
            screen,
            raw,
            reader: Some(reader),
            is_gone,
            _home: home,
        }
    }

    pub(super) fn dingsync(arguments: &[&str]) -> Self {
        Self::start(env!("CARGO_BIN_EXE_dingsync"), arguments, &[])
    }

    pub(super) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    pub(super) fn raw(&self) -> String {
        String::from_utf8_lossy(&self.raw.lock().unwrap()).into_owned()
    }

    #[track_caller]
    pub(super) fn wait_until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < end, "no {what} in\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    pub(super) fn wait_for(&self, text: &str) {
        self.wait_until(text, |pty| pty.text().contains(text));
    }

    pub(super) fn send(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub(super) fn signal(&self, name: &str) {
        let id = self.child.process_id().unwrap().to_string();
        let status = std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end; answers the exit code and how long it took.
    pub(super) fn end(&mut self, at_most: Duration) -> (u32, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.exit_code(), began.elapsed());
            }
            assert!(began.elapsed() < at_most, "it goes on after {at_most:?}:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Closes every end of the terminal but the program's own.
    pub(super) fn vanish(&mut self) {
        self.is_gone.store(true, Ordering::Relaxed);
        // The reading thread ends with the next bytes.
        self.send("\u{c}");
        self.reader.take().unwrap().join().unwrap();
        drop(self.writer.take());
        drop(self.master.take());
    }

    #[track_caller]
    pub(super) fn assert_restored(&self) {
        // The reader may be behind the end of the program.
        self.wait_until("restoration", |pty| {
            let raw = pty.raw();
            let tail = raw.rfind("\u{1b}[?1049h").map_or("", |at| &raw[at..]);
            ["\u{1b}[?1049l", "\u{1b}[?2004l", "\u{1b}[?25h"].iter().all(|code| tail.contains(code))
        });
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
