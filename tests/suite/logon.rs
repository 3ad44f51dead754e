//! DingTalk QR code logon through the program: one provider whatever happens, everybody bound, nobody else's binding
//! touched.

use std::time::{Duration, Instant};

use dingsync::core::course::Course;
use dingsync::live::{Follower, Place};
use dingsync::simulator::changes::Step;
use serde_json::{Value, json};

use crate::support::{TestEnv, small_company};

const DOMAIN: &str = "callback_domain = \"simulator.example.com\"";

/// Rewrites the settings: QR code logon chosen or not, with a callback domain or none.
fn choose(env: &TestEnv, is_chosen: bool, domain: &str) {
    env.write_settings("");
    let path = env.path("dingsync.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace("[scenario]\n", &format!("[scenario]\nqr_logon = {is_chosen}\n"))
        .replace("[dingtalk]\n", &format!("[dingtalk]\n{domain}\n"));
    std::fs::write(path, text).unwrap();
}

fn synchronized() -> TestEnv {
    let env = TestEnv::new(&small_company());
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    choose(&env, true, DOMAIN);
    env
}

fn providers(env: &TestEnv) -> Vec<(bool, String)> {
    let world = env.simulator.idaas().world();
    world.providers.values().map(|provider| (provider.is_authn_enabled, provider.corp_id.clone())).collect()
}

fn mappings(env: &TestEnv) -> Vec<(String, String)> {
    let world = env.simulator.idaas().world();
    let mut found: Vec<_> =
        world.mappings.iter().map(|mapping| (mapping.user.clone(), mapping.external.clone())).collect();
    found.sort();
    found
}

/// What `links list` says of the users.
fn bindings(env: &TestEnv) -> Vec<(String, String)> {
    let links = env.run(&["links", "list", "--json"]).json();
    let rows = links["links"].as_array().unwrap().iter().filter(|link| link["entity"] == "user");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.map(|link| (text(&link["source_id"]), text(&link["target_id"]))).collect()
}

fn by_hand(env: &TestEnv, action: &str, with: Value) -> Value {
    let step = Step { idaas: Some(action.to_owned()), with, ..Step::default() };
    env.simulator.company().take(&step).unwrap()
}

#[test]
fn on_off_and_on_again_leaves_one_provider_and_everybody_bound() {
    let env = synchronized();
    let corp = env.simulator.options().credentials.corp_id.clone();
    assert_eq!(env.run(&["logon", "apply", "--yes"]).code, 0);
    assert_eq!(providers(&env), [(true, corp.clone())]);
    assert_eq!(mappings(&env), bindings(&env));
    assert_eq!(mappings(&env).len(), 6);

    choose(&env, false, DOMAIN);
    assert_eq!(env.run(&["logon", "apply", "--yes"]).code, 0);
    assert_eq!(providers(&env), [(false, corp.clone())]);

    choose(&env, true, DOMAIN);
    let again = env.run(&["logon", "apply", "--yes", "--json"]);
    assert_eq!(again.code, 0);
    let actions: Vec<Value> = again.lines().iter().map(|line| line["action"].clone()).collect();
    assert_eq!(actions, [json!("enable_provider")]);
    assert_eq!(providers(&env), [(true, corp)]);
    assert_eq!(mappings(&env).len(), 6);
}

#[test]
fn a_sync_is_followed_by_logon_under_the_same_approval_and_then_nothing_is_left() {
    let env = TestEnv::new(&small_company());
    choose(&env, true, DOMAIN);
    let preview = env.run(&["preview"]);
    assert!(preview.stdout.contains("DingTalk QR code logon: 7 writes into IDaaS"), "{}", preview.stdout);
    assert!(preview.stdout.contains("once its user is created"), "{}", preview.stdout);
    assert_eq!(env.simulator.idaas().writes(), 0, "a preview writes nothing");

    let refused = env.run(&["sync"]);
    assert_eq!((refused.code, providers(&env).len()), (4, 0));

    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    let lines = ran.lines();
    assert_eq!(lines.last().unwrap()["type"], "finished");
    let logon: Vec<&Value> = lines.iter().filter(|line| line["type"] == "logon").collect();
    assert_eq!(logon.len(), 7);
    assert!(logon.iter().all(|line| line["outcome"] == "applied"), "{logon:?}");
    assert_eq!(mappings(&env), bindings(&env));

    let before = env.simulator.idaas().writes();
    let again = env.run(&["sync", "--yes", "--json"]);
    assert_eq!(again.code, 0);
    assert!(again.lines().iter().all(|line| line["type"] != "logon"));
    assert_eq!(env.simulator.idaas().writes(), before);
    let document = env.run(&["preview", "--json"]).json();
    assert_eq!(document["format"], "dingsync.plan/1");
    assert!(document.get("logon").is_none(), "the plan document keeps its shape");
}

#[test]
fn a_saved_plan_without_records_is_followed_by_logon_and_its_events_say_so() {
    let env = synchronized();
    let file = env.path("plan.json").display().to_string();
    assert_eq!(env.run(&["preview", "--out", &file]).code, 0);
    let ran = env.run(&["sync", "--plan", &file, "--yes", "--json"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(mappings(&env), bindings(&env));

    let run = ran.lines()[0]["run"].as_str().unwrap().to_owned();
    let state = env.path("state.db");
    let mut course = Course::default();
    for line in Follower::new(Place::of(&state).events(&run).unwrap()).read().unwrap() {
        course.take(line);
    }
    assert_eq!(course.whole(), (7, 7), "the provider and six accounts: {:?}", course.logon);
    assert!(course.finished.is_some());
}

#[test]
fn what_others_bound_is_left_alone_and_told() {
    let env = synchronized();
    let bound = bindings(&env);
    // Somebody made the provider and bound one account rightly and one to another user.
    let app = env.simulator.options().credentials.clone();
    let made = by_hand(
        &env,
        "CreateIdentityProvider",
        json!({"IdentityProviderName": "theirs", "IdentityProviderType": "urn:alibaba:idaas:idp:alibaba:dingtalk:push",
            "DingtalkAppConfig": {"CorpId": app.corp_id, "AppKey": app.app_key, "AppSecret": "x"}}),
    );
    let provider = made["IdentityProviderId"].as_str().unwrap().to_owned();
    for (account, user) in [(&bound[0].0, bound[0].1.as_str()), (&bound[1].0, "somebody")] {
        by_hand(
            &env,
            "BindUserAuthnSourceMapping",
            json!({"UserId": account, "IdentityProviderId": provider, "UserExternalId": user}),
        );
    }
    let ran = env.run(&["logon", "apply", "--yes", "--json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let skipped: Vec<Value> = ran.lines().into_iter().filter(|line| line["outcome"] == "skipped").collect();
    assert_eq!(skipped.len(), 1);
    assert_eq!(skipped[0]["source_id"], bound[1].0.as_str());
    assert_eq!(providers(&env).len(), 1, "theirs is used");
    let expected: Vec<(String, String)> = bound
        .iter()
        .map(|(account, user)| {
            let user = if *account == bound[1].0 { "somebody" } else { user };
            (account.clone(), user.to_owned())
        })
        .collect();
    assert_eq!(mappings(&env), expected);

    let status = env.run(&["logon", "--json"]).json();
    let rows = status["changes"].as_array().unwrap();
    let conflict = rows.iter().find(|row| row["action"] == "conflict").unwrap();
    assert_eq!((&conflict["before"], &conflict["reason"]), (&json!("somebody"), &json!("bound_by_others")));

    // Unbound by hand: ours to bind.
    by_hand(
        &env,
        "UnbindUserAuthnSourceMapping",
        json!({"UserId": bound[1].0, "IdentityProviderId": provider, "UserExternalId": "somebody"}),
    );
    assert_eq!(env.run(&["logon", "apply", "--yes"]).code, 0);
    assert_eq!(mappings(&env), bound);
}

#[test]
fn a_binding_of_ours_ends_with_the_binding_of_the_sync() {
    let env = synchronized();
    env.run(&["logon", "apply", "--yes"]);
    let account = bindings(&env)[0].0.clone();
    assert_eq!(env.run(&["links", "remove", "user", &account]).code, 0);
    let ran = env.run(&["logon", "apply", "--yes", "--json"]);
    assert_eq!(ran.lines()[0]["action"], "unbind", "{}", ran.stdout);
    assert_eq!(mappings(&env), bindings(&env));
    assert_eq!(mappings(&env).len(), 5);
}

#[test]
fn without_a_callback_domain_it_is_refused_and_a_sync_says_so() {
    let env = synchronized();
    choose(&env, true, "");
    let refused = env.run(&["logon", "apply", "--yes", "--json"]);
    assert_eq!(refused.code, 78);
    assert_eq!(refused.json()["error"]["kind"], "settings");
    let ran = env.run(&["sync", "--yes"]);
    assert_eq!(ran.code, 3, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("callback_domain"), "{}", ran.stderr);
    assert!(providers(&env).is_empty());
}

#[test]
fn a_provider_of_others_is_not_switched_off_unless_it_was_chosen_here() {
    let env = synchronized();
    let app = env.simulator.options().credentials.clone();
    by_hand(
        &env,
        "CreateIdentityProvider",
        json!({"IdentityProviderName": "theirs", "IdentityProviderType": "urn:alibaba:idaas:idp:alibaba:dingtalk:push",
            "AuthnConfig": {"AuthnStatus": "enabled"},
            "DingtalkAppConfig": {"CorpId": app.corp_id, "AppKey": app.app_key, "AppSecret": "x"}}),
    );
    choose(&env, false, DOMAIN);
    assert_eq!(env.run(&["logon", "apply", "--yes"]).code, 0);
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
    assert_eq!(providers(&env), [(true, app.corp_id)]);
}

#[test]
fn an_answer_that_is_lost_is_looked_for_and_nothing_is_sent_twice() {
    let env = synchronized();
    env.fault("apply-then-drop=1@CreateIdentityProvider");
    env.fault("apply-then-drop=every:3@BindUserAuthnSourceMapping");
    let ran = env.run(&["logon", "apply", "--yes"]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(providers(&env).len(), 1);
    assert_eq!(mappings(&env), bindings(&env));
    let counters = env.simulator.idaas().counters();
    assert_eq!((counters["CreateIdentityProvider"], counters["BindUserAuthnSourceMapping"]), (1, 6));
}

#[test]
fn killed_at_any_moment_it_leaves_one_provider_and_ends_the_next_time() {
    // How long after the start it is killed is measured by calls that IDaaS has seen, not by the clock.
    for calls in [1, 3, 4, 5, 6, 8, 11, 14] {
        let env = synchronized();
        let seen = || env.simulator.idaas().counters().values().sum::<u64>();
        let before = seen();
        env.fault("slow=15");
        let mut child = env
            .command(&["logon", "apply", "--yes"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while seen() < before + calls && child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60), "{calls} calls never came");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        env.heal("slow");
        let ran = env.run(&["logon", "apply", "--yes"]);
        assert_eq!(ran.code, 0, "killed after {calls} calls: {}\n{}", ran.stdout, ran.stderr);
        assert_eq!(providers(&env).len(), 1, "killed after {calls} calls");
        assert_eq!(mappings(&env), bindings(&env), "killed after {calls} calls");
        let calls_of = env.run(&["logon", "--json"]).json();
        assert!(calls_of["calls"].as_array().unwrap().iter().all(|call| !call["ended"].is_null()));
    }
}

#[test]
fn a_missing_right_is_named_and_nothing_is_half_done() {
    let env = synchronized();
    env.fault("idaas-no-permission=CreateIdentityProvider");
    let ran = env.run(&["logon", "apply", "--yes"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("eiam:CreateIdentityProvider"), "{}", ran.stderr);
    assert!(mappings(&env).is_empty());
    env.heal("idaas-no-permission");
    assert_eq!(env.run(&["logon", "apply", "--yes"]).code, 0);
    let policy = env.run(&["logon", "policy"]).json();
    assert!(
        policy["Statement"][0]["Action"].as_array().unwrap().contains(&json!("eiam:CreateIdentityProvider"))
    );
}

#[test]
fn the_status_tells_the_chain_link_by_link_and_shows_the_address_as_a_code() {
    let env = synchronized();
    choose(&env, true, "callback_domain = \"other.example.com\"");
    let link = |status: &Value, name: &str| {
        let links = status["chain"]["links"].as_array().unwrap().clone();
        links.into_iter().find(|link| link["link"] == name).unwrap()
    };
    let status = env.run(&["logon", "--json"]).json();
    assert_eq!(status["format"], "dingsync.logon/1");
    assert_eq!(link(&status, "callback_domain")["status"], "fail");
    assert_eq!(link(&status, "callback_domain")["expected"], "simulator.example.com");
    assert_eq!(link(&status, "provider")["status"], "fail");
    assert_eq!(link(&status, "userids")["status"], "not_run");

    choose(&env, true, "edition = \"dedicated\"\ncallback_domain = \"https://simulator.example.com\"");
    env.run(&["logon", "apply", "--yes"]);
    let status = env.run(&["logon", "--json"]).json();
    assert_eq!(link(&status, "callback_domain")["status"], "pass");
    assert_eq!(link(&status, "enabled")["status"], "pass");
    let accounts = link(&status, "accounts");
    assert_eq!((&accounts["found"], &accounts["expected"]), (&json!("6"), &json!("6")));
    assert_eq!(link(&status, "userids")["status"], "warn");
    assert_eq!(status["chain"]["differing"].as_array().unwrap().len(), 6);
    assert_eq!(status["chain"]["address"], "https://simulator.example.com/");

    let text = env.run(&["logon", "--ascii"]).stdout;
    assert!(text.contains("6 of 6 bound accounts can log on"), "{text}");
    assert!(text.contains("######") && text.is_ascii(), "{text}");
    let chinese = env.run(&["logon", "--lang", "zh-CN"]).stdout;
    assert!(chinese.contains("回调域名与 IDaaS 域名一致") && chinese.contains('█'), "{chinese}");
}
