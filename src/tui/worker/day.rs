//! The demo's day: started, and told about.

use std::sync::Arc;

use super::Reply;
use crate::tui::day::{Day, News};
use crate::tui::message::Answer;

/// Its slot: there is one day at a time.
pub(super) const DAY: &str = "day";

/// Lets it pass and tells what happens.
pub(super) async fn pass(day: Arc<dyn Day>, reply: Reply) {
    let (told, mut hears) = tokio::sync::mpsc::unbounded_channel();
    let mut passing = std::pin::pin!(day.pass(told));
    let over = loop {
        tokio::select! {
            over = &mut passing => break over,
            Some(says) = hears.recv() => reply.send(Answer::Day(News::Says(says))).await,
        }
    };
    reply.send(Answer::Day(News::Over(over))).await;
}
