//! How long a preview of 100,000 accounts takes: planning, indexes, every filter, and from key to picture.
//!
//! `cargo bench --bench preview`

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a bench prints; the companies and the stage of the tests are shared whole"
)]

#[path = "../suite/planned.rs"]
mod planned;
#[path = "../suite/screens/stage.rs"]
mod stage;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use dingsync::core::browse::{Browser, Filter, Kind};
use dingsync::core::field::FieldName;
use dingsync::tui::keys::Key;
use dingsync::tui::message::Answer;
use dingsync::tui::screen::ScreenId;
use dingsync::tui::worker::preview::{Basis, Told, View};
use planned::Company;
use stage::{ENGLISH, Stage, WHOLE};

const ACCOUNTS: u32 = 100_000;
const UNITS: u32 = 2_000;

fn main() {
    let company = company();
    let before = resident();
    let plan = Arc::new(timed("planning", || company.plan()));
    let browser = timed("indexes", || Browser::new(plan.clone(), &company.input()));
    println!("memory of plan and indexes: {} MB", (resident() - before) / 1024);
    filters(&browser);
    let rows = timed("what needs a department", || browser.dependants().spread(&BTreeSet::from([0])));
    let reduced =
        timed("the plan without it", || plan.without(&rows, &company.profile.limits, &company.memory));
    println!(
        "{} rows, {} writes, {} without the department",
        plan.changes.len(),
        plan.writes(),
        reduced.writes()
    );
    pictures(&company);
}

fn company() -> Company {
    let mut company = Company::new();
    for unit in 0..UNITS {
        let parent = if unit < 20 { "ou_root".to_owned() } else { format!("ou_{}", unit / 10) };
        company.unit(&format!("ou_{unit}"), &format!("部门{unit}"), Some(&parent));
    }
    for number in 0..ACCOUNTS {
        let (id, unit) = (format!("user_{number:06}"), format!("ou_{}", number % UNITS));
        let mobile = format!("138{number:08}");
        company.account(&id, &format!("欧阳{number}"), &mobile, &format!("p{number}@example.com"), &[&unit]);
        if number % 2 == 0 {
            company.user(&format!("u{number}"), "old", &mobile, "", &[1]);
        }
    }
    company
}

fn filters(browser: &Browser) {
    for (what, filter) in [
        ("no filter", Filter::default()),
        ("kind", Filter { kind: Some(Kind::Create), ..Filter::default() }),
        ("field", Filter { field: Some(FieldName::new("name")), ..Filter::default() }),
        ("branch", Filter { branch: Some(300), ..Filter::default() }),
        ("text that everybody has", Filter { text: "example".into(), ..Filter::default() }),
        ("text that one has", Filter { text: "13800099999".into(), ..Filter::default() }),
        ("two words", Filter { text: "欧阳9 部门1".into(), ..Filter::default() }),
        ("one letter", Filter { text: "1".into(), ..Filter::default() }),
    ] {
        timed(&format!("filter: {what}"), || browser.hits(&filter));
    }
}

fn pictures(company: &Company) {
    let basis = Basis {
        profile: company.profile.clone(),
        calls_per_second: 20,
        source: Arc::new(company.source.clone()),
        target: Arc::new(company.target.clone()),
        memory: company.memory.clone(),
        now_ms: 1_790_000_000_000,
        logon: Ok(None),
    };
    let view = Arc::new(View::new(company.plan(), basis));
    let mut stage = Stage::new(Some(WHOLE), ENGLISH, Some(ScreenId::Preview));
    timed("first picture", || {
        stage.answer(Answer::Preview(Told::Ready(view)));
        stage.draw(120, 40)
    });
    for (what, keys) in [
        ("down", vec![Key::Down]),
        ("last", vec![Key::End]),
        ("next problem, there is none", vec![Key::Char('n')]),
        ("kind", vec![Key::Char('1')]),
        ("every kind", vec![Key::Char('0')]),
        ("first letter of a search", vec![Key::Char('/'), Key::Char('9')]),
        ("second letter", vec![Key::Char('9')]),
        ("end of the search", vec![Key::Esc]),
        ("a department left out", vec![Key::Home, Key::Char('x')]),
        ("tree", vec![Key::Tab]),
    ] {
        timed(&format!("key to picture: {what}"), || {
            stage.press(&keys);
            stage.draw(120, 40)
        });
    }
}

fn timed<T>(what: &str, does: impl FnOnce() -> T) -> T {
    let since = Instant::now();
    let made = does();
    println!("{what:40} {:8.1} ms", since.elapsed().as_secs_f64() * 1e3);
    made
}

/// Resident memory, KB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default().to_owned();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}
