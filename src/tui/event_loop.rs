//! Waits for keys, answers, signals and time, hands them to the app, and draws: at once after a key, at most ten times
//! a second otherwise. Never waits for network or disk.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyEventKind};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until};

use super::app::App;
use super::input::Input;
use super::keys::Key;
use super::message::{Answer, Command, Message};
use super::terminal::{self, Tty};
use super::worker::Worker;
use crate::connect::SystemClock;
use crate::core::clock::Clock;

/// Between two pictures that no key asked for.
const FRAME: Duration = Duration::from_millis(100);
/// Between two looks at the clock and at whether the terminal is still there.
const TICK: Duration = Duration::from_millis(500);
/// Waiting events that one picture may cover: a held key never queues pictures.
const AT_ONCE: usize = 256;
/// How long what must be kept may take at the end.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// How the interface ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The operator left.
    Left,
    /// A signal ended it; the terminal is still there.
    Terminated,
    /// The terminal is gone: nothing may be printed any more.
    HungUp,
}

/// The loop's means.
pub(super) struct EventLoop {
    app: App,
    worker: Worker,
    answers: Receiver<Answer>,
    terminal: Tty,
    drawn_at: Instant,
    is_stale: bool,
}

/// SIGHUP, SIGTERM, SIGCONT.
struct Signals {
    hang_up: Signal,
    terminate: Signal,
    go_on: Signal,
}

/// What the loop woke up for.
enum Woken {
    Event(Option<io::Result<Event>>),
    Answer(Answer),
    Tick,
    Frame,
    Signal,
    GoOn,
}

impl EventLoop {
    pub(super) fn new(app: App, worker: Worker, answers: Receiver<Answer>, terminal: Tty) -> Self {
        Self { app, worker, answers, terminal, drawn_at: Instant::now(), is_stale: true }
    }

    /// Runs until the operator leaves, a signal comes or the terminal is gone. Answers what to say afterwards.
    pub(super) async fn run(mut self, first: Vec<Command>) -> io::Result<(How, Vec<String>)> {
        let mut input = Input::start();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut signals = Signals {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            go_on: signal(SignalKind::from_raw(libc::SIGCONT))?,
        };
        let how = match self.carry_out(first, &mut input) {
            Some(how) => how,
            None => self.turn(&mut input, &mut ticks, &mut signals).await,
        };
        self.worker.finish(LAST_WORDS).await;
        let farewell = self.app.farewell().to_vec();
        if how == How::HungUp {
            // Dropped, it would write to a terminal that is gone.
            std::mem::forget(self.terminal);
        }
        Ok((how, farewell))
    }

    async fn turn(&mut self, input: &mut Input, ticks: &mut Interval, signals: &mut Signals) -> How {
        self.draw();
        loop {
            let woken = self.wait(input, ticks, signals).await;
            let ended = match woken {
                Woken::Event(Some(Ok(event))) => self.events(event, input),
                Woken::Event(Some(Err(_)) | None) => self.leave(input, How::HungUp),
                Woken::Answer(answer) => self.take(Message::Answer(answer), input),
                Woken::Tick if terminal::is_gone() => self.leave(input, How::HungUp),
                Woken::Tick => self.take(Message::Tick(SystemClock.now_ms()), input),
                Woken::Frame => None,
                Woken::Signal if terminal::is_gone() => self.leave(input, How::HungUp),
                Woken::Signal => self.leave(input, How::Terminated),
                Woken::GoOn => {
                    self.enter_again();
                    None
                }
            };
            if let Some(how) = ended {
                return how;
            }
            if self.is_stale && self.drawn_at.elapsed() >= FRAME && !self.draw() {
                return self.leave(input, How::HungUp).unwrap_or(How::HungUp);
            }
        }
    }

    async fn wait(&mut self, input: &mut Input, ticks: &mut Interval, signals: &mut Signals) -> Woken {
        let due = self.drawn_at + FRAME;
        tokio::select! {
            event = input.next() => Woken::Event(event),
            Some(answer) = self.answers.recv() => Woken::Answer(answer),
            _ = ticks.tick() => Woken::Tick,
            () = sleep_until(due), if self.is_stale => Woken::Frame,
            _ = signals.hang_up.recv() => Woken::Signal,
            _ = signals.terminate.recv() => Woken::Signal,
            _ = signals.go_on.recv() => Woken::GoOn,
        }
    }

    /// Takes an event and all that wait behind it, then draws once.
    fn events(&mut self, first: Event, input: &mut Input) -> Option<How> {
        let mut next = Some(first);
        for _ in 0..AT_ONCE {
            let Some(event) = next else { break };
            if let Some(message) = message(event) {
                let ended = self.take(message, input);
                if ended.is_some() {
                    return ended;
                }
            }
            next = match input.waiting() {
                Some(Ok(event)) => Some(event),
                Some(Err(_)) => return self.leave(input, How::HungUp),
                None => None,
            };
        }
        if self.draw() { None } else { self.leave(input, How::HungUp) }
    }

    fn take(&mut self, message: Message, input: &mut Input) -> Option<How> {
        let commands = self.app.update(message);
        self.is_stale = true;
        self.carry_out(commands, input)
    }

    /// What is to be kept is handed to the worker before the end.
    fn leave(&mut self, input: &mut Input, how: How) -> Option<How> {
        let commands = self.app.update(Message::Leave);
        self.carry_out(commands, input);
        Some(how)
    }

    fn carry_out(&mut self, commands: Vec<Command>, input: &mut Input) -> Option<How> {
        for command in commands {
            match command {
                Command::Quit => return Some(How::Left),
                Command::Copy(text) => drop(terminal::copy(&text)),
                Command::Redraw => drop(terminal::redraw(&mut self.terminal)),
                Command::Suspend => {
                    // A reader that stayed would take the shell's input.
                    input.stop();
                    drop(terminal::suspend());
                    self.enter_again();
                    *input = Input::start();
                }
                command => self.worker.carry_out(command),
            }
        }
        None
    }

    fn enter_again(&mut self) {
        // A failure shows at the next picture.
        drop(terminal::enter_again(&mut self.terminal));
        self.is_stale = true;
        self.draw();
    }

    /// `false` when the terminal takes no picture any more.
    fn draw(&mut self) -> bool {
        let drawn = self.terminal.draw(|frame| self.app.render(frame)).is_ok();
        self.drawn_at = Instant::now();
        self.is_stale = false;
        drawn
    }
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => None,
        Event::Key(key) => Key::of(&key).map(Message::Key),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
    }
}
