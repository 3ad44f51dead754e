//! Step 4.

use dingsync::core::profile::{IdentityField, When};
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::screen::ScreenId;

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE};

const AT: Option<ScreenId> = Some(ScreenId::Mapping);

/// The rows in focus.
fn at_the_rows(stage: &mut Stage) {
    stage.survey().press(&[Key::BackTab; 4]);
}

/// Adds a field and types its expression.
fn add(stage: &mut Stage, field: &str, value: &str) {
    stage.press(&[Key::Char('a')]).type_text(field).press(&[Key::Enter]).type_text(value).survey();
}

#[test]
fn the_default_mapping_at_every_size() {
    for (columns, rows) in SIZES {
        for (language, look) in [("en", ENGLISH), ("zh", CHINESE), ("ascii", ASCII)] {
            let mut stage = Stage::new(Some(WHOLE), look, AT);
            stage.survey();
            insta::assert_snapshot!(
                format!("default_{language}_{columns}x{rows}"),
                stage.picture(columns, rows)
            );
        }
    }
}

/// The e-mail's expression was changed and is not kept yet.
fn edited(look: Look) -> Stage {
    let mut stage = Stage::new(Some(WHOLE), look, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Down, Key::Down, Key::Enter]);
    stage.press(&[Key::Home]).type_text("Lower(").press(&[Key::End]).type_text(")").survey();
    stage
}

#[test]
fn the_readme_shows_this_screen() {
    super::svg::keep(
        "mapping",
        "Step 4: an expression while it is typed",
        edited(ENGLISH).draw(80, 24).backend().buffer(),
    );
}

#[test]
fn an_edit_shows_result_and_impact_before_it_is_kept() {
    for (language, look) in [("en", ENGLISH), ("zh", CHINESE)] {
        let mut stage = edited(look);
        insta::assert_snapshot!(format!("edit_{language}"), stage.picture(80, 24));
        assert!(stage.app.shared.draft.user_rows.is_empty(), "nothing is kept yet");
        stage.press(&[Key::Enter]);
        assert_eq!(stage.app.shared.draft.user_rows[0].value, "Lower(user.email)");
        stage.press(&[Key::Char('u')]);
        assert!(stage.app.shared.draft.user_rows.is_empty());
    }
}

#[test]
fn a_field_is_added_completed_and_its_trouble_counted() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Char('a')]);
    insta::assert_snapshot!("add", stage.picture(80, 24));
    stage.type_text("tele").press(&[Key::Enter]).type_text("user.customFieldMap.de");
    insta::assert_snapshot!("completion", stage.picture(80, 24));
    stage.press(&[Key::Tab]).survey();
    insta::assert_snapshot!("not_unique_edit", stage.picture(120, 40));
    stage.press(&[Key::Enter]).survey();
    assert_eq!(stage.app.shared.draft.user_rows[0].value, "user.customFieldMap.desk.fieldValue");
    insta::assert_snapshot!("not_unique", stage.picture(80, 24));
    stage.press(&[Key::Char('u')]);
    assert!(stage.app.shared.draft.user_rows.is_empty(), "one step takes the whole row back");
}

#[test]
fn an_expression_that_is_none_names_the_column_and_blocks_the_preview() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    add(&mut stage, "title", "Lower(user.emial)");
    insta::assert_snapshot!("error", stage.picture(80, 24));
    stage.press(&[Key::Enter]).survey().press(&[Key::Ctrl('n')]);
    assert!(stage.commands.is_empty(), "nothing is saved: {:?}", stage.commands);
    assert!(stage.picture(80, 24).contains("column 7"));
}

#[test]
fn at_full_height_enter_begins_a_line() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Ctrl('e')]);
    stage.press(&[Key::Enter]).type_text("user.us");
    insta::assert_snapshot!("full_height", stage.picture(80, 24));
    stage.press(&[Key::Esc]);
    assert!(stage.app.shared.draft.user_rows.is_empty());
    assert!(!stage.app.is_typing());
}

#[test]
fn what_nobody_can_do_without_cannot_be_left_out() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Char('d'), Key::Ctrl('n')]);
    assert_eq!(stage.app.current(), ScreenId::Mapping);
    assert!(stage.picture(80, 24).contains("nobody can be created without a name"));
    insta::assert_snapshot!("gap", stage.picture(80, 24));
    stage.press(&[Key::Char('d')]);
    assert!(stage.app.shared.draft.user_rows.is_empty(), "the default is back");
}

#[test]
fn the_identity_is_chosen_in_order_and_counted() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Up, Key::Enter, Key::Down, Key::Char(' '), Key::Left]).survey();
    assert_eq!(stage.app.shared.draft.identity, [IdentityField::Email, IdentityField::Mobile]);
    insta::assert_snapshot!("identity", stage.picture(80, 24));
    stage.press(&[Key::Char(' '), Key::Char(' '), Key::Esc]);
    assert_eq!(stage.app.shared.draft.identity, [IdentityField::Mobile, IdentityField::Email]);
}

#[test]
fn without_an_identity_the_warning_is_plain() {
    let none = format!("{WHOLE}[mapping]\nidentity = []\n");
    let mut stage = Stage::new(Some(&none), ENGLISH, AT);
    assert!(stage.survey().picture(80, 24).contains("nobody can be recognised"));
}

#[test]
fn when_and_on_empty_turn_and_twenty_edits_are_undone() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Tab, Key::Tab]);
    for _ in 0..25 {
        stage.press(&[Key::Char(' ')]);
    }
    assert_eq!(stage.app.shared.draft.user_rows[0].when, When::Create);
    stage.press(&[Key::Char('u'); 25]);
    assert!(stage.app.shared.draft.user_rows.is_empty());
    assert!(stage.press(&[Key::Char('u')]).picture(80, 24).contains("nothing to undo"));
}

#[test]
fn the_next_problem_leads_to_the_row_and_to_a_person_who_has_it() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Char('n')]);
    insta::assert_snapshot!("problem", stage.picture(80, 24));
    stage.press(&[Key::Char('s')]);
    assert!(stage.picture(80, 24).contains("(2/20)"));
}

#[test]
fn departments_have_rows_of_their_own() {
    let mut stage = Stage::new(Some(WHOLE), CHINESE, AT);
    at_the_rows(&mut stage);
    stage.press(&[Key::Right]).survey();
    insta::assert_snapshot!("departments", stage.picture(80, 24));
}

#[test]
fn every_button_saves_and_save_and_sync_passes_through_the_preview() {
    for (button, note) in [(0, None), (2, Some("look at the plan"))] {
        let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
        stage.survey();
        stage.app.shared.draft.homepage_url = "https://acme.example.com/new".into();
        stage.press(&vec![Key::Tab; button]).press(&[Key::Enter]);
        let Some(Command::SaveTo(file, draft)) = stage.commands.pop() else { panic!("it saves") };
        if let Some(note) = note {
            assert!(stage.picture(80, 24).contains(note));
        }
        let saved = file.save(&draft).unwrap();
        stage.answer(Answer::Saved { draft, result: Ok(Box::new(saved)) });
        assert!(!stage.app.shared.is_unsaved());
    }
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    stage.survey().press(&[Key::Tab, Key::Enter]);
    assert!(matches!(stage.commands.pop(), Some(Command::SaveTo(..))), "save only");
}

#[test]
fn the_equivalent_command_and_the_difference_are_shown_and_copied() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    add(&mut stage, "title", "user.description");
    stage.press(&[Key::Enter, Key::Char('=')]);
    let picture = stage.picture(80, 24);
    for text in ["dingsync preview", "dingsync sync", "+ field = \"title\"", "+ value = \"user.description\""]
    {
        assert!(picture.contains(text), "{text}: {picture}");
    }
    stage.press(&[Key::Char('y')]);
    assert!(matches!(stage.commands.pop(), Some(Command::Copy(text)) if text.starts_with("dingsync sync ")));
}

#[test]
fn an_unknown_name_is_taken_with_a_warning() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, AT);
    at_the_rows(&mut stage);
    add(&mut stage, "brand_new", "user.email");
    assert!(stage.picture(80, 24).contains("brand_new is no field this program knows"));
    stage.press(&[Key::Enter]);
    assert_eq!(stage.app.shared.draft.user_rows[0].field, "brand_new");
}
