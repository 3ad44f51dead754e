//! The operations that change the directory, so that a client or a script can play a day at the company.
//! Parameters: reference `idaas-eiam-api.md` sections 2.1 and 2.2.

use serde_json::{Value, json};

use super::Handle;
use super::answers::Failure;
use super::operations::Parameters;
use super::world::StoredUnit;
use crate::simulator::seed::{SeedAccount, SeedUnit};

/// Carries out an operation that writes.
pub(super) fn run(handle: &Handle, action: &str, parameters: &Parameters) -> Result<Value, Failure> {
    match action {
        "CreateUser" => create_user(handle, parameters),
        "UpdateUser" => change(handle, parameters, |account| {
            update_user(account, parameters);
            Ok(())
        }),
        "DeleteUser" => {
            let id = parameters.required("UserId")?;
            handle.world().remove(id).ok_or_else(|| Failure::not_found("User"))?;
            Ok(json!({}))
        }
        "EnableUser" | "DisableUser" => change(handle, parameters, |account| {
            account.disabled = action == "DisableUser";
            Ok(())
        }),
        "AddUserToOrganizationalUnits" => change(handle, parameters, |account| {
            for unit in parameters.list("OrganizationalUnitIds") {
                if !account.units.iter().any(|own| own == unit) {
                    account.units.push(unit.to_owned());
                }
            }
            Ok(())
        }),
        "RemoveUserFromOrganizationalUnits" => change(handle, parameters, |account| {
            let gone = parameters.list("OrganizationalUnitIds");
            if account.units.first().is_some_and(|primary| gone.contains(&primary.as_str())) {
                return Err(Failure::parameter(
                    "OrganizationalUnitIds",
                    "the primary unit cannot be removed",
                ));
            }
            account.units.retain(|unit| !gone.contains(&unit.as_str()));
            Ok(())
        }),
        "SetUserPrimaryOrganizationalUnit" => change(handle, parameters, |account| {
            let unit = parameters.required("OrganizationalUnitId")?;
            account.units.retain(|own| own != unit);
            account.units.insert(0, unit.to_owned());
            Ok(())
        }),
        "CreateOrganizationalUnit" => create_unit(handle, parameters),
        "UpdateOrganizationalUnit" => change_unit(handle, parameters, |unit| {
            parameters.required("OrganizationalUnitName")?.clone_into(&mut unit.name);
            Ok(())
        }),
        "UpdateOrganizationalUnitParentId" => change_unit(handle, parameters, |unit| {
            unit.parent = Some(parameters.required("ParentId")?.to_owned());
            Ok(())
        }),
        "DeleteOrganizationalUnit" => delete_unit(handle, parameters),
        _ => Err(Failure::action()),
    }
}

fn create_user(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let username = parameters.required("Username")?;
    let primary = parameters.required("PrimaryOrganizationalUnitId")?;
    let mut world = handle.world();
    if !world.units.contains_key(primary) {
        return Err(Failure::not_found("OrganizationalUnit"));
    }
    let id = format!("user_created{:08}", world.tick() % 100_000_000);
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

fn change(
    handle: &Handle,
    parameters: &Parameters,
    edit: impl FnOnce(&mut SeedAccount) -> Result<(), Failure>,
) -> Result<Value, Failure> {
    let mut world = handle.world();
    let id = parameters.required("UserId")?;
    let mut account = world.accounts.get(id).ok_or_else(|| Failure::not_found("User"))?.account.clone();
    edit(&mut account)?;
    if let Some(unknown) = account.units.iter().find(|unit| !world.units.contains_key(*unit)) {
        return Err(Failure::parameter("OrganizationalUnitIds", unknown));
    }
    world.put(account);
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
    let id = format!("ou_created{:08}", now % 100_000_000);
    let unit = SeedUnit { id: id.clone(), name: name.to_owned(), parent: Some(parent.to_owned()) };
    world.units.insert(id.clone(), StoredUnit { unit, created: now, updated: now });
    Ok(json!({"OrganizationalUnitId": id}))
}

fn change_unit(
    handle: &Handle,
    parameters: &Parameters,
    edit: impl FnOnce(&mut SeedUnit) -> Result<(), Failure>,
) -> Result<Value, Failure> {
    let mut world = handle.world();
    let now = world.tick();
    let id = parameters.required("OrganizationalUnitId")?;
    let stored = world.units.get_mut(id).ok_or_else(|| Failure::not_found("OrganizationalUnit"))?;
    edit(&mut stored.unit)?;
    stored.updated = now;
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
    world.units.remove(id);
    Ok(json!({}))
}
