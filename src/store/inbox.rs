//! Events that were received and what became of them, what both sides last agreed on, and differences made by hand:
//! the state of incremental synchronization, in the same file and under the same promises as the journal.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension};

use crate::core::error::Error;
use crate::core::incremental::{
    Baseline, Delivery, Drift, DriftDecision, EventEnd, EventState, Inbox, Receipt, SourceEvent, Subject,
    Waiting,
};
use crate::core::plan::Entity;

use super::fault::Fault;
use super::seal::{seal, verify};
use super::writer::Writer;
use super::{Store, drift};

/// How long an event is remembered after its end, so that a repetition is recognised.
const REMEMBERED_MS: i64 = 30 * 86_400_000;

/// The state of incremental synchronization of one connection.
#[derive(Clone)]
pub struct StoredInbox {
    pub(super) store: Store,
}

impl Store {
    /// The state of incremental synchronization; made when it is first used.
    pub async fn inbox(&self) -> Result<StoredInbox, Error> {
        self.writer.write(|connection| Ok(connection.execute_batch(include_str!("inbox.sql"))?)).await?;
        Ok(StoredInbox { store: self.clone() })
    }
}

impl StoredInbox {
    fn writer(&self) -> &Writer {
        &self.store.writer
    }
}

#[async_trait]
impl Inbox for StoredInbox {
    async fn receive(&self, delivery: Delivery) -> Result<Receipt, Error> {
        self.writer().write(move |connection| receive(connection, &delivery)).await
    }

    async fn waiting(&self) -> Result<Vec<Waiting>, Error> {
        self.store.read(waiting).await
    }

    async fn end(&self, ends: Vec<EventEnd>, at_ms: i64) -> Result<(), Error> {
        self.writer().write(move |connection| end(connection, &ends, at_ms)).await
    }

    async fn unsuccessful(&self) -> Result<(u64, u64), Error> {
        self.store
            .read(|connection| {
                Ok((count(connection, EventState::Held)?, count(connection, EventState::Failed)?))
            })
            .await
    }

    async fn baseline(&self) -> Result<Baseline, Error> {
        self.store.read(baseline).await
    }

    async fn agree(&self, profile: &str, marks: Vec<(Subject, Option<i64>)>) -> Result<(), Error> {
        let profile = profile.to_owned();
        self.writer().write(move |connection| agree(connection, &profile, &marks)).await
    }

    async fn drifts(&self) -> Result<Vec<(Drift, Option<DriftDecision>)>, Error> {
        self.store.read(drift::all).await
    }

    async fn put_drift(&self, drift: &Drift) -> Result<(), Error> {
        let drift = drift.clone();
        self.writer().write(move |connection| drift::put(connection, &drift)).await
    }

    async fn drop_drift(&self, entity: Entity, source_id: &str) -> Result<(), Error> {
        let id = source_id.to_owned();
        self.writer().write(move |connection| drift::forget(connection, entity, &id)).await
    }

    async fn decide(&self, entity: Entity, source_id: &str, decision: DriftDecision) -> Result<bool, Error> {
        let id = source_id.to_owned();
        self.writer().write(move |connection| drift::decide(connection, entity, &id, decision)).await
    }
}

fn receive(connection: &Connection, delivery: &Delivery) -> Result<Receipt, Fault> {
    let now = delivery.received_at_ms;
    connection.prepare_cached("DELETE FROM inbox_token WHERE expires_ms < ?1")?.execute([now])?;
    let is_new = connection
        .prepare_cached("INSERT OR IGNORE INTO inbox_token (id, expires_ms) VALUES (?1, ?2)")?
        .execute((&delivery.token_id, delivery.expires_ms))?;
    let ids = delivery.events.iter().map(|event| &event.id).chain(&delivery.remembered);
    if is_new == 0 {
        return Ok(Receipt { repeated: ids.cloned().collect(), is_replay: true });
    }
    let mut repeated = Vec::new();
    for event in &delivery.events {
        if !store(connection, &event.id, Some(event), now)? {
            repeated.push(event.id.clone());
        }
    }
    for id in &delivery.remembered {
        if !store(connection, id, None, now)? {
            repeated.push(id.clone());
        }
    }
    Ok(Receipt { repeated, is_replay: false })
}

/// Stores an event; `false` when it is known. One without content is only remembered.
fn store(connection: &Connection, id: &str, event: Option<&SourceEvent>, now: i64) -> Result<bool, Fault> {
    let content = event.map(serde_json::to_string).transpose()?;
    let state = if event.is_some() { EventState::Waiting } else { EventState::Done };
    let sealed = seal("inbox", &[id, content.as_deref().unwrap_or_default()]);
    let ended = event.is_none().then_some(now);
    let stored = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO inbox (event, content, received_at_ms, state, ended_at_ms, seal) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((id, content, now, state.as_str(), ended, sealed))?;
    Ok(stored == 1)
}

fn waiting(connection: &Connection) -> Result<Vec<Waiting>, Fault> {
    let mut statement = connection.prepare(
        "SELECT event, content, received_at_ms, seal FROM inbox WHERE state = 'waiting' ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, content): (String, String) = (row.get(0)?, row.get(1)?);
        verify(row.get(3)?, "inbox", &[&id, &content])?;
        found.push(Waiting { event: serde_json::from_str(&content)?, received_at_ms: row.get(2)? });
    }
    Ok(found)
}

fn end(connection: &Connection, ends: &[EventEnd], at_ms: i64) -> Result<(), Fault> {
    for end in ends {
        connection
            .prepare_cached("UPDATE inbox SET state = ?2, note = ?3, ended_at_ms = ?4 WHERE event = ?1")?
            .execute((&end.id, end.state.as_str(), &end.note, at_ms))?;
    }
    connection
        .prepare_cached("DELETE FROM inbox WHERE state <> 'waiting' AND ended_at_ms < ?1")?
        .execute([at_ms - REMEMBERED_MS])?;
    Ok(())
}

fn count(connection: &Connection, state: EventState) -> Result<u64, Fault> {
    let found: i64 =
        connection
            .query_row("SELECT count(*) FROM inbox WHERE state = ?1", [state.as_str()], |row| row.get(0))?;
    Ok(u64::try_from(found).unwrap_or_default())
}

fn baseline(connection: &Connection) -> Result<Baseline, Fault> {
    let profile = connection.query_row("SELECT profile FROM agreed_by", [], |row| row.get(0)).optional()?;
    let mut baseline = Baseline { profile, ..Baseline::default() };
    let mut statement = connection.prepare("SELECT subject, mark FROM agreed")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let subject: String = row.get(0)?;
        baseline.marks.insert(serde_json::from_str(&subject)?, row.get(1)?);
    }
    Ok(baseline)
}

fn agree(connection: &Connection, profile: &str, marks: &[(Subject, Option<i64>)]) -> Result<(), Fault> {
    let stored: Option<String> =
        connection.query_row("SELECT profile FROM agreed_by", [], |row| row.get(0)).optional()?;
    if stored.as_deref() != Some(profile) {
        connection.execute("DELETE FROM agreed", [])?;
        connection.execute("INSERT OR REPLACE INTO agreed_by (one, profile) VALUES (1, ?1)", [profile])?;
    }
    for (subject, mark) in marks {
        let subject = serde_json::to_string(subject)?;
        match mark {
            Some(mark) => connection
                .prepare_cached("INSERT OR REPLACE INTO agreed (subject, mark) VALUES (?1, ?2)")?
                .execute((subject, mark))?,
            None => connection.prepare_cached("DELETE FROM agreed WHERE subject = ?1")?.execute([subject])?,
        };
    }
    Ok(())
}
