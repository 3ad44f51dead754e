//! What the live picture costs on the wire.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dingsync::core::event::{Outcome, PaceState};
use dingsync::core::plan::Action;
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::Message;
use ratatui::backend::CrosstermBackend;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::{CHINESE, START, lines, pace, progress, record, running};

/// Counts what would go over the wire.
#[derive(Clone, Default)]
struct Wire(Arc<AtomicUsize>, Arc<Mutex<Vec<u8>>>);

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
        self.1.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Bytes a second while a run goes on for ten seconds at 60 records a second, drawn four times a second as lines come.
fn busy(log: bool, has_colour: bool) -> usize {
    let mut app = running(Look { has_colour, ..CHINESE }, (80, 24));
    if log {
        app.update(Message::Key(Key::Char('l')));
    }
    let wire = Wire::default();
    let viewport = Viewport::Fixed(ratatui::layout::Rect::new(0, 0, 80, 24));
    let options = TerminalOptions { viewport };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(wire.clone()), options).unwrap();
    terminal.draw(|frame| app.render(frame)).unwrap();
    let first = wire.0.load(Ordering::Relaxed);
    let names = ["欧阳娜娜", "司马光明", "王伟", "Zoë O'Neill", "李静", "Maximilian Großmann"];
    let mut seq = 2000;
    for step in 0..40 {
        let at = 41_000 + step * 250;
        let mut more = Vec::new();
        for _ in 0..15 {
            seq += 1;
            let name = names[seq as usize % names.len()];
            more.push(record(at, seq, name, Action::Update, Outcome::Applied, None));
        }
        if step % 4 == 0 {
            more.push(pace(at, 19.0 - (step % 3) as f64, 19.4, 0, None));
            more.push(progress(at, seq - 80, PaceState::Running));
        }
        lines(&mut app, more);
        app.update(Message::Tick(START + at));
        terminal.draw(|frame| app.render(frame)).unwrap();
    }
    (wire.0.load(Ordering::Relaxed) - first) / 10
}

#[test]
fn a_busy_run_stays_under_twenty_kilobytes_a_second_and_an_idle_one_under_one() {
    for (log, has_colour) in [(false, false), (false, true), (true, true)] {
        let bytes = busy(log, has_colour);
        assert!(bytes < 20_000, "{bytes} bytes a second");
    }
    let mut app = running(CHINESE, (80, 24));
    lines(&mut app, vec![progress(42_000, 1940, PaceState::Paused)]);
    let wire = Wire::default();
    let options = TerminalOptions { viewport: Viewport::Fixed(ratatui::layout::Rect::new(0, 0, 80, 24)) };
    let mut terminal = Terminal::with_options(CrosstermBackend::new(wire.clone()), options).unwrap();
    terminal.draw(|frame| app.render(frame)).unwrap();
    let first = wire.0.load(Ordering::Relaxed);
    for half in 0..20 {
        app.update(Message::Tick(START + 42_000 + half * 500));
        terminal.draw(|frame| app.render(frame)).unwrap();
    }
    let bytes = (wire.0.load(Ordering::Relaxed) - first) / 10;
    assert!(bytes < 1_000, "{bytes} bytes a second at rest");
}
