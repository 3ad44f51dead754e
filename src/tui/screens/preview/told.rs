//! What core says about a record, in the operator's language. Core's details are part of the plan, and a plan is the
//! same bytes for everybody; so their sentences are recognised here and said again. A sentence nobody knows is shown
//! as it is.

use rust_i18n::t;

/// Sentences of core with `{}` where a value stands, and the locale key that says them again with `%{a}`, `%{b}`, `%{c}`.
const SENTENCES: &[(&str, &str)] = &[
    ("same {} as {}", "same_value"),
    ("user {} also fits {}", "also_fits"),
    ("users {} have this {}", "several"),
    ("{} belongs to user {}", "belongs"),
    ("same name and parent as {}", "same_name"),
    ("department {} has this name under the same parent", "name_kept"),
    ("level {}, DingTalk allows {}", "level"),
    ("the unit above it, {}, cannot be placed", "above"),
    ("none of its units can be placed", "nowhere"),
    ("no row maps the mobile", "no_mobile_row"),
    ("no row maps the name", "no_name_row"),
    ("imported from DingTalk {}", "imported"),
    ("left out by a decision", "decided_out"),
    ("an administrator is not taken out of a department", "administrator_stays"),
    ("the read was incomplete or empty", "not_proved"),
    ("somebody is placed in it", "placed_in_it"),
    ("it is the leavers department", "leavers_department"),
    ("user {} stays in it", "stays"),
    ("department {} below it stays", "below_stays"),
    ("department {} below it is held", "below_held"),
    ("account {} ({})", "account"),
    ("unit {} ({})", "unit"),
    ("{} exists in DingTalk only", "only_target"),
    ("in no unit of the scope", "no_unit"),
    ("in scope through {}", "in_scope"),
    ("by decision linked to {}", "decided_link"),
    ("by decision DingTalk keeps what is in conflict", "decided_keep"),
    ("disabled or expired", "disabled"),
    ("left out by include", "not_included"),
    ("include fails: {}", "include_fails"),
    ("outside the scope", "outside"),
    ("maps onto the target department {}", "onto_target"),
    ("in scope, below {}", "scope_below"),
    ("not bound", "not_bound"),
    ("bound to {}", "bound"),
    ("nobody recognised", "nobody"),
    ("recognised as {} by {}", "recognised"),
    ("no row", "no_row"),
    ("(empty)", "empty"),
    ("the mapped name is empty", "empty_name"),
    ("the mapped mobile is empty", "empty_mobile"),
    ("{} is empty and on_empty is \"block\"", "empty_blocks"),
    ("{} digits are no mobile", "no_mobile"),
    ("{} takes a whole number, not `{}`", "whole_number"),
    ("{} takes true or false, not `{}`", "true_or_false"),
    ("`{}` is no userid: letters, digits, _ . @ - only", "no_userid"),
    ("{} has {} characters, DingTalk takes {}", "too_long"),
    ("`{}` holds `{}`; replace it in the mapping of name", "illegal_name"),
    ("the extension has {} characters, DingTalk takes {}", "long_extension"),
];

/// A detail in a language.
pub(super) fn told(detail: &str, locale: &str) -> String {
    // The more specific sentence stands behind the more general one.
    let known = SENTENCES.iter().rev().find_map(|(pattern, key)| Some((key, values(pattern, detail)?)));
    match known {
        Some((key, values)) => {
            let at = |index: usize| values.get(index).copied().unwrap_or_default();
            t!(format!("plan.told.{key}"), a = at(0), b = at(1), c = at(2), locale = locale).into_owned()
        }
        None => detail.to_owned(),
    }
}

/// Sentences with `; ` between them, each in a language.
pub(super) fn told_all(details: &str, locale: &str) -> String {
    let apart: Vec<String> = details.split("; ").map(|detail| told(detail, locale)).collect();
    apart.join("; ")
}

/// The values of a sentence, when it has this pattern.
fn values<'d>(pattern: &str, detail: &'d str) -> Option<Vec<&'d str>> {
    let mut pieces = pattern.split("{}");
    let mut rest = detail.strip_prefix(pieces.next()?)?;
    let mut values = Vec::new();
    for piece in pieces {
        if piece.is_empty() {
            values.push(rest);
            rest = "";
        } else {
            let (value, after) = rest.split_once(piece)?;
            values.push(value);
            rest = after;
        }
    }
    rest.is_empty().then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_core_is_said_in_chinese_and_an_unknown_one_as_it_is() {
        assert_eq!(told("same mobile as user_d11", "zh-CN"), "mobile 与 user_d11 相同");
        assert_eq!(told("same name and parent as ou_x, ou_y", "en"), "same name and parent as ou_x, ou_y");
        assert_eq!(told("something else", "zh-CN"), "something else");
    }

    #[test]
    fn every_sentence_has_its_words_in_both_languages() {
        for (pattern, key) in SENTENCES {
            let detail = ["A", "B", "C"]
                .iter()
                .fold((*pattern).to_owned(), |text, value| text.replacen("{}", value, 1));
            assert_eq!(told(&detail, "en"), detail, "{key}");
            let chinese = told(&detail, "zh-CN");
            assert!(!chinese.contains("plan.told") && chinese != detail, "{key}: {chinese}");
        }
    }
}
