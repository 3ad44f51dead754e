//! The client: DingTalk as core's [`Target`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::{Caller, Endpoint, read};
use super::loose::Many;
use super::token::Tokens;
use super::trouble::Trouble;
use super::wire::{DepartmentWire, Reply, UserIds, UserRef, UserWire};
use super::{check, read as reading, write as writing};
use crate::core::check::{CheckContext, CheckId, Finding};
use crate::core::error::Error;
use crate::core::profile::Edition;
use crate::core::refusal::CodeClass;
use crate::core::target::{
    Department, DepartmentId, Interface, PaceReport, Permit, Target, TargetRequest, TargetSnapshot, User,
    UserId, Write, WriteFailure, Written,
};
use crate::http::{Lanes, Transport};

pub(super) const SCOPES: Endpoint = read("auth/scopes", "/auth/scopes");
pub(super) const LIST_SUB: Endpoint = read("department/listsub", "/topapi/v2/department/listsub");
pub(super) const DEPARTMENT_GET: Endpoint = read("department/get", "/topapi/v2/department/get");
pub(super) const PARENTS: Endpoint =
    read("department/listparentbydept", "/topapi/v2/department/listparentbydept");
pub(super) const USER_LIST: Endpoint = read("user/list", "/topapi/v2/user/list");
pub(super) const USER_GET: Endpoint = read("user/get", "/topapi/v2/user/get");
pub(super) const LIST_ID: Endpoint = read("user/listid", "/topapi/user/listid");
pub(super) const COUNT: Endpoint = read("user/count", "/topapi/user/count");
pub(super) const LIST_ADMIN: Endpoint = read("user/listadmin", "/topapi/user/listadmin");
const BY_MOBILE: Endpoint = read("user/getbymobile", "/topapi/v2/user/getbymobile");

/// An address that makes more than 10,000 calls in 20 seconds is banned for five minutes (reference
/// `dingtalk-api.md` section 6).
const ADDRESS_CALLS_PER_SECOND: f64 = 500.0;

/// Reads under way at once within one call of the port; the lanes set the pace.
pub(super) const WIDTH: usize = 128;

/// What the client needs to know.
#[derive(Clone)]
pub struct DingTalkOptions {
    /// The enterprise's CorpId.
    pub corp_id: String,
    /// AppKey, also called Client ID.
    pub app_key: String,
    /// AppSecret, also called Client Secret.
    pub app_secret: SecretString,
    /// Base address of the older interfaces, without a slash at its end.
    pub oapi_endpoint: String,
    /// Base address of the newer interfaces, without a slash at its end.
    pub api_endpoint: String,
    /// Ceiling for each interface.
    pub calls_per_second: u32,
    /// The edition.
    pub edition: Edition,
}

impl fmt::Debug for DingTalkOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DingTalkOptions")
            .field("corp_id", &self.corp_id)
            .field("app_key", &self.app_key)
            .field("oapi_endpoint", &self.oapi_endpoint)
            .field("api_endpoint", &self.api_endpoint)
            .finish_non_exhaustive()
    }
}

/// DingTalk's address book.
pub struct DingTalk {
    pub(super) caller: Caller,
    pub(super) corp_id: String,
    pub(super) edition: Edition,
    /// Whether the CorpId was asked about, once a process.
    pub(super) knows_corp: AtomicBool,
    now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl fmt::Debug for DingTalk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DingTalk").field("corp_id", &self.corp_id).finish_non_exhaustive()
    }
}

impl DingTalk {
    /// A client; nothing is sent yet. `now_ms` gives the time as Unix milliseconds.
    pub fn new(
        options: DingTalkOptions,
        transport: Transport,
        now_ms: impl Fn() -> i64 + Send + Sync + 'static,
    ) -> Self {
        let oapi = options.oapi_endpoint.trim_end_matches('/').to_owned();
        let api = options.api_endpoint.trim_end_matches('/').to_owned();
        let tokens = Tokens::new(options.app_key, options.app_secret, oapi.clone(), api);
        let lanes = Lanes::below(f64::from(options.calls_per_second), ADDRESS_CALLS_PER_SECOND);
        let caller = Caller { transport, lanes, tokens, oapi, has_answered: AtomicBool::new(false) };
        Self {
            caller,
            corp_id: options.corp_id,
            edition: options.edition,
            knows_corp: AtomicBool::new(false),
            now_ms: Arc::new(now_ms),
        }
    }

    pub(super) fn now_ms(&self) -> i64 {
        (self.now_ms)()
    }

    /// A read whose content stands under `result`.
    pub(super) async fn ask<T: DeserializeOwned + Send>(
        &self,
        endpoint: Endpoint,
        body: Value,
    ) -> Result<T, Trouble> {
        self.caller.call::<Reply<T>>(endpoint, Some(&body)).await.map(|reply| reply.result)
    }

    /// A read of which "not found" is a valid result.
    pub(super) async fn find<T: DeserializeOwned + Send>(
        &self,
        endpoint: Endpoint,
        body: Value,
    ) -> Result<Option<T>, Trouble> {
        match self.ask(endpoint, body).await {
            Ok(found) => Ok(Some(found)),
            Err(trouble) if trouble.is(CodeClass::NotFound) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// One department in full; `None` when it does not exist.
    pub(super) async fn find_department(&self, id: DepartmentId) -> Result<Option<Department>, Trouble> {
        let found: Option<DepartmentWire> =
            self.find(DEPARTMENT_GET, json!({"dept_id": id.0, "language": "zh_CN"})).await?;
        Ok(found.and_then(DepartmentWire::into_department))
    }
}

#[async_trait]
impl Target for DingTalk {
    async fn snapshot(&self, request: &TargetRequest) -> Result<TargetSnapshot, Error> {
        reading::snapshot(self, request).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, Error> {
        let body = json!({"userid": id.0, "language": "zh_CN"});
        let found: Option<UserWire> =
            self.find(USER_GET, body).await.map_err(|t| t.into_error(USER_GET.lane))?;
        Ok(found.and_then(UserWire::into_user))
    }

    async fn department(&self, id: DepartmentId) -> Result<Option<Department>, Error> {
        self.find_department(id).await.map_err(|t| t.into_error(DEPARTMENT_GET.lane))
    }

    async fn children(&self, id: DepartmentId) -> Result<Vec<Department>, Error> {
        let body = json!({"dept_id": id.0, "language": "zh_CN"});
        let listed: Many<DepartmentWire> =
            self.ask(LIST_SUB, body).await.map_err(|t| t.into_error(LIST_SUB.lane))?;
        let ids = listed
            .0
            .into_iter()
            .filter(|child| !child.is_of_union())
            .filter_map(|child| child.dept_id.integer());
        let found: Vec<Option<Department>> =
            stream::iter(ids.map(|child| self.department(DepartmentId(child))))
                .buffered(WIDTH)
                .try_collect()
                .await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn members(&self, id: DepartmentId) -> Result<Vec<UserId>, Error> {
        let listed: UserIds =
            self.ask(LIST_ID, json!({"dept_id": id.0})).await.map_err(|t| t.into_error(LIST_ID.lane))?;
        Ok(listed.userid_list.0.into_iter().map(UserId).collect())
    }

    async fn user_by_mobile(&self, mobile: &str) -> Result<Option<UserId>, Error> {
        let mut body = json!({"mobile": mobile});
        if self.edition == Edition::Dedicated {
            body["support_exclusive_account_search"] = true.into();
        }
        let found: Option<UserRef> = match self.find(BY_MOBILE, body).await {
            // Nobody can have a number that is none (40104).
            Err(Trouble::Refused(failure)) if failure.code.as_deref() == Some("40104") => None,
            other => other.map_err(|t| t.into_error(BY_MOBILE.lane))?,
        };
        Ok(found.and_then(|user| {
            let ordinary = user.userid.filled().map(str::to_owned);
            ordinary.or_else(|| user.exclusive_account_userid_list.0.into_iter().next()).map(UserId)
        }))
    }

    async fn permit(&self, interface: Interface) -> Permit {
        self.caller.lanes.wait(interface.as_str()).await;
        Permit { interface }
    }

    async fn write(&self, permit: Permit, write: &Write) -> Result<Written, WriteFailure> {
        writing::write(self, permit, write).await
    }

    async fn check(&self, item: CheckId, context: &CheckContext) -> Finding {
        check::check(self, item, context).await
    }

    fn pace(&self) -> PaceReport {
        self.caller.lanes.report()
    }

    fn calls(&self) -> u64 {
        self.caller.lanes.calls()
    }
}
