//! Verb 2: read both sides completely, map, match, plan. Writes to neither service.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::check::CheckContext;
use super::error::{Error, ErrorKind};
use super::field::FieldName;
use super::journal::{Journal, Memory};
use super::mapping::{FieldMapping, Include};
use super::plan::{Entity, Plan};
use super::planner::{PlanInput, plan, rfc3339};
use super::profile::Profile;
use super::source::{Account, AccountCache, Detail, Source, SourceRequest, SourceSnapshot};
use super::target::{Target, TargetRequest, TargetSnapshot};
use super::undo::{UndoInput, undo};

/// A plan with everything it was made from.
#[derive(Debug)]
pub struct Preview {
    /// What would be done.
    pub plan: Plan,
    /// The source as read.
    pub source: SourceSnapshot,
    /// The target as read.
    pub target: TargetSnapshot,
    /// What earlier runs left behind.
    pub memory: Memory,
}

/// What a preview reads from and by.
pub struct Reading<'a> {
    /// The wizard's answers.
    pub profile: &'a Profile,
    /// IDaaS.
    pub source: &'a dyn Source,
    /// DingTalk.
    pub target: &'a dyn Target,
    /// Bindings and history.
    pub journal: &'a dyn Journal,
    /// Remembered account details.
    pub cache: &'a dyn AccountCache,
    /// Unix milliseconds.
    pub now_ms: i64,
}

/// Reads both sides, side by side, and plans. Errors: an incomplete read, an unreadable identity field, a scope
/// that does not exist.
pub async fn preview(reading: &Reading<'_>) -> Result<Preview, Error> {
    let needs = needs(reading.profile)?;
    let memory = Arc::unwrap_or_clone(reading.journal.memory().await?);
    // Which accounts the unit listings left open is cheap to ask again. Remembering it here would make the cost of
    // a second preview, and with it the document, differ from the first.
    let forgetful = Forgetful(reading.cache);
    let cache: &dyn AccountCache = match needs.source.detail {
        Detail::Everything => reading.cache,
        Detail::Memberships => &forgetful,
    };
    let (source, target) = futures::try_join!(
        reading.source.snapshot(&needs.source, cache),
        reading.target.snapshot(&needs.target),
    )?;
    let plan = plan(&PlanInput {
        profile: reading.profile,
        source: &source,
        target: &target,
        memory: &memory,
        now_ms: reading.now_ms,
        read_calls: source.calls + target.calls,
    })?;
    Ok(Preview { plan, source, target, memory })
}

/// What a profile needs to read.
#[derive(Debug, Clone)]
pub struct Needs {
    /// From IDaaS.
    pub source: SourceRequest,
    /// From DingTalk.
    pub target: TargetRequest,
}

/// What undoing a run would do, with the new read of the target it was made from; `None` when there is no such run.
pub async fn inverse(reading: &Reading<'_>, run: &str) -> Result<Option<(Plan, TargetSnapshot)>, Error> {
    let Some((record, plan, ended)) = reading.journal.run(run).await? else { return Ok(None) };
    let calls: Vec<_> = reading.journal.calls_of(run).await?.into_iter().map(|(intent, _)| intent).collect();
    let memory = reading.journal.memory().await?;
    let target = reading.target.snapshot(&needs(reading.profile)?.target).await?;
    let plan = undo(&UndoInput {
        kind: record.kind,
        plan: &plan,
        ended: &ended,
        calls: &calls,
        target: &target,
        memory: &memory,
        limits: &reading.profile.limits,
        created_at: rfc3339(reading.now_ms),
    });
    Ok(Some((plan, target)))
}

/// What a profile's rows, identity and filter need to read; an expression error is a settings error.
pub fn needs(profile: &Profile) -> Result<Needs, Error> {
    let settings = |message: String| Error::new(ErrorKind::Settings, message);
    let users =
        FieldMapping::compile(&profile.user_rows(), Entity::User).map_err(|e| settings(e.to_string()))?;
    let departments = FieldMapping::compile(&profile.department_rows(), Entity::Department)
        .map_err(|e| settings(e.to_string()))?;
    let include = Include::compile(&profile.scenario.include).map_err(|e| settings(e.to_string()))?;
    let needs_details = users.needs_details() || include.needs_details();
    let mut user_fields: BTreeSet<FieldName> = users.fields().cloned().collect();
    user_fields.extend(profile.mapping.identity.iter().map(|field| FieldName::new(field.as_str())));
    Ok(Needs {
        source: SourceRequest {
            scope: profile.scenario.scope.iter().flat_map(|pair| pair.sources.iter().cloned()).collect(),
            detail: if needs_details { Detail::Everything } else { Detail::Memberships },
        },
        target: TargetRequest { user_fields, department_fields: departments.fields().cloned().collect() },
    })
}

/// What the check asks of both sides for a profile.
pub fn check_context(profile: &Profile, egress_ips: &[String]) -> Result<CheckContext, Error> {
    let needs = needs(profile)?;
    let mut target_departments: Vec<_> = profile.scenario.scope.iter().map(|pair| pair.target).collect();
    target_departments.extend(profile.scenario.leavers_department);
    target_departments.dedup();
    Ok(CheckContext {
        source_units: needs.source.scope,
        target_departments,
        identity: profile.mapping.identity.clone(),
        user_fields: needs.target.user_fields,
        egress_ips: egress_ips.to_vec(),
    })
}

/// A cache that answers and does not learn.
struct Forgetful<'a>(&'a dyn AccountCache);

impl AccountCache for Forgetful<'_> {
    fn get(&self, id: &str, update_time: i64) -> Option<Account> {
        self.0.get(id, update_time)
    }
    fn put(&self, _accounts: &[Account]) {}
}
