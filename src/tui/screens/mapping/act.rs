//! What the actions of step 4 do: on the rows, in the editor, in the windows.

use rust_i18n::t;

use super::add::Adding;
use super::editor::Editor;
use super::identity::Choosing;
use super::{FieldMapping, Focus, ORDER, Window, table};
use crate::core::plan::Entity;
use crate::core::profile::{MappingRow, OnEmpty, When};
use crate::tui::draft;
use crate::tui::keys::{Action, Key};
use crate::tui::message::Command;
use crate::tui::screen::ScreenId;
use crate::tui::shared::Shared;
use crate::tui::widgets::scroll::Scroll;

impl FieldMapping {
    pub(super) fn act_here(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match action {
            Action::Next => return self.preview(shared),
            Action::Back => return vec![Command::Go(ScreenId::Scenario)],
            Action::Save => return vec![Command::Save],
            Action::NextPane => self.move_focus(1, shared),
            Action::PreviousPane => self.move_focus(-1, shared),
            Action::Undo => return self.undo(shared),
            Action::Add => self.window = Some(Window::Add(Box::new(Adding::open()))),
            Action::Delete => return self.delete(shared),
            Action::NextSample => {
                self.sample += 1;
                self.pinned = None;
            }
            Action::NextProblem => return self.problem(1, shared),
            Action::PreviousProblem => return self.problem(-1, shared),
            Action::CommandLine => self.window = Some(Window::Command(0)),
            Action::Again => return self.read_again(shared, false),
            Action::AllAgain => return self.read_again(shared, true),
            Action::FullHeight => {
                self.open_editor(shared);
                if let Some(editor) = &mut self.editor {
                    editor.turn_full();
                }
            }
            Action::Activate => return self.activate(shared),
            Action::Toggle | Action::Left | Action::Right => return self.turn(action, shared),
            _ => self.move_rows(action, shared),
        }
        Vec::new()
    }

    fn activate(&mut self, shared: &mut Shared) -> Vec<Command> {
        match self.focus {
            Focus::Identity => self.window = Some(Window::Identity(Choosing::default())),
            Focus::Rows => self.open_editor(shared),
            Focus::Label => self.move_focus(1, shared),
            Focus::When | Focus::OnEmpty => return self.turn(Action::Right, shared),
            Focus::Preview => return self.preview(shared),
            Focus::SaveOnly => return self.save(None, shared),
            Focus::SaveAndSync => return self.save_and_sync(shared),
        }
        Vec::new()
    }

    /// Left, Right and Space: the other kind of rows, or the next word of a choice.
    fn turn(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        let Some((_, shown)) = self.current(shared) else { return Vec::new() };
        let by = if action == Action::Left { 2 } else { 1 };
        match self.focus {
            Focus::When => {
                const ALL: [When; 3] = [When::Always, When::Create, When::IfEmpty];
                let at = ALL.iter().position(|when| *when == shown.row.when).unwrap_or(0);
                self.put(MappingRow { when: ALL[(at + by) % 3], ..shown.row }, shared)
            }
            Focus::OnEmpty => {
                const ALL: [OnEmpty; 3] = [OnEmpty::Skip, OnEmpty::Clear, OnEmpty::Block];
                let at = ALL.iter().position(|on_empty| *on_empty == shown.row.on_empty).unwrap_or(0);
                self.put(MappingRow { on_empty: ALL[(at + by) % 3], ..shown.row }, shared)
            }
            Focus::Rows => {
                self.entity = match self.entity {
                    Entity::User => Entity::Department,
                    Entity::Department => Entity::User,
                };
                (self.pinned, self.sample) = (None, 0);
                self.follow(shared);
                self.look(shared)
            }
            Focus::Identity | Focus::Label | Focus::Preview | Focus::SaveOnly | Focus::SaveAndSync => {
                Vec::new()
            }
        }
    }

    fn move_rows(&mut self, action: Action, shared: &Shared) {
        let rows = self.shown(shared).len();
        let place = self.current(shared).map_or(0, |(place, _)| place);
        match (self.focus, action) {
            (Focus::Rows, Action::Up) if place == 0 => self.focus_on(Focus::Identity, shared),
            (Focus::Rows, Action::Down) if place + 1 >= rows => self.focus_on(Focus::Preview, shared),
            (Focus::Rows, _) => {
                let mut scroll = Scroll { chosen: place };
                scroll.act(action, rows, 6);
                self.pinned = None;
                self.go_to(scroll.chosen, shared);
            }
            (_, Action::Up) => self.move_focus(-1, shared),
            (_, Action::Down) => self.move_focus(1, shared),
            (_, _) => {}
        }
    }

    fn move_focus(&mut self, by: isize, shared: &Shared) {
        let here = ORDER.iter().position(|focus| *focus == self.focus).unwrap_or(0);
        let length = isize::try_from(ORDER.len()).unwrap_or(1);
        let to = (isize::try_from(here).unwrap_or(0) + by).rem_euclid(length);
        self.focus_on(ORDER[usize::try_from(to).unwrap_or(0)], shared);
    }

    fn open_editor(&mut self, shared: &Shared) {
        if let Some((_, shown)) = self.current(shared) {
            // A field that is switched off is edited from its default.
            let row = match shown.default {
                Some(default) if shown.row.value.trim().is_empty() => {
                    MappingRow { value: default.value, ..shown.row }
                }
                _ => shown.row,
            };
            self.editor = Some(Editor::open(row, self.entity, false));
        }
    }

    fn delete(&mut self, shared: &mut Shared) -> Vec<Command> {
        let Some((place, shown)) = self.current(shared) else { return Vec::new() };
        self.remember(&shared.draft);
        table::take_away(&mut shared.draft, self.entity, &shown);
        let is_gone = !self.shown(shared).iter().any(|other| other.row.field == shown.row.field);
        if is_gone {
            self.go_to(place.saturating_sub(1), shared);
        }
        self.changed(shared)
    }

    /// Preview: the answers are saved first, because a preview is made from the settings.
    fn preview(&mut self, shared: &mut Shared) -> Vec<Command> {
        self.save(Some(ScreenId::Preview), shared)
    }

    /// Save and sync: nothing is written before the plan was seen, so it leads to the preview.
    fn save_and_sync(&mut self, shared: &mut Shared) -> Vec<Command> {
        let mut commands = self.save(Some(ScreenId::Preview), shared);
        if self.after_save.is_some() || commands.iter().any(|command| matches!(command, Command::Go(_))) {
            let note = t!("mapping.note.through_preview", locale = shared.look.locale);
            commands.push(Command::Note(note.into_owned()));
        }
        commands
    }

    fn save(&mut self, then: Option<ScreenId>, shared: &mut Shared) -> Vec<Command> {
        if then.is_some() {
            if let Some((entity, field, text)) = self.obstacle(shared) {
                self.entity = entity;
                if !field.is_empty() {
                    self.field = field;
                }
                self.focus_on(Focus::Rows, shared);
                return vec![Command::Note(text)];
            }
            if let Some(step) = draft::first_incomplete(&shared.draft, &shared.file) {
                let locale = shared.look.locale;
                let name = t!(format!("tui.screen.{}", step.word()), locale = locale);
                let note = t!("mapping.note.other_step", step = name, locale = locale);
                return vec![Command::Note(note.into_owned())];
            }
        }
        match then {
            Some(screen) if !shared.is_unsaved() => vec![Command::Go(screen)],
            then => {
                self.after_save = then;
                vec![Command::Save]
            }
        }
    }

    fn read_again(&mut self, shared: &mut Shared, in_full: bool) -> Vec<Command> {
        self.reports.clear();
        self.asked.clear();
        let Shared { draft, file, survey, now_ms, .. } = shared;
        survey.read_again(draft, file, *now_ms, in_full)
    }

    pub(super) fn act_in_editor(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        let custom_fields = self.custom_fields(shared);
        let Some(editor) = &mut self.editor else { return Vec::new() };
        match action {
            Action::NextPane => {
                if editor.take_completion(&custom_fields) {
                    return self.edited(shared);
                }
            }
            Action::FullHeight => editor.turn_full(),
            Action::Activate if editor.is_full => {
                editor.key(Key::Enter);
                return self.edited(shared);
            }
            Action::Activate | Action::Save => return self.keep_edit(shared),
            Action::PageDown => self.sample += 1,
            Action::PageUp => self.sample = self.sample.saturating_sub(1),
            Action::Close => return self.drop_edit(shared),
            _ => {
                let completions = editor.completions(&custom_fields).len();
                editor.go(action, completions);
            }
        }
        Vec::new()
    }

    fn keep_edit(&mut self, shared: &mut Shared) -> Vec<Command> {
        let Some(editor) = self.editor.take() else { return Vec::new() };
        let row = editor.row();
        if editor.is_added && row.value.trim().is_empty() {
            self.editor = Some(editor);
            return self.drop_edit(shared);
        }
        if let Some(report) = editor.report {
            self.reports.insert((self.entity, row.field.clone()), report);
        }
        if editor.is_added {
            // One step for undo: the row with its value.
            table::put(&mut shared.draft, self.entity, row);
            return self.changed(shared);
        }
        self.put(row, shared)
    }

    fn drop_edit(&mut self, shared: &mut Shared) -> Vec<Command> {
        let Some(editor) = self.editor.take() else { return Vec::new() };
        if editor.is_added {
            let shown = self.shown(shared).into_iter().find(|shown| shown.row.field == editor.before.field);
            if let Some(shown) = shown {
                table::take_away(&mut shared.draft, self.entity, &shown);
                self.undo.pop();
            }
            return self.changed(shared);
        }
        Vec::new()
    }

    pub(super) fn label_typed(&mut self, shared: &mut Shared) -> Vec<Command> {
        match self.current(shared) {
            Some((_, shown)) if shown.row.label != self.label.text() => {
                self.put(MappingRow { label: self.label.text().to_owned(), ..shown.row }, shared)
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn act_in_window(&mut self, action: Action, shared: &mut Shared) -> Vec<Command> {
        match (&mut self.window, action) {
            (Some(Window::Add(_)), Action::Activate) => return self.add(shared),
            (Some(Window::Command(_)), Action::Copy) => return self.copy_command(shared),
            (_, Action::Close | Action::Activate | Action::CommandLine) => self.window = None,
            (Some(Window::Add(adding)), action) => {
                let lines = adding.lines(&shared.draft, self.entity, shared.look.locale).len();
                adding.act(action, lines);
            }
            (Some(Window::Identity(choosing)), action) => {
                let identity = choosing.act(action, &shared.draft.identity);
                if identity != shared.draft.identity {
                    self.remember(&shared.draft);
                    shared.draft.identity = identity;
                    return self.changed(shared);
                }
            }
            (Some(Window::Command(from)), action) => {
                let mut scroll = Scroll { chosen: *from };
                scroll.act(action, shared.file.diff(&shared.draft).len().max(1), 8);
                *from = scroll.chosen;
            }
            (None, _) => {}
        }
        Vec::new()
    }

    fn add(&mut self, shared: &mut Shared) -> Vec<Command> {
        let locale = shared.look.locale;
        let Some(Window::Add(adding)) = &self.window else { return Vec::new() };
        let lines = adding.lines(&shared.draft, self.entity, locale);
        let Some(name) = lines.get(adding.scroll.chosen) else { return Vec::new() };
        if let Some(refusal) = Adding::refusal(name, &shared.draft, self.entity, locale) {
            return vec![Command::Note(refusal)];
        }
        let blank = table::blank(name, String::new());
        let label = table::label(&blank, self.entity, locale);
        let row = MappingRow { label: if label == *name { String::new() } else { label }, ..blank };
        let mut commands = Vec::new();
        if table::spec(self.entity, name).is_none() {
            let note = t!("mapping.note.unknown", name = name.as_str(), locale = locale);
            commands.push(Command::Note(note.into_owned()));
        }
        self.window = None;
        self.field.clone_from(&row.field);
        commands.extend(self.put(row.clone(), shared));
        self.focus_on(Focus::Rows, shared);
        self.editor = Some(Editor::open(row, self.entity, true));
        commands
    }

    fn copy_command(&self, shared: &Shared) -> Vec<Command> {
        let note = t!("tui.note.copied", locale = shared.look.locale).into_owned();
        vec![Command::Copy(shared.file.command("sync")), Command::Note(note)]
    }
}
