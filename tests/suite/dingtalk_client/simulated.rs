//! The client against the simulated DingTalk, which shares no types with it.

use std::collections::BTreeMap;

use dingsync::core::check::{CheckContext, CheckId, CheckStatus};
use dingsync::core::field::FieldName;
use dingsync::core::profile::{Edition, IdentityField};
use dingsync::core::target::{
    DepartmentDraft, DepartmentId, DepartmentUpdate, RefusalClass, Target, TargetRequest, UserDraft, UserId,
    UserUpdate, Write, WriteFailure, Written,
};
use dingsync::dingtalk::{DingTalk, DingTalkOptions};
use dingsync::http::{Transport, TransportOptions};
use dingsync::simulator::Simulator;
use dingsync::simulator::options::Options;
use dingsync::simulator::seed::{Seed, SeedDepartment, SeedUser};
use secrecy::SecretString;

fn seed() -> Seed {
    let department =
        |id: i64, name: &str, parent| SeedDepartment { id, name: name.into(), parent, ..Default::default() };
    let user = |n: u32| SeedUser {
        userid: format!("u{n:03}"),
        name: format!("User {n}"),
        state_code: Some("86".into()),
        mobile: Some(format!("138000{n:05}")),
        email: Some(format!("u{n}@example.com")),
        departments: vec![if n.is_multiple_of(2) { 2 } else { 3 }],
        ..Default::default()
    };
    Seed {
        departments: vec![
            department(1, "Acme", None),
            department(2, "Sales", Some(1)),
            department(3, "East", Some(2)),
        ],
        users: (0..230).map(user).collect(),
        ..Default::default()
    }
}

async fn start(faults: &[&str]) -> (Simulator, DingTalk) {
    let options = Options { dingtalk_qps: 1000, ..Options::default() };
    for fault in faults {
        options.faults.add(fault).expect(fault);
    }
    let credentials = options.credentials.clone();
    let simulator = Simulator::start(options, &seed()).await.expect("a simulator");
    let options = DingTalkOptions {
        corp_id: credentials.corp_id,
        app_key: credentials.app_key,
        app_secret: SecretString::from(credentials.app_secret),
        oapi_endpoint: simulator.url(),
        api_endpoint: simulator.url(),
        calls_per_second: 1000,
        edition: Edition::Standard,
    };
    let transport = Transport::new(&TransportOptions::default()).expect("a transport");
    (simulator, DingTalk::new(options, transport, || 1_700_000_000_000))
}

async fn send(client: &DingTalk, write: Write) -> Result<Written, WriteFailure> {
    let permit = client.permit(write.interface()).await;
    client.write(permit, &write).await
}

fn fields<V: From<&'static str>>(pairs: &[(&str, &'static str)]) -> BTreeMap<FieldName, V> {
    pairs.iter().map(|(name, value)| (FieldName::new(name), V::from(value))).collect()
}

#[tokio::test]
async fn the_check_of_a_healthy_app_passes_and_writes_nothing() {
    let (simulator, client) = start(&[]).await;
    let context = CheckContext {
        target_departments: vec![DepartmentId(2)],
        identity: vec![IdentityField::Mobile, IdentityField::Email],
        ..CheckContext::default()
    };
    for item in CheckId::ALL.into_iter().filter(|item| !item.is_source()) {
        let finding = client.check(item, &context).await;
        assert_eq!(finding.status, CheckStatus::Pass, "{item:?}: {finding:?}");
    }
    // The probe, which cannot succeed, and nothing else.
    assert_eq!(simulator.dingtalk().writes(), 1);
}

#[tokio::test]
async fn everything_is_read_and_every_kind_of_write_arrives() {
    let (_simulator, client) = start(&[]).await;
    let read = client.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(read.is_complete && read.unreadable.is_empty());
    assert_eq!((read.departments.len(), read.users.len()), (3, 230));
    let draft = DepartmentDraft {
        parent: DepartmentId(2),
        fields: fields(&[("name", "West"), ("source_identifier", "ou_9")]),
    };
    let Written::Department(west) =
        send(&client, Write::CreateDepartment(draft.clone())).await.expect("written")
    else {
        panic!("no department");
    };
    match send(&client, Write::CreateDepartment(draft)).await {
        Err(WriteFailure::Refused(refusal)) => assert_eq!(refusal.class, RefusalClass::DuplicateName),
        other => panic!("{other:?}"),
    }
    let person = UserDraft {
        departments: vec![west],
        fields: fields(&[
            ("userid", "new1"),
            ("name", "张三"),
            ("mobile", "13900000001"),
            ("hide_mobile", "true"),
        ]),
    };
    assert_eq!(
        send(&client, Write::CreateUser(person.clone())).await.expect("written"),
        Written::User(UserId("new1".into()))
    );
    let mut again = person;
    again.fields.insert(FieldName::new("userid"), "new2".into());
    match send(&client, Write::CreateUser(again)).await {
        Err(WriteFailure::Refused(refusal)) => assert_eq!(refusal.class, RefusalClass::MobileTaken),
        other => panic!("{other:?}"),
    }
    assert_eq!(client.user_by_mobile("13900000001").await.expect("an answer"), Some(UserId("new1".into())));
    let mut changes: BTreeMap<_, Option<String>> = BTreeMap::new();
    changes.insert(FieldName::new("title"), Some("工程师".into()));
    let update = UserUpdate {
        id: UserId("new1".into()),
        departments: Some(vec![west, DepartmentId(3)]),
        fields: changes,
        extension_as_read: BTreeMap::new(),
    };
    send(&client, Write::UpdateUser(update)).await.expect("written");
    let person = client.user(&UserId("new1".into())).await.expect("an answer").expect("a user");
    assert_eq!((person.field("title"), person.field("hide_mobile")), (Some("工程师"), Some("true")));
    assert_eq!((person.mobile.as_deref(), person.departments.len()), (Some("+8613900000001"), 2));
    match send(&client, Write::DeleteDepartment { id: west }).await {
        Err(WriteFailure::Refused(refusal)) => assert_eq!(refusal.class, RefusalClass::NotEmpty),
        other => panic!("{other:?}"),
    }
    send(&client, Write::DeleteUser { id: UserId("new1".into()) }).await.expect("written");
    let moved = DepartmentUpdate { id: west, parent: Some(DepartmentId::ROOT), fields: BTreeMap::new() };
    send(&client, Write::UpdateDepartment(moved)).await.expect("written");
    let west_read = client.department(west).await.expect("an answer").expect("a department");
    assert_eq!(
        (west_read.parent, west_read.source_identifier.as_deref()),
        (Some(DepartmentId::ROOT), Some("ou_9"))
    );
    send(&client, Write::DeleteDepartment { id: west }).await.expect("written");
    assert_eq!(client.department(west).await.expect("an answer"), None);
}

#[tokio::test]
async fn each_fault_of_the_set_up_is_found_by_its_item() {
    let faults = [
        ("no-permission=qyapi_manage_addresslist", CheckId::WritePermission, CheckStatus::Fail),
        ("no-permission=qyapi_get_department_member", CheckId::MembersReadable, CheckStatus::Fail),
        ("no-permission=qyapi_get_member", CheckId::MemberIdsReadable, CheckStatus::Fail),
        ("no-permission=qyapi_get_department_list", CheckId::DepartmentsReadable, CheckStatus::Fail),
        ("wrong-corp", CheckId::Corp, CheckStatus::Fail),
        ("ip-not-allowed=203.0.113.9", CheckId::EgressIp, CheckStatus::Fail),
        ("no-mobile", CheckId::MobileReadable, CheckStatus::Fail),
        ("no-personal", CheckId::EmailReadable, CheckStatus::Warn),
        ("partial-range=2", CheckId::Range, CheckStatus::Warn),
        ("partial-range=2", CheckId::TargetDepartment, CheckStatus::Pass),
    ];
    let context = CheckContext {
        target_departments: vec![DepartmentId(3)],
        identity: vec![IdentityField::Mobile],
        ..CheckContext::default()
    };
    for (fault, item, status) in faults {
        let (_simulator, client) = start(&[fault]).await;
        let finding = client.check(item, &context).await;
        assert_eq!(finding.status, status, "{fault}: {finding:?}");
    }
}

#[tokio::test]
async fn a_read_gets_through_a_stale_token_flow_control_and_broken_answers() {
    let faults = [
        "expired-token=2@user/list",
        "throttle=2@department/get",
        "drop-before=1@user/list",
        "torn-json=1@listsub",
    ];
    let (_simulator, client) = start(&faults).await;
    let read = client.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(read.is_complete);
    assert_eq!(read.users.len(), 230);
}

#[tokio::test]
async fn a_list_that_lacks_people_is_no_complete_read() {
    let (_simulator, client) = start(&["truncated-list@user/list"]).await;
    let read = client.snapshot(&TargetRequest::default()).await.expect("a read");
    assert!(!read.is_complete);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_ambiguous_and_applied_once() {
    for fault in ["apply-then-drop@user/create", "server-error-after@user/create", "torn-json@user/create"] {
        let (simulator, client) = start(&[fault]).await;
        let person = UserDraft {
            departments: vec![DepartmentId(2)],
            fields: fields(&[("userid", "new1"), ("name", "x"), ("mobile", "13900000001")]),
        };
        let result = send(&client, Write::CreateUser(person)).await;
        assert!(matches!(result, Err(WriteFailure::Ambiguous(_))), "{fault}: {result:?}");
        assert_eq!(simulator.dingtalk().writes(), 1, "{fault}");
    }
}
