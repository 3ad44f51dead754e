//! The whole interface as one value: what is shown, what a message changes, what has to be done outside. It touches
//! neither terminal nor network, so a test can drive it with any events.

mod saving;

use std::collections::BTreeMap;

use ratatui::Frame;
use rust_i18n::t;

use super::chrome::{self, Heading, SMALLEST};
use super::day::{News, Standing};
use super::dispatch::{self, Way};
use super::draft;
use super::keys::{Action, Key};
use super::message::{Answer, Command, Message};
use super::overlay::help::Help;
use super::overlay::palette::Palette;
use super::overlay::quit::QuitQuestion;
use super::screen::{Offer, Screen, ScreenId};
use super::screens;
use super::shared::Shared;
use super::worker::run;

/// How long a note stays, milliseconds.
const NOTE_MS: i64 = 8_000;
/// Commands that one message may lead to; a ring of screens that send each other on ends here.
const LONGEST_CHAIN: usize = 64;
/// Lines of the farewell.
const FAREWELL_LINES: usize = 10;

/// The interface.
pub struct App {
    /// What the screens share.
    pub shared: Shared,
    screens: BTreeMap<ScreenId, Box<dyn Screen>>,
    current: ScreenId,
    overlay: Option<Box<dyn Screen>>,
    note: Option<(String, i64)>,
    farewell: Vec<String>,
    leaves_when_saved: bool,
    /// Answers of a lost session are kept in a file beside the settings.
    is_kept: bool,
}

impl App {
    /// Every screen that exists, none of them entered.
    pub fn new(shared: Shared) -> Self {
        let screens: BTreeMap<_, _> =
            ScreenId::ALL.iter().filter_map(|id| Some((*id, screens::build(*id)?))).collect();
        let current = screens.keys().next().copied().unwrap_or(ScreenId::Application);
        Self {
            shared,
            screens,
            current,
            overlay: None,
            note: None,
            farewell: Vec::new(),
            leaves_when_saved: false,
            is_kept: false,
        }
    }

    /// Enters a screen, or the one that the settings lead to.
    pub fn start(&mut self, at: Option<ScreenId>) -> Vec<Command> {
        let start = at.unwrap_or_else(|| self.where_to_begin());
        self.carry_out(vec![Command::Go(start)])
    }

    /// The screen that is shown.
    pub fn current(&self) -> ScreenId {
        self.current
    }

    /// What is said on the normal screen after the program ended.
    pub fn farewell(&self) -> &[String] {
        &self.farewell
    }

    /// Takes a message; answers with what is to be done outside.
    pub fn update(&mut self, message: Message) -> Vec<Command> {
        let commands = match message {
            Message::Key(key) => self.key(key),
            Message::Paste(text) => self.paste(&text),
            Message::Resize(columns, rows) => {
                self.shared.size = (columns, rows);
                Vec::new()
            }
            Message::Tick(now_ms) => {
                self.shared.now_ms = now_ms;
                self.note.take_if(|(_, until)| *until <= now_ms);
                Vec::new()
            }
            Message::Leave => self.leave(),
            Message::Answer(answer) => self.receive(&answer),
        };
        self.carry_out(commands)
    }

    /// The dispatch table: what keys can do now.
    pub fn offers(&self) -> Vec<Offer> {
        let mut offers = self.top().map_or_else(Vec::new, |screen| screen.offers(&self.shared));
        for global in self.global_offers() {
            if offers.iter().all(|offer| offer.action != global.action) {
                offers.push(global);
            }
        }
        offers
    }

    /// Whether a text field has the focus.
    pub fn is_typing(&self) -> bool {
        self.top().is_some_and(|screen| screen.is_typing())
    }

    /// Draws everything.
    pub fn render(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let state = self.screens.get(&self.current).and_then(|screen| screen.state(&self.shared));
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            chrome::too_small(frame, area, state, &self.shared);
            return;
        }
        let body = chrome::body(area);
        let steps = self.steps();
        if let Some(screen) = self.screens.get(&self.current) {
            let banner = screen.banner(&self.shared);
            let heading = Heading { screen: self.current, state, banner, steps: &steps };
            chrome::header(frame, area, heading, &self.shared);
            screen.render(frame, body, &self.shared);
        }
        if let Some(overlay) = &self.overlay {
            overlay.render(frame, body, &self.shared);
        }
        let note = self.note.as_ref().map(|(text, _)| text.as_str());
        chrome::footer(frame, area, &self.offers(), self.is_typing(), note, self.shared.look);
        if let Some(cursor) = self.top().and_then(|screen| screen.cursor(body, &self.shared)) {
            frame.set_cursor_position(cursor);
        }
    }

    /// What keys reach: the window over the screen, else the screen.
    fn top(&self) -> Option<&dyn Screen> {
        self.overlay.as_deref().or_else(|| self.screens.get(&self.current).map(|screen| &**screen))
    }

    /// The steps, each with whether it is complete.
    fn steps(&self) -> Vec<(ScreenId, bool)> {
        let is_complete =
            |step| self.screens.get(&step).is_some_and(|screen| screen.is_complete(&self.shared));
        ScreenId::STEPS.into_iter().map(|step| (step, is_complete(step))).collect()
    }

    /// The overview of settings that hold; else the first step that is open. Step 2 keeps no answers, so a connection
    /// that is not beyond it is checked first.
    fn where_to_begin(&self) -> ScreenId {
        let file = &self.shared.file;
        // The overview works with what is saved; what a lost session typed is taken up in the wizard.
        let unsaved = || {
            let open = draft::first_incomplete(&file.saved, file).unwrap_or(ScreenId::Application);
            self.shared.is_unsaved().then_some(open)
        };
        let open = draft::first_incomplete(&self.shared.draft, file).or_else(unsaved);
        let wanted = match open {
            None => ScreenId::Overview,
            Some(ScreenId::Scenario) => ScreenId::Permissions,
            Some(step) => step,
        };
        if self.screens.contains_key(&wanted) { wanted } else { self.current }
    }

    fn global_offers(&self) -> Vec<Offer> {
        let mut offers =
            vec![Offer::quiet(Action::Language), Offer::quiet(Action::Redraw), Offer::quiet(Action::Suspend)];
        if self.overlay.is_none() {
            offers.extend([Offer::hinted(Action::Help), Offer::quiet(Action::Palette)]);
            if self.screens.contains_key(&ScreenId::Overview) && self.current != ScreenId::Overview {
                offers.push(Offer::quiet(Action::Overview));
            }
            if self.current != ScreenId::Logon {
                offers.push(Offer::quiet(Action::Logon));
            }
            if self.screens.contains_key(&ScreenId::Watch) && self.current != ScreenId::Watch {
                offers.push(Offer::quiet(Action::Follow));
            }
            offers.extend(self.day_offer());
            offers.push(Offer::hinted(Action::Quit));
        }
        offers
    }

    /// The demo's day, named in the footer where one looks for what to do next.
    fn day_offer(&self) -> Option<Offer> {
        let is_shown = self.current == ScreenId::Watch;
        let offer = if is_shown { Offer::hinted(Action::Day) } else { Offer::quiet(Action::Day) };
        let locale = self.shared.look.locale;
        match self.shared.day {
            Standing::None => None,
            Standing::Offered => Some(offer),
            Standing::Passing => Some(offer.unless(Some(t!("day.passes", locale = locale).into_owned()))),
        }
    }

    fn begin_day(&mut self) -> Vec<Command> {
        if self.shared.day == Standing::Passing {
            return vec![Command::Note(t!("day.passes", locale = self.shared.look.locale).into_owned())];
        }
        self.shared.day = Standing::Passing;
        let note = t!("day.begins", locale = self.shared.look.locale).into_owned();
        vec![Command::Go(ScreenId::Watch), Command::Note(note), Command::Day]
    }

    fn take_day(&mut self, news: &News) -> Vec<Command> {
        let look = self.shared.look;
        let said = match news {
            News::Says(says) => says.get(look.locale).cloned().unwrap_or_default(),
            News::Over(over) => {
                self.shared.day = Standing::Offered;
                match over {
                    Ok(()) => t!("day.over", locale = look.locale).into_owned(),
                    Err(error) => {
                        let hint = error.hint.as_deref().map(|hint| format!("; {}", look.said(hint)));
                        format!("{}{}", look.said(&error.message), hint.unwrap_or_default())
                    }
                }
            }
        };
        vec![Command::Note(said)]
    }

    fn key(&mut self, key: Key) -> Vec<Command> {
        match dispatch::way(key, &self.offers(), self.is_typing()) {
            Way::Type => self.with_top(|screen, shared| screen.type_in(key, shared)),
            Way::Act(action) => self.act(action),
            Way::Refused(reason) => vec![Command::Note(reason)],
            Way::Nothing => Vec::new(),
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Command> {
        if self.is_typing() {
            self.with_top(|screen, shared| screen.paste(text, shared))
        } else {
            vec![Command::Note(t!("tui.note.no_field", locale = self.shared.look.locale).into_owned())]
        }
    }

    /// An action: the screen's, unless only the frame offers it.
    fn act(&mut self, action: Action) -> Vec<Command> {
        let is_own = self
            .top()
            .is_some_and(|screen| screen.offers(&self.shared).iter().any(|offer| offer.action == action));
        if is_own {
            return self.with_top(|screen, shared| screen.act(action, shared));
        }
        let locale = self.shared.look.locale;
        match action {
            Action::Help => {
                let topic = self.screens.get(&self.current).map_or("tui.help.none", |screen| screen.help());
                self.overlay = Some(Box::new(Help::new(topic, self.offers())));
            }
            Action::Palette => {
                let topic = self.screens.get(&self.current).map_or("tui.help.none", |screen| screen.help());
                self.overlay = Some(Box::new(Palette::new(topic, self.offers(), locale)));
            }
            Action::Language => self.shared.look.locale = if locale == "en" { "zh-CN" } else { "en" },
            Action::Overview => return vec![Command::Go(ScreenId::Overview)],
            Action::Logon => return vec![Command::Go(ScreenId::Logon)],
            Action::Follow => return vec![Command::Go(ScreenId::Watch)],
            Action::Day => return self.begin_day(),
            Action::Redraw => return vec![Command::Redraw],
            Action::Suspend => return vec![Command::Suspend],
            Action::Quit => return vec![Command::AskToQuit],
            _ => {}
        }
        Vec::new()
    }

    fn with_top(&mut self, does: impl FnOnce(&mut dyn Screen, &mut Shared) -> Vec<Command>) -> Vec<Command> {
        match (&mut self.overlay, self.screens.get_mut(&self.current)) {
            (Some(overlay), _) => does(overlay.as_mut(), &mut self.shared),
            (None, Some(screen)) => does(screen.as_mut(), &mut self.shared),
            (None, None) => Vec::new(),
        }
    }

    /// An answer concerns whoever asked, and that screen may have been left meanwhile.
    fn receive(&mut self, answer: &Answer) -> Vec<Command> {
        let mut commands = match answer {
            Answer::Wrote { path, failure } => vec![self.wrote(path, failure.as_deref())],
            Answer::Saved { draft, result } => self.saved(draft, result),
            Answer::Day(news) => self.take_day(news),
            Answer::Application(_)
            | Answer::Logon(_)
            | Answer::Permissions(_)
            | Answer::Preview(_)
            | Answer::Run(_)
            | Answer::Past(_)
            | Answer::Watch(_) => Vec::new(),
            Answer::Survey(news) => {
                self.shared.survey.take(news);
                Vec::new()
            }
        };
        for screen in self.screens.values_mut() {
            commands.extend(screen.receive(answer, &mut self.shared));
        }
        commands
    }

    /// Does what concerns the interface itself; the rest is for outside.
    fn carry_out(&mut self, commands: Vec<Command>) -> Vec<Command> {
        let mut outside = Vec::new();
        let mut rest: std::collections::VecDeque<Command> = commands.into();
        for _ in 0..LONGEST_CHAIN {
            let Some(command) = rest.pop_front() else { break };
            match command {
                Command::Go(screen) => rest.extend(self.go(screen)),
                Command::Act(action) => rest.extend(self.act(action)),
                Command::CloseOverlay => self.overlay = None,
                Command::Note(text) => self.note = Some((text, self.shared.now_ms + NOTE_MS)),
                Command::Save => outside.push(self.save()),
                Command::SaveAndQuit => {
                    self.leaves_when_saved = true;
                    outside.push(self.save());
                }
                Command::AskToQuit if self.shared.is_unsaved() => {
                    self.overlay = Some(Box::new(QuitQuestion::unsaved()));
                }
                Command::AskToQuit if self.shared.ends_something() => {
                    self.overlay = Some(Box::new(QuitQuestion::goes_on()));
                }
                Command::AskToQuit => rest.push_back(Command::Quit),
                Command::Farewell(line) if self.farewell.len() < FAREWELL_LINES => self.farewell.push(line),
                Command::Farewell(_) => {}
                Command::Quit => {
                    self.say_goodbye();
                    outside.extend(self.forget_kept());
                    let screens = self.screens.values_mut();
                    let kept: Vec<Command> =
                        screens.flat_map(|screen| screen.leave(&mut self.shared)).collect();
                    // What a screen keeps comes before the end; going elsewhere has become pointless.
                    for command in kept {
                        match command {
                            Command::Farewell(line) if self.farewell.len() < FAREWELL_LINES => {
                                self.farewell.push(line);
                            }
                            Command::Farewell(_) | Command::Go(_) | Command::Quit => {}
                            command => outside.push(command),
                        }
                    }
                    outside.push(Command::Quit);
                }
                command => {
                    let is_start = matches!(&command, Command::Run(run::Request::Start(..)));
                    self.shared.is_run_starting |= is_start;
                    outside.push(command);
                }
            }
        }
        outside
    }

    fn go(&mut self, to: ScreenId) -> Vec<Command> {
        self.overlay = None;
        let Some(screen) = self.screens.get_mut(&to) else {
            return Vec::new();
        };
        self.current = to;
        screen.enter(&mut self.shared)
    }
}
