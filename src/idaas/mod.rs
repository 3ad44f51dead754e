//! Alibaba Cloud IDaaS behind `core::source::Source`: signed calls, complete reads, memberships at the least cost.
//! Source of all wire facts: reference `idaas-eiam-api.md`.

mod accounts;
mod call;
mod check;
mod client;
mod logon;
mod signature;
mod trouble;
mod units;
mod walk;
mod wire;

pub use client::{Idaas, IdaasOptions};
pub use logon::IdaasLogon;
