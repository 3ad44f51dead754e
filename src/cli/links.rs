//! `dingsync links`: the remembered bindings, shown and changed.

use rust_i18n::t;
use serde::Serialize;
use serde_json::json;

use super::Exit;
use super::args::{LinkEntity, LinksCommand};
use super::context::Context;
use crate::connect::{Connection, open_state};
use crate::core::error::{Error, ErrorKind};
use crate::core::journal::{Decision, Journal, Learned, Memory};
use crate::core::plan::Entity;
use crate::core::source::{AccountId, UnitId};
use crate::core::target::{DepartmentId, UserId};

#[derive(Serialize)]
struct Link {
    entity: Entity,
    source_id: String,
    target_id: String,
}

/// What was decided about a conflict.
#[derive(Serialize)]
struct Decided {
    entity: Entity,
    source_id: String,
    decision: &'static str,
    target_id: Option<String>,
}

/// Lists, sets or removes bindings.
pub async fn run(command: &LinksCommand, context: &Context) -> Result<Exit, Error> {
    match command {
        LinksCommand::List => list(context).await,
        LinksCommand::Set { entity, source, target } => set(*entity, source, target, context).await,
        LinksCommand::Remove { entity, source } => remove(*entity, source, context).await,
    }
}

async fn list(context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let memory = open_state(&config)?.memory().await?;
    let mut links: Vec<Link> = memory
        .departments
        .iter()
        .map(|(unit, id)| Link {
            entity: Entity::Department,
            source_id: unit.0.clone(),
            target_id: id.to_string(),
        })
        .chain(memory.users.iter().map(|(account, user)| Link {
            entity: Entity::User,
            source_id: account.0.clone(),
            target_id: user.0.clone(),
        }))
        .collect();
    links.sort_by(|a, b| (a.entity, &a.source_id).cmp(&(b.entity, &b.source_id)));
    let decisions = decisions(&memory);
    if context.options.json {
        let mut answer = json!({"format": "dingsync.links/1", "links": links});
        if !decisions.is_empty() {
            answer["decisions"] = json!(decisions);
        }
        context.json(&answer)?;
        return Ok(Exit::Done);
    }
    let locale = context.locale(Some(&config));
    if links.is_empty() && decisions.is_empty() {
        context.line(t!("links.none", locale = locale));
    }
    for link in links {
        let entity = super::marks::entity(link.entity, locale);
        context.line(format!("{entity:<10} {} -> {}", link.source_id, link.target_id));
    }
    for decided in decisions {
        let entity = super::marks::entity(decided.entity, locale);
        let word = t!(format!("decision.{}", decided.decision), locale = locale);
        let target = decided.target_id.map(|id| format!(" {id}")).unwrap_or_default();
        context.line(format!("{entity:<10} {}: {word}{target}", decided.source_id));
    }
    Ok(Exit::Done)
}

fn decisions(memory: &Memory) -> Vec<Decided> {
    let of_accounts = memory.decisions.iter().map(|(account, decision)| Decided {
        entity: Entity::User,
        source_id: account.0.clone(),
        decision: decision.as_str(),
        target_id: match decision {
            Decision::LinkTo(user) => Some(user.0.clone()),
            Decision::LeaveOut | Decision::Keep => None,
        },
    });
    let of_units = memory.left_out_units.iter().map(|unit| Decided {
        entity: Entity::Department,
        source_id: unit.0.clone(),
        decision: Decision::LeaveOut.as_str(),
        target_id: None,
    });
    let mut all: Vec<Decided> = of_units.chain(of_accounts).collect();
    all.sort_by(|a, b| (a.entity, &a.source_id).cmp(&(b.entity, &b.source_id)));
    all
}

async fn set(entity: LinkEntity, source: &str, target: &str, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let connection = Connection::open(&config).await?;
    let _lock = connection.lock("links set")?;
    let memory = connection.journal.memory().await?;
    let (learned, target) = match entity {
        LinkEntity::User => (user_link(&connection, &memory, source, target).await?, target.to_owned()),
        LinkEntity::Department => {
            let (unit, id) = department_link(&connection, &memory, source, target).await?;
            // The number may have been written with zeros in front.
            (Learned::BindDepartment(unit, id), id.to_string())
        }
    };
    let locale = context.locale(Some(&config));
    connection.journal.learn(vec![learned]).await?;
    let text = t!("links.set", source = source, target = target, locale = locale);
    answer(context, (entity, source, Some(&target)), "set", &text)
}

async fn user_link(
    connection: &Connection,
    memory: &Memory,
    source: &str,
    target: &str,
) -> Result<Learned, Error> {
    let (account, user) = (AccountId(source.to_owned()), UserId(target.to_owned()));
    if let Some((other, _)) = memory.users.iter().find(|(other, bound)| **bound == user && **other != account)
    {
        return Err(elsewhere("user", target, &other.0));
    }
    if connection.services.source.account(&account).await?.is_none() {
        return Err(missing("account", source, "IDaaS"));
    }
    if connection.services.target.user(&user).await?.is_none() {
        return Err(missing("user", target, "DingTalk"));
    }
    Ok(Learned::BindUser(account, user))
}

async fn department_link(
    connection: &Connection,
    memory: &Memory,
    source: &str,
    target: &str,
) -> Result<(UnitId, DepartmentId), Error> {
    let id = target.parse().map(DepartmentId).map_err(|_| {
        Error::new(ErrorKind::State, format!("`{target}` is no department id"))
            .with_hint("department ids are numbers")
    })?;
    let unit = UnitId(source.to_owned());
    if let Some((other, _)) =
        memory.departments.iter().find(|(other, bound)| **bound == id && **other != unit)
    {
        return Err(elsewhere("department", target, &other.0));
    }
    if connection.services.source.unit(&unit).await?.is_none() {
        return Err(missing("unit", source, "IDaaS"));
    }
    let scenario = &connection.services.profile.scenario;
    if scenario.scope.iter().any(|pair| pair.target == id) || id == DepartmentId::ROOT {
        return Err(settled("department", target, "is bound by the scope"));
    }
    if !scenario.create_source_unit && scenario.scope.iter().any(|pair| pair.sources.contains(&unit)) {
        return Err(settled("unit", source, "is bound by the scope"));
    }
    match connection.services.target.department(id).await? {
        None => Err(missing("department", target, "DingTalk")),
        Some(department) if department.is_foreign => {
            Err(settled("department", target, "belongs to an associated organisation"))
        }
        Some(_) => Ok((unit, id)),
    }
}

/// The error for a record that no binding may concern.
fn settled(what: &str, id: &str, why: &str) -> Error {
    Error::new(ErrorKind::State, format!("{what} {id} {why}"))
        .with_hint("choose another one; nothing was stored")
}

fn elsewhere(what: &str, target: &str, other: &str) -> Error {
    Error::new(ErrorKind::State, format!("{what} {target} is bound to {other} already"))
        .with_hint(format!("remove that binding first: dingsync links remove {what} {other}"))
}

fn missing(what: &str, id: &str, place: &str) -> Error {
    Error::new(
        ErrorKind::State,
        format!("{what} {id} does not exist in {place}, or is outside what may be read"),
    )
    .with_hint("check the id; nothing was stored")
}

async fn remove(entity: LinkEntity, source: &str, context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let store = open_state(&config)?;
    let _lock = store.lock(Connection::holder("links remove"))?;
    let memory = store.memory().await?;
    let learned = forgotten(entity, source, &memory);
    if learned.is_empty() {
        return Err(Error::new(ErrorKind::State, format!("{source} is bound to nothing"))
            .with_hint("list the bindings with: dingsync links list"));
    }
    store.learn(learned).await?;
    let locale = context.locale(Some(&config));
    let text = t!("links.removed", source = source, locale = locale);
    answer(context, (entity, source, None), "removed", &text)
}

/// The binding and the decision of a record, as far as there are any.
fn forgotten(entity: LinkEntity, source: &str, memory: &Memory) -> Vec<Learned> {
    let (binding, decision) = match entity {
        LinkEntity::User => {
            let account = AccountId(source.to_owned());
            (
                memory.users.contains_key(&account).then(|| Learned::UnbindUser(account.clone())),
                memory.decisions.contains_key(&account).then_some(Learned::Decided(account, None)),
            )
        }
        LinkEntity::Department => {
            let unit = UnitId(source.to_owned());
            (
                memory.departments.contains_key(&unit).then(|| Learned::UnbindDepartment(unit.clone())),
                memory.left_out_units.contains(&unit).then_some(Learned::LeftOutUnit(unit, false)),
            )
        }
    };
    binding.into_iter().chain(decision).collect()
}

fn answer(
    context: &Context,
    (entity, source, target): (LinkEntity, &str, Option<&str>),
    done: &str,
    text: &str,
) -> Result<Exit, Error> {
    if context.options.json {
        let entity = match entity {
            LinkEntity::User => Entity::User,
            LinkEntity::Department => Entity::Department,
        };
        let link = json!({"entity": entity, "done": done, "source_id": source, "target_id": target});
        context.json(&json!({"format": "dingsync.links/1", "links": [link]}))?;
    } else {
        context.line(text);
    }
    Ok(Exit::Done)
}
