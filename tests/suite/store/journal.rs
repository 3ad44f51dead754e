//! What is stored comes back.

use dingsync::core::event::{Outcome, RunStatus, RunSummary};
use dingsync::core::field::FieldName;
use dingsync::core::journal::{CallEnd, Decision, Journal, Learned, Memory, Unstored, UnstoredKey};
use dingsync::core::plan::Entity;
use dingsync::core::source::{AccountId, UnitId};
use dingsync::core::target::{DepartmentId, UserId, Written};

use super::{MORNING, end, intent, open, place, plan, seen, start};

fn account(id: &str) -> AccountId {
    AccountId(id.into())
}

#[tokio::test]
async fn what_was_learned_is_remembered_after_reopening() {
    let (_directory, path) = place();
    let key = UnstoredKey { entity: Entity::User, target_id: "01".into(), field: FieldName::new("email") };
    let value = Unstored { sent: None, read_back: Some("a@b.example".into()) };
    let store = open(&path);
    let first = vec![
        Learned::BindUser(account("user_a"), UserId("01".into())),
        Learned::BindUser(account("user_b"), UserId("02".into())),
        Learned::UnbindUser(account("user_b")),
        Learned::BindDepartment(UnitId("ou_a".into()), DepartmentId(7)),
        Learned::BindDepartment(UnitId("ou_a".into()), DepartmentId(8)),
        Learned::Pending(account("user_c"), "+8613800000000".into()),
        Learned::Unstored(key.clone(), value.clone()),
        Learned::MovedLeaver(account("user_d")),
        Learned::Decided(account("user_e"), Some(Decision::LinkTo(UserId("05".into())))),
        Learned::LeftOutUnit(UnitId("ou_b".into()), true),
    ];
    // Whoever follows changes takes them into what it remembers by itself, and has to come to the same.
    let mut taken_in = Memory::default();
    first.iter().cloned().for_each(|lesson| taken_in.learn(lesson));
    store.learn(first).await.expect("learned");
    drop(store);
    let store = open(&path);
    let memory = store.memory().await.expect("memory");
    assert_eq!(*memory, taken_in);
    assert_eq!(memory.users.iter().collect::<Vec<_>>(), [(&account("user_a"), &UserId("01".into()))]);
    assert_eq!(memory.departments[&UnitId("ou_a".into())], DepartmentId(8));
    assert_eq!(memory.pending[&account("user_c")], "+8613800000000");
    assert_eq!(memory.unstored[&key], value);
    assert!(memory.moved_leavers.contains(&account("user_d")));
    assert_eq!(memory.decisions[&account("user_e")], Decision::LinkTo(UserId("05".into())));
    let second = vec![
        Learned::UnbindDepartment(UnitId("ou_a".into())),
        Learned::NotPending(account("user_c")),
        Learned::NotLeaver(account("user_d")),
        Learned::Decided(account("user_e"), None),
        Learned::LeftOutUnit(UnitId("ou_b".into()), false),
    ];
    second.iter().cloned().for_each(|lesson| taken_in.learn(lesson));
    store.learn(second).await.expect("learned");
    let memory = store.memory().await.expect("memory");
    assert_eq!(*memory, taken_in);
    assert!(memory.departments.is_empty() && memory.pending.is_empty());
    assert!(memory.moved_leavers.is_empty() && memory.decisions.is_empty());
}

#[tokio::test]
async fn a_run_comes_back_with_its_plan_calls_and_records() {
    let (_directory, path) = place();
    let store = open(&path);
    let run = store.begin(start(MORNING)).await.expect("begun");
    assert_eq!(run, "20260131-0001");
    let call = store.intend(intent(&run, 0)).await.expect("intended");
    let bound = vec![Learned::BindUser(account("user_0"), UserId("00".into()))];
    let ended = CallEnd::Applied(Written::User(UserId("00".into())));
    store.end_call(call, ended.clone(), bound).await.expect("ended");
    store.end_record(&run, end(0, 1, Outcome::Applied), vec![]).await.expect("ended");
    let open_call = store.intend(intent(&run, 2)).await.expect("intended");
    drop(store);

    let store = open(&path);
    let unfinished = store.unfinished().await.expect("read").expect("a run is unfinished");
    assert_eq!(unfinished.run, run);
    assert_eq!(unfinished.plan, plan());
    assert_eq!(unfinished.started_at_ms, MORNING);
    assert_eq!(unfinished.seen, Some(seen()));
    assert_eq!(unfinished.ended, [end(0, 1, Outcome::Applied)]);
    assert_eq!(unfinished.in_flight, [(open_call, intent(&run, 2))]);
    let calls = store.calls_of(&run).await.expect("calls");
    assert_eq!(calls, [(intent(&run, 0), Some(ended)), (intent(&run, 2), None)]);
    assert_eq!(store.memory().await.expect("memory").users.len(), 1);

    let not_applied = CallEnd::NotApplied { code: Some("60104".into()) };
    store.end_call(open_call, not_applied, vec![]).await.expect("ended");
    let summary = RunSummary { applied: 1, failed: 1, calls: 2, ..RunSummary::default() };
    store
        .finish(&run, RunStatus::PartialSuccess, summary, MORNING + 61_000, Some(120))
        .await
        .expect("finished");
    assert!(store.unfinished().await.expect("read").is_none());
    let (record, its_plan, ended) = store.run(&run).await.expect("read").expect("the run");
    assert_eq!(
        (record.started_at.as_str(), record.finished_at.as_deref()),
        ("2026-01-31T08:00:00Z", Some("2026-01-31T08:01:01Z"))
    );
    assert_eq!((record.status, record.total, record.summary), (RunStatus::PartialSuccess, 2, summary));
    assert_eq!((its_plan, ended.len()), (plan(), 1));
    let memory = store.memory().await.expect("memory");
    assert_eq!((memory.finished_full_syncs, memory.last_source_accounts), (1, Some(120)));
}

#[tokio::test]
async fn runs_are_numbered_by_day_and_listed_newest_first() {
    let (_directory, path) = place();
    let store = open(&path);
    for at in [MORNING, MORNING + 1, MORNING + 86_400_000] {
        store.begin(start(at)).await.expect("begun");
    }
    let runs = store.runs().await.expect("runs");
    let ids: Vec<&str> = runs.iter().map(|run| run.run.as_str()).collect();
    assert_eq!(ids, ["20260201-0001", "20260131-0002", "20260131-0001"]);
    assert!(runs.iter().all(|run| run.status == RunStatus::Running && run.finished_at.is_none()));
    assert!(store.run("20260131-0009").await.expect("read").is_none());
}

#[tokio::test]
async fn only_finished_full_syncs_count_and_the_latest_complete_read_is_kept() {
    let (_directory, path) = place();
    let store = open(&path);
    let none = RunSummary::default();
    for (index, (status, accounts)) in [
        (RunStatus::Success, Some(100)),
        (RunStatus::Failed, None),
        (RunStatus::Cancelled, None),
        (RunStatus::PartialSuccess, Some(90)),
    ]
    .into_iter()
    .enumerate()
    {
        let at = MORNING + i64::try_from(index).expect("small") * 1000;
        let run = store.begin(start(at)).await.expect("begun");
        store.finish(&run, status, none, at + 1, accounts).await.expect("finished");
    }
    let memory = store.memory().await.expect("memory");
    assert_eq!((memory.finished_full_syncs, memory.last_source_accounts), (2, Some(90)));
}

#[tokio::test]
async fn one_bad_write_does_not_take_its_neighbours_along() {
    let (_directory, path) = place();
    let store = open(&path);
    let run = store.begin(start(MORNING)).await.expect("begun");
    let intents = (0..50).map(|row| {
        // Every fifth belongs to a run that does not exist.
        let run = if row % 5 == 0 { "20990101-0001" } else { run.as_str() };
        store.intend(intent(run, row))
    });
    let results = futures::future::join_all(intents).await;
    for (row, result) in results.iter().enumerate() {
        assert_eq!(result.is_err(), row % 5 == 0, "row {row}: {result:?}");
    }
    let ids: std::collections::BTreeSet<_> = results.iter().flatten().collect();
    assert_eq!(ids.len(), 40, "every call has an id of its own");
    assert_eq!(store.calls_of(&run).await.expect("calls").len(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_paused_clock_stands_still_while_the_disk_is_written() {
    let (_directory, path) = place();
    let store = open(&path);
    let before = tokio::time::Instant::now();
    let run = store.begin(start(MORNING)).await.expect("begun");
    tokio::time::timeout(std::time::Duration::from_millis(1), store.intend(intent(&run, 0)))
        .await
        .expect("no time passes")
        .expect("intended");
    assert_eq!(tokio::time::Instant::now(), before);
}

#[tokio::test]
async fn reading_goes_on_beside_writing() {
    let (_directory, path) = place();
    let (one, other) = (open(&path), open(&path));
    let run = one.begin(start(MORNING)).await.expect("begun");
    let writes = futures::future::join_all((0..200).map(|row| one.intend(intent(&run, row))));
    let reads = futures::future::join_all((0..10).map(|_| other.calls_of(&run)));
    let (writes, reads) = futures::future::join(writes, reads).await;
    assert!(writes.into_iter().all(|write| write.is_ok()));
    assert!(reads.into_iter().all(|read| read.is_ok()));
    assert_eq!(other.calls_of(&run).await.expect("calls").len(), 200);
}

#[tokio::test]
async fn what_a_plan_was_made_from_is_kept_until_the_run_is_finished_and_no_longer() {
    let (_directory, path) = place();
    let store = open(&path);
    let (first, second) =
        (store.begin(start(MORNING)).await.unwrap(), store.begin(start(MORNING + 1)).await.unwrap());
    store.finish(&second, RunStatus::Success, RunSummary::default(), MORNING + 2, None).await.unwrap();
    let unfinished = store.unfinished().await.unwrap().unwrap();
    assert_eq!((&unfinished.run, unfinished.seen), (&first, Some(seen())));
    store.finish(&first, RunStatus::Cancelled, RunSummary::default(), MORNING + 3, None).await.unwrap();
    drop(store);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let kept: i64 = connection.query_row("SELECT count(*) FROM seen", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 0, "personal data outlives its use");
}

#[tokio::test]
async fn a_run_that_an_older_program_began_has_no_reading_and_is_still_there() {
    let (_directory, path) = place();
    let run = open(&path).begin(start(MORNING)).await.unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("DROP TABLE seen").unwrap();
    let unfinished = open(&path).unfinished().await.unwrap().unwrap();
    assert_eq!((unfinished.run, unfinished.seen), (run, None));
}
