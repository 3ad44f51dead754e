//! Carries out the commands of the screens beside them and sends the answers back. The only place of the interface
//! that reaches network and disk; one file for each group of screens.

pub mod application;
mod day;
mod desk;
mod files;
pub mod logon;
pub mod past;
pub mod permissions;
pub mod preview;
pub mod run;
mod settings;
mod survey;
pub mod watch;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{AbortHandle, JoinSet};

pub use desk::Desk;

use super::day::Day;
use super::message::{Answer, Command};

/// Answers that may wait for the screen; a worker that is faster waits itself.
const WAITING: usize = 256;

/// Carries out commands, each as a task.
pub struct Worker {
    desk: Desk,
    reply: Reply,
    tasks: JoinSet<()>,
    kept: JoinSet<()>,
    slots: HashMap<&'static str, AbortHandle>,
    day: Option<Arc<dyn Day>>,
}

/// The way of answers back to the screens.
#[derive(Debug, Clone)]
pub struct Reply(Sender<Answer>);

impl Reply {
    /// Sends an answer, waiting while too many wait already. Nobody may listen any more; then nobody misses it.
    pub async fn send(&self, answer: Answer) {
        drop(self.0.send(answer).await);
    }
}

impl Worker {
    /// A worker and the answers it will send. Needs a runtime around it.
    pub fn new(desk: Desk) -> (Self, Receiver<Answer>) {
        let (sender, receiver) = channel(WAITING);
        let worker = Self {
            desk,
            reply: Reply(sender),
            tasks: JoinSet::new(),
            kept: JoinSet::new(),
            slots: HashMap::new(),
            day: None,
        };
        (worker, receiver)
    }

    /// With a day to let pass, where the demo has one.
    #[must_use]
    pub fn with_day(self, day: Option<Arc<dyn Day>>) -> Self {
        Self { day, ..self }
    }

    /// Begins to carry out a command. Returns at once.
    pub fn carry_out(&mut self, command: Command) {
        let (desk, reply) = (self.desk.clone(), self.reply.clone());
        match command {
            Command::WriteFile { name, text } => self.keep(files::write(desk, name, text, reply)),
            Command::RemoveFile(name) => self.keep(files::remove(desk, name)),
            Command::SaveTo(file, draft) => self.keep(settings::save(file, draft, reply)),
            Command::Logon(logon::Request::Look) => self.start(logon::LOOKING, logon::look(desk, reply)),
            Command::Logon(logon::Request::Apply) => self.keep(logon::apply(desk, reply)),
            Command::Application(request) => self.application(request),
            Command::Permissions(request) => self.permissions(request),
            Command::Preview(request) => self.preview(request),
            Command::Run(request) => self.run(request),
            Command::Past(request @ past::Request::Export(..)) => {
                self.keep(past::answer(desk, request, reply));
            }
            Command::Past(request) => {
                let slot = match &request {
                    past::Request::Standing => past::STANDING,
                    past::Request::Services => past::SERVICES,
                    past::Request::Report(_) | past::Request::Undo(_) | past::Request::Export(..) => {
                        past::REPORT
                    }
                };
                self.start(slot, past::answer(desk, request, reply));
            }
            Command::Day => {
                if let Some(day) = self.day.clone() {
                    self.start(day::DAY, day::pass(day, reply));
                }
            }
            Command::Survey(request) => self.survey(request),
            Command::Watch(request) => self.watch(request),
            // The interface's own; they never come here.
            Command::Quit
            | Command::AskToQuit
            | Command::Go(_)
            | Command::CloseOverlay
            | Command::Act(_)
            | Command::Save
            | Command::SaveAndQuit
            | Command::Copy(_)
            | Command::Note(_)
            | Command::Farewell(_)
            | Command::Redraw
            | Command::Suspend => {}
        }
    }

    fn preview(&mut self, request: preview::Request) {
        use preview::Request::{Candidates, Decide, Explain, Export, Read, Stop, UnitCandidates, Verify};
        let (desk, reply) = (self.desk.clone(), self.reply.clone());
        match request {
            Stop => self.stop(preview::READING),
            Read | Verify(..) => self.start(preview::READING, preview::answer(desk, request, reply)),
            Explain(..) | Candidates(..) | UnitCandidates(..) => {
                self.start(preview::LOOKING, preview::answer(desk, request, reply))
            }
            Decide(..) | Export(..) => self.keep(preview::answer(desk, request, reply)),
        }
    }

    fn run(&mut self, request: run::Request) {
        let (desk, reply) = (self.desk.clone(), self.reply.clone());
        match request {
            run::Request::Start(errand, locale) => {
                self.start(run::FOLLOWING, run::start(desk, errand, locale, reply));
            }
            run::Request::Follow(run) => self.start(run::FOLLOWING, run::follow(desk, run, reply)),
            run::Request::Ask(ask) => self.keep(run::ask(desk, ask, reply)),
            run::Request::Forget => self.stop(run::FOLLOWING),
        }
    }

    /// Waits for what must not be cut off, at most so long. Everything else ends with the program.
    pub async fn finish(&mut self, at_most: Duration) {
        drop(tokio::time::timeout(at_most, async { while self.kept.join_next().await.is_some() {} }).await);
    }

    /// A task in a slot of its own: what runs there is cancelled first.
    pub fn start(&mut self, slot: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.stop(slot);
        while self.tasks.try_join_next().is_some() {}
        let handle = self.tasks.spawn(task);
        self.slots.insert(slot, handle);
    }

    /// Cancels what runs in a slot.
    pub fn stop(&mut self, slot: &'static str) {
        if let Some(handle) = self.slots.remove(slot) {
            handle.abort();
        }
    }

    /// A task that the program's end waits for: something is written.
    pub fn keep(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        while self.kept.try_join_next().is_some() {}
        self.kept.spawn(task);
    }
}
