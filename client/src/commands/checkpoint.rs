//! `flinkrs checkpoint`: takes a checkpoint of a job now, or shows what is in one.

use std::process::ExitCode;

use anyhow::Context;

use super::{inspect, on_cluster};
use crate::args::{CheckpointArguments, CheckpointCommand};
use crate::output::say;

/// Takes a checkpoint.
pub(super) fn checkpoint(arguments: &CheckpointArguments) -> anyhow::Result<ExitCode> {
    if let Some(CheckpointCommand::Inspect(arguments)) = &arguments.command {
        return inspect::inspect(arguments);
    }
    let full = arguments.full;
    let job = arguments.job.context("name the job: flinkrs checkpoint JOB; 'flinkrs list' shows the jobs")?;
    on_cluster(&arguments.cluster, async |client| {
        say!("Triggering checkpoint for job {job}.");
        say!("Waiting for response...");
        let id = client.checkpoint(job, full).await?;
        let kind = if full { "(FULL)" } else { "" };
        say!("Checkpoint{kind} {id} for job {job} completed.");
        say!("You can resume your program from this checkpoint with the run command.");
        Ok(())
    })
}
