//! The command line, as clap reads it. Flags are Flink's where Flink has them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A stream processor that runs Flink SQL without a JVM.
#[derive(Debug, Parser)]
#[command(name = "flinkrs", version, about, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a JobManager in the foreground until SIGTERM or SIGINT.
    #[command(name = "jobmanager")]
    JobManager(RoleArguments),
    /// Run a TaskManager in the foreground until SIGTERM or SIGINT.
    #[command(name = "taskmanager")]
    TaskManager(RoleArguments),
    /// Run a job: a job.yaml or a SQL script, on a cluster or on an embedded one.
    Run(RunArguments),
    /// Print the JSON Schema of job.yaml, for editors.
    JobSchema,
}

/// Where configuration comes from.
#[derive(Debug, Clone, Args)]
pub struct ConfigArguments {
    /// Folder with config.yaml (or flink-conf.yaml); else FLINKRS_CONF_DIR, FLINK_CONF_DIR, ./conf.
    #[arg(long = "configDir", short = 'c', value_name = "DIR")]
    pub config_dir: Option<PathBuf>,
    /// A Flink configuration key; wins over the file and over FLINK_PROPERTIES. Repeatable.
    #[arg(short = 'D', value_name = "KEY=VALUE")]
    pub dynamic_properties: Vec<String>,
}

/// Arguments of the long-running roles.
#[derive(Debug, Args)]
pub struct RoleArguments {
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Where a job runs when no JobManager is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// An embedded cluster in this process.
    Local,
    /// The configured JobManager (rest.address, rest.port).
    Remote,
}

/// How rows of a SELECT are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OutputFormat {
    /// A table, a line a change.
    #[default]
    Table,
    /// One JSON object a line: {"op":"+I","row":{...}}.
    Json,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The job: a .yaml job file or a .sql script.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// REST address of the JobManager to submit to.
    #[arg(short = 'm', long = "jobmanager", value_name = "HOST:PORT", conflicts_with = "target")]
    pub jobmanager: Option<String>,
    /// Where to run; without this and -m: the configured JobManager if one answers, else local.
    #[arg(short = 't', long = "target", value_enum)]
    pub target: Option<Target>,
    /// Submit and return; needs a cluster.
    #[arg(short = 'd', long = "detached")]
    pub detached: bool,
    /// Parallelism of the job (parallelism.default).
    #[arg(short = 'p', long = "parallelism", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32768))]
    pub parallelism: Option<u32>,
    /// Savepoint or retained checkpoint to start from.
    #[arg(short = 's', long = "fromSavepoint", value_name = "PATH")]
    pub from_savepoint: Option<String>,
    /// Start although state in the savepoint belongs to no operator of the job.
    #[arg(short = 'n', long = "allowNonRestoredState", requires = "from_savepoint")]
    pub allow_non_restored_state: bool,
    /// How the rows of a SELECT are printed.
    #[arg(short = 'o', long = "output", value_enum, default_value_t)]
    pub output: OutputFormat,
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}
