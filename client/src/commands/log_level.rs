//! `flinkrs log-level`: what a process logs, and changing it while it runs.

use std::process::ExitCode;

use super::on_cluster;
use crate::args::LogLevelArguments;
use crate::output::say;

/// Shows the level, after changing it if that is asked for.
pub(super) fn log_level(arguments: &LogLevelArguments) -> anyhow::Result<ExitCode> {
    on_cluster(&arguments.cluster, async |client| {
        let level = client.log_level(arguments.taskmanager.as_deref(), arguments.level.as_deref()).await?;
        say!("{level}");
        Ok(())
    })
}
