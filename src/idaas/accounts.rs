//! Every account, with memberships at the least cost that can be trusted.
//!
//! Listings of units give memberships only if they are direct and include secondary members, and nobody documents
//! either. They are believed on positive evidence: somebody is listed in several units and the single read agrees,
//! and so does a sample of the others. Otherwise every account is read singly.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures::stream::{self, StreamExt, TryStreamExt};

use super::call::Caller;
use super::walk::walk;
use super::wire::{GetUser, UserWire, UsersPage, sort};
use crate::core::error::{Error, ErrorKind};
use crate::core::source::{
    Account, AccountCache, Detail, Membership, OrganizationalUnit, SourceRequest, UnitId,
};

/// Single reads asked for at once; the lane sets the pace.
const WIDTH: usize = 64;
/// Accounts of one unit that are read singly to confirm the listings.
const SAMPLE: usize = 20;

/// All accounts of the instance, sorted by id.
pub(super) async fn read(
    caller: &Caller,
    request: &SourceRequest,
    units: &[OrganizationalUnit],
    cache: &dyn AccountCache,
) -> Result<Vec<Account>, Error> {
    for _ in 0..2 {
        if let Some(accounts) = once(caller, request, units, cache).await? {
            return Ok(accounts);
        }
    }
    Err(Error::new(ErrorKind::Service, "accounts vanish while they are read, twice in a row")
        .with_hint("somebody is changing the directory right now; run again in a while"))
}

/// `None` when an account vanished between its listing and its single read.
async fn once(
    caller: &Caller,
    request: &SourceRequest,
    units: &[OrganizationalUnit],
    cache: &dyn AccountCache,
) -> Result<Option<Vec<Account>>, Error> {
    let listed = list(caller, &[]).await?;
    let mut accounts: BTreeMap<String, Account> =
        listed.into_iter().map(|user| (user.user_id.clone(), user.into_account())).collect();
    if request.detail == Detail::Memberships && !accounts.is_empty() {
        let memberships = by_listing(caller, &scoped(request, units), &accounts).await?;
        match believe(caller, &memberships, &accounts, cache).await? {
            Belief::Vanished => return Ok(None),
            Belief::No => {}
            Belief::Yes(read_singly) => {
                for (id, units) in memberships {
                    if let Some(account) = accounts.get_mut(&id) {
                        account.units = units;
                    }
                }
                accounts.extend(read_singly.into_iter().map(|account| (account.id.clone(), account)));
                return Ok(Some(accounts.into_values().collect()));
            }
        }
    }
    let all: Vec<&Account> = accounts.values().collect();
    singly(caller, &all, cache).await
}

/// Every account as the listing gives it, sorted by id.
pub(super) async fn listing(caller: &Caller) -> Result<Vec<Account>, Error> {
    let mut accounts: Vec<Account> =
        list(caller, &[]).await?.into_iter().map(UserWire::into_account).collect();
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(accounts)
}

async fn list(caller: &Caller, filter: &[(&str, &str)]) -> Result<Vec<UserWire>, Error> {
    walk::<UsersPage>(caller, "ListUsers", filter, |user| &user.user_id).await
}

/// The units of the scope: the source units and everything below them; every unit where no source is named.
fn scoped<'u>(request: &'u SourceRequest, units: &'u [OrganizationalUnit]) -> Vec<&'u str> {
    if request.scope.is_empty() {
        return units.iter().map(|unit| unit.id.as_str()).collect();
    }
    let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
    for unit in units {
        if let Some(parent) = unit.parent.as_deref() {
            children.entry(parent).or_default().push(&unit.id);
        }
    }
    let (mut found, mut open) =
        (HashSet::new(), request.scope.iter().map(|id| id.0.as_str()).collect::<Vec<_>>());
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(children.get(id).map(Vec::as_slice).unwrap_or_default());
        }
    }
    let mut found: Vec<&str> = found.into_iter().collect();
    found.sort_unstable();
    found
}

/// Memberships as the unit listings say them.
async fn by_listing(
    caller: &Caller,
    units: &[&str],
    accounts: &BTreeMap<String, Account>,
) -> Result<BTreeMap<String, Vec<Membership>>, Error> {
    let units: Vec<String> = units.iter().map(|unit| (*unit).to_owned()).collect();
    // Ids only: with everything else of 100,000 accounts the listings would be half of what is in memory.
    let pages: Vec<(String, Vec<String>)> = stream::iter(units)
        .map(|unit| async move {
            let members = list(caller, &[("OrganizationalUnitId", &unit)]).await?;
            Ok::<_, Error>((unit, members.into_iter().map(|member| member.user_id).collect()))
        })
        .buffered(WIDTH)
        .try_collect()
        .await?;
    let mut memberships: BTreeMap<String, Vec<Membership>> = BTreeMap::new();
    for (unit, members) in pages {
        for member in members.into_iter().filter(|member| accounts.contains_key(member)) {
            let membership = Membership { unit: UnitId(unit.clone()), name: None, primary: false };
            memberships.entry(member).or_default().push(membership);
        }
    }
    for units in memberships.values_mut() {
        if let [only] = units.as_mut_slice() {
            only.primary = true;
        }
    }
    Ok(memberships)
}

enum Belief {
    /// The listings hold; these accounts were read singly on the way.
    Yes(Vec<Account>),
    No,
    Vanished,
}

async fn believe(
    caller: &Caller,
    memberships: &BTreeMap<String, Vec<Membership>>,
    accounts: &BTreeMap<String, Account>,
    cache: &dyn AccountCache,
) -> Result<Belief, Error> {
    let in_several: Vec<&Account> = memberships
        .iter()
        .filter(|(_, units)| units.len() > 1)
        .filter_map(|(id, _)| accounts.get(id))
        .collect();
    // More than half in several units is what a listing with descendants looks like.
    if in_several.is_empty() || in_several.len() * 2 > memberships.len() {
        return Ok(Belief::No);
    }
    let in_one: Vec<&Account> = memberships
        .iter()
        .filter(|(_, units)| units.len() == 1)
        .filter_map(|(id, _)| accounts.get(id))
        .collect();
    let stride = in_one.len().div_ceil(SAMPLE).max(1);
    let asked: Vec<&Account> = in_several.into_iter().chain(in_one.into_iter().step_by(stride)).collect();
    let Some(read) = singly(caller, &asked, cache).await? else { return Ok(Belief::Vanished) };
    let scope: HashSet<&UnitId> = memberships.values().flatten().map(|membership| &membership.unit).collect();
    let agrees = read.iter().all(|account| {
        let listed: HashSet<&UnitId> =
            memberships.get(&account.id).into_iter().flatten().map(|membership| &membership.unit).collect();
        let truly: HashSet<&UnitId> = account
            .units
            .iter()
            .map(|membership| &membership.unit)
            .filter(|unit| scope.contains(unit))
            .collect();
        listed == truly
    });
    Ok(if agrees { Belief::Yes(read) } else { Belief::No })
}

/// Full accounts, from the cache where it holds the same `UpdateTime`; `None` when one vanished.
async fn singly(
    caller: &Caller,
    accounts: &[&Account],
    cache: &dyn AccountCache,
) -> Result<Option<Vec<Account>>, Error> {
    let mut full = Vec::with_capacity(accounts.len());
    let mut missing = Vec::new();
    for account in accounts {
        match account.update_time.and_then(|time| cache.get(&account.id, time)) {
            Some(known) => full.push(known),
            None => missing.push(account.id.clone()),
        }
    }
    let mut reads = stream::iter(missing).map(|id| async move { one(caller, &id).await }).buffered(WIDTH);
    let mut fresh = Vec::new();
    while let Some(account) = reads.next().await {
        let Some(account) = account? else { return Ok(None) };
        fresh.push(account);
    }
    cache.put(&fresh);
    full.extend(fresh);
    full.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Some(full))
}

/// One account in full; `None` when it does not exist.
pub(super) async fn one(caller: &Caller, id: &str) -> Result<Option<Account>, Error> {
    match caller.call::<GetUser>("GetUser", &[("UserId", id)]).await {
        Ok(GetUser { user }) => {
            let mut account = user.into_account();
            sort(&mut account.units);
            Ok(Some(account))
        }
        Err(trouble) if trouble.is_not_found() => Ok(None),
        Err(trouble) => Err(trouble.into_error("GetUser")),
    }
}
