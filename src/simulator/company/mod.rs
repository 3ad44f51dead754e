//! Invented companies: one of any size for trials under load, and one with five years of history for the demo.
//! The same arguments give the same company on every machine.

mod generate;
mod names;

pub use generate::generate;

use super::seed::Seed;

/// demo
pub fn demo() -> Seed {
    generate(200, 20, 1, 50)
}
