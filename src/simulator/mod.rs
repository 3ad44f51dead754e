//! Both services on loopback, for the demo and the tests. Shares no wire types with the clients.

pub mod changes;
pub mod company;
mod control;
pub mod dingtalk;
pub mod faults;
pub mod idaas;
mod kept;
pub mod options;
mod respond;
pub mod seed;
mod server;

pub use server::Simulator;

/// Creates or empties a file that only its owner may read.
pub fn private_file(path: &std::path::Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    // The mode counts for a new file only.
    file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    Ok(file)
}
