//! The user interfaces that read. Rules and shapes: reference `dingtalk-api.md` sections 4 and 12.5.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::answers::Refusal;
use super::users::{named, not_found, parameter, split_mobile};
use super::world::{ROOT, User, World};
use super::{Call, Outcome};

/// Fields hidden without the permission for personal data.
const PERSONAL: [&str; 4] = ["email", "org_email", "work_place", "remark"];

/// `user/get`.
pub(super) fn get(call: &Call<'_>, world: &World) -> Outcome {
    let user = named(call, world)?;
    let mut record = shared(call, user);
    // Orders exceed 2^53, as the captured answers show.
    let order = |id: &i64| 176_188_733_616_559_512_i64 - id;
    let orders = user.departments.iter().map(|id| json!({"dept_id": id, "order": order(id)}));
    record.insert("dept_order_list".to_owned(), orders.collect());
    let leaders = user.departments.iter().map(|id| json!({"dept_id": id, "leader": false}));
    record.insert("leader_in_dept".to_owned(), leaders.collect());
    record.insert("real_authed".to_owned(), json!(true));
    let is_senior = user.fields.get("senior_mode").and_then(Value::as_bool).unwrap_or(false);
    record.insert("senior".to_owned(), json!(is_senior));
    if let Some(manager) = user.fields.get("manager_userid") {
        record.insert("manager_userid".to_owned(), manager.clone());
    }
    if let Some(level) = user.sys_level {
        let name = if level == 1 { "主管理员" } else { "子管理员" };
        record.insert("role_list".to_owned(), json!([{"group_name": "默认", "name": name, "id": 1}]));
    }
    Ok(Some(Value::Object(record)))
}

/// The members that `user/get` and `user/list` share.
fn shared(call: &Call<'_>, user: &User) -> Map<String, Value> {
    let mut record = Map::new();
    let mut put = |name: &str, value: Value| {
        record.insert(name.to_owned(), value);
    };
    put("userid", json!(user.userid));
    put("unionid", json!(user.unionid));
    put("name", json!(user.name));
    put("avatar", json!(""));
    put("active", json!(user.active));
    put("admin", json!(user.sys_level.is_some()));
    put("boss", json!(user.sys_level == Some(1)));
    put("exclusive_account", json!(user.fields.contains_key("exclusive_account")));
    put("hide_mobile", user.fields.get("hide_mobile").cloned().unwrap_or(json!(false)));
    put("dept_id_list", json!(user.departments));
    if !call.faults.is_on("no-mobile") && !user.mobile.is_empty() {
        // How a number of another area is answered is an open question (section 13, n).
        let is_dashed = user.state_code != "86" && call.faults.is_on("foreign-mobile");
        let dashed = || format!("+{}-{}", user.state_code, user.mobile);
        put("mobile", json!(if is_dashed { dashed() } else { user.mobile.clone() }));
        put("state_code", json!(user.state_code));
    }
    let hides_personal = call.faults.is_on("no-personal");
    for field in ["telephone", "job_number", "title", "email", "org_email", "work_place", "remark"] {
        let value = user.text(field);
        let is_hidden = hides_personal && PERSONAL.contains(&field);
        let is_left_out = value.is_empty() && (field == "org_email" || call.faults.is_on("empty-as-absent"));
        if !is_hidden && !is_left_out {
            put(field, json!(value));
        }
    }
    if let Some(date) = user.fields.get("hired_date") {
        put("hired_date", date.clone());
    }
    if !hides_personal && !user.extension.is_empty() {
        put("extension", json!(Value::Object(user.extension.clone()).to_string()));
    }
    record
}

/// Cursor and size of a page of members.
fn page(call: &Call<'_>) -> Result<(usize, usize), Refusal> {
    let cursor = call.arguments.integer("cursor").unwrap_or(0);
    let cursor = usize::try_from(cursor).map_err(|_| Refusal::business(40068, "不合法的偏移量"))?;
    let size = call.arguments.integer("size").unwrap_or(0);
    match usize::try_from(size) {
        Ok(size @ 1..=100) => Ok((cursor, size)),
        _ => Err(Refusal::business(40069, "不合法的分页大小")),
    }
}

fn paged(call: &Call<'_>, world: &World, record: impl Fn(&User, i64) -> Value) -> Outcome {
    let department = super::departments::named(call, world, "dept_id")?.id;
    if !call.reaches(world, department) {
        return Err(Refusal::business(50004, "请求的部门id不在授权范围内"));
    }
    let (cursor, size) = page(call)?;
    let total = world.member_count(department);
    let members = world.members(department).skip(cursor).take(size);
    let rows =
        members.filter(|user| call.is_visible(user.born_ms)).map(|user| record(user, department)).collect();
    let has_more = cursor + size < total;
    let mut result = json!({"has_more": has_more, "list": call.list(rows)});
    if has_more {
        result["next_cursor"] = json!(cursor + size);
    }
    Ok(Some(result))
}

/// `user/list`.
pub(super) fn list(call: &Call<'_>, world: &World) -> Outcome {
    paged(call, world, |user, department| {
        let mut record = shared(call, user);
        record.insert("dept_order".to_owned(), json!(176_188_733_616_559_512_i64 - department));
        record.insert("leader".to_owned(), json!(false));
        Value::Object(record)
    })
}

/// `user/listsimple`.
pub(super) fn list_simple(call: &Call<'_>, world: &World) -> Outcome {
    paged(call, world, |user, _| json!({"userid": user.userid, "name": user.name}))
}

/// `user/listid`: not limited by the range.
pub(super) fn list_id(call: &Call<'_>, world: &World) -> Outcome {
    let department = super::departments::named(call, world, "dept_id")?.id;
    let ids: Vec<&str> = world.members(department).map(|user| user.userid.as_str()).collect();
    Ok(Some(json!({"userid_list": ids})))
}

/// `user/count`: the whole corporation, not limited by the range.
pub(super) fn count(call: &Call<'_>, world: &World) -> Outcome {
    let only_active = call.arguments.truth("only_active").ok_or_else(parameter)?;
    let count = world.users.values().filter(|user| !only_active || user.active).count();
    Ok(Some(json!({"count": count})))
}

/// `user/getbymobile`.
pub(super) fn by_mobile(call: &Call<'_>, world: &World) -> Outcome {
    let mobile = call.arguments.text("mobile").ok_or_else(parameter)?;
    let (state_code, number) = split_mobile(&mobile).map_err(|_| Refusal::business(40104, "无效手机号"))?;
    let userid = world.holder("mobile", &format!("{state_code}-{number}")).ok_or_else(not_found)?;
    Ok(Some(json!({"userid": userid})))
}

/// `user/getbyunionid`.
pub(super) fn by_union_id(call: &Call<'_>, world: &World) -> Outcome {
    let unionid = call.arguments.text("unionid").ok_or_else(parameter)?;
    let user = world.users.values().find(|user| user.unionid == unionid).ok_or_else(not_found)?;
    Ok(Some(json!({"contact_type": 0, "userid": user.userid})))
}

/// `user/listadmin`.
pub(super) fn list_admin(world: &World) -> Outcome {
    let administrators = world
        .users
        .values()
        .filter_map(|user| Some(json!({"sys_level": user.sys_level?, "userid": user.userid})));
    Ok(Some(administrators.collect()))
}

/// `user/get_admin_scope`: what an administrator manages.
pub(super) fn admin_scope(call: &Call<'_>, world: &World) -> Result<Value, Refusal> {
    let user = named(call, world)?;
    Ok(json!({"dept_ids": if user.sys_level.is_some() { vec![ROOT] } else { Vec::new() }}))
}

/// Userids of a name or a part of it, for the newer family's search.
pub(super) fn search(world: &World, word: &str) -> Vec<String> {
    world.users.values().filter(|user| user.name.contains(word)).map(|user| user.userid.clone()).collect()
}

/// What a test compares: every field of every user.
pub(super) fn dump(world: &World) -> BTreeMap<&str, &User> {
    world.users.iter().map(|(userid, user)| (userid.as_str(), user)).collect()
}
