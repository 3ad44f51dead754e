//! The terminal interface: screens over the same core as the commands. Nothing is computed here that core computes,
//! and nothing on the screen's thread waits for network or disk.
//!
//! ```text
//! keys, ticks ──┐
//!               ├──► Message ──► App::update ──► Command ──► worker ──► core
//! answers ──────┘                                                │
//!      ▲─────────────────────── Message ◄────────────────────────┘
//! ```

pub mod app;
pub mod chrome;
pub mod day;
pub mod dispatch;
pub mod draft;
mod event_loop;
mod input;
pub mod kept;
pub mod keys;
mod log;
pub mod look;
pub mod message;
pub mod overlay;
pub mod screen;
pub mod screens;
pub mod shared;
pub mod survey;
pub mod terminal;
pub mod widgets;
pub mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use crate::config::settings_file::SettingsFile;
use crate::config::{LoadOptions, default_state_path};
use crate::connect::SystemClock;
use crate::core::clock::Clock;
use crate::core::error::{Error, ErrorKind};
use app::App;
pub use event_loop::How;
use look::Look;
use screen::ScreenId;
use shared::Shared;
use worker::{Desk, Worker};

/// What the interface is started with.
#[derive(Debug, Clone)]
pub struct Start {
    /// Where the settings are and what beats them.
    pub load: LoadOptions,
    /// Language, symbols, colours.
    pub look: Look,
    /// The log says more.
    pub is_verbose: bool,
    /// The screen to begin with; `None` leaves it to the settings.
    pub at: Option<ScreenId>,
    /// The run to show; `None` is the one that goes on.
    pub run: Option<String>,
    /// The services end with this program.
    pub is_own_world: bool,
    /// A day that can pass at the services' company.
    pub day: Option<Arc<dyn day::Day>>,
}

/// How the interface ended, and what to say on the normal screen: at most ten lines.
#[derive(Debug, Clone)]
pub struct Ended {
    /// How it ended.
    pub how: How,
    /// What to say, already in the operator's language.
    pub farewell: Vec<String>,
}

/// Takes the terminal over, runs the interface to its end, gives the terminal back.
pub async fn run(start: Start) -> Result<Ended, Error> {
    let failed = |error: std::io::Error| {
        Error::new(ErrorKind::State, format!("the terminal cannot be used: {error}"))
            .with_hint("use the headless commands: dingsync check, dingsync preview, dingsync sync")
    };
    let desk = Desk::new(start.load.clone())?;
    let log_path = log_path(&start.load, &desk);
    // Without a log the interface is still worth having.
    drop(log::start(&log_path, start.is_verbose));
    if !start.look.has_colour {
        crossterm::style::force_color_output(false);
    }
    let file = SettingsFile::open(&start.load)?;
    let kept = kept::read(&file);
    let mut shared = Shared::new(start.look, file, log_path.clone());
    shared.now_ms = SystemClock.now_ms();
    shared.size = crossterm::terminal::size().unwrap_or(chrome::SMALLEST);
    (shared.run, shared.is_own_world) = (start.run, start.is_own_world);
    if start.day.is_some() {
        shared.day = day::Standing::Offered;
    }
    let mut app = App::new(shared);
    if let Some(kept) = kept {
        app.take_up(kept);
    }
    let first = app.start(start.at);
    let (worker, answers) = Worker::new(desk);
    let worker = worker.with_day(start.day);
    terminal::install_panic_hook(log_path);
    let terminal = terminal::enter().map_err(failed)?;
    let ended = event_loop::EventLoop::new(app, worker, answers, terminal).run(first).await;
    if !matches!(ended, Ok((How::HungUp, _))) {
        terminal::restore();
    }
    let (how, farewell) = ended.map_err(failed)?;
    tracing::info!(?how, "the interface ended");
    Ok(Ended { how, farewell })
}

/// Beside the state, else beside the settings.
fn log_path(load: &LoadOptions, desk: &Desk) -> PathBuf {
    let state = load.state.clone().or_else(|| default_state_path(&load.environment).ok());
    state.unwrap_or_else(|| desk.settings_path.clone()).with_file_name("dingsync.log")
}
