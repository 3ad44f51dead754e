//! One test program; each module covers one area.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, and its helpers are no test functions"
)]

mod architecture;
mod bad_input;
mod config;
mod contract;
mod demo;
mod dingtalk_client;
mod pace;
mod preview;
mod simulate;
mod store;
mod support;
mod switches;
mod sync;
mod told;
mod transport;
