//! ACS3-HMAC-SHA256 signing (reference `idaas-eiam-api.md` sections 1.3 and 1.4).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What is signed.
#[derive(Debug, Clone)]
pub(super) struct ToSign<'a> {
    pub method: &'a str,
    pub path: &'a str,
    /// Business parameters, in any order.
    pub query: &'a [(String, String)],
    /// Headers that will be signed, lower-case names, in any order.
    pub headers: &'a [(&'a str, String)],
    pub body: &'a [u8],
}

/// The `Authorization` header's value.
pub(super) fn authorization(to_sign: &ToSign<'_>, key_id: &str, secret: &str) -> String {
    let (canonical, signed_headers) = canonical_request(to_sign);
    let string_to_sign = format!("ACS3-HMAC-SHA256\n{}", content_hash(canonical.as_bytes()));
    let signature = hmac_hex(secret, &string_to_sign);
    format!("ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed_headers},Signature={signature}")
}

/// Lower-case hexadecimal SHA-256, as `x-acs-content-sha256` wants it.
pub(super) fn content_hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The query in canonical form: sorted by name in byte order, RFC 3986 encoded. It is also what goes on the wire.
pub(super) fn canonical_query(query: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = query.iter().collect();
    sorted.sort();
    let pairs: Vec<String> =
        sorted.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

fn canonical_request(to_sign: &ToSign<'_>) -> (String, String) {
    let mut headers: Vec<(&str, &str)> =
        to_sign.headers.iter().map(|(name, value)| (*name, value.trim())).collect();
    headers.sort_unstable();
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        to_sign.method,
        to_sign.path,
        canonical_query(to_sign.query),
        content_hash(to_sign.body),
    );
    (canonical, names)
}

fn hmac_hex(secret: &str, text: &str) -> String {
    // HMAC takes a key of any length; the other arm cannot be reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte))
            }
            // Writing into a String cannot fail.
            other => drop(write!(encoded, "%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    struct Vector {
        name: &'static str,
        query: &'static [(&'static str, &'static str)],
        headers: &'static [(&'static str, &'static str)],
        secret: &'static str,
        canonical_hash: Option<&'static str>,
        signature: &'static str,
    }

    const HANGZHOU: &str = "eiam.cn-hangzhou.aliyuncs.com";
    const PYTHON: &str = "AlibabaCloud (Linux; x86_64) Python/3.11.7 Core/0.4.3 TeaDSL/2";

    #[rustfmt::skip]
    const VECTORS: &[Vector] = &[
        Vector { name: "V0a", secret: "YourAccessKeySecret",
            query: &[("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")],
            headers: &[("host", "ecs.cn-shanghai.aliyuncs.com"), ("x-acs-action", "RunInstances"), ("x-acs-version", "2014-05-26"),
                ("x-acs-date", "2023-10-26T10:22:32Z"), ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d")],
            canonical_hash: Some("7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"),
            signature: "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0" },
        Vector { name: "V0b", secret: "YourAccessKeySecret",
            query: &[("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"), ("RegionId", "cn-shanghai")],
            headers: &[("host", "ecs.cn-shanghai.aliyuncs.com"), ("x-acs-action", "RunInstances"), ("x-acs-version", "2014-05-26"),
                ("x-acs-date", "2023-10-26T09:01:01Z"), ("x-acs-signature-nonce", "d410180a5abf7fe235dd9b74aca91fc0")],
            canonical_hash: None,
            signature: "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804" },
        Vector { name: "A", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001"), ("PageNumber", "1"), ("PageSize", "100"), ("UserIds.1", "user_a"),
                ("UserIds.2", "user_b"), ("UsernameStartsWith", "张 san*~'()+/")],
            headers: &[("host", HANGZHOU), ("x-acs-action", "ListUsers"), ("x-acs-version", "2021-12-01"),
                ("x-acs-date", "2025-01-02T03:04:05Z"), ("x-acs-signature-nonce", "0123456789abcdef0123456789abcdef")],
            canonical_hash: Some("8bf2a74bb55fc753cc6e5f5eeb7591d3d7cba32119865b5e3ed2d62f4fd6962c"),
            signature: "ec63a652b6c337ef38c369f33003cab86a9ae281b1b08a04b9148d543acce17c" },
        Vector { name: "B", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001"), ("ParentId", "ou_root"), ("PageNumber", "2"), ("PageSize", "50"),
                ("OrganizationalUnitIds.1", "ou_1"), ("OrganizationalUnitIds.2", "ou_2")],
            headers: &[("host", HANGZHOU), ("x-acs-action", "ListOrganizationalUnits"), ("x-acs-version", "2021-12-01"),
                ("x-acs-date", "2025-01-02T03:04:05Z"), ("x-acs-signature-nonce", "fedcba9876543210fedcba9876543210")],
            canonical_hash: Some("4612f850759281490846df9c60dfe38b7e90de77288638918e76df8dc63f8d17"),
            signature: "d0651f7bd6e6afd923903ce204251c388fdad0803c6ba3a9969f4fc11eb7a49b" },
        Vector { name: "C", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001")],
            headers: &[("host", HANGZHOU), ("x-acs-action", "ListUsers"), ("x-acs-version", "2021-12-01"),
                ("x-acs-date", "2025-01-02T03:04:05Z"), ("x-acs-signature-nonce", "00000000000000000000000000000001"),
                ("x-acs-accesskey-id", "testid"), ("x-acs-security-token", "tokentokentoken")],
            canonical_hash: Some("0126d8b51e7d52b45633ffa8414e2daf0ad97a688b99b0faf425266082b76501"),
            signature: "b9295189bea8c09ffd0893dedb06bc5e8d37ef349c94d76795af630ffac7e9d7" },
        Vector { name: "D", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001"), ("UserIds.1", "user_1"), ("UserIds.2", "user_2"), ("UserIds.3", "user_3"),
                ("UserIds.4", "user_4"), ("UserIds.5", "user_5"), ("UserIds.6", "user_6"), ("UserIds.7", "user_7"),
                ("UserIds.8", "user_8"), ("UserIds.9", "user_9"), ("UserIds.10", "user_10"), ("UserIds.11", "user_11")],
            headers: &[("host", HANGZHOU), ("x-acs-action", "ListUsers"), ("x-acs-version", "2021-12-01"),
                ("x-acs-date", "2025-01-02T03:04:05Z"), ("x-acs-signature-nonce", "00000000000000000000000000000002")],
            canonical_hash: Some("a93681eaeeb1cf979cbcc081e07349995aa05ac2859ff33a95b4420a25be746f"),
            signature: "6fe2b460c820d4076e7ec2c054abae261f202c2d13417616354d2afb85f1e77f" },
        Vector { name: "E", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001"), ("PageNumber", "1"), ("PageSize", "100"), ("UserIds.1", "user_a"),
                ("UserIds.2", "user_b"), ("UsernameStartsWith", "张 san*~'()+/")],
            headers: &[("host", "127.0.0.1:18555"), ("x-acs-action", "ListUsers"), ("x-acs-version", "2021-12-01"),
                ("user-agent", PYTHON), ("accept", "application/json"), ("x-acs-credentials-provider", "static_ak"),
                ("x-acs-date", "2026-11-23T15:21:29Z"), ("x-acs-signature-nonce", "3d35cd960d6fe9ed0a00c24a8356f1fa")],
            canonical_hash: Some("ec2b6d83db4953b2b7eedad22a96ebb129d3fccca7ff900577003c409e158181"),
            signature: "4731fa9b35ad6959ab19af536c089d817a66dd519909b08c0df2b1f1b949a551" },
        Vector { name: "F", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001"), ("ParentId", "ou_root"), ("PageNumber", "2"), ("PageSize", "50"),
                ("OrganizationalUnitIds.1", "ou_1"), ("OrganizationalUnitIds.2", "ou_2")],
            headers: &[("host", "127.0.0.1:18555"), ("x-acs-action", "ListOrganizationalUnits"), ("x-acs-version", "2021-12-01"),
                ("user-agent", PYTHON), ("accept", "application/json"), ("x-acs-credentials-provider", "static_ak"),
                ("x-acs-date", "2026-11-23T15:21:29Z"), ("x-acs-signature-nonce", "9670bc02c38f55249957913ccfefaa16")],
            canonical_hash: Some("7dd8a19eabe91f602bad7da6b2ffc6bd4addf94e01633eb40965c96b5f8a321f"),
            signature: "a7b6a1cc23367eb57e7812a5abd782c443a787b7579b31daaf7ace9069c87526" },
        Vector { name: "G", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001")],
            headers: &[("host", "127.0.0.1:18555"), ("x-acs-action", "ListUsers"), ("x-acs-version", "2021-12-01"),
                ("user-agent", PYTHON), ("accept", "application/json"), ("x-acs-credentials-provider", "static_sts"),
                ("x-acs-accesskey-id", "testid"), ("x-acs-security-token", "tokentokentoken"),
                ("x-acs-date", "2026-11-23T15:21:30Z"), ("x-acs-signature-nonce", "b0dd25c2a1603577f93d61ce691b40a0")],
            canonical_hash: Some("a218aa071a41dd373d965b3470d59fb03da94f7e86b4889d739d8ca2a098bb31"),
            signature: "8833c16f494879ff8536390127cd2bf5c0d33576d7d3248dd009b95e9e733805" },
        Vector { name: "H", secret: "testsecret",
            query: &[("InstanceId", "idaas_test0001"), ("PageNumber", "1"), ("PageSize", "100"), ("UserIds.1", "user_a"),
                ("UserIds.2", "user_b"), ("UsernameStartsWith", "张 san*~'()+/")],
            headers: &[("host", "127.0.0.1:18555"), ("x-acs-action", "ListUsers"), ("x-acs-version", "2021-12-01"),
                ("x-acs-credentials-provider", "static_ak"),
                ("x-acs-date", "2026-11-23T15:24:45Z"), ("x-acs-signature-nonce", "2eea1ab1acd901a67982e0f30ca43fc7")],
            canonical_hash: None,
            signature: "f1fca208252d1604e930898ac744df3afd747ebe57aa878a5361f40f4b4f2046" },
    ];

    #[test]
    fn every_published_and_captured_vector_is_reproduced() {
        for vector in VECTORS {
            let query: Vec<(String, String)> =
                vector.query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let mut headers: Vec<(&str, String)> =
                vector.headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            headers.push(("x-acs-content-sha256", EMPTY.to_owned()));
            let to_sign = ToSign { method: "POST", path: "/", query: &query, headers: &headers, body: b"" };
            if let Some(expected) = vector.canonical_hash {
                let (canonical, _) = canonical_request(&to_sign);
                assert_eq!(content_hash(canonical.as_bytes()), expected, "{}", vector.name);
            }
            let header = authorization(&to_sign, "testid", vector.secret);
            assert!(
                header.ends_with(&format!(",Signature={}", vector.signature)),
                "{}: {header}",
                vector.name
            );
        }
    }

    #[test]
    fn parameters_are_sorted_by_name_in_byte_order_and_encoded_strictly() {
        let query = [("B", "~ *"), ("A.10", ""), ("A.2", "/")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(canonical_query(&query), "A.10=&A.2=%2F&B=~%20%2A");
    }
}
