//! What makes a callback trustworthy: RS256 signatures with keys that rotate, the public halves as a JWKS, and the
//! optional encryption of what is told. Source: reference `idaas-eiam-api.md` sections 6.3 and 6.4.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngExt as _;
use serde_json::{Value, json};

/// Keys that stay in the JWKS after a rotation, the current one included.
const PUBLISHED: usize = 2;

/// The signing keys, the current one last. Made when first needed: most simulations send no callbacks.
#[derive(Debug, Default)]
pub(super) struct Keys(Mutex<Vec<Signer>>);

#[derive(Debug)]
struct Signer {
    id: String,
    pair: KeyPair,
}

impl Signer {
    fn new() -> Result<Self, Unspecified> {
        let id = format!("KEY{}", hex::encode(rand::rng().random::<[u8; 16]>()));
        Ok(Self { id, pair: KeyPair::generate(KeySize::Rsa2048)? })
    }

    fn public(&self) -> Value {
        let key = self.pair.public_key();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"kty": "RSA", "e": part(key.exponent().big_endian_without_leading_zero()), "use": "sig",
            "kid": self.id, "n": part(key.modulus().big_endian_without_leading_zero())})
    }

    fn sign(&self, claims: &Value) -> Result<String, Unspecified> {
        let header = json!({"kid": self.id, "typ": "JWT", "alg": "RS256"});
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

impl Keys {
    /// The public keys.
    pub(super) fn published(&self) -> Value {
        let public = self.with(|keys| keys.iter().map(Signer::public).collect::<Vec<_>>());
        json!({"keys": public.unwrap_or_default()})
    }

    /// Claims as a compact JWS of the current key.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, Unspecified> {
        self.with(|keys| keys.last().ok_or(Unspecified)?.sign(claims))?
    }

    /// Claims as a compact JWS of a key that nobody published, under the name of the current one.
    pub(super) fn forge(&self, claims: &Value) -> Result<String, Unspecified> {
        let mut stranger = Signer::new()?;
        stranger.id = self.with(|keys| keys.last().map(|key| key.id.clone()).ok_or(Unspecified))??;
        stranger.sign(claims)
    }

    /// Signs with another key from here on; the one before stays published.
    pub(super) fn rotate(&self) -> Result<(), Unspecified> {
        let fresh = Signer::new()?;
        self.with(|keys| {
            keys.push(fresh);
            let gone = keys.len().saturating_sub(PUBLISHED);
            keys.drain(..gone);
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Signer>) -> T) -> Result<T, Unspecified> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.is_empty() {
            keys.push(Signer::new()?);
        }
        Ok(work(&mut keys))
    }
}

fn encode(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Text as a compact JWE: `dir`, A256GCM. The key is written in hexadecimal digits.
pub(super) fn encrypt(text: &str, key: &str) -> Result<String, Unspecified> {
    let key = hex::decode(key).map_err(|_| Unspecified)?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key)?);
    let header = encode(&json!({"alg": "dir", "enc": "A256GCM"}));
    let nonce: [u8; NONCE_LEN] = rand::rng().random();
    let mut sealed = text.as_bytes().to_vec();
    let aad = Aad::from(header.as_bytes());
    let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)?;
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Ok(format!("{header}..{}.{}.{}", part(&nonce), part(&sealed), part(tag.as_ref())))
}
