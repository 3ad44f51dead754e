//! One file for each screen. `build` is the register: a screen that has an arm here can be reached.

pub mod application;
pub mod permissions;

use super::screen::{Screen, ScreenId};

/// The screen, if there is one.
pub fn build(id: ScreenId) -> Option<Box<dyn Screen>> {
    match id {
        ScreenId::Application => Some(Box::new(application::Application::default())),
        ScreenId::Permissions => Some(Box::new(permissions::Permissions::default())),
        ScreenId::Overview
        | ScreenId::Scenario
        | ScreenId::Mapping
        | ScreenId::Preview
        | ScreenId::Sync
        | ScreenId::History
        | ScreenId::Logon => None,
    }
}
