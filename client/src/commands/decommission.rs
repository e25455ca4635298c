//! `flinkrs decommission`: has all jobs leave a TaskManager, so that it can be stopped.

use std::process::ExitCode;

use super::on_cluster;
use crate::args::DecommissionArguments;
use crate::output::say;

/// Waits until nothing runs there.
pub(super) fn decommission(arguments: &DecommissionArguments) -> anyhow::Result<ExitCode> {
    on_cluster(&arguments.cluster, async |client| {
        client.decommission(&arguments.task_manager).await?;
        say!("No job runs on TaskManager {} any more; it can be stopped.", arguments.task_manager);
        Ok(())
    })
}
