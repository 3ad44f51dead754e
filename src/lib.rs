//! dingsync brings the accounts and organizational units of Alibaba Cloud IDaaS into DingTalk's address book.
//!
//! # Map
//!
//! | place | what it does |
//! |---|---|
//! | [`core`] | what dingsync does: knows no screen, no socket, no file and no clock |
//! | [`idaas`], [`dingtalk`] | the two services, each behind a port of `core` (`Source`, `Target`) |
//! | [`http`] | one transport for both: timeouts, repeats, a lane for each interface, redaction |
//! | [`store`] | bindings, runs and every call in an embedded database, behind `core`'s `Journal` |
//! | [`incremental`] | receives the callbacks of IDaaS, proves them and stores them before it answers |
//! | [`config`] | the settings file, the environment and the secrets |
//! | [`connect`] | the only place that builds clients and store from settings; hands out ports |
//! | [`live`] | a run as a process of its own: its event file, its detached start, its control from outside |
//! | [`export`] | plans and answers as JSON, CSV and files that other programs read |
//! | [`report`], [`marks`] | a run in full and a row in words: the same text for commands and screens |
//! | [`cli`] | the headless commands, one file each |
//! | [`tui`] | the terminal interface: screens over the same core, each one file |
//! | [`interface`] | opens the terminal interface for a command line; the only place that uses `cli` and `tui` |
//! | [`qr`] | a QR code as lines of text |
//! | [`simulator`] | both services on loopback with wire types of their own, for the demo and the tests |
//!
//! # The journey of a record
//!
//! `dingsync sync` opens the state, takes the lock and reads both sides side by side ([`core::preview`]): every list
//! is proved complete or there is no plan. The field mapping computes what each account should look like in DingTalk
//! ([`core::mapping`]), matching finds whose user is whose ([`core::matching`]), and the planner says what has to
//! happen to each record and why ([`core::planner`]): a [`core::plan::Change`]. Screens, JSON and sync all show and
//! use that one value. Approved within the limits it becomes a [`core::plan::ApprovedPlan`], which only a plan can
//! make. [`core::synchronize`] orders the rows (parents first, a value is released before it is claimed, removals
//! last) and takes each through the same steps: a turn in its interface's lane, the intent on disk, the call, its end
//! on disk. A call without an answer is settled by reading, never by sending it again blindly.
//!
//! `dingsync watch` keeps both sides as last read ([`core::incremental`]) and lets events name what to read again; the
//! same planner plans everything, and only rows whose source changed are carried out, on the same path as above. A
//! difference whose source did not change was made by hand in DingTalk: it is told and left alone.
//!
//! # What holds everywhere
//!
//! * `core` mentions no service, store, screen, file or clock; planning is a function of what was read.
//! * A write is journalled before it is sent and after it is answered; killing the process loses and repeats nothing.
//! * An incomplete read of either side is an error or a plan without removals, never a smaller company.
//! * Text of a service is data: it is cleaned before it reaches a terminal.
//! * The simulator shares no type with the clients it judges.
//!
//! `tests/suite/architecture.rs` fails when one of the structural rules is broken.

rust_i18n::i18n!("assets/locales", fallback = "en");

pub mod cli;
pub mod config;
pub mod connect;
pub mod core;
pub mod dingtalk;
pub mod export;
pub mod http;
pub mod idaas;
pub mod incremental;
pub mod interface;
pub mod live;
pub mod marks;
pub mod qr;
pub mod report;
pub mod simulator;
pub mod store;
pub mod tui;
