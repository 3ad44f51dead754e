//! Runs the shell command that prints a secret: bounded in time and size, its errors kept from the screen.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a command prints on standard output, or why there is nothing. Neither the command nor its standard error is
/// part of a reason.
pub(crate) fn output(command: &str, directory: &Path, longest: u64) -> Result<String, String> {
    output_within(command, directory, longest, PATIENCE)
}

fn output_within(
    command: &str,
    directory: &Path,
    longest: u64,
    patience: Duration,
) -> Result<String, String> {
    let mut child =
        start(command, directory).map_err(|error| format!("the shell cannot be started: {error}"))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(longest + 1).read_to_end(&mut bytes);
            let _ = sender.send(read.map(|_| bytes));
        });
    }
    let deadline = Instant::now() + patience;
    let printed = receiver.recv_timeout(patience);
    let Ok(printed) = printed else {
        stop(&mut child);
        return Err(format!("its command took longer than {} seconds", patience.as_secs()));
    };
    let bytes = printed.map_err(|error| format!("its command's output cannot be read: {error}"))?;
    if bytes.len() as u64 > longest {
        stop(&mut child);
        return Err("its command printed too much for a secret".into());
    }
    finish(&mut child, deadline)?;
    String::from_utf8(bytes).map_err(|_| "its command printed something that is no text".into())
}

fn start(command: &str, directory: &Path) -> std::io::Result<Child> {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    if directory.is_dir() {
        shell.current_dir(directory);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut shell, 0);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

/// Waits for the end of a command that has closed its output.
fn finish(child: &mut Child, deadline: Instant) -> Result<(), String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("its command failed ({status})")),
            Ok(None) if Instant::now() >= deadline => {
                stop(child);
                return Err("its command did not end".into());
            }
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("its command cannot be waited for: {error}")),
        }
    }
}

/// Ends the command with everything it started.
fn stop(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_hangs_is_stopped_with_its_children() {
        let result = output_within("sleep 600 & sleep 600", Path::new("."), 100, Duration::from_millis(100));
        assert!(result.is_err_and(|reason| reason.contains("took longer")));
    }

    #[test]
    fn neither_the_command_nor_its_errors_are_in_the_reason() {
        let result = output("echo canary >&2; exit 3", Path::new("."), 100);
        assert!(result.is_err_and(|reason| reason.contains("exit status: 3") && !reason.contains("canary")));
        assert!(output("yes canary", Path::new("."), 100).is_err_and(|reason| reason.contains("too much")));
        assert_eq!(output("echo secret", Path::new("."), 100).as_deref(), Ok("secret\n"));
    }
}
