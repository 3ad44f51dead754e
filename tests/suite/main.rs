//! One test program; each module covers one area.

mod config;
