//! One run at a time, and who holds the lock.

use std::fs;
use std::os::unix::fs::MetadataExt;

use dingsync::core::error::ErrorKind;
use dingsync::core::journal::Journal;
use dingsync::store::{lock_path, this_process};

use super::{open, place};

fn holder(command: &str) -> dingsync::core::journal::LockHolder {
    this_process(command, "2026-01-31T08:00:00Z".into())
}

#[test]
fn a_second_run_is_told_who_holds_the_lock() {
    let (_directory, path) = place();
    let (one, other) = (open(&path), open(&path));
    let held = one.lock(holder("sync")).expect("the lock is free");
    let error = other.lock(holder("watch")).err().expect("the lock is held");
    assert_eq!(error.kind, ErrorKind::Locked);
    let process = format!("process {}", std::process::id());
    for part in ["`sync`", process.as_str(), "since 2026-01-31T08:00:00Z"] {
        assert!(error.message.contains(part), "{error}");
    }
    drop(held);
    drop(other.lock(holder("watch")).expect("the lock is free again"));
}

#[test]
fn what_a_dead_run_left_in_the_lock_file_does_not_matter() {
    let (_directory, path) = place();
    let store = open(&path);
    let lock = lock_path(store.path());
    fs::write(&lock, "{\"pid\":1,\"host\":\"elsewhere\"").expect("written");
    drop(store.lock(holder("sync")).expect("nobody holds it"));
    assert_eq!(lock.file_name().expect("name"), "dingsync.lock");
    assert_eq!(fs::metadata(&lock).expect("metadata").len(), 0);
}

#[test]
fn a_lock_file_is_private_and_garbage_in_it_is_not_repeated() {
    let (_directory, path) = place();
    let store = open(&path);
    let held = store.lock(holder("sync")).expect("free");
    let lock = lock_path(store.path());
    assert_eq!(fs::metadata(&lock).expect("metadata").mode() & 0o777, 0o600);
    fs::write(&lock, "\u{1b}[31mgarbage").expect("written");
    let error = store.lock(holder("watch")).err().expect("held");
    assert!(!error.message.contains("garbage"), "{error}");
    drop(held);
}
