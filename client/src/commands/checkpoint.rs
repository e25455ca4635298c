//! `flinkrs checkpoint`: takes a checkpoint of a job now.

use std::process::ExitCode;

use super::on_cluster;
use crate::args::CheckpointArguments;

/// Takes a checkpoint.
pub(super) fn checkpoint(arguments: &CheckpointArguments) -> anyhow::Result<ExitCode> {
    let CheckpointArguments { job, full, .. } = *arguments;
    on_cluster(&arguments.cluster, async |client| {
        println!("Triggering checkpoint for job {job}.");
        println!("Waiting for response...");
        let id = client.checkpoint(job, full).await?;
        let kind = if full { "(FULL)" } else { "" };
        println!("Checkpoint{kind} {id} for job {job} completed.");
        println!("You can resume your program from this checkpoint with the run command.");
        Ok(())
    })
}
