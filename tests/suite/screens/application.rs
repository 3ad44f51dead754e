//! Step 1.

use std::os::unix::fs::PermissionsExt;

use dingsync::core::check::{CheckId, CheckStatus, Finding};
use dingsync::core::source::Instance;
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::application::{Answer as Told, Request};

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};

const AT: Option<ScreenId> = Some(ScreenId::Application);

fn tried(id: CheckId, finding: Finding, elapsed_ms: u64) -> Answer {
    Answer::Application(Told::Tried { id, finding, elapsed_ms })
}

fn pass() -> Finding {
    Finding::new(CheckStatus::Pass, "")
}

/// A test of both connections, begun with its button.
fn begin_test(stage: &mut Stage) {
    stage.press(&[Key::BackTab, Key::Enter]);
    let asked = stage.commands.pop();
    assert!(matches!(asked, Some(Command::Application(Request::Test { .. }))), "{asked:?}");
}

#[test]
fn a_new_connection_begins_at_the_first_field() {
    for (name, look) in [("new_en", ENGLISH), ("new_zh", CHINESE), ("new_ascii", ASCII)] {
        let mut stage = Stage::new(None, look, None);
        assert_eq!(stage.app.current(), ScreenId::Application);
        insta::assert_snapshot!(name, stage.picture(80, 24));
    }
}

#[test]
fn a_filled_in_connection_at_every_size() {
    for (columns, rows) in SIZES {
        for (language, look) in [("en", ENGLISH), ("zh", CHINESE)] {
            let picture = filled(look).picture(columns, rows);
            insta::assert_snapshot!(format!("filled_{language}_{columns}x{rows}"), picture);
        }
    }
}

fn filled(look: Look) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), look, AT);
    begin_test(&mut stage);
    stage
        .answer(tried(CheckId::Token, pass(), 182))
        .answer(tried(CheckId::Corp, pass(), 96))
        .answer(tried(CheckId::EgressIp, pass(), 101))
        .answer(tried(CheckId::SourceCredentials, pass(), 121))
        .wait(2_000);
    stage
}

#[test]
fn the_readme_shows_this_screen() {
    super::svg::keep(
        "application",
        "Step 1: application and credentials",
        filled(ENGLISH).draw(80, 24).backend().buffer(),
    );
}

#[test]
fn going_on_with_open_fields_shows_each_error_and_leads_to_the_first() {
    let mut stage = Stage::new(None, ENGLISH, None);
    stage.type_text("Acme").press(&[Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Application);
    insta::assert_snapshot!("errors", stage.picture(80, 24));
}

#[test]
fn a_pasted_value_is_trimmed_and_the_note_says_how_much() {
    let mut stage = Stage::new(None, ENGLISH, None);
    stage.press(&[Key::Tab]).paste("  ding1234567890 \r\n");
    assert_eq!(stage.app.shared.draft.corp_id, "ding1234567890");
    assert!(stage.picture(80, 24).contains("pasted 14 characters, 5 blanks or line ends left out"));
}

#[test]
fn a_typed_secret_is_masked_unless_f4_and_never_copied() {
    let mut stage = Stage::new(None, ENGLISH, None);
    stage.press(&[Key::Tab, Key::Tab, Key::Tab, Key::Tab]).type_text("hunter2secret");
    let masked = stage.picture(80, 24);
    assert!(masked.contains("*************") && !masked.contains("hunter2secret"), "{masked}");
    stage.press(&[Key::F(4)]);
    assert!(stage.picture(80, 24).contains("hunter2secret"));
    stage.press(&[Key::F(4)]);
    assert!(!stage.picture(80, 24).contains("hunter2secret"));
    assert!(!format!("{:?}", stage.app.shared).contains("hunter2secret"));
}

#[test]
fn saving_stores_a_typed_secret_beside_the_settings_for_its_owner_only() {
    let mut stage = Stage::new(None, ENGLISH, None);
    stage
        .press(&[Key::Tab, Key::Tab, Key::Tab, Key::Tab])
        .type_text("hunter2secret")
        .press(&[Key::Ctrl('s')]);
    let Some(Command::SaveTo(file, draft)) = stage.commands.pop() else { panic!("nothing is saved") };
    let saved = file.save(&draft).unwrap();
    let text = std::fs::read_to_string(&saved.path).unwrap();
    assert!(!text.contains("hunter2secret"), "{text}");
    let secret = saved.path.with_file_name("app-secret");
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(secret).unwrap().trim(), "hunter2secret");
    stage.answer(Answer::Saved { draft, result: Ok(Box::new(saved)) });
    assert!(stage.picture(80, 24).contains("kept in app-secret, 0600"));
}

#[test]
fn an_address_that_dingtalk_refuses_is_shown_as_it_saw_it() {
    for (name, look) in [("refused_ip_en", ENGLISH), ("refused_ip_zh", CHINESE)] {
        let mut stage = Stage::new(Some(WHOLE), look, AT);
        begin_test(&mut stage);
        let mut finding =
            Finding::new(CheckStatus::Fail, "DingTalk refused auth/scopes: the address is not listed");
        finding.code = Some("60020".into());
        finding.seen_ip = Some("198.51.100.7".into());
        stage
            .answer(tried(CheckId::Token, pass(), 182))
            .answer(tried(CheckId::Corp, pass(), 96))
            .answer(tried(CheckId::EgressIp, finding, 101))
            .answer(Answer::Application(Told::Finished));
        insta::assert_snapshot!(name, stage.picture(80, 24));
        stage.press(&[Key::Char('y')]);
        assert!(matches!(stage.commands.pop(), Some(Command::Copy(text)) if text == "198.51.100.7"));
    }
}

#[test]
fn a_wrong_secret_leads_to_its_field() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    begin_test(&mut stage);
    let mut finding = Finding::new(CheckStatus::Fail, "DingTalk gives no token: the app secret is wrong")
        .with_fix("copy it again");
    finding.code = Some("40089".into());
    stage.answer(tried(CheckId::Token, finding, 182)).answer(Answer::Application(Told::Finished));
    insta::assert_snapshot!("wrong_secret", stage.picture(80, 24));
    assert!(stage.app.is_typing(), "the secret can be typed at once");
}

#[test]
fn the_domain_is_read_from_the_instance_unless_one_is_configured() {
    let open = WHOLE.replace("callback_domain = \"https://acme.example.com\"\n", "");
    let instance = Instance { domain: Some("acme.aliyunidaas.example".into()), ..Instance::default() };
    let mut stage = Stage::new(Some(&open), ENGLISH, AT);
    stage.answer(Answer::Application(Told::Instance(instance.clone())));
    assert_eq!(stage.app.shared.draft.callback_domain, "https://acme.aliyunidaas.example");
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    stage.answer(Answer::Application(Told::Instance(instance)));
    assert_eq!(stage.app.shared.draft.callback_domain, "https://acme.example.com");
}

#[test]
fn developer_information_goes_to_a_file_with_both_menu_paths() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    stage.press(&[Key::BackTab, Key::BackTab, Key::Char('e')]);
    let Some(Command::WriteFile { name, text }) = stage.commands.pop() else { panic!("no file") };
    assert_eq!(name, "developer-information.txt");
    for word in
        ["https://acme.example.com/portal", "分享设置", "Sharing Settings", "203.0.113.9", "eiam:ListUsers"]
    {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
}

#[test]
fn the_policy_is_shown_in_full_and_copied() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    stage.press(&[Key::BackTab; 5]).press(&[Key::Enter]);
    insta::assert_snapshot!("policy", stage.picture(80, 24));
    stage.press(&[Key::Char('y')]);
    assert!(matches!(stage.commands.pop(), Some(Command::Copy(text)) if text.contains("eiam:GetUser")));
}

#[test]
fn a_running_test_can_be_cancelled() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    begin_test(&mut stage);
    stage.press(&[Key::Esc]);
    assert!(matches!(stage.commands.pop(), Some(Command::Application(Request::Cancel))));
}
