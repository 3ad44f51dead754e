//! Flipped bits: noticed on opening or reading, or without effect; never a wrong answer, never a panic.

use std::fs;

use dingsync::core::event::Outcome;
use dingsync::core::journal::{Journal, Learned};
use dingsync::core::source::AccountId;
use dingsync::core::target::UserId;
use dingsync::store::Store;

use super::{MORNING, end, intent, open, owner, place, plan, start};

/// Everything a reader sees, or nothing when the file is refused.
async fn seen(path: &std::path::Path) -> Option<String> {
    let store = Store::open(path, &owner()).ok()?;
    let memory = store.memory().await.ok()?;
    let mut users: Vec<_> = memory.users.iter().collect();
    users.sort();
    let unfinished = store.unfinished().await.ok()?;
    let unfinished = unfinished.map(|run| (run.run, run.plan == plan(), run.seen, run.ended, run.in_flight));
    Some(format!("{users:?} {unfinished:?}"))
}

#[tokio::test]
async fn a_flipped_bit_is_noticed_or_has_no_effect() {
    let (directory, path) = place();
    let store = open(&path);
    let run = store.begin(start(MORNING)).await.expect("begun");
    for row in 0..40 {
        let call = store.intend(intent(&run, row)).await.expect("intended");
        let bound = Learned::BindUser(AccountId(format!("user_{row}")), UserId(format!("0{row}")));
        if row % 4 != 0 {
            let end = dingsync::core::journal::CallEnd::NotApplied { code: None };
            store.end_call(call, end, vec![bound]).await.expect("ended");
        }
    }
    store.end_record(&run, end(0, 1, Outcome::Applied), vec![]).await.expect("ended");
    drop(store);
    let right = seen(&path).await.expect("the whole file is read");
    let whole = fs::read(&path).expect("read");
    let copy = directory.path().join("copy.db");
    let (mut noticed, mut harmless) = (0, 0);
    for step in 0..600usize {
        // A fixed walk over the file: reproducible, and prime to its length.
        let at = step.wrapping_mul(7919).wrapping_add(step * step) % whole.len();
        let mut broken = whole.clone();
        broken[at] ^= 1 << (step % 8);
        fs::write(&copy, &broken).expect("written");
        match seen(&copy).await {
            None => noticed += 1,
            Some(answer) => {
                assert_eq!(answer, right, "byte {at}, bit {}", step % 8);
                harmless += 1;
            }
        }
        for companion in ["copy.db-wal", "copy.db-shm"] {
            let _ = fs::remove_file(directory.path().join(companion));
        }
    }
    assert!(noticed > 50 && harmless > 50, "{noticed} noticed, {harmless} without effect");
}
