//! The command line, as clap reads it. Flags are Flink's where Flink has them; `flink_options` rewrites those that clap would read in another way.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dataflow::JobId;
use dataflow::checkpoint::SavepointFormat;
use transport::http::Role;

/// A stream processor that runs Flink SQL without a JVM.
#[derive(Debug, Parser)]
#[command(name = "flinkrs", version, about, disable_help_subcommand = true, disable_version_flag = true)]
pub struct Arguments {
    /// Print the version.
    #[arg(short = 'v', short_alias = 'V', long = "version", action = clap::ArgAction::Version)]
    pub version: (),
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
    /// Show or change the group of JobManagers (high-availability.type: raft).
    #[command(name = "jobmanager-admin")]
    JobManagerAdmin(JobManagerAdminArguments),
    /// Run a TaskManager in the foreground until SIGTERM or SIGINT.
    #[command(name = "taskmanager")]
    TaskManager(RoleArguments),
    /// Run a SQL gateway in the foreground until SIGTERM or SIGINT, for the jobs of a cluster that is there already.
    #[command(name = "sql-gateway")]
    SqlGateway(SqlGatewayArguments),
    /// Run a whole cluster in the foreground, for trying out: a JobManager with its SQL gateway, and TaskManagers.
    Cluster(LocalClusterArguments),
    /// Run SQL statements by hand or from a script, in a session of a SQL gateway.
    #[command(name = "sql-client")]
    SqlClient(SqlClientArguments),
    /// Run a job: a job.yaml or a SQL script, on a cluster or on an embedded one.
    Run(RunArguments),
    /// Show the plan of a job, as JSON, and do not run it.
    Info(InfoArguments),
    /// List the jobs of a cluster; without an option those that run or are scheduled.
    List(ListArguments),
    /// Take a savepoint of a job, or delete one.
    Savepoint(SavepointArguments),
    /// Take a checkpoint of a job now, or show what is in one.
    Checkpoint(CheckpointArguments),
    /// Stop a job with a savepoint, from which it can be started again.
    Stop(StopArguments),
    /// Cancel a job, without a savepoint unless one is asked for.
    Cancel(CancelArguments),
    /// Have all jobs leave a TaskManager, so that it can be stopped.
    Decommission(DecommissionArguments),
    /// Watch a cluster in the terminal: jobs, tasks, back pressure, checkpoints.
    Top(TopArguments),
    /// Look at this machine and the configuration, and say what is wrong: ports, limits, disk, TLS, users, checkpoint storage, clocks.
    Doctor(DoctorArguments),
    /// Show what a process logs, or change it while it runs.
    #[command(name = "log-level")]
    LogLevel(LogLevelArguments),
    /// Print a line for the file of those who may use REST (security.rest.users-file): name, role and the hash of a password or token.
    #[command(name = "hash-password")]
    HashPassword(HashPasswordArguments),
    /// Print the JSON Schema of job.yaml, for editors.
    JobSchema,
    /// Print what makes a shell complete the commands and options of flinkrs.
    Completion {
        /// The shell.
        #[arg(value_name = "SHELL", value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for each command, into a folder.
    Man {
        /// The folder, which has to be there.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
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

/// Arguments of `jobmanager-admin`.
#[derive(Debug, Args)]
pub struct JobManagerAdminArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: JobManagerAdminCommand,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// What `jobmanager-admin` does. An address is the jobmanager.rpc.address:port of a JobManager.
#[derive(Debug, Subcommand)]
pub enum JobManagerAdminCommand {
    /// Show the members of the group, their roles and health.
    List,
    /// Take a JobManager in that runs, with an empty folder; waits until it votes.
    Add {
        /// The JobManager.
        #[arg(value_name = "HOST:PORT")]
        address: String,
    },
    /// Take a JobManager out.
    Remove {
        /// The JobManager.
        #[arg(value_name = "HOST:PORT")]
        address: String,
    },
    /// Take a JobManager in and another one out, in one step.
    Replace {
        /// The one that goes.
        #[arg(value_name = "OLD")]
        old: String,
        /// The one that comes.
        #[arg(value_name = "NEW")]
        new: String,
    },
    /// Write all that the group keeps into a file: jobs, where their checkpoints are, catalogs with their passwords. Checkpoints are not in it.
    Backup {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Have a new group, which keeps nothing yet, take over a backup: its jobs go on from their newest checkpoints.
    Restore {
        /// The backup.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Arguments of `cluster`.
#[derive(Debug, Args)]
pub struct LocalClusterArguments {
    /// Number of TaskManagers; taskmanager.numberOfTaskSlots says how many slots each has.
    #[arg(short = 'n', long = "taskmanagers", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub taskmanagers: u32,
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Arguments of `info`.
#[derive(Debug, Args)]
pub struct InfoArguments {
    /// The job: a .yaml job file or a .sql script.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// As EXPLAIN shows it.
    #[arg(long = "text")]
    pub text: bool,
    /// Parallelism of the job (parallelism.default).
    #[arg(short = 'p', long = "parallelism", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32768))]
    pub parallelism: Option<u32>,
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Arguments of `decommission`.
#[derive(Debug, Args)]
pub struct DecommissionArguments {
    /// The TaskManager, by its id in GET /taskmanagers.
    #[arg(value_name = "TASKMANAGER")]
    pub task_manager: String,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Arguments of `sql-gateway`.
#[derive(Debug, Args)]
pub struct SqlGatewayArguments {
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Which gateway `sql-client` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum SqlClientMode {
    /// One of its own, in this process.
    #[default]
    Embedded,
    /// One that runs already: --endpoint names it.
    Gateway,
}

/// Arguments of `sql-client`.
#[derive(Debug, Args)]
pub struct SqlClientArguments {
    /// Which gateway is used.
    #[arg(value_name = "MODE", value_enum, default_value_t)]
    pub mode: SqlClientMode,
    /// The SQL gateway to connect to, in the mode gateway.
    #[arg(short = 'e', long = "endpoint", value_name = "HOST:PORT")]
    pub endpoint: Option<String>,
    /// Script to run; it ends with the first statement that fails. Without it statements are read from the terminal or standard input.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Script that sets the session up first: SET, CREATE and the like, no queries and no inserts.
    #[arg(short = 'i', long = "init", value_name = "FILE")]
    pub init: Option<PathBuf>,
    /// Name of the session.
    #[arg(short = 's', long = "session", value_name = "NAME", default_value = "default")]
    pub session: String,
    /// File that keeps the statements that were typed; else .flinkrs-sql-history in the home directory.
    #[arg(long = "history", value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// In the mode embedded, REST address of the JobManager; else the configured one if it answers, else a cluster in this process.
    #[arg(short = 'm', long = "jobmanager", value_name = "HOST:PORT")]
    pub jobmanager: Option<String>,
    /// Configuration; -D goes to the session.
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

/// Whose the files are that a job starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimMode {
    /// The job's: it deletes them when it needs them no more.
    Claim,
    /// They stay as they are: the first checkpoint of the job is a full one.
    NoClaim,
}

/// How a savepoint stores keyed state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FormatType {
    /// As sorted entries, which any state backend reads.
    #[default]
    Canonical,
    /// As the state backend has it, which is faster.
    Native,
}

impl From<FormatType> for SavepointFormat {
    fn from(format: FormatType) -> Self {
        match format {
            FormatType::Canonical => Self::Canonical,
            FormatType::Native => Self::Native,
        }
    }
}

/// A cluster that is there already.
#[derive(Debug, Args)]
pub struct ClusterArguments {
    /// REST address of the JobManager; else the configured one (rest.address, rest.port).
    #[arg(short = 'm', long = "jobmanager", value_name = "HOST:PORT")]
    pub jobmanager: Option<String>,
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Jobs that run.
    #[arg(short = 'r', long = "running")]
    pub running: bool,
    /// Jobs that are scheduled.
    #[arg(short = 's', long = "scheduled")]
    pub scheduled: bool,
    /// All jobs, also those that have ended.
    #[arg(short = 'a', long = "all")]
    pub all: bool,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Arguments of `top`.
#[derive(Debug, Args)]
pub struct TopArguments {
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Arguments of `savepoint`.
#[derive(Debug, Args)]
pub struct SavepointArguments {
    /// The job.
    #[arg(value_name = "JOB", conflicts_with = "dispose")]
    pub job: Option<JobId>,
    /// Where the savepoint goes; else execution.checkpointing.savepoint-dir of the job.
    #[arg(value_name = "DIR")]
    pub directory: Option<String>,
    /// Delete this savepoint.
    #[arg(short = 'd', long = "dispose", value_name = "PATH")]
    pub dispose: Option<String>,
    /// How keyed state is stored.
    #[arg(
        long = "type",
        value_name = "FORMAT",
        value_enum,
        ignore_case = true,
        default_value_t,
        conflicts_with = "dispose"
    )]
    pub format: FormatType,
    /// Do not wait until the savepoint is complete.
    #[arg(long = "detached", conflicts_with = "dispose")]
    pub detached: bool,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Arguments of `checkpoint`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct CheckpointArguments {
    /// Something else than taking one.
    #[command(subcommand)]
    pub command: Option<CheckpointCommand>,
    /// The job.
    #[arg(value_name = "JOB", required = true)]
    pub job: Option<JobId>,
    /// Store every file anew, also those that earlier checkpoints have stored.
    #[arg(long = "full")]
    pub full: bool,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Arguments of `log-level`.
#[derive(Debug, Args)]
pub struct LogLevelArguments {
    /// A level (TRACE, DEBUG, INFO, WARN, ERROR, OFF), or filters such as 'info,jobmanager=debug'; without it nothing changes.
    #[arg(value_name = "LEVEL")]
    pub level: Option<String>,
    /// Of this TaskManager, by its id, in place of the JobManager that leads.
    #[arg(long, value_name = "ID")]
    pub taskmanager: Option<String>,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Arguments of `hash-password`.
#[derive(Debug, Args)]
pub struct HashPasswordArguments {
    /// Make a new token, which goes to standard error, in place of reading a password from standard input.
    #[arg(long)]
    pub token: bool,
    /// Who it is.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What they may do: viewer (look), operator (jobs, SQL) or admin (also members, uploads, shutdown).
    #[arg(value_name = "ROLE")]
    pub role: Role,
}

/// What else `checkpoint` does.
#[derive(Debug, Subcommand)]
pub enum CheckpointCommand {
    /// Show what is in a checkpoint or savepoint; no cluster is needed.
    Inspect(InspectArguments),
}

/// Arguments of `checkpoint inspect`.
#[derive(Debug, Args)]
pub struct InspectArguments {
    /// Its folder, or its _metadata: a local path, which may be a relative one, or s3://.
    #[arg(value_name = "PATH")]
    pub path: String,
    /// Read all its files, and fail when one is missing or damaged.
    #[arg(long)]
    pub verify: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Arguments of `stop`.
#[derive(Debug, Args)]
pub struct StopArguments {
    /// The job.
    #[arg(value_name = "JOB")]
    pub job: JobId,
    /// Where the savepoint goes; else execution.checkpointing.savepoint-dir of the job.
    #[arg(short = 'p', long = "savepointPath", value_name = "DIR")]
    pub savepoint_path: Option<String>,
    /// Before the savepoint, end the streams: all windows fire. Such a job is not meant to be started again.
    #[arg(short = 'd', long = "drain")]
    pub drain: bool,
    /// Do not wait until the savepoint is complete and the job has ended.
    #[arg(long = "detached")]
    pub detached: bool,
    /// How keyed state is stored.
    #[arg(long = "type", value_name = "FORMAT", value_enum, ignore_case = true, default_value_t)]
    pub format: FormatType,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
}

/// Arguments of `cancel`.
#[derive(Debug, Args)]
pub struct CancelArguments {
    /// The job.
    #[arg(value_name = "JOB")]
    pub job: Option<JobId>,
    /// Take a savepoint first, in DIR or else in execution.checkpointing.savepoint-dir of the job. Deprecated, as in Flink: 'flinkrs stop' lets nothing happen between the two.
    #[arg(short = 's', long = "withSavepoint", value_name = "DIR", num_args = 0..=1)]
    pub with_savepoint: Option<Option<String>>,
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArguments,
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
    /// Cancel the job also when the terminal is closed (SIGHUP); SIGINT and SIGTERM always do, unless -d is given. In Flink -sae.
    #[arg(long = "shutdownOnAttachedExit")]
    pub shutdown_on_attached_exit: bool,
    /// Parallelism of the job (parallelism.default).
    #[arg(short = 'p', long = "parallelism", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=32768))]
    pub parallelism: Option<u32>,
    /// Savepoint or retained checkpoint to start from (execution.state-recovery.path).
    #[arg(short = 's', long = "fromSavepoint", value_name = "PATH")]
    pub from_savepoint: Option<String>,
    /// Start although state in the savepoint belongs to no operator of the job (execution.state-recovery.ignore-unclaimed-state).
    #[arg(short = 'n', long = "allowNonRestoredState", requires = "from_savepoint")]
    pub allow_non_restored_state: bool,
    /// Whose the files of the savepoint are from then on (execution.state-recovery.claim-mode).
    #[arg(long = "claimMode", value_enum, ignore_case = true, requires = "from_savepoint")]
    pub claim_mode: Option<ClaimMode>,
    /// How the rows of a SELECT are printed.
    #[arg(short = 'o', long = "output", value_enum, default_value_t)]
    pub output: OutputFormat,
    /// Configuration.
    #[command(flatten)]
    pub config: ConfigArguments,
}
