//! The text that an operator sends to whoever can grant what is missing, and the link to the console.

use rust_i18n::t;

use crate::core::check::{CheckId, CheckItem};
use crate::core::refusal::explain;
use crate::core::sentences::in_language;
use crate::tui::shared::Shared;

/// Where the DingTalk console is.
const CONSOLE: &str = "https://open-dev.dingtalk.com";

/// The text for one item.
pub(super) fn text(item: &CheckItem, shared: &Shared) -> String {
    let locale = shared.look.locale;
    let id = item.id.as_str();
    let label = t!(format!("check.item.{id}"), locale = locale);
    let mut lines = vec![
        t!("permissions.request.title", label = label, name = shared.draft.display_name, locale = locale)
            .into_owned(),
        t!(format!("permissions.without.{id}"), locale = locale).into_owned(),
        t!("permissions.request.found", told = told(item, locale), locale = locale).into_owned(),
    ];
    if !item.missing.is_empty() {
        let missing = item.missing.join(", ");
        lines.push(t!("permissions.request.missing", missing = missing, locale = locale).into_owned());
    }
    lines.push(t!(format!("permissions.grant.{id}"), locale = locale).into_owned());
    let (app, key) = (shared.draft.app_key.trim(), shared.draft.access_key_id.trim());
    if item.id.is_source() {
        let instance = shared.draft.instance_id.trim();
        lines.push(
            t!("permissions.request.source", key = key, instance = instance, locale = locale).into_owned(),
        );
    } else {
        lines.push(t!("permissions.request.target", app = app, locale = locale).into_owned());
        lines.push(link(item, shared));
    }
    lines.join("\n")
}

/// Where to grant it: the console's own page for permission points it names, else the console.
pub(super) fn link(item: &CheckItem, shared: &Shared) -> String {
    let point = item.missing.iter().find(|point| point.is_ascii() && !point.contains(' '));
    let app = shared.draft.app_key.trim();
    match (item.id, point) {
        (id, _) if id.is_source() => "https://ram.console.aliyun.com/policies".to_owned(),
        (CheckId::EgressIp | CheckId::Token | CheckId::Corp, _) | (_, None) => CONSOLE.to_owned(),
        (_, Some(point)) => format!("{CONSOLE}/appscope/apply?content={app}%23{point}"),
    }
}

/// What was found, in the operator's language where our table knows the code.
pub(super) fn told(item: &CheckItem, locale: &str) -> String {
    match (item.code.as_deref().and_then(explain), locale) {
        (Some(known), "zh-CN") => format!("{}（{}）", known.text_zh, known.code),
        _ => in_language(&item.message, locale).into_owned(),
    }
}

/// What to do, in the operator's language where our table knows the code.
pub(super) fn remedy(item: &CheckItem, locale: &str) -> Option<String> {
    match (item.code.as_deref().and_then(explain), locale) {
        (Some(known), "zh-CN") => Some(known.remedy_zh.clone()),
        _ => item.fix.as_deref().map(|fix| in_language(fix, locale).into_owned()),
    }
}
