//! One file for each screen. `build` is the register: a screen that has an arm here can be reached.

pub mod scenario;

use super::screen::{Screen, ScreenId};

/// The screen, if there is one.
pub fn build(id: ScreenId) -> Option<Box<dyn Screen>> {
    match id {
        ScreenId::Scenario => Some(Box::new(scenario::Scenario::default())),
        ScreenId::Application
        | ScreenId::Permissions
        | ScreenId::Overview
        | ScreenId::Mapping
        | ScreenId::Preview
        | ScreenId::Sync
        | ScreenId::History
        | ScreenId::Logon => None,
    }
}
