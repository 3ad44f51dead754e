//! Identity providers, as far as the outbound DingTalk one needs them.
//! Source: reference `idaas-eiam-api.md` sections 2.6 and 2.7. Names of refusals are our own choice.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Handle;
use super::answers::Failure;
use super::operations::{Parameters, page, paged};

const TYPES: [&str; 8] = [
    "urn:alibaba:idaas:idp:alibaba:dingtalk:pull",
    PUSH,
    "urn:alibaba:idaas:idp:tencent:wecom:pull",
    "urn:alibaba:idaas:idp:bytedance:lark:pull",
    "urn:alibaba:idaas:idp:microsoft:ad:pull",
    "urn:alibaba:idaas:idp:unknown:ldap:pull",
    "urn:alibaba:idaas:idp:standard:oidc",
    "urn:alibaba:idaas:idp:alibaba:sase",
];
const PUSH: &str = "urn:alibaba:idaas:idp:alibaba:dingtalk:push";

/// An identity provider.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the vendor's word")]
pub struct Provider {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub logo_url: Option<String>,
    pub corp_id: String,
    pub app_key: String,
    pub app_secret: String,
    pub dingtalk_version: Option<String>,
    pub is_authn_enabled: bool,
    pub incremental: String,
    pub periodic: String,
    pub cron: Option<String>,
    pub times: Vec<String>,
    /// Units and the node they are written under.
    pub scopes: Vec<(Vec<String>, String)>,
    pub check_jobs: Vec<String>,
    pub client_token: Option<String>,
    pub created: i64,
    pub updated: i64,
}

/// Carries out an operation; `None` when it is none of these.
pub(super) fn run(handle: &Handle, action: &str, parameters: &Parameters) -> Option<Result<Value, Failure>> {
    Some(match action {
        "ListIdentityProviders" => list(handle, parameters),
        "CreateIdentityProvider" => create(handle, parameters),
        "GetIdentityProvider" => {
            read(handle, parameters, |provider| json!({"IdentityProviderDetail": detail(handle, provider)}))
        }
        "UpdateIdentityProvider" => change(handle, parameters, |provider| {
            set(parameters, "IdentityProviderName", &mut provider.name);
            set(parameters, "DingtalkAppConfig.AppKey", &mut provider.app_key);
            set(parameters, "DingtalkAppConfig.AppSecret", &mut provider.app_secret);
            Ok(())
        }),
        "DeleteIdentityProvider" => delete(handle, parameters),
        "EnableIdentityProviderAuthn" | "DisableIdentityProviderAuthn" => {
            change(handle, parameters, |provider| {
                provider.is_authn_enabled = action == "EnableIdentityProviderAuthn";
                Ok(())
            })
        }
        "SetIdentityProviderUdPushConfiguration" => change(handle, parameters, |provider| {
            parameters.required("IncrementalCallbackStatus")?;
            only_push(provider)?;
            configure_push(parameters, "", provider);
            Ok(())
        }),
        "GetIdentityProviderUdPushConfiguration" => read(
            handle,
            parameters,
            |provider| json!({"UdPushConfiguration": push_configuration(handle, provider)}),
        ),
        "CreateIdentityProviderStatusCheckJob" => create_check(handle, parameters),
        "GetIdentityProviderStatusCheckJob" => check(handle, parameters),
        "RunSynchronizationJob" => synchronize(handle, parameters),
        _ => return None,
    })
}

fn set(parameters: &Parameters, name: &str, field: &mut String) {
    if let Some(value) = parameters.get(name) {
        value.clone_into(field);
    }
}

fn only_push(provider: &Provider) -> Result<(), Failure> {
    if provider.kind == PUSH {
        Ok(())
    } else {
        Err(Failure::parameter("IdentityProviderId", "the provider is not an outbound one"))
    }
}

fn read(
    handle: &Handle,
    parameters: &Parameters,
    show: impl FnOnce(&Provider) -> Value,
) -> Result<Value, Failure> {
    let id = parameters.required("IdentityProviderId")?;
    let world = handle.world();
    world.providers.get(id).map(show).ok_or_else(|| Failure::not_found("IdentityProvider"))
}

fn change(
    handle: &Handle,
    parameters: &Parameters,
    edit: impl FnOnce(&mut Provider) -> Result<(), Failure>,
) -> Result<Value, Failure> {
    let id = parameters.required("IdentityProviderId")?;
    let mut world = handle.world();
    let now = world.tick();
    let provider = world.providers.get_mut(id).ok_or_else(|| Failure::not_found("IdentityProvider"))?;
    let mut changed = provider.clone();
    edit(&mut changed)?;
    changed.updated = now;
    *provider = changed;
    Ok(json!({}))
}

fn create(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let name = parameters.required("IdentityProviderName")?.to_owned();
    let kind = parameters.required("IdentityProviderType")?.to_owned();
    if !TYPES.contains(&kind.as_str()) {
        return Err(Failure::parameter("IdentityProviderType", "unknown"));
    }
    let mut provider = Provider { name, kind, ..Provider::default() };
    if provider.kind.contains(":dingtalk:") {
        for (name, field) in [
            ("DingtalkAppConfig.CorpId", &mut provider.corp_id),
            ("DingtalkAppConfig.AppKey", &mut provider.app_key),
            ("DingtalkAppConfig.AppSecret", &mut provider.app_secret),
        ] {
            parameters.required(name)?.clone_into(field);
        }
        let version = parameters.get("DingtalkAppConfig.DingtalkVersion").unwrap_or("public_dingtalk");
        if !["public_dingtalk", "private_dingtalk"].contains(&version) {
            return Err(Failure::parameter("DingtalkVersion", "public_dingtalk or private_dingtalk"));
        }
        provider.dingtalk_version = Some(version.to_owned());
    }
    provider.logo_url = parameters.get("LogoUrl").map(str::to_owned);
    provider.is_authn_enabled = parameters.get("AuthnConfig.AuthnStatus") == Some("enabled");
    provider.client_token = parameters.get("ClientToken").map(str::to_owned);
    configure_push(parameters, "UdPushConfig.", &mut provider);
    let mut world = handle.world();
    let is_repeated =
        |known: &&Provider| known.client_token.is_some() && known.client_token == provider.client_token;
    if let Some(known) = world.providers.values().find(is_repeated) {
        return Ok(json!({"IdentityProviderId": known.id}));
    }
    let now = world.tick();
    provider.id = format!("idp_simulated{:08}", now % 100_000_000);
    (provider.created, provider.updated) = (now, now);
    let id = provider.id.clone();
    world.providers.insert(id.clone(), provider);
    Ok(json!({"IdentityProviderId": id}))
}

/// The members of an outbound configuration that were sent; `prefix` is where they stand.
fn configure_push(parameters: &Parameters, prefix: &str, provider: &mut Provider) {
    set(parameters, &format!("{prefix}IncrementalCallbackStatus"), &mut provider.incremental);
    set(parameters, &format!("{prefix}PeriodicSyncStatus"), &mut provider.periodic);
    if let Some(cron) = parameters.get(&format!("{prefix}PeriodicSyncConfig.PeriodicSyncCron")) {
        provider.cron = Some(cron.to_owned());
    }
    let times = parameters.list(&format!("{prefix}PeriodicSyncConfig.PeriodicSyncTimes"));
    if !times.is_empty() {
        provider.times = times.into_iter().map(str::to_owned).collect();
    }
    let scopes: Vec<(Vec<String>, String)> = (1..)
        .map_while(|index| {
            let pair = format!("{prefix}UdSyncScopeConfigs.{index}.");
            let sources = parameters.list(&format!("{pair}SourceScopes"));
            let target = parameters.get(&format!("{pair}TargetScope"))?;
            Some((sources.into_iter().map(str::to_owned).collect(), target.to_owned()))
        })
        .collect();
    if !scopes.is_empty() {
        provider.scopes = scopes;
    }
}

fn delete(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let id = parameters.required("IdentityProviderId")?;
    let mut world = handle.world();
    let gone = world.providers.remove(id);
    world.mappings.retain(|mapping| mapping.provider != id);
    gone.map(|_| json!({})).ok_or_else(|| Failure::not_found("IdentityProvider"))
}

fn list(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let page = page(parameters)?;
    let world = handle.world();
    let wanted = parameters.get("Direction");
    let mut all: Vec<&Provider> = world
        .providers
        .values()
        .filter(|provider| wanted.is_none_or(|direction| provider.kind.ends_with(direction)))
        .collect();
    all.sort_by_key(|provider| (provider.created, provider.id.clone()));
    let (total, is_push) = (all.len(), |provider: &Provider| provider.kind == PUSH);
    let rows = all.into_iter().skip(page.start).take(page.size).map(|provider| {
        let mut row = common(handle, provider);
        row["IncrementalCallbackStatus"] = json!(status(provider.incremental == "enabled"));
        row["PeriodicSyncStatus"] = json!(status(provider.periodic == "enabled"));
        row["UdPushStatus"] = json!(status(is_push(provider)));
        row
    });
    let rows = rows.collect();
    Ok(paged(handle, "ListIdentityProviders", "IdentityProviders", &page, total, rows))
}

fn status(is_enabled: bool) -> &'static str {
    if is_enabled { "enabled" } else { "disabled" }
}

/// What the list and the detail both show.
fn common(handle: &Handle, provider: &Provider) -> Value {
    let supplier = provider.kind.trim_end_matches(":pull").trim_end_matches(":push");
    let mut shown = json!({
        "IdentityProviderId": provider.id,
        "IdentityProviderName": provider.name,
        "IdentityProviderType": provider.kind,
        "IdentityProviderExternalId": provider.corp_id,
        "InstanceId": handle.0.options.credentials.instance_id,
        "AuthnSourceSupplier": supplier,
        "AuthnSourceType": "urn:alibaba:idaas:authntype:oidc",
        "AuthnStatus": status(provider.is_authn_enabled),
        "AdvancedStatus": "disabled",
        "UdPullStatus": status(provider.kind.ends_with(":pull")),
        "CreateTime": provider.created,
        "UpdateTime": provider.updated,
    });
    if !provider.check_jobs.is_empty() {
        shown["LastStatusCheckJobResult"] = json!("success");
    }
    if let Some(logo) = &provider.logo_url {
        shown["LogoUrl"] = json!(logo);
    }
    shown
}

/// Secrets are masked.
fn detail(handle: &Handle, provider: &Provider) -> Value {
    let mut shown = common(handle, provider);
    shown["UdPushStatus"] = json!(status(provider.kind == PUSH));
    if provider.kind.contains(":dingtalk:") {
        shown["DingtalkAppConfig"] = json!({"AppKey": provider.app_key, "AppSecret": "******",
            "CorpId": provider.corp_id, "DingtalkVersion": provider.dingtalk_version});
        shown["DingtalkProvisioningConfig"] = json!({"CorpId": provider.corp_id, "CorpName": "Simulated company",
            "AuthedDepartmentIds": [{"DeptId": "1", "DeptName": "Simulated company"}], "AuthedUsers": []});
    }
    if provider.kind == PUSH {
        shown["UdPushConfig"] = json!({"IncrementalCallbackStatus": status(provider.incremental == "enabled"),
            "UdSyncScopeConfigs": scopes(provider)});
    }
    shown
}

fn scopes(provider: &Provider) -> Value {
    let pairs = provider.scopes.iter();
    pairs.map(|(sources, target)| json!({"SourceScopes": sources, "TargetScope": target})).collect()
}

fn push_configuration(handle: &Handle, provider: &Provider) -> Value {
    let mut shown = json!({
        "IdentityProviderId": provider.id,
        "InstanceId": handle.0.options.credentials.instance_id,
        "IncrementalCallbackStatus": status(provider.incremental == "enabled"),
        "PeriodicSyncStatus": status(provider.periodic == "enabled"),
        "UdSyncScopeConfigs": scopes(provider),
    });
    if provider.cron.is_some() || !provider.times.is_empty() {
        let kind = if provider.cron.is_some() { "cron" } else { "time" };
        shown["PeriodicSyncConfig"] = json!({"PeriodicSyncType": kind, "PeriodicSyncTimes": provider.times});
        if let Some(cron) = &provider.cron {
            shown["PeriodicSyncConfig"]["PeriodicSyncCron"] = json!(cron);
        }
    }
    shown
}

fn create_check(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let number = handle.world().tick() % 100_000_000;
    let job = format!("async_simulated{number:08}");
    change(handle, parameters, |provider| {
        provider.check_jobs.push(job.clone());
        Ok(())
    })?;
    Ok(json!({"IdentityProviderStatusCheckJobId": job}))
}

fn check(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let job = parameters.required("IdentityProviderStatusCheckJobId")?.to_owned();
    let id = parameters.required("IdentityProviderId")?.to_owned();
    let world = handle.world();
    let provider = world.providers.get(&id).ok_or_else(|| Failure::not_found("IdentityProvider"))?;
    if !provider.check_jobs.contains(&job) {
        return Err(Failure::not_found("IdentityProviderStatusCheckJob"));
    }
    let item = |major: &str, minor: &str| json!({"MajorCheckItem": major, "MinorCheckItem": minor, "Result": "success"});
    Ok(json!({"IdentityProviderStatusCheckJob": {
        "IdentityProviderStatusCheckJobId": job, "IdentityProviderId": id,
        "InstanceId": handle.0.options.credentials.instance_id,
        "CheckResult": "success", "Status": "success",
        "StartTime": provider.updated, "EndTime": provider.updated + 1,
        "JobCheckItems": [item("network_check", "network_access_status")],
    }}))
}

/// A job of an application tells it everything; what IDaaS itself would write into DingTalk is not simulated.
fn synchronize(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let target = parameters.required("TargetId")?;
    match parameters.required("TargetType")? {
        "application" if handle.world().applications.contains_key(target) => {}
        "application" => return Err(Failure::not_found("Application")),
        "identity_provider" => {
            let world = handle.world();
            let provider =
                world.providers.get(target).ok_or_else(|| Failure::not_found("IdentityProvider"))?;
            let why = if provider.check_jobs.is_empty() {
                "The latest status check of the identity provider is not successful."
            } else {
                "This simulation does not carry out IDaaS's own synchronization."
            };
            return Err(Failure::denied("SynchronizationJob", why));
        }
        _ => return Err(Failure::parameter("TargetType", "identity_provider or application")),
    }
    handle.push();
    let number = handle.world().tick() % 100_000_000;
    Ok(json!({"SynchronizationJobId": format!("sync_simulated{number:08}")}))
}
