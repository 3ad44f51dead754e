//! DingTalk's records as they travel, and what they are to core. Every key is optional: which are sent depends on
//! permissions and on the value. Source: reference `dingtalk-api.md` sections 3.4, 3.5, 4.4, 4.5.

use serde::Deserialize;

use super::loose::{Attributes, Loose, Many, Scalars};
use crate::core::field::FieldName;
use crate::core::normalise::e164;
use crate::core::target::{Department, DepartmentId, User, UserId};

/// An answer's content under `result`.
#[derive(Deserialize)]
pub(crate) struct Reply<T> {
    pub(crate) result: T,
}

/// An answer without content.
#[derive(Deserialize)]
pub(crate) struct Nothing {}

/// `/auth/scopes`.
#[derive(Deserialize)]
pub(crate) struct Scopes {
    #[serde(default)]
    pub(crate) auth_user_field: Scalars,
    #[serde(default)]
    pub(crate) auth_org_scopes: OrgScopes,
}

/// The contacts range.
#[derive(Deserialize, Default)]
pub(crate) struct OrgScopes {
    #[serde(default)]
    pub(crate) authed_dept: Scalars,
    #[serde(default)]
    pub(crate) authed_user: Scalars,
}

/// `user/list`.
#[derive(Deserialize)]
pub(crate) struct UserPage {
    #[serde(default)]
    pub(crate) has_more: Loose,
    pub(crate) next_cursor: Option<Loose>,
    #[serde(default)]
    pub(crate) list: Many<UserWire>,
}

/// `user/listid`.
#[derive(Deserialize)]
pub(crate) struct UserIds {
    #[serde(default)]
    pub(crate) userid_list: Scalars,
}

/// `user/count`.
#[derive(Deserialize)]
pub(crate) struct Count {
    pub(crate) count: Loose,
}

/// An element of `user/listadmin`.
#[derive(Deserialize)]
pub(crate) struct Admin {
    pub(crate) userid: Loose,
}

/// `user/getbymobile` and `user/create`.
#[derive(Deserialize)]
pub(crate) struct UserRef {
    #[serde(default)]
    pub(crate) userid: Loose,
    #[serde(default)]
    pub(crate) exclusive_account_userid_list: Scalars,
}

/// `department/create`.
#[derive(Deserialize)]
pub(crate) struct DepartmentRef {
    #[serde(default)]
    pub(crate) dept_id: Loose,
}

/// `department/listparentbydept`.
#[derive(Deserialize)]
pub(crate) struct Parents {
    #[serde(default)]
    pub(crate) parent_id_list: Scalars,
}

/// A user of `user/get` or `user/list`.
#[derive(Deserialize)]
pub(crate) struct UserWire {
    #[serde(default)]
    pub(crate) userid: Loose,
    name: Option<Loose>,
    pub(crate) mobile: Option<Loose>,
    state_code: Option<Loose>,
    hide_mobile: Option<Loose>,
    telephone: Option<Loose>,
    job_number: Option<Loose>,
    title: Option<Loose>,
    pub(crate) email: Option<Loose>,
    pub(crate) org_email: Option<Loose>,
    pub(crate) work_place: Option<Loose>,
    pub(crate) remark: Option<Loose>,
    hired_date: Option<Loose>,
    manager_userid: Option<Loose>,
    senior: Option<Loose>,
    exclusive_account: Option<Loose>,
    active: Option<Loose>,
    admin: Option<Loose>,
    boss: Option<Loose>,
    #[serde(default)]
    dept_id_list: Scalars,
    pub(crate) extension: Option<Attributes>,
}

impl UserWire {
    /// Whether the answer carries any key of the permission "e-mail and other personal data".
    pub(crate) fn has_personal(&self) -> bool {
        self.extension.is_some()
            || [&self.email, &self.org_email, &self.work_place, &self.remark].iter().any(|key| key.is_some())
    }

    /// The user as core knows it; `None` without a userid.
    pub(crate) fn into_user(self) -> Option<User> {
        let id = UserId(self.userid.filled()?.to_owned());
        let is = |flag: &Option<Loose>| flag.as_ref().is_some_and(Loose::is_true);
        let mut departments: Vec<DepartmentId> = Vec::new();
        for department in self.dept_id_list.integers().map(DepartmentId) {
            if !departments.contains(&department) {
                departments.push(department);
            }
        }
        let mut fields = filled([
            ("name", &self.name),
            ("hide_mobile", &self.hide_mobile),
            ("telephone", &self.telephone),
            ("job_number", &self.job_number),
            ("title", &self.title),
            ("email", &self.email),
            ("org_email", &self.org_email),
            ("work_place", &self.work_place),
            ("remark", &self.remark),
            ("hired_date", &self.hired_date),
            ("manager_userid", &self.manager_userid),
            ("senior_mode", &self.senior),
            ("exclusive_account", &self.exclusive_account),
        ]);
        let attributes = self.extension.iter().flat_map(|e| &e.0).filter(|(_, value)| !value.is_empty());
        fields.extend(attributes.map(|(k, v)| (FieldName::new(format!("extension.{k}")), v.clone())));
        fields.sort();
        Some(User {
            mobile: e164(
                self.state_code.as_ref().and_then(Loose::filled),
                self.mobile.as_ref().map_or("", Loose::text),
            ),
            departments,
            fields,
            is_administrator: is(&self.admin) || is(&self.boss),
            is_active: is(&self.active),
            id,
        })
    }
}

/// A department of `department/get`, or the fewer keys of `department/listsub`.
#[derive(Deserialize)]
pub(crate) struct DepartmentWire {
    #[serde(default)]
    pub(crate) dept_id: Loose,
    parent_id: Option<Loose>,
    #[serde(default)]
    name: Loose,
    source_identifier: Option<Loose>,
    order: Option<Loose>,
    code: Option<Loose>,
    hide_dept: Option<Loose>,
    outer_dept: Option<Loose>,
    outer_dept_only_self: Option<Loose>,
    create_dept_group: Option<Loose>,
    auto_add_user: Option<Loose>,
    auto_approve_apply: Option<Loose>,
    group_contain_sub_dept: Option<Loose>,
    group_contain_outer_dept: Option<Loose>,
    group_contain_hidden_dept: Option<Loose>,
    org_dept_owner: Option<Loose>,
    brief: Option<Loose>,
    telephone: Option<Loose>,
    dept_permits: Option<Scalars>,
    user_permits: Option<Scalars>,
    outer_permit_depts: Option<Scalars>,
    outer_permit_users: Option<Scalars>,
    dept_manager_userid_list: Option<Scalars>,
    from_union_org: Option<Loose>,
    tags: Option<Loose>,
}

impl DepartmentWire {
    /// Whether it is another organisation's: nothing in it is ours to read.
    pub(crate) fn is_of_union(&self) -> bool {
        self.from_union_org.as_ref().is_some_and(Loose::is_true)
            || self.dept_id.integer().is_none_or(|id| id < DepartmentId::ROOT.0)
    }

    /// The department as core knows it; `None` without an id.
    pub(crate) fn into_department(self) -> Option<Department> {
        let is_foreign = self.is_of_union() || self.tags.as_ref().is_some_and(|tags| tags.filled().is_some());
        let id = DepartmentId(self.dept_id.integer()?);
        let mut fields = filled([
            ("order", &self.order),
            ("code", &self.code),
            ("hide_dept", &self.hide_dept),
            ("outer_dept", &self.outer_dept),
            ("outer_dept_only_self", &self.outer_dept_only_self),
            ("create_dept_group", &self.create_dept_group),
            ("auto_add_user", &self.auto_add_user),
            ("auto_approve_apply", &self.auto_approve_apply),
            ("group_contain_sub_dept", &self.group_contain_sub_dept),
            ("group_contain_outer_dept", &self.group_contain_outer_dept),
            ("group_contain_hidden_dept", &self.group_contain_hidden_dept),
            ("org_dept_owner", &self.org_dept_owner),
            ("brief", &self.brief),
            ("telephone", &self.telephone),
        ]);
        let lists = [
            ("dept_permits", &self.dept_permits),
            ("user_permits", &self.user_permits),
            ("outer_permit_depts", &self.outer_permit_depts),
            ("outer_permit_users", &self.outer_permit_users),
            ("dept_manager_userid_list", &self.dept_manager_userid_list),
        ];
        for (name, list) in lists {
            if let Some(list) = list.as_ref().filter(|list| !list.0.is_empty()) {
                fields.push((FieldName::new(name), list.0.join(",")));
            }
        }
        fields.sort();
        Some(Department {
            id,
            parent: self
                .parent_id
                .and_then(|p| p.integer())
                .filter(|_| id != DepartmentId::ROOT)
                .map(DepartmentId),
            name: self.name.text().to_owned(),
            source_identifier: self.source_identifier.and_then(|s| s.filled().map(str::to_owned)),
            fields,
            is_foreign,
        })
    }
}

fn filled<const N: usize>(keys: [(&str, &Option<Loose>); N]) -> Vec<(FieldName, String)> {
    keys.into_iter()
        .filter_map(|(name, value)| Some((FieldName::new(name), value.as_ref()?.filled()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(name: &str) -> String {
        let path = format!("{}/tests/fixtures/captures/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let capture: serde_json::Value =
            serde_json::from_slice(&std::fs::read(path).expect("the capture")).expect("JSON");
        capture["body"].as_str().expect("a body").to_owned()
    }

    #[test]
    fn a_real_user_is_read() {
        let reply: Reply<UserWire> = serde_json::from_str(&body("dt-user-get-ok-1")).expect("decodes");
        assert!(!reply.result.has_personal());
        let user = reply.result.into_user().expect("a user");
        assert_eq!(user.id.0, "11909051265598541");
        assert_eq!(user.mobile.as_deref(), Some("+8613800000021"));
        assert_eq!(user.departments, [DepartmentId::ROOT]);
        assert!(user.is_administrator && user.is_active);
        assert_eq!(user.field("hide_mobile"), Some("false"));
    }

    #[test]
    fn the_documentations_wrongly_typed_page_is_read() {
        let reply: Reply<UserPage> = serde_json::from_str(&body("dt-user-list-ok-sample")).expect("decodes");
        assert!(reply.result.has_more.is_true());
        let user = reply.result.list.0.into_iter().next().and_then(UserWire::into_user).expect("a user");
        assert_eq!(user.departments, [DepartmentId(2), DepartmentId(3), DepartmentId(4)]);
        assert_eq!(user.field("extension.爱好"), Some("旅游"));
    }

    #[test]
    fn departments_of_captures_are_read() {
        let get: Reply<DepartmentWire> =
            serde_json::from_str(&body("dt-dept-get-ok-sample")).expect("decodes");
        let root = get.result.into_department().expect("a department");
        assert_eq!((root.id, root.parent), (DepartmentId::ROOT, None));
        assert_eq!(root.field("dept_permits"), Some("3,4,5"));
        let list: Reply<Many<DepartmentWire>> =
            serde_json::from_str(&body("dt-listsub-ok-2")).expect("decodes");
        let last =
            list.result.0.into_iter().last().and_then(DepartmentWire::into_department).expect("a department");
        assert_eq!(last.name, "华辰物业分/子公司");
    }

    #[test]
    fn area_and_mobile_of_an_answer_become_e164() {
        let mobile = |area: &str, mobile: &str| {
            let text = format!(r#"{{"userid":"u","state_code":"{area}","mobile":"{mobile}"}}"#);
            let wire: UserWire = serde_json::from_str(&text).expect("decodes");
            wire.into_user().expect("a user").mobile
        };
        assert_eq!(mobile("86", "13800000001").as_deref(), Some("+8613800000001"));
        assert_eq!(mobile("", "13800000001").as_deref(), Some("+8613800000001"));
        assert_eq!(mobile("+852", "51234567").as_deref(), Some("+85251234567"));
        assert_eq!(mobile("852", "+852-51234567").as_deref(), Some("+85251234567"));
        assert_eq!(mobile("86", ""), None);
    }
}
