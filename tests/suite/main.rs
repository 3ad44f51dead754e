//! One test program: every module is an area.

mod pace;
mod transport;
