//! DingTalk QR code logon: the chain, the rows, the typed confirmation, the code.

use std::collections::HashMap;

use dingsync::core::error::{Error, ErrorKind};
use dingsync::core::logon::apply::LogonReport;
use dingsync::core::logon::chain::chain;
use dingsync::core::logon::{LogonMemory, LogonName, LogonWish, Provider, ProviderId, plan};
use dingsync::core::profile::Edition;
use dingsync::core::source::{AccountId, Instance};
use dingsync::core::target::UserId;
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::logon::{Request, Told, View};

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};

/// Three accounts: one can log on, one was bound by others, one is to be bound; the provider is switched off.
fn view(domain: &str, edition: Edition) -> View {
    let wish = LogonWish {
        connection: "Acme to DingTalk".into(),
        is_chosen: true,
        callback_domain: domain.into(),
        corp_id: "ding1234567890".into(),
        app_key: "dingabcdef".into(),
        edition,
        scope: Vec::new(),
    };
    let provider = Provider {
        id: ProviderId("idp_0001".into()),
        name: "Acme to DingTalk".into(),
        corp_id: Some("ding1234567890".into()),
        app_key: Some("dingabcdef".into()),
        is_enabled: false,
        created_at_ms: Some(1),
    };
    let pairs = [("user_a", "0101"), ("user_b", "0102"), ("user_c", "0103")];
    let users: HashMap<AccountId, UserId> =
        pairs.iter().map(|(a, u)| (AccountId((*a).into()), UserId((*u).into()))).collect();
    let name =
        |user: &str, is_ours| LogonName { provider: provider.id.clone(), user: UserId(user.into()), is_ours };
    let names =
        [(AccountId("user_a".into()), name("0101", true)), (AccountId("user_b".into()), name("0999", false))];
    let memory = LogonMemory { chosen: None, names: names.into_iter().collect() };
    let instance = Instance {
        id: "idaas_test0001".into(),
        domain: Some("acme.example.com".into()),
        ..Instance::default()
    };
    let plan = plan(&wish, &[provider], &users, &memory, None);
    let chain = chain(&wish, &instance, &plan, &users);
    View { plan, chain, instance: instance.id }
}

fn stage(look: Look, view: View) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), look, Some(ScreenId::Logon));
    let asked = stage.commands.pop();
    assert!(matches!(asked, Some(Command::Logon(Request::Look))), "{asked:?}");
    stage.answer(Answer::Logon(Told::Seen(Ok(Box::new(view)))));
    stage
}

#[test]
fn the_chain_the_rows_and_the_code_at_every_size() {
    for (look, name) in [(ENGLISH, "english"), (CHINESE, "chinese"), (ASCII, "ascii")] {
        let mut stage = stage(look, view("https://acme.example.com", Edition::Standard));
        for (columns, rows) in SIZES {
            insta::assert_snapshot!(format!("logon_{name}_{columns}"), stage.picture(columns, rows));
        }
    }
}

#[test]
fn what_does_not_hold_is_named() {
    let mut stage = stage(ENGLISH, view("login.example.org", Edition::Dedicated));
    insta::assert_snapshot!("logon_broken_chain", stage.picture(120, 40));
}

#[test]
fn without_a_callback_domain_it_cannot_be_carried_out() {
    let mut stage = stage(ENGLISH, view("", Edition::Standard));
    stage.press(&[Key::Enter]);
    assert!(stage.commands.iter().all(|command| !matches!(command, Command::Logon(Request::Apply))));
    let picture = stage.picture(120, 40);
    assert!(picture.contains("the callback domain of the DingTalk app is not entered"), "{picture}");
}

#[test]
fn the_number_of_writes_is_typed_before_anything_is_written() {
    let mut stage = stage(ENGLISH, view("acme.example.com", Edition::Standard));
    stage.press(&[Key::Enter]);
    insta::assert_snapshot!("logon_confirm", stage.picture(80, 24));
    stage.type_text("3").press(&[Key::Enter]);
    assert!(stage.commands.iter().all(|command| !matches!(command, Command::Logon(Request::Apply))));
    stage.press(&[Key::Backspace]).type_text("2").press(&[Key::Enter]);
    assert!(matches!(stage.commands.last(), Some(Command::Logon(Request::Apply))), "{:?}", stage.commands);

    stage.answer(Answer::Logon(Told::Progress(1)));
    assert!(stage.picture(80, 24).contains("1 of 2"));
    let report = LogonReport { applied: 2, skipped: 1, ..LogonReport::default() };
    stage.answer(Answer::Logon(Told::Applied(Ok(report))));
    assert!(matches!(stage.app.current(), ScreenId::Logon));
    stage.answer(Answer::Logon(Told::Seen(Ok(Box::new(view("acme.example.com", Edition::Standard))))));
    assert!(stage.picture(120, 40).contains("2 written, 1 left alone, 0 failed"));
}

#[test]
fn the_code_alone_is_shown_as_large_as_it_is_and_a_small_window_says_so() {
    let mut ascii = stage(ASCII, view("acme.example.com", Edition::Standard));
    ascii.press(&[Key::Char(' ')]);
    assert!(ascii.picture(80, 24).contains("too small for the code"));
    let large = ascii.picture(120, 40);
    assert!(large.contains("##########") && large.contains("https://acme.example.com/"), "{large}");
    ascii.press(&[Key::Esc]);
    assert!(ascii.picture(120, 40).contains("Callback domain"));

    let mut stage = stage(ENGLISH, view("acme.example.com", Edition::Standard));
    stage.press(&[Key::Char('y')]);
    let copied = stage
        .commands
        .iter()
        .any(|command| matches!(command, Command::Copy(text) if text == "https://acme.example.com/"));
    assert!(copied, "{:?}", stage.commands);
}

#[test]
fn a_refusal_is_shown_with_its_way_out_and_can_be_tried_again() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Logon));
    let error = Error::new(ErrorKind::Permission, "the access key may not call ListIdentityProviders")
        .with_hint("allow eiam:ListIdentityProviders in a RAM policy of the key's user");
    stage.answer(Answer::Logon(Told::Seen(Err(error))));
    let picture = stage.picture(80, 24);
    assert!(
        picture.contains("may not call") && picture.contains("allow eiam:ListIdentityProviders"),
        "{picture}"
    );
    stage.commands.clear();
    stage.press(&[Key::Char('e'), Key::Char('r')]);
    assert!(
        matches!(&stage.commands[0], Command::WriteFile { text, .. } if text.contains("eiam:BindUserAuthnSourceMapping"))
    );
    assert!(matches!(stage.commands[1], Command::Logon(Request::Look)));
}
