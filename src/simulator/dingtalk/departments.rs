//! The department interfaces. Rules and codes: reference `dingtalk-api.md` section 3 and 12.5.

use serde_json::{Map, Value, json};

use super::answers::Refusal;
use super::arguments::Arguments;
use super::world::{Department, ROOT, User, World};
use super::{Call, Outcome};

/// Levels below the root, and children of one department (section 3.9), where no switch says otherwise.
const DEEPEST: usize = 20;
const MOST_CHILDREN: usize = 1000;
/// Flags that are stored as sent.
const FLAGS: [&str; 9] = [
    "hide_dept",
    "outer_dept",
    "outer_dept_only_self",
    "create_dept_group",
    "auto_add_user",
    "auto_approve_apply",
    "group_contain_sub_dept",
    "group_contain_outer_dept",
    "group_contain_hidden_dept",
];
/// Comma lists that are answered as arrays.
const LISTS: [&str; 4] = ["dept_permits", "user_permits", "outer_permit_depts", "outer_permit_users"];

fn missing() -> Refusal {
    Refusal::business(60003, "部门不存在")
}

fn parameter() -> Refusal {
    Refusal::business(400_002, "参数错误")
}

/// The department an argument names.
pub(super) fn named<'w>(call: &Call<'_>, world: &'w World, name: &str) -> Result<&'w Department, Refusal> {
    let id = call.arguments.integer(name).ok_or_else(parameter)?;
    if id < 0 {
        return Err(Refusal::business(40009, "不合法的部门id"));
    }
    world.departments.get(&id).filter(|department| call.is_visible(department.born_ms)).ok_or_else(missing)
}

fn in_range<'w>(call: &Call<'_>, world: &'w World, name: &str) -> Result<&'w Department, Refusal> {
    let department = named(call, world, name)?;
    if call.reaches(world, department.id) {
        Ok(department)
    } else {
        Err(Refusal::business(50004, "请求的部门id不在授权范围内"))
    }
}

/// `department/create`.
pub(super) fn create(call: &Call<'_>, world: &mut World) -> Outcome {
    let arguments = call.arguments;
    let name = arguments.text("name").ok_or_else(|| Refusal::business(40035, "缺少参数 name"))?;
    let parent =
        arguments.integer("parent_id").ok_or_else(|| Refusal::business(40035, "缺少参数 parent_id"))?;
    check_name(&name)?;
    check_place(call, world, parent, None, &name)?;
    if world.departments.len() > most(call, "departments", usize::MAX - 1) {
        return Err(Refusal::business(60110, "部门数量过多"));
    }
    check_identifier(call, world, None)?;
    let id = world.new_id();
    let mut department =
        Department { id, parent: Some(parent), name, born_ms: call.now_ms, ..Department::default() };
    store(arguments, &mut department);
    world.put_department(department);
    Ok(Some(json!({"dept_id": id})))
}

/// `department/update`.
pub(super) fn update(call: &Call<'_>, world: &mut World) -> Outcome {
    let arguments = call.arguments;
    let id = arguments.integer("dept_id").ok_or_else(parameter)?;
    if id == ROOT {
        return Err(Refusal::business(60018, "不允许更新根部门"));
    }
    let mut department = in_range(call, world, "dept_id")?.clone();
    if let Some(name) = arguments.text("name") {
        check_name(&name)?;
        department.name = name;
    }
    if let Some(parent) = arguments.integer("parent_id") {
        if world.subtree(id).contains(&parent) {
            return Err(Refusal::business(60010, "部门关系成环"));
        }
        department.parent = Some(parent);
    }
    let parent = department.parent.unwrap_or(ROOT);
    check_place(call, world, parent, Some(id), &department.name)?;
    check_identifier(call, world, Some(id))?;
    if let Some(managers) = arguments.text("dept_manager_userid_list") {
        check_managers(world, id, &managers)?;
        department.fields.insert("dept_manager_userid_list".to_owned(), text_list(&managers));
    }
    if arguments.text("force_update_fields").is_some_and(|fields| fields.contains("dept_manager_userid_list"))
    {
        department.fields.remove("dept_manager_userid_list");
    }
    store(arguments, &mut department);
    world.put_department(department);
    Ok(None)
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let length = name.chars().count();
    if length == 0 || length > 64 {
        return Err(Refusal::business(60001, "不合法的部门名称"));
    }
    if name.contains(['-', ',', '，']) {
        return Err(Refusal::business(60009, "部门名称含有非法字符"));
    }
    Ok(())
}

fn check_place(
    call: &Call<'_>,
    world: &World,
    parent: i64,
    own: Option<i64>,
    name: &str,
) -> Result<(), Refusal> {
    if !world.departments.contains_key(&parent) {
        return Err(Refusal::business(60004, "父亲部门不存在"));
    }
    if !call.reaches(world, parent) {
        return Err(Refusal::business(50004, "请求的部门id不在授权范围内"));
    }
    let name = name.trim();
    if world.children(parent).any(|child| Some(child.id) != own && child.name.trim() == name) {
        let code = call.faults.number("duplicate-name-code").unwrap_or(60021);
        return Err(Refusal::business(code, "父部门下该部门名称已存在"));
    }
    let height = own.map_or(0, |id| height(world, id));
    if world.ancestors(parent).len() + height > most(call, "levels", DEEPEST) {
        return Err(Refusal::business(60002, "部门层级太深"));
    }
    let is_new_child = own.is_none_or(|id| world.departments.get(&id).and_then(|d| d.parent) != Some(parent));
    if is_new_child && world.child_count(parent) >= most(call, "children", MOST_CHILDREN) {
        return Err(Refusal::business(60110, "部门数量过多"));
    }
    Ok(())
}

/// A limit that a switch may change.
fn most(call: &Call<'_>, switch: &str, usual: usize) -> usize {
    call.faults.number(switch).and_then(|most| usize::try_from(most).ok()).unwrap_or(usual)
}

/// The length and uniqueness of `source_identifier` are open questions (section 13, m).
fn check_identifier(call: &Call<'_>, world: &World, own: Option<i64>) -> Result<(), Refusal> {
    let Some(identifier) = call.arguments.text("source_identifier").filter(|text| !text.is_empty()) else {
        return Ok(());
    };
    let is_held = |other: &&Department| {
        Some(other.id) != own && other.source_identifier.as_deref() == Some(identifier.as_str())
    };
    let is_refused = identifier.chars().count() > most(call, "identifier-length", usize::MAX)
        || (call.faults.is_on("identifier-unique") && world.departments.values().any(|d| is_held(&d)));
    if is_refused { Err(parameter()) } else { Ok(()) }
}

/// Levels below a department.
fn height(world: &World, id: i64) -> usize {
    let base = world.ancestors(id).len();
    world.subtree(id).into_iter().map(|below| world.ancestors(below).len() - base).max().unwrap_or(0)
}

fn check_managers(world: &World, id: i64, managers: &str) -> Result<(), Refusal> {
    for manager in managers.split(',').filter(|manager| !manager.is_empty()) {
        if !world.users.get(manager).is_some_and(|user| user.departments.contains(&id)) {
            return Err(Refusal::business(40031, "不存在的userId"));
        }
    }
    Ok(())
}

fn store(arguments: &Arguments, department: &mut Department) {
    if let Some(identifier) = arguments.text("source_identifier") {
        department.source_identifier = Some(identifier).filter(|text| !text.is_empty());
    }
    for flag in FLAGS {
        if let Some(truth) = arguments.truth(flag) {
            department.fields.insert(flag.to_owned(), Value::Bool(truth));
        }
    }
    for list in LISTS {
        if let Some(text) = arguments.text(list) {
            department.fields.insert(list.to_owned(), text_list(&text));
        }
    }
    if let Some(order) = arguments.integer("order") {
        department.fields.insert("order".to_owned(), json!(order));
    }
    for text in ["code", "brief", "telephone", "org_dept_owner"] {
        if let Some(value) = arguments.text(text) {
            department.fields.insert(text.to_owned(), Value::String(value));
        }
    }
}

fn text_list(text: &str) -> Value {
    let elements = text.split(',').filter(|element| !element.is_empty());
    elements.map(|element| element.parse::<i64>().map_or_else(|_| json!(element), |id| json!(id))).collect()
}

/// `department/delete`.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Outcome {
    let id = call.arguments.integer("dept_id").ok_or_else(parameter)?;
    if id == ROOT {
        return Err(Refusal::business(60007, "不允许删除根部门"));
    }
    in_range(call, world, "dept_id")?;
    let subtree = world.subtree(id);
    if subtree.iter().any(|id| world.member_count(*id) > 0) {
        return Err(Refusal::business(60005, "不允许删除有成员的部门"));
    }
    if subtree.len() > 1 && call.faults.number("delete-with-children") == Some(60006) {
        return Err(Refusal::business(60006, "不允许删除含有子部门的部门"));
    }
    // Deepest first, so that no department is left without its parent.
    let mut doomed: Vec<i64> = subtree.into_iter().collect();
    doomed.sort_by_key(|id| std::cmp::Reverse(world.ancestors(*id).len()));
    doomed.into_iter().for_each(|id| world.remove_department(id));
    Ok(None)
}

/// `department/get`.
pub(super) fn get(call: &Call<'_>, world: &World) -> Outcome {
    Ok(Some(record(world, in_range(call, world, "dept_id")?)))
}

fn record(world: &World, department: &Department) -> Value {
    let mut record = Map::new();
    record.insert("dept_id".to_owned(), json!(department.id));
    if let Some(parent) = department.parent {
        record.insert("parent_id".to_owned(), json!(parent));
    }
    record.insert("name".to_owned(), json!(department.name));
    if let Some(identifier) = &department.source_identifier {
        record.insert("source_identifier".to_owned(), json!(identifier));
    }
    record.insert("order".to_owned(), json!(department.id));
    for flag in FLAGS {
        record.insert(flag.to_owned(), json!(false));
    }
    for list in LISTS {
        record.insert(list.to_owned(), json!([]));
    }
    record.insert("dept_manager_userid_list".to_owned(), json!([]));
    record.insert("brief".to_owned(), json!(""));
    if department.from_union_org {
        record.insert("from_union_org".to_owned(), json!(true));
    }
    let total: usize = world.subtree(department.id).into_iter().map(|id| world.member_count(id)).sum();
    record.insert("member_count".to_owned(), json!(total));
    record.insert("owning_member_count".to_owned(), json!(world.member_count(department.id)));
    record.extend(department.fields.clone());
    Value::Object(record)
}

/// `department/listsub`: direct children only, no identifier.
pub(super) fn list_sub(call: &Call<'_>, world: &World) -> Outcome {
    let parent = if call.arguments.raw("dept_id").is_some() {
        in_range(call, world, "dept_id")?.id
    } else if call.reaches(world, ROOT) {
        ROOT
    } else {
        return Err(Refusal::business(50004, "请求的部门id不在授权范围内"));
    };
    let rows = world.children(parent).filter(|child| call.is_visible(child.born_ms)).map(|child| {
        let mut row = json!({"dept_id": child.id, "parent_id": parent, "name": child.name,
            "create_dept_group": false, "auto_add_user": false});
        if child.from_union_org {
            row["from_union_org"] = json!(true);
        }
        row
    });
    Ok(Some(call.list(rows.collect())))
}

/// `department/listsubid`: not limited by the range.
pub(super) fn list_sub_id(call: &Call<'_>, world: &World) -> Outcome {
    let id = named(call, world, "dept_id")?.id;
    let ids: Vec<i64> = world.children(id).map(|child| child.id).collect();
    Ok(Some(json!({"dept_id_list": ids})))
}

/// `department/listparentbydept`.
pub(super) fn parents(call: &Call<'_>, world: &World) -> Outcome {
    Ok(Some(json!({"parent_id_list": world.ancestors(named(call, world, "dept_id")?.id)})))
}

/// `department/listparentbyuser`.
pub(super) fn parents_of_user(call: &Call<'_>, world: &World) -> Outcome {
    let user: &User = super::users::named(call, world)?;
    let chains: Vec<Value> =
        user.departments.iter().map(|id| json!({"parent_dept_id_list": world.ancestors(*id)})).collect();
    Ok(Some(json!({"parent_list": chains})))
}
