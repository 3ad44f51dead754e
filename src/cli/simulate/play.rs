//! Changes while the simulation serves: a script, or random ones. What happens is told on standard error.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use super::SimulateArgs;
use crate::core::error::{Error, ErrorKind};
use crate::simulator::changes::{Company, DAY, Script, Step};
use crate::simulator::company::Weather;

/// A receiver that does not answer yet is asked again after this long.
const ASKED_AGAIN: Duration = Duration::from_secs(5);
const LOOKED: Duration = Duration::from_millis(200);

/// What happens at the company.
pub(super) enum Play {
    Nothing,
    Script(Script),
    Random { weather: Box<Weather>, left: u32 },
}

/// What the arguments ask for. The error: the script cannot be read or is none.
pub(super) fn script(args: &SimulateArgs) -> Result<Play, Error> {
    if let Some(path) = &args.changes {
        let script = Script::read(path).map_err(|why| {
            Error::new(ErrorKind::Usage, why).with_hint("assets/demo/day.toml shows the form of a script")
        })?;
        return Ok(Play::Script(script));
    }
    Ok(args.change_rate.map_or(Play::Nothing, |rate| Play::Random {
        weather: Box::new(Weather::new(args.seed.unwrap_or(1), rate)),
        left: args.change_count.unwrap_or(u32::MAX),
    }))
}

/// Plays it; with a receiver, from the moment it answers.
pub(super) async fn play(company: Company, play: Play, has_receiver: bool) {
    if !matches!(play, Play::Nothing) && has_receiver {
        until_answered(&company).await;
    }
    match play {
        Play::Nothing => {}
        Play::Script(script) => company.play(&script, |step, answer| tell(step, answer.err())).await,
        Play::Random { mut weather, left } => {
            for _ in 0..left {
                tokio::time::sleep(weather.pause()).await;
                let step = weather.change(&company.idaas().world());
                let answer = company.take(&step);
                tell(&step, answer.err());
            }
            note("every change is made");
        }
    }
}

/// A day at the demo's company, from the moment the receiver answers. `told` hears what happens, by language, and why
/// it was refused.
pub(in crate::cli) async fn day(
    company: &Company,
    mut told: impl FnMut(&BTreeMap<String, String>, Option<String>),
) {
    // The script is part of the program; a test reads it.
    let script: Script = toml::from_str(DAY).unwrap_or_default();
    until_answered(company).await;
    company.play(&script, |step, answer| told(&step.says, answer.err())).await;
}

async fn until_answered(company: &Company) {
    loop {
        company.idaas().send_test();
        let mut waited = Duration::ZERO;
        while waited < ASKED_AGAIN {
            if company.idaas().deliveries().iter().any(|delivery| delivery.answered_ms.is_some()) {
                return;
            }
            tokio::time::sleep(LOOKED).await;
            waited += LOOKED;
        }
    }
}

fn tell(step: &Step, refused: Option<String>) {
    let doer = [&step.idaas, &step.dingtalk, &step.simulator].into_iter().flatten().next();
    let doer = doer.map_or("", String::as_str);
    let says = step.says.get("en").map_or_else(|| step.with.to_string(), Clone::clone);
    match refused {
        None => note(&format!("{doer}: {says}")),
        Some(why) => note(&format!("{doer}: {says}: refused: {why}")),
    }
}

fn note(text: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr(), "{text}");
}
