//! The `[scenario]` section: the scope, and what happens to leavers and disabled accounts.

use crate::core::profile::{DisabledAccounts, Leavers, Scenario, ScopePair};
use crate::core::source::UnitId;
use crate::core::target::DepartmentId;

use super::build::Builder;
use super::expression::Purpose;
use super::problem::quoted;
use super::source::{Node, Value};

/// Reads the section; what is wrong becomes findings.
pub(crate) fn read(builder: &mut Builder<'_>) -> Scenario {
    let leavers = match builder.text("scenario.leavers").as_str() {
        "move" => Leavers::Move,
        "remove" => Leavers::Remove,
        _ => Leavers::Hold,
    };
    let leavers_department = builder.root.get("scenario.leavers_department").and_then(Node::integer);
    if leavers == Leavers::Move && leavers_department.is_none() {
        builder.wrong("scenario.leavers", "\"move\" needs scenario.leavers_department, a department id");
    } else if leavers != Leavers::Move && leavers_department.is_some() {
        builder.warn("scenario.leavers_department", "has no effect unless scenario.leavers is \"move\"");
    }
    Scenario {
        scope: scope(builder),
        create_source_unit: builder.boolean("scenario.create_source_unit"),
        incremental: builder.boolean("scenario.incremental"),
        qr_logon: builder.boolean("scenario.qr_logon"),
        include: include(builder),
        disabled_accounts: match builder.text("scenario.disabled_accounts").as_str() {
            "update" => DisabledAccounts::Update,
            "leave" => DisabledAccounts::Leave,
            _ => DisabledAccounts::Keep,
        },
        leavers,
        leavers_department: leavers_department.map(DepartmentId),
    }
}

fn include(builder: &mut Builder<'_>) -> String {
    let text = builder.text("scenario.include").trim().to_owned();
    if let Some(node) = builder.root.get("scenario.include").filter(|_| !text.is_empty()) {
        builder.expression(node, Purpose::Include, "scenario.include", "");
    }
    text
}

fn scope(builder: &mut Builder<'_>) -> Vec<ScopePair> {
    const KEY: &str = "scenario.scope";
    let root = builder.root;
    let Some(list) = root.get(KEY).filter(|node| matches!(node.value, Value::List(_))) else {
        return Vec::new();
    };
    if list.elements().is_empty() {
        builder.wrong(KEY, "is empty; name at least one source unit and its target department");
    }
    let mut pairs: Vec<ScopePair> = Vec::new();
    for (index, element) in list.elements().iter().enumerate() {
        let key = format!("{KEY}[{}]", index + 1);
        let Some(sources) = element.get("sources") else { continue };
        if matches!(sources.value, Value::List(_)) && sources.elements().is_empty() {
            builder.problems.add(sources.at, format!("{key}.sources"), "is empty; name at least one unit");
        }
        let mut pair = ScopePair {
            sources: Vec::new(),
            target: DepartmentId(element.get("target").and_then(Node::integer).unwrap_or(1)),
        };
        for node in sources.elements() {
            let Some(unit) = builder.checked_identifier(node, &format!("{key}.sources")) else { continue };
            let unit = UnitId(unit);
            if pair.sources.contains(&unit) || pairs.iter().any(|other| other.sources.contains(&unit)) {
                let text = format!("unit {} occurs twice; a unit has one target", quoted(&unit.0));
                builder.problems.add(node.at, format!("{key}.sources"), text);
            }
            pair.sources.push(unit);
        }
        pairs.push(pair);
    }
    pairs
}
