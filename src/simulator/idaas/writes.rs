//! The operations that change the directory. Each tells the listening applications what it did.
//! Parameters: reference `idaas-eiam-api.md` sections 2.1 and 2.2; events: section 6.2.

use serde_json::{Value, json};

use super::Handle;
use super::answers::Failure;
use super::events::Event;
use super::operations::Parameters;
use super::world::StoredUnit;
use crate::simulator::seed::{SeedAccount, SeedUnit};

const MOVED_UNIT: &str = "ud:organizational_unit:update_parent_organizational_unit";

/// Carries out an operation that writes.
pub(super) fn run(handle: &Handle, action: &str, parameters: &Parameters) -> Result<Value, Failure> {
    match action {
        "CreateUser" => create_user(handle, parameters),
        "UpdateUser" => change(handle, parameters, "ud:user:update_info", |account| {
            update_user(account, parameters);
            Ok(())
        }),
        "UpdateUserPassword" => change(handle, parameters, "ud:user:update_password", |_| Ok(())),
        "DeleteUser" => delete_user(handle, parameters),
        "EnableUser" => change(handle, parameters, "ud:user:enable", |account| {
            account.disabled = false;
            Ok(())
        }),
        "DisableUser" => change(handle, parameters, "ud:user:disable", |account| {
            account.disabled = true;
            Ok(())
        }),
        "UnlockUser" => change(handle, parameters, "ud:user:unlock", |account| {
            account.lock_expire_time = None;
            Ok(())
        }),
        "AddUserToOrganizationalUnits" => change(handle, parameters, membership(handle), |account| {
            for unit in parameters.list("OrganizationalUnitIds") {
                if !account.units.iter().any(|own| own == unit) {
                    account.units.push(unit.to_owned());
                }
            }
            Ok(())
        }),
        "RemoveUserFromOrganizationalUnits" => {
            change(handle, parameters, membership(handle), |account| leave_units(account, parameters))
        }
        "SetUserPrimaryOrganizationalUnit" => {
            change(handle, parameters, "ud:user:update_primary_ou", |account| {
                let unit = parameters.required("OrganizationalUnitId")?;
                account.units.retain(|own| own != unit);
                account.units.insert(0, unit.to_owned());
                Ok(())
            })
        }
        "CreateOrganizationalUnit" => create_unit(handle, parameters),
        "UpdateOrganizationalUnit" | "PatchOrganizationalUnit" => rename_unit(handle, parameters),
        "UpdateOrganizationalUnitParentId" => move_unit(handle, parameters),
        "DeleteOrganizationalUnit" => delete_unit(handle, parameters),
        _ => Err(Failure::action()),
    }
}

/// Whether secondary units surface as a change of the account is not documented: a switch.
fn membership(handle: &Handle) -> &'static str {
    if handle.faults().is_on("callback-no-membership") { "" } else { "ud:user:update_info" }
}

fn leave_units(account: &mut SeedAccount, parameters: &Parameters) -> Result<(), Failure> {
    let gone = parameters.list("OrganizationalUnitIds");
    if account.units.first().is_some_and(|primary| gone.contains(&primary.as_str())) {
        return Err(Failure::parameter("OrganizationalUnitIds", "the primary unit cannot be removed"));
    }
    account.units.retain(|unit| !gone.contains(&unit.as_str()));
    Ok(())
}

fn create_user(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let username = parameters.required("Username")?;
    let primary = parameters.required("PrimaryOrganizationalUnitId")?;
    let mut world = handle.world();
    if !world.units.contains_key(primary) {
        return Err(Failure::not_found("OrganizationalUnit"));
    }
    let own = parameters.get("UserId").filter(|_| parameters.is_by_hand).map(str::to_owned);
    let id = own.unwrap_or_else(|| format!("user_created{:08}", world.tick() % 100_000_000));
    if world.accounts.contains_key(&id) {
        return Err(Failure::exists("User"));
    }
    let mut account = SeedAccount {
        id: id.clone(),
        username: username.to_owned(),
        units: vec![primary.to_owned()],
        ..SeedAccount::default()
    };
    account.units.extend(parameters.list("OrganizationalUnitIds").iter().map(|unit| (*unit).to_owned()));
    account.units.dedup();
    update_user(&mut account, parameters);
    world.put(account);
    let event = Event::account(handle, &world, "ud:user:create", &id, None);
    drop(world);
    handle.tell(event);
    Ok(json!({"UserId": id}))
}

fn update_user(account: &mut SeedAccount, parameters: &Parameters) {
    let set = |name: &str, field: &mut Option<String>| {
        if let Some(value) = parameters.get(name) {
            *field = Some(value.to_owned());
        }
    };
    set("DisplayName", &mut account.display_name);
    set("Email", &mut account.email);
    set("PhoneRegion", &mut account.phone_region);
    set("PhoneNumber", &mut account.phone_number);
    if let Some(username) = parameters.get("Username") {
        username.clone_into(&mut account.username);
    }
    for index in 1.. {
        let Some(name) = parameters.get(&format!("CustomFields.{index}.FieldName")) else { break };
        account.custom_fields.retain(|(field, _)| field != name);
        if let Some(value) = parameters.get(&format!("CustomFields.{index}.FieldValue")) {
            account.custom_fields.push((name.to_owned(), value.to_owned()));
        }
    }
}

fn delete_user(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let id = parameters.required("UserId")?;
    let mut world = handle.world();
    let gone = world.remove(id).ok_or_else(|| Failure::not_found("User"))?;
    world.mappings.retain(|mapping| mapping.user != id);
    let event = Event::account(handle, &world, "ud:user:delete", id, Some(&gone));
    drop(world);
    handle.tell(event);
    Ok(json!({}))
}

/// `kind` is empty for a change that nobody is told about.
fn change(
    handle: &Handle,
    parameters: &Parameters,
    kind: &'static str,
    edit: impl FnOnce(&mut SeedAccount) -> Result<(), Failure>,
) -> Result<Value, Failure> {
    let mut world = handle.world();
    let id = parameters.required("UserId")?;
    let before = world.accounts.get(id).ok_or_else(|| Failure::not_found("User"))?.clone();
    let mut account = before.account.clone();
    edit(&mut account)?;
    if let Some(unknown) = account.units.iter().find(|unit| !world.units.contains_key(*unit)) {
        return Err(Failure::parameter("OrganizationalUnitIds", unknown));
    }
    world.put(account);
    if !kind.is_empty() {
        let event = Event::account(handle, &world, kind, id, Some(&before));
        drop(world);
        handle.tell(event);
    }
    Ok(json!({}))
}

fn create_unit(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let (parent, name) = (parameters.required("ParentId")?, parameters.required("OrganizationalUnitName")?);
    let mut world = handle.world();
    if !world.units.contains_key(parent) {
        return Err(Failure::not_found("OrganizationalUnit"));
    }
    if world.children(parent).any(|unit| unit.unit.name == name) {
        return Err(Failure::parameter("OrganizationalUnitName", "a sibling has this name"));
    }
    let now = world.tick();
    let own = parameters.get("OrganizationalUnitId").filter(|_| parameters.is_by_hand).map(str::to_owned);
    let id = own.unwrap_or_else(|| format!("ou_created{:08}", now % 100_000_000));
    if world.units.contains_key(&id) {
        return Err(Failure::exists("OrganizationalUnit"));
    }
    let unit = SeedUnit { id: id.clone(), name: name.to_owned(), parent: Some(parent.to_owned()) };
    world.units.insert(id.clone(), StoredUnit { unit, created: now, updated: now });
    let event = Event::unit(handle, &world, "ud:organizational_unit:create", &id, &[]);
    drop(world);
    handle.tell(event);
    Ok(json!({"OrganizationalUnitId": id}))
}

fn rename_unit(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let name = parameters.required("OrganizationalUnitName")?;
    change_unit(handle, parameters, "ud:organizational_unit:update", |unit| name.clone_into(&mut unit.name))
}

fn move_unit(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let (id, parent) = (parameters.required("OrganizationalUnitId")?, parameters.required("ParentId")?);
    let world = handle.world();
    if !world.units.contains_key(parent) {
        return Err(Failure::not_found("OrganizationalUnit"));
    }
    if world.subtree(id).contains(parent) {
        return Err(Failure::parameter("ParentId", "the unit is above this one"));
    }
    drop(world);
    change_unit(handle, parameters, MOVED_UNIT, |unit| unit.parent = Some(parent.to_owned()))
}

fn change_unit(
    handle: &Handle,
    parameters: &Parameters,
    kind: &'static str,
    edit: impl FnOnce(&mut SeedUnit),
) -> Result<Value, Failure> {
    let mut world = handle.world();
    let now = world.tick();
    let id = parameters.required("OrganizationalUnitId")?;
    let before = world.chain(id);
    let stored = world.units.get_mut(id).ok_or_else(|| Failure::not_found("OrganizationalUnit"))?;
    edit(&mut stored.unit);
    stored.updated = now;
    let event = Event::unit(handle, &world, kind, id, &before);
    drop(world);
    handle.tell(event);
    Ok(json!({}))
}

fn delete_unit(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let mut world = handle.world();
    let id = parameters.required("OrganizationalUnitId")?;
    if !world.units.contains_key(id) {
        return Err(Failure::not_found("OrganizationalUnit"));
    }
    if world.children(id).next().is_some() || world.members(id).next().is_some() {
        return Err(Failure::parameter("OrganizationalUnitId", "the unit is not empty"));
    }
    let before = world.chain(id);
    world.units.remove(id);
    let event = Event::unit(handle, &world, "ud:organizational_unit:delete", id, &before);
    drop(world);
    handle.tell(event);
    Ok(json!({}))
}
