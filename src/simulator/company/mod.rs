//! Invented companies: one of any size for trials under load, and one with five years of history for the demo.
//! The same arguments give the same company on every machine.

mod demo;
mod generate;
mod history;
mod names;
mod weather;

pub use demo::{Bindings, SETTINGS, bindings, demo};
pub use generate::generate;
pub use weather::Weather;
