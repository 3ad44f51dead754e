//! A small company on both sides, and a worker that answers the wizard's questions about it at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use dingsync::core::journal::Memory;
use dingsync::core::source::{
    Account, AccountId, Detail, Membership, OrganizationalUnit, SourceSnapshot, UnitId,
};
use dingsync::core::survey::{self, Impact, Survey};
use dingsync::core::target::{Department, DepartmentId, Range, TargetSnapshot, User, UserId};
use dingsync::tui::draft::profile;
use dingsync::tui::message::{Answer, Command};
use dingsync::tui::survey::{Counted, Sides, SurveyNews, SurveyRequest};

use super::stage::{NOW, Stage};

const UNITS: &[(&str, &str, &str)] = &[
    ("ou_root", "明远仪器 Meridian Instruments", ""),
    ("ou_rd", "研发中心", "ou_root"),
    ("ou_rd_platform", "平台组", "ou_rd"),
    ("ou_rd_data", "数据组", "ou_rd"),
    ("ou_sales", "销售与市场", "ou_root"),
    ("ou_sales_east", "华东区", "ou_sales"),
    ("ou_intl", "International", "ou_root"),
];

const DEPARTMENTS: &[(i64, &str, i64)] = &[
    (1, "明远仪器", 0),
    (50_200_001, "研发中心", 1),
    (50_200_002, "平台组", 50_200_001),
    (50_400_001, "市场部", 1),
    (50_900_001, "关联组织", 1),
];

/// Names of people nobody is.
const NAMES: &[&str] = &["欧阳娜娜", "司马光明", "王伟明", "李静", "Ann Lee", "陈艳", "赵敏", "周明"];

fn account(number: usize) -> Account {
    let unit = UNITS[number % UNITS.len()].0;
    Account {
        id: format!("user_{number:04}"),
        username: Some(format!("person{number}")),
        display_name: Some(format!("{}{}", NAMES[number % NAMES.len()], number / NAMES.len())),
        email: (!number.is_multiple_of(5)).then(|| format!("P{number}@Example.com")),
        phone_region: Some("86".into()),
        phone_number: (!number.is_multiple_of(11)).then(|| format!("1380000{number:04}")),
        enabled: !number.is_multiple_of(13),
        units: vec![Membership { unit: UnitId(unit.into()), name: None, primary: true }],
        custom_fields: vec![
            ("desk".into(), format!("{}", 8000 + number % 30)),
            ("title".into(), "工程师".into()),
        ],
        ..Account::default()
    }
}

fn user(number: usize) -> User {
    User {
        id: UserId(format!("01{number:05}")),
        mobile: Some(format!("+861380000{number:04}")),
        departments: vec![DepartmentId(DEPARTMENTS[number % 4].0)],
        fields: vec![
            ("email".into(), format!("p{number}@example.com")),
            ("name".into(), format!("{}{}", NAMES[number % NAMES.len()], number / NAMES.len())),
        ],
        is_administrator: false,
        is_active: true,
    }
}

/// Both sides of the company.
pub(crate) fn sides() -> Sides {
    let unit = |(id, name, parent): &(&str, &str, &str)| OrganizationalUnit {
        id: (*id).into(),
        name: (*name).into(),
        parent: (!parent.is_empty()).then(|| (*parent).to_owned()),
        ..OrganizationalUnit::default()
    };
    let department = |(id, name, parent): &(i64, &str, i64)| Department {
        id: DepartmentId(*id),
        parent: (*parent > 0).then_some(DepartmentId(*parent)),
        name: (*name).into(),
        source_identifier: None,
        fields: Vec::new(),
        is_foreign: *id == 50_900_001,
    };
    let survey = Survey {
        source: SourceSnapshot {
            units: UNITS.iter().map(unit).collect(),
            accounts: (0..60).map(account).collect(),
            calls: 67,
        },
        target: TargetSnapshot {
            departments: DEPARTMENTS.iter().map(department).collect(),
            users: (0..40).map(user).collect(),
            is_complete: true,
            range: Range::All,
            unreadable: BTreeSet::new(),
            calls: 11,
            read_at_ms: NOW,
        },
        memory: Memory::default(),
        detail: Detail::Everything,
        user_fields: BTreeSet::new(),
        read_at_ms: NOW,
    };
    Sides {
        units: Arc::new(survey::units(&survey.source)),
        departments: Arc::new(survey::departments(&survey.target)),
        custom_fields: Arc::new(vec!["desk".into(), "title".into()]),
        survey: Arc::new(survey),
    }
}

/// What a worker would answer.
fn answers(request: SurveyRequest) -> Vec<SurveyNews> {
    match request {
        SurveyRequest::Read { .. } => vec![SurveyNews::Reading(78), SurveyNews::Read(Ok(sides()))],
        SurveyRequest::Count { draft, sides, ticket, .. } => {
            let profile = profile(&draft, None);
            let selections =
                draft.scope.iter().map(|pair| survey::selection(&sides.survey, &sides.units, &pair.sources));
            let counted = survey::people(&sides.survey, &profile)
                .map(|people| Counted { selections: selections.collect(), people: Arc::new(people) });
            let is_refused = counted.is_err();
            let mut news = vec![SurveyNews::Counted(ticket, counted)];
            if !is_refused {
                news.push(SurveyNews::Estimated(
                    ticket,
                    survey::estimate(&sides.survey, &profile, survey::Paces { source: 10, target: 20 }),
                ));
            }
            news
        }
        SurveyRequest::Look { sides, people, rows, entity, edition, ticket } => {
            let report = |row| match survey::report(&sides.survey, &people, row, entity, edition, &|| true) {
                Ok(report) => Ok(Arc::new(report.unwrap())),
                Err(error) => Err(error.problem),
            };
            vec![SurveyNews::Looked(ticket, rows.iter().map(report).collect())]
        }
        SurveyRequest::Try { sides, people, before, row, entity, edition, ticket } => {
            match survey::report(&sides.survey, &people, &row, entity, edition, &|| true) {
                Ok(report) => {
                    let report = report.unwrap();
                    let impact = Impact::between(before.as_deref(), &report);
                    vec![SurveyNews::Tried(ticket, Ok(Arc::new(report)), Some(impact))]
                }
                Err(error) => vec![SurveyNews::Tried(ticket, Err(error.problem), None)],
            }
        }
        SurveyRequest::Sample { ids, .. } => {
            let number = |id: &AccountId| id.0[5..].parse().unwrap();
            vec![SurveyNews::Samples(Ok(ids.iter().map(|id| account(number(id))).collect()))]
        }
    }
}

impl Stage {
    /// Answers every question about both sides that waits, and those that follow.
    pub(crate) fn survey(&mut self) -> &mut Self {
        for _ in 0..32 {
            let (asked, rest): (Vec<Command>, Vec<Command>) = std::mem::take(&mut self.commands)
                .into_iter()
                .partition(|command| matches!(command, Command::Survey(_)));
            self.commands = rest;
            if asked.is_empty() {
                break;
            }
            for command in asked {
                let Command::Survey(request) = command else { continue };
                for news in answers(request) {
                    self.answer(Answer::Survey(Box::new(news)));
                }
            }
        }
        self
    }
}
