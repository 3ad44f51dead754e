//! One test program: every module is an area.
// Tests may fail by panicking; clippy's own exception does not reach their helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod dingtalk_client;
mod pace;
mod transport;
