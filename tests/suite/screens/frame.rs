//! What surrounds the screens: header, footer, help, palette, the question before leaving, small windows, colours.

use dingsync::tui::chrome;
use dingsync::tui::dispatch::{self, Way};
use dingsync::tui::kept;
use dingsync::tui::keys::{Action, Key};
use dingsync::tui::message::{Answer, Command, Message};
use dingsync::tui::screen::{Offer, ScreenId};
use ratatui::style::Color;

use super::stage::{ASCII, CHINESE, ENGLISH, SIZES, Stage, WHOLE, lines};

/// Every screen that exists, entered.
fn stages(look: dingsync::tui::look::Look) -> Vec<(ScreenId, Stage)> {
    let all = ScreenId::ALL.into_iter().map(|id| (id, Stage::new(Some(WHOLE), look, Some(id))));
    all.filter(|(id, stage)| stage.app.current() == *id).collect()
}

#[test]
fn the_footer_names_what_the_dispatch_table_does_and_nothing_else() {
    for look in [ENGLISH, CHINESE] {
        for (id, stage) in stages(look) {
            let (offers, is_typing) = (stage.app.offers(), stage.app.is_typing());
            let footer = chrome::hint_line(&offers, is_typing, 400, look);
            let hints = dispatch::hints(&offers, is_typing, look.locale);
            for hint in &hints {
                assert!(footer.contains(&hint.shown()), "{id:?}: `{}` is not in `{footer}`", hint.shown());
                for action in &hint.actions {
                    let key = action.key(is_typing).unwrap();
                    assert_eq!(dispatch::way(key, &offers, is_typing), Way::Act(*action), "{id:?} {key:?}");
                }
            }
            let named: usize = hints.iter().map(|hint| hint.shown().len() + 2).sum();
            assert_eq!(
                footer.trim().replace(' ', "").len(),
                hints.iter().map(|h| h.shown().replace(' ', "").len()).sum::<usize>(),
                "{id:?}: {named} `{footer}`"
            );
        }
    }
}

#[test]
fn no_key_means_two_things_in_one_pane() {
    for (id, stage) in stages(ENGLISH) {
        let offers = stage.app.offers();
        for offer in &offers {
            for key in offer.action.keys() {
                let others = offers.iter().filter(|other| other.action != offer.action);
                let clash =
                    others.filter(|other| other.action.keys().contains(key)).map(|other| other.action);
                // Ctrl-C stops a run where there is one, and leaves elsewhere.
                let clash: Vec<_> = clash.filter(|_| *key != Key::Ctrl('c')).collect();
                assert!(clash.is_empty(), "{id:?}: {key:?} is {:?} and {clash:?}", offer.action);
            }
        }
    }
}

#[test]
fn every_action_and_screen_has_its_words_in_both_languages() {
    for locale in ["en", "zh-CN"] {
        for action in Action::ALL {
            let offer = Offer::quiet(*action);
            for text in [dispatch::label(&offer, locale), dispatch::about(&offer, locale)] {
                assert!(!text.is_empty() && !text.contains("tui."), "{locale} {action:?}: {text}");
            }
        }
    }
    for look in [ENGLISH, CHINESE] {
        for (id, mut stage) in stages(look) {
            let picture = stage.picture(120, 40);
            for word in ["tui.", "application.", "permissions."] {
                let is_key = |piece: &str| piece.starts_with(word) && piece[word.len()..].contains('_');
                assert!(!picture.split_whitespace().any(is_key), "{id:?}: {picture}");
            }
        }
    }
}

#[test]
fn every_screen_can_be_drawn_at_any_size() {
    for look in [ENGLISH, CHINESE, ASCII] {
        for (_, mut stage) in stages(look) {
            for size in
                [(1, 1), (0, 0), (2, 40), (79, 24), (80, 23), (80, 24), (117, 25), (118, 24), (200, 60)]
            {
                stage.draw(size.0, size.1);
            }
        }
    }
}

#[test]
fn in_ascii_nothing_else_is_drawn_apart_from_names_of_the_vendors_consoles() {
    for (id, mut stage) in stages(ASCII) {
        for (columns, rows) in SIZES {
            let picture = stage.picture(columns, rows);
            let odd = picture.chars().find(|letter| ('\u{2000}'..='\u{2bff}').contains(letter));
            assert_eq!(odd, None, "{id:?} at {columns}x{rows}:\n{picture}");
        }
    }
}

#[test]
fn only_the_sixteen_named_colours_are_used_and_none_without_colour() {
    let is_named =
        |colour: Color| !matches!(colour, Color::Rgb(..) | Color::Indexed(_) | Color::Blue | Color::DarkGray);
    for (id, mut stage) in stages(ENGLISH) {
        for cell in stage.draw(80, 24).backend().buffer().content() {
            assert!(is_named(cell.fg), "{id:?} {:?}", cell.fg);
            assert_eq!(cell.bg, Color::Reset, "{id:?}");
        }
    }
    let plain = dingsync::tui::look::Look { has_colour: false, ..ENGLISH };
    for (id, mut stage) in stages(plain) {
        let terminal = stage.draw(80, 24);
        let coloured = terminal.backend().buffer().content().iter().find(|cell| cell.fg != Color::Reset);
        assert_eq!(coloured, None, "{id:?}");
    }
}

#[test]
fn a_window_below_the_smallest_says_so_and_growing_restores_the_place() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Application));
    stage.press(&[Key::Tab, Key::Tab]);
    let before = stage.picture(80, 24);
    insta::assert_snapshot!("too_small", stage.picture(72, 20));
    assert_eq!(stage.picture(80, 24), before);
}

#[test]
fn help_opens_scrolls_and_closes() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Application));
    stage.press(&[Key::Char('?')]);
    insta::assert_snapshot!("help", stage.picture(80, 24));
    let first = stage.picture(80, 24);
    stage.press(&[Key::PageDown]);
    assert_ne!(stage.picture(80, 24), first);
    stage.press(&[Key::Esc]);
    assert!(stage.picture(80, 24).contains("Basic information"));
}

#[test]
fn inside_a_text_field_f1_is_help_and_a_question_mark_a_letter() {
    let mut stage = Stage::new(None, ENGLISH, Some(ScreenId::Application));
    stage.type_text("q?:");
    assert_eq!(stage.app.shared.draft.display_name, "q?:");
    stage.press(&[Key::F(1)]);
    assert!(stage.picture(80, 24).contains("Keys here") || stage.picture(80, 24).contains(" Help "));
}

#[test]
fn the_palette_lists_filters_runs_and_says_why_not() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Application));
    stage.press(&[Key::Char(':')]);
    insta::assert_snapshot!("palette", stage.picture(80, 24));
    stage.type_text("pause");
    assert!(stage.picture(80, 24).contains("pause: not in this pane"));
    stage.press(&[Key::Enter]);
    assert!(stage.picture(80, 24).contains("not in this pane"));
    stage.press(&[Key::Esc, Key::Char(':')]).type_text("switch between").press(&[Key::Enter]);
    assert_eq!(stage.app.shared.look.locale, "zh-CN");
}

#[test]
fn leaving_with_unsaved_answers_asks_once() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Application));
    stage.press(&[Key::Char('q')]);
    assert!(matches!(stage.commands.pop(), Some(Command::Quit)), "nothing is unsaved");
    let mut stage = Stage::new(None, ENGLISH, Some(ScreenId::Application));
    stage.type_text("Acme").press(&[Key::Ctrl('q')]);
    assert!(stage.commands.is_empty());
    insta::assert_snapshot!("quit", stage.picture(80, 24));
    stage.press(&[Key::Enter]);
    assert!(stage.picture(80, 24).contains("Basic information"), "Enter stays");
    stage.press(&[Key::Ctrl('q'), Key::Ctrl('q')]);
    assert!(matches!(stage.commands.pop(), Some(Command::Quit)));
}

#[test]
fn a_note_too_long_for_the_rule_is_shown_whole_and_gone_with_its_moment() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Overview));
    let before = stage.picture(80, 24);
    let failure = "the disk is full; ".repeat(7) + "and that is all";
    stage.answer(Answer::Wrote { path: "plan.json".into(), failure: Some(failure) });
    let shown = stage.picture(80, 24);
    assert!(shown.contains("and that is all"), "{shown}");
    assert_eq!(shown.lines().count(), before.lines().count());
    assert!(shown.lines().next_back().unwrap().contains("Ctrl-Q quit"));
    stage.wait(9_000);
    assert!(!stage.picture(80, 24).contains("the disk is full"));
}

#[test]
fn save_and_leave_saves_first() {
    let mut stage = Stage::new(None, ENGLISH, Some(ScreenId::Application));
    stage.type_text("Acme").press(&[Key::Ctrl('q'), Key::Right, Key::Enter]);
    let Some(Command::SaveTo(file, draft)) = stage.commands.pop() else { panic!("{:?}", stage.commands) };
    let result = file.save(&draft).map(Box::new);
    stage.answer(Answer::Saved { draft, result });
    assert!(matches!(stage.commands.pop(), Some(Command::Quit)));
    assert!(!stage.app.shared.is_unsaved());
}

#[test]
fn refused_actions_are_told_and_not_done() {
    let offers = [Offer::hinted(Action::Next).unless(Some("because".into()))];
    assert_eq!(dispatch::way(Key::Ctrl('n'), &offers, true), Way::Refused("because".into()));
}

#[test]
fn the_header_says_where_one_is_on_what_and_that_nothing_was_written() {
    for (columns, rows) in SIZES {
        let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Application));
        let terminal = stage.draw(columns, rows);
        let first = lines(terminal.backend().buffer()).remove(0);
        for word in ["dingsync", "setup", "Acme to DingTalk", "nothing written yet", "en"] {
            assert!(first.contains(word), "{word}: {first}");
        }
    }
}

#[test]
fn a_lost_terminal_keeps_what_is_unsaved_without_typed_secrets() {
    let mut stage = Stage::new(None, ENGLISH, Some(ScreenId::Application));
    stage.type_text("Acme").press(&[Key::Tab; 4]).type_text("hunter2secret");
    let commands = stage.app.update(Message::Leave);
    let [Command::WriteFile { name, text }, Command::Quit] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(name, "dingsync.toml.draft");
    assert!(text.contains("Acme") && !text.contains("hunter2secret"), "{text}");
    let path = stage.app.shared.file.path.with_file_name(name);
    std::fs::write(&path, text).unwrap();
    let kept = kept::read(&stage.app.shared.file).unwrap();
    let mut next = Stage::new(None, ENGLISH, Some(ScreenId::Application));
    next.app.take_up(kept);
    assert_eq!(next.app.shared.draft.display_name, "Acme");
    assert!(next.picture(80, 24).contains("answers of the lost session are back"));
    next.press(&[Key::Ctrl('q'), Key::Ctrl('q')]);
    let removed =
        next.commands.iter().any(|command| matches!(command, Command::RemoveFile(gone) if gone == name));
    assert!(removed, "who leaves without saving gives the answers up: {:?}", next.commands);
}

#[test]
fn nothing_is_kept_when_everything_is_saved() {
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Application));
    let commands = stage.app.update(Message::Leave);
    assert!(matches!(&commands[..], [Command::Quit]), "{commands:?}");
    let farewell = stage.app.farewell().join("\n");
    assert!(farewell.contains("settings: ") && farewell.contains("dingsync preview"), "{farewell}");
    assert!(stage.app.farewell().len() <= 10);
}
