//! A day at a made-up company, which only the demo offers. The screens know neither the company nor who follows it:
//! whoever starts the interface brings both.

use std::collections::BTreeMap;
use std::fmt::Debug;

use async_trait::async_trait;
use tokio::sync::mpsc::UnboundedSender;

use crate::core::error::Error;

/// What happens, in each language.
pub type Says = BTreeMap<String, String>;

/// Lets a day pass.
#[async_trait]
pub trait Day: Debug + Send + Sync {
    /// From morning to evening, while a process of its own follows; `told` hears what happens. The error: following
    /// cannot begin, or broke off.
    async fn pass(&self, told: UnboundedSender<Says>) -> Result<(), Error>;
}

/// Where the day stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// There is no company to watch.
    #[default]
    None,
    /// It can begin.
    Offered,
    /// It passes.
    Passing,
}

/// What is told of it.
#[derive(Debug, Clone)]
pub enum News {
    /// Something happened.
    Says(Says),
    /// It is evening, or why it did not get there.
    Over(Result<(), Error>),
}
