//! One call: a turn in the lane, the intent on disk, the write, its end on disk. So only what is really on its way
//! is ever in doubt.

use std::pin::pin;
use std::sync::atomic::Ordering;

use futures::future::{Either, select};

use super::settle::{Settled, marked_child, settle};
use super::shared::Shared;
use super::write;
use crate::core::error::Error;
use crate::core::field::FieldName;
use crate::core::journal::{CallEnd, CallId, Intent, Learned};
use crate::core::plan::FieldChange;
use crate::core::target::{Interface, Permit, Refusal, RefusalClass, Write, WriteFailure, Written};

/// How often a write is sent at most when its outcome stays unknown.
const MOST_SENDS: u32 = 3;

/// How a call ended.
#[derive(Debug)]
pub(super) enum Called {
    /// It was applied.
    Applied(Written),
    /// It was refused, and not applied.
    Refused(Refusal),
    /// Nobody can find out.
    Unknown(String),
    /// It was not sent: the run stops.
    Abandoned,
    /// Something that concerns every record.
    Broken(Error),
}

/// A write of a row.
pub(super) struct Call<'c> {
    /// The row.
    pub row: usize,
    /// What is sent.
    pub write: &'c Write,
    /// The values before and after, for an undo.
    pub before: &'c [FieldChange],
    /// It only frees a value ahead of the row itself.
    pub is_preparation: bool,
}

/// Sends a write and finds out what became of it; sent again only when it was certainly not applied.
pub(super) async fn send(shared: &Shared<'_>, call: &Call<'_>) -> Called {
    for _ in 0..MOST_SENDS {
        let Some(permit) = turn(shared, call.write.interface()).await else { return Called::Abandoned };
        let id = match intend(shared, call).await {
            Ok(id) => id,
            Err(error) => return Called::Broken(error),
        };
        let answer = shared.work.target.write(permit, call.write).await;
        let settled = match answer {
            Ok(written) => Settled::Applied(written),
            Err(WriteFailure::Fatal(error)) => {
                let end = CallEnd::NotApplied { code: error.code.clone() };
                // The run stops either way; the first reason is the one to tell.
                drop(shared.work.journal.end_call(id, end, Vec::new()).await);
                return Called::Broken(error);
            }
            Err(WriteFailure::Refused(refusal)) => match recovered(shared, call, &refusal).await {
                Some(written) => Settled::Applied(written),
                None => return refused(shared, call, id, refusal).await,
            },
            Err(WriteFailure::Ambiguous(_)) => {
                shared.update_sent(call.row, |sent| sent.was_ambiguous = true);
                look(shared, call.write).await
            }
        };
        let end = match &settled {
            Settled::Applied(written) => CallEnd::Applied(written.clone()),
            Settled::NotApplied => CallEnd::NotApplied { code: None },
            // Its end stays open: whoever resumes looks again.
            Settled::Unknown(why) => return Called::Unknown(why.clone()),
            Settled::Broken(error) => return Called::Broken(error.clone()),
        };
        let learned = learned(shared, call, &end);
        shared.learn(&learned);
        if let Err(error) = shared.work.journal.end_call(id, end, learned).await {
            return Called::Broken(error);
        }
        if let Settled::Applied(written) = settled {
            return Called::Applied(written);
        }
    }
    Called::Unknown(format!("sent {MOST_SENDS} times without an answer, and not there"))
}

/// A turn in the lane, outside pauses, or nothing once the run stops.
async fn turn(shared: &Shared<'_>, interface: Interface) -> Option<Permit> {
    loop {
        shared.awake().await;
        if shared.is_halted() {
            return None;
        }
        let halted = pin!(shared.halted());
        match select(halted, shared.work.target.permit(interface)).await {
            Either::Left(_) => return None,
            // A turn that came during a pause is given up: afterwards nobody may rush.
            Either::Right(_) if shared.is_paused() => {}
            Either::Right((permit, _)) => return Some(permit),
        }
    }
}

async fn intend(shared: &Shared<'_>, call: &Call<'_>) -> Result<CallId, Error> {
    let now = shared.work.clock.now_ms();
    let intent = Intent {
        run: shared.run.clone(),
        row: call.row,
        step: shared.sent(call.row).steps,
        write: call.write.clone(),
        before: call.before.to_vec(),
        is_preparation: call.is_preparation,
        at_ms: now,
    };
    shared.update_sent(call.row, |sent| {
        sent.steps += 1;
        sent.first_ms.get_or_insert(now);
    });
    let id = shared.work.journal.intend(intent).await?;
    shared.update_sent(call.row, |sent| sent.attempts += 1);
    Ok(id)
}

async fn look(shared: &Shared<'_>, write: &Write) -> Settled {
    shared.settling.fetch_add(1, Ordering::Relaxed);
    // Its answer failed to come just now, however long ago it was sent.
    let now = shared.work.clock.now_ms();
    let settled = settle(shared.work.target, shared.work.clock, shared, write, now).await;
    shared.settling.fetch_sub(1, Ordering::Relaxed);
    settled
}

/// What a refusal hides: the object is already as wanted, by an earlier send of ours or by our mark on it.
async fn recovered(shared: &Shared<'_>, call: &Call<'_>, refusal: &Refusal) -> Option<Written> {
    let (write, was_ambiguous) = (call.write, shared.sent(call.row).was_ambiguous);
    match (write, refusal.class) {
        (Write::DeleteUser { .. } | Write::DeleteDepartment { .. }, RefusalClass::NotFound) => {
            Some(Written::Done)
        }
        (Write::CreateDepartment(draft), RefusalClass::DuplicateName) => {
            if let Ok(Some(id)) = marked_child(shared.work.target, draft).await {
                return Some(Written::Department(id));
            }
            if was_ambiguous { found(look(shared, write).await) } else { None }
        }
        (
            Write::CreateUser(_),
            RefusalClass::MobileTaken | RefusalClass::UseridTaken | RefusalClass::ValueTaken,
        ) if was_ambiguous => found(look(shared, write).await),
        _ => None,
    }
}

fn found(settled: Settled) -> Option<Written> {
    match settled {
        Settled::Applied(written) => Some(written),
        Settled::NotApplied | Settled::Unknown(_) | Settled::Broken(_) => None,
    }
}

async fn refused(shared: &Shared<'_>, call: &Call<'_>, id: CallId, refusal: Refusal) -> Called {
    let learned = match (call.write, refusal.class) {
        (Write::CreateUser(draft), RefusalClass::Pending) => {
            let mobile = draft.fields.get(&FieldName::new("mobile")).cloned().unwrap_or_default();
            let account = shared.account(shared.change(call.row));
            account.map(|account| Learned::Pending(account, mobile)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let end = CallEnd::NotApplied { code: Some(refusal.code.clone()) };
    match shared.work.journal.end_call(id, end, learned).await {
        Ok(()) => Called::Refused(refusal),
        Err(error) => Called::Broken(error),
    }
}

fn learned(shared: &Shared<'_>, call: &Call<'_>, end: &CallEnd) -> Vec<Learned> {
    match end {
        CallEnd::Applied(written) if !call.is_preparation => {
            write::learned(shared, shared.change(call.row), Some(written))
        }
        CallEnd::Applied(_) | CallEnd::NotApplied { .. } => Vec::new(),
    }
}
