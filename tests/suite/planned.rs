//! Companies for the planner alone: what was read of both sides, as values.

use dingsync::core::field::FieldName;
use dingsync::core::journal::Memory;
use dingsync::core::plan::{Change, Plan};
use dingsync::core::planner::{PlanInput, plan};
use dingsync::core::profile::{
    DisabledAccounts, Edition, IdentityField, Leavers, Mapping, Profile, SafetyLimits, Scenario, ScopePair,
};
use dingsync::core::source::{Account, AccountId, Membership, OrganizationalUnit, SourceSnapshot, UnitId};
use dingsync::core::target::{Department, DepartmentId, Range, TargetSnapshot, User, UserId};

/// Both sides and what is remembered.
pub(crate) struct Company {
    pub(crate) profile: Profile,
    pub(crate) source: SourceSnapshot,
    pub(crate) target: TargetSnapshot,
    pub(crate) memory: Memory,
}

impl Company {
    /// A root unit that maps onto the root department, people recognised by mobile and employee id.
    pub(crate) fn new() -> Self {
        let mut company = Self {
            profile: profile(),
            source: SourceSnapshot { units: Vec::new(), accounts: Vec::new(), calls: 3 },
            target: TargetSnapshot {
                departments: Vec::new(),
                users: Vec::new(),
                range: Range::All,
                unreadable: std::collections::BTreeSet::new(),
                is_complete: true,
                calls: 4,
                read_at_ms: 1_790_000_000_000,
            },
            memory: Memory::default(),
        };
        company.unit("ou_root", "Acme", None);
        company.department(1, "Acme", None);
        company
    }

    pub(crate) fn unit(&mut self, id: &str, name: &str, parent: Option<&str>) {
        self.source.units.push(OrganizationalUnit {
            id: id.into(),
            name: name.into(),
            parent: parent.map(str::to_owned),
            ..OrganizationalUnit::default()
        });
    }

    pub(crate) fn department(&mut self, id: i64, name: &str, parent: Option<i64>) {
        self.target.departments.push(Department {
            id: DepartmentId(id),
            parent: parent.map(DepartmentId),
            name: name.into(),
            source_identifier: None,
            fields: Vec::new(),
            is_foreign: false,
        });
    }

    /// An account with a mobile and an e-mail.
    pub(crate) fn account(&mut self, id: &str, name: &str, mobile: &str, email: &str, units: &[&str]) {
        let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
        self.source.accounts.push(Account {
            id: id.into(),
            username: Some(id.into()),
            display_name: text(name),
            email: text(email),
            phone_region: text(mobile).map(|_| "86".to_owned()),
            phone_number: text(mobile),
            enabled: true,
            units: units
                .iter()
                .map(|unit| Membership { unit: UnitId((*unit).into()), name: None, primary: false })
                .collect(),
            ..Account::default()
        });
    }

    pub(crate) fn user(&mut self, id: &str, name: &str, mobile: &str, email: &str, departments: &[i64]) {
        let fields = [("email", email), ("name", name)];
        self.target.users.push(User {
            id: UserId(id.into()),
            mobile: (!mobile.is_empty()).then(|| format!("+86{mobile}")),
            departments: departments.iter().copied().map(DepartmentId).collect(),
            fields: fields
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(field, value)| (FieldName::new(field), (*value).to_owned()))
                .collect(),
            is_administrator: false,
            is_active: true,
        });
    }

    pub(crate) fn bind(&mut self, account: &str, user: &str) {
        self.memory.users.insert(AccountId(account.into()), UserId(user.into()));
    }

    pub(crate) fn bind_department(&mut self, unit: &str, id: i64) {
        self.memory.departments.insert(UnitId(unit.into()), DepartmentId(id));
    }

    pub(crate) fn input(&self) -> PlanInput<'_> {
        PlanInput {
            profile: &self.profile,
            source: &self.source,
            target: &self.target,
            memory: &self.memory,
            now_ms: 1_790_000_000_000,
            read_calls: 7,
        }
    }

    pub(crate) fn plan(&self) -> Plan {
        plan(&self.input()).unwrap()
    }
}

/// The row of a source id.
pub(crate) fn row<'p>(plan: &'p Plan, source_id: &str) -> &'p Change {
    plan.changes.iter().find(|change| change.source_id.as_deref() == Some(source_id)).unwrap()
}

/// `action/reason` of a source id; `-` when it is no row.
pub(crate) fn outcome(plan: &Plan, source_id: &str) -> String {
    let found = plan.changes.iter().find(|change| change.source_id.as_deref() == Some(source_id));
    found.map_or_else(
        || "-".to_owned(),
        |change| match change.reason {
            Some(reason) => format!("{}/{}", change.action.as_str(), reason.as_str()),
            None => change.action.as_str().to_owned(),
        },
    )
}

fn profile() -> Profile {
    Profile {
        display_name: "Test".into(),
        instance_id: "idaas_test".into(),
        corp_id: "dingtest".into(),
        edition: Edition::Standard,
        scenario: Scenario {
            scope: vec![ScopePair { sources: vec![UnitId("ou_root".into())], target: DepartmentId(1) }],
            create_source_unit: false,
            incremental: false,
            qr_logon: false,
            include: String::new(),
            disabled_accounts: DisabledAccounts::Keep,
            leavers: Leavers::Hold,
            leavers_department: None,
        },
        mapping: Mapping { identity: vec![IdentityField::Mobile], user: Vec::new(), department: Vec::new() },
        limits: SafetyLimits::default(),
    }
}
