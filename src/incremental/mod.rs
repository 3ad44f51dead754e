//! Receiving account-synchronization callbacks of IDaaS: a request is proved to come from IDaaS, opened, stored
//! durably and only then acknowledged. What the events lead to is `core`'s business. Format and rules: reference
//! `idaas-eiam-api.md` section 6.

mod answer;
mod cipher;
mod keys;
mod payload;
mod receiver;
mod refusal;
mod token;

pub use keys::Keys;
pub use receiver::{Health, Receiver, ReceiverOptions};
pub use token::decryption_key;
