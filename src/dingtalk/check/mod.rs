//! The DingTalk items of the check, each by the cheapest call that proves it. Write permission is proved by a call
//! that cannot succeed. Source: reference `dingtalk-api.md` sections 2.3–2.6; contract section 4.

mod fields;
mod range;

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use serde_json::json;

use self::fields::{MOBILE, PERSONAL, field};
use self::range::{range, target_department};
use super::answer::{FailureClass, judge};
use super::call::attempt_of;
use super::client::{DEPARTMENT_GET, DingTalk, LIST_ID, LIST_SUB, SCOPES, USER_LIST};
use super::loose::Many;
use super::read::{Grant, page};
use super::trouble::Trouble;
use super::wire::{DepartmentWire, Nothing, UserIds};
use super::write::endpoint;
use crate::core::check::{CheckContext, CheckId, CheckStatus, Finding};
use crate::core::error::{Error, ErrorKind};
use crate::core::profile::IdentityField;
use crate::core::refusal::CodeClass;
use crate::core::target::{DepartmentId, Interface, Range};
use crate::http::retry::{Attempt, Patience, call};

/// Carries out one item.
pub(super) async fn check(client: &DingTalk, item: CheckId, context: &CheckContext) -> Finding {
    match item {
        CheckId::SourceCredentials
        | CheckId::SourceInstance
        | CheckId::SourceUnits
        | CheckId::SourceAccounts => Finding::new(CheckStatus::NotRun, "concerns IDaaS"),
        CheckId::Token => token(client).await,
        CheckId::Corp => corp(client).await,
        CheckId::EgressIp => egress_ip(client).await,
        CheckId::DepartmentsReadable => readable(client, context, Probe::Departments).await,
        CheckId::MemberIdsReadable => readable(client, context, Probe::MemberIds).await,
        CheckId::MembersReadable => readable(client, context, Probe::Members).await,
        CheckId::MobileReadable => {
            let is_identity = context.identity.contains(&IdentityField::Mobile);
            field(client, context, &MOBILE, is_identity).await
        }
        CheckId::EmailReadable => {
            let is_identity =
                context.identity.iter().any(|f| matches!(f, IdentityField::Email | IdentityField::OrgEmail));
            field(client, context, &PERSONAL, is_identity).await
        }
        CheckId::WritePermission => write_permission(client).await,
        CheckId::Range => range(client, context).await,
        CheckId::TargetDepartment => target_department(client, context).await,
    }
}

fn pass(message: impl Into<String>) -> Finding {
    Finding::new(CheckStatus::Pass, message)
}

/// A finding out of a failed call; `point` is the permission the interface needs.
fn failed(trouble: Trouble, interface: &str, point: &str) -> Finding {
    let is_permission = trouble.is(CodeClass::Permission);
    let seen_ip = trouble.seen_ip().map(str::to_owned);
    let error = trouble.into_error(interface);
    let mut finding = Finding::new(CheckStatus::Fail, error.message);
    finding.code = error.code;
    finding.fix = error.hint;
    finding.missing = error.missing;
    finding.seen_ip = seen_ip;
    if is_permission && finding.missing.is_empty() && !point.is_empty() {
        finding.missing.push(point.to_owned());
    }
    finding
}

async fn token(client: &DingTalk) -> Finding {
    match client.caller.tokens.get(&client.caller.transport, &client.caller.lanes).await {
        Ok(_) => pass("DingTalk gives a token for this app"),
        Err(error) => failed(Trouble::NoToken(error), "the access token", ""),
    }
}

/// Refuses a CorpId of another organisation: whose address book is read and written follows from the app alone, and
/// would not be the one that the settings name. What cannot be proved either way is no reason to stop.
pub(super) async fn refuse_foreign_corp(client: &DingTalk) -> Result<(), Error> {
    if client.knows_corp.load(Ordering::Relaxed) {
        return Ok(());
    }
    match ask_corp(client).await {
        Err(trouble) if is_foreign(&trouble) => Err(Error::new(ErrorKind::Credentials, FOREIGN_CORP)
            .with_code("unknownError")
            .with_hint(COPY_CORP)),
        Ok(()) | Err(_) => {
            client.knows_corp.store(true, Ordering::Relaxed);
            Ok(())
        }
    }
}

const FOREIGN_CORP: &str = "the CorpId does not belong to the app (unknownError)";
const COPY_CORP: &str = "copy the CorpId from the developer console's home page (开发者后台首页的 CorpId)";

/// Only this token call sees the CorpId. For a foreign one the service answers 500 `unknownError` as well.
async fn ask_corp(client: &DingTalk) -> Result<(), Trouble> {
    let once = Patience { retries: 1, ..Patience::default() };
    let caller = &client.caller;
    call(&caller.lanes, "oauth2/token", once, || async {
        let trouble = match caller.transport.send(caller.tokens.corp_request(&client.corp_id)).await {
            Err(failure) => Trouble::NoAnswer(failure),
            Ok(answer) => match judge(answer.status, &answer.body) {
                Ok(()) => return Attempt::Done(()),
                Err(failure) => Trouble::Refused(failure),
            },
        };
        attempt_of(trouble, true, !caller.has_answered.load(Ordering::Relaxed))
    })
    .await
}

fn is_foreign(trouble: &Trouble) -> bool {
    trouble.code() == Some("unknownError")
}

async fn corp(client: &DingTalk) -> Finding {
    let trouble = match ask_corp(client).await {
        Ok(()) => return pass("the CorpId belongs to the app"),
        Err(trouble) => trouble,
    };
    let is_uncertain = match &trouble {
        Trouble::Refused(failure) => {
            failure.is(CodeClass::UnknownPath)
                || failure.code.as_deref() != Some("unknownError")
                    && (failure.is(CodeClass::Busy) || failure.class == FailureClass::Garbage)
        }
        Trouble::NoAnswer(_) | Trouble::NoToken(_) | Trouble::Undecodable(_) => false,
    };
    let is_foreign = is_foreign(&trouble);
    let mut finding = failed(trouble, "the CorpId", "");
    if is_uncertain {
        finding.status = CheckStatus::Warn;
        finding.message = format!("the CorpId could not be proved to belong to the app: {}", finding.message);
    } else if is_foreign {
        finding.message = FOREIGN_CORP.to_owned();
        finding.fix = Some(COPY_CORP.to_owned());
    }
    finding
}

async fn egress_ip(client: &DingTalk) -> Finding {
    match client.caller.call::<Nothing>(SCOPES, None).await {
        // Any other answer came past the list of addresses; the other items judge it.
        Err(trouble @ (Trouble::NoAnswer(_) | Trouble::NoToken(_))) => failed(trouble, SCOPES.lane, ""),
        Err(trouble) if trouble.is(CodeClass::Ip) || trouble.is(CodeClass::Token) => {
            failed(trouble, SCOPES.lane, "")
        }
        Err(Trouble::Refused(failure))
            if matches!(failure.class, FailureClass::Banned | FailureClass::Page | FailureClass::Garbage) =>
        {
            failed(Trouble::Refused(failure), SCOPES.lane, "")
        }
        Ok(_) | Err(_) => pass("this machine's address may call DingTalk"),
    }
}

/// The departments worth asking about: the targets, or what the range grants, or the root.
async fn samples(client: &DingTalk, context: &CheckContext) -> Vec<DepartmentId> {
    let mut all = context.target_departments.clone();
    match Grant::read(client).await.map(|grant| grant.range) {
        Ok(Range::Partial { departments, .. }) => all.extend(departments),
        Ok(Range::All) => all.push(DepartmentId::ROOT),
        Err(_) if all.is_empty() => all.push(DepartmentId::ROOT),
        Err(_) => {}
    }
    let mut seen = HashSet::new();
    all.retain(|id| seen.insert(*id));
    all
}

/// A read that is tried on samples.
#[derive(Clone, Copy)]
enum Probe {
    Departments,
    MemberIds,
    Members,
}

impl Probe {
    async fn ask(self, client: &DingTalk, id: DepartmentId) -> Result<(), Trouble> {
        let named = json!({"dept_id": id.0, "language": "zh_CN"});
        match self {
            Self::Departments => {
                client.ask::<DepartmentWire>(DEPARTMENT_GET, named.clone()).await?;
                client.ask::<Many<DepartmentWire>>(LIST_SUB, named).await.map(drop)
            }
            Self::MemberIds => client.ask::<UserIds>(LIST_ID, json!({"dept_id": id.0})).await.map(drop),
            Self::Members => page(client, id, 0, 1).await.map(drop),
        }
    }
}

/// Tries a read on one sample after another; a department out of range or gone says nothing about permission.
async fn readable(client: &DingTalk, context: &CheckContext, probe: Probe) -> Finding {
    let mut result = None;
    for id in samples(client, context).await {
        let asked = probe.ask(client, id).await;
        let is_beside = |t: &Trouble| t.is(CodeClass::OutOfRange) || t.is(CodeClass::NotFound);
        let is_settled = !asked.as_ref().is_err_and(is_beside);
        result = Some(asked);
        if is_settled {
            break;
        }
    }
    let (what, interface, point) = match probe {
        Probe::Departments => ("departments", DEPARTMENT_GET.lane, "qyapi_get_department_list"),
        Probe::MemberIds => ("the userids of members", LIST_ID.lane, "qyapi_get_member"),
        Probe::Members => ("members", USER_LIST.lane, "qyapi_get_department_member"),
    };
    match result {
        Some(Ok(())) => pass(format!("{what} can be read")),
        Some(Err(trouble)) => failed(trouble, interface, point),
        None => Finding::new(CheckStatus::Fail, format!("there is no department whose {what} could be read"))
            .with_fix("give the contacts range a department (权限管理 → 权限范围)"),
    }
}

/// An update of nothing: the permission is judged before the parameters, and nothing can take effect.
async fn write_permission(client: &DingTalk) -> Finding {
    const POINT: &str = "qyapi_manage_addresslist";
    let endpoint = endpoint(Interface::DepartmentUpdate);
    let trouble = match client.caller.call::<Nothing>(endpoint, Some(&json!({}))).await {
        Ok(_) => return pass("the app may change the address book"),
        Err(trouble) => trouble,
    };
    use CodeClass as C;
    let status = match &trouble {
        Trouble::Refused(failure) => match failure.class {
            FailureClass::Known(C::OutOfRange | C::Busy | C::ThrottleLane | C::ThrottleAll) => {
                CheckStatus::Warn
            }
            FailureClass::Known(
                C::Permission | C::Ip | C::Token | C::Credentials | C::Stopped | C::QuotaAll | C::UnknownPath,
            )
            | FailureClass::Banned
            | FailureClass::Page
            | FailureClass::Garbage => CheckStatus::Fail,
            FailureClass::Known(_) | FailureClass::Unknown => {
                return pass("the app may change the address book: the gateway let an empty update through");
            }
        },
        Trouble::NoAnswer(_) | Trouble::NoToken(_) => CheckStatus::Fail,
        Trouble::Undecodable(_) => CheckStatus::Warn,
    };
    let mut finding = failed(trouble, endpoint.lane, POINT);
    finding.status = status;
    if status == CheckStatus::Warn {
        finding.message = format!("write permission could not be proved: {}", finding.message);
    }
    finding
}
