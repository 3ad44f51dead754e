//! Step 3.

use dingsync::core::error::{Error, ErrorKind};
use dingsync::core::profile::Leavers;
use dingsync::tui::draft::DraftPair;
use dingsync::tui::keys::Key;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::survey::SurveyNews;

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};

const AT: Option<ScreenId> = Some(ScreenId::Scenario);

/// Settings whose scenario is still open.
fn open() -> String {
    WHOLE.split("[scenario]").next().unwrap().to_owned()
}

fn pair(sources: &[&str], target: &str) -> DraftPair {
    DraftPair { sources: sources.iter().map(|unit| (*unit).to_owned()).collect(), target: target.to_owned() }
}

/// Moves the cursor of the tree in focus to a node by searching for it.
fn find(stage: &mut Stage, text: &str) {
    stage.press(&[Key::Char('/')]).type_text(text).press(&[Key::Enter]);
}

#[test]
fn a_whole_scenario_at_every_size() {
    for (columns, rows) in SIZES {
        for (language, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
            let mut stage = Stage::new(Some(WHOLE), look, AT);
            stage.survey();
            insta::assert_snapshot!(
                format!("whole_{language}_{columns}x{rows}"),
                stage.picture(columns, rows)
            );
        }
    }
}

#[test]
fn the_readme_shows_this_screen() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    stage.survey();
    super::svg::keep(
        "scenario",
        "Step 3: source units, target department, what happens to whom",
        stage.draw(80, 24).backend().buffer(),
    );
}

#[test]
fn while_both_sides_are_read_and_when_that_fails_ids_can_be_typed() {
    for (language, look) in [("en", ENGLISH), ("zh", CHINESE)] {
        let mut stage = Stage::new(Some(&open()), look, AT);
        stage.answer(Answer::Survey(Box::new(SurveyNews::Reading(17)))).wait(3_000);
        stage.press(&[Key::Char('i')]).type_text("ou_rd");
        insta::assert_snapshot!(format!("reading_{language}"), stage.picture(80, 24));
        stage.press(&[Key::Enter]);
        assert_eq!(stage.app.shared.draft.scope, [pair(&["ou_rd"], "1")]);
        let error = Error::new(ErrorKind::Network, "eiam.cn-hangzhou.aliyuncs.com does not answer")
            .with_hint("check the network and the proxy");
        stage.answer(Answer::Survey(Box::new(SurveyNews::Read(Err(error)))));
        insta::assert_snapshot!(format!("failed_{language}"), stage.picture(80, 24));
    }
}

#[test]
fn space_marks_units_and_targets_and_overlaps_are_refused_with_the_reason() {
    let mut stage = Stage::new(Some(&open()), ENGLISH, AT);
    stage.survey();
    find(&mut stage, "研发");
    stage.press(&[Key::Char(' ')]).survey();
    assert_eq!(stage.app.shared.draft.scope, [pair(&["ou_rd"], "1")]);
    find(&mut stage, "平台组");
    stage.press(&[Key::Char(' ')]);
    assert!(stage.picture(80, 24).contains("平台组 lies inside 研发中心, which is marked"));
    assert_eq!(stage.app.shared.draft.scope, [pair(&["ou_rd"], "1")]);
    stage.press(&[Key::Tab]);
    find(&mut stage, "关联");
    stage.press(&[Key::Char(' ')]);
    assert!(stage.picture(80, 24).contains("belongs to an associated organisation"));
    find(&mut stage, "50200001");
    stage.press(&[Key::Char(' ')]).survey();
    assert_eq!(stage.app.shared.draft.scope, [pair(&["ou_rd"], "50200001")]);
    stage.press(&[Key::Char('a')]).press(&[Key::Char('/')]).type_text("华东");
    insta::assert_snapshot!("searching", stage.picture(80, 24));
    stage.press(&[Key::Enter, Key::Char(' '), Key::Tab]);
    find(&mut stage, "50200002");
    stage.press(&[Key::Char(' ')]);
    assert!(stage.picture(80, 24).contains("平台组 lies inside 研发中心, the target of another pair"));
    find(&mut stage, "市场部");
    stage.press(&[Key::Char(' ')]).survey();
    assert_eq!(
        stage.app.shared.draft.scope,
        [pair(&["ou_rd"], "50200001"), pair(&["ou_sales_east"], "50400001")]
    );
    insta::assert_snapshot!("two_pairs", stage.picture(80, 24));
    stage.press(&[Key::Char('d')]);
    assert_eq!(stage.app.shared.draft.scope.len(), 1);
}

#[test]
fn a_typed_id_that_does_not_exist_is_refused() {
    let mut stage = Stage::new(Some(&open()), CHINESE, AT);
    stage.survey().press(&[Key::Char('i')]).type_text("ou_nowhere").press(&[Key::Enter]);
    assert!(stage.picture(80, 24).contains("IDaaS 中没有组织 ou_nowhere"));
    assert_eq!(stage.app.shared.draft.scope, [pair(&[], "1")]);
}

#[test]
fn everything_under_the_root_takes_a_confirmation_of_its_own() {
    let mut stage = Stage::new(Some(&open()), ENGLISH, AT);
    stage.survey().press(&[Key::Char(' ')]).survey();
    assert_eq!(stage.app.shared.draft.scope, [pair(&["ou_root"], "1")]);
    stage.press(&[Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Scenario);
    insta::assert_snapshot!("agree", stage.picture(80, 24));
    stage.press(&[Key::Char(' '), Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Mapping);
}

#[test]
fn an_open_scenario_does_not_lead_on_and_says_why() {
    let mut stage = Stage::new(Some(&open()), ENGLISH, AT);
    stage.survey().press(&[Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Scenario);
    assert!(stage.picture(80, 24).contains("no source unit is marked"));
}

#[test]
fn qr_logon_needs_a_callback_domain_and_leavers_that_move_a_department() {
    let without = WHOLE.replace("callback_domain = \"https://acme.example.com\"\n", "");
    let mut stage = Stage::new(Some(&without), ENGLISH, AT);
    stage.survey().press(&[Key::Tab; 5]).press(&[Key::Char(' ')]);
    assert!(!stage.app.shared.draft.qr_logon);
    assert!(stage.picture(80, 24).contains("needs a callback domain (step 1)"));
    stage.press(&[Key::Tab, Key::Enter]);
    insta::assert_snapshot!("leavers_open", stage.picture(80, 24));
    stage.press(&[Key::Down, Key::Enter]);
    assert_eq!(stage.app.shared.draft.leavers, Leavers::Move);
    stage.press(&[Key::Ctrl('n')]);
    assert!(stage.picture(80, 24).contains("moving leavers needs the department they move to"));
    stage.type_text("50400001");
    insta::assert_snapshot!("leavers_move", stage.picture(80, 24));
    stage.press(&[Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Mapping);
}

#[test]
fn the_filter_says_how_many_it_keeps_or_where_it_is_wrong() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    stage.survey().press(&[Key::BackTab]);
    stage.type_text("StartsWith(user.displayName, \"李静\")").survey();
    assert!(stage.picture(80, 24).contains("keeps 8 of 60"), "{}", stage.picture(80, 24));
    stage.type_text(" && user.nothing").survey();
    insta::assert_snapshot!("filter_wrong", stage.picture(120, 40));
}

#[test]
fn nothing_is_computed_twice_and_an_overtaken_answer_is_dropped() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    stage.survey();
    assert!(stage.commands.is_empty());
    stage.press(&[Key::Tab]);
    assert!(stage.commands.is_empty(), "moving asks nothing: {:?}", stage.commands);
    let stale = SurveyNews::Counted(0, Err(Error::new(ErrorKind::Service, "too late")));
    stage.answer(Answer::Survey(Box::new(stale)));
    assert!(!stage.picture(80, 24).contains("too late"));
    stage.press(&[Key::BackTab, Key::Char('r')]);
    assert!(stage.commands.is_empty(), "only a tree is read again");
    stage.press(&[Key::Tab, Key::Char('r')]);
    assert!(matches!(stage.commands.pop(), Some(Command::Survey(_))));
}
