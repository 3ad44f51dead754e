//! `dingsync watch`: follows the source until interrupted.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rust_i18n::t;

use super::Exit;
use super::context::Context;
use super::sync::stop_on_signal;
use crate::connect::Connection;
use crate::connect::watch::Following;
use crate::core::error::Error;
use crate::core::event::{Event, Outcome};
use crate::core::incremental::{DriftState, EventState, Line, Notice, WatchStatus, follow, may_watch};
use crate::core::synchronize::StopSignal;

/// Follows until interrupted.
pub async fn run(context: &Context) -> Result<Exit, Error> {
    let locale = context.locale(Some(&context.config()?));
    let stop = stop_on_signal(context, locale);
    follow_until(context, &stop).await.map(|()| Exit::Done)
}

/// Follows until somebody asks it to stop.
pub(super) async fn follow_until(context: &Context, stop: &StopSignal) -> Result<(), Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let memory = connection.journal.memory().await?;
    may_watch(&connection.services.profile, &memory)?;
    drop(memory);
    let _lock = connection.lock("watch")?;
    let shown = Shown { context, locale, path: config.watch_status_path(), status: Arc::default() };
    let (following, feeds) = Following::start(&config, &connection, shown.health()).await?;
    let watching = following.watching(&config, &connection);
    if config.incremental.jwks_url.is_none() && !context.options.json {
        context.note(t!("watch.polling_only", seconds = config.incremental.poll_seconds, locale = locale));
    }
    let ended = follow(&watching, feeds, &|line| shown.show(&line), stop).await;
    // A status that nobody keeps up to date any more would only mislead.
    let _ = std::fs::remove_file(&shown.path);
    ended
}

/// Where lines go: standard output, the status file, the health address.
struct Shown<'c> {
    context: &'c Context,
    locale: &'c str,
    path: PathBuf,
    status: Arc<Mutex<WatchStatus>>,
}

impl Shown<'_> {
    fn health(&self) -> crate::incremental::Health {
        let status = Arc::clone(&self.status);
        Arc::new(move || {
            let status = lock(&status).clone();
            (status.is_well(), status)
        })
    }

    fn show(&self, line: &Line) {
        if let Line::Notice(Notice::Status(status)) = line {
            lock(&self.status).clone_from(status);
            if let Err(error) = write_private(&self.path, status) {
                tracing::warn!(%error, "the status file cannot be written");
            }
        }
        if self.context.options.json {
            // Nobody reads any more: watching goes on.
            drop(self.context.json(line));
        } else if let Some(text) = self.text(line) {
            self.context.line(text);
        }
    }

    fn text(&self, line: &Line) -> Option<String> {
        let locale = self.locale;
        let text = match line {
            Line::Run(Event::Record(record)) => {
                let id = record.source_id.as_deref().or(record.target_id.as_deref()).unwrap_or("-");
                let action = t!(format!("action.{}", record.action.as_str()), locale = locale);
                let outcome = match record.outcome {
                    Outcome::Applied => t!("watch.applied", locale = locale),
                    Outcome::Failed => t!("watch.failed", locale = locale),
                    Outcome::Skipped => t!("watch.skipped", locale = locale),
                    Outcome::Pending => t!("watch.pending", locale = locale),
                };
                let why = record.message.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
                format!("{action} {id} {outcome}{why}")
            }
            Line::Run(Event::Started { .. } | Event::Progress { .. } | Event::Finished { .. }) => {
                return None;
            }
            Line::Notice(notice) => return notice_text(notice, locale),
        };
        Some(text)
    }
}

fn notice_text(notice: &Notice, locale: &str) -> Option<String> {
    let text = match notice {
        Notice::Listening { address } => t!("watch.listening", address = address, locale = locale),
        Notice::Drift { entity, source_id, target_id, name, state, fields, .. } => {
            let names: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
            let key = match state {
                DriftState::Open => "watch.drift_open",
                DriftState::Accepted => "watch.drift_accepted",
                DriftState::Reapplied => "watch.drift_reapplied",
                DriftState::Gone => "watch.drift_gone",
            };
            let (entity, fields) = (entity.as_str(), names.join(", "));
            t!(
                key,
                entity = entity,
                source = source_id,
                target = target_id,
                name = name,
                fields = fields,
                locale = locale
            )
        }
        Notice::Repair { missed: 0, drift: 0, .. } => return None,
        Notice::Repair { missed, drift, .. } => {
            t!("watch.repair", missed = missed, drift = drift, locale = locale)
        }
        Notice::Attention { source_id, state, reason } => {
            let key = if *state == EventState::Held { "watch.event_held" } else { "watch.event_failed" };
            t!(key, source = source_id, reason = reason, locale = locale)
        }
        Notice::Withheld { limits, records } => {
            let names: Vec<&str> = limits.iter().map(|limit| limit.limit.as_str()).collect();
            t!("watch.withheld", records = records, limits = names.join(", "), locale = locale)
        }
        Notice::MappingChanged { .. } => t!("watch.mapping_changed", locale = locale),
        Notice::Trouble { message, retry_seconds } => {
            t!("watch.trouble", message = message, seconds = retry_seconds, locale = locale)
        }
        Notice::Status(_) => return None,
    };
    Some(text.into_owned())
}

/// Replaces a file that only its owner may read.
fn write_private(path: &Path, status: &WatchStatus) -> std::io::Result<()> {
    use std::io::Write;
    let temporary = path.with_extension("json.tmp");
    let mut options = std::fs::File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(serde_json::to_string(status)?.as_bytes())?;
    std::fs::rename(&temporary, path)
}

fn lock(status: &Mutex<WatchStatus>) -> MutexGuard<'_, WatchStatus> {
    status.lock().unwrap_or_else(PoisonError::into_inner)
}
