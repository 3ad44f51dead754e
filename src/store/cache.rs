//! Remembered `GetUser` answers. An entry is good for exactly the `UpdateTime` it was stored with; and because that
//! time need not move with every change, 1/24 of the ids (by a hash of the id) is asked again each day, once, so
//! that every account is read in full at least every 24 days of use, and after 48 days in any case.

use std::sync::Mutex;

use rusqlite::{Connection, OptionalExtension};

use crate::core::source::{Account, AccountCache};

use super::fault::Fault;
use super::seal::{seal, verify};
use super::writer::guard;

/// Days until the turn of an id comes again.
const ROTATION: i64 = 24;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// The cache as it stands on one day.
pub struct StoredAccounts {
    connection: Mutex<Connection>,
    day: i64,
}

impl StoredAccounts {
    pub(crate) fn new(connection: Connection, now_ms: i64) -> Self {
        Self { connection: Mutex::new(connection), day: now_ms.div_euclid(DAY) }
    }

    fn find(&self, id: &str, update_time: i64) -> Result<Option<Account>, Fault> {
        let connection = guard(&self.connection);
        let found: Option<(i64, String, i64)> = connection
            .prepare_cached(
                "SELECT checked_day, account, seal FROM account_cache WHERE id = ?1 AND update_time = ?2",
            )?
            .query_row((id, update_time), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((checked, account, sealed)) = found.filter(|(checked, ..)| !self.is_due(id, *checked))
        else {
            return Ok(None);
        };
        verify(sealed, "account_cache", &[id, &update_time.to_string(), &checked.to_string(), &account])?;
        Ok(Some(serde_json::from_str(&account)?))
    }

    fn is_due(&self, id: &str, checked: i64) -> bool {
        let is_its_turn = seal("turn", &[id]).rem_euclid(ROTATION) == self.day.rem_euclid(ROTATION);
        (is_its_turn && checked < self.day) || checked + 2 * ROTATION <= self.day
    }

    fn store(&self, accounts: &[Account]) -> Result<(), Fault> {
        let mut connection = guard(&self.connection);
        let transaction = connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO account_cache (id, update_time, checked_day, account, seal) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for account in accounts {
                let Some(update_time) = account.update_time else { continue };
                let text = serde_json::to_string(account)?;
                let (time, day) = (update_time.to_string(), self.day.to_string());
                let sealed = seal("account_cache", &[&account.id, &time, &day, &text]);
                statement.execute((&account.id, update_time, self.day, &text, sealed))?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

impl AccountCache for StoredAccounts {
    fn get(&self, id: &str, update_time: i64) -> Option<Account> {
        self.find(id, update_time).unwrap_or_else(|fault| {
            tracing::warn!(?fault, "the account cache cannot be read");
            None
        })
    }

    fn put(&self, accounts: &[Account]) {
        if let Err(fault) = self.store(accounts) {
            tracing::warn!(?fault, "the account cache cannot be written");
        }
    }
}
