//! The four items of the check that concern IDaaS.

use super::client::Idaas;
use super::wire::{GetInstance, Page, UnitsPage, UsersPage};
use crate::core::check::{CheckContext, CheckId, CheckStatus, Finding};
use crate::core::error::{Error, ErrorKind};
use crate::core::source::Source;

/// Carries out one item.
pub(super) async fn run(idaas: &Idaas, item: CheckId, context: &CheckContext) -> Finding {
    let result = match item {
        CheckId::SourceCredentials => credentials(idaas).await,
        CheckId::SourceInstance => instance(idaas).await,
        CheckId::SourceUnits => units(idaas, context).await,
        CheckId::SourceAccounts => accounts(idaas).await,
        _ => Ok(Finding::new(CheckStatus::NotRun, "not an item of IDaaS")),
    };
    result.unwrap_or_else(failed)
}

/// Whatever the instance is like: an answer, or a refusal that is not about the key, proves the key.
async fn credentials(idaas: &Idaas) -> Result<Finding, Error> {
    match idaas.caller.call::<GetInstance>("GetInstance", &[]).await {
        Ok(_) => Ok(Finding::new(CheckStatus::Pass, "IDaaS accepts the access key")),
        Err(trouble) => {
            let error = trouble.into_error("GetInstance");
            match error.kind {
                ErrorKind::Credentials | ErrorKind::Network | ErrorKind::Settings => Err(error),
                _ if error.code.is_none() => Err(error),
                _ => Ok(Finding::new(CheckStatus::Pass, "IDaaS accepts the access key")),
            }
        }
    }
}

async fn instance(idaas: &Idaas) -> Result<Finding, Error> {
    let instance = idaas.instance().await?;
    let status = instance.status.as_deref().unwrap_or("unknown").to_lowercase();
    if status == "running" || status == "unknown" {
        return Ok(Finding::new(CheckStatus::Pass, format!("instance {} is {status}", instance.id)));
    }
    Ok(Finding::new(CheckStatus::Fail, format!("instance {} is {status}", instance.id))
        .with_fix("wait until the instance runs, or correct idaas.instance_id"))
}

async fn units(idaas: &Idaas, context: &CheckContext) -> Result<Finding, Error> {
    let action = "ListOrganizationalUnits";
    let page: UnitsPage = idaas
        .caller
        .call(action, &[("PageNumber", "1"), ("PageSize", "1")])
        .await
        .map_err(|trouble| trouble.into_error(action))?;
    let mut missing = Vec::new();
    for unit in &context.source_units {
        if idaas.unit(unit).await?.is_none() {
            missing.push(unit.0.as_str());
        }
    }
    if missing.is_empty() {
        return Ok(Finding::new(CheckStatus::Pass, format!("{} units can be read", page.total())));
    }
    Ok(Finding::new(CheckStatus::Fail, format!("source units {} do not exist", missing.join(", ")))
        .with_fix("correct scenario.scope; unit ids stand in the IDaaS console"))
}

async fn accounts(idaas: &Idaas) -> Result<Finding, Error> {
    let page: UsersPage = idaas
        .caller
        .call("ListUsers", &[("PageNumber", "1"), ("PageSize", "1")])
        .await
        .map_err(|trouble| trouble.into_error("ListUsers"))?;
    let total = page.total();
    if let Some(first) = page.rows().first() {
        super::accounts::one(&idaas.caller, &first.user_id).await?;
    }
    let finding = Finding::new(CheckStatus::Pass, format!("{total} accounts can be read"));
    if total == 0 {
        return Ok(Finding::new(CheckStatus::Warn, "the instance has no accounts")
            .with_fix("an empty source removes nobody; check idaas.instance_id"));
    }
    Ok(finding)
}

fn failed(error: Error) -> Finding {
    Finding {
        status: CheckStatus::Fail,
        code: error.code,
        message: error.message,
        fix: error.hint,
        missing: error.missing,
        seen_ip: None,
    }
}
