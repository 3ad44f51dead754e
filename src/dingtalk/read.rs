//! The read of the whole address book with the proof of its completeness. There is no "all employees" call: the tree
//! is walked and every department's direct members are paged, all of it at once within the lanes. A page that fails
//! for good fails the read; nothing is ever left out silently.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered, StreamExt, TryStreamExt};
use serde_json::json;

use super::check::refuse_foreign_corp;
use super::client::{COUNT, DingTalk, LIST_ADMIN, LIST_SUB, SCOPES, USER_GET, USER_LIST, WIDTH};
use super::loose::{Loose, Many};
use super::trouble::Trouble;
use super::wire::{Admin, Count, DepartmentWire, Scopes, UserPage, UserWire};
use crate::core::error::{Error, ErrorKind};
use crate::core::field::{FieldName, Readable, USER_FIELDS, user_field};
use crate::core::refusal::CodeClass;
use crate::core::target::{Department, DepartmentId, Range, TargetRequest, TargetSnapshot, UserId};

/// The largest page `user/list` gives.
const PAGE: usize = 100;

/// The contacts range and what `/auth/scopes` says about fields.
pub(super) struct Grant {
    pub(super) range: Range,
    pub(super) fields: Vec<String>,
}

impl Grant {
    pub(super) async fn read(client: &DingTalk) -> Result<Self, Trouble> {
        let scopes: Scopes = client.caller.call(SCOPES, None).await?;
        let departments: Vec<_> = scopes.auth_org_scopes.authed_dept.integers().map(DepartmentId).collect();
        let users = scopes.auth_org_scopes.authed_user.0.into_iter().map(UserId).collect();
        let is_all = departments.contains(&DepartmentId::ROOT);
        let range = if is_all { Range::All } else { Range::Partial { departments, users } };
        Ok(Self { range, fields: scopes.auth_user_field.0 })
    }

    pub(super) fn lists(&self, field: &str) -> bool {
        self.fields.iter().any(|listed| listed == field)
    }
}

/// What one walk found.
#[derive(Default)]
struct Walk {
    departments: BTreeMap<DepartmentId, Department>,
    users: BTreeMap<UserId, UserWire>,
    has_mobile: bool,
    has_personal: bool,
}

/// One step's yield.
enum Found {
    Children(Vec<DepartmentWire>),
    Department(Option<Department>),
    Members(Vec<UserWire>),
}

/// Why a walk ended early.
enum Stop {
    /// Something vanished while it was read: once more from the beginning.
    Moved(Error),
    Failed(Error),
}

/// The whole read.
pub(super) async fn snapshot(client: &DingTalk, request: &TargetRequest) -> Result<TargetSnapshot, Error> {
    let calls_before = client.caller.lanes.answered();
    let grant = Grant::read(client).await.map_err(|t| t.into_error(SCOPES.lane))?;
    let (mut walk, ()) =
        futures::try_join!(walk_twice(client, &grant, request), refuse_foreign_corp(client))?;
    let mut is_complete = grant.range == Range::All;
    let has_all =
        async |walk: &Walk| Ok::<_, Error>(count(client).await?.is_none_or(|n| n == walk.users.len() as i64));
    if is_complete && !has_all(&walk).await? {
        walk = walk_twice(client, &grant, request).await?;
        is_complete = has_all(&walk).await?;
    }
    let administrators = administrators(client).await;
    let unreadable = unreadable(&walk, &grant, request);
    let users = walk.users.into_values().filter_map(UserWire::into_user).map(|mut user| {
        user.is_administrator |= administrators.contains(&user.id);
        user
    });
    Ok(TargetSnapshot {
        users: users.collect(),
        departments: mark_foreign(walk.departments),
        is_complete,
        range: grant.range,
        unreadable,
        calls: client.caller.lanes.answered() - calls_before,
        read_at_ms: client.now_ms(),
    })
}

async fn walk_twice(client: &DingTalk, grant: &Grant, request: &TargetRequest) -> Result<Walk, Error> {
    match walk(client, grant, request).await {
        Err(Stop::Moved(_)) => match walk(client, grant, request).await {
            Ok(walk) => Ok(walk),
            Err(Stop::Moved(error) | Stop::Failed(error)) => Err(error),
        },
        Err(Stop::Failed(error)) => Err(error),
        Ok(walk) => Ok(walk),
    }
}

async fn walk(client: &DingTalk, grant: &Grant, request: &TargetRequest) -> Result<Walk, Stop> {
    let mut walk = Walk::default();
    let mut steps: FuturesUnordered<BoxFuture<'_, Result<Found, Stop>>> = FuturesUnordered::new();
    let mut visited = HashSet::new();
    for root in roots(client, grant).await? {
        if visited.insert(root) {
            visit(client, &mut steps, root);
        }
    }
    while let Some(found) = steps.next().await {
        match found? {
            Found::Children(children) => {
                for child in children {
                    let Some(id) = child.dept_id.integer().map(DepartmentId) else { continue };
                    if child.is_of_union() {
                        walk.departments.extend(child.into_department().map(|department| (id, department)));
                    } else if visited.insert(id) {
                        visit(client, &mut steps, id);
                    }
                }
            }
            Found::Department(department) => walk.departments.extend(department.map(|d| (d.id, d))),
            Found::Members(users) => users.into_iter().for_each(|user| walk.take(user)),
        }
    }
    drop(steps);
    read_singly(client, grant, request, &mut walk).await?;
    Ok(walk)
}

impl Walk {
    fn take(&mut self, user: UserWire) {
        self.has_mobile |= user.mobile.is_some();
        self.has_personal |= user.has_personal();
        if let Some(id) = user.userid.filled().map(|id| UserId(id.to_owned())) {
            self.users.entry(id).or_insert(user);
        }
    }
}

/// Where the walk begins. A granted department that was deleted since stays in the range; it is no hole in the read.
async fn roots(client: &DingTalk, grant: &Grant) -> Result<Vec<DepartmentId>, Stop> {
    let Range::Partial { departments, .. } = &grant.range else { return Ok(vec![DepartmentId::ROOT]) };
    let checked = departments
        .clone()
        .into_iter()
        .map(|id| async move { client.find_department(id).await.map(|found| found.map(|d| d.id)) });
    let found: Vec<_> = stream::iter(checked)
        .buffered(WIDTH)
        .try_collect()
        .await
        .map_err(|t: Trouble| Stop::Failed(t.into_error("department/get")))?;
    Ok(found.into_iter().flatten().collect())
}

fn visit<'a>(
    client: &'a DingTalk,
    steps: &mut FuturesUnordered<BoxFuture<'a, Result<Found, Stop>>>,
    id: DepartmentId,
) {
    steps.push(Box::pin(async move {
        let listed: Result<Many<DepartmentWire>, _> =
            client.ask(LIST_SUB, json!({"dept_id": id.0, "language": "zh_CN"})).await;
        listed.map(|list| Found::Children(list.0)).map_err(|t| stop(t, LIST_SUB.lane))
    }));
    steps.push(Box::pin(async move {
        match client.find_department(id).await {
            Ok(None) => Err(Stop::Moved(vanished(&format!("department {id}")))),
            Ok(department) => Ok(Found::Department(department)),
            Err(trouble) => Err(stop(trouble, "department/get")),
        }
    }));
    steps.push(Box::pin(async move { members(client, id).await.map(Found::Members) }));
}

/// A department's direct members, page after page until the service says there is no more.
async fn members(client: &DingTalk, id: DepartmentId) -> Result<Vec<UserWire>, Stop> {
    let mut users = Vec::new();
    let mut seen = HashSet::new();
    let mut cursor = 0;
    while seen.insert(cursor) {
        let page = page(client, id, cursor, PAGE).await.map_err(|t| stop(t, USER_LIST.lane))?;
        users.extend(page.list.0);
        if !page.has_more.is_true() {
            return Ok(users);
        }
        let next = page.next_cursor.as_ref().and_then(Loose::integer);
        cursor = next.ok_or_else(|| Stop::Failed(endless(id, "promises more without saying where")))?;
    }
    Err(Stop::Failed(endless(id, "goes round in circles")))
}

/// One page of a department's direct members, those under access restriction included.
pub(super) async fn page(
    client: &DingTalk,
    id: DepartmentId,
    cursor: i64,
    size: usize,
) -> Result<UserPage, Trouble> {
    let body = json!({
        "dept_id": id.0, "cursor": cursor, "size": size, "contain_access_limit": true, "language": "zh_CN",
    });
    client.ask(USER_LIST, body).await
}

/// Users granted one by one, and fields that only a single read returns.
async fn read_singly(
    client: &DingTalk,
    grant: &Grant,
    request: &TargetRequest,
    walk: &mut Walk,
) -> Result<(), Stop> {
    let is_single =
        |name: &FieldName| user_field(name.as_str()).is_some_and(|f| f.readable == Readable::Single);
    let mut ids: BTreeSet<UserId> = BTreeSet::new();
    if request.user_fields.iter().any(is_single) {
        ids.extend(walk.users.keys().cloned());
    }
    if let Range::Partial { users, .. } = &grant.range {
        ids.extend(users.iter().filter(|id| !walk.users.contains_key(*id)).cloned());
    }
    let reads = ids.into_iter().map(|id| async move {
        let found: Result<Option<UserWire>, _> =
            client.find(USER_GET, json!({"userid": id.0, "language": "zh_CN"})).await;
        found.map(|user| (id, user)).map_err(|t| stop(t, USER_GET.lane))
    });
    let read: Vec<_> = stream::iter(reads).buffer_unordered(WIDTH).try_collect().await?;
    for (id, user) in read {
        match user {
            Some(user) => {
                walk.users.remove(&id);
                walk.take(user);
            }
            None if walk.users.contains_key(&id) => return Err(Stop::Moved(vanished(&format!("user {id}")))),
            // Granted once and gone since.
            None => {}
        }
    }
    Ok(())
}

/// The head-count of the corporation; `None` where the app may not ask for it.
async fn count(client: &DingTalk) -> Result<Option<i64>, Error> {
    match client.ask::<Count>(COUNT, json!({"only_active": false})).await {
        Ok(count) => Ok(count.count.integer()),
        Err(Trouble::Refused(_) | Trouble::Undecodable(_)) => Ok(None),
        Err(trouble) => Err(trouble.into_error(COUNT.lane)),
    }
}

/// The administrators' list; without it the flags of each user have to do.
async fn administrators(client: &DingTalk) -> HashSet<UserId> {
    let listed: Result<Many<Admin>, _> = client.ask(LIST_ADMIN, json!({})).await;
    listed
        .map(|list| list.0.into_iter().map(|a| UserId(a.userid.text().to_owned())).collect())
        .unwrap_or_default()
}

/// Fields that no answer carried and `/auth/scopes` does not list: absent there means hidden, not empty.
fn unreadable(walk: &Walk, grant: &Grant, request: &TargetRequest) -> BTreeSet<FieldName> {
    let mut hidden = BTreeSet::new();
    if walk.users.is_empty() {
        return hidden;
    }
    if !walk.has_mobile && !grant.lists("mobile") {
        hidden.insert(FieldName::new("mobile"));
    }
    if !walk.has_personal && !grant.lists("email") {
        hidden.extend(USER_FIELDS.iter().filter(|f| f.is_personal).map(|f| FieldName::new(f.name)));
        hidden.insert(FieldName::new("extension"));
        let asked = request
            .user_fields
            .iter()
            .filter(|name| user_field(name.as_str()).is_some_and(|f| f.is_personal));
        hidden.extend(asked.cloned());
    }
    hidden
}

/// What lies under a foreign department is foreign too.
fn mark_foreign(departments: BTreeMap<DepartmentId, Department>) -> Vec<Department> {
    let parents: BTreeMap<_, _> = departments.values().map(|d| (d.id, (d.parent, d.is_foreign))).collect();
    let is_under_foreign = |mut id: DepartmentId| {
        for _ in 0..=parents.len() {
            match parents.get(&id) {
                Some((_, true)) => return true,
                Some((Some(parent), false)) => id = *parent,
                Some((None, false)) | None => return false,
            }
        }
        false
    };
    let mark = |mut department: Department| {
        department.is_foreign |= is_under_foreign(department.id);
        department
    };
    departments.into_values().map(mark).collect()
}

fn stop(trouble: Trouble, interface: &str) -> Stop {
    let is_gone = trouble.is(CodeClass::NotFound);
    let error = trouble.into_error(interface);
    if is_gone { Stop::Moved(error) } else { Stop::Failed(error) }
}

fn vanished(what: &str) -> Error {
    Error::new(ErrorKind::Service, format!("{what} vanished while the address book was read, twice"))
        .with_hint("run again when nobody is changing the address book")
}

fn endless(id: DepartmentId, what: &str) -> Error {
    Error::new(ErrorKind::Service, format!("DingTalk's list of the members of department {id} {what}"))
        .with_hint("run again; if it stays, report it to DingTalk")
}

/// Whether any of these users shows a mobile, and any personal data.
pub(super) fn visible(users: &[UserWire]) -> (bool, bool) {
    (users.iter().any(|u| u.mobile.is_some()), users.iter().any(UserWire::has_personal))
}
