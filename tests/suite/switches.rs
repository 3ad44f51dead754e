//! The simulated DingTalk as its rules and switches say (reference `dingtalk-api.md` sections 12 and 13), called without
//! our client, and each reading of an open question outlived by a whole sync.

use serde_json::{Value, json};

use crate::support::{TestEnv, account, department, small_company, unit, user};

/// A call of the older family: JSON body, token in the query.
fn call(env: &TestEnv, path: &str, body: &Value) -> Value {
    let token = get(env, "/gettoken?appkey=dingsimulatorkey01&appsecret=simulated-app-secret-0001");
    let token = token["access_token"].as_str().unwrap_or("none").to_owned();
    send(env, &format!("/topapi/{path}?access_token={token}"), Some(body.to_string()))
}

fn get(env: &TestEnv, path: &str) -> Value {
    send(env, path, None)
}

fn send(env: &TestEnv, path: &str, body: Option<String>) -> Value {
    let url = format!("{}{path}", env.simulator.url());
    env.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = match body {
            Some(body) => client.post(url).header("content-type", "application/json").body(body),
            None => client.get(url),
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200, "the older family answers 200 always");
        answer.json().await.unwrap()
    })
}

/// The effective code: `sub_code` behind 88.
fn code(answer: &Value) -> String {
    match answer["sub_code"].as_str() {
        Some(code) if answer["errcode"] == 88 => code.to_owned(),
        _ => answer["errcode"].to_string(),
    }
}

fn company() -> TestEnv {
    let mut seed = small_company();
    let mut chief = user(90, &[700]);
    chief.sys_level = Some(1);
    seed.departments =
        vec![department(700, "Old", 1), department(701, "Below", 700), department(702, "Empty", 1)];
    seed.users = vec![chief, user(91, &[700])];
    TestEnv::new(&seed)
}

fn person(number: u32) -> Value {
    json!({"name": "New", "mobile": format!("1390000{number:04}"), "dept_id_list": "700"})
}

#[test]
fn a_call_is_checked_in_the_order_of_the_rules() {
    let env = company();
    let unknown = call(&env, "v2/user/notexist", &json!({}));
    assert_eq!((unknown["errcode"].clone(), code(&unknown)), (json!(22), "22".to_owned()));
    assert_eq!(code(&send(&env, "/topapi/v2/user/get", Some("{}".into()))), "40000");
    assert_eq!(code(&send(&env, "/topapi/v2/user/get?access_token=wrong", Some("{}".into()))), "40014");
    assert_eq!(code(&call(&env, "v2/user/get", &json!({}))), "400002");
    env.fault("partial-range=702");
    assert_eq!(code(&call(&env, "v2/user/get", &json!({"userid": "u0091"}))), "50002");
    assert_eq!(code(&call(&env, "v2/department/get", &json!({"dept_id": 700}))), "50004");
    assert_eq!(code(&call(&env, "v2/department/listsub", &json!({}))), "50004");
    // Not limited by the range.
    assert_eq!(code(&call(&env, "user/listid", &json!({"dept_id": 700}))), "0");
    assert_eq!(code(&call(&env, "v2/department/listsubid", &json!({"dept_id": 700}))), "0");
    env.fault("qps=0");
    assert_eq!(code(&call(&env, "v2/user/get", &json!({}))), "90018");
    env.fault("no-permission=qyapi_get_member");
    let denied = call(&env, "v2/user/get", &json!({}));
    assert_eq!(code(&denied), "60011");
    assert!(denied["sub_msg"].as_str().unwrap().contains("requiredScopes=[qyapi_get_member]"));
    env.fault("ip-not-allowed=203.0.113.9");
    assert_eq!(code(&call(&env, "v2/user/get", &json!({}))), "60020");
    assert_eq!(get(&env, "/auth/scopes?access_token=wrong")["errcode"], 40014, "bare paths have no 88");
    env.fault("secret-rotated");
    assert_eq!(
        get(&env, "/gettoken?appkey=dingsimulatorkey01&appsecret=simulated-app-secret-0001")["errcode"],
        40096
    );
    assert_eq!(get(&env, "/gettoken")["errcode"], 40035);
}

#[test]
fn departments_are_refused_by_the_rules() {
    let env = company();
    let create = |body: Value| code(&call(&env, "v2/department/create", &body));
    let update = |body: Value| code(&call(&env, "v2/department/update", &body));
    let delete = |id: i64| code(&call(&env, "v2/department/delete", &json!({"dept_id": id})));
    for (body, expected) in [
        (json!({"name": "x".repeat(65), "parent_id": 1}), "60001"),
        (json!({"name": "a-b", "parent_id": 1}), "60009"),
        (json!({"name": "a，b", "parent_id": 1}), "60009"),
        (json!({"name": "a", "parent_id": 4711}), "60004"),
        (json!({"name": "Old", "parent_id": 1}), "60021"),
        (json!({"name": "Old", "parent_id": 700}), "0"),
        (json!({"parent_id": 1}), "40035"),
    ] {
        assert_eq!(create(body.clone()), expected, "{body}");
    }
    for (body, expected) in [
        (json!({"dept_id": 1, "name": "Root"}), "60018"),
        (json!({"dept_id": 700, "parent_id": 701}), "60010"),
        (json!({"dept_id": 4711, "name": "x"}), "60003"),
        (json!({"dept_id": -7, "name": "x"}), "40009"),
        (json!({"dept_id": 702, "name": "Old"}), "60021"),
        (json!({"dept_id": 702, "dept_manager_userid_list": "u0091"}), "40031"),
        (json!({"dept_id": "702", "order": "5", "hide_dept": "true"}), "0"),
    ] {
        assert_eq!(update(body.clone()), expected, "{body}");
    }
    assert_eq!((delete(1), delete(700), delete(4711)), ("60007".into(), "60005".into(), "60003".into()));
    let read = call(&env, "v2/department/get", &json!({"dept_id": 702}));
    assert_eq!((&read["result"]["order"], &read["result"]["hide_dept"]), (&json!(5), &json!(true)));
    assert_eq!(delete(702), "0");
}

#[test]
fn users_are_refused_by_the_rules() {
    let env = company();
    let create = |body: Value| code(&call(&env, "v2/user/create", &body));
    let with = |key: &str, value: Value| {
        let mut body = person(1);
        body[key] = value;
        body
    };
    for (body, expected) in [
        (with("name", json!("长".repeat(81))), "60112"),
        (with("mobile", json!("12345")), "60103"),
        (with("mobile", json!("13800000091")), "60104"),
        (with("mobile", json!("+85251234567")), "60103"),
        (with("userid", json!("u0091")), "60102"),
        (with("userid", json!("x".repeat(65))), "40003"),
        (with("email", json!("person91@example.com")), "60106"),
        (with("dept_id_list", json!("4711")), "60003"),
        (with("dept_id_list", json!("")), "40066"),
        (with("title", json!("x".repeat(201))), "60119"),
        (with("extension", json!("no json")), "60122"),
        (json!({"name": "a", "dept_id_list": "700"}), "40035"),
    ] {
        assert_eq!(create(body.clone()), expected, "{body}");
    }
    let made = call(&env, "v2/user/create", &with("mobile", json!("+852-51234567")));
    assert!(made["result"]["unionId"].is_string() && made["result"]["userid"].is_string(), "{made}");
    let read = call(&env, "v2/user/get", &json!({"userid": made["result"]["userid"]}));
    assert_eq!(
        (&read["result"]["state_code"], &read["result"]["mobile"]),
        (&json!("852"), &json!("51234567"))
    );
    assert_eq!(read["result"]["dept_id_list"], json!([700]), "an array in answers");
    let update = |body: Value| code(&call(&env, "v2/user/update", &body));
    assert_eq!(update(json!({"userid": "nobody"})), "60121");
    assert_eq!(update(json!({"userid": "u0091", "mobile": "13900000009"})), "40022");
    assert_eq!(update(json!({"userid": "u0091", "manager_userid": "nobody"})), "60128");
    assert_eq!(code(&call(&env, "v2/user/delete", &json!({}))), "33012");
    assert_eq!(code(&call(&env, "v2/user/delete", &json!({"userid": "u0090"}))), "-1");
    let pages = |body: Value| code(&call(&env, "v2/user/list", &body));
    assert_eq!(pages(json!({"dept_id": 700, "cursor": 0, "size": 101})), "40069");
    assert_eq!(pages(json!({"dept_id": 700, "cursor": -1, "size": 10})), "40068");
    let last = call(&env, "v2/user/list", &json!({"dept_id": 700, "cursor": 0, "size": 100}));
    assert_eq!(last["result"]["has_more"], false);
    assert!(last["result"].get("next_cursor").is_none(), "absent on the last page");
    assert_eq!(code(&call(&env, "v2/user/getbymobile", &json!({"mobile": "12"}))), "40104");
    assert_eq!(code(&call(&env, "v2/user/getbymobile", &json!({"mobile": "13712345678"}))), "60121");
}

#[test]
fn every_open_question_has_a_switch() {
    let answers = |fault: &str, path: &str, body: &Value| {
        let env = company();
        env.fault(fault);
        code(&call(&env, path, body))
    };
    let named = |userid: &str| {
        let mut body = person(2);
        body["userid"] = json!(userid);
        body
    };
    let marked = |mark: &str| json!({"name": "Marked", "parent_id": 1, "source_identifier": mark});
    for (fault, path, body, expected) in [
        (
            "duplicate-name-code=60008",
            "v2/department/create",
            json!({"name": "Old", "parent_id": 1}),
            "60008",
        ),
        ("parameter-code=41", "v2/department/update", json!({}), "41"),
        ("parameter-code=40", "v2/user/create", json!({}), "40"),
        ("userid-strict", "v2/user/create", named("a b"), "40003"),
        ("userid-caseless", "v2/user/create", named("U0091"), "60102"),
        ("userid-caseless", "v2/user/get", json!({"userid": "U0091"}), "0"),
        ("administrator-delete-code=60011", "v2/user/delete", json!({"userid": "u0090"}), "60011"),
        ("head-count=2", "v2/user/create", person(3), "40024"),
        ("levels=2", "v2/department/create", json!({"name": "Deep", "parent_id": 701}), "60002"),
        ("children=2", "v2/department/create", json!({"name": "Wide", "parent_id": 1}), "60110"),
        ("departments=3", "v2/department/create", json!({"name": "Many", "parent_id": 1}), "60110"),
        ("identifier-length=3", "v2/department/create", marked("ou_a"), "400002"),
        ("add-quota=0", "v2/user/create", person(4), "-1"),
        ("smart-hr", "v2/user/update", json!({"userid": "u0091", "title": "x"}), "12150"),
        ("pending=13900000005", "v2/user/create", person(5), "40103"),
    ] {
        assert_eq!(answers(fault, path, &body), expected, "{fault}");
    }
    let env = company();
    env.fault("identifier-unique");
    assert_eq!(code(&call(&env, "v2/department/create", &marked("ou_a"))), "0");
    assert_eq!(
        code(&call(&env, "v2/department/update", &json!({"dept_id": 702, "source_identifier": "ou_a"}))),
        "400002"
    );
    env.fault("throttle");
    env.fault("throttle-text=too often");
    assert_eq!(call(&env, "v2/user/get", &json!({"userid": "u0091"}))["sub_msg"], "too often");
}

#[test]
fn parameters_may_be_looked_at_before_the_permission_and_the_check_says_so() {
    let env = company();
    env.fault("no-permission=qyapi_manage_addresslist");
    assert_eq!(code(&call(&env, "v2/department/update", &json!({}))), "60011");
    env.fault("parameters-first");
    assert_eq!(code(&call(&env, "v2/department/update", &json!({}))), "40035");
}

#[test]
fn who_accepts_an_invitation_joins_with_the_userid_of_the_switch() {
    for (switch, is_own) in [(None, true), (Some("accepted-userid=generated"), false)] {
        let env = company();
        switch.iter().for_each(|text| env.fault(text));
        env.fault("pending=13900000006");
        let mut body = person(6);
        body["userid"] = json!("chosen");
        assert_eq!(code(&call(&env, "v2/user/create", &body)), "40103");
        assert_eq!(code(&call(&env, "v2/user/getbymobile", &json!({"mobile": "13900000006"}))), "60121");
        assert!(env.simulator.dingtalk().world().accept("13900000006"));
        assert!(!env.simulator.dingtalk().world().accept("13900000006"), "once");
        let found = call(&env, "v2/user/getbymobile", &json!({"mobile": "13900000006"}));
        assert_eq!(found["result"]["userid"] == "chosen", is_own, "{found}");
    }
}

#[test]
fn a_fault_comes_into_force_at_its_moment_and_a_limit_can_change() {
    let env = company();
    env.fault("no-mobile~3600");
    let read = call(&env, "v2/user/get", &json!({"userid": "u0091"}));
    assert_eq!(read["result"]["mobile"], "13800000091");
    env.fault("no-mobile~0");
    let read = call(&env, "v2/user/get", &json!({"userid": "u0091"}));
    assert!(read["result"].get("mobile").is_none());
}

#[test]
fn a_sync_comes_to_the_same_end_under_every_reading_of_an_open_question() {
    let mut seed = small_company();
    seed.accounts.push(account(7, &["ou_c"]));
    seed.accounts.last_mut().unwrap().phone_region = Some("852".into());
    seed.accounts.last_mut().unwrap().phone_number = Some("51234567".into());
    seed.units.push(unit("ou_d", "深", Some("ou_b")));
    seed.users = vec![user(3, &[1])];
    for switches in [
        &["duplicate-name-code=60008"][..],
        &["delete-with-children=60006"],
        &["parameter-code=41", "parameters-first"],
        &["userid-caseless", "userid-strict"],
        &["identifier-unique"],
        &["foreign-mobile=dashed"],
        &["visibility-delay=300"],
        &["empty-as-absent"],
        &["empty-is-ignored"],
        &["throttle=3", "throttle-text=slowly"],
        &["idaas-recursive"],
        &["idaas-primary-only"],
        &["idaas-children-only"],
        &["idaas-order=reverse"],
        &["idaas-order=shuffled"],
        &["idaas-still-time"],
        &["idaas-beyond-end=error"],
        &["idaas-not-found-code=User.NotExist"],
        &["throttle=2@ListUsers", "throttle-status=429", "retry-after=50"],
        &["error-status=500", "server-error=2@user/list"],
    ] {
        let env = TestEnv::new(&seed);
        switches.iter().for_each(|switch| env.fault(switch));
        let ran = env.run(&["sync", "--yes", "--json"]);
        assert_eq!(ran.code, 0, "{switches:?}: {}\n{}", ran.stdout, ran.stderr);
        let (users, departments) = {
            let world = env.simulator.dingtalk().world();
            (world.users.len(), world.departments.len())
        };
        assert_eq!((users, departments), (7, 5), "{switches:?}");
        let next = env.run(&["preview", "--json", "--detailed-exitcode"]);
        assert_eq!(next.code, 0, "{switches:?}: {}\n{}", next.stdout, next.stderr);
    }
}

#[test]
fn the_source_refuses_by_its_rules() {
    for (fault, kind, part) in [
        ("idaas-key-inactive", "credentials", "disabled"),
        ("idaas-secret-rotated", "credentials", ""),
        ("idaas-clock-skew=1200", "credentials", "clock"),
        ("idaas-no-permission=ListUsers", "permission", "ListUsers"),
    ] {
        let env = TestEnv::new(&small_company());
        env.fault(fault);
        let ran = env.run(&["preview", "--json"]);
        assert_eq!(ran.code, 1, "{fault}: {}", ran.stdout);
        let error = ran.json()["error"].to_string();
        assert!(error.contains(&format!("\"kind\":\"{kind}\"")) && error.contains(part), "{fault}: {error}");
    }
}

/// The item of a check.
fn item(env: &TestEnv, id: &str) -> Value {
    let ran = env.run(&["check", "--json"]);
    ran.json()["items"].as_array().unwrap().iter().find(|item| item["id"] == id).unwrap().clone()
}

#[test]
fn a_field_permission_is_named_by_its_label_where_fields_are_missing_and_by_its_code_where_calls_are_refused()
{
    let env = company();
    env.fault("no-mobile");
    let hidden = item(&env, "mobile_readable");
    assert_eq!((&hidden["status"], &hidden["missing"]), (&json!("fail"), &json!(["企业员工手机号信息"])));
    env.heal("no-mobile");
    // No code is published: whatever the gateway names is what is told.
    for code in ["fieldMobile", "qyapi_get_member_mobile"] {
        env.fault(&format!("field-permission={code}"));
        let refused = item(&env, "members_readable");
        assert_eq!((&refused["status"], &refused["code"]), (&json!("fail"), &json!("60011")), "{refused}");
        assert_eq!(refused["missing"], json!([code]));
        let ran = env.run(&["preview", "--json"]);
        let error = ran.json()["error"].clone();
        assert_eq!((ran.code, &error["kind"]), (1, &json!("permission")));
        assert!(error["message"].as_str().unwrap().contains(code), "{error}");
        env.heal("field-permission");
    }
    assert_eq!(item(&env, "mobile_readable")["status"], "pass");
}

#[test]
fn an_empty_address_list_lets_everybody_in_or_nobody_and_check_says_which() {
    let env = company();
    assert_eq!(item(&env, "egress_ip")["status"], "pass");
    env.fault("ip-list-empty=refused");
    let refused = item(&env, "egress_ip");
    assert_eq!((&refused["status"], &refused["code"]), (&json!("fail"), &json!("60020")));
    assert!(refused.to_string().contains("127.0.0.1"), "the address to enter is told: {refused}");
    // The check's own harmless call has come before.
    let before = env.simulator.dingtalk().writes();
    let ran = env.run(&["sync", "--yes", "--json"]);
    assert_eq!((ran.code, env.simulator.dingtalk().writes() - before), (1, 0), "{}", ran.stderr);
    env.heal("ip-list-empty");
    assert_eq!(env.run(&["sync", "--yes"]).code, 0);
}
