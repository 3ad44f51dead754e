//! The wizard's draft: read from settings that do not hold, saved without losing anything, secrets in private files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use dingsync::config::draft::{Draft, DraftPair, DraftSecret};
use dingsync::config::settings_file::{DiffLine, SettingsFile};
use dingsync::config::{Environment, LoadOptions, SecretWay};
use dingsync::core::profile::{IdentityField, Leavers, MappingRow, OnEmpty, When};
use dingsync::tui::draft::{errors, first_incomplete};
use dingsync::tui::screen::ScreenId;
use proptest::prelude::*;
use secrecy::SecretString;

use super::{EXAMPLE, MINIMAL};

fn open(path: &Path) -> SettingsFile {
    let mut environment = Environment::of([("IDAAS_SECRET", "one"), ("DINGTALK_SECRET", "two")]);
    environment.state_directory = Some("/state/dingsync".into());
    environment.config_directory = Some("/config/dingsync".into());
    let options = LoadOptions { config: Some(path.to_owned()), state: None, language: None, environment };
    SettingsFile::open(&options).expect("the file opens")
}

fn answered(settings: &SettingsFile) -> Draft {
    Draft {
        display_name: "Acme".into(),
        region: "cn-hangzhou".into(),
        instance_id: "idaas_test0001".into(),
        access_key_id: "LTAI-example".into(),
        access_key_secret: DraftSecret::Typed(SecretString::from("key hidden")),
        corp_id: "ding1".into(),
        app_key: "dingabc".into(),
        app_secret: DraftSecret::Typed(SecretString::from("app-hidden")),
        scope: vec![DraftPair { sources: vec!["ou_root".into()], target: "1".into() }],
        ..settings.saved.clone()
    }
}

#[test]
fn what_is_saved_is_read_back_and_secrets_stand_in_private_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dingsync.toml");
    fs::write(directory.path().join("app-secret"), "somebody else's").unwrap();
    let settings = open(&path);
    assert!(!settings.exists);
    let draft = answered(&settings);
    let loaded = settings.config(&draft).expect("holds before it is saved");
    assert_eq!(
        secrecy::ExposeSecret::expose_secret(&loaded.dingtalk.app_secret.resolve().unwrap()),
        "app-hidden"
    );
    let saved = settings.save(&draft).expect("saves");
    assert_eq!(saved.saved.app_secret, DraftSecret::Kept(SecretWay::File("app-secret-2".into())));
    assert_eq!(saved.saved.access_key_secret, DraftSecret::Kept(SecretWay::File("access-key-secret".into())));
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains("hidden"), "{text}");
    for file in ["app-secret-2", "access-key-secret", "dingsync.toml"] {
        let mode = fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(fs::read_to_string(directory.path().join("app-secret")).unwrap(), "somebody else's");
    assert_eq!(first_incomplete(&saved.saved, &saved), None);
    saved.config(&saved.saved).expect("holds");
}

#[test]
fn a_secret_typed_anew_replaces_its_file_and_closes_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dingsync.toml");
    let settings = open(&path);
    let settings = settings.save(&answered(&settings)).unwrap();
    let file = directory.path().join("app-secret");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let draft =
        Draft { app_secret: DraftSecret::Typed(SecretString::from("another")), ..settings.saved.clone() };
    let before = fs::read_to_string(&path).unwrap();
    let settings = settings.save(&draft).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "another\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    assert_eq!(settings.saved.app_secret, DraftSecret::Kept(SecretWay::File("app-secret".into())));
}

#[test]
fn settings_that_cannot_be_written_leave_no_secret_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dingsync.toml");
    let settings = open(&path);
    fs::write(&path, "this is = no = toml").unwrap();
    assert!(settings.save(&answered(&settings)).is_err());
    assert!(!directory.path().join("app-secret").exists());
    assert_eq!(fs::read_to_string(&path).unwrap(), "this is = no = toml");
}

#[test]
fn half_done_settings_keep_every_answer_and_name_the_step_to_go_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dingsync.toml");
    let half = MINIMAL.split("[scenario]").next().unwrap();
    fs::write(&path, format!("# mine\n{half}egress_ips = [\"10.0.0.1\", 7]\n")).unwrap();
    let settings = open(&path);
    assert_eq!(settings.saved.corp_id, "ding1234567890");
    assert_eq!(settings.saved.egress_ips, ["10.0.0.1"]);
    assert_eq!(first_incomplete(&settings.saved, &settings), Some(ScreenId::Application));
    fs::write(&path, format!("# mine\n{half}")).unwrap();
    let settings = open(&path);
    assert_eq!(first_incomplete(&settings.saved, &settings), Some(ScreenId::Scenario));
    let services = settings.services(&settings.saved).expect("services can be reached meanwhile");
    assert!(services.profile.scenario.scope.is_empty());
    let mut draft = settings.saved.clone();
    draft.scope[0].target = "the root".into();
    draft.leavers = Leavers::Move;
    let found = errors(ScreenId::Scenario, &draft, &settings, "en");
    let fields: Vec<_> = found.iter().map(|error| (error.field.as_str(), error.index)).collect();
    assert_eq!(
        fields,
        [
            ("scenario.scope.sources", Some(0)),
            ("scenario.scope.target", Some(0)),
            ("scenario.leavers_department", None),
        ],
        "{found:?}"
    );
    let saved = settings.save(&draft).expect("half-done answers are kept");
    assert!(fs::read_to_string(&path).unwrap().starts_with("# mine\n"));
    assert_eq!(saved.saved.leavers, Leavers::Move);
}

#[test]
fn a_row_that_does_not_compile_is_found_by_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("dingsync.toml");
    fs::write(&path, MINIMAL).unwrap();
    let settings = open(&path);
    let row = |field: &str, value: &str| MappingRow {
        label: String::new(),
        field: field.into(),
        value: value.into(),
        when: When::Always,
        on_empty: OnEmpty::Skip,
    };
    let draft = Draft {
        user_rows: vec![row("title", "user.email"), row("job_number", "Lower(user.emial)")],
        ..settings.saved.clone()
    };
    let found = errors(ScreenId::Mapping, &draft, &settings, "en");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].field.as_str(), found[0].index), ("mapping.user.value", Some(1)));
    assert!(found[0].text.contains("column 7"), "{found:?}");
}

#[test]
fn the_difference_and_the_command_are_what_saving_does() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("my settings.toml");
    fs::write(&path, EXAMPLE).unwrap();
    let settings = open(&path);
    assert_eq!(settings.diff(&settings.saved), []);
    let draft =
        Draft { identity: vec![IdentityField::Mobile, IdentityField::Email], ..settings.saved.clone() };
    let lines = settings.diff(&draft);
    assert!(
        lines.iter().any(|line| matches!(line, DiffLine::Added(text) if text.contains("\"email\"]"))),
        "{lines:?}"
    );
    let removed = lines.iter().filter(|line| matches!(line, DiffLine::Removed(_))).count();
    assert_eq!((removed, lines.len()), (1, 2), "{lines:?}");
    let quoted = format!("dingsync sync --config '{}'", path.display());
    assert_eq!(settings.command("sync"), quoted);
}

#[test]
fn a_draft_that_changes_nothing_changes_no_byte() {
    for text in [EXAMPLE, MINIMAL] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("dingsync.toml");
        fs::write(&path, text).unwrap();
        let settings = open(&path);
        assert_eq!(settings.text_with(&settings.saved).unwrap(), text);
        settings.save(&settings.saved).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

proptest! {
    #[test]
    fn no_settings_text_is_too_strange_to_be_opened(
        key in "(display_name|idaas|scenario|mapping)", sub in "(scope|identity|user|region)", value in "([0-9]{1,3}|\"\\PC{0,8}\"|\\[\\]|\\[\\{\\}\\]|true)"
    ) {
        let text = format!("{key}.{sub} = {value}\n");
        if let Ok(draft) = Draft::read(Path::new("x.toml"), &text) {
            prop_assert!(draft.changes(&draft).is_empty());
        }
    }
}
