//! DingTalk tells about changes over its stream, to whoever connects with the app's secret.

use dingsync::simulator::Simulator;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{DEADLINE, company};

/// A connected app.
struct App(tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>);

impl App {
    async fn connect(simulator: &Simulator) -> Self {
        let credentials = &simulator.options().credentials;
        let body = json!({"clientId": credentials.app_key, "clientSecret": credentials.app_secret,
            "subscriptions": [{"type": "EVENT", "topic": "*"}], "ua": "test"});
        let address = format!("{}/v1.0/gateway/connections/open", simulator.url());
        let opened: Value =
            reqwest::Client::new().post(address).json(&body).send().await.unwrap().json().await.unwrap();
        let url =
            format!("{}?ticket={}", opened["endpoint"].as_str().unwrap(), opened["ticket"].as_str().unwrap());
        Self(tokio_tungstenite::connect_async(url).await.unwrap().0)
    }

    async fn next(&mut self) -> Value {
        loop {
            match tokio::time::timeout(DEADLINE, self.0.next()).await.expect("a frame").unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                _ => continue,
            }
        }
    }

    async fn acknowledge(&mut self, frame: &Value) {
        let answer = json!({"code": 200, "headers": {"messageId": frame["headers"]["messageId"],
            "contentType": "application/json"}, "message": "OK", "data": "{\"status\":\"SUCCESS\"}"});
        self.0.send(Message::Text(answer.to_string().into())).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalks_stream_tells_hand_edits_and_tells_again_what_was_not_acknowledged() {
    let simulator = company("http://127.0.0.1:9/idaas/events", false).await;
    let mut app = App::connect(&simulator).await;
    let by_hand = |interface: &str, with: Value| simulator.dingtalk().by_hand(interface, &with).unwrap();
    by_hand("user/update", json!({"userid": "u0001", "title": "Director"}));
    let frame = app.next().await;
    assert_eq!(
        (&frame["type"], &frame["headers"]["eventType"]),
        (&json!("EVENT"), &json!("user_modify_org"))
    );
    let data: Value = serde_json::from_str(frame["data"].as_str().unwrap()).unwrap();
    assert_eq!(data["userId"], json!(["u0001"]));
    assert_eq!(data["diffInfo"]["curr"]["title"], "Director");
    drop(app);

    let mut again = App::connect(&simulator).await;
    let repeated = again.next().await;
    assert_eq!(repeated["headers"]["eventId"], frame["headers"]["eventId"]);
    again.acknowledge(&repeated).await;

    let made = by_hand("department/create", json!({"name": "新部门", "parent_id": 1}));
    by_hand("department/update", json!({"dept_id": made["dept_id"], "name": "改名"}));
    by_hand("department/delete", json!({"dept_id": made["dept_id"]}));
    by_hand("user/delete", json!({"userid": "u0003"}));
    by_hand(
        "user/create",
        json!({"userid": "u9", "name": "新人", "mobile": "13900000999", "dept_id_list": "1"}),
    );
    // A write that changes nothing is no event.
    by_hand("user/update", json!({"userid": "u0001", "title": "Director"}));
    let mut kinds = Vec::new();
    for _ in 0..5 {
        let frame = again.next().await;
        again.acknowledge(&frame).await;
        kinds.push(frame["headers"]["eventType"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        kinds,
        ["org_dept_create", "org_dept_modify", "org_dept_remove", "user_leave_org", "user_add_org"]
    );

    simulator.options().faults.add("stream-disconnect=1").unwrap();
    by_hand("user/update", json!({"userid": "u0001", "title": "Chief"}));
    let last = again.next().await;
    again.acknowledge(&last).await;
    let farewell = again.next().await;
    assert_eq!((&farewell["type"], &farewell["headers"]["topic"]), (&json!("SYSTEM"), &json!("disconnect")));
    simulator.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_is_opened_with_the_apps_secret_and_a_ticket_of_its_own() {
    let simulator = company("http://127.0.0.1:9/idaas/events", false).await;
    let address = format!("{}/v1.0/gateway/connections/open", simulator.url());
    let body = json!({"clientId": "nobody", "clientSecret": "nothing", "subscriptions": []});
    let refused = reqwest::Client::new().post(address).json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let url = format!("{}/connect?ticket=invented", simulator.url().replace("http", "ws"));
    assert!(tokio_tungstenite::connect_async(url).await.is_err());
    simulator.stop().await.unwrap();
}
