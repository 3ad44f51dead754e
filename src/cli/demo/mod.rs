//! `dingsync demo`: the whole job on a sample company, both services simulated inside the process. The commands are
//! the ordinary ones; only the addresses in the settings differ.

mod day;

pub use day::pass;

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rust_i18n::t;

use super::args::{DemoArgs, SyncArgs};
use super::context::Context;
use super::{Exit, check, preview, simulate, sync};
use crate::config::{self, Config, Environment, LoadOptions};
use crate::connect::{Connection, open_state};
use crate::core;
use crate::core::error::{Error, ErrorKind};
use crate::core::journal::{Journal, Learned};
use crate::core::plan::Plan;
use crate::core::source::{AccountId, UnitId};
use crate::core::target::{DepartmentId, UserId};
use crate::simulator::changes::Company;
use crate::simulator::options::{Callback, Options};
use crate::simulator::{Simulator, company};

/// The pace of the simulated DingTalk: the demo shall end while somebody watches.
const CALLS_PER_SECOND: u32 = 200;
/// Rows of each kind that are printed.
const ROWS_OF_A_KIND: usize = 5;

/// A running demo: both services in this process, and a directory with settings and state. It is gone when dropped.
#[derive(Debug)]
pub struct Demo {
    simulator: Simulator,
    place: Place,
    settings: PathBuf,
}

impl Demo {
    /// Serves the sample company and leaves settings and the pilot's bindings for it. Errors of kind state: no port or
    /// no room.
    async fn start() -> Result<Self, Error> {
        Self::serve(None).await
    }

    /// The same, and IDaaS tells a receiver on this machine about every change.
    pub async fn start_telling() -> Result<Self, Error> {
        let port = free_port().map_err(|error| {
            Error::new(ErrorKind::State, format!("the demo cannot be set up: {error}"))
                .with_hint("it needs two free ports on the loopback")
        })?;
        let url = format!("http://127.0.0.1:{port}/idaas/events");
        Self::serve(Some(Callback { url, is_encrypted: true })).await
    }

    async fn serve(callback: Option<Callback>) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            Error::new(ErrorKind::State, format!("the demo cannot be set up: {error}"))
                .with_hint("it needs a free port on the loopback and room in the temporary directory")
        };
        let place = Place::new().map_err(failed)?;
        let options = Options { dingtalk_qps: CALLS_PER_SECOND, callback, ..Options::default() };
        let simulator = Simulator::start(options, &company::demo()).await.map_err(failed)?;
        let url = simulator.url();
        let settings = simulate::write_config(&place.0, &url, simulator.options()).map_err(failed)?;
        append(&settings, company::SETTINGS).map_err(failed)?;
        let demo = Self { simulator, place, settings };
        demo.remember().await?;
        Ok(demo)
    }

    /// The same context with the demo's settings and state, whatever the environment names.
    pub fn context(&self, context: &Context) -> Context {
        let mut context = context.clone();
        context.options.config = Some(self.settings.clone());
        context.options.state = Some(self.place.0.join("state.db"));
        context
    }

    /// The company's pilot group was synchronized before: its bindings are in the state.
    async fn remember(&self) -> Result<(), Error> {
        let load = LoadOptions {
            config: Some(self.settings.clone()),
            state: Some(self.place.0.join("state.db")),
            language: None,
            environment: Environment::of([]),
        };
        let bindings = company::bindings();
        let users = bindings
            .users
            .into_iter()
            .map(|(account, user)| Learned::BindUser(AccountId(account), UserId(user)));
        let departments = bindings
            .departments
            .into_iter()
            .map(|(unit, department)| Learned::BindDepartment(UnitId(unit), DepartmentId(department)));
        open_state(&config::load(&load)?)?.learn(departments.chain(users).collect()).await
    }

    /// The company, to change it.
    pub fn company(&self) -> Company {
        self.simulator.company()
    }

    /// Ends both services and removes the directory.
    pub async fn stop(self) {
        // Nothing of it is kept, so nothing can fail that anybody would miss.
        drop(self.simulator.stop().await);
    }
}

/// Runs check, preview, sync and a second preview, and with `--day` follows the company for a day. Done when the second
/// preview is empty.
pub async fn run(args: &DemoArgs, context: &Context) -> Result<Exit, Error> {
    let demo = if args.day { Demo::start_telling().await? } else { Demo::start().await? };
    let mut context = demo.context(context);
    context.options.yes = true;
    let mut exit = show(&context).await;
    if args.day && exit.is_ok() {
        let config = context.config()?;
        let locale = context.locale(Some(&config));
        exit = day::follow(&demo.simulator.company(), &context, locale).await.map(|()| Exit::Done);
    }
    demo.stop().await;
    exit
}

/// A port nobody listens at; somebody may take it before the receiver does, which then says so.
fn free_port() -> std::io::Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr().map(|address| address.port())
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes())
}

async fn show(context: &Context) -> Result<Exit, Error> {
    let config = context.config()?;
    let locale = context.locale(Some(&config));
    say(context, &t!("demo.title", locale = locale));
    step(context, "dingsync check", locale);
    check::run(context).await?;
    step(context, "dingsync preview", locale);
    read_and_print(context, &config, locale).await?;
    step(context, "dingsync sync --yes", locale);
    let mut quietly = context.clone();
    // The plan was printed a moment ago.
    quietly.options.quiet = true;
    sync::run(&SyncArgs { plan: None, skip_stale: false, approve_removals: None }, &quietly).await?;
    step(context, "dingsync preview", locale);
    let plan = read_and_print(context, &config, locale).await?;
    if !plan.is_empty() {
        return Err(Error::new(
            ErrorKind::State,
            format!("the second preview is not empty: {} writes", plan.writes()),
        ));
    }
    say(context, &t!("demo.done", locale = locale));
    Ok(Exit::Done)
}

/// A preview; on paper only the first rows of each kind, for somebody who wants to see what it is like.
async fn read_and_print(context: &Context, config: &Config, locale: &str) -> Result<Plan, Error> {
    let connection = Connection::open(config).await?;
    let plan = core::preview::preview(&connection.reading()).await?.plan;
    if context.options.json {
        context.json(&plan.document(false))?;
    } else {
        preview::print_plan(&plan, false, ROWS_OF_A_KIND, context, locale);
    }
    Ok(plan)
}

fn step(context: &Context, command: &str, locale: &str) {
    say(context, "");
    say(context, &t!("demo.step", command = command, locale = locale));
}

fn say(context: &Context, text: &str) {
    if !context.options.json {
        context.line(text);
    }
}

/// A directory of the demo's own, gone when it ends.
#[derive(Debug)]
struct Place(PathBuf);

impl Place {
    fn new() -> std::io::Result<Self> {
        let unique = format!("dingsync-demo-{}-{:08x}", std::process::id(), rand::random::<u32>());
        let path = std::env::temp_dir().join(unique);
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let path: &Path = &self.0;
        drop(std::fs::remove_dir_all(path));
    }
}
