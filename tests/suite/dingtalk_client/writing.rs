//! Writes: what is sent once, what is repeated, and what each failure means.

use std::collections::BTreeMap;

use dingsync::core::error::ErrorKind;
use dingsync::core::field::FieldName;
use dingsync::core::target::{
    DepartmentDraft, DepartmentId, RefusalClass, Target, UserDraft, UserId, Write, WriteFailure, Written,
};
use dingsync::dingtalk::DingTalk;
use serde_json::json;

use super::stub::{Stub, gateway, ok, refuse};

const USER_CREATE: &str = "/topapi/v2/user/create";

fn create() -> Write {
    let fields = BTreeMap::from([
        (FieldName::new("name"), "张三".to_owned()),
        (FieldName::new("mobile"), "13800000001".to_owned()),
    ]);
    Write::CreateUser(UserDraft { departments: vec![DepartmentId(2), DepartmentId(3)], fields })
}

async fn send(client: &DingTalk, write: &Write) -> Result<Written, WriteFailure> {
    let permit = client.permit(write.interface()).await;
    client.write(permit, write).await
}

#[tokio::test]
async fn created_records_come_back_with_their_ids() {
    let stub = Stub::new()
        .on(USER_CREATE, |_| ok(json!({"userid": "0103", "unionId": "x"})))
        .on("/topapi/v2/department/create", |_| ok(json!({"dept_id": "913402776"})))
        .on("/topapi/v2/user/delete", |_| (200, r#"{"errcode":0,"request_id":"x"}"#.to_owned()));
    let client = stub.client().await;
    assert_eq!(send(&client, &create()).await.expect("written"), Written::User(UserId("0103".into())));
    let sent = &stub.calls(USER_CREATE)[0];
    assert_eq!(sent.body, json!({"name": "张三", "mobile": "13800000001", "dept_id_list": "2,3"}));
    assert_eq!(sent.token, "t1");
    let fields = BTreeMap::from([(FieldName::new("name"), "A".to_owned())]);
    let draft = Write::CreateDepartment(DepartmentDraft { parent: DepartmentId::ROOT, fields });
    assert_eq!(send(&client, &draft).await.expect("written"), Written::Department(DepartmentId(913_402_776)));
    let delete = Write::DeleteUser { id: UserId("0103".into()) };
    assert_eq!(send(&client, &delete).await.expect("written"), Written::Done);
}

#[tokio::test]
async fn refusals_of_one_record_keep_their_code_and_class() {
    use RefusalClass as R;
    let expected = [
        (60104, R::MobileTaken),
        (60107, R::MobileTaken),
        (60102, R::UseridTaken),
        (60106, R::ValueTaken),
        (40100, R::ValueTaken),
        (40103, R::Pending),
        (60021, R::DuplicateName),
        (60008, R::DuplicateName),
        (60005, R::NotEmpty),
        (60121, R::NotFound),
        (60003, R::NotFound),
        (50002, R::OutOfRange),
        (40104, R::Parameter),
        (40020, R::Quota),
        (12150, R::Other),
        (424_242, R::Other),
    ];
    for (code, class) in expected {
        let stub = Stub::new().on(USER_CREATE, move |_| refuse(code));
        match send(&stub.client().await, &create()).await {
            Err(WriteFailure::Refused(refusal)) => {
                assert_eq!((refusal.class, refusal.code), (class, code.to_string()));
            }
            other => panic!("{code}: {other:?}"),
        }
        assert_eq!(stub.calls(USER_CREATE).len(), 1, "{code}");
    }
}

#[tokio::test]
async fn what_concerns_every_record_is_fatal_and_says_so() {
    let permission = "x, {requiredScopes=[qyapi_manage_addresslist]}";
    let cases = [
        (gateway("60011", permission), ErrorKind::Permission),
        (gateway("60020", "访问ip不在白名单之中,request ip=203.0.113.9 appKey(x)"), ErrorKind::Permission),
        (gateway("90020", "x"), ErrorKind::Service),
        (refuse(50003), ErrorKind::Service),
        (refuse(70001), ErrorKind::Service),
    ];
    for (answer, kind) in cases {
        let shown = answer.1.clone();
        let stub = Stub::new().on(USER_CREATE, move |_| answer.clone());
        match send(&stub.client().await, &create()).await {
            Err(WriteFailure::Fatal(error)) => {
                assert_eq!(error.kind, kind, "{shown}");
                assert_eq!(error.missing.is_empty(), !shown.contains("60011"));
                assert_eq!(error.message.contains("203.0.113.9"), shown.contains("60020"));
            }
            other => panic!("{shown}: {other:?}"),
        }
        assert_eq!(stub.calls(USER_CREATE).len(), 1, "{shown}");
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_never_sent_again() {
    let answers =
        [(500, "{\"code\":\"unknownError\"}"), (502, "<html></html>"), (200, "{\"errcode\":"), (200, "")];
    for (status, body) in answers {
        let stub = Stub::new().on(USER_CREATE, move |_| (status, body.to_owned()));
        let result = send(&stub.client().await, &create()).await;
        assert!(matches!(result, Err(WriteFailure::Ambiguous(_))), "{status} {body}: {result:?}");
        assert_eq!(stub.calls(USER_CREATE).len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn flow_control_a_stale_token_and_a_busy_gateway_are_repeated_inside() {
    let stub = Stub::new().on(USER_CREATE, |call| match call.before {
        0 => gateway("40014", "不合法的access_token"),
        1 => gateway("90018", "暂时禁用"),
        2 => (
            200,
            r#"{"errcode":15,"errmsg":"Remote service error[subcode=isp.-1,submsg=system busy]"}"#.to_owned(),
        ),
        _ => ok(json!({"userid": "0103"})),
    });
    let client = stub.client().await;
    assert!(send(&client, &create()).await.is_ok());
    assert_eq!(stub.calls(USER_CREATE).len(), 4);
    assert_eq!(client.pace().throttled, 1);
}
