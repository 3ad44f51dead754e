//! Editing settings in place: comments, order and modes survive.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use dingsync::config::edit::{Changes, Setting, apply, save};
use dingsync::config::{SecretWay, load_text, schema};
use dingsync::core::profile::{MappingRow, OnEmpty, ScopePair, When};
use dingsync::core::source::UnitId;
use dingsync::core::target::DepartmentId;
use proptest::prelude::*;
use tempfile::TempDir;

use super::{EXAMPLE, MINIMAL, options, read};

fn text(value: &str) -> Setting {
    Setting::Text(value.to_owned())
}

fn edited(before: &str, changes: &Changes) -> String {
    apply(Path::new("/etc/dingsync.toml"), before.to_owned(), changes).expect("the edit succeeds")
}

fn pair(sources: &[&str], target: i64) -> ScopePair {
    let sources = sources.iter().map(|unit| UnitId((*unit).to_owned())).collect();
    ScopePair { sources, target: DepartmentId(target) }
}

fn row(field: &str, value: &str, when: When) -> MappingRow {
    MappingRow {
        label: String::new(),
        field: field.into(),
        value: value.into(),
        when,
        on_empty: OnEmpty::Skip,
    }
}

#[test]
fn an_edit_changes_its_lines_and_no_others() {
    let changes = Changes::new()
        .set("idaas.region", text("eu-central-1"))
        .set("dingtalk.calls_per_second", Setting::Integer(40))
        .set("scenario.qr_logon", Setting::Boolean(true))
        .set("dingtalk.app_secret", Setting::Secret(SecretWay::File("app-secret".into())))
        .set("scenario.scope", Setting::Scope(vec![pair(&["ou_a"], 7)]));
    let after = edited(EXAMPLE, &changes);
    let differing: Vec<_> = EXAMPLE.lines().zip(after.lines()).filter(|(a, b)| a != b).collect();
    assert_eq!(EXAMPLE.lines().count(), after.lines().count());
    assert_eq!(differing.len(), 5, "{differing:?}");
    for (before, after) in differing {
        let comment = |line: &str| line.split_once(" # ").map(|(_, comment)| comment.to_owned());
        assert_eq!(comment(before), comment(after), "the comment beside a changed value stays");
    }
    let config = read(&after).expect("holds");
    assert_eq!(config.idaas.region, "eu-central-1");
    assert_eq!(config.profile.scenario.scope, vec![pair(&["ou_a"], 7)]);
}

#[test]
fn saving_the_same_values_changes_nothing() {
    let config = read(EXAMPLE).expect("holds");
    let changes = Changes::new()
        .set("display_name", text(&config.profile.display_name))
        .set("scenario.include", text(""))
        .set("scenario.scope", Setting::Scope(config.profile.scenario.scope.clone()))
        .set("mapping.identity", Setting::List(vec!["mobile".into()]))
        .set("mapping.user", Setting::Rows(config.profile.mapping.user.clone()))
        .set("dingtalk.app_secret", Setting::Secret(config.dingtalk.app_secret.way));
    assert_eq!(edited(EXAMPLE, &changes), EXAMPLE);
}

#[test]
fn rows_keep_their_comments_when_others_come_and_go() {
    let before = format!(
        "{MINIMAL}\n# people\n[[mapping.user]]\nfield = \"title\" # position\nvalue = 'user.title'\n\n\
         # old\n[[mapping.user]]\nfield = \"remark\"\nvalue = 'user.description'\n"
    );
    let rows = vec![row("work_place", "\"HQ\"", When::Create), row("title", "user.username", When::Always)];
    let after = edited(&before, &Changes::new().set("mapping.user", Setting::Rows(rows.clone())));
    assert!(after.contains("# people\n[[mapping.user]]\nfield = \"title\" # position\n"), "{after}");
    assert!(!after.contains("remark"), "{after}");
    assert_eq!(read(&after).expect("holds").profile.mapping.user, rows, "{after}");
}

#[test]
fn scope_pairs_come_and_go_in_both_notations() {
    let pairs = vec![pair(&["ou_a", "ou_b"], 7), pair(&["ou_c"], 8)];
    let tables = MINIMAL.replace(
        "[scenario]\nscope = [{ sources = [\"ou_root\"], target = 1 }]\n",
        "[[scenario.scope]]\n# the whole company\nsources = [\"ou_root\"]\ntarget = 1\n",
    );
    for before in [MINIMAL, &tables] {
        let after = edited(before, &Changes::new().set("scenario.scope", Setting::Scope(pairs.clone())));
        assert_eq!(read(&after).expect("holds").profile.scenario.scope, pairs, "{after}");
        let back = edited(
            &after,
            &Changes::new().set("scenario.scope", Setting::Scope(vec![pair(&["ou_root"], 1)])),
        );
        assert_eq!(read(&back).expect("holds").profile.scenario.scope.len(), 1);
    }
}

#[test]
fn an_absent_key_is_taken_out() {
    let changes =
        Changes::new().set("idaas.endpoint", Setting::Absent).set("limits.remove_users", Setting::Absent);
    assert!(!edited(EXAMPLE, &changes).contains("endpoint = \"https://eiam"));
    assert_eq!(edited(MINIMAL, &Changes::new().set("network.proxy", Setting::Absent)), MINIMAL);
}

#[test]
fn an_unknown_key_or_a_broken_file_is_left_alone() {
    let directory = TempDir::new().expect("directory");
    let path = directory.path().join("dingsync.toml");
    fs::write(&path, "version = ").expect("written");
    assert!(save(&path, &Changes::new().set("language", text("en"))).is_err());
    assert_eq!(fs::read_to_string(&path).expect("read"), "version = ");
    fs::write(&path, MINIMAL).expect("written");
    assert!(save(&path, &Changes::new().set("idaas.regoin", text("en"))).is_err());
    assert_eq!(fs::read_to_string(&path).expect("read"), MINIMAL);
}

#[test]
fn a_new_file_is_made_whole_and_private_with_its_directory() {
    let directory = TempDir::new().expect("directory");
    let path = directory.path().join("a/b/dingsync.toml");
    let changes = Changes::new()
        .set("display_name", text("Neu \"x\" \\ 'y'"))
        .set("idaas.region", text("cn-hangzhou"))
        .set("idaas.instance_id", text("idaas_1"))
        .set("idaas.access_key_id", text("LTAI"))
        .set("idaas.access_key_secret", Setting::Secret(SecretWay::Env("A".into())))
        .set("dingtalk.corp_id", text("ding1"))
        .set("dingtalk.app_key", text("key"))
        .set("dingtalk.app_secret", Setting::Secret(SecretWay::Command("pass show dingtalk".into())))
        .set("scenario.scope", Setting::Scope(vec![pair(&["ou_root"], 1)]))
        .set("mapping.user", Setting::Rows(vec![row("title", "\"a\"", When::IfEmpty)]));
    save(&path, &changes).expect("saved");
    let written = fs::read_to_string(&path).expect("read");
    let config = load_text(&path, written.clone(), &options()).expect("the new file holds");
    assert_eq!(config.profile.display_name, "Neu \"x\" \\ 'y'");
    assert_eq!(config.profile.mapping.user, vec![row("title", "\"a\"", When::IfEmpty)]);
    assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(path.parent().expect("parent")).expect("listing").count(),
        1,
        "no temporary file stays"
    );
}

#[test]
fn an_existing_file_keeps_its_mode_and_its_link() {
    let directory = TempDir::new().expect("directory");
    let real = directory.path().join("real.toml");
    let link = directory.path().join("dingsync.toml");
    fs::write(&real, MINIMAL).expect("written");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("mode");
    symlink("real.toml", &link).expect("link");
    save(&link, &Changes::new().set("display_name", text("Other"))).expect("saved");
    assert!(fs::symlink_metadata(&link).expect("metadata").is_symlink());
    assert!(fs::read_to_string(&real).expect("read").contains("\"Other\""));
    assert_eq!(fs::metadata(&real).expect("metadata").permissions().mode() & 0o777, 0o640);
}

proptest! {
    #[test]
    fn any_text_survives_being_saved(value in "[^\\x00]{0,40}", index in 0usize..100) {
        let texts: Vec<String> = schema::paths()
            .into_iter()
            .filter(|path| matches!(schema::find(path).map(|key| key.kind), Some(schema::Kind::Text)))
            .filter(|path| path.matches('.').count() == 1)
            .collect();
        let path = &texts[index % texts.len()];
        let after = edited(EXAMPLE, &Changes::new().set(path, text(&value)));
        let parsed: toml::Table = after.parse().expect("still TOML");
        let (section, key) = path.split_once('.').expect("two parts");
        prop_assert_eq!(parsed[section][key].as_str(), Some(value.as_str()));
        prop_assert_eq!(after.matches('#').count() >= EXAMPLE.matches('#').count(), true);
    }
}
