//! The interface with settings in a directory of its own, a fixed clock and no worker: a test plays the worker.

use std::path::PathBuf;

use dingsync::config::settings_file::SettingsFile;
use dingsync::config::{Environment, LoadOptions};
use dingsync::tui::app::App;
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command, Message};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::shared::Shared;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

/// 2026-01-31 08:00 UTC.
pub(crate) const NOW: i64 = 1_769_846_400_000;

/// Settings that hold.
pub(crate) const WHOLE: &str = r#"version = 1
display_name = "Acme to DingTalk"
[idaas]
region = "cn-hangzhou"
instance_id = "idaas_test0001"
access_key_id = "LTAI-example"
access_key_secret = { env = "DINGSYNC_IDAAS_SECRET" }
[dingtalk]
corp_id = "ding1234567890"
app_key = "dingabcdef"
app_secret = { file = "app-secret" }
callback_domain = "https://acme.example.com"
homepage_url = "https://acme.example.com/portal"
egress_ips = ["203.0.113.9"]
[scenario]
scope = [{ sources = ["ou_root"], target = 1 }]
"#;

/// English, Unicode, colours.
pub(crate) const ENGLISH: Look = Look { locale: "en", is_ascii: false, has_colour: true };
/// Chinese.
pub(crate) const CHINESE: Look = Look { locale: "zh-CN", ..ENGLISH };
/// English in ASCII.
pub(crate) const ASCII: Look = Look { is_ascii: true, ..ENGLISH };

/// The sizes of every picture.
pub(crate) const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// The interface under test.
pub(crate) struct Stage {
    pub(crate) app: App,
    /// What was to be done outside since the last look.
    pub(crate) commands: Vec<Command>,
    _directory: tempfile::TempDir,
}

impl Stage {
    /// With these settings (`None`: there is no file), at a screen or where the settings lead to.
    pub(crate) fn new(settings: Option<&str>, look: Look, at: Option<ScreenId>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dingsync.toml");
        if let Some(settings) = settings {
            std::fs::write(&path, settings).unwrap();
        }
        let options = LoadOptions {
            config: Some(path),
            state: Some(directory.path().join("state.db")),
            language: None,
            environment: Environment::of([]),
        };
        let file = SettingsFile::open(&options).unwrap();
        let mut shared = Shared::new(look, file, PathBuf::from("/state/dingsync.log"));
        shared.now_ms = NOW;
        shared.size = (80, 24);
        let mut app = App::new(shared);
        let commands = app.start(at);
        Self { app, commands, _directory: directory }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &[Key]) -> &mut Self {
        for key in keys {
            let commands = self.app.update(Message::Key(*key));
            self.commands.extend(commands);
        }
        self
    }

    /// Types letters.
    pub(crate) fn type_text(&mut self, text: &str) -> &mut Self {
        self.press(&text.chars().map(Key::Char).collect::<Vec<_>>())
    }

    /// Pastes text.
    pub(crate) fn paste(&mut self, text: &str) -> &mut Self {
        let commands = self.app.update(Message::Paste(text.to_owned()));
        self.commands.extend(commands);
        self
    }

    /// The worker answers.
    pub(crate) fn answer(&mut self, answer: Answer) -> &mut Self {
        let commands = self.app.update(Message::Answer(answer));
        self.commands.extend(commands);
        self
    }

    /// So many milliseconds pass.
    pub(crate) fn wait(&mut self, ms: i64) -> &mut Self {
        let now = self.app.shared.now_ms + ms;
        self.app.update(Message::Tick(now));
        self
    }

    /// What the terminal shows, with the cursor's place where there is one.
    pub(crate) fn picture(&mut self, columns: u16, rows: u16) -> String {
        let (mut text, cursor) = {
            let terminal = self.draw(columns, rows);
            let cursor = terminal.backend().cursor_position();
            (lines(terminal.backend().buffer()).join("\n"), cursor)
        };
        if self.app.is_typing() {
            text.push_str(&format!("\n(cursor {},{})", cursor.x, cursor.y));
        }
        text
    }

    /// The terminal after one picture.
    pub(crate) fn draw(&mut self, columns: u16, rows: u16) -> Terminal<TestBackend> {
        self.app.update(Message::Resize(columns, rows));
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| self.app.render(frame)).unwrap();
        terminal
    }
}

/// The rows of a picture; cells hidden behind wide characters are left out, and blanks at the end.
pub(crate) fn lines(buffer: &Buffer) -> Vec<String> {
    (buffer.area.top()..buffer.area.bottom())
        .map(|y| {
            let (mut line, mut x) = (String::new(), buffer.area.left());
            while x < buffer.area.right() {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(symbol.width().max(1)).unwrap();
            }
            line.trim_end().to_owned()
        })
        .collect()
}
