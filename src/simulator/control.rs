//! The simulation's own addresses, below `/_simulator`: no vendor has them. They are for tests, demonstrations and
//! whoever wants to see what a simulated service was told and what it told.
//!
//! | address | does |
//! |---|---|
//! | `POST /_simulator/changes` | takes the steps of a script at once; answers with what became of each |
//! | `GET /_simulator/idaas/callbacks` | every callback event and what became of it |
//! | `GET /_simulator/idaas/counters`, `/_simulator/dingtalk/counters` | calls by operation |
//! | `GET /_simulator/dingtalk/state`, `/_simulator/dingtalk/written` | the address book; its writes in order |
//! | `POST /_simulator/dingtalk/accept` | `{"mobile": "13…"}`: who was invited joins |
//! | `POST /_simulator/faults` | `{"add": ["NAME=VALUE"], "remove": ["NAME"]}` |

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::changes::{Company, Script};
use super::dingtalk;
use super::faults::Faults;

#[derive(Debug, Clone)]
struct Controlled {
    company: Company,
    faults: Faults,
}

/// The routes.
pub(super) fn router(company: Company, faults: Faults) -> Router {
    Router::new()
        .route("/_simulator/changes", post(change))
        .route(
            "/_simulator/dingtalk/state",
            get(|State(s): Seen| async move { Json(dingtalk::state(&s.company.dingtalk)) }),
        )
        .route(
            "/_simulator/dingtalk/counters",
            get(|State(s): Seen| async move { Json(s.company.dingtalk.counts()) }),
        )
        .route(
            "/_simulator/dingtalk/written",
            get(|State(s): Seen| async move { Json(s.company.dingtalk.written()) }),
        )
        .route(
            "/_simulator/idaas/counters",
            get(|State(s): Seen| async move { Json(s.company.idaas.counters()) }),
        )
        .route(
            "/_simulator/idaas/callbacks",
            get(|State(s): Seen| async move { Json(s.company.idaas.deliveries()) }),
        )
        .route("/_simulator/dingtalk/accept", post(accept))
        .route("/_simulator/faults", post(change_faults))
        .with_state(Controlled { company, faults })
}

type Seen = State<Controlled>;

/// Steps are taken at once, whatever their moments.
async fn change(State(controlled): Seen, Json(script): Json<Script>) -> Json<Value> {
    let results = script.step.iter().map(|step| match controlled.company.take(step) {
        Ok(answer) => json!({"answer": answer}),
        Err(refused) => json!({"refused": refused}),
    });
    Json(json!({"results": results.collect::<Vec<_>>()}))
}

async fn accept(State(controlled): Seen, Json(body): Json<Value>) -> (StatusCode, String) {
    let mobile = body["mobile"].as_str().unwrap_or_default();
    let is_invited = controlled.company.dingtalk.world().accept(mobile);
    (if is_invited { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{}".to_owned())
}

async fn change_faults(State(controlled): Seen, Json(body): Json<Value>) -> (StatusCode, String) {
    let texts = |name: &str| {
        let list = body[name].as_array().cloned().unwrap_or_default();
        list.into_iter().filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    texts("remove").iter().for_each(|name| controlled.faults.remove(name));
    for text in texts("add") {
        if let Err(why) = controlled.faults.add(&text) {
            return (StatusCode::BAD_REQUEST, why);
        }
    }
    (StatusCode::OK, "{}".to_owned())
}
