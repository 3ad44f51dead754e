//! The terminal interface: screens over the same core as the commands. Nothing is computed here that core computes,
//! and nothing on the screen's thread waits for network or disk.
//!
//! ```text
//! keys, ticks ──┐
//!               ├──► Message ──► App::update ──► Command ──► worker ──► core
//! answers ──────┘                                                │
//!      ▲─────────────────────── Message ◄────────────────────────┘
//! ```

pub mod draft;
pub mod keys;
pub mod look;
pub mod message;
pub mod screen;
pub mod shared;
