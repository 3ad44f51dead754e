//! Desired and existing → [`Plan`]. Pure: the same input gives the same plan. Rules: contract section 4.

mod candidates;
mod decided;
mod department_candidates;
mod departments;
mod explain;
mod leavers;
pub(in crate::core) mod limits;
mod people;
mod person;
mod places;
mod scope;
mod taken;
mod target;
mod users;

pub use candidates::{Candidate, candidates};
pub use department_candidates::{
    DepartmentCandidate, NotLinkable, department_candidates, refusal_to_link_unit,
};
pub use explain::{Explanation, Step, explain};
pub use limits::{LimitUse, budget};
pub(in crate::core) use people::{Recognised, recognised};
pub(in crate::core) use places::{Places, Whole, places};

use std::collections::{HashMap, HashSet};

use super::error::{Error, ErrorKind};
use super::journal::Memory;
use super::mapping::{FieldMapping, Include};
use super::normalise;
use super::plan::{
    Action, CallCounts, Change, Entity, FieldChange, FieldValue, PLAN_FORMAT, Plan, SourceCounts, Summary,
    TargetCounts,
};
use super::profile::{OnEmpty, Profile, When};
use super::source::{Account, SourceSnapshot};
use super::target::TargetSnapshot;

/// Everything a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// The wizard's answers.
    pub profile: &'a Profile,
    /// IDaaS as read, completely.
    pub source: &'a SourceSnapshot,
    /// DingTalk as read.
    pub target: &'a TargetSnapshot,
    /// What earlier runs left behind.
    pub memory: &'a Memory,
    /// Unix milliseconds.
    pub now_ms: i64,
    /// Calls that reading took.
    pub read_calls: u64,
}

/// Makes the plan. Errors: an identity field the app may not read; a scope unit or target department that does not
/// exist; nested scopes; a row that does not compile.
pub fn plan(input: &PlanInput<'_>) -> Result<Plan, Error> {
    made(input, None)
}

/// Makes the plan of some people of both sides as the plan of all would have it: `input` holds every unit and
/// department, and with each person whoever shares a value with it. Errors: as [`plan`].
pub(in crate::core) fn plan_part(input: &PlanInput<'_>, whole: &Whole) -> Result<Plan, Error> {
    made(input, Some(whole))
}

/// Makes the rows of some people alone, where units and departments are as `places` found them: `input` holds with each
/// person whoever shares a value with it, and neither units nor departments. Errors: as [`plan`].
pub(in crate::core) fn plan_people(
    input: &PlanInput<'_>,
    whole: &Whole,
    places: &Places,
) -> Result<Plan, Error> {
    refuse_unreadable_identity(input)?;
    let rules = Rules::compile(input.profile)?;
    let target = target::TargetIndex::new(input.target);
    let mut accounts: Vec<&Account> =
        input.source.accounts.iter().filter(|account| places.holds(account)).collect();
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    let mut users = users::plan(input, &rules, &accounts, &target, places);
    leavers::users(input, whole.accounts, &mut users, places);
    taken::settle_conflicts(input, &mut users);
    let mut changes: Vec<Change> = users.rows.into_iter().map(|row| row.change).collect();
    changes.extend(target.unmanaged(input, &HashSet::new(), &users.taken));
    Ok(assembled(input, changes, &HashMap::new(), whole))
}

fn made(input: &PlanInput<'_>, whole: Option<&Whole>) -> Result<Plan, Error> {
    let profile = input.profile;
    refuse_unreadable_identity(input)?;
    let rules = Rules::compile(profile)?;
    let target = target::TargetIndex::new(input.target);
    let mut scope = scope::Scope::new(profile, input.source, &input.memory.left_out_units)?;
    scope.all_accounts = whole.map_or(scope.all_accounts, |whole| whole.accounts);
    target.require(profile)?;
    let mut departments = departments::plan(input, &rules, &scope, &target);
    let mut users = users::plan(input, &rules, &scope.accounts, &target, &departments.places);
    leavers::users(input, scope.all_accounts, &mut users, &departments.places);
    taken::settle_conflicts(input, &mut users);
    leavers::departments(input, &scope, &target, &mut departments, &users);
    // In the place of the rows, so that 100,000 are not there twice.
    let mut changes: Vec<Change> = users.rows.into_iter().map(|row| row.change).collect();
    let free = users.taken.iter().filter(|is_taken| !**is_taken).count();
    changes.reserve_exact(departments.changes.len() + input.target.departments.len() + free);
    changes.append(&mut departments.changes);
    changes.extend(target.unmanaged(input, &departments.taken, &users.taken));
    let counted = Whole {
        accounts: scope.all_accounts,
        ignored: whole.map_or(users.ignored, |whole| whole.ignored),
        units: scope.row_units().count() as u64,
        users: whole.map_or(input.target.users.len() as u64, |whole| whole.users),
        departments: target.departments_without_root(),
    };
    Ok(assembled(input, changes, &departments.depths, &counted))
}

/// The plan of some rows.
fn assembled(
    input: &PlanInput<'_>,
    mut changes: Vec<Change>,
    depths: &HashMap<String, usize>,
    counted: &Whole,
) -> Plan {
    sort(&mut changes, depths);
    let Whole { accounts, ignored, units, users, departments } = *counted;
    let mut plan = Plan {
        format: PLAN_FORMAT.to_owned(),
        plan_id: String::new(),
        connection: input.profile.display_name.clone(),
        profile: input.profile.fingerprint(),
        created_at: rfc3339(input.now_ms),
        first_run: input.memory.finished_full_syncs == 0,
        complete: input.target.is_complete,
        source: SourceCounts { accounts, units, ignored },
        target: TargetCounts { users, departments },
        calls: CallCounts { read: input.read_calls, write: 0 },
        limits: Vec::new(),
        summary: summary(&changes),
        changes,
    };
    plan.calls.write = plan.changes.iter().map(write_calls).sum();
    plan.limits = limits::exceeded(&plan, &input.profile.limits, input.memory);
    plan.plan_id = plan.compute_id();
    plan
}

/// The compiled settings of a plan.
struct Rules {
    users: FieldMapping,
    departments: FieldMapping,
    include: Include,
}

impl Rules {
    fn compile(profile: &Profile) -> Result<Self, Error> {
        let include = Include::compile(&profile.scenario.include)
            .map_err(|error| Error::new(ErrorKind::Settings, format!("scenario.include: {error}")))?;
        Ok(Self {
            users: FieldMapping::compile(&profile.user_rows(), Entity::User)?,
            departments: FieldMapping::compile(&profile.department_rows(), Entity::Department)?,
            include,
        })
    }
}

fn refuse_unreadable_identity(input: &PlanInput<'_>) -> Result<(), Error> {
    let unreadable =
        input.profile.mapping.identity.iter().find(|field| input.target.unreadable.contains(field.as_str()));
    let Some(field) = unreadable else { return Ok(()) };
    let permission = match field.as_str() {
        "mobile" => "企业员工手机号信息 (enterprise employees' mobile)",
        _ => "邮箱等个人信息 (e-mail and other personal data)",
    };
    let message = format!("the app may not read {}, by which people are recognised", field.as_str());
    let hint = format!(
        "grant {permission} under Permission Management / 权限管理, or choose another mapping identity"
    );
    let mut error = Error::new(ErrorKind::Permission, message).with_hint(hint);
    error.missing = vec![permission.to_owned()];
    Err(error)
}

/// What a mapped value asks of an existing record's field.
pub(in crate::core) struct Wanted<'a> {
    pub(in crate::core) field: &'a str,
    pub(in crate::core) when: When,
    pub(in crate::core) on_empty: OnEmpty,
    pub(in crate::core) value: Option<&'a str>,
    pub(in crate::core) current: Option<&'a str>,
}

/// The change of one field of an existing record; `None` when there is none.
pub(in crate::core) fn field_change(wanted: &Wanted<'_>) -> Option<(Option<String>, Option<String>)> {
    let Wanted { field, when, on_empty, value, current } = *wanted;
    match when {
        When::Create => return None,
        When::IfEmpty if current.is_some() => return None,
        When::IfEmpty | When::Always => {}
    }
    let after = match (value, on_empty) {
        (Some(value), _) => Some(value),
        (None, OnEmpty::Clear) => None,
        (None, OnEmpty::Skip | OnEmpty::Block) => return None,
    };
    if is_same(field, current, after) {
        return None;
    }
    Some((current.map(str::to_owned), after.map(str::to_owned)))
}

/// Whether two values of a field mean the same to DingTalk.
fn is_same(field: &str, current: Option<&str>, after: Option<&str>) -> bool {
    match (current, after) {
        (current, after) if current == after => true,
        (Some(current), Some(after)) if field == "email" || field == "org_email" => {
            normalise::email(current) == normalise::email(after)
        }
        // An absent flag is a flag that is off.
        (None, Some("false")) | (Some("false"), None) => true,
        (Some(_) | None, _) => false,
    }
}

fn change_of(field: &super::field::FieldName, before: Option<String>, after: Option<String>) -> FieldChange {
    FieldChange {
        field: field.clone(),
        before: FieldValue::from_option(before),
        after: FieldValue::from_option(after),
    }
}

/// Calls that a row takes; a link without differences takes none.
pub(in crate::core) fn write_calls(change: &Change) -> u64 {
    match change.action {
        Action::Create | Action::Remove => 1,
        Action::Link | Action::Update | Action::Move => u64::from(!change.fields.is_empty()),
        Action::Hold | Action::Unchanged | Action::Conflict | Action::Blocked | Action::Unmanaged => 0,
    }
}

fn summary(changes: &[Change]) -> Summary {
    let mut summary = Summary::default();
    for change in changes {
        match change.entity {
            Entity::Department => summary.departments.add(change.action),
            Entity::User => summary.users.add(change.action),
        }
    }
    summary
}

/// Departments before users, parents before children, then by source id; rows without one follow by target id.
fn sort(changes: &mut [Change], depths: &HashMap<String, usize>) {
    let depth = |change: &Change| match change.entity {
        Entity::Department => depths.get(change.id()).copied().unwrap_or(usize::MAX),
        Entity::User => 0,
    };
    changes.sort_by(|a, b| {
        let by_place = || depth(a).cmp(&depth(b)).then(a.source_id.is_none().cmp(&b.source_id.is_none()));
        a.entity.cmp(&b.entity).then_with(by_place).then_with(|| a.id().cmp(b.id()))
    });
}

/// RFC 3339 in UTC, whole seconds.
pub fn rfc3339(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000);
    jiff::Timestamp::from_second(seconds).map(|at| at.to_string()).unwrap_or_default()
}
