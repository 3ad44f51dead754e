//! What became of a call nobody answered: found out by reading, never by sending again.
//! Rules: reference `faults.md` section 2; `dingtalk-api.md` section 10, 14, 19 and 20.

use crate::core::clock::{Clock, elapsed_ms};
use crate::core::error::{Error, ErrorKind};
use crate::core::plan::Entity;
use crate::core::target::{
    Department, DepartmentDraft, DepartmentId, DepartmentUpdate, Target, User, UserDraft, UserId, UserUpdate,
    Write, Written,
};

use super::compare::{is_readable, same};

/// Pauses between readings: what was just written can take about five seconds to be seen.
const PAUSES_MS: [u64; 6] = [0, 250, 500, 1000, 1500, 2000];

/// What was sent so long ago is seen at once, or was never applied: longer than any answer is waited for, and than
/// anything takes to be seen.
const LONG_AGO_MS: u64 = 2 * 60 * 1000;

/// What reading found.
#[derive(Debug)]
pub(super) enum Settled {
    /// It was applied.
    Applied(Written),
    /// It was certainly not applied.
    NotApplied,
    /// What is there does not decide it: why.
    Unknown(String),
    /// Reading failed in a way that concerns every record.
    Broken(Error),
}

/// The child that carries the identifier of a department that could not be created: it is the department.
pub(super) async fn marked_child(
    target: &dyn Target,
    draft: &DepartmentDraft,
) -> Result<Option<DepartmentId>, Error> {
    let Some(identifier) = draft.fields.get("source_identifier") else { return Ok(None) };
    let children = target.children(draft.parent).await?;
    let mut marked = children.iter().filter(|child| child.source_identifier.as_ref() == Some(identifier));
    let one = marked.next().map(|child| child.id);
    Ok(one.filter(|_| marked.next().is_none()))
}

/// Whether an object belongs to somebody else: it was there before, or is bound to another.
pub(super) trait Others: Sync {
    /// A user.
    fn has_user(&self, id: &UserId) -> bool;
    /// A department.
    fn has_department(&self, id: DepartmentId) -> bool;
}

/// One reading.
enum Look {
    Applied(Written),
    NotYet,
    Unknown(String),
}

/// Finds out what became of a write that was sent at `sent_ms` (Unix milliseconds), giving it time to be seen.
pub(super) async fn settle(
    target: &dyn Target,
    clock: &dyn Clock,
    others: &dyn Others,
    write: &Write,
    sent_ms: i64,
) -> Settled {
    let mut last = Ok(Look::NotYet);
    let looks = if elapsed_ms(sent_ms, clock.now_ms()) > LONG_AGO_MS { 1 } else { PAUSES_MS.len() };
    for pause in PAUSES_MS.into_iter().take(looks) {
        if pause > 0 {
            clock.sleep(pause).await;
        }
        last = look(target, others, write).await;
        if let Ok(Look::Applied(written)) = last {
            return Settled::Applied(written);
        }
    }
    match last {
        Ok(Look::Applied(written)) => Settled::Applied(written),
        Ok(Look::NotYet) => Settled::NotApplied,
        Ok(Look::Unknown(why)) => Settled::Unknown(why),
        Err(error) => match error.kind {
            ErrorKind::Network | ErrorKind::Credentials | ErrorKind::Permission => Settled::Broken(error),
            _ => Settled::Unknown(error.message),
        },
    }
}

async fn look(target: &dyn Target, others: &dyn Others, write: &Write) -> Result<Look, Error> {
    match write {
        Write::CreateUser(draft) => created_user(target, others, draft).await,
        Write::CreateDepartment(draft) => created_department(target, others, draft).await,
        Write::UpdateUser(update) => updated_user(target, update).await,
        Write::UpdateDepartment(update) => updated_department(target, update).await,
        Write::DeleteUser { id } => Ok(gone(target.user(id).await?.is_none())),
        Write::DeleteDepartment { id } => Ok(gone(target.department(*id).await?.is_none())),
    }
}

fn gone(is_gone: bool) -> Look {
    if is_gone { Look::Applied(Written::Done) } else { Look::NotYet }
}

async fn created_user(target: &dyn Target, others: &dyn Others, draft: &UserDraft) -> Result<Look, Error> {
    let found = match (draft.fields.get("userid"), draft.fields.get("mobile")) {
        (Some(userid), _) => Some(UserId(userid.clone())),
        (None, Some(mobile)) => target.user_by_mobile(mobile).await?,
        (None, None) => {
            return Ok(Look::Unknown("neither userid nor mobile was sent to find it by".to_owned()));
        }
    };
    let Some(id) = found else { return Ok(Look::NotYet) };
    let Some(user) = target.user(&id).await? else { return Ok(Look::NotYet) };
    if others.has_user(&id) {
        return Ok(Look::NotYet);
    }
    let wanted = draft.fields.get("name").map(String::as_str);
    let is_same = same("name", user.field("name"), wanted) && is_in(&user, &draft.departments);
    Ok(if is_same {
        Look::Applied(Written::User(id))
    } else {
        Look::Unknown(format!("user {id} is there, with another name or other departments"))
    })
}

fn is_in(user: &User, departments: &[DepartmentId]) -> bool {
    departments.iter().all(|id| user.departments.contains(id))
}

async fn created_department(
    target: &dyn Target,
    others: &dyn Others,
    draft: &DepartmentDraft,
) -> Result<Look, Error> {
    let children = target.children(draft.parent).await?;
    let identifier = draft.fields.get("source_identifier").map(String::as_str);
    let name = draft.fields.get("name").map(String::as_str);
    let marked: Vec<&Department> = children
        .iter()
        .filter(|c| identifier.is_some() && c.source_identifier.as_deref() == identifier)
        .collect();
    let named = || {
        let is_ours = |child: &&Department| {
            child.source_identifier.is_none()
                && same("name", Some(&child.name), name)
                && !others.has_department(child.id)
        };
        children.iter().filter(is_ours).collect::<Vec<_>>()
    };
    let candidates = if marked.is_empty() { named() } else { marked };
    Ok(match candidates.as_slice() {
        [] => Look::NotYet,
        [one] => Look::Applied(Written::Department(one.id)),
        several => Look::Unknown(format!("{} departments fit", several.len())),
    })
}

async fn updated_user(target: &dyn Target, update: &UserUpdate) -> Result<Look, Error> {
    let Some(user) = target.user(&update.id).await? else { return Ok(Look::NotYet) };
    let mut tally = Tally::default();
    if let Some(mut places) = update.departments.clone() {
        let mut held = user.departments.clone();
        places.sort_unstable();
        held.sort_unstable();
        tally.add(true, places == held);
    }
    for (name, value) in update.fields.iter().filter(|(name, _)| is_readable(Entity::User, name)) {
        let is_same = same(name.as_str(), user.field(name.as_str()), value.as_deref());
        tally.add(is_decisive(name.as_str(), value.as_deref()), is_same);
    }
    Ok(gone(tally.is_applied()))
}

async fn updated_department(target: &dyn Target, update: &DepartmentUpdate) -> Result<Look, Error> {
    let Some(department) = target.department(update.id).await? else { return Ok(Look::NotYet) };
    let mut tally = Tally::default();
    if update.parent.is_some() {
        tally.add(true, update.parent == department.parent);
    }
    for (name, value) in update.fields.iter().filter(|(name, _)| is_readable(Entity::Department, name)) {
        let is_same = same(name.as_str(), department.field(name.as_str()), value.as_deref());
        tally.add(is_decisive(name.as_str(), value.as_deref()), is_same);
    }
    Ok(gone(tally.is_applied()))
}

/// How many of the sent fields were read back as sent.
#[derive(Default)]
struct Tally {
    decisive: usize,
    decisive_same: usize,
    all: usize,
    all_same: usize,
}

impl Tally {
    fn add(&mut self, is_decisive: bool, is_same: bool) {
        self.all += 1;
        self.all_same += usize::from(is_same);
        self.decisive += usize::from(is_decisive);
        self.decisive_same += usize::from(is_decisive && is_same);
    }

    /// Everything that tells anything is as sent. What is often not stored tells something only when it is as sent.
    fn is_applied(&self) -> bool {
        let by_all = self.all > 0 && self.all_same == self.all;
        by_all || (self.decisive > 0 && self.decisive_same == self.decisive)
    }
}

/// Whether a field that is not read back as sent shows that nothing was applied: some are accepted and not stored.
fn is_decisive(name: &str, value: Option<&str>) -> bool {
    value.is_some() && !is_often_unstored(name)
}

/// Fields that DingTalk may accept without storing them (reference `dingtalk-api.md` section 10, 9 and 10).
pub(super) fn is_often_unstored(name: &str) -> bool {
    matches!(name, "org_email" | "login_email") || name.starts_with("extension.")
}
