//! As whom an account logs on at an identity provider.
//! Source: reference `idaas-eiam-api.md` section 2.6, "binding of accounts to a provider".

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Handle;
use super::answers::Failure;
use super::operations::{Parameters, page, paged};

/// One account's name at one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// `user_…`.
    pub user: String,
    /// `idp_…`.
    pub provider: String,
    /// The name there: DingTalk's userid.
    pub external: String,
    /// Unix milliseconds.
    pub created: i64,
}

/// Carries out an operation; `None` when it is none of these.
pub(super) fn run(handle: &Handle, action: &str, parameters: &Parameters) -> Option<Result<Value, Failure>> {
    Some(match action {
        "BindUserAuthnSourceMapping" => bind(handle, parameters),
        "UnbindUserAuthnSourceMapping" => unbind(handle, parameters),
        "ListUserAuthnSourceMappings" => list(handle, parameters),
        _ => return None,
    })
}

fn named(handle: &Handle, parameters: &Parameters) -> Result<Mapping, Failure> {
    let text = |name| parameters.required(name).map(str::to_owned);
    let (user, provider) = (text("UserId")?, text("IdentityProviderId")?);
    let external = text("UserExternalId")?;
    let mut world = handle.world();
    if !world.accounts.contains_key(&user) {
        return Err(Failure::not_found("User"));
    }
    if !world.providers.contains_key(&provider) {
        return Err(Failure::not_found("IdentityProvider"));
    }
    Ok(Mapping { user, provider, external, created: world.tick() })
}

/// An account has one name at a provider, and a name belongs to one account.
fn bind(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let wanted = named(handle, parameters)?;
    let mut world = handle.world();
    let is_taken = |known: &Mapping| {
        known.provider == wanted.provider && (known.user == wanted.user || known.external == wanted.external)
    };
    if world.mappings.iter().any(is_taken) {
        return Err(Failure::exists("UserAuthnSourceMapping"));
    }
    world.mappings.push(wanted);
    Ok(json!({}))
}

fn unbind(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let gone = named(handle, parameters)?;
    let mut world = handle.world();
    let before = world.mappings.len();
    world.mappings.retain(|known| {
        (&known.user, &known.provider, &known.external) != (&gone.user, &gone.provider, &gone.external)
    });
    if world.mappings.len() == before {
        return Err(Failure::not_found("UserAuthnSourceMapping"));
    }
    Ok(json!({}))
}

fn list(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let page = page(parameters)?;
    let user = parameters.required("UserId")?;
    let world = handle.world();
    if !world.accounts.contains_key(user) {
        return Err(Failure::not_found("User"));
    }
    let is = |name: &str, value: &str| parameters.get(name).is_none_or(|wanted| wanted == value);
    let all: Vec<&Mapping> = world
        .mappings
        .iter()
        .filter(|mapping| mapping.user == user)
        .filter(|mapping| is("IdentityProviderId", &mapping.provider))
        .filter(|mapping| is("UserExternalId", &mapping.external))
        .collect();
    let total = all.len();
    let rows = all.into_iter().skip(page.start).take(page.size).map(|mapping| {
        json!({"AuthnSourceType": "urn:alibaba:idaas:authntype:oidc", "UserId": mapping.user,
            "InstanceId": handle.0.options.credentials.instance_id, "UserExternalId": mapping.external,
            "IdentityProviderId": mapping.provider, "CreateTime": mapping.created,
            "UpdateTime": mapping.created, "ExternalData": "{}"})
    });
    let rows = rows.collect();
    Ok(paged(handle, "ListUserAuthnSourceMappings", "UserAuthnSourceMappings", &page, total, rows))
}
