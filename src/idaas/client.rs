//! The client: IDaaS as core's [`Source`].

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;

use super::call::Caller;
use super::wire::{GetInstance, GetUnit};
use super::{accounts, check, units};
use crate::core::check::{CheckContext, CheckId, Finding};
use crate::core::error::Error;
use crate::core::source::{
    Account, AccountCache, AccountId, Instance, OrganizationalUnit, Source, SourceRequest, SourceSnapshot,
    UnitId,
};
use crate::http::{Lanes, Transport};

/// What the client needs to know.
#[derive(Clone)]
pub struct IdaasOptions {
    /// `scheme://host[:port]` without a slash at its end.
    pub endpoint: String,
    /// Instance id.
    pub instance_id: String,
    /// AccessKey id.
    pub access_key_id: String,
    /// AccessKey secret.
    pub access_key_secret: SecretString,
    /// For temporary credentials.
    pub security_token: Option<SecretString>,
    /// Ceiling for the whole service.
    pub calls_per_second: u32,
}

/// The directory of one IDaaS instance.
pub struct Idaas {
    pub(super) caller: Caller,
}

impl fmt::Debug for Idaas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idaas").field("instance_id", &self.caller.instance_id).finish_non_exhaustive()
    }
}

impl Idaas {
    /// A client; nothing is sent yet. `now_ms` gives the time as Unix milliseconds.
    pub fn new(
        options: IdaasOptions,
        transport: Transport,
        now_ms: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Self {
        let caller = Caller {
            transport,
            lanes: Lanes::new(f64::from(options.calls_per_second)),
            endpoint: options.endpoint.trim_end_matches('/').to_owned(),
            instance_id: options.instance_id,
            key_id: options.access_key_id,
            secret: options.access_key_secret,
            security_token: options.security_token,
            now_ms: Arc::new(now_ms),
        };
        Self { caller }
    }
}

#[async_trait]
impl Source for Idaas {
    async fn snapshot(
        &self,
        request: &SourceRequest,
        cache: &dyn AccountCache,
    ) -> Result<SourceSnapshot, Error> {
        let before = self.caller.lanes.answered();
        let units = units::read(&self.caller).await?;
        let accounts = accounts::read(&self.caller, request, &units, cache).await?;
        Ok(SourceSnapshot { units, accounts, calls: self.caller.lanes.answered() - before })
    }

    async fn listing(&self) -> Result<SourceSnapshot, Error> {
        let before = self.calls();
        let (units, accounts) =
            futures::try_join!(units::read(&self.caller), accounts::listing(&self.caller))?;
        Ok(SourceSnapshot { units, accounts, calls: self.calls() - before })
    }

    async fn account(&self, id: &AccountId) -> Result<Option<Account>, Error> {
        accounts::one(&self.caller, &id.0).await
    }

    async fn unit(&self, id: &UnitId) -> Result<Option<OrganizationalUnit>, Error> {
        let action = "GetOrganizationalUnit";
        match self.caller.call::<GetUnit>(action, &[("OrganizationalUnitId", &id.0)]).await {
            Ok(answer) => Ok(Some(answer.organizational_unit.into_unit())),
            Err(trouble) if trouble.is_not_found() => Ok(None),
            Err(trouble) => Err(trouble.into_error(action)),
        }
    }

    async fn instance(&self) -> Result<Instance, Error> {
        let answer: GetInstance = self
            .caller
            .call("GetInstance", &[])
            .await
            .map_err(|trouble| trouble.into_error("GetInstance"))?;
        Ok(answer.instance.into_instance(&self.caller.instance_id))
    }

    async fn check(&self, item: CheckId, context: &CheckContext) -> Finding {
        check::run(self, item, context).await
    }

    fn calls(&self) -> u64 {
        self.caller.lanes.calls()
    }
}
