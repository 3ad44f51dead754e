//! Secrets: never plain, never readable by others, never printed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use dingsync::config::{Config, load_text};
use dingsync::core::error::Error;
use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::{MINIMAL, options, refusal};

/// Settings beside a directory's files whose AppSecret is `form`.
fn settings(directory: &Path, form: &str) -> Config {
    let text = MINIMAL.replace("{ env = \"DINGTALK_SECRET\" }", form);
    load_text(&directory.join("dingsync.toml"), text, &options()).expect("the settings hold")
}

fn secret(directory: &Path, form: &str) -> Result<String, Error> {
    settings(directory, form).dingtalk.app_secret.resolve().map(|secret| secret.expose_secret().to_owned())
}

fn file(directory: &Path, content: &str, mode: u32) {
    let path = directory.join("app-secret");
    fs::write(&path, content).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("mode");
}

#[test]
fn a_secret_as_plain_text_is_refused_and_not_repeated() {
    let message = refusal(&MINIMAL.replace("{ env = \"DINGTALK_SECRET\" }", "\"canary-secret\""));
    assert!(
        message.contains("/etc/dingsync.toml:13:14: dingtalk.app_secret: a secret must not stand"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
}

#[test]
fn a_secret_has_exactly_one_known_form() {
    for (form, part) in [
        ("{ environment = \"canary\" }", "unknown form `environment`"),
        ("{ env = \"A\", file = \"canary\" }", "exactly one form"),
        ("{}", "exactly one form"),
        ("{ env = \"\" }", "`env` is empty"),
        ("{ file = 5 }", "`file` takes text"),
        ("[\"canary\"]", "exactly one form"),
    ] {
        let message = refusal(&MINIMAL.replace("{ env = \"DINGTALK_SECRET\" }", form));
        assert!(message.contains(":13:") && message.contains("dingtalk.app_secret"), "{message}");
        assert!(message.contains(part) && !message.contains("canary"), "{message}");
    }
}

#[test]
fn a_secret_comes_from_a_variable_a_file_or_a_command() {
    let directory = TempDir::new().expect("directory");
    file(directory.path(), "from-file\n", 0o600);
    let path = directory.path();
    assert_eq!(secret(path, "{ env = \"DINGTALK_SECRET\" }").expect("a secret"), "two");
    assert_eq!(secret(path, "{ file = \"app-secret\" }").expect("a secret"), "from-file");
    assert_eq!(secret(path, "{ command = \"cat app-secret\" }").expect("a secret"), "from-file");
    symlink("app-secret", path.join("link")).expect("link");
    assert_eq!(secret(path, "{ file = \"link\" }").expect("a secret"), "from-file");
}

#[test]
fn a_secret_file_that_others_can_read_is_refused() {
    let directory = TempDir::new().expect("directory");
    for mode in [0o640, 0o604, 0o620, 0o610, 0o644, 0o601] {
        file(directory.path(), "canary", mode);
        let error = secret(directory.path(), "{ file = \"app-secret\" }").expect_err("readable by others");
        assert!(error.message.contains("can be read by others") && error.message.contains(":13:"), "{error}");
        assert!(error.message.contains("dingtalk.app_secret"), "{error}");
        assert!(error.hint.is_some_and(|hint| hint.contains("chmod 600")));
    }
}

#[test]
fn a_missing_or_odd_secret_is_a_settings_error_with_its_place() {
    let directory = TempDir::new().expect("directory");
    let path = directory.path();
    fs::create_dir(path.join("folder")).expect("folder");
    file(path, "two\nlines", 0o600);
    for (form, part) in [
        ("{ env = \"NOT_SET\" }", "`NOT_SET` is not set"),
        ("{ file = \"missing\" }", "missing` cannot be read"),
        ("{ file = \"folder\" }", "is not a regular file"),
        ("{ file = \"app-secret\" }", "more than one line"),
        ("{ command = \"true\" }", "is empty"),
        ("{ command = \"echo canary; exit 7\" }", "exit status: 7"),
    ] {
        let error = secret(path, form).expect_err(form);
        assert_eq!(error.kind, dingsync::core::error::ErrorKind::Settings);
        assert!(error.message.contains(":13:14: dingtalk.app_secret: "), "{error}");
        assert!(error.message.contains(part) && !error.message.contains("canary"), "{error}");
    }
}

#[test]
fn a_named_pipe_as_secret_file_does_not_block() {
    let directory = TempDir::new().expect("directory");
    let status = std::process::Command::new("mkfifo").arg(directory.path().join("pipe")).status();
    assert!(status.expect("mkfifo").success());
    let error = secret(directory.path(), "{ file = \"pipe\" }").expect_err("no regular file");
    assert!(error.message.contains("not a regular file"), "{error}");
}

#[test]
fn debugging_settings_shows_no_secret_and_no_command() {
    let directory = TempDir::new().expect("directory");
    let config = settings(directory.path(), "{ command = \"echo canary\" }");
    let resolved = config.dingtalk.app_secret.resolve().expect("a secret");
    let shown = format!("{config:?} {resolved:?}");
    assert!(!shown.contains("canary") && shown.contains("***"), "{shown}");
}

#[test]
fn a_proxy_with_a_password_is_refused_and_not_repeated() {
    let message = refusal(&format!("{MINIMAL}[network]\nproxy = \"http://me:canary@proxy.example:3128\"\n"));
    assert!(message.contains(":18:9: network.proxy: a secret must not stand"), "{message}");
    assert!(!message.contains("canary"), "{message}");
}
