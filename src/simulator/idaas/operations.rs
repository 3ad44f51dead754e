//! The operations that read. Fields, paging and switches: reference `idaas-eiam-api.md` sections 2.1, 2.2 and 2.4.

use serde_json::{Map, Value, json};

use super::answers::Failure;
use super::filters::{FILTERS, cut, matches, of_unit};
use super::world::{StoredAccount, StoredUnit, World};
use super::{Handle, mappings, providers, provisioning, writes};

/// Business parameters, flattened as on the wire.
pub(super) struct Parameters {
    /// Names and values.
    pub(super) given: Vec<(String, String)>,
    /// Whether somebody at the console does this, and no caller of the API.
    pub(super) is_by_hand: bool,
}

impl Parameters {
    /// A parameter that has a value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.given
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A required parameter.
    pub(super) fn required(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| Failure::missing(name))
    }

    /// The elements of an array: `Name.1`, `Name.2`, …
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        (1..).map_while(|index| self.get(&format!("{name}.{index}"))).collect()
    }

    /// A truth value: `True` of Python as well as `true`.
    pub(super) fn truth(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(|text| text.to_lowercase().parse().ok())
    }

    fn number(&self, name: &str, default: usize) -> Result<usize, Failure> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| Failure::parameter(name, "not a number")),
        }
    }
}

/// Carries out an operation.
pub(super) fn run(handle: &Handle, action: &str, parameters: &Parameters) -> Result<Value, Failure> {
    if action != "ListInstances" && action != "ListRegions" {
        let instance = parameters.required("InstanceId")?;
        if instance != handle.0.options.credentials.instance_id {
            return Err(Failure::not_found("Instance"));
        }
    }
    match action {
        "ListUsers" => list_users(handle, parameters),
        "GetUser" => get_user(handle, parameters),
        "ListOrganizationalUnits" => list_units(handle, parameters),
        "GetOrganizationalUnit" => {
            let world = handle.world();
            let unit = find_unit(&world, parameters.required("OrganizationalUnitId")?)?;
            Ok(json!({"OrganizationalUnit": unit_record(handle, &world, unit)}))
        }
        "GetRootOrganizationalUnit" => root(handle),
        "ListOrganizationalUnitParents" => parents(handle, parameters),
        "GetInstance" => Ok(json!({"Instance": instance(handle)})),
        "ListInstances" => Ok(json!({"TotalCount": 1, "Instances": [instance(handle)]})),
        "ListRegions" => Ok(json!({"Regions": [{
            "LocalName": "China (Hangzhou)", "RegionEndpoint": "eiam.cn-hangzhou.aliyuncs.com", "RegionId": "cn-hangzhou"}]})),
        "ListGroups" => Ok(json!({"Groups": [], "TotalCount": 0})),
        _ => providers::run(handle, action, parameters)
            .or_else(|| mappings::run(handle, action, parameters))
            .or_else(|| provisioning::run(handle, action, parameters))
            .unwrap_or_else(|| writes::run(handle, action, parameters)),
    }
}

/// Page number and size, or the offset of a token.
pub(super) struct Page {
    pub(super) start: usize,
    pub(super) size: usize,
    has_token: bool,
}

pub(super) fn page(parameters: &Parameters) -> Result<Page, Failure> {
    let has_token = parameters.get("MaxResults").is_some() || parameters.get("NextToken").is_some();
    let size_name = if has_token { "MaxResults" } else { "PageSize" };
    let size = parameters.number(size_name, 20)?;
    if size == 0 || size > 100 {
        return Err(Failure::parameter(size_name, "must be between 1 and 100"));
    }
    let start = if has_token {
        match parameters.get("NextToken") {
            None => 0,
            Some(token) => token
                .strip_prefix("NT")
                .and_then(|offset| offset.parse().ok())
                .ok_or_else(|| Failure::parameter("NextToken", "unknown"))?,
        }
    } else {
        parameters.number("PageNumber", 1)?.max(1).saturating_sub(1).saturating_mul(size)
    };
    Ok(Page { start, size, has_token })
}

/// A page of rows with the count of all of them.
pub(super) fn paged(
    handle: &Handle,
    action: &str,
    name: &str,
    page: &Page,
    total: usize,
    mut rows: Vec<Value>,
) -> Value {
    let faults = handle.faults();
    if faults.strikes("truncated-list", action) {
        rows.truncate(rows.len() / 2);
    }
    if faults.strikes("duplicate-row", action)
        && let Some(first) = rows.first().cloned()
    {
        rows.push(first);
    }
    let total_count = total + usize::from(faults.strikes("count-drift", action));
    let mut body = Map::new();
    body.insert(name.to_owned(), Value::Array(rows));
    body.insert("TotalCount".to_owned(), json!(total_count));
    if page.has_token {
        body.insert("MaxResults".to_owned(), json!(page.size));
        if page.start + page.size < total {
            body.insert("NextToken".to_owned(), json!(format!("NT{}", page.start + page.size)));
        }
    }
    Value::Object(body)
}

fn list_users(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let page = page(parameters)?;
    let world = handle.world();
    if handle.faults().is_on("idaas-empty") {
        return Ok(paged(handle, "ListUsers", "Users", &page, 0, Vec::new()));
    }
    let filter = |stored: &&StoredAccount| matches(handle, &world, stored, parameters);
    let is_filtered = parameters
        .given
        .iter()
        .any(|(name, _)| FILTERS.contains(&name.as_str()) || name.starts_with("UserIds."));
    let is_ordered = !handle.faults().is_on("idaas-order");
    let (total, rows) = match (parameters.get("OrganizationalUnitId"), is_filtered) {
        (None, false) if is_ordered => {
            (world.accounts.len(), world.listed_from(page.start).take(page.size).collect::<Vec<_>>())
        }
        (None, _) => cut(handle, world.listed().filter(filter).collect(), &page),
        (Some(unit), _) => {
            cut(handle, of_unit(handle, &world, unit).into_iter().filter(filter).collect(), &page)
        }
    };
    if page.start > total && handle.faults().is_on("idaas-beyond-end") {
        return Err(Failure::parameter("PageNumber", "behind the last page"));
    }
    let rows = rows.into_iter().map(|stored| Value::Object(summary(handle, stored))).collect();
    Ok(paged(handle, "ListUsers", "Users", &page, total, rows))
}

/// Where an account comes from: type and id.
pub(super) fn source(handle: &Handle, stored: &StoredAccount) -> (String, String) {
    stored
        .account
        .source
        .clone()
        .unwrap_or_else(|| ("build_in".to_owned(), handle.0.options.credentials.instance_id.clone()))
}

/// The members of a listing: no units, no groups, no custom fields.
fn summary(handle: &Handle, stored: &StoredAccount) -> Map<String, Value> {
    let account = &stored.account;
    let (source_type, source_id) = source(handle, stored);
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() {
            record.insert(name.to_owned(), value);
        }
    };
    put("InstanceId", json!(handle.0.options.credentials.instance_id));
    put("UserId", json!(account.id));
    put("Username", json!(account.username));
    put("DisplayName", json!(account.display_name));
    put("Email", json!(account.email));
    put("EmailVerified", json!(account.email.is_some()));
    put("PhoneRegion", json!(account.phone_region));
    put("PhoneNumber", json!(account.phone_number));
    put("PhoneNumberVerified", json!(account.phone_number.is_some()));
    put("UserExternalId", json!(account.id));
    put("UserSourceType", json!(source_type));
    put("UserSourceId", json!(source_id));
    put("Status", json!(if account.disabled { "disabled" } else { "enabled" }));
    put("PasswordSet", json!(true));
    put("AccountExpireTime", json!(account.account_expire_time.unwrap_or(-1)));
    put("LockExpireTime", json!(account.lock_expire_time.unwrap_or(-1)));
    put("PasswordExpireTime", json!(-1));
    put("RegisterTime", json!(stored.created));
    put("CreateTime", json!(stored.created));
    let is_still = handle.faults().is_on("idaas-still-time");
    put("UpdateTime", json!(if is_still { stored.changed } else { stored.updated }));
    record
}

fn get_user(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let world = handle.world();
    let id = parameters.required("UserId")?;
    let stored = world.accounts.get(id).ok_or_else(|| Failure::not_found("User"))?;
    if handle.faults().strikes("vanishing-user", "GetUser") {
        return Err(Failure::not_found("User"));
    }
    let mut record = summary(handle, stored);
    let units = stored.account.units.iter().enumerate().map(|(index, unit)| {
        let name = world.units.get(unit).map(|unit| unit.unit.name.clone());
        json!({"OrganizationalUnitId": unit, "OrganizationalUnitName": name, "Primary": index == 0})
    });
    record.insert("OrganizationalUnits".to_owned(), units.collect());
    record.insert("PrimaryOrganizationalUnitId".to_owned(), json!(stored.account.units.first()));
    let fields = stored
        .account
        .custom_fields
        .iter()
        .map(|(name, value)| json!({"FieldName": name, "FieldValue": value}));
    record.insert("CustomFields".to_owned(), fields.collect());
    record.insert("Groups".to_owned(), json!([]));
    record.insert("PreferredLanguage".to_owned(), json!("zh-CN"));
    Ok(json!({"User": record}))
}

fn find_unit<'w>(world: &'w World, id: &str) -> Result<&'w StoredUnit, Failure> {
    world.units.get(id).ok_or_else(|| Failure::not_found("OrganizationalUnit"))
}

fn unit_record(handle: &Handle, world: &World, stored: &StoredUnit) -> Value {
    let unit = &stored.unit;
    let mut record = json!({
        "InstanceId": handle.0.options.credentials.instance_id,
        "OrganizationalUnitId": unit.id,
        "OrganizationalUnitName": unit.name,
        "OrganizationalUnitExternalId": unit.id,
        "OrganizationalUnitSourceType": "build_in",
        "OrganizationalUnitSourceId": handle.0.options.credentials.instance_id,
        "Leaf": world.children(&unit.id).next().is_none(),
        "CreateTime": stored.created,
        "UpdateTime": stored.updated,
    });
    if let Some(parent) = &unit.parent {
        record["ParentId"] = json!(parent);
    }
    record
}

fn list_units(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let page = page(parameters)?;
    let world = handle.world();
    let root = world.root().map(|root| root.unit.id.clone()).unwrap_or_default();
    let children_only = handle.faults().is_on("idaas-children-only");
    let parent = parameters.get("ParentId").or_else(|| children_only.then_some(root.as_str()));
    let ids = parameters.list("OrganizationalUnitIds");
    let parents_with_children: std::collections::HashSet<&str> =
        world.units.values().filter_map(|unit| unit.unit.parent.as_deref()).collect();
    let mut all: Vec<&StoredUnit> = world
        .units
        .values()
        .filter(|stored| parent.is_none_or(|parent| stored.unit.parent.as_deref() == Some(parent)))
        .filter(|stored| ids.is_empty() || ids.contains(&stored.unit.id.as_str()))
        .filter(|stored| parameters.get("OrganizationalUnitName").is_none_or(|name| stored.unit.name == name))
        .filter(|stored| {
            parameters
                .get("OrganizationalUnitNameStartsWith")
                .is_none_or(|name| stored.unit.name.starts_with(name))
        })
        .collect();
    all.sort_by(|a, b| (a.created, &a.unit.id).cmp(&(b.created, &b.unit.id)));
    let total = all.len();
    let rows = all.into_iter().skip(page.start).take(page.size).map(|stored| {
        let mut record = json!({
            "InstanceId": handle.0.options.credentials.instance_id,
            "OrganizationalUnitId": stored.unit.id,
            "OrganizationalUnitName": stored.unit.name,
            "OrganizationalUnitExternalId": stored.unit.id,
            "OrganizationalUnitSourceType": "build_in",
            "OrganizationalUnitSourceId": handle.0.options.credentials.instance_id,
            "Leaf": !parents_with_children.contains(stored.unit.id.as_str()),
            "CreateTime": stored.created,
            "UpdateTime": stored.updated,
        });
        if let Some(parent) = &stored.unit.parent {
            record["ParentId"] = json!(parent);
        }
        record
    });
    let rows = rows.collect();
    Ok(paged(handle, "ListOrganizationalUnits", "OrganizationalUnits", &page, total, rows))
}

fn root(handle: &Handle) -> Result<Value, Failure> {
    let world = handle.world();
    let root = world.root().ok_or_else(|| Failure::not_found("OrganizationalUnit"))?;
    Ok(json!({"OrganizationalUnit": {
        "InstanceId": handle.0.options.credentials.instance_id,
        "OrganizationalUnitId": root.unit.id,
        "OrganizationalUnitName": root.unit.name,
        "CreateTime": root.created,
        "UpdateTime": root.updated,
    }}))
}

fn parents(handle: &Handle, parameters: &Parameters) -> Result<Value, Failure> {
    let world = handle.world();
    let mut at = find_unit(&world, parameters.required("OrganizationalUnitId")?)?;
    let mut chain = Vec::new();
    while let Some(parent) = at.unit.parent.as_deref().and_then(|parent| world.units.get(parent)) {
        let mut row = json!({"OrganizationalUnitId": parent.unit.id});
        if let Some(above) = &parent.unit.parent {
            row["ParentId"] = json!(above);
        }
        chain.push(row);
        at = parent;
        if chain.len() > world.units.len() {
            break;
        }
    }
    chain.reverse();
    Ok(json!({"Parents": chain}))
}

fn instance(handle: &Handle) -> Value {
    let id = &handle.0.options.credentials.instance_id;
    json!({
        "InstanceId": id,
        "Status": "running",
        "Description": "simulated",
        "CreateTime": 1_735_689_600_000_i64,
        "DefaultEndpoint": {"Endpoint": "simulator.example.com", "Status": "resolved"},
        "DomainConfig": {"DefaultDomain": "simulator.example.com", "InitDomain": "simulator.example.com",
            "InitDomainAutoRedirectStatus": "disabled"},
        "EgressAddresses": ["203.0.113.0/28"],
        "ServiceManaged": false,
    })
}
