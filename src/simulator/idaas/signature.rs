//! Verification of ACS3-HMAC-SHA256, written apart from the client's signing so that neither hides the other's error.
//! Source: reference `idaas-eiam-api.md` sections 1.3, 1.4 and 8.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
/// Headers that must be signed.
const REQUIRED: [&str; 6] =
    ["host", "x-acs-date", "x-acs-action", "x-acs-version", "x-acs-signature-nonce", "x-acs-content-sha256"];

/// A request as it came in.
#[derive(Debug)]
pub struct Received<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The query as on the wire.
    pub query: &'a str,
    /// Headers, names in lower case.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

impl Received<'_> {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.trim())
    }
}

/// What the `Authorization` header says.
#[derive(Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// The access key id.
    pub key: &'a str,
    signed: Vec<&'a str>,
    signature: &'a str,
}

/// Why a request is not what its signature says.
#[derive(Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// The header or the signed list is incomplete.
    Incomplete,
    /// The body is not the signed one.
    Content,
    /// The signature differs; the string that was signed here.
    Signature(String),
}

/// Reads the header.
pub fn authorization(value: &str) -> Option<Authorization<'_>> {
    let rest = value.strip_prefix(ALGORITHM)?.trim_start();
    let part =
        |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let signed = part("SignedHeaders")?.split(';').collect();
    Some(Authorization { key: part("Credential")?, signed, signature: part("Signature")? })
}

/// Verifies a request with the key's secret.
pub fn verify(received: &Received<'_>, given: &Authorization<'_>, secret: &str) -> Result<(), Mismatch> {
    if REQUIRED.iter().any(|name| !given.signed.contains(name)) {
        return Err(Mismatch::Incomplete);
    }
    let content = hex::encode(Sha256::digest(received.body));
    if received.header("x-acs-content-sha256") != Some(content.as_str()) {
        return Err(Mismatch::Content);
    }
    let to_sign = string_to_sign(received, &given.signed, &content);
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| Mismatch::Incomplete)?;
    mac.update(to_sign.as_bytes());
    let expected = hex::encode(mac.finalize().into_bytes());
    if bool::from(expected.as_bytes().ct_eq(given.signature.as_bytes())) {
        Ok(())
    } else {
        Err(Mismatch::Signature(to_sign))
    }
}

fn string_to_sign(received: &Received<'_>, signed: &[&str], content: &str) -> String {
    let headers: String =
        signed.iter().map(|name| format!("{name}:{}\n", received.header(name).unwrap_or_default())).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{headers}\n{}\n{content}",
        received.method,
        received.path,
        canonical_query(received.query),
        signed.join(";"),
    );
    format!("{ALGORITHM}\n{}", hex::encode(Sha256::digest(canonical.as_bytes())))
}

/// Clients differ on the wire (`+`, bare `*`), so the query is decoded as form data and encoded again.
fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    pairs.sort();
    let encoded: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    encoded.join("&")
}

fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const PYTHON: &str = "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2";

    fn check(query: &str, headers: &[(&str, &str)], signed: &str, signature: &str) -> Result<(), Mismatch> {
        let mut all: Vec<(String, String)> = vec![
            ("host".into(), "127.0.0.1:18555".into()),
            ("x-acs-version".into(), "2021-12-01".into()),
            ("x-acs-content-sha256".into(), EMPTY.into()),
            ("accept".into(), "application/json".into()),
            ("user-agent".into(), PYTHON.into()),
        ];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let received = Received { method: "POST", path: "/", query, headers: &all, body: b"" };
        let value =
            format!("ACS3-HMAC-SHA256 Credential=testid,SignedHeaders={signed},Signature={signature}");
        verify(&received, &authorization(&value).unwrap(), "testsecret")
    }

    const PYTHON_SIGNED: &str = "accept;host;user-agent;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version";

    #[test]
    fn requests_captured_from_the_vendors_clients_verify() {
        check(
            "InstanceId=idaas_test0001&PageNumber=1&PageSize=100&UserIds.1=user_a&UserIds.2=user_b&UsernameStartsWith=%E5%BC%A0+san%2A~%27%28%29%2B%2F",
            &[
                ("x-acs-action", "ListUsers"),
                ("x-acs-date", "2026-11-23T15:21:29Z"),
                ("x-acs-signature-nonce", "3d35cd960d6fe9ed0a00c24a8356f1fa"),
                ("x-acs-credentials-provider", "static_ak"),
            ],
            PYTHON_SIGNED,
            "4731fa9b35ad6959ab19af536c089d817a66dd519909b08c0df2b1f1b949a551",
        )
        .unwrap();
        check(
            "InstanceId=idaas_test0001&OrganizationalUnitIds.1=ou_1&OrganizationalUnitIds.2=ou_2&PageNumber=2&PageSize=50&ParentId=ou_root",
            &[
                ("x-acs-action", "ListOrganizationalUnits"),
                ("x-acs-date", "2026-11-23T15:21:29Z"),
                ("x-acs-signature-nonce", "9670bc02c38f55249957913ccfefaa16"),
                ("x-acs-credentials-provider", "static_ak"),
            ],
            PYTHON_SIGNED,
            "a7b6a1cc23367eb57e7812a5abd782c443a787b7579b31daaf7ace9069c87526",
        )
        .unwrap();
        check(
            "InstanceId=idaas_test0001",
            &[
                ("x-acs-action", "ListUsers"),
                ("x-acs-date", "2026-11-23T15:21:30Z"),
                ("x-acs-signature-nonce", "b0dd25c2a1603577f93d61ce691b40a0"),
                ("x-acs-accesskey-id", "testid"),
                ("x-acs-security-token", "tokentokentoken"),
                ("x-acs-credentials-provider", "static_sts"),
            ],
            "accept;host;user-agent;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version",
            "8833c16f494879ff8536390127cd2bf5c0d33576d7d3248dd009b95e9e733805",
        )
        .unwrap();
        check(
            "InstanceId=idaas_test0001&PageNumber=1&PageSize=100&UserIds.1=user_a&UserIds.2=user_b&UsernameStartsWith=%E5%BC%A0%20san*~%27()%2B%2F",
            &[
                ("x-acs-action", "ListUsers"),
                ("x-acs-date", "2026-11-23T15:24:45Z"),
                ("x-acs-signature-nonce", "2eea1ab1acd901a67982e0f30ca43fc7"),
                ("x-acs-credentials-provider", "static_ak"),
            ],
            "host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version",
            "f1fca208252d1604e930898ac744df3afd747ebe57aa878a5361f40f4b4f2046",
        )
        .unwrap();
    }

    #[test]
    fn a_changed_query_body_or_list_is_refused() {
        let headers = [
            ("x-acs-action", "ListUsers"),
            ("x-acs-date", "2026-11-23T15:24:45Z"),
            ("x-acs-signature-nonce", "2eea1ab1acd901a67982e0f30ca43fc7"),
            ("x-acs-credentials-provider", "static_ak"),
        ];
        let signature = "f1fca208252d1604e930898ac744df3afd747ebe57aa878a5361f40f4b4f2046";
        let refused = check("InstanceId=idaas_test0002", &headers, PYTHON_SIGNED, signature);
        assert!(matches!(refused, Err(Mismatch::Signature(_))));
        assert_eq!(check("", &headers, "host;x-acs-action", signature), Err(Mismatch::Incomplete));
        assert!(authorization("Bearer abc").is_none());
    }
}
