//! What dingsync does: it knows no screen, no socket, no file and no clock.

pub mod check;
pub mod error;
pub mod field;
pub mod profile;
pub mod refusal;
pub mod source;
pub mod target;
