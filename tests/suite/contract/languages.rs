//! What is printed, in both languages (contract 1, `--lang`).

use super::sync;
use crate::support::{TestEnv, small_company};

/// A line of Chinese output that has three English words in a row, which no name or code has.
fn english(text: &str) -> Option<&str> {
    let is_word = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    // What a vendor, a library or the system says stays as it is.
    let ours = |line: &&str| {
        !["at line 1 column", "os error", "Specified ", "authorized"]
            .iter()
            .any(|foreign| line.contains(foreign))
    };
    text.lines().filter(ours).find(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.windows(3).any(|three| three.iter().all(|word| is_word(word)))
    })
}

#[test]
fn every_command_speaks_chinese_when_asked() {
    let mut seed = small_company();
    seed.accounts[0].phone_number = None;
    seed.units[1].name = "R&D - East".into();
    let env = TestEnv::new(&seed);
    env.fault("unknown-code=1@user/create");
    for arguments in [
        &["check"][..],
        &["preview"],
        &["sync"],
        &["sync", "--yes"],
        &["sync", "--yes", "--approve-removals", "4"],
        &["resume"],
        &["runs"],
        &["report"],
        &["report", "--format", "markdown"],
        &["report", "20200101-0001"],
        &["retry", "20200101-0001"],
        &["undo", "20200101-0001"],
        &["why", "user_0001"],
        &["why", "nobody"],
        &["links", "list"],
        &["links", "remove", "user", "nobody"],
        &["links", "set", "user", "nobody", "u1"],
        &["links", "set", "department", "ou_a", "text"],
        &["sync", "--plan", "/nonexistent", "--yes"],
    ] {
        let ran = env.run(&[arguments, &["--lang", "zh-CN"]].concat());
        for text in [&ran.stdout, &ran.stderr] {
            assert_eq!(english(text), None, "{arguments:?}\n{text}");
        }
        assert!(!(ran.stdout.is_empty() && ran.stderr.is_empty()), "{arguments:?}");
    }
}

#[test]
fn faults_of_both_services_are_told_in_chinese() {
    for fault in [
        "no-mobile",
        "no-permission=qyapi_manage_addresslist",
        "ip-not-allowed=203.0.113.9",
        "secret-rotated",
        "wrong-corp",
        "idaas-key-inactive",
        "idaas-secret-rotated",
        "idaas-clock-skew=1200",
        "idaas-no-permission=ListUsers",
        "count-drift@ListUsers",
        "partial-range=700",
    ] {
        let env = TestEnv::new(&small_company());
        env.fault(fault);
        for arguments in [&["check"][..], &["preview"]] {
            let ran = env.run(&[arguments, &["--lang", "zh-CN"]].concat());
            for text in [&ran.stdout, &ran.stderr] {
                assert_eq!(english(text), None, "{fault} {arguments:?}\n{text}");
            }
        }
    }
}

#[test]
fn the_language_is_the_options_then_the_variables_then_the_settings() {
    let env = TestEnv::new(&small_company());
    sync(&env, 0);
    assert!(env.run(&["runs"]).stdout.contains("applied"));
    let settings = std::fs::read_to_string(env.path("dingsync.toml")).unwrap();
    std::fs::write(env.path("dingsync.toml"), settings.replace("[idaas]", "language = \"zh-CN\"\n[idaas]"))
        .unwrap();
    assert!(env.run(&["runs"]).stdout.contains("已应用"));
    let unknown = env.run(&["report", "20200101-0001"]);
    assert!(unknown.stderr.contains("没有运行"), "{}", unknown.stderr);
    let output = env.command(&["runs"]).env("DINGSYNC_LANG", "en").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("applied"));
    assert!(env.run(&["runs", "--lang", "en"]).stdout.contains("applied"));
}
