//! What one mapping row does to everybody of a scenario: what it changes, whom it leaves empty, whom it would block.

use std::collections::{BTreeMap, HashMap};

use super::Survey;
use super::people::People;
use crate::core::field::{FieldSpec, Readable, department_field, user_field};
use crate::core::mapping::{Draft, FieldMapping, MappingError};
use crate::core::matching::{holders, unique_key};
use crate::core::plan::{Entity, Reason};
use crate::core::planner::{Wanted, field_change};
use crate::core::profile::{Edition, MappingRow};
use crate::core::source::{Account, Detail, OrganizationalUnit};
use crate::core::target::UserId;

/// Records between two looks at whether anybody still waits for the answer.
const STRIDE: usize = 256;

/// Something that would keep a record from being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Trouble {
    /// The record's place in [`People::accounts`] or [`People::units`].
    pub record: usize,
    /// Why.
    pub reason: Reason,
}

/// How far a row could be looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// Everybody, compared with DingTalk.
    #[default]
    Compared,
    /// Everybody, but DingTalk's value cannot be compared: it is sent on create only, or was not read.
    NotCompared,
    /// Nobody: it reads custom fields or groups, and the survey has none.
    NeedsDetails,
    /// Nobody: the row is switched off.
    Off,
}

/// What a row does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How far it was looked into.
    pub extent: Extent,
    /// Records of the scenario.
    pub records: u64,
    /// Of these, recognised in DingTalk.
    pub matched: u64,
    /// Of the recognised, those whose value in DingTalk would change.
    pub changes: u64,
    /// Records for which the value is empty.
    pub empty: u64,
    /// The first of them.
    pub first_empty: Option<usize>,
    /// What would keep records from being written, by record.
    pub troubles: Vec<Trouble>,
}

impl Report {
    /// Troubles by kind, the most frequent first.
    pub fn counts(&self) -> Vec<(Reason, u64)> {
        counted(self.troubles.iter())
    }
}

/// What an edit of a row makes different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impact {
    /// Recognised records whose value in DingTalk the edited row would change.
    pub changes: u64,
    /// Recognised records.
    pub matched: u64,
    /// Records that get into trouble by the edit, by kind, the most frequent first.
    pub newly: Vec<(Reason, u64)>,
    /// The first of them.
    pub first: Option<usize>,
}

impl Impact {
    /// Compares the edited row with the row as it was.
    pub fn between(before: Option<&Report>, after: &Report) -> Self {
        let was_in_trouble = |trouble: &Trouble| {
            before.is_some_and(|before| {
                before.troubles.binary_search_by_key(&trouble.record, |t| t.record).is_ok()
            })
        };
        let newly: Vec<&Trouble> = after.troubles.iter().filter(|trouble| !was_in_trouble(trouble)).collect();
        Self {
            changes: after.changes,
            matched: after.matched,
            first: newly.first().map(|trouble| trouble.record),
            newly: counted(newly.into_iter()),
        }
    }
}

fn counted<'t>(troubles: impl Iterator<Item = &'t Trouble>) -> Vec<(Reason, u64)> {
    let mut by_reason: BTreeMap<Reason, u64> = BTreeMap::new();
    troubles.for_each(|trouble| *by_reason.entry(trouble.reason).or_default() += 1);
    let mut counts: Vec<_> = by_reason.into_iter().collect();
    counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    counts
}

/// What a row does to everybody; `None` when `goes_on` said that nobody waits any more. An error when the row does
/// not compile.
pub fn report(
    survey: &Survey,
    people: &People,
    row: &MappingRow,
    entity: Entity,
    edition: Edition,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<Report>, MappingError> {
    if row.value.trim().is_empty() {
        return Ok(Some(Report { extent: Extent::Off, ..Report::default() }));
    }
    let mapping = FieldMapping::compile(std::slice::from_ref(row), entity)?;
    let looking = Looking { survey, people, row, entity, edition, mapping };
    if entity == Entity::User && looking.mapping.needs_details() && survey.detail == Detail::Memberships {
        return Ok(Some(Report { extent: Extent::NeedsDetails, ..looking.empty() }));
    }
    Ok(looking.everybody(goes_on))
}

struct Looking<'a> {
    survey: &'a Survey,
    people: &'a People,
    row: &'a MappingRow,
    entity: Entity,
    edition: Edition,
    mapping: FieldMapping,
}

impl Looking<'_> {
    fn empty(&self) -> Report {
        let records = self.records();
        let matched = (0..records).filter(|record| self.match_of(*record).is_some()).count() as u64;
        Report { records: records as u64, matched, ..Report::default() }
    }

    fn records(&self) -> usize {
        match self.entity {
            Entity::User => self.people.accounts.len(),
            Entity::Department => self.people.units.len(),
        }
    }

    fn match_of(&self, record: usize) -> Option<usize> {
        match self.entity {
            Entity::User => self.people.accounts[record].1,
            Entity::Department => self.people.units[record].1,
        }
    }

    fn draft(&self, record: usize) -> Draft<'_> {
        match self.entity {
            Entity::User => {
                self.mapping.draft_user(&self.survey.source.accounts[self.people.accounts[record].0])
            }
            Entity::Department => {
                self.mapping.draft_department(&self.survey.source.units[self.people.units[record].0])
            }
        }
    }

    fn current(&self, matched: usize) -> Option<&str> {
        match self.entity {
            Entity::User => self.survey.target.users[matched].field(&self.row.field),
            Entity::Department => self.survey.target.departments[matched].field(&self.row.field),
        }
    }

    fn spec(&self) -> Option<FieldSpec> {
        match self.entity {
            Entity::User => user_field(&self.row.field),
            Entity::Department => department_field(&self.row.field),
        }
    }

    /// Whether DingTalk's value is known and can be changed.
    fn is_compared(&self) -> bool {
        let field = self.row.field.as_str();
        let was_read =
            |spec: &FieldSpec| spec.readable != Readable::Single || self.survey.user_fields.contains(field);
        self.spec().is_some_and(|spec| spec.is_comparable() && was_read(&spec))
            && !self.survey.target.unreadable.contains(field)
    }

    fn everybody(&self, goes_on: &dyn Fn() -> bool) -> Option<Report> {
        let mut report = self.empty();
        let is_compared = self.is_compared();
        if !is_compared {
            report.extent = Extent::NotCompared;
        }
        let is_unique = self.spec().is_some_and(|spec| spec.is_unique) && self.entity == Entity::User;
        let mut claims: Vec<Claim> = Vec::new();
        for record in 0..self.records() {
            if record % STRIDE == 0 && !goes_on() {
                return None;
            }
            let (draft, matched) = (self.draft(record), self.match_of(record));
            let value = draft.value(&self.row.field);
            if value.is_none() && draft.problems.iter().all(|p| p.reason != Reason::MappingError) {
                report.empty += 1;
                report.first_empty.get_or_insert(record);
            }
            let changes = is_compared && matched.is_some_and(|matched| self.changes(value, matched));
            report.changes += u64::from(changes);
            let reason = draft.problems.iter().map(|p| p.reason).find(|reason| self.blocks(*reason, matched));
            report.troubles.extend(reason.map(|reason| Trouble { record, reason }));
            if is_unique && let Some(key) = value.and_then(|value| unique_key(&self.row.field, value)) {
                claims.push(Claim {
                    record,
                    key: key.into_owned(),
                    matched,
                    is_sent: changes || matched.is_none(),
                });
            }
        }
        report.troubles.extend(self.clashes(&claims, is_compared));
        report.troubles.sort();
        report.troubles.dedup_by_key(|trouble| trouble.record);
        Some(report)
    }

    fn changes(&self, value: Option<&str>, matched: usize) -> bool {
        let MappingRow { field, when, on_empty, .. } = self.row;
        let current = self.current(matched);
        field_change(&Wanted { field, when: *when, on_empty: *on_empty, value, current }).is_some()
    }

    /// As the planner has it: a mobile is needed only for a create in the standard edition.
    fn blocks(&self, reason: Reason, matched: Option<usize>) -> bool {
        match reason {
            Reason::MissingMobile | Reason::InvalidMobile => {
                matched.is_none() && self.edition == Edition::Standard
            }
            _ => true,
        }
    }

    /// Unique values that several records have, or that somebody else in DingTalk has and keeps.
    fn clashes(&self, claims: &[Claim], is_compared: bool) -> Vec<Trouble> {
        let mut by_key: HashMap<&str, u32> = HashMap::new();
        claims.iter().for_each(|claim| *by_key.entry(&claim.key).or_default() += 1);
        let field = self.row.field.as_str();
        let held = holders(field, &self.survey.target.users);
        let given_up: HashMap<&UserId, &str> = claims
            .iter()
            .filter(|claim| claim.is_sent && is_compared)
            .filter_map(|claim| Some((&self.survey.target.users[claim.matched?].id, claim.key.as_str())))
            .collect();
        let is_taken = |claim: &Claim| {
            let own = claim.matched.map(|matched| &self.survey.target.users[matched].id);
            let holder = held.get(claim.key.as_str()).copied().filter(|holder| Some(*holder) != own);
            claim.is_sent
                && holder.is_some_and(|holder| given_up.get(holder).is_none_or(|key| *key == claim.key))
        };
        let clash = |claim: &Claim| {
            let reason = if by_key.get(claim.key.as_str()).is_some_and(|count| *count > 1) {
                Reason::DuplicateInSource
            } else if is_taken(claim) {
                Reason::ValueTaken
            } else {
                return None;
            };
            Some(Trouble { record: claim.record, reason })
        };
        claims.iter().filter_map(clash).collect()
    }
}

/// A unique value that a record has.
struct Claim {
    record: usize,
    key: String,
    matched: Option<usize>,
    is_sent: bool,
}

/// A row's result for one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// The text to send; `None` when empty.
    pub value: Option<String>,
    /// What stands against sending it, with the reason in words.
    pub trouble: Option<(Reason, String)>,
}

/// A row's result for one account or unit. An error when the row does not compile.
pub fn sample(
    row: &MappingRow,
    account: Option<&Account>,
    unit: Option<&OrganizationalUnit>,
) -> Result<Sampled, MappingError> {
    if row.value.trim().is_empty() {
        return Ok(Sampled { value: None, trouble: None });
    }
    let entity = if unit.is_some() { Entity::Department } else { Entity::User };
    let mapping = FieldMapping::compile(std::slice::from_ref(row), entity)?;
    let nobody = Account::default();
    let draft = match unit {
        Some(unit) => mapping.draft_department(unit),
        None => mapping.draft_user(account.unwrap_or(&nobody)),
    };
    let trouble = draft.problems.first().map(|problem| (problem.reason, problem.detail.clone()));
    Ok(Sampled { value: draft.value(&row.field).map(str::to_owned), trouble })
}
