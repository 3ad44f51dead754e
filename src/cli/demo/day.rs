//! A day at the company: while people change IDaaS and DingTalk, dingsync follows.

use std::collections::BTreeMap;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use futures::future::{Either, select};
use rust_i18n::t;

use super::super::context::Context;
use super::super::sync::stop_on_signal;
use super::super::{simulate, watch};
use super::{say, step};
use crate::connect::Connection;
use crate::core::error::{Error, ErrorKind};
use crate::core::incremental::may_watch;
use crate::live::{self, Place};
use crate::simulator::changes::Company;

/// How long following may take to stop in the evening, before and after it is pressed.
const LONGEST_STOP: Duration = Duration::from_secs(3);
/// What the last change of the day may take.
const LAST: Duration = Duration::from_secs(3);

/// Follows until the day is over or the operator interrupts it.
pub(super) async fn follow(company: &Company, context: &Context, locale: &str) -> Result<(), Error> {
    step(context, "dingsync watch", locale);
    let stop = stop_on_signal(context, locale);
    let day = pin!(async {
        simulate::day(company, |says, refused| {
            say(context, "");
            say(context, says.get(locale).map_or("", String::as_str));
            if let Some(why) = refused {
                say(context, &why);
            }
        })
        .await;
        tokio::time::sleep(LAST).await;
    });
    let watching = pin!(watch::follow_until(context, &stop));
    match select(watching, day).await {
        Either::Left((ended, _)) => ended,
        Either::Right(((), watching)) => {
            stop.request();
            watching.await?;
            say(context, "");
            say(context, &t!("demo.day_done", locale = locale));
            Ok(())
        }
    }
}

/// Lets a day pass while a process of its own follows; `told` hears what happens, by language.
pub async fn pass(
    company: &Company,
    context: &Context,
    mut told: impl FnMut(BTreeMap<String, String>),
) -> Result<(), Error> {
    let config = context.config()?;
    let state = Place::of(&config.state_path).state().to_owned();
    {
        // What would stop it at once is said here: nobody reads what the process says.
        let connection = Connection::open(&config).await?;
        let memory = connection.journal.memory().await?;
        may_watch(&connection.services.profile, &memory)?;
        drop(connection.lock("watch")?);
    }
    let broken = |why: String| Error::new(ErrorKind::State, format!("following cannot go on: {why}"));
    let program = std::env::current_exe().map_err(|error| broken(error.to_string()))?;
    let mut command = tokio::process::Command::new(program);
    command.arg("watch").arg("--config").args(&context.options.config).arg("--state").arg(&state);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut following = command.spawn().map_err(|error| broken(error.to_string()))?;
    let day = pin!(async {
        simulate::day(company, |says, _| told(says.clone())).await;
        tokio::time::sleep(LAST).await;
    });
    match select(pin!(following.wait()), day).await {
        Either::Left((ended, _)) => {
            let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
            Err(broken(format!("its process ended ({status})")))
        }
        Either::Right(((), waiting)) => {
            // It may be over already; nobody is left to be told.
            drop(tokio::task::spawn_blocking(move || live::stop_and_wait(&state, LONGEST_STOP)).await);
            drop(waiting.await);
            Ok(())
        }
    }
}
