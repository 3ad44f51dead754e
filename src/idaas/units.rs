//! Every unit of the instance, under both readings of ListOrganizationalUnits (reference `idaas-eiam-api.md`
//! section 2.2): if the plain listing leaves a unit with children without them, they are asked for.

use std::collections::{HashMap, HashSet};

use super::call::Caller;
use super::walk::walk;
use super::wire::{GetUnit, UnitWire, UnitsPage};
use crate::core::error::Error;
use crate::core::source::OrganizationalUnit;

const LIST: &str = "ListOrganizationalUnits";

/// All units, the root included, sorted by id.
pub(super) async fn read(caller: &Caller) -> Result<Vec<OrganizationalUnit>, Error> {
    let root: GetUnit = caller
        .call("GetRootOrganizationalUnit", &[])
        .await
        .map_err(|trouble| trouble.into_error("GetRootOrganizationalUnit"))?;
    let root_id = root.organizational_unit.organizational_unit_id.clone();
    let mut found: HashMap<String, UnitWire> = HashMap::new();
    let mut expanded: HashSet<String> = HashSet::new();
    add(&mut found, list(caller, &[]).await?);
    found.entry(root_id.clone()).or_insert(root.organizational_unit);
    loop {
        let open = childless(&found, &expanded, &root_id);
        if open.is_empty() {
            break;
        }
        for parent in open {
            add(&mut found, list(caller, &[("ParentId", &parent)]).await?);
            expanded.insert(parent);
        }
    }
    let mut units: Vec<OrganizationalUnit> = found.into_values().map(UnitWire::into_unit).collect();
    units.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(units)
}

/// Units said to have children of which none is known; the root counts when it is alone.
fn childless(found: &HashMap<String, UnitWire>, expanded: &HashSet<String>, root: &str) -> Vec<String> {
    let parents: HashSet<String> = found.values().filter_map(parent_of).collect();
    let mut open: Vec<String> = found
        .values()
        .filter(|unit| unit.leaf == Some(false) || (unit.organizational_unit_id == root && found.len() == 1))
        .map(|unit| unit.organizational_unit_id.clone())
        .filter(|id| !parents.contains(id) && !expanded.contains(id))
        .collect();
    open.sort();
    open
}

fn parent_of(unit: &UnitWire) -> Option<String> {
    unit.parent().map(str::to_owned)
}

fn add(found: &mut HashMap<String, UnitWire>, units: Vec<UnitWire>) {
    found.extend(units.into_iter().map(|unit| (unit.organizational_unit_id.clone(), unit)));
}

async fn list(caller: &Caller, filter: &[(&str, &str)]) -> Result<Vec<UnitWire>, Error> {
    walk::<UnitsPage>(caller, LIST, filter, |unit| &unit.organizational_unit_id).await
}
