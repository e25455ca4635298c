//! Where a configuration value came from, so that a message can point at it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The place a configuration value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A line (from 1) of a config file.
    File {
        /// The file as it was opened.
        path: Arc<PathBuf>,
        /// Line number from 1.
        line: u64,
    },
    /// An environment variable that holds whole lines, such as `FLINK_PROPERTIES`.
    Environment {
        /// The variable.
        variable: &'static str,
        /// Line number from 1.
        line: u64,
    },
    /// `-Dkey=value` on the command line.
    CommandLine,
    /// The `config` section of a job, or `SET` in a SQL script or session.
    Job,
    /// Set by the program itself (an ephemeral port that was bound, a test).
    Program,
    /// Nobody set it: the option's default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Environment { variable, line } => write!(f, "environment variable {variable}, line {line}"),
            Origin::CommandLine => f.write_str("-D on the command line"),
            Origin::Job => f.write_str("the job's configuration"),
            Origin::Program => f.write_str("the program"),
            Origin::Default => f.write_str("the default"),
        }
    }
}
