//! One test program; each module covers one area.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, its helpers are no test functions, and one that skips or measures says so"
)]

mod architecture;
mod attach;
mod bad_input;
mod browse;
mod config;
mod contract;
mod decisions;
mod demo;
mod dingtalk_client;
mod floor;
mod incremental;
mod leave_out;
mod live_screen;
mod logon;
mod pace;
mod planned;
mod preview;
mod screens;
mod simulate;
mod store;
mod support;
mod switches;
mod sync;
mod systemd;
mod terminal;
mod told;
mod transport;
