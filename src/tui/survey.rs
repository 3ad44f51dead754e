//! What the wizard's screens share of both sides: one read, and the numbers that follow from the answers. Numbers are
//! computed by the worker; an answer that a later question overtook is dropped here.

use std::sync::Arc;

use super::draft::{Draft, profile};
use super::message::Command;
use super::shared::Loadable;
use crate::config::settings_file::SettingsFile;
use crate::core::error::Error;
use crate::core::plan::Entity;
use crate::core::profile::{Edition, MappingRow};
use crate::core::source::{Account, AccountId};
use crate::core::survey::{Estimate, Impact, People, Report, Selection, Survey, Tree};

/// Both sides as read, and their trees.
#[derive(Debug, Clone)]
pub struct Sides {
    /// The read.
    pub survey: Arc<Survey>,
    /// IDaaS.
    pub units: Arc<Tree>,
    /// DingTalk.
    pub departments: Arc<Tree>,
    /// Names of the custom fields that accounts have.
    pub custom_fields: Arc<Vec<String>>,
}

/// A question to the worker.
#[derive(Debug, Clone)]
pub enum SurveyRequest {
    /// Read both sides.
    Read {
        /// Where the services are.
        file: Box<SettingsFile>,
        /// The answers so far.
        draft: Box<Draft>,
        /// Custom fields and groups of every account too, whether or not the mapping reads them yet.
        in_full: bool,
    },
    /// Count the people of the scenario, then what it would write.
    Count {
        /// Where the pace is.
        file: Box<SettingsFile>,
        /// The answers so far.
        draft: Box<Draft>,
        /// Both sides.
        sides: Sides,
        /// Which question.
        ticket: u64,
    },
    /// Look into every mapping row.
    Look {
        /// Both sides.
        sides: Sides,
        /// The people of the scenario.
        people: Arc<People>,
        /// The rows.
        rows: Vec<MappingRow>,
        /// Whose rows.
        entity: Entity,
        /// The edition.
        edition: Edition,
        /// Which question.
        ticket: u64,
    },
    /// Look into a row that is being edited.
    Try {
        /// Both sides.
        sides: Sides,
        /// The people of the scenario.
        people: Arc<People>,
        /// The report of the row as it was; `None` for an added row.
        before: Option<Arc<Report>>,
        /// The row as it stands.
        row: MappingRow,
        /// Whose row.
        entity: Entity,
        /// The edition.
        edition: Edition,
        /// Which question.
        ticket: u64,
    },
    /// Read a few accounts in full, to show what a mapping makes of them.
    Sample {
        /// Where the services are.
        file: Box<SettingsFile>,
        /// The answers so far.
        draft: Box<Draft>,
        /// Which accounts.
        ids: Vec<AccountId>,
    },
}

/// An answer of the worker.
#[derive(Debug, Clone)]
pub enum SurveyNews {
    /// Reading: so many calls so far.
    Reading(u64),
    /// Both sides, or why not.
    Read(Result<Sides, Error>),
    /// The people of the scenario.
    Counted(u64, Result<Counted, Error>),
    /// What the scenario would write.
    Estimated(u64, Result<Estimate, Error>),
    /// Every row's report, in the order asked; an error is the row's own.
    Looked(u64, Vec<Result<Arc<Report>, String>>),
    /// What the edit makes different.
    Tried(u64, Result<Arc<Report>, String>, Option<Impact>),
    /// Accounts in full.
    Samples(Result<Vec<Account>, Error>),
}

/// The people of a scenario.
#[derive(Debug, Clone)]
pub struct Counted {
    /// How much each pair of the scope takes in.
    pub selections: Vec<Selection>,
    /// Everybody with whom they were recognised as.
    pub people: Arc<People>,
}

/// Message and way out of something that failed.
pub type Failure = (String, Option<String>);

/// What is known so far.
#[derive(Debug, Clone, Default)]
pub struct Surveyed {
    /// Both sides.
    pub sides: Loadable<Sides>,
    /// Calls of the read under way.
    pub calls: u64,
    /// The people of the scenario as last asked.
    pub counted: Option<Result<Counted, Failure>>,
    /// What the scenario would write.
    pub estimate: Option<Result<Estimate, Failure>>,
    /// Accounts in full, where the survey has none.
    pub samples: Vec<Account>,
    /// Whether a count is under way.
    pub is_counting: bool,
    asked: Option<Draft>,
    ticket: u64,
}

impl Surveyed {
    /// The read, when it is there.
    pub fn ready(&self) -> Option<&Sides> {
        match &self.sides {
            Loadable::Ready(sides) => Some(sides),
            Loadable::Idle | Loadable::Loading(_) | Loadable::Failed(..) => None,
        }
    }

    /// The people of the scenario, when they are counted.
    pub fn people(&self) -> Option<&Arc<People>> {
        match &self.counted {
            Some(Ok(counted)) => Some(&counted.people),
            Some(Err(_)) | None => None,
        }
    }

    /// Reads both sides unless they are there or on their way.
    pub fn begin(&mut self, draft: &Draft, file: &SettingsFile, now_ms: i64) -> Vec<Command> {
        match self.sides {
            Loadable::Idle => self.read_again(draft, file, now_ms, false),
            Loadable::Loading(_) | Loadable::Ready(_) | Loadable::Failed(..) => self.recount(draft, file),
        }
    }

    /// Reads both sides, whatever is known.
    pub fn read_again(
        &mut self,
        draft: &Draft,
        file: &SettingsFile,
        now_ms: i64,
        in_full: bool,
    ) -> Vec<Command> {
        *self = Self { sides: Loadable::Loading(now_ms), ticket: self.ticket + 1, ..Self::default() };
        let (file, draft) = (Box::new(file.clone()), Box::new(draft.clone()));
        vec![Command::Survey(SurveyRequest::Read { file, draft, in_full })]
    }

    /// Asks for the numbers of these answers unless they are known or asked for.
    pub fn recount(&mut self, draft: &Draft, file: &SettingsFile) -> Vec<Command> {
        let Some(sides) = self.ready().cloned() else { return Vec::new() };
        if self.asked.as_ref().is_some_and(|asked| counts_alike(asked, draft)) {
            return Vec::new();
        }
        self.ticket += 1;
        self.asked = Some(draft.clone());
        self.is_counting = true;
        let (ticket, file, draft) = (self.ticket, Box::new(file.clone()), Box::new(draft.clone()));
        vec![Command::Survey(SurveyRequest::Count { file, draft, sides, ticket })]
    }

    /// Takes what the worker answered. Only reads and counts of the scenario are kept here.
    pub fn take(&mut self, news: &SurveyNews) {
        match news {
            SurveyNews::Reading(calls) => self.calls = *calls,
            SurveyNews::Read(Ok(sides)) => self.sides = Loadable::Ready(sides.clone()),
            SurveyNews::Read(Err(error)) => {
                self.sides = Loadable::Failed(error.message.clone(), error.hint.clone());
            }
            SurveyNews::Counted(ticket, counted) if *ticket == self.ticket => {
                self.is_counting = false;
                self.counted = Some(counted.clone().map_err(failure));
            }
            SurveyNews::Estimated(ticket, estimate) if *ticket == self.ticket => {
                self.estimate = Some(estimate.clone().map_err(failure));
            }
            SurveyNews::Samples(Ok(samples)) => self.samples.clone_from(samples),
            SurveyNews::Counted(..)
            | SurveyNews::Estimated(..)
            | SurveyNews::Looked(..)
            | SurveyNews::Tried(..)
            | SurveyNews::Samples(Err(_)) => {}
        }
    }
}

fn failure(error: Error) -> Failure {
    (error.message, error.hint)
}

/// Whether two drafts have the same people: the address of a service changes nobody.
fn counts_alike(a: &Draft, b: &Draft) -> bool {
    let plain = |draft: &Draft| profile(draft, None);
    a == b || plain(a) == plain(b)
}
