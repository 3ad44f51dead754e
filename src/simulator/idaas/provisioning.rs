//! An application's provisioning: where callbacks go, what is told and about whom.
//! Source: reference `idaas-eiam-api.md` section 2.8.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Handle;
use super::answers::Failure;
use super::events::{self, Event};
use super::operations::Parameters;
use super::world::World;

/// An application and its provisioning.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Application {
    /// Where changes are told; empty = nowhere yet.
    pub callback_url: String,
    /// AES-256 in hexadecimal digits; empty = none.
    pub encryption_key: String,
    /// Whether what is told is encrypted.
    pub is_encrypted: bool,
    /// URNs of the types that are told.
    pub listens_to: Vec<String>,
    /// Whether anything is told.
    pub is_enabled: bool,
    /// `idaas_callback` or `scim2`.
    pub protocol: String,
    /// Units whose people and units are told about.
    pub scope: Vec<String>,
}

impl Application {
    /// One that tells a receiver everything about everybody.
    pub(super) fn telling(url: &str, key: Option<&str>) -> Self {
        Self {
            callback_url: url.to_owned(),
            encryption_key: key.unwrap_or_default().to_owned(),
            is_encrypted: key.is_some(),
            listens_to: events::KINDS.iter().map(|kind| events::urn(kind)).collect(),
            is_enabled: true,
            protocol: "idaas_callback".to_owned(),
            scope: vec!["ou_root".to_owned()],
        }
    }

    /// Whether it is to be told about an event.
    pub(super) fn wants(&self, world: &World, event: &Event) -> bool {
        let is_inside = || {
            let above = event.units.iter().flat_map(|unit| world.chain(unit));
            event.units.is_empty() || above.into_iter().any(|unit| self.scope.contains(&unit))
        };
        self.is_enabled
            && !self.callback_url.is_empty()
            && self.listens_to.contains(&events::urn(event.kind))
            && is_inside()
    }
}

/// Carries out an operation; `None` when it is none of these.
pub(super) fn run(handle: &Handle, action: &str, parameters: &Parameters) -> Option<Result<Value, Failure>> {
    let run = match action {
        "SetApplicationProvisioningConfig" => configure,
        "GetApplicationProvisioningConfig" => configuration,
        "EnableApplicationProvisioning" => enable,
        "DisableApplicationProvisioning" => disable,
        "SetApplicationProvisioningScope" => set_scope,
        "GetApplicationProvisioningScope" => scope,
        _ => return None,
    };
    Some(run(handle, parameters))
}

fn change(
    handle: &Handle,
    parameters: &Parameters,
    edit: impl FnOnce(&mut Application),
) -> Result<Value, Failure> {
    let id = parameters.required("ApplicationId")?;
    let mut world = handle.world();
    edit(world.applications.get_mut(id).ok_or_else(|| Failure::not_found("Application"))?);
    Ok(json!({}))
}

fn found(handle: &Handle, parameters: &Parameters) -> Result<(String, Application), Failure> {
    let id = parameters.required("ApplicationId")?;
    let application = handle.world().applications.get(id).cloned();
    Ok((id.to_owned(), application.ok_or_else(|| Failure::not_found("Application"))?))
}

fn configure(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let protocol = parameters.required("ProvisionProtocolType")?.to_owned();
    if !["idaas_callback", "scim2"].contains(&protocol.as_str()) {
        return Err(Failure::parameter("ProvisionProtocolType", "idaas_callback or scim2"));
    }
    let url = parameters.get("CallbackProvisioningConfig.CallbackUrl").unwrap_or_default().to_owned();
    if !url.is_empty() && !is_on_this_machine(&url) {
        return Err(Failure::parameter("CallbackUrl", "this simulation sends to its own machine only"));
    }
    let key = parameters.get("CallbackProvisioningConfig.EncryptKey").map(str::to_owned);
    if key.as_ref().is_some_and(|key| key.len() != 64 || hex::decode(key).is_err()) {
        return Err(Failure::parameter("EncryptKey", "64 hexadecimal digits"));
    }
    let is_encrypted = parameters.truth("CallbackProvisioningConfig.EncryptRequired").unwrap_or(false);
    let kinds = parameters.list("CallbackProvisioningConfig.ListenEventScopes");
    let known: Vec<String> = events::KINDS.iter().map(|kind| events::urn(kind)).collect();
    if let Some(unknown) = kinds.iter().find(|kind| !known.iter().any(|known| known == *kind)) {
        return Err(Failure::parameter("ListenEventScopes", unknown));
    }
    let (_, current) = found(handle, parameters)?;
    if is_encrypted && key.is_none() && current.encryption_key.is_empty() {
        return Err(Failure::parameter("EncryptKey", "needed for encryption"));
    }
    change(handle, parameters, |application| {
        application.protocol = protocol;
        application.callback_url = url;
        application.is_encrypted = is_encrypted;
        application.listens_to = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        if let Some(key) = key {
            application.encryption_key = key;
        }
    })
}

/// A simulation tells nobody else's machine about its invented people.
fn is_on_this_machine(address: &str) -> bool {
    let Ok(address) = url::Url::parse(address) else { return false };
    let is_loopback = match address.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    address.scheme() == "http" && is_loopback
}

fn configuration(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let (id, application) = found(handle, parameters)?;
    let shown = if application.encryption_key.is_empty() { "" } else { "******" };
    Ok(json!({"ApplicationProvisioningConfig": {
        "ApplicationId": id,
        "InstanceId": handle.0.options.credentials.instance_id,
        "ConfigOperateMode": "standard",
        "ProvisionProtocolType": application.protocol,
        "ProvisionPassword": false,
        "ProvisionJwksEndpoint": handle.jwks_url(&id),
        "Status": if application.is_enabled { "enabled" } else { "disabled" },
        "CallbackProvisioningConfig": {
            "CallbackUrl": application.callback_url,
            "EncryptKey": shown,
            "EncryptRequired": application.is_encrypted,
            "ListenEventScopes": application.listens_to,
        },
    }}))
}

fn enable(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    change(handle, parameters, |application| application.is_enabled = true)
}

fn disable(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    change(handle, parameters, |application| application.is_enabled = false)
}

fn set_scope(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let units: Vec<String> =
        parameters.list("OrganizationalUnitIds").into_iter().map(str::to_owned).collect();
    if units.iter().any(|unit| !handle.world().units.contains_key(unit)) {
        return Err(Failure::not_found("OrganizationalUnit"));
    }
    change(handle, parameters, |application| application.scope = units)
}

fn scope(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let (_, application) = found(handle, parameters)?;
    Ok(json!({"ApplicationProvisioningScope": {"OrganizationalUnitIds": application.scope, "GroupIds": [],
        "MaxQuota": 100, "UsedQuota": application.scope.len()}}))
}
