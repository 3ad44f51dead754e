//! The terminal on and off: raw mode, alternate screen, bracketed paste, and all of it undone after a panic. Nothing
//! here asks the terminal a question: over a slow line the answer would end up in somebody's input.

use std::io::{self, Stdout, Write};
use std::path::PathBuf;

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::Signal;

/// Bytes of a text that are offered to the clipboard; terminals refuse longer ones.
const LONGEST_COPY: usize = 64 * 1024;

/// A terminal that shows the interface.
pub type Tty = Terminal<CrosstermBackend<Stdout>>;

/// Takes the terminal over.
pub fn enter() -> io::Result<Tty> {
    switch_on()?;
    Terminal::new(CrosstermBackend::new(io::stdout()))
}

/// Gives the terminal back as it was.
pub fn restore() {
    // A terminal that cannot be restored cannot be told so either.
    drop(execute!(io::stdout(), DisableBracketedPaste, Show));
    drop(ratatui::try_restore());
}

/// After a suspension or a `kill -CONT`: takes the terminal over again; the next picture is drawn in full.
pub fn enter_again(terminal: &mut Tty) -> io::Result<()> {
    switch_on()?;
    redraw(terminal)
}

/// The next picture is drawn in full. `Terminal::clear` would ask for the cursor's position; a resize to the same
/// size clears without.
pub fn redraw(terminal: &mut Tty) -> io::Result<()> {
    let size = terminal.size()?;
    terminal.resize(size.into())
}

/// Suspends this process group, as the terminal's own Ctrl-Z would; returns when it goes on.
pub fn suspend() -> io::Result<()> {
    restore();
    rustix::process::kill_current_process_group(Signal::TSTP)?;
    Ok(())
}

/// Whether the terminal is gone: crossterm does not report a hang-up.
pub fn is_gone() -> bool {
    let stdin = rustix::stdio::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match rustix::event::poll(&mut fds, Some(&at_once)) {
        Ok(_) => fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL),
        Err(_) => false,
    }
}

/// Offers text to the clipboard of the operator's terminal. Whether it takes it cannot be known.
pub fn copy(text: &str) -> io::Result<()> {
    if text.len() <= LONGEST_COPY {
        execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))?;
    }
    Ok(())
}

/// From now on a panic of any thread gives the terminal back, says what happened and where the log is, and ends the
/// program.
pub fn install_panic_hook(log: PathBuf) {
    std::panic::set_hook(Box::new(move |panic| {
        restore();
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("a panic without a message");
        let message = crate::core::text::clean(message);
        tracing::error!(%place, %message, "panic");
        let mut err = io::stderr().lock();
        drop(writeln!(err, "dingsync: this should not have happened: {message} ({place})"));
        drop(writeln!(err, "  the log is {}; a sync in progress goes on: dingsync attach", log.display()));
        // A thread of the pool would end alone and leave the picture without its owner.
        std::process::exit(101);
    }));
}

fn switch_on() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)
}
