//! One file for each screen. `build` is the register: a screen that has an arm here can be reached.

pub mod application;
pub mod permissions;
pub mod preview;
pub mod sync;

use super::screen::{Screen, ScreenId};

/// The screen, if there is one.
pub fn build(id: ScreenId) -> Option<Box<dyn Screen>> {
    match id {
        ScreenId::Preview => Some(Box::new(preview::PreviewScreen::default())),
        ScreenId::Application => Some(Box::new(application::Application::default())),
        ScreenId::Permissions => Some(Box::new(permissions::Permissions::default())),
        ScreenId::Sync => Some(Box::new(sync::Sync::default())),
        ScreenId::Overview | ScreenId::Scenario | ScreenId::Mapping | ScreenId::History | ScreenId::Logon => {
            None
        }
    }
}
