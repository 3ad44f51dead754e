//! A window of choices: what to filter by, how to decide, which decision to forget, how to export.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use rust_i18n::t;

use super::sheet::Sheet;
use super::words;
use crate::core::browse::Filter;
use crate::core::field::FieldName;
use crate::core::journal::{Decision, Learned};
use crate::core::plan::{Action as RowAction, Change, Entity, Reason, Warning};
use crate::core::planner::{Candidate, DepartmentCandidate};
use crate::core::source::{AccountId, UnitId};
use crate::core::target::DepartmentId;
use crate::tui::keys::Action;
use crate::tui::look::{Look, Tone};
use crate::tui::screen::Offer;
use crate::tui::widgets::scroll::Scroll;
use crate::tui::widgets::{pane, text};
use crate::tui::worker::preview::{Format, View};

/// Columns of the window.
const COLUMNS: u16 = 78;

/// What a choice leads to.
#[derive(Debug, Clone)]
pub(super) enum Choice {
    /// Shows what it always shows.
    Everything,
    /// Only rows that change this field; how many there are.
    Field(FieldName, usize),
    /// Only rows with this reason.
    Reason(Reason, usize),
    /// Only rows with this warning.
    Warning(Warning, usize),
    /// Links an account to this user.
    Link(Box<Candidate>),
    /// Links an account to a user whose id is typed.
    TypeLink,
    /// Binds a unit to this department.
    LinkUnit(Box<DepartmentCandidate>),
    /// Binds a unit to a department whose id is typed.
    TypeUnitLink,
    /// Ends the binding of a unit to this department.
    UnlinkUnit(DepartmentId),
    /// DingTalk keeps what is in conflict.
    Keep {
        /// The account has a user: the rest is written.
        has_user: bool,
    },
    /// Leaves the account out for good.
    LeaveOut,
    /// Leaves the unit out for good, with everything below it.
    LeaveOutUnit,
    /// Forgets a decision: its record, what was decided.
    Forget(Box<Forget>),
    /// Writes the plan to a file.
    Export(Format),
}

/// A decision that can be forgotten.
#[derive(Debug, Clone)]
pub(super) struct Forget {
    /// The record in words.
    pub(super) record: String,
    /// What was decided, as a locale key, and about whom.
    pub(super) decision: (&'static str, String),
    /// What forgets it.
    pub(super) learned: Learned,
}

/// The open window.
#[derive(Debug)]
pub(super) struct Menu {
    /// Locale key of the title.
    pub(super) title: &'static str,
    /// The record that is decided about.
    pub(super) about: Option<String>,
    /// What can be chosen.
    pub(super) choices: Vec<Choice>,
    scroll: Scroll,
}

impl Menu {
    fn new(title: &'static str, choices: Vec<Choice>) -> Self {
        Self { title, about: None, choices, scroll: Scroll::default() }
    }

    /// What the rows can be filtered by.
    pub(super) fn filters(view: &View) -> Self {
        let browser = &view.browser;
        let mut choices = vec![Choice::Everything];
        choices.extend(browser.reasons().map(|(reason, rows)| Choice::Reason(reason, rows)));
        choices.extend(browser.warnings().map(|(warning, rows)| Choice::Warning(warning, rows)));
        choices.extend(browser.fields().map(|(field, rows)| Choice::Field(field.clone(), rows)));
        Self::new("plan.title.filters", choices)
    }

    /// How a row can be decided; candidates are added when they are found.
    pub(super) fn decide(view: &View, change: &Change) -> Self {
        let mut choices = Vec::new();
        let id = change.source_id.clone().unwrap_or_default();
        match change.entity {
            Entity::Department => {
                let bound = view.memory.departments.get(&UnitId(id.clone()));
                choices.push(Choice::TypeUnitLink);
                choices.extend(bound.map(|department| Choice::UnlinkUnit(*department)));
                choices.push(Choice::LeaveOutUnit);
            }
            Entity::User => {
                let account = AccountId(id.clone());
                let is_bound = view.memory.users.contains_key(&account);
                if !is_bound {
                    choices.push(Choice::TypeLink);
                }
                if change.action == RowAction::Conflict {
                    choices.push(Choice::Keep { has_user: change.target_id.is_some() });
                }
                choices.push(Choice::LeaveOut);
                choices.extend(forget(view, &account));
            }
        }
        Self { about: Some(id), ..Self::new("plan.title.decide", choices) }
    }

    /// Every decision there is.
    pub(super) fn decisions(view: &View) -> Self {
        let mut accounts: Vec<&AccountId> = view.memory.decisions.keys().collect();
        accounts.sort();
        let mut units: Vec<&UnitId> = view.memory.left_out_units.iter().collect();
        units.sort();
        let of_units = units.into_iter().map(|unit| {
            let found = view.source.units.iter().find(|known| known.id == unit.0);
            let record = found.map_or_else(|| unit.0.clone(), |found| format!("{}  {}", found.name, unit.0));
            Choice::Forget(Box::new(Forget {
                record,
                decision: ("decision.leave_out", String::new()),
                learned: Learned::LeftOutUnit(unit.clone(), false),
            }))
        });
        let choices = of_units.chain(accounts.into_iter().filter_map(|account| forget(view, account)));
        Self::new("plan.title.decisions", choices.collect())
    }

    /// How a plan can be written to a file.
    pub(super) fn exports() -> Self {
        Self::new("plan.title.export", vec![Choice::Export(Format::Json), Choice::Export(Format::Csv)])
    }

    /// Adds the users that were found, before everything else.
    pub(super) fn add_candidates(&mut self, candidates: Vec<Candidate>) {
        let found = candidates.into_iter().map(|candidate| Choice::Link(Box::new(candidate)));
        self.choices.splice(0..0, found);
    }

    /// Adds the departments that were found, before everything else.
    pub(super) fn add_departments(&mut self, candidates: Vec<DepartmentCandidate>) {
        let found = candidates.into_iter().map(|candidate| Choice::LinkUnit(Box::new(candidate)));
        self.choices.splice(0..0, found);
    }

    /// What keys do here.
    pub(super) fn offers(&self, look: Look) -> Vec<Offer> {
        let nothing = self.choices.is_empty().then(|| t!("plan.nothing", locale = look.locale).into_owned());
        vec![
            Offer::hinted(Action::Activate).named("plan.choose").unless(nothing),
            Offer::hinted(Action::Up).named("tui.action.choose"),
            Offer::hinted(Action::Down).named("tui.action.choose"),
            Offer::quiet(Action::PageUp),
            Offer::quiet(Action::PageDown),
            Offer::quiet(Action::First),
            Offer::quiet(Action::Last),
            Offer::hinted(Action::Close),
        ]
    }

    /// Moves, or answers the choice that was made.
    pub(super) fn act(&mut self, action: Action) -> Option<Choice> {
        if action == Action::Activate {
            return self.choices.get(self.scroll.chosen).cloned();
        }
        self.scroll.act(action, self.choices.len(), 10);
        None
    }

    /// Draws the window.
    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, sheet: &Sheet, look: Look) {
        let columns = usize::from(COLUMNS.min(area.width)).saturating_sub(4);
        let intro = text::wrap(&t!(format!("{}_intro", self.title), locale = look.locale), columns);
        let rows = self.choices.len().max(1) + intro.len() + 3;
        let place = pane::middle(area, COLUMNS, u16::try_from(rows).unwrap_or(u16::MAX));
        let title = match &self.about {
            Some(id) => format!("{}  {id}", t!(self.title, locale = look.locale)),
            None => t!(self.title, locale = look.locale).into_owned(),
        };
        let inner = pane::window(frame, place, &title, look);
        let line = |row: u16| {
            Rect { x: inner.x + 1, y: inner.y + row, width: inner.width.saturating_sub(2), height: 1 }
                .intersection(inner)
        };
        let mut at = 0;
        for text in intro {
            frame.render_widget(Line::styled(text, look.style(Tone::Quiet)), line(at));
            at += 1;
        }
        at += 1;
        if self.choices.is_empty() {
            frame.render_widget(Line::raw(t!("plan.nothing", locale = look.locale).into_owned()), line(at));
        }
        let height = usize::from(inner.height.saturating_sub(at));
        for index in self.scroll.visible(self.choices.len(), height) {
            let is_chosen = index == self.scroll.chosen;
            let mark = if is_chosen { "> " } else { "  " };
            let shown = format!("{mark}{}", label(&self.choices[index], sheet, look.locale));
            let tone = if is_chosen { Tone::Cursor } else { Tone::Plain };
            frame.render_widget(Line::styled(text::cell(&shown, columns, look), look.style(tone)), line(at));
            at += 1;
        }
    }
}

fn forget(view: &View, account: &AccountId) -> Option<Choice> {
    let decision = view.memory.decisions.get(account)?;
    let found = view.source.accounts.iter().find(|known| known.id == account.0);
    let name = found.and_then(|found| found.display_name.clone().or_else(|| found.username.clone()));
    let target = match decision {
        Decision::LinkTo(user) => user.0.clone(),
        Decision::LeaveOut | Decision::Keep => String::new(),
    };
    let word = match decision {
        Decision::LinkTo(_) => "decision.link_to",
        Decision::LeaveOut => "decision.leave_out",
        Decision::Keep => "decision.keep",
    };
    Some(Choice::Forget(Box::new(Forget {
        record: format!("{}  {account}", name.unwrap_or_default()),
        decision: (word, target),
        learned: Learned::Decided(account.clone(), None),
    })))
}

/// A choice in words.
fn label(choice: &Choice, sheet: &Sheet, locale: &str) -> String {
    let rows = |count: usize| words::number(count as u64);
    match choice {
        Choice::Everything => t!("plan.choice.everything", locale = locale).into_owned(),
        Choice::Field(field, count) => {
            let name = words::field(field.as_str(), locale);
            t!("plan.choice.field", name = name, count = rows(*count), locale = locale).into_owned()
        }
        Choice::Reason(reason, count) => {
            let word = t!(format!("reason.{}", reason.as_str()), locale = locale);
            let mark = if *reason < Reason::Gone { '!' } else { '?' };
            format!("{mark} {word}  {}", rows(*count))
        }
        Choice::Warning(warning, count) => {
            format!("! {}  {}", words::warning_word(*warning, locale), rows(*count))
        }
        Choice::Link(candidate) => link(candidate, sheet, locale),
        Choice::TypeLink => t!("plan.choice.type_link", locale = locale).into_owned(),
        Choice::LinkUnit(candidate) => link_unit(candidate, sheet, locale),
        Choice::TypeUnitLink => t!("plan.choice.type_unit_link", locale = locale).into_owned(),
        Choice::UnlinkUnit(id) => {
            let place = sheet.view.browser.tree().path_of_reference(&id.to_string()).unwrap_or_default();
            t!("plan.choice.unlink_unit", id = id, place = place, locale = locale).into_owned()
        }
        Choice::Keep { has_user: true } => t!("plan.choice.keep", locale = locale).into_owned(),
        Choice::Keep { has_user: false } => t!("plan.choice.keep_nobody", locale = locale).into_owned(),
        Choice::LeaveOut => t!("plan.choice.leave_out", locale = locale).into_owned(),
        Choice::LeaveOutUnit => t!("plan.choice.leave_out_unit", locale = locale).into_owned(),
        Choice::Forget(forget) => {
            let (word, target) = &forget.decision;
            let decided = format!("{} {target}", t!(*word, locale = locale));
            t!("plan.choice.forget", record = forget.record, decided = decided.trim(), locale = locale)
                .into_owned()
        }
        Choice::Export(Format::Json) => t!("plan.choice.json", locale = locale).into_owned(),
        Choice::Export(Format::Csv) => t!("plan.choice.csv", locale = locale).into_owned(),
    }
}

fn link(candidate: &Candidate, sheet: &Sheet, locale: &str) -> String {
    let user = &candidate.user;
    let agrees: Vec<&str> = candidate.agrees.iter().map(|field| field.as_str()).collect();
    let place = user.departments.first().map(ToString::to_string).unwrap_or_default();
    let place = sheet.view.browser.tree().path_of_reference(&place).unwrap_or(place);
    t!(
        "plan.choice.link",
        name = user.field("name").unwrap_or("-"),
        id = user.id,
        place = place,
        agrees = agrees.join(", "),
        locale = locale
    )
    .into_owned()
}

fn link_unit(candidate: &DepartmentCandidate, sheet: &Sheet, locale: &str) -> String {
    let department = &candidate.department;
    let agrees: Vec<String> =
        candidate.agrees.iter().map(|what| words::field(what.field(), locale)).collect();
    let place = department.parent.map(|parent| parent.to_string()).unwrap_or_default();
    let place = sheet.view.browser.tree().path_of_reference(&place).unwrap_or(place);
    t!(
        "plan.choice.link",
        name = department.name,
        id = department.id,
        place = place,
        agrees = agrees.join(", "),
        locale = locale
    )
    .into_owned()
}

impl Choice {
    /// The filter a choice makes of one; `None` when it is no choice of a filter.
    pub(super) fn applied_to(&self, filter: &Filter) -> Option<Filter> {
        let kept = Filter { kind: filter.kind, text: filter.text.clone(), ..Filter::default() };
        let kept = Filter { branch: filter.branch, ..kept };
        Some(match self {
            Self::Everything => Filter { every: true, ..Filter::default() },
            Self::Field(field, _) => Filter { field: Some(field.clone()), ..kept },
            Self::Reason(reason, _) => Filter { reason: Some(*reason), ..kept },
            Self::Warning(warning, _) => Filter { warning: Some(*warning), every: true, ..kept },
            _ => return None,
        })
    }
}
