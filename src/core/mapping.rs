//! Which account field fills which user field: rows compiled once, drafts made for every record. Pure.
//! Limits: reference `outbound-semantics.md` section 2.7; rules: contract section 3 and the reasons of section 4.

use std::borrow::Cow;

use super::error::{Error, ErrorKind};
use super::expression::{EvalError, Expression, ExpressionError, Model, Scope, Value};
use super::field::{FieldKind, FieldName, FieldSpec, department_field, user_field};
use super::normalise;
use super::plan::{Entity, Reason};
use super::profile::{MappingRow, OnEmpty};
use super::source::{Account, OrganizationalUnit};
use super::text;

/// Characters that DingTalk refuses in a department name (reference `dingtalk-api.md` section 3.1).
const ILLEGAL_IN_DEPARTMENT_NAME: [char; 3] = ['-', ',', '，'];
/// Characters of the whole extension.
const LONGEST_EXTENSION: usize = 2000;

/// The compiled rows of one entity.
#[derive(Debug, Clone)]
pub struct FieldMapping {
    entity: Entity,
    rows: Vec<CompiledRow>,
}

/// One compiled row.
#[derive(Debug, Clone)]
pub struct CompiledRow {
    /// The row as written.
    pub row: MappingRow,
    /// The field it fills.
    pub field: FieldName,
    /// What is known of the field; `None` for a name we do not know.
    pub spec: Option<FieldSpec>,
    expression: Expression,
}

/// A row that does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mapping.{table} row {row} ({field}): {problem}")]
pub struct MappingError {
    /// `user` or `department`.
    pub table: &'static str,
    /// From 1.
    pub row: usize,
    /// The field's name.
    pub field: String,
    /// What is wrong.
    pub problem: String,
}

impl From<MappingError> for Error {
    fn from(error: MappingError) -> Self {
        Self::new(ErrorKind::Settings, error.to_string()).with_hint("correct the row in the settings")
    }
}

/// The mapped values of one record, with what stands against sending them.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// One value for each row that could be computed.
    pub values: Vec<MappedValue<'a>>,
    /// What stands against sending them, in the order of the rows.
    pub problems: Vec<Problem>,
    /// Control or bidirectional characters were left out.
    pub had_control_characters: bool,
}

/// A mapped value.
#[derive(Debug, Clone)]
pub struct MappedValue<'a> {
    /// The row it comes from: the field, when it is sent, what an empty value does.
    pub row: &'a CompiledRow,
    /// The text to send, taken from the record where it stands there as it is sent; `None` = empty.
    pub value: Option<Cow<'a, str>>,
}

impl MappedValue<'_> {
    /// The field.
    pub fn field(&self) -> &FieldName {
        &self.row.field
    }
}

/// Something that stands against sending a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// One of the blocking reasons.
    pub reason: Reason,
    /// The field.
    pub field: FieldName,
    /// In words, with the value where it may be shown.
    pub detail: String,
}

impl Draft<'_> {
    /// The mapped value of a field; `None` when it is empty or not mapped.
    pub fn value(&self, field: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|value| value.field().as_str() == field)
            .and_then(|value| value.value.as_deref())
    }
}

impl FieldMapping {
    /// Compiles rows; defaults have been merged in and switched-off rows left out before.
    pub fn compile(rows: &[MappingRow], entity: Entity) -> Result<Self, MappingError> {
        let (table, model) = match entity {
            Entity::User => ("user", Model::User),
            Entity::Department => ("department", Model::Unit),
        };
        let mut compiled: Vec<CompiledRow> = Vec::with_capacity(rows.len());
        for (index, row) in rows.iter().enumerate() {
            let refuse =
                |problem: String| MappingError { table, row: index + 1, field: row.field.clone(), problem };
            if compiled.iter().any(|earlier| earlier.row.field == row.field) {
                return Err(refuse("the field has a row already".to_owned()));
            }
            let expression =
                Expression::parse(&row.value, model).map_err(|error| refuse(error.to_string()))?;
            let spec = match entity {
                Entity::User => user_field(&row.field),
                Entity::Department => department_field(&row.field),
            };
            compiled.push(CompiledRow {
                row: row.clone(),
                field: FieldName::new(&row.field),
                spec,
                expression,
            });
        }
        Ok(Self { entity, rows: compiled })
    }

    /// The compiled rows.
    pub fn rows(&self) -> &[CompiledRow] {
        &self.rows
    }

    /// The fields it fills.
    pub fn fields(&self) -> impl Iterator<Item = &FieldName> {
        self.rows.iter().map(|row| &row.field)
    }

    /// Whether a row reads what only a single account read returns.
    pub fn needs_details(&self) -> bool {
        self.rows.iter().any(|row| row.expression.needs_details())
    }

    /// The draft of an account.
    pub fn draft_user<'a>(&'a self, account: &'a Account) -> Draft<'a> {
        self.draft(Scope::Account(account))
    }

    /// The draft of a unit.
    pub fn draft_department<'a>(&'a self, unit: &'a OrganizationalUnit) -> Draft<'a> {
        self.draft(Scope::Unit(unit))
    }

    fn draft<'a>(&'a self, scope: Scope<'a>) -> Draft<'a> {
        let values = Vec::with_capacity(self.rows.len());
        let mut draft = Draft { values, problems: Vec::new(), had_control_characters: false };
        for row in &self.rows {
            match row.text(scope) {
                Err(EvalError(why)) => {
                    draft.blocked(Reason::MappingError, &row.field, format!("row `{}`, {why}", row.field));
                }
                Ok(value) => row.add(self.entity, value, &mut draft),
            }
        }
        check_extension(&mut draft);
        draft
    }
}

impl CompiledRow {
    /// The inputs a row reads and their values, for an explanation.
    pub fn inputs(&self, scope: Scope<'_>) -> Vec<(String, String)> {
        let model = match scope {
            Scope::Account(_) => Model::User,
            Scope::Unit(_) => Model::Unit,
        };
        let shown = |path: &String| {
            let value = Expression::parse(path, model).ok()?.evaluate(scope).ok()?;
            let text = value.to_text().ok().flatten().map(Cow::into_owned);
            Some((path.clone(), text.unwrap_or_else(|| value.to_json().to_string())))
        };
        self.expression.paths().iter().filter_map(shown).collect()
    }

    fn text<'a>(&self, scope: Scope<'a>) -> Result<Option<Cow<'a, str>>, EvalError> {
        if !matches!(self.spec.map(|spec| spec.kind), Some(FieldKind::List)) {
            return self.expression.text(scope);
        }
        let joined = match self.expression.evaluate(scope)? {
            Value::List(list) => {
                let texts = list.iter().map(Value::to_text).collect::<Result<Vec<_>, _>>();
                texts.map(|texts| Some(texts.into_iter().flatten().collect::<Vec<_>>().join(",")))
            }
            value => value.into_text(),
        };
        joined.map(|text| text.map(Cow::Owned)).map_err(EvalError::of_whole)
    }

    fn add<'a>(&'a self, entity: Entity, value: Option<Cow<'a, str>>, draft: &mut Draft<'a>) {
        let value = value.map(|value| {
            let cleaned = match text::clean(&value) {
                Cow::Borrowed(_) => return trimmed(value),
                Cow::Owned(cleaned) => cleaned,
            };
            draft.had_control_characters |= *cleaned != *value;
            trimmed(Cow::Owned(cleaned))
        });
        let mut value = value.filter(|value| !value.is_empty());
        if let (Some(FieldKind::Mobile), Some(mobile)) = (self.spec.map(|spec| spec.kind), &value)
            && normalise::mainland(None, mobile).is_none()
        {
            value = Some(Cow::Owned(normalise::ding_mobile(None, mobile)));
        }
        match &value {
            Some(text) => self.check(entity, text, draft),
            None => self.check_empty(entity, draft),
        }
        draft.values.push(MappedValue { row: self, value });
    }

    fn check_empty(&self, entity: Entity, draft: &mut Draft<'_>) {
        match (entity, self.field.as_str()) {
            (_, "name") => draft.blocked(Reason::MissingName, &self.field, "the mapped name is empty"),
            (Entity::User, "mobile") => {
                draft.blocked(Reason::MissingMobile, &self.field, "the mapped mobile is empty");
            }
            _ => {}
        }
        if self.row.on_empty == OnEmpty::Block {
            let detail = format!("{} is empty and on_empty is \"block\"", self.field);
            draft.blocked(Reason::RequiredEmpty, &self.field, detail);
        }
    }

    fn check(&self, entity: Entity, value: &str, draft: &mut Draft<'_>) {
        let Some(spec) = self.spec else { return };
        match spec.kind {
            FieldKind::Mobile if !normalise::is_valid_mobile(value) => {
                // The number itself is masked in text and whole in JSON; a sentence for both leaves it out.
                let digits = value.chars().filter(char::is_ascii_digit).count();
                let detail = format!("{digits} digits are no mobile");
                draft.blocked(Reason::InvalidMobile, &self.field, detail);
            }
            FieldKind::Text(longest) => self.check_length(value, longest, draft),
            FieldKind::Number if value.parse::<i64>().is_err() => {
                let detail =
                    format!("{} takes a whole number, not `{}`", self.field, text::for_display(value, 40));
                draft.blocked(Reason::MappingError, &self.field, detail);
            }
            FieldKind::Boolean if value != "true" && value != "false" => {
                let detail =
                    format!("{} takes true or false, not `{}`", self.field, text::for_display(value, 40));
                draft.blocked(Reason::MappingError, &self.field, detail);
            }
            FieldKind::Mobile | FieldKind::Number | FieldKind::Boolean | FieldKind::List => {}
        }
        match (entity, self.field.as_str()) {
            (Entity::Department, "name") => self.check_department_name(value, draft),
            (Entity::User, "userid")
                if !value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.@-".contains(&b)) =>
            {
                let detail =
                    format!("`{}` is no userid: letters, digits, _ . @ - only", text::for_display(value, 40));
                draft.blocked(Reason::MappingError, &self.field, detail);
            }
            _ => {}
        }
    }

    fn check_length(&self, value: &str, longest: usize, draft: &mut Draft<'_>) {
        // No text has more characters than bytes.
        if value.len() <= longest {
            return;
        }
        let length = value.chars().count();
        if length > longest {
            let detail = format!("{} has {length} characters, DingTalk takes {longest}", self.field);
            draft.blocked(Reason::ValueTooLong, &self.field, detail);
        }
    }

    fn check_department_name(&self, name: &str, draft: &mut Draft<'_>) {
        if let Some(illegal) = name.chars().find(|c| ILLEGAL_IN_DEPARTMENT_NAME.contains(c)) {
            let shown = text::for_display(name, 80);
            let detail = format!("`{shown}` holds `{illegal}`; replace it in the mapping of name");
            draft.blocked(Reason::IllegalDepartmentName, &self.field, detail);
        }
    }
}

/// The text without spaces around it, not copied where there are none or it is not our own copy.
fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) if text.trim().len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

impl Draft<'_> {
    fn blocked(&mut self, reason: Reason, field: &FieldName, detail: impl Into<String>) {
        self.problems.push(Problem { reason, field: field.clone(), detail: detail.into() });
    }
}

fn check_extension(draft: &mut Draft<'_>) {
    let length = |value: &MappedValue<'_>| -> Option<usize> {
        let key = value.field().extension_key()?;
        Some(key.chars().count() + value.value.as_deref()?.chars().count() + 6)
    };
    let total: usize = draft.values.iter().filter_map(length).sum();
    if total > LONGEST_EXTENSION {
        let detail = format!("the extension has {total} characters, DingTalk takes {LONGEST_EXTENSION}");
        draft.blocked(Reason::ValueTooLong, &FieldName::new("extension"), detail);
    }
}

/// The filter of the scope: which accounts are kept.
#[derive(Debug, Clone)]
pub struct Include(Option<Expression>);

impl Include {
    /// Compiles; an empty text keeps everybody.
    pub fn compile(text: &str) -> Result<Self, ExpressionError> {
        if text.trim().is_empty() {
            return Ok(Self(None));
        }
        Expression::parse(text, Model::User).map(|expression| Self(Some(expression)))
    }

    /// Whether an account is kept; null keeps nobody, anything that is not true or false is an error.
    pub fn keeps(&self, account: &Account) -> Result<bool, EvalError> {
        let Some(expression) = &self.0 else { return Ok(true) };
        match expression.evaluate(Scope::Account(account))? {
            Value::Bool(keeps) => Ok(keeps),
            Value::Null => Ok(false),
            other => {
                Err(EvalError(format!("scenario.include gives {} instead of true or false", other.kind())))
            }
        }
    }

    /// Whether it reads what only a single account read returns.
    pub fn needs_details(&self) -> bool {
        self.0.as_ref().is_some_and(Expression::needs_details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::profile::When;

    fn row(field: &str, value: &str) -> MappingRow {
        MappingRow {
            label: String::new(),
            field: field.into(),
            value: value.into(),
            when: When::Always,
            on_empty: OnEmpty::Skip,
        }
    }

    fn mapping(rows: &[MappingRow]) -> FieldMapping {
        FieldMapping::compile(rows, Entity::User).unwrap()
    }

    fn reasons(rows: &[MappingRow]) -> Vec<Reason> {
        mapping(rows).draft_user(&Account::default()).problems.iter().map(|problem| problem.reason).collect()
    }

    #[test]
    fn a_row_that_does_not_compile_is_named_with_its_place() {
        let rows = [row("name", "user.displayName"), row("email", "Lower(user.emial)")];
        let error = FieldMapping::compile(&rows, Entity::User).unwrap_err();
        assert_eq!(
            error.to_string(),
            "mapping.user row 2 (email): row 1, column 7: unknown path `user.emial`, did you mean `user.email`?"
        );
        let twice = [row("name", "\"a\""), row("name", "\"b\"")];
        assert!(
            FieldMapping::compile(&twice, Entity::User)
                .unwrap_err()
                .to_string()
                .contains("has a row already")
        );
    }

    #[test]
    fn every_limit_of_dingtalk_is_found_before_anything_is_sent() {
        let long = |count: usize| format!("\"{}\"", "x".repeat(count));
        for (rows, expected) in [
            (vec![row("name", &long(80))], vec![]),
            (vec![row("name", &long(81))], vec![Reason::ValueTooLong]),
            (vec![row("email", &long(51))], vec![Reason::ValueTooLong]),
            (vec![row("title", &long(200))], vec![]),
            (vec![row("name", "user.displayName")], vec![Reason::MissingName]),
            (vec![row("mobile", "user.phoneNumber")], vec![Reason::MissingMobile]),
            (vec![row("mobile", "\"12345\"")], vec![Reason::InvalidMobile]),
            (vec![row("mobile", "\"+852-51234567\"")], vec![]),
            (vec![row("hired_date", "\"soon\"")], vec![Reason::MappingError]),
            (vec![row("hired_date", "1735689600000")], vec![]),
            (vec![row("senior_mode", "\"yes\"")], vec![Reason::MappingError]),
            (vec![row("userid", "\"a b\"")], vec![Reason::MappingError]),
            (vec![row("title", "user.groups")], vec![]),
            (vec![row("title", "user.organizationalUnits")], vec![Reason::MappingError]),
            (
                vec![row("extension.a", &long(1500)), row("extension.b", &long(500))],
                vec![Reason::ValueTooLong],
            ),
        ] {
            let found = reasons(&rows);
            let rows: Vec<_> = rows.iter().map(|row| (&row.field, &row.value)).collect();
            if rows[0].1 == "user.groups" {
                assert_eq!(found, vec![Reason::MappingError], "an empty list is no text either");
            } else {
                assert_eq!(found, expected, "{rows:?}");
            }
        }
    }

    #[test]
    fn a_department_name_with_a_hyphen_or_comma_is_illegal() {
        let mapping =
            FieldMapping::compile(&[row("name", "ou.organizationalUnitName")], Entity::Department).unwrap();
        for (name, is_illegal) in [("R&D - East", true), ("a,b", true), ("甲，乙", true), ("R&D East", false)]
        {
            let unit = OrganizationalUnit { name: name.into(), ..OrganizationalUnit::default() };
            let found = mapping.draft_department(&unit).problems;
            assert_eq!(found.iter().any(|p| p.reason == Reason::IllegalDepartmentName), is_illegal, "{name}");
        }
    }

    #[test]
    fn hidden_characters_are_left_out_and_marked() {
        let account = Account { display_name: Some("Li\u{202e} Na\u{1b}".into()), ..Account::default() };
        let mapping = mapping(&[row("name", "user.displayName")]);
        let draft = mapping.draft_user(&account);
        assert_eq!(draft.value("name"), Some("Li Na"));
        assert!(draft.had_control_characters);
    }

    #[test]
    fn include_keeps_only_what_is_true() {
        let account = Account { id: "user_1".into(), ..Account::default() };
        let keeps = |text| Include::compile(text).unwrap().keeps(&account);
        assert_eq!(keeps(""), Ok(true));
        assert_eq!(keeps("user.userId == \"user_1\""), Ok(true));
        assert_eq!(keeps("user.passwordSet"), Ok(false));
        assert!(keeps("user.userId").is_err());
    }
}
