//! The headless commands.

pub mod config;
