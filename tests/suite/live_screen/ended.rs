//! What the live picture says of a run that has ended: the truth about what was not written, and the way back.

use dingsync::core::event::{Event, Outcome, RunStatus, RunSummary};
use dingsync::core::journal::RunKind;
use dingsync::core::line::{Line, Note, Process, Told as Word};
use dingsync::core::plan::{Action, ActionCounts, Summary};
use dingsync::tui::keys::Key;
use dingsync::tui::look::Look;
use dingsync::tui::message::Message;
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::run::Told;

use super::{CHINESE, ENGLISH, app, holder, line, picture, record, tell};

/// A run of three records, with rows that nobody tries and with writes for QR code logon.
fn begun(conflict: u64, logon: u64) -> Vec<Line> {
    let users = ActionCounts { create: 3, conflict, blocked: conflict / 4, ..ActionCounts::default() };
    let process = Process {
        holder: holder(),
        kind: RunKind::Sync,
        of_run: None,
        connection: "Acme to DingTalk".into(),
        ceiling: 20,
        planned: Summary { users, ..Summary::default() },
        logon,
    };
    let started = Event::Started { run: "20260131-0003".into(), plan_id: "sha256:7f3a".into(), total: 3 };
    vec![line(0, Word::Note(Note::Process(Box::new(process)))), line(0, Word::Event(started))]
}

fn ended(failed: u64) -> Line {
    let summary =
        RunSummary { applied: 3 - failed, failed, calls: 3, elapsed_ms: 900, ..RunSummary::default() };
    let (run, status) = ("20260131-0003".into(), RunStatus::PartialSuccess);
    line(900, Word::Event(Event::Finished { run, status, summary }))
}

fn written() -> Vec<Line> {
    let names = ["王伟", "李静", "Ann Lee"];
    let record = |seq: usize| record(800, seq as u64, names[seq], Action::Create, Outcome::Applied, None);
    (0..3).map(record).collect()
}

fn logon(done: u64, failed: u64, refusal: Option<&str>) -> Line {
    let refusal = refusal.map(str::to_owned);
    line(950, Word::Note(Note::Logon { done, failed, skipped: 0, refusal }))
}

fn shown(look: Look, lines: Vec<Line>) -> (dingsync::tui::app::App, String) {
    let mut app = app(look, (80, 24));
    tell(&mut app, Told::Following("20260131-0003".into()));
    tell(&mut app, Told::Lines(lines, false));
    let shown = picture(&app, (80, 24));
    (app, shown)
}

#[test]
fn what_waits_for_a_decision_is_no_failure_and_the_way_back_leads_to_it() {
    for (name, look) in [("en", ENGLISH), ("zh", CHINESE)] {
        let (mut app, shown) = shown(look, [begun(4, 0), written(), vec![ended(0)]].concat());
        insta::assert_snapshot!(format!("undecided_{name}"), shown);
        let commands = app.update(Message::Key(Key::Ctrl('b')));
        assert_eq!(app.current(), ScreenId::Preview, "{commands:?}");
    }
    let (_, shown) = shown(ENGLISH, [begun(4, 0), written(), vec![ended(1)]].concat());
    assert!(shown.contains("DONE, WITH FAILURES") && shown.contains("5 records were not tried"), "{shown}");
}

#[test]
fn without_anything_to_decide_the_way_back_is_the_overview() {
    let (mut app, _) = shown(ENGLISH, [begun(0, 0), written(), vec![ended(0)]].concat());
    app.update(Message::Key(Key::Ctrl('b')));
    assert_eq!(app.current(), ScreenId::Overview);
}

#[test]
fn a_process_that_went_in_the_middle_of_logon_left_no_run_to_be_finished() {
    let lines = [begun(0, 4), written(), vec![logon(2, 0, None)]].concat();
    let (mut app, shown) = shown(ENGLISH, lines);
    assert!(shown.contains("Every record is written") && !shown.contains("finish the run"), "{shown}");
    app.update(Message::Key(Key::Ctrl('b')));
    assert_eq!(app.current(), ScreenId::Preview);
}

#[test]
fn qr_code_logon_has_its_row_and_what_was_refused_is_said() {
    let mut app = app(ENGLISH, (80, 24));
    tell(&mut app, Told::Following("20260131-0003".into()));
    tell(&mut app, Told::Lines([begun(0, 4), vec![logon(1, 0, None)]].concat(), true));
    let going_on = picture(&app, (80, 24));
    assert!(going_on.contains("1 of 7"), "the number that was typed\n{going_on}");
    let refused = logon(4, 1, Some("the access key may not call BindUserAuthnSourceMapping"));
    let (mut app, over) = shown(ENGLISH, [begun(0, 4), written(), vec![refused, ended(0)]].concat());
    insta::assert_snapshot!("logon_refused", over);
    app.update(Message::Key(Key::Ctrl('b')));
    assert_eq!(app.current(), ScreenId::Preview, "the rest is shown and committed there");
}
