//! Whole runs in virtual time: core, lanes and the real state file against a service that counts calls in windows of a
//! second. How near to what the limits allow, through storms, lost answers and kills (reference `performance.md` P3,
//! P10, P11).

mod interrupted;
mod undisturbed;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{Instant, sleep};

use dingsync::core::check::{CheckContext, CheckId, CheckStatus, Finding};
use dingsync::core::clock::Clock;
use dingsync::core::error::{Error, ErrorKind};
use dingsync::core::journal::{Journal, Memory, RunKind};
use dingsync::core::plan::{Approval, Plan};
use dingsync::core::planner::{PlanInput, plan};
use dingsync::core::profile::{Mapping, Profile, SafetyLimits, Scenario, ScopePair};
use dingsync::core::source::{Account, Membership, OrganizationalUnit, SourceSnapshot, UnitId};
use dingsync::core::synchronize::{RunReport, StopSignal, Work, apply};
use dingsync::core::target::{
    Department, DepartmentId, Interface, PaceReport, Permit, Range, Refusal, RefusalClass, Target,
    TargetRequest, TargetSnapshot, User, UserId, Write, WriteFailure, Written,
};
use dingsync::http::retry::{Attempt, Patience, call_in_turn};
use dingsync::http::{Lanes, Scope};
use dingsync::store::{ConnectionId, Store};

const ROOT: DepartmentId = DepartmentId::ROOT;

/// 2026-01-31T08:00:00Z, moving with virtual time.
struct Virtual(Instant);

#[async_trait]
impl Clock for Virtual {
    fn now_ms(&self) -> i64 {
        1_769_846_400_000 + i64::try_from(self.0.elapsed().as_millis()).unwrap()
    }

    async fn sleep(&self, ms: u64) {
        sleep(Duration::from_millis(ms)).await;
    }
}

/// What the service does at a moment.
#[derive(Clone, Copy)]
struct Weather {
    /// Calls a second of each interface.
    limit: u32,
    /// Every so many writes the answer is lost although the write was applied; 0 never.
    lost: u64,
    /// Nobody's calls are taken.
    storm: bool,
    /// The address is banned.
    banned: bool,
}

const FAIR: Weather = Weather { limit: 20, lost: 0, storm: false, banned: false };

#[derive(Default)]
struct World {
    windows: HashMap<Interface, (u64, u32)>,
    departments: BTreeMap<i64, Department>,
    users: BTreeMap<String, User>,
    creates: HashMap<String, u32>,
    /// Since when a record is there.
    since: HashMap<String, Instant>,
    /// When writes came, the refused ones too.
    writes_at: Vec<Instant>,
    reads: u64,
    writes: u64,
    /// Creates of what was there.
    repeated: u64,
    refused: u64,
    in_storm: u64,
    in_ban: u64,
}

/// The service as one process sees it: lanes of its own, the world everybody's.
#[derive(Clone)]
struct Service {
    lanes: Lanes,
    ceiling: u32,
    latency: Duration,
    /// How long after its creation a record is read.
    hidden: Duration,
    started: Instant,
    weather: fn(u64) -> Weather,
    world: Arc<Mutex<World>>,
}

impl Service {
    fn new(ceiling: u32, latency_ms: u64, weather: fn(u64) -> Weather) -> Self {
        Self {
            lanes: Lanes::new(f64::from(ceiling)),
            ceiling,
            latency: Duration::from_millis(latency_ms),
            hidden: Duration::ZERO,
            started: Instant::now(),
            weather,
            world: Arc::default(),
        }
    }

    /// The same service for a process that begins now.
    fn anew(&self) -> Self {
        Self { lanes: Lanes::new(f64::from(self.ceiling)), ..self.clone() }
    }

    async fn read(&self) -> MutexGuard<'_, World> {
        sleep(self.latency).await;
        let mut world = self.world();
        world.reads += 1;
        world
    }

    fn shows(&self, world: &World, key: &str) -> bool {
        world.since.get(key).is_some_and(|since| since.elapsed() >= self.hidden)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    async fn attempt(&self, write: &Write) -> Attempt<Written, WriteFailure> {
        sleep(self.latency / 2).await;
        let fate = self.carry_out(write);
        sleep(self.latency / 2).await;
        fate
    }

    fn carry_out(&self, write: &Write) -> Attempt<Written, WriteFailure> {
        let (second, mut world) = (self.started.elapsed().as_secs(), self.world());
        let Weather { limit, lost, storm, banned } = (self.weather)(second);
        let refusal = || WriteFailure::Ambiguous("never handed out".to_owned());
        world.writes_at.push(Instant::now());
        if banned {
            world.in_ban += 1;
            return Attempt::Refused(Scope::Ban, refusal());
        }
        if storm {
            world.in_storm += 1;
            return Attempt::Refused(Scope::All, refusal());
        }
        let window = world.windows.entry(write.interface()).or_default();
        if window.0 != second {
            *window = (second, 0);
        }
        window.1 += 1;
        if window.1 > limit {
            world.refused += 1;
            return Attempt::Refused(Scope::Lane, refusal());
        }
        world.writes += 1;
        let is_lost = lost > 0 && world.writes.is_multiple_of(lost);
        let written = match world.apply(write) {
            Ok(written) => written,
            Err(refusal) => return Attempt::Failed(WriteFailure::Refused(refusal)),
        };
        if is_lost {
            Attempt::Failed(WriteFailure::Ambiguous("the connection broke".to_owned()))
        } else {
            Attempt::Done(written)
        }
    }
}

impl World {
    fn apply(&mut self, write: &Write) -> Result<Written, Refusal> {
        match write {
            Write::CreateDepartment(draft) => {
                let id = 100 + i64::try_from(self.departments.len()).unwrap();
                let identifier = draft.fields.get("source_identifier").cloned();
                if self.departments.values().any(|there| there.source_identifier == identifier) {
                    return Err(self.taken("60008", RefusalClass::DuplicateName));
                }
                self.since.insert(id.to_string(), Instant::now());
                *self.creates.entry(identifier.clone().unwrap()).or_default() += 1;
                let department = Department {
                    id: DepartmentId(id),
                    parent: Some(draft.parent),
                    name: draft.fields["name"].clone(),
                    source_identifier: identifier,
                    fields: Vec::new(),
                    is_foreign: false,
                };
                self.departments.insert(id, department);
                Ok(Written::Department(DepartmentId(id)))
            }
            Write::CreateUser(draft) => {
                let mobile = draft.fields["mobile"].clone();
                if self.users.contains_key(&format!("u{mobile}")) {
                    return Err(self.taken("60104", RefusalClass::MobileTaken));
                }
                self.since.insert(format!("u{mobile}"), Instant::now());
                *self.creates.entry(mobile.clone()).or_default() += 1;
                let id = UserId(format!("u{mobile}"));
                let user = User {
                    id: id.clone(),
                    mobile: Some(mobile),
                    departments: draft.departments.clone(),
                    fields: vec![("name".into(), draft.fields["name"].clone())],
                    is_administrator: false,
                    is_active: false,
                };
                self.users.insert(id.0.clone(), user);
                Ok(Written::User(id))
            }
            other => panic!("an empty address book needs no {other:?}"),
        }
    }

    fn taken(&mut self, code: &str, class: RefusalClass) -> Refusal {
        self.repeated += 1;
        Refusal { code: code.to_owned(), message: "it is there already".to_owned(), class }
    }
}

#[async_trait]
impl Target for Service {
    async fn snapshot(&self, _request: &TargetRequest) -> Result<TargetSnapshot, Error> {
        Err(Error::new(ErrorKind::Service, "a run does not read everything again"))
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, Error> {
        let world = self.read().await;
        Ok(world.users.get(&id.0).filter(|_| self.shows(&world, &id.0)).cloned())
    }

    async fn department(&self, id: DepartmentId) -> Result<Option<Department>, Error> {
        let world = self.read().await;
        Ok(world.departments.get(&id.0).filter(|_| self.shows(&world, &id.0.to_string())).cloned())
    }

    async fn children(&self, id: DepartmentId) -> Result<Vec<Department>, Error> {
        let world = self.read().await;
        let shown = |child: &&Department| self.shows(&world, &child.id.to_string());
        let children = world.departments.values().filter(|child| child.parent == Some(id)).filter(shown);
        Ok(children.cloned().collect())
    }

    async fn members(&self, id: DepartmentId) -> Result<Vec<UserId>, Error> {
        let world = self.read().await;
        Ok(world
            .users
            .values()
            .filter(|user| user.departments.contains(&id))
            .map(|user| user.id.clone())
            .collect())
    }

    async fn user_by_mobile(&self, mobile: &str) -> Result<Option<UserId>, Error> {
        let world = self.read().await;
        let id = format!("u{mobile}");
        Ok(self.shows(&world, &id).then_some(UserId(id)))
    }

    async fn permit(&self, interface: Interface) -> Permit {
        self.lanes.wait(interface.as_str()).await;
        Permit { interface }
    }

    async fn write(&self, permit: Permit, write: &Write) -> Result<Written, WriteFailure> {
        let lane = permit.interface.as_str();
        let turn = self.lanes.begin(lane).await;
        call_in_turn(&self.lanes, lane, turn, Patience::default(), || self.attempt(write)).await
    }

    async fn check(&self, _item: CheckId, _context: &CheckContext) -> Finding {
        Finding::new(CheckStatus::Pass, "nothing is checked here")
    }

    fn pace(&self) -> PaceReport {
        self.lanes.report()
    }

    fn calls(&self) -> u64 {
        self.lanes.calls()
    }
}

fn profile() -> Profile {
    Profile {
        display_name: "Floor".into(),
        instance_id: "idaas_floor0001".into(),
        corp_id: "dingfloor".into(),
        edition: Default::default(),
        scenario: Scenario {
            scope: vec![ScopePair { sources: vec![UnitId("ou_root".into())], target: ROOT }],
            create_source_unit: false,
            incremental: false,
            qr_logon: false,
            include: String::new(),
            disabled_accounts: Default::default(),
            leavers: Default::default(),
            leavers_department: None,
        },
        mapping: Mapping {
            identity: vec![dingsync::core::profile::IdentityField::Mobile],
            user: Vec::new(),
            department: Vec::new(),
        },
        limits: SafetyLimits::default(),
    }
}

/// So many accounts in so many units, eight below each.
fn source(accounts: usize, units: usize) -> SourceSnapshot {
    let unit_id = |number: usize| format!("ou_{number:05}");
    let root =
        OrganizationalUnit { id: "ou_root".into(), name: "Acme".into(), ..OrganizationalUnit::default() };
    let units: Vec<OrganizationalUnit> = (0..units)
        .map(|number| OrganizationalUnit {
            id: unit_id(number),
            name: format!("Unit {number}"),
            parent: Some(number.checked_sub(8).map_or("ou_root".to_owned(), |rest| unit_id(rest / 8))),
            ..OrganizationalUnit::default()
        })
        .chain([root])
        .collect();
    let count = units.len() - 1;
    let accounts = (0..accounts)
        .map(|number| Account {
            id: format!("user_{number:06}"),
            username: Some(format!("person{number}")),
            display_name: Some(format!("Person {number}")),
            phone_region: Some("86".into()),
            phone_number: Some(format!("138{number:08}")),
            enabled: true,
            units: vec![Membership { unit: UnitId(unit_id(number % count)), name: None, primary: true }],
            ..Account::default()
        })
        .collect();
    SourceSnapshot { units, accounts, calls: 0 }
}

fn nothing_there(clock: &Virtual) -> TargetSnapshot {
    let root = Department {
        id: ROOT,
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
        read_at_ms: clock.now_ms(),
    }
}

fn planned(profile: &Profile, source: &SourceSnapshot, target: &TargetSnapshot, clock: &Virtual) -> Plan {
    plan(&PlanInput {
        profile,
        source,
        target,
        memory: &Memory::default(),
        now_ms: clock.now_ms(),
        read_calls: 0,
    })
    .unwrap()
}

/// A first run of so many accounts in so many units; the seconds it took.
async fn first_run(service: &Service, accounts: usize, units: usize) -> (RunReport, f64) {
    let directory = tempfile::tempdir().unwrap();
    let profile = profile();
    let owner = ConnectionId { instance_id: profile.instance_id.clone(), corp_id: profile.corp_id.clone() };
    let store = Store::open(&directory.path().join("state.db"), &owner).unwrap();
    let clock = Virtual(Instant::now());
    let target = nothing_there(&clock);
    let plan = planned(&profile, &source(accounts, units), &target, &clock);
    let work = Work { target: service, journal: &store, clock: &clock, limits: &profile.limits };
    let approved = plan.approve(&Approval { removals: None }).unwrap();
    let begun = Instant::now();
    let stop = StopSignal::new();
    let report = apply(&work, approved, &target, RunKind::Sync, None, &mut |_| {}, &stop).await.unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(store.memory().await.unwrap().bindings(), (accounts + units) as u64);
    (report, seconds)
}

fn assert_everybody_once(service: &Service, accounts: usize, units: usize) {
    let world = service.world();
    assert_eq!((world.users.len(), world.departments.len()), (accounts, units));
    assert!(world.creates.values().all(|times| *times == 1), "something was created twice");
}
