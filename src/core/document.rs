//! A plan as the document that is printed, saved and approved: which rows it lists, what its id covers, whether it
//! may be applied. Shapes and rules: contract sections 4 and 5.

use std::fmt::Write as _;
use std::io::Write as _;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::{Error, ErrorKind};
use super::plan::{
    Action, Approval, ApprovedPlan, CallCounts, Change, LimitExceeded, Plan, SourceCounts, Summary,
    TargetCounts,
};
use super::profile::Profile;

/// A plan with the rows that are listed.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the fields of a plan, borrowed")]
pub struct PlanDocument<'a> {
    pub format: &'a str,
    pub plan_id: &'a str,
    pub connection: &'a str,
    pub profile: &'a str,
    pub created_at: &'a str,
    pub first_run: bool,
    pub complete: bool,
    pub source: SourceCounts,
    pub target: TargetCounts,
    pub calls: CallCounts,
    pub limits: &'a [LimitExceeded],
    pub summary: Summary,
    pub changes: Vec<&'a Change>,
}

impl Plan {
    /// The document; without `all`, rows that say nothing are left out.
    pub fn document(&self, all: bool) -> PlanDocument<'_> {
        PlanDocument {
            format: &self.format,
            plan_id: &self.plan_id,
            connection: &self.connection,
            profile: &self.profile,
            created_at: &self.created_at,
            first_run: self.first_run,
            complete: self.complete,
            source: self.source,
            target: self.target,
            calls: self.calls,
            limits: &self.limits,
            summary: self.summary,
            changes: self.changes.iter().filter(|change| all || is_listed(change)).collect(),
        }
    }

    /// The id its content has.
    pub fn compute_id(&self) -> String {
        let mut document = self.document(false);
        document.plan_id = "";
        document.created_at = "";
        // What reading cost depends on what was remembered, not on what is planned.
        document.calls = CallCounts::default();
        fingerprint(&document)
    }

    /// Whether its id fits its content.
    pub fn verify_id(&self) -> bool {
        self.format == super::plan::PLAN_FORMAT && self.plan_id == self.compute_id()
    }

    /// Users and departments it removes.
    pub fn removals(&self) -> u64 {
        self.summary.departments.remove + self.summary.users.remove
    }

    /// Rows with a writing action.
    pub fn writes(&self) -> u64 {
        self.summary.departments.writing() + self.summary.users.writing()
    }

    /// Whether no row has a writing action.
    pub fn is_empty(&self) -> bool {
        self.writes() == 0
    }

    /// Rows that are blocked or in conflict.
    pub fn needs_attention(&self) -> u64 {
        let (departments, users) = (self.summary.departments, self.summary.users);
        departments.conflict + departments.blocked + users.conflict + users.blocked
    }

    /// Whether an approval lets the plan through: within the limits, or with the exact number of removals beyond
    /// the limits on removals. Kinds `approval` and `limit`.
    pub fn permits(&self, approval: &Approval) -> Result<(), Error> {
        let removals = self.removals();
        if let Some(approved) = approval.removals
            && approved != removals
        {
            let message = format!("{approved} removals were approved, the plan has {removals}");
            return Err(
                Error::new(ErrorKind::Approval, message).with_hint("look at the plan with: dingsync preview")
            );
        }
        let is_removal = |limit: &LimitExceeded| limit.limit.starts_with("remove_");
        let only_removals = self.limits.iter().all(is_removal);
        if self.limits.is_empty() || (only_removals && approval.removals.is_some()) {
            return Ok(());
        }
        let mut message = String::from("the plan exceeds");
        for (index, limit) in self.limits.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            // Writing into a String cannot fail.
            let _ = write!(
                message,
                "{comma} {} ({} planned, {} allowed)",
                limit.limit, limit.planned, limit.allowed
            );
        }
        let hint = if only_removals {
            format!("look at the plan, then approve its removals with --approve-removals {removals}")
        } else {
            "look at the plan; if it is right, raise the limit under [limits]".to_owned()
        };
        Err(Error::new(ErrorKind::Limit, message).with_hint(hint))
    }

    /// The plan, approved.
    pub fn approve(self, approval: &Approval) -> Result<ApprovedPlan, Error> {
        self.permits(approval)?;
        Ok(ApprovedPlan(self))
    }

    /// A plan of only the rows that `keeps` keeps, counted anew, with an id of its own.
    #[must_use]
    pub fn some_of(&self, keeps: impl Fn(&Change) -> bool) -> Self {
        let some = Self {
            format: self.format.clone(),
            plan_id: String::new(),
            connection: self.connection.clone(),
            profile: self.profile.clone(),
            created_at: self.created_at.clone(),
            limits: self.limits.clone(),
            changes: self.changes.iter().filter(|change| keeps(change)).cloned().collect(),
            ..*self
        };
        some.counted()
    }

    /// The plan with only the rows that `keeps` keeps, counted anew, with an id of its own.
    #[must_use]
    pub fn restricted_to(mut self, keeps: impl Fn(&Change) -> bool) -> Self {
        self.changes.retain(|change| keeps(change));
        self.counted()
    }

    fn counted(mut self) -> Self {
        self.summary = Summary::default();
        for change in &self.changes {
            match change.entity {
                super::plan::Entity::Department => self.summary.departments.add(change.action),
                super::plan::Entity::User => self.summary.users.add(change.action),
            }
        }
        self.calls.write = self.changes.iter().map(super::planner::write_calls).sum();
        self.plan_id = self.compute_id();
        self
    }
}

impl Profile {
    /// What a plan or a state belongs to: instance, corporation, scenario and mapping; neither limits nor the name.
    pub fn fingerprint(&self) -> String {
        #[derive(Serialize)]
        struct Identity<'a> {
            instance_id: &'a str,
            corp_id: &'a str,
            edition: super::profile::Edition,
            scenario: &'a super::profile::Scenario,
            identity: &'a [super::profile::IdentityField],
            user: Vec<super::profile::MappingRow>,
            department: Vec<super::profile::MappingRow>,
        }
        fingerprint(&Identity {
            instance_id: &self.instance_id,
            corp_id: &self.corp_id,
            edition: self.edition,
            scenario: &self.scenario,
            identity: &self.mapping.identity,
            user: self.user_rows(),
            department: self.department_rows(),
        })
    }
}

pub(in crate::core) fn is_listed(change: &Change) -> bool {
    match change.action {
        Action::Unchanged | Action::Unmanaged => !change.warnings.is_empty(),
        Action::Create
        | Action::Link
        | Action::Update
        | Action::Move
        | Action::Remove
        | Action::Hold
        | Action::Conflict
        | Action::Blocked => true,
    }
}

fn fingerprint<T: Serialize>(value: &T) -> String {
    // JSON comes in pieces of a few bytes, which a hash takes at the price of a block each.
    let mut hasher = std::io::BufWriter::with_capacity(1 << 16, Hasher(Sha256::new()));
    // A hasher takes every byte, and the value has string keys only.
    let _ = serde_json::to_writer(&mut hasher, value);
    let _ = hasher.flush();
    format!("sha256:{}", hex::encode(hasher.get_ref().0.clone().finalize()))
}

struct Hasher(Sha256);

impl std::io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
