//! The rows as the screen shows them: the defaults in their places, then the connection's own, and edits of either.

use rust_i18n::t;

use crate::config::draft::Draft;
use crate::core::field::{FieldKind, FieldSpec, Readable, department_field, user_field};
use crate::core::plan::Entity;
use crate::core::profile::{MappingRow, OnEmpty, When, default_department_rows, default_user_rows};

/// A row on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// As it is in force.
    pub(super) row: MappingRow,
    /// Where it stands among the connection's own rows; `None` for a default.
    pub(super) own: Option<usize>,
    /// The row without an own one.
    pub(super) default: Option<MappingRow>,
}

impl Shown {
    /// Whether the field is switched off.
    pub(super) fn is_off(&self) -> bool {
        self.row.value.trim().is_empty()
    }
}

/// Every row of an entity.
pub(super) fn shown(draft: &Draft, entity: Entity) -> Vec<Shown> {
    let own = rows(draft, entity);
    let place = |field: &str| own.iter().position(|row| row.field == field);
    let defaults = defaults(draft, entity);
    let mut shown: Vec<Shown> = defaults
        .iter()
        .map(|default| {
            let own_place = place(&default.field);
            let row = own_place.map_or(default, |place| &own[place]).clone();
            Shown { row, own: own_place, default: Some(default.clone()) }
        })
        .collect();
    for (place, row) in own.iter().enumerate() {
        if defaults.iter().all(|default| default.field != row.field) {
            shown.push(Shown { row: row.clone(), own: Some(place), default: None });
        }
    }
    shown
}

/// The rows in force: switched-off ones left out, as reports are asked for.
pub(super) fn in_force(draft: &Draft, entity: Entity) -> Vec<MappingRow> {
    shown(draft, entity).into_iter().map(|shown| shown.row).collect()
}

/// Puts a row: over the own row of its field, else as a further own row. A default that is as it always was needs no
/// row of its own.
pub(super) fn put(draft: &mut Draft, entity: Entity, row: MappingRow) {
    let is_default = defaults(draft, entity).contains(&row);
    let own = rows_mut(draft, entity);
    match own.iter().position(|other| other.field == row.field) {
        Some(place) => own[place] = row,
        None if is_default => {}
        None => own.push(row),
    }
}

/// Takes a row away: a default is switched off, or brought back when it was off; any other row goes.
pub(super) fn take_away(draft: &mut Draft, entity: Entity, shown: &Shown) {
    match (&shown.default, shown.own) {
        (Some(_), Some(own)) if shown.is_off() => drop(rows_mut(draft, entity).remove(own)),
        (Some(_), _) => put(draft, entity, MappingRow { value: String::new(), ..shown.row.clone() }),
        (None, Some(own)) => drop(rows_mut(draft, entity).remove(own)),
        (None, None) => {}
    }
}

/// The connection's own rows of an entity.
pub(super) fn rows(draft: &Draft, entity: Entity) -> &[MappingRow] {
    match entity {
        Entity::User => &draft.user_rows,
        Entity::Department => &draft.department_rows,
    }
}

fn rows_mut(draft: &mut Draft, entity: Entity) -> &mut Vec<MappingRow> {
    match entity {
        Entity::User => &mut draft.user_rows,
        Entity::Department => &mut draft.department_rows,
    }
}

fn defaults(draft: &Draft, entity: Entity) -> Vec<MappingRow> {
    match entity {
        Entity::User => default_user_rows(draft.edition),
        Entity::Department => default_department_rows(),
    }
}

/// An empty row of a field.
pub(super) fn blank(field: &str, label: String) -> MappingRow {
    MappingRow {
        label,
        field: field.to_owned(),
        value: String::new(),
        when: When::Always,
        on_empty: OnEmpty::Skip,
    }
}

/// What is known of a field.
pub(super) fn spec(entity: Entity, field: &str) -> Option<FieldSpec> {
    match entity {
        Entity::User => user_field(field),
        Entity::Department => department_field(field),
    }
}

/// A field's limits in words of the locale.
pub(super) fn limits(entity: Entity, field: &str, locale: &str) -> String {
    let Some(spec) = spec(entity, field) else {
        return t!("mapping.limit.unknown", locale = locale).into_owned();
    };
    let mut words = vec![match spec.kind {
        FieldKind::Text(longest) => t!("mapping.limit.text", longest = longest, locale = locale),
        FieldKind::Number => t!("mapping.limit.number", locale = locale),
        FieldKind::Boolean => t!("mapping.limit.boolean", locale = locale),
        FieldKind::Mobile => t!("mapping.limit.mobile", locale = locale),
        FieldKind::List => t!("mapping.limit.list", locale = locale),
    }];
    if spec.is_unique {
        words.push(t!("mapping.limit.unique", locale = locale));
    }
    if spec.is_create_only {
        words.push(t!("mapping.limit.create_only", locale = locale));
    }
    match spec.readable {
        Readable::Listed => {}
        Readable::Single => words.push(t!("mapping.limit.single", locale = locale)),
        Readable::Never => words.push(t!("mapping.limit.never", locale = locale)),
    }
    words.join(if locale == "en" { ", " } else { "，" })
}

/// What a field is called: the row's own label, else the vendor's word where there is one.
pub(super) fn label(row: &MappingRow, entity: Entity, locale: &str) -> String {
    const WORDS: [&str; 14] = [
        "userid",
        "name",
        "mobile",
        "email",
        "title",
        "job_number",
        "work_place",
        "telephone",
        "org_email",
        "remark",
        "hired_date",
        "manager_userid",
        "nickname",
        "hide_mobile",
    ];
    let word = match entity {
        Entity::User if WORDS.contains(&row.field.as_str()) => Some(format!("mapping.field.{}", row.field)),
        Entity::Department if row.field == "name" => Some("mapping.field.department_name".to_owned()),
        Entity::User | Entity::Department => None,
    };
    // A label that is the field's own word in either language follows the language.
    let is_usual = |word: &String| {
        row.label.is_empty()
            || ["en", "zh-CN"].iter().any(|locale| t!(word.as_str(), locale = locale) == row.label)
    };
    if let Some(word) = word.filter(is_usual) {
        return t!(word, locale = locale).into_owned();
    }
    if row.label.is_empty() { row.field.clone() } else { row.label.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(draft: &Draft) -> Vec<(String, bool)> {
        shown(draft, Entity::User)
            .into_iter()
            .map(|shown| (shown.row.field.clone(), shown.is_off()))
            .collect()
    }

    #[test]
    fn an_edited_default_keeps_its_place_and_one_taken_away_comes_back() {
        let mut draft = Draft::default();
        put(&mut draft, Entity::User, blank("title", String::new()));
        let name = shown(&draft, Entity::User)[0].clone();
        put(&mut draft, Entity::User, MappingRow { value: "user.username".into(), ..name.row.clone() });
        assert_eq!(fields(&draft)[0], ("name".to_owned(), false));
        let edited = shown(&draft, Entity::User)[0].clone();
        take_away(&mut draft, Entity::User, &edited);
        assert_eq!(fields(&draft)[0], ("name".to_owned(), true));
        let off = shown(&draft, Entity::User)[0].clone();
        take_away(&mut draft, Entity::User, &off);
        assert_eq!(shown(&draft, Entity::User)[0].row, name.row);
        let title = shown(&draft, Entity::User)[3].clone();
        take_away(&mut draft, Entity::User, &title);
        assert_eq!(draft.user_rows, []);
    }

    #[test]
    fn a_default_put_unchanged_takes_no_line_of_the_settings() {
        let mut draft = Draft::default();
        let mail = shown(&draft, Entity::User)[2].row.clone();
        put(&mut draft, Entity::User, mail);
        assert_eq!(draft, Draft::default());
    }
}
