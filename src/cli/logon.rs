//! `dingsync logon`: DingTalk QR code logon, looked at and carried out; and its part of `preview` and `sync`.

use rust_i18n::t;
use serde_json::json;

use super::Exit;
use super::args::LogonCommand;
use super::context::Context;
use super::sync::stop_on_signal;
use super::telling::Telling;
use crate::config::Config;
use crate::connect::Connection;
use crate::core::check::CheckStatus;
use crate::core::error::{Error, ErrorKind};
use crate::core::logon::apply::{LogonRecord, LogonReport, apply, look, see};
use crate::core::logon::chain::{Chain, chain};
use crate::core::logon::{LogonAction, LogonBasis, LogonChange, LogonPlan, policy};
use crate::core::plan::Plan;
use crate::core::synchronize::StopSignal;
use crate::core::text;
use crate::qr;

/// Rows that are printed besides the provider's.
const MOST_ROWS: usize = 20;

/// Looks, carries out, or prints the policy.
pub async fn run(command: Option<LogonCommand>, context: &Context) -> Result<Exit, Error> {
    match command.unwrap_or(LogonCommand::Status) {
        LogonCommand::Status => status(context).await,
        LogonCommand::Apply { look_again } => carry_out(look_again, context).await,
        LogonCommand::Policy => {
            context.raw(&format!("{}\n", policy::policy()));
            Ok(Exit::Done)
        }
    }
}

async fn status(context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let memory = connection.journal.memory().await?;
    let work = connection.logon_work(&memory.users);
    let (plan, instance) = futures::join!(see(&work), connection.services.source.instance());
    let plan = plan?;
    let chain = chain(&connection.services.logon_wish, &instance?, &plan, &memory.users);
    if context.options.json {
        let mut document = serde_json::to_value(&plan)
            .map_err(|error| Error::new(ErrorKind::State, format!("cannot write JSON: {error}")))?;
        document["chain"] = json!(chain);
        document["calls"] = json!(connection.logon_journal.logon_history().await?);
        context.json(&document)?;
        return Ok(Exit::Done);
    }
    context.line(t!("logon.title", connection = plan.connection, locale = locale));
    let word = if plan.chosen { "logon.chosen" } else { "logon.not_chosen" };
    context.line(format!("  {}", t!(word, locale = locale)));
    print_chain(&chain, context, locale);
    print_rows(&plan, context, locale);
    print_address(&chain, context, locale);
    Ok(Exit::Done)
}

fn print_chain(chain: &Chain, context: &Context, locale: &str) {
    for link in &chain.links {
        let (word, mark) = match link.status {
            CheckStatus::Pass => ("pass", t!("check.pass", locale = locale)),
            CheckStatus::Warn => ("warn", t!("check.warn", locale = locale)),
            CheckStatus::Fail => ("fail", t!("check.fail", locale = locale)),
            CheckStatus::NotRun => ("not_run", t!("check.not_run", locale = locale)),
        };
        let key = format!("logon.state.{}_{word}", link.link.as_str());
        let state = t!(key, found = link.found, expected = link.expected, locale = locale);
        let label = t!(format!("logon.link.{}", link.link.as_str()), locale = locale);
        context.line(format!(" {mark:<3}{}  {state}", text::pad(&label, 20)));
    }
    if !chain.differing.is_empty() {
        context.line(t!("logon.differing", count = chain.differing.len(), locale = locale));
        for row in chain.differing.iter().take(MOST_ROWS) {
            context.line(format!("      {} -> {}", row.source_id, row.target_id));
        }
        more(chain.differing.len(), context, locale);
    }
}

fn more(all: usize, context: &Context, locale: &str) {
    if let Some(count) = all.checked_sub(MOST_ROWS).filter(|count| *count > 0) {
        context.line(format!("      {}", t!("logon.more", count = count, locale = locale)));
    }
}

fn print_address(chain: &Chain, context: &Context, locale: &str) {
    let Some(address) = &chain.address else {
        context.line(t!("logon.no_address", locale = locale));
        return;
    };
    context.line(t!("logon.address", address = address, locale = locale));
    for line in qr::lines(address, context.is_ascii()).into_iter().flatten() {
        context.raw(&format!("  {line}\n"));
    }
}

/// The rows that something happens to, as a group of their own.
pub(super) fn print_rows(plan: &LogonPlan, context: &Context, locale: &str) {
    let shown: Vec<&LogonChange> =
        plan.changes.iter().filter(|row| row.action != LogonAction::Unchanged).collect();
    if shown.is_empty() {
        if plan.chosen {
            context.line(format!("= {}", t!("logon.nothing", locale = locale)));
        }
        return;
    }
    context.line(t!("logon.group", count = plan.writes(), locale = locale));
    for row in shown.iter().take(MOST_ROWS) {
        context.line(row_text(row, locale));
    }
    more(shown.len(), context, locale);
}

fn row_text(row: &LogonChange, locale: &str) -> String {
    let mark = match row.action {
        LogonAction::CreateProvider | LogonAction::Bind => '+',
        LogonAction::EnableProvider | LogonAction::Rebind => '~',
        LogonAction::DisableProvider | LogonAction::Unbind => '-',
        LogonAction::Unchanged => '=',
        LogonAction::Conflict | LogonAction::Blocked => '!',
    };
    let word = t!(format!("logon.action.{}", row.action.as_str()), locale = locale);
    let ids: Vec<&str> = [row.source_id.as_deref(), row.target_id.as_deref()].into_iter().flatten().collect();
    let mut line = format!("{mark} {}  {}", text::pad(&word, 24), text::for_display(&row.name, 80));
    if !ids.is_empty() {
        line.push_str(&format!("  [{}]", ids.join(" -> ")));
    }
    if let Some(reason) = row.reason {
        line.push_str(&format!("  {}", t!(format!("logon.reason.{}", reason.as_str()), locale = locale)));
    }
    if !row.warnings.is_empty() {
        line.push_str(&format!("  [{}]", t!("logon.warning.userid_differs", locale = locale)));
    }
    line
}

async fn carry_out(look_again: bool, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let _lock = connection.lock("logon apply")?;
    let memory = connection.journal.memory().await?;
    let mut work = connection.logon_work(&memory.users);
    work.looks_again = look_again;
    if work.wish.is_chosen && !work.wish.has_domain() {
        return Err(no_domain());
    }
    let plan = look(&work, None).await?;
    if !context.options.json && !context.options.quiet {
        print_rows(&plan, context, locale);
    }
    approve(plan.writes(), &config, context, locale).await?;
    let stop = stop_on_signal(context, locale);
    let report = apply(&work, &stop, &mut |record| show(record, context)).await?;
    Ok(finish(&report, context, locale))
}

fn no_domain() -> Error {
    Error::new(ErrorKind::Settings, "scenario.qr_logon needs dingtalk.callback_domain, which is empty")
        .with_hint("enter the callback domain of the DingTalk app, or set scenario.qr_logon = false")
}

async fn approve(writes: usize, config: &Config, context: &Context, locale: &str) -> Result<(), Error> {
    if writes == 0 || context.options.yes {
        return Ok(());
    }
    if !context.is_interactive() {
        return Err(Error::new(ErrorKind::Approval, t!("logon.nobody", locale = locale))
            .with_hint(t!("logon.nobody_hint", locale = locale)));
    }
    let question = t!("logon.ask", writes = writes, instance = config.idaas.instance_id, locale = locale);
    if context.ask(&question).await != Some(writes.to_string()) {
        return Err(Error::new(ErrorKind::Approval, t!("logon.not_approved", locale = locale)));
    }
    Ok(())
}

fn show(record: &LogonRecord, context: &Context) {
    if context.options.json {
        drop(context.json(record));
    } else if context.options.verbose > 0 {
        let id = record.source_id.as_deref().or(record.target_id.as_deref()).unwrap_or("-");
        let why = record.message.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        context.note(format!("{} {id} {:?}{why}", record.action.as_str(), record.outcome).to_lowercase());
    }
}

fn finish(report: &LogonReport, context: &Context, locale: &str) -> Exit {
    let (applied, skipped, failed) = (report.applied, report.skipped, report.failed);
    if !context.options.json && applied + skipped + failed > 0 {
        context.line(t!(
            "logon.done",
            applied = applied,
            skipped = skipped,
            failed = failed,
            locale = locale
        ));
    }
    if let Some(error) = &report.error {
        context.note(format!("dingsync: {}", error.message));
        if let Some(hint) = &error.hint {
            context.note(format!("  {hint}"));
        }
        return match error.kind {
            ErrorKind::Interrupted => Exit::Interrupted,
            _ => Exit::Partial,
        };
    }
    if report.is_whole() { Exit::Done } else { Exit::Partial }
}

/// What a synchronization would be followed by; `None` where it concerns nobody.
pub(super) async fn planned(connection: &Connection, sync: &Plan) -> Result<Option<LogonPlan>, Error> {
    let memory = connection.journal.memory().await?;
    let basis = LogonBasis::read(&connection.logon_work(&memory.users)).await?;
    Ok(basis.following(&memory.users, sync))
}

/// The same, printed; where IDaaS refuses to be looked at, the reason instead: the rest of a preview is no less true.
pub(super) async fn print_planned(connection: &Connection, sync: &Plan, context: &Context, locale: &str) {
    match planned(connection, sync).await {
        Ok(None) => {}
        Ok(Some(plan)) => print_rows(&plan, context, locale),
        Err(error) => {
            context.note(format!("dingsync: {}", error.message));
            if let Some(hint) = &error.hint {
                context.note(format!("  {hint}"));
            }
        }
    }
}

/// After the writes of a synchronization: the same for logon. An error here is told; the synchronization stays done.
pub(super) async fn follow(
    connection: &Connection,
    stop: &StopSignal,
    telling: &mut Telling<'_>,
    context: &Context,
    locale: &str,
) -> Exit {
    let mut told = |record: &LogonRecord| {
        telling.show_logon(record);
        show(record, context);
    };
    let outcome = async {
        let memory = connection.journal.memory().await?;
        apply(&connection.logon_work(&memory.users), stop, &mut told).await
    };
    let report =
        outcome.await.unwrap_or_else(|error| LogonReport { error: Some(error), ..LogonReport::default() });
    report.error.iter().for_each(|error| telling.stop_logon(error));
    finish(&report, context, locale)
}
