//! `dingsync simulate`: both simulated services on loopback until interrupted. Contract section 6.

mod faults;
mod play;
mod settings;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::core::error::{Error, ErrorKind};
use crate::simulator::options::{Callback, Options};
use crate::simulator::seed::Seed;
use crate::simulator::{Simulator, company};

pub(super) use play::day;
pub use settings::write_config;

/// `simulate`.
#[derive(Debug, clap::Args)]
#[command(after_help = faults::help())]
pub struct SimulateArgs {
    /// Address of this machine to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = address)]
    pub listen: SocketAddr,
    /// Invent a company of so many accounts, up to 100,000 [default: 200; with none of --accounts, --units, --seed and --existing: the demo's company]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100_000))]
    pub accounts: Option<u32>,
    /// Organizational units of the invented company, the root not counted [default: a unit for ten accounts]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=20_000))]
    pub units: Option<u32>,
    /// Another number invents another company
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Share of the invented accounts and units that DingTalk has already [default: 50]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(..=100))]
    pub existing: Option<u32>,
    /// Calls a second that each DingTalk interface accepts
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub dingtalk_qps: u32,
    /// Milliseconds added to every answer
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = RangedU64ValueParser::<u64>::new().range(..=600_000))]
    pub latency_ms: u64,
    /// A fault or switch of the list below; may be repeated
    #[arg(long = "fault", value_name = "NAME[=VALUE]", value_parser = faults::parse)]
    pub faults: Vec<String>,
    /// Where the simulated IDaaS tells about changes, for example http://127.0.0.1:8787/idaas/events
    #[arg(long, value_name = "URL", value_parser = callback)]
    pub callback: Option<String>,
    /// Encrypt what the callbacks tell
    #[arg(long, requires = "callback")]
    pub callback_encrypted: bool,
    /// Play a script of changes (assets/demo/day.toml is one); with --callback from the moment the receiver answers
    #[arg(long, value_name = "FILE", conflicts_with = "change_rate")]
    pub changes: Option<PathBuf>,
    /// Make so many random changes a second on average, at random moments; --seed chooses others
    #[arg(long, value_name = "N", value_parser = rate)]
    pub change_rate: Option<f64>,
    /// How many random changes [default: no end]
    #[arg(long, value_name = "N", requires = "change_rate")]
    pub change_count: Option<u32>,
    /// Leave settings and secrets for this simulation in a directory
    #[arg(long, value_name = "DIR")]
    pub write_config: Option<PathBuf>,
}

/// The one line on standard output.
#[derive(Serialize)]
struct Ready<'a> {
    idaas_endpoint: &'a str,
    oapi_endpoint: &'a str,
    api_endpoint: &'a str,
    settings: Option<PathBuf>,
}

/// Serves until SIGINT or SIGTERM. `state` keeps the simulated world between runs. Errors: kind network when the
/// address cannot be had, kind state when a file cannot be read or written.
pub async fn run(args: SimulateArgs, state: Option<PathBuf>) -> Result<(), Error> {
    let mut interrupts = Interrupts::new()?;
    let script = play::script(&args)?;
    let listen = args.listen;
    let simulator = Simulator::start(options(&args, state)?, &seed(&args)).await.map_err(|error| {
        if error.kind() == std::io::ErrorKind::InvalidData {
            Error::new(ErrorKind::State, format!("the simulation cannot start: {error}"))
                .with_hint("--state must name a file that an earlier `dingsync simulate` wrote, or none yet")
        } else {
            Error::new(ErrorKind::Network, format!("cannot listen at {listen}: {error}"))
                .with_hint("give another --listen; port 0 takes a free one")
        }
    })?;
    let url = simulator.url();
    let written = args.write_config.as_deref().map(|dir| {
        write_config(dir, &url, simulator.options()).map_err(|error| {
            Error::new(ErrorKind::State, format!("cannot write settings to {}: {error}", dir.display()))
                .with_hint("give --write-config a directory of its own")
        })
    });
    let settings = written.transpose()?;
    announce(&Ready { idaas_endpoint: &url, oapi_endpoint: &url, api_endpoint: &url, settings })?;
    let playing = tokio::spawn(play::play(simulator.company(), script, args.callback.is_some()));
    interrupts.wait().await;
    playing.abort();
    simulator.stop().await.map_err(|error| {
        Error::new(ErrorKind::State, format!("the simulated world cannot be kept: {error}"))
            .with_hint("--state must name a file in a directory that can be written")
    })
}

fn options(args: &SimulateArgs, state: Option<PathBuf>) -> Result<Options, Error> {
    let options = Options {
        listen: args.listen,
        dingtalk_qps: args.dingtalk_qps,
        latency: Duration::from_millis(args.latency_ms),
        state: state.filter(|_| is_state_given()),
        callback: args.callback.clone().map(|url| Callback { url, is_encrypted: args.callback_encrypted }),
        ..Options::default()
    };
    for fault in &args.faults {
        options.faults.add(fault).map_err(|why| Error::new(ErrorKind::Usage, why))?;
    }
    Ok(options)
}

/// The variable `DINGSYNC_STATE` names the state of a connection, never a simulated world.
fn is_state_given() -> bool {
    std::env::args_os().any(|argument| argument.to_string_lossy().starts_with("--state"))
}

fn seed(args: &SimulateArgs) -> Seed {
    if (args.accounts, args.units, args.existing, args.seed) == (None, None, None, None) {
        return company::demo();
    }
    let accounts = args.accounts.unwrap_or(200);
    let units = args.units.unwrap_or(accounts / 10);
    company::generate(accounts, units, args.seed.unwrap_or(1), args.existing.unwrap_or(50))
}

fn announce(ready: &Ready<'_>) -> Result<(), Error> {
    let line = super::context::to_json(ready)? + "\n";
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Error::new(ErrorKind::State, format!("cannot write to standard output: {error}")))
}

/// An address of the loopback: the simulated services know no encryption and their secrets are public.
fn address(text: &str) -> Result<SocketAddr, String> {
    let text =
        text.strip_prefix("localhost:").map_or_else(|| text.to_owned(), |port| format!("127.0.0.1:{port}"));
    let address: SocketAddr =
        text.parse().map_err(|_| "write ADDRESS:PORT, for example 127.0.0.1:8080".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("the simulation listens on this machine only: 127.0.0.0/8, [::1] or localhost".to_owned())
    }
}

/// Where callbacks go: an address of the loopback, as the simulation itself.
fn callback(text: &str) -> Result<String, String> {
    let wrong =
        || "write http://127.0.0.1:PORT/idaas/events: the simulation tells this machine only".to_owned();
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() == "http" && is_loopback { Ok(text.to_owned()) } else { Err(wrong()) }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "write a number".to_owned())?;
    if rate > 0.0 && rate <= 1000.0 { Ok(rate) } else { Err("between 0.001 and 1000".to_owned()) }
}

/// Both ways an operator ends a service.
struct Interrupts(Signal, Signal);

impl Interrupts {
    fn new() -> Result<Self, Error> {
        let listen = |kind| {
            signal(kind)
                .map_err(|error| Error::new(ErrorKind::State, format!("cannot await signals: {error}")))
        };
        Ok(Self(listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?))
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}
