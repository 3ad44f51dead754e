//! The six calls that change the address book: how their bodies are built from text, and what their failures mean for
//! the record and for the run. Source: reference `dingtalk-api.md` sections 3.1–3.3 and 4.1–4.3.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::answer::{Failure, FailureClass};
use super::call::Endpoint;
use super::client::DingTalk;
use super::trouble::{Trouble, clean};
use super::wire::{DepartmentRef, Nothing, Reply, UserRef};
use crate::core::field::{FieldKind, FieldName, FieldSpec, department_field, user_field};
use crate::core::profile::Edition;
use crate::core::refusal::{CodeClass, explain};
use crate::core::target::{
    DepartmentDraft, DepartmentId, DepartmentUpdate, Interface, Permit, Refusal, RefusalClass, UserDraft,
    UserId, UserUpdate, Write, WriteFailure, Written,
};

/// Sends one write in the turn that was waited for.
pub(super) async fn write(client: &DingTalk, permit: Permit, write: &Write) -> Result<Written, WriteFailure> {
    let interface = write.interface();
    let endpoint = endpoint(interface);
    if permit.interface != interface {
        client.caller.lanes.wait(endpoint.lane).await;
    }
    let body = Value::Object(body(write, client.edition).map_err(WriteFailure::Refused)?);
    let caller = &client.caller;
    let failed = |trouble| failure(trouble, endpoint.lane);
    match write {
        Write::CreateDepartment(_) => {
            let reply: Reply<DepartmentRef> = caller.call_now(endpoint, Some(&body)).await.map_err(failed)?;
            let id = reply.result.dept_id.integer().map(DepartmentId);
            id.map(Written::Department).ok_or_else(|| nameless(endpoint.lane))
        }
        Write::CreateUser(draft) => {
            let reply: Reply<UserRef> = caller.call_now(endpoint, Some(&body)).await.map_err(failed)?;
            let given = reply.result.userid.filled().map(str::to_owned);
            let id = given.or_else(|| draft.fields.get("userid").cloned());
            id.map(|id| Written::User(UserId(id))).ok_or_else(|| nameless(endpoint.lane))
        }
        Write::UpdateDepartment(_)
        | Write::DeleteDepartment { .. }
        | Write::UpdateUser(_)
        | Write::DeleteUser { .. } => {
            caller.call_now::<Nothing>(endpoint, Some(&body)).await.map_err(failed)?;
            Ok(Written::Done)
        }
    }
}

/// Where a writing interface is.
pub(super) fn endpoint(interface: Interface) -> Endpoint {
    let path = match interface {
        Interface::DepartmentCreate => "/topapi/v2/department/create",
        Interface::DepartmentUpdate => "/topapi/v2/department/update",
        Interface::DepartmentDelete => "/topapi/v2/department/delete",
        Interface::UserCreate => "/topapi/v2/user/create",
        Interface::UserUpdate => "/topapi/v2/user/update",
        Interface::UserDelete => "/topapi/v2/user/delete",
    };
    Endpoint { lane: interface.as_str(), path, is_write: true }
}

type Body = Map<String, Value>;

fn body(write: &Write, edition: Edition) -> Result<Body, Refusal> {
    match write {
        Write::CreateDepartment(draft) => department_draft(draft),
        Write::UpdateDepartment(update) => department_update(update),
        Write::DeleteDepartment { id } => Ok(Body::from_iter([("dept_id".to_owned(), id.0.into())])),
        Write::CreateUser(draft) => user_draft(draft),
        Write::UpdateUser(update) => user_update(update, edition),
        Write::DeleteUser { id } => Ok(Body::from_iter([("userid".to_owned(), id.0.as_str().into())])),
    }
}

fn department_draft(draft: &DepartmentDraft) -> Result<Body, Refusal> {
    let mut body = Body::new();
    body.insert("parent_id".into(), draft.parent.0.into());
    for (name, text) in &draft.fields {
        body.insert(name.as_str().into(), value(name, department_field(name.as_str()), text)?);
    }
    Ok(body)
}

fn department_update(update: &DepartmentUpdate) -> Result<Body, Refusal> {
    let mut body = Body::new();
    body.insert("dept_id".into(), update.id.0.into());
    if let Some(parent) = update.parent {
        body.insert("parent_id".into(), parent.0.into());
    }
    for (name, text) in &update.fields {
        match text {
            Some(text) => {
                body.insert(name.as_str().into(), value(name, department_field(name.as_str()), text)?);
            }
            // An empty list is refused here; naming the field clears it.
            None if name.as_str() == "dept_manager_userid_list" => {
                body.insert("force_update_fields".into(), name.as_str().into());
            }
            None => body.extend(cleared(name, department_field(name.as_str()))),
        }
    }
    Ok(body)
}

fn user_draft(draft: &UserDraft) -> Result<Body, Refusal> {
    let mut body = Body::new();
    body.insert("dept_id_list".into(), joined(&draft.departments).into());
    let mut extension = BTreeMap::new();
    for (name, text) in &draft.fields {
        match name.extension_key() {
            Some(key) => drop(extension.insert(key.to_owned(), text.clone())),
            None => drop(body.insert(name.as_str().into(), value(name, user_field(name.as_str()), text)?)),
        }
    }
    if !extension.is_empty() {
        body.insert("extension".into(), object_text(extension));
    }
    Ok(body)
}

/// Fields that only a create can set, the mobile among them, are never sent here.
fn user_update(update: &UserUpdate, edition: Edition) -> Result<Body, Refusal> {
    let mut body = Body::new();
    body.insert("userid".into(), update.id.0.as_str().into());
    if let Some(departments) = update.departments.as_ref().filter(|list| !list.is_empty()) {
        body.insert("dept_id_list".into(), joined(departments).into());
    }
    let mut extension = update.extension_as_read.clone();
    let mut has_extension = false;
    let mut forced = Vec::new();
    for (name, text) in &update.fields {
        let spec = user_field(name.as_str());
        if spec.is_some_and(|spec| spec.is_create_only) {
            continue;
        }
        if let Some(key) = name.extension_key() {
            has_extension = true;
            match text {
                Some(text) => drop(extension.insert(key.to_owned(), text.clone())),
                None => drop(extension.remove(key)),
            }
            continue;
        }
        match (text, name.as_str()) {
            (Some(text), _) => drop(body.insert(name.as_str().into(), value(name, spec, text)?)),
            (None, "manager_userid") => forced.push("manager_userid"),
            (None, "org_email") if edition == Edition::Dedicated => forced.push("org_email"),
            (None, _) => body.extend(cleared(name, spec)),
        }
    }
    if has_extension {
        // What is not sent would be lost: the whole object goes, foreign keys included.
        body.insert("extension".into(), object_text(extension));
    }
    if !forced.is_empty() {
        body.insert("force_update_fields".into(), forced.join(",").into());
    }
    Ok(body)
}

fn joined(ids: &[DepartmentId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn object_text(attributes: BTreeMap<String, String>) -> Value {
    let object: Body = attributes.into_iter().map(|(key, text)| (key, text.into())).collect();
    Value::Object(object).to_string().into()
}

fn value(name: &FieldName, spec: Option<FieldSpec>, text: &str) -> Result<Value, Refusal> {
    let wrong = |what: &str| Refusal {
        code: "40035".to_owned(),
        message: format!("{name} must be {what}, not \"{}\"; nothing was sent", clean(text)),
        class: RefusalClass::Parameter,
    };
    match spec.map(|spec| spec.kind) {
        Some(FieldKind::Number) => {
            text.trim().parse::<i64>().map(Value::from).map_err(|_| wrong("a whole number"))
        }
        Some(FieldKind::Boolean) => match text.trim() {
            "true" | "1" => Ok(true.into()),
            "false" | "0" => Ok(false.into()),
            _ => Err(wrong("true or false")),
        },
        Some(FieldKind::Text(_) | FieldKind::Mobile | FieldKind::List) | None => Ok(text.into()),
    }
}

/// Empty text clears text; a number has no empty form, and a switch that is not on is off.
fn cleared(name: &FieldName, spec: Option<FieldSpec>) -> Option<(String, Value)> {
    let empty = match spec.map(|spec| spec.kind) {
        Some(FieldKind::Number) => return None,
        Some(FieldKind::Boolean) => Value::Bool(false),
        Some(FieldKind::Text(_) | FieldKind::Mobile | FieldKind::List) | None => "".into(),
    };
    Some((name.as_str().to_owned(), empty))
}

fn nameless(interface: &str) -> WriteFailure {
    WriteFailure::Ambiguous(format!("{interface} succeeded without naming the new record"))
}

/// What a failed call means: certainly refused, for everybody, or unknown.
fn failure(trouble: Trouble, interface: &'static str) -> WriteFailure {
    match trouble {
        Trouble::NoAnswer(ref lost) if !lost.is_not_sent() => WriteFailure::Ambiguous(lost.to_string()),
        Trouble::Undecodable(detail) => WriteFailure::Ambiguous(format!("{interface}: {detail}")),
        Trouble::NoAnswer(_) | Trouble::NoToken(_) => WriteFailure::Fatal(trouble.into_error(interface)),
        Trouble::Refused(failure) => refused(failure, interface),
    }
}

fn refused(failure: Failure, interface: &'static str) -> WriteFailure {
    use CodeClass as C;
    match failure.class {
        FailureClass::Known(
            C::Permission | C::Ip | C::Credentials | C::Token | C::QuotaAll | C::Stopped | C::UnknownPath,
        )
        | FailureClass::Banned => WriteFailure::Fatal(Trouble::Refused(failure).into_error(interface)),
        FailureClass::Page | FailureClass::Garbage => WriteFailure::Ambiguous(clean(&failure.message)),
        FailureClass::Known(C::Busy) if failure.status >= 500 => {
            WriteFailure::Ambiguous(clean(&failure.message))
        }
        FailureClass::Known(_) | FailureClass::Unknown => {
            let code = failure.code.clone().unwrap_or_default();
            let said = clean(&failure.message);
            let message =
                explain(&code).map_or_else(|| said.clone(), |known| format!("{}: {said}", known.text_en));
            WriteFailure::Refused(Refusal { class: failure.refusal_class(), code, message })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, Option<&str>)]) -> BTreeMap<FieldName, Option<String>> {
        pairs.iter().map(|(name, text)| (FieldName::new(name), text.map(str::to_owned))).collect()
    }

    fn json(write: &Write, edition: Edition) -> String {
        Value::Object(body(write, edition).expect("a body")).to_string()
    }

    #[test]
    fn a_new_user_is_sent_with_typed_values_and_raw_text() {
        let all = [
            ("name", "张三"),
            ("hide_mobile", "true"),
            ("hired_date", "1666108800000"),
            ("extension.工位", "A-1"),
        ];
        let draft = UserDraft {
            departments: vec![DepartmentId(2), DepartmentId(3)],
            fields: all.iter().map(|(k, v)| (FieldName::new(k), (*v).to_owned())).collect(),
        };
        assert_eq!(
            json(&Write::CreateUser(draft), Edition::Standard),
            r#"{"dept_id_list":"2,3","extension":"{\"工位\":\"A-1\"}","hide_mobile":true,"hired_date":1666108800000,"name":"张三"}"#
        );
    }

    #[test]
    fn an_update_keeps_foreign_attributes_and_never_sends_the_mobile() {
        let update = UserUpdate {
            id: UserId("0103".into()),
            departments: None,
            fields: fields(&[
                ("mobile", Some("13800000001")),
                ("extension.a", None),
                ("extension.b", Some("2")),
                ("title", None),
                ("manager_userid", None),
            ]),
            extension_as_read: BTreeMap::from([("a".into(), "1".into()), ("c".into(), "3".into())]),
        };
        assert_eq!(
            json(&Write::UpdateUser(update), Edition::Standard),
            r#"{"extension":"{\"b\":\"2\",\"c\":\"3\"}","force_update_fields":"manager_userid","title":"","userid":"0103"}"#
        );
    }

    #[test]
    fn managers_of_a_department_are_cleared_by_name() {
        let update = DepartmentUpdate {
            id: DepartmentId(7),
            parent: Some(DepartmentId::ROOT),
            fields: fields(&[
                ("dept_manager_userid_list", None),
                ("source_identifier", Some("ou_1")),
                ("order", Some("9")),
            ]),
        };
        assert_eq!(
            json(&Write::UpdateDepartment(update), Edition::Standard),
            r#"{"dept_id":7,"force_update_fields":"dept_manager_userid_list","order":9,"parent_id":1,"source_identifier":"ou_1"}"#
        );
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused_before_it_is_sent() {
        let draft = DepartmentDraft {
            parent: DepartmentId::ROOT,
            fields: BTreeMap::from([(FieldName::new("order"), "first".to_owned())]),
        };
        let refusal = body(&Write::CreateDepartment(draft), Edition::Standard).expect_err("a refusal");
        assert_eq!(refusal.class, RefusalClass::Parameter);
    }
}
