//! What comes in (`Message`) and what shall be done outside (`Command`): one channel, one enum each. A screen's own
//! requests and answers are enums in its worker's file; the variants here only carry them.

use super::keys::Key;
use super::screen::ScreenId;

/// Something happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key.
    Key(Key),
    /// Text pasted in one piece.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// Time passes; Unix milliseconds.
    Tick(i64),
    /// SIGTERM or SIGHUP, or the terminal is gone.
    Leave,
    /// The worker's answer.
    Answer(Answer),
}

/// An answer of the worker.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Answer {}

/// Something to be done outside the screens.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Leave the program.
    Quit,
    /// Show another screen.
    Go(ScreenId),
    /// Offer text to the terminal's clipboard (OSC 52).
    Copy(String),
    /// Say something in the footer's line for a moment.
    Note(String),
    /// Suspend to the shell.
    Suspend,
}
