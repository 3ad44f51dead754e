//! `dingsync sync`: a preview, the limits, the approval, then the writes.

use std::path::Path;

use rust_i18n::t;
use tokio::signal::unix::{SignalKind, signal as listen};

use super::Exit;
use super::args::SyncArgs;
use super::context::Context;
use super::pauses;
use super::telling::Telling;
use crate::config::Config;
use crate::connect::Connection;
use crate::core::error::{Error, ErrorKind};
use crate::core::event::{Event, RunStatus};
use crate::core::journal::RunKind;
use crate::core::plan::{Approval, ApprovedPlan, Plan};
use crate::core::preview::{Preview, preview};
use crate::core::saved::{self, Stale};
use crate::core::synchronize::{self, RunReport, StopSignal};
use crate::core::target::TargetSnapshot;

/// A plan file larger than this is not one of ours.
const LONGEST_PLAN: u64 = 1 << 30;

/// Synchronizes.
pub async fn run(args: &SyncArgs, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let saved = args.plan.as_deref().map(read_plan).transpose()?;
    if let Some(saved) = &saved {
        saved::belongs(saved, &config.profile)?;
    }
    let connection = Connection::open(&config).await?;
    let _lock = connection.lock("sync")?;
    if let Some(unfinished) = connection.journal.unfinished().await? {
        let run = unfinished.run.clone();
        synchronize::settle(&connection.work(), unfinished).await?;
        context.note(t!("sync.superseded", run = run, locale = locale));
    }
    let reading = connection.reading();
    let mut fresh = pauses::told(preview(&reading), reading.target, context, locale).await?;
    if let Some(saved) = saved {
        let (plan, stale) =
            saved::reconcile(saved, &fresh.plan, &connection.services.profile.limits, &fresh.memory);
        refuse_stale(&stale, args.skip_stale)?;
        if !stale.is_empty() {
            context.note(t!("sync.left_out", count = stale.len(), locale = locale));
        }
        fresh.plan = plan;
    }
    let again = Again { kind: RunKind::Sync, of_run: None, removals: args.approve_removals };
    let Preview { plan, target, .. } = fresh;
    apply(&config, context, &connection, (plan, target), again).await
}

/// What kind of run a plan is applied as, and how its removals are approved.
pub(super) struct Again {
    /// What for.
    pub kind: RunKind,
    /// The run that is tried again.
    pub of_run: Option<String>,
    /// `--approve-removals`.
    pub removals: Option<u64>,
}

/// Approves and applies a plan; shared by `sync`, `retry` and `undo`.
pub(super) async fn apply(
    config: &Config,
    context: &Context,
    connection: &Connection,
    (plan, target): (Plan, TargetSnapshot),
    again: Again,
) -> Result<Exit, Error> {
    let locale = context.locale(Some(config));
    if !context.options.json && !plan.is_empty() && !context.options.quiet {
        super::preview::print_plan(&plan, false, usize::MAX, context, locale);
    }
    let Again { kind, of_run, removals } = again;
    let logon = match kind {
        RunKind::Sync => super::logon::planned(connection, &plan).await?,
        RunKind::Retry | RunKind::Undo | RunKind::Watch => None,
    };
    if let Some(logon) = logon.as_ref().filter(|_| !context.options.json && !context.options.quiet) {
        super::logon::print_rows(logon, context, locale);
    }
    let more = logon.as_ref().map_or(0, |logon| logon.writes() as u64);
    let approved = approve((plan, more), removals, config, context, locale).await?;
    let work = connection.work();
    let errand = (kind, of_run.clone(), command(kind));
    let mut telling = Telling::new(context, locale, config, connection, errand, approved.plan());
    telling.expect_logon(more);
    let stop = stop_on_signal(context, locale);
    let mut last = None;
    let report = synchronize::apply(
        &work,
        approved,
        &target,
        kind,
        of_run,
        &mut |event| match event {
            Event::Finished { .. } if logon.is_some() => last = Some(event),
            event => telling.show(&event),
        },
        &stop,
    )
    .await;
    let follows = logon.is_some() && report.as_ref().is_ok_and(|report| ends_well(report.status));
    let after = match follows {
        true => super::logon::follow(connection, &stop, &mut telling, context, locale).await,
        false => Exit::Done,
    };
    // The totals are the last line, whatever followed the writes.
    last.iter().for_each(|event| telling.show(event));
    let exit = close(report, telling, context)?;
    Ok(if exit == Exit::Done { after } else { exit })
}

/// Whether what follows a synchronization may follow.
pub(super) fn ends_well(status: RunStatus) -> bool {
    match status {
        RunStatus::Success | RunStatus::PartialSuccess => true,
        RunStatus::Failed | RunStatus::Running | RunStatus::Cancelled => false,
    }
}

fn command(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Sync => "sync",
        RunKind::Retry => "retry",
        RunKind::Undo => "undo",
        RunKind::Watch => "watch",
    }
}

/// The exit of a run, and its error on standard error: once `started` was printed no error line follows it.
pub(super) fn close(
    report: Result<RunReport, Error>,
    telling: Telling<'_>,
    context: &Context,
) -> Result<Exit, Error> {
    let error = report.as_ref().map_or_else(Some, |report| report.error.as_ref());
    let progress = telling.close(error);
    match report {
        Ok(report) => {
            let lines = report.error.as_ref().map(|error| context.error_lines(error));
            lines.into_iter().flatten().for_each(|line| context.note(line));
            Ok(exit_of(report.status))
        }
        Err(error) if progress.has_started() => {
            context.error_lines(&error).into_iter().for_each(|line| context.note(line));
            Ok(Exit::of(&error))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn exit_of(status: RunStatus) -> Exit {
    match status {
        RunStatus::Success => Exit::Done,
        RunStatus::PartialSuccess => Exit::Partial,
        RunStatus::Failed | RunStatus::Running => Exit::Failed,
        RunStatus::Cancelled => Exit::Interrupted,
    }
}

fn read_plan(path: &Path) -> Result<Plan, Error> {
    let shown = path.display();
    let unreadable = |reason: String| {
        Error::new(ErrorKind::Stale, format!("{shown} is no plan of dingsync: {reason}"))
            .with_hint("make a new one with: dingsync preview --out FILE")
    };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > LONGEST_PLAN {
        return Err(unreadable(format!("{size} bytes are too many")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let plan: Plan = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    if !plan.verify_id() {
        return Err(Error::new(
            ErrorKind::Stale,
            format!("{shown} does not fit its plan_id: it was changed by hand"),
        )
        .with_hint("make a new one with: dingsync preview --out FILE"));
    }
    Ok(plan)
}

fn refuse_stale(stale: &[Stale], skip: bool) -> Result<(), Error> {
    if stale.is_empty() || skip {
        return Ok(());
    }
    let named: Vec<String> = stale.iter().take(5).map(ToString::to_string).collect();
    let more = if stale.len() > 5 { ", …" } else { "" };
    let message =
        format!("{} records would now be planned differently: {}{more}", stale.len(), named.join(", "));
    Err(Error::new(ErrorKind::Stale, message).with_hint("preview again, or apply the rest with --skip-stale"))
}

/// Approval: `--yes`, a person at the terminal, or nothing to approve. `more` writes follow the plan's.
async fn approve(
    (plan, more): (Plan, u64),
    removals: Option<u64>,
    config: &Config,
    context: &Context,
    locale: &str,
) -> Result<ApprovedPlan, Error> {
    let approval = Approval { removals };
    plan.permits(&approval)?;
    let writes = plan.writes() + more;
    if writes == 0 || context.options.yes {
        return plan.approve(&approval);
    }
    if !context.is_interactive() {
        return Err(Error::new(ErrorKind::Approval, "nobody is here to approve the plan".to_owned())
            .with_hint("look at it with `dingsync preview`, then approve it with --yes"));
    }
    let key = if more > 0 { "sync.ask_both" } else { "sync.ask" };
    // Whoever removes people says how many records it is about.
    let takes_yes = plan.removals() == 0;
    let how = if takes_yes { "sync.ask_yes" } else { "sync.ask_number" };
    let question = t!(
        key,
        writes = writes,
        target = plan.writes(),
        logon = more,
        instance = config.idaas.instance_id,
        connection = plan.connection,
        corp = config.dingtalk.corp_id,
        removals = plan.removals(),
        how = t!(how, locale = locale),
        locale = locale
    );
    let answer = context.ask(&question).await.unwrap_or_default();
    let says_yes = takes_yes && ["yes", "y"].contains(&answer.to_lowercase().as_str());
    if answer != writes.to_string() && !says_yes {
        return Err(Error::new(
            ErrorKind::Approval,
            "the plan was not approved; nothing was written".to_owned(),
        ));
    }
    plan.approve(&approval)
}

/// The first SIGINT or SIGTERM drains, the second stops at once; SIGUSR1 pauses, SIGUSR2 lets the run go on.
pub(super) fn stop_on_signal(context: &Context, locale: &str) -> StopSignal {
    context.take_signals();
    let stop = StopSignal::new();
    let (signal, context) = (stop.clone(), context.clone());
    let stopping = t!("sync.stopping", locale = locale).into_owned();
    tokio::spawn(async move {
        // Listened to without a gap: a second interrupt right after the first is not to be lost.
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (listen(SignalKind::interrupt()), listen(SignalKind::terminate()))
        else {
            return;
        };
        let (Ok(mut pause), Ok(mut go_on)) =
            (listen(SignalKind::user_defined1()), listen(SignalKind::user_defined2()))
        else {
            return;
        };
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                _ = pause.recv() => { signal.pause(); continue }
                _ = go_on.recv() => { signal.go_on(); continue }
            }
            context.note(&stopping);
            signal.request();
        }
    });
    stop
}
