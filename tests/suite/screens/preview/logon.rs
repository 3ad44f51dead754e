//! The rows of QR code logon among the others: shown, counted, explained, left out with their account, committed with
//! the plan.

use std::sync::Arc;

use dingsync::core::error::{Error, ErrorKind};
use dingsync::core::logon::{LogonBasis, LogonMemory, LogonName, LogonWish, Provider, ProviderId};
use dingsync::core::profile::Edition;
use dingsync::core::source::AccountId;
use dingsync::core::target::UserId;
use dingsync::live::Errand;
use dingsync::tui::keys::Key;
use dingsync::tui::message::Command;
use dingsync::tui::worker::preview::{Request, Told, View};
use dingsync::tui::worker::run;

use super::super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage};
use super::{company, letters, request, shown, told, view_with};
use crate::planned::Company;

/// A provider that is switched off; one account can log on, one was bound by others to somebody else.
pub(super) fn read() -> (LogonBasis, u32) {
    let provider = ProviderId("idp_0001".into());
    let name =
        |user: &str, is_ours| LogonName { provider: provider.clone(), user: UserId(user.into()), is_ours };
    let names = [("user_a5", name("0105", true)), ("user_a6", name("0999", false))];
    let basis = LogonBasis {
        wish: LogonWish {
            connection: "Acme to DingTalk".into(),
            is_chosen: true,
            callback_domain: "acme.example.com".into(),
            corp_id: "ding1234567890".into(),
            app_key: "dingabcdef".into(),
            edition: Edition::Standard,
            scope: Vec::new(),
        },
        providers: vec![Provider {
            id: provider.clone(),
            name: "Acme to DingTalk".into(),
            corp_id: Some("ding1234567890".into()),
            app_key: Some("dingabcdef".into()),
            is_enabled: false,
            created_at_ms: Some(1),
        }],
        memory: LogonMemory {
            chosen: Some(provider),
            names: names.into_iter().map(|(account, name)| (AccountId(account.into()), name)).collect(),
        },
    };
    (basis, 10)
}

fn with_logon(company: &Company) -> Arc<View> {
    view_with(company, Ok(Some(read())))
}

fn writes(view: &View) -> (u64, u64) {
    let logon = view.logon.as_ref().unwrap().as_ref().unwrap().plan();
    (view.plan().writes(), logon.writes() as u64)
}

fn is_started(stage: &Stage) -> bool {
    stage
        .commands
        .iter()
        .any(|command| matches!(command, Command::Run(run::Request::Start(Errand::Sync { .. }, _))))
}

#[test]
fn they_are_listed_last_counted_and_shown_in_full() {
    for (name, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
        let mut stage = shown(with_logon(&company()), look);
        stage.press(&letters("9jj"));
        for (columns, rows) in SIZES {
            insta::assert_snapshot!(format!("logon_{columns}x{rows}_{name}"), stage.picture(columns, rows));
        }
    }
    let mut stage = shown(with_logon(&company()), ENGLISH);
    let picture = stage.press(&letters("G")).picture(120, 40);
    assert!(picture.lines().any(|line| line.starts_with(">  @")), "the last row of all is one\n{picture}");
}

#[test]
fn a_row_says_why_it_is_planned_so_and_who_bound_it_otherwise() {
    let mut stage = shown(with_logon(&company()), ENGLISH);
    stage.press(&letters("9n"));
    assert!(stage.picture(120, 40).contains("others are never touched"), "{}", stage.picture(120, 40));
    stage.press(&letters("w"));
    insta::assert_snapshot!("logon_why", stage.picture(80, 24));
    stage.press(&[Key::Esc]).press(&letters("v"));
    assert!(stage.picture(80, 24).contains("nothing to decide about a row of QR code logon"));
    stage.press(&letters("x"));
    assert!(stage.picture(80, 24).contains("leave the account's own row out"));
}

#[test]
fn the_typed_number_names_both_and_starts_one_run() {
    let view = with_logon(&company());
    let (plan, logon) = writes(&view);
    let mut stage = shown(Arc::clone(&view), ENGLISH);
    stage.press(&letters("c"));
    insta::assert_snapshot!("logon_confirm", stage.picture(80, 24));
    stage.type_text(&plan.to_string()).press(&[Key::Enter]);
    assert!(stage.commands.is_empty(), "the plan's own number does not suffice: {:?}", stage.commands);
    stage.press(&[Key::Backspace, Key::Backspace]).type_text(&(plan + logon).to_string());
    stage.press(&[Key::Enter]);
    assert!(matches!(request(&mut stage), Request::Verify(..)));
    stage.answer(told(Told::Holds(Arc::clone(view.plan()))));
    assert!(is_started(&stage), "{:?}", stage.commands);
}

#[test]
fn logon_alone_can_be_committed() {
    let mut company = Company::new();
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.user("u1", "A", "13800000001", "", &[1]);
    company.bind("a", "u1");
    let view = with_logon(&company);
    assert_eq!(writes(&view), (0, 3), "the provider, the account, and one of ours without a binding");
    let mut stage = shown(Arc::clone(&view), ENGLISH);
    assert!(stage.picture(120, 40).contains("QR code logon: 3 writes into IDaaS"), "what it costs is said");
    stage.press(&letters("c")).type_text("3").press(&[Key::Enter]);
    assert!(matches!(request(&mut stage), Request::Verify(..)));
    stage.answer(told(Told::Holds(Arc::clone(view.plan()))));
    assert!(is_started(&stage), "{:?}", stage.commands);
}

#[test]
fn what_is_left_out_takes_its_logon_with_it() {
    let view = with_logon(&company());
    let (plan, logon) = writes(&view);
    let mut stage = shown(view, ENGLISH);
    stage.press(&letters("/user_a2")).press(&[Key::Enter]).press(&letters("x")).press(&[Key::Esc]);
    stage.press(&letters("c"));
    let picture = stage.picture(80, 24);
    let expected =
        format!("Write {} records: {} to DingTalk, then {}", plan + logon - 2, plan - 1, logon - 1);
    assert!(picture.contains(&expected), "{expected}\n{picture}");
    stage.press(&[Key::Esc]).press(&letters("9/user_a2")).press(&[Key::Enter]);
    let picture = stage.picture(120, 40);
    assert!(picture.lines().any(|line| line.starts_with(">x @")), "{picture}");
}

#[test]
fn what_cannot_be_looked_at_stands_against_the_commit_and_says_so() {
    let error = Error::new(ErrorKind::Permission, "the access key may not call ListIdentityProviders")
        .with_hint("allow eiam:ListIdentityProviders in a RAM policy of the key's user");
    let mut stage = shown(view_with(&company(), Err(error)), ENGLISH);
    stage.press(&letters("c"));
    insta::assert_snapshot!("logon_unknown", stage.picture(80, 24));
    stage.type_text("1").press(&[Key::Enter]);
    assert!(!is_started(&stage) && stage.commands.is_empty(), "{:?}", stage.commands);
}
