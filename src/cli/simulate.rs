//! stub
#![allow(missing_docs, unused)]
use crate::core::error::Error;
use std::path::{Path, PathBuf};
#[derive(Debug, clap::Args)]
pub struct SimulateArgs {
    #[arg(long)]
    pub accounts: Option<u32>,
}
pub async fn run(a: SimulateArgs, s: Option<PathBuf>) -> Result<(), Error> {
    Ok(())
}
pub fn write_config(
    dir: &Path,
    url: &str,
    o: &crate::simulator::options::Options,
) -> std::io::Result<PathBuf> {
    Ok(dir.into())
}
