//! Drawing shared by two or more screens. A widget knows the look and what it is given, never the state of a screen.

pub mod choice;
pub mod figures;
pub mod gauge;
pub mod pane;
pub mod scroll;
pub mod text;
pub mod text_field;
pub mod tree;
pub mod typed_numbers;
