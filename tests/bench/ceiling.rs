//! What the engine itself can do: 20,000 creates with both journal entries each, flushed to disk, and no limit at all.
//! Once against a target in memory, once over HTTP to a server that only answers; beside it the sequential script
//! against the same server, without a journal.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use axum::routing::any;
use dingsync::connect::SystemClock;
use dingsync::core::check::{CheckContext, CheckId, CheckStatus, Finding};
use dingsync::core::clock::Clock;
use dingsync::core::error::Error;
use dingsync::core::event::RunStatus;
use dingsync::core::journal::{Memory, RunKind};
use dingsync::core::plan::{Approval, ApprovedPlan};
use dingsync::core::planner::{PlanInput, plan};
use dingsync::core::profile::{IdentityField, Mapping, Profile, SafetyLimits, Scenario, ScopePair};
use dingsync::core::source::{Account, Membership, OrganizationalUnit, SourceSnapshot, UnitId};
use dingsync::core::synchronize::{StopSignal, Work, apply};
use dingsync::core::target::{
    Department, DepartmentId, Interface, PaceReport, Permit, Range, Target, TargetRequest, TargetSnapshot,
    User, UserId, Write, WriteFailure, Written,
};
use dingsync::http::{Lanes, Method, Request, Transport, TransportOptions};
use dingsync::store::{ConnectionId, Store};
use serde_json::{Value, json};

const ACCOUNTS: usize = 20_000;
const ROUNDS: usize = 5;

/// A target that takes everything.
struct Open {
    lanes: Lanes,
    next: AtomicU64,
    /// Where writes are sent; `None` = nowhere.
    server: Option<(Transport, String)>,
}

impl Open {
    fn new(server: Option<SocketAddr>) -> Self {
        let transport = || Transport::new(&TransportOptions::default()).unwrap();
        Self {
            lanes: Lanes::new(1e9),
            next: AtomicU64::new(1),
            server: server.map(|address| (transport(), format!("http://{address}/topapi/v2/user/create"))),
        }
    }
}

#[async_trait]
impl Target for Open {
    async fn snapshot(&self, _: &TargetRequest) -> Result<TargetSnapshot, Error> {
        Ok(nothing_there())
    }
    async fn user(&self, _: &UserId) -> Result<Option<User>, Error> {
        Ok(None)
    }
    async fn department(&self, _: DepartmentId) -> Result<Option<Department>, Error> {
        Ok(None)
    }
    async fn children(&self, _: DepartmentId) -> Result<Vec<Department>, Error> {
        Ok(Vec::new())
    }
    async fn members(&self, _: DepartmentId) -> Result<Vec<UserId>, Error> {
        Ok(Vec::new())
    }
    async fn user_by_mobile(&self, _: &str) -> Result<Option<UserId>, Error> {
        Ok(None)
    }
    async fn permit(&self, interface: Interface) -> Permit {
        self.lanes.wait(interface.as_str()).await;
        Permit { interface }
    }
    async fn write(&self, permit: Permit, write: &Write) -> Result<Written, WriteFailure> {
        let turn = self.lanes.begin(permit.interface.as_str()).await;
        if let (Some((transport, url)), Write::CreateUser(draft)) = (&self.server, write) {
            let body = json!({"name": draft.fields.get("name"), "mobile": draft.fields.get("mobile"), "dept_id_list": "1"});
            let request = Request::new(Method::POST, url.as_str())
                .query("access_token", "t")
                .body("application/json", body.to_string());
            let answer =
                transport.send(request).await.map_err(|lost| WriteFailure::Ambiguous(lost.to_string()))?;
            let answer: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(answer["errcode"], 0);
        }
        turn.accepted();
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Ok(match write {
            Write::CreateDepartment(_) => {
                Written::Department(DepartmentId(i64::try_from(number).unwrap() + 1))
            }
            _ => Written::User(UserId(format!("u{number}"))),
        })
    }
    async fn check(&self, _: CheckId, _: &CheckContext) -> Finding {
        Finding::new(CheckStatus::Pass, "")
    }
    fn pace(&self) -> PaceReport {
        self.lanes.report()
    }
    fn calls(&self) -> u64 {
        self.lanes.calls()
    }
}

fn nothing_there() -> TargetSnapshot {
    let root = Department {
        id: DepartmentId::ROOT,
        parent: None,
        name: "Acme".into(),
        source_identifier: None,
        fields: Vec::new(),
        is_foreign: false,
    };
    TargetSnapshot {
        departments: vec![root],
        users: Vec::new(),
        is_complete: true,
        range: Range::All,
        unreadable: Default::default(),
        calls: 0,
        read_at_ms: SystemClock.now_ms(),
    }
}

fn profile() -> Profile {
    Profile {
        display_name: "Ceiling".into(),
        instance_id: "idaas_ceiling".into(),
        corp_id: "dingceiling".into(),
        edition: Default::default(),
        scenario: Scenario {
            scope: vec![ScopePair { sources: vec![UnitId("ou_root".into())], target: DepartmentId::ROOT }],
            create_source_unit: false,
            incremental: false,
            qr_logon: false,
            include: String::new(),
            disabled_accounts: Default::default(),
            leavers: Default::default(),
            leavers_department: None,
        },
        mapping: Mapping { identity: vec![IdentityField::Mobile], user: Vec::new(), department: Vec::new() },
        limits: SafetyLimits::default(),
    }
}

fn approved(profile: &Profile) -> ApprovedPlan {
    let root =
        OrganizationalUnit { id: "ou_root".into(), name: "Acme".into(), ..OrganizationalUnit::default() };
    let account = |number: usize| Account {
        id: format!("user_{number:06}"),
        display_name: Some(format!("Person {number}")),
        phone_region: Some("86".into()),
        phone_number: Some(format!("138{number:08}")),
        enabled: true,
        units: vec![Membership { unit: UnitId("ou_root".into()), name: None, primary: true }],
        ..Account::default()
    };
    let source =
        SourceSnapshot { units: vec![root], accounts: (0..ACCOUNTS).map(account).collect(), calls: 0 };
    let (target, memory) = (nothing_there(), Memory::default());
    let input = PlanInput {
        profile,
        source: &source,
        target: &target,
        memory: &memory,
        now_ms: SystemClock.now_ms(),
        read_calls: 0,
    };
    plan(&input).unwrap().approve(&Approval { removals: None }).unwrap()
}

/// Creates a second of one run.
async fn run(server: Option<SocketAddr>, directory: &Path) -> f64 {
    let profile = profile();
    let owner = ConnectionId { instance_id: profile.instance_id.clone(), corp_id: profile.corp_id.clone() };
    let store = Store::open(&directory.join(format!("{:x}.db", rand::random::<u32>())), &owner).unwrap();
    let (target, plan) = (Open::new(server), approved(&profile));
    let work = Work { target: &target, journal: &store, clock: &SystemClock, limits: &profile.limits };
    let begun = Instant::now();
    let report = apply(&work, plan, &nothing_there(), RunKind::Sync, None, &mut |_| {}, &StopSignal::new())
        .await
        .unwrap();
    assert_eq!(report.status, RunStatus::Success, "{:?}", report.error);
    ACCOUNTS as f64 / begun.elapsed().as_secs_f64()
}

/// A server in a thread of its own that answers every create, and the tokens of the peer.
fn server() -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            let next = AtomicU64::new(1);
            let created = move || {
                let userid = format!("u{}", next.fetch_add(1, Ordering::Relaxed));
                axum::Json(
                    json!({"errcode": 0, "errmsg": "ok", "result": {"userid": userid}, "request_id": "r"}),
                )
            };
            let created = std::sync::Arc::new(created);
            let token = json!({"errcode": 0, "errmsg": "ok", "access_token": "t", "expires_in": 7200});
            let router = axum::Router::new()
                .route(
                    "/topapi/v2/user/create",
                    any(move |_read: axum::body::Bytes| {
                        let created = created.clone();
                        async move { created() }
                    }),
                )
                .route(
                    "/gettoken",
                    any(move || {
                        let token = token.clone();
                        async move { axum::Json(token) }
                    }),
                );
            axum::serve(listener, router).await.unwrap();
        });
    });
    told.recv().unwrap()
}

/// Median, lowest and highest.
fn spread(mut figures: Vec<f64>) -> (f64, f64, f64) {
    figures.sort_by(f64::total_cmp);
    (figures[figures.len() / 2], figures[0], figures[figures.len() - 1])
}

pub(crate) fn ceiling() {
    println!(
        "{ACCOUNTS} creates without a limit, two flushed journal entries each; median of {ROUNDS} (lowest, highest)"
    );
    let directory = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let address = server();
    let mut peers = None;
    for (what, server) in [("in memory", None), ("over HTTP", Some(address))] {
        let figures = (0..ROUNDS).map(|_| runtime.block_on(run(server, directory.path()))).collect();
        let (median, lowest, highest) = spread(figures);
        println!("  {what}   {median:.0}/s ({lowest:.0}, {highest:.0}); goal 10,000/s");
        peers = Some(median);
    }
    let sequential: Vec<f64> = (0..ROUNDS)
        .map_while(|round| super::peer(&format!("http://{address}"), 4_000, &format!("1350{round}")))
        .collect();
    if let (Some(ours), true) = (peers, !sequential.is_empty()) {
        let (median, lowest, highest) = spread(sequential);
        println!(
            "  sequential  {median:.0}/s ({lowest:.0}, {highest:.0}) without a journal; dingsync over HTTP is {:.1} x as fast",
            ours / median
        );
    }
}
