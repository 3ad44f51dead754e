//! Pause, go on and stop for a run of another process: signals to whoever holds the connection's lock, never to a
//! process that merely has the number. Works for every run, wherever it was started.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::core::error::{Error, ErrorKind};
use crate::core::journal::LockHolder;
use crate::store::{holder, this_process};

/// What can be asked of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Send nothing for the time being; asking twice is asking once.
    Pause,
    /// Go on after a pause.
    GoOn,
    /// Stop: the first time what is on its way is finished, the second time at once.
    Stop,
}

impl Ask {
    fn signal(self) -> Signal {
        match self {
            Self::Pause => Signal::USR1,
            Self::GoOn => Signal::USR2,
            Self::Stop => Signal::TERM,
        }
    }
}

/// Asks the run of this state; answers whom. Kind state when no run is going on, or it cannot be reached from here.
pub fn ask(state: &Path, ask: Ask) -> Result<LockHolder, Error> {
    let refused = |message: String| Error::new(ErrorKind::State, message);
    let Some(holder) = holder(state) else {
        return Err(refused("no run of this connection is going on".into()));
    };
    let here = this_process("", String::new()).host;
    if holder.host != here {
        let message = format!("the run goes on on {}, and this is {here}", holder.host);
        return Err(refused(message).with_hint(format!("do it there, to process {}", holder.pid)));
    }
    let pid = i32::try_from(holder.pid).ok().and_then(Pid::from_raw);
    let sent = pid.ok_or(rustix::io::Errno::SRCH).and_then(|pid| kill_process(pid, ask.signal()));
    match sent {
        Ok(()) => Ok(holder),
        Err(error) => {
            let message = format!("process {} of {} cannot be asked: {error}", holder.pid, holder.user);
            Err(refused(message).with_hint(format!("do it as {}", holder.user)))
        }
    }
}

/// Asks the run to stop and waits until it has, twice the patience at most; whether it has. The second request comes
/// after half of it.
pub fn stop_and_wait(state: &Path, patience: Duration) -> bool {
    for _ in 0..2 {
        if ask(state, Ask::Stop).is_err() {
            return holder(state).is_none();
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if holder(state).is_none() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    holder(state).is_none()
}
