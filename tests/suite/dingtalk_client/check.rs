//! The items of the check.

use dingsync::core::check::{CheckContext, CheckId, CheckStatus, Finding};
use dingsync::core::profile::IdentityField;
use dingsync::core::target::{DepartmentId, Target};
use serde_json::{Value, json};

use super::stub::{Stub, gateway, ok, refuse};

const UPDATE: &str = "/topapi/v2/department/update";
const CORP: &str = "/v1.0/oauth2/dingcorp/token";

fn context(targets: &[i64], identity: &[IdentityField]) -> CheckContext {
    CheckContext {
        target_departments: targets.iter().copied().map(DepartmentId).collect(),
        identity: identity.to_vec(),
        ..CheckContext::default()
    }
}

async fn run(stub: &Stub, item: CheckId, context: &CheckContext) -> Finding {
    stub.client().await.check(item, context).await
}

fn scopes(departments: Value) -> impl Fn(&super::stub::Call) -> (u16, String) + Send + 'static {
    move |_| {
        let org = json!({"authed_dept": departments, "authed_user": []});
        (200, json!({"errcode": 0, "auth_user_field": [], "auth_org_scopes": org}).to_string())
    }
}

fn healthy() -> Stub {
    Stub::new()
        .on("/auth/scopes", scopes(json!([1])))
        .on(CORP, |_| (200, json!({"access_token": "c", "expires_in": 7200}).to_string()))
        .on("/topapi/v2/department/get", |call| ok(json!({"dept_id": call.body["dept_id"], "name": "D"})))
        .on("/topapi/v2/department/listsub", |call| match call.body["dept_id"].as_i64() {
            Some(1) => ok(json!([{"dept_id": 2, "parent_id": 1}])),
            _ => ok(json!([])),
        })
        .on("/topapi/user/listid", |_| ok(json!({"userid_list": []})))
        .on("/topapi/v2/user/list", |call| match call.body["dept_id"].as_i64() {
            Some(2) => ok(
                json!({"has_more": false, "list": [{"userid": "u", "mobile": "13800000001", "email": ""}]}),
            ),
            _ => ok(json!({"has_more": false, "list": []})),
        })
        .on(UPDATE, |_| refuse(400_002))
}

#[tokio::test]
async fn a_healthy_app_passes_every_item_and_nothing_is_written() {
    let stub = healthy();
    let client = stub.client().await;
    for item in CheckId::ALL.into_iter().filter(|item| !item.is_source()) {
        let finding = client.check(item, &context(&[1], &[IdentityField::Mobile])).await;
        assert_eq!(finding.status, CheckStatus::Pass, "{item:?}: {finding:?}");
    }
    assert_eq!(stub.calls(UPDATE).iter().map(|call| call.body.clone()).collect::<Vec<_>>(), [json!({})]);
}

#[tokio::test]
async fn missing_permissions_are_named() {
    let stub = healthy()
        .on(UPDATE, |_| gateway("60011", "没有调用该接口的权限"))
        .on("/topapi/user/listid", |_| gateway("60011", "x, {requiredScopes=[qyapi_get_member]}"));
    let finding = run(&stub, CheckId::WritePermission, &context(&[1], &[])).await;
    assert_eq!((finding.status, finding.code.as_deref()), (CheckStatus::Fail, Some("60011")));
    assert_eq!(finding.missing, ["qyapi_manage_addresslist"]);
    assert!(finding.fix.is_some_and(|fix| fix.contains("权限管理") && fix.contains("Permission Management")));
    let finding = run(&stub, CheckId::MemberIdsReadable, &context(&[1], &[])).await;
    assert_eq!((finding.status, finding.missing), (CheckStatus::Fail, vec!["qyapi_get_member".to_owned()]));
}

#[tokio::test]
async fn write_permission_that_cannot_be_proved_is_a_warning() {
    let stub = healthy().on(UPDATE, |_| refuse(50004));
    assert_eq!(run(&stub, CheckId::WritePermission, &context(&[1], &[])).await.status, CheckStatus::Warn);
}

#[tokio::test]
async fn a_foreign_corp_id_is_found_and_a_service_without_that_call_is_a_warning() {
    let foreign =
        healthy().on(CORP, |_| (500, json!({"code": "unknownError", "message": "未知错误"}).to_string()));
    assert_eq!(run(&foreign, CheckId::Corp, &context(&[], &[])).await.status, CheckStatus::Fail);
    let refused =
        healthy().on(CORP, |_| (401, json!({"code": "unauthorized.client", "message": "x"}).to_string()));
    assert_eq!(run(&refused, CheckId::Corp, &context(&[], &[])).await.status, CheckStatus::Fail);
    let unknown =
        healthy().on(CORP, |_| (404, json!({"code": "InvalidAction.NotFound", "message": "x"}).to_string()));
    assert_eq!(run(&unknown, CheckId::Corp, &context(&[], &[])).await.status, CheckStatus::Warn);
}

#[tokio::test]
async fn an_address_that_is_not_listed_is_shown() {
    let body =
        json!({"errcode": 60020, "errmsg": "访问ip不在白名单之中,request ip=203.0.113.9 appKey(dingkey)"});
    let stub = healthy().on("/auth/scopes", move |_| (200, body.to_string()));
    let finding = run(&stub, CheckId::EgressIp, &context(&[], &[])).await;
    assert_eq!((finding.status, finding.code.as_deref()), (CheckStatus::Fail, Some("60020")));
    assert!(
        finding.message.contains("203.0.113.9") && finding.fix.is_some_and(|fix| fix.contains("203.0.113.9"))
    );
}

#[tokio::test]
async fn hidden_fields_are_a_warning_unless_they_identify() {
    let stub = healthy().on("/topapi/v2/user/list", |_| ok(json!({"list": [{"userid": "u", "name": "x"}]})));
    let expected = [
        (CheckId::EmailReadable, vec![], CheckStatus::Warn),
        (CheckId::EmailReadable, vec![IdentityField::Email], CheckStatus::Fail),
        (CheckId::MobileReadable, vec![IdentityField::Mobile], CheckStatus::Fail),
    ];
    for (item, identity, status) in expected {
        let finding = run(&stub, item, &context(&[1], &identity)).await;
        assert_eq!(finding.status, status, "{item:?} {identity:?}");
        assert_eq!(finding.missing.len(), 1);
    }
}

#[tokio::test]
async fn a_partial_range_warns_when_it_holds_the_target_and_fails_when_not() {
    let stub = healthy().on("/auth/scopes", scopes(json!([5]))).on(
        "/topapi/v2/department/listparentbydept",
        |call| match call.body["dept_id"].as_i64() {
            Some(6) => ok(json!({"parent_id_list": [6, 5, 1]})),
            id => ok(json!({"parent_id_list": [id, 1]})),
        },
    );
    for (target, status) in [(5, CheckStatus::Warn), (6, CheckStatus::Warn), (7, CheckStatus::Fail)] {
        assert_eq!(run(&stub, CheckId::Range, &context(&[target], &[])).await.status, status, "{target}");
    }
}

#[tokio::test]
async fn a_target_that_is_missing_out_of_range_or_foreign_fails() {
    let stub = healthy().on("/topapi/v2/department/get", |call| match call.body["dept_id"].as_i64() {
        Some(2) => refuse(60003),
        Some(3) => refuse(50004),
        Some(4) => ok(json!({"dept_id": 4, "name": "Partner", "from_union_org": "true"})),
        id => ok(json!({"dept_id": id, "name": "D"})),
    });
    for target in [2, 3, 4] {
        let finding = run(&stub, CheckId::TargetDepartment, &context(&[1, target], &[])).await;
        assert_eq!(finding.status, CheckStatus::Fail, "{target}: {finding:?}");
        assert!(finding.fix.is_some());
    }
}

#[tokio::test]
async fn wrong_credentials_and_an_absent_service_are_findings() {
    let stub = healthy().on("/v1.0/oauth2/accessToken", |_| {
        (400, json!({"code": "invalidClientIdOrSecret", "message": "x"}).to_string())
    });
    let finding = run(&stub, CheckId::Token, &context(&[], &[])).await;
    assert_eq!(
        (finding.status, finding.code.as_deref()),
        (CheckStatus::Fail, Some("invalidClientIdOrSecret"))
    );
}
