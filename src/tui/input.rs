//! Reads the terminal's events on a thread of its own. crossterm's reader loops for ever once the terminal is gone,
//! and whoever polls it at that moment never comes back: that must not be the screen's thread.

use std::io;
use std::sync::mpsc as blocking;
use std::thread;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};

/// Events that wait for the screen before the terminal's own buffer fills.
const WAITING: usize = 1024;
/// How long a reader may take to let go of the terminal.
const LONGEST_STOP: Duration = Duration::from_millis(500);

/// The events of the terminal, from now until it is dropped or stopped.
pub(super) struct Input {
    events: mpsc::Receiver<io::Result<Event>>,
    /// Dropped, it tells the reader to stop.
    stop: Option<oneshot::Sender<()>>,
    /// Hangs up when the reader has let go.
    ended: blocking::Receiver<()>,
}

impl Input {
    pub(super) fn start() -> Self {
        let (to_screen, events) = mpsc::channel(WAITING);
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = blocking::channel();
        thread::spawn(move || {
            futures::executor::block_on(read(to_screen, stopped));
            drop(end);
        });
        Self { events, stop: Some(stop), ended }
    }

    /// The next event; `None` when the terminal gives none any more.
    pub(super) async fn next(&mut self) -> Option<io::Result<Event>> {
        self.events.recv().await
    }

    /// An event that waits already.
    pub(super) fn waiting(&mut self) -> Option<io::Result<Event>> {
        self.events.try_recv().ok()
    }

    /// Stops reading: what is typed from now on is the shell's. A reader that does not let go is left to itself.
    pub(super) fn stop(&mut self) {
        self.stop = None;
        // It sends nothing: it is waited for until it hangs up.
        let _ = self.ended.recv_timeout(LONGEST_STOP);
    }
}

async fn read(to_screen: mpsc::Sender<io::Result<Event>>, mut stopped: oneshot::Receiver<()>) {
    // A terminal that is gone before it is read for the first time makes the stream panic; asked like this it answers
    // with an error.
    if let Err(error) = crossterm::event::poll(Duration::ZERO) {
        // Nobody may wait for it any more.
        let _ = to_screen.send(Err(error)).await;
        return;
    }
    let mut events = EventStream::new();
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = &mut stopped => return,
        };
        let Some(event) = event else { return };
        if to_screen.send(event).await.is_err() {
            return;
        }
    }
}
