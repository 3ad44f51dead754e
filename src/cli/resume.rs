//! `dingsync resume`: finishes a run that was interrupted or crashed.

use rust_i18n::t;

use super::Exit;
use super::context::Context;
use super::progress::Progress;
use super::sync::{close, ends_well, stop_on_signal};
use super::telling::{Telling, announce};
use crate::connect::Connection;
use crate::core::error::Error;
use crate::core::event::{Event, RunStatus, RunSummary};
use crate::core::journal::RunKind;
use crate::core::preview::needs;
use crate::core::synchronize;

/// Goes on where the run stopped; needs no new approval.
pub async fn run(context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let _lock = connection.lock("resume")?;
    let Some(unfinished) = connection.journal.unfinished().await? else {
        return nothing(&connection, context, &mut Progress::new(context, locale), locale).await;
    };
    let left = unfinished.plan.writes().saturating_sub(unfinished.ended.len() as u64);
    context.note(t!("sync.resumed", run = unfinished.run, left = left, locale = locale));
    let request = needs(&connection.services.profile)?.target;
    let errand = (unfinished.kind, None, "resume");
    let mut telling = Telling::new(context, locale, &config, &connection, errand, &unfinished.plan);
    let stop = stop_on_signal(context, locale);
    let is_sync = unfinished.kind == RunKind::Sync;
    let mut last = None;
    let report = synchronize::resume(
        &connection.work(),
        unfinished,
        &request,
        &mut |event| match event {
            Event::Finished { .. } if is_sync => last = Some(event),
            event => telling.show(&event),
        },
        &stop,
    )
    .await;
    let follows = is_sync && report.as_ref().is_ok_and(|report| ends_well(report.status));
    let after = match follows {
        true => super::logon::follow(&connection, &stop, &mut telling, context, locale).await,
        false => Exit::Done,
    };
    last.iter().for_each(|event| telling.show(event));
    let exit = close(report, telling, context)?;
    Ok(if exit == Exit::Done { after } else { exit })
}

/// Nothing is unfinished: the same lines with a total of 0, about the last run where there is one.
async fn nothing(
    connection: &Connection,
    context: &Context,
    progress: &mut Progress<'_>,
    locale: &str,
) -> Result<Exit, Error> {
    let last = connection.journal.runs().await?.into_iter().next();
    let (run, plan_id) = last.map(|last| (last.run, last.plan_id)).unwrap_or_default();
    if let Some(answer) = &context.options.detached {
        announce(answer, &Event::Started { run: run.clone(), plan_id: plan_id.clone(), total: 0 });
    }
    if context.options.json {
        progress.show(&Event::Started { run: run.clone(), plan_id, total: 0 });
        let summary = RunSummary::default();
        progress.show(&Event::Finished { run, status: RunStatus::Success, summary });
    } else {
        context.line(t!("sync.nothing_unfinished", locale = locale));
    }
    Ok(Exit::Done)
}
