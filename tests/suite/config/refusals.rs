//! What is refused, and that the message names file, line, key and the way out.

use super::{MINIMAL, read, refusal};

/// The minimum with one text replaced by another.
fn with(from: &str, to: &str) -> String {
    assert!(MINIMAL.contains(from), "{from} is not in the minimum");
    MINIMAL.replace(from, to)
}

/// Settings with lines added at the end; the first one is line 17.
fn and(text: &str) -> String {
    format!("{MINIMAL}{text}\n")
}

#[track_caller]
fn assert_refused(text: &str, parts: &[&str]) {
    let message = refusal(text);
    for part in parts {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let text = with("region =", "regoin =");
    assert_refused(&text, &["/etc/dingsync.toml:5:1: idaas.regoin: unknown key", "did you mean `region`?"]);
    assert_refused(&and("[limit]"), &["/etc/dingsync.toml:17:", "limit: unknown key", "`limits`"]);
    let text = with("target = 1 }", "target = 1, tagret = 2 }");
    assert_refused(&text, &[":16:", "scenario.scope[1].tagret: unknown key", "`target`"]);
    let text = and("[[mapping.user]]\nfield = \"title\"\nvalue = ''\nwhn = \"create\"");
    assert_refused(&text, &[":20:1: mapping.user[1].whn: unknown key", "`when`"]);
    assert_refused(
        &and("[incremental]\npoll = 5"),
        &["incremental.poll: unknown key", "did you mean `poll_seconds`?"],
    );
}

#[test]
fn every_finding_is_reported_in_the_order_of_the_file() {
    let text = with("region = \"cn-hangzhou\"", "region = 7").replace("app_key", "app_kye");
    let message = refusal(&and("[limits]\nremove_users = -1\n[state]\npath = false").replace(MINIMAL, &text));
    let keys = ["idaas.region", "dingtalk.app_key", "dingtalk.app_kye", "limits.remove_users", "state.path"];
    let found: Vec<usize> = keys.iter().filter_map(|key| message.find(&format!("{key}: "))).collect();
    assert_eq!(found.len(), keys.len(), "{message}");
    assert!(found.is_sorted(), "{message}");
}

#[test]
fn a_syntax_error_names_its_line_and_repeats_nothing_of_the_file() {
    let text = with("access_key_secret = { env = \"IDAAS_SECRET\" }", "access_key_secret = \"canary");
    let message = refusal(&text);
    assert!(message.starts_with("/etc/dingsync.toml:8:"), "{message}");
    assert!(!message.contains("canary"), "{message}");
    assert_refused("version = 1\nversion = 1\n", &["/etc/dingsync.toml:2:"]);
}

#[test]
fn another_version_of_the_format_is_refused() {
    let newer = with("version = 1", "version = 2\nfuture_key = true");
    let message = refusal(&newer);
    assert!(message.contains(":1:11: version: settings of version 2 are newer"), "{message}");
    assert!(!message.contains("future_key"), "{message}");
    assert_refused(&with("version = 1\n", ""), &["version: missing; expected 1"]);
    assert_refused(&with("version = 1", "version = \"1\""), &["version: expected 1, found text"]);
    assert_refused(&with("version = 1", "version = 0"), &["version: 0 is out of range"]);
}

#[test]
fn an_empty_file_lists_what_is_missing() {
    for key in ["version", "display_name", "idaas", "dingtalk", "scenario"] {
        assert_refused("", &[&format!("/etc/dingsync.toml:1:1: {key}: missing")]);
    }
}

#[test]
fn values_of_the_wrong_kind_or_range_say_what_would_be_right() {
    for (text, parts) in [
        (with("\"Acme to DingTalk\"", "\"\""), [":2:16: display_name", "1 to 64"]),
        (with("Acme to DingTalk", &"界".repeat(65)), ["display_name: has 65 characters", "1 to 64"]),
        (and("[network]\ntimeout_seconds = 1.5"), ["network.timeout_seconds", "found a number with a point"]),
        (and("[network]\ntimeout_seconds = \"30\""), ["expected a number from 1 to 600", "found text"]),
        (with("region =", "calls_per_second = 0\nregion ="), ["idaas.calls_per_second", "from 1 to 1000"]),
        (with("corp_id =", "calls_per_second = 1001\ncorp_id ="), ["1001 is out of range", "from 1 to 1000"]),
        (
            with("corp_id =", "edition = \"dedicate\"\ncorp_id ="),
            ["dingtalk.edition", "did you mean `dedicated`?"],
        ),
        (with("version = 1", "version = 1\nlanguage = \"zh\""), ["\"zh-CN\"", "language"]),
        (with("scope =", "leavers = \"delete\"\nscope ="), ["scenario.leavers", "\"remove\""]),
        (
            with("scope =", "disabled_accounts = true\nscope ="),
            ["scenario.disabled_accounts", "found true or false"],
        ),
        (and("[limits]\nremove_percent = 101"), ["limits.remove_percent", "from 0 to 100"]),
        (and("[limits]\nremove_users = -1"), ["limits.remove_users", "at least 0"]),
        (and("[incremental]\nlisten = \"8787\""), ["incremental.listen", "127.0.0.1:8787"]),
        (and("[incremental]\npoll_seconds = 0"), ["incremental.poll_seconds", "from 1"]),
        (and("[incremental]\njwks_url = \"http://keys.example\""), ["incremental.jwks_url", "plain http"]),
        (and("[incremental]\njwks_url = \"https://keys.example\""), ["incremental.application_id", "needed"]),
        (and("[network]\nca_file = \"missing.pem\""), [":18:", "`/etc/missing.pem` does not exist"]),
        (and("[network]\nproxy = \"proxy.example\""), ["network.proxy", "http://"]),
        (
            with("corp_id =", "egress_ips = [\"1.2.3\"]\ncorp_id ="),
            ["dingtalk.egress_ips", "`1.2.3` is no IP address"],
        ),
        (
            with("corp_id =", "egress_ips = [1]\ncorp_id ="),
            ["dingtalk.egress_ips", "expected text in quotes"],
        ),
    ] {
        assert_refused(&text, &parts);
    }
}

#[test]
fn ids_have_no_blanks_inside_but_may_have_pasted_ones_around() {
    let config = read(&with("\"ding1234567890\"", "\" ding1234567890\\n\"")).expect("holds");
    assert_eq!(config.dingtalk.corp_id, "ding1234567890");
    assert_eq!(config.profile.corp_id, "ding1234567890");
    assert_refused(&with("ding1234567890", "ding 1234"), &[":11:", "dingtalk.corp_id", "blanks"]);
    assert_refused(&with("\"dingabcdef\"", "\" \""), &[":12:", "dingtalk.app_key: is empty"]);
    assert_refused(&with("idaas_test0001", "idaas\\u001b[31m"), &[":6:", "idaas.instance_id", "control"]);
}

#[test]
fn a_region_is_known_or_has_an_endpoint() {
    assert_eq!(read(MINIMAL).expect("holds").idaas.endpoint, "https://eiam.cn-hangzhou.aliyuncs.com");
    let text = with("cn-hangzhou", "cn-hangzou");
    assert_refused(&text, &[":5:10: idaas.region: unknown region", "did you mean `cn-hangzhou`?"]);
    let text = with("region = \"cn-hangzhou\"", "endpoint = \"http://127.0.0.1:9/\"");
    assert_eq!(read(&text).expect("holds").idaas.endpoint, "http://127.0.0.1:9");
    let text =
        with("region = \"cn-hangzhou\"", "region = \"me-east-1\"\nendpoint = \"https://eiam.example\"");
    assert_eq!(read(&text).expect("holds").idaas.region, "me-east-1");
    let text = with("region = \"cn-hangzhou\"", "endpoint = \"http://eiam.example\"");
    assert_refused(&text, &[":5:12: idaas.endpoint", "plain http is accepted"]);
    assert_refused(&with("region = \"cn-hangzhou\"\n", ""), &["idaas.region: missing"]);
}

#[test]
fn a_scope_names_each_unit_once() {
    let scope = "[{ sources = [\"ou_root\"], target = 1 }]";
    assert_refused(&with(scope, "[]"), &[":16:9: scenario.scope: is empty"]);
    assert_refused(&with("[\"ou_root\"]", "[]"), &["scenario.scope[1].sources: is empty"]);
    assert_refused(&with("[\"ou_root\"]", "[\"\"]"), &["scenario.scope[1].sources: is empty"]);
    assert_refused(&with("target = 1", "target = 0"), &["scenario.scope[1].target: 0 is out of range"]);
    assert_refused(&with("sources = [\"ou_root\"], ", ""), &["scenario.scope[1].sources: missing"]);
    let twice = "[{ sources = [\"ou_a\"], target = 1 }, { sources = [\"ou_b\", \"ou_a\"], target = 2 }]";
    assert_refused(&with(scope, twice), &["scenario.scope[2].sources: unit `ou_a` occurs twice"]);
    let same_target = "[{ sources = [\"ou_a\"], target = 1 }, { sources = [\"ou_b\"], target = 1 }]";
    assert_eq!(read(&with(scope, same_target)).expect("holds").profile.scenario.scope.len(), 2);
}

#[test]
fn moving_leavers_needs_a_department() {
    assert_refused(
        &with("scope =", "leavers = \"move\"\nscope ="),
        &[":16:", "needs scenario.leavers_department"],
    );
    let text = with("scope =", "leavers = \"move\"\nleavers_department = 5\nscope =");
    assert!(read(&text).expect("holds").warnings.is_empty());
    let text = with("scope =", "leavers_department = 5\nscope =");
    assert!(
        read(&text).expect("holds").warnings.iter().any(|w| w.contains(":16:") && w.contains("no effect"))
    );
}

#[test]
fn identity_names_known_fields_once() {
    assert_refused(
        &and("[mapping]\nidentity = [\"mobil\"]"),
        &[":18:", "mapping.identity", "did you mean `mobile`?"],
    );
    assert_refused(
        &and("[mapping]\nidentity = [\"email\", \"email\"]"),
        &["mapping.identity", "`email` occurs twice"],
    );
    let config = read(&and("[mapping]\nidentity = [\"job_number\"]")).expect("holds");
    assert!(config.warnings.iter().any(|w| w.contains("`job_number` has no mapping row")));
}

#[test]
fn a_row_names_a_field_once_and_an_unknown_one_is_a_warning() {
    let row = |field: &str| format!("[[mapping.user]]\nfield = \"{field}\"\nvalue = ''\n");
    let config = read(&and(&row("tilte"))).expect("an unknown field is allowed");
    let warns = |text: &str| config.warnings.iter().any(|warning| warning.contains(text));
    assert!(warns(":18:9: mapping.user[1].field: unknown field `tilte`"), "{:?}", config.warnings);
    assert!(warns("`title`"));
    assert_refused(&and(&row("work place")), &["mapping.user[1].field", "is no field name"]);
    assert_refused(&and(&row("dept_id_list")), &["follows from the scope"]);
    assert_refused(&and(&row("extension.")), &["the key of a custom attribute"]);
    assert_refused(&and(&row("extension")), &["`extension.KEY`"]);
    assert_refused(&and(&row("init_password")), &["a password is never carried"]);
    assert_refused(&and(&(row("title") + &row("title"))), &[":21:9: mapping.user[2].field: a second row"]);
    assert_refused(&and("[[mapping.user]]\nfield = \"title\""), &[":17:", "mapping.user[1].value: missing"]);
    let rows = row("title") + &row("extension.成本中心");
    assert_eq!(read(&and(&rows)).expect("holds").profile.mapping.user.len(), 2);
}

#[test]
fn an_expression_that_does_not_parse_names_row_and_column() {
    let text = and("[[mapping.user]]\nfield = \"title\"\nvalue = 'Trim(user.usernam)'");
    assert_refused(&text, &[":19:9: mapping.user[1].value: row 1 (`title`), column 6: "]);
    let text = and("[[mapping.department]]\nfield = \"name\"\nvalue = 'Concat('");
    assert_refused(&text, &[":19:9: mapping.department[1].value: row 1 (`name`), column 8: "]);
    let text = and("[[mapping.department]]\nfield = \"name\"\nvalue = 'user.username'");
    assert_refused(&text, &["mapping.department[1].value", "column 1: "]);
    let text = with("scope =", "include = 'user.email =='\nscope =");
    assert_refused(&text, &[":16:11: scenario.include: column 14: "]);
    let text = and("[[mapping.user]]\nfield = \"title\"\nvalue = '''\nConcat(\n  nothing)'''");
    assert_refused(&text, &["mapping.user[1].value: row 1 (`title`), line 2, column 3: "]);
}
