//! Rows of the mapping: when, on_empty, extension, what is never sent, what is accepted and not stored.

use serde_json::json;

use super::{assert_settled, change, plan, row, said, sync, warnings};
use crate::support::{TestEnv, small_company, user};
use dingsync::simulator::options::Options;

fn options() -> Options {
    Options { dingtalk_qps: 1000, ..Options::default() }
}

fn mapped(rows: &str) -> String {
    format!("[mapping]\nidentity = [\"mobile\"]\n{rows}")
}

fn rows(rows: &[(&str, &str, &str)]) -> String {
    let row = |(field, value, more): &(&str, &str, &str)| {
        format!("[[mapping.user]]\nfield = \"{field}\"\nvalue = '{value}'\n{more}\n")
    };
    mapped(&rows.iter().map(row).collect::<String>())
}

fn custom(number: usize, values: &[(&str, &str)]) -> dingsync::simulator::seed::Seed {
    let mut seed = small_company();
    seed.accounts[number].custom_fields =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    seed
}

#[test]
fn a_row_replaces_the_default_of_its_own_field_and_an_empty_value_switches_it_off() {
    let text = rows(&[("name", "Upper(user.displayName)", ""), ("email", "", "")]);
    let env = TestEnv::with(&small_company(), options(), &text);
    let plan = plan(&env);
    let person = row(&plan, "user_0001");
    let fields: Vec<&str> =
        person["fields"].as_array().unwrap().iter().map(|f| f["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["mobile", "name", "dept_id_list"]);
    assert_eq!(change(person, "name").unwrap().1, "PERSON 1");
}

#[test]
fn when_and_on_empty_do_as_they_say() {
    let mut seed = custom(0, &[]);
    let mut has = user(1, &[1]);
    (has.title, has.job_number) = (Some("Old title".into()), Some("J1".into()));
    let mut has_not = user(2, &[1]);
    has_not.email = None;
    seed.users = vec![has, has_not];
    seed.accounts[1].custom_fields = vec![("job".into(), "J2".into()), ("title".into(), "New title".into())];
    let text = rows(&[
        ("title", "user.customFieldMap.title.fieldValue", "on_empty = \"clear\""),
        ("job_number", "user.customFieldMap.job.fieldValue", "on_empty = \"skip\""),
        ("email", "user.email", "when = \"if_empty\""),
        ("work_place", "\"Berlin\"", "when = \"create\""),
    ]);
    let env = TestEnv::with(&seed, options(), &text);
    let first = plan(&env);
    let one = row(&first, "user_0001");
    assert_eq!(change(one, "title").unwrap(), (json!("Old title"), json!(null)));
    assert_eq!(change(one, "job_number"), None);
    assert_eq!(change(one, "email"), None, "if_empty leaves what is there");
    assert_eq!(change(one, "work_place"), None);
    let two = row(&first, "user_0002");
    assert_eq!(change(two, "title").unwrap(), (json!(null), json!("New title")));
    assert_eq!(change(two, "email").unwrap().1, "person2@example.com");
    assert_eq!(change(row(&first, "user_0003"), "work_place").unwrap().1, "Berlin");
    assert_eq!(change(row(&first, "user_0003"), "title"), None, "nothing to clear on create");
    sync(&env, 0);
    assert!(env.simulator.dingtalk().world().users["u0001"].text("title").is_empty());
    assert_settled(&env);
}

#[test]
fn on_empty_block_blocks_the_record() {
    let text = rows(&[("title", "user.customFieldMap.title.fieldValue", "on_empty = \"block\"")]);
    let env = TestEnv::with(&custom(0, &[("title", "Boss")]), options(), &text);
    let plan = plan(&env);
    assert_eq!(said(&plan, "user_0001"), "create -");
    assert_eq!(said(&plan, "user_0002"), "blocked required_empty");
}

#[test]
fn an_expression_that_fails_on_one_record_blocks_that_record() {
    let text = rows(&[("hired_date", "user.customFieldMap.hired.fieldValue", "")]);
    let env = TestEnv::with(&custom(0, &[("hired", "soon")]), options(), &text);
    let plan = plan(&env);
    assert_eq!(said(&plan, "user_0001"), "blocked mapping_error");
    assert_eq!(said(&plan, "user_0002"), "create -");
}

#[test]
fn an_expression_that_fails_names_its_row_and_column() {
    let text = rows(&[("title", "Concat(\"a\", Left(user.username, user.displayName))", "")]);
    let env = TestEnv::with(&custom(0, &[]), options(), &text);
    let detail = row(&plan(&env), "user_0001")["detail"].clone();
    assert_eq!(detail, "row `title`, column 13: Left: argument 2 is no whole number");
}

#[test]
fn other_keys_of_the_extension_are_preserved() {
    let mut seed = custom(0, &[("cost", "CC-9")]);
    seed.users = vec![user(1, &[1])];
    let text = rows(&[("extension.CostCentre", "user.customFieldMap.cost.fieldValue", "")]);
    let env = TestEnv::with(&seed, options(), &text);
    {
        let mut world = env.simulator.dingtalk().world();
        let mut user = world.users["u0001"].clone();
        user.extension.insert("Badge".into(), json!("B-1"));
        world.put_user(user);
    }
    let first = plan(&env);
    assert_eq!(change(row(&first, "user_0001"), "extension.CostCentre").unwrap().1, "CC-9");
    sync(&env, 0);
    let extension = env.simulator.dingtalk().world().users["u0001"].extension.clone();
    assert_eq!(json!(extension), json!({"Badge": "B-1", "CostCentre": "CC-9"}));
    assert_settled(&env);
}

#[test]
fn the_mobile_of_an_existing_user_is_a_warning_and_never_sent() {
    let mut seed = small_company();
    seed.users = vec![user(1, &[1])];
    let env = TestEnv::new(&seed);
    sync(&env, 0);
    {
        let mut world = env.simulator.idaas().world();
        let mut account = world.accounts["user_0001"].account.clone();
        account.phone_number = Some("13899999999".into());
        world.put(account);
    }
    let next = env.run(&["preview", "--json"]).json();
    assert_eq!(said(&next, "user_0001"), "unchanged -", "listed although unchanged");
    assert_eq!(warnings(row(&next, "user_0001")), ["mobile_not_updatable"]);
    assert_settled(&env);
}

#[test]
fn what_is_accepted_and_not_stored_is_remembered() {
    let mut seed = custom(0, &[("mail", "one@corp.example")]);
    seed.users = vec![user(1, &[1])];
    let text = rows(&[("org_email", "user.customFieldMap.mail.fieldValue", "")]);
    let env = TestEnv::with(&seed, options(), &text);
    env.fault("no-org-email");
    let first = plan(&env);
    assert_eq!(change(row(&first, "user_0001"), "org_email").unwrap().1, "one@corp.example");
    sync(&env, 0);
    assert_settled(&env);
}

#[test]
fn a_clearing_that_dingtalk_ignores_is_remembered() {
    let mut seed = custom(0, &[]);
    let mut titled = user(1, &[1]);
    titled.title = Some("Old title".into());
    seed.users = vec![titled];
    let text = rows(&[("title", "user.customFieldMap.title.fieldValue", "on_empty = \"clear\"")]);
    let env = TestEnv::with(&seed, options(), &text);
    env.fault("empty-is-ignored");
    sync(&env, 0);
    assert_settled(&env);
}

#[test]
fn an_unreadable_field_is_never_compared_and_an_unreadable_identity_ends_the_preview() {
    let mut seed = small_company();
    let mut other = user(1, &[1]);
    other.email = Some("other@example.com".into());
    seed.users = vec![other];
    let env = TestEnv::new(&seed);
    env.fault("no-personal");
    let first = plan(&env);
    assert_eq!(warnings(row(&first, "user_0001")), ["field_unreadable"]);
    assert_eq!(change(row(&first, "user_0001"), "email"), None);
    env.fault("no-mobile");
    let ran = env.run(&["preview", "--json"]);
    assert_eq!(ran.code, 1);
    let error = ran.json()["error"].clone();
    assert_eq!(error["kind"], "permission");
    assert!(error["hint"].as_str().unwrap().contains("企业员工手机号信息"), "{error}");
    let report = env.run(&["check", "--json"]);
    assert_eq!(report.code, 5);
}

#[test]
fn control_characters_are_left_out_and_said() {
    let mut seed = small_company();
    seed.accounts[0].display_name = Some("Eve\u{1b}[31m\u{202e}".into());
    seed.accounts[1].display_name = Some("Eve\nAda".into());
    let env = TestEnv::new(&seed);
    let plan = plan(&env);
    assert_eq!(warnings(row(&plan, "user_0002")), ["control_characters"]);
    assert_eq!(change(row(&plan, "user_0002"), "name").unwrap().1, "Eve Ada");
    assert_eq!(warnings(row(&plan, "user_0001")), ["control_characters"]);
    assert_eq!(change(row(&plan, "user_0001"), "name").unwrap().1, "Eve[31m");
}
