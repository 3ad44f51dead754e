//! Windows over a screen: help, the palette, the question before leaving. Each is a screen of its own, so that keys
//! reach it through the same table.

pub mod help;
pub mod palette;
pub mod quit;
