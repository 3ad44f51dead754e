//! A day at the company: while people change IDaaS and DingTalk, dingsync follows.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use rust_i18n::t;

use super::super::context::Context;
use super::super::sync::stop_on_signal;
use super::super::{simulate, watch};
use super::{say, step};
use crate::core::error::Error;
use crate::simulator::changes::Company;

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
