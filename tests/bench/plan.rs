//! How long planning takes, from decoded records to an approved order of writes: mapping, matching, comparing, ordering, guards.
//!
//! `cargo bench --bench plan` measures 10,000 and 100,000 accounts against as many users, 1 % of them changed; a number
//! measures that many: `cargo bench --bench plan -- 1000000`. The peer is the public `csv-diff` on the same records as
//! files; it runs when the Python named in `DINGSYNC_PEER_PYTHON`, else `python3`, has `csv-diff==1.2`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    dead_code,
    reason = "a bench prints; the companies of the tests are shared whole"
)]

#[path = "../suite/planned.rs"]
mod planned;

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use dingsync::core::plan::Plan;
use dingsync::core::source::Account;
use dingsync::core::target::User;
use planned::Company;
use serde_json::Value;

const RUNS: usize = 5;
/// Of so many people one has changed.
const ONE_IN: usize = 100;
/// Accounts to a unit.
const TO_A_UNIT: usize = 20;
const PEER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/peers/compare_csv.py");

fn main() {
    let mut sizes: Vec<usize> =
        std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    println!("load of the machine before: {}", load());
    sizes.into_iter().for_each(measure);
}

fn measure(count: usize) {
    let company = company(count);
    let (held, mut times) = (memory("VmRSS"), Vec::new());
    forget_peak();
    for _ in 0..RUNS {
        let since = Instant::now();
        let plan = company.plan();
        times.push(since.elapsed().as_secs_f64() * 1e3);
        check(&plan, count);
    }
    times.sort_by(f64::total_cmp);
    println!("{count} accounts, {count} users, 1 in {ONE_IN} changed: {RUNS} runs");
    println!("  planning    {:8.1} ms, {:.1} to {:.1}", times[RUNS / 2], times[0], times[RUNS - 1]);
    println!(
        "  memory      {held} MB hold both sides; {} MB more at the peak of planning",
        memory("VmHWM") - held
    );
    println!("  csv-diff    {}", peer(&company, times[RUNS / 2]));
}

/// Everybody is bound and as wished, but for one in a hundred: another name, another place, newcomers and leavers.
fn company(count: usize) -> Company {
    let mut company = Company::new();
    for unit in 0..count.div_ceil(TO_A_UNIT) {
        let (id, number) = (format!("ou_{unit}"), i64::try_from(unit).unwrap() + 2);
        let above = if unit < 20 { None } else { Some(unit / 10) };
        let parent = above.map_or_else(|| "ou_root".to_owned(), |above| format!("ou_{above}"));
        company.unit(&id, &format!("部门{unit}"), Some(&parent));
        company.department(number, &format!("部门{unit}"), Some(above.map_or(1, |above| above as i64 + 2)));
        company.target.departments.last_mut().unwrap().source_identifier = Some(id.clone());
        company.bind_department(&id, number);
    }
    let units = count.div_ceil(TO_A_UNIT);
    for number in 0..count {
        person(&mut company, number, units);
    }
    company.target.users.sort_by(|a, b| a.id.cmp(&b.id));
    company.memory.finished_full_syncs = 1;
    company
}

fn person(company: &mut Company, number: usize, units: usize) {
    // The order of userids has nothing to do with that of accounts.
    let (account, user) =
        (format!("user_{number:07}"), format!("{:010}", (number as u64 * 2_654_435_761) % (1 << 32)));
    let unit = (number * 31) % units;
    let second = (unit + 1) % units;
    let places = if number.is_multiple_of(10) { vec![unit, second] } else { vec![unit] };
    let (name, mobile, email) =
        (format!("欧阳{number}"), format!("13{number:09}"), format!("p{number}@example.com"));
    let (is_new, is_gone) = (number % (ONE_IN * 10) == 7, number % (ONE_IN * 10) == 8);
    let (is_renamed, is_moved) = (number % (ONE_IN * 10) < 7, number % (ONE_IN * 10) == 9);
    if !is_gone {
        let units: Vec<String> =
            places.iter().map(|place| format!("ou_{}", (place + usize::from(is_moved)) % units)).collect();
        let units: Vec<&str> = units.iter().map(String::as_str).collect();
        let name = if is_renamed { format!("{name}新") } else { name.clone() };
        company.account(&account, &name, &mobile, &email, &units);
    }
    if !is_new {
        let departments: Vec<i64> = places.iter().map(|place| *place as i64 + 2).collect();
        company.user(&user, &name, &mobile, &email, &departments);
        company.bind(&account, &user);
    }
}

fn check(plan: &Plan, count: usize) {
    let users = plan.summary.users;
    let expected = (count / ONE_IN / 10) as u64;
    assert_eq!((users.create, users.hold), (expected, expected));
    assert!(plan.writes() > 0 && plan.limits.is_empty());
}

/// The peer on the same records, as far as it is there: reading both files and comparing, in a process of its own.
fn peer(company: &Company, own_ms: f64) -> String {
    let directory = tempfile::tempdir().unwrap();
    let (before, after) = (directory.path().join("before.csv"), directory.path().join("after.csv"));
    write(&before, company.target.users.iter().map(of_user));
    write(&after, company.source.accounts.iter().map(|account| of_account(company, account)));
    let python = std::env::var_os("DINGSYNC_PEER_PYTHON").unwrap_or_else(|| "python3".into());
    let ran = Command::new(python).arg(PEER).args([&before, &after]).arg(RUNS.to_string()).output();
    let told = ran.ok().filter(|output| output.status.success());
    let Some(told) = told.and_then(|output| serde_json::from_slice::<Value>(&output.stdout).ok()) else {
        return "not run: no Python with csv-diff (pip install csv-diff==1.2)".to_owned();
    };
    let number = |key: &str| told[key].as_f64().unwrap_or(f64::NAN);
    format!(
        "{:8.1} ms comparing, {:.1} to {:.1} ({:.1} times as long); {:.1} ms with reading its files; {} MB",
        number("compare_ms"),
        number("compare_least_ms"),
        number("compare_most_ms"),
        number("compare_ms") / own_ms,
        number("whole_ms"),
        number("peak_mb"),
    )
}

type Line = [String; 5];

fn of_user(user: &User) -> Line {
    let mobile = user.mobile.as_deref().unwrap_or_default().trim_start_matches("+86").to_owned();
    let text = |field: &str| user.field(field).unwrap_or_default().to_owned();
    [user.id.0.clone(), text("name"), mobile, text("email"), places(user.departments.iter().map(|id| id.0))]
}

fn of_account(company: &Company, account: &Account) -> Line {
    let bound = company.memory.users.get(&account.account_id());
    let id = bound.map_or_else(|| account.id.clone(), |user| user.0.clone());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let units =
        account.units.iter().filter_map(|unit| company.memory.departments.get(&unit.unit)).map(|id| id.0);
    [id, text(&account.display_name), text(&account.phone_number), text(&account.email), places(units)]
}

fn places(ids: impl Iterator<Item = i64>) -> String {
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(";")
}

fn write(path: &Path, lines: impl Iterator<Item = Line>) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    writeln!(file, "id,name,mobile,email,departments").unwrap();
    lines.for_each(|line| writeln!(file, "{}", line.join(",")).unwrap());
    file.flush().unwrap();
}

/// A line of the process's status, MB.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find(|text| text.starts_with(line)).unwrap_or_default();
    found.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// The highest resident size counts from here.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim().to_owned()
}
