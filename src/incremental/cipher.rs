//! Opening the encrypted form of the events: JWE in compact form, `dir` with AES-GCM. The cryptography is aws-lc's.

use aws_lc_rs::aead::{
    AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, Algorithm, LessSafeKey, Nonce, UnboundKey,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretSlice};
use serde::Deserialize;

use super::refusal::Refusal;

const TAG_LENGTH: usize = 16;

#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    crit: Option<serde_json::Value>,
    zip: Option<serde_json::Value>,
}

/// The plain text of a JWE.
pub(super) fn open(compact: &str, key: &SecretSlice<u8>) -> Result<Vec<u8>, Refusal> {
    let refuse = |description: &str| Refusal::bad("encryption", description);
    let parts: Vec<&str> = compact.split('.').collect();
    let [header, encrypted_key, nonce, cipher, tag] = parts.as_slice() else {
        return Err(refuse("cipherData is no JWE of five parts"));
    };
    let decoded = |part: &str| {
        BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| refuse("cipherData is not base64url throughout"))
    };
    let parsed: Header =
        serde_json::from_slice(&decoded(header)?).map_err(|_| refuse("the JWE's header cannot be read"))?;
    if parsed.alg != "dir" || !encrypted_key.is_empty() {
        return Err(refuse("the JWE's alg must be dir"));
    }
    if parsed.crit.is_some() || parsed.zip.is_some() {
        return Err(refuse("the JWE asks for an extension nobody knows"));
    }
    let algorithm =
        algorithm(&parsed.enc).ok_or_else(|| refuse("the JWE's enc must be A256GCM, A192GCM or A128GCM"))?;
    let key = UnboundKey::new(algorithm, key.expose_secret())
        .map_err(|_| refuse("the JWE's enc does not fit the length of the configured key"))?;
    let nonce = Nonce::try_assume_unique_for_key(&decoded(nonce)?)
        .map_err(|_| refuse("the JWE's initialization vector must have 12 bytes"))?;
    let tag = decoded(tag)?;
    if tag.len() != TAG_LENGTH {
        return Err(refuse("the JWE's tag must have 16 bytes"));
    }
    let mut text = decoded(cipher)?;
    text.extend_from_slice(&tag);
    let plain = LessSafeKey::new(key)
        .open_in_place(nonce, Aad::from(header.as_bytes()), &mut text)
        .map_err(|_| refuse("the JWE cannot be opened with the configured key"))?;
    Ok(plain.to_vec())
}

fn algorithm(enc: &str) -> Option<&'static Algorithm> {
    match enc {
        "A256GCM" => Some(&AES_256_GCM),
        "A192GCM" => Some(&AES_192_GCM),
        "A128GCM" => Some(&AES_128_GCM),
        _ => None,
    }
}
