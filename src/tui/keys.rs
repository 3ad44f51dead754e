//! Keys and what they do: the one table from which keys are dispatched, footers, palette and help are made.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rust_i18n::t;

/// A key as dingsync knows it; no feature needs a modified key besides Ctrl with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each variant is the key of its name")]
pub enum Key {
    Char(char),
    Ctrl(char),
    F(u8),
    Enter,
    Esc,
    Tab,
    BackTab,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Backspace,
    Delete,
}

impl Key {
    /// The key of a terminal event; `None` for keys that mean nothing here.
    pub fn of(event: &KeyEvent) -> Option<Self> {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        Some(match event.code {
            KeyCode::Char(letter) if ctrl => Self::Ctrl(letter.to_ascii_lowercase()),
            KeyCode::Char(_) if event.modifiers.contains(KeyModifiers::ALT) => return None,
            KeyCode::Char(letter) => Self::Char(letter),
            KeyCode::F(number) => Self::F(number),
            KeyCode::Enter => Self::Enter,
            KeyCode::Esc => Self::Esc,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Backspace => Self::Backspace,
            KeyCode::Delete => Self::Delete,
            _ => return None,
        })
    }

    /// The key in words: `Ctrl-N`, `F1`, `Up`.
    pub fn name(self, locale: &str) -> String {
        match self {
            Self::Char(' ') => t!("tui.key.space", locale = locale).into_owned(),
            Self::Char(letter) => letter.to_string(),
            Self::Ctrl(letter) => format!("Ctrl-{}", letter.to_ascii_uppercase()),
            Self::F(number) => format!("F{number}"),
            Self::Enter => "Enter".to_owned(),
            Self::Esc => "Esc".to_owned(),
            Self::Tab => "Tab".to_owned(),
            Self::BackTab => "Shift-Tab".to_owned(),
            Self::Up => t!("tui.key.up", locale = locale).into_owned(),
            Self::Down => t!("tui.key.down", locale = locale).into_owned(),
            Self::Left => t!("tui.key.left", locale = locale).into_owned(),
            Self::Right => t!("tui.key.right", locale = locale).into_owned(),
            Self::Home => "Home".to_owned(),
            Self::End => "End".to_owned(),
            Self::PageUp => "PgUp".to_owned(),
            Self::PageDown => "PgDn".to_owned(),
            Self::Backspace => "Backspace".to_owned(),
            Self::Delete => "Del".to_owned(),
        }
    }

    /// Whether a text field in focus takes the key for itself: letters are letters there, never commands.
    pub fn is_typing(self) -> bool {
        matches!(
            self,
            Self::Char(_)
                | Self::Left
                | Self::Right
                | Self::Home
                | Self::End
                | Self::Backspace
                | Self::Delete
        )
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $word:literal [$($key:expr),*];)*) => {
        /// Everything a key can do. The same action has the same keys in every screen (reference `tui.md` item 22).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its keys; the first is the one that footers name.
            pub fn keys(self) -> &'static [Key] {
                match self { $(Self::$name => &[$($key),*],)* }
            }

            /// The key that works now and is named in footers: while a text field has the focus, keys that type do not.
            pub fn key(self, is_typing: bool) -> Option<Key> {
                self.keys().iter().copied().find(|key| !(is_typing && key.is_typing()))
            }

            /// Its word: the footer's label is `tui.action.<word>`, the sentence `tui.about.<word>`.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

use Key::{Char, Ctrl, F};

actions! {
    /// The next step of the wizard.
    Next "next" [Ctrl('n')];
    /// The step before.
    Back "back" [Ctrl('b')];
    /// The editor at full height, or small again.
    FullHeight "full_height" [Ctrl('e')];
    /// Save the answers to the settings file.
    Save "save" [Ctrl('s')];
    /// Leave the program (asks once when something is unsaved).
    Quit "quit" [Ctrl('q'), Char('q'), Ctrl('c')];
    /// Help for this pane.
    Help "help" [Char('?'), F(1)];
    /// Every action, its key and why it is disabled.
    Palette "palette" [Char(':'), F(3)];
    /// The other language.
    Language "language" [F(2)];
    /// The overview of the connection.
    Overview "overview" [Ctrl('o')];
    /// DingTalk QR code logon.
    Logon "logon" [Ctrl('g')];
    /// How following goes on, and what was changed by hand.
    Follow "follow" [F(5)];
    /// A day at the demo's company.
    Day "day" [F(6)];
    /// Close what is open, clear the filter.
    Close "close" [Key::Esc];
    /// One line up.
    Up "up" [Key::Up, Char('k')];
    /// One line down.
    Down "down" [Key::Down, Char('j')];
    /// Left in a tree or a choice.
    Left "left" [Key::Left, Char('h')];
    /// Right in a tree or a choice.
    Right "right" [Key::Right];
    /// One page up.
    PageUp "page_up" [Key::PageUp];
    /// One page down.
    PageDown "page_down" [Key::PageDown];
    /// The first line.
    First "first" [Key::Home, Char('g')];
    /// The last line.
    Last "last" [Key::End, Char('G')];
    /// The next pane or field.
    NextPane "next_pane" [Key::Tab];
    /// The pane or field before.
    PreviousPane "previous_pane" [Key::BackTab];
    /// The one meaning of Enter in this pane, named by the pane or the focused button.
    Activate "activate" [Key::Enter];
    /// Mark or switch.
    Toggle "toggle" [Char(' ')];
    /// Filter or find.
    Filter "filter" [Char('/')];
    /// The next problem.
    NextProblem "next_problem" [Char('n')];
    /// The problem before.
    PreviousProblem "previous_problem" [Char('p')];
    /// Copy what is shown in full.
    Copy "copy" [Char('y')];
    /// Write to a file.
    Export "export" [Char('e')];
    /// Show or mask secrets and mobiles.
    Reveal "reveal" [F(4)];
    /// Once more, this one.
    Again "again" [Char('r')];
    /// Once more, all.
    AllAgain "all_again" [Char('R')];
    /// Add a row or a pair.
    Add "add" [Char('a')];
    /// Delete a row or a pair.
    Delete "delete" [Char('d'), Key::Delete];
    /// Undo an edit.
    Undo "undo" [Char('u')];
    /// The next sample account.
    NextSample "next_sample" [Char('s')];
    /// Type an id.
    TypeId "type_id" [Char('i')];
    /// Why this row is as it is.
    Why "why" [Char('w')];
    /// Leave the row out of this run, or take it back in.
    LeaveOut "leave_out" [Char('x')];
    /// Decide a conflict.
    Decide "decide" [Char('v')];
    /// Leave every shown row out of the run, or take them back in.
    LeaveOutShown "leave_out_shown" [Char('X')];
    /// Every decision about a conflict, to be forgotten.
    Decisions "decisions" [Char('V')];
    /// What rows can be filtered by besides kind and text.
    FilterMenu "filter_menu" [Char('F')];
    /// Calls, time and limits.
    Budget "budget" [Char('b')];
    /// Commit the plan: leads to the typed confirmation.
    Commit "commit" [Char('c')];
    /// Go on in spite of what failed; asks for a reason.
    Override "override" [Char('o')];
    /// The equivalent command line.
    CommandLine "command_line" [Char('=')];
    /// Rows of one kind, in the order of the counts.
    Kind1 "kind" [Char('1')];
    /// Rows of the second kind.
    Kind2 "kind" [Char('2')];
    /// Rows of the third kind.
    Kind3 "kind" [Char('3')];
    /// Rows of the fourth kind.
    Kind4 "kind" [Char('4')];
    /// Rows of the fifth kind.
    Kind5 "kind" [Char('5')];
    /// Rows of the sixth kind.
    Kind6 "kind" [Char('6')];
    /// Rows of the seventh kind.
    Kind7 "kind" [Char('7')];
    /// Rows of the eighth kind.
    Kind8 "kind" [Char('8')];
    /// Rows of the ninth kind.
    Kind9 "kind" [Char('9')];
    /// Rows of every kind.
    EveryKind "every_kind" [Char('0')];
    /// Pause a run, or let it go on.
    Pause "pause" [Char('z')];
    /// Stop a run: the first time after the calls in flight, the second time at once.
    Stop "stop" [Char('S'), Ctrl('c')];
    /// Keep the picture still while the run goes on.
    Freeze "freeze" [Char('f')];
    /// The log.
    Log "log" [Char('l')];
    /// Leave the run running and the program.
    Detach "detach" [Char('D')];
    /// Redraw the whole screen.
    Redraw "redraw" [Ctrl('l')];
    /// Suspend to the shell.
    Suspend "suspend" [Ctrl('z')];
}
