//! What dingsync does: it knows no screen, no socket, no file and no clock.

pub mod check;
pub mod clock;
pub mod document;
pub mod error;
pub mod event;
pub mod expression;
pub mod field;
pub mod journal;
pub mod mapping;
pub mod matching;
pub mod normalise;
pub mod plan;
pub mod planner;
pub mod preview;
pub mod profile;
pub mod refusal;
pub mod saved;
pub mod sentences;
pub mod source;
pub mod synchronize;
pub mod target;
pub mod text;
pub mod undo;
mod words;
