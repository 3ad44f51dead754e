//! Which accounts a listing gives, and in which order: the readings of open questions
//! (reference `idaas-eiam-api.md` sections 2.1 and 9).

use rand::seq::SliceRandom as _;

use super::Handle;
use super::operations::{Page, Parameters, source};
use super::world::{StoredAccount, World};

/// The rows of a page and how many there are in all.
pub(super) fn cut<'w>(
    handle: &Handle,
    mut all: Vec<&'w StoredAccount>,
    page: &Page,
) -> (usize, Vec<&'w StoredAccount>) {
    // The order of listings is an open question (section 9, 3).
    match handle.faults().switch("idaas-order").as_deref() {
        Some("reverse") => all.reverse(),
        Some(_) => all.shuffle(&mut rand::rng()),
        None => {}
    }
    (all.len(), all.into_iter().skip(page.start).take(page.size).collect())
}

/// The readings of an open question: descendants or not, secondary members or not.
pub(super) fn of_unit<'w>(handle: &Handle, world: &'w World, unit: &str) -> Vec<&'w StoredAccount> {
    let mut found: Vec<&StoredAccount> = if handle.faults().is_on("idaas-recursive") {
        let subtree = world.subtree(unit);
        world
            .listed()
            .filter(|stored| stored.account.units.iter().any(|unit| subtree.contains(unit)))
            .collect()
    } else {
        world.members(unit).collect()
    };
    if handle.faults().is_on("idaas-primary-only") {
        found.retain(|stored| stored.account.units.first().is_some_and(|primary| primary == unit));
    }
    found
}

/// Parameters that leave accounts out.
pub(super) const FILTERS: [&str; 9] = [
    "DisplayNameStartsWith",
    "Email",
    "PhoneNumber",
    "PhoneRegion",
    "Status",
    "UserExternalId",
    "UserSourceId",
    "UserSourceType",
    "UsernameStartsWith",
];

/// Whether an account is one that was asked for; filters combine with AND.
pub(super) fn matches(
    handle: &Handle,
    _world: &World,
    stored: &StoredAccount,
    parameters: &Parameters,
) -> bool {
    let account = &stored.account;
    let (source_type, source_id) = source(handle, stored);
    let ids = parameters.list("UserIds");
    let equals =
        |name: &str, value: Option<&str>| parameters.get(name).is_none_or(|wanted| value == Some(wanted));
    let starts = |name: &str, value: Option<&str>| {
        parameters.get(name).is_none_or(|wanted| value.is_some_and(|value| value.starts_with(wanted)))
    };
    (ids.is_empty() || ids.contains(&account.id.as_str()))
        && starts("DisplayNameStartsWith", account.display_name.as_deref())
        && starts("UsernameStartsWith", Some(&account.username))
        && equals("Email", account.email.as_deref())
        && equals("PhoneNumber", account.phone_number.as_deref())
        && equals("PhoneRegion", account.phone_region.as_deref())
        && equals("Status", Some(if account.disabled { "disabled" } else { "enabled" }))
        && equals("UserExternalId", Some(&account.id))
        && equals("UserSourceType", Some(&source_type))
        && equals("UserSourceId", Some(&source_id))
}
