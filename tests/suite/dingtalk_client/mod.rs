//! The DingTalk client over real HTTP against a scripted server.

mod check;
mod reading;
mod simulated;
mod stub;
mod writing;

use std::time::Duration;

use dingsync::core::error::ErrorKind;
use dingsync::core::target::{Target, UserId};
use serde_json::json;
use stub::{Stub, gateway, ok, refuse};

const USER_GET: &str = "/topapi/v2/user/get";

fn id(text: &str) -> UserId {
    UserId(text.to_owned())
}

#[tokio::test]
async fn thirty_calls_with_an_expired_token_cost_one_refresh_and_one_repetition_each() {
    let stub = Stub::new().on(USER_GET, |call| match call.token.as_str() {
        "t1" => gateway("40014", "不合法的access_token"),
        _ => ok(json!({"userid": call.body["userid"]})),
    });
    let client = stub.client().await;
    let ids: Vec<_> = (0..30).map(|n| id(&format!("u{n}"))).collect();
    let found = futures::future::join_all(ids.iter().map(|id| client.user(id))).await;
    for (user, id) in found.into_iter().zip(&ids) {
        assert_eq!(&user.expect("an answer").expect("a user").id, id);
    }
    assert_eq!(stub.calls("/v1.0/oauth2/accessToken").len(), 2);
    assert!(stub.calls(USER_GET).len() <= 60);
}

#[tokio::test]
async fn a_token_that_stays_refused_ends_after_two_repetitions() {
    let stub = Stub::new().on(USER_GET, |_| gateway("40014", "不合法的access_token"));
    let client = stub.client().await;
    assert_eq!(client.user(&id("u")).await.expect_err("an error").kind, ErrorKind::Credentials);
    assert_eq!(stub.calls(USER_GET).len(), 3);
}

#[tokio::test]
async fn wrong_credentials_are_named_and_the_secret_is_not() {
    let stub = Stub::new().on("/v1.0/oauth2/accessToken", |_| {
        (
            400,
            json!({"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"})
                .to_string(),
        )
    });
    let client = stub.client().await;
    let error = client.user(&id("u")).await.expect_err("an error");
    assert_eq!(
        (error.kind, error.code.as_deref()),
        (ErrorKind::Credentials, Some("invalidClientIdOrSecret"))
    );
    assert!(!format!("{error:?} {client:?}").contains("canary"));
    assert!(stub.calls(USER_GET).is_empty());
}

#[tokio::test]
async fn the_older_token_interface_is_used_where_the_newer_one_is_unknown() {
    let stub = Stub::new()
        .on("/v1.0/oauth2/accessToken", |_| {
            (
                404,
                json!({"code": "InvalidAction.NotFound", "message": "Specified api is not found"})
                    .to_string(),
            )
        })
        .on("/gettoken", |_| {
            (200, json!({"errcode": 0, "access_token": "old", "expires_in": 7200}).to_string())
        })
        .on(USER_GET, |call| if call.before == 0 { refuse(42001) } else { ok(json!({"userid": "u"})) });
    let client = stub.client().await;
    assert!(client.user(&id("u")).await.expect("an answer").is_some());
    assert_eq!(stub.calls("/v1.0/oauth2/accessToken").len(), 1);
    assert_eq!(stub.calls("/gettoken").len(), 2);
}

#[tokio::test]
async fn a_user_who_is_not_found_is_none_and_one_out_of_range_is_an_error() {
    let stub =
        Stub::new().on(USER_GET, |call| refuse(if call.body["userid"] == "gone" { 60121 } else { 50002 }));
    let client = stub.client().await;
    assert_eq!(client.user(&id("gone")).await.expect("an answer"), None);
    let error = client.user(&id("outside")).await.expect_err("an error");
    assert_eq!((error.kind, error.code.as_deref()), (ErrorKind::Permission, Some("50002")));
}

#[tokio::test]
async fn a_read_is_repeated_after_a_server_error_and_a_flow_refusal() {
    let stub = Stub::new().on(USER_GET, |call| match call.before {
        0 => (502, "<html>bad gateway</html>".to_owned()),
        1 => gateway("90018", "暂时禁用"),
        _ => ok(json!({"userid": "u"})),
    });
    let client = stub.client().await;
    assert!(client.user(&id("u")).await.expect("an answer").is_some());
    let pace = client.pace();
    assert_eq!((pace.calls, pace.throttled), (4, 1));
    let lane = pace.lanes.iter().find(|lane| lane.interface == "user/get").expect("the lane");
    assert_eq!(lane.throttled, 1);
}

#[tokio::test]
async fn a_web_page_at_first_contact_is_something_in_between() {
    let stub = Stub::new().on(USER_GET, |_| (200, "<html>please log on</html>".to_owned()));
    let client = stub.client().await;
    let error = client.user(&id("u")).await.expect_err("an error");
    assert_eq!(error.kind, ErrorKind::Network);
    assert_eq!(client.pace().paused_seconds, None);
}

#[tokio::test]
async fn a_ban_pauses_everything_whether_it_comes_as_json_or_as_a_page() {
    let bans = [
        r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"x"}"#,
        "<html><script>punish:deny</script></html>",
        "<html>too many requests</html>",
    ];
    for ban in bans {
        let stub = Stub::new().on(USER_GET, move |call| match call.before {
            0 => ok(json!({"userid": "u"})),
            _ => (200, ban.to_owned()),
        });
        let client = stub.client().await;
        client.user(&id("u")).await.expect("an answer");
        let banned = id("u");
        let paused = async {
            while client.pace().paused_seconds.is_none() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            answer = client.user(&banned) => panic!("{ban}: {answer:?}"),
            () = paused => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => panic!("{ban}: nothing was paused"),
        }
        let left = client.pace().paused_seconds.expect("a pause");
        assert!((299..=315).contains(&left), "{ban}: {left}");
        assert_eq!(stub.calls(USER_GET).len(), 2);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_decoded_is_an_error_of_that_call() {
    let bodies = [r#"{"errcode":0}"#, r#"{"errcode":0,"result":"text"}"#];
    for body in bodies {
        let stub = Stub::new()
            .on("/topapi/v2/department/get", |_| ok(json!({"dept_id": 1})))
            .on("/topapi/user/listid", move |_| (200, body.to_owned()));
        let client = stub.client().await;
        let error = client.members(dingsync::core::target::DepartmentId::ROOT).await.expect_err(body);
        assert_eq!(error.kind, ErrorKind::Service, "{body}");
    }
}
