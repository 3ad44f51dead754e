//! The course of a run, as its lines tell it: totals, phases, what slows it, who needs attention. The same figures for
//! the live pane, for `attach` and for every further screen.

use std::collections::{BTreeMap, VecDeque};

use super::clock::elapsed_ms;
use super::event::{Event, Outcome, PaceState, RecordEvent, RunStatus, RunSummary};
use super::line::{Line, Note, Process, Told};
use super::plan::{Action, ActionCounts, Entity, Summary};
use super::target::LaneReport;

/// Records kept for the lists of a picture.
const RECENT: usize = 1000;
/// Records named for one cause.
const NAMED: usize = 1000;
/// The time over which the recent speed is measured.
const WINDOW_MS: u64 = 20_000;

/// The parts of a run in the order in which they are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// Departments created, linked, renamed, moved.
    Departments,
    /// People created.
    Creations,
    /// People linked, updated, moved.
    Changes,
    /// People, then departments, removed.
    Removals,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 4] = [Self::Departments, Self::Creations, Self::Changes, Self::Removals];

    /// The phase of a record.
    pub fn of(entity: Entity, action: Action) -> Self {
        match (entity, action) {
            (_, Action::Remove) => Self::Removals,
            (Entity::Department, _) => Self::Departments,
            (Entity::User, Action::Create) => Self::Creations,
            (Entity::User, _) => Self::Changes,
        }
    }

    /// Its word: part of a locale key.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Departments => "departments",
            Self::Creations => "creations",
            Self::Changes => "changes",
            Self::Removals => "removals",
        }
    }

    fn planned(self, planned: &Summary) -> u64 {
        let (departments, users) = (planned.departments, planned.users);
        let changing = |counts: ActionCounts| counts.link + counts.update + counts.moved;
        match self {
            Self::Departments => departments.create + changing(departments),
            Self::Creations => users.create,
            Self::Changes => changing(users),
            Self::Removals => departments.remove + users.remove,
        }
    }
}

/// How far a phase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PhaseCount {
    /// Records done, whatever became of them.
    pub done: u64,
    /// Records in all.
    pub total: u64,
    /// Failed.
    pub failed: u64,
    /// When its first and its latest record ended, Unix milliseconds.
    pub span: Option<(i64, i64)>,
}

/// How far QR code logon is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogonCount {
    /// Rows that ended.
    pub done: u64,
    /// Rows in all.
    pub total: u64,
    /// Refused.
    pub failed: u64,
    /// Left alone because others bound the account.
    pub skipped: u64,
    /// Why the latest of these was not written.
    pub refusal: Option<String>,
}

/// A record that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// What became of it.
    pub record: RecordEvent,
}

impl Ended {
    /// The name, else an id.
    pub fn shown(&self) -> &str {
        let ids = self.record.source_id.as_deref().or(self.record.target_id.as_deref());
        self.name.as_deref().filter(|name| !name.is_empty()).or(ids).unwrap_or("-")
    }
}

/// Records that were not applied for one reason.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// How many.
    pub count: u64,
    /// None of them counts as failed: consent is awaited.
    pub is_pending: bool,
    /// The first message.
    pub message: Option<String>,
    /// The first thousand of them.
    pub records: Vec<Ended>,
}

/// The run as it stands.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// Run id.
    pub run: String,
    /// Who carries it out.
    pub process: Option<Process>,
    /// Records done and in all, of the whole run.
    pub done: u64,
    /// In all.
    pub total: u64,
    /// Each phase.
    pub phases: BTreeMap<Phase, PhaseCount>,
    /// Calls in the last seconds.
    pub calls_per_second: f64,
    /// What holds the pace.
    pub state: Option<PaceState>,
    /// Every lane used so far.
    pub lanes: Vec<LaneReport>,
    /// Seconds until an all-lanes pause ends, as of the latest line.
    pub paused_seconds: Option<u64>,
    /// Calls refused for flow control.
    pub throttled: u64,
    /// Why records were not applied, by code.
    pub causes: BTreeMap<String, Cause>,
    /// Records that ended lately, the latest last.
    pub recent: VecDeque<Ended>,
    /// Totals by outcome.
    pub counts: RunSummary,
    /// How it ended.
    pub finished: Option<(RunStatus, RunSummary)>,
    /// What stopped it: message and way out.
    pub trouble: Option<(String, Option<String>)>,
    /// QR code logon, which follows the records.
    pub logon: LogonCount,
    /// Lines that could not be written.
    pub lost: u64,
    /// When it began, Unix milliseconds.
    pub started_ms: Option<i64>,
    /// When its latest line was told.
    pub last_ms: i64,
    /// When something last began or ended: the process, a record, a row of QR code logon.
    ended_ms: i64,
    /// Records done by earlier processes of the same run.
    earlier: u64,
    window: VecDeque<(i64, u64)>,
}

impl Course {
    /// Takes in a line.
    pub fn take(&mut self, line: Line) {
        self.last_ms = self.last_ms.max(line.at_ms);
        match line.told {
            Told::Event(event) => self.event(line.at_ms, line.name, event),
            Told::Note(Note::Process(process)) => {
                self.ended_ms = line.at_ms;
                self.begin(*process);
            }
            Told::Note(Note::Pace { lanes, paused_seconds, throttled }) => {
                (self.lanes, self.paused_seconds, self.throttled) = (lanes, paused_seconds, throttled);
            }
            Told::Note(Note::Trouble { message, hint, .. }) => self.trouble = Some((message, hint)),
            Told::Note(Note::Logon { done, failed, skipped, refusal }) => {
                self.ended_ms = line.at_ms;
                let total = self.logon.total.max(done);
                let refusal = refusal.or(self.logon.refusal.take());
                self.logon = LogonCount { done, total, failed, skipped, refusal };
            }
            Told::Note(Note::Lost { lines }) => self.lost += lines,
        }
    }

    /// Records and rows of QR code logon: done, and in all.
    pub fn whole(&self) -> (u64, u64) {
        (self.done + self.logon.done, self.total + self.logon.total)
    }

    /// Rows of the plan that nobody tried, because they need a decision or a correction.
    pub fn undecided(&self) -> u64 {
        let of = |counts: ActionCounts| counts.conflict + counts.blocked;
        self.process.as_ref().map_or(0, |process| of(process.planned.departments) + of(process.planned.users))
    }

    /// For how long nothing has ended although calls are sent, milliseconds; `None` where there is a reason to wait.
    pub fn silent_ms(&self, now_ms: i64) -> Option<u64> {
        let is_sending = self.finished.is_none() && self.state == Some(PaceState::Running);
        is_sending.then(|| elapsed_ms(self.ended_ms, now_ms))
    }

    /// Whether the operator lets it wait; a pause of the service has an end.
    pub fn is_paused_by_operator(&self) -> bool {
        self.state == Some(PaceState::Paused) && self.paused_seconds.is_none() && self.finished.is_none()
    }

    /// Seconds that are left, from and to: by the recent speed and by the speed of the whole run.
    pub fn remaining(&self) -> Option<(u64, u64)> {
        const FEWEST: u64 = 5;
        let left = self.total.saturating_sub(self.done);
        if self.finished.is_some() || self.state == Some(PaceState::Paused) {
            return None;
        }
        let (first, latest) = (self.window.front()?, self.window.back()?);
        let (done, ms) = (latest.1.saturating_sub(first.1), elapsed_ms(first.0, latest.0));
        let whole_ms = elapsed_ms(self.started_ms?, latest.0);
        let all = latest.1.saturating_sub(self.earlier);
        if done < FEWEST || ms < 1000 || all < FEWEST {
            return None;
        }
        let by_recent = left.saturating_mul(ms).div_ceil(done * 1000);
        let by_whole = left.saturating_mul(whole_ms).div_ceil(all * 1000);
        Some((coarse(by_recent.min(by_whole), false), coarse(by_recent.max(by_whole), true)))
    }

    /// The causes, those that only wait for consent last. The order does not depend on counts, so nothing jumps.
    pub fn ranked(&self) -> impl Iterator<Item = (&String, &Cause)> {
        let of_kind =
            |is_pending| self.causes.iter().filter(move |(_, cause)| cause.is_pending == is_pending);
        of_kind(false).chain(of_kind(true))
    }

    /// What became of the causes that count as failures.
    pub fn attention(&self) -> u64 {
        self.causes.values().map(|cause| cause.count).sum()
    }

    /// How long the run took or takes, milliseconds.
    pub fn elapsed_ms(&self, now_ms: i64) -> u64 {
        let end = if self.finished.is_some() { self.last_ms } else { now_ms.max(self.last_ms) };
        self.started_ms.map_or(0, |started| elapsed_ms(started, end))
    }

    fn begin(&mut self, process: Process) {
        for phase in Phase::ALL {
            self.phases.entry(phase).or_default().total = phase.planned(&process.planned);
        }
        self.logon = LogonCount { total: process.logon, ..LogonCount::default() };
        self.process = Some(process);
        self.window.clear();
        (self.finished, self.trouble, self.paused_seconds) = (None, None, None);
        self.lanes.clear();
    }

    fn event(&mut self, at_ms: i64, name: Option<String>, event: Event) {
        match event {
            Event::Started { run, total, .. } => {
                self.run = run;
                let planned =
                    self.process.as_ref().map(|_| self.phases.values().map(|phase| phase.total).sum());
                let whole: u64 = planned.unwrap_or(self.done + total);
                // A kill may have come between a record's end on disk and its line.
                self.earlier = whole.saturating_sub(total);
                (self.done, self.total) = (self.earlier, whole);
                self.started_ms.get_or_insert(at_ms);
                self.state = Some(PaceState::Running);
                self.finished = None;
            }
            Event::Record(record) => self.record(Ended { at_ms, name, record }),
            Event::Progress { done, calls_per_second, state, .. } => {
                // Lines that were lost still count.
                self.done = self.done.max(self.earlier + done);
                (self.calls_per_second, self.state) = (calls_per_second, Some(state));
                self.window.push_back((at_ms, self.done));
                while self.window.get(1).is_some_and(|(at, _)| elapsed_ms(*at, at_ms) >= WINDOW_MS) {
                    self.window.pop_front();
                }
            }
            Event::Finished { status, summary, .. } => {
                self.finished = Some((status, summary));
                self.counts = summary;
                self.throttled = summary.throttled;
                (self.calls_per_second, self.state, self.paused_seconds) = (0.0, None, None);
            }
        }
    }

    fn record(&mut self, ended: Ended) {
        self.ended_ms = ended.at_ms;
        let record = &ended.record;
        self.done += 1;
        self.total = self.total.max(self.done);
        let phase = self.phases.entry(Phase::of(record.entity, record.action)).or_default();
        phase.done += 1;
        phase.total = phase.total.max(phase.done);
        phase.failed += u64::from(record.outcome == Outcome::Failed);
        phase.span = Some((phase.span.map_or(ended.at_ms, |(first, _)| first), ended.at_ms));
        match record.outcome {
            Outcome::Applied => self.counts.applied += 1,
            Outcome::Failed => self.counts.failed += 1,
            Outcome::Skipped => self.counts.skipped += 1,
            Outcome::Pending => self.counts.pending += 1,
        }
        if record.outcome != Outcome::Applied {
            let code = record.code.clone().unwrap_or_else(|| record.outcome.as_str().to_owned());
            let cause = self.causes.entry(code).or_default();
            cause.count += 1;
            cause.is_pending = record.outcome == Outcome::Pending;
            if cause.message.is_none() {
                cause.message.clone_from(&record.message);
            }
            if cause.records.len() < NAMED {
                cause.records.push(ended.clone());
            }
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(ended);
    }
}

/// Seconds in steps that a person reads, so that a figure does not flicker: up for the upper end, down for the lower.
fn coarse(seconds: u64, is_upper: bool) -> u64 {
    let step = match seconds {
        0..20 => 1,
        20..120 => 5,
        120..900 => 30,
        900..7200 => 120,
        _ => 600,
    };
    if is_upper { seconds.div_ceil(step) * step } else { seconds / step * step }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(seq: u64, outcome: Outcome, code: Option<&str>) -> Event {
        Event::Record(RecordEvent {
            seq,
            entity: Entity::User,
            action: Action::Create,
            source_id: Some(format!("user_{seq}")),
            target_id: None,
            outcome,
            code: code.map(str::to_owned),
            message: None,
            attempts: 1,
            elapsed_ms: 40,
        })
    }

    fn told(course: &mut Course, at_ms: i64, event: Event) {
        course.take(Line { at_ms, name: None, told: Told::Event(event) });
    }

    fn started(total: u64) -> Event {
        Event::Started { run: "r".into(), plan_id: "p".into(), total }
    }

    #[test]
    fn what_an_earlier_process_did_counts_for_the_whole_run() {
        let mut course = Course::default();
        told(&mut course, 0, started(10));
        for seq in 1..=4 {
            told(&mut course, 100, record(seq, Outcome::Applied, None));
        }
        told(&mut course, 200, started(6));
        assert_eq!((course.done, course.total), (4, 10));
        told(&mut course, 300, record(5, Outcome::Failed, Some("60104")));
        assert_eq!((course.done, course.total, course.causes["60104"].count), (5, 10, 1));
    }

    #[test]
    fn remaining_time_is_a_range_between_recent_and_overall_speed() {
        let mut course = Course::default();
        told(&mut course, 0, started(1000));
        assert_eq!(course.remaining(), None);
        let (mut done, mut at) = (0, 0);
        for step in 0..40 {
            at += 1000;
            done += if step < 20 { 20 } else { 10 };
            let progress = Event::Progress {
                done,
                total: 1000,
                calls_per_second: 10.0,
                eta_seconds: 0,
                state: PaceState::Running,
                paused_seconds: None,
            };
            told(&mut course, at, progress);
        }
        let (low, high) = course.remaining().unwrap();
        assert_eq!((low, high), (25, 40), "400 left at 15 and at 10 a second");
    }

    #[test]
    fn records_whose_lines_were_lost_are_made_good_by_the_totals() {
        let mut course = Course::default();
        told(&mut course, 0, started(100));
        let progress = |done| Event::Progress {
            done,
            total: 100,
            calls_per_second: 1.0,
            eta_seconds: 1,
            state: PaceState::Running,
            paused_seconds: None,
        };
        told(&mut course, 1000, progress(50));
        assert_eq!(course.done, 50);
    }
}
