//! Whole reads: the walk, the range, the head-count, what is hidden, what fails.

use std::collections::BTreeSet;

use dingsync::core::error::ErrorKind;
use dingsync::core::field::FieldName;
use dingsync::core::target::{DepartmentId, Range, Target, TargetRequest, UserId};
use serde_json::{Value, json};

use super::stub::{Stub, gateway, ok, refuse};

const LIST_SUB: &str = "/topapi/v2/department/listsub";
const DEPARTMENT_GET: &str = "/topapi/v2/department/get";
const USER_LIST: &str = "/topapi/v2/user/list";

fn scopes(departments: Value, users: Value, fields: Value) -> (u16, String) {
    let org = json!({"authed_dept": departments, "authed_user": users});
    (200, json!({"errcode": 0, "auth_user_field": fields, "auth_org_scopes": org}).to_string())
}

fn user(id: &str, departments: Value) -> Value {
    json!({"userid": id, "name": id, "dept_id_list": departments, "mobile": "13800000001", "state_code": "86"})
}

/// Root → 2 and 3, 3 → 4, and an associated organisation 9; three people, one in two departments, on two pages.
fn company() -> Stub {
    Stub::new()
        .on("/auth/scopes", |_| scopes(json!([1]), json!([]), json!(["name"])))
        .on(LIST_SUB, |call| {
            ok(match call.body["dept_id"].as_i64() {
                Some(1) => json!([
                    {"dept_id": 2, "parent_id": 1, "name": "A"},
                    {"dept_id": "3", "parent_id": "1", "name": "B", "ext": "{\"faceCount\":\"1\"}"},
                    {"dept_id": 9, "parent_id": 1, "name": "Partner", "from_union_org": true},
                ]),
                Some(3) => json!([{"dept_id": 4, "parent_id": 3, "name": "C"}]),
                _ => json!([]),
            })
        })
        .on(DEPARTMENT_GET, |call| {
            let id = call.body["dept_id"].as_i64().unwrap_or_default();
            let parent = match id {
                1 => return ok(json!({"dept_id": 1, "name": "Acme"})),
                4 => 3,
                _ => 1,
            };
            ok(json!({"dept_id": id, "parent_id": parent, "name": format!("D{id}"), "source_identifier": format!("ou_{id}")}))
        })
        .on(USER_LIST, |call| {
            assert_eq!(call.body["contain_access_limit"], true);
            ok(match (call.body["dept_id"].as_i64(), call.body["cursor"].as_i64()) {
                (Some(2), Some(0)) => json!({"has_more": true, "next_cursor": 100, "list": [user("u1", json!([2]))]}),
                (Some(2), Some(100)) => json!({"has_more": false, "list": [user("u2", json!([2, 4]))]}),
                (Some(4), _) => json!({"has_more": "false", "list": [user("u2", json!([2, 4])), user("u3", json!([4]))]}),
                _ => json!({"has_more": false, "list": []}),
            })
        })
        .on("/topapi/user/count", |_| ok(json!({"count": 3})))
        .on("/topapi/user/listadmin", |_| ok(json!([{"userid": "u3", "sys_level": 1}])))
}

#[tokio::test]
async fn the_whole_company_is_read_each_person_once() {
    let stub = company();
    let read = stub.client().await.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(read.is_complete);
    assert_eq!(read.range, Range::All);
    let ids: Vec<_> =
        read.departments.iter().map(|d| (d.id.0, d.parent.map(|p| p.0), d.is_foreign)).collect();
    let expected =
        [(1, None, false), (2, Some(1), false), (3, Some(1), false), (4, Some(3), false), (9, Some(1), true)];
    assert_eq!(ids, expected);
    assert_eq!(read.departments[1].source_identifier.as_deref(), Some("ou_2"));
    let users: Vec<_> = read.users.iter().map(|u| (u.id.0.as_str(), u.is_administrator)).collect();
    assert_eq!(users, [("u1", false), ("u2", false), ("u3", true)]);
    assert_eq!(read.users[1].departments, [DepartmentId(2), DepartmentId(4)]);
    assert!(!read.unreadable.contains("mobile") && read.unreadable.contains("email"));
    assert_eq!(read.read_at_ms, 1_700_000_000_000);
    // Token, range, CorpId, head-count, administrators; children and details of four departments, five pages.
    assert_eq!(read.calls, 18);
}

#[tokio::test]
async fn a_head_count_that_does_not_fit_is_read_again_and_then_incomplete() {
    let stub = company().on("/topapi/user/count", |_| ok(json!({"count": 4})));
    let read = stub.client().await.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(!read.is_complete);
    assert_eq!(read.users.len(), 3);
    assert_eq!(stub.calls(LIST_SUB).len(), 8);
}

#[tokio::test]
async fn a_service_that_refuses_the_head_count_and_the_administrators_does_not_stop_the_read() {
    let stub = company()
        .on("/topapi/user/count", |_| gateway("60011", "没有调用该接口的权限"))
        .on("/topapi/user/listadmin", |_| gateway("60011", "没有调用该接口的权限"));
    let read = stub.client().await.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(read.is_complete && !read.users[2].is_administrator);
}

#[tokio::test]
async fn a_partial_range_is_read_from_its_departments_and_single_users() {
    let stub = company()
        .on("/auth/scopes", |_| scopes(json!([3, 77]), json!(["u8", "gone"]), json!([])))
        .on(DEPARTMENT_GET, |call| match call.body["dept_id"].as_i64() {
            Some(77) => refuse(60003),
            Some(1) => refuse(50004),
            id => ok(json!({"dept_id": id, "parent_id": 1, "name": "D"})),
        })
        .on("/topapi/v2/user/get", |call| match call.body["userid"].as_str() {
            Some("u8") => ok(user("u8", json!([5]))),
            _ => refuse(60121),
        });
    let read = stub.client().await.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(!read.is_complete);
    assert!(matches!(&read.range, Range::Partial { departments, .. } if departments.len() == 2));
    assert_eq!(read.departments.iter().map(|d| d.id.0).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(read.users.iter().map(|u| u.id.0.as_str()).collect::<Vec<_>>(), ["u2", "u3", "u8"]);
}

#[tokio::test]
async fn fields_that_only_a_single_read_returns_are_read_singly_when_asked_for() {
    let stub = company().on("/topapi/v2/user/get", |call| {
        let mut found = user(call.body["userid"].as_str().unwrap_or_default(), json!([2]));
        found["manager_userid"] = "u1".into();
        ok(found)
    });
    let request = TargetRequest {
        user_fields: BTreeSet::from([FieldName::new("manager_userid")]),
        ..TargetRequest::default()
    };
    let read = stub.client().await.snapshot(&request).await.expect("a read");
    assert!(read.users.iter().all(|user| user.field("manager_userid") == Some("u1")));
    assert_eq!(stub.calls("/topapi/v2/user/get").len(), 3);
}

#[tokio::test]
async fn hidden_fields_are_told_from_empty_ones() {
    let hidden = company().on(USER_LIST, |_| ok(json!({"list": [{"userid": "u1", "name": "x"}]})));
    let request = TargetRequest {
        user_fields: BTreeSet::from([FieldName::new("extension.Cost"), FieldName::new("title")]),
        ..TargetRequest::default()
    };
    let read = hidden.client().await.snapshot(&request).await.expect("a read");
    for name in ["mobile", "email", "org_email", "remark", "work_place", "extension.Cost"] {
        assert!(read.unreadable.contains(name), "{name}");
    }
    assert!(!read.unreadable.contains("title"));
    let empty = company()
        .on("/auth/scopes", |_| scopes(json!([1]), json!([]), json!(["mobile"])))
        .on(USER_LIST, |_| ok(json!({"list": [{"userid": "u1", "name": "x", "remark": ""}]})));
    let read = empty.client().await.snapshot(&request).await.expect("a read");
    assert_eq!(read.unreadable, BTreeSet::new());
}

#[tokio::test]
async fn a_department_that_vanishes_during_the_walk_starts_it_again() {
    let stub = company().on(USER_LIST, |call| match call.before {
        0 => refuse(60003),
        _ => {
            ok(json!({"has_more": false, "list": [user(&format!("u{}", call.body["dept_id"]), json!([2]))]}))
        }
    });
    let stub = stub.on("/topapi/user/count", |_| ok(json!({"count": 4})));
    let read = stub.client().await.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(read.is_complete);
    let twice = company().on(USER_LIST, |_| refuse(60003));
    let error = twice.client().await.snapshot(&TargetRequest::default()).await.expect_err("an error");
    assert_eq!(error.code.as_deref(), Some("60003"));
}

#[tokio::test]
async fn a_page_that_fails_for_good_fails_the_read() {
    let stub = company().on(USER_LIST, |call| match call.body["dept_id"].as_i64() {
        Some(4) => gateway("60011", "x, {requiredScopes=[qyapi_get_department_member]}"),
        _ => ok(json!({"list": []})),
    });
    let error = stub.client().await.snapshot(&TargetRequest::default()).await.expect_err("an error");
    assert_eq!(error.kind, ErrorKind::Permission);
    assert_eq!(error.missing, ["qyapi_get_department_member"]);
}

#[tokio::test]
async fn pages_that_go_round_in_circles_fail_the_read() {
    for next in [json!(0), json!(null)] {
        let stub =
            company().on(USER_LIST, move |_| ok(json!({"has_more": true, "next_cursor": next, "list": []})));
        let error = stub.client().await.snapshot(&TargetRequest::default()).await.expect_err("an error");
        assert_eq!(error.kind, ErrorKind::Service);
    }
}

#[tokio::test]
async fn single_reads_answer_what_they_are_asked() {
    let stub = company().on("/topapi/user/listid", |_| ok(json!({"userid_list": ["01", "02"]}))).on(
        "/topapi/v2/user/getbymobile",
        |call| match call.body["mobile"].as_str() {
            Some("13800000001") => ok(json!({"userid": "01"})),
            Some("1") => refuse(40104),
            _ => refuse(60121),
        },
    );
    let client = stub.client().await;
    assert_eq!(client.members(DepartmentId(2)).await.expect("ids").len(), 2);
    let children: Vec<_> =
        client.children(DepartmentId::ROOT).await.expect("children").iter().map(|d| d.id.0).collect();
    assert_eq!(children, [2, 3]);
    assert_eq!(client.user_by_mobile("13800000001").await.expect("an answer"), Some(UserId("01".into())));
    for nobody in ["13800000002", "1"] {
        assert_eq!(client.user_by_mobile(nobody).await.expect("an answer"), None);
    }
    assert_eq!(
        client.department(DepartmentId(4)).await.expect("an answer").and_then(|d| d.parent),
        Some(DepartmentId(3))
    );
}
