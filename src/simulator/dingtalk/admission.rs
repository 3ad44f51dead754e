//! Whether a call is let in, and the faults that meet it at the door. Codes: reference `dingtalk-api.md` section 2.

use super::Handle;
use super::answers::Refusal;
use super::arguments::Arguments;
use crate::simulator::faults::Faults;

/// The permission point of a path; unknown paths are refused.
pub(super) fn known(path: &str) -> Result<&'static str, Refusal> {
    Ok(match path {
        "/auth/scopes" => "qyapi_base",
        "/topapi/v2/department/create"
        | "/topapi/v2/department/update"
        | "/topapi/v2/department/delete"
        | "/topapi/v2/user/create"
        | "/topapi/v2/user/update"
        | "/topapi/v2/user/delete" => "qyapi_manage_addresslist",
        "/topapi/v2/department/get"
        | "/topapi/v2/department/listsub"
        | "/topapi/v2/department/listsubid"
        | "/topapi/v2/department/listparentbydept"
        | "/topapi/v2/department/listparentbyuser"
        | "/department/list" => "qyapi_get_department_list",
        "/topapi/v2/user/get"
        | "/topapi/user/listid"
        | "/topapi/user/count"
        | "/topapi/user/getbyunionid"
        | "/topapi/user/listadmin"
        | "/topapi/user/get_admin_scope"
        | "/user/get" => "qyapi_get_member",
        "/topapi/v2/user/list" | "/topapi/user/listsimple" => "qyapi_get_department_member",
        "/topapi/v2/user/getbymobile" => "qyapi_get_member_by_mobile",
        _ => {
            let name = path.trim_start_matches('/').trim_start_matches("topapi/").replace('/', ".");
            return Err(Refusal::UnknownPath(format!("dingtalk.oapi.{name}")));
        }
    })
}

/// What each interface cannot do without (section 13, c: some gateways look at it first).
const REQUIRED: [(&str, &[&str]); 8] = [
    ("department/create", &["name", "parent_id"]),
    ("department/update", &["dept_id"]),
    ("department/delete", &["dept_id"]),
    ("department/get", &["dept_id"]),
    ("user/create", &["name", "dept_id_list"]),
    ("user/update", &["userid"]),
    ("user/delete", &["userid"]),
    ("user/get", &["userid"]),
];

/// Under the switch `parameters-first` a call without its parameters goes no further.
pub(super) fn complete_first(handle: &Handle, interface: &str, arguments: &Arguments) -> Result<(), Refusal> {
    let needed =
        REQUIRED.iter().find(|(name, _)| *name == interface).map_or(&[] as &[&str], |(_, needed)| needed);
    let missing = needed.iter().find(|name| arguments.raw(name).is_none());
    match missing.filter(|_| handle.faults().is_on("parameters-first")) {
        Some(name) => Err(Refusal::business(40035, &format!("缺少参数 {name}"))),
        None => Ok(()),
    }
}

/// Token, address, permission, flow, in this order.
pub(super) fn admit(
    handle: &Handle,
    interface: &str,
    permission: &str,
    arguments: &Arguments,
) -> Result<(), Refusal> {
    let faults = handle.faults();
    let token = arguments.text("access_token").unwrap_or_default();
    if token.is_empty() {
        return Err(Refusal::Gateway("40000", "access_token is blank".to_owned()));
    }
    if faults.strikes("expired-token", interface) {
        handle.gate().expire();
    }
    if faults.is_on("secret-rotated") {
        return Err(Refusal::Gateway("40014", "不合法的access_token".to_owned()));
    }
    if !handle.gate().knows(&token) {
        return Err(Refusal::Gateway("40014", "不合法的access_token".to_owned()));
    }
    let app_key = &handle.options().credentials.app_key;
    let nobody_listed = faults.has("ip-list-empty", "refused").then(|| "127.0.0.1".to_owned());
    if let Some(address) = faults.switch("ip-not-allowed").or(nobody_listed) {
        let text = format!("访问ip不在白名单之中,request ip={address} appKey({app_key})");
        return Err(Refusal::Gateway("60020", text));
    }
    if faults.has("no-permission", permission) {
        return Err(Refusal::Gateway("60011", permission_text(faults, app_key, permission)));
    }
    let wanting = faults.switch("field-permission").filter(|_| is_read_of_people(interface));
    if let Some(code) = wanting {
        return Err(Refusal::Gateway("60011", permission_text(faults, app_key, &code)));
    }
    if handle.is_over_limit(interface) || faults.strikes("throttle", interface) {
        let usual = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了";
        let text = faults.switch("throttle-text").unwrap_or_else(|| usual.to_owned());
        return Err(Refusal::Gateway("90018", text));
    }
    Ok(())
}

/// Calls whose answers have fields behind a permission of their own.
fn is_read_of_people(interface: &str) -> bool {
    ["user/get", "user/list"].iter().any(|name| interface.ends_with(name))
}

fn permission_text(faults: &Faults, app_key: &str, permission: &str) -> String {
    if faults.is_on("old-permission-text") {
        return "没有调用该接口的权限".to_owned();
    }
    format!(
        "应用尚未开通所需的权限：[{permission}]，点击链接申请并开通即可：https://open-dev.dingtalk.com/appscope/apply?content={app_key}%23{permission}, {{requiredScopes=[{permission}]}}"
    )
}

/// The faults that are answered like business.
pub(super) fn faulted(handle: &Handle, interface: &str) -> Result<(), Refusal> {
    let faults = handle.faults();
    if faults.strikes("throttle-global", interface) {
        let text = format!(
            "当前所有钉钉应用调用该接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了，建议错开整点时刻调用该接口, apiPath(dingtalk.oapi.{interface})"
        );
        return Err(Refusal::Gateway("90002", text));
    }
    if faults.strikes("quota", interface) {
        return Err(Refusal::Gateway("90020", "该企业本月的API调用次数已用完".to_owned()));
    }
    if faults.strikes("gateway-fault", interface) {
        return Err(Refusal::Behind);
    }
    if faults.strikes("busy", interface) {
        return Err(Refusal::business(-1, "系统繁忙"));
    }
    if faults.strikes("unknown-code", interface) {
        return Err(Refusal::business(987_654, "未知的业务错误"));
    }
    Ok(())
}
