//! The demo on a terminal, from the preview to a day at the company: the one place where screens, a run and a process
//! that follows meet the simulated services.

use super::PATIENCE;
use super::pty::Pty;

/// The number that the open confirmation asks for.
fn asked(pty: &Pty) -> String {
    let text = pty.text();
    let (before, _) = text.split_once(" records to DingTalk?").unwrap();
    before.rsplit_once("Write ").unwrap().1.replace(',', "")
}

#[test]
fn a_day_passes_after_the_first_sync_and_leaving_asks_because_following_ends_with_it() {
    let mut pty = Pty::dingsync(&["demo"]);
    pty.wait_for("Basic information");
    pty.send("\u{f}");
    pty.wait_for("what to do next");
    pty.wait_for("Demo day");
    pty.send("\r");
    pty.wait_for("c commit");
    pty.send("c");
    pty.wait_for("Type the number of records");
    let number = asked(&pty);
    pty.send(&format!("{number}\r"));
    pty.wait_for("TO DECIDE");
    // F6
    pty.send("\u{1b}[17~");
    pty.wait_for("following since");
    pty.wait_for("08:30 A newcomer");
    pty.send("\u{11}");
    pty.wait_for("Something still goes on");
    pty.send("\u{1b}[C\r");
    assert_eq!(pty.end(PATIENCE).0, 0);
    pty.assert_restored();
}
