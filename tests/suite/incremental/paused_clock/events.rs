//! When events are dealt with, merged, parked and given up, and what happens while a service is away.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dingsync::core::clock::Clock;
use dingsync::core::incremental::{Delivery, Edit, Inbox, Line, Notice, SourceEvent, Subject};
use dingsync::core::target::UserId;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::advance;

use super::{Hand, Stage, account, pass, person, unit};

#[tokio::test(start_paused = true)]
async fn the_first_event_is_written_within_two_round_trips_and_the_next_ones_together() {
    let stage = Stage::new().await;
    let began = Mutex::new(0);
    stage
        .follow(|hand| {
            let (stage, began) = (&stage, &began);
            async move {
                *began.lock().unwrap() = stage.clock.now_ms();
                stage.rename(1, "First");
                hand.tell("e1", "user:update_info", person(1)).await;
                pass(500).await;
                stage.rename(1, "Second");
                hand.tell("e2", "user:update_info", person(1)).await;
                pass(900).await;
                stage.rename(1, "Third");
                hand.tell("e3", "user:update_info", person(1)).await;
                pass(5_000).await;
            }
        })
        .await;
    let written = stage.written(*began.lock().unwrap());
    assert_eq!(written.len(), 2, "{written:?}");
    assert!((200..=260).contains(&written[0].0), "{written:?}");
    assert!((2_000..=2_400).contains(&written[1].0), "{written:?}");
    assert_eq!(stage.services.names(), ["Third", "Bob"]);
    assert!(stage.inbox.waiting().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn somebody_whose_unit_nobody_told_of_yet_gets_it_first() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| {
            let stage = &stage;
            async move {
                {
                    let mut world = stage.services.0.lock().unwrap();
                    world.units.insert("ou_deep".into(), unit("ou_deep", Some("ou_mid")));
                    world.units.insert("ou_mid".into(), unit("ou_mid", Some("ou_root")));
                    world.accounts.insert("user_3".into(), account(3, "Cid", "ou_deep"));
                }
                hand.tell("e1", "user:create", person(3)).await;
                pass(3_000).await;
            }
        })
        .await;
    let written: Vec<String> = stage.written(0).into_iter().map(|(_, told)| told).collect();
    assert_eq!(written, ["create 1001", "create 1002", "create u3"], "parents first, then the person");
}

#[tokio::test(start_paused = true)]
async fn what_a_burst_names_is_read_as_a_whole_and_not_singly_again() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| {
            let stage = &stage;
            async move {
                for number in 100..800 {
                    let person = account(number, &format!("Name {number}"), "ou_root");
                    stage.services.0.lock().unwrap().accounts.insert(person.id.clone(), person);
                }
                for number in 100..800 {
                    hand.tell(&format!("e{number}"), "user:create", person(number)).await;
                }
                pass(60_000).await;
            }
        })
        .await;
    assert_eq!(stage.services.names().len(), 702);
    assert!(stage.inbox.waiting().await.unwrap().is_empty());
    let single_reads = stage.services.0.lock().unwrap().single_reads;
    assert!(single_reads < 250, "{single_reads} accounts were read singly");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_found_is_tried_for_ten_minutes_and_then_needs_a_full_sync() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| async move {
            hand.tell("e1", "user:create", person(9)).await;
            pass(9 * 60_000).await;
            assert_eq!(hand.inbox.waiting().await.unwrap().len(), 1, "it still waits");
            pass(3 * 60_000).await;
        })
        .await;
    let gave_up = |notice: &Notice| matches!(notice, Notice::Attention { reason, .. } if reason.contains("needs a full sync"));
    assert_eq!(stage.notices(gave_up), 1);
    assert_eq!(stage.inbox.unsuccessful().await.unwrap(), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn events_wait_while_a_service_is_away_and_none_is_lost() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| {
            let stage = &stage;
            async move {
                stage.services.0.lock().unwrap().is_away = true;
                stage.rename(2, "Later");
                hand.tell("e1", "user:update_info", person(2)).await;
                pass(120_000).await;
                assert_eq!(stage.services.names(), ["Ann", "Bob"]);
                stage.services.0.lock().unwrap().is_away = false;
                pass(61_000).await;
            }
        })
        .await;
    assert_eq!(stage.services.names(), ["Ann", "Later"]);
    assert!(stage.notices(|notice| matches!(notice, Notice::Trouble { .. })) >= 3);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waited_when_the_process_ended_is_dealt_with_by_the_next() {
    let stage = Stage::new().await;
    stage.follow(|hand| async move { drop(hand.edits) }).await;
    let hand = Hand {
        events: unbounded_channel().0,
        edits: unbounded_channel().0,
        inbox: stage.inbox.clone(),
        clock: Arc::clone(&stage.clock),
    };
    let delivery = Delivery {
        token_id: "t".into(),
        expires_ms: i64::MAX,
        events: vec![SourceEvent {
            id: "e".into(),
            kind: "user:delete".into(),
            subject: person(2),
            at_ms: None,
        }],
        remembered: Vec::new(),
        received_at_ms: hand.clock.now_ms(),
    };
    stage.inbox.receive(delivery).await.unwrap();
    stage.services.0.lock().unwrap().accounts.remove("user_2");
    advance(Duration::from_secs(1)).await;
    stage.follow(|_hand| async { pass(2_000).await }).await;
    assert_eq!(stage.services.names(), ["Ann"]);
    assert!(stage.inbox.waiting().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_hand_edit_is_told_and_not_fought_whatever_else_happens() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| {
            let stage = &stage;
            async move {
                {
                    let mut world = stage.services.0.lock().unwrap();
                    world.users.get_mut("s0").unwrap().fields = vec![("name".into(), "By Hand".into())];
                }
                hand.edits.send(Edit::Changed(Subject::User(UserId("s0".into())))).unwrap();
                pass(1_000).await;
                stage.rename(2, "Bobby");
                hand.tell("e1", "user:update_info", person(2)).await;
                pass(3_000).await;
            }
        })
        .await;
    assert_eq!(stage.services.names(), ["By Hand", "Bobby"]);
    assert_eq!(stage.notices(|notice| matches!(notice, Notice::Drift { .. })), 1);
    assert_eq!(stage.inbox.drifts().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_lost_doubled_or_out_of_order_the_end_is_right_and_nobody_is_there_twice() {
    for seed in 5..10_u64 {
        let mut stage = Stage::new().await;
        stage.poll_seconds = 60;
        let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut roll = move |limit: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % limit
        };
        stage
            .follow(|hand| {
                let stage = &stage;
                async move {
                    let mut told = Vec::new();
                    for step in 0..30_u32 {
                        let number = u32::try_from(roll(6)).unwrap() + 1;
                        let kind = match roll(4) {
                            0 => {
                                stage.services.0.lock().unwrap().accounts.remove(&format!("user_{number}"));
                                "user:delete"
                            }
                            _ => {
                                let person = account(number, &format!("Name {step}"), "ou_root");
                                stage.services.0.lock().unwrap().accounts.insert(person.id.clone(), person);
                                "user:update_info"
                            }
                        };
                        let copies = [0, 1, 1, 1, 2][usize::try_from(roll(5)).unwrap()];
                        told.extend((0..copies).map(|copy| (format!("e{step}-{copy}"), kind, number)));
                        // What happened last is not always told last.
                        while told.len() > usize::try_from(roll(3)).unwrap() {
                            let at = usize::try_from(roll(told.len() as u64)).unwrap();
                            let (id, kind, number) = told.remove(at);
                            hand.tell(&id, kind, person(number)).await;
                        }
                        pass(roll(700)).await;
                    }
                    pass(180_000).await;
                }
            })
            .await;
        let wanted: Vec<String> = {
            let world = stage.services.0.lock().unwrap();
            world.accounts.values().map(|account| account.display_name.clone().unwrap()).collect()
        };
        let mut names = stage.services.names();
        names.sort();
        let mut sorted = wanted.clone();
        sorted.sort();
        assert_eq!(names, sorted, "seed {seed}");
        assert_eq!(stage.notices(|notice| matches!(notice, Notice::Drift { .. })), 0, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_hand_edits_costs_one_look_at_everything_and_puts_no_poll_off() {
    let stage = Stage { poll_seconds: 10, ..Stage::new().await };
    let reads = Mutex::new(0);
    stage
        .follow(|hand| {
            let (stage, reads) = (&stage, &reads);
            async move {
                let before = stage.services.0.lock().unwrap().reads;
                for number in 0..5_000 {
                    hand.edits.send(Edit::Changed(Subject::User(UserId(format!("x{number}"))))).unwrap();
                }
                // Nobody tells of this.
                stage.rename(1, "Renamed");
                let begun = stage.clock.now_ms();
                while !stage.services.names().contains(&"Renamed".to_owned()) {
                    pass(100).await;
                    assert!(stage.clock.now_ms() - begun < 15_000, "the poll is put off");
                }
                pass(20_000).await;
                *reads.lock().unwrap() = stage.services.0.lock().unwrap().reads - before;
            }
        })
        .await;
    let reads = *reads.lock().unwrap();
    assert!(reads < 600, "{reads} reads");
    let lines = stage.lines.lock().unwrap();
    let waiting = lines.iter().rev().find_map(|line| match line {
        Line::Notice(Notice::Status(status)) => Some(status.backlog),
        _ => None,
    });
    assert_eq!(waiting, Some(0), "edits are left over");
}
