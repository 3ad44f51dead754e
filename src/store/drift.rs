//! Differences made by hand in DingTalk, with what somebody decided on them.

use rusqlite::Connection;

use crate::core::incremental::{Drift, DriftDecision};
use crate::core::plan::Entity;

use super::fault::Fault;
use super::seal::{seal, verify};

/// Every drift, with its decision.
pub(crate) fn all(connection: &Connection) -> Result<Vec<(Drift, Option<DriftDecision>)>, Fault> {
    let mut statement =
        connection.prepare("SELECT entity, source_id, content, decision, seal FROM drift ORDER BY 1, 2")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (entity, id, content): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        verify(row.get(4)?, "drift", &[&entity, &id, &content])?;
        let decision: Option<String> = row.get(3)?;
        let decision = decision.map(|text| serde_json::from_str(&text)).transpose()?;
        found.push((serde_json::from_str(&content)?, decision));
    }
    Ok(found)
}

/// Stores a drift; an earlier decision on the record is forgotten.
pub(crate) fn put(connection: &Connection, drift: &Drift) -> Result<(), Fault> {
    let (entity, content) = (drift.entity.as_str(), serde_json::to_string(drift)?);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO drift (entity, source_id, content, decision, seal) \
             VALUES (?1, ?2, ?3, NULL, ?4)",
        )?
        .execute((
            entity,
            &drift.source_id,
            &content,
            seal("drift", &[entity, &drift.source_id, &content]),
        ))?;
    Ok(())
}

/// Forgets the drift of a record.
pub(crate) fn forget(connection: &Connection, entity: Entity, source_id: &str) -> Result<(), Fault> {
    connection
        .prepare_cached("DELETE FROM drift WHERE entity = ?1 AND source_id = ?2")?
        .execute((entity.as_str(), source_id))?;
    Ok(())
}

/// Stores a decision; `false` when there is no such drift.
pub(crate) fn decide(
    connection: &Connection,
    entity: Entity,
    source_id: &str,
    decision: DriftDecision,
) -> Result<bool, Fault> {
    let changed = connection
        .prepare_cached("UPDATE drift SET decision = ?3 WHERE entity = ?1 AND source_id = ?2")?
        .execute((entity.as_str(), source_id, serde_json::to_string(&decision)?))?;
    Ok(changed == 1)
}
