//! Remembered accounts: for one update time, and each asked again in its turn.

use dingsync::core::source::{Account, AccountCache};

use super::{open, place};

const DAY: i64 = 86_400_000;

fn account(id: usize, update_time: i64) -> Account {
    Account {
        id: format!("user_{id}"),
        display_name: Some("张三".into()),
        update_time: Some(update_time),
        custom_fields: vec![("title".into(), "工程师".into())],
        ..Account::default()
    }
}

#[test]
fn an_account_is_remembered_for_its_update_time_only() {
    let (_directory, path) = place();
    let store = open(&path);
    let cache = store.account_cache(100 * DAY).expect("cache");
    cache.put(&[account(1, 5), account(2, 6), Account { update_time: None, ..account(3, 0) }]);
    drop(cache);
    let cache = store.account_cache(100 * DAY + 5).expect("cache");
    assert_eq!(cache.get("user_1", 5), Some(account(1, 5)));
    assert_eq!(cache.get("user_1", 6), None);
    assert_eq!(cache.get("user_3", 0), None);
    cache.put(&[account(1, 6)]);
    assert_eq!(cache.get("user_1", 6), Some(account(1, 6)));
    assert_eq!(cache.get("user_1", 5), None);
}

#[test]
fn every_account_is_asked_again_once_within_twenty_four_days() {
    let (_directory, path) = place();
    let store = open(&path);
    let accounts: Vec<Account> = (0..480).map(|id| account(id, 1)).collect();
    store.account_cache(0).expect("cache").put(&accounts);
    let mut asked = vec![0; accounts.len()];
    for day in 1..=24 {
        let cache = store.account_cache(day * DAY).expect("cache");
        let missing: Vec<usize> =
            (0..accounts.len()).filter(|id| cache.get(&accounts[*id].id, 1).is_none()).collect();
        assert!(missing.len() < 60, "about a twenty-fourth a day, not {}", missing.len());
        for id in missing {
            asked[id] += 1;
            cache.put(&accounts[id..=id]);
            assert!(cache.get(&accounts[id].id, 1).is_some(), "once a day is enough");
        }
    }
    assert!(asked.iter().all(|times| *times == 1));
}

#[test]
fn an_account_that_missed_its_turn_is_asked_again_at_last() {
    let (_directory, path) = place();
    let store = open(&path);
    store.account_cache(0).expect("cache").put(&[account(1, 1)]);
    let cache = store.account_cache(48 * DAY).expect("cache");
    assert_eq!(cache.get("user_1", 1), None);
}
