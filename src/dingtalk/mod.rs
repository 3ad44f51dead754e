//! DingTalk's address book behind [`crate::core::target::Target`]: tokens, pace, the vendor's many shapes of answers
//! and failures end here. What shall be written is decided elsewhere.

mod answer;
mod call;
mod check;
mod client;
mod feed;
mod loose;
mod read;
mod token;
mod trouble;
mod wire;
mod write;

pub use client::{DingTalk, DingTalkOptions};
pub use feed::EditFeed;
