//! One file for each screen. `build` is the register: a screen that has an arm here can be reached.

pub mod application;
pub mod history;
pub mod logon;
pub mod mapping;
pub mod overview;
pub mod permissions;
pub mod preview;
pub mod scenario;
pub mod sync;
pub mod watch;

use super::screen::{Screen, ScreenId};

/// The screen, if there is one.
pub fn build(id: ScreenId) -> Option<Box<dyn Screen>> {
    match id {
        ScreenId::Overview => Some(Box::new(overview::Overview::default())),
        ScreenId::Application => Some(Box::new(application::Application::default())),
        ScreenId::Permissions => Some(Box::new(permissions::Permissions::default())),
        ScreenId::Scenario => Some(Box::new(scenario::Scenario::default())),
        ScreenId::Mapping => Some(Box::new(mapping::FieldMapping::default())),
        ScreenId::Preview => Some(Box::new(preview::PreviewScreen::default())),
        ScreenId::Sync => Some(Box::new(sync::Sync::default())),
        ScreenId::History => Some(Box::new(history::History::default())),
        ScreenId::Watch => Some(Box::new(watch::Watch::default())),
        ScreenId::Logon => Some(Box::new(logon::LogonScreen::default())),
    }
}
