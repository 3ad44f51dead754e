//! What step 4 asks the worker and makes of the answers: reports of the rows, the impact of an edit, samples, problems.

use std::sync::Arc;

use super::{FieldMapping, Focus, table};
use crate::core::plan::{Entity, Reason};
use crate::core::profile::MappingRow;
use crate::core::source::{Account, Detail, OrganizationalUnit};
use crate::core::survey::{Extent, Report, Sampled, sample};
use crate::tui::message::Command;
use crate::tui::shared::Shared;
use crate::tui::survey::{SurveyNews, SurveyRequest};

/// Accounts that can be paged through.
pub(super) const SAMPLES: usize = 20;

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    Fine,
    /// Some records are empty or would be blocked.
    Warning,
    /// It does not compile, or gives one value to several.
    Error,
}

/// The record that results are shown for.
pub(super) enum Record<'a> {
    Account(&'a Account),
    Unit(&'a OrganizationalUnit),
}

impl FieldMapping {
    /// Asks for the reports of the rows unless they are known.
    pub(super) fn look(&mut self, shared: &Shared) -> Vec<Command> {
        let (Some(sides), Some(people)) = (shared.survey.ready(), shared.survey.people()) else {
            return Vec::new();
        };
        let rows = table::in_force(&shared.draft, self.entity);
        if rows == self.asked {
            return Vec::new();
        }
        self.asked.clone_from(&rows);
        self.ticket += 1;
        vec![Command::Survey(SurveyRequest::Look {
            sides: sides.clone(),
            people: Arc::clone(people),
            rows,
            entity: self.entity,
            edition: shared.draft.edition,
            ticket: self.ticket,
        })]
    }

    /// After the edited text changed: its impact is asked for once it compiles.
    pub(super) fn edited(&mut self, shared: &Shared) -> Vec<Command> {
        let before =
            self.reports.get(&(self.entity, self.field.clone())).and_then(|known| known.clone().ok());
        let Some(editor) = &mut self.editor else { return Vec::new() };
        (editor.impact, editor.report) = (None, None);
        self.ticket += 1;
        editor.ticket = self.ticket;
        let (Some(sides), Some(people)) = (shared.survey.ready(), shared.survey.people()) else {
            return Vec::new();
        };
        if editor.error().is_some() {
            return Vec::new();
        }
        vec![Command::Survey(SurveyRequest::Try {
            sides: sides.clone(),
            people: Arc::clone(people),
            before: before.filter(|_| !editor.is_added),
            row: editor.row(),
            entity: self.entity,
            edition: shared.draft.edition,
            ticket: self.ticket,
        })]
    }

    pub(super) fn heard(&mut self, news: &SurveyNews, shared: &mut Shared) -> Vec<Command> {
        match news {
            SurveyNews::Read(Ok(_)) => {
                self.asked.clear();
                let Shared { draft, file, survey, .. } = shared;
                survey.recount(draft, file)
            }
            SurveyNews::Counted(_, Ok(_)) => {
                self.asked.clear();
                let mut commands = self.look(shared);
                commands.extend(self.ask_for_samples(shared));
                commands
            }
            SurveyNews::Looked(ticket, reports) if *ticket <= self.ticket => {
                let rows = self.asked.iter().zip(reports);
                for (row, report) in rows {
                    self.reports.insert((self.entity, row.field.clone()), report.clone());
                }
                Vec::new()
            }
            SurveyNews::Tried(ticket, report, impact) => {
                if let Some(editor) = self.editor.as_mut().filter(|editor| editor.ticket == *ticket) {
                    editor.report = Some(report.clone());
                    editor.impact.clone_from(impact);
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Accounts in full for the samples, where the survey has none.
    pub(super) fn ask_for_samples(&self, shared: &Shared) -> Vec<Command> {
        let (Some(sides), Some(people)) = (shared.survey.ready(), shared.survey.people()) else {
            return Vec::new();
        };
        if sides.survey.detail == Detail::Everything || !shared.survey.samples.is_empty() {
            return Vec::new();
        }
        let records = spread(people.accounts.len());
        let ids = records
            .into_iter()
            .map(|record| sides.survey.source.accounts[people.accounts[record].0].account_id());
        let (file, draft) = (Box::new(shared.file.clone()), Box::new(shared.draft.clone()));
        vec![Command::Survey(SurveyRequest::Sample { file, draft, ids: ids.collect() })]
    }

    /// Names of custom fields, for completion.
    pub(super) fn custom_fields(&self, shared: &Shared) -> Vec<String> {
        let known = shared.survey.ready().map(|sides| sides.custom_fields.to_vec()).unwrap_or_default();
        let sampled = shared.survey.samples.iter().flat_map(|account| &account.custom_fields);
        let mut names: Vec<String> = known.into_iter().chain(sampled.map(|(name, _)| name.clone())).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The records that can be paged through, and which is shown: number and how many.
    pub(super) fn sampled<'s>(&self, shared: &'s Shared) -> Option<(Record<'s>, usize, usize)> {
        let (sides, people) = (shared.survey.ready()?, shared.survey.people()?);
        let length = match self.entity {
            Entity::User => people.accounts.len(),
            Entity::Department => people.units.len(),
        };
        let records = spread(length);
        let of = records.len();
        let number = self.sample % of.max(1);
        let record =
            self.pinned.filter(|record| *record < length).or_else(|| records.get(number).copied())?;
        let record = match self.entity {
            Entity::User => {
                let account = &sides.survey.source.accounts[people.accounts[record].0];
                let full = shared.survey.samples.iter().find(|sample| sample.id == account.id);
                Record::Account(full.unwrap_or(account))
            }
            Entity::Department => Record::Unit(&sides.survey.source.units[people.units[record].0]),
        };
        Some((record, number + 1, of))
    }

    /// A row's result for the record shown.
    pub(super) fn result(&self, row: &MappingRow, shared: &Shared) -> Option<Result<Sampled, String>> {
        let (record, _, _) = self.sampled(shared)?;
        let result = match record {
            Record::Account(account) => sample(row, Some(account), None),
            Record::Unit(unit) => sample(row, None, Some(unit)),
        };
        Some(result.map_err(|error| error.problem))
    }

    pub(super) fn report(&self, field: &str) -> Option<&Result<Arc<Report>, String>> {
        self.reports.get(&(self.entity, field.to_owned()))
    }

    pub(super) fn standing(&self, shown: &super::Shown) -> Standing {
        match self.report(&shown.row.field) {
            _ if shown.is_off() && shown.row.field == "name" => Standing::Error,
            _ if shown.is_off() => Standing::Fine,
            Some(Err(_)) => Standing::Error,
            Some(Ok(report)) => {
                let clashes = report.troubles.iter().any(|t| t.reason == Reason::DuplicateInSource);
                let is_odd = !report.troubles.is_empty()
                    || report.empty > 0
                    || report.extent == Extent::NeedsDetails
                    || table::spec(self.entity, &shown.row.field).is_none();
                match (clashes, is_odd) {
                    (true, _) => Standing::Error,
                    (false, true) => Standing::Warning,
                    (false, false) => Standing::Fine,
                }
            }
            None if table::spec(self.entity, &shown.row.field).is_none() => Standing::Warning,
            None => Standing::Fine,
        }
    }

    /// To the next row with a problem, and to a record that has it.
    pub(super) fn problem(&mut self, by: isize, shared: &Shared) -> Vec<Command> {
        let rows = self.shown(shared);
        let here = self.current(shared).map_or(0, |(place, _)| place);
        let length = isize::try_from(rows.len().max(1)).unwrap_or(1);
        let place = (1..=length)
            .map(|step| (isize::try_from(here).unwrap_or(0) + by * step).rem_euclid(length))
            .filter_map(|place| usize::try_from(place).ok())
            .find(|place| rows.get(*place).is_some_and(|shown| self.standing(shown) != Standing::Fine));
        let Some(place) = place else {
            let note = rust_i18n::t!("mapping.note.no_problem", locale = shared.look.locale);
            return vec![Command::Note(note.into_owned())];
        };
        self.focus_on(Focus::Rows, shared);
        self.go_to(place, shared);
        self.pinned = match self.report(&rows[place].row.field) {
            Some(Ok(report)) => report.troubles.first().map(|t| t.record).or(report.first_empty),
            Some(Err(_)) | None => None,
        };
        Vec::new()
    }
}

/// Records spread evenly over so many.
fn spread(length: usize) -> Vec<usize> {
    let count = length.min(SAMPLES);
    (0..count).map(|index| index * length / count.max(1)).collect()
}
