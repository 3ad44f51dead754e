//! Proving that a request comes from IDaaS and is meant for us: signature, issuer, audience, times; then its data in
//! the clear.

use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::cipher;
use super::keys::Keys;
use super::refusal::Refusal;
use crate::core::error::{Error, ErrorKind};

const ISSUER: &str = "urn:alibaba:idaas:app:event";
/// How far clocks may differ, seconds.
const SKEW_S: i64 = 60;
/// Characters of the longest `jti` and the longest key id.
const LONGEST_ID: usize = 256;

/// A request that was proved.
#[derive(Debug)]
pub(super) struct Proved {
    /// `jti`.
    pub id: String,
    /// `exp` with the skew, Unix milliseconds.
    pub expires_ms: i64,
    /// Its data, as JSON.
    pub data: Value,
}

#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    aud: Option<Value>,
    iat: Option<i64>,
    exp: Option<i64>,
    jti: Option<String>,
    #[serde(rename = "dataEncrypted", default)]
    is_encrypted: bool,
    #[serde(rename = "cipherData")]
    cipher: Option<String>,
    #[serde(rename = "plainData", default)]
    plain: Value,
}

/// The key of the settings: 64 hexadecimal digits (32 and 48 for the shorter ciphers). Kind settings.
pub fn decryption_key(text: &SecretString) -> Result<SecretSlice<u8>, Error> {
    let refuse = || {
        Error::new(ErrorKind::Settings, "incremental.encryption_key is not 64 hexadecimal digits")
            .with_hint("copy the AES key from the provisioning page of the application in IDaaS")
    };
    let key = hex::decode(text.expose_secret().trim()).map_err(|_| refuse())?;
    if matches!(key.len(), 16 | 24 | 32) { Ok(SecretSlice::from(key)) } else { Err(refuse()) }
}

/// Proves a compact JWS.
pub(super) async fn prove(
    compact: &str,
    keys: &Keys,
    (application, secret): (&str, Option<&SecretSlice<u8>>),
    now_ms: i64,
) -> Result<Proved, Refusal> {
    let unsigned = |description: &str| Refusal::bad("signature", description);
    let header = decode_header(compact).map_err(|_| unsigned("the event is no signed token"))?;
    if header.alg != Algorithm::RS256 {
        return Err(unsigned("the event must be signed with RS256"));
    }
    let id = header.kid.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    let id = id.ok_or_else(|| unsigned("the event names no key id"))?;
    let key = keys.key(&id).await?;
    let claims = decode::<Claims>(compact, &key, &signature_only())
        .map_err(|_| unsigned("the signature does not fit"))?
        .claims;
    check(&claims, application, now_ms)?;
    let token = claims.jti.clone().filter(|id| !id.is_empty() && id.len() <= LONGEST_ID);
    let token = token.ok_or_else(|| Refusal::bad("malformed", "the event has no jti"))?;
    let expires_ms = claims.exp.unwrap_or_default().saturating_add(SKEW_S).saturating_mul(1000);
    Ok(Proved { id: token, expires_ms, data: data(claims, secret)? })
}

/// Only the signature is left to the library: the claims are checked here, one by one, each with its own reason.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    validation
}

fn check(claims: &Claims, application: &str, now_ms: i64) -> Result<(), Refusal> {
    if claims.iss.as_deref() != Some(ISSUER) {
        return Err(Refusal::bad("issuer", "the issuer is not IDaaS"));
    }
    let is_ours = match &claims.aud {
        Some(Value::String(one)) => one == application,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(application)),
        _ => false,
    };
    if !is_ours || application.is_empty() {
        return Err(Refusal::bad("audience", "the event is meant for another application"));
    }
    let (Some(issued), Some(expires)) = (claims.iat, claims.exp) else {
        return Err(Refusal::bad("expired", "the event says neither when it was issued nor when it expires"));
    };
    let now = now_ms.div_euclid(1000);
    if now > expires.saturating_add(SKEW_S) {
        return Err(Refusal::bad("expired", "the event has expired"));
    }
    if now < issued.saturating_sub(SKEW_S) {
        return Err(Refusal::bad("not_yet_valid", "the event was issued in the future: compare the clocks"));
    }
    Ok(())
}

fn data(claims: Claims, secret: Option<&SecretSlice<u8>>) -> Result<Value, Refusal> {
    let json = |text: &[u8]| {
        serde_json::from_slice(text).map_err(|_| Refusal::bad("malformed", "the data is no JSON"))
    };
    match (claims.is_encrypted, secret) {
        (true, Some(secret)) => {
            let opened = cipher::open(claims.cipher.as_deref().unwrap_or_default(), secret)?;
            json(&opened)
        }
        (true, None) => Err(Refusal::bad(
            "encryption",
            "the data is encrypted, and incremental.encryption_key is not set",
        )),
        (false, Some(_)) => {
            Err(Refusal::bad("unencrypted", "the data must be encrypted: a key is configured"))
        }
        (false, None) => match claims.plain {
            Value::String(text) => json(text.as_bytes()),
            value => Ok(value),
        },
    }
}
