//! One file for each screen. `build` is the register: a screen that has an arm here can be reached.

pub mod sync;

use super::screen::{Screen, ScreenId};

/// The screen, if there is one.
pub fn build(id: ScreenId) -> Option<Box<dyn Screen>> {
    match id {
        ScreenId::Sync => Some(Box::new(sync::Sync::default())),
        ScreenId::Application
        | ScreenId::Permissions
        | ScreenId::Overview
        | ScreenId::Scenario
        | ScreenId::Mapping
        | ScreenId::Preview
        | ScreenId::History
        | ScreenId::Logon => None,
    }
}
