//! A journal that remembers what planning depends on: watching plans at every event, and reading 100,000 bindings each
//! time would take longer than everything else. Nobody else writes them meanwhile: whoever watches holds the lock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::core::error::Error;
use crate::core::event::{RunStatus, RunSummary};
use crate::core::journal::{
    CallEnd, CallId, Intent, Journal, Learned, LockHolder, Memory, RecordEnd, RunLock, RunRecord, RunStart,
    UnfinishedRun,
};
use crate::core::plan::Plan;
use crate::core::target::UserId;

/// A journal with its memory at hand.
pub(super) struct Remembering<'a> {
    journal: &'a dyn Journal,
    known: Mutex<Known>,
    /// What was learned since somebody last took it out.
    pub lessons: Lessons,
}

#[derive(Default)]
struct Known {
    /// `None` until it is read, and again after something that is not in what is learned.
    memory: Option<Arc<Memory>>,
    /// Learned since the memory was last asked for.
    learned: Vec<Learned>,
}

/// Something learned.
#[derive(Debug, Clone)]
pub(super) struct Lesson {
    pub learned: Learned,
    /// Whom the account it is about was bound to before.
    pub was: Option<UserId>,
}

/// What was learned, until somebody takes it out.
pub(super) type Lessons = Arc<Mutex<Vec<Lesson>>>;

impl Lesson {
    /// Of something learned on top of what is remembered and of what was learned since.
    pub(super) fn new(learned: &Learned, memory: &Memory, since: &[Learned]) -> Self {
        let was = match learned {
            Learned::BindUser(account, _) | Learned::UnbindUser(account) => {
                let last = since.iter().rev().find_map(|earlier| match earlier {
                    Learned::BindUser(other, user) if other == account => Some(Some(user)),
                    Learned::UnbindUser(other) if other == account => Some(None),
                    _ => None,
                });
                last.unwrap_or_else(|| memory.users.get(account)).cloned()
            }
            _ => None,
        };
        Self { learned: learned.clone(), was }
    }
}

impl<'a> Remembering<'a> {
    pub(super) fn new(journal: &'a dyn Journal) -> Self {
        Self { journal, known: Mutex::default(), lessons: Lessons::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before it is stored: whoever waits for that may be gone when it is. What cannot be stored ends the watching.
    fn take_in(&self, learned: &[Learned]) {
        let mut known = self.known();
        let mut lessons = self.lessons.lock().unwrap_or_else(PoisonError::into_inner);
        let memory = known.memory.clone().unwrap_or_default();
        for fact in learned {
            lessons.push(Lesson::new(fact, &memory, &known.learned));
            known.learned.push(fact.clone());
        }
    }
}

#[async_trait]
impl Journal for Remembering<'_> {
    async fn memory(&self) -> Result<Arc<Memory>, Error> {
        {
            let Known { memory, learned, .. } = &mut *self.known();
            if let Some(memory) = memory {
                if !learned.is_empty() {
                    let memory = Arc::make_mut(memory);
                    learned.drain(..).for_each(|lesson| memory.learn(lesson));
                }
                return Ok(Arc::clone(memory));
            }
            learned.clear();
        }
        let memory = self.journal.memory().await?;
        self.known().memory = Some(Arc::clone(&memory));
        Ok(memory)
    }

    async fn begin(&self, start: RunStart) -> Result<String, Error> {
        self.journal.begin(start).await
    }

    async fn intend(&self, intent: Intent) -> Result<CallId, Error> {
        self.journal.intend(intent).await
    }

    async fn end_call(&self, call: CallId, end: CallEnd, learned: Vec<Learned>) -> Result<(), Error> {
        self.take_in(&learned);
        self.journal.end_call(call, end, learned).await
    }

    async fn end_record(&self, run: &str, end: RecordEnd, learned: Vec<Learned>) -> Result<(), Error> {
        self.take_in(&learned);
        self.journal.end_record(run, end, learned).await
    }

    async fn finish(
        &self,
        run: &str,
        status: RunStatus,
        summary: RunSummary,
        finished_at_ms: i64,
        source_accounts: Option<u64>,
    ) -> Result<(), Error> {
        if source_accounts.is_some() {
            // A full sync ended: how many there are is remembered with the run.
            self.known().memory = None;
        }
        self.journal.finish(run, status, summary, finished_at_ms, source_accounts).await
    }

    async fn unfinished(&self) -> Result<Option<UnfinishedRun>, Error> {
        self.journal.unfinished().await
    }

    async fn runs(&self) -> Result<Vec<RunRecord>, Error> {
        self.journal.runs().await
    }

    async fn run(&self, run: &str) -> Result<Option<(RunRecord, Plan, Vec<RecordEnd>)>, Error> {
        self.journal.run(run).await
    }

    async fn calls_of(&self, run: &str) -> Result<Vec<(Intent, Option<CallEnd>)>, Error> {
        self.journal.calls_of(run).await
    }

    async fn learn(&self, learned: Vec<Learned>) -> Result<(), Error> {
        self.take_in(&learned);
        self.journal.learn(learned).await
    }

    fn lock(&self, holder: LockHolder) -> Result<Box<dyn RunLock>, Error> {
        self.journal.lock(holder)
    }
}
