//! Group commit: whatever waits is committed in one flushed transaction, and a caller goes on only after that.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::core::error::Error;

use super::fault::{Fault, state_error};

/// Pieces of work committed together at most; bounds the memory of one transaction.
const LARGEST_BATCH: usize = 1024;

/// The one place that writes the journal.
#[derive(Clone)]
pub(crate) struct Writer(Arc<Shared>);

struct Shared {
    path: PathBuf,
    queue: Mutex<Queue>,
    connection: Mutex<Connection>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Box<dyn Work>>,
    is_flushing: bool,
    /// Set when the storage failed: nothing is accepted any more.
    broken: Option<Error>,
}

/// A piece of work: carried out inside the transaction, answered after its commit.
trait Work: Send {
    fn run(&mut self, connection: &Connection) -> Result<(), Fault>;
    fn answer(self: Box<Self>, committed: Result<(), Error>);
}

struct Job<T, F> {
    work: Option<F>,
    value: Option<T>,
    done: oneshot::Sender<Result<T, Error>>,
}

impl Writer {
    pub(crate) fn new(path: PathBuf, connection: Connection) -> Self {
        let (queue, connection) = (Mutex::default(), Mutex::new(connection));
        Self(Arc::new(Shared { path, queue, connection }))
    }

    /// Carries out `work` in a transaction and answers after it was flushed to disk. A dropped future does not undo
    /// the work.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (done, answer) = oneshot::channel();
        {
            let mut queue = guard(&self.0.queue);
            if let Some(error) = &queue.broken {
                return Err(error.clone());
            }
            queue.waiting.push(Box::new(Job { work: Some(work), value: None, done }));
            if !queue.is_flushing {
                queue.is_flushing = true;
                let shared = Arc::clone(&self.0);
                // A blocking task, so that a paused clock stands still while the disk is waited for.
                tokio::task::spawn_blocking(move || shared.flush_all());
            }
        }
        let stopped = || state_error(&self.0.path, "is not written any more: the program is ending");
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Shared {
    /// Commits batch after batch until nobody waits.
    fn flush_all(&self) {
        loop {
            let batch: Vec<_> = {
                let mut queue = guard(&self.queue);
                if queue.waiting.is_empty() {
                    queue.is_flushing = false;
                    return;
                }
                let length = queue.waiting.len().min(LARGEST_BATCH);
                queue.waiting.drain(..length).collect()
            };
            self.flush(batch);
        }
    }

    fn flush(&self, mut batch: Vec<Box<dyn Work>>) {
        let connection = guard(&self.connection);
        let broken = guard(&self.queue).broken.clone();
        let result = match broken {
            Some(error) => Err(error),
            None => self.commit(&connection, &mut batch),
        };
        drop(connection);
        match result {
            Ok(own) => {
                for (work, own) in batch.into_iter().zip(own) {
                    work.answer(own);
                }
            }
            Err(error) => batch.into_iter().for_each(|work| work.answer(Err(error.clone()))),
        }
    }

    /// Runs a batch in one transaction. The outer error concerns all of it; an inner one a single piece, whose part
    /// was taken back.
    fn commit(
        &self,
        connection: &Connection,
        batch: &mut [Box<dyn Work>],
    ) -> Result<Vec<Result<(), Error>>, Error> {
        let mut results = Vec::with_capacity(batch.len());
        let mut attempt = || -> Result<(), Fault> {
            connection.execute_batch("BEGIN IMMEDIATE")?;
            for work in batch.iter_mut() {
                connection.execute_batch("SAVEPOINT piece")?;
                match work.run(connection) {
                    Ok(()) => results.push(Ok(())),
                    // The database has taken back everything by itself.
                    Err(fault) if connection.is_autocommit() || fault.is_storage() => return Err(fault),
                    Err(fault) => {
                        connection.execute_batch("ROLLBACK TO piece")?;
                        results.push(Err(fault.at(&self.path)));
                    }
                }
                connection.execute_batch("RELEASE piece")?;
            }
            connection.execute_batch("COMMIT")?;
            Ok(())
        };
        attempt().map_err(|fault| self.give_up(connection, fault))?;
        Ok(results)
    }

    /// Takes a transaction back; after a failure of the storage nothing more is accepted, because what the disk
    /// holds is unknown until the file is opened again.
    fn give_up(&self, connection: &Connection, fault: Fault) -> Error {
        if !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        let is_storage = fault.is_storage();
        let error = fault.at(&self.path);
        if is_storage {
            guard(&self.queue).broken = Some(error.clone());
        }
        error
    }
}

impl<T, F> Work for Job<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T, Fault> + Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), Fault> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Error>) {
        let answer = match (committed, self.value) {
            (Ok(()), Some(value)) => Ok(value),
            (Err(error), _) => Err(error),
            // Without a value there was an error, which came with `committed`; dropping the sender says so.
            (Ok(()), None) => return,
        };
        // The caller may be gone; its work stays.
        let _ = self.done.send(answer);
    }
}

/// A lock that a panic elsewhere does not take away.
pub(crate) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
