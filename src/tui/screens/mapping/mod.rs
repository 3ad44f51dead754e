//! Step 4: by which fields people are recognised, and what fills every field. Rows with live results on sample
//! accounts; an edit says what it changes before it is kept.

mod act;
mod add;
mod draw;
mod editor;
mod identity;
mod lines;
mod numbers;
mod offers;
mod row;
mod table;

use std::collections::HashMap;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use rust_i18n::t;

use self::add::Adding;
use self::editor::Editor;
use self::identity::Choosing;
use self::table::Shown;
use crate::core::plan::Entity;
use crate::core::profile::{Edition, IdentityField, MappingRow};
use crate::core::survey::Report;
use crate::tui::draft::{self, Draft};
use crate::tui::keys::{Action, Key};
use crate::tui::message::{Answer, Command};
use crate::tui::screen::{Offer, Screen, ScreenId};
use crate::tui::shared::Shared;
use crate::tui::widgets::text_field::TextField;

/// Edits that can be undone.
const UNDONE: usize = 100;

/// What has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Focus {
    Identity,
    Rows,
    Label,
    When,
    OnEmpty,
    Preview,
    SaveOnly,
    SaveAndSync,
}

/// The order of Tab.
const ORDER: [Focus; 8] = [
    Focus::Rows,
    Focus::Label,
    Focus::When,
    Focus::OnEmpty,
    Focus::Preview,
    Focus::SaveOnly,
    Focus::SaveAndSync,
    Focus::Identity,
];

/// A window over the screen.
#[derive(Debug, Clone)]
enum Window {
    Add(Box<Adding>),
    Identity(Choosing),
    /// The equivalent command and what saving changes, from this line on.
    Command(usize),
}

/// The answers of this step before an edit.
type Before = (Vec<IdentityField>, Vec<MappingRow>, Vec<MappingRow>);

/// The state of step 4 besides the answers.
#[derive(Debug)]
pub struct FieldMapping {
    focus: Focus,
    entity: Entity,
    /// The row under the cursor, by field.
    field: String,
    label: TextField,
    editor: Option<Editor>,
    window: Option<Window>,
    undo: Vec<Before>,
    /// Which of the samples is shown.
    sample: usize,
    /// A record that a problem led to; shown instead of the sample.
    pinned: Option<usize>,
    reports: HashMap<(Entity, String), Result<Arc<Report>, String>>,
    asked: Vec<MappingRow>,
    ticket: u64,
    /// Where saving leads.
    after_save: Option<ScreenId>,
    is_entered: bool,
}

impl Default for FieldMapping {
    fn default() -> Self {
        Self {
            focus: Focus::Rows,
            entity: Entity::User,
            field: "name".to_owned(),
            label: TextField::default(),
            editor: None,
            window: None,
            undo: Vec::new(),
            sample: 0,
            pinned: None,
            reports: HashMap::new(),
            asked: Vec::new(),
            ticket: 0,
            after_save: None,
            is_entered: false,
        }
    }
}

impl FieldMapping {
    fn shown(&self, shared: &Shared) -> Vec<Shown> {
        table::shown(&shared.draft, self.entity)
    }

    /// The row under the cursor and its place.
    fn current(&self, shared: &Shared) -> Option<(usize, Shown)> {
        let rows = self.shown(shared);
        let place = rows.iter().position(|shown| shown.row.field == self.field).unwrap_or(0);
        rows.into_iter().nth(place).map(|shown| (place, shown))
    }

    fn go_to(&mut self, place: usize, shared: &Shared) {
        if let Some(shown) = self.shown(shared).get(place) {
            self.field.clone_from(&shown.row.field);
        }
        self.follow(shared);
    }

    /// Texts follow the row under the cursor.
    fn follow(&mut self, shared: &Shared) {
        if let Some((_, shown)) = self.current(shared) {
            self.field.clone_from(&shown.row.field);
            if self.focus != Focus::Label {
                self.label.set(&shown.row.label);
            }
        }
    }

    fn focus_on(&mut self, focus: Focus, shared: &Shared) {
        self.focus = focus;
        self.follow(shared);
        if focus == Focus::Label {
            let label = self.current(shared).map(|(_, shown)| shown.row.label).unwrap_or_default();
            self.label.set(&label);
        }
    }

    /// Remembers the answers before an edit.
    fn remember(&mut self, draft: &Draft) {
        let before = (draft.identity.clone(), draft.user_rows.clone(), draft.department_rows.clone());
        if self.undo.last() != Some(&before) {
            self.undo.push(before);
            let excess = self.undo.len().saturating_sub(UNDONE);
            self.undo.drain(..excess);
        }
    }

    fn undo(&mut self, shared: &mut Shared) -> Vec<Command> {
        let draft = &mut shared.draft;
        while let Some((identity, users, departments)) = self.undo.pop() {
            let is_same = (&identity, &users, &departments)
                == (&draft.identity, &draft.user_rows, &draft.department_rows);
            if !is_same {
                (draft.identity, draft.user_rows, draft.department_rows) = (identity, users, departments);
                break;
            }
        }
        self.changed(shared)
    }

    /// Puts a row into the answers; one step for undo.
    fn put(&mut self, row: MappingRow, shared: &mut Shared) -> Vec<Command> {
        self.remember(&shared.draft);
        table::put(&mut shared.draft, self.entity, row);
        self.changed(shared)
    }

    /// After an answer changed: texts and numbers follow.
    fn changed(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.follow(shared);
        let mut commands = self.look(shared);
        let Shared { draft, file, survey, .. } = shared;
        commands.extend(survey.recount(draft, file));
        commands
    }

    /// What keeps the mapping from being used, and the row it is about.
    fn obstacle(&self, shared: &Shared) -> Option<(Entity, String, String)> {
        let locale = shared.look.locale;
        let errors = draft::errors(ScreenId::Mapping, &shared.draft, &shared.file, locale);
        if let Some(error) = errors.into_iter().next() {
            let is_user = !error.field.starts_with("mapping.department");
            let entity = if is_user { Entity::User } else { Entity::Department };
            let rows = table::rows(&shared.draft, entity);
            let field = error.index.and_then(|index| rows.get(index)).map(|row| row.field.clone());
            return Some((entity, field.unwrap_or_default(), error.text));
        }
        let is_off = |entity: Entity, field: &str| {
            table::shown(&shared.draft, entity).iter().any(|shown| shown.row.field == field && shown.is_off())
        };
        let gap = |entity, field: &str, word| {
            is_off(entity, field).then(|| (entity, field.to_owned(), t!(word, locale = locale).into_owned()))
        };
        gap(Entity::User, "name", "mapping.gap.name")
            .or_else(|| gap(Entity::Department, "name", "mapping.gap.department_name"))
            .or_else(|| match shared.draft.edition {
                Edition::Standard => gap(Entity::User, "mobile", "mapping.gap.mobile"),
                Edition::Dedicated => None,
            })
    }
}

impl Screen for FieldMapping {
    fn offers(&self, shared: &Shared) -> Vec<Offer> {
        self.offered(shared)
    }

    fn is_typing(&self) -> bool {
        match (&self.window, &self.editor) {
            (Some(Window::Add(_)), _) => true,
            (Some(Window::Identity(_) | Window::Command(_)), _) => false,
            (None, Some(_)) => true,
            (None, None) => self.focus == Focus::Label,
        }
    }

    fn enter(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.follow(shared);
        if !std::mem::replace(&mut self.is_entered, true) && self.obstacle(shared).is_none() {
            self.focus = Focus::Preview;
        }
        let Shared { draft, file, survey, now_ms, .. } = shared;
        let mut commands = survey.begin(draft, file, *now_ms);
        commands.extend(self.look(shared));
        commands.extend(self.ask_for_samples(shared));
        commands
    }

    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match (&self.window, &self.editor) {
            (Some(_), _) => self.act_in_window(action, shared),
            (None, Some(_)) => self.act_in_editor(action, shared),
            (None, None) => self.act_here(action, shared),
        }
    }

    fn type_in(&mut self, key: Key, shared: &mut Shared) -> Vec<Command> {
        match (&mut self.window, &mut self.editor) {
            (Some(Window::Add(adding)), _) => adding.key(key),
            (Some(Window::Identity(_) | Window::Command(_)), _) => {}
            (None, Some(editor)) => {
                if editor.key(key) {
                    return self.edited(shared);
                }
            }
            (None, None) => {
                self.label.key(key);
                return self.label_typed(shared);
            }
        }
        Vec::new()
    }

    fn paste(&mut self, pasted: &str, shared: &mut Shared) -> Vec<Command> {
        let length = pasted.chars().count();
        let (trimmed, mut commands) = match (&mut self.window, &mut self.editor) {
            (Some(Window::Add(adding)), _) => (adding.name.paste(pasted).trimmed, Vec::new()),
            (Some(Window::Identity(_) | Window::Command(_)), _) => (0, Vec::new()),
            (None, Some(editor)) => {
                let trimmed = editor.paste(pasted);
                (trimmed, self.edited(shared))
            }
            (None, None) => {
                let trimmed = self.label.paste(pasted).trimmed;
                (trimmed, self.label_typed(shared))
            }
        };
        if trimmed > 0 {
            let (taken, locale) = (length.saturating_sub(trimmed), shared.look.locale);
            let note = t!("tui.note.pasted", taken = taken, trimmed = trimmed, locale = locale);
            commands.push(Command::Note(note.into_owned()));
        }
        commands
    }

    fn receive(&mut self, answer: &Answer, shared: &mut Shared) -> Vec<Command> {
        match answer {
            Answer::Survey(news) => self.heard(news, shared),
            Answer::Saved { result, .. } => match (self.after_save.take(), result) {
                (Some(screen), Ok(_)) => vec![Command::Go(screen)],
                (_, _) => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn is_complete(&self, shared: &Shared) -> bool {
        self.obstacle(shared).is_none()
    }

    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared) {
        self.draw(frame, area, shared);
    }

    fn cursor(&self, area: Rect, shared: &Shared) -> Option<Position> {
        self.text_cursor(area, shared)
    }

    fn help(&self) -> &'static str {
        "mapping.help"
    }
}
