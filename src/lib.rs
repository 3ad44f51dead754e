//! dingsync brings the accounts and organizational units of Alibaba Cloud IDaaS into DingTalk's address book.

pub mod config;
pub mod core;
pub mod dingtalk;
pub mod http;
pub mod idaas;
pub mod simulator;
pub mod store;
