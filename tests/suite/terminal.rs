//! The program on a pseudo-terminal, its bytes read by a real parser: keys, paste, sizes, signals, suspension, a lost
//! terminal, a panic.

mod demo;
mod pty;
mod wizard;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use portable_pty::PtySize;

use pty::Pty;

use crate::support::{TestEnv, run_alone, small_company};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);
/// Nothing was waited for: far below every pause of the program, far above what a busy machine needs.
const AT_ONCE: Duration = Duration::from_secs(8);
/// How often a terminal vanishes, with and without control of it.
const VANISHED: usize = 10;

#[test]
fn the_demo_opens_without_asking_the_terminal_anything_and_leaves_it_as_it_was() {
    let mut pty = Pty::dingsync(&["demo"]);
    pty.wait_for("Basic information");
    pty.wait_for("Ctrl-Q quit");
    pty.send("q");
    let (code, _) = pty.end(PATIENCE);
    assert_eq!(code, 0);
    pty.assert_restored();
    let raw = pty.raw();
    for query in ["\u{1b}[6n", "\u{1b}[c", "\u{1b}[>c", "\u{1b}]11;?", "\u{1b}[?u", "\u{1b}[5n", "\u{1b}P+q"]
    {
        assert!(!raw.contains(query), "asks {query:?}");
    }
}

#[test]
fn keys_lead_through_the_first_two_steps_and_the_language_changes_at_once() {
    let mut pty = Pty::dingsync(&["demo"]);
    pty.wait_for("Basic information");
    pty.send("\r");
    pty.wait_for("everything needed is there");
    pty.send("\u{1b}OQ");
    pty.wait_for("所需权限齐备");
    pty.send("\u{2}");
    pty.wait_for("基本信息");
}

#[test]
fn pasted_chinese_arrives_whole_and_trimmed() {
    let mut pty = Pty::dingsync(&[]);
    pty.wait_for("Basic information");
    pty.send("\u{1b}[200~  研发中心到钉钉\r\n\u{1b}[201~");
    pty.wait_for("研发中心到钉钉__");
    pty.wait_for("pasted 7 characters, 4 blanks or line ends left out");
}

#[test]
fn a_storm_of_sizes_ends_in_a_correct_picture() {
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_dingsync"), &["demo", "--lang", "zh-CN"], &[]);
    // The end of the picture: it arrives in pieces.
    pty.wait_for("Ctrl-Q 退出");
    let before = pty.text();
    for step in 0..50u16 {
        let (columns, rows) = (60 + (step * 7) % 90, 15 + (step * 5) % 40);
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        pty.master.as_ref().unwrap().resize(size).unwrap();
    }
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    pty.master.as_ref().unwrap().resize(size).unwrap();
    pty.wait_until("the picture of before", |pty| pty.text() == before);
    // A picture drawn from nothing shows no cell that the storm left.
    pty.send("\u{c}");
    pty.wait_until("the same picture", |pty| pty.text() == before);
}

#[test]
fn a_small_window_says_so() {
    let pty = Pty::dingsync(&["demo"]);
    pty.wait_for("Basic information");
    let size = PtySize { rows: 20, cols: 72, pixel_width: 0, pixel_height: 0 };
    pty.master.as_ref().unwrap().resize(size).unwrap();
    pty.wait_for("window too small: 72x20, need 80x24");
}

#[test]
fn sigterm_and_sighup_end_it_without_waiting_for_anything_and_restore_the_terminal() {
    for name in ["TERM", "HUP"] {
        let mut pty = Pty::dingsync(&["demo"]);
        pty.wait_for("Basic information");
        pty.signal(name);
        let (code, took) = pty.end(PATIENCE);
        assert_eq!(code, 130, "{name}");
        assert!(took < AT_ONCE, "{name} took {took:?}");
        pty.assert_restored();
    }
}

#[test]
fn ctrl_z_suspends_to_the_shell_and_fg_draws_again() {
    let mut pty = Pty::start("/bin/bash", &["--norc", "--noprofile", "-i"], &[("PS1", "shell> ")]);
    pty.wait_for("shell>");
    pty.send(&format!("{} demo\r", env!("CARGO_BIN_EXE_dingsync")));
    pty.wait_for("Basic information");
    pty.send("\u{1a}");
    pty.wait_for("Stopped");
    pty.send("fg\r");
    pty.wait_until("the picture again", |pty| {
        pty.text().contains("Basic information") && !pty.text().contains("Stopped")
    });
    pty.send("\r");
    pty.wait_for("everything needed is there");
    pty.send("q");
    pty.wait_for("Stopped");
}

#[test]
fn a_terminal_that_vanishes_ends_it_at_once() {
    run_alone("terminal::vanishes");
}

#[test]
#[ignore = "run by the test above"]
fn vanishes() {
    // Whether the reader or the screen meets the end first is a matter of luck.
    for controls in [true, false].repeat(VANISHED) {
        let program = env!("CARGO_BIN_EXE_dingsync");
        let mut pty = Pty::with_terminal(program, &["demo"], &[], controls);
        pty.wait_for("Basic information");
        // Keys that still wait make it likelier that the screen meets it.
        pty.send("\u{c}\u{c}\u{c}");
        pty.vanish();
        let (code, took) = pty.end(PATIENCE);
        assert_eq!(code, 129, "controls the terminal: {controls}: {:?}", log_files(&pty));
        assert!(took < AT_ONCE, "controls the terminal: {controls}: {took:?}");
    }
}

#[test]
fn without_colour_no_colour_code_is_sent() {
    let codes = regex::Regex::new("\u{1b}\\[([0-9;]*)m").unwrap();
    for (arguments, variables) in [
        (&["demo"][..], &[("NO_COLOR", "1")][..]),
        (&["demo", "--color", "never"], &[]),
        (&["demo", "--no-color"], &[]),
    ] {
        let mut pty = Pty::start(env!("CARGO_BIN_EXE_dingsync"), arguments, variables);
        pty.wait_for("Basic information");
        pty.send("\r");
        pty.wait_for("everything needed is there");
        let raw = pty.raw();
        for code in codes.captures_iter(&raw).flat_map(|found| {
            found[1].split(';').filter_map(|part| part.parse::<u32>().ok()).collect::<Vec<_>>()
        }) {
            assert!(!(30..=107).contains(&code), "{arguments:?}: {code}");
        }
    }
}

#[test]
fn it_refuses_where_it_cannot_be_drawn_and_names_the_commands() {
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_dingsync"), &[], &[("TERM", "dumb")]);
    assert_eq!(pty.end(PATIENCE).0, 64);
    pty.wait_for("dingsync preview");
    let mut pty = Pty::start(env!("CARGO_BIN_EXE_dingsync"), &["demo"], &[("TERM", "dumb")]);
    assert_eq!(pty.end(PATIENCE).0, 64);
    pty.wait_for("dingsync demo --headless");
    let env = TestEnv::new(&small_company());
    let ran = env.run(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (64, ""));
    assert!(ran.stderr.contains("dingsync preview"), "{}", ran.stderr);
    let ran = env.run(&["--json"]);
    assert_eq!(ran.code, 64);
    assert_eq!(ran.json()["error"]["kind"], "usage");
}

#[test]
fn yes_approves_a_plan_that_removes_nobody() {
    let env = TestEnv::new(&small_company());
    let settings = env.path("dingsync.toml").display().to_string();
    let mut pty = Pty::dingsync(&["sync", "--config", &settings]);
    pty.wait_for("Write 9 records to");
    pty.send("yes\r");
    let (code, _) = pty.end(PATIENCE);
    assert_eq!(code, 0, "{}", pty.text());
    assert_eq!(env.simulator.dingtalk().writes(), 9);
}

#[test]
fn ctrl_c_at_the_question_ends_with_130_and_nothing_written() {
    let env = TestEnv::new(&small_company());
    let settings = env.path("dingsync.toml").display().to_string();
    let mut pty = Pty::dingsync(&["sync", "--config", &settings]);
    pty.wait_for("Write 9 records to");
    pty.send("\u{3}");
    let (code, _) = pty.end(PATIENCE);
    assert_eq!(code, 130, "{}", pty.text());
    assert_eq!(env.simulator.dingtalk().writes(), 0);
}

#[test]
fn at_rest_it_sends_less_than_a_kilobyte_a_second() {
    let pty = Pty::dingsync(&["demo"]);
    pty.wait_for("Ctrl-Q quit");
    let sent = || pty.raw.lock().unwrap().len();
    // The picture is complete once nothing but idle frames comes.
    let began = Instant::now();
    let before = sent();
    pty.wait_until("three seconds", |_| began.elapsed() >= Duration::from_secs(3));
    let rate = (sent() - before) as u64 / 3;
    assert!(rate < 1024, "{rate} bytes a second");
}

/// The logs of the sessions below the home directory.
fn log_files(pty: &Pty) -> Vec<String> {
    let mut rest = vec![pty._home.path().to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = rest.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                rest.push(path);
            } else if path.extension().is_some_and(|extension| extension == "log") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn after_a_panic_the_terminal_is_restored_and_the_message_stands_behind_it() {
    let program = std::env::current_exe().unwrap().display().to_string();
    let arguments = ["terminal::panics_on_purpose", "--exact", "--ignored", "--nocapture"];
    let mut pty = Pty::start(&program, &arguments, &[]);
    let (code, _) = pty.end(PATIENCE);
    assert_eq!(code, 101);
    pty.assert_restored();
    let raw = pty.raw();
    let behind = &raw[raw.rfind("\u{1b}[?1049l").unwrap()..];
    assert!(behind.contains("on purpose") && behind.contains("/state/dingsync.log"), "{behind}");
}

/// Run on a terminal by the test above.
#[test]
#[ignore = "takes the terminal over and panics"]
fn panics_on_purpose() {
    dingsync::tui::terminal::install_panic_hook(PathBuf::from("/state/dingsync.log"));
    let _terminal = dingsync::tui::terminal::enter().unwrap();
    std::thread::spawn(|| panic!("on purpose")).join().unwrap();
}
