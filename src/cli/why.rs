//! `dingsync why`: one record from source to call.

use serde_json::json;

use super::Exit;
use super::context::Context;
use super::{marks, pauses};
use crate::connect::Connection;
use crate::core::error::{Error, ErrorKind};
use crate::core::normalise::mask_mobile;
use crate::core::planner::{PlanInput, explain};
use crate::core::preview::preview;
use crate::core::sentences::in_language;
use crate::core::text;

/// Reads both sides and explains a record by any of its ids.
pub async fn run(id: &str, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let connection = Connection::open(&config).await?;
    let reading = connection.reading();
    let made = pauses::told(preview(&reading), reading.target, context, locale).await?;
    let input = PlanInput {
        profile: reading.profile,
        source: &made.source,
        target: &made.target,
        memory: &made.memory,
        now_ms: reading.now_ms,
        read_calls: 0,
    };
    let Some(explanation) = explain(&input, &made.plan, id)? else {
        return Err(Error::new(ErrorKind::State, format!("`{id}` is neither in IDaaS nor in DingTalk"))
            .with_hint("give an IDaaS account or unit id, a DingTalk userid or department id"));
    };
    if context.options.json {
        context.json(&json!({"format": "dingsync.why/1", "id": id, "steps": explanation.steps,
            "change": explanation.change}))?;
        return Ok(Exit::Done);
    }
    for step in &explanation.steps {
        let Some(field) = &step.field else {
            context.line(format!(
                "{}  {}",
                text::pad(step.step, 8),
                text::for_display(&in_language(&step.result, locale), 300)
            ));
            continue;
        };
        let expression = step.expression.as_deref().unwrap_or_default();
        let is_mobile = field == "mobile";
        let shown = |value: &str| if is_mobile { mask_mobile(value) } else { text::for_display(value, 200) };
        context.line(format!("mapping   {field} = {expression}"));
        for (path, value) in &step.inputs {
            let value = if path.contains("phoneNumber") { mask_mobile(value) } else { shown(value) };
            context.line(format!("            {path}: {value}"));
        }
        context.line(format!("            -> {}", shown(&step.result)));
    }
    if let Some(change) = &explanation.change {
        context.raw(&format!("{}\n", marks::row(change, locale)));
    }
    Ok(Exit::Done)
}
