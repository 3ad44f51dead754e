//! What the records of a run share: the plan, the target as read, what was learned on the way.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use futures::future::select;
use tokio::sync::watch;

use super::Work;
use crate::core::clock::elapsed_ms;
use crate::core::journal::{CallId, Intent, Learned, Memory};
use crate::core::plan::{Change, DepartmentRef, FieldChange, Plan};
use crate::core::source::{AccountId, UnitId};
use crate::core::target::{Department, DepartmentId, TargetSnapshot, User, UserId};

/// What was sent for a row so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sent {
    /// Calls journalled, which number the steps.
    pub steps: u32,
    /// Calls sent.
    pub attempts: u32,
    /// When the first call was sent, Unix milliseconds.
    pub first_ms: Option<i64>,
    /// A call went unanswered and was not found: it may show later than anybody waits.
    pub was_ambiguous: bool,
}

/// Everything the records of a run share.
pub(super) struct Shared<'a> {
    pub work: &'a Work<'a>,
    pub run: String,
    pub plan: &'a Plan,
    pub snapshot: &'a TargetSnapshot,
    pub memory: &'a Memory,
    /// The snapshot was read anew for a resume, and is younger than the plan.
    pub is_reread: bool,
    /// The run undoes another: what was changed since is left alone.
    pub is_undo: bool,
    /// Calls whose outcome is being found out.
    pub settling: AtomicUsize,
    departments: HashMap<DepartmentId, &'a Department>,
    /// Whose users are whose: asked for seldom.
    accounts: OnceLock<HashMap<&'a UserId, &'a AccountId>>,
    units: HashMap<DepartmentId, &'a UnitId>,
    created: Mutex<HashMap<UnitId, DepartmentId>>,
    /// Calls that an earlier process left in flight, by row.
    open: Mutex<HashMap<usize, Vec<(CallId, Intent)>>>,
    sent: Mutex<HashMap<usize, Sent>>,
    prepared: Mutex<HashMap<usize, Vec<FieldChange>>>,
    missing: Mutex<HashMap<String, String>>,
    halted: watch::Sender<bool>,
    paused: watch::Sender<bool>,
}

impl<'a> Shared<'a> {
    /// Of a run that begins.
    pub(super) fn new(
        work: &'a Work<'a>,
        run: &str,
        plan: &'a Plan,
        snapshot: &'a TargetSnapshot,
        memory: &'a Memory,
    ) -> Self {
        Self {
            work,
            run: run.to_owned(),
            plan,
            snapshot,
            memory,
            is_reread: false,
            is_undo: false,
            settling: AtomicUsize::new(0),
            departments: snapshot.departments.iter().map(|department| (department.id, department)).collect(),
            accounts: OnceLock::new(),
            units: memory.departments.iter().map(|(unit, department)| (*department, unit)).collect(),
            created: Mutex::default(),
            open: Mutex::default(),
            sent: Mutex::default(),
            prepared: Mutex::default(),
            missing: Mutex::default(),
            halted: watch::Sender::new(false),
            paused: watch::Sender::new(false),
        }
    }

    /// Calls whose outcome is being found out.
    pub(super) fn settling(&self) -> usize {
        self.settling.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// The row's change.
    pub(super) fn change(&self, row: usize) -> &'a Change {
        &self.plan.changes[row]
    }

    /// The user as the snapshot has it.
    pub(super) fn user(&self, id: &UserId) -> Option<&'a User> {
        self.snapshot.user(&id.0)
    }

    /// The department as the snapshot has it.
    pub(super) fn department(&self, id: DepartmentId) -> Option<&'a Department> {
        self.departments.get(&id).copied()
    }

    /// The account of a user row, from the row or from its binding.
    pub(super) fn account(&self, change: &Change) -> Option<AccountId> {
        let bound =
            || self.accounts().get(&UserId(change.target_id.clone()?)).map(|account| (*account).clone());
        change.source_id.clone().map(AccountId).or_else(bound)
    }

    fn accounts(&self) -> &HashMap<&'a UserId, &'a AccountId> {
        let memory = self.memory;
        self.accounts.get_or_init(|| memory.users.iter().map(|(account, user)| (user, account)).collect())
    }

    /// The unit of a department row, from the row or from its binding.
    pub(super) fn unit(&self, change: &Change) -> Option<UnitId> {
        let bound = || self.units.get(&department_id(change)?).map(|unit| (*unit).clone());
        change.source_id.clone().map(UnitId).or_else(bound)
    }

    /// The department a reference means, once it exists.
    pub(super) fn resolve(&self, place: &DepartmentRef) -> Option<DepartmentId> {
        match place {
            DepartmentRef::Existing(id) => Some(*id),
            DepartmentRef::New(unit) => {
                let created = lock(&self.created).get(unit).copied();
                created.or_else(|| self.memory.departments.get(unit).copied())
            }
        }
    }

    /// Takes in what was learned, for the rows that follow.
    pub(super) fn learn(&self, learned: &[Learned]) {
        for fact in learned {
            if let Learned::BindDepartment(unit, id) = fact {
                lock(&self.created).insert(unit.clone(), *id);
            }
        }
    }

    /// Remembers a call that an earlier process left in flight.
    pub(super) fn leave_open(&self, id: CallId, intent: Intent) {
        lock(&self.open).entry(intent.row).or_default().push((id, intent));
    }

    /// The calls of a row whose outcome has to be found out before anything is sent for it; each is answered once.
    pub(super) fn take_open(&self, row: usize) -> Vec<(CallId, Intent)> {
        lock(&self.open).remove(&row).unwrap_or_default()
    }

    /// What was sent for a row so far.
    pub(super) fn sent(&self, row: usize) -> Sent {
        lock(&self.sent).get(&row).copied().unwrap_or_default()
    }

    /// Changes what was sent for a row.
    pub(super) fn update_sent(&self, row: usize, update: impl FnOnce(&mut Sent)) {
        update(lock(&self.sent).entry(row).or_default());
    }

    /// Whether a value of the row was freed ahead of time.
    pub(super) fn is_prepared(&self, row: usize) -> bool {
        lock(&self.prepared).contains_key(&row)
    }

    /// Whether this field of the row was freed ahead of time.
    pub(super) fn has_prepared(&self, row: usize, field: &str) -> bool {
        lock(&self.prepared)
            .get(&row)
            .is_some_and(|freed| freed.iter().any(|change| change.field.as_str() == field))
    }

    /// The name of a row's department before it was given a temporary one.
    pub(super) fn own_name(&self, row: usize) -> Option<String> {
        let prepared = lock(&self.prepared);
        let name = prepared.get(&row)?.iter().find(|change| change.field.as_str() == "name")?;
        name.before.as_text().map(str::to_owned)
    }

    /// Remembers that a value of the row was freed ahead of time.
    pub(super) fn prepare(&self, row: usize, freed: FieldChange) {
        lock(&self.prepared).entry(row).or_default().push(freed);
    }

    /// Remembers why a unit's department does not exist.
    pub(super) fn miss(&self, unit: &str, cause: &str) {
        lock(&self.missing).insert(unit.to_owned(), cause.to_owned());
    }

    /// Why the department of a reference does not exist.
    pub(super) fn why_missing(&self, place: &str) -> String {
        let unit = place.trim_start_matches("new:");
        lock(&self.missing).get(unit).cloned().unwrap_or_else(|| format!("{unit} has no department"))
    }

    /// Whether the snapshot is too old to write by without looking again.
    pub(super) fn is_old(&self) -> bool {
        const LONGEST_MS: u64 = 10 * 60 * 1000;
        elapsed_ms(self.snapshot.read_at_ms, self.work.clock.now_ms()) > LONGEST_MS
    }

    /// No write is sent from now on.
    pub(super) fn halt(&self) {
        self.halted.send_replace(true);
    }

    /// Whether writes may still be sent.
    pub(super) fn is_halted(&self) -> bool {
        *self.halted.borrow()
    }

    /// Nothing is sent while it is so.
    pub(super) fn pause(&self, is_paused: bool) {
        self.paused.send_replace(is_paused);
    }

    /// Whether the operator lets the run wait.
    pub(super) fn is_paused(&self) -> bool {
        *self.paused.borrow()
    }

    /// Resolves when the run does not wait, or stops.
    pub(super) async fn awake(&self) {
        let mut changes = self.paused.subscribe();
        let (awake, halted) = (pin!(changes.wait_for(|paused| !*paused)), pin!(self.halted()));
        select(awake, halted).await;
    }

    /// Resolves when no write may be sent any more.
    pub(super) async fn halted(&self) {
        let mut changes = self.halted.subscribe();
        drop(changes.wait_for(|halted| *halted).await);
    }
}

/// The department a row is about.
pub(super) fn department_id(change: &Change) -> Option<DepartmentId> {
    change.target_id.as_deref()?.parse().ok().map(DepartmentId)
}

/// The user a row is about.
pub(super) fn user_id(change: &Change) -> Option<UserId> {
    change.target_id.clone().map(UserId)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl super::settle::Others for Shared<'_> {
    // What was read anew may hold what the run's own calls in flight made, so only bindings tell then.
    fn has_user(&self, id: &UserId) -> bool {
        (!self.is_reread && self.user(id).is_some()) || self.accounts().contains_key(id)
    }

    fn has_department(&self, id: DepartmentId) -> bool {
        (!self.is_reread && self.departments.contains_key(&id)) || self.units.contains_key(&id)
    }
}
