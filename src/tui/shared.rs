//! What the screens share: the connection being set up, what is known of both services, the plan, the run.

use std::path::PathBuf;

use super::chrome::SMALLEST;
use super::day;
use super::draft::Draft;
use super::look::Look;
use super::survey::Surveyed;
use crate::config::settings_file::SettingsFile;

/// Something that is fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Loadable<T> {
    /// Nobody asked.
    #[default]
    Idle,
    /// Asked at this time, Unix milliseconds.
    Loading(i64),
    /// Here.
    Ready(T),
    /// It failed: what to show, and the way out.
    Failed(String, Option<String>),
}

/// The state that more than one screen reads.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Language, symbols, colours.
    pub look: Look,
    /// Now, Unix milliseconds, as of the last tick.
    pub now_ms: i64,
    /// Columns and rows.
    pub size: (u16, u16),
    /// The answers of the wizard.
    pub draft: Draft,
    /// The settings file as it was opened or saved last.
    pub file: SettingsFile,
    /// What the wizard knows of both sides.
    pub survey: Surveyed,
    /// The log of this session.
    pub log_path: PathBuf,
    /// The run that is shown; `None` is the one that goes on.
    pub run: Option<String>,
    /// A run was sent to be started and has not answered yet.
    pub is_run_starting: bool,
    /// The services end with this program, and a run with them.
    pub is_own_world: bool,
    /// A run that this interface follows has not ended.
    pub is_run_going_on: bool,
    /// The demo's day.
    pub day: day::Standing,
    /// Warnings of the last check; the header keeps them in view.
    pub check_warnings: usize,
}

impl Shared {
    /// What is known when nothing has been asked yet.
    pub fn new(look: Look, file: SettingsFile, log_path: PathBuf) -> Self {
        Self {
            look,
            now_ms: 0,
            size: SMALLEST,
            draft: file.saved.clone(),
            file,
            survey: Surveyed::default(),
            log_path,
            run: None,
            is_run_starting: false,
            is_own_world: false,
            is_run_going_on: false,
            day: day::Standing::None,
            check_warnings: 0,
        }
    }

    /// Whether something goes on that ends with this program.
    pub fn ends_something(&self) -> bool {
        self.is_own_world && (self.is_run_going_on || self.day == day::Standing::Passing)
    }

    /// Whether answers differ from the settings file.
    pub fn is_unsaved(&self) -> bool {
        self.draft != self.file.saved
    }
}
