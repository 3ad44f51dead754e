//! Which files are refused on opening, with what words, and that they are left as they were.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use dingsync::core::error::ErrorKind;
use dingsync::store::{ConnectionId, Store};

use super::{open, owner, place, refused};

#[test]
fn a_new_file_and_its_directory_are_private() {
    let (directory, _) = place();
    let path = directory.path().join("a/b/dingsync.db");
    let store = open(&path);
    let mode = |path: &std::path::Path| fs::metadata(path).expect("metadata").mode() & 0o777;
    assert_eq!(mode(store.path()), 0o600);
    assert_eq!(mode(path.parent().expect("parent")), 0o700);
    let names: Vec<String> = fs::read_dir(path.parent().expect("parent"))
        .expect("listing")
        .map(|entry| entry.expect("entry"))
        .inspect(|entry| assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.iter().all(|name| name.starts_with("dingsync.")), "{names:?}");
}

#[test]
fn files_that_are_not_ours_are_left_alone() {
    let (directory, path) = place();
    let foreign = directory.path().join("foreign.db");
    let other = rusqlite::Connection::open(&foreign).expect("another program's database");
    other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x);").expect("made");
    drop(other);
    for content in [b"hello".to_vec(), vec![0; 4096], fs::read(&foreign).expect("read")] {
        fs::write(&path, &content).expect("written");
        let error = refused(&path);
        assert_eq!(error.kind, ErrorKind::State);
        assert!(error.message.contains("is no state file of dingsync"), "{error}");
        assert!(error.message.contains("dingsync.db") && error.hint.is_some());
        assert_eq!(fs::read(&path).expect("read"), content);
    }
    assert!(refused(directory.path()).message.contains("is not a regular file"));
}

#[test]
fn an_empty_or_cut_file_is_damaged_and_never_started_afresh() {
    let (_directory, path) = place();
    drop(open(&path));
    let whole = fs::read(&path).expect("read");
    for length in [0, 99, 100, 4095, 4096, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("written");
        let error = refused(&path);
        assert_eq!(error.kind, ErrorKind::State, "{length}: {error}");
        assert_eq!(fs::read(&path).expect("read").len(), length, "the file is left as it was");
    }
}

#[test]
fn a_newer_schema_is_refused() {
    let (_directory, path) = place();
    drop(open(&path));
    let connection = rusqlite::Connection::open(&path).expect("opened");
    connection.pragma_update(None, "user_version", 2).expect("set");
    drop(connection);
    let error = refused(&path);
    assert!(error.message.contains("newer dingsync (schema 2, known is 1)"), "{error}");
    assert_eq!(error.kind, ErrorKind::State);
}

#[test]
fn the_state_of_another_connection_is_refused() {
    let (_directory, path) = place();
    drop(open(&path));
    let other = ConnectionId { corp_id: "ding0".into(), ..owner() };
    let error = Store::open(&path, &other).err().expect("another connection's");
    assert!(error.message.contains("belongs to another connection"), "{error}");
    assert!(error.hint.is_some_and(|hint| hint.contains("--state")));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let (directory, _) = place();
    let file = directory.path().join("file");
    fs::write(&file, "").expect("written");
    let error = refused(&file.join("dingsync.db"));
    assert_eq!(error.kind, ErrorKind::State);
    assert!(error.message.contains("file/dingsync.db") && error.hint.is_some(), "{error}");
    let error = refused(std::path::Path::new("/proc/dingsync/dingsync.db"));
    assert!(error.message.contains("/proc/dingsync/dingsync.db"), "{error}");
}

#[test]
fn a_read_only_file_is_refused_before_anything_is_done() {
    let (_directory, path) = place();
    drop(open(&path));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).expect("mode");
    if fs::File::options().write(true).open(&path).is_ok() {
        return; // The superuser may write it all the same.
    }
    let error = refused(&path);
    assert!(error.message.contains("cannot be written"), "{error}");
}

#[test]
fn a_link_leads_to_one_state_and_one_lock() {
    let (directory, path) = place();
    let store = open(&path);
    let link = directory.path().join("other-name.db");
    symlink(&path, &link).expect("link");
    assert_eq!(open(&link).path(), store.path());
}
