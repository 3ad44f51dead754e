//! Whether fields behind a field permission are in DingTalk's answers: absent there means hidden, not empty.

use std::collections::{HashSet, VecDeque};

use serde_json::json;

use super::{failed, pass, samples};
use crate::core::check::{CheckContext, CheckStatus, Finding};
use crate::core::refusal::CodeClass;
use crate::core::target::DepartmentId;
use crate::dingtalk::client::{DingTalk, LIST_SUB, SCOPES, USER_LIST};
use crate::dingtalk::loose::Many;
use crate::dingtalk::read::{Grant, page, visible};
use crate::dingtalk::trouble::Trouble;
use crate::dingtalk::wire::DepartmentWire;

/// Departments looked into for somebody whose fields can be seen.
const SAMPLE: usize = 20;

/// A group of fields behind one field permission, which has no published code: its label is what helps.
pub(super) struct FieldGroup {
    name: &'static str,
    listed: &'static str,
    label: &'static str,
    label_zh: &'static str,
    shows: fn((bool, bool)) -> bool,
}

pub(super) const MOBILE: FieldGroup = FieldGroup {
    name: "mobiles",
    listed: "mobile",
    label: "mobile numbers of employees",
    label_zh: "企业员工手机号信息",
    shows: |(mobile, _)| mobile,
};

pub(super) const PERSONAL: FieldGroup = FieldGroup {
    name: "e-mail and other personal data",
    listed: "email",
    label: "e-mail and other personal data",
    label_zh: "邮箱等个人信息",
    shows: |(_, personal)| personal,
};

/// Whether the group can be read, judged by the range answer and by a sample of members.
pub(super) async fn field(
    client: &DingTalk,
    context: &CheckContext,
    group: &FieldGroup,
    is_identity: bool,
) -> Finding {
    let grant = match Grant::read(client).await {
        Ok(grant) => grant,
        Err(trouble) => return failed(trouble, SCOPES.lane, ""),
    };
    if grant.lists(group.listed) {
        return pass(format!("{} can be read", group.name));
    }
    match sample_users(client, context).await {
        Err(trouble) => failed(trouble, USER_LIST.lane, "qyapi_get_department_member"),
        Ok(None) => pass(format!("nobody was found whose {} could be missing", group.name)),
        Ok(Some(seen)) if (group.shows)(seen) => pass(format!("{} can be read", group.name)),
        Ok(Some(_)) => {
            let status = if is_identity { CheckStatus::Fail } else { CheckStatus::Warn };
            let mut finding = Finding::new(status, format!("{} are not in DingTalk's answers", group.name)).with_fix(format!(
                "developer console → the app → Permission Management → Address Book Management → {} (开发者后台 → 应用 → 权限管理 → 通讯录管理 → {})",
                group.label, group.label_zh
            ));
            finding.missing.push(group.label_zh.to_owned());
            finding
        }
    }
}

/// What the first members found show; `None` when nobody was found.
async fn sample_users(client: &DingTalk, context: &CheckContext) -> Result<Option<(bool, bool)>, Trouble> {
    let mut queue: VecDeque<_> = samples(client, context).await.into();
    let mut asked = HashSet::new();
    let mut last = None;
    let mut read = 0;
    while let Some(id) = queue.pop_front() {
        if asked.len() >= SAMPLE || !asked.insert(id) {
            continue;
        }
        match page(client, id, 0, 100).await {
            Ok(found) if !found.list.0.is_empty() => return Ok(Some(visible(&found.list.0))),
            Ok(_) => read += 1,
            Err(trouble) if trouble.is(CodeClass::OutOfRange) || trouble.is(CodeClass::NotFound) => {
                last = Some(trouble)
            }
            Err(trouble) => return Err(trouble),
        }
        let children: Result<Many<DepartmentWire>, _> = client.ask(LIST_SUB, json!({"dept_id": id.0})).await;
        let children = children.map(|list| list.0).unwrap_or_default();
        queue.extend(
            children
                .iter()
                .filter(|c| !c.is_of_union())
                .filter_map(|c| c.dept_id.integer())
                .map(DepartmentId),
        );
    }
    match last {
        Some(trouble) if read == 0 => Err(trouble),
        _ => Ok(None),
    }
}
