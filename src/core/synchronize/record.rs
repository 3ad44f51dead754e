//! One record from its first look to its end.

use super::call::{Call, Called, send};
use super::fresh::{Fresh, look};
use super::graph::Preparation;
use super::open::take_up;
use super::settle::is_often_unstored;
use super::shared::Shared;
use super::write::{self, Built};
use crate::core::clock::elapsed_ms;
use crate::core::error::{Error, ErrorKind};
use crate::core::event::Outcome;
use crate::core::field::FieldName;
use crate::core::journal::{Learned, Unstored, UnstoredKey};
use crate::core::plan::{Entity, FieldChange, FieldValue};
use crate::core::target::{DepartmentId, Refusal, RefusalClass, UserId, Write, Written};

use super::compare::same;

/// Pauses before looking whether a field was stored.
const PAUSES_MS: [u64; 3] = [0, 1000, 2000];

/// What became of a record.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub outcome: Outcome,
    pub code: Option<String>,
    pub message: Option<String>,
    pub target_id: Option<String>,
    pub attempts: u32,
    pub elapsed_ms: u64,
    /// What the end teaches beyond what its call taught.
    pub learned: Vec<Learned>,
}

/// How work on a record ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// With an outcome.
    Done(Done),
    /// A value was freed ahead of the record itself.
    Prepared,
    /// Without one: the run stops, and whoever resumes does it.
    Abandoned,
    /// Something that concerns every record.
    Broken(Error),
}

impl Done {
    /// An outcome of a row with what was sent so far.
    pub(super) fn new(shared: &Shared<'_>, row: usize, outcome: Outcome) -> Self {
        let sent = shared.sent(row);
        let now = shared.work.clock.now_ms();
        Self {
            outcome,
            code: None,
            message: None,
            target_id: shared.change(row).target_id.clone(),
            attempts: sent.attempts,
            elapsed_ms: sent.first_ms.map(|first| elapsed_ms(first, now)).unwrap_or(0),
            learned: Vec::new(),
        }
    }

    /// The same with a code and its words.
    pub(super) fn because(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self.message = Some(message.into());
        self
    }
}

/// Carries out a row.
pub(super) async fn carry_out(shared: &Shared<'_>, row: usize) -> Ended {
    if let Some(ended) = take_up(shared, row).await {
        return ended;
    }
    let fresh = match look(shared, row).await {
        Fresh::AsPlanned(user) => user,
        other => return not_sent(shared, row, other),
    };
    let (write, remark) = match write::write(shared, row, fresh.as_ref()) {
        Built::Call(write, remark) => (write, remark),
        Built::Nothing => return as_wanted(shared, row),
        Built::Impossible(code, message) => {
            let outcome = if code == "blocked_by" { Outcome::Skipped } else { Outcome::Failed };
            return Ended::Done(Done::new(shared, row, outcome).because(code, message));
        }
    };
    let before = before(shared, row);
    let call = Call { row, write: &write, before: &before, is_preparation: false };
    match send(shared, &call).await {
        Called::Applied(written) => {
            let unstored = unstored(shared, &write, &written).await;
            let mut done = Done::new(shared, row, Outcome::Applied);
            done.target_id = write::id_of(shared.change(row), Some(&written));
            done.message = remark;
            done.learned = unstored;
            Ended::Done(done)
        }
        other => unsuccessful(shared, row, other),
    }
}

/// Frees a value of a row ahead of the row itself.
pub(super) async fn prepare(shared: &Shared<'_>, row: usize, what: &Preparation) -> Ended {
    if let Some(ended) = take_up(shared, row).await {
        return ended;
    }
    if shared.has_prepared(row, what.field()) {
        return Ended::Prepared;
    }
    match look(shared, row).await {
        Fresh::AsPlanned(_) => {}
        Fresh::AsWanted => return Ended::Prepared,
        other => return not_sent(shared, row, other),
    }
    let Some((write, field)) = write::preparation(shared, row, what) else {
        let done = Done::new(shared, row, Outcome::Skipped);
        return Ended::Done(done.because("stale", "it is no longer there"));
    };
    let before = [field.clone()];
    let call = Call { row, write: &write, before: &before, is_preparation: true };
    match send(shared, &call).await {
        Called::Applied(written) => {
            shared.prepare(row, field.clone());
            let learned = unstored(shared, &write, &written).await;
            if learned.is_empty() {
                return Ended::Prepared;
            }
            let message =
                format!("{} changes hands in a circle, and DingTalk does not clear it", field.field);
            let mut done = Done::new(shared, row, Outcome::Failed).because("not_cleared", message);
            done.learned = learned;
            Ended::Done(done)
        }
        other => unsuccessful(shared, row, other),
    }
}

fn as_wanted(shared: &Shared<'_>, row: usize) -> Ended {
    let mut done = Done::new(shared, row, Outcome::Applied);
    done.learned = write::learned(shared, shared.change(row), None);
    Ended::Done(done)
}

fn not_sent(shared: &Shared<'_>, row: usize, found: Fresh) -> Ended {
    match found {
        Fresh::AsPlanned(_) | Fresh::AsWanted => as_wanted(shared, row),
        Fresh::Stale(why) => Ended::Done(Done::new(shared, row, Outcome::Skipped).because("stale", why)),
        Fresh::Unreadable(error) => match error.kind {
            ErrorKind::Network | ErrorKind::Credentials | ErrorKind::Permission => Ended::Broken(error),
            _ => {
                let code = error.code.clone().unwrap_or_else(|| "unreadable".to_owned());
                Ended::Done(Done::new(shared, row, Outcome::Failed).because(code, error.message))
            }
        },
    }
}

fn unsuccessful(shared: &Shared<'_>, row: usize, called: Called) -> Ended {
    match called {
        Called::Applied(_) | Called::Abandoned => Ended::Abandoned,
        Called::Broken(error) => Ended::Broken(error),
        Called::Unknown(why) => {
            Ended::Done(Done::new(shared, row, Outcome::Failed).because("ambiguous", why))
        }
        Called::Refused(Refusal { code, message, class }) => {
            let outcome = if class == RefusalClass::Pending { Outcome::Pending } else { Outcome::Failed };
            Ended::Done(Done::new(shared, row, outcome).because(code, message))
        }
    }
}

/// The values before the write; of a removal everything that was read.
fn before(shared: &Shared<'_>, row: usize) -> Vec<FieldChange> {
    let change = shared.change(row);
    if change.action != crate::core::plan::Action::Remove || !change.fields.is_empty() {
        return change.fields.clone();
    }
    let lost = |name: &str, value: FieldValue| FieldChange {
        field: FieldName::new(name),
        before: value,
        after: FieldValue::EMPTY,
    };
    let text = |(name, value): &(FieldName, String)| lost(name.as_str(), FieldValue::Text(value.clone()));
    let id = change.target_id.clone().unwrap_or_default();
    match change.entity {
        Entity::User => shared.user(&UserId(id)).map_or_else(Vec::new, |user| {
            let places = user.departments.iter().map(ToString::to_string).collect();
            let mobile = user.mobile.clone().map(|mobile| lost("mobile", FieldValue::Text(mobile)));
            user.fields
                .iter()
                .map(text)
                .chain(mobile)
                .chain([lost("dept_id_list", FieldValue::List(places))])
                .collect()
        }),
        Entity::Department => {
            let found = id.parse().ok().and_then(|id| shared.department(DepartmentId(id)));
            found.map_or_else(Vec::new, |department| {
                let parent = FieldValue::from_option(department.parent.map(|parent| parent.to_string()));
                let identifier = department.source_identifier.clone();
                department
                    .fields
                    .iter()
                    .map(text)
                    .chain([
                        lost("name", FieldValue::Text(department.name.clone())),
                        lost("parent_id", parent),
                    ])
                    .chain(identifier.map(|mark| lost("source_identifier", FieldValue::Text(mark))))
                    .collect()
            })
        }
    }
}

/// Reads back what DingTalk may accept without storing it; answers what it did not store.
async fn unstored(shared: &Shared<'_>, write: &Write, written: &Written) -> Vec<Learned> {
    let (entity, id, sent) = match (write, written) {
        (Write::UpdateUser(update), _) => (Entity::User, update.id.0.clone(), doubtful(&update.fields)),
        (Write::UpdateDepartment(update), _) => {
            (Entity::Department, update.id.to_string(), doubtful(&update.fields))
        }
        (Write::CreateUser(draft), Written::User(id)) => {
            let fields =
                draft.fields.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
            (Entity::User, id.0.clone(), doubtful(&fields))
        }
        _ => return Vec::new(),
    };
    let mut open = sent;
    for pause in PAUSES_MS {
        if open.is_empty() {
            return Vec::new();
        }
        if pause > 0 {
            shared.work.clock.sleep(pause).await;
        }
        // What cannot be read teaches nothing.
        let Some(still) = differing(shared, entity, &id, open).await else { return Vec::new() };
        open = still;
    }
    open.into_iter()
        .map(|(field, unstored)| {
            Learned::Unstored(UnstoredKey { entity, target_id: id.clone(), field }, unstored)
        })
        .collect()
}

type Sent = Vec<(FieldName, Unstored)>;
type ReadField = Box<dyn Fn(&str) -> Option<String> + Send>;

fn doubtful(fields: &std::collections::BTreeMap<FieldName, Option<String>>) -> Sent {
    fields
        .iter()
        .filter(|(name, value)| value.is_none() || is_often_unstored(name.as_str()))
        .map(|(name, value)| (name.clone(), Unstored { sent: value.clone(), read_back: None }))
        .collect()
}

async fn differing(shared: &Shared<'_>, entity: Entity, id: &str, sent: Sent) -> Option<Sent> {
    let target = shared.work.target;
    let read: ReadField = match entity {
        Entity::User => {
            let user = target.user(&UserId(id.to_owned())).await.ok()??;
            Box::new(move |name| user.field(name).map(str::to_owned))
        }
        Entity::Department => {
            let department = target.department(DepartmentId(id.parse().ok()?)).await.ok()??;
            Box::new(move |name| department.field(name).map(str::to_owned))
        }
    };
    let mut still = Vec::new();
    for (field, Unstored { sent, .. }) in sent {
        let read_back = read(field.as_str());
        if !same(field.as_str(), sent.as_deref(), read_back.as_deref()) {
            still.push((field, Unstored { sent, read_back }));
        }
    }
    Some(still)
}
