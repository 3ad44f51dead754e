//! The loop under a clock that stands still until everybody waits: when events are dealt with, merged, parked and
//! given up, and what happens while a service is away. Both services are kept in memory.

mod events;
mod services;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dingsync::core::clock::Clock;
use dingsync::core::event::{RunStatus, RunSummary};
use dingsync::core::incremental::{
    Callbacks, Delivery, Edit, Feeds, Inbox, Line, Notice, SourceEvent, Subject, Waiting, Watching, follow,
};
use dingsync::core::journal::{Journal, Learned, RunKind, RunStart};
use dingsync::core::plan::Plan;
use dingsync::core::planner::{PlanInput, plan};
use dingsync::core::profile::{
    DisabledAccounts, Edition, IdentityField, Leavers, Mapping, Profile, SafetyLimits, Scenario, ScopePair,
};
use dingsync::core::source::{Account, AccountId, Membership, NoCache, OrganizationalUnit, Source, UnitId};
use dingsync::core::synchronize::StopSignal;
use dingsync::core::target::{Department, DepartmentId, Target, TargetRequest, User, UserId};
use dingsync::store::{ConnectionId, Store, StoredInbox};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep};

use services::{PausedClock, Services, World};

/// Milliseconds that every call takes.
const LATENCY_MS: u64 = 100;

fn profile() -> Profile {
    Profile {
        display_name: "Test".into(),
        instance_id: "idaas".into(),
        corp_id: "ding".into(),
        edition: Edition::Standard,
        scenario: Scenario {
            scope: vec![ScopePair { sources: vec![UnitId("ou_root".into())], target: DepartmentId::ROOT }],
            create_source_unit: false,
            incremental: true,
            qr_logon: false,
            include: String::new(),
            disabled_accounts: DisabledAccounts::Keep,
            leavers: Leavers::Remove,
            leavers_department: None,
        },
        mapping: Mapping { identity: vec![IdentityField::Mobile], user: Vec::new(), department: Vec::new() },
        limits: SafetyLimits {
            remove_percent: 100,
            source_shrink_percent: 100,
            update_percent: 100,
            ..SafetyLimits::default()
        },
    }
}

fn account(number: u32, name: &str, unit: &str) -> Account {
    Account {
        id: format!("user_{number}"),
        display_name: Some(name.into()),
        phone_region: Some("86".into()),
        phone_number: Some(format!("1380000{number:04}")),
        enabled: true,
        units: vec![Membership { unit: UnitId(unit.into()), name: None, primary: true }],
        ..Account::default()
    }
}

fn unit(id: &str, parent: Option<&str>) -> OrganizationalUnit {
    OrganizationalUnit {
        id: id.into(),
        name: id.to_uppercase(),
        parent: parent.map(str::to_owned),
        ..OrganizationalUnit::default()
    }
}

/// A company of two people whose full sync has finished.
struct Stage {
    services: Services,
    clock: Arc<PausedClock>,
    store: Store,
    inbox: StoredInbox,
    profile: Profile,
    poll_seconds: u64,
    lines: Arc<Mutex<Vec<Line>>>,
    _directory: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        let clock = Arc::new(PausedClock(Instant::now()));
        let mut world = World::default();
        world.units.insert("ou_root".into(), unit("ou_root", None));
        for (number, name) in [(1, "Ann"), (2, "Bob")] {
            world.accounts.insert(format!("user_{number}"), account(number, name, "ou_root"));
        }
        let root = Department {
            id: DepartmentId::ROOT,
            parent: None,
            name: "Acme".into(),
            source_identifier: None,
            fields: Vec::new(),
            is_foreign: false,
        };
        world.departments.insert(1, root);
        let services = Services(Arc::new(Mutex::new(world)), Arc::clone(&clock));
        let directory = tempfile::tempdir().unwrap();
        let owner = ConnectionId { instance_id: "idaas".into(), corp_id: "ding".into() };
        let store = Store::open(&directory.path().join("state.db"), &owner).unwrap();
        let inbox = store.inbox().await.unwrap();
        let stage = Self {
            services,
            clock,
            store,
            inbox,
            profile: profile(),
            poll_seconds: 86_400,
            lines: Arc::default(),
            _directory: directory,
        };
        stage.synchronise().await;
        stage
    }

    /// What a full sync leaves behind.
    async fn synchronise(&self) {
        let plan = self.plan().await;
        let start = RunStart {
            kind: RunKind::Sync,
            plan,
            seen: Default::default(),
            of_run: None,
            started_at_ms: self.clock.now_ms(),
        };
        let run = self.store.begin(start).await.unwrap();
        let accounts: Vec<Account> = self.services.0.lock().unwrap().accounts.values().cloned().collect();
        for (index, account) in accounts.into_iter().enumerate() {
            let id = UserId(format!("s{index}"));
            let user = User {
                id: id.clone(),
                mobile: account.phone_number.clone().map(|number| format!("+86{number}")),
                departments: vec![DepartmentId::ROOT],
                fields: vec![("name".into(), account.display_name.clone().unwrap())],
                is_administrator: false,
                is_active: true,
            };
            self.services.0.lock().unwrap().users.insert(id.0.clone(), user);
            self.store.learn(vec![Learned::BindUser(account.account_id(), id)]).await.unwrap();
        }
        let now = self.clock.now_ms();
        self.store.finish(&run, RunStatus::Success, RunSummary::default(), now, Some(2)).await.unwrap();
    }

    async fn plan(&self) -> Plan {
        let source = self.services.listing().await.unwrap();
        let target = Target::snapshot(&self.services, &TargetRequest::default()).await.unwrap();
        let memory = self.store.memory().await.unwrap();
        let now_ms = self.clock.now_ms();
        let input = PlanInput {
            profile: &self.profile,
            source: &source,
            target: &target,
            memory: &memory,
            now_ms,
            read_calls: 0,
        };
        plan(&input).unwrap()
    }

    /// Follows while `does` goes on.
    async fn follow<F: Future<Output = ()>>(&self, does: impl FnOnce(Hand) -> F) {
        let (events, received) = unbounded_channel();
        let (edits, edited) = unbounded_channel();
        let callbacks = Callbacks::default();
        let watching = Watching {
            profile: &self.profile,
            source: &self.services,
            target: &self.services,
            journal: &self.store,
            inbox: &self.inbox,
            cache: &NoCache,
            clock: &*self.clock,
            callbacks: &callbacks,
            poll_seconds: self.poll_seconds,
            address: "127.0.0.1:1".into(),
            pid: 1,
        };
        let stop = StopSignal::new();
        let lines = Arc::clone(&self.lines);
        let tell = move |line: Line| lines.lock().unwrap().push(line);
        let hand = Hand { events, edits, inbox: self.inbox.clone(), clock: Arc::clone(&self.clock) };
        let feeds = Feeds { events: received, edits: edited };
        let done = async {
            // The first comparison is over.
            sleep(Duration::from_secs(2)).await;
            does(hand).await;
            stop.request();
        };
        let (followed, ()) = futures::join!(follow(&watching, feeds, &tell, &stop), done);
        followed.unwrap();
    }

    /// Writes since a moment, with how long after it each came.
    fn written(&self, since_ms: i64) -> Vec<(i64, String)> {
        let world = self.services.0.lock().unwrap();
        world
            .written
            .iter()
            .filter(|(at, _)| *at >= since_ms)
            .map(|(at, told)| (at - since_ms, told.clone()))
            .collect()
    }

    fn rename(&self, number: u32, name: &str) {
        let mut world = self.services.0.lock().unwrap();
        world.accounts.get_mut(&format!("user_{number}")).unwrap().display_name = Some(name.into());
    }

    fn notices(&self, is_it: impl Fn(&Notice) -> bool) -> usize {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter(|line| matches!(line, Line::Notice(notice) if is_it(notice))).count()
    }
}

/// Whoever tells of changes.
struct Hand {
    events: UnboundedSender<Waiting>,
    edits: UnboundedSender<Edit>,
    inbox: StoredInbox,
    clock: Arc<PausedClock>,
}

impl Hand {
    async fn tell(&self, id: &str, kind: &str, subject: Subject) {
        let now = self.clock.now_ms();
        let event = SourceEvent { id: id.into(), kind: kind.into(), subject, at_ms: None };
        let delivery = Delivery {
            token_id: format!("token-{id}"),
            expires_ms: now + 1_800_000,
            events: vec![event.clone()],
            remembered: Vec::new(),
            received_at_ms: now,
        };
        self.inbox.receive(delivery).await.unwrap();
        self.events.send(Waiting { event, received_at_ms: now }).unwrap();
    }
}

fn person(number: u32) -> Subject {
    Subject::Account(AccountId(format!("user_{number}")))
}

async fn pass(ms: u64) {
    sleep(Duration::from_millis(ms)).await;
}
