//! `dingsync check`: step 2, item by item.

use rust_i18n::t;

use super::Exit;
use super::context::Context;
use super::pauses;
use crate::connect::Services;
use crate::core::check::{CheckItem, CheckReport, CheckStatus, check};
use crate::core::error::Error;
use crate::core::sentences::in_language;
use crate::core::text;

/// Checks both sides and prints the report.
pub async fn run(context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let services = Services::open(&config).await?;
    if !context.options.json {
        context.line(t!("check.title", connection = services.profile.display_name, locale = locale));
    }
    let print = |item: &CheckItem| {
        if context.options.verbose > 0 {
            context.note(format!("{}: {}", item.id.as_str(), item.message));
        }
    };
    let checking = check(&*services.source, &*services.target, &services.check, &print);
    let report = pauses::told(checking, &*services.target, context, locale).await;
    print_report(&report, context, locale)?;
    Ok(if report.result == CheckStatus::Fail { Exit::CheckFailed } else { Exit::Done })
}

/// Prints a report as JSON or text.
pub(super) fn print_report(report: &CheckReport, context: &Context, locale: &str) -> Result<(), Error> {
    if context.options.json {
        return context.json(report);
    }
    for item in &report.items {
        print_item(item, context, locale);
    }
    let count = |status| report.items.iter().filter(|item| item.status == status).count();
    context.line(t!(
        "check.result",
        pass = count(CheckStatus::Pass),
        warn = count(CheckStatus::Warn),
        fail = count(CheckStatus::Fail),
        not_run = count(CheckStatus::NotRun),
        locale = locale
    ));
    Ok(())
}

fn print_item(item: &CheckItem, context: &Context, locale: &str) {
    let mark = match item.status {
        CheckStatus::Pass => t!("check.pass", locale = locale),
        CheckStatus::Warn => t!("check.warn", locale = locale),
        CheckStatus::Fail => t!("check.fail", locale = locale),
        CheckStatus::NotRun => t!("check.not_run", locale = locale),
    };
    let label = t!(format!("check.item.{}", item.id.as_str()), locale = locale);
    let code = item.code.as_deref().map(|code| format!(" [{code}]")).unwrap_or_default();
    context.line(format!(
        " {mark:<3}{}  {}{code}",
        text::pad(&label, 26),
        in_language(&item.message, locale)
    ));
    if !item.missing.is_empty() {
        context.line(format!(
            "      {}",
            t!("check.missing", missing = item.missing.join(", "), locale = locale)
        ));
    }
    if let Some(fix) = &item.fix {
        context.line(format!("      {}", t!("check.fix", fix = in_language(fix, locale), locale = locale)));
    }
}
