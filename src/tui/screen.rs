//! What a screen is: state, the actions it offers now, what they do, what it draws. One file each in `screens/`.
//!
//! To add one: its file and `pub mod` in `screens/mod.rs`, and its arm in `screens::build`. A screen nobody has built
//! is not offered anywhere. Requests and answers of a screen's worker are enums in `worker/<screen>.rs`; `Command` and
//! `Answer` carry them with one variant each, and `worker::Worker::carry_out` has one arm for them.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::keys::{Action, Key};
use super::message::{Answer, Command};
use super::shared::Shared;

/// Every screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the screen of its name")]
pub enum ScreenId {
    Overview,
    Application,
    Permissions,
    Scenario,
    Mapping,
    Preview,
    Sync,
    History,
    Logon,
    Watch,
}

impl ScreenId {
    /// Every screen.
    pub const ALL: [Self; 10] = [
        Self::Overview,
        Self::Application,
        Self::Permissions,
        Self::Scenario,
        Self::Mapping,
        Self::Preview,
        Self::Sync,
        Self::History,
        Self::Logon,
        Self::Watch,
    ];

    /// The steps of the wizard, in order; the preview is where they lead.
    pub const STEPS: [Self; 5] =
        [Self::Application, Self::Permissions, Self::Scenario, Self::Mapping, Self::Preview];

    /// Its word: the locale key of its name is `tui.screen.<word>`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Application => "application",
            Self::Permissions => "permissions",
            Self::Scenario => "scenario",
            Self::Mapping => "mapping",
            Self::Preview => "preview",
            Self::Sync => "sync",
            Self::History => "history",
            Self::Logon => "logon",
            Self::Watch => "watch",
        }
    }

    /// Its place among the wizard's steps, from 0.
    pub fn step(self) -> Option<usize> {
        Self::STEPS.iter().position(|step| *step == self)
    }

    /// The step before and the step after it.
    pub fn neighbours(self) -> (Option<Self>, Option<Self>) {
        let Some(step) = self.step() else { return (None, None) };
        (step.checked_sub(1).map(|before| Self::STEPS[before]), Self::STEPS.get(step + 1).copied())
    }
}

/// An action a screen has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it does.
    pub action: Action,
    /// A label of its own instead of the action's word, as a locale key; Enter always has one.
    pub label: Option<&'static str>,
    /// Why it cannot be done now, in words; the footer leaves it out, the palette shows it.
    pub refusal: Option<String>,
    /// The footer names it, room permitting.
    pub is_hinted: bool,
}

impl Offer {
    /// Offered and named in the footer.
    pub fn hinted(action: Action) -> Self {
        Self { action, label: None, refusal: None, is_hinted: true }
    }

    /// Offered, found in help and palette.
    pub fn quiet(action: Action) -> Self {
        Self { is_hinted: false, ..Self::hinted(action) }
    }

    /// With a label of its own.
    #[must_use]
    pub fn named(self, label: &'static str) -> Self {
        Self { label: Some(label), ..self }
    }

    /// Not possible now, for this reason.
    #[must_use]
    pub fn unless(self, refusal: Option<String>) -> Self {
        Self { refusal, ..self }
    }
}

/// A screen. `act`, `type_in` and `receive` change state and answer with commands; `render` reads and decides nothing.
pub trait Screen {
    /// The dispatch table: what can be done now, in the order of the footer.
    fn offers(&self, shared: &Shared) -> Vec<Offer>;
    /// A text field has the focus: keys that type go to [`Screen::type_in`].
    fn is_typing(&self) -> bool {
        false
    }
    /// The screen is entered.
    fn enter(&mut self, _shared: &mut Shared) -> Vec<Command> {
        Vec::new()
    }
    /// Does what a key means; only called for an action that is offered and not refused.
    fn act(&mut self, action: Action, shared: &mut Shared) -> Vec<Command>;
    /// A key for the text field in focus.
    fn type_in(&mut self, _key: Key, _shared: &mut Shared) -> Vec<Command> {
        Vec::new()
    }
    /// Pasted text for the text field in focus, as it came.
    fn paste(&mut self, _text: &str, _shared: &mut Shared) -> Vec<Command> {
        Vec::new()
    }
    /// The worker's answer to a command of this screen, or news for every screen.
    fn receive(&mut self, _answer: &Answer, _shared: &mut Shared) -> Vec<Command> {
        Vec::new()
    }
    /// The program is about to end: what must be kept.
    fn leave(&mut self, _shared: &mut Shared) -> Vec<Command> {
        Vec::new()
    }
    /// A step of the wizard: its answers suffice for the next one.
    fn is_complete(&self, _shared: &Shared) -> bool {
        false
    }
    /// The header's second line; a step of the wizard that has none shows where it stands among the steps.
    fn banner(&self, _shared: &Shared) -> Option<Line<'static>> {
        None
    }
    /// Whether anything was written, as the header says it; by default that nothing was.
    fn state(&self, _shared: &Shared) -> Option<String> {
        None
    }
    /// Draws the body between header and footer, 80x19 at least.
    fn render(&self, frame: &mut Frame<'_>, area: Rect, shared: &Shared);
    /// Where the hardware cursor belongs, so that input methods show their candidates there.
    fn cursor(&self, _area: Rect, _shared: &Shared) -> Option<Position> {
        None
    }
    /// The locale key of the pane's help text.
    fn help(&self) -> &'static str;
}
