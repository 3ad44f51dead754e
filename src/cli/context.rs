//! What every command needs: the options, the language, and the one place that writes to standard output and error.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::args::{ColorWhen, Common, Lang};
use crate::config::{Config, Environment, Language, LoadOptions};
use crate::core::error::{Error, ErrorKind};
use crate::core::sentences::in_language;
use crate::core::text;
use crate::export::write_json;

/// The options of one invocation and the way out to the terminal.
#[derive(Debug, Clone)]
pub struct Context {
    /// Options of every command.
    pub options: Common,
    takes_signals: Arc<AtomicBool>,
    /// Why standard output could not be written, when nobody closed it.
    unwritten: Arc<OnceLock<String>>,
    /// The settings' language, once they were read.
    settled: Arc<OnceLock<&'static str>>,
}

impl Context {
    /// From the parsed options.
    pub fn new(options: Common) -> Self {
        Self { options, takes_signals: Arc::default(), unwritten: Arc::default(), settled: Arc::default() }
    }

    /// From now on SIGINT and SIGTERM are the command's own business.
    pub fn take_signals(&self) {
        self.takes_signals.store(true, Ordering::Relaxed);
    }

    /// Whether the command sees to SIGINT and SIGTERM itself.
    pub fn signals_are_taken(&self) -> bool {
        self.takes_signals.load(Ordering::Relaxed)
    }

    /// How the settings are to be loaded.
    pub fn load_options(&self) -> LoadOptions {
        let language = self.options.lang.map(|lang| match lang {
            Lang::En => Language::English,
            Lang::ZhCn => Language::Chinese,
        });
        LoadOptions {
            config: self.options.config.clone(),
            state: self.options.state.clone(),
            language,
            environment: Environment::process(),
        }
    }

    /// The settings, valid, with the command line's overrides.
    pub fn config(&self) -> Result<Config, Error> {
        crate::config::load(&self.load_options())
    }

    /// The locale of everything printed: option, then settings, then the environment.
    pub fn locale(&self, config: Option<&Config>) -> &'static str {
        let environment = Environment::process();
        match (self.options.lang, config) {
            (Some(Lang::En), _) => "en",
            (Some(Lang::ZhCn), _) => "zh-CN",
            (None, Some(config)) => self.settled.get_or_init(|| config.language.effective(&environment)),
            (None, None) => self.settled.get().unwrap_or(&Language::Auto.effective(&environment)),
        }
    }

    /// Whether marks and lines must be ASCII.
    pub fn is_ascii(&self) -> bool {
        let locale = locale_variable();
        self.options.ascii || !(locale.is_empty() || locale.to_ascii_uppercase().contains("UTF"))
    }

    /// Whether colours may be used.
    pub fn has_colour(&self) -> bool {
        let is_wanted = !self.options.no_color && self.options.color != Some(ColorWhen::Never);
        is_wanted && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    /// Whether a whole screen can be drawn: both ends are a terminal that knows how.
    pub fn is_screen(&self) -> bool {
        let knows = std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb");
        knows && !self.options.plain && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }

    /// Whether a person sits at standard input and error.
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Whether progress may be drawn on standard error.
    pub fn draws_progress(&self) -> bool {
        !self.options.json && !self.options.quiet && !self.options.plain && std::io::stderr().is_terminal()
    }

    /// Prints one line of text, cleaned of anything a terminal could obey.
    pub fn line(&self, line: impl AsRef<str>) {
        self.raw(&format!("{}\n", text::clean(line.as_ref())));
    }

    /// Prints a value as one line of JSON, control characters escaped.
    pub fn json<T: Serialize>(&self, value: &T) -> Result<(), Error> {
        self.stream(|out| write_json(&mut *out, value).and_then(|()| out.write_all(b"\n")));
        Ok(())
    }

    /// Prints what another program reads, piece by piece. When nobody reads any more the command ends quietly.
    pub fn stream(&self, fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let written = fill(&mut out).and_then(|()| out.flush());
        // What is left in the buffer would be tried again, to no avail.
        drop(out.into_parts());
        self.remember(written);
    }

    /// Prints text that is clean already. A closed pipe is nobody's error: the command ends quietly.
    pub fn raw(&self, text: &str) {
        self.remember(write_out(text));
    }

    /// An answer that did not get out whole, unless its reader wanted no more.
    pub fn unwritten(&self) -> Option<Error> {
        let reason = self.unwritten.get()?;
        let message = format!("standard output cannot be written: {reason}");
        Some(Error::new(ErrorKind::State, message).with_hint("make room where it goes, then run again"))
    }

    fn remember(&self, written: std::io::Result<()>) {
        if let Err(error) = written
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            drop(self.unwritten.set(error.to_string()));
        }
    }

    /// Says something on standard error, unless `--quiet`.
    pub fn note(&self, line: impl AsRef<str>) {
        if !self.options.quiet {
            let mut err = std::io::stderr().lock();
            drop(writeln!(err, "{}", text::clean(line.as_ref())));
        }
    }

    /// What a person answers to a question on standard error; `None` when nothing can be read. The wait can be
    /// interrupted: reading happens on a thread that nobody waits for at the end.
    pub async fn ask(&self, question: &str) -> Option<String> {
        let mut err = std::io::stderr().lock();
        drop(write!(err, "{}", text::clean(question)).and_then(|()| err.flush()));
        drop(err);
        let read = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            std::io::stdin().lock().read_line(&mut answer).ok().map(|_| answer.trim().to_owned())
        });
        read.await.ok().flatten()
    }

    /// Prints a whole-command error: one JSON line, or message and hint on standard error.
    pub fn print_error(&self, error: &Error) {
        if self.options.json && error.kind != ErrorKind::Interrupted {
            print_json_error(error);
        }
        if let Some(answer) = &self.options.detached {
            super::telling::announce(answer, &as_json(error));
        }
        let mut err = std::io::stderr().lock();
        for line in self.error_lines(error) {
            drop(writeln!(err, "{}", text::clean(&line)));
        }
    }
}

impl Context {
    /// An error and its way out, in the language of whoever reads it.
    pub fn error_lines(&self, error: &Error) -> Vec<String> {
        let locale = self.locale(None);
        let message = format!("dingsync: {}", in_language(&error.message, locale));
        let hint = error.hint.as_deref().map(|hint| format!("  {}", in_language(hint, locale)));
        std::iter::once(message).chain(hint).collect()
    }
}

/// Prints a whole-command error as the contract's JSON line (section 1).
pub(super) fn print_json_error(error: &Error) {
    if let Ok(line) = to_json(&as_json(error)) {
        // What went wrong stands on standard error too.
        drop(write_out(&format!("{line}\n")));
    }
}

fn as_json(error: &Error) -> serde_json::Value {
    serde_json::json!({"error": {"kind": error.kind, "message": error.message, "hint": error.hint}})
}

/// When nobody reads any more, work that was asked for (a sync) goes on; only the printing ends.
fn write_out(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// JSON on one line with C1 controls, line separators and bidirectional controls escaped too (contract 7, point 6).
pub fn to_json<T: Serialize>(value: &T) -> Result<String, Error> {
    let failed =
        |error: &dyn std::fmt::Display| Error::new(ErrorKind::State, format!("cannot write JSON: {error}"));
    let mut json = Vec::new();
    write_json(&mut json, value).map_err(|error| failed(&error))?;
    String::from_utf8(json).map_err(|error| failed(&error))
}

fn locale_variable() -> String {
    ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default()
}
