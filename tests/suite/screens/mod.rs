//! The interface on a test terminal: what each state looks like, and what keys do to it.

mod preview;
pub(crate) mod stage;
