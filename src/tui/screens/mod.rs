//! One file for each screen. `build` is the register: a screen that has an arm here can be reached.

pub mod preview;

use super::screen::{Screen, ScreenId};

/// The screen, if there is one.
pub fn build(id: ScreenId) -> Option<Box<dyn Screen>> {
    match id {
        ScreenId::Preview => Some(Box::new(preview::PreviewScreen::default())),
        ScreenId::Application
        | ScreenId::Permissions
        | ScreenId::Overview
        | ScreenId::Scenario
        | ScreenId::Mapping
        | ScreenId::Sync
        | ScreenId::History
        | ScreenId::Logon => None,
    }
}
