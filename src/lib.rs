//! dingsync brings the accounts and organizational units of Alibaba Cloud IDaaS into DingTalk's address book.

rust_i18n::i18n!("assets/locales", fallback = "en");

pub mod cli;
pub mod config;
pub mod connect;
pub mod core;
pub mod dingtalk;
pub mod http;
pub mod idaas;
pub mod simulator;
pub mod store;
