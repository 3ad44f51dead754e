//! What has to be set up on IDaaS's side, step by step, with the values of these settings and what has been seen of it.

use rust_i18n::t;

use crate::core::incremental::WatchStatus;
use crate::tui::worker::watch::Setup;

/// A step, and whether it is known to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// In words.
    pub text: String,
    /// `None`: it cannot be seen from here.
    pub is_done: Option<bool>,
}

/// What is pasted into IDaaS as the address that receives.
pub(super) fn receive_address(setup: &Setup) -> String {
    let port = setup.listen.rsplit(':').next().unwrap_or_default();
    format!("https://<host>:{port}/idaas/events")
}

/// The steps in order.
pub(super) fn steps(setup: &Setup, status: Option<&WatchStatus>, locale: &str) -> Vec<Step> {
    let callbacks = status.map(|status| &status.callbacks);
    let seen = callbacks.is_some_and(|callbacks| callbacks.test_seen_at_ms.is_some());
    let accepted = callbacks.is_some_and(|callbacks| callbacks.accepted > 0);
    let address = receive_address(setup);
    let step = |text: std::borrow::Cow<'_, str>, is_done| Step { text: text.into_owned(), is_done };
    vec![
        step(t!("following.guide.switch", locale = locale), Some(setup.is_on)),
        step(t!("following.guide.page", locale = locale), None),
        step(t!("following.guide.scope", locale = locale), None),
        step(t!("following.guide.address", address = address, listen = setup.listen, locale = locale), None),
        step(t!("following.guide.events", locale = locale), None),
        step(t!("following.guide.keys", locale = locale), Some(setup.jwks_url.is_some())),
        step(t!("following.guide.application", locale = locale), Some(!setup.application_id.is_empty())),
        step(t!("following.guide.encryption", locale = locale), Some(setup.has_key)),
        step(t!("following.guide.start", locale = locale), Some(status.is_some())),
        step(t!("following.guide.test", locale = locale), Some(seen || accepted)),
        step(t!("following.guide.without", seconds = setup.poll_seconds, locale = locale), None),
    ]
}
