//! Kills, cut-off logs and a full disk: what was acknowledged is there, and nothing else is made up.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use dingsync::core::error::ErrorKind;
use dingsync::core::journal::{CallEnd, Journal, Learned};
use dingsync::core::source::AccountId;
use dingsync::core::target::{UserId, Written};
use proptest::prelude::*;

use super::{MORNING, intent, open, place, start};

const PLACE: &str = "DINGSYNC_TEST_STATE";
const WRITER: &str = "store::crash::writes_until_it_is_killed";
const HOLDER: &str = "store::crash::holds_the_lock_until_it_is_killed";

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("runtime")
}

/// Writes calls, eight at a time, and prints a line for each acknowledged intent and end.
#[test]
#[ignore = "the child of the tests below"]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(PLACE) else { return };
    runtime().block_on(async {
        let store = open(Path::new(&path));
        let run = match store.unfinished().await.expect("read") {
            Some(unfinished) => unfinished.run,
            None => store.begin(start(MORNING)).await.expect("begun"),
        };
        let first = store.calls_of(&run).await.expect("calls").len();
        for base in (first..first + 100_000).step_by(8) {
            let one = |row: usize| one_call(&store, &run, row);
            let results = futures::future::join_all((base..base + 8).map(one)).await;
            if let Some(error) = results.into_iter().find_map(Result::err) {
                say(&format!("error {:?} {error}", error.kind));
                return;
            }
        }
    });
}

async fn one_call(
    store: &dingsync::store::Store,
    run: &str,
    row: usize,
) -> Result<(), dingsync::core::error::Error> {
    let call = store.intend(intent(run, row)).await?;
    say(&format!("intended {row}"));
    let user = UserId(format!("0{row}"));
    let learned = vec![Learned::BindUser(AccountId(format!("user_{row}")), user.clone())];
    store.end_call(call, CallEnd::Applied(Written::User(user)), learned).await?;
    say(&format!("ended {row}"));
    Ok(())
}

/// Past the test harness, which keeps what is printed.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "@{line}").and_then(|()| out.flush()).expect("the parent listens");
}

fn child(path: &Path, prefix: &str, test: &str) -> Child {
    let program = std::env::current_exe().expect("this program");
    let run = format!("{prefix} exec \"$0\" {test} --exact --ignored --nocapture");
    Command::new("sh")
        .arg("-c")
        .arg(run)
        .arg(program)
        .env(PLACE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the child starts")
}

/// The lines a child printed until `limit` of them, after which it is killed.
fn lines_until_killed(mut child: Child, limit: usize) -> Vec<String> {
    let reader = BufReader::new(child.stdout.take().expect("output"));
    let mut lines = Vec::new();
    for line in reader.lines() {
        // The harness's own words may stand before the first line.
        let line = line.expect("text");
        let Some((_, said)) = line.split_once('@') else { continue };
        lines.push(said.to_owned());
        if lines.len() == limit {
            child.kill().expect("killed");
        }
    }
    child.wait().expect("ended");
    lines
}

/// Rows of lines such as `ended 5`.
fn rows<'a>(lines: &'a [String], what: &'a str) -> impl Iterator<Item = usize> + 'a {
    lines.iter().filter_map(move |line| line.strip_prefix(what)?.trim().parse().ok())
}

/// Every acknowledged row is there, whole, and every binding belongs to an ended call.
fn assert_kept(path: &Path, lines: &[String]) {
    runtime().block_on(async {
        let store = open(path);
        let run = store.unfinished().await.expect("read").expect("the run is unfinished");
        let calls = store.calls_of(&run.run).await.expect("calls");
        let memory = store.memory().await.expect("memory");
        for row in rows(lines, "intended ") {
            assert!(calls.iter().any(|(call, _)| *call == intent(&run.run, row)), "intent {row} is lost");
        }
        for row in rows(lines, "ended ") {
            let ended = calls.iter().any(|(call, end)| call.row == row && end.is_some());
            assert!(ended, "the end of {row} is lost");
            assert!(memory.users.contains_key(&AccountId(format!("user_{row}"))), "binding {row} is lost");
        }
        let ended = calls.iter().filter(|(_, end)| end.is_some()).count();
        assert_eq!(memory.users.len(), ended, "an end and what it taught come together");
        assert_eq!(run.in_flight.len(), calls.len() - ended);
    });
}

#[test]
fn whatever_was_acknowledged_survives_kills_at_any_moment() {
    let (_directory, path) = place();
    let mut acknowledged = Vec::new();
    for limit in [1, 2, 5, 9, 17, 40, 77, 150, 301, 33] {
        acknowledged.extend(lines_until_killed(child(&path, "", WRITER), limit));
        assert_kept(&path, &acknowledged);
    }
    assert!(acknowledged.len() > 600);
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let (_directory, path) = place();
    // A limit on the size of files stands in for a full disk; the signal that would end the child is ignored.
    let lines = lines_until_killed(child(&path, "trap '' XFSZ; ulimit -f 300;", WRITER), usize::MAX);
    let error = lines.iter().find(|line| line.starts_with("error ")).expect("the child runs into the limit");
    assert!(error.contains("State"), "{error}");
    assert!(error.contains(&path.display().to_string()), "{error}");
    assert!(rows(&lines, "ended ").count() > 0);
    assert_kept(&path, &lines);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What a power cut leaves of the log is some length of it.
    #[test]
    fn any_length_of_the_log_opens_as_a_past_that_was(cut in 0.0f64..1.0) {
        let (directory, path) = place();
        let copy = directory.path().join("copy.db");
        runtime().block_on(async {
            let store = open(&path);
            let run = store.begin(start(MORNING)).await.expect("begun");
            for row in 0..20 {
                one_quiet_call(&store, &run, row).await;
            }
            fs::copy(&path, &copy).expect("copied");
            let log = fs::read(path.with_extension("db-wal")).expect("the log");
            let length = (cut * log.len() as f64) as usize;
            fs::write(copy.with_extension("db-wal"), &log[..length]).expect("written");
        });
        runtime().block_on(async {
            let store = open(&copy);
            let Some(run) = store.unfinished().await.expect("read") else { return };
            let calls = store.calls_of(&run.run).await.expect("calls");
            let rows: Vec<usize> = calls.iter().map(|(call, _)| call.row).collect();
            assert_eq!(rows, (0..rows.len()).collect::<Vec<_>>(), "a beginning, without gaps");
            let ended = calls.iter().filter(|(_, end)| end.is_some()).count();
            assert_eq!(store.memory().await.expect("memory").users.len(), ended);
        });
    }
}

async fn one_quiet_call(store: &dingsync::store::Store, run: &str, row: usize) {
    let call = store.intend(intent(run, row)).await.expect("intended");
    let user = UserId(format!("0{row}"));
    let learned = vec![Learned::BindUser(AccountId(format!("user_{row}")), user.clone())];
    store.end_call(call, CallEnd::Applied(Written::User(user)), learned).await.expect("ended");
}

/// Takes the lock and waits to be killed.
#[test]
#[ignore = "the child of the test below"]
fn holds_the_lock_until_it_is_killed() {
    let Some(path) = std::env::var_os(PLACE) else { return };
    let _held = open(Path::new(&path)).lock(me()).expect("the lock is free");
    say("held");
    let _ = std::io::stdin().lines().next();
}

fn me() -> dingsync::core::journal::LockHolder {
    dingsync::store::this_process("sync", "2026-01-31T08:00:00Z".into())
}

#[test]
fn a_lock_ends_with_the_process_that_held_it() {
    let (_directory, path) = place();
    let store = open(&path);
    let mut holder = child(&path, "", HOLDER);
    let output = BufReader::new(holder.stdout.take().expect("output"));
    let held = output.lines().map_while(Result::ok).any(|line| line.contains("@held"));
    assert!(held, "the child takes the lock");
    let error = store.lock(me()).err().expect("held");
    assert_eq!(error.kind, ErrorKind::Locked);
    assert!(error.message.contains(&format!("process {}", holder.id())), "{error}");
    holder.kill().expect("killed");
    holder.wait().expect("ended");
    drop(store.lock(me()).expect("free again"));
}
