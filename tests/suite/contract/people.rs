//! Who is whose, what stands against a person, who is no row (contract 3 "Identity", 4 "Blocking").

use serde_json::json;

use super::{assert_settled, change, decided, plan, row, said, scenario, sync, warnings, whole};
use crate::support::{TestEnv, account, department, small_company, unit, user};
use dingsync::simulator::options::Options;
use dingsync::simulator::seed::Seed;

fn options() -> Options {
    Options { dingtalk_qps: 1000, ..Options::default() }
}

/// Root with one unit and nobody.
fn empty() -> Seed {
    Seed {
        units: vec![unit("ou_root", "Acme", None), unit("ou_a", "研发", Some("ou_root"))],
        ..Seed::default()
    }
}

#[test]
fn identity_fields_are_tried_in_order_and_the_first_that_finds_exactly_one_wins() {
    let mut seed = empty();
    // user_0001: the mobile is nobody's, the e-mail is u0011's.
    seed.accounts = vec![account(1, &["ou_a"]), account(2, &["ou_a"]), account(3, &["ou_a"])];
    let mut by_mail = user(11, &[1]);
    by_mail.email = Some("  PERSON1@Example.com ".trim().to_uppercase());
    let mut by_mobile = user(2, &[1]);
    by_mobile.email = None;
    let mut other_mail = user(12, &[1]);
    other_mail.email = Some("person2@example.com".into());
    seed.users = vec![by_mail, by_mobile, other_mail];
    let more = "[mapping]\nidentity = [\"mobile\", \"email\"]\n[[mapping.user]]\nfield = \"email\"\nvalue = 'user.email'\nwhen = \"create\"\n";
    let env = TestEnv::with(&seed, options(), more);
    let plan = plan(&env);
    let first = row(&plan, "user_0001");
    assert_eq!((&first["matched_by"], &first["target_id"]), (&json!("email"), &json!("u0011")));
    let second = row(&plan, "user_0002");
    assert_eq!((&second["matched_by"], &second["target_id"]), (&json!("mobile"), &json!("u0002")));
    assert_eq!(row(&plan, "user_0003")["action"], "create");
    assert_eq!(row(&plan, "user_0003")["matched_by"], json!(null));
}

#[test]
fn several_hits_pass_on_and_are_a_conflict_only_when_nobody_is_found() {
    let mut seed = empty();
    let named = |number: u32, name: &str| {
        let mut account = account(number, &["ou_a"]);
        account.display_name = Some(name.into());
        account
    };
    seed.accounts = vec![named(1, "王伟"), named(2, "王伟"), named(3, "李娜")];
    let twin = |number: u32, name: &str| {
        let mut user = user(number, &[1]);
        user.name = name.into();
        user.email = None;
        user
    };
    // Two of the name; one of them has account 1's mobile.
    seed.users = vec![twin(1, "王伟"), twin(91, "王伟"), twin(92, "王伟"), twin(93, " 李娜")];
    let env = TestEnv::with(&seed, options(), "[mapping]\nidentity = [\"name\", \"mobile\"]\n");
    let plan = plan(&env);
    assert_eq!(row(&plan, "user_0001")["target_id"], "u0001");
    assert_eq!(row(&plan, "user_0001")["matched_by"], "mobile");
    assert_eq!(said(&plan, "user_0002"), "conflict ambiguous_match");
    assert_eq!(row(&plan, "user_0003")["matched_by"], "name");
}

#[test]
fn mobiles_compare_as_e164_however_they_are_written() {
    let mut seed = empty();
    let with = |number: u32, region: Option<&str>, phone: &str| {
        let mut account = account(number, &["ou_a"]);
        account.phone_region = region.map(str::to_owned);
        account.phone_number = Some(phone.into());
        account
    };
    seed.accounts = vec![
        with(1, None, "13800000001"),
        with(2, Some("86"), "13800000002"),
        with(3, Some("852"), "51234567"),
        with(4, Some("1"), "2025550100"),
        with(5, Some("86"), "1380000"),
    ];
    let person = |number: u32, region: Option<&str>, phone: &str| {
        let mut user = user(number, &[1]);
        user.state_code = region.map(str::to_owned);
        user.mobile = Some(phone.into());
        user.email = None;
        user
    };
    seed.users = vec![
        person(11, Some("86"), "13800000001"),
        person(12, Some("86"), "13800000002"),
        person(13, Some("852"), "51234567"),
    ];
    let env = TestEnv::with(&seed, options(), "");
    let plan = plan(&env);
    for (source, target) in [("user_0001", "u0011"), ("user_0002", "u0012"), ("user_0003", "u0013")] {
        assert_eq!(row(&plan, source)["target_id"], target, "{:#}", row(&plan, source));
        assert!(warnings(row(&plan, source)).is_empty());
    }
    let abroad = row(&plan, "user_0004");
    assert_eq!(change(abroad, "mobile").unwrap().1, "+1-2025550100");
    assert_eq!(said(&plan, "user_0005"), "blocked invalid_mobile");
    assert!(!row(&plan, "user_0005").to_string().contains('*'), "mobiles are never masked in JSON");
    sync(&env, 3);
    let world = env.simulator.dingtalk().world();
    assert!(world.users.values().any(|user| user.state_code == "1" && user.mobile == "2025550100"));
}

#[test]
fn an_identity_without_a_row_finds_nobody_save_for_the_userid() {
    let mut seed = empty();
    seed.accounts = vec![account(1, &["ou_a"]), account(2, &["ou_a"])];
    let mut first = user(1, &[1]);
    first.userid = "user_0001".into();
    first.mobile = Some("13900000001".into());
    first.email = None;
    first.job_number = Some("J2".into());
    seed.users = vec![first];
    let env = TestEnv::with(&seed, options(), "[mapping]\nidentity = [\"job_number\", \"userid\"]\n");
    let plan = plan(&env);
    assert_eq!(row(&plan, "user_0001")["matched_by"], "userid");
    assert_eq!(warnings(row(&plan, "user_0001")), ["mobile_not_updatable"]);
    assert_eq!(row(&plan, "user_0002")["action"], "create");
}

#[test]
fn without_an_identity_nobody_is_recognised_and_taken_values_are_conflicts() {
    let mut seed = empty();
    seed.accounts = vec![account(1, &["ou_a"]), account(2, &["ou_a"])];
    seed.users = vec![user(1, &[1])];
    let env = TestEnv::with(&seed, options(), "[mapping]\nidentity = []\n");
    let plan = plan(&env);
    assert_eq!(said(&plan, "user_0001"), "conflict value_taken");
    assert_eq!(said(&plan, "user_0002"), "create -");
}

#[test]
fn two_accounts_of_one_value_and_two_accounts_of_one_user_are_conflicts() {
    let mut seed = empty();
    let mut twin = account(2, &["ou_a"]);
    twin.phone_number = account(1, &[]).phone_number;
    let mut mail = account(4, &["ou_a"]);
    mail.email = Some("PERSON3@example.com".into());
    let (mut five, mut six) = (account(5, &["ou_a"]), account(6, &["ou_a"]));
    five.display_name = Some("同一人".into());
    six.display_name = Some("同一人".into());
    let mut same = user(77, &[1]);
    same.name = "同一人".into();
    seed.accounts = vec![account(1, &["ou_a"]), twin, account(3, &["ou_a"]), mail, five, six];
    seed.users = vec![same];
    let env = TestEnv::with(&seed, options(), "[mapping]\nidentity = [\"name\"]\n");
    let plan = plan(&env);
    for source in ["user_0001", "user_0002", "user_0003", "user_0004"] {
        assert_eq!(said(&plan, source), "conflict duplicate_in_source");
    }
    for source in ["user_0005", "user_0006"] {
        assert_eq!(said(&plan, source), "conflict same_target");
    }
    assert_eq!(plan["summary"]["users"]["conflict"], 6);
}

#[test]
fn blocks_have_one_reason_in_the_order_of_the_contract_and_conflicts_come_first() {
    let mut seed = empty();
    let (corp, long) = ("dingsimulator0001", "长".repeat(81));
    let make = |number: u32, change: &dyn Fn(&mut dingsync::simulator::seed::SeedAccount)| {
        let mut account = account(number, &["ou_a"]);
        change(&mut account);
        account
    };
    seed.accounts = vec![
        make(1, &|a| {
            a.phone_number = None;
            a.display_name = Some(long.clone());
        }),
        make(2, &|a| {
            a.phone_number = Some("12".into());
            a.email = Some(format!("{}@example.com", "y".repeat(60)));
        }),
        make(3, &|a| a.email = Some(format!("{}@example.com", "x".repeat(60)))),
        make(4, &|a| a.source = Some(("ding_talk".into(), corp.into()))),
        make(5, &|a| a.source = Some(("ding_talk".into(), "dingother".into()))),
        // In conflict and too long at once.
        make(6, &|a| {
            a.phone_number = Some("13800000099".into());
            a.display_name = Some(long.clone());
        }),
        make(7, &|a| a.phone_number = Some("13800000099".into())),
    ];
    let env = TestEnv::with(&seed, options(), "");
    let plan = plan(&env);
    let expected = [
        ("user_0001", "blocked missing_mobile"),
        ("user_0002", "blocked invalid_mobile"),
        ("user_0003", "blocked value_too_long"),
        ("user_0004", "blocked echo"),
        ("user_0005", "create -"),
        ("user_0006", "conflict duplicate_in_source"),
        ("user_0007", "conflict duplicate_in_source"),
    ];
    for (source, decision) in expected {
        assert_eq!(said(&plan, source), decision, "{source}: {:#}", row(&plan, source));
    }
    for source in ["user_0001", "user_0006"] {
        assert_eq!(row(&plan, source)["fields"], json!([]), "nothing is written");
        assert!(row(&plan, source)["detail"].is_string());
    }
}

#[test]
fn a_missing_mobile_blocks_a_create_in_the_standard_edition_only() {
    let mut seed = empty();
    let mut bound = account(1, &["ou_a"]);
    bound.phone_number = None;
    let mut new = account(2, &["ou_a"]);
    new.phone_number = None;
    seed.accounts = vec![bound, new];
    seed.users = vec![user(1, &[1])];
    let env = TestEnv::with(&seed, options(), "[mapping]\nidentity = [\"email\"]\n");
    let standard = plan(&env);
    assert_eq!(decided(&standard, "user_0001").0, "link");
    assert_eq!(said(&standard, "user_0002"), "blocked missing_mobile");
    let path = env.path("dingsync.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, settings.replace("[dingtalk]\n", "[dingtalk]\nedition = \"dedicated\"\n")).unwrap();
    let dedicated = plan(&env);
    assert_eq!(said(&dedicated, "user_0002"), "create -");
    assert_eq!(change(row(&dedicated, "user_0002"), "userid").unwrap().1, "user_0002");
    assert_eq!(warnings(row(&dedicated, "user_0001")), ["userid_differs"]);
}

#[test]
fn include_and_disabled_accounts_are_no_rows_and_reserve_nothing() {
    let mut seed = empty();
    let mut disabled = account(1, &["ou_a"]);
    disabled.disabled = true;
    let mut heir = account(2, &["ou_a"]);
    heir.phone_number = disabled.phone_number.clone();
    let mut expired = account(3, &["ou_a"]);
    expired.account_expire_time = Some(1_600_000_000_000);
    let mut locked = account(4, &["ou_a"]);
    locked.lock_expire_time = Some(4_000_000_000_000);
    seed.accounts = vec![disabled, heir, expired, locked, account(5, &["ou_a"])];
    let env = TestEnv::with(&seed, options(), "");
    scenario(&env, &whole("include = 'user.username != \"person5\"'"));
    let first = plan(&env);
    assert_eq!(first["source"], json!({"accounts": 5, "units": 1, "ignored": 3}));
    assert_eq!(said(&first, "user_0002"), "create -");
    assert_eq!(said(&first, "user_0004"), "create -");
    assert_eq!(first["changes"].as_array().unwrap().len(), 3);
    scenario(&env, &whole("disabled_accounts = \"update\""));
    let second = plan(&env);
    assert_eq!(said(&second, "user_0001"), "conflict duplicate_in_source");
    assert_eq!(said(&second, "user_0003"), "create -");
    assert_eq!(second["source"]["ignored"], 0);
}

#[test]
fn an_include_that_fails_blocks_the_record() {
    let mut seed = empty();
    seed.accounts = vec![account(1, &["ou_a"])];
    let env = TestEnv::with(&seed, options(), "");
    scenario(&env, &whole("include = 'user.username'"));
    assert_eq!(said(&plan(&env), "user_0001"), "blocked mapping_error");
}

#[test]
fn a_user_outside_the_target_is_marked_and_keeps_the_departments_that_nobody_manages() {
    let mut seed = empty();
    seed.accounts = vec![account(1, &["ou_a"]), account(2, &["ou_a"])];
    seed.departments = vec![department(500, "Ours", 1), department(600, "Elsewhere", 1)];
    seed.users = vec![user(1, &[600]), user(2, &[500, 1])];
    let env = TestEnv::with(&seed, options(), "");
    scenario(&env, "scope = [{ sources = [\"ou_root\"], target = 500 }]");
    let first = plan(&env);
    assert_eq!(warnings(row(&first, "user_0001")), ["outside_target"]);
    let (before, after) = change(row(&first, "user_0001"), "dept_id_list").unwrap();
    assert_eq!((before, after), (json!(["600"]), json!(["new:ou_a", "600"])));
    // The target itself counts as bound, the root does not.
    let (_, after) = change(row(&first, "user_0002"), "dept_id_list").unwrap();
    assert_eq!(after, json!(["new:ou_a", "1"]));
    sync(&env, 0);
    assert_settled(&env);
}

#[test]
fn a_user_whose_invitation_is_pending_is_unchanged_and_never_invited_again() {
    let env = TestEnv::new(&small_company());
    env.fault("pending=13800000003");
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let lines = ran.lines();
    let record = lines.iter().find(|line| line["source_id"] == "user_0003").unwrap();
    assert_eq!((&record["outcome"], &record["code"]), (&json!("pending"), &json!("40103")));
    assert_eq!(lines.last().unwrap()["summary"]["pending"], 1);
    let next = env.run(&["preview", "--json"]).json();
    assert_eq!(said(&next, "user_0003"), "unchanged -");
    assert_eq!(warnings(row(&next, "user_0003")), ["pending_consent"]);
    let writes = env.simulator.dingtalk().writes();
    sync(&env, 0);
    assert_eq!(env.simulator.dingtalk().writes(), writes);
}

#[test]
fn a_name_of_64_kilobytes_is_a_blocked_row_and_shown_short() {
    let mut seed = empty();
    let mut endless = account(1, &["ou_a"]);
    endless.display_name = Some("长".repeat(22_000));
    seed.accounts = vec![endless, account(2, &["ou_a"])];
    let env = TestEnv::with(&seed, options(), "");
    let plan = plan(&env);
    assert_eq!(said(&plan, "user_0001"), "blocked value_too_long");
    assert_eq!(said(&plan, "user_0002"), "create -");
    let text = env.run(&["preview"]).stdout;
    assert!(text.lines().all(|line| line.chars().count() < 600), "a line without end");
    sync(&env, 3);
}
