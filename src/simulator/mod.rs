//! Both services on loopback, for the demo and the tests. Shares no wire types with the clients.

pub mod dingtalk;
pub mod faults;
pub mod idaas;
pub mod options;
mod respond;
pub mod seed;
mod server;

pub use server::Simulator;
