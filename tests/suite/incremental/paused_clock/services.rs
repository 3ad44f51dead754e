//! Both services in memory, and the clock they go by.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use dingsync::core::check::{CheckContext, CheckId, CheckStatus, Finding};
use dingsync::core::clock::Clock;
use dingsync::core::error::{Error, ErrorKind};
use dingsync::core::source::{
    Account, AccountCache, AccountId, Instance, OrganizationalUnit, Source, SourceRequest, SourceSnapshot,
    UnitId,
};
use dingsync::core::target::{
    Department, DepartmentId, Interface, PaceReport, Permit, Range, Target, TargetRequest, TargetSnapshot,
    User, UserId, Write, WriteFailure, Written,
};
use tokio::time::{Instant, sleep};

use super::LATENCY_MS;

pub(super) struct PausedClock(pub(super) Instant);

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
pub(super) struct World {
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) units: BTreeMap<String, OrganizationalUnit>,
    pub(super) users: BTreeMap<String, User>,
    pub(super) departments: BTreeMap<i64, Department>,
    pub(super) is_away: bool,
    pub(super) reads: u64,
    /// Milliseconds of the clock and the write.
    pub(super) written: Vec<(i64, String)>,
    pub(super) next: i64,
    /// Accounts read singly.
    pub(super) single_reads: usize,
}

#[derive(Clone)]
pub(super) struct Services(pub(super) Arc<Mutex<World>>, pub(super) Arc<PausedClock>);

impl Services {
    async fn read<T>(&self, read: impl FnOnce(&World) -> T + Send) -> Result<T, Error> {
        sleep(Duration::from_millis(LATENCY_MS)).await;
        let mut world = self.0.lock().unwrap();
        world.reads += 1;
        if world.is_away {
            return Err(Error::new(ErrorKind::Network, "nobody answers"));
        }
        Ok(read(&world))
    }

    pub(super) fn names(&self) -> Vec<String> {
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
        self.0.lock().unwrap().single_reads += 1;
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
