//! Step 2.

use dingsync::core::check::{CheckId, CheckItem, CheckStatus, Finding};
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::permissions::{Answer as Told, Request};

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};

fn stage(look: Look) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), look, Some(ScreenId::Permissions));
    let asked = stage.commands.pop();
    assert!(matches!(asked, Some(Command::Permissions(Request::Check { only: None, .. }))), "{asked:?}");
    stage
}

fn item(id: CheckId, status: CheckStatus) -> CheckItem {
    Finding::new(status, "as it should be").into_item(id)
}

fn end(stage: &mut Stage, items: Vec<CheckItem>) {
    for item in items {
        stage.answer(Answer::Permissions(Told::Item { item, elapsed_ms: 96 }));
    }
    stage.answer(Answer::Permissions(Told::Finished));
}

fn missing_permission() -> CheckItem {
    let mut finding = Finding::new(
        CheckStatus::Fail,
        "DingTalk refused department/update: the app lacks a permission (60011)",
    );
    finding.code = Some("60011".into());
    finding.missing = vec!["qyapi_manage_addresslist".into()];
    finding.into_item(CheckId::WritePermission)
}

/// Everything holds but the write permission; the range is partial.
fn mixed() -> Vec<CheckItem> {
    CheckId::ALL
        .into_iter()
        .map(|id| match id {
            CheckId::WritePermission => missing_permission(),
            CheckId::Range => item(id, CheckStatus::Warn),
            CheckId::TargetDepartment => item(id, CheckStatus::NotRun),
            _ => item(id, CheckStatus::Pass),
        })
        .collect()
}

#[test]
fn while_it_runs_each_side_shows_what_it_is_at() {
    let mut stage = stage(ENGLISH);
    stage
        .answer(Answer::Permissions(Told::Item {
            item: item(CheckId::SourceCredentials, CheckStatus::Pass),
            elapsed_ms: 182,
        }))
        .wait(3_000);
    insta::assert_snapshot!("running", stage.picture(80, 24));
    stage.press(&[Key::Esc]);
    assert!(matches!(stage.commands.pop(), Some(Command::Permissions(Request::Cancel))));
}

#[test]
fn a_failure_is_chosen_and_explained_at_every_size() {
    for (name, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
        for (columns, rows) in SIZES {
            let mut stage = stage(look);
            end(&mut stage, mixed());
            insta::assert_snapshot!(format!("failed_{name}_{columns}x{rows}"), stage.picture(columns, rows));
        }
    }
}

#[test]
fn the_readme_shows_this_screen() {
    let mut stage = stage(ENGLISH);
    end(&mut stage, mixed());
    super::svg::keep(
        "permissions",
        "Step 2: permissions, one of them missing",
        stage.draw(80, 24).backend().buffer(),
    );
}

#[test]
fn a_failure_blocks_the_next_step_until_a_reason_is_given() {
    let mut stage = stage(ENGLISH);
    end(&mut stage, mixed());
    stage.press(&[Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Permissions);
    assert!(stage.picture(80, 24).contains("failed items block the next step (1)"));
    stage.press(&[Key::Char('o')]);
    insta::assert_snapshot!("override", stage.picture(80, 24));
    stage.type_text("q: granted tomorrow").press(&[Key::Enter]);
    let recorded = stage.commands.pop();
    assert!(
        matches!(&recorded, Some(Command::Permissions(Request::Record { reason, failed }))
            if reason == "q: granted tomorrow" && *failed == [CheckId::WritePermission]),
        "{recorded:?}"
    );
    assert!(stage.picture(80, 24).contains("going on in spite of failures"));
}

#[test]
fn warnings_do_not_block_and_stay_in_the_header() {
    let mut stage = stage(ENGLISH);
    let items = CheckId::ALL.into_iter().map(|id| match id {
        CheckId::Range => item(id, CheckStatus::Warn),
        _ => item(id, CheckStatus::Pass),
    });
    end(&mut stage, items.collect());
    let header = stage.picture(80, 24).lines().next().unwrap().to_owned();
    assert!(header.contains("warnings: 1"), "{header}");
    stage.press(&[Key::Ctrl('b')]);
    assert!(stage.picture(80, 24).lines().next().unwrap().contains("warnings: 1"));
}

#[test]
fn one_item_again_leaves_the_others_as_they_were() {
    let mut stage = stage(ENGLISH);
    end(&mut stage, mixed());
    stage.press(&[Key::Char('r')]);
    let asked = stage.commands.pop();
    assert!(
        matches!(
            asked,
            Some(Command::Permissions(Request::Check { only: Some(CheckId::WritePermission), .. }))
        ),
        "{asked:?}"
    );
    end(&mut stage, vec![item(CheckId::WritePermission, CheckStatus::Pass)]);
    assert!(stage.picture(80, 24).contains("ok 13   warnings 1   failed 0   not run 1"));
}

#[test]
fn the_text_to_send_names_the_point_the_app_and_the_link() {
    for look in [ENGLISH, CHINESE] {
        let mut stage = stage(look);
        end(&mut stage, mixed());
        stage.press(&[Key::Char('y')]);
        let Some(Command::Copy(text)) = stage.commands.pop() else { panic!("nothing is copied") };
        for word in [
            "qyapi_manage_addresslist",
            "dingabcdef",
            "全组织通讯录管理员",
            "https://open-dev.dingtalk.com/appscope/apply?content=dingabcdef%23qyapi_manage_addresslist",
        ] {
            assert!(text.contains(word), "{word} is not in\n{text}");
        }
        stage.press(&[Key::Char('e')]);
        let file = stage.commands.pop();
        assert!(matches!(file, Some(Command::WriteFile { name, .. }) if name == "permission-requests.txt"));
    }
}

#[test]
fn problems_are_reached_with_n_and_p() {
    let mut stage = stage(ENGLISH);
    end(&mut stage, mixed());
    stage.press(&[Key::Char('n')]);
    assert!(stage.picture(80, 24).contains("contacts range: warning"));
    stage.press(&[Key::Char('n')]);
    assert!(stage.picture(80, 24).contains("write permission: missing"));
}

#[test]
fn what_was_checked_is_not_checked_again_unless_answers_changed() {
    let mut stage = stage(ENGLISH);
    end(&mut stage, mixed());
    stage.press(&[Key::Ctrl('b')]);
    stage.commands.clear();
    stage.press(&[Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Permissions);
    assert!(stage.commands.is_empty(), "{:?}", stage.commands);
    stage.press(&[Key::Ctrl('b')]);
    stage.app.shared.draft.app_key = "dingother".into();
    stage.press(&[Key::Ctrl('n')]);
    assert!(matches!(stage.commands.pop(), Some(Command::Permissions(Request::Check { .. }))));
}
