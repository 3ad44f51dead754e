//! What comes in (`Message`) and what shall be done outside (`Command`): one channel, one enum each. A screen's own
//! requests and answers are enums in its worker's file; the variants here only carry them.

use super::day;
use super::draft::Draft;
use super::keys::{Action, Key};
use super::screen::ScreenId;
use super::survey::{SurveyNews, SurveyRequest};
use super::worker::{application, logon, past, permissions, preview, run, watch};
use crate::config::settings_file::SettingsFile;
use crate::core::error::Error;

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
pub enum Answer {
    /// What the wizard asked about both sides. `Shared` has taken its part before screens hear of it.
    Survey(Box<SurveyNews>),
    /// A file of the operator's was written, or why not.
    Wrote {
        /// The file.
        path: String,
        /// Why it could not be written.
        failure: Option<String>,
    },
    /// The settings were saved, or why not. The app has taken the file into `Shared` before screens hear of it.
    Saved {
        /// The answers that were saved.
        draft: Box<Draft>,
        /// The file as it is.
        result: Result<Box<SettingsFile>, Error>,
    },
    /// For the preview.
    Preview(preview::Told),
    /// About QR code logon.
    Logon(logon::Told),
    /// Step 1.
    Application(application::Answer),
    /// Step 2.
    Permissions(permissions::Answer),
    /// About a run of a process of its own.
    Run(run::Told),
    /// What was, and how the connection stands.
    Past(past::Told),
    /// About following in a process of its own.
    Watch(watch::Told),
    /// About the demo's day.
    Day(day::News),
}

/// Something to be done outside the screens.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// Leave the program.
    Quit,
    /// Leave the program once the operator agreed to lose what is unsaved.
    AskToQuit,
    /// Show another screen.
    Go(ScreenId),
    /// Close the window over the screen.
    CloseOverlay,
    /// Do what the palette chose.
    Act(Action),
    /// Offer text to the terminal's clipboard (OSC 52).
    Copy(String),
    /// Say something in the footer's line for a moment.
    Note(String),
    /// Say it on the normal screen after the program ended: the run's id, the next command.
    Farewell(String),
    /// Draw the whole screen again.
    Redraw,
    /// Suspend to the shell.
    Suspend,
    /// Look at QR code logon, or carry it out.
    Logon(logon::Request),
    /// Step 1.
    Application(application::Request),
    /// Step 2.
    Permissions(permissions::Request),
    /// Save the answers as they are to the settings file, typed secrets beside it.
    Save,
    /// Save the answers, then leave; stay when they cannot be saved.
    SaveAndQuit,
    /// Save these answers: what the app makes of the two above.
    SaveTo(Box<SettingsFile>, Box<Draft>),
    /// Start, follow or control a run of a process of its own.
    Run(run::Request),
    /// What was, and how the connection stands.
    Past(past::Request),
    /// Look at the following of a process of its own, or decide on what was changed by hand.
    Watch(watch::Request),
    /// Let the demo's day pass.
    Day,
    /// Ask about both sides.
    Survey(SurveyRequest),
    /// Write text to a file of the operator's, 0600, and note where it is.
    WriteFile {
        /// The file's name, without directory.
        name: String,
        /// Its content.
        text: String,
    },
    /// Remove a file that was kept beside the settings.
    RemoveFile(String),
    /// The preview's requests.
    Preview(preview::Request),
}
