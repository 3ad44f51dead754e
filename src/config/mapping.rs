//! The `[mapping]` section: identity fields, and rows that name known fields once each.

use crate::core::field::{DEPARTMENT_FIELDS, USER_FIELDS, department_field, user_field};
use crate::core::profile::{IdentityField, Mapping, MappingRow, OnEmpty, When};

use super::build::Builder;
use super::expression::Purpose;
use super::problem::{quoted, suggestion};
use super::source::Node;

/// Reads the section; what is wrong becomes findings.
pub(crate) fn read(builder: &mut Builder<'_>) -> Mapping {
    let mapping = Mapping {
        identity: identity(builder),
        user: rows(builder, "mapping.user", Purpose::UserValue),
        department: rows(builder, "mapping.department", Purpose::DepartmentValue),
    };
    let has_row = |name: &str| match name {
        "name" | "mobile" | "email" | "userid" => true,
        _ => mapping.user.iter().any(|row| row.field == name && !row.value.trim().is_empty()),
    };
    for field in mapping.identity.iter().map(|field| field.as_str()).filter(|name| !has_row(name)) {
        builder.warn("mapping.identity", format!("`{field}` has no mapping row, so it finds nobody"));
    }
    mapping
}

fn identity(builder: &mut Builder<'_>) -> Vec<IdentityField> {
    const KEY: &str = "mapping.identity";
    let root = builder.root;
    let Some(list) = root.get(KEY) else { return vec![IdentityField::Mobile] };
    let mut fields = Vec::new();
    for (node, name) in list.elements().iter().filter_map(|node| node.text().map(|text| (node, text))) {
        match IdentityField::ALL.into_iter().find(|field| field.as_str() == name) {
            Some(field) if fields.contains(&field) => {
                builder.problems.add(node.at, KEY, format!("`{name}` occurs twice"));
            }
            Some(field) => fields.push(field),
            None => {
                let known = IdentityField::ALL.map(IdentityField::as_str);
                let text = format!("{} is no identity field; {}", quoted(name), suggestion(name, &known));
                builder.problems.add(node.at, KEY, text);
            }
        }
    }
    fields
}

fn rows(builder: &mut Builder<'_>, key: &str, purpose: Purpose) -> Vec<MappingRow> {
    let root = builder.root;
    let elements = root.get(key).map(Node::elements).unwrap_or_default();
    let mut rows: Vec<MappingRow> = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let row = row(element);
        let key = format!("{key}[{}]", index + 1);
        if let Some(node) = element.get("field").filter(|node| node.text().is_some()) {
            let wrong = if rows.iter().any(|other| other.field == row.field) {
                Err(format!("a second row for {}; a field has one row", quoted(&row.field)))
            } else {
                allowed_field(&row.field, purpose)
            };
            match wrong {
                Err(text) => builder.problems.add(node.at, format!("{key}.field"), text),
                Ok(Some(text)) => builder.warn_at(node.at, &format!("{key}.field"), text),
                Ok(None) => {}
            }
        }
        if let Some(node) = element.get("value").filter(|_| !row.value.trim().is_empty()) {
            let name = format!("row {} ({}), ", index + 1, quoted(&row.field));
            builder.expression(node, purpose, &format!("{key}.value"), &name);
        }
        rows.push(row);
    }
    rows
}

/// A row as written; what is missing is its default.
pub(crate) fn row(element: &Node) -> MappingRow {
    let text = |key: &str| element.get(key).and_then(Node::text).unwrap_or_default();
    MappingRow {
        label: text("label").to_owned(),
        field: text("field").trim().to_owned(),
        value: text("value").to_owned(),
        when: match text("when") {
            "create" => When::Create,
            "if_empty" => When::IfEmpty,
            _ => When::Always,
        },
        on_empty: match text("on_empty") {
            "clear" => OnEmpty::Clear,
            "block" => OnEmpty::Block,
            _ => OnEmpty::Skip,
        },
    }
}

/// Whether a row may fill a field; what holds but is hardly meant is answered as a warning.
fn allowed_field(name: &str, purpose: Purpose) -> Result<Option<String>, String> {
    if name.is_empty() {
        return Err("is empty; expected a field name of DingTalk".into());
    }
    if let Some(key) = name.strip_prefix("extension.") {
        // The keys are an operator's own and may be of any script.
        if key.is_empty() || key.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("expected `extension.` and the key of a custom attribute without blanks".into());
        }
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')) {
        return Err(format!("{} is no field name; letters, digits, `_` and `.` are allowed", quoted(name)));
    }
    let (is_known, fields) = match purpose {
        Purpose::DepartmentValue => (department_field(name).is_some(), DEPARTMENT_FIELDS),
        Purpose::UserValue | Purpose::Include => (user_field(name).is_some(), USER_FIELDS),
    };
    match name {
        _ if is_known => Ok(None),
        "parent_id" | "dept_id_list" | "source_identifier" => {
            Err(format!("`{name}` follows from the scope and takes no row"))
        }
        "extension" => Err("write each key of the extension as `extension.KEY`".to_owned()),
        "init_password" => Err("`init_password` takes no row: a password is never carried".to_owned()),
        _ => {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            let known = suggestion(name, &known);
            Ok(Some(format!("unknown field {}, sent on create and never compared; {known}", quoted(name))))
        }
    }
}
