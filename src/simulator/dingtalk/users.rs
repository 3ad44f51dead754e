//! The user interfaces. Rules and codes: reference `dingtalk-api.md` section 4 and 12.5.

use serde_json::{Map, Value, json};

use super::answers::Refusal;
use super::arguments::Arguments;
use super::world::{User, World, union_id};
use super::{Call, Outcome};

/// Text fields with the characters they hold and the code of exceeding them.
const TEXTS: [(&str, usize, i64); 9] = [
    ("telephone", 50, 40063),
    ("job_number", 50, 60123),
    ("title", 200, 60119),
    ("email", 50, 60105),
    ("org_email", 100, 60105),
    ("work_place", 100, 40064),
    ("remark", 2000, 40065),
    ("manager_userid", 64, 60128),
    ("nickname", 64, 40035),
];
/// Departments one call may name: on create, and on update.
const MOST_DEPARTMENTS: [usize; 2] = [100, 300];
const LONGEST_EXTENSION: usize = 2000;

pub(super) fn parameter() -> Refusal {
    Refusal::business(400_002, "参数错误")
}

pub(super) fn not_found() -> Refusal {
    Refusal::business(60121, "找不到该用户")
}

/// The user an argument names, within the range.
pub(super) fn named<'w>(call: &Call<'_>, world: &'w World) -> Result<&'w User, Refusal> {
    let userid = call.arguments.text("userid").ok_or_else(parameter)?;
    let found = world.users.get(&userid).or_else(|| same_but_for_case(call, world, &userid));
    let user = found.filter(|user| call.is_visible(user.born_ms)).ok_or_else(not_found)?;
    if user.departments.iter().any(|id| call.reaches(world, *id)) {
        Ok(user)
    } else {
        Err(Refusal::business(50002, "请求的员工userid不在授权范围内"))
    }
}

/// The user whose userid differs in case only, where that means the same (section 13, d).
fn same_but_for_case<'w>(call: &Call<'_>, world: &'w World, userid: &str) -> Option<&'w User> {
    let is_same = |user: &&User| user.userid.to_lowercase() == userid.to_lowercase();
    call.faults.is_on("userid-caseless").then(|| world.users.values().find(is_same)).flatten()
}

/// `user/create`.
pub(super) fn create(call: &Call<'_>, world: &mut World) -> Outcome {
    let arguments = call.arguments;
    let name = arguments.text("name").filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Refusal::business(40035, "缺少参数 name"))?;
    if name.chars().count() > 80 {
        return Err(Refusal::business(60112, "用户名不合法"));
    }
    let departments = departments(call, world, MOST_DEPARTMENTS[0])?
        .ok_or_else(|| Refusal::business(40035, "缺少参数 dept_id_list"))?;
    let is_exclusive = arguments.truth("exclusive_account").unwrap_or(false);
    let (state_code, mobile) = match arguments.text("mobile").filter(|mobile| !mobile.is_empty()) {
        None if is_exclusive => (String::new(), String::new()),
        None => return Err(Refusal::business(40035, "缺少参数 mobile")),
        Some(mobile) => split_mobile(&mobile)?,
    };
    let userid = new_userid(call, world)?;
    check_unique(world, arguments, &userid)?;
    if !mobile.is_empty() && world.holder("mobile", &format!("{state_code}-{mobile}")).is_some() {
        return Err(Refusal::business(60104, "手机号码在公司中已存在"));
    }
    if call.is_over_quota() {
        return Err(Refusal::business(-1, "系统繁忙"));
    }
    if call.faults.number("head-count").is_some_and(|most| world.users.len() as i64 >= most) {
        let code = call.faults.number("head-count-code").unwrap_or(40024);
        return Err(Refusal::business(code, "团队人数超过限制"));
    }
    let mut user = User {
        unionid: union_id(&userid),
        userid,
        name,
        state_code,
        mobile,
        departments,
        born_ms: call.now_ms,
        ..User::default()
    };
    if is_exclusive {
        user.fields.insert("exclusive_account".to_owned(), json!(true));
    }
    store(call, &mut user, true)?;
    let invited = call.faults.switch("pending").unwrap_or_default();
    if !user.mobile.is_empty() && invited.split(',').any(|pending| pending == user.mobile) {
        if call.faults.switch("accepted-userid").as_deref() == Some("generated") {
            user.userid = format!("01{:016}", world.new_id());
        }
        world.invitations.insert(user.mobile.clone(), user);
        return Err(Refusal::business(40103, "已发出邀请，对方同意后即可加入组织"));
    }
    let answer = json!({"userid": user.userid, "unionId": user.unionid});
    world.put_user(user);
    Ok(Some(answer))
}

fn new_userid(call: &Call<'_>, world: &mut World) -> Result<String, Refusal> {
    match call.arguments.text("userid").filter(|userid| !userid.is_empty()) {
        None => Ok(format!("01{:016}", world.new_id())),
        Some(userid) if userid.chars().count() > 64 => Err(Refusal::business(40003, "无效的UserID")),
        Some(userid) if call.faults.is_on("userid-strict") && !userid.chars().all(is_plain) => {
            Err(Refusal::business(40003, "无效的UserID"))
        }
        Some(userid)
            if world.users.contains_key(&userid) || same_but_for_case(call, world, &userid).is_some() =>
        {
            Err(Refusal::business(60102, "UserID在公司中已存在"))
        }
        Some(userid) => Ok(userid),
    }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_.@-".contains(character)
}

/// Bare eleven digits are a mainland number, others are written `+code-number`.
pub(super) fn split_mobile(mobile: &str) -> Result<(String, String), Refusal> {
    let refused = || Refusal::business(60103, "手机号码不合法，如果是国际号码，请使用+xx-xxxxxx的格式");
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match mobile.strip_prefix('+') {
        None if mobile.len() == 11 && mobile.starts_with('1') && is_digits(mobile) => {
            Ok(("86".to_owned(), mobile.to_owned()))
        }
        None => Err(refused()),
        Some(rest) => {
            let (code, number) = rest.split_once('-').ok_or_else(refused)?;
            let is_number = is_digits(code) && is_digits(number) && code.len() <= 4 && number.len() >= 4;
            if is_number { Ok((code.to_owned(), number.to_owned())) } else { Err(refused()) }
        }
    }
}

/// The departments of an argument: existing, within the range, not too many, not none.
fn departments(call: &Call<'_>, world: &World, most: usize) -> Result<Option<Vec<i64>>, Refusal> {
    let Some(ids) = call.arguments.ids("dept_id_list") else { return Ok(None) };
    let mut ids = ids.map_err(|()| Refusal::business(40066, "不合法的部门列表"))?;
    let mut seen = std::collections::HashSet::new();
    ids.retain(|id| seen.insert(*id));
    if ids.is_empty() || ids.len() > most {
        return Err(Refusal::business(40066, "不合法的部门列表"));
    }
    for id in &ids {
        if !world.departments.contains_key(id) {
            return Err(Refusal::business(60003, "部门不存在"));
        }
        if !call.reaches(world, *id) {
            return Err(Refusal::business(50004, "请求的部门id不在授权范围内"));
        }
    }
    Ok(Some(ids))
}

fn check_unique(world: &World, arguments: &Arguments, own: &str) -> Result<(), Refusal> {
    let codes = [("email", 60106, "邮箱在公司中已存在"), ("telephone", 40100, "分机号已存在")];
    for (field, code, text) in codes {
        let value = arguments.text(field).filter(|value| !value.is_empty());
        if let Some(value) = value
            && world.holder(field, &value).is_some_and(|holder| holder != own)
        {
            return Err(Refusal::business(code, text));
        }
    }
    Ok(())
}

fn store(call: &Call<'_>, user: &mut User, is_new: bool) -> Result<(), Refusal> {
    let arguments = call.arguments;
    for (field, longest, code) in TEXTS {
        let Some(value) = arguments.text(field) else { continue };
        if value.chars().count() > longest {
            return Err(Refusal::business(code, "字段超长或不合法"));
        }
        if field == "email" && !value.is_empty() && !value.contains('@') {
            return Err(Refusal::business(60105, "邮箱不合法"));
        }
        let is_ignored = (field == "org_email" && call.faults.is_on("no-org-email"))
            || (value.is_empty() && !is_new && call.faults.is_on("empty-is-ignored"));
        if is_ignored {
            continue;
        }
        if value.is_empty() {
            user.fields.remove(field);
        } else {
            user.fields.insert(field.to_owned(), Value::String(value));
        }
    }
    for flag in ["hide_mobile", "senior_mode"] {
        if let Some(truth) = arguments.truth(flag) {
            user.fields.insert(flag.to_owned(), Value::Bool(truth));
        }
    }
    if let Some(date) = arguments.integer("hired_date") {
        if date < 1 {
            return Err(parameter());
        }
        user.fields.insert("hired_date".to_owned(), json!(date));
    }
    store_extension(arguments, user)
}

/// The whole extension is replaced, unless `ext_attrs_update_mode` is 1.
fn store_extension(arguments: &Arguments, user: &mut User) -> Result<(), Refusal> {
    let Some(extension) = arguments.object("extension") else { return Ok(()) };
    let extension = extension.map_err(|()| Refusal::business(60122, "扩展属性不合法"))?;
    let mut merged = if arguments.integer("ext_attrs_update_mode") == Some(1) {
        user.extension.clone()
    } else {
        Map::new()
    };
    merged.extend(extension);
    merged.retain(|_, value| value.as_str() != Some(""));
    if Value::Object(merged.clone()).to_string().chars().count() > LONGEST_EXTENSION {
        return Err(Refusal::business(60122, "扩展属性不合法"));
    }
    user.extension = merged;
    Ok(())
}

/// `user/update`.
pub(super) fn update(call: &Call<'_>, world: &mut World) -> Outcome {
    let arguments = call.arguments;
    let mut user = named(call, world)?.clone();
    if call.faults.is_on("smart-hr")
        && (arguments.raw("title").is_some() || arguments.raw("dept_id_list").is_some())
    {
        return Err(Refusal::business(12150, "开启了智能人事的职位管理，请通过智能人事修改"));
    }
    if let Some(name) = arguments.text("name") {
        if name.trim().is_empty() || name.chars().count() > 80 {
            return Err(Refusal::business(60112, "用户名不合法"));
        }
        user.name = name;
    }
    if let Some(mobile) = arguments.text("mobile").filter(|mobile| !mobile.is_empty()) {
        if !call.faults.is_on("mobile-updatable") {
            return Err(Refusal::business(40022, "企业手机号和登录手机号不一致，不能修改"));
        }
        (user.state_code, user.mobile) = split_mobile(&mobile)?;
    }
    if let Some(departments) = departments(call, world, MOST_DEPARTMENTS[1])? {
        user.departments = departments;
    }
    check_unique(world, arguments, &user.userid)?;
    if let Some(manager) = arguments.text("manager_userid").filter(|manager| !manager.is_empty())
        && !world.users.contains_key(&manager)
    {
        return Err(Refusal::business(60128, "无效的主管id"));
    }
    store(call, &mut user, false)?;
    if arguments.text("force_update_fields").is_some_and(|fields| fields.contains("manager_userid")) {
        user.fields.remove("manager_userid");
    }
    world.put_user(user);
    Ok(None)
}

/// `user/delete`.
pub(super) fn delete(call: &Call<'_>, world: &mut World) -> Outcome {
    let userid = call.arguments.text("userid").filter(|userid| !userid.is_empty());
    let userid = userid.ok_or_else(|| Refusal::business(33012, "无效的USERID"))?;
    let user = named(call, world)?;
    if user.sys_level.is_some() {
        let code = call.faults.number("administrator-delete-code").unwrap_or(-1);
        return Err(Refusal::business(code, "不允许删除管理员"));
    }
    world.remove_user(&userid);
    Ok(None)
}
