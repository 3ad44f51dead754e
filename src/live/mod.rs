//! A run as a process of its own: its event file beside the state, which any number of screens follow; how it is
//! started detached from a terminal; how it is paused and stopped from outside. Knows no screen and no service.

mod control;
mod detach;
mod follow;
mod place;
mod recorder;
mod start;

pub use control::{Ask, ask, stop_and_wait};
pub use detach::leave_terminal;
pub use follow::Follower;
pub use place::Place;
pub use recorder::Recorder;
pub use start::{Errand, Start, Started, Starting};

pub use crate::store::holder;
