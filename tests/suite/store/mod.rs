//! The state file: what is kept, what is refused, what survives a kill.

mod cache;
mod crash;
mod damage;
mod journal;
mod lock;
mod refusals;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dingsync::core::event::{Outcome, RecordEvent};
use dingsync::core::field::FieldName;
use dingsync::core::journal::{Intent, RecordEnd, RunKind, RunStart, Seen};
use dingsync::core::plan::{Action, Change, Entity, FieldChange, FieldValue, PLAN_FORMAT, Plan};
use dingsync::core::target::{Department, DepartmentId, User, UserDraft, UserId, Write};
use dingsync::store::{ConnectionId, Store};
use tempfile::TempDir;

fn owner() -> ConnectionId {
    ConnectionId { instance_id: "idaas_test0001".into(), corp_id: "ding1234567890".into() }
}

fn open(path: &Path) -> Store {
    Store::open(path, &owner()).expect("the state file opens")
}

fn refused(path: &Path) -> dingsync::core::error::Error {
    Store::open(path, &owner()).err().expect("the state file should be refused")
}

/// A directory with room for a state file in it.
fn place() -> (TempDir, PathBuf) {
    let directory = TempDir::new().expect("directory");
    let path = directory.path().join("dingsync.db");
    (directory, path)
}

fn change(source: &str, action: Action) -> Change {
    Change {
        entity: Entity::User,
        action,
        source_id: Some(source.into()),
        target_id: None,
        name: "张三".into(),
        matched_by: None,
        fields: vec![field_change()],
        reason: None,
        detail: None,
        warnings: BTreeSet::new(),
    }
}

fn field_change() -> FieldChange {
    FieldChange {
        field: FieldName::new("title"),
        before: FieldValue::EMPTY,
        after: FieldValue::Text("工程师".into()),
    }
}

fn plan() -> Plan {
    Plan {
        format: PLAN_FORMAT.into(),
        plan_id: "sha256:abc".into(),
        connection: "Acme to DingTalk".into(),
        profile: "sha256:def".into(),
        created_at: "2026-01-31T08:00:00Z".into(),
        first_run: true,
        complete: true,
        source: Default::default(),
        target: Default::default(),
        calls: Default::default(),
        limits: Vec::new(),
        summary: Default::default(),
        changes: vec![
            change("user_a", Action::Create),
            change("user_b", Action::Conflict),
            change("user_c", Action::Update),
        ],
    }
}

/// 2026-01-31T08:00:00Z.
const MORNING: i64 = 1_769_846_400_000;

fn start(at_ms: i64) -> RunStart {
    RunStart { kind: RunKind::Sync, plan: plan(), seen: seen(), of_run: None, started_at_ms: at_ms }
}

/// What the plan was made from.
fn seen() -> Seen {
    Seen {
        read_at_ms: MORNING - 1000,
        departments: vec![Department {
            id: DepartmentId(7),
            parent: Some(DepartmentId(1)),
            name: "研发".into(),
            source_identifier: Some("ou_a".into()),
            fields: vec![(FieldName::new("order"), "9".into())],
            is_foreign: false,
        }],
        users: vec![User {
            id: UserId("01".into()),
            mobile: Some("+8613800000000".into()),
            departments: vec![DepartmentId(7)],
            fields: vec![(FieldName::new("extension.工位"), "A-1".into())],
            is_administrator: false,
            is_active: true,
        }],
    }
}

fn intent(run: &str, row: usize) -> Intent {
    let fields = BTreeMap::from([(FieldName::new("name"), format!("person {row}"))]);
    Intent {
        run: run.into(),
        row,
        step: 0,
        write: Write::CreateUser(UserDraft { departments: vec![DepartmentId(1)], fields }),
        before: vec![field_change()],
        is_preparation: false,
        at_ms: MORNING,
    }
}

fn end(row: usize, seq: u64, outcome: Outcome) -> RecordEnd {
    let event = RecordEvent {
        seq,
        entity: Entity::User,
        action: Action::Create,
        source_id: Some(format!("user_{row}")),
        target_id: Some(format!("0{row}")),
        outcome,
        code: None,
        message: None,
        attempts: 1,
        elapsed_ms: 41,
    };
    RecordEnd { row, event, request_id: Some("req".into()) }
}
