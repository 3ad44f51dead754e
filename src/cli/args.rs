//! The command line as clap sees it: every command, every option. Contract section 1.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::config::ConfigCommand;
use super::simulate::SimulateArgs;

/// Brings the accounts and organizational units of Alibaba Cloud IDaaS into DingTalk's address book.
#[derive(Debug, Parser)]
#[command(name = "dingsync", version, about, disable_help_subcommand = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do; nothing opens the terminal interface.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Parses a command line. A variable that is empty counts as not set, and one that an option of the command line
/// beats is not even looked at.
pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let line: Vec<OsString> = line.into_iter().collect();
    let mut command = Cli::command();
    for (option, variable) in VARIABLES {
        let long = format!("--{option}");
        let is_given = line.iter().any(|argument| {
            let argument = argument.to_string_lossy();
            *argument == long || argument.strip_prefix(&long).is_some_and(|rest| rest.starts_with('='))
        });
        if std::env::var_os(variable).is_some_and(|value| is_given || value.is_empty()) {
            command = command.mut_arg(option, |argument| argument.env(None::<&str>));
        }
    }
    let matches = command.try_get_matches_from_mut(line)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Options that a variable of the environment may give.
const VARIABLES: [(&str, &str); 3] =
    [("config", "DINGSYNC_CONFIG"), ("state", "DINGSYNC_STATE"), ("lang", "DINGSYNC_LANG")];

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Settings file
    #[arg(long, global = true, value_name = "FILE", env = "DINGSYNC_CONFIG")]
    pub config: Option<PathBuf>,
    /// State file
    #[arg(long, global = true, value_name = "FILE", env = "DINGSYNC_STATE")]
    pub state: Option<PathBuf>,
    /// Language of what is printed
    #[arg(long, global = true, value_name = "LANG", env = "DINGSYNC_LANG")]
    pub lang: Option<Lang>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Approve a plan within the limits without asking
    #[arg(long, global = true)]
    pub yes: bool,
    /// Say more on standard error (twice: still more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing but errors on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print without colours (also: the variable NO_COLOR)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", conflicts_with = "no_color")]
    pub color: Option<ColorWhen>,
    /// Print marks and lines in ASCII only
    #[arg(long, global = true)]
    pub ascii: bool,
    /// Leave the terminal and answer into this file how the start went
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub detached: Option<PathBuf>,
    /// Print one line for each step instead of drawing: for screen readers and logs
    #[arg(long, global = true)]
    pub plain: bool,
}

/// The two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Simplified Chinese.
    #[value(name = "zh-CN")]
    ZhCn,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless the variable NO_COLOR is set.
    Auto,
    /// Never.
    Never,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// See the whole job at work on a sample company: no network, no credentials, no settings
    Demo(DemoArgs),
    /// Serve both simulated services on loopback until interrupted
    Simulate(SimulateArgs),
    /// Validate credentials and permissions, item by item
    Check,
    /// Show every change before anything is written
    Preview(PreviewArgs),
    /// Synchronize: a preview, the limits, the approval, then the writes
    Sync(SyncArgs),
    /// Follow a run that another process carries out
    Attach(AttachArgs),
    /// Finish a run that was interrupted or crashed
    Resume,
    /// Try a run's failed records again (default: the last run)
    Retry {
        /// The run
        run: Option<String>,
        /// Approve exactly this many removals beyond the limits
        #[arg(long, value_name = "N")]
        approve_removals: Option<u64>,
    },
    /// Show the inverse of a run; with --yes apply it
    Undo(UndoArgs),
    /// Follow the source: receive its events, bring each into DingTalk at once, until interrupted
    Watch,
    /// Show what was changed by hand in DingTalk, and decide on it
    Drift {
        /// What to do with it
        #[command(subcommand)]
        command: DriftCommand,
    },
    /// Explain one record from source to call
    Why {
        /// An IDaaS account or unit id, a DingTalk userid or department id
        id: String,
    },
    /// List the runs, newest first
    Runs,
    /// Print one run in full (default: the last run)
    Report(ReportArgs),
    /// Show and change the remembered bindings
    Links {
        /// What to do with them
        #[command(subcommand)]
        command: LinksCommand,
    },
    /// DingTalk QR code logon: see where it stands, carry it out
    Logon {
        /// What to do; nothing shows where it stands
        #[command(subcommand)]
        command: Option<LogonCommand>,
    },
    /// Show where the settings are, what they amount to, and whether they hold
    Config {
        /// What to show
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Run check, preview, sync and a second preview, printing each
    #[arg(long)]
    pub headless: bool,
    /// The same, then a day at the company in a minute and a half: what people change, and how watch follows
    #[arg(long)]
    pub day: bool,
}

/// `preview`.
#[derive(Debug, Args)]
pub struct PreviewArgs {
    /// List unchanged and unmanaged records too
    #[arg(long)]
    pub all: bool,
    /// Save the plan for `sync --plan`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print it; CSV has a line for each field that changes
    #[arg(long, value_enum, default_value_t = PreviewFormat::Text)]
    pub format: PreviewFormat,
    /// Exit with 2 when at least one record would be written
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Formats of a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each variant is the format of its name")]
pub enum PreviewFormat {
    Text,
    Json,
    Csv,
}

/// `sync`.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Apply exactly this saved plan
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// With --plan: leave out records that would now be planned differently
    #[arg(long, requires = "plan")]
    pub skip_stale: bool,
    /// Approve exactly this many removals beyond the limits
    #[arg(long, value_name = "N")]
    pub approve_removals: Option<u64>,
}

/// `attach`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The run (default: the one that is going on, else the last)
    pub run: Option<String>,
}

/// `undo`.
#[derive(Debug, Args)]
pub struct UndoArgs {
    /// The run to undo
    pub run: String,
    /// Approve exactly this many removals beyond the limits
    #[arg(long, value_name = "N")]
    pub approve_removals: Option<u64>,
}

/// `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The run
    pub run: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// Formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each variant is the format of its name")]
pub enum ReportFormat {
    Text,
    Json,
    Csv,
    Markdown,
}

/// `links`.
#[derive(Debug, Subcommand)]
pub enum LinksCommand {
    /// List every binding, and every decision about a conflict
    List,
    /// Bind an account to a user, or a unit to a department
    Set {
        /// user or department
        entity: LinkEntity,
        /// IDaaS id
        source: String,
        /// DingTalk id
        target: String,
    },
    /// Forget a binding, or a decision about a conflict
    Remove {
        /// user or department
        entity: LinkEntity,
        /// IDaaS id
        source: String,
    },
}

/// `drift`.
#[derive(Debug, Subcommand)]
pub enum DriftCommand {
    /// List what was changed by hand and not decided on
    List,
    /// Let a change stay; it is not shown or written back again until either side changes
    Accept {
        /// user or department
        entity: LinkEntity,
        /// IDaaS id
        source: String,
    },
    /// Write back what was agreed; the running watch does it within a second
    Reapply {
        /// user or department
        entity: LinkEntity,
        /// IDaaS id
        source: String,
    },
}

/// What a binding binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LinkEntity {
    /// Account and user.
    User,
    /// Unit and department.
    Department,
}

/// `logon`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum LogonCommand {
    /// Show the chain from a scan to a session, what is to be done, and the logon address as a QR code
    Status,
    /// Create and switch on, or switch off, the identity provider, and bind the accounts of past synchronizations
    Apply {
        /// Look at every account in IDaaS, remembered ones too
        #[arg(long)]
        look_again: bool,
    },
    /// Print the RAM policy that QR code logon needs
    Policy,
}
