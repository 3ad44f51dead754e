//! Local state in one SQLite file: bindings, runs, every call before it is sent and after it is answered. Behind
//! [`Journal`]; knows no network and no screen. Holds no secrets. Source: contract sections 3 "State" and 7.
//!
//! Write-ahead log with `synchronous = FULL`: what was acknowledged survives a kill and a power cut. Simultaneous
//! writes share one flush (`writer`). A file that is foreign, newer, damaged or not writable is refused on opening.

mod cache;
mod calls;
mod drift;
mod fault;
mod inbox;
mod lock;
mod logon;
mod memory;
mod open;
mod runs;
mod seal;
mod seen;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use rusqlite::Connection;

use crate::core::error::Error;
use crate::core::event::{RunStatus, RunSummary};
use crate::core::journal::{
    CallEnd, CallId, Intent, Journal, Learned, LockHolder, Memory, RecordEnd, RunLock, RunRecord, RunStart,
    UnfinishedRun,
};
use crate::core::logon::LogonMemory;
use crate::core::logon::journal::{LogonCall, LogonEnd, LogonEntry, LogonJournal, LogonLesson};
use crate::core::plan::Plan;

pub use cache::StoredAccounts;
pub use inbox::StoredInbox;
pub use lock::{holder, lock_path, this_process};
pub use open::ConnectionId;

use fault::{Fault, state_error};
use open::Durability;
use writer::Writer;

/// The state of one connection.
#[derive(Clone)]
pub struct Store {
    path: PathBuf,
    writer: Writer,
}

impl Store {
    /// Opens the state file of a connection; creates it (mode 0600) and its directory (0700) when there is none.
    /// Kind state when the file is not ours, newer, damaged, of another connection, or cannot be written.
    pub fn open(path: &Path, owner: &ConnectionId) -> Result<Self, Error> {
        let path = open::prepare(path, owner)?;
        let connection = open::connect(&path, Durability::Full)?;
        Ok(Self { writer: Writer::new(path.clone(), connection), path })
    }

    /// The file's canonical path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The remembered `GetUser` answers as they stand at `now_ms` (Unix milliseconds).
    pub fn account_cache(&self, now_ms: i64) -> Result<StoredAccounts, Error> {
        Ok(StoredAccounts::new(open::connect(&self.path, Durability::Relaxed)?, now_ms))
    }

    /// Reads on a connection of its own, beside whatever is being written, as of one moment.
    async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let path = self.path.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let connection = open::connect(&path, Durability::Full)?;
            let read = || -> Result<T, Fault> {
                let transaction = connection.unchecked_transaction()?;
                work(&transaction)
            };
            read().map_err(|fault| fault.at(&path))
        });
        reading.await.unwrap_or_else(|_| Err(state_error(&self.path, "could not be read to the end")))
    }
}

#[async_trait]
impl Journal for Store {
    async fn memory(&self) -> Result<Arc<Memory>, Error> {
        self.read(memory::load).await.map(Arc::new)
    }

    async fn begin(&self, start: RunStart) -> Result<String, Error> {
        self.writer.write(move |connection| runs::begin(connection, &start)).await
    }

    async fn intend(&self, intent: Intent) -> Result<CallId, Error> {
        self.writer.write(move |connection| calls::intend(connection, &intent)).await
    }

    async fn end_call(&self, call: CallId, end: CallEnd, learned: Vec<Learned>) -> Result<(), Error> {
        self.writer.write(move |connection| calls::end_call(connection, call, &end, &learned)).await
    }

    async fn end_record(&self, run: &str, end: RecordEnd, learned: Vec<Learned>) -> Result<(), Error> {
        let run = run.to_owned();
        self.writer.write(move |connection| calls::end_record(connection, &run, &end, &learned)).await
    }

    async fn finish(
        &self,
        run: &str,
        status: RunStatus,
        summary: RunSummary,
        finished_at_ms: i64,
        source_accounts: Option<u64>,
    ) -> Result<(), Error> {
        let run = run.to_owned();
        self.writer
            .write(move |connection| {
                runs::finish(connection, &run, status, &summary, finished_at_ms, source_accounts)
            })
            .await
    }

    async fn unfinished(&self) -> Result<Option<UnfinishedRun>, Error> {
        self.read(runs::unfinished).await
    }

    async fn runs(&self) -> Result<Vec<RunRecord>, Error> {
        self.read(runs::all).await
    }

    async fn run(&self, run: &str) -> Result<Option<(RunRecord, Plan, Vec<RecordEnd>)>, Error> {
        let run = run.to_owned();
        self.read(move |connection| runs::one(connection, &run)).await
    }

    async fn calls_of(&self, run: &str) -> Result<Vec<(Intent, Option<CallEnd>)>, Error> {
        let run = run.to_owned();
        self.read(move |connection| calls::of_run(connection, &run)).await
    }

    async fn learn(&self, learned: Vec<Learned>) -> Result<(), Error> {
        self.writer.write(move |connection| memory::learn(connection, &learned)).await
    }

    fn lock(&self, holder: LockHolder) -> Result<Box<dyn RunLock>, Error> {
        lock::take(&self.path, &holder)
    }
}

#[async_trait]
impl LogonJournal for Store {
    async fn logon_memory(&self) -> Result<LogonMemory, Error> {
        self.read(logon::load).await
    }

    async fn intend_logon(&self, call: LogonCall, at_ms: i64) -> Result<i64, Error> {
        self.writer.write(move |connection| logon::intend(connection, &call, at_ms)).await
    }

    async fn end_logon(&self, id: i64, end: LogonEnd, lessons: Vec<LogonLesson>) -> Result<(), Error> {
        self.writer.write(move |connection| logon::end(connection, id, &end, &lessons)).await
    }

    async fn learn_logon(&self, lessons: Vec<LogonLesson>) -> Result<(), Error> {
        self.writer.write(move |connection| logon::learn(connection, &lessons)).await
    }

    async fn logon_history(&self) -> Result<Vec<LogonEntry>, Error> {
        self.read(logon::history).await
    }
}
