//! Where the app may act: the contacts range and the target departments.

use serde_json::json;

use super::{failed, pass};
use crate::core::check::{CheckContext, CheckStatus, Finding};
use crate::core::target::{DepartmentId, Range};
use crate::dingtalk::client::{DEPARTMENT_GET, DingTalk, PARENTS, SCOPES};
use crate::dingtalk::read::Grant;
use crate::dingtalk::trouble::clean;
use crate::dingtalk::wire::Parents;

fn targets(context: &CheckContext) -> Vec<DepartmentId> {
    match context.target_departments.as_slice() {
        [] => vec![DepartmentId::ROOT],
        some => some.to_vec(),
    }
}

/// The contacts range, and whether it holds the targets.
pub(super) async fn range(client: &DingTalk, context: &CheckContext) -> Finding {
    let (departments, users) = match Grant::read(client).await.map(|grant| grant.range) {
        Ok(Range::All) => return pass("the contacts range is All Employees"),
        Ok(Range::Partial { departments, users }) => (departments, users),
        Err(trouble) => return failed(trouble, SCOPES.lane, "qyapi_base"),
    };
    let mut outside = Vec::new();
    for target in targets(context) {
        if departments.contains(&target) {
            continue;
        }
        // The chain upwards is not bound by the range.
        let chain: Result<Parents, _> = client.ask(PARENTS, json!({"dept_id": target.0})).await;
        let is_inside = chain
            .is_ok_and(|c| c.parent_id_list.integers().any(|id| departments.contains(&DepartmentId(id))));
        if !is_inside {
            outside.push(target.to_string());
        }
    }
    const FIX: &str = "developer console → the app → Permission Management → authorised range → All Employees \
                       (开发者后台 → 应用 → 权限管理 → 权限范围 → 全部员工)";
    let size = format!("{} departments and {} single users", departments.len(), users.len());
    if outside.is_empty() {
        let message = format!(
            "the contacts range is partial ({size}); people outside it are not seen, and nothing is removed"
        );
        return Finding::new(CheckStatus::Warn, message).with_fix(FIX);
    }
    let message =
        format!("the contacts range ({size}) does not hold the target department {}", outside.join(", "));
    Finding::new(CheckStatus::Fail, message).with_fix(FIX)
}

/// Every target exists, is in the range and is ours.
pub(super) async fn target_department(client: &DingTalk, context: &CheckContext) -> Finding {
    let mut names = Vec::new();
    for id in targets(context) {
        match client.find_department(id).await {
            Ok(Some(department)) if department.is_foreign => {
                let message = format!(
                    "the target department {id} belongs to an associated organisation or to education"
                );
                return Finding::new(CheckStatus::Fail, message)
                    .with_fix("choose a department of this organisation");
            }
            Ok(Some(department)) => names.push(clean(&department.name)),
            Ok(None) => {
                let mut finding =
                    Finding::new(CheckStatus::Fail, format!("the target department {id} does not exist"))
                        .with_fix(
                            "correct scenario.scope or scenario.leavers_department in the settings file",
                        );
                finding.code = Some("60003".to_owned());
                return finding;
            }
            Err(trouble) => return failed(trouble, DEPARTMENT_GET.lane, "qyapi_get_department_list"),
        }
    }
    pass(format!("the target department exists: {}", names.join(", ")))
}
