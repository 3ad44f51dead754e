//! Addresses of services: which regions there are, and which addresses may be called.
//! Source: reference `idaas-eiam-api.md` section 1.1; contract section 3, "Endpoints".

use url::{Host, Url};

/// The regions IDaaS runs in.
pub const REGIONS: [&str; 6] =
    ["cn-hangzhou", "cn-hongkong", "ap-northeast-2", "ap-southeast-1", "ap-southeast-5", "eu-central-1"];

/// The public address of IDaaS in a region.
pub fn of_region(region: &str) -> String {
    format!("https://eiam.{region}.aliyuncs.com")
}

/// An endpoint as `scheme://host[:port]`, or what is wrong with it. The text itself is never repeated: it may carry
/// a password.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    let url = secure_url(text)?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err("an endpoint has no path; write only scheme, host and port".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// An address that is safe to call: https, or http on this very machine.
pub(crate) fn secure_url(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text.trim()).map_err(|error| format!("not a URL ({error}); expected \"https://…\""))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL here must not carry a user name or password".into());
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err("plain http is accepted for 127.0.0.0/8, ::1 and localhost only; use https".into()),
        _ => Err("expected an address that starts with https://".into()),
    }
}

/// A proxy's address, without a password in it.
pub(crate) fn proxy(text: &str) -> Result<String, String> {
    let url = Url::parse(text.trim())
        .map_err(|error| format!("not a URL ({error}); expected \"http://host:port\""))?;
    if url.password().is_some() || !url.username().is_empty() {
        return Err("a secret must not stand in the settings as plain text; \
                    give a proxy with a password through the variable HTTPS_PROXY"
            .into());
    }
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("expected an address that starts with http:// or https://".into());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_accepted_on_this_machine_only() {
        for good in ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:1", "http://localhost:99/"] {
            assert_eq!(origin(good).as_deref(), Ok(good.trim_end_matches('/')), "{good}");
        }
        let bad =
            ["http://oapi.dingtalk.com", "http://localhost.example", "http://10.0.0.1", "http://128.0.0.1"];
        for bad in bad {
            assert!(origin(bad).is_err_and(|text| text.contains("plain http")), "{bad}");
        }
    }

    #[test]
    fn an_endpoint_has_neither_path_nor_password() {
        assert_eq!(origin("https://oapi.dingtalk.com/").as_deref(), Ok("https://oapi.dingtalk.com"));
        for bad in ["https://a.example/x", "https://a.example/?q=1", "ftp://a.example", "a.example", ""] {
            assert!(origin(bad).is_err(), "{bad}");
        }
        assert!(origin("https://me:canary@a.example").is_err_and(|text| !text.contains("canary")));
        assert!(proxy("http://me:canary@proxy.example:3128").is_err_and(|text| !text.contains("canary")));
        assert_eq!(proxy("http://proxy.example:3128").as_deref(), Ok("http://proxy.example:3128"));
    }
}
