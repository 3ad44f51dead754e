//! The preview: its pictures, and what its keys lead to.

mod any_keys;
mod commit;
mod links;
mod logon;

use std::sync::Arc;

use dingsync::core::browse::Kind;
use dingsync::core::error::{Error, ErrorKind};
use dingsync::core::journal::{Decision, Learned};
use dingsync::core::planner::{candidates, explain};
use dingsync::core::profile::Leavers;
use dingsync::core::source::AccountId;
use dingsync::core::target::UserId;
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::preview::{Basis, Format, LogonRead, Request, Told, View};

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};
use crate::planned::Company;

/// Every kind of row, a conflict of each sort that is met often, warnings, names of all widths.
fn company() -> Company {
    let mut company = Company::new();
    company.profile.display_name = "Acme to DingTalk".into();
    company.profile.corp_id = "ding1234567890".into();
    company.source.units[0].name = "艾克米科技".into();
    company.target.departments[0].name = "艾克米科技".into();
    for (id, name, parent) in [
        ("ou_rd", "研发中心", "ou_root"),
        ("ou_platform", "平台组", "ou_rd"),
        ("ou_data", "数据组", "ou_rd"),
        ("ou_sales", "市场部", "ou_root"),
        ("ou_east", "R&D - East", "ou_sales"),
    ] {
        company.unit(id, name, Some(parent));
    }
    company.department(20, "研发中心", Some(1));
    company.department(30, "市场部", Some(1));
    company.department(40, "数据组", Some(30));
    company.department(90, "访客", Some(1));
    company.bind_department("ou_sales", 30);
    company.bind_department("ou_data", 40);
    company.account("user_a1", "王伟明", "13800000001", "wang@example.com", &["ou_platform"]);
    company.account("user_a2", "欧阳娜娜", "13800000002", "ouyang@example.com", &["ou_rd"]);
    company.account("user_a3", "Ann Lee", "", "ann@example.com", &["ou_sales"]);
    company.account("user_a4", "陈艳", "", "", &["ou_rd"]);
    company.account("user_a5", "司马光明", "13800000005", "sima@example.com", &["ou_sales"]);
    company.account("user_a6", "李静", "13800000006", "", &["ou_sales"]);
    company.account("user_a7", "Mallory \u{202e}gpj.exe", "13800000007", "", &["ou_platform"]);
    company.account("user_a8", "赵敏", "13800000008", "zhao@example.com", &["ou_rd"]);
    company.account("user_a9", "Wolfeschlegelsteinhausenbergerdorff", "13800000009", "", &["ou_data"]);
    company.user("0102", "欧阳娜娜", "13800000002", "ouyang@old.example.com", &[20]);
    company.user("0103", "Ann Lee", "13800000003", "ann@example.com", &[30]);
    company.user("0104", "Ann Li", "", "ann@example.com", &[20]);
    company.user("0105", "司马光明", "13800000099", "sima@old.example.com", &[30]);
    company.user("0106", "李静", "13800000006", "", &[20]);
    company.user("0110", "Leaver", "13800000010", "", &[30]);
    company.user("0199", "Guest", "13800000199", "", &[90]);
    company.profile.mapping.identity =
        vec![dingsync::core::profile::IdentityField::Mobile, dingsync::core::profile::IdentityField::Email];
    for (account, user) in [("user_a5", "0105"), ("user_a6", "0106"), ("user_gone", "0110")] {
        company.bind(account, user);
    }
    company
}

fn view(company: &Company) -> Arc<View> {
    view_with(company, Ok(None))
}

/// With what QR code logon is planned from.
fn view_with(company: &Company, logon: LogonRead) -> Arc<View> {
    let basis = Basis {
        profile: company.profile.clone(),
        calls_per_second: 20,
        source: Arc::new(company.source.clone()),
        target: Arc::new(company.target.clone()),
        memory: company.memory.clone(),
        now_ms: 1_790_000_000_000,
        logon,
    };
    Arc::new(View::new(company.plan(), basis))
}

fn told(told: Told) -> Answer {
    Answer::Preview(told)
}

/// The preview of a company that was read.
fn ready(company: &Company, look: Look) -> Stage {
    shown(view(company), look)
}

fn shown(view: Arc<View>, look: Look) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), look, Some(ScreenId::Preview));
    let asked = stage.commands.pop();
    assert!(matches!(asked, Some(Command::Preview(Request::Read))), "{asked:?}");
    stage.answer(told(Told::Ready(view)));
    stage
}

/// Six bound people have left, three may be removed.
fn leavers() -> Company {
    let mut company = company();
    company.profile.scenario.leavers = Leavers::Remove;
    company.profile.limits.remove_users = 3;
    company.profile.limits.remove_percent = 100;
    for number in 0..6 {
        company.user(&format!("05{number}"), "离职", &format!("1390000000{number}"), "", &[30]);
        company.bind(&format!("user_left{number}"), &format!("05{number}"));
    }
    company
}

fn request(stage: &mut Stage) -> Request {
    let found = stage.commands.iter().rposition(|command| matches!(command, Command::Preview(_)));
    match found.map(|at| stage.commands.remove(at)) {
        Some(Command::Preview(request)) => request,
        other => panic!("no request: {other:?} {:?}", stage.commands),
    }
}

fn letters(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

#[test]
fn every_size_and_language() {
    for (columns, rows) in SIZES {
        for (name, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
            let picture = ready(&company(), look).press(&letters("jjjjjj")).picture(columns, rows);
            insta::assert_snapshot!(format!("preview_{columns}x{rows}_{name}"), picture);
        }
    }
}

#[test]
fn the_readme_shows_this_screen() {
    let mut stage = ready(&company(), ENGLISH);
    let terminal = stage.press(&letters("jjjjjj")).draw(80, 24);
    super::svg::keep("preview", "The preview: nothing written yet", terminal.backend().buffer());
}

#[test]
fn reading_and_what_stopped_it() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Preview));
    stage.answer(told(Told::Reading(12, 31))).wait(4_000);
    insta::assert_snapshot!("preview_reading", stage.picture(80, 24));
    stage.press(&[Key::Esc]);
    assert!(matches!(request(&mut stage), Request::Stop));
    insta::assert_snapshot!("preview_stopped", stage.picture(80, 24));
    stage.press(&letters("r"));
    assert!(matches!(request(&mut stage), Request::Read));
    let error = Error::new(ErrorKind::Network, "IDaaS did not answer within 30 s".to_owned())
        .with_hint("look at the network, then read again");
    stage.answer(told(Told::Failed(error)));
    insta::assert_snapshot!("preview_failed", stage.picture(80, 24));
}

#[test]
fn every_kind_of_row_is_found_by_its_key_and_counted() {
    let company = company();
    let kinds = [Kind::Create, Kind::Link, Kind::Update, Kind::Move, Kind::NeedsYou, Kind::Hold];
    for kind in kinds {
        let key = Kind::ALL.iter().position(|other| *other == kind).unwrap() + 1;
        let picture = ready(&company, ENGLISH).press(&letters(&key.to_string())).picture(120, 40);
        let (departments, users) = view(&company).browser.counts(&dingsync::core::browse::RowSet::new(0));
        let count = departments.of(kind) + users.of(kind);
        assert!(count > 0, "{kind:?} is in the company");
        assert!(picture.contains(&format!(" ({count}), Esc clears")), "{kind:?}\n{picture}");
    }
}

#[test]
fn text_narrows_while_it_is_typed_and_esc_clears() {
    let mut stage = ready(&company(), ENGLISH);
    stage.press(&letters("/ann"));
    insta::assert_snapshot!("preview_search", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    insta::assert_snapshot!("preview_filtered", stage.picture(80, 24));
    stage.press(&[Key::Esc]);
    assert!(!stage.picture(80, 24).contains("Esc clears"));
}

#[test]
fn a_mobile_is_found_in_full_and_shown_masked_until_it_is_revealed() {
    let mut stage = ready(&company(), ENGLISH);
    stage.press(&letters("/13800000001")).press(&[Key::Enter, Key::Enter]);
    assert!(stage.picture(80, 24).contains("138****0001"));
    stage.press(&[Key::F(4)]);
    assert!(stage.picture(80, 24).contains("+ 13800000001"));
}

#[test]
fn the_tree_shows_each_branch_with_its_counts_and_enter_shows_one() {
    let mut stage = ready(&company(), ENGLISH);
    stage.press(&[Key::Tab, Key::Down, Key::Down]);
    insta::assert_snapshot!("preview_tree", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    insta::assert_snapshot!("preview_branch", stage.picture(80, 24));
}

#[test]
fn problems_are_gone_through_with_n_and_p() {
    let mut stage = ready(&company(), ENGLISH);
    stage.press(&letters("n"));
    let first = stage.picture(80, 24);
    stage.press(&letters("np"));
    assert_eq!(stage.picture(80, 24), first);
    assert!(first.lines().any(|line| line.starts_with(">  !")), "{first}");
}

#[test]
fn a_conflict_is_decided_in_place() {
    let mut company = company();
    let mut stage = ready(&company, ENGLISH);
    stage.press(&letters("/user_a3")).press(&[Key::Enter]).press(&letters("v"));
    let Request::Candidates(seen, account) = request(&mut stage) else { panic!("no candidates asked for") };
    assert_eq!(account, "user_a3");
    stage.answer(told(Told::Candidates(account, candidates(&seen.input(), "user_a3").unwrap())));
    insta::assert_snapshot!("preview_decide", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    let Request::Decide(_, learned) = request(&mut stage) else { panic!("nothing decided") };
    let expected =
        Learned::Decided(AccountId("user_a3".into()), Some(Decision::LinkTo(UserId("0103".into()))));
    assert_eq!(learned, [expected]);
    company.memory.decisions.insert(AccountId("user_a3".into()), Decision::LinkTo(UserId("0103".into())));
    stage.answer(told(Told::Ready(view(&company))));
    insta::assert_snapshot!("preview_decided", stage.picture(80, 24));
    stage.press(&letters("V"));
    insta::assert_snapshot!("preview_decisions", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    let Request::Decide(_, learned) = request(&mut stage) else { panic!("nothing forgotten") };
    assert_eq!(learned, [Learned::Decided(AccountId("user_a3".into()), None)]);
}

#[test]
fn a_typed_userid_must_be_there_and_free() {
    let mut stage = ready(&company(), ENGLISH);
    stage.press(&letters("/user_a4")).press(&[Key::Enter]).press(&letters("v")).press(&[Key::Enter]);
    stage.type_text("nobody").press(&[Key::Enter]);
    assert!(stage.picture(80, 24).contains("there is no user nobody"));
    stage.press(&[Key::Backspace; 6]).type_text("0105").press(&[Key::Enter]);
    assert!(stage.picture(80, 24).contains("user 0105 is bound to user_a5"));
    stage.press(&[Key::Backspace; 4]).type_text("0199").press(&[Key::Enter]);
    assert!(matches!(request(&mut stage), Request::Decide(..)));
}

#[test]
fn a_row_left_out_takes_along_what_needs_it() {
    let mut stage = ready(&company(), ENGLISH);
    stage.press(&letters("/ou_platform")).press(&[Key::Enter]).press(&letters("x")).press(&[Key::Esc]);
    insta::assert_snapshot!("preview_left_out", stage.picture(120, 40));
    stage.press(&letters("e")).press(&[Key::Down, Key::Enter]);
    let Request::Export(_, out, Format::Csv) = request(&mut stage) else { panic!("nothing exported") };
    assert_eq!(out.len(), 3, "the department and the two who were to be in it");
    // What is out for the sake of another row comes back with that row.
    stage.press(&letters("/user_a1")).press(&[Key::Enter]).press(&letters("x"));
    assert!(stage.picture(120, 40).contains("it needs another row"));
    stage.press(&[Key::Esc]).press(&letters("/ou_platform")).press(&[Key::Enter]).press(&letters("x"));
    assert!(!stage.picture(120, 40).contains("left out of this run"));
}

#[test]
fn why_details_costs_and_commands_can_be_read() {
    let company = company();
    let mut stage = ready(&company, ENGLISH);
    stage.press(&letters("/user_a2")).press(&[Key::Enter]).press(&letters("w"));
    let Request::Explain(seen, id) = request(&mut stage) else { panic!("nothing explained") };
    let explanation = explain(&seen.input(), seen.plan(), &id).unwrap().unwrap();
    stage.answer(told(Told::Explained(Box::new(explanation))));
    insta::assert_snapshot!("preview_why", stage.picture(80, 24));
    stage.press(&[Key::Esc, Key::Enter]);
    insta::assert_snapshot!("preview_details", stage.picture(80, 24));
    stage.press(&[Key::Esc]).press(&letters("b"));
    insta::assert_snapshot!("preview_costs", stage.picture(80, 24));
    stage.press(&[Key::Esc]).press(&letters("F"));
    insta::assert_snapshot!("preview_filters", stage.picture(80, 24));
    stage.press(&[Key::Esc]).press(&letters("=")).press(&letters("y"));
    let copied = stage.commands.iter().find_map(|command| match command {
        Command::Copy(text) => Some(text.clone()),
        _ => None,
    });
    assert!(copied.unwrap().contains("dingsync sync --config "));
}

#[test]
fn hidden_characters_are_shown_harmless_and_marked() {
    let picture = ready(&company(), ENGLISH).press(&letters("/gpj")).picture(120, 40);
    assert!(picture.contains("<!>") && !picture.contains('\u{202e}'), "{picture}");
    assert!(picture.contains("hidden characters left out"));
}

#[test]
fn an_empty_plan_says_that_there_is_nothing_to_do() {
    let mut company = Company::new();
    company.account("a", "A", "13800000001", "", &["ou_root"]);
    company.user("u1", "A", "13800000001", "", &[1]);
    company.bind("a", "u1");
    let mut stage = ready(&company, ENGLISH);
    stage.press(&letters("c"));
    assert!(stage.picture(80, 24).contains("nothing to do"));
    stage.press(&letters("0"));
    assert!(stage.picture(80, 24).contains("= user  A"));
}
