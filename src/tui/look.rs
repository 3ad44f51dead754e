//! How everything looks: language, symbols, the terminal's own sixteen colours. Colour never carries meaning alone.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};

use crate::core::sentences::in_language;

/// What every picture depends on besides the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Locale of every text.
    pub locale: &'static str,
    /// Borders `+-|`, no `…`, no arrows.
    pub is_ascii: bool,
    /// Colours may be used (`NO_COLOR` and `--no-color` forbid them).
    pub has_colour: bool,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the meaning of its name")]
pub enum Tone {
    Plain,
    Quiet,
    Strong,
    Good,
    Warning,
    Bad,
    Accent,
    Cursor,
}

impl Look {
    /// A sentence of the program's own in the operator's language: errors and findings are made in English where they
    /// happen.
    pub fn said(self, sentence: &str) -> Cow<'_, str> {
        in_language(sentence, self.locale)
    }

    /// The style of a tone.
    pub fn style(self, tone: Tone) -> Style {
        let (colour, modifier) = match tone {
            Tone::Plain => (None, Modifier::empty()),
            Tone::Quiet => (None, Modifier::DIM),
            Tone::Strong => (None, Modifier::BOLD),
            Tone::Good => (Some(Color::Green), Modifier::empty()),
            Tone::Warning => (Some(Color::Yellow), Modifier::empty()),
            Tone::Bad => (Some(Color::Red), Modifier::BOLD),
            Tone::Accent => (Some(Color::Cyan), Modifier::empty()),
            Tone::Cursor => (None, Modifier::REVERSED),
        };
        let style = Style::new().add_modifier(modifier);
        match colour {
            Some(colour) if self.has_colour => style.fg(colour),
            _ => style,
        }
    }
}
