//! The interface on a test terminal: what each state looks like, and what keys do to it.

mod any_order;
mod application;
mod demo;
mod frame;
mod logon;
mod mapping;
mod past;
mod permissions;
mod preview;
mod random;
mod scenario;
pub(crate) mod stage;
mod surveyed;
pub(crate) mod svg;
