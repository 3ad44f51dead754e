//! The loop under a clock that stands still until everybody waits: when events are dealt with, merged, parked and
//! given up, and what happens while a service is away. Both services are kept in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dingsync::core::check::{CheckContext, CheckId, CheckStatus, Finding};
use dingsync::core::clock::Clock;
use dingsync::core::error::{Error, ErrorKind};
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
use dingsync::core::source::{
    Account, AccountCache, AccountId, Instance, Membership, NoCache, OrganizationalUnit, Source,
    SourceRequest, SourceSnapshot, UnitId,
};
use dingsync::core::synchronize::StopSignal;
use dingsync::core::target::{
    Department, DepartmentId, Interface, PaceReport, Permit, Range, Target, TargetRequest, TargetSnapshot,
    User, UserId, Write, WriteFailure, Written,
};
use dingsync::store::{ConnectionId, Store, StoredInbox};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, advance, sleep};

/// Milliseconds that every call takes.
const LATENCY_MS: u64 = 100;

struct PausedClock(Instant);

#[async_trait]
impl Clock for PausedClock {
    fn now_ms(&self) -> i64 {
        1_800_000_000_000 + i64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
    async fn sleep(&self, ms: u64) {
        sleep(Duration::from_millis(ms)).await;
    }
}

/// Both services.
#[derive(Default)]
struct World {
    accounts: BTreeMap<String, Account>,
    units: BTreeMap<String, OrganizationalUnit>,
    users: BTreeMap<String, User>,
    departments: BTreeMap<i64, Department>,
    is_away: bool,
    /// Milliseconds of the clock and the write.
    written: Vec<(i64, String)>,
    next: i64,
}

#[derive(Clone)]
struct Services(Arc<Mutex<World>>, Arc<PausedClock>);

impl Services {
    async fn read<T>(&self, read: impl FnOnce(&World) -> T + Send) -> Result<T, Error> {
        sleep(Duration::from_millis(LATENCY_MS)).await;
        let world = self.0.lock().unwrap();
        if world.is_away {
            return Err(Error::new(ErrorKind::Network, "nobody answers"));
        }
        Ok(read(&world))
    }

    fn names(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap()
            .users
            .values()
            .map(|user| user.field("name").unwrap_or("").to_owned())
            .collect()
    }
}

#[async_trait]
impl Source for Services {
    async fn snapshot(&self, _: &SourceRequest, _: &dyn AccountCache) -> Result<SourceSnapshot, Error> {
        self.listing().await
    }
    async fn listing(&self) -> Result<SourceSnapshot, Error> {
        self.read(|world| SourceSnapshot {
            units: world.units.values().cloned().collect(),
            accounts: world.accounts.values().cloned().collect(),
            calls: 1,
        })
        .await
    }
    async fn account(&self, id: &AccountId) -> Result<Option<Account>, Error> {
        self.read(|world| world.accounts.get(&id.0).cloned()).await
    }
    async fn unit(&self, id: &UnitId) -> Result<Option<OrganizationalUnit>, Error> {
        self.read(|world| world.units.get(&id.0).cloned()).await
    }
    async fn instance(&self) -> Result<Instance, Error> {
        Ok(Instance::default())
    }
    async fn check(&self, _: CheckId, _: &CheckContext) -> Finding {
        Finding::new(CheckStatus::Pass, "")
    }
    fn calls(&self) -> u64 {
        0
    }
}

#[async_trait]
impl Target for Services {
    async fn snapshot(&self, _: &TargetRequest) -> Result<TargetSnapshot, Error> {
        let now = self.1.now_ms();
        self.read(|world| TargetSnapshot {
            departments: world.departments.values().cloned().collect(),
            users: world.users.values().cloned().collect(),
            is_complete: true,
            range: Range::All,
            unreadable: Default::default(),
            calls: 1,
            read_at_ms: now,
        })
        .await
    }
    async fn user(&self, id: &UserId) -> Result<Option<User>, Error> {
        self.read(|world| world.users.get(&id.0).cloned()).await
    }
    async fn department(&self, id: DepartmentId) -> Result<Option<Department>, Error> {
        self.read(|world| world.departments.get(&id.0).cloned()).await
    }
    async fn children(&self, id: DepartmentId) -> Result<Vec<Department>, Error> {
        self.read(|world| world.departments.values().filter(|one| one.parent == Some(id)).cloned().collect())
            .await
    }
    async fn members(&self, id: DepartmentId) -> Result<Vec<UserId>, Error> {
        self.read(|world| {
            world
                .users
                .values()
                .filter(|user| user.departments.contains(&id))
                .map(|user| user.id.clone())
                .collect()
        })
        .await
    }
    async fn user_by_mobile(&self, mobile: &str) -> Result<Option<UserId>, Error> {
        let wanted = format!("+86{mobile}");
        self.read(|world| {
            world
                .users
                .values()
                .find(|user| user.mobile.as_ref() == Some(&wanted))
                .map(|user| user.id.clone())
        })
        .await
    }
    async fn permit(&self, interface: Interface) -> Permit {
        Permit { interface }
    }
    async fn write(&self, _: Permit, write: &Write) -> Result<Written, WriteFailure> {
        sleep(Duration::from_millis(LATENCY_MS)).await;
        let mut world = self.0.lock().unwrap();
        let now = self.1.now_ms();
        world.next += 1;
        let number = world.next;
        let (told, written) = match write {
            Write::CreateUser(draft) => {
                let id = format!("u{number}");
                let fields = draft.fields.iter().filter(|(name, _)| name.as_str() != "mobile");
                let user = User {
                    id: UserId(id.clone()),
                    mobile: draft.fields.get("mobile").map(|mobile| format!("+86{mobile}")),
                    departments: draft.departments.clone(),
                    fields: fields.map(|(name, value)| (name.clone(), value.clone())).collect(),
                    is_administrator: false,
                    is_active: false,
                };
                world.users.insert(id.clone(), user);
                (format!("create {id}"), Written::User(UserId(id)))
            }
            Write::UpdateUser(update) => {
                let user = world.users.get_mut(&update.id.0).unwrap();
                for (name, value) in &update.fields {
                    user.fields.retain(|(known, _)| known != name);
                    user.fields.extend(value.clone().map(|value| (name.clone(), value)));
                }
                user.fields.sort();
                user.departments = update.departments.clone().unwrap_or_else(|| user.departments.clone());
                (format!("update {}", update.id), Written::Done)
            }
            Write::CreateDepartment(draft) => {
                let id = DepartmentId(1000 + number);
                let field = |name: &str| draft.fields.get(name).cloned();
                let department = Department {
                    id,
                    parent: Some(draft.parent),
                    name: field("name").unwrap(),
                    source_identifier: field("source_identifier"),
                    fields: Vec::new(),
                    is_foreign: false,
                };
                world.departments.insert(id.0, department);
                (format!("create {id}"), Written::Department(id))
            }
            Write::DeleteUser { id } => {
                world.users.remove(&id.0);
                (format!("delete {id}"), Written::Done)
            }
            Write::UpdateDepartment(_) | Write::DeleteDepartment { .. } => panic!("not part of these tests"),
        };
        world.written.push((now, told));
        Ok(written)
    }
    async fn check(&self, _: CheckId, _: &CheckContext) -> Finding {
        Finding::new(CheckStatus::Pass, "")
    }
    fn pace(&self) -> PaceReport {
        PaceReport::default()
    }
    fn calls(&self) -> u64 {
        0
    }
}

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
        let start = RunStart { kind: RunKind::Sync, plan, of_run: None, started_at_ms: self.clock.now_ms() };
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

#[tokio::test(start_paused = true)]
async fn the_first_event_is_written_within_two_round_trips_and_the_next_ones_together() {
    let stage = Stage::new().await;
    let began = Mutex::new(0);
    stage
        .follow(|hand| {
            let (stage, began) = (&stage, &began);
            async move {
                *began.lock().unwrap() = stage.clock.now_ms();
                stage.rename(1, "First");
                hand.tell("e1", "user:update_info", person(1)).await;
                pass(500).await;
                stage.rename(1, "Second");
                hand.tell("e2", "user:update_info", person(1)).await;
                pass(900).await;
                stage.rename(1, "Third");
                hand.tell("e3", "user:update_info", person(1)).await;
                pass(5_000).await;
            }
        })
        .await;
    let written = stage.written(*began.lock().unwrap());
    assert_eq!(written.len(), 2, "{written:?}");
    assert!((200..=260).contains(&written[0].0), "{written:?}");
    assert!((2_000..=2_400).contains(&written[1].0), "{written:?}");
    assert_eq!(stage.services.names(), ["Third", "Bob"]);
    assert!(stage.inbox.waiting().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn somebody_whose_unit_nobody_told_of_yet_gets_it_first() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| {
            let stage = &stage;
            async move {
                {
                    let mut world = stage.services.0.lock().unwrap();
                    world.units.insert("ou_deep".into(), unit("ou_deep", Some("ou_mid")));
                    world.units.insert("ou_mid".into(), unit("ou_mid", Some("ou_root")));
                    world.accounts.insert("user_3".into(), account(3, "Cid", "ou_deep"));
                }
                hand.tell("e1", "user:create", person(3)).await;
                pass(3_000).await;
            }
        })
        .await;
    let written: Vec<String> = stage.written(0).into_iter().map(|(_, told)| told).collect();
    assert_eq!(written, ["create 1001", "create 1002", "create u3"], "parents first, then the person");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_found_is_tried_for_ten_minutes_and_then_needs_a_full_sync() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| async move {
            hand.tell("e1", "user:create", person(9)).await;
            pass(9 * 60_000).await;
            assert_eq!(hand.inbox.waiting().await.unwrap().len(), 1, "it still waits");
            pass(3 * 60_000).await;
        })
        .await;
    let gave_up = |notice: &Notice| matches!(notice, Notice::Attention { reason, .. } if reason.contains("needs a full sync"));
    assert_eq!(stage.notices(gave_up), 1);
    assert_eq!(stage.inbox.unsuccessful().await.unwrap(), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn events_wait_while_a_service_is_away_and_none_is_lost() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| {
            let stage = &stage;
            async move {
                stage.services.0.lock().unwrap().is_away = true;
                stage.rename(2, "Later");
                hand.tell("e1", "user:update_info", person(2)).await;
                pass(120_000).await;
                assert_eq!(stage.services.names(), ["Ann", "Bob"]);
                stage.services.0.lock().unwrap().is_away = false;
                pass(61_000).await;
            }
        })
        .await;
    assert_eq!(stage.services.names(), ["Ann", "Later"]);
    assert!(stage.notices(|notice| matches!(notice, Notice::Trouble { .. })) >= 3);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waited_when_the_process_ended_is_dealt_with_by_the_next() {
    let stage = Stage::new().await;
    stage.follow(|hand| async move { drop(hand.edits) }).await;
    let hand = Hand {
        events: unbounded_channel().0,
        edits: unbounded_channel().0,
        inbox: stage.inbox.clone(),
        clock: Arc::clone(&stage.clock),
    };
    let delivery = Delivery {
        token_id: "t".into(),
        expires_ms: i64::MAX,
        events: vec![SourceEvent {
            id: "e".into(),
            kind: "user:delete".into(),
            subject: person(2),
            at_ms: None,
        }],
        remembered: Vec::new(),
        received_at_ms: hand.clock.now_ms(),
    };
    stage.inbox.receive(delivery).await.unwrap();
    stage.services.0.lock().unwrap().accounts.remove("user_2");
    advance(Duration::from_secs(1)).await;
    stage.follow(|_hand| async { pass(2_000).await }).await;
    assert_eq!(stage.services.names(), ["Ann"]);
    assert!(stage.inbox.waiting().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_hand_edit_is_told_and_not_fought_whatever_else_happens() {
    let stage = Stage::new().await;
    stage
        .follow(|hand| {
            let stage = &stage;
            async move {
                {
                    let mut world = stage.services.0.lock().unwrap();
                    world.users.get_mut("s0").unwrap().fields = vec![("name".into(), "By Hand".into())];
                }
                hand.edits.send(Edit::Changed(Subject::User(UserId("s0".into())))).unwrap();
                pass(1_000).await;
                stage.rename(2, "Bobby");
                hand.tell("e1", "user:update_info", person(2)).await;
                pass(3_000).await;
            }
        })
        .await;
    assert_eq!(stage.services.names(), ["By Hand", "Bobby"]);
    assert_eq!(stage.notices(|notice| matches!(notice, Notice::Drift { .. })), 1);
    assert_eq!(stage.inbox.drifts().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_lost_doubled_or_out_of_order_the_end_is_right_and_nobody_is_there_twice() {
    for seed in 5..10_u64 {
        let mut stage = Stage::new().await;
        stage.poll_seconds = 60;
        let mut dice = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut roll = move |limit: u64| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) % limit
        };
        stage
            .follow(|hand| {
                let stage = &stage;
                async move {
                    let mut told = Vec::new();
                    for step in 0..30_u32 {
                        let number = u32::try_from(roll(6)).unwrap() + 1;
                        let kind = match roll(4) {
                            0 => {
                                stage.services.0.lock().unwrap().accounts.remove(&format!("user_{number}"));
                                "user:delete"
                            }
                            _ => {
                                let person = account(number, &format!("Name {step}"), "ou_root");
                                stage.services.0.lock().unwrap().accounts.insert(person.id.clone(), person);
                                "user:update_info"
                            }
                        };
                        let copies = [0, 1, 1, 1, 2][usize::try_from(roll(5)).unwrap()];
                        told.extend((0..copies).map(|copy| (format!("e{step}-{copy}"), kind, number)));
                        // What happened last is not always told last.
                        while told.len() > usize::try_from(roll(3)).unwrap() {
                            let at = usize::try_from(roll(told.len() as u64)).unwrap();
                            let (id, kind, number) = told.remove(at);
                            hand.tell(&id, kind, person(number)).await;
                        }
                        pass(roll(700)).await;
                    }
                    pass(180_000).await;
                }
            })
            .await;
        let wanted: Vec<String> = {
            let world = stage.services.0.lock().unwrap();
            world.accounts.values().map(|account| account.display_name.clone().unwrap()).collect()
        };
        let mut names = stage.services.names();
        names.sort();
        let mut sorted = wanted.clone();
        sorted.sort();
        assert_eq!(names, sorted, "seed {seed}");
        assert_eq!(stage.notices(|notice| matches!(notice, Notice::Drift { .. })), 0, "seed {seed}");
    }
}
