//! Bindings, decisions and the like: what planning depends on, and how calls change it.

use rusqlite::Connection;

use crate::core::journal::{Learned, Memory};
use crate::core::source::{AccountId, UnitId};
use crate::core::target::{DepartmentId, UserId};

use super::fault::Fault;
use super::seal::{seal, verify};

const USER: &str = "user";
const DEPARTMENT: &str = "department";
const PENDING: &str = "pending";
const UNSTORED: &str = "unstored";
const DECISION: &str = "decision";
const LEFT_OUT_UNIT: &str = "left_out_unit";
const MOVED_LEAVER: &str = "moved_leaver";

/// Everything planning depends on.
pub(crate) fn load(connection: &Connection) -> Result<Memory, Fault> {
    let mut memory = Memory::default();
    let mut statement = connection.prepare("SELECT kind, key, value, seal FROM memory")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, key, value): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        verify(row.get(3)?, "memory", &[&kind, &key, &value])?;
        remember(&mut memory, &kind, key, value)?;
    }
    let finished: i64 = connection.query_row(
        "SELECT count(*) FROM run WHERE kind = '\"sync\"' AND status IN ('success', 'partial_success')",
        [],
        |row| row.get(0),
    )?;
    memory.finished_full_syncs = u64::try_from(finished).unwrap_or_default();
    let last: Result<i64, _> = connection.query_row(
        "SELECT source_accounts FROM run WHERE source_accounts IS NOT NULL ORDER BY finished_at_ms DESC, id DESC",
        [],
        |row| row.get(0),
    );
    memory.last_source_accounts = match last {
        Ok(accounts) => u64::try_from(accounts).ok(),
        Err(rusqlite::Error::QueryReturnedNoRows) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(memory)
}

/// Stores what a call or record taught.
pub(crate) fn learn(connection: &Connection, learned: &[Learned]) -> Result<(), Fault> {
    for lesson in learned {
        match lesson {
            Learned::BindUser(account, user) => put(connection, USER, &account.0, &user.0)?,
            Learned::UnbindUser(account) => forget(connection, USER, &account.0)?,
            Learned::BindDepartment(unit, id) => put(connection, DEPARTMENT, &unit.0, &id.to_string())?,
            Learned::UnbindDepartment(unit) => forget(connection, DEPARTMENT, &unit.0)?,
            Learned::Pending(account, mobile) => put(connection, PENDING, &account.0, mobile)?,
            Learned::NotPending(account) => forget(connection, PENDING, &account.0)?,
            Learned::Unstored(key, value) => {
                let (key, value) = (serde_json::to_string(key)?, serde_json::to_string(value)?);
                put(connection, UNSTORED, &key, &value)?;
            }
            Learned::MovedLeaver(account) => put(connection, MOVED_LEAVER, &account.0, "")?,
            Learned::NotLeaver(account) => forget(connection, MOVED_LEAVER, &account.0)?,
            Learned::Decided(account, Some(decision)) => {
                put(connection, DECISION, &account.0, &serde_json::to_string(decision)?)?;
            }
            Learned::Decided(account, None) => forget(connection, DECISION, &account.0)?,
            Learned::LeftOutUnit(unit, true) => put(connection, LEFT_OUT_UNIT, &unit.0, "")?,
            Learned::LeftOutUnit(unit, false) => forget(connection, LEFT_OUT_UNIT, &unit.0)?,
        }
    }
    Ok(())
}

fn remember(memory: &mut Memory, kind: &str, key: String, value: String) -> Result<(), Fault> {
    match kind {
        USER => {
            memory.users.insert(AccountId(key), UserId(value));
        }
        DEPARTMENT => {
            let id = value.parse().map_err(|_| Fault::Damaged("a department id is no number".into()))?;
            memory.departments.insert(UnitId(key), DepartmentId(id));
        }
        PENDING => {
            memory.pending.insert(AccountId(key), value);
        }
        UNSTORED => {
            memory.unstored.insert(serde_json::from_str(&key)?, serde_json::from_str(&value)?);
        }
        DECISION => {
            memory.decisions.insert(AccountId(key), serde_json::from_str(&value)?);
        }
        LEFT_OUT_UNIT => {
            memory.left_out_units.insert(UnitId(key));
        }
        MOVED_LEAVER => {
            memory.moved_leavers.insert(AccountId(key));
        }
        _ => {}
    }
    Ok(())
}

/// Remembers one thing.
pub(crate) fn put(connection: &Connection, kind: &str, key: &str, value: &str) -> Result<(), Fault> {
    let mut statement = connection
        .prepare_cached("INSERT OR REPLACE INTO memory (kind, key, value, seal) VALUES (?1, ?2, ?3, ?4)")?;
    statement.execute((kind, key, value, seal("memory", &[kind, key, value])))?;
    Ok(())
}

/// Forgets one thing.
pub(crate) fn forget(connection: &Connection, kind: &str, key: &str) -> Result<(), Fault> {
    connection.prepare_cached("DELETE FROM memory WHERE kind = ?1 AND key = ?2")?.execute((kind, key))?;
    Ok(())
}
