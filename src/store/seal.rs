//! A seal over a row's content: SQLite itself does not notice a flipped bit inside a value.

use sha2::{Digest, Sha256};

use super::fault::Fault;

/// The seal of a row: the first eight bytes of SHA-256 over its table and fields, each with its length.
pub(crate) fn seal(table: &str, fields: &[&str]) -> i64 {
    let mut digest = Sha256::new();
    for field in std::iter::once(&table).chain(fields) {
        digest.update((field.len() as u64).to_le_bytes());
        digest.update(field.as_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&digest.finalize()[..8]);
    i64::from_le_bytes(first)
}

/// Refuses a row whose content does not fit its seal.
pub(crate) fn verify(stored: i64, table: &str, fields: &[&str]) -> Result<(), Fault> {
    if stored == seal(table, fields) {
        return Ok(());
    }
    Err(Fault::Damaged(format!("a row of `{table}` does not fit its seal")))
}
