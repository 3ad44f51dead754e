//! `dingsync drift`: what was changed by hand in DingTalk, and what is to become of it.

use rust_i18n::t;
use serde_json::json;

use super::Exit;
use super::args::{DriftCommand, LinkEntity};
use super::context::Context;
use crate::connect::{Connection, open_state};
use crate::core::error::{Error, ErrorKind};
use crate::core::incremental::{self as core, Decided, Drift, DriftDecision, DriftState, Inbox};
use crate::core::plan::Entity;

/// Lists drift or stores a decision.
pub async fn run(command: &DriftCommand, context: &Context) -> Result<Exit, Error> {
    match command {
        DriftCommand::List => list(context).await,
        DriftCommand::Accept { entity, source } => {
            decide(entity_of(*entity), source, DriftDecision::Accept, context).await
        }
        DriftCommand::Reapply { entity, source } => {
            decide(entity_of(*entity), source, DriftDecision::Reapply, context).await
        }
    }
}

fn entity_of(entity: LinkEntity) -> Entity {
    match entity {
        LinkEntity::User => Entity::User,
        LinkEntity::Department => Entity::Department,
    }
}

async fn list(context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let found = open_state(&config)?.inbox().await?.drifts().await?;
    let drifts: Vec<Drift> = found.into_iter().map(|(drift, _)| drift).collect();
    if context.options.json {
        context.json(&json!({"format": "dingsync.drift/1", "drift": drifts}))?;
        return Ok(Exit::Done);
    }
    let open: Vec<&Drift> = drifts.iter().filter(|drift| drift.state == DriftState::Open).collect();
    if open.is_empty() {
        context.line(t!("watch.no_drift", locale = locale));
    }
    for drift in open {
        let entity = super::marks::entity(drift.entity, locale);
        context.line(format!("{entity:<10} {} -> {}  {}", drift.source_id, drift.target_id, drift.name));
        for field in &drift.fields {
            let shown = |value: &crate::core::plan::FieldValue| {
                value.to_text().unwrap_or_else(|| t!("row.empty", locale = locale).into_owned())
            };
            context.line(format!(
                "  {}: {} (IDaaS: {})",
                field.field,
                shown(&field.before),
                shown(&field.after)
            ));
        }
    }
    Ok(Exit::Done)
}

async fn decide(
    entity: Entity,
    source: &str,
    decision: DriftDecision,
    context: &Context,
) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    let store = open_state(&config)?;
    let inbox = store.inbox().await?;
    let holder = Connection::holder("drift");
    let decided = core::decide((&inbox, &store), holder, (entity, source), decision).await?;
    if decided == Decided::Unknown {
        let message = format!("nothing about {} {source} was changed by hand", entity.as_str());
        return Err(Error::new(ErrorKind::State, message)
            .with_hint("list what was changed with: dingsync drift list"));
    }
    let key = match (decision, decided) {
        (DriftDecision::Reapply, _) => "watch.will_reapply",
        (DriftDecision::Accept, Decided::CarriedOut) => "watch.accepted_now",
        (DriftDecision::Accept, Decided::Stored | Decided::Unknown) => "watch.will_accept",
    };
    if context.options.json {
        let decision = json!({"entity": entity, "source_id": source, "decision": decision});
        context.json(&json!({"format": "dingsync.drift/1", "drift": [decision]}))?;
    } else {
        context.line(t!(key, source = source, locale = locale));
    }
    Ok(Exit::Done)
}
