//! The interface on a test terminal: what each state looks like, and what keys do to it.

mod application;
mod frame;
mod permissions;
mod random;
pub(crate) mod stage;
